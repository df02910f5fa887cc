#include "idp/rules/acr.h"

#include "base/text.h"

/* From the weakest to the strongest; the last is what a card login gives. */
static const char *const levels[] = {ACR_CARD};

#define HIGHEST (sizeof levels / sizeof *levels)

/* 1 .. HIGHEST; 0: not one of our levels. */
static size_t rank_of(struct view acr)
{
    for (size_t i = 0; i < HIGHEST; i++)
        if (view_equal_text(acr, levels[i]))
            return i + 1;
    return 0;
}

enum acr_verdict acr_decide(struct view wanted, bool essential, struct view have)
{
    size_t reached = rank_of(have), lowest = 0;
    bool asked = false;
    struct view word;

    while (text_next_word(&wanted, &word)) {
        size_t rank = rank_of(word);
        asked = true;
        if (rank && (!lowest || rank < lowest))
            lowest = rank;
    }
    if (!asked || (!lowest && !essential))
        return ACR_MET;
    if (!lowest)
        return ACR_IMPOSSIBLE;
    return reached >= lowest ? ACR_MET : ACR_LOGIN;
}
