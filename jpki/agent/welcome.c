#include "jpki/agent/welcome.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum err welcome_mark(char *out, size_t size, const char *state_home, const char *home)
{
    bool by_state = state_home && *state_home == '/';
    if (!by_state && (!home || *home != '/'))
        return ERR_NOT_FOUND;
    int n = by_state ? snprintf(out, size, "%s/genkan-agent/welcomed", state_home)
                     : snprintf(out, size, "%s/.local/state/genkan-agent/welcomed", home);
    return n > 0 && (size_t)n < size ? ERR_OK : ERR_LIMIT;
}

/* Every folder on the way to PATH that is missing. PATH is put back as it was. */
static void make_folders(char *path)
{
    for (char *c = path + 1; (c = strchr(c, '/')); *c++ = '/') {
        *c = 0;
        (void)mkdir(path, 0700);
    }
}

enum err welcome_take(const char *mark)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s", mark) >= (int)sizeof path)
        return ERR_LIMIT;
    make_folders(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno == EEXIST ? ERR_CONFLICT : ERR_IO;
    close(fd);
    return ERR_OK;
}

int welcome_open(const char *page)
{
    if (access(page, R_OK) == 0)
        execlp("xdg-open", "xdg-open", page, (char *)NULL);
    return 1;
}
