/* words: what the pages say in one language. A file of lines `key = text`; `#` begins a comment line. A text may name
 * facts in braces, "{service}", which come out escaped; `|` separates the items of a list. */
#ifndef WEBUI_WORDS_H
#define WEBUI_WORDS_H

#include "base/arena.h"
#include "base/err.h"

struct words;

/* ERR_SYNTAX: a line is no word, a key stands twice or has strange letters; *why (in the arena) names the line.
 * The words live as long as ARENA and FILE. */
enum err words_read(struct words **out, struct arena *a, struct view file, const char **why) MUST_CHECK;

/* Where OVER has a word, W says that from now on. ERR_SYNTAX: OVER has one that W has not. */
enum err words_lay_over(struct words *w, const struct words *over, struct arena *a, const char **why) MUST_CHECK;

/* The text of KEY; false when there is none. */
bool words_find(const struct words *w, struct view key, struct view *text);

size_t words_count(const struct words *w);
/* The keys in byte order; I below words_count. */
struct view words_key(const struct words *w, size_t i);

#endif
