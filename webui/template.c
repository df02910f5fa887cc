#include "webui/template.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define PART_DEPTH  4
#define CONDITIONS  8
#define SCRATCH_MAX 65536
#define COMPILE_MAX (4 << 20) /* what reading one page may take */
#define NS_PAGE     "urn:genkan:page"
#define NS_PUT      "urn:genkan:put"
#define NS_SAY      "urn:genkan:say"
#define NS_ASSET    "urn:genkan:asset"
#define NS_XHTML    "http://www.w3.org/1999/xhtml"

struct template
{
    struct program program;
};

/* The page being read. The first failure sticks; everything after it is read for nothing. */
struct reader {
    struct arena *arena;
    const struct template_env *env;
    struct program *program;
    const struct fact *scopes[PROGRAM_DEPTH];
    size_t depth;      /* index of the innermost scope */
    size_t part_depth; /* parts inside parts */
    struct buf scratch;
    const char **why;
    enum err err;
};

static void put_children(struct reader *r, const xmlNode *node);
static void put_element(struct reader *r, const xmlNode *node);

/* --- small things --------------------------------------------------------------------------------------------- */

static void fail(struct reader *r, const xmlNode *node, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void fail(struct reader *r, const xmlNode *node, const char *format, ...)
{
    char text[256];
    if (r->err)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    r->err = ERR_SYNTAX;
    *r->why = arena_printf(r->arena, "line %ld: %s", node ? xmlGetLineNo(node) : 0, text);
}

static struct view text_of(const xmlChar *s)
{
    return view_text((const char *)s);
}

static const char *name_of(const xmlNode *node)
{
    return (const char *)node->name;
}

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

static bool is_of(const xmlNs *ns, const char *uri)
{
    return ns && strcmp((const char *)ns->href, uri) == 0;
}

/* The value of an attribute; the page's attributes hold plain text only, so it is one text node. */
static struct view value_of(const xmlAttr *attribute)
{
    const xmlNode *text = attribute->children;
    if (!text)
        return VIEW("");
    return text->type == XML_TEXT_NODE && !text->next ? text_of(text->content) : VIEW_NONE;
}

/* An attribute of the namespace "g"; absent if there is none. */
static struct view binding(const xmlNode *node, const char *name)
{
    for (const xmlAttr *a = node->properties; a; a = a->next)
        if (is_of(a->ns, NS_PAGE) && strcmp((const char *)a->name, name) == 0)
            return value_of(a);
    return VIEW_NONE;
}

static void put_literal(struct reader *r, const char *text)
{
    program_literal(r->program, view_text(text));
}

static void put_escaped_literal(struct reader *r, struct view v)
{
    struct view escaped;
    r->scratch.n = 0; /* one buffer for all literals */
    escaped_put(&r->scratch, v);
    enum err e = buf_done(&r->scratch, &escaped);
    if (!e)
        program_literal(r->program, escaped);
    else if (!r->err)
        r->err = e;
}

/* --- facts ---------------------------------------------------------------------------------------------------- */

/* The fact called NAME, from the innermost list outwards; *depth says whose it is. */
static const struct fact *find_fact(struct reader *r, const xmlNode *node, struct view name, size_t *depth)
{
    for (size_t d = r->depth + 1; d-- > 0;) {
        for (const struct fact *f = r->scopes[d]; f->name; f++) {
            if (view_equal_text(name, f->name)) {
                *depth = d;
                return f;
            }
        }
    }
    fail(r, node, "there is no fact \"%.*s\" here", (int)name.n, name.p);
    return NULL;
}

static bool is_text(const struct fact *f)
{
    return f->kind == FACT_TEXT || f->kind == FACT_URL || f->kind == FACT_CHOICE;
}

static void put_fact(struct reader *r, const xmlNode *node, struct view name)
{
    size_t depth;
    const struct fact *f = find_fact(r, node, name, &depth);
    if (f && !is_text(f))
        fail(r, node, "the fact \"%s\" is no text", f->name);
    else if (f)
        program_step(r->program, (struct program_op){.kind = OP_TEXT, .fact = f, .depth = depth});
}

/* Text with facts in braces. */
static void put_pattern(struct reader *r, const xmlNode *node, struct view text)
{
    while (text.n && !r->err) {
        size_t open = view_index(text, '{');
        put_escaped_literal(r, view_part(text, 0, open));
        if (open == text.n)
            return;
        text = view_from(text, open + 1);
        size_t close = view_index(text, '}');
        put_fact(r, node, view_part(text, 0, close));
        if (close == text.n)
            fail(r, node, "a brace is not closed");
        text = view_from(text, close + 1);
    }
}

static int choice_of(const struct fact *f, struct view name)
{
    for (int i = 0; f->names[i]; i++)
        if (view_equal_text(name, f->names[i]))
            return i;
    return -1;
}

/* One condition "name", "!name", "name=value" or "!name=value" as a step that jumps when it does not hold. */
static size_t put_condition(struct reader *r, const xmlNode *node, struct view text)
{
    struct program_op op = {.kind = OP_IF};
    if (text.n && text.p[0] == '!') {
        op.negate = true;
        text = view_from(text, 1);
    }
    size_t at = view_index(text, '=');
    op.fact = find_fact(r, node, view_part(text, 0, at), &op.depth);
    if (!op.fact)
        return 0;
    if ((op.fact->kind == FACT_CHOICE) != (at < text.n))
        fail(r, node, "\"%s\": only a choice is compared, and always", op.fact->name);
    else if (op.fact->kind == FACT_CHOICE && (op.choice = choice_of(op.fact, view_from(text, at + 1))) < 0)
        fail(r, node, "\"%s\" has no such value", op.fact->name);
    return program_step(r->program, op);
}

/* --- words ---------------------------------------------------------------------------------------------------- */

typedef void word_fn(struct reader *r, const xmlNode *node, const char *attribute, struct view text);

static void use_word(struct reader *r, const xmlNode *node, const char *attribute, struct view key, word_fn *put)
{
    struct view text;
    if (r->env->used)
        r->env->used(r->env->ctx, key);
    if (words_find(r->env->words, key, &text))
        put(r, node, attribute, text);
    else
        fail(r, node, "there is no word \"%.*s\"", (int)key.n, key.p);
}

/* KEY is "a.{choice}.b": the word of each value, of which one is written. */
static void use_words_of_choice(struct reader *r, const xmlNode *node, const char *attribute, struct view key,
                                word_fn *put)
{
    size_t open = view_index(key, '{'), close = view_index(key, '}'), depth;
    const struct fact *f = close > open ? find_fact(r, node, view_part(key, open + 1, close - open - 1), &depth) : NULL;
    if (!f || f->kind != FACT_CHOICE) {
        fail(r, node, "the word \"%.*s\" needs a choice", (int)key.n, key.p);
        return;
    }
    for (int i = 0; f->names[i] && !r->err; i++) {
        const char *one = arena_printf(r->arena, "%.*s%s%.*s", (int)open, key.p, f->names[i], (int)(key.n - close - 1),
                                       key.p + close + 1);
        size_t jump =
            program_step(r->program, (struct program_op){.kind = OP_IF, .fact = f, .depth = depth, .choice = i});
        use_word(r, node, attribute, view_text(one), put);
        program_jump_here(r->program, jump);
    }
}

static void put_word(struct reader *r, const xmlNode *node, const char *attribute, struct view key, word_fn *put)
{
    if (view_index(key, '{') < key.n)
        use_words_of_choice(r, node, attribute, key, put);
    else
        use_word(r, node, attribute, key, put);
}

static void word_as_content(struct reader *r, const xmlNode *node, const char *attribute, struct view text)
{
    (void)attribute;
    put_pattern(r, node, text);
}

static void word_as_attribute(struct reader *r, const xmlNode *node, const char *attribute, struct view text)
{
    put_literal(r, " ");
    put_literal(r, attribute);
    put_literal(r, "=\"");
    put_pattern(r, node, text);
    put_literal(r, "\"");
}

/* --- attributes ----------------------------------------------------------------------------------------------- */

static bool is_address(const char *name)
{
    static const char *const names[] = {"href", "src",        "action",   "formaction", "poster",   "cite",   "data",
                                        "ping", "background", "manifest", "srcset",     "longdesc", "usemap", NULL};
    return is_one_of(name, names);
}

/* What could run or load something, or hide text from the words. */
static bool is_refused_attribute(const char *name)
{
    static const char *const names[] = {"style", "srcdoc", "http-equiv", "nonce", NULL};
    return (name[0] == 'o' && name[1] == 'n') || is_one_of(name, names);
}

static bool is_spoken(const char *name)
{
    static const char *const names[] = {"title", "alt", "aria-label", "placeholder", "aria-description", NULL};
    return is_one_of(name, names);
}

static void put_static(struct reader *r, const xmlNode *node, const char *name, struct view value)
{
    if (is_spoken(name) && value.n)
        fail(r, node, "the text of \"%s\" belongs into the words", name);
    if (is_address(name) && !(value.n && value.p[0] == '#') && !(address_is_safe(value) && value.p[0] == '/'))
        fail(r, node, "\"%s\" leads out of Genkan", name);
    put_literal(r, " ");
    put_literal(r, name);
    put_literal(r, "=\"");
    put_escaped_literal(r, value);
    put_literal(r, "\"");
}

static void put_flag(struct reader *r, const struct fact *f, size_t depth, const char *name)
{
    size_t jump = program_step(r->program, (struct program_op){.kind = OP_IF, .fact = f, .depth = depth});
    put_literal(r, " ");
    put_literal(r, name);
    put_literal(r, "=\"");
    put_literal(r, name);
    put_literal(r, "\"");
    program_jump_here(r->program, jump);
}

static void put_bound(struct reader *r, const xmlNode *node, const char *name, struct view value)
{
    size_t depth;
    if (!is_address(name) && view_index(value, '{') < value.n) {
        word_as_attribute(r, node, name, value);
        return;
    }
    const struct fact *f = find_fact(r, node, value, &depth);
    if (!f)
        return;
    if (is_address(name) && f->kind != FACT_URL)
        fail(r, node, "\"%s\" takes only an address", name);
    else if (is_address(name))
        program_attribute(r->program, OP_ADDRESS, view_text(name), f, depth);
    else if (f->kind == FACT_FLAG)
        put_flag(r, f, depth, name);
    else if (is_text(f))
        program_attribute(r->program, OP_ATTRIBUTE, view_text(name), f, depth);
    else
        fail(r, node, "the fact \"%s\" is no attribute", f->name);
}

static void put_asset(struct reader *r, const xmlNode *node, const char *name, struct view file)
{
    struct view address;
    if (r->env->asset && r->env->asset(r->env->ctx, r->arena, file, &address))
        put_static(r, node, name, address);
    else
        fail(r, node, "there is no asset \"%.*s\"", (int)file.n, file.p);
}

static void put_attribute(struct reader *r, const xmlNode *node, const xmlAttr *a)
{
    const char *name = (const char *)a->name;
    struct view value = value_of(a);
    if (is_refused_attribute(name) || !view_is(value))
        fail(r, node, "the attribute \"%s\" is refused", name);
    else if (!a->ns)
        put_static(r, node, name, value);
    else if (is_of(a->ns, NS_PUT))
        put_bound(r, node, name, value);
    else if (is_of(a->ns, NS_SAY) && !is_address(name))
        put_word(r, node, name, value, word_as_attribute);
    else if (is_of(a->ns, NS_ASSET))
        put_asset(r, node, name, value);
    else if (!is_of(a->ns, NS_PAGE))
        fail(r, node, "the attribute \"%s\" is of a strange namespace", name);
}

static void check_bindings(struct reader *r, const xmlNode *node)
{
    static const char *const names[] = {"text", "word", "words", "if", "each", NULL};
    size_t contents = 0;
    for (const xmlAttr *a = node->properties; a; a = a->next) {
        if (!is_of(a->ns, NS_PAGE))
            continue;
        if (!is_one_of((const char *)a->name, names))
            fail(r, node, "there is no binding g:%s", (const char *)a->name);
        contents += ((const char *)a->name)[0] == 't' || ((const char *)a->name)[0] == 'w';
    }
    if (contents > 1 || (contents && node->children))
        fail(r, node, "the element has two contents");
}

/* --- elements ------------------------------------------------------------------------------------------------- */

static bool is_void(const char *name)
{
    static const char *const names[] = {"meta", "link", "input", "br", "hr", "img", "wbr", "col", NULL};
    return is_one_of(name, names);
}

static bool is_refused_element(const char *name)
{
    static const char *const names[] = {"style", "frame", "object", "embed", "applet", "base",
                                        "svg",   "math",  "audio",  "video", "portal", NULL};
    return is_one_of(name, names);
}

/* What is in a frame may run and keep its own cookies, but neither open windows nor take the page away. */
#define CAGE "allow-scripts allow-same-origin"

static bool is_caged(const xmlNode *node)
{
    for (const xmlAttr *a = node->properties; a; a = a->next)
        if (!a->ns && strcmp((const char *)a->name, "sandbox") == 0)
            return view_equal_text(value_of(a), CAGE);
    return false;
}

static void check_element(struct reader *r, const xmlNode *node)
{
    bool script = strcmp(name_of(node), "script") == 0;
    if (!is_of(node->ns, NS_XHTML) || is_refused_element(name_of(node)))
        fail(r, node, "the element \"%s\" is refused", name_of(node));
    if (strcmp(name_of(node), "iframe") == 0 && !is_caged(node))
        fail(r, node, "an iframe has sandbox=\"" CAGE "\"");
    if (!script)
        return;
    const xmlAttr *a = node->properties;
    bool asset = a && is_of(a->ns, NS_ASSET) && strcmp((const char *)a->name, "src") == 0;
    if (node->children || !asset)
        fail(r, node, "a script is a file of ours");
}

static void put_open_tag(struct reader *r, const xmlNode *node)
{
    put_literal(r, "<");
    put_literal(r, name_of(node));
    if (strcmp(name_of(node), "html") == 0)
        put_literal(r, " xmlns=\"" NS_XHTML "\"");
    for (const xmlAttr *a = node->properties; a && !r->err; a = a->next)
        put_attribute(r, node, a);
    put_literal(r, is_void(name_of(node)) ? "/>" : ">");
}

static void put_close_tag(struct reader *r, const xmlNode *node)
{
    if (is_void(name_of(node)))
        return;
    put_literal(r, "</");
    put_literal(r, name_of(node));
    put_literal(r, ">");
}

/* One item of a word that is a list: the whole element. */
static void words_as_elements(struct reader *r, const xmlNode *node, const char *attribute, struct view text)
{
    struct view item;
    (void)attribute;
    while (view_next(&text, '|', &item)) {
        put_open_tag(r, node);
        put_pattern(r, node, item);
        put_close_tag(r, node);
    }
}

static void put_content(struct reader *r, const xmlNode *node)
{
    struct view text = binding(node, "text"), word = binding(node, "word");
    if (view_is(text))
        put_fact(r, node, text);
    else if (view_is(word))
        put_word(r, node, NULL, word, word_as_content);
    else
        put_children(r, node);
}

static void put_one(struct reader *r, const xmlNode *node)
{
    struct view words = binding(node, "words");
    if (view_is(words)) {
        put_word(r, node, NULL, words, words_as_elements);
        return;
    }
    put_open_tag(r, node);
    put_content(r, node);
    put_close_tag(r, node);
}

static void put_each(struct reader *r, const xmlNode *node, struct view list)
{
    size_t depth;
    const struct fact *f = find_fact(r, node, list, &depth);
    if (!f)
        return;
    if (f->kind != FACT_LIST || r->depth + 1 == PROGRAM_DEPTH) {
        fail(r, node, "\"%s\" is no list, or too deep inside lists", f->name);
        return;
    }
    size_t step = program_step(r->program, (struct program_op){.kind = OP_EACH, .fact = f, .depth = depth});
    r->scopes[++r->depth] = f->item;
    put_one(r, node);
    r->depth--;
    program_jump_here(r->program, step);
}

static size_t put_conditions(struct reader *r, const xmlNode *node, size_t steps[CONDITIONS])
{
    struct view rest = binding(node, "if"), one;
    size_t n = 0;
    while (view_next(&rest, ' ', &one) && !r->err) {
        if (n == CONDITIONS)
            fail(r, node, "too many conditions");
        else
            steps[n++] = put_condition(r, node, one);
    }
    return n;
}

static void put_bound_element(struct reader *r, const xmlNode *node)
{
    size_t steps[CONDITIONS], n = put_conditions(r, node, steps);
    struct view list = binding(node, "each");
    if (r->err)
        return;
    if (view_is(list))
        put_each(r, node, list);
    else
        put_one(r, node);
    while (n-- > 0)
        program_jump_here(r->program, steps[n]);
}

/* --- documents ------------------------------------------------------------------------------------------------ */

/* Nothing is fetched, and a document that declares anything of its own (entities, attributes) is refused. */
static xmlDoc *parse(struct reader *r, struct view xhtml)
{
    xmlParserCtxt *x = xmlNewParserCtxt();
    if (!x) {
        r->err = ERR_MEMORY;
        return NULL;
    }
    int options = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_BIG_LINES;
    xmlDoc *doc = xmlCtxtReadMemory(x, (const char *)xhtml.p, (int)xhtml.n, NULL, "UTF-8", options);
    const xmlError *e = xmlCtxtGetLastError(x);
    const xmlDtd *dtd = doc ? doc->intSubset : NULL;
    if (!doc)
        fail(r, NULL, "not well-formed: line %d: %s", e ? e->line : 0, e && e->message ? e->message : "");
    else if (dtd && (dtd->ExternalID || dtd->SystemID || dtd->children || dtd->entities))
        fail(r, NULL, "the document type declares something");
    xmlFreeParserCtxt(x);
    return doc;
}

/* --- documents that are kept ------------------------------------------------------------------------------------ */

enum { DOCS_MAX = 128 };

struct template_docs {
    struct {
        const uint8_t *bytes;
        xmlDoc *doc;
    } kept[DOCS_MAX];
    size_t n;
};

enum err template_docs_open(struct template_docs **out)
{
    *out = calloc(1, sizeof **out);
    return *out ? ERR_OK : ERR_MEMORY;
}

void template_docs_close(struct template_docs *d)
{
    for (size_t i = 0; d && i < d->n; i++)
        xmlFreeDoc(d->kept[i].doc);
    free(d);
}

/* *OWN: the document is the caller's to free. */
static xmlDoc *get_doc(struct reader *r, struct view xhtml, bool *own)
{
    struct template_docs *d = r->env->docs;
    *own = false;
    for (size_t i = 0; d && i < d->n; i++)
        if (d->kept[i].bytes == xhtml.p)
            return d->kept[i].doc;
    xmlDoc *doc = parse(r, xhtml);
    *own = !d || r->err || d->n == DOCS_MAX;
    if (doc && !*own) {
        d->kept[d->n].bytes = xhtml.p;
        d->kept[d->n++].doc = doc;
    }
    return doc;
}

static void include_part(struct reader *r, const xmlNode *node)
{
    const xmlAttr *a = node->properties;
    struct view xhtml, name = a ? value_of(a) : VIEW_NONE;
    if (strcmp(name_of(node), "include") != 0 || r->part_depth == PART_DEPTH ||
        !r->env->part(r->env->ctx, name, &xhtml)) {
        fail(r, node, "there is no part \"%.*s\"", (int)name.n, name.p ? (const char *)name.p : "");
        return;
    }
    bool own;
    xmlDoc *doc = get_doc(r, xhtml, &own);
    r->part_depth++;
    if (doc && !r->err)
        put_children(r, xmlDocGetRootElement(doc));
    r->part_depth--;
    if (doc && own)
        xmlFreeDoc(doc);
}

static void put_element(struct reader *r, const xmlNode *node)
{
    if (is_of(node->ns, NS_PAGE)) {
        include_part(r, node);
        return;
    }
    check_element(r, node);
    check_bindings(r, node);
    if (!r->err)
        put_bound_element(r, node);
}

/* Space between elements is kept as one character; any other text belongs into the words. */
static void put_space(struct reader *r, const xmlNode *node)
{
    struct view text = text_of(node->content);
    for (size_t i = 0; i < text.n; i++)
        if (!strchr(" \t\r\n", text.p[i]))
            fail(r, node, "text belongs into the words: \"%.*s\"", (int)text.n, text.p);
    put_literal(r, view_index(text, '\n') < text.n ? "\n" : " ");
}

static void put_children(struct reader *r, const xmlNode *node)
{
    for (const xmlNode *child = node->children; child && !r->err; child = child->next) {
        if (child->type == XML_ELEMENT_NODE)
            put_element(r, child);
        else if (child->type == XML_TEXT_NODE)
            put_space(r, child);
        else if (child->type != XML_COMMENT_NODE)
            fail(r, child, "only elements, text and comments are pages");
    }
}

/* Compiles into SCRATCH; *why goes into the arena of the page. */
static enum err compile(struct program *p, struct arena *a, struct arena *scratch, struct view xhtml,
                        const struct template_env *env, const char **why)
{
    bool own;
    program_open(p, scratch);
    struct reader r = {.arena = a, .env = env, .program = p, .scopes = {env->facts}, .why = why};
    buf_open(&r.scratch, scratch, SCRATCH_MAX);
    xmlDoc *doc = get_doc(&r, xhtml, &own);
    if (doc && !r.err) {
        put_literal(&r, "<!DOCTYPE html>\n");
        put_element(&r, xmlDocGetRootElement(doc));
        put_literal(&r, "\n");
    }
    if (doc && own)
        xmlFreeDoc(doc);
    return r.err ? r.err : program_done(p);
}

/* What grew while it was read is left behind: a server keeps a hundred of these. */
enum err template_read(struct template **out, struct arena *a, struct view xhtml, const struct template_env *env,
                       const char **why)
{
    struct template *t = arena_alloc(a, sizeof *t);
    struct arena scratch;
    if (!t)
        return ERR_MEMORY;
    arena_open(&scratch, COMPILE_MAX);
    enum err e = compile(&t->program, a, &scratch, xhtml, env, why);
    if (!e)
        e = program_move(&t->program, a);
    arena_close(&scratch);
    if (!e)
        *out = t;
    return e;
}

void template_put(struct buf *out, const struct template *t, const void *facts)
{
    program_put(out, &t->program, facts);
}
