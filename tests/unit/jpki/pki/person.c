#include "jpki/pki/person.h"

#include <openssl/x509v3.h>

#include "base/json.h"
#include "pki_rig.h"

static struct pki_rig r;

static void open_rig(void)
{
    pki_rig_open(&r, NULL, NO_FETCH);
}

static void close_rig(void)
{
    pki_rig_close(&r);
}

TestSuite(person, .init = open_rig, .fini = close_rig);

static struct person person_of(const char *who)
{
    struct cert c;
    const struct trust_root *root;
    struct person p;
    enum person_fault fault;
    pki_rig_cert(&r, arena_printf(&r.a, "residents/%s", who), TRUST_SIGN, &c, &root);
    cr_assert_eq(person_read(&p, &r.a, &c, &fault), ERR_OK, "%s: %s", who, person_fault_name(fault));
    return p;
}

/* --- a subjectAltName made by hand ----------------------------------------------------------------------------- */

static struct item {
    char last; /* of the OID */
    const char *text;
} sound[] = {{'1', "大阪　花子"}, {'4', "319560314"}, {'3', "2"}, {'5', "大阪府堺市"}, {'2', "00000"}, {'6', "00000"}};

static struct view names_of(const struct item *items, size_t n, int type)
{
    GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    for (size_t i = 0; i < n; i++) {
        char oid[] = "1.2.392.200149.8.5.5.x";
        oid[sizeof oid - 2] = items[i].last;
        ASN1_STRING *text = ASN1_STRING_type_new(type);
        ASN1_STRING_set(text, items[i].text, -1);
        ASN1_TYPE *value = ASN1_TYPE_new();
        ASN1_TYPE_set(value, type, text);
        GENERAL_NAME *name = GENERAL_NAME_new();
        GENERAL_NAME_set0_othername(name, OBJ_txt2obj(oid, 1), value);
        sk_GENERAL_NAME_push(names, name);
    }
    uint8_t *der = arena_alloc(&r.a, 8192), *end = der;
    int size = i2d_GENERAL_NAMES(names, &end);
    cr_assert(size > 0 && size < 8192);
    GENERAL_NAMES_free(names);
    return view_bytes(der, (size_t)size);
}

static enum person_fault fault_of(struct view san)
{
    struct cert c = {.san = san};
    struct person p;
    enum person_fault fault;
    enum err e = person_read(&p, &r.a, &c, &fault);
    cr_expect_eq(e, fault ? ERR_SYNTAX : ERR_OK);
    cr_expect(!fault || !p.name.p, "nothing of a refused person is handed out");
    return fault;
}

/* The sound six with the text of item I replaced. */
static enum person_fault fault_with(size_t i, const char *text)
{
    struct item items[6];
    memcpy(items, sound, sizeof items);
    items[i].text = text;
    return fault_of(names_of(items, 6, V_ASN1_UTF8STRING));
}

Test(person, refuses_a_certificate_without_names)
{
    cr_expect_eq(fault_of(VIEW_NONE), PERSON_NO_NAMES);
}

Test(person, refuses_five_and_seven_names)
{
    struct item seven[7];
    memcpy(seven, sound, sizeof sound);
    seven[6] = sound[0];
    cr_expect_eq(fault_of(names_of(sound, 5, V_ASN1_UTF8STRING)), PERSON_NOT_SIX);
    cr_expect_eq(fault_of(names_of(seven, 7, V_ASN1_UTF8STRING)), PERSON_NOT_SIX);
}

Test(person, refuses_garbage_and_other_kinds_of_names)
{
    cr_expect_eq(fault_of(VIEW("\x30\x03\x02\x01\x00")), PERSON_NOT_SIX);
    cr_expect_eq(fault_of(VIEW("\x30\x12\x82\x01m\x82\x01m\x82\x01m\x82\x01m\x82\x01m\x82\x01m")), PERSON_NOT_SIX);
}

Test(person, refuses_every_other_order)
{
    for (size_t i = 0; i < 6; i++)
        for (size_t j = i + 1; j < 6; j++) {
            struct item items[6];
            memcpy(items, sound, sizeof items);
            items[i] = sound[j];
            items[j] = sound[i];
            cr_expect_eq(fault_of(names_of(items, 6, V_ASN1_UTF8STRING)), PERSON_WRONG_ORDER, "%zu and %zu", i, j);
        }
    cr_expect_eq(fault_of(pki_rig_file(&r, "bad/bad-names/sign.der")), PERSON_NOT_SIX,
                 "a whole certificate is no list of names");
}

Test(person, refuses_the_certificate_with_names_in_another_order)
{
    struct cert c;
    const struct trust_root *root;
    pki_rig_cert(&r, "bad/bad-names", TRUST_SIGN, &c, &root);
    cr_expect_eq(fault_of(c.san), PERSON_WRONG_ORDER);
}

