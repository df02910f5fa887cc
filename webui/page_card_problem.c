#include "webui/page_def.h"

const char *const page_problem_names[] = {
    [PAGE_PROBLEM_USER_CANCELLED] = "user_cancelled",
    [PAGE_PROBLEM_NO_READER] = "no_reader",
    [PAGE_PROBLEM_READER_BUSY] = "reader_busy",
    [PAGE_PROBLEM_NO_CARD] = "no_card",
    [PAGE_PROBLEM_WRONG_CARD] = "wrong_card",
    [PAGE_PROBLEM_CARD_REMOVED] = "card_removed",
    [PAGE_PROBLEM_PIN_LAST_TRY] = "pin_last_try",
    [PAGE_PROBLEM_PIN_BLOCKED] = "pin_blocked",
    [PAGE_PROBLEM_CERT_EXPIRED] = "cert_expired",
    [PAGE_PROBLEM_UNSUPPORTED_CARD] = "unsupported_card",
    [PAGE_PROBLEM_REQUEST_INVALID] = "request_invalid",
    [PAGE_PROBLEM_REQUEST_EXPIRED] = "request_expired",
    [PAGE_PROBLEM_CLOCK_SKEW] = "clock_skew",
    [PAGE_PROBLEM_ORIGIN_REFUSED] = "origin_refused",
    [PAGE_PROBLEM_BUSY] = "busy",
    [PAGE_PROBLEM_UPDATE_REQUIRED] = "update_required",
    [PAGE_PROBLEM_CERT_REVOKED] = "cert_revoked",
    [PAGE_PROBLEM_CERT_NOT_YET] = "cert_not_yet",
    [PAGE_PROBLEM_REVOCATION_UNKNOWN] = "revocation_unknown",
    [PAGE_PROBLEM_WRONG_CERT] = "wrong_cert",
    [PAGE_PROBLEM_PROOF_INVALID] = "proof_invalid",
    [PAGE_PROBLEM_RESPONSE_INVALID] = "response_invalid",
    [PAGE_PROBLEM_OTHER_BROWSER] = "other_browser",
    [PAGE_PROBLEM_USED] = "used",
    [PAGE_PROBLEM_OTHER_RESIDENT] = "other_resident",
    [PAGE_PROBLEM_TEXT_UNREADABLE] = "text_unreadable",
    [PAGE_PROBLEM_TEXT_NONE] = "text_none",
    [PAGE_PROBLEM_SIGN_PIN_LAST_TRY] = "sign_pin_last_try",
    [PAGE_PROBLEM_SIGN_PIN_BLOCKED] = "sign_pin_blocked",
    [PAGE_PROBLEM_SIGN_CERT_EXPIRED] = "sign_cert_expired",
    [PAGE_PROBLEM_SIGN_CERT_REVOKED] = "sign_cert_revoked",
    [PAGE_PROBLEM_SIGN_NONE] = "sign_none",
    [PAGE_PROBLEM_SIGN_WRONG_CERT] = "sign_wrong_cert",
    [PAGE_PROBLEM_TWO_CARDS] = "two_cards",
    [PAGE_PROBLEM_CARD_TAKEN] = "card_taken",
    [PAGE_PROBLEM_CARD_SAME] = "card_same",
    [PAGE_PROBLEM_TOO_OFTEN] = "too_often",
    [PAGE_PROBLEM_CARDS_TOO_MANY] = "cards_too_many",
    [PAGE_PROBLEM_ACCOUNT_DISABLED] = "account_disabled",
    [PAGE_PROBLEMS] = NULL,
};

const struct fact page_card_problem_facts[] = {
    SERVICE_FACTS(page_card_problem),
    FACT_CHOICE_OF(page_card_problem, problem, page_problem_names),
    FACT_CHOICE_OF(page_card_problem, purpose, page_purpose_names),
    FRAME_FACTS,
    NO_MORE_FACTS,
};

void page_card_problem(struct buf *out, const struct pages *pages, const struct page_card_problem *facts)
{
    page_put(out, pages, PAGE_CARD_PROBLEM, &facts->frame);
}

bool page_problem_of(enum page_problem *out, struct view name)
{
    for (enum page_problem p = 0; p < PAGE_PROBLEMS; p++) {
        if (view_equal_text(name, page_problem_names[p])) {
            *out = p;
            return true;
        }
    }
    return false;
}

const char *page_problem_name(enum page_problem p)
{
    return page_problem_names[p];
}
