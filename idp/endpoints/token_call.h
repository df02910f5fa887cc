/* token_call: one request to /token, from the caller to the answer. Each grant type is a handler of its own file; all
 * give a family, on which every token of the answer hangs. */
#ifndef IDP_ENDPOINTS_TOKEN_CALL_H
#define IDP_ENDPOINTS_TOKEN_CALL_H

#include "idp/endpoints/release.h"
#include "idp/rules/details.h"
#include "idp/rules/token_request.h"
#include "idp/state/caller.h"
#include "idp/state/sealing.h"
#include "sessions/session.h"
#include "sessions/token.h"
#include "sessions/wish.h"

struct token_call {
    /* what was asked, by whom */
    struct token_params params;
    struct caller caller;
    const struct client *client; /* the caller's */
    struct cnf cnf;              /* the key that what it gets now is bound to; CNF_NONE: to none */
    int64_t now;
    struct sealing sealing; /* of its ID tokens */
    /* what the handler gives */
    enum refusal refusal;    /* REFUSAL_NONE: the tokens are made out of what follows */
    struct family family;    /* recorded by the handler; its scope may be narrowed after that, for this answer */
    bool plain;              /* the family is, and was not recorded: the access token names the session */
    int64_t expires_at;      /* of the access token, unix seconds; 0: it has its full life */
    const char *issued_type; /* issued_token_type (RFC 8693 2.2.1); NULL: it is not told */
    struct view actor;       /* act (RFC 8693 4.1): the client that acts for her; absent: nobody does */
    struct wish details;     /* what may be done with it there (RFC 9396); its id IDENT_NONE: nothing in particular */
    struct view resource;    /* the resource server that the access token is for; absent: UserInfo */
    struct view sub, sid;    /* of the resident and the login, as the client knows them */
    bool has_session;        /* there is a login that an ID token tells of: */
    struct session session;
    bool tells_login;          /* no ID token comes, but a JWT access token tells of it (RFC 9068 2.2.1) */
    struct release *release;   /* fields that the ID token carries, written down already; NULL: none */
    struct view nonce;         /* of the authorization request; absent: none, or not any more */
    struct view refresh_token; /* absent: none is given */
};

/* A grant type: loads, decides, records. ERR_OK with c->refusal, or with all that the answer is made of. */
typedef enum err token_grant_fn(struct visit *v, struct token_call *c);

token_grant_fn token_by_code, token_by_refresh, token_by_device, token_by_ciba, token_by_client_credentials,
    token_by_exchange;

/* Which resource server is asked for now, of those and the scope that were granted: c->resource, or c->refusal. */
enum err token_call_find_resource(struct visit *v, struct token_call *c, struct view granted,
                                  struct view scope) MUST_CHECK;

/* *OUT: the resources that are named, also by the types of authorization_details (RFC 9396 6.1); or c->refusal. */
enum err token_call_target(struct view *out, struct visit *v, struct token_call *c) MUST_CHECK;

/* What of the login's authorization_details this access token carries: c->details, or c->refusal. After the resource is
 * found; through DB. */
struct token_granted {
    struct ident wish, grant; /* of the login */
    bool refreshed;
};
enum err token_call_find_details(struct visit *v, struct token_call *c, struct db *db,
                                 const struct token_granted *granted) MUST_CHECK;
/* The same for a client that asks for itself. */
enum err token_call_find_own_details(struct visit *v, struct token_call *c) MUST_CHECK;
/* Inside the handler's store job: so that introspection finds them. */
enum err token_call_keep_details(struct db *db, const struct token_call *c) MUST_CHECK;

/* The scope of c->family, less what the resident's grant does not give (any more). */
struct grant;
enum err token_call_narrow(struct visit *v, struct token_call *c, const struct grant *grant) MUST_CHECK;

/* Inside the handler's store job, once the family is there: what the ID token shall carry of the resident is decided
 * and written down. The answer must then wait until that is durable (visit_settle, or the job is one of store_write).
 */
enum err token_call_release(struct visit *v, struct db *db, struct token_call *c) MUST_CHECK;

/* The login that SESSION was, for the transaction that redeems what she allowed with it: logged out since, it is worth
 * nothing any more (c->refusal). Fills session and has_session. */
enum err token_call_find_session(struct visit *v, struct token_call *c, struct db *db, struct ident session) MUST_CHECK;

/* sub and sid out of c->family, for the client. */
enum err token_call_name_parties(struct visit *v, struct token_call *c) MUST_CHECK;

/* May the client have a refresh token in this grant: it registered that, and it would be bound to something. */
bool token_call_may_refresh(const struct token_call *c);

/* A new refresh token of c->family, whose end moves with it: fills refresh_token and c->family.refresh, to be recorded
 * with the family. c->session must be there if there is one. */
enum err token_call_prepare_refresh(struct visit *v, struct token_call *c) MUST_CHECK;

/* Signs and seals what the handler gave, and answers (RFC 6749 5.1). */
enum err token_call_answer(struct visit *v, const struct token_call *c) MUST_CHECK;

#endif
