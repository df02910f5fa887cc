/* stage: what most flows begin with: a provider, both services and Hanako. One of each in a test process. */
#ifndef TESTS_LIB_STAGE_H
#define TESTS_LIB_STAGE_H

#include "tests/lib/walk.h"

struct stage {
    struct provider genkan;
    struct service a_city, b_city;
    struct resident hanako;
};

/* The same, with OPTIONS of the provider. */
void stage_open_with(struct stage *s, const struct provider_options *options);
void stage_open(struct stage *s);
void stage_close(struct stage *s);

/* Is the browser at WHERE? The test fails and says where it is if not. */
#define IS_AT(BROWSER, WHERE)                                                                                          \
    cr_assert_eq(browser_at(BROWSER), (WHERE), "at %s and not at %s: %d %s", at_name(browser_at(BROWSER)),             \
                 at_name(WHERE), (BROWSER)->status, (BROWSER)->url)

#endif
