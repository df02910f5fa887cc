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

static const char *const words[] = {
    [ERR_OK] = "nothing is wrong",
    [ERR_MEMORY] = "not enough memory",
    [ERR_LIMIT] = "it is larger, or more, than is allowed",
    [ERR_SYNTAX] = "it is not in the form it must have",
    [ERR_NOT_FOUND] = "it is not there",
    [ERR_CONFLICT] = "it is there already, or is not what it should be",
    [ERR_IO] = "the disk or the network failed",
    [ERR_TIMEOUT] = "there was no answer in time",
    [ERR_STORE] = "the database could not read or write; is the disk full?",
    [ERR_BUSY] = "it is in use by somebody else; try again later",
    [ERR_CRYPTO] = "the cryptographic library failed",
    [ERR_MISMATCH] = "it is damaged, or does not belong to the rest",
    [ERR_PERMISSION] = "permission denied",
    [ERR_CONFIG] = "what is written there cannot be used",
    [ERR_UNAVAILABLE] = "nobody answers",
};

const char *err_words(enum err e)
{
    if ((unsigned)e >= sizeof words / sizeof *words)
        return "unknown";
    return words[e];
}

void insist_failed(const char *what, const char *file, int line)
{
    fprintf(stderr, "{\"level\":\"error\",\"event\":\"impossible\",\"at\":\"%s:%d\",\"condition\":\"", file, line);
    for (const char *p = what; *p; p++)
        fprintf(stderr, *p == '"' || *p == '\\' ? "\\%c" : "%c", *p);
    fputs("\"}\n", stderr);
    abort();
}
