/* samples: every page as a resident may meet it, for tests that look at whole pages. */
#ifndef TESTS_UNIT_WEBUI_SAMPLES_H
#define TESTS_UNIT_WEBUI_SAMPLES_H

#include "webui/page.h"

/* Sample I in LANG: *name like "consent_first". False behind the last. */
bool sample_put(struct buf *out, const struct pages *pages, size_t i, enum page_lang lang, const char **name,
                enum page_kind *kind);

#endif
