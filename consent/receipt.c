#include "consent/receipt.h"

#include "base/base64.h"
#include "base/clock.h"

const char *receipt_state(const struct grant *g, int64_t now)
{
    if (g->end == GRANT_ENDED_WITHDRAWN)
        return "withdrawn";
    if (!grant_is_live(g, now))
        return "expired";
    return g->stop == GRANT_RUNS ? "given" : "suspended";
}

static void put_base64url(struct json_out *o, const char *key, struct view v)
{
    json_key(o, key);
    json_put_raw(o, VIEW("\""));
    base64url_put(o->buf, v);
    buf_put_byte(o->buf, '"');
}

static void put_time(struct json_out *o, struct arena *a, const char *key, int64_t unix_s)
{
    if (unix_s)
        json_pair_text(o, key, clock_utc_text(a, unix_s));
}

void receipt_put_ledger(struct json_out *o, struct view origin, int64_t index, struct view salt, struct view event)
{
    if (!view_is(salt) || !view_is(event))
        return;
    json_key(o, "ledger");
    json_begin(o);
    json_pair(o, "origin", origin);
    json_pair_int(o, "index", index);
    put_base64url(o, "salt", salt);
    json_pair(o, "event", event);
    json_end(o);
}

/* --- TS 27560 --------------------------------------------------------------------------------------------------- */

static void put_information(struct json_out *o, const struct grant_decision *d, const struct ask_item *item)
{
    json_key(o, "pii_information");
    json_begin_array(o);
    json_begin(o);
    json_pair_text(o, "pii_type", item->field->id);
    json_pair_text(o, "pii_type_name", item->field->ja);
    json_pair_bool(o, "pii_optional", !item->required);
    json_pair_bool(o, "sensitive_pii_category", item->field->sensitive);
    json_pair_bool(o, "special_pii_category", false); /* categories of law (religion, health): no field is one */
    json_pair_text(o, "decision", d->given ? "given" : "refused");
    json_pair_text(o, "source", field_source_name(d->source));
    json_pair(o, "as_of", d->as_of);
    json_end(o);
    json_end_array(o);
}

static void put_recipients(struct json_out *o, const struct ask_notice *notice)
{
    if (notice->n_recipients == 0)
        return;
    json_key(o, "recipient_third_parties");
    json_begin_array(o);
    for (size_t i = 0; i < notice->n_recipients; i++) {
        json_begin(o);
        json_pair(o, "party_name", notice->recipients[i].ja);
        json_pair(o, "party_name#en", notice->recipients[i].en);
        json_end(o);
    }
    json_end_array(o);
}

static void put_places(struct json_out *o, const char *member, const struct ask_places *places)
{
    if (places->n == 0)
        return;
    json_key(o, member);
    json_begin_array(o);
    for (size_t i = 0; i < places->n; i++) {
        json_begin(o);
        json_pair_text(o, "country", places->items[i].country->code);
        json_pair(o, "name", places->items[i].ja);
        json_pair(o, "name#en", places->items[i].en);
        json_end(o);
    }
    json_end_array(o);
}

static void put_purpose(struct json_out *o, struct arena *a, const struct receipt *r, const struct grant_decision *d,
                        const struct ask_item *item)
{
    const struct ask_notice *notice = ask_notice(item);
    json_begin(o);
    json_pair(o, "purpose", item->purpose_ja);
    json_pair(o, "purpose#en", item->purpose_en);
    json_pair(o, "purpose#ja-simple", notice->purpose_easy);
    json_pair_text(o, "purpose_type", "service");
    json_pair(o, "lawful_basis", view_is(notice->basis_ja) ? notice->basis_ja : VIEW("本人の同意"));
    json_pair(o, "lawful_basis#en", view_is(notice->basis_en) ? notice->basis_en : VIEW("consent"));
    put_information(o, d, item);
    json_key(o, "pii_controllers");
    json_begin_array(o);
    json_put_text(o, r->grant->who.org);
    json_end_array(o);
    json_pair_text(o, "collection_method", "consent page, after a log-in with the My Number Card");
    put_places(o, "storage_locations", &notice->storage);
    json_pair(o, "retention_period", notice->retention);
    put_places(o, "processing_locations", &notice->processing);
    json_pair_text(o, "jurisdiction", "JP");
    put_recipients(o, notice);
    json_pair(o, "withdrawal_method", r->withdraw_url);
    put_time(o, a, "decided_at", d->since);
    put_time(o, a, "valid_until", d->until);
    json_end(o);
}

