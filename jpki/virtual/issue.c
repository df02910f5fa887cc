#include "jpki/virtual/issue.h"

#include <stdio.h>

#include "base/clock.h"
#include "certs/delivery.h"

static const char usage[] =
    "usage: genkan-card new --persona NAME|FILE.json --out FOLDER [--pki FOLDER] [--ocsp-url URL]\n";

static const char **place_of(struct delivery *d, const char *option)
{
    if (strcmp(option, "--persona") == 0)
        return &d->persona;
    if (strcmp(option, "--out") == 0)
        return &d->out;
    if (strcmp(option, "--pki") == 0)
        return &d->pki;
    return strcmp(option, "--ocsp-url") == 0 ? &d->ocsp_url : NULL;
}

int issue_new(int argc, char **argv)
{
    struct delivery d = {.ocsp_url = "http://127.0.0.1:8888", .now = clock_ms(&clock_real) / 1000};
    for (int i = 0; i < argc; i += 2) {
        const char **place = place_of(&d, argv[i]);
        if (!place || i + 1 == argc)
            return fputs(usage, stderr), 2;
        *place = argv[i + 1];
    }
    if (!d.persona || !d.out)
        return fputs(usage, stderr), 2;
    struct arena a;
    const char *why = "";
    arena_open(&a, 4u << 20);
    enum err e = delivery_make(&d, &a, &why);
    if (e != ERR_OK)
        fprintf(stderr, "genkan-card: %s: %s\n", d.persona, why);
    arena_close(&a);
    return e == ERR_OK ? 0 : 1;
}

int issue_personas(int argc)
{
    static struct residents people; /* large */
    if (argc > 0)
        return fputs("usage: genkan-card personas\n", stderr), 2;
    residents_open(&people);
    for (size_t i = 0; i < people.n; i++)
        printf("%-18s %s\n", people.all[i].folder, people.all[i].about);
    residents_close(&people);
    return 0;
}
