/* The library's rules: what it refuses, in which order things go, what a transport may say. The card is the virtual
 * one, behind functions that fail on purpose. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/chance.h"
#include "base/clock.h"
#include "jpki/library/handles.h"
#include "tests/lib/scripted_card.h"

#define ISSUER "https://id.example"

static const struct genkan_self self = {sizeof self, GENKAN_APP_SAME, "phone", "1.2.3", "android"};
static int64_t now; /* the test PKI is made for these days */
static struct arena arena;
static struct jws_key *key;
static genkan_issuers *issuers;
static genkan_request *request;
static genkan_card *card;
static struct scripted_card *plastic;
static struct reader reader;
static int says; /* what the transport says instead of asking the card */

/* ---- a transport ---- */

static int transmit(void *ctx, const unsigned char *command, size_t n, unsigned char *answer, size_t room, size_t *got)
{
    (void)ctx;
    if (says)
        return says;
    return reader.transmit(reader.ctx, view_bytes(command, n), answer, room, got) ? GENKAN_CARD_REMOVED : GENKAN_OK;
}

static void end(void *ctx)
{
    (void)ctx;
    reader.disconnect(reader.ctx);
}

static const struct genkan_transport transport = {sizeof transport, NULL, transmit, NULL, end};

/* ---- set up ---- */

static struct proof_request asked(enum proof_purpose purpose)
{
    struct proof_request q = {.iss = VIEW(ISSUER),
                              .ch = PROOF_APP_SAME,
                              .txn = view_text(chance_id(&arena)),
                              .jti = view_text(chance_id(&arena)),
                              .iat = now,
                              .exp = now + 180,
                              .rp = {VIEW("booking"), VIEW("施設予約"), VIEW("A市"), VIEW("a-city.example")},
                              .purpose = purpose,
                              .bind = VIEW("47 さくら"),
                              .acr = VIEW("aal3"),
                              .ui = {VIEW("en"), true},
                              .minver = VIEW("1.0")};
    chance_bytes(q.nonce, sizeof q.nonce);
    return q;
}

static const char *sign(const struct proof_request *q)
{
    struct buf b;
    const char *text;
    buf_open(&b, &arena, (size_t)2 * PROOF_REQUEST_MAX);
    cr_assert(!proof_request_write(&b, key, q) && !buf_done_text(&b, &text));
    return text;
}

static const char *issuer_json(const char *iss)
{
    struct buf b;
    const char *text;
    const struct jws_key *keys[] = {key};
    buf_open(&b, &arena, PROOF_ISSUER_MAX);
    cr_assert(!proof_issuer_write(&b, view_text(iss), VIEW("大阪府"), keys, 1) && !buf_done_text(&b, &text));
    return text;
}

static int open_request(const char *jws, int64_t at, struct genkan_refusal *why)
{
    return genkan_request_open(&request, issuers, jws, strlen(jws), &self, at, why);
}

static void take_request(enum proof_purpose purpose)
{
    struct genkan_refusal why;
    struct proof_request q = asked(purpose);
    cr_assert_eq(open_request(sign(&q), now, &why), GENKAN_OK, "%s %s", why.claim, why.rule);
}

static void take_card(void)
{
    const struct scripted_options o = {
        .folder = BUILD_DIR "/testpki/residents/hanako", .chip = BUILD_DIR "/testpki/chip.pem", .first = READER_CARD};
    cr_assert(!scripted_card_open(&plastic, &o));
    reader = scripted_card_reader(plastic);
    cr_assert_eq(reader.connect(reader.ctx, 0), CARD_OK);
    cr_assert_eq(genkan_card_open(&card, &transport), GENKAN_OK);
}

static void open_all(void)
{
    const char *why;
    now = clock_s(&clock_real);
    arena_open(&arena, (size_t)8 << 20);
    cr_assert(!jws_key_make(&key, JWS_ES256));
    cr_assert_eq(genkan_issuers_open(&issuers), GENKAN_OK);
    const char *json = issuer_json(ISSUER);
    cr_assert_eq(genkan_issuers_add(issuers, json, strlen(json), &why), GENKAN_OK);
}

static void close_all(void)
{
    genkan_card_close(card);
    genkan_request_close(request);
    genkan_issuers_close(issuers);
    if (plastic)
        scripted_card_close(plastic);
    jws_key_close(key);
    arena_close(&arena);
}

TestSuite(library, .init = open_all, .fini = close_all);

static void verifies(enum genkan_pin pin, const char *text)
{
    int left;
    cr_assert_eq(genkan_card_tries(card, pin, &left), GENKAN_OK);
    cr_assert_eq(genkan_card_verify(card, pin, text, strlen(text), 0, &left), GENKAN_OK);
}

