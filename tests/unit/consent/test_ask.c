#include <criterion/criterion.h>

#include "consent/ask.h"

static struct arena a;

static void open_arena(void)
{
    arena_open(&a, 1 << 20);
}

static void close_arena(void)
{
    arena_close(&a);
}

TestSuite(ask, .init = open_arena, .fini = close_arena);

static const struct ask_terms terms = {{(const uint8_t *)"c", 1}, {(const uint8_t *)"o", 1}, {NULL, 0}, {NULL, 0}};

static enum err read_with(struct ask *out, const char *text, const struct ask_terms *t, struct ask_fault *fault)
{
    struct json *j;
    cr_assert_eq(json_read(&j, &a, view_text(text), NULL), ERR_OK, "%s", text);
    return ask_read(out, &a, j, t, fault);
}

#define ITEM(ID, REQUIRED, JA, EN)                                                                                     \
    "{\"id\":\"" ID "\",\"required\":" REQUIRED ",\"purpose\":\"" JA "\",\"purpose#en\":\"" EN "\"}"

#define MORE(MEMBERS) "{\"id\":\"name\",\"required\":true,\"purpose\":\"x\",\"purpose#en\":\"x\"," MEMBERS "}"
#define R1            "{\"name\":\"県\",\"name#en\":\"Prefecture\"}"
#define R4            R1 "," R1 "," R1 "," R1
#define P1            "{\"country\":\"JP\"}"
#define P4            P1 "," P1 "," P1 "," P1

