/* verified_claims (OpenID Connect for Identity Assurance 1.0; Identity Assurance Schema Definition 1.0). */
#include <criterion/criterion.h>

#include "idp/rules/claims_request.h"

#define NOW INT64_C(1795305600) /* 2026-11-22T00:00:00Z */

static struct arena arena;

static struct field_proof proof;
static struct field_value values[8];
static size_t n_values;

static void add_value(const char *field, const char *json, enum field_source source)
{
    values[n_values++] =
        (struct field_value){.field = field_find(view_text(field)),
                             .json = view_text(json),
                             .source = source,
                             .as_of = VIEW("2026-11-22"),
                             .proof = source == SOURCE_CARD_SIGNED ? proof : (struct field_proof){VIEW_NONE, 0, 0, 0}};
}

/* Her card signed at 2026-11-21T23:59:59Z; the last day of her certificate is her birthday. */
static void open_arena(void)
{
    arena_open(&arena, 1 << 22);
    n_values = 0;
    proof = (struct field_proof){.issuer = VIEW("OU=JPKI for digital signature,O=GENKAN-TEST,C=JP"),
                                 .not_before = INT64_C(1772290800), /* 2026-03-01 in Japan */
                                 .not_after = INT64_C(1931266799),  /* 2031-03-14 in Japan, its last second */
                                 .at = NOW - 1};
    add_value("name", "\"大阪　花子\"", SOURCE_CARD_SIGNED);
    add_value("birthdate", "\"1956-03-14\"", SOURCE_CARD_SIGNED);
    add_value("gender", "\"female\"", SOURCE_CARD_READ);
    add_value("age_over_65", "true", SOURCE_CARD_SIGNED);
    add_value("email", "\"hanako@example.jp\"", SOURCE_RESIDENT);
}

static void close_arena(void)
{
    arena_close(&arena);
}

TestSuite(verified_claims, .init = open_arena, .fini = close_arena);

static bool read(struct verified_wishes *out, const char *text)
{
    struct json *j;

    cr_assert_eq(json_read(&j, &arena, view_text(text), NULL), ERR_OK, "%s", text);
    return verified_wishes_read(out, j);
}

static struct verified_answer decide(const char *text)
{
    struct verified_facts facts = {values, n_values, VIEW("https://id.example.jp"), NOW};
    struct verified_answer answer;
    struct verified_wishes w;

    cr_assert(read(&w, text), "%s", text);
    cr_assert_eq(verified_claims_decide(&answer, &arena, &w, &facts), ERR_OK);
    return answer;
}

/* The answer as it is told; "" for none. */
static const char *answer(const char *text)
{
    struct verified_answer a = decide(text);

    cr_assert_eq(view_is(a.json), a.fields != 0, "%s", text);
    return view_is(a.json) ? arena_text(&arena, a.json) : "";
}

/* With this VERIFICATION and the name. */
static const char *with(const char *verification)
{
    return answer(arena_printf(&arena, "{\"verification\":{\"trust_framework\":null%s},\"claims\":{\"name\":null}}",
                               verification));
}

#define FRAMEWORK "https://id.example.jp/trust-framework/jpki"

/* --- the form ----------------------------------------------------------------------------------------------------- */

