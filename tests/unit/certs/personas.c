/* Every persona's card says what its JSON says: through the virtual card, our own reader and our own verifier. */
#include "certs/residents.h"

#include <criterion/criterion.h>
#include <openssl/evp.h>

#include "base/file.h"
#include "base/text.h"
#include "jpki/card/card.h"
#include "jpki/card/text_ap.h"
#include "jpki/pki/person.h"
#include "jpki/pki/verify.h"
#include "tests/lib/scripted_card.h"

#define PKI BUILD_DIR "/testpki"

static struct residents people;
static struct trust *trust;
static struct revocation *revocation;
static struct arena a;
static int64_t now;

static void open_all(void)
{
    char why[256];
    struct view text;
    struct trust_config roots = {.kind = TRUST_TEST, .folder = PKI "/trust"};
    residents_open(&people);
    arena_open(&a, 64u << 20);
    cr_assert_eq(file_read(&a, PKI "/made-at", 64, &text), ERR_OK);
    cr_assert(text_to_int(view_part(text, 0, text.n - 1), &now));
    cr_assert_eq(trust_open(&trust, &roots, why), ERR_OK, "%s", why);
    struct revocation_config lists = {.trust = trust, .crl_folder = PKI "/crl"};
    cr_assert_eq(revocation_open(&revocation, &lists, why), ERR_OK, "%s", why);
}

static void close_all(void)
{
    revocation_close(revocation);
    trust_close(trust);
    arena_close(&a);
    residents_close(&people);
}

TestSuite(personas, .init = open_all, .fini = close_all);
TestSuite(traps, .init = open_all, .fini = close_all);

/* --- a card in the reader --------------------------------------------------------------------------------------- */

struct session {
    struct scripted_card *in;
    struct reader reader;
    struct card card;
};

static void put_in(struct session *s, const struct person_card *who)
{
    const struct scripted_options o = {.folder = arena_printf(&a, PKI "/residents/%s", who->folder),
                                       .chip = BUILD_DIR "/testpki/chip.pem",
                                       .first = READER_CARD};
    cr_assert_eq(scripted_card_open(&s->in, &o), ERR_OK, "%s", who->folder);
    s->reader = scripted_card_reader(s->in);
    cr_assert_eq(card_connect(&s->card, &s->reader), CARD_OK, "%s", who->folder);
}

static void take_out(struct session *s)
{
    card_log_out(&s->card);
    cr_expect(!scripted_card_alarmed(s->in));
    scripted_card_close(s->in);
}

static void show_pin(struct session *s, enum card_pin pin, const char *value)
{
    int tries;
    cr_assert_eq(card_verify(&s->card, pin, view_text(value), &tries), CARD_OK);
}

/* Signs with the card and asks our verifier. */
static struct verify_verdict verdict_of(struct session *s, const struct person_card *who, enum card_key key)
{
    bool next = who->generation == 4;
    struct verify_facts facts = {.alg = next ? JWS_ES384 : JWS_RS256,
                                 .message = VIEW("GENKAN-CARD/1\0message"),
                                 .purpose = key == CARD_KEY_AUTH ? TRUST_AUTH : TRUST_SIGN,
                                 .now = now};
    struct verify_verdict v;
    show_pin(s, key == CARD_KEY_AUTH ? CARD_PIN_AUTH : CARD_PIN_SIGN,
             key == CARD_KEY_AUTH ? who->auth_pin : who->sign_pin);
    cr_assert_eq(card_read_certificate(&s->card, key, &a, &facts.der), CARD_OK, "%s", who->folder);
    cr_assert_eq(card_sign(&s->card, key, next ? CARD_ECDSA_SHA384 : CARD_RSA_SHA256, facts.message, &a, &facts.sig),
                 CARD_OK, "%s", who->folder);
    cr_assert_eq(verify_proof(&v, &a, trust, revocation, &facts), ERR_OK);
    return v;
}

static struct view der_of(const struct person_card *who, const char *word)
{
    struct view der;
    cr_assert_eq(file_read(&a, arena_printf(&a, PKI "/residents/%s/%s.der", who->folder, word), 8192, &der), ERR_OK);
    return der;
}

static struct cert cert_of(const struct person_card *who, const char *word)
{
    struct cert c;
    enum cert_fault fault;
    cr_assert_eq(cert_read(&c, &a, der_of(who, word), &fault), ERR_OK, "%s: %s", who->folder, cert_fault_name(fault));
    return c;
}

