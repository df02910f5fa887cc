#include "consent/log/policy.h"

#include "base/file.h"
#include "base/text.h"

enum { WORDS_MAX = POLICY_NODES + 4 };

struct reading {
    struct policy *p;
    struct arena *a;
    const struct view *words; /* of the line */
    size_t n;
    bool has_quorum;
};

/* NULL: taken; otherwise the rule the line breaks. */
typedef const char *line_fn(struct reading *r);

/* --- names and keys --------------------------------------------------------------------------------------------- */

static int find_node(const struct policy *p, struct view name)
{
    for (size_t i = 0; i < p->n_nodes; i++)
        if (view_equal(p->nodes[i].name, name))
            return (int)i;
    return -1;
}

static const char *new_node(struct reading *r, struct policy_node **out)
{
    struct policy *p = r->p;
    if (p->n_nodes == POLICY_NODES)
        return "has more than 128 witnesses and groups";
    if (view_equal_text(r->words[1], "none"))
        return "\"none\" cannot be defined";
    if (find_node(p, r->words[1]) >= 0)
        return "defines a name again";
    *out = &p->nodes[p->n_nodes];
    **out = (struct policy_node){.name = r->words[1]};
    return NULL;
}

/* "Two vkeys are considered duplicate if they wrap the same underlying public key" */
static bool is_same_key(const struct note_key *a, const struct note_key *b)
{
    return memcmp(a->public_key, b->public_key, sizeof a->public_key) == 0;
}

/* --- lines ------------------------------------------------------------------------------------------------------ */

static const char *take_log(struct reading *r)
{
    struct policy *p = r->p;
    struct policy_log log = {0};
    if (r->n < 2 || r->n > 3)
        return "must be: log <vkey> [<url>]";
    if (p->n_logs == POLICY_LOGS)
        return "has more than 64 logs";
    if (note_key_read(&log.key, r->a, r->words[1]) || log.key.type != NOTE_ED25519)
        return "has no Ed25519 verifier key of a log";
    for (size_t i = 0; i < p->n_logs; i++)
        if (is_same_key(&p->logs[i].key, &log.key))
            return "has the key of another log";
    log.url = r->n == 3 ? r->words[2] : VIEW_NONE;
    p->logs[p->n_logs++] = log;
    return NULL;
}

static const char *take_witness(struct reading *r)
{
    struct policy_node *node;
    if (r->n < 3 || r->n > 4)
        return "must be: witness <name> <vkey> [<url>]";
    const char *rule = new_node(r, &node);
    if (rule)
        return rule;
    if (note_key_read(&node->key, r->a, r->words[2]) || node->key.type != NOTE_COSIGNATURE)
        return "has no Ed25519 verifier key of a witness";
    for (size_t i = 0; i < r->p->n_nodes; i++)
        if (!r->p->nodes[i].is_group && is_same_key(&r->p->nodes[i].key, &node->key))
            return "has the key of another witness";
    node->url = r->n == 4 ? r->words[3] : VIEW_NONE;
    r->p->n_nodes++;
    return NULL;
}

static const char *take_member(struct reading *r, struct policy_node *group, struct view name)
{
    int i = find_node(r->p, name);
    if (i < 0)
        return "names a member that is not defined above";
    if (r->p->nodes[i].is_member)
        return "names a member that is in a group already";
    r->p->nodes[i].is_member = true;
    group->members[group->n_members++] = (uint8_t)i;
    return NULL;
}

static const char *take_group(struct reading *r)
{
    struct policy_node *node;
    int64_t k;
    if (r->n < 4)
        return "must be: group <name> all|any|<k> <name>...";
    const char *rule = new_node(r, &node);
    node = &r->p->nodes[r->p->n_nodes];
    for (size_t i = 3; i < r->n && !rule; i++)
        rule = take_member(r, node, r->words[i]);
    if (rule)
        return rule;
    node->is_group = true;
    if (view_equal_text(r->words[2], "all"))
        k = node->n_members;
    else if (view_equal_text(r->words[2], "any"))
        k = 1;
    else if (!text_to_int(r->words[2], &k))
        return "has a threshold that is neither all, any nor a number";
    if (k < 1 || k > (int64_t)node->n_members)
        return "has a threshold below 1 or above the number of members";
    node->threshold = (unsigned)k;
    r->p->n_nodes++;
    return NULL;
}

static const char *take_quorum(struct reading *r)
{
    if (r->n != 2)
        return "must be: quorum <name>";
    if (r->has_quorum)
        return "defines a second quorum";
    r->has_quorum = true;
    bool none = view_equal_text(r->words[1], "none");
    r->p->quorum = none ? POLICY_NO_QUORUM : find_node(r->p, r->words[1]);
    return none || r->p->quorum >= 0 ? NULL : "names a witness or group that is not defined above";
}

static const struct {
    const char *word;
    line_fn *take;
} kinds[] = {{"log", take_log}, {"witness", take_witness}, {"group", take_group}, {"quorum", take_quorum}};

/* --- the file --------------------------------------------------------------------------------------------------- */

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

/* "sequences of ASCII space and tab characters only" */
static size_t split_line(struct view *words, struct view line)
{
    size_t n = 0, i = 0;
    while (i < line.n && n < WORDS_MAX) {
        while (i < line.n && is_blank(line.p[i]))
            i++;
        size_t from = i;
        while (i < line.n && !is_blank(line.p[i]))
            i++;
        if (i > from)
            words[n++] = view_part(line, from, i - from);
    }
    return n;
}

