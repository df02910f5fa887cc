/* setting: the agent's command line. */
#ifndef JPKI_AGENT_SETTING_H
#define JPKI_AGENT_SETTING_H

#include "base/log.h"
#include "jpki/agent/window.h"

struct setting {
    uint16_t port;
    const char *issuers; /* folder */
    const char *reader;  /* part of a reader's name; NULL: any */
    struct pinentry pinentry;
    enum log_level level;
    bool help, version;
};

/* Texts are those of ARGV or of the environment. ERR_CONFIG: *problem (static or of ARGV) says what cannot be used. */
enum err setting_read(struct setting *out, int argc, char **argv, const char **problem) MUST_CHECK;

extern const char setting_usage[];

#endif
