#include "consent/party.h"

#include "base/text.h"
#include "consent/field.h"

enum { LINE_BYTES_MAX = 300, POSTAL_BYTES_MAX = 20, ADDRESS_BYTES_MAX = 4 * LINE_BYTES_MAX };

static enum err refuse(struct party_fault *fault, const char *member, const char *rule)
{
    *fault = (struct party_fault){member, rule};
    return ERR_SYNTAX;
}

static bool is_line(struct view v, size_t max)
{
    bool words = false;
    if (v.n > max || !text_is_utf8(v))
        return false;
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] < 0x20 || v.p[i] == 0x7F)
            return false;
        words = words || v.p[i] != ' ';
    }
    return words;
}

/* --- address ---------------------------------------------------------------------------------------------------- */

/* "530-8201" */
static bool is_postal_code_of_japan(struct view v)
{
    for (size_t i = 0; i < v.n; i++)
        if (i == 3 ? v.p[i] != '-' : v.p[i] < '0' || v.p[i] > '9')
            return false;
    return v.n == 8;
}

static enum err read_postal_code(struct party_address *out, const struct json *j, struct party_fault *fault)
{
    static const char member[] = "organization.address.postal_code";
    if (!j)
        return ERR_OK;
    if (!json_text(j, &out->postal_code) || !is_line(out->postal_code, POSTAL_BYTES_MAX))
        return refuse(fault, member, "must be a text of 1 to 20 bytes");
    if (strcmp(out->country->code, "JP") == 0 && !is_postal_code_of_japan(out->postal_code))
        return refuse(fault, member, "must be like 530-8201 in Japan");
    return ERR_OK;
}

static enum err read_address(struct party_address *out, const struct json *j, struct party_fault *fault)
{
    static const char *const names[] = {"country", "postal_code", "region", "locality", "street_address", NULL};
    const struct json *region = json_member(j, "region");
    struct view stranger;
    if (!json_is_object(j) || !json_only(j, names, &stranger))
        return refuse(fault, "organization.address",
                      "must be an object of country, postal_code, region, locality and street_address");
    if (!(out->country = country_find(json_member_text(j, "country"))))
        return refuse(fault, "organization.address.country", "must be two letters of ISO 3166-1, like JP");
    if (!json_text(json_member(j, "locality"), &out->locality) || !is_line(out->locality, LINE_BYTES_MAX))
        return refuse(fault, "organization.address.locality", "must be a text of 1 to 300 bytes: the city");
    if (!json_text(json_member(j, "street_address"), &out->street) || !is_line(out->street, LINE_BYTES_MAX))
        return refuse(fault, "organization.address.street_address", "must be a text of 1 to 300 bytes");
    if (region && (!json_text(region, &out->region) || !is_line(out->region, LINE_BYTES_MAX)))
        return refuse(fault, "organization.address.region", "must be a text of 1 to 300 bytes: the prefecture");
    return read_postal_code(out, json_member(j, "postal_code"), fault);
}

/* Japan writes from the large to the small; elsewhere it is the other way round. */
static void put_parts(struct buf *b, const struct party_address *at, bool large_first, bool japanese)
{
    const struct view large[] = {at->region, at->locality, at->street, VIEW_NONE};
    const struct view small[] = {at->street, at->locality, at->region,
                                 view_text(japanese ? at->country->ja : at->country->en)};
    bool begun = false;
    for (size_t i = 0; i < 4; i++) {
        struct view part = large_first ? large[i] : small[i];
        if (!view_is(part))
            continue;
        buf_put_text(b, large_first || !begun ? "" : ", ");
        buf_put(b, part);
        begun = true;
    }
}

struct view party_address_line(struct arena *a, const struct party_address *address, bool japanese)
{
    struct view line;
    struct buf b;
    if (!address->country)
        return VIEW_NONE;
    bool large_first = japanese && strcmp(address->country->code, "JP") == 0;
    buf_open(&b, a, 2 * ADDRESS_BYTES_MAX);
    if (large_first && view_is(address->postal_code))
        buf_printf(&b, "〒%.*s ", (int)address->postal_code.n, (const char *)address->postal_code.p);
    put_parts(&b, address, large_first, japanese);
    if (!large_first && view_is(address->postal_code))
        buf_printf(&b, " %.*s", (int)address->postal_code.n, (const char *)address->postal_code.p);
    return buf_done(&b, &line) ? VIEW_NONE : line;
}

/* --- the whole -------------------------------------------------------------------------------------------------- */

enum err party_read(struct party *out, const struct json *organization, struct party_fault *fault)
{
    const struct json *address = json_member(organization, "address"), *email = json_member(organization, "email"),
                      *phone = json_member(organization, "phone_number");
    *out = (struct party){.address = {.country = NULL}};
    if (email && (!field_email_format.is(email) || !json_text(email, &out->email)))
        return refuse(fault, "organization.email", "must be a mail address, like koho@city.example.jp");
    if (phone && (!field_phone_format.is(phone) || !json_text(phone, &out->phone)))
        return refuse(fault, "organization.phone_number", "must be like 06-6208-8181 or +81-6-6208-8181");
    return address ? read_address(&out->address, address, fault) : ERR_OK;
}
