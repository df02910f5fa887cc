/* desk: what a command beside the server works with: the configuration, and the data folder if it needs it. */
#ifndef IDP_DESK_H
#define IDP_DESK_H

#include "base/arena.h"
#include "idp/command.h"
#include "idp/state/config.h"

struct db;
struct keys;
struct ledger;
struct store;

struct desk {
    const struct command *command;
    struct arena arena;
    struct config *config;
    const char *keys_folder;
    struct keys *keys;
    struct store *store;
    struct ledger *ledger; /* only with DESK_WRITE */
    bool writes;           /* a running server is told when it is closed */
};

/* Reading connections of a desk: threads of `audit verify`. */
#define DESK_READERS 4

enum desk_need {
    DESK_CONFIG, /* the configuration only */
    DESK_KEYS,   /* the keys only */
    DESK_READ,   /* the database only, to read */
    DESK_LOOK,   /* keys and database, to read */
    DESK_WRITE   /* keys and database and ledger, to write */
};

/* Returns -1 to go on, or the exit code; what is wrong was said. desk_close in either case. When root works on a data
 * folder of somebody else, the process becomes that user first, so that no file there ends up as root's. */
int desk_open(struct desk *d, const struct command *command, const char *config_path, enum desk_need need);
void desk_close(struct desk *d);

/* Reads the configuration and says what is wrong, as FILE:LINE: KEY RULE. */
int desk_read_config(struct config **out, struct arena *a, const struct command *command, const char *path);

#endif
