/* page: the pages people see, one typed struct of facts each. A page's markup is pages/<name>.xhtml, its words are in
 * words_ja.txt and words_en.txt; both are built into the program and compiled once, when a page is first asked for
 * (webui/template.h). Values can only come out escaped. Every view must live until the page is written; absent views
 * (VIEW_NONE) leave their element or attribute out where the page says so.
 *
 * The answer carries page_content_type, Cache-Control: no-store, page_csp() and page_referrer_policy(). The server
 * opens the pages once (`const struct pages *pages` in struct op, a forward declaration is enough there). */
#ifndef WEBUI_PAGE_H
#define WEBUI_PAGE_H

#include "base/buf.h"

enum page_lang { PAGE_JA, PAGE_EN, PAGE_EASY, PAGE_LANGS }; /* PAGE_EASY: easy Japanese */

enum page_letters { PAGE_LETTERS_NORMAL, PAGE_LETTERS_LARGE };

/* All pages and words, shared between threads. A language is compiled when the first page of it is written: a server
 * that only answers programs keeps none, and is up sooner. */
struct pages;

enum err pages_open(struct pages **out) MUST_CHECK;
void pages_close(struct pages *p);

/* Compiles every page of a language, if that has not been done. ERR_SYNTAX: a page or a word is wrong, the log says
 * which. Writing a page does it by itself, and its buf takes the error. */
enum err pages_need(const struct pages *p, enum page_lang lang) MUST_CHECK;

/* What every page knows. */
/* Who helps, named at the foot of every page (WCAG 2.2, 3.2.6); OFFICE absent: nobody is named. */
struct page_help {
    struct view office, phone, hours, email;
};

struct page_frame {
    enum page_lang lang;
    struct view request_id;  /* shown in the footer of pages that report a problem, to be quoted */
    struct view csrf;        /* put into every form as "csrf" */
    struct view interaction; /* put into every form of the flow as "i"; absent outside of a login */
    /* This page's path and query, for the switches of language (POST /lang) and letters (POST /letters); absent: none
     * is shown. */
    struct view here;
    enum page_letters letters;
    struct page_help help;
};

/* The service the resident is on the way to. */
struct page_service {
    struct view name, organisation;
    struct view policy_uri, tos_uri, client_uri; /* http(s) addresses or absent (OIDC Registration 2) */
};

/* A hidden field of a form. */
struct page_hidden {
    struct view name, value;
};

/* Response headers of a page besides Content-Type. Static texts. */
/* PAGE_ASKS: its script asks the server. PAGE_POSTS_ELSEWHERE: its form leaves for another origin; the caller adds
 * form-action to the policy. */
enum page_kind { PAGE_PLAIN, PAGE_LINKS_AGENT, PAGE_ASKS, PAGE_POSTS_ELSEWHERE };
extern const char page_content_type[];                 /* text/html; charset=utf-8 */
const char *page_csp(enum page_kind kind);             /* Content-Security-Policy */
const char *page_referrer_policy(enum page_kind kind); /* "origin" for PAGE_LINKS_AGENT (agent rule 5) and
                                                        * PAGE_POSTS_ELSEWHERE, else "same-origin" */

/* --- pages of a login, shown by /next --------------------------------------------------------------------------- */

/* Log in: choose the card reader. POST /login/card (purpose=login), POST /cancel. */
struct page_login {
    struct page_frame frame;
    struct page_service service;
    bool reauth;         /* the service asked for the card again although somebody is logged in */
    bool link;           /* reauth: with the new card, to be linked */
    struct view minutes; /* how long this login may take, "30" */
};
void page_login(struct buf *out, const struct pages *pages, const struct page_login *facts);

/* "Shall Genkan take name, address, birth date and sex from the card?" POST /profile do=register|read|skip. */
struct page_profile_offer {
    struct page_frame frame;
    struct page_service service;
    bool needed; /* the service requires one of them */
    bool own;    /* for no service: she came from the first page */
};
void page_profile_offer(struct buf *out, const struct pages *pages, const struct page_profile_offer *facts);

/* One field of which the card says something else than its verified value. */
struct page_difference {
    struct view title, registered, as_of, read;
};

/* "The card says something else." POST /profile do=replace|keep|register. */
struct page_profile_held {
    struct page_frame frame;
    struct page_service service;
    const struct page_difference *differences;
    size_t n_differences;
};
void page_profile_held(struct buf *out, const struct pages *pages, const struct page_profile_held *facts);

