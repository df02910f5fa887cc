/* Two programs that trust each other no further than a proof: `genkan serve` of one city, `genkan witness` of another,
 * over HTTP. Checkpoints are cosigned while both run; the witness is killed and comes back; a copy of the log from
 * before, put back with its key and everything, is stopped. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "consent/log/policy.h"
#include "consent/publish.h"
#include "tests/lib/child.h"
#include "tests/lib/stage.h"

#define PROGRAM BUILD_DIR "/genkan"

static struct provider before;
static struct child genkan;
static struct arena a;
static char listen_on[32];
static const char *logs, *folder;
static const struct policy *policy;

static void take_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof address;
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert(s >= 0 && bind(s, (struct sockaddr *)&address, n) == 0);
    cr_assert_eq(getsockname(s, (struct sockaddr *)&address, &n), 0);
    close(s);
    snprintf(listen_on, sizeof listen_on, "127.0.0.1:%d", ntohs(address.sin_port));
}

static pid_t start_witness(void)
{
    pid_t pid = fork();
    cr_assert_geq(pid, 0);
    if (pid > 0)
        return pid;
    int log = open(genkan.log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(log, 1);
    dup2(log, 2);
    execl(PROGRAM, PROGRAM, "witness", "--name", "w.example/w", "--logs", logs, "--folder", folder, "--listen",
          listen_on, (char *)NULL);
    _exit(127);
}

static void end(pid_t pid, int how)
{
    kill(pid, how);
    cr_assert_eq(waitpid(pid, NULL, 0), pid);
}

/* NULL: it has none. */
static const char *show_key(void)
{
    char line[512] = "";
    FILE *out = popen(
        arena_printf(&a, PROGRAM " witness --name w.example/w --logs %s --folder %s --show-key", logs, folder), "r");
    bool said = out && fgets(line, sizeof line, out);
    cr_assert_eq(pclose(out), said ? 0 : 256, "1: it has no key yet");
    line[strcspn(line, "\n")] = 0;
    return said ? arena_text(&a, view_text(line)) : NULL;
}

/* The first start makes it, and nothing else does. */
static const char *key_of_witness(void)
{
    const char *key = show_key();
    cr_assert_null(key);
    cr_assert_neq(access(folder, F_OK), 0);
    pid_t witness = start_witness();
    for (int i = 0; i < 400 && !(key = show_key()); i++)
        usleep(25000);
    cr_assert_not_null(key, "while it runs");
    end(witness, SIGTERM);
    cr_assert_str_eq(show_key(), key);
    return key;
}

static void open_all(void)
{
    const char *vkey, *why;
    signal(SIGPIPE, SIG_IGN);
    arena_open(&a, 16 << 20);
    provider_open(&before, NULL);
    child_open(&genkan, &before);
    child_start(&genkan);
    child_end(&genkan, SIGTERM);
    take_port();
    cr_assert_eq(
        publish_key_text(&vkey, &a, arena_printf(&a, "%s/keys/ledger.pem", genkan.data), VIEW("localhost:8080/ledger")),
        ERR_OK);
    logs = arena_printf(&a, "%s/logs", genkan.folder);
    folder = arena_printf(&a, "%s/witness", genkan.folder);
    cr_assert_eq(file_write(logs, view_text(arena_printf(&a, "log %s\nquorum none\n", vkey)), 0600), ERR_OK);
    const char *path = arena_printf(&a, "%s/policy", genkan.folder);
    const char *text =
        arena_printf(&a, "log %s\nwitness w %s http://%s/\nquorum w\n", vkey, key_of_witness(), listen_on);
    cr_assert_eq(file_write(path, view_text(text), 0600), ERR_OK);
    cr_assert_eq(policy_read_file(&policy, &a, path, &why), ERR_OK, "%s", why);
    FILE *config = fopen(genkan.config, "a");
    cr_assert(config && fprintf(config, "ledger {\n policy = \"%s\"\n}\n", path) > 0 && fclose(config) == 0);
}

static void close_all(void)
{
    if (genkan.pid)
        child_end(&genkan, SIGKILL);
    cr_assert_eq(system(arena_printf(&a, "rm -rf %s %s %s %s/old", logs, folder,
                                     arena_printf(&a, "%s/policy", genkan.folder), genkan.folder)),
                 0);
    child_close(&genkan, &before);
    provider_close(&before);
    arena_close(&a);
}

TestSuite(witnessed, .init = open_all, .fini = close_all, .timeout = 300);

/* The published checkpoint; size -1: none. */
static int64_t published(enum policy_answer *answer)
{
    struct view text;
    struct policy_verdict v;
    struct checkpoint *c = arena_alloc(&a, sizeof *c);
    if (file_read(&a, arena_printf(&a, "%s/ledger/checkpoint", genkan.data), NOTE_MAX, &text) != ERR_OK)
        return -1;
    cr_assert_eq(checkpoint_read(c, &a, text), ERR_OK);
    cr_assert_eq(policy_decide(&v, policy, c), ERR_OK);
    *answer = v.answer;
    return c->size;
}

/* Waits for a cosigned checkpoint that counts at least SIZE leaves. */
static void wait_for(int64_t size)
{
    enum policy_answer answer = POLICY_UNKNOWN_LOG;
    for (int i = 0; i < 600; i++) {
        if (published(&answer) >= size && answer == POLICY_GOOD)
            return;
        usleep(100000);
    }
    cr_assert_fail("no cosigned checkpoint of %d leaves: %s", (int)size, policy_answer_text(answer));
}

static void add_leaf(void)
{
    const char *const rotate[] = {"key", "rotate", "--use", "card", "--force", NULL};
    cr_assert_eq(child_command(&genkan, rotate), 0);
}

Test(witnessed, log_is_cosigned_while_it_grows_and_an_older_copy_of_everything_is_stopped)
{
    enum policy_answer answer;
    pid_t witness = start_witness();
    child_start(&genkan);
    add_leaf();
    wait_for(1);
    end(witness, SIGKILL);
    witness = start_witness();
    add_leaf();
    wait_for(2);
    child_end(&genkan, SIGTERM);
    cr_assert_eq(system(arena_printf(&a, "cp -r %s %s/old", genkan.data, genkan.folder)), 0);
    child_start(&genkan);
    add_leaf();
    wait_for(3);
    child_end(&genkan, SIGTERM);
    cr_assert_eq(system(arena_printf(&a, "rm -rf %s && cp -r %s/old %s", genkan.data, genkan.folder, genkan.data)), 0);
    add_leaf();
    child_start(&genkan);
    struct view log = VIEW("");
    for (int i = 0; i < 600 && !memmem(log.p, log.n, "ledger_refused", 14); i++) {
        struct arena passing;
        arena_open(&passing, 8 << 20);
        cr_assert_eq(file_read(&passing, genkan.log, 4 << 20, &log), ERR_OK);
        bool said = memmem(log.p, log.n, "ledger_refused", 14) != NULL;
        log = said ? VIEW("ledger_refused") : VIEW("");
        arena_close(&passing);
        if (!said)
            usleep(100000);
    }
    cr_expect(log.n > 0, "it says so in the log");
    cr_expect_eq(published(&answer), 2, "and has signed nothing more");
    child_end(&genkan, SIGTERM);
    end(witness, SIGTERM);
}
