/* Feeds every file of the folders named on the command line to a fuzzer's entry point. Fails if there is no seed. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return 0;
    size_t size = 0, room = 1 << 20;
    /* exact allocation, so that the sanitizer sees a read behind the end */
    uint8_t *all = malloc(room);
    if (all)
        size = fread(all, 1, room, f);
    fclose(f);
    uint8_t *exact = realloc(all, size ? size : 1);
    if (exact)
        LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    return 1;
}

static int is_seed(const struct dirent *e)
{
    return e->d_name[0] != '.';
}

int main(int argc, char **argv)
{
    int n = 0;
    for (int i = 1; i < argc; i++) {
        struct dirent **names;
        int count = scandir(argv[i], &names, is_seed, alphasort); /* in order: some fuzzers remember what was before */
        for (int k = 0; k < count; k++) {
            char path[4096];
            if (snprintf(path, sizeof path, "%s/%s", argv[i], names[k]->d_name) < (int)sizeof path)
                n += replay_file(path);
            free(names[k]);
        }
        if (count >= 0)
            free(names);
    }
    printf("%d seeds replayed\n", n);
    return n > 0 ? 0 : 1;
}
