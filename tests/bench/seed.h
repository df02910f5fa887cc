/* seed: a data folder with four services, one resident, her live session and her stored consents. */
#ifndef BENCH_SEED_H
#define BENCH_SEED_H

#include <stdint.h>

#include "base/arena.h"
#include "signer.h"

/* By the algorithm of their ID tokens; one that refreshes, one that authenticates with keys (both ES256). */
enum { SEED_ES256, SEED_RS256, SEED_REFRESH, SEED_KEYS, SEED_CLIENTS };

struct seed {
    const char *config; /* path of genkan.conf */
    const char *issuer;
    const char *browser, *session; /* cookie values */
    const char **sessions;         /* of her other sessions, N_SESSIONS of them, in the same browser */
    unsigned n_sessions;
    const char *client[SEED_CLIENTS], *secret;
    struct signer keys; /* of SEED_KEYS */
    const char *redirect_uri, *scope;
    const char *verifier, *challenge; /* PKCE */
};

/* FOLDER must be empty. ROOTS: folder of the test roots. SESSIONS: how many she has besides. Texts in A. Stops the
 * process when something fails. */
void seed_make(struct seed *out, struct arena *a, const char *folder, const char *roots, uint16_t port,
               unsigned workers, unsigned sessions);

/* How many leaves the ledger of FOLDER has; the server must not be running. */
int64_t seed_ledger_size(const char *folder);

#endif
