/* key_folder: a data folder with keys and an empty database, as a first start makes it, out of keys that were made once
 * when this was built: making RSA keys costs a second, and a test has other things to show. */
#ifndef TESTS_LIB_KEY_FOLDER_H
#define TESTS_LIB_KEY_FOLDER_H

#include "base/arena.h"

/* Makes DATA with keys/ and genkan.db; the keys are as if made at NOW (unix seconds). */
void key_folder_make(struct arena *a, const char *data, int64_t now);
/* Makes FOLDER with the keys only; or with those of another provider. */
void key_folder_copy(struct arena *a, const char *folder, int64_t now);
void key_folder_copy_others(struct arena *a, const char *folder, int64_t now);

#endif
