#include "jpki/agent/issuer_desk.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "jpki/agent/issuers.h"

static struct arena arena;
static char home[64], folder[96], file[96];
static struct jws_key *key;
static char said[8192];

static void write_file(const char *text, unsigned mode)
{
    cr_assert(!file_write(file, view_text(text), mode));
}

static const char *json_of(const char *iss)
{
    struct buf b;
    const char *text;
    const struct jws_key *keys[] = {key};
    buf_open(&b, &arena, PROOF_ISSUER_MAX);
    cr_assert(!proof_issuer_write(&b, view_text(iss), VIEW("大阪府"), keys, 1));
    cr_assert(!buf_done_text(&b, &text));
    return text;
}

static void open_desk(void)
{
    arena_open(&arena, (size_t)4 << 20);
    snprintf(home, sizeof home, "/tmp/genkan-desk-XXXXXX");
    cr_assert(mkdtemp(home));
    snprintf(folder, sizeof folder, "%s/issuers.d", home);
    snprintf(file, sizeof file, "%s/osaka.json", home);
    cr_assert(!jws_key_make(&key, JWS_ES256));
    write_file(json_of("https://id.example:8443"), 0644);
}

static void close_desk(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", home);
    cr_expect_eq(system(command), 0);
    jws_key_close(key);
    arena_close(&arena);
}

TestSuite(issuer_desk, .init = open_desk, .fini = close_desk);

/* What COMMAND does when ANSWER is typed; what it said is in SAID. */
static int desk(enum agent_command command, const char *operand, const char *answer, bool yes)
{
    const struct setting s = {.issuers = folder, .operand = operand, .lang = LANG_EN, .yes = yes};
    FILE *in = fmemopen((void *)(uintptr_t)answer, strlen(answer), "r"), *out = fmemopen(said, sizeof said, "w");
    cr_assert(in && out);
    int status = command == AGENT_ISSUER_ADD    ? issuer_desk_add(&s, in, out)
                 : command == AGENT_ISSUER_LIST ? issuer_desk_list(&s, out)
                                                : issuer_desk_remove(&s, in, out);
    fclose(in);
    fclose(out);
    return status;
}

static size_t served(void)
{
    static struct issuers all;
    const char *problem;
    enum err e = issuers_read(&all, &arena, folder, &problem);
    return e ? 0 : all.n;
}

static void refuses(const char *text, unsigned mode, const char *why)
{
    write_file(text, mode);
    cr_expect_eq(desk(AGENT_ISSUER_ADD, file, "y\n", true), 1);
    cr_expect(strstr(said, why), "%s lacks %s", said, why);
    cr_expect_eq(served(), 0);
}

Test(issuer_desk, refuses_what_the_agent_would_refuse)
{
    const char *good = json_of("https://id.example");
    refuses("{}", 0644, "iss");
    refuses("", 0644, "not JSON");
    refuses(json_of("http://id.example"), 0644, "iss: must be an origin");
    refuses(json_of("https://id.example/path"), 0644, "iss: must be an origin");
    refuses(good, 0664, "may be written by others");
    refuses(good, 0646, "may be written by others");
    char *private = arena_text(&arena, view_text(good)), *at = strstr(private, "\"kty\"");
    cr_assert(at);
    refuses(arena_printf(&arena, "%.*s\"d\":\"AAAA\",%s", (int)(at - private), private, at), 0644, "not a public JWK");
    cr_expect_eq(desk(AGENT_ISSUER_ADD, "/nonexistent.json", "y\n", true), 1);
}

Test(issuer_desk, shows_whom_and_which_key_and_asks)
{
    cr_expect_eq(desk(AGENT_ISSUER_ADD, file, "n\n", false), 1);
    cr_expect(strstr(said, "大阪府") && strstr(said, "https://id.example:8443"));
    cr_expect(strstr(said, jws_key_thumbprint(key)), "%s", said);
    cr_expect(strstr(said, "Nothing was changed"));
    cr_expect_eq(served(), 0);
    cr_expect_eq(desk(AGENT_ISSUER_ADD, file, "\n", false), 1);
    cr_expect_eq(desk(AGENT_ISSUER_ADD, file, "yesterday\n", false), 1);
    cr_expect_eq(desk(AGENT_ISSUER_ADD, file, " ", false), 1);
    cr_expect_eq(served(), 0);
    cr_expect_eq(desk(AGENT_ISSUER_ADD, file, "y\n", false), 0, "%s", said);
    cr_expect_eq(served(), 1);
}

