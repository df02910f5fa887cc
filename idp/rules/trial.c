#include "idp/rules/trial.h"

static const struct row {
    enum trial_probe probe;
    int from, to; /* statuses */
    enum trial trial;
    const char *words;
} rows[] = {
    {TRIAL_REDIRECT, 200, 399, TRIAL_GOOD, "is there"},
    /* Nobody comes there without a code but we: refusing that is right. */
    {TRIAL_REDIRECT, 400, 403, TRIAL_GOOD, "is there, and refuses who comes without a code"},
    {TRIAL_REDIRECT, 404, 404, TRIAL_NOTE, "answers 404 without a code: is that the right address?"},
    {TRIAL_REDIRECT, 405, 499, TRIAL_GOOD, "is there, and refuses who comes without a code"},
    {TRIAL_REDIRECT, 500, 599, TRIAL_NOTE, "fails without a code; it should refuse"},
    {TRIAL_PAGE, 200, 399, TRIAL_GOOD, "is there"},
    {TRIAL_PAGE, 400, 599, TRIAL_BAD, "is an error page, and residents are led to it"},
    /* Back-Channel Logout 2.8: 200 (or 204) when the log-out is done, as it is where there is no session; 400 when the
     * request is refused or the log-out failed. */
    {TRIAL_LOGOUT, 200, 200, TRIAL_GOOD, "takes a logout token (Back-Channel Logout 2.8)"},
    {TRIAL_LOGOUT, 204, 204, TRIAL_GOOD, "takes a logout token (Back-Channel Logout 2.8)"},
    {TRIAL_LOGOUT, 400, 400, TRIAL_NOTE,
     "refuses a logout token of ours for a session it does not know; 200 would do (Back-Channel Logout 2.8)"},
    {TRIAL_LOGOUT, 0, 999, TRIAL_BAD,
     "must answer a logout token with 200, or 400 if it refuses it (Back-Channel Logout 2.8)"},
    {TRIAL_LOGOUT_FORGED, 400, 400, TRIAL_GOOD, "refuses a logout token with a wrong signature"},
    {TRIAL_LOGOUT_FORGED, 200, 299, TRIAL_BAD,
     "takes a logout token with a wrong signature: anybody can log its users out (Back-Channel Logout 2.6)"},
    {TRIAL_LOGOUT_FORGED, 0, 999, TRIAL_NOTE, "refuses a wrong signature, but not with 400 (Back-Channel Logout 2.8)"},
    {TRIAL_EVENT, 202, 202, TRIAL_GOOD, "takes a security event (RFC 8935 2.2)"},
    {TRIAL_EVENT, 400, 400, TRIAL_NOTE,
     "refuses an event about a resident it does not know; 202 would do (RFC 8935 2.2)"},
    {TRIAL_EVENT, 0, 999, TRIAL_BAD, "must answer a security event with 202 (RFC 8935 2.2)"},
    {TRIAL_EVENT_FORGED, 400, 400, TRIAL_GOOD, "refuses a security event with a wrong signature"},
    {TRIAL_EVENT_FORGED, 200, 299, TRIAL_BAD,
     "takes a security event with a wrong signature: anybody can tell it anything (RFC 8935 2.3)"},
    {TRIAL_EVENT_FORGED, 0, 999, TRIAL_NOTE, "refuses a wrong signature, but not with 400 (RFC 8935 2.3)"},
};

struct trial_verdict trial_decide(enum trial_probe probe, int status)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].probe == probe && status >= rows[i].from && status <= rows[i].to)
            return (struct trial_verdict){rows[i].trial, rows[i].words};
    return (struct trial_verdict){TRIAL_BAD, "answers with a status that means nothing here"};
}

/* Has URL the parameter client_id=ID? */
static bool names(struct view url, struct view id)
{
    struct view rest = view_from(url, view_index(url, '?') + 1), piece;

    while (view_next(&rest, '&', &piece))
        if (view_starts(piece, VIEW("client_id=")) && view_equal(view_from(piece, 10), id))
            return true;
    return false;
}

struct trial_verdict trial_initiate(int status, struct view location, struct view endpoint, struct view client_id)
{
    bool ours = view_starts(location, endpoint) && (location.n == endpoint.n || location.p[endpoint.n] == '?');

    if (status < 300 && status >= 200)
        return (struct trial_verdict){TRIAL_NOTE, "shows a page instead of beginning a login (OIDC Core 4)"};
    if (status < 300 || status > 399)
        return (struct trial_verdict){TRIAL_BAD, "does not begin a login (OIDC Core 4)"};
    if (!ours)
        return (struct trial_verdict){TRIAL_BAD,
                                      "leads elsewhere than to the authorization endpoint here (OIDC Core 4)"};
    if (!names(location, client_id))
        return (struct trial_verdict){TRIAL_BAD, "begins a login as another client"};
    return (struct trial_verdict){TRIAL_GOOD, "begins a login"};
}

/* --- what receipts need ------------------------------------------------------------------------------------------- */

static bool has_policy(const struct client *c)
{
    return view_is(c->policy_uri);
}

static bool has_contact(const struct client *c)
{
    return view_is(c->contact);
}

static bool has_address(const struct client *c)
{
    return c->party.address.country;
}

static bool has_email(const struct client *c)
{
    return view_is(c->party.email);
}

static bool has_phone(const struct client *c)
{
    return view_is(c->party.phone);
}

static const struct {
    const char *member;
    bool (*has)(const struct client *);
    const char *words;
} lacks[] = {
    {"policy_uri", has_policy, "is not registered: the privacy notice of receipts (ISO/IEC TS 27560 6.3.4.1)"},
    {"contacts", has_contact, "is not registered: whom residents ask (ISO/IEC TS 27560 6.3.6.8)"},
    {"organization.address", has_address, "is not registered: receipts must have it (Consent Receipt 1.1 4.8)"},
    {"organization.email", has_email, "is not registered: receipts must have it (Consent Receipt 1.1 4.8)"},
    {"organization.phone_number", has_phone, "is not registered: receipts must have it (Consent Receipt 1.1 4.8)"},
};
enum { LACKS = sizeof lacks / sizeof lacks[0] };

static bool lack_of_field(struct trial_lack *out, const struct ask_item *item, bool storage)
{
    const struct ask_notice *notice = ask_notice(item);

    if (storage ? notice->storage.n > 0 : view_is(notice->retention))
        return false;
    *out = (struct trial_lack){
        storage ? "storage_locations" : "retention",
        view_text(item->field->id),
        {TRIAL_NOTE, storage ? "is not registered: where it is kept (ISO/IEC TS 27560 6.3.4.11)"
                             : "is not registered: how long it is kept (ISO/IEC TS 27560 6.3.4.12)"}};
    return true;
}

bool trial_lack(struct trial_lack *out, const struct client *c, size_t i)
{
    size_t found = 0;

    for (size_t k = 0; c->ask->n > 0 && k < LACKS; k++) {
        if (lacks[k].has(c))
            continue;
        *out = (struct trial_lack){lacks[k].member, VIEW_NONE, {TRIAL_NOTE, lacks[k].words}};
        if (found++ == i)
            return true;
    }
    for (size_t k = 0; k < 2 * c->ask->n; k++)
        if (lack_of_field(out, &c->ask->items[k / 2], k % 2) && found++ == i)
            return true;
    return false;
}