static const char *take_line(struct reading *r, struct view line)
{
    struct view words[WORDS_MAX];
    for (size_t i = 0; i < line.n; i++)
        if ((line.p[i] < ' ' && line.p[i] != '\t') || line.p[i] == 0x7F)
            return "has a control character";
    r->words = words;
    r->n = split_line(words, line);
    if (r->n == 0 || words[0].p[0] == '#')
        return NULL;
    if (r->n == WORDS_MAX)
        return "has too many words";
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (view_equal_text(words[0], kinds[i].word))
            return kinds[i].take(r);
    return "is neither log, witness, group nor quorum";
}

enum err policy_read(struct policy **out, struct arena *a, struct view text, struct policy_fault *fault)
{
    struct view line;
    *out = NULL;
    *fault = (struct policy_fault){0, "is larger than 256 KiB"};
    if (text.n > POLICY_MAX)
        return ERR_SYNTAX;
    struct policy *p = arena_alloc(a, sizeof *p);
    if (!p)
        return ERR_MEMORY;
    struct reading r = {.p = p, .a = a};
    p->quorum = POLICY_NO_QUORUM;
    for (fault->line = 1; view_next(&text, '\n', &line); fault->line++)
        if ((fault->rule = take_line(&r, line)))
            return ERR_SYNTAX;
    *fault = (struct policy_fault){0, r.has_quorum ? NULL : "has no quorum line"};
    if (!r.has_quorum)
        return ERR_SYNTAX;
    *out = p;
    return ERR_OK;
}

enum err policy_read_file(const struct policy **out, struct arena *a, const char *path, const char **why)
{
    struct view text;
    struct policy *p;
    struct policy_fault fault;
    *out = NULL;
    if (!path)
        return ERR_OK;
    enum err err = file_read(a, path, POLICY_MAX, &text);
    if (err) {
        *why = arena_printf(a, "%s cannot be read: %s", path,
                            err == ERR_NOT_FOUND ? "there is no such file" : err_words(err));
        return err == ERR_MEMORY ? err : ERR_CONFIG;
    }
    err = policy_read(&p, a, text, &fault);
    if (err == ERR_SYNTAX)
        *why = arena_printf(a, "%s:%d: the line %s", path, fault.line, fault.rule);
    *out = err ? NULL : p;
    return err == ERR_SYNTAX ? ERR_CONFIG : err;
}

/* --- the verdict ------------------------------------------------------------------------------------------------ */

const char *policy_answer_text(enum policy_answer a)
{
    static const char *const texts[] = {"good", "the log is not in the policy",
                                        "the log has not signed this checkpoint", "a signature is wrong",
                                        "not enough witnesses have cosigned"};
    return (size_t)a < sizeof texts / sizeof *texts ? texts[a] : "unknown";
}

/* Any key of this origin will do; one wrong signature spoils the note. */
static enum err decide_log(enum policy_answer *out, const struct policy *p, const struct checkpoint *c)
{
    *out = POLICY_UNKNOWN_LOG;
    bool is_signed = false;
    for (size_t i = 0; i < p->n_logs; i++) {
        if (!view_equal(p->logs[i].key.name, c->origin))
            continue;
        enum err err = note_verify(&c->note, &p->logs[i].key, NULL);
        is_signed |= err == ERR_OK;
        *out = err == ERR_MISMATCH ? POLICY_BAD_SIGNATURE : is_signed ? POLICY_GOOD : POLICY_NOT_SIGNED;
        if (err == ERR_MISMATCH)
            return ERR_OK;
        if (err && err != ERR_NOT_FOUND)
            return err;
    }
    return ERR_OK;
}

static enum err decide_witnesses(struct policy_verdict *v, const struct policy *p, const struct checkpoint *c)
{
    for (size_t i = 0; i < p->n_nodes; i++) {
        int64_t at;
        if (p->nodes[i].is_group)
            continue;
        enum err err = note_verify(&c->note, &p->nodes[i].key, &at);
        if (err == ERR_MISMATCH)
            v->answer = POLICY_BAD_SIGNATURE;
        else if (err && err != ERR_NOT_FOUND)
            return err;
        v->cosigned[i] = err == ERR_OK;
        v->witnesses += err == ERR_OK;
        if (!err && at > v->newest)
            v->newest = at;
    }
    return ERR_OK;
}

/* Members come before their groups, so one pass is enough. */
static bool has_quorum(const struct policy *p, const bool cosigned[POLICY_NODES])
{
    bool good[POLICY_NODES] = {false};
    if (p->quorum == POLICY_NO_QUORUM)
        return true;
    for (size_t i = 0; i < p->n_nodes; i++) {
        const struct policy_node *node = &p->nodes[i];
        unsigned n = 0;
        for (unsigned k = 0; k < node->n_members; k++)
            n += good[node->members[k]];
        good[i] = node->is_group ? n >= node->threshold : cosigned[i];
    }
    return good[p->quorum];
}

enum err policy_decide(struct policy_verdict *out, const struct policy *p, const struct checkpoint *c)
{
    *out = (struct policy_verdict){0};
    enum err err = decide_log(&out->answer, p, c);
    if (err || out->answer != POLICY_GOOD)
        return err;
    err = decide_witnesses(out, p, c);
    if (!err && out->answer == POLICY_GOOD && !has_quorum(p, out->cosigned))
        out->answer = POLICY_NO_WITNESSES;
    return err;
}
