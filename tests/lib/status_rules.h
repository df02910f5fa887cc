/* status_rules: every rule about status words that is known of the card (facts 2.4 and what 1.3, 1.4, 2.1 to 2.6 and 3
 * add), as a table: what was said before, what is said now, what the card answers. Two tests play it: one on the table,
 * one through the real smart card service. Everything is for hanako's card. */
#ifndef TESTS_LIB_STATUS_RULES_H
#define TESTS_LIB_STATUS_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What has to be different about the chip for a rule. */
enum status_chip {
    CHIP_USUAL,
    CHIP_SAYS_EOF,
    CHIP_FIRST_FAILS,
    CHIP_BLOCKED_6983,
    CHIP_VERIFIED_9000,
    CHIP_LENGTH_IS_FREE,
    CHIP_SHORT_ONLY,
    CHIP_WORN_OUT, /* its memory cannot be written any more */
};

struct status_rule {
    uint16_t sw;
    const char *fact;   /* section of the fact sheet */
    const char *before; /* commands in hexadecimal with '|' between them; "" for none */
    const char *say;
    enum status_chip chip;
    bool spends; /* tries, or a PIN's value: the card is another one afterwards */
};

extern const struct status_rule status_rules[];
extern const size_t status_rules_n;

/* Every status word of facts 2.4. */
struct status_word {
    uint16_t sw;
    bool only_ordered; /* no card was seen to say it: a test orders it (genkan-card ctl answer) */
};

extern const struct status_word status_words[];
extern const size_t status_words_n;

#endif
