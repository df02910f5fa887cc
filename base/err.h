/* err: "we could not". A closed set; every function that can fail says so with its return value.
 * "The answer is no" is never an enum err: that is a verdict (see idp/rules). */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#define MUST_CHECK __attribute__((warn_unused_result))

enum err {
    ERR_OK = 0,
    ERR_MEMORY,      /* allocation failed */
    ERR_LIMIT,       /* a limit of ours was reached (arena ceiling, buffer limit, size of a value) */
    ERR_SYNTAX,      /* outside bytes are not what their format says */
    ERR_NOT_FOUND,   /* looked, and it is not there; never used for "could not look" */
    ERR_CONFLICT,    /* exists already, or was taken by another */
    ERR_IO,          /* file or socket */
    ERR_TIMEOUT,     /* the other side did not answer in time */
    ERR_STORE,       /* the store failed: corrupt, full, read-only */
    ERR_BUSY,        /* locked or overloaded; trying again later may work */
    ERR_CRYPTO,      /* OpenSSL failed in a way that is not a wrong signature */
    ERR_MISMATCH,    /* a signature, tag or digest does not fit */
    ERR_PERMISSION,  /* the operating system says no */
    ERR_CONFIG,      /* what the operator wrote cannot be used */
    ERR_UNAVAILABLE, /* a peer we need is not there (reader, responder, daemon) */
};

/* The name as it stands in logs, in the members "error" and "err", like "ERR_STORE". Static. */
const char *err_name(enum err e);
/* The same for a person, to stand behind what could not be done and a colon: "permission denied". Static. */
const char *err_words(enum err e);

/* An assertion that is always compiled in: for what cannot happen unless we are wrong. Aborts with place and text. */
#define INSIST(COND)                                                                                                   \
    do {                                                                                                               \
        if (!(COND))                                                                                                   \
            insist_failed(#COND, __FILE__, __LINE__);                                                                  \
    } while (0)

_Noreturn void insist_failed(const char *what, const char *file, int line);

#endif
