/* config_keys: every key of the configuration file, and how its value is read. Of idp/state/config.c. */
#ifndef IDP_STATE_CONFIG_KEYS_H
#define IDP_STATE_CONFIG_KEYS_H

#include "idp/state/config.h"

enum { CONFIG_SOCKET_PATH_MAX = 100 /* what sockaddr_un holds */ };

/* Where what is read goes: texts into ARENA. */
struct config_target {
    struct config *config;
    struct arena *arena;
    void *at; /* the key's own place in CONFIG */
};

/* Takes VALUE, as it stands in the file without quotation marks; of a list one of them. NULL: taken; otherwise the rule
 * it breaks (static). */
typedef const char *config_take_fn(struct config_target *to, const char *value);

/* How a value is kept in struct config. Of VALUES and TEXTS there is an array, and a size_t that counts them. */
enum config_kept { CONFIG_VALUE, CONFIG_VALUES, CONFIG_TEXT, CONFIG_TEXTS, CONFIG_FOLLOWED /* needs no restart */ };

struct config_key {
    const char *section, *name, *shown; /* SECTION NULL: at the top; SHOWN is "section.name" */
    bool is_needed, is_list;
    config_take_fn *take;
    enum config_kept kept;
    size_t at, size, count_at; /* bytes */
};

/* Those at the top first, then those of each section together. */
extern const struct config_key config_keys[];
extern const size_t config_n_keys; /* at most CONFIG_KEYS_MAX */

/* Has K the same value in both, or may it differ in a running server? */
bool config_key_same(const struct config_key *k, const struct config *a, const struct config *b);

#endif