/* --- every one of them ------------------------------------------------------------------------------------------ */

Test(personas, are_twenty_and_more_and_cover_the_hard_cases)
{
    static const char *const hard[] = {"long-name",   "substitute",  "rare-kanji",  "romaji",        "mixed-name",
                                       "katakana",    "unknown-day", "overseas",    "unknown-birth", "unknown-birthday",
                                       "minor",       "showa-last",  "heisei-last", "heisei-first",  "reiwa-first",
                                       "taisho-last", "meiji",       "moved",       "renewed",       "renewed-before",
                                       "former-name", "nextgen"};
    cr_expect_geq(people.n, 20);
    for (size_t i = 0; i < sizeof hard / sizeof *hard; i++)
        cr_expect(residents_find(&people, hard[i]), "%s", hard[i]);
}

static const char *map_or_zeros(const char *map, const char *text)
{
    size_t n = text_count(view_text(text));
    char *zeros = arena_alloc(&a, n + 1);
    memset(zeros, '0', n);
    return map ? map : zeros;
}

/* "19380000" as "1938-00-00"; "" when nothing is known. */
static const char *date_of(const char *digits)
{
    if (strcmp(digits, "00000000") == 0)
        return "";
    return arena_printf(&a, "%.4s-%.2s-%.2s", digits, digits + 4, digits + 6);
}

static void expect_person(const struct person_card *who)
{
    struct cert c = cert_of(who, "sign");
    struct person p;
    enum person_fault fault;
    cr_assert_eq(person_read(&p, &a, &c, &fault), ERR_OK, "%s: %s", who->folder, person_fault_name(fault));
    cr_expect(view_equal_text(p.name, who->name), "%s", who->folder);
    cr_expect(view_equal_text(p.address, who->sign_address), "%s", who->folder);
    cr_expect(view_equal_text(p.name_substitutes, map_or_zeros(who->name_map, who->name)), "%s", who->folder);
    cr_expect(view_equal_text(p.address_substitutes, map_or_zeros(who->address_map, who->sign_address)), "%s",
              who->folder);
    cr_expect_eq(p.has_substitutes, who->name_map || who->address_map, "%s", who->folder);
    cr_expect_eq((int)p.gender, who->gender[0] - '0', "%s", who->folder);
    cr_expect_eq((int)p.era, who->era - '0', "%s", who->folder);
    cr_expect_str_eq(p.birthdate, date_of(who->birthdate), "%s", who->folder);
}

Test(personas, have_in_the_sign_certificate_what_their_json_says)
{
    for (size_t i = 0; i < people.n; i++)
        if (people.all[i].has_sign)
            expect_person(&people.all[i]);
}

Test(personas, have_nothing_of_themselves_in_the_auth_certificate)
{
    for (size_t i = 0; i < people.n; i++) {
        const struct person_card *who = &people.all[i];
        struct cert c = cert_of(who, "auth");
        cr_expect(!view_is(c.san), "%s", who->folder);
        cr_expect(!memmem(c.der.p, c.der.n, who->name, strlen(who->name)), "%s", who->folder);
        cr_expect(!memmem(c.der.p, c.der.n, who->number, 12), "%s", who->folder);
    }
}

Test(personas, have_in_the_text_application_what_their_json_says)
{
    for (size_t i = 0; i < people.n; i++) {
        const struct person_card *who = &people.all[i];
        struct session s;
        struct card_text text;
        int tries;
        put_in(&s, who);
        cr_assert_eq(card_pin_tries(&s.card, CARD_PIN_TEXT, &tries), CARD_OK);
        show_pin(&s, CARD_PIN_TEXT, who->text_pin);
        cr_assert_eq(card_read_text(&s.card, &a, &text), CARD_OK, "%s", who->folder);
        cr_expect(view_equal_text(text.name, who->name), "%s", who->folder);
        cr_expect(view_equal_text(text.address, who->address), "%s", who->folder);
        cr_expect(view_equal_text(text.birthdate, who->birthdate), "%s", who->folder);
        cr_expect(view_equal_text(text.gender, who->gender), "%s", who->folder);
        take_out(&s);
    }
}

/* Facts 4.3: certificates end at 23:59:59 in Japan. */
Test(personas, hold_certificates_until_the_end_of_a_day_in_japan)
{
    for (size_t i = 0; i < people.n; i++) {
        struct cert c = cert_of(&people.all[i], "auth");
        cr_expect_eq((c.not_after + 9 * 3600) % 86400, 86399, "%s", people.all[i].folder);
        cr_expect(c.not_before < now && now < c.not_after, "%s", people.all[i].folder);
    }
}