Test(person, refuses_texts_that_are_no_utf8_strings)
{
    cr_expect_eq(fault_of(names_of(sound, 6, V_ASN1_OCTET_STRING)), PERSON_NOT_UTF8);
    cr_expect_eq(fault_with(0, "\xE5\xA4"), PERSON_NOT_UTF8);
    cr_expect_eq(fault_with(0, "\xED\xA0\x80"), PERSON_NOT_UTF8);
    cr_expect_eq(fault_with(3, ""), PERSON_NOT_UTF8);
    char *long_text = arena_alloc(&r.a, 1026);
    memset(long_text, 'x', 1025);
    cr_expect_eq(fault_with(3, long_text), PERSON_NOT_UTF8);
}

Test(person, refuses_maps_that_do_not_fit)
{
    static const char *const maps[] = {"0000", "000000", "0000x", "00002", "OOOOO"};
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        cr_expect_eq(fault_with(4, maps[i]), PERSON_BAD_MAP, "%s", maps[i]);
        cr_expect_eq(fault_with(5, maps[i]), PERSON_BAD_MAP, "%s", maps[i]);
    }
}

Test(person, refuses_unknown_genders)
{
    static const char *const genders[] = {"3", "8", "x", "22", "-"};
    for (size_t i = 0; i < sizeof genders / sizeof *genders; i++)
        cr_expect_eq(fault_with(2, genders[i]), PERSON_BAD_GENDER, "%s", genders[i]);
}

Test(person, refuses_births_that_cannot_be)
{
    static const char *const births[] = {"19560314",  "3195603140", "619560314", "x19560314", "31956031x", "319561314",
                                         "319560332", "319560230",  "319570229", "319560431", "319560010", "419560314",
                                         "318560314", "520180101",  "119200101", "-19560314"};
    for (size_t i = 0; i < sizeof births / sizeof *births; i++)
        cr_expect_eq(fault_with(1, births[i]), PERSON_BAD_BIRTH, "%s", births[i]);
}

/* --- what is read ---------------------------------------------------------------------------------------------- */

Test(person, reads_hanako_as_she_is_written)
{
    struct person p = person_of("hanako");
    cr_expect(view_equal_text(p.name, "大阪　花子"));
    cr_expect(view_equal_text(p.address, "大阪府堺市堺区南瓦町３－１"));
    cr_expect(view_equal_text(p.name_substitutes, "00000"));
    cr_expect(!p.has_substitutes);
    cr_expect_eq(p.gender, PERSON_FEMALE);
    cr_expect_eq(p.era, ERA_SHOWA);
    cr_expect_str_eq(p.birthdate, "1956-03-14");
}

/* The certificate and the text application of each card say the same. */
Test(person, reads_of_every_card_what_its_text_application_says)
{
    static const char *const cards[] = {"hanako",        "taro",   "generation2", "substitute", "former-name",
                                        "katakana",      "romaji", "long-name",   "overseas",   "unknown-birthday",
                                        "unknown-birth", "nextgen"};
    for (size_t i = 0; i < sizeof cards / sizeof *cards; i++) {
        struct json *text;
        struct person p = person_of(cards[i]);
        cr_assert_eq(json_read(&text, &r.a, pki_rig_file(&r, "residents/%s/text.json", cards[i]), NULL), ERR_OK);
        struct view birth = json_member_text(text, "birthdate"), gender = json_member_text(text, "gender");
        cr_expect(view_equal(p.name, json_member_text(text, "name")), "%s", cards[i]);
        cr_expect(view_equal(p.address, json_member_text(text, "address")), "%s", cards[i]);
        cr_expect_eq(p.gender, gender.p[0] - '0');
        const char *dashed = arena_printf(&r.a, "%.4s-%.2s-%.2s", birth.p, birth.p + 4, birth.p + 6);
        cr_expect_str_eq(p.birthdate, strcmp(dashed, "0000-00-00") == 0 ? "" : dashed, "%s", cards[i]);
    }
}

Test(person, flags_substitute_characters)
{
    struct person p = person_of("substitute");
    cr_expect(p.has_substitutes);
    cr_expect(view_equal_text(p.name_substitutes, "01000"));
    cr_expect(view_equal_text(p.address_substitutes, "0000001000000000"));
}

Test(person, keeps_an_unknown_birthday_unknown)
{
    cr_expect_str_eq(person_of("unknown-birthday").birthdate, "1938-00-00");
    cr_expect_str_eq(person_of("unknown-birth").birthdate, "");
    cr_expect_eq(person_of("unknown-birth").gender, PERSON_GENDER_UNKNOWN);
    cr_expect_eq(person_of("katakana").gender, PERSON_GENDER_NONE);
}

Test(person, knows_the_last_and_first_days_of_eras)
{
    static const char *const births[] = {"119120729", "219120730", "219261224", "319261225", "319890107",
                                         "419890108", "420190430", "520190501", "320000000", "420000229"};
    static const enum person_fault faults[] = {PERSON_FINE, PERSON_FINE, PERSON_FINE, PERSON_FINE,      PERSON_FINE,
                                               PERSON_FINE, PERSON_FINE, PERSON_FINE, PERSON_BAD_BIRTH, PERSON_FINE};
    for (size_t i = 0; i < sizeof births / sizeof *births; i++)
        cr_expect_eq(fault_with(1, births[i]), faults[i], "%s", births[i]);
}