/* ---- issuers and requests ---- */

Test(library, refuses_issuers_that_the_agent_would_refuse)
{
    static const char *const bad[] = {"", "{}", "[]", "{\"iss\":\"https://id.example\"}"};
    const char *why;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_expect_eq(genkan_issuers_add(issuers, bad[i], strlen(bad[i]), &why), GENKAN_BAD_ISSUER, "%s", bad[i]);
        cr_expect(*why);
    }
    const char *twice = issuer_json(ISSUER), *plain = issuer_json("http://id.example");
    cr_expect_eq(genkan_issuers_add(issuers, twice, strlen(twice), &why), GENKAN_BAD_ISSUER);
    cr_expect_eq(genkan_issuers_add(issuers, plain, strlen(plain), &why), GENKAN_BAD_ISSUER);
}

Test(library, refuses_requests_with_claim_and_rule)
{
    struct genkan_refusal why;
    struct proof_request q = asked(PROOF_LOGIN);
    const char *good = sign(&q);
    cr_expect_eq(open_request("", now, &why), GENKAN_REQUEST_INVALID);
    cr_expect(*why.claim && *why.rule);
    cr_expect_eq(open_request("a.b.c", now, &why), GENKAN_REQUEST_INVALID);
    char *longest = arena_alloc(&arena, 9000);
    memset(longest, 'a', 8999);
    cr_expect_eq(open_request(longest, now, &why), GENKAN_REQUEST_INVALID);
    cr_expect_eq(open_request(good, now + 1000, &why), GENKAN_REQUEST_EXPIRED);
    cr_expect_eq(open_request(good, now - 1000, &why), GENKAN_CLOCK_SKEW);
    cr_expect_null(request);
    q.minver = VIEW("2");
    cr_expect_eq(open_request(sign(&q), now, &why), GENKAN_UPDATE_REQUIRED);
    q = asked(PROOF_LOGIN);
    q.ch = PROOF_PC_AGENT;
    cr_expect_eq(open_request(sign(&q), now, &why), GENKAN_REQUEST_INVALID);
    cr_expect_str_eq(why.claim, "ch");
}

Test(library, says_what_a_request_asks_for)
{
    take_request(PROOF_LOGIN);
    cr_expect_str_eq(genkan_request_text(request, GENKAN_TEXT_ISSUER), ISSUER);
    cr_expect_str_eq(genkan_request_text(request, GENKAN_TEXT_LABEL), "大阪府");
    cr_expect_str_eq(genkan_request_text(request, GENKAN_TEXT_SERVICE), "施設予約");
    cr_expect_str_eq(genkan_request_text(request, GENKAN_TEXT_ORGANISATION), "A市");
    cr_expect_str_eq(genkan_request_text(request, GENKAN_TEXT_HOST), "a-city.example");
    cr_expect_str_eq(genkan_request_text(request, GENKAN_TEXT_WORD), "47 さくら");
    cr_expect_str_eq(genkan_request_text(request, GENKAN_TEXT_LANGUAGE), "en");
    cr_expect_null(genkan_request_text(request, (enum genkan_text)99));
    cr_expect(genkan_request_purpose(request) == GENKAN_LOGIN && genkan_request_large(request) == 1);
    cr_expect_eq(genkan_request_expires(request), now + 180);
}

Test(library, wants_structs_of_its_own_size)
{
    struct genkan_refusal why;
    struct genkan_self small = self;
    struct genkan_transport none = transport;
    struct proof_request q = asked(PROOF_LOGIN);
    const char *jws = sign(&q);
    small.size = 8;
    cr_expect_eq(genkan_request_open(&request, issuers, jws, strlen(jws), &small, now, &why), GENKAN_USAGE);
    none.transmit = NULL;
    cr_expect_eq(genkan_card_open(&card, &none), GENKAN_USAGE);
    none = transport, none.size = 8;
    cr_expect_eq(genkan_card_open(&card, &none), GENKAN_USAGE);
}

/* ---- order ---- */

