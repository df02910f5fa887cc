#include "jpki/agent/issuers.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static struct arena arena;
static char folder[64];
static struct jws_key *key;

static void open_folder(void)
{
    arena_open(&arena, (size_t)1 << 20);
    snprintf(folder, sizeof folder, "/tmp/genkan-issuers-XXXXXX");
    cr_assert(mkdtemp(folder));
    cr_assert(!jws_key_make(&key, JWS_ES256));
}

static void close_folder(void)
{
    static const char *const names[] = {"a.json", "b.json", "c.json", "note.txt", "d.json"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *path = arena_printf(&arena, "%s/%s", folder, names[i]);
        unlink(path);
        rmdir(path);
    }
    rmdir(folder);
    jws_key_close(key);
    arena_close(&arena);
}

TestSuite(issuers, .init = open_folder, .fini = close_folder);

static void put(const char *name, const char *iss)
{
    struct buf b;
    struct view text;
    const struct jws_key *keys[] = {key};
    buf_open(&b, &arena, PROOF_ISSUER_MAX);
    cr_assert(!proof_issuer_write(&b, view_text(iss), VIEW("x"), keys, 1));
    cr_assert(!buf_done(&b, &text));
    cr_assert(!file_write(arena_printf(&arena, "%s/%s", folder, name), text, 0644));
}

static void refuses(const char *what)
{
    static struct issuers out;
    const char *problem = "";
    cr_expect_eq(issuers_read(&out, &arena, folder, &problem), ERR_CONFIG);
    cr_expect(strstr(problem, what), "%s lacks %s", problem, what);
}

Test(issuers, reads_every_json_file_and_no_other)
{
    static struct issuers out;
    const char *problem;
    put("a.json", "https://a.example");
    put("b.json", "http://localhost:8080");
    cr_assert(!file_write(arena_printf(&arena, "%s/note.txt", folder), VIEW("hello"), 0644));
    cr_assert(!issuers_read(&out, &arena, folder, &problem), "%s", problem);
    cr_expect_eq(out.n, 2);
}

Test(issuers, refuses_all_when_one_file_is_bad_and_names_it)
{
    put("a.json", "https://a.example");
    cr_assert(!file_write(arena_printf(&arena, "%s/b.json", folder), VIEW("{"), 0644));
    refuses("b.json: not JSON");
    cr_assert(!file_write(arena_printf(&arena, "%s/b.json", folder), VIEW(""), 0644));
    refuses("b.json");
}

Test(issuers, refuses_the_same_issuer_twice)
{
    put("a.json", "https://a.example");
    put("b.json", "https://a.example");
    refuses("b.json: iss: another file");
}

Test(issuers, refuses_files_that_others_may_write)
{
    put("a.json", "https://a.example");
    cr_assert(!chmod(arena_printf(&arena, "%s/a.json", folder), 0666));
    refuses("a.json: may be written by others");
    cr_assert(!chmod(arena_printf(&arena, "%s/a.json", folder), 0664));
    refuses("a.json: may be written by others");
}

Test(issuers, refuses_folders_in_place_of_files)
{
    cr_assert(!mkdir(arena_printf(&arena, "%s/d.json", folder), 0755));
    refuses("d.json: not a file");
}

Test(issuers, an_empty_or_missing_folder_is_not_found)
{
    static struct issuers out;
    const char *problem;
    cr_expect_eq(issuers_read(&out, &arena, folder, &problem), ERR_NOT_FOUND);
    cr_expect_neq(issuers_read(&out, &arena, "/nonexistent/issuers.d", &problem), ERR_OK);
}
