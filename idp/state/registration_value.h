/* registration_value: the kinds of value a registration has, read strictly. Each reader gets a member's name, its value
 * and the place for it; ERR_SYNTAX with the fault filled, ERR_MEMORY, ERR_LIMIT. Everything lives in the arena. */
#ifndef IDP_STATE_REGISTRATION_VALUE_H
#define IDP_STATE_REGISTRATION_VALUE_H

#include "base/json.h"
#include "http/url.h"
#include "idp/state/registration.h"

struct registration_reader {
    struct arena *arena;
    const struct json *json;
    struct client *client;
    struct registration_fault *fault;
};

/* Fills the fault; always ERR_SYNTAX. */
enum err registration_refuse(struct registration_reader *r, const char *member, const char *rule) MUST_CHECK;

/* OUT is struct view *. Letters, digits, '-', '_', '.'; at most 64. */
enum err registration_read_id(struct registration_reader *r, const char *member, const struct json *j,
                              void *out) MUST_CHECK;
/* OUT is struct view *. A line of at most 300 bytes. */
enum err registration_read_line(struct registration_reader *r, const char *member, const struct json *j,
                                void *out) MUST_CHECK;
/* OUT is struct view *. https, or http on a loopback name; no fragment (RFC 9700 2.6, RFC 6749 3.1.2). */
enum err registration_read_address(struct registration_reader *r, const char *member, const struct json *j,
                                   void *out) MUST_CHECK;
/* OUT is struct view *. https only; no fragment. */
enum err registration_read_https(struct registration_reader *r, const char *member, const struct json *j,
                                 void *out) MUST_CHECK;
/* OUT is struct client_list *. At most 32 addresses like registration_read_address. */
enum err registration_read_addresses(struct registration_reader *r, const char *member, const struct json *j,
                                     void *out) MUST_CHECK;
/* The same, or of a private-use scheme (idp/rules/redirect_uri.h). */
enum err registration_read_native_addresses(struct registration_reader *r, const char *member, const struct json *j,
                                            void *out) MUST_CHECK;
/* The same, but a fragment is allowed: the hash of what is there (OIDC Registration 2, request_uris). */
enum err registration_read_references(struct registration_reader *r, const char *member, const struct json *j,
                                      void *out) MUST_CHECK;
/* OUT is struct client_list *. At most 32 lines. */
enum err registration_read_lines(struct registration_reader *r, const char *member, const struct json *j,
                                 void *out) MUST_CHECK;
/* OUT is bool *. */
enum err registration_read_flag(struct registration_reader *r, const char *member, const struct json *j,
                                void *out) MUST_CHECK;
/* OUT is enum jws_alg *. */
enum err registration_read_alg(struct registration_reader *r, const char *member, const struct json *j,
                               void *out) MUST_CHECK;

/* Which of NAMES, N of them, is J? False: none. */
bool registration_choice(int *out, const struct json *j, const char *const *names, int n);

#endif
