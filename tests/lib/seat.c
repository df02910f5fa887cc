#include "tests/lib/seat.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"

enum { PATIENCE_MS = 30000 };

void seat_open(struct seat *d, const char *folder, const char *script, const struct rig_options *more)
{
    char path[256];
    struct rig_options r = more ? *more : (struct rig_options){.empty = false};
    struct agent_rig_options a = {.program = BUILD_DIR "/genkan-agent",
                                  .pinentry = SOURCE_DIR "/tests/lib/scripted_pinentry.sh",
                                  .script = script};
    snprintf(path, sizeof path, BUILD_DIR "/testpki/%s", folder);
    r.card_dir = path;
    r.program = BUILD_DIR "/genkan-card";
    cr_assert(!rig_open(&d->rig, &r));
    a.socket = rig_socket(d->rig);
    cr_assert(!agent_rig_open(&d->agent, &a));
}

void seat_close(struct seat *d)
{
    cr_expect_eq(agent_rig_close(&d->agent), 0);
    rig_close(d->rig);
}

void seat_tell(struct seat *d, const char *command)
{
    cr_assert(!rig_ctl(d->rig, command, NULL, 0), "%s", command);
}

long seat_status(struct seat *d, const char *name)
{
    char status[4096], key[64];
    cr_assert(!rig_ctl(d->rig, "status", status, sizeof status));
    snprintf(key, sizeof key, "\"%s\":", name);
    const char *at = strstr(status, key);
    return at ? strtol(at + strlen(key), NULL, 10) : -1;
}

const char *seat_begin(struct seat *d, enum proof_purpose purpose)
{
    struct proof_request q = agent_rig_request(&d->agent, purpose);
    const char *path = agent_rig_begin(&d->agent, agent_rig_sign(&d->agent, &q));
    cr_assert(path, "%s", agent_rig_log(&d->agent));
    return path;
}

static void pause_ms(long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

const char *seat_await(struct seat *d, const char **path, const char *text)
{
    for (int64_t end = clock_steady_ms() + PATIENCE_MS; *path && clock_steady_ms() < end; pause_ms(20)) {
        const char *answer = agent_rig_get(&d->agent, *path, "");
        const char *refresh = answer_header_of(&d->agent, answer, "Refresh");
        *path = refresh ? refresh + strlen("1; url=") : NULL;
        if (strstr(answer, text))
            return answer;
    }
    cr_assert_fail("no page said %s; %s", text, agent_rig_log(&d->agent));
    return NULL;
}

struct proof_response seat_follow(struct seat *d, const char *path, int ms)
{
    struct proof_response out = {0};
    const char *url = agent_rig_follow(&d->agent, path, ms);
    enum err e = agent_rig_response(&d->agent, url, &out);
    cr_assert_eq(e, ERR_OK, "%s: ended at %s; %s", err_name(e), url ? url : "nothing", agent_rig_log(&d->agent));
    return out;
}

struct proof_response seat_run(struct seat *d, enum proof_purpose purpose)
{
    return seat_follow(d, seat_begin(d, purpose), PATIENCE_MS);
}

void seat_window_goes_on(struct seat *d)
{
    const char *path = arena_printf(&d->agent.arena, "%s.go", d->agent.script);
    cr_assert_eq(file_write(path, VIEW("go"), 0600), ERR_OK);
}
