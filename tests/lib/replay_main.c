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

int main(int argc, char **argv)
{
    int n = 0;
    for (int i = 1; i < argc; i++) {
        DIR *d = opendir(argv[i]);
        if (!d)
            continue;
        for (struct dirent *e; (e = readdir(d));) {
            char path[4096];
            if (e->d_name[0] != '.' && snprintf(path, sizeof path, "%s/%s", argv[i], e->d_name) < (int)sizeof path)
                n += replay_file(path);
        }
        closedir(d);
    }
    printf("%d seeds replayed\n", n);
    return n > 0 ? 0 : 1;
}
