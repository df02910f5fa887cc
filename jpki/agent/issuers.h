/* issuers: whom the agent serves: the files issuers.d/<name>.json, written by the administrator. */
#ifndef JPKI_AGENT_ISSUERS_H
#define JPKI_AGENT_ISSUERS_H

#include "jpki/proof/issuer.h"

#define ISSUERS_MAX 64

struct issuers {
    struct proof_issuer list[ISSUERS_MAX];
    size_t n;
};

/* Reads all of FOLDER. One bad file is an error of the whole (ERR_CONFIG), with *problem "file: rule" in ARENA: an
 * administrator should not have to guess why a site is not served. The same `iss` in two files is refused, and so is a
 * file that others than its owner may write. ERR_NOT_FOUND: no such folder, or no file in it; then
 * *OUT is empty. */
enum err issuers_read(struct issuers *out, struct arena *arena, const char *folder, const char **problem) MUST_CHECK;

/* One file by the same rules. NAME stands in *problem for it. Everything lives in ARENA. */
enum err issuers_read_file(struct proof_issuer *out, struct arena *arena, const char *path, const char *name,
                           const char **problem) MUST_CHECK;

#endif