/* "Continue as ...?" POST /confirm do=continue|other, POST /cancel. */
struct page_confirm {
    struct page_frame frame;
    struct page_service service;
    struct view name;         /* absent: no name is registered */
    struct view logged_in_at; /* "13:05", Japan time */
};
void page_confirm(struct buf *out, const struct pages *pages, const struct page_confirm *facts);

enum page_source { PAGE_SOURCE_CARD_SIGNED, PAGE_SOURCE_CARD_READ, PAGE_SOURCE_UPSTREAM, PAGE_SOURCE_RESIDENT };

/* Why the resident is asked (again); PAGE_REASON_NEW is the first time. */
enum page_reason {
    PAGE_REASON_NEW,       /* the service is new to this resident */
    PAGE_REASON_FIELD,     /* asks for a field not yet decided */
    PAGE_REASON_TERMS,     /* its purpose text or terms changed */
    PAGE_REASON_VALUE,     /* the identity proof of a value changed since */
    PAGE_REASON_EXPIRED,   /* the time agreed to is over */
    PAGE_REASON_WITHDRAWN, /* the resident withdrew */
    PAGE_REASON_ONCE,      /* the last consent was for that time only */
    PAGE_REASON_REQUIRED,  /* what was refused is required */
    PAGE_REASON_SUSPENDED, /* somebody suspended the consent */
    PAGE_REASON_DETAIL,    /* asks for something to be done that was not allowed before */
    PAGE_REASON_EACH,      /* asks for something that is allowed each time anew */
    PAGE_REASON_ASKED,     /* prompt=consent */
    PAGE_REASON_CREATE,    /* the service begins anew: the consent that is alive ends */
    PAGE_REASON_MERGE,     /* it adds to the consent that is alive */
    PAGE_REASON_REPLACE    /* the consent becomes what is asked now and nothing else */
};

/* Why nothing may be allowed on this page, whatever it shows. */
enum page_closed {
    PAGE_CLOSED_NOT,
    PAGE_CLOSED_MINOR,    /* the resident is too young to agree alone */
    PAGE_CLOSED_SUSPENDED /* the operator suspended the consent */
};

enum page_duration { PAGE_ONCE, PAGE_YEAR, PAGE_UNTIL_WITHDRAWN };

struct page_item {
    struct view text;
};

struct page_consent_field {
    struct view id, title; /* the tick box is sent as "give-ID" */
    struct view purpose;
    struct view basis, retention, recipients; /* absent: the service did not say */
    struct view storage, processing;          /* where it is kept, and worked on; absent likewise */
    struct view value;       /* as the resident reads it; absent: no value yet, explained, cannot be ticked */
    struct view as_of;       /* "2026-11-22", when the value was read or entered */
    struct view substitutes; /* its characters that stand in for others, "「辻」（3文字目）"; absent: none */
    enum page_source source;
    bool derived; /* computed from another field (age, municipality) */
    bool proven;  /* the service receives with it what verified it (verified_claims) */
    bool sensitive;
    bool ticked;           /* optional ones only: false unless the resident agreed to it before */
    struct view enter_url; /* where a missing value can be entered (interests), path and query; or absent */
    bool from_card;        /* a missing value can be read from the card (POST /profile do=read) */
};

/* POST /consent: i, csrf, give-ID=yes (ticked optional fields), allow-ID=yes (details), duration=once|year|
 * until_withdrawn, do=allow|refuse. */
/* What is to be done elsewhere: in which words, and what exactly. */
struct page_detail_line {
    struct view label, value;
};
struct page_detail {
    struct view id; /* of its tick, "allow-ID" */
    struct view title, sentence;
    const struct page_detail_line *lines;
    size_t n_lines;
    bool each;                /* she is asked each time */
    bool optional, ticked;    /* on the consent page: she may leave it out; she allowed it before */
    bool given;               /* afterwards: she allows it */
    struct view since, until; /* of what was allowed; UNTIL absent: until withdrawn */
};

struct page_consent {
    struct page_frame frame;
    struct page_service service;
    struct view name;  /* whose session this is; absent: no name is registered */
    struct view shown; /* what this page shows, as a digest that comes back with the answer */
    enum page_reason reason;
    enum page_duration duration; /* preselected: PAGE_YEAR unless chosen otherwise before */
    const struct page_consent_field *required, *optional;
    size_t n_required, n_optional;
    const struct page_detail *details;
    size_t n_details;
    bool lacks_required; /* a required field has no value: there is nothing to allow yet */
    bool lacks_card;     /* one of the missing values could come from the card */
    bool lacks_proof;    /* the service wants a value as proven, and it is there but not proven */
    enum page_closed closed;
    const struct page_item *taken, *kept; /* what is not given any more; what goes on besides */
    size_t n_taken, n_kept;
};
void page_consent(struct buf *out, const struct pages *pages, const struct page_consent *facts);

