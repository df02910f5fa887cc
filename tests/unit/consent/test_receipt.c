/* What a receipt says, in both forms. The rules of the Kantara form are those of the JSON schema that the Kantara
 * Initiative publishes for Consent Receipt 1.1 (its repository consent-receipt-v-next, CR_v1_1), written down here row
 * by row. */
#include <criterion/criterion.h>

#include "consent/receipt.h"

static struct arena a;
static struct ask ask;
static struct grant grant;
static struct receipt receipt;

#define PLACES                                                                                                         \
    "\"storage_locations\":[{\"country\":\"JP\",\"name\":\"庁舎\",\"name#en\":\"City Hall\"},{\"country\":\"US\"}]"

static const char FIELDS[] =
    "[{\"id\":\"name\",\"required\":true,\"purpose\":\"予約\",\"purpose#en\":\"booking\",\"retention\":\"P1Y\"," PLACES
    ",\"processing_locations\":[{\"country\":\"JP\"}],\"recipients\":[{\"name\":\"財団\",\"name#en\":\"Foundation\"}]},"
    "{\"id\":\"gender\",\"required\":false,\"purpose\":\"統計\",\"purpose#en\":\"statistics\"}]";

static const char ORGANIZATION[] =
    "{\"address\":{\"country\":\"JP\",\"postal_code\":\"590-0078\",\"region\":\"大阪府\",\"locality\":\"堺市堺区\","
    "\"street_address\":\"南瓦町3番1号\"},\"email\":\"koho@sakai.example\",\"phone_number\":\"072-233-1101\"}";

static const struct json *json_of(const char *text)
{
    struct json *j;
    cr_assert_eq(json_read(&j, &a, view_text(text), NULL), ERR_OK, "%s", text);
    return j;
}

static struct party party_of(const char *organization)
{
    struct party party;
    struct party_fault fault = {NULL, NULL};
    cr_assert_eq(party_read(&party, json_of(organization), &fault), ERR_OK, "%s %s", fault.member, fault.rule);
    return party;
}

static void open_receipt(void)
{
    static const struct ask_terms terms = {{(const uint8_t *)"c", 1}, {(const uint8_t *)"o", 1}, {NULL, 0}, {NULL, 0}};
    struct ask_fault fault = {NULL, NULL};
    arena_open(&a, 1 << 20);
    cr_assert_eq(ask_read(&ask, &a, json_of(FIELDS), &terms, &fault), ERR_OK, "%s %s", fault.field, fault.rule);
    grant = (struct grant){.who = {.client = VIEW("booking"), .org = VIEW("sakai"), .subject = VIEW("s")},
                           .duration = GRANT_ONE_YEAR,
                           .n = 2,
                           .given_at = 1790000000};
    for (size_t i = 0; i < 2; i++)
        grant.decisions[i] = (struct grant_decision){
            .field = ask.items[i].field, .given = true, .since = 1790000000, .until = 1790000000 + GRANT_YEAR};
    receipt = (struct receipt){.id = VIEW("r"),
                               .issuer = VIEW("https://id.example"),
                               .at = 1790000001,
                               .grant = &grant,
                               .ask = &ask,
                               .service = VIEW("予約"),
                               .service_en = VIEW("Booking"),
                               .org = VIEW("堺市"),
                               .org_en = VIEW("Sakai"),
                               .contact = VIEW("help@sakai.example"),
                               .party = party_of(ORGANIZATION),
                               .withdraw_url = VIEW("https://id.example/me/services/booking")};
}

static void close_receipt(void)
{
    arena_close(&a);
}

TestSuite(receipt, .init = open_receipt, .fini = close_receipt);

static const struct json *made(void (*put)(struct buf *, struct arena *, const struct receipt *))
{
    const char *text;
    struct buf b;
    buf_open(&b, &a, RECEIPT_MAX);
    put(&b, &a, &receipt);
    cr_assert_eq(buf_done_text(&b, &text), ERR_OK);
    return json_of(text);
}