Test(library, writes_no_response_before_everything_is_there)
{
    char *url;
    static const enum proof_purpose purposes[] = {PROOF_LOGIN, PROOF_REAUTH, PROOF_REGISTER, PROOF_READ};
    take_card();
    for (size_t i = 0; i < sizeof purposes / sizeof *purposes; i++) {
        bool alone = purposes[i] == PROOF_LOGIN || purposes[i] == PROOF_REAUTH;
        take_request(purposes[i]);
        cr_expect_eq(genkan_request_response(request, &url), GENKAN_USAGE);
        cr_expect_null(url);
        verifies(GENKAN_PIN_AUTH, "1234");
        cr_expect_eq(genkan_card_prove(card, request, GENKAN_KEY_AUTH), GENKAN_OK);
        cr_expect_eq(genkan_request_response(request, &url), alone ? GENKAN_OK : GENKAN_USAGE, "%zu", i);
        genkan_free(url);
        genkan_request_close(request);
        request = NULL;
    }
}

Test(library, signs_nothing_without_the_pin_and_nothing_that_was_not_asked_for)
{
    take_card();
    take_request(PROOF_LOGIN);
    cr_expect_eq(genkan_card_prove(card, request, GENKAN_KEY_AUTH), GENKAN_PIN_NEEDED);
    verifies(GENKAN_PIN_SIGN, "ABC123");
    cr_expect_eq(genkan_card_prove(card, request, GENKAN_KEY_SIGN), GENKAN_USAGE);
    cr_expect_eq(genkan_card_read_text(card, request), GENKAN_USAGE);
    cr_expect_eq(genkan_card_prove(card, request, (enum genkan_key)7), GENKAN_USAGE);
}

Test(library, forgets_a_pin_when_the_card_does)
{
    int left;
    take_card();
    take_request(PROOF_READ);
    verifies(GENKAN_PIN_AUTH, "1234");
    verifies(GENKAN_PIN_TEXT, "1234"); /* another application: the card has forgotten the first */
    cr_expect_eq(genkan_card_prove(card, request, GENKAN_KEY_AUTH), GENKAN_PIN_NEEDED);
    cr_expect_eq(genkan_card_read_text(card, request), GENKAN_OK);
    cr_expect_eq(genkan_card_tries(card, GENKAN_PIN_TEXT, &left), GENKAN_OK);
    cr_expect_eq(genkan_card_read_text(card, request), GENKAN_PIN_NEEDED);
}

/* ---- tries ---- */

Test(library, spends_no_try_that_nobody_has_seen_or_agreed_to)
{
    int left;
    take_card();
    cr_expect_eq(genkan_card_verify(card, GENKAN_PIN_AUTH, "1234", 4, 1, &left), GENKAN_USAGE);
    cr_assert_eq(genkan_card_tries(card, GENKAN_PIN_AUTH, &left), GENKAN_OK);
    cr_expect_eq(left, 3);
    cr_expect_eq(genkan_card_verify(card, GENKAN_PIN_AUTH, "12a4", 4, 0, &left), GENKAN_PIN_FORMAT);
    cr_expect_eq(genkan_card_verify(card, GENKAN_PIN_AUTH, "", 0, 0, &left), GENKAN_PIN_FORMAT);
    cr_expect_eq(scripted_card_shown(plastic), 0);
    cr_expect_eq(genkan_card_verify(card, GENKAN_PIN_AUTH, "9999", 4, 0, &left), GENKAN_PIN_WRONG);
    cr_expect_eq(left, 2);
    cr_expect_eq(genkan_card_verify(card, GENKAN_PIN_AUTH, "9998", 4, 0, &left), GENKAN_USAGE, "asked again first");
    cr_assert_eq(genkan_card_tries(card, GENKAN_PIN_AUTH, &left), GENKAN_OK);
    cr_expect_eq(genkan_card_verify(card, GENKAN_PIN_AUTH, "9998", 4, 0, &left), GENKAN_PIN_WRONG);
    cr_assert_eq(genkan_card_tries(card, GENKAN_PIN_AUTH, &left), GENKAN_OK);
    cr_expect_eq(left, 1);
    cr_expect_eq(genkan_card_verify(card, GENKAN_PIN_AUTH, "1234", 4, 0, &left), GENKAN_PIN_LAST_TRY);
    cr_expect_eq(scripted_card_tries(plastic, false), 1);
    cr_expect_eq(genkan_card_verify(card, GENKAN_PIN_AUTH, "1234", 4, 1, &left), GENKAN_OK);
}

Test(library, tells_a_locked_pin)
{
    int left;
    take_card();
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(genkan_card_tries(card, GENKAN_PIN_AUTH, &left), GENKAN_OK);
        cr_expect_eq(genkan_card_verify(card, GENKAN_PIN_AUTH, "9999", 4, 0, &left), GENKAN_PIN_WRONG);
    }
    cr_assert_eq(genkan_card_tries(card, GENKAN_PIN_AUTH, &left), GENKAN_OK);
    cr_expect_eq(genkan_card_verify(card, GENKAN_PIN_AUTH, "9999", 4, 1, &left), GENKAN_PIN_BLOCKED);
    cr_expect_eq(genkan_card_tries(card, GENKAN_PIN_AUTH, &left), GENKAN_PIN_BLOCKED);
    cr_expect_eq(left, 0);
    cr_expect_eq(genkan_card_tries(card, (enum genkan_pin)3, &left), GENKAN_USAGE);
}

