#include "jpki/agent/issuers.h"

#include <sys/stat.h>

#include "base/file.h"

static enum err refuse(struct arena *arena, const char **problem, const char *name, const char *rule)
{
    *problem = arena_printf(arena, "%s: %s", name, rule);
    return *problem ? ERR_CONFIG : ERR_MEMORY;
}

static bool has_issuer(const struct issuers *all, struct view iss)
{
    for (size_t i = 0; i < all->n; i++)
        if (view_equal(all->list[i].iss, iss))
            return true;
    return false;
}

enum err issuers_read_file(struct proof_issuer *out, struct arena *arena, const char *path, const char *name,
                           const char **problem)
{
    struct stat st;
    struct view json;
    const char *why;
    if (stat(path, &st) || !S_ISREG(st.st_mode))
        return refuse(arena, problem, name, "not a file");
    if (st.st_mode & (S_IWGRP | S_IWOTH))
        return refuse(arena, problem, name, "may be written by others than its owner");
    enum err e = file_read(arena, path, PROOF_ISSUER_MAX, &json);
    if (e)
        return refuse(arena, problem, name, e == ERR_LIMIT ? "too long" : "cannot be read");
    e = proof_issuer_read(out, arena, json, &why);
    return e == ERR_SYNTAX ? refuse(arena, problem, name, why) : e;
}

static enum err read_one(struct issuers *out, struct arena *arena, const char *folder, const char *name,
                         const char **problem)
{
    const char *path = arena_printf(arena, "%s/%s", folder, name);
    if (!path)
        return ERR_MEMORY;
    if (out->n == ISSUERS_MAX)
        return refuse(arena, problem, name, "too many issuers");
    struct proof_issuer *next = &out->list[out->n];
    enum err e = issuers_read_file(next, arena, path, name, problem);
    if (e)
        return e;
    if (has_issuer(out, next->iss))
        return refuse(arena, problem, name, "iss: another file has it already");
    out->n++;
    return ERR_OK;
}

enum err issuers_read(struct issuers *out, struct arena *arena, const char *folder, const char **problem)
{
    char **names;
    size_t n;
    out->n = 0;
    *problem = folder;
    enum err e = file_list(arena, folder, ".json", &names, &n);
    for (size_t i = 0; i < n && !e; i++)
        e = read_one(out, arena, folder, names[i], problem);
    return !e && out->n == 0 ? ERR_NOT_FOUND : e;
}
