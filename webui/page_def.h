/* page_def: which page is made of which file and which facts. Only the pages themselves and their tests need it. */
#ifndef WEBUI_PAGE_DEF_H
#define WEBUI_PAGE_DEF_H

#include "base/embed.h"
#include "webui/page.h"
#include "webui/template.h"

extern const struct embedded webui_pages[]; /* made by tools/embed: <page>.xhtml, part_<name>.xhtml */
extern const size_t webui_pages_count;
extern const struct embedded webui_words[]; /* words_en.txt, words_ja.txt */
extern const size_t webui_words_count;

enum page_id {
    PAGE_LOGIN,
    PAGE_PROFILE_OFFER,
    PAGE_PROFILE_HELD,
    PAGE_CONFIRM,
    PAGE_CONSENT,
    PAGE_FORM_POST,
    PAGE_CARD_START,
    PAGE_CARD_RETURN,
    PAGE_CARD_PROBLEM,
    PAGE_ERROR,
    PAGE_LOGOUT_CONFIRM,
    PAGE_LOGGED_OUT,
    PAGE_HOME,
    PAGE_INTERESTS,
    PAGE_SERVICES,
    PAGE_SERVICE,
    PAGE_SERVICE_CHANGE,
    PAGE_HISTORY,
    PAGE_RECEIPT,
    PAGE_HOUSEHOLD,
    PAGE_CONTACT,
    PAGE_ME,
    PAGE_CARDS,
    PAGE_SESSIONS,
    PAGE_LEAVE,
    PAGE_LEFT,
    PAGE_DEVICE,
    PAGE_DECOUPLED,
    PAGE_DECOUPLED_DONE,
    PAGE_COUNTER,
    PAGE_AUDIT_JOIN,
    PAGE_AUDIT,
    PAGE_AUDIT_IDENTITY,
    PAGE_STATISTICS,
    PAGE_IDS
};

struct page_def {
    const char *file; /* "login.xhtml" */
    const struct fact *facts;
};

extern const struct fact page_login_facts[], page_profile_offer_facts[], page_profile_held_facts[],
    page_confirm_facts[], page_consent_facts[], page_form_post_facts[], page_card_start_facts[],
    page_card_return_facts[], page_card_problem_facts[], page_error_facts[], page_logout_confirm_facts[],
    page_logged_out_facts[], page_home_facts[], page_interests_facts[], page_services_facts[], page_service_facts[],
    page_service_change_facts[], page_history_facts[], page_receipt_facts[], page_household_facts[],
    page_contact_facts[], page_me_facts[], page_cards_facts[], page_sessions_facts[], page_leave_facts[],
    page_left_facts[], page_slip_facts[], page_audit_join_facts[], page_audit_facts[], page_audit_identity_facts[],
    page_statistics_facts[], page_device_facts[], page_decoupled_facts[], page_decoupled_done_facts[],
    page_counter_facts[];

/* What page ID is made of. */
const struct page_def *page_def(enum page_id id);

/* An environment to read page ID with these words. USED as in struct template_env. */
struct template_env page_env(enum page_id id, const struct words *words, void (*used)(void *, struct view), void *ctx);

/* The words of LANG. Errors as words_read. */
enum err page_words(struct words **out, struct arena *a, enum page_lang lang, const char **why) MUST_CHECK;

/* Writes page ID in the language of FRAME, which is the start of its facts. */
void page_put(struct buf *out, const struct pages *pages, enum page_id id, const struct page_frame *frame);

extern const char *const page_lang_names[];     /* ja en ja-simple */
extern const char *const page_letters_names[];  /* normal large */
extern const char *const page_source_names[];   /* card_signed ... */
extern const char *const page_reason_names[];   /* new ... */
extern const char *const page_duration_names[]; /* once year until_withdrawn */
extern const char *const page_purpose_names[];  /* login reauth read register */
extern const char *const page_rule_names[];     /* none size ... */
extern const char *const page_problem_names[];  /* user_cancelled ... */
extern const char *const page_fault_names[];    /* client ... */
extern const char *const page_closed_names[];   /* no minor suspended */
extern const char *const page_state_names[];    /* live ... */
extern const struct fact page_service_field_facts[];
extern const struct fact page_detail_facts[];

/* Rows of a table of facts: member M of struct T under its own name. */
#define FACT_OF(T, M, KIND)                                                                                            \
    {                                                                                                                  \
        .name = #M, .kind = (KIND), .offset = offsetof(struct T, M)                                                    \
    }
#define FACT_CHOICE_OF(T, M, NAMES)                                                                                    \
    {                                                                                                                  \
        .name = #M, .kind = FACT_CHOICE, .offset = offsetof(struct T, M), .names = (NAMES)                             \
    }
#define FACT_LIST_OF(T, M, N, ITEM, ITEM_FACTS)                                                                        \
    {                                                                                                                  \
        .name = #M, .kind = FACT_LIST, .offset = offsetof(struct T, M), .count_offset = offsetof(struct T, N),         \
        .item_size = sizeof(struct ITEM), .item = (ITEM_FACTS)                                                         \
    }
/* The frame is the first member of every page's facts, so its own offsets serve. */
#define FRAME_FACTS                                                                                                    \
    FACT_CHOICE_OF(page_frame, lang, page_lang_names), FACT_OF(page_frame, request_id, FACT_TEXT),                     \
        FACT_OF(page_frame, csrf, FACT_TEXT), FACT_OF(page_frame, interaction, FACT_TEXT),                             \
        FACT_OF(page_frame, here, FACT_TEXT), FACT_CHOICE_OF(page_frame, letters, page_letters_names),                 \
        {.name = "help_office", .kind = FACT_TEXT, .offset = offsetof(struct page_frame, help.office)},                \
        {.name = "help_phone", .kind = FACT_TEXT, .offset = offsetof(struct page_frame, help.phone)},                  \
        {.name = "help_hours", .kind = FACT_TEXT, .offset = offsetof(struct page_frame, help.hours)},                  \
    {                                                                                                                  \
        .name = "help_email", .kind = FACT_TEXT, .offset = offsetof(struct page_frame, help.email)                     \
    }
#define SERVICE_FACTS(T)                                                                                               \
    {.name = "service", .kind = FACT_TEXT, .offset = offsetof(struct T, service.name)},                                \
        {.name = "organisation", .kind = FACT_TEXT, .offset = offsetof(struct T, service.organisation)},               \
        {.name = "policy_uri", .kind = FACT_URL, .offset = offsetof(struct T, service.policy_uri)},                    \
        {.name = "tos_uri", .kind = FACT_URL, .offset = offsetof(struct T, service.tos_uri)},                          \
    {                                                                                                                  \
        .name = "client_uri", .kind = FACT_URL, .offset = offsetof(struct T, service.client_uri)                       \
    }
#define PARTY_FACTS(T)                                                                                                 \
    {.name = "org_address", .kind = FACT_TEXT, .offset = offsetof(struct T, party.address)},                           \
        {.name = "org_email", .kind = FACT_TEXT, .offset = offsetof(struct T, party.email)},                           \
    {                                                                                                                  \
        .name = "org_phone", .kind = FACT_TEXT, .offset = offsetof(struct T, party.phone)                              \
    }
#define NO_MORE_FACTS                                                                                                  \
    {                                                                                                                  \
        .name = NULL                                                                                                   \
    }

#endif
