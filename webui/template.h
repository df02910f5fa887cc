/* template: a page of markup with bindings, read once and compiled to a flat program, so that writing a page is only
 * appending pieces. The markup is well-formed XHTML; what the program adds is bound by attributes:
 *
 *   g:text="name"          the element's content is this fact, escaped
 *   g:word="login.title"   the content is this word; "{name}" in it is a fact, escaped.
 *                          "problem.{problem}.title": one word for each value of the choice `problem`
 *   g:words="login.steps"  the element once for each item of the word, which "|" separates
 *   g:if="a !b c=value"    the element stays only if all hold (flag is true, text is not empty, list is not empty,
 *                          choice has that value)
 *   g:each="list"          the element once for each item; inside, the item's facts stand before the page's
 *   put:NAME="fact"        attribute NAME is this fact; left out if absent; a flag gives NAME="NAME" or nothing;
 *                          "field-{id}" may mix text and facts
 *   say:NAME="word"        attribute NAME is this word
 *   asset:NAME="file"      attribute NAME is the address of a file of ours (webui/assets.h)
 *   <g:include part="x"/>  the children of the root element of part x
 *
 * with xmlns:g="urn:genkan:page", put="urn:genkan:put", say="urn:genkan:say", asset="urn:genkan:asset".
 * Values can only come out escaped: there is no raw binding. An attribute that holds an address takes only a fact of
 * the kind FACT_URL, and an address that is neither http(s) nor a path of our own is left out with its attribute.
 * Refused when read: inline script and style, on... attributes, frames, embedded objects, text outside of words,
 * unknown facts and words. */
#ifndef WEBUI_TEMPLATE_H
#define WEBUI_TEMPLATE_H

#include "base/buf.h"
#include "webui/program.h"
#include "webui/words.h"

/* Files parsed once and used again: every page has the same parts, and there is one template for each language. Known
 * by the address of their bytes, which must not change meanwhile. */
struct template_docs;
enum err template_docs_open(struct template_docs **out) MUST_CHECK;
void template_docs_close(struct template_docs *d); /* NULL is allowed */

/* What a page may use while it is read. */
struct template_env {
    const struct fact *facts;
    const struct words *words;
    struct template_docs *docs; /* NULL: every file is parsed anew */
    /* The bytes of a part / the address of an asset; false when there is none. */
    bool (*part)(void *ctx, struct view name, struct view *xhtml);
    bool (*asset)(void *ctx, struct arena *a, struct view name, struct view *address);
    /* Told every key that is used, for the test that no word is idle; may be NULL. */
    void (*used)(void *ctx, struct view key);
    void *ctx;
};

struct template;

/* ERR_SYNTAX: *why (in the arena) says what is wrong. The template lives as long as ARENA and the tables of ENV. */
enum err template_read(struct template **out, struct arena *a, struct view xhtml, const struct template_env *env,
                       const char **why) MUST_CHECK;

/* Appends the page. FACTS is the struct that env.facts describes. Failures stick in OUT. */
void template_put(struct buf *out, const struct template *t, const void *facts);

#endif
