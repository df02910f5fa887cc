#include "idp/desk.h"

#include <grp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "consent/ledger.h"
#include "idp/admin.h"
#include "idp/tokens/keys.h"
#include "store/store.h"

enum { DESK_CEILING = 16 << 20 };

int desk_read_config(struct config **out, struct arena *a, const struct command *command, const char *path)
{
    struct config_fault fault;
    enum err err = config_read(out, a, path, &fault);
    if (!err)
        return -1;
    if (err != ERR_CONFIG)
        return command_unreadable(command, path, err);
    if (fault.line)
        return command_fail(command, COMMAND_CONFIG, "%s:%d: %s %s", path, fault.line, fault.key, fault.rule);
    return command_fail(command, COMMAND_CONFIG, "%s: %s %s", path, fault.key, fault.rule);
}

/* Files that root makes in the server's folder would lock the server out. */
static int become_owner(const struct desk *d)
{
    struct stat st;
    if (geteuid() != 0 || stat(d->config->data, &st) != 0 || st.st_uid == 0)
        return -1;
    if (setgroups(0, NULL) != 0 || setgid(st.st_gid) != 0 || setuid(st.st_uid) != 0)
        return command_fail(d->command, COMMAND_FAILED, "cannot become the owner of %s", d->config->data);
    return -1;
}

static int open_keys(struct desk *d)
{
    const char *why = NULL;
    enum err err = keys_open(&d->keys, d->keys_folder, &why);
    if (!err)
        return -1;
    if (err == ERR_NOT_FOUND)
        return command_fail(d->command, COMMAND_CONFIG, "%s: no keys; the first `genkan serve` makes them",
                            d->keys_folder);
    return command_fail(d->command, COMMAND_FAILED, "%s: %s", d->keys_folder,
                        err == ERR_PERMISSION ? "permission denied, or others may read it"
                        : why                 ? why
                                              : err_words(err));
}

static int open_store(struct desk *d, bool read_only)
{
    const char *path = arena_printf(&d->arena, "%s/genkan.db", d->config->data);
    struct store_config config = {.path = path, .readers = DESK_READERS, .must_exist = true, .read_only = read_only};
    enum store_fault fault = STORE_FINE;
    enum err err = path ? store_open(&d->store, &config, &fault) : ERR_MEMORY;
    if (!err)
        return -1;
    if (err == ERR_NOT_FOUND)
        return command_fail(d->command, COMMAND_CONFIG, "%s: no database; the first `genkan serve` makes it", path);
    return command_fail(d->command, COMMAND_FAILED, "%s: %s", path ? path : "genkan.db", store_fault_words(fault));
}

static int open_ledger(struct desk *d)
{
    enum err err = ledger_open(&d->ledger, d->store, keys_secret(d->keys, SECRET_AUDIT));
    return err ? command_fail(d->command, COMMAND_FAILED, "the ledger: %s", err_words(err)) : -1;
}

int desk_open(struct desk *d, const struct command *command, const char *config_path, enum desk_need need)
{
    *d = (struct desk){.command = command};
    arena_open(&d->arena, DESK_CEILING);
    umask(077);
    int code = desk_read_config(&d->config, &d->arena, command, config_path);
    if (code == -1 && need != DESK_CONFIG)
        code = become_owner(d);
    if (code == -1) {
        d->keys_folder = arena_printf(&d->arena, "%s/keys", d->config->data);
        code = d->keys_folder ? -1 : command_fail(command, COMMAND_FAILED, "not enough memory");
    }
    if (code == -1 && (need == DESK_KEYS || need == DESK_LOOK || need == DESK_WRITE))
        code = open_keys(d);
    if (code == -1 && (need == DESK_READ || need == DESK_LOOK || need == DESK_WRITE))
        code = open_store(d, need != DESK_WRITE);
    if (code == -1 && need == DESK_WRITE)
        code = open_ledger(d);
    d->writes = code == -1 && need == DESK_WRITE;
    return code;
}

/* A running server takes what was written now; without one there is nobody to tell. It would find out by itself of
 * services (within a second), of keys it would not. */
static void tell_server(struct desk *d)
{
    int status = 0;
    struct view said;
    enum err err = d->config->admin.socket
                       ? admin_ask(&status, &said, &d->arena, d->config->admin.socket, "POST", "/changed")
                       : ERR_UNAVAILABLE;
    if (err == ERR_UNAVAILABLE || (!err && status == 200))
        return;
    fprintf(stderr, "%s: it is done, but the running server has not taken it up (%s): systemctl reload genkan\n",
            d->command->name, err ? err_words(err) : "see its log");
}

void desk_close(struct desk *d)
{
    store_close(d->store);
    ledger_close(d->ledger);
    if (d->keys)
        keys_close(d->keys);
    if (d->writes)
        tell_server(d);
    arena_close(&d->arena);
}
