#include "store/epoch.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hex.h"

#define BOOT_ID      "/proc/sys/kernel/random/boot_id" /* random(4): another one at every boot */
#define BOOT_ID_SIZE 36

/* The file that says: something was lost. NULL when out of memory. */
static char *loss_path(const char *path)
{
    char *loss = NULL;
    return asprintf(&loss, "%s-lost", path) < 0 ? NULL : loss;
}

static bool was_lost(const char *path)
{
    char *loss = loss_path(path);
    bool lost = !loss || access(loss, F_OK) == 0;
    free(loss);
    return lost;
}

void epoch_end(const char *path)
{
    char *loss = loss_path(path);
    int fd = loss ? open(loss, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (fd >= 0)
        close(fd);
    free(loss);
}

void epoch_is_written(const char *path)
{
    char *loss = loss_path(path);
    if (loss)
        unlink(loss); /* if it stays, the next opening begins another epoch: a code or two is asked for again */
    free(loss);
}

/* The setting is "BOOT_ID NUMBER". One without a boot id fits no boot: where the system does not tell, every opening
 * begins an epoch. */
static enum err read_boot(struct view *out, struct arena *a)
{
    enum err e = file_read(a, BOOT_ID, 256, out);
    if (e == ERR_MEMORY || e == ERR_LIMIT)
        return e;
    *out = e || out->n < BOOT_ID_SIZE ? VIEW("-") : view_part(*out, 0, BOOT_ID_SIZE);
    return ERR_OK;
}

static bool is_of_boot(struct view setting, struct view boot)
{
    struct view first;
    return view_next(&setting, ' ', &first) && view_equal(first, boot) && boot.n == BOOT_ID_SIZE;
}

static enum err find(struct view *out, struct db *db, struct arena *a)
{
    static const char SQL[] = "SELECT value FROM setting WHERE name = 'epoch'";
    struct row row;
    enum err e = db_one(db, a, SQL, NO_VALUES, &row);
    *out = e ? VIEW("") : row_text(&row, 0);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err write_new(struct view *out, struct db *db, struct arena *a, struct view boot)
{
    static const char SQL[] = "INSERT INTO setting (name, value) VALUES ('epoch', $1) "
                              "ON CONFLICT (name) DO UPDATE SET value = $1";
    struct ident number = ident_mint();
    struct buf b;
    buf_open(&b, a, 256);
    buf_put(&b, boot);
    buf_put_byte(&b, ' ');
    hex_put(&b, ident_view(&number));
    enum err e = buf_done(&b, out);
    return e ? e : db_run(db, SQL, VALUES(V_TEXT(*out)));
}

/* Inside a transaction: two processes that open it at once agree. */
static enum err renew(struct view *out, bool *is_new, struct db *db, struct arena *a, const char *path,
                      struct used *used)
{
    struct view boot;
    enum err e = read_boot(&boot, a);
    if (!e)
        e = find(out, db, a);
    if (e)
        return e;
    if (used && boot.n == BOOT_ID_SIZE && !is_of_boot(*out, boot))
        used_forget_ends(used); /* of a clock that began anew, and of codes that are over */
    *is_new = !is_of_boot(*out, boot) || was_lost(path);
    return *is_new ? write_new(out, db, a, boot) : ERR_OK;
}

enum err epoch_open(struct ident *out, bool *is_new, struct db *writer, const char *path, struct used *used)
{
    struct arena a;
    struct view setting = VIEW_NONE;
    arena_open(&a, 16384);
    enum err e = db_begin(writer);
    if (!e && !(e = renew(&setting, is_new, writer, &a, path, used)))
        e = db_commit(writer);
    if (e)
        db_rollback(writer);
    *out = e ? IDENT_NONE : ident_of(setting);
    arena_close(&a);
    return e;
}