/* The way back to the service by a form (response_mode=form_post): sent by a script, or by its button. */
struct page_form_post {
    struct page_frame frame;
    struct page_service service;
    struct view action; /* the service's address */
    const struct page_hidden *hidden;
    size_t n_hidden;
};
void page_form_post(struct buf *out, const struct pages *pages, const struct page_form_post *facts);

/* --- pages of the card ---------------------------------------------------------------------------------------- */

enum page_purpose { PAGE_PURPOSE_LOGIN, PAGE_PURPOSE_REAUTH, PAGE_PURPOSE_READ, PAGE_PURPOSE_REGISTER };

/* The word, what happens now, the link to the agent. PAGE_LINKS_AGENT. */
struct page_card_start {
    struct page_frame frame;
    struct page_service service;
    enum page_purpose purpose;
    struct view word;      /* "47 さくら" */
    struct view agent_url; /* http://127.0.0.1:<port>/v1/auth/<request> */
    struct view minutes;   /* how long the request lives, "3" */
};
void page_card_start(struct buf *out, const struct pages *pages, const struct page_card_start *facts);

/* Static: its script posts the fragment; without script a paste box does. PAGE_ASKS. */
struct page_card_return {
    struct page_frame frame;
    bool empty; /* the paste box was sent without an answer in it */
};
void page_card_return(struct buf *out, const struct pages *pages, const struct page_card_return *facts);

/* What went wrong with the card: the codes of protocol.md, then what the server itself refuses. */
enum page_problem {
    PAGE_PROBLEM_USER_CANCELLED,
    PAGE_PROBLEM_NO_READER,
    PAGE_PROBLEM_READER_BUSY,
    PAGE_PROBLEM_NO_CARD,
    PAGE_PROBLEM_WRONG_CARD,
    PAGE_PROBLEM_CARD_REMOVED,
    PAGE_PROBLEM_PIN_LAST_TRY,
    PAGE_PROBLEM_PIN_BLOCKED,
    PAGE_PROBLEM_CERT_EXPIRED,
    PAGE_PROBLEM_UNSUPPORTED_CARD,
    PAGE_PROBLEM_REQUEST_INVALID,
    PAGE_PROBLEM_REQUEST_EXPIRED,
    PAGE_PROBLEM_CLOCK_SKEW,
    PAGE_PROBLEM_ORIGIN_REFUSED,
    PAGE_PROBLEM_BUSY,
    PAGE_PROBLEM_UPDATE_REQUIRED,
    PAGE_PROBLEM_CERT_REVOKED,       /* revoked: a new card or certificate was issued, or the holder had it stopped */
    PAGE_PROBLEM_CERT_NOT_YET,       /* not yet valid */
    PAGE_PROBLEM_REVOCATION_UNKNOWN, /* J-LIS did not answer: nobody here is at fault, try later */
    PAGE_PROBLEM_WRONG_CERT,         /* not the user authentication certificate, or not of the real JPKI */
    PAGE_PROBLEM_PROOF_INVALID,      /* the signature does not fit */
    PAGE_PROBLEM_RESPONSE_INVALID,   /* what came back is not an answer of the agent */
    PAGE_PROBLEM_OTHER_BROWSER,      /* came back through a browser that did not start it */
    PAGE_PROBLEM_USED,               /* came back a second time */
    PAGE_PROBLEM_OTHER_RESIDENT,     /* read or reauth with a card of somebody else than is logged in */
    PAGE_PROBLEM_TEXT_UNREADABLE,    /* the text on the card could not be used */
    PAGE_PROBLEM_TEXT_NONE,          /* read: there is no text, as on a phone; she may register instead */
    PAGE_PROBLEM_SIGN_PIN_LAST_TRY,  /* register: one try left for the signature password */
    PAGE_PROBLEM_SIGN_PIN_BLOCKED,   /* register: none left; only the town hall can help */
    PAGE_PROBLEM_SIGN_CERT_EXPIRED,  /* register: the sign certificate is past its date */
    PAGE_PROBLEM_SIGN_CERT_REVOKED,  /* register: revoked, as by every change of name or address */
    PAGE_PROBLEM_SIGN_NONE,          /* register: the card does not sign; children under 15 have no sign certificate */
    PAGE_PROBLEM_SIGN_WRONG_CERT,    /* register: not a sign certificate of the JPKI */
    PAGE_PROBLEM_TWO_CARDS,          /* register: the two certificates cannot be of one card */
    PAGE_PROBLEM_CARD_TAKEN,         /* link: the card is another resident's */
    PAGE_PROBLEM_CARD_SAME,          /* link: the card is hers already */
    PAGE_PROBLEM_TOO_OFTEN,          /* this card proved too often in a short time */
    PAGE_PROBLEM_CARDS_TOO_MANY,     /* link: she has as many as there may be */
    PAGE_PROBLEM_ACCOUNT_DISABLED,   /* the operator has disabled her registration */
    PAGE_PROBLEMS
};