Test(verified_claims, of_another_form_are_refused)
{
    static const char *const texts[] = {
        "null",
        "true",
        "\"name\"",
        "{}",
        "[{}]",
        "[[]]",
        "{\"claims\":{\"name\":null}}",                  /* verification is required */
        "{\"verification\":{\"trust_framework\":null}}", /* and so are claims */
        "{\"verification\":null,\"claims\":{\"name\":null}}",
        "{\"verification\":[],\"claims\":{\"name\":null}}",
        "{\"verification\":{},\"claims\":{\"name\":null}}", /* and the trust framework in it */
        "{\"verification\":{\"time\":null},\"claims\":{\"name\":null}}",
        "{\"verification\":{\"trust_framework\":\"eidas\"},\"claims\":{\"name\":null}}",
        "{\"verification\":{\"trust_framework\":{\"values\":[]}},\"claims\":{\"name\":null}}",
        "{\"verification\":{\"trust_framework\":null},\"claims\":{}}", /* claims are not empty */
        "{\"verification\":{\"trust_framework\":null},\"claims\":[]}",
        "{\"verification\":{\"trust_framework\":null},\"claims\":{\"name\":true}}",
        "{\"verification\":{\"trust_framework\":null},\"claims\":{\"name\":{\"essential\":1}}}",
        "{\"verification\":{\"trust_framework\":null,\"time\":\"now\"},\"claims\":{\"name\":null}}",
        "{\"verification\":{\"trust_framework\":null,\"time\":{\"max_age\":-1}},\"claims\":{\"name\":null}}",
        "{\"verification\":{\"trust_framework\":null,\"time\":{\"max_age\":\"60\"}},\"claims\":{\"name\":null}}",
        "{\"verification\":{\"trust_framework\":null,\"evidence\":null},\"claims\":{\"name\":null}}",
        "{\"verification\":{\"trust_framework\":null,\"evidence\":{}},\"claims\":{\"name\":null}}",
        "{\"verification\":{\"trust_framework\":null,\"evidence\":[]},\"claims\":{\"name\":null}}",
        "{\"verification\":{\"trust_framework\":null,\"evidence\":[null]},\"claims\":{\"name\":null}}",
        "{\"verification\":{\"trust_framework\":null,\"evidence\":[{}]},\"claims\":{\"name\":null}}",
        "{\"verification\":{\"trust_framework\":null,\"evidence\":[{\"type\":null}]},\"claims\":{\"name\":null}}",
        "{\"verification\":{\"trust_framework\":null,\"evidence\":[{\"type\":\"document\"}]},\"claims\":{\"name\":null}"
        "}",
        "{\"verification\":{\"trust_framework\":null,\"evidence\":[{\"type\":{\"values\":[\"document\"]}}]},"
        "\"claims\":{\"name\":null}}",
        "{\"verification\":{\"trust_framework\":null,\"evidence\":[{\"type\":{\"value\":\"electronic_signature\","
        "\"values\":[\"document\"]}}]},\"claims\":{\"name\":null}}",
        "{\"verification\":{\"trust_framework\":null,\"evidence\":[{\"type\":{\"value\":\"electronic_signature\"},"
        "\"issuer\":\"JPKI\"}]},\"claims\":{\"name\":null}}",
        "[{\"verification\":{\"trust_framework\":null},\"claims\":{\"name\":null}},{\"claims\":{\"name\":null}}]",
    };
    struct verified_wishes w;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        cr_expect(!read(&w, texts[i]), "%s", texts[i]);
}

Test(verified_claims, are_asked_for_in_six_elements_at_most)
{
    static const char one[] = "{\"verification\":{\"trust_framework\":null},\"claims\":{\"name\":null}}";
    struct verified_wishes w;

    cr_expect(read(&w, arena_printf(&arena, "[%s,%s,%s,%s,%s,%s]", one, one, one, one, one, one)));
    cr_expect_eq(w.n, 6);
    cr_expect(!read(&w, arena_printf(&arena, "[%s,%s,%s,%s,%s,%s,%s]", one, one, one, one, one, one, one)));
}

Test(verified_claims, that_are_not_ours_are_passed_over)
{
    struct verified_wishes w;

    cr_expect(read(&w, "[]"));
    cr_expect_eq(w.fields, 0);
    cr_expect(read(&w, "{\"verification\":{\"trust_framework\":null},\"claims\":null}"), "null asks for none");
    cr_expect_eq(w.n, 0);
    cr_expect(read(&w, "{\"verification\":{\"trust_framework\":null},\"claims\":{\"given_name\":null,"
                       "\"name#ja-Kana-JP\":null,\"email\":null,\"interests\":null}}"));
    cr_expect_eq(w.fields, 0, "nobody proves what a resident writes herself");
    cr_expect(read(&w, "{\"verification\":{\"trust_framework\":null},\"claims\":{\"name\":null},\"more\":[1]}"));
    cr_expect_eq(w.fields, field_bit(field_find(VIEW("name"))));
}

/* --- nothing goes out --------------------------------------------------------------------------------------------- */

