/* check: the rules of `genkan-agent check`: facts in, lines out. What there is to know is gathered by check_look. */
#ifndef JPKI_AGENT_CHECK_H
#define JPKI_AGENT_CHECK_H

#include <sys/types.h>

#include "jpki/agent/desk_words.h"
#include "jpki/agent/issuers.h"
#include "jpki/card/card.h"

#define CHECK_LINES_MAX   128
#define CHECK_READERS_MAX 16

enum check_mark { CHECK_OK, CHECK_NOTE, CHECK_PROBLEM };

/* One finding: what is, and what to do about it (D_NOTHING: nothing). */
struct check_line {
    enum check_mark mark;
    enum desk_word is, todo;
    struct view with[3]; /* for the %s of IS */
    size_t n;
};

struct check_report {
    struct check_line lines[CHECK_LINES_MAX];
    size_t n;
    struct arena *arena; /* texts that are made live here */
};

/* ---- facts ---- */

enum check_kind { CHECK_KIND_UNKNOWN, CHECK_KIND_CONTACT, CHECK_KIND_CONTACTLESS };

struct check_reader_facts {
    bool is_service; /* the service answers */
    bool is_installed;
    struct view wanted; /* part of a name; absent: any */
    bool has_others;    /* there are readers, but none of that name */
    struct {
        struct view name;
        enum check_kind kind;
    } readers[CHECK_READERS_MAX];
    size_t n;
};

struct check_card_facts {
    enum card_result connected; /* what card_connect said */
    bool is_phone;
    enum card_result asked; /* what card_pin_tries said */
    int tries, tries_max;
    enum card_result read; /* of the certificate; CARD_OK with HAS_DATES */
    bool is_hidden;        /* not without the PIN */
    bool has_dates;
    int64_t not_before, not_after, now;
};

struct check_clock_facts {
    int64_t now, newest; /* unix seconds: this clock; the newest file of program and issuers (0: none) */
    bool is_synced;      /* the kernel says that somebody sets it */
};

struct check_port_facts {
    uint16_t port;
    enum { CHECK_PORT_FREE, CHECK_PORT_AGENT, CHECK_PORT_PROGRAM, CHECK_PORT_USER, CHECK_PORT_TAKEN } state;
    struct view program, process, user;
};

struct check_issuer_facts {
    enum err err; /* what issuers_read said */
    const char *problem;
    const struct issuers *all;
};

struct check_window_facts {
    struct view program;
    struct view flavour; /* what the program says of itself, like "qt" or "gtk2:curses"; absent: it does not run */
    bool has_display, has_terminal;
};

/* ---- rules ---- */

void check_reader(struct check_report *out, const struct check_reader_facts *f);
void check_card(struct check_report *out, const struct check_card_facts *f);
void check_clock(struct check_report *out, const struct check_clock_facts *f);
void check_port(struct check_report *out, const struct check_port_facts *f);
void check_issuers(struct check_report *out, const struct check_issuer_facts *f);
void check_window(struct check_report *out, const struct check_window_facts *f);

size_t check_problems(const struct check_report *r);

/* The report as text: a line each, the advice under it, and the sum. */
void check_write(struct buf *out, const struct check_report *r, enum lang lang);

#endif