/* "no_reader" <-> PAGE_PROBLEM_NO_READER; false for an unknown name. The name is static. */
bool page_problem_of(enum page_problem *out, struct view name);
const char *page_problem_name(enum page_problem p);

/* POST /login/card (same purpose) tries again; POST /cancel; for PAGE_PURPOSE_READ and PAGE_PURPOSE_REGISTER also
 * POST /profile do=skip, and do=read for the latter.
 * Without frame.interaction (no login is going on any more) only "start again at the service" is said. */
struct page_card_problem {
    struct page_frame frame;
    struct page_service service;
    enum page_problem problem;
    enum page_purpose purpose;
};
void page_card_problem(struct buf *out, const struct pages *pages, const struct page_card_problem *facts);

/* --- pages outside of a login --------------------------------------------------------------------------------- */

enum page_fault {
    PAGE_ERROR_CLIENT,         /* unknown client_id: the service's fault */
    PAGE_ERROR_REDIRECT,       /* redirect URI not registered: the service's fault */
    PAGE_ERROR_REQUEST,        /* any other request of a service that cannot be answered by redirect */
    PAGE_ERROR_PARAMETER,      /* a parameter is duplicate, too long, malformed: facts.parameter, facts.rule */
    PAGE_ERROR_FORM,           /* the form was not sent by our page or is too old (CSRF, other browser) */
    PAGE_ERROR_EXPIRED,        /* the login attempt is over or unknown: start again at the service */
    PAGE_ERROR_NOT_FOUND,      /* 404 */
    PAGE_ERROR_METHOD,         /* 405 */
    PAGE_ERROR_TOO_LARGE,      /* 413, 414, 431 */
    PAGE_ERROR_HOST,           /* 421 */
    PAGE_ERROR_THROTTLED,      /* 429 */
    PAGE_ERROR_CARD_THROTTLED, /* 429: one resident's card, whatever the address */
    PAGE_ERROR_BUSY,           /* 503: store full or locked, overloaded */
    PAGE_ERROR_SERVER,         /* 500 */
    PAGE_ERRORS
};

struct page_error {
    struct page_frame frame; /* request_id is shown, to be quoted */
    enum page_fault fault;
    struct view parameter, rule; /* for PAGE_ERROR_PARAMETER; or absent */
    struct view service;         /* name, when known; or absent */
};
void page_error(struct buf *out, const struct pages *pages, const struct page_error *facts);

/* "Log out?" POST /end_session with HIDDEN and do=logout|stay. */
struct page_logout_confirm {
    struct page_frame frame;
    struct view name;    /* who is logged in; absent: no name is registered */
    struct view service; /* who asks; absent: nobody, or unknown */
    const struct page_hidden *hidden;
    size_t n_hidden;
};
void page_logout_confirm(struct buf *out, const struct pages *pages, const struct page_logout_confirm *facts);

struct page_logout_frame {
    struct view url;
};

struct page_logged_out {
    struct page_frame frame;
    bool was_logged_in;
    const struct page_logout_frame *frames; /* services that hear of it in a frame; the policy must allow them */
    size_t n_frames;
    bool card_taken;                                /* at a kiosk */
    const struct page_item *told, *framed, *untold; /* by the back channel; by a frame alone; not at all */
    size_t n_told, n_framed, n_untold;
    struct view return_url, service; /* back to the service; absent: none */
};
void page_logged_out(struct buf *out, const struct pages *pages, const struct page_logged_out *facts);

/* GET /: who is logged in. POST /end_session logs out; POST /me/card do=login|update uses the card here. */
struct page_home {
    struct page_frame frame;
    bool logged_in;
    struct view name;                 /* absent: no name is registered */
    struct view logged_in_at;         /* "13:05", Japan time */
    const struct page_item *services; /* open in this session */
    size_t n_services;
    struct view idle_minutes; /* after how long without activity the session ends, "15" */
    bool claimed;             /* somebody with a new card says to be her */
    bool renewal;             /* there may be an older registration of hers, or she is on the way to it */
    bool asked;               /* a counter asks her something */
};
void page_home(struct buf *out, const struct pages *pages, const struct page_home *facts);

