#include "idp/tokens/event_token.h"

#include "base/json.h"
#include "base/text.h"

#define CLAIMS_MAX 10240 /* 32 types of 200 bytes among them; signed less than a notice may have */

const char *event_kind_name(enum event_kind k)
{
    static const char *const names[] = {"withdrawn",      "changed",          "suspended",
                                        "resumed",        "session-revoked",  "credential-change",
                                        "account-purged", "account-disabled", "account-enabled"};

    return (size_t)k < sizeof names / sizeof *names ? names[k] : "unknown";
}

unsigned event_kind_wish(enum event_kind k)
{
    switch (k) {
    case EVENT_SESSION_REVOKED:
        return EVENT_WISH_SESSION;
    case EVENT_CREDENTIAL_CHANGE:
        return EVENT_WISH_CREDENTIAL;
    case EVENT_ACCOUNT_PURGED:
        return EVENT_WISH_ACCOUNT;
    case EVENT_ACCOUNT_DISABLED:
        return EVENT_WISH_DISABLED;
    case EVENT_ACCOUNT_ENABLED:
        return EVENT_WISH_ENABLED;
    default:
        return EVENT_WISH_CONSENT;
    }
}

static bool is_of_risc(enum event_kind k)
{
    return k == EVENT_ACCOUNT_PURGED || k == EVENT_ACCOUNT_DISABLED || k == EVENT_ACCOUNT_ENABLED;
}

static const char *type_of(struct arena *a, const struct event_token *t)
{
    static const char caep[] = "https://schemas.openid.net/secevent/caep/event-type",
                      risc[] = "https://schemas.openid.net/secevent/risc/event-type";

    if (t->kind == EVENT_SESSION_REVOKED || t->kind == EVENT_CREDENTIAL_CHANGE)
        return arena_printf(a, "%s/%s", caep, event_kind_name(t->kind));
    if (is_of_risc(t->kind))
        return arena_printf(a, "%s/%s", risc, event_kind_name(t->kind));
    return arena_printf(a, "%.*s/events/consent/%s", (int)t->issuer.n, (const char *)t->issuer.p,
                        event_kind_name(t->kind));
}

/* RFC 9493 3.2.3: the subject as issuer and sub; the claim is sub_id so that nobody takes this for a login (RFC 8417
 * 4.6). */
static void put_user(struct json_out *o, const char *key, const struct event_token *t)
{
    json_key(o, key);
    json_begin(o);
    json_pair_text(o, "format", "iss_sub");
    json_pair(o, "iss", t->issuer);
    json_pair(o, "sub", t->sub);
    json_end(o);
}

/* Of a session both: the session and whose it is, as in the example of CAEP 1.0 3.1.2. */
static void put_subject(struct json_out *o, const struct event_token *t)
{
    if (t->kind != EVENT_SESSION_REVOKED) {
        put_user(o, "sub_id", t);
        return;
    }
    json_key(o, "sub_id");
    json_begin(o);
    json_pair_text(o, "format", "complex");
    json_key(o, "session");
    json_begin(o);
    json_pair_text(o, "format", "opaque");
    json_pair(o, "id", t->sid);
    json_end(o);
    put_user(o, "user", t);
    json_end(o);
}

static void put_names(struct json_out *o, const char *key, const char *const *names, size_t n)
{
    if (n == 0)
        return;
    json_key(o, key);
    json_begin_array(o);
    for (size_t i = 0; i < n; i++)
        json_put_text(o, view_text(names[i]));
    json_end_array(o);
}

static void put_words(struct json_out *o, const char *key, struct view words)
{
    struct view word;

    if (words.n == 0)
        return;
    json_key(o, key);
    json_begin_array(o);
    while (text_next_word(&words, &word))
        json_put_text(o, word);
    json_end_array(o);
}

/* "initiating_entity" and its words are CAEP's. */
static void put_event(struct json_out *o, const struct event_token *t)
{
    json_begin(o);
    if (!is_of_risc(t->kind)) /* RISC 1.0 2.2, 2.4: no attributes */
        json_pair_text(o, "initiating_entity", t->by_operator ? "admin" : "user");
    if (t->kind == EVENT_SESSION_REVOKED || t->kind == EVENT_CREDENTIAL_CHANGE)
        json_pair_int(o, "event_timestamp", t->at);
    if (t->kind == EVENT_CREDENTIAL_CHANGE) { /* never the certificate's serial number */
        json_pair_text(o, "credential_type", "x509");
        json_pair_text(o, "change_type", t->change);
    }
    if (t->kind == EVENT_ACCOUNT_DISABLED) /* RISC 1.0 2.3 */
        json_pair_text(o, "reason", t->change);
    put_names(o, "withdrawn", t->withdrawn, t->n_withdrawn);
    put_names(o, "given", t->given, t->n_given);
    put_words(o, "withdrawn_details", t->details_withdrawn);
    put_words(o, "given_details", t->details_given);
    json_end(o);
}

enum err event_token_claims(struct view *out, struct arena *a, const struct event_token *t)
{
    const char *type = type_of(a, t);
    struct json_out o;
    struct buf b;

    INSIST(view_is(t->jti));
    if (!type)
        return ERR_MEMORY;
    buf_open(&b, a, CLAIMS_MAX);
    json_out_open(&o, &b);
    json_begin(&o);
    json_pair(&o, "iss", t->issuer);
    json_pair(&o, "aud", t->client_id);
    json_pair_int(&o, "iat", t->at);
    json_pair_int(&o, "toe", t->at);
    json_pair(&o, "jti", t->jti);
    put_subject(&o, t);
    json_key(&o, "events");
    json_begin(&o);
    json_key(&o, type);
    put_event(&o, t);
    json_end(&o);
    json_end(&o);
    return buf_done(&b, out);
}

enum err event_token_sign(struct arena *a, const struct keys *k, enum jws_alg alg, struct view claims,
                          struct view *text)
{
    const struct jws_key *key = keys_active(k, KEY_TOKEN, alg);
    struct buf jws;

    INSIST(key != NULL);
    buf_open(&jws, a, 2 * CLAIMS_MAX);
    enum err e = jws_sign(&jws, key, "secevent+jwt", claims);
    return e ? e : buf_done(&jws, text);
}
