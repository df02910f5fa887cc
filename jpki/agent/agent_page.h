/* agent_page: what the agent shows in the browser. Static, script-free pages; every text from outside is escaped. */
#ifndef JPKI_AGENT_AGENT_PAGE_H
#define JPKI_AGENT_AGENT_PAGE_H

#include "base/buf.h"
#include "jpki/agent/words.h"

/* One of several things the resident chooses from. */
struct agent_choice {
    const char *url;
    struct view text;
};

/* All texts plain, not escaped; VIEW_NONE leaves the part out. */
struct agent_page {
    enum lang lang;
    bool large;
    const char *title;   /* the heading */
    struct view text;    /* what to do */
    struct view service; /* for whom */
    struct view bind;    /* the word, shown large */
    const struct agent_choice *choices;
    size_t n_choices;
    const char *link; /* URL of "press here if it does not go on"; NULL */
    const char *stop; /* URL of "stop and go back"; NULL */
    const char *back; /* URL of "back to the service"; NULL */
};

/* The document as UTF-8 HTML. */
void agent_page_write(struct buf *out, const struct agent_page *p);

/* The Content-Security-Policy that lets exactly the style of our pages be. Text in ARENA; NULL when out of memory. */
const char *agent_page_policy(struct arena *arena);

#endif
