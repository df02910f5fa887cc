#include "idp/routes.h"

#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/json_answer.h"
#include "idp/endpoints/show.h"

#define FORM_MAX     16384
#define SMALL_MAX    4096
#define POLL_MAX     65536 /* a thousand jti */
#define REGISTER_MAX 65536 /* REGISTRATION_MAX */
#define CARD_MAX     16384 /* protocol.md: a response is at most 16 KiB */

static void visit(void *op, const struct request *request, struct answer *answer, void (*handle)(struct visit *))
{
    struct visit v;

    visit_open(&v, op, request, answer);
    handle(&v);
    visit_close(&v);
}

/* A route's handler knows no visit: one bridge for each endpoint. */
#define BRIDGE(NAME)                                                                                                   \
    static void at_##NAME(void *op, const struct request *request, struct answer *answer)                              \
    {                                                                                                                  \
        visit(op, request, answer, handle_##NAME);                                                                     \
    }

/* The same for everybody: nothing of the request is asked, and nothing of the store. */
#define BRIDGE_DOCUMENT(NAME)                                                                                          \
    static void at_##NAME(void *op, const struct request *request, struct answer *answer)                              \
    {                                                                                                                  \
        (void)request;                                                                                                 \
        handle_##NAME(op, answer);                                                                                     \
    }

BRIDGE_DOCUMENT(jwks)
BRIDGE_DOCUMENT(discovery)

BRIDGE(authorize)
BRIDGE(next)
BRIDGE(par)
BRIDGE(token)
BRIDGE(revoke)
BRIDGE(introspect)
BRIDGE(userinfo)
BRIDGE(end_session)
BRIDGE(register)
BRIDGE(registered)
BRIDGE(logout_card)
BRIDGE(healthz)
BRIDGE(readyz)
BRIDGE(login_card)
BRIDGE(card_start)
BRIDGE(card_return)
BRIDGE(card_complete)
BRIDGE(profile_offer)
BRIDGE(confirm)
BRIDGE(consent)
BRIDGE(cancel)
BRIDGE(home)
BRIDGE(home_card)
BRIDGE(interests)
BRIDGE(services)
BRIDGE(service)
BRIDGE(history)
BRIDGE(record)
BRIDGE(me)
BRIDGE(household)
BRIDGE(contact)
BRIDGE(cards)
BRIDGE(sessions)
BRIDGE(events_poll)
BRIDGE(leave)
BRIDGE(audit)
BRIDGE(device_authorization)
BRIDGE(bc_authorize)
BRIDGE(grants)
BRIDGE(device)
BRIDGE(counter)
BRIDGE(audit_join)
BRIDGE(audit_events)
BRIDGE(audit_counts)
BRIDGE(audit_export)
BRIDGE(audit_identity)
BRIDGE(audit_identities)
BRIDGE(statistics)
BRIDGE(lang)
BRIDGE(letters)
BRIDGE(assets)
BRIDGE(ledger)

/* What programs of services ask (RFC 8705 5: their tokens may be bound to a certificate) says ROUTE_MTLS; a page never.
 */
static const struct route table[] = {
    {METHOD_GET, "/authorize", at_authorize, 0, ROUTE_RESOURCES},
    {METHOD_POST, "/authorize", at_authorize, FORM_MAX, ROUTE_RESOURCES},
    {METHOD_GET, "/authorize/request", at_authorize, 0, ROUTE_SLOW | ROUTE_RESOURCES},
    {METHOD_GET, "/next", at_next, 0, 0},
    {METHOD_POST, "/par", at_par, FORM_MAX, ROUTE_MTLS | ROUTE_RESOURCES},
    {METHOD_POST, "/token", at_token, FORM_MAX, ROUTE_MTLS | ROUTE_RESOURCES | ROUTE_AUDIENCES},
    {METHOD_POST, "/revoke", at_revoke, FORM_MAX, ROUTE_MTLS},
    {METHOD_POST, "/events/poll", at_events_poll, POLL_MAX, ROUTE_BODY | ROUTE_MTLS},
    {METHOD_POST, "/introspect", at_introspect, FORM_MAX, ROUTE_MTLS},
    {METHOD_GET, "/userinfo", at_userinfo, 0, ROUTE_MTLS},
    {METHOD_POST, "/userinfo", at_userinfo, FORM_MAX, ROUTE_MTLS},
    {METHOD_GET, "/jwks", at_jwks, 0, ROUTE_MTLS},
    {METHOD_GET, "/.well-known/openid-configuration", at_discovery, 0, ROUTE_MTLS},
    {METHOD_GET, "/.well-known/oauth-authorization-server", at_discovery, 0, ROUTE_MTLS}, /* RFC 8414 3 */
    {METHOD_GET, "/end_session", at_end_session, 0, 0},
    {METHOD_POST, "/end_session", at_end_session, FORM_MAX, 0},
    {METHOD_POST, "/register", at_register, REGISTER_MAX, ROUTE_BODY},
    {METHOD_GET, "/register/*", at_registered, 0, 0},
    {METHOD_PUT, "/register/*", at_registered, REGISTER_MAX, ROUTE_BODY},
    {METHOD_DELETE, "/register/*", at_registered, 0, 0},
    {METHOD_GET, "/logout/card", at_logout_card, 0, 0},
    {METHOD_GET, "/healthz", at_healthz, 0, 0},
    {METHOD_GET, "/readyz", at_readyz, 0, 0},

    {METHOD_POST, "/login/card", at_login_card, SMALL_MAX, 0},
    {METHOD_GET, "/login/card/start", at_card_start, 0, 0},
    {METHOD_GET, "/login/card/return", at_card_return, 0, 0},
    {METHOD_POST, "/login/card/complete", at_card_complete, CARD_MAX, ROUTE_BODY | ROUTE_SLOW},
    {METHOD_POST, "/profile", at_profile_offer, SMALL_MAX, 0},
    {METHOD_POST, "/confirm", at_confirm, SMALL_MAX, 0},
    {METHOD_POST, "/consent", at_consent, SMALL_MAX, 0},
    {METHOD_POST, "/cancel", at_cancel, SMALL_MAX, 0},
    {METHOD_GET, "/", at_home, 0, 0},
    {METHOD_POST, "/me/card", at_home_card, SMALL_MAX, 0},
    {METHOD_GET, "/me/interests", at_interests, 0, 0},
    {METHOD_POST, "/me/interests", at_interests, SMALL_MAX, 0},
    {METHOD_GET, "/me/services", at_services, 0, 0},
    {METHOD_GET, "/me/services/*", at_service, 0, 0},
    {METHOD_POST, "/me/services/*", at_service, SMALL_MAX, 0},
    {METHOD_GET, "/me/history", at_history, 0, 0},
    {METHOD_GET, "/me/history/*", at_record, 0, 0},
    {METHOD_GET, "/me", at_me, 0, 0},
    {METHOD_GET, "/me/household", at_household, 0, 0},
    {METHOD_POST, "/me/household", at_household, SMALL_MAX, 0},
    {METHOD_GET, "/me/contact", at_contact, 0, 0},
    {METHOD_POST, "/me/contact", at_contact, SMALL_MAX, 0},
    {METHOD_GET, "/me/cards", at_cards, 0, 0},
    {METHOD_POST, "/me/cards", at_cards, SMALL_MAX, 0},
    {METHOD_GET, "/me/sessions", at_sessions, 0, 0},
    {METHOD_POST, "/me/sessions", at_sessions, SMALL_MAX, 0},
    {METHOD_GET, "/me/leave", at_leave, 0, 0},
    {METHOD_POST, "/me/leave", at_leave, SMALL_MAX, 0},
    {METHOD_GET, "/me/counter", at_counter, 0, 0},
    {METHOD_POST, "/me/counter", at_counter, SMALL_MAX, 0},
    {METHOD_POST, "/device_authorization", at_device_authorization, FORM_MAX,
     ROUTE_SLOW | ROUTE_MTLS | ROUTE_RESOURCES},
    {METHOD_POST, "/bc-authorize", at_bc_authorize, FORM_MAX, ROUTE_SLOW | ROUTE_MTLS | ROUTE_RESOURCES},
    {METHOD_GET, "/grants/*", at_grants, 0, ROUTE_MTLS},
    {METHOD_DELETE, "/grants/*", at_grants, 0, ROUTE_MTLS},
    {METHOD_GET, "/device", at_device, 0, 0},
    {METHOD_POST, "/device", at_device, SMALL_MAX, 0},
    {METHOD_GET, "/audit", at_audit, 0, ROUTE_SLOW},
    {METHOD_GET, "/audit/join", at_audit_join, 0, 0},
    {METHOD_POST, "/audit/join", at_audit_join, SMALL_MAX, 0},
    {METHOD_GET, "/audit/events", at_audit_events, 0, ROUTE_SLOW},
    {METHOD_GET, "/audit/counts", at_audit_counts, 0, ROUTE_SLOW},
    {METHOD_GET, "/audit/export", at_audit_export, 0, ROUTE_SLOW},
    {METHOD_GET, "/audit/identity", at_audit_identity, 0, ROUTE_SLOW},
    {METHOD_POST, "/audit/identity", at_audit_identity, SMALL_MAX, 0},
    {METHOD_GET, "/audit/identities", at_audit_identities, 0, 0},
    {METHOD_POST, "/audit/identities", at_audit_identities, SMALL_MAX, ROUTE_BODY},
    {METHOD_GET, "/audit/identities/*", at_audit_identities, 0, ROUTE_SLOW},
    {METHOD_GET, "/statistics", at_statistics, 0, 0},
    {METHOD_GET, "/statistics.csv", at_statistics, 0, 0},
    {METHOD_POST, "/lang", at_lang, SMALL_MAX, 0},
    {METHOD_POST, "/letters", at_letters, SMALL_MAX, 0},
    {METHOD_GET, "/assets/*", at_assets, 0, 0},
    {METHOD_GET, "/ledger/*", at_ledger, 0, 0},
};

const struct route *routes(size_t *n)
{
    *n = sizeof table / sizeof table[0];
    return table;
}

/* What programs call: a fault is told in JSON. */
static bool is_for_services(struct view path)
{
    static const char *const paths[] = {
        "/token",       "/revoke", "/introspect", "/par",    "/device_authorization", "/bc-authorize", "/userinfo",
        "/events/poll", "/jwks",   "/healthz",    "/readyz", "/audit/events",         "/audit/counts", "/audit/export"};

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (view_equal_text(path, paths[i]))
            return true;
    return view_starts(path, VIEW("/.well-known/")) || view_starts(path, VIEW("/grants/")) ||
           view_starts(path, VIEW("/audit/identities")) || view_starts(path, VIEW("/register"));
}

/* No visit_open here: a fault may come before there is a worker, and must not wait for a connection. */
void routes_fault(void *ctx, const struct request *request, const struct fault *fault, struct answer *answer)
{
    struct visit v = {.op = ctx, .request = request, .answer = answer, .arena = request->arena};

    if (is_for_services(request->path))
        json_answer_fault(request, fault, answer);
    else
        show_fault(&v, fault);
}