struct page_interest {
    struct view id, title;
    bool ticked;
};

/* GET/POST /me/interests: interest-ID=yes for each chosen one, i when the resident came from a consent page and goes
 * back there. */
struct page_interests {
    struct page_frame frame;
    struct view name;
    bool saved;
    bool changed;        /* another version was saved meanwhile: what the resident ticked is shown, not saved yet */
    struct view version; /* sent back, so that this is noticed */
    const struct page_interest *interests;
    size_t n_interests;
};
void page_interests(struct buf *out, const struct pages *pages, const struct page_interests *facts);

/* --- what a resident allows ------------------------------------------------------------------------------------ */

enum page_state {
    PAGE_STATE_LIVE,
    PAGE_STATE_SUSPENDED, /* by the resident */
    PAGE_STATE_STOPPED,   /* by the operator */
    PAGE_STATE_WITHDRAWN,
    PAGE_STATE_EXPIRED
};

struct page_service_row {
    struct view url;      /* /me/services/ID */
    struct view open_url; /* where the service begins a login itself (OIDC Core 4); absent: it does not say */
    struct view title, organisation;
    enum page_state state;
    struct view fields;       /* titles of what is given, joined; absent: none */
    struct view details;      /* the same of what may be done elsewhere */
    struct view since, until; /* dates; UNTIL absent: until withdrawn; of an ended one: when it ended */
};

/* GET /me/services */
struct page_services {
    struct page_frame frame;
    struct view name;
    const struct page_service_row *live, *ended;
    size_t n_live, n_ended;
};
void page_services(struct buf *out, const struct pages *pages, const struct page_services *facts);

/* How the organisation is reached; absent: not registered. */
struct page_party {
    struct view address, email, phone;
};

struct page_service_field {
    struct view id, title, purpose, basis, retention, recipients, storage, processing;
    struct view value; /* absent: none is stored */
    struct view as_of;
    enum page_source source;
    bool derived, sensitive, required, given;
    struct view since; /* date of the decision */
    struct view last;  /* when it was last disclosed; absent: never */
};

struct page_choice {
    struct view id, title;
    bool ticked;
};

enum page_done { PAGE_DONE_WITHDRAWN, PAGE_DONE_CHANGED, PAGE_DONE_SUSPENDED, PAGE_DONE_RESUMED, PAGE_DONE_NOTHING };

/* GET /me/services/ID. Its forms POST to URL: do=change (give-ID=yes, allow-ID=yes ...), suspend, resume, withdraw. */
struct page_service_consent {
    struct page_frame frame;
    struct page_service service;
    struct view name;
    struct view url, history_url;
    struct view receipt_url; /* absent: the consent is on no leaf */
    struct view contact;     /* of the service; absent: none is registered */
    struct page_party party;
    bool has_done; /* something was just done: */
    enum page_done done;
    enum page_state state;
    bool live;                /* neither withdrawn nor expired; perhaps suspended */
    struct view since, until; /* as in page_service_row */
    const struct page_service_field *fields;
    size_t n_fields;
    const struct page_detail *details;
    size_t n_details;
    bool may_change;   /* there is something optional to choose from */
    struct view shown; /* as on the consent page */
    const struct page_choice *choices, *detail_choices;
    size_t n_choices, n_detail_choices;
};
void page_service_consent(struct buf *out, const struct pages *pages, const struct page_service_consent *facts);

enum page_act { PAGE_ACT_WITHDRAW, PAGE_ACT_CHANGE, PAGE_ACT_SUSPEND, PAGE_ACT_RESUME };

/* "Shall it be done?" The same POST with sure=yes, or do=keep. */
struct page_service_change {
    struct page_frame frame;
    struct page_service service;
    struct view url;
    enum page_act act;
    const struct page_item *off, *on; /* what is not given any more, what is from now on */
    size_t n_off, n_on;
    const struct page_hidden *hidden;
    size_t n_hidden;
};
void page_service_change(struct buf *out, const struct pages *pages, const struct page_service_change *facts);

enum page_event {
    PAGE_EVENT_REQUESTED,
    PAGE_EVENT_GIVEN,
    PAGE_EVENT_REFUSED,
    PAGE_EVENT_CHANGED,
    PAGE_EVENT_DISCLOSED,
    PAGE_EVENT_WITHDRAWN,
    PAGE_EVENT_EXPIRED,
    PAGE_EVENT_SUSPENDED,
    PAGE_EVENT_OTHER
};

