/* halves: what must never be found in a database of Genkan: a thing done by half. */
#ifndef TESTS_LIB_HALVES_H
#define TESTS_LIB_HALVES_H

#include "store/row.h"

/* The statement that counted a half-done thing; NULL: everything is whole. Looks at residents, sessions, profiles (of
 * residents whose card has all four items), tokens, consents and the ledger's size. */
const char *half_done(struct db *db);

#endif