Test(verified_claims, without_the_proof_that_is_wanted_are_left_out_whole)
{
    static const char *const rows[] = {
        ",\"trust_framework_\":{\"value\":\"x\"}",
        /* a level is not claimed, so none can be met */
        ",\"assurance_level\":{\"value\":\"high\"}",
        ",\"assurance_level\":{\"values\":[\"low\",\"high\"]}",
        ",\"assurance_level\":\"high\"",
        ",\"assurance_process\":{\"policy\":{\"value\":\"gpg45\"}}",
        ",\"assurance_process\":{\"assurance_details\":[{\"assurance_type\":{\"value\":\"x\"}}]}",
        ",\"verification_process\":{\"value\":\"f24c6f\"}",
        /* too old, by a second: what is told is 2026-11-21T23:00:00Z */
        ",\"time\":{\"max_age\":3599}",
        ",\"time\":{\"value\":\"2026-11-21T23:59:59Z\"}",
        /* other evidence */
        ",\"evidence\":[{\"type\":{\"value\":\"document\"}}]",
        ",\"evidence\":[{\"type\":{\"value\":\"electronic_signature\"},\"issuer\":{\"value\":\"O=JPKI\"}}]",
        ",\"evidence\":[{\"type\":{\"value\":\"electronic_signature\"},\"signature_type\":{\"value\":\"qes_eidas\"}}]",
        ",\"evidence\":[{\"type\":{\"value\":\"electronic_signature\"},\"serial_number\":{\"value\":\"1\"}}]",
        ",\"evidence\":[{\"type\":{\"value\":\"electronic_signature\"},\"created_at\":{\"max_age\":3599}}]",
        ",\"evidence\":[{\"type\":{\"value\":\"electronic_signature\"},\"date_of_issuance\":{\"max_age\":86400}}]",
        ",\"evidence\":[{\"type\":{\"value\":\"electronic_signature\"},\"issuer\":{\"max_age\":9000000000000}}]",
        ",\"evidence\":[{\"type\":{\"value\":\"electronic_signature\"},\"attachments\":{\"value\":\"x\"}}]",
        /* her birthday is no secret that could be guessed day by day: without the birth date nothing is compared */
        ",\"evidence\":[{\"type\":{\"value\":\"electronic_signature\"},\"date_of_expiry\":{\"value\":\"2031-03-14\"}}]",
        ",\"evidence\":[{\"type\":{\"value\":\"electronic_signature\"},\"date_of_expiry\":{\"max_age\":1000000}}]",
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_str_eq(with(rows[i]), "", "%s: %s", rows[i], with(rows[i]));
    cr_expect_str_eq(
        answer("{\"verification\":{\"trust_framework\":{\"value\":\"jp_aml\"}},\"claims\":{\"name\":null}}"), "");
    cr_expect_str_eq(answer("{\"verification\":{\"trust_framework\":{\"values\":[\"eidas\",\"jp_aml\"]}},"
                            "\"claims\":{\"name\":null}}"),
                     "");
}

Test(verified_claims, are_what_the_sign_certificate_proves_and_nothing_else)
{
    static const char all[] = "{\"verification\":{\"trust_framework\":null},\"claims\":{\"name\":null,\"gender\":null,"
                              "\"email\":null,\"address\":null}}";

    cr_expect_str_eq(answer(all),
                     "{\"verification\":{\"trust_framework\":\"" FRAMEWORK "\"},\"claims\":{\"name\":"
                     "\"大阪　花子\"}}",
                     "her sex was only read, her address is not there");
    values[0].source = SOURCE_UPSTREAM;
    cr_expect_str_eq(answer(all), "");
    values[0].source = SOURCE_CARD_SIGNED;
    values[0].proof.issuer = VIEW_NONE;
    cr_expect_str_eq(answer(all), "", "of which nobody wrote down how it was verified");
}

Test(verified_claims, with_other_values_than_wanted_are_left_out_one_by_one)
{
    static const struct {
        const char *claims;
        uint32_t left; /* bits: 1 name, 2 birthdate */
    } rows[] = {
        {"\"name\":{\"value\":\"somebody else\"}", 0},
        {"\"name\":{\"value\":\"somebody else\"},\"birthdate\":null", 2},
        {"\"name\":{\"values\":[\"x\",\"大阪　花子\"]},\"birthdate\":{\"value\":\"1956-03-15\"}", 1},
        {"\"name\":{\"max_age\":60},\"birthdate\":null", 0 + 2}, /* a name has no age */
        {"\"birthdate\":{\"max_age\":60}", 0},
        {"\"birthdate\":{\"max_age\":2230794000}", 0},
        {"\"birthdate\":{\"max_age\":2230794001}", 2}, /* 1956-03-14T14:59:59Z is so many seconds ago */
        {"\"name\":{\"essential\":true},\"birthdate\":{\"essential\":false}", 3},
        {"\"name\":{\"essential\":true,\"value\":\"x\"}", 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct verified_answer a = decide(
            arena_printf(&arena, "{\"verification\":{\"trust_framework\":null},\"claims\":{%s}}", rows[i].claims));
        uint32_t left = (a.fields & field_bit(field_find(VIEW("name"))) ? 1 : 0) +
                        (a.fields & field_bit(field_find(VIEW("birthdate"))) ? 2 : 0);
        cr_expect_eq(left, rows[i].left, "%s: %u", rows[i].claims, left);
    }
    values[1].json = VIEW("\"1956-03-00\"");
    cr_expect_str_eq(answer("{\"verification\":{\"trust_framework\":null},\"claims\":{\"birthdate\":{\"max_age\":"
                            "9000000000}}}"),
                     "", "a day that is not known has no age");
}

/* --- what goes out ------------------------------------------------------------------------------------------------ */

Test(verified_claims, say_what_was_asked_and_no_more)
{
    static const struct {
        const char *asked, *told;
    } rows[] = {
        {"", ""},
        {",\"time\":null", ",\"time\":\"2026-11-21T23:00:00Z\""},
        {",\"time\":{\"max_age\":3600}", ",\"time\":\"2026-11-21T23:00:00Z\""},
        {",\"assurance_level\":null,\"verification_process\":{\"essential\":true},\"assurance_process\":{\"policy\":"
         "null}",
         ""},
        {",\"evidence\":[{\"type\":{\"value\":\"electronic_signature\"}}]",
         ",\"evidence\":[{\"type\":\"electronic_signature\",\"signature_type\":\"https://id.example.jp/signature-type/"
         "jpki\",\"issuer\":\"OU=JPKI for digital signature,O=GENKAN-TEST,C=JP\",\"serial_number\":\"withheld\"}]"},
        {",\"evidence\":[{\"type\":{\"value\":\"document\"}},{\"type\":{\"value\":\"electronic_signature\"},"
         "\"created_at\":{\"max_age\":3600}},{\"type\":{\"value\":\"electronic_signature\"},\"date_of_issuance\":null,"
         "\"date_of_expiry\":null,\"attachments\":null}]",
         ",\"evidence\":[{\"type\":\"electronic_signature\",\"signature_type\":\"https://id.example.jp/signature-type/"
         "jpki\",\"issuer\":\"OU=JPKI for digital signature,O=GENKAN-TEST,C=JP\",\"serial_number\":\"withheld\","
         "\"created_at\":\"2026-11-21T23:00:00Z\",\"date_of_issuance\":\"2026-03-01\"}]"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_str_eq(with(rows[i].asked),
                         arena_printf(&arena,
                                      "{\"verification\":{\"trust_framework\":\"" FRAMEWORK "\"%s},\"claims\":"
                                      "{\"name\":\"大阪　花子\"}}",
                                      rows[i].told),
                         "%s: %s", rows[i].asked, with(rows[i].asked));
}

Test(verified_claims, tell_the_last_day_of_the_certificate_only_with_the_birth_date)
{
    static const char verification[] = "\"verification\":{\"trust_framework\":null,\"evidence\":[{\"type\":{\"value\":"
                                       "\"electronic_signature\"},\"date_of_expiry\":null}]}";
    const char *young = answer(arena_printf(&arena, "{%s,\"claims\":{\"age_over_65\":null}}", verification));
    const char *both = answer(arena_printf(&arena, "{%s,\"claims\":{\"birthdate\":null}}", verification));

    cr_expect(strstr(young, "\"age_over_65\":true"), "%s", young);
    cr_expect_null(strstr(young, "03-14"), "%s", young);
    cr_expect(strstr(both, "\"date_of_expiry\":\"2031-03-14\""), "%s", both);
    both = answer(
        arena_printf(&arena, "{%s,\"claims\":{\"name\":null,\"birthdate\":{\"value\":\"1956-03-15\"}}}", verification));
    cr_expect(!strstr(both, "03-14") && strstr(both, "name"), "a birth date that stays takes it along: %s", both);
}

Test(verified_claims, of_several_elements_are_told_each_by_itself)
{
    cr_expect_str_eq(
        answer("[{\"verification\":{\"trust_framework\":{\"value\":\"jp_aml\"}},\"claims\":{\"name\":null}},"
               "{\"verification\":{\"trust_framework\":null},\"claims\":{\"name\":null}},"
               "{\"verification\":{\"trust_framework\":null,\"time\":null},\"claims\":{\"name\":null,"
               "\"age_over_65\":null}}]"),
        "[{\"verification\":{\"trust_framework\":\"" FRAMEWORK "\"},\"claims\":{\"name\":\"大阪　花子\"}},"
        "{\"verification\":{\"trust_framework\":\"" FRAMEWORK "\",\"time\":\"2026-11-21T23:00:00Z\"},"
        "\"claims\":{\"name\":\"大阪　花子\",\"age_over_65\":true}}]");
    cr_expect_str_eq(answer("[{\"verification\":{\"trust_framework\":null},\"claims\":{\"name\":null}}]"),
                     "[{\"verification\":{\"trust_framework\":\"" FRAMEWORK "\"},\"claims\":{\"name\":"
                     "\"大阪　花子\"}}]",
                     "an array is answered with an array");
}

Test(verified_claims, of_two_proofs_are_told_apart)
{
    values[1].proof.at = NOW - 90 * 86400;
    cr_expect_str_eq(answer("{\"verification\":{\"trust_framework\":null,\"time\":null},\"claims\":{\"name\":null,"
                            "\"birthdate\":null,\"age_over_65\":null}}"),
                     "[{\"verification\":{\"trust_framework\":\"" FRAMEWORK "\",\"time\":\"2026-11-21T23:00:00Z\"},"
                     "\"claims\":{\"name\":\"大阪　花子\",\"age_over_65\":true}},{\"verification\":"
                     "{\"trust_framework\":\"" FRAMEWORK "\",\"time\":\"2026-08-24T00:00:00Z\"},\"claims\":"
                     "{\"birthdate\":\"1956-03-14\"}}]");
    cr_expect_str_eq(answer("{\"verification\":{\"trust_framework\":null,\"time\":{\"max_age\":86400}},\"claims\":"
                            "{\"birthdate\":null}}"),
                     "", "the older one is too old");
}

/* --- inside of the parameter -------------------------------------------------------------------------------------- */

static struct view kept(const char *text)
{
    struct claims_request r;
    struct view v;

    cr_assert_eq(claims_request_read(&r, &arena, view_text(text)), ERR_OK, "%s", text);
    cr_assert_eq(claims_request_keep(&v, &arena, &r), ERR_OK, "%s", text);
    return v;
}

Test(verified_claims, refuse_the_whole_parameter_when_they_are_malformed)
{
    struct claims_request r;

    cr_expect_eq(claims_request_read(&r, &arena, VIEW("{\"userinfo\":{\"name\":null,\"verified_claims\":{}}}")),
                 ERR_SYNTAX);
    cr_expect_eq(claims_request_read(&r, &arena, VIEW("{\"id_token\":{\"verified_claims\":null}}")), ERR_SYNTAX);
}

Test(verified_claims, are_kept_as_they_were_wanted)
{
    struct claims_request r;
    struct view v = kept("{\"userinfo\":{\"verified_claims\":{\"verification\":{\"trust_framework\":null,\"evidence\":"
                         "[{\"type\":{\"value\":\"electronic_signature\"},\"issuer\":null}]},\"claims\":{\"nickname\":"
                         "null,\"birthdate\":{\"max_age\":7,\"essential\":true},\"name\":null}},\"gender\":null}}");

    cr_expect(view_equal_text(v, "{\"userinfo\":{\"gender\":null,\"verified_claims\":{\"claims\":{\"name\":null,"
                                 "\"birthdate\":{\"max_age\":7}},\"verification\":{\"evidence\":[{\"issuer\":null,"
                                 "\"type\":{\"value\":\"electronic_signature\"}}],\"trust_framework\":null}}}}"),
              "%.*s", (int)v.n, (const char *)v.p);
    cr_expect(view_equal(kept(arena_text(&arena, v)), v), "and read again are the same wish");
    cr_expect_eq(claims_request_read(&r, &arena, v), ERR_OK);
    cr_expect_eq(r.userinfo.fields, field_bit(field_find(VIEW("gender"))),
                 "only what is asked plainly goes out plainly");
    cr_expect_eq(claims_place_fields(&r.userinfo), field_bit(field_find(VIEW("gender"))) |
                                                       field_bit(field_find(VIEW("name"))) |
                                                       field_bit(field_find(VIEW("birthdate"))));
    cr_expect(!view_is(kept("{\"userinfo\":{\"verified_claims\":{\"verification\":{\"trust_framework\":null},"
                            "\"claims\":{\"given_name\":null}}}}")));
}