enum page_via {
    PAGE_VIA_CONSENT_PAGE,
    PAGE_VIA_USERINFO,
    PAGE_VIA_HOME,
    PAGE_VIA_SWEEP,
    PAGE_VIA_COMMAND,
    PAGE_VIA_LEAVE,
    PAGE_VIA_ID_TOKEN,
    PAGE_VIA_SERVICE,
    PAGE_VIA_UNCLAIMED,
    PAGE_VIA_OTHER
};

struct page_history_field {
    struct view title;
    struct view purpose; /* as it was registered then; absent: not known any more */
    bool proven;         /* it went out with what verified it */
};

struct page_history_entry {
    struct view time, title; /* TITLE: the service's name */
    enum page_event event;
    enum page_via via;
    const struct page_history_field *fields;
    size_t n_fields;
    const struct page_item *details; /* what was to be done elsewhere */
    size_t n_details;
    struct view position, record_url, proof_url;
};

/* GET /me/history, newest first. */
struct page_history {
    struct page_frame frame;
    struct view name;
    struct view service, service_url; /* one service only; or absent */
    const struct page_history_entry *entries;
    size_t n_entries;
    struct view more_url; /* absent: these are the oldest */
};
void page_history(struct buf *out, const struct pages *pages, const struct page_history *facts);

/* GET /me/services/ID/receipt: to look at and to print. */
struct page_receipt {
    struct page_frame frame;
    struct page_service service;
    struct view name, contact, id, at, sub;
    struct page_party party;
    enum page_state state;
    bool live;
    struct view since, until;
    const struct page_service_field *fields;
    size_t n_fields;
    const struct page_detail *details;
    size_t n_details;
    struct view leaf, event, salt; /* absent: erased */
    struct view service_url, jws_url, json_url, kantara_url, proof_url;
};
void page_receipt(struct buf *out, const struct pages *pages, const struct page_receipt *facts);
/* What is wrong with something that was typed: word "rule.<name>". */
enum page_rule {
    PAGE_RULE_NONE,
    PAGE_RULE_SIZE,     /* number of people: 1 to 30 */
    PAGE_RULE_PEOPLE,   /* fewer people than are listed */
    PAGE_RULE_RELATION, /* of person {number}: choose one */
    PAGE_RULE_YEAR,     /* of person {number} */
    PAGE_RULE_MONTH,    /* of person {number} */
    PAGE_RULE_FUTURE,   /* of person {number}: not born yet */
    PAGE_RULE_EMAIL,
    PAGE_RULE_PHONE,
};

/* One line of the list of what is wrong. */
struct page_slip {
    struct view href; /* "/me/household#year-2" */
    struct view number;
    enum page_rule rule;
};

/* One other person of the household. Of what is wrong, INVALID is "true" and NOTE the id of the explanation. */
struct page_person {
    struct view number; /* "1" */
    bool spouse, child, parent, sibling, grandchild, grandparent, other;
    struct view year, month;
    enum page_rule rule;
    struct view note, relation_invalid, year_invalid, month_invalid;
};

/* GET/POST /me/household: size, relation-N, year-N, month-N, version, do=save|more|clear; i as above. */
struct page_household {
    struct page_frame frame;
    struct view name;
    bool saved, changed;
    bool stored; /* something is registered and can be taken away */
    bool full;   /* no more rows */
    struct view version, rows;
    struct view size;
    enum page_rule size_rule;
    struct view size_note, size_invalid;
    const struct page_person *people;
    size_t n_people;
    const struct page_slip *slips;
    size_t n_slips;
};
void page_household(struct buf *out, const struct pages *pages, const struct page_household *facts);

/* GET/POST /me/contact: email, phone, email-version, phone-version; empty: taken away. */
struct page_contact {
    struct page_frame frame;
    struct view name;
    bool saved, changed;
    struct view email, phone, email_version, phone_version;
    enum page_rule email_rule, phone_rule;
    struct view email_note, email_invalid, phone_note, phone_invalid;
    const struct page_slip *slips;
    size_t n_slips;
};
void page_contact(struct buf *out, const struct pages *pages, const struct page_contact *facts);

struct page_past {
    struct view at; /* day it was recorded */
    bool removed;
    enum page_source source;
    struct view as_of;
    struct view value; /* absent: not kept any more */
};

struct page_mine {
    struct view id, title;
    struct view value; /* absent: nothing registered */
    struct view as_of;
    enum page_source source;
    struct view issuer;            /* of the certificate that verified it; absent: none did */
    struct view from, until, when; /* its first and last day, and when it was checked */
    bool sensitive;
    struct view edit_url; /* absent: from the card only */
    const struct page_past *past;
    size_t n_past;
};