static void put_processing(struct json_out *o, struct arena *a, const struct receipt *r)
{
    json_key(o, "pii_processing");
    json_begin(o);
    json_pair(o, "privacy_notice", r->policy_uri);
    json_pair_text(o, "language", "ja");
    put_base64url(o, "notice_sha256", VIEW_ARRAY(r->grant->ask_hash));
    json_key(o, "purposes");
    json_begin_array(o);
    for (size_t i = 0; i < r->grant->n; i++) {
        const struct ask_item *item = ask_find(r->ask, r->grant->decisions[i].field);
        if (item)
            put_purpose(o, a, r, &r->grant->decisions[i], item);
    }
    json_end_array(o);
    json_end(o);
}

static void put_parties(struct json_out *o, struct arena *a, const struct receipt *r)
{
    json_key(o, "party_identification");
    json_begin_array(o);
    json_begin(o);
    json_pair(o, "party_id", r->grant->who.org);
    json_pair(o, "party_name", r->org);
    json_pair(o, "party_name#en", r->org_en);
    json_pair_text(o, "party_role", "pii_controller");
    json_pair(o, "party_contact", r->contact);
    json_pair(o, "party_address", party_address_line(a, &r->party.address, true));
    json_pair(o, "party_email", r->party.email);
    json_pair(o, "party_phone", r->party.phone);
    json_pair(o, "service_id", r->grant->who.client);
    json_pair(o, "service_name", r->service);
    json_pair(o, "service_name#en", r->service_en);
    json_end(o);
    json_begin(o);
    json_pair(o, "party_id", r->issuer);
    json_pair_text(o, "party_role", "consent_manager");
    json_pair(o, "party_url", r->issuer);
    json_end(o);
    json_end_array(o);
}

static void put_event(struct json_out *o, struct arena *a, const struct receipt *r, const char *state, int64_t at)
{
    static const char *const durations[] = {
        [GRANT_ONCE] = "PT15M", [GRANT_ONE_YEAR] = "P365D", [GRANT_UNTIL_WITHDRAWN] = NULL};
    json_begin(o);
    put_time(o, a, "event_time", at);
    json_pair_text(o, "event_type", "explicit");
    json_pair_text(o, "event_state", state);
    json_pair_text(o, "validity_duration", durations[r->grant->duration]);
    json_pair(o, "entity_id", r->grant->who.subject);
    json_end(o);
}

/* What was decided, and what became of it if that is another thing. */
static void put_events(struct json_out *o, struct arena *a, const struct receipt *r)
{
    const char *state = receipt_state(r->grant, r->at);
    json_key(o, "event_section");
    json_begin_array(o);
    put_event(o, a, r, "given", r->grant->given_at);
    if (strcmp(state, "given") != 0)
        put_event(o, a, r, state, r->grant->ended_at ? r->grant->ended_at : r->at);
    json_end_array(o);
}

/* What she allowed to be done elsewhere (RFC 9396), and what she left out, like the fields; TS 27560 knows no member
 * for it. The newest leaf has the digest of those that it gives or takes back. */
static void put_details(struct json_out *o, struct arena *a, const struct grant *g)
{
    if (g->n_details == 0)
        return;
    json_key(o, "authorization_details");
    json_begin_array(o);
    for (size_t i = 0; i < g->n_details; i++) {
        json_begin(o);
        json_key(o, "detail");
        json_put_raw(o, g->details[i].json);
        json_pair_text(o, "decision", g->details[i].given ? "given" : "refused");
        put_base64url(o, "definition", VIEW_ARRAY(g->details[i].meaning));
        put_time(o, a, "decided_at", g->details[i].since);
        put_time(o, a, "valid_until", g->details[i].until);
        json_end(o);
    }
    json_end_array(o);
}

void receipt_put(struct buf *out, struct arena *a, const struct receipt *r)
{
    struct json_out o;
    json_out_open(&o, out);
    json_begin(&o);
    json_pair(&o, "iss", r->issuer);
    json_pair_int(&o, "iat", r->at);
    json_pair(&o, "jti", r->id);
    json_pair_text(&o, "schema_version", "ISO/IEC TS 27560:2023; genkan 1");
    put_base64url(&o, "record_id", ident_view(&r->grant->id));
    json_pair(&o, "receipt_id", r->id);
    json_pair(&o, "pii_principal_id", r->grant->who.subject);
    put_processing(&o, a, r);
    put_parties(&o, a, r);
    put_events(&o, a, r);
    put_details(&o, a, r->grant);
    receipt_put_ledger(&o, r->origin, r->grant->leaf, r->salt, r->event);
    json_end(&o);
}

