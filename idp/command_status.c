#include <stdio.h>
#include <string.h>

#include "idp/admin.h"
#include "idp/command.h"
#include "idp/desk.h"

static int ask(const struct desk *d, struct arena *a, bool metrics)
{
    int status = 0;
    struct view said;
    const char *path = d->config->admin.socket;
    if (!path)
        return command_fail(d->command, COMMAND_CONFIG, "admin.socket is off");
    enum err err = admin_ask(&status, &said, a, path, "GET", metrics ? "/metrics" : "/status");
    if (err)
        return command_fail(d->command, COMMAND_FAILED, "%s: %s", path,
                            err == ERR_UNAVAILABLE ? "no server runs here" : err_words(err));
    if (status != 200)
        return command_fail(d->command, COMMAND_FAILED, "%s: it answers %d", path, status);
    printf("%.*s%s", (int)said.n, (const char *)said.p, metrics ? "" : "\n");
    return metrics || strstr((const char *)said.p, "\"ready\":true") ? COMMAND_DONE : COMMAND_NO;
}

int command_status(const struct command *self, int argc, const char *const *argv)
{
    const char *config;
    bool metrics = false;
    const struct command_option options[] = {{"--metrics", NULL, &metrics}};
    int code = command_parse(self, argc, argv, options, 1, &config, NULL, 0);
    if (code != -1)
        return code;
    struct desk desk;
    code = desk_open(&desk, self, config, DESK_CONFIG);
    if (code == -1)
        code = ask(&desk, &desk.arena, metrics);
    desk_close(&desk);
    return code;
}
