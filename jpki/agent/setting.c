#include "jpki/agent/setting.h"

#include <getopt.h>
#include <stdlib.h>

#include "base/text.h"
#include "jpki/agent/loopback.h"

const char setting_usage[] =
    "usage: genkan-agent [options]                  serve the browsers of this user\n"
    "       genkan-agent check [options]            look whether everything is there\n"
    "       genkan-agent issuer add FILE [--yes]    serve an issuer: its file, as it hands it out\n"
    "       genkan-agent issuer list\n"
    "       genkan-agent issuer remove ISSUER [--yes]\n"
    "       genkan-agent welcome [--first]          the page that explains all this\n"
    "The program on a resident's PC that brings the My Number Card into the login.\n"
    "\n"
    "  -p, --port N            port on 127.0.0.1 and [::1] (default 23837)\n"
    "  -i, --issuers FOLDER    whom to serve (default " SETTING_ISSUERS ")\n"
    "  -r, --reader TEXT       only readers whose name contains TEXT\n"
    "  -P, --pinentry PROGRAM  the PIN window (default /usr/bin/pinentry)\n"
    "  -D, --display DISPLAY   where the PIN window opens (default: $DISPLAY)\n"
    "  -T, --ttyname TTY       terminal for a PIN window in text mode\n"
    "  -L, --large             large letters in the PIN window, always\n"
    "  -k, --kiosk             a counter's terminal: taking the card away logs out\n"
    "  -l, --lang ja|en        language of check, issuer and welcome (default: the environment's)\n"
    "  -y, --yes               issuer add, remove: do not ask\n"
    "      --first             welcome: only if this user has not seen it\n"
    "  -d, --debug             more in the log\n"
    "  -h, --help              this text\n"
    "  -V, --version           the version\n"
    "\n"
    "The log goes to standard error, one JSON object a line. SIGTERM ends the program.\n";

enum { OPTION_FIRST = 256 };

static const struct option options[] = {
    {"port", required_argument, NULL, 'p'},
    {"issuers", required_argument, NULL, 'i'},
    {"reader", required_argument, NULL, 'r'},
    {"pinentry", required_argument, NULL, 'P'},
    {"display", required_argument, NULL, 'D'},
    {"ttyname", required_argument, NULL, 'T'},
    {"large", no_argument, NULL, 'L'},
    {"kiosk", no_argument, NULL, 'k'},
    {"lang", required_argument, NULL, 'l'},
    {"yes", no_argument, NULL, 'y'},
    {"first", no_argument, NULL, OPTION_FIRST},
    {"debug", no_argument, NULL, 'd'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static bool read_port(struct setting *out, const char *text)
{
    int64_t port;
    if (!text_to_int(view_text(text), &port) || port < 1 || port > 65535)
        return false;
    out->port = (uint16_t)port;
    return true;
}

static bool read_lang(struct setting *out, const char *text)
{
    out->lang = words_lang(view_text(text));
    return strcmp(text, words_lang_name(out->lang)) == 0;
}

static enum err read_option(struct setting *out, int c, const char *value, const char **problem)
{
    switch (c) {
    case 'p':
        *problem = "--port: must be 1 to 65535";
        return read_port(out, value) ? ERR_OK : ERR_CONFIG;
    case 'i':
        out->issuers = value;
        return ERR_OK;
    case 'r':
        out->reader = value;
        return ERR_OK;
    case 'P':
        out->pinentry.program = value;
        return ERR_OK;
    case 'D':
        out->pinentry.display = value;
        return ERR_OK;
    case 'T':
        out->pinentry.ttyname = value;
        return ERR_OK;
    case 'L':
        out->pinentry.large = true;
        return ERR_OK;
    case 'k':
        out->kiosk = true;
        return ERR_OK;
    case 'l':
        *problem = "--lang: must be ja or en";
        return read_lang(out, value) ? ERR_OK : ERR_CONFIG;
    case 'y':
        out->yes = true;
        return ERR_OK;
    case OPTION_FIRST:
        out->first = true;
        return ERR_OK;
    case 'd':
        out->level = LOG_DEBUG;
        return ERR_OK;
    case 'h':
        out->help = true;
        return ERR_OK;
    case 'V':
        out->version = true;
        return ERR_OK;
    default:
        *problem = "unknown option or missing value";
        return ERR_CONFIG;
    }
}

static const struct {
    const char *words[2];
    enum agent_command command;
    bool has_operand;
} commands[] = {
    {{"issuer", "add"}, AGENT_ISSUER_ADD, true},       {{"issuer", "list"}, AGENT_ISSUER_LIST, false},
    {{"issuer", "remove"}, AGENT_ISSUER_REMOVE, true}, {{"check", NULL}, AGENT_CHECK, false},
    {{"welcome", NULL}, AGENT_WELCOME, false},
};

/* The words that are no options. */
static enum err read_command(struct setting *out, int n, char *const *words, const char **problem)
{
    if (n == 0)
        return ERR_OK;
    *problem = words[0];
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        int of = commands[i].words[1] ? 2 : 1;
        if (n < of || strcmp(words[0], commands[i].words[0]) != 0 ||
            (of == 2 && strcmp(words[1], commands[i].words[1]) != 0))
            continue;
        out->command = commands[i].command;
        out->operand = commands[i].has_operand ? words[of] : NULL; /* argv ends with NULL */
        *problem = n > of ? words[of] : "a word is missing: whom?";
        return n - of == (commands[i].has_operand ? 1 : 0) ? ERR_OK : ERR_CONFIG;
    }
    return ERR_CONFIG;
}

/* locale(7): the first of the three that is set says it. Without any there is nobody to read Japanese for sure. */
static enum lang lang_of_environment(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return strncmp(value, "ja", 2) == 0 ? LANG_JA : LANG_EN;
    }
    return LANG_EN;
}

enum err setting_read(struct setting *out, int argc, char **argv, const char **problem)
{
    *out = (struct setting){
        .port = AGENT_PORT,
        .issuers = SETTING_ISSUERS,
        .pinentry = {.program = "/usr/bin/pinentry", .display = getenv("DISPLAY"), .ttytype = getenv("TERM")},
        .level = LOG_INFO,
        .lang = lang_of_environment()};
    enum err e = ERR_OK;
    *problem = "";
    opterr = 0;
    optind = 1;
    for (int c; !e && (c = getopt_long(argc, argv, "p:i:r:P:D:T:Lkl:ydhV", options, NULL)) != -1;)
        e = read_option(out, c, optarg, problem);
    return e ? e : read_command(out, argc - optind, argv + optind, problem);
}