/* ---- the certificate, the transport, the end ---- */

Test(library, shows_the_dates_of_a_certificate_that_is_free_to_read)
{
    int64_t from, until;
    take_card();
    cr_expect_eq(genkan_card_dates(card, GENKAN_KEY_AUTH, &from, &until), GENKAN_OK);
    cr_expect(from > 1000000000 && until > from);
    cr_expect_eq(genkan_card_dates(card, GENKAN_KEY_SIGN, &from, &until), GENKAN_PIN_NEEDED);
    cr_expect(from == 0 && until == 0);
    cr_expect_str_eq(genkan_card_kind(card), "my_number_card");
}

Test(library, refuses_an_expired_certificate)
{
    struct genkan_refusal why;
    struct proof_request q = asked(PROOF_LOGIN);
    q.iat = 4000000000, q.exp = q.iat + 100;
    take_card();
    cr_assert_eq(open_request(sign(&q), q.iat, &why), GENKAN_OK);
    verifies(GENKAN_PIN_AUTH, "1234");
    cr_expect_eq(genkan_card_prove(card, request, GENKAN_KEY_AUTH), GENKAN_CERT_EXPIRED);
}

Test(library, believes_of_a_transport_only_what_it_may_say)
{
    int left;
    take_card();
    says = GENKAN_NO_READER;
    cr_expect_eq(genkan_card_tries(card, GENKAN_PIN_AUTH, &left), GENKAN_NO_READER);
    says = GENKAN_CARD_REMOVED;
    cr_expect_eq(genkan_card_tries(card, GENKAN_PIN_AUTH, &left), GENKAN_CARD_REMOVED);
    says = GENKAN_PIN_BLOCKED;
    cr_expect_eq(genkan_card_tries(card, GENKAN_PIN_AUTH, &left), GENKAN_UNSUPPORTED_CARD);
    says = -1;
    cr_expect_eq(genkan_card_tries(card, GENKAN_PIN_AUTH, &left), GENKAN_UNSUPPORTED_CARD);
    cr_expect_eq(genkan_card_verify(card, GENKAN_PIN_AUTH, "1234", 4, 0, &left), GENKAN_USAGE);
}

Test(library, logs_the_card_out_and_takes_its_power)
{
    take_card();
    verifies(GENKAN_PIN_AUTH, "1234");
    genkan_card_close(card);
    card = NULL;
    cr_expect(!scripted_card_left_open(plastic) && scripted_card_is_off(plastic) && !scripted_card_alarmed(plastic));
}

Test(library, tells_the_provider_only_what_it_has_a_page_for)
{
    struct proof_response r;
    const char *why;
    char *url;
    take_request(PROOF_REGISTER);
    for (int status = -1; status < 60; status++) {
        bool is_told = (status >= 1 && status <= 9) || status == 20 || (status >= 30 && status <= 33);
        cr_expect_eq(genkan_request_error(request, status, GENKAN_PIN_SIGN, &url), is_told ? GENKAN_OK : GENKAN_USAGE);
        if (!is_told)
            continue;
        cr_assert(!proof_response_read_fragment(&r, &arena, view_text(strchr(url, '#') + 1), &why), "%s", why);
        cr_expect_str_eq(proof_error_name(r.error), genkan_status_name(status));
        cr_expect_eq(r.part, PROOF_PART_SIGN);
        genkan_free(url);
    }
    cr_expect_eq(genkan_request_error(request, GENKAN_NO_CARD, (enum genkan_pin)9, &url), GENKAN_USAGE);
}

Test(library, every_status_has_a_name_and_closing_nothing_is_harmless)
{
    cr_expect_str_eq(genkan_status_name(GENKAN_OK), "ok");
    cr_expect_str_eq(genkan_status_name(GENKAN_PIN_NEEDED), "pin_needed");
    cr_expect_str_eq(genkan_status_name(99), "unknown");
    cr_expect_str_eq(genkan_status_name(-1), "unknown");
    cr_expect_str_eq(genkan_version(), GENKAN_VERSION);
    genkan_card_close(NULL);
    genkan_request_close(NULL);
    genkan_issuers_close(NULL);
    genkan_free(NULL);
}