/* --- Kantara Consent Receipt 1.1 -------------------------------------------------------------------------------- */

static void put_kantara_purpose(struct json_out *o, struct arena *a, const struct grant_decision *d,
                                const struct ask_item *item)
{
    const struct ask_notice *notice = ask_notice(item);
    json_begin(o);
    json_pair(o, "purpose", item->purpose_ja);
    json_key(o, "purposeCategory");
    json_put_raw(o, VIEW("[\"1 - Core Function\"]"));
    json_pair_text(o, "consentType", "EXPLICIT");
    json_key(o, "piiCategory");
    json_begin_array(o);
    json_put_text(o, view_text(item->field->id));
    json_end_array(o);
    json_pair_bool(o, "primaryPurpose", item->required);
    json_pair_text(o, "termination", d->until ? clock_utc_text(a, d->until) : "until withdrawn");
    json_pair_bool(o, "thirdPartyDisclosure", notice->n_recipients > 0);
    for (size_t i = 0; i < notice->n_recipients && i < 1; i++)
        json_pair(o, "thirdPartyName", notice->recipients[0].ja);
    json_end(o);
}

static void put_kantara_services(struct json_out *o, struct arena *a, const struct receipt *r)
{
    json_key(o, "services");
    json_begin_array(o);
    json_begin(o);
    json_pair(o, "service", r->service);
    json_key(o, "purposes");
    json_begin_array(o);
    for (size_t i = 0; i < r->grant->n; i++) {
        const struct grant_decision *d = &r->grant->decisions[i];
        const struct ask_item *item = ask_find(r->ask, d->field);
        if (item && d->given)
            put_kantara_purpose(o, a, d, item);
    }
    json_end_array(o);
    json_end(o);
    json_end_array(o);
}

/* The schema (4.8) wants an object; the names in it are those of schema.org's PostalAddress, as in its example. */
static void put_kantara_address(struct json_out *o, const struct party_address *address)
{
    if (!address->country)
        return;
    json_key(o, "address");
    json_begin(o);
    json_pair(o, "postalCode", address->postal_code);
    json_pair(o, "addressRegion", address->region);
    json_pair(o, "addressLocality", address->locality);
    json_pair(o, "streetAddress", address->street);
    json_pair_text(o, "addressCountry", address->country->code);
    json_end(o);
}

static void put_kantara_controllers(struct json_out *o, const struct receipt *r)
{
    json_key(o, "piiControllers");
    json_begin_array(o);
    json_begin(o);
    json_pair(o, "piiController", r->org);
    json_pair(o, "contact", view_is(r->contact) ? r->contact : r->org);
    put_kantara_address(o, &r->party.address);
    json_pair(o, "email", r->party.email);
    json_pair(o, "phone", r->party.phone);
    json_pair(o, "piiControllerUrl", r->policy_uri);
    json_end(o);
    json_end_array(o);
}

/* "sensitive" is about categories of law (religion, health); none of our fields is one. */
void receipt_put_kantara(struct buf *out, struct arena *a, const struct receipt *r)
{
    struct json_out o;
    json_out_open(&o, out);
    json_begin(&o);
    json_pair_text(&o, "version", "KI-CR-v1.1.0");
    json_pair_text(&o, "jurisdiction", "JP");
    json_pair_int(&o, "consentTimestamp", r->grant->given_at);
    json_pair_text(&o, "collectionMethod", "consent page, after a log-in with the My Number Card");
    json_pair(&o, "consentReceiptID", r->id);
    json_pair_text(&o, "language", "ja");
    json_pair(&o, "piiPrincipalId", r->grant->who.subject);
    put_kantara_controllers(&o, r);
    json_pair(&o, "policyUrl", view_is(r->policy_uri) ? r->policy_uri : r->withdraw_url);
    put_kantara_services(&o, a, r);
    json_pair_bool(&o, "sensitive", false);
    json_key(&o, "spiCat");
    json_put_raw(&o, VIEW("[]"));
    json_end(&o);
}
