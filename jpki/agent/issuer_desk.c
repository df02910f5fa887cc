#include "jpki/agent/issuer_desk.h"

#include <unistd.h>

#include "base/file.h"
#include "jpki/agent/desk_words.h"
#include "jpki/agent/issuers.h"

enum { DESK_MEMORY = 8 << 20, ANSWER_SIZE = 16 };

struct desk {
    const struct setting *s;
    FILE *in, *out;
    struct arena arena;
};

static void open_desk(struct desk *d, const struct setting *s, FILE *in, FILE *out)
{
    *d = (struct desk){.s = s, .in = in, .out = out};
    arena_open(&d->arena, DESK_MEMORY);
}

/* ---- saying and asking ---- */

static void put(struct desk *d, enum desk_word w, const struct view *texts, size_t n, const char *end)
{
    struct buf b;
    const char *text;
    buf_open(&b, &d->arena, 8192);
    desk_words_put(&b, d->s->lang, w, texts, n);
    if (!buf_done_text(&b, &text))
        fprintf(d->out, "%s%s", text, end);
}

static void say(struct desk *d, enum desk_word w, struct view with)
{
    put(d, w, &with, with.p ? 1 : 0, "\n");
}

static int refuse(struct desk *d, enum desk_word w, const char *with)
{
    say(d, w, view_text(with));
    return 1;
}

/* Only y or yes is a yes; an end of input is nobody's. */
static bool agrees(struct desk *d, enum desk_word w, const struct view *texts, size_t n)
{
    char answer[ANSWER_SIZE];
    if (d->s->yes)
        return true;
    put(d, w, texts, n, "");
    fflush(d->out);
    if (!fgets(answer, sizeof answer, d->in)) {
        fputs("\n", d->out);
        say(d, D_NOBODY_ASKED, VIEW_NONE);
        return false;
    }
    bool yes = strcmp(answer, "y\n") == 0 || strcmp(answer, "yes\n") == 0;
    if (!yes)
        say(d, D_LEFT_AS_IT_WAS, VIEW_NONE);
    return yes;
}

static void show(struct desk *d, const struct proof_issuer *issuer)
{
    say(d, D_ADD_LABEL, issuer->label);
    say(d, D_ADD_ISSUER, issuer->iss);
    for (size_t i = 0; i < issuer->n_keys; i++)
        say(d, D_ADD_KEY, view_text(jws_key_thumbprint(issuer->keys[i])));
}

/* ---- which file ---- */

/* Of an origin: "https://id.example:8443" lives in "id.example_8443.json". An origin has no other character that a
 * file name should not have but the brackets of [::1], which it may. */
static const char *name_of(struct arena *arena, struct view iss)
{
    struct view host = view_from(iss, view_starts(iss, VIEW("https://")) ? 8 : 7);
    char *name = arena_printf(arena, "%.*s.json", (int)host.n, (const char *)host.p);
    for (char *c = name; c && *c; c++)
        *c = *c == ':' ? '_' : *c;
    return name;
}

static const char *path_in(struct desk *d, const char *name)
{
    return arena_printf(&d->arena, "%s/%s", d->s->issuers, name);
}

/* The file in the folder whose name or issuer is WANTED; NULL: none. *OUT is filled unless the file is a bad one, which
 * can be found by its name only. */
static const char *find(struct desk *d, struct view wanted, struct proof_issuer *out)
{
    char **names;
    size_t n;
    const char *problem;
    if (file_list(&d->arena, d->s->issuers, ".json", &names, &n))
        return NULL;
    for (size_t i = 0; i < n; i++) {
        const char *path = path_in(d, names[i]);
        bool good = path && issuers_read_file(out, &d->arena, path, names[i], &problem) == ERR_OK;
        if (!good)
            *out = (struct proof_issuer){0};
        if ((good && view_equal(out->iss, wanted)) || view_equal_text(wanted, names[i]))
            return names[i];
    }
    return NULL;
}

/* ---- add ---- */

/* What was shown is written down, not what the file may hold by now. */
static int store(struct desk *d, const char *name, const struct proof_issuer *issuer)
{
    struct buf b;
    struct view json;
    const char *path = path_in(d, name);
    buf_open(&b, &d->arena, PROOF_ISSUER_MAX);
    enum err e =
        proof_issuer_write(&b, issuer->iss, issuer->label, (const struct jws_key *const *)issuer->keys, issuer->n_keys);
    if (!e)
        e = buf_done(&b, &json);
    if (e || !path || file_make_folder(d->s->issuers, 0755) || file_write(path, json, 0644))
        return refuse(d, D_CANNOT_WRITE, path ? path : name);
    say(d, D_ADDED, view_text(path));
    return 0;
}

static int add(struct desk *d)
{
    struct proof_issuer issuer, older;
    const char *problem = d->s->operand;
    if (issuers_read_file(&issuer, &d->arena, d->s->operand, d->s->operand, &problem))
        return refuse(d, D_FOLDER_PROBLEM, problem);
    show(d, &issuer);
    const char *there = find(d, issuer.iss, &older), *name = there ? there : name_of(&d->arena, issuer.iss);
    if (!name)
        return refuse(d, D_FOLDER_PROBLEM, err_words(ERR_MEMORY));
    if (there)
        say(d, D_ADD_REPLACES, view_text(there));
    say(d, D_ADD_COMPARE, VIEW_NONE);
    return agrees(d, D_ADD_ASK, NULL, 0) ? store(d, name, &issuer) : 1;
}

int issuer_desk_add(const struct setting *s, FILE *in, FILE *out)
{
    struct desk d;
    open_desk(&d, s, in, out);
    int status = add(&d);
    arena_close(&d.arena);
    return status;
}

/* ---- list ---- */

static int list(struct desk *d)
{
    struct issuers *all = arena_alloc(&d->arena, sizeof *all);
    const char *problem = "";
    enum err e = all ? issuers_read(all, &d->arena, d->s->issuers, &problem) : ERR_MEMORY;
    if (e == ERR_NOT_FOUND)
        say(d, D_LIST_NOBODY, view_text(d->s->issuers));
    else if (e)
        return refuse(d, D_FOLDER_PROBLEM, problem);
    for (size_t i = 0; !e && i < all->n; i++)
        show(d, &all->list[i]);
    return 0;
}

int issuer_desk_list(const struct setting *s, FILE *out)
{
    struct desk d;
    open_desk(&d, s, NULL, out);
    int status = list(&d);
    arena_close(&d.arena);
    return status;
}

/* ---- remove ---- */

static int drop(struct desk *d)
{
    struct proof_issuer issuer = {0};
    const char *name = find(d, view_text(d->s->operand), &issuer);
    if (!name)
        return refuse(d, D_NOT_AN_ISSUER, d->s->operand);
    const struct view which[] = {issuer.label.p ? issuer.label : view_text(name),
                                 issuer.iss.p ? issuer.iss : view_text(name)};
    if (!agrees(d, D_REMOVE_ASK, which, 2))
        return 1;
    const char *path = path_in(d, name);
    if (!path || unlink(path))
        return refuse(d, D_CANNOT_WRITE, path ? path : name);
    say(d, D_REMOVED, view_text(path));
    return 0;
}

int issuer_desk_remove(const struct setting *s, FILE *in, FILE *out)
{
    struct desk d;
    open_desk(&d, s, in, out);
    int status = drop(&d);
    arena_close(&d.arena);
    return status;
}