static void expect_verdict(struct session *s, const struct person_card *who, enum card_key key)
{
    bool revoked = who->revoked[key == CARD_KEY_AUTH ? AUTH : SIGN] >= 0;
    enum verify_refusal wanted = revoked ? VERIFY_REVOKED : VERIFY_GOOD;
    struct verify_verdict v = verdict_of(s, who, key);
    cr_expect_eq(v.refusal, wanted, "%s %s: %s", who->folder, key == CARD_KEY_AUTH ? "auth" : "sign",
                 verify_refusal_name(v.refusal));
}

Test(personas, log_in_and_sign_unless_revoked)
{
    for (size_t i = 0; i < people.n; i++) {
        const struct person_card *who = &people.all[i];
        struct session s;
        put_in(&s, who);
        expect_verdict(&s, who, CARD_KEY_AUTH);
        if (who->has_sign)
            expect_verdict(&s, who, CARD_KEY_SIGN);
        take_out(&s);
    }
}

/* --- traps ------------------------------------------------------------------------------------------------------ */

/* Trap 12: with P1=00 the card signs whatever it is given, a DigestInfo of SHA-1 as well; samples all over the web do.
 */
static struct view sign_over_sha1(struct session *s, struct view message)
{
    uint8_t command[5 + 35 + 1] = "\x80\x2A\x00\x97\x23"
                                  "\x30\x21\x30\x09\x06\x05\x2B\x0E\x03\x02\x1A\x05\x00\x04\x14";
    static uint8_t answer[300];
    size_t n = 0;
    cr_assert(EVP_Digest(message.p, message.n, command + 20, NULL, EVP_sha1(), NULL));
    cr_assert_eq(s->reader.transmit(s->reader.ctx, VIEW_ARRAY(command), answer, sizeof answer, &n), CARD_OK);
    cr_assert_eq(n, 258);
    return view_bytes(answer, 256);
}

Test(traps, a_proof_over_sha1_is_refused)
{
    const struct person_card *who = residents_find(&people, "hanako");
    struct session s;
    struct verify_verdict v;
    struct verify_facts facts = {
        .alg = JWS_RS256, .message = VIEW("GENKAN-CARD/1\0message"), .purpose = TRUST_AUTH, .now = now};
    put_in(&s, who);
    cr_assert_eq(card_read_certificate(&s.card, CARD_KEY_AUTH, &a, &facts.der), CARD_OK);
    show_pin(&s, CARD_PIN_AUTH, who->auth_pin);
    facts.sig = sign_over_sha1(&s, facts.message);
    cr_assert_eq(verify_proof(&v, &a, trust, revocation, &facts), ERR_OK);
    cr_expect_eq(v.refusal, VERIFY_PROOF_SIGNATURE);
    take_out(&s);
}

/* Trap 14: what lies on the card as its authority is no reason to trust anything. */
Test(traps, the_authority_on_the_card_is_not_asked)
{
    const struct person_card *who = residents_find(&people, "hanako");
    struct verify_verdict v;
    struct view own;
    cr_assert_eq(file_read(&a, PKI "/bad/own-root/auth.der", 8192, &own), ERR_OK);
    struct verify_facts facts = {.der = own, .alg = JWS_RS256, .purpose = TRUST_AUTH, .now = now};
    cr_assert_eq(verify_certificate(&v, &a, trust, &facts), ERR_OK);
    cr_expect_eq(v.refusal, VERIFY_ISSUER_SIGNATURE, "%s", verify_refusal_name(v.refusal));
    facts.der = der_of(who, "ca-auth");
    cr_assert_eq(verify_certificate(&v, &a, trust, &facts), ERR_OK);
    cr_expect_neq(v.refusal, VERIFY_GOOD, "the root itself is no card");
}

/* --- stories ---------------------------------------------------------------------------------------------------- */

/* Facts 5.3: a change of address kills the sign certificate, not the auth certificate. */
Test(personas, who_moved_logs_in_and_cannot_sign)
{
    const struct person_card *who = residents_find(&people, "moved");
    struct session s;
    put_in(&s, who);
    cr_expect_eq(verdict_of(&s, who, CARD_KEY_AUTH).refusal, VERIFY_GOOD);
    cr_expect_eq(verdict_of(&s, who, CARD_KEY_SIGN).refusal, VERIFY_REVOKED);
    cr_expect(strcmp(who->address, who->sign_address) != 0);
    take_out(&s);
}

