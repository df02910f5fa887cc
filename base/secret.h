/* secret: short secret bytes. They are wiped, compared in constant time, and have no printing form. */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/err.h"
#include "base/view.h"

#define SECRET_MAX 64

struct secret {
    uint8_t b[SECRET_MAX];
    size_t n;
};

/* Copies V (at most SECRET_MAX bytes, else ERR_LIMIT). The caller wipes its own copy. */
enum err secret_set(struct secret *s, struct view v) MUST_CHECK;
void secret_wipe(struct secret *s);
struct view secret_view(const struct secret *s);

/* Constant time in the contents; the length is not secret. Absent views equal nothing. */
bool secret_equal(struct view a, struct view b);

/* Overwrites N bytes; the compiler cannot leave it out. */
void wipe(void *p, size_t n);

/* Memory that is locked (not swapped) and left out of core dumps, for PINs. NULL when the system refuses. */
void *secret_lock_alloc(size_t n);
void secret_lock_free(void *p, size_t n);

#endif
