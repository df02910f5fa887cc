/* provider: a whole Genkan for a test, in this process, on a loopback port the system picks, with a clock that stands
 * still until told, a temporary data folder, the test PKI of this build and two services. No background thread: what it
 * would do is done when the test says so. Polls for events do not wait, unless the test changes config->events.wait. */
#ifndef TESTS_LIB_PROVIDER_H
#define TESTS_LIB_PROVIDER_H

#include "base/clock.h"
#include "http/server.h"
#include "idp/state/config.h"
#include "idp/state/op.h"
#include "store/store.h"
#include "tests/lib/browser.h"

#define PROVIDER_ISSUER "http://localhost:8080"

struct provider {
    char folder[64];
    struct arena a;
    struct clock_fake clock;
    struct config *config;
    struct op *op;
    struct server *server;
    uint16_t port;
    int log;         /* folder/log */
    const char *pki; /* the test PKI it trusts */
};

struct provider_options {
    const char *revocation; /* lines of section jpki; NULL: CRL files, no OCSP */
    const char *listen;     /* NULL: 127.0.0.1:0 */
    const char *limits;     /* lines of section limits; NULL: as many as a test likes */
    const char *more;       /* further sections; NULL: none */
    const char *pki;        /* a folder made by genkan-testpki; NULL: that of this build */
};

/* OPTIONS may be NULL. The test fails if it does not start. */
void provider_open(struct provider *p, const struct provider_options *options);
void provider_close(struct provider *p);
/* Stops serving; folder, clock and arena stay until provider_close. */
void provider_stop(struct provider *p);
/* Stops and starts again on the same data, as a restart would. The port changes. */
void provider_restart(struct provider *p);

/* Gives requests no more memory than CEILING bytes each from now on (0: as usual). The port changes. */
void provider_limit_memory(struct provider *p, size_t ceiling);

/* Time passes. */
void provider_pass(struct provider *p, int64_t seconds);
int64_t provider_now(struct provider *p);

/* A browser that knows the way to it. */
void provider_browser(struct provider *p, struct browser *b);

/* Registers a service (as `genkan client add` would) / removes it. */
void provider_add_client(struct provider *p, const char *id, const char *registration, const char *secret);
/* Another version of its registration, which the server sees at once. */
void provider_update_client(struct provider *p, const char *id, const char *registration);
/* The server looks at the services with the next request, and not only when its second is over. */
void provider_look_again(struct provider *p);
/* An initial access token with these terms, good for USES uses and a day. In the provider's arena. */
const char *provider_invite(struct provider *p, const char *terms, int uses);
void provider_remove_client(struct provider *p, const char *id);

/* The first column of the first row of SQL in its database, a number; -1 without a row. */
int64_t provider_number(struct provider *p, const char *sql);

/* Delivers what is due in the queue of log-outs; how many services said "done". */
size_t provider_deliver(struct provider *p);
/* What the background does once a minute: ends what ran out, deletes what expired. */
void provider_sweep(struct provider *p);
/* Publishes what the ledger has now, as the background does. */
void provider_publish(struct provider *p);

/* Everything it has logged so far (level info), in the provider's arena. */
const char *provider_log(struct provider *p);

/* Does `genkan audit verify` find the ledger whole? */
bool provider_ledger_is_whole(struct provider *p);
/* What `genkan audit list --csv` prints, filtered by client (NULL: all). In the provider's arena. */
const char *provider_ledger_list(struct provider *p, const char *client);

/* What an operator types behind "genkan", beside the running server: words separated by spaces. Its exit code. */
int provider_command(struct provider *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Where personas of its test PKI are: <pki>/residents/<name> or <pki>/bad/<name>. */
const char *provider_persona(struct provider *p, const char *kind_and_name);

#endif
