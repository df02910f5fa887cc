/* writing: is what somebody wrote down the name and the birth date that a card has? People write 高 for 髙, leave out
 * the space, use wide or narrow letters; a card cannot write some characters at all. Pure. */
#ifndef IDP_RULES_WRITING_H
#define IDP_RULES_WRITING_H

#include "base/view.h"

#define WRITING_MAX  256 /* characters */
#define WRITING_DATE 11  /* "YYYY-MM-DD" and its end */

/* A name folded: no case, no width, no marks, one form of each character, words after each other. */
struct writing {
    uint32_t letters[WRITING_MAX]; /* 0: any one character (it stands in for one that the card cannot write) */
    size_t n;
    size_t words[WRITING_MAX]; /* where each word begins */
    size_t n_words;
};

/* SUBSTITUTES: as profile_value has it; absent: nothing is known of any. False: not UTF-8, no letter in it, or longer
 * than WRITING_MAX. */
bool writing_read(struct writing *out, struct view name, struct view substitutes);

/* The same name? It may begin with any of its words, the others behind it in their order. */
bool writing_is(const struct writing *asked, const struct writing *stored);

/* "1977-11-23", "1977/11/23", "1977年11月23日", "19771123", "昭和52年11月23日", "S52.11.23", in wide letters too. 00
 * stays for what the register does not know. False: no date of the calendar. */
bool writing_read_date(char out[WRITING_DATE], struct view text);

/* Does TEXT say the name or the birth date DATE ("YYYY-MM-DD"), in whatever writing? */
bool writing_tells(struct view text, const struct writing *name, const char *date);

#endif
