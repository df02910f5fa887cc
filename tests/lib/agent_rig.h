/* agent_rig: a running genkan-agent with an issuer of its own and a scripted PIN window, and a browser's half of the
 * conversation over plain sockets. */
#ifndef TESTS_LIB_AGENT_RIG_H
#define TESTS_LIB_AGENT_RIG_H

#include <sys/types.h>

#include "base/arena.h"
#include "jpki/proof/request.h"
#include "jpki/proof/response.h"

#define AGENT_RIG_ISSUER "https://id.example"

struct agent_rig_options {
    const char *program;  /* genkan-agent */
    const char *pinentry; /* scripted_pinentry.sh */
    const char *terminal; /* --ttyname; NULL: none */
    const char *script;   /* what the resident does, a line a window: "pin 1234\nok\n" */
    const char *socket;   /* PCSCLITE_CSOCK_NAME; NULL: a place where no service is */
    const char *issuer;   /* another issuer's file, as JSON; NULL: only the rig's own */
    bool kiosk;           /* --kiosk */
};

struct agent_rig {
    char folder[64], script[96];
    uint16_t port;
    pid_t pid;
    struct jws_key *key;
    struct arena arena;
};

/* Starts it and waits until it answers. ERR_UNAVAILABLE when it does not. */
enum err agent_rig_open(struct agent_rig *r, const struct agent_rig_options *o) MUST_CHECK;
/* Ends it; returns its exit status (-1: it had to be killed). */
int agent_rig_close(struct agent_rig *r);

/* Another script from now on. */
void agent_rig_script(struct agent_rig *r, const char *script);
/* What the PIN windows were told so far / what the agent logged. C strings in the rig's arena. */
const char *agent_rig_windows(struct agent_rig *r);
const char *agent_rig_log(struct agent_rig *r);

/* A request that is right, with fresh ids, as of now / its JWS, signed by the rig's issuer. */
struct proof_request agent_rig_request(struct agent_rig *r, enum proof_purpose purpose);
const char *agent_rig_sign(struct agent_rig *r, const struct proof_request *request);

/* Sends BYTES over a new connection to 127.0.0.1 (or [::1]) and reads until the other side closes or MS passed. */
const char *agent_rig_send(struct agent_rig *r, const char *bytes, int ms);
const char *agent_rig_send6(struct agent_rig *r, const char *bytes, int ms);
/* A GET of PATH as a browser that navigates sends it; MORE: header lines with CRLF, or "". The whole answer. */
const char *agent_rig_get(struct agent_rig *r, const char *path, const char *more);
/* Status of an answer; a header's value, or NULL; the place where the body begins. */
int answer_status_of(const char *answer);
const char *answer_header_of(struct agent_rig *r, const char *answer, const char *name);
const char *answer_text_of(const char *answer);

/* Starts JWS and follows the waiting pages to the end, as a browser does, at most MS milliseconds. The URL it ends at,
 * or NULL. */
const char *agent_rig_walk(struct agent_rig *r, const char *jws, int ms);
/* Starts it only: the path of its waiting page. */
const char *agent_rig_begin(struct agent_rig *r, const char *jws);
/* Follows from a waiting page on. */
const char *agent_rig_follow(struct agent_rig *r, const char *path, int ms);

/* The response behind the '#' of URL. */
enum err agent_rig_response(struct agent_rig *r, const char *url, struct proof_response *out) MUST_CHECK;

#endif