Test(ask, refuses_a_registration_naming_field_and_rule)
{
    static const struct {
        const char *text, *field;
    } table[] = {
        {"{}", "fields"},
        {"[1]", "fields[0]"},
        {"[{}]", "fields[0].id"},
        {"[{\"id\":\"shoe_size\"}]", "fields[0].id"},
        {"[{\"id\":\"name\"}]", "fields[0].required"},
        {"[{\"id\":\"name\",\"required\":\"yes\"}]", "fields[0].required"},
        {"[{\"id\":\"name\",\"required\":true}]", "fields[0].purpose"},
        {"[{\"id\":\"name\",\"required\":true,\"purpose\":\"x\"}]", "fields[0].purpose#en"},
        {"[" ITEM("name", "true", "", "x") "]", "fields[0].purpose"},
        {"[" ITEM("name", "true", "   ", "x") "]", "fields[0].purpose"},
        {"[" ITEM("name", "true", "x", "a\\nb") "]", "fields[0].purpose#en"},
        {"[{\"id\":\"name\",\"required\":true,\"purpose\":1,\"purpose#en\":\"x\"}]", "fields[0].purpose"},
        {"[{\"id\":\"name\",\"required\":true,\"purpose\":\"x\",\"purpose#en\":\"x\",\"why\":1}]", "fields[0].why"},
        {"[" MORE("\"purpose#ja-simple\":\"\"") "]", "fields[0].purpose#ja-simple"},
        {"[" MORE("\"purpose#ja-simple\":7") "]", "fields[0].purpose#ja-simple"},
        {"[" MORE("\"legal_basis\":\"x\"") "]", "fields[0].legal_basis#en"},
        {"[" MORE("\"legal_basis#en\":\"x\"") "]", "fields[0].legal_basis"},
        {"[" MORE("\"legal_basis\":\"a\\tb\",\"legal_basis#en\":\"x\"") "]", "fields[0].legal_basis"},
        {"[" MORE("\"retention\":5") "]", "fields[0].retention"},
        {"[" MORE("\"retention\":\"P\"") "]", "fields[0].retention"},
        {"[" MORE("\"retention\":\"PY\"") "]", "fields[0].retention"},
        {"[" MORE("\"retention\":\"P0Y\"") "]", "fields[0].retention"},
        {"[" MORE("\"retention\":\"P01Y\"") "]", "fields[0].retention"},
        {"[" MORE("\"retention\":\"P1Y6M\"") "]", "fields[0].retention"},
        {"[" MORE("\"retention\":\"P1000D\"") "]", "fields[0].retention"},
        {"[" MORE("\"retention\":\"P5W\"") "]", "fields[0].retention"},
        {"[" MORE("\"recipients\":\"x\"") "]", "fields[0].recipients"},
        {"[" MORE("\"recipients\":[\"x\"]") "]", "fields[0].recipients"},
        {"[" MORE("\"recipients\":[{\"name\":\"x\"}]") "]", "fields[0].recipients"},
        {"[" MORE("\"recipients\":[{\"name\":\"x\",\"name#en\":\"\"}]") "]", "fields[0].recipients"},
        {"[" MORE("\"recipients\":[{\"name\":\"x\",\"name#en\":\"y\",\"why\":1}]") "]", "fields[0].recipients"},
        {"[" MORE("\"recipients\":[" R4 "," R4 "," R1 "]") "]", "fields[0].recipients"},
        {"[" MORE("\"storage_locations\":\"JP\"") "]", "fields[0].storage_locations"},
        {"[" MORE("\"storage_locations\":[]") "]", "fields[0].storage_locations"},
        {"[" MORE("\"storage_locations\":[\"JP\"]") "]", "fields[0].storage_locations"},
        {"[" MORE("\"storage_locations\":[{\"name\":\"x\",\"name#en\":\"y\"}]") "]", "fields[0].storage_locations"},
        {"[" MORE("\"storage_locations\":[{\"country\":\"Japan\"}]") "]", "fields[0].storage_locations"},
        {"[" MORE("\"storage_locations\":[{\"country\":\"JP\",\"name\":\"x\"}]") "]", "fields[0].storage_locations"},
        {"[" MORE("\"storage_locations\":[{\"country\":\"JP\",\"name#en\":\"x\"}]") "]", "fields[0].storage_locations"},
        {"[" MORE("\"storage_locations\":[{\"country\":\"JP\",\"city\":\"x\"}]") "]", "fields[0].storage_locations"},
        {"[" MORE("\"storage_locations\":[" P4 "," P4 "," P1 "]") "]", "fields[0].storage_locations"},
        {"[" MORE("\"processing_locations\":[{\"country\":\"XX\"}]") "]", "fields[0].processing_locations"},
        {"[" ITEM("name", "true", "x", "x") "," ITEM("name", "false", "x", "x") "]", "fields[1].id"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct ask ask;
        struct ask_fault fault = {0};
        cr_expect_eq(read_with(&ask, table[i].text, &terms, &fault), ERR_SYNTAX, "%s", table[i].text);
        cr_expect_str_eq(fault.field, table[i].field);
        cr_expect(fault.rule && *fault.rule);
    }
}

Test(ask, without_fields_asks_for_nothing)
{
    struct ask ask, asked;
    struct ask_fault fault;
    cr_assert_eq(ask_read(&ask, &a, NULL, &terms, &fault), ERR_OK);
    cr_expect_eq(ask.n, 0);
    ask_requested(&asked, &ask, VIEW("openid profile name"), 0);
    cr_expect_eq(asked.n, 0);
}

Test(ask, gives_only_what_is_registered_and_in_the_scope)
{
    struct ask ask, asked;
    struct ask_fault fault;
    cr_assert_eq(read_with(&ask, "[" ITEM("name", "true", "x", "x") "," ITEM("birthdate", "false", "x", "x") "]",
                           &terms, &fault),
                 ERR_OK);
    ask_requested(&asked, &ask, VIEW("openid name address gender"), 0);
    cr_assert_eq(asked.n, 1);
    cr_expect_str_eq(asked.items[0].field->id, "name");
    ask_requested(&asked, &ask, VIEW("openid profile"), 0);
    cr_expect_eq(asked.n, 2);
    cr_expect_arr_eq(asked.hash, ask.hash, sizeof ask.hash);
    ask_requested(&asked, &ask, VIEW("openid"), 0);
    cr_expect_eq(asked.n, 0);
    ask_requested(&asked, &ask, VIEW_NONE, 0);
    cr_expect_eq(asked.n, 0);
}

Test(ask, hash_changes_with_every_thing_a_resident_reads)
{
    static const char *const texts[] = {
        "[" ITEM("name", "true", "ab", "c") "]",
        "[" ITEM("name", "false", "ab", "c") "]",
        "[" ITEM("name", "true", "a", "bc") "]",
        "[" ITEM("name", "true", "ab", "d") "]",
        "[" ITEM("gender", "true", "ab", "c") "]",
        "[" MORE("\"purpose#ja-simple\":\"y\"") "]",
        "[" MORE("\"legal_basis\":\"y\",\"legal_basis#en\":\"z\"") "]",
        "[" MORE("\"legal_basis\":\"y\",\"legal_basis#en\":\"zz\"") "]",
        "[" MORE("\"retention\":\"P5Y\"") "]",
        "[" MORE("\"retention\":\"P5D\"") "]",
        "[" MORE("\"recipients\":[" R1 "]") "]",
        "[" MORE("\"recipients\":[" R1 "," R1 "]") "]",
        "[" MORE("\"storage_locations\":[" P1 "]") "]",
        "[" MORE("\"storage_locations\":[" P1 "," P1 "]") "]",
        "[" MORE("\"storage_locations\":[{\"country\":\"US\"}]") "]",
        "[" MORE("\"storage_locations\":[{\"country\":\"JP\",\"name\":\"y\",\"name#en\":\"z\"}]") "]",
        "[" MORE("\"storage_locations\":[{\"country\":\"JP\",\"name\":\"y\",\"name#en\":\"zz\"}]") "]",
        "[" MORE("\"processing_locations\":[" P1 "]") "]",
        "[" MORE("\"storage_locations\":[" P1 "],\"processing_locations\":[" P1 "]") "]",
    };
    enum { TEXTS = sizeof texts / sizeof *texts };
    static struct ask ask[TEXTS];
    struct ask_fault fault;
    for (size_t i = 0; i < TEXTS; i++) {
        cr_assert_eq(read_with(&ask[i], texts[i], &terms, &fault), ERR_OK);
        for (size_t k = 0; k < i; k++) {
            cr_expect_neq(memcmp(ask[i].items[0].hash, ask[k].items[0].hash, ASK_HASH), 0, "%zu %zu", i, k);
            cr_expect_neq(memcmp(ask[i].hash, ask[k].hash, 32), 0);
            cr_expect_eq(memcmp(ask[i].terms_hash, ask[k].terms_hash, 32), 0);
        }
    }
}

Test(ask, terms_hash_changes_with_organisation_and_policy)
{
    const struct ask_terms table[] = {
        {VIEW("c"), VIEW("o"), VIEW("p"), VIEW_NONE}, {VIEW("c"), VIEW("x"), VIEW("p"), VIEW_NONE},
        {VIEW("c"), VIEW("o"), VIEW("q"), VIEW_NONE}, {VIEW("c"), VIEW("o"), VIEW("p"), VIEW("t")},
        {VIEW("co"), VIEW(""), VIEW("p"), VIEW_NONE}, {VIEW("d"), VIEW("o"), VIEW("p"), VIEW_NONE},
    };
    struct ask ask[6];
    struct ask_fault fault;
    for (size_t i = 0; i < 6; i++) {
        cr_assert_eq(read_with(&ask[i], "[]", &table[i], &fault), ERR_OK);
        for (size_t k = 0; k < i; k++)
            cr_expect_neq(memcmp(ask[i].terms_hash, ask[k].terms_hash, 32), 0, "%zu %zu", i, k);
    }
}

Test(ask, keeps_what_a_service_says_beside_the_purpose)
{
    struct ask ask;
    struct ask_fault fault;
    int number;
    char unit;
    cr_assert_eq(read_with(&ask,
                           "[" MORE("\"purpose#ja-simple\":\"だれか しるため\",\"legal_basis\":\"本人の同意\","
                                    "\"legal_basis#en\":\"Consent\",\"retention\":\"P999D\",\"recipients\":[" R1
                                    "]") "," ITEM("gender", "false", "x", "x") "]",
                           &terms, &fault),
                 ERR_OK);
    const struct ask_notice *notice = ask_notice(&ask.items[0]);
    cr_expect(view_equal_text(notice->purpose_easy, "だれか しるため"));
    cr_expect(view_equal_text(notice->basis_ja, "本人の同意") && view_equal_text(notice->basis_en, "Consent"));
    cr_assert(ask_retention(notice->retention, &number, &unit));
    cr_expect_eq(number, 999);
    cr_expect_eq(unit, 'D');
    cr_assert_eq(notice->n_recipients, 1);
    cr_expect(view_equal_text(notice->recipients[0].en, "Prefecture"));
    cr_expect_not(view_is(ask_notice(&ask.items[1])->retention), "nothing was said, nothing is shown");
    cr_expect_eq(ask_notice(&(struct ask_item){.required = true})->n_recipients, 0);
}