Test(issuer_desk, shows_the_keys_own_fingerprint_and_not_its_name)
{
    const char *good = json_of("https://id.example");
    char *text = arena_text(&arena, view_text(good)), *at = strstr(text, "\"kid\":\"");
    cr_assert(at);
    memset(at + 7, 'A', 43);
    write_file(text, 0644);
    cr_expect_eq(desk(AGENT_ISSUER_ADD, file, "", true), 0);
    cr_expect(strstr(said, jws_key_thumbprint(key)) && !strstr(said, "AAAAAAAA"), "%s", said);
}

Test(issuer_desk, writes_a_file_that_the_agent_takes)
{
    struct stat st;
    char path[128];
    cr_assert_eq(desk(AGENT_ISSUER_ADD, file, "", true), 0, "%s", said);
    snprintf(path, sizeof path, "%s/id.example_8443.json", folder);
    cr_assert_eq(stat(path, &st), 0);
    cr_expect_eq(st.st_mode & 0777, 0644);
    cr_expect_eq(served(), 1);
}

Test(issuer_desk, replaces_the_file_of_the_same_issuer)
{
    cr_assert_eq(desk(AGENT_ISSUER_ADD, file, "", true), 0);
    jws_key_close(key);
    cr_assert(!jws_key_make(&key, JWS_ES256));
    write_file(json_of("https://id.example:8443"), 0644);
    cr_assert_eq(desk(AGENT_ISSUER_ADD, file, "", true), 0);
    cr_expect(strstr(said, "replaces id.example_8443.json"), "%s", said);
    cr_expect_eq(served(), 1);
    cr_expect_eq(desk(AGENT_ISSUER_LIST, NULL, " ", false), 0);
    cr_expect(strstr(said, jws_key_thumbprint(key)));
}

Test(issuer_desk, lists_nobody_and_everybody)
{
    cr_expect_eq(desk(AGENT_ISSUER_LIST, NULL, " ", false), 0);
    cr_expect(strstr(said, "nobody"));
    cr_assert_eq(desk(AGENT_ISSUER_ADD, file, "", true), 0);
    write_file(json_of("http://localhost:8080"), 0644);
    cr_assert_eq(desk(AGENT_ISSUER_ADD, file, "", true), 0, "%s", said);
    cr_expect_eq(desk(AGENT_ISSUER_LIST, NULL, " ", false), 0);
    cr_expect(strstr(said, "https://id.example:8443") && strstr(said, "http://localhost:8080"));
}

Test(issuer_desk, removes_by_issuer_or_by_file_and_nobody_else)
{
    cr_assert_eq(desk(AGENT_ISSUER_ADD, file, "", true), 0);
    cr_expect_eq(desk(AGENT_ISSUER_REMOVE, "https://id.example", "", true), 1);
    cr_expect(strstr(said, "not an issuer here"));
    cr_expect_eq(desk(AGENT_ISSUER_REMOVE, "https://id.example:8443", "n\n", false), 1);
    cr_expect_eq(served(), 1);
    cr_expect_eq(desk(AGENT_ISSUER_REMOVE, "https://id.example:8443", "yes\n", false), 0);
    cr_expect_eq(served(), 0);
    cr_assert_eq(desk(AGENT_ISSUER_ADD, file, "", true), 0);
    cr_expect_eq(desk(AGENT_ISSUER_REMOVE, "id.example_8443.json", "", true), 0);
    cr_expect_eq(served(), 0);
}

Test(issuer_desk, removes_a_bad_file_by_its_name_and_says_nothing_false_about_it)
{
    cr_assert_eq(desk(AGENT_ISSUER_ADD, file, "", true), 0);
    char path[128];
    snprintf(path, sizeof path, "%s/zz.json", folder);
    cr_assert(!file_write(path, VIEW("{"), 0644));
    cr_expect_eq(desk(AGENT_ISSUER_LIST, NULL, " ", false), 1);
    cr_expect_eq(desk(AGENT_ISSUER_REMOVE, "zz.json", "y\n", false), 0);
    cr_expect(!strstr(said, "大阪府") && strstr(said, "zz.json"), "%s", said);
    cr_expect_eq(served(), 1);
}
