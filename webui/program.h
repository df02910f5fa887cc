/* program: a page compiled to a flat list of steps over a struct of facts. There is no step that writes a value without
 * escaping it. webui/template.h makes programs out of markup. */
#ifndef WEBUI_PROGRAM_H
#define WEBUI_PROGRAM_H

#include "base/buf.h"

#define PROGRAM_DEPTH 4 /* lists inside lists, the page itself counted */

enum fact_kind {
    FACT_TEXT,   /* struct view */
    FACT_URL,    /* struct view */
    FACT_FLAG,   /* bool */
    FACT_CHOICE, /* an enum (int) with names[] */
    FACT_LIST,   /* const item * with size_t at count_offset */
};

/* One member of a struct of facts: how the page calls it and where it is. Tables end with a NULL name. */
struct fact {
    const char *name;
    enum fact_kind kind;
    size_t offset;
    const char *const *names; /* FACT_CHOICE: names[value], NULL behind the last */
    size_t count_offset;      /* FACT_LIST */
    size_t item_size;
    const struct fact *item;
};

enum program_op_kind {
    OP_LITERAL,   /* text[at .. at + n) */
    OP_TEXT,      /* the fact, escaped */
    OP_ATTRIBUTE, /* ' NAME="fact"', NAME = text[at .. at + n); nothing if the fact is absent */
    OP_ADDRESS,   /* the same for an address; nothing if it is not safe */
    OP_IF,        /* go on if the fact holds, else jump */
    OP_EACH,      /* the steps up to jump once for each item */
};

struct program_op {
    enum program_op_kind kind;
    const struct fact *fact;
    size_t depth; /* whose struct the fact is in: 0 the page's, 1 the item's of the outermost list, ... */
    size_t at, n;
    size_t jump;
    int choice;  /* OP_IF on a choice */
    bool negate; /* OP_IF */
};

struct program {
    struct arena *arena;
    struct buf text;
    struct program_op *ops;
    size_t n, size;
    size_t target; /* the last step a jump leads to */
    enum err err;  /* the first failure sticks */
};

void program_open(struct program *p, struct arena *arena);
/* Literals beside each other become one. */
void program_literal(struct program *p, struct view v);
/* A step; its index, for program_jump_here. */
size_t program_step(struct program *p, struct program_op op);
/* ' NAME="fact"' as OP_ATTRIBUTE or OP_ADDRESS. */
void program_attribute(struct program *p, enum program_op_kind kind, struct view name, const struct fact *fact,
                       size_t depth);
/* The jump of step INDEX leads behind the last step so far. */
void program_jump_here(struct program *p, size_t index);
enum err program_done(const struct program *p) MUST_CHECK;

/* Moves a finished program into ARENA, where it takes no more room than it needs. */
enum err program_move(struct program *p, struct arena *arena) MUST_CHECK;

/* Writes the page of FACTS. Failures stick in OUT. */
void program_put(struct buf *out, const struct program *p, const void *facts);

/* Text with & < > " ' escaped; what no HTML text may hold (control characters, broken UTF-8) becomes U+FFFD. */
void escaped_put(struct buf *out, struct view v);

/* May V stand in an attribute that holds an address: http, https, or a path of our own ("/x", never "//x")? */
bool address_is_safe(struct view v);

#endif