static const char *text_of(const struct json *j, const char *member)
{
    return arena_text(&a, json_member_text(j, member));
}

/* --- the published schema --------------------------------------------------------------------------------------- */

static bool is_string(const struct json *j)
{
    struct view v;
    return json_text(j, &v);
}

static bool is_boolean(const struct json *j)
{
    bool v;
    return json_bool(j, &v);
}

static bool is_time(const struct json *j)
{
    int64_t v;
    return json_int(j, &v) && v >= 0;
}

static bool is_strings(const struct json *j)
{
    for (size_t i = 0; i < json_count(j); i++)
        if (!is_string(json_at(j, i)))
            return false;
    return json_is_array(j);
}

static bool is_array(const struct json *j)
{
    return json_is_array(j);
}

static bool is_object(const struct json *j)
{
    return json_is_object(j);
}

struct rule {
    const char *member;
    bool required;
    bool (*is)(const struct json *);
};

static const struct rule whole_rules[] = {{"version", true, is_string},          {"jurisdiction", true, is_string},
                                          {"consentTimestamp", true, is_time},   {"collectionMethod", true, is_string},
                                          {"consentReceiptID", true, is_string}, {"publicKey", false, is_string},
                                          {"language", false, is_string},        {"piiPrincipalId", true, is_string},
                                          {"piiControllers", true, is_array},    {"policyUrl", true, is_string},
                                          {"services", true, is_array},          {"sensitive", true, is_boolean},
                                          {"spiCat", true, is_strings},          {NULL, false, NULL}};
static const struct rule controller_rules[] = {{"piiController", true, is_string},
                                               {"onBehalf", false, is_boolean},
                                               {"contact", true, is_string},
                                               {"address", true, is_object},
                                               {"email", true, is_string},
                                               {"phone", true, is_string},
                                               {"piiControllerUrl", false, is_string},
                                               {NULL, false, NULL}};
static const struct rule service_rules[] = {
    {"service", true, is_string}, {"purposes", true, is_array}, {NULL, false, NULL}};
static const struct rule purpose_rules[] = {{"purpose", false, is_string},
                                            {"consentType", true, is_string},
                                            {"purposeCategory", true, is_strings},
                                            {"piiCategory", true, is_strings},
                                            {"primaryPurpose", false, is_boolean},
                                            {"termination", true, is_string},
                                            {"thirdPartyDisclosure", true, is_boolean},
                                            {"thirdPartyName", false, is_string},
                                            {NULL, false, NULL}};

/* The first member that breaks its rule; NULL: none does. */
static const char *broken_of(const struct json *j, const struct rule *rules)
{
    for (; rules->member; rules++) {
        const struct json *value = json_member(j, rules->member);
        if (value ? !rules->is(value) : rules->required)
            return rules->member;
    }
    return NULL;
}

static const char *broken_of_all(const struct json *list, const struct rule *rules)
{
    const char *broken = NULL;
    for (size_t i = 0; i < json_count(list) && !broken; i++)
        broken = broken_of(json_at(list, i), rules);
    return broken;
}

static const char *broken_of_purposes(const struct json *purposes)
{
    const char *broken = broken_of_all(purposes, purpose_rules);
    for (size_t i = 0; i < json_count(purposes) && !broken; i++) {
        const struct json *one = json_at(purposes, i);
        if (json_member_bool(one, "thirdPartyDisclosure", false) && !json_member(one, "thirdPartyName"))
            broken = "thirdPartyName";
    }
    return broken;
}

static const char *broken_of_receipt(const struct json *j)
{
    const struct json *services = json_member(j, "services");
    const char *broken = broken_of(j, whole_rules);
    if (!broken)
        broken = broken_of_all(json_member(j, "piiControllers"), controller_rules);
    if (!broken)
        broken = broken_of_all(services, service_rules);
    for (size_t i = 0; i < json_count(services) && !broken; i++)
        broken = broken_of_purposes(json_member(json_at(services, i), "purposes"));
    return broken;
}

