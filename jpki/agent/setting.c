#include "jpki/agent/setting.h"

#include <getopt.h>
#include <stdlib.h>

#include "base/text.h"
#include "jpki/agent/loopback.h"

const char setting_usage[] = "usage: genkan-agent [options]\n"
                             "The program on a resident's PC that brings the My Number Card into the login.\n"
                             "\n"
                             "  -p, --port N            port on 127.0.0.1 and [::1] (default 23837)\n"
                             "  -i, --issuers FOLDER    whom to serve (default /etc/genkan/issuers.d)\n"
                             "  -r, --reader TEXT       only readers whose name contains TEXT\n"
                             "  -P, --pinentry PROGRAM  the PIN window (default /usr/bin/pinentry)\n"
                             "  -D, --display DISPLAY   where the PIN window opens (default: $DISPLAY)\n"
                             "  -T, --ttyname TTY       terminal for a PIN window in text mode\n"
                             "  -d, --debug             more in the log\n"
                             "  -h, --help              this text\n"
                             "  -V, --version           the version\n"
                             "\n"
                             "The log goes to standard error, one JSON object a line. SIGTERM ends the program.\n";

static const struct option options[] = {
    {"port", required_argument, NULL, 'p'},    {"issuers", required_argument, NULL, 'i'},
    {"reader", required_argument, NULL, 'r'},  {"pinentry", required_argument, NULL, 'P'},
    {"display", required_argument, NULL, 'D'}, {"ttyname", required_argument, NULL, 'T'},
    {"debug", no_argument, NULL, 'd'},         {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},       {NULL, 0, NULL, 0},
};

static bool read_port(struct setting *out, const char *text)
{
    int64_t port;
    if (!text_to_int(view_text(text), &port) || port < 1 || port > 65535)
        return false;
    out->port = (uint16_t)port;
    return true;
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

enum err setting_read(struct setting *out, int argc, char **argv, const char **problem)
{
    *out = (struct setting){
        .port = AGENT_PORT,
        .issuers = "/etc/genkan/issuers.d",
        .pinentry = {.program = "/usr/bin/pinentry", .display = getenv("DISPLAY"), .ttytype = getenv("TERM")},
        .level = LOG_INFO};
    enum err e = ERR_OK;
    *problem = "";
    opterr = 0;
    optind = 1;
    for (int c; !e && (c = getopt_long(argc, argv, "p:i:r:P:D:T:dhV", options, NULL)) != -1;)
        e = read_option(out, c, optarg, problem);
    if (!e && optind < argc) {
        *problem = argv[optind];
        e = ERR_CONFIG;
    }
    return e;
}
