/* browser: a small HTTP client that keeps cookies, follows redirects inside one origin and walks pages by their forms,
 * for tests. It stops where a redirect leaves the origin, as a service would take over there. */
#ifndef TESTS_LIB_BROWSER_H
#define TESTS_LIB_BROWSER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

enum { BROWSER_COOKIES = 16 };

struct browser_cookie {
    char name[64], value[512];
};

struct browser {
    const char *origin;   /* like "http://localhost:8080" */
    char connect[128];    /* where that really is: "localhost:8080:127.0.0.1:43210" */
    const char *language; /* Accept-Language; NULL: "ja" */
    const char *method;   /* of the next browser_send and no other; NULL: GET, or POST with a body */
    const char *agent;    /* User-Agent; NULL: none is sent */
    const char *client;   /* whom a proxy names with X-Forwarded-For; NULL: it names nobody */
    const char *from;     /* our own address, like "127.0.0.2"; NULL: whichever */
    void *curl;
    struct arena a; /* everything below, and what a test reads */
    struct browser_cookie cookies[BROWSER_COOKIES];

    /* The last answer. STATUS 0: the server did not answer. */
    int status;
    const char *url; /* where we are: of the last request, or the foreign address of the redirect that ended here */
    bool elsewhere;  /* URL is of another origin, and was not asked */
    const char *location; /* the Location header of the last answer, or NULL */
    const char *headers;  /* all of them, for looking at */
    const char *content_type;
    struct view body;
    void *page; /* the parsed document, or NULL */
};

/* ORIGIN must outlive it. PORT of 127.0.0.1 where the server really listens. */
void browser_open(struct browser *b, const char *origin, uint16_t port);
void browser_close(struct browser *b);

/* Forgets cookies, the last answer and everything in the arena: a new browser at the same place. */
void browser_forget(struct browser *b);

/* The server has moved to another port (restarted); cookies stay. */
void browser_move(struct browser *b, uint16_t port);

/* One exchange, nothing followed. URL: absolute, or a path. HEADERS: NULL-terminated lines, may be NULL. BODY with its
 * CONTENT_TYPE makes it a POST; an absent body a GET. True if an answer came. */
bool browser_send(struct browser *b, const char *url, const char *const *headers, const char *content_type,
                  struct view body);

/* GET / form POST (with the Origin of the page we are on), following redirects while they stay in the origin. */
bool browser_get(struct browser *b, const char *url);
bool browser_post(struct browser *b, const char *url, const char *form);
/* A form POST from a page of another site: no cookies (SameSite=Lax), foreign Origin. */
bool browser_post_from_elsewhere(struct browser *b, const char *url, const char *form);

/* Presses a button of the first form with ACTION: sends its hidden, ticked and filled-in fields. CHANGES:
 * NULL-terminated "name=value" that are set or added ("name" alone is left out), the button's own among them. False: no
 * such form, or no answer. */
bool browser_press(struct browser *b, const char *action, const char *const *changes);
#define PRESS(B, ACTION, ...) browser_press((B), (ACTION), (const char *const[]){__VA_ARGS__, NULL})

/* Looking at the page. Texts live in the browser's arena; NULL when there is none. */
bool browser_has_form(struct browser *b, const char *action);
bool browser_has_id(struct browser *b, const char *id);
size_t browser_count(struct browser *b, const char *xpath); /* nodes of the page that it finds */
const char *browser_field(struct browser *b, const char *action, const char *name); /* value of a form's field */
const char *browser_link(struct browser *b, const char *part); /* the first href that contains PART */
const char *browser_text(struct browser *b, const char *id);   /* all text below the element with this id */
const char *browser_title(struct browser *b);
const char *browser_heading(struct browser *b);
const char *browser_quote(struct browser *b);           /* the number an error page asks to quote */
bool browser_says(struct browser *b, const char *text); /* anywhere in the answer's bytes */

/* The page by its marks. */
enum at {
    AT_NOTHING, /* no answer, or no page of ours */
    AT_ELSEWHERE,
    AT_LOGIN,
    AT_CARD_START,
    AT_CARD_RETURN,
    AT_CARD_PROBLEM,
    AT_PROFILE,
    AT_CONFIRM,
    AT_CONSENT,
    AT_LOGOUT_CONFIRM,
    AT_HOME,
    AT_FORM_POST, /* the form that brings the answer to the service */
    AT_ERROR,
    AT_OTHER,
};
enum at browser_at(struct browser *b);
const char *at_name(enum at at);

/* A parameter of the query of URL, decoded; NULL if not there. */
const char *browser_param(struct browser *b, const char *url, const char *name);

/* Cookies: NULL / set or, with VALUE NULL, forget. */
const char *browser_cookie_value(const struct browser *b, const char *name);
void browser_set_cookie(struct browser *b, const char *name, const char *value);

#endif
