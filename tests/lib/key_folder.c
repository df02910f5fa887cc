#include "tests/lib/key_folder.h"

#include <criterion/criterion.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"
#include "store/store.h"

/* Every "since" becomes NOW. */
static struct view dated(struct arena *a, struct view list, int64_t now)
{
    static const char key[] = "\"since\":";
    const char *rest = arena_text(a, list), *at;
    struct buf b;
    struct view out;
    buf_open(&b, a, 65536);
    while ((at = strstr(rest, key))) {
        at += sizeof key - 1;
        buf_put(&b, view_bytes(rest, (size_t)(at - rest)));
        buf_put_int(&b, now);
        rest = at + strspn(at, "0123456789");
    }
    buf_put_text(&b, rest);
    cr_assert_eq(buf_done(&b, &out), ERR_OK);
    return out;
}

static void copy(struct arena *a, const char *from, const char *folder, int64_t now)
{
    char **names;
    size_t n;
    struct view text;
    cr_assert_eq(mkdir(folder, 0700), 0);
    cr_assert_eq(file_list(a, from, "", &names, &n), ERR_OK);
    for (size_t i = 0; i < n; i++) {
        cr_assert_eq(file_read(a, arena_printf(a, "%s/%s", from, names[i]), 65536, &text), ERR_OK);
        if (strcmp(names[i], "keys.json") == 0)
            text = dated(a, text, now);
        cr_assert_eq(file_write(arena_printf(a, "%s/%s", folder, names[i]), text, 0600), ERR_OK);
    }
}

void key_folder_copy(struct arena *a, const char *folder, int64_t now)
{
    copy(a, BUILD_DIR "/testkeys/ours", folder, now);
}

void key_folder_copy_others(struct arena *a, const char *folder, int64_t now)
{
    copy(a, BUILD_DIR "/testkeys/others", folder, now);
}

void key_folder_make(struct arena *a, const char *data, int64_t now)
{
    struct store_config config = {.path = arena_printf(a, "%s/genkan.db", data), .readers = 1};
    struct store *store;
    enum store_fault fault;
    cr_assert_eq(mkdir(data, 0700), 0);
    key_folder_copy(a, arena_printf(a, "%s/keys", data), now);
    cr_assert_eq(store_open(&store, &config, &fault), ERR_OK);
    store_close(store);
}
