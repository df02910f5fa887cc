#include "base/err.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const names[] = {
    [ERR_OK] = "ERR_OK",
    [ERR_MEMORY] = "ERR_MEMORY",
    [ERR_LIMIT] = "ERR_LIMIT",
    [ERR_SYNTAX] = "ERR_SYNTAX",
    [ERR_NOT_FOUND] = "ERR_NOT_FOUND",
    [ERR_CONFLICT] = "ERR_CONFLICT",
    [ERR_IO] = "ERR_IO",
    [ERR_TIMEOUT] = "ERR_TIMEOUT",
    [ERR_STORE] = "ERR_STORE",
    [ERR_BUSY] = "ERR_BUSY",
    [ERR_CRYPTO] = "ERR_CRYPTO",
    [ERR_MISMATCH] = "ERR_MISMATCH",
    [ERR_PERMISSION] = "ERR_PERMISSION",
    [ERR_CONFIG] = "ERR_CONFIG",
    [ERR_UNAVAILABLE] = "ERR_UNAVAILABLE",
};

const char *err_name(enum err e)
{
    if ((unsigned)e >= sizeof names / sizeof *names)
        return "ERR_?";
    return names[e];
}

void insist_failed(const char *what, const char *file, int line)
{
    fprintf(stderr, "{\"level\":\"error\",\"event\":\"impossible\",\"at\":\"%s:%d\",\"condition\":\"", file, line);
    for (const char *p = what; *p; p++)
        fprintf(stderr, *p == '"' || *p == '\\' ? "\\%c" : "%c", *p);
    fputs("\"}\n", stderr);
    abort();
}