Test(personas, renewed_is_the_same_person_with_another_serial_number)
{
    const struct person_card *new = residents_find(&people, "renewed"),
                             *old = residents_find(&people, "renewed-before");
    struct cert was = cert_of(old, "auth"), is = cert_of(new, "auth");
    struct session s;
    cr_expect_str_eq(new->name, old->name);
    cr_expect_str_eq(new->birthdate, old->birthdate);
    cr_expect_str_eq(new->number, old->number);
    cr_expect(strcmp(new->serial, old->serial) != 0);
    cr_expect(!view_equal(was.serial, is.serial));
    cr_expect(!view_equal(was.ski, is.ski), "another key");
    put_in(&s, old);
    cr_expect_eq(verdict_of(&s, old, CARD_KEY_AUTH).refusal, VERIFY_REVOKED);
    take_out(&s);
    put_in(&s, new);
    cr_expect_eq(verdict_of(&s, new, CARD_KEY_AUTH).refusal, VERIFY_GOOD);
    take_out(&s);
}

Test(personas, beyond_the_plane_have_four_bytes_a_character_and_one_place_in_the_map)
{
    const struct person_card *who = residents_find(&people, "rare-kanji");
    struct cert c = cert_of(who, "sign");
    struct person p;
    enum person_fault fault;
    cr_assert_eq(person_read(&p, &a, &c, &fault), ERR_OK);
    cr_expect_eq((uint8_t)who->name[0], 0xF0);
    cr_expect_eq(p.name_substitutes.n, 6);
}

/* --- what is no persona ----------------------------------------------------------------------------------------- */

#define GOOD                                                                                                           \
    "{\"about\":\"x\",\"name\":\"甲　乙\",\"address\":\"大阪府\",\"birthdate\":\"19800101\",\"era\":\"showa\","  \
    "\"gender\":\"1\",\"number\":\"000000001015\",\"town\":{\"prefecture\":\"Osaka-fu\",\"city\":\"Sakai-shi\","       \
    "\"code\":\"27141\"},\"card\":{\"serial\":\"000000000000001\",\"expiry\":\"20350101\",\"code\":\"0000\"},"         \
    "\"pins\":{\"auth\":\"1234\",\"sign\":\"ABC123\",\"text\":\"1234\"}}"

/* GOOD with FROM replaced by TO. */
static struct view changed(const char *from, const char *to)
{
    const char *good = GOOD, *at = strstr(good, from);
    cr_assert(at, "%s", from);
    return view_text(arena_printf(&a, "%.*s%s%s", (int)(at - good), good, to, at + strlen(from)));
}

Test(personas, are_refused_with_member_and_rule)
{
    static const struct {
        const char *from, *to, *why;
    } bad[] = {{"\"name\":\"甲　乙\"", "\"name\":\"\"", "name"},
               {"\"about\"", "\"nickname\":1,\"about\"", "persona"},
               {"\"gender\"", "\"name_map\":\"01\",\"gender\"", "name_map"},
               {"\"gender\"", "\"name_map\":\"012\",\"gender\"", "name_map"},
               {"\"gender\"", "\"address_map\":\"0000\",\"gender\"", "address_map"},
               {"19800101", "1980010", "birthdate"},
               {"showa", "edo", "era"},
               {"\"gender\":\"1\"", "\"gender\":\"m\"", "gender"},
               {"000000001015", "000000001016", "number"},
               {"000000001015", "00000000101", "number"},
               {"\"27141\"", "27141", "code"},
               {"\"card\"", "\"generation\":5,\"card\"", "generation"},
               {"\"card\"", "\"revoked\":{\"sign\":\"lost\"},\"card\"", "revoked"},
               {"20350101", "2035-01-01", "expiry"},
               {"\"auth\":\"1234\"", "\"auth\":\"12345\"", "auth"}};
    struct person_card p;
    const char *why = "";
    cr_assert_eq(residents_read(&p, &a, "x", view_text(GOOD), &why), ERR_OK, "%s", why);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_expect_eq(residents_read(&p, &a, "x", changed(bad[i].from, bad[i].to), &why), ERR_SYNTAX, "%s", bad[i].to);
        cr_expect(why && strncmp(why, bad[i].why, strlen(bad[i].why)) == 0, "%s: %s", bad[i].to, why);
    }
    cr_expect_eq(residents_read(&p, &a, "x", VIEW("[]"), &why), ERR_SYNTAX);
}
