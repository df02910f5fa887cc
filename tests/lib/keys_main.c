/* Makes the keys of two first starts in the folder it is told, once for all tests of this build: see key_folder.h. */
#include <stdio.h>
#include <sys/stat.h>

#include "idp/tokens/keys.h"
#include "sessions/master.h"

int main(int argc, char **argv)
{
    static const char *const names[] = {"ours", "others"};
    enum err e = ERR_OK;
    if (argc != 2 || mkdir(argv[1], 0700) != 0)
        return 2;
    for (size_t i = 0; !e && i < sizeof names / sizeof *names; i++) {
        char folder[1000];
        snprintf(folder, sizeof folder, "%s/%s", argv[1], names[i]);
        e = keys_make(folder, 0);
        if (!e)
            e = master_make(folder, 1);
    }
    if (e)
        fprintf(stderr, "%s: %s\n", argv[1], err_name(e));
    return e ? 1 : 0;
}
