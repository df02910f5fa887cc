/* setting: the agent's command line. */
#ifndef JPKI_AGENT_SETTING_H
#define JPKI_AGENT_SETTING_H

#include "base/log.h"
#include "jpki/agent/window.h"
#include "jpki/agent/words.h"

#define SETTING_ISSUERS "/etc/genkan-agent/issuers.d"

enum agent_command {
    AGENT_SERVE, /* without a word of command */
    AGENT_ISSUER_ADD,
    AGENT_ISSUER_LIST,
    AGENT_ISSUER_REMOVE,
    AGENT_CHECK,
    AGENT_WELCOME,
};

struct setting {
    enum agent_command command;
    const char *operand; /* FILE or ISSUER; NULL: none */
    uint16_t port;
    const char *issuers; /* folder */
    const char *reader;  /* part of a reader's name; NULL: any */
    struct pinentry pinentry;
    enum log_level level;
    enum lang lang; /* of the commands' own texts */
    bool kiosk;     /* taking the card away logs out */
    bool yes;       /* issuer add, remove: do not ask */
    bool first;     /* welcome: only the first time */
    bool help, version;
};

/* Texts are those of ARGV or of the environment. ERR_CONFIG: *problem (static or of ARGV) says what cannot be used. */
enum err setting_read(struct setting *out, int argc, char **argv, const char **problem) MUST_CHECK;

extern const char setting_usage[];

#endif
