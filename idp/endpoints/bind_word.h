/* bind_word: the short text a resident compares between page and PIN window, like "47 さくら". */
#ifndef IDP_ENDPOINTS_BIND_WORD_H
#define IDP_ENDPOINTS_BIND_WORD_H

#include <stdint.h>

#include "base/arena.h"

/* Two digits and one everyday word, picked by RANDOM; in the arena. NULL when out of memory. */
const char *bind_word(struct arena *a, uint32_t random);

#endif