Test(receipt, the_kantara_form_keeps_every_rule_of_the_published_schema)
{
    const struct json *j = made(receipt_put_kantara), *controller = json_at(json_member(j, "piiControllers"), 0);
    cr_expect_null(broken_of_receipt(j), "%s", broken_of_receipt(j));
    cr_expect_str_eq(text_of(j, "version"), "KI-CR-v1.1.0");
    cr_expect_str_eq(text_of(controller, "email"), "koho@sakai.example");
    cr_expect_str_eq(text_of(controller, "phone"), "072-233-1101");
    const struct json *address = json_member(controller, "address");
    cr_expect_str_eq(text_of(address, "addressCountry"), "JP");
    cr_expect_str_eq(text_of(address, "addressRegion"), "大阪府");
    cr_expect_str_eq(text_of(address, "addressLocality"), "堺市堺区");
    cr_expect_str_eq(text_of(address, "streetAddress"), "南瓦町3番1号");
    cr_expect_str_eq(text_of(address, "postalCode"), "590-0078");
    const struct json *purposes = json_member(json_at(json_member(j, "services"), 0), "purposes");
    cr_expect_eq(json_count(purposes), 2);
    cr_expect_str_eq(text_of(json_at(purposes, 0), "thirdPartyName"), "財団");
    cr_expect_null(json_member(json_at(purposes, 1), "thirdPartyName"), "passed on to nobody");
}

Test(receipt, the_schema_refuses_what_is_not_registered_and_nothing_is_invented)
{
    static const struct {
        const char *organization, *broken;
    } rows[] = {
        {"{\"email\":\"a@b.example\",\"phone_number\":\"072-233-1101\"}", "address"},
        {"{\"address\":{\"country\":\"JP\",\"locality\":\"a\",\"street_address\":\"b\"},\"phone_number\":\"072-233-"
         "1101\"}",
         "email"},
        {"{\"address\":{\"country\":\"JP\",\"locality\":\"a\",\"street_address\":\"b\"},\"email\":\"a@b.example\"}",
         "phone"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        receipt.party = party_of(rows[i].organization);
        cr_expect_str_eq(broken_of_receipt(made(receipt_put_kantara)), rows[i].broken);
    }
    receipt.party = party_of("{}");
    const struct json *j = made(receipt_put), *org = json_at(json_member(j, "party_identification"), 0);
    cr_expect_null(json_member(org, "party_address"));
    cr_expect_null(json_member(org, "party_email"));
    cr_expect_null(json_member(org, "party_phone"));
}

/* --- TS 27560 --------------------------------------------------------------------------------------------------- */

Test(receipt, says_where_a_field_is_kept_and_worked_on)
{
    const struct json *purposes = json_member(json_member(made(receipt_put), "pii_processing"), "purposes");
    const struct json *places = json_member(json_at(purposes, 0), "storage_locations");
    cr_assert_eq(json_count(places), 2);
    cr_expect_str_eq(text_of(json_at(places, 0), "country"), "JP");
    cr_expect_str_eq(text_of(json_at(places, 0), "name"), "庁舎");
    cr_expect_str_eq(text_of(json_at(places, 0), "name#en"), "City Hall");
    cr_expect_str_eq(text_of(json_at(places, 1), "country"), "US");
    cr_expect_null(json_member(json_at(places, 1), "name"));
    cr_expect_eq(json_count(json_member(json_at(purposes, 0), "processing_locations")), 1);
    cr_expect_null(json_member(json_at(purposes, 1), "storage_locations"), "not said");
    cr_expect_null(json_member(json_at(purposes, 1), "processing_locations"));
}

Test(receipt, says_how_the_organisation_is_reached)
{
    const struct json *org = json_at(json_member(made(receipt_put), "party_identification"), 0);
    cr_expect_str_eq(text_of(org, "party_address"), "〒590-0078 大阪府堺市堺区南瓦町3番1号");
    cr_expect_str_eq(text_of(org, "party_email"), "koho@sakai.example");
    cr_expect_str_eq(text_of(org, "party_phone"), "072-233-1101");
}