/* GET /me: what is registered, from where, and what was before. */
struct page_me {
    struct page_frame frame;
    struct view name;
    const struct page_mine *fields;
    size_t n_fields;
    bool claimed; /* somebody with a new card says to be her */
};
void page_me(struct buf *out, const struct pages *pages, const struct page_me *facts);

/* One of her cards. */
struct page_card {
    struct view id; /* POST /me/cards do=remove card=ID */
    struct view linked_on, used_on;
    bool here; /* the one she is logged in with */
};

/* Somebody with a new card says to be her. */
struct page_claim {
    struct view id; /* POST /me/cards do=refuse card=ID */
    struct view since, due;
};

/* Where she is herself on the way to an older registration of the same verified person. */
enum page_renewal {
    PAGE_RENEWAL_NONE,
    PAGE_RENEWAL_OFFER,    /* POST /me/cards do=claim */
    PAGE_RENEWAL_WAITING,  /* until renewal_due */
    PAGE_RENEWAL_LOGIN,    /* her card must prove once more */
    PAGE_RENEWAL_CONFIRM,  /* POST /me/cards do=confirm sure=yes */
    PAGE_RENEWAL_REFUSED,  /* that one said no */
    PAGE_RENEWAL_SEVERAL,  /* there are several */
    PAGE_RENEWAL_CONSENTS, /* she has used services with the new card already */
};

/* GET/POST /me/cards; POST /me/card do=link|cards. */
struct page_cards {
    struct page_frame frame;
    struct view name;
    bool fresh;          /* her card was shown a moment ago: cards may be added and removed now */
    struct view minutes; /* how fresh that must be, "5" */
    const struct page_card *cards;
    size_t n_cards;
    const struct page_claim *claims;
    size_t n_claims;
    enum page_renewal renewal;
    struct view renewal_due, wait_days; /* "6 December 2026"; "7" */
    bool unsure;                        /* confirmed without the tick */
};
void page_cards(struct buf *out, const struct pages *pages, const struct page_cards *facts);

/* What can be said of the network of a login, seen from the one she is in now. */
enum page_network { PAGE_NETWORK_UNKNOWN, PAGE_NETWORK_SAME, PAGE_NETWORK_OTHER };

/* What a login was made with, as coarse as she knows it: "Firefox", "Windows"; absent: nothing can be said. */
struct page_session {
    struct view id;     /* for POST /me/sessions do=end|disown session=ID */
    struct view number; /* what people call it, "3fa9-12c0" */
    struct view browser, system;
    enum page_network network;
    struct view country, city;        /* where it came from, near enough; each may be absent */
    struct view since, last;          /* moments: logged in, used last */
    bool here;                        /* the login of this very page */
    bool idle;                        /* asleep: only her card wakes it */
    const struct page_item *services; /* opened in it */
    size_t n_services;
};

/* One line of the log of logins. */
struct page_past_login {
    struct view id, number, at, browser, system; /* as above */
    enum page_network network;
    bool here, disowned;
};

/* GET/POST /me/sessions do=end|others|all|disown. */
struct page_sessions {
    struct page_frame frame;
    struct view name;
    const struct page_session *sessions;
    size_t n_sessions;
    bool others; /* there are more than the one of this page */
    const struct page_past_login *logins;
    size_t n_logins;
    struct view days;   /* how long the log is kept, "180" */
    bool ended;         /* something was ended just now */
    bool places;        /* of a session it is known where it came from */
    struct view credit; /* whose file knows it, if that wants to be named */
    struct view told;   /* the number of the login that she has just disowned; absent: none */
    struct view phone;  /* whom to call when the card is lost, in her language */
};
void page_sessions(struct buf *out, const struct pages *pages, const struct page_sessions *facts);

/* GET/POST /me/leave: sure=yes. */
struct page_leave {
    struct page_frame frame;
    struct view name;
    bool fresh;                       /* the card was shown a moment ago: leaving is possible now */
    bool unsure;                      /* the form came without its tick */
    struct view minutes;              /* how fresh that must be, "5" */
    const struct page_item *services; /* with a consent that ends */
    size_t n_services;
};
void page_leave(struct buf *out, const struct pages *pages, const struct page_leave *facts);

/* Answer to POST /me/leave. */
struct page_left {
    struct page_frame frame;
};
void page_left(struct buf *out, const struct pages *pages, const struct page_left *facts);

/* GET, POST /device: the user code that another device shows. do=enter. */
struct page_device {
    struct page_frame frame;
    struct view code; /* typed or in the address, as people read it; absent: none yet */
    bool wrong;       /* no device waits with that code */
};
void page_device(struct buf *out, const struct pages *pages, const struct page_device *facts);

/* "Did you begin this?" POST /device user_code, or /me/counter request; do=continue|refuse. */
struct page_decoupled {
    struct page_frame frame;
    struct page_service service;
    bool counter;        /* asked by a counter, not by a device */
    struct view binding; /* what both screens show; absent: nothing */
    struct view code;    /* goes back with the form */
};
void page_decoupled(struct buf *out, const struct pages *pages, const struct page_decoupled *facts);

enum page_outcome { PAGE_OUTCOME_ALLOWED, PAGE_OUTCOME_REFUSED, PAGE_OUTCOME_OVER };

struct page_decoupled_done {
    struct page_frame frame;
    struct page_service service; /* name absent: unknown */
    enum page_outcome outcome;
};
void page_decoupled_done(struct buf *out, const struct pages *pages, const struct page_decoupled_done *facts);

struct page_counter_request {
    struct view id, service, organisation, binding, time;
};

/* GET, POST /me/counter: do=code, or request and do=look. */
struct page_counter {
    struct page_frame frame;
    struct view name;
    struct view code, until; /* the code just made, and its end; absent: none */
    const struct page_counter_request *requests;
    size_t n_requests;
};
void page_counter(struct buf *out, const struct pages *pages, const struct page_counter *facts);

/* GET, POST /audit/join: the code of an invitation. */
struct page_audit_join {
    struct page_frame frame;
    struct view name;
    bool wrong; /* no invitation has that code, or not any more */
};
void page_audit_join(struct buf *out, const struct pages *pages, const struct page_audit_join *facts);

struct page_audit_choice {
    struct view id, title;
    bool chosen;
};

/* What an event of the ledger is, in the order of its types (consent/log/leaf.h), which begin with 1. */
enum page_record {
    PAGE_RECORD_REQUESTED = 1,
    PAGE_RECORD_AUDITOR = 11,
    PAGE_RECORD_LAST = PAGE_RECORD_AUDITOR,
};

struct page_audit_event {
    struct view id;
    enum page_record record;
    bool chosen;
};

struct page_audit_row {
    enum page_record record;
    struct view position, time, service, org, resident, ground, what;
};

enum page_identity { PAGE_IDENTITY_WAITING, PAGE_IDENTITY_ALLOWED, PAGE_IDENTITY_DENIED, PAGE_IDENTITY_OVER };

struct page_audit_request {
    struct view id, pseudonym, reason, asked_by, asked_at, decided_by;
    bool person;                 /* no pseudonym but a person is named ... */
    struct view name, birthdate; /* ... and who; absent: forgotten, or not for these eyes */
    enum page_identity state;
    bool may_decide;
    struct view look_url; /* absent: not hers, or not allowed */
};

/* GET /audit: a form of questions (GET), the answer, and POST /audit/identity with do=ask|allow|deny. */
struct page_audit {
    struct page_frame frame;
    struct view name; /* of the auditor */
    struct view since, until, service, org, field, event, resident;
    const struct page_audit_choice *fields;
    const struct page_audit_event *events;
    size_t n_fields, n_events;
    bool asked, too_much;
    const struct page_audit_row *rows;
    size_t n_rows;
    struct view csv_url, json_url, next_url;
    const struct page_audit_request *requests;
    size_t n_requests;
};
void page_audit(struct buf *out, const struct pages *pages, const struct page_audit *facts);

struct page_audit_value {
    struct view title, text;
};

struct page_audit_pseudonym {
    struct view text, url; /* URL: to what is known of it */
};

/* GET /audit/identity */
struct page_audit_identity {
    struct page_frame frame;
    struct view pseudonym, until;
    bool person; /* the other way round: */
    struct view name, birthdate;
    bool over, many; /* all were looked at (else again_url looks on); there may be more */
    struct view again_url;
    const struct page_audit_pseudonym *pseudonyms;
    size_t n_pseudonyms;
    const struct page_audit_value *values;
    size_t n_values;
};
void page_audit_identity(struct buf *out, const struct pages *pages, const struct page_audit_identity *facts);

struct page_statistics_row {
    struct view month, service, field, number;
    enum page_event event;
};

/* GET /statistics */
struct page_statistics {
    struct page_frame frame;
    const struct page_statistics_row *rows;
    size_t n_rows;
};
void page_statistics(struct buf *out, const struct pages *pages, const struct page_statistics *facts);

#endif
