#include "idp/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "idp/state/config.h"

#define CONFIG_HELP "  --config FILE    read FILE instead of " CONFIG_PATH "\n"

#define WHO_HELP                                                                                                       \
    "  PSEUDONYM        as the ledger's events have her\n"                                                             \
    "  --login NUMBER   or: of one of her logins, like 3fa9-12c0\n"                                                    \
    "  --service ID --subject SUB\n"                                                                                   \
    "                   or: as that service knows her\n"

#define QUESTION_HELP                                                                                                  \
    "  --since DAY      from the beginning of DAY (YYYY-MM-DD, Japan)\n"                                               \
    "  --until DAY      up to the end of DAY\n"                                                                        \
    "  --service ID     one service only\n"                                                                            \
    "  --org ID         services of one organisation only\n"                                                           \
    "  --sector ID      services of one sector only\n"                                                                 \
    "  --field ID       events about one field only, like address\n"                                                   \
    "  --event NAME     requested, given, refused, changed, disclosed, withdrawn, expired, suspended, erased,\n"       \
    "                   operator or auditor\n"                                                                         \
    "  --ground NAME, --via NAME, --subject SUB, --resident PSEUDONYM, --grant ID, --session PSEUDONYM\n"              \
    "                   as the event has it\n"

static const struct command table[] = {
    {"serve", "run the OpenID provider", "[--config FILE]",
     CONFIG_HELP
     "\nLogs one JSON object a line to standard error. SIGTERM lets running requests finish and ends; SIGHUP\n"
     "reads configuration, keys and revocation lists again. The first start makes keys and database.\n",
     command_serve},
    {"check-config", "say whether a configuration can be used", "[--config FILE | FILE]",
     CONFIG_HELP "\nReads the file, the roots, the revocation lists and the TLS files, and changes nothing.\n",
     command_check_config},
    {"status", "ask a running server how it is", "[--config FILE] [--metrics]",
     CONFIG_HELP "  --metrics        what it has counted, in the text format of Prometheus\n"
                 "\nOver admin.socket. Exit code 1: it cannot serve, for the reason shown; 4: none runs.\n",
     command_status},
    {"client add", "register a service", "[--config FILE] [--id ID] [--json] FILE",
     CONFIG_HELP "  --id ID          the client id, when FILE does not say it\n"
                 "  --json           print id and secret as JSON\n"
                 "\nFILE is the service's registration (JSON). The secret is printed once and kept only as a hash.\n"
                 "A running server takes the service up at once.\n",
     command_client_add},
    {"client update", "register another version of a service", "[--config FILE] FILE",
     CONFIG_HELP "\nThe secret stays. A service that registered itself is the operator's from then on. Residents who "
                 "agreed to a purpose that is now another one are asked again, and\n"
                 "until then the field does not leave. Every version is kept: `genkan client history`.\n",
     command_client_update},
    {"client history", "every version of a service's registration", "[--config FILE] [--json] ID",
     CONFIG_HELP "  --json           one JSON object a line, with the registration\n"
                 "\n`terms` is the hash that the ledger's events cite.\n",
     command_client_history},
    {"client list", "list the registered services", "[--config FILE] [--json]",
     CONFIG_HELP "  --json           one JSON object a line\n", command_client_list},
    {"client remove", "remove a service", "[--config FILE] ID",
     CONFIG_HELP "\nIts residents' consents and the ledger stay.\n", command_client_remove},
    {"client try", "ask a registered service from outside whether it is right", "[--config FILE] ID",
     CONFIG_HELP
     "\nOpens its addresses, reads its keys and its sector document, sends a log-out and an event about nobody,\n"
     "and forged ones. One line for each: good, note or BAD. Exit code 1 if anything is BAD.\n",
     command_client_try},
    {"client invite", "let a service register itself", "[--config FILE] [--id ID] [--uses N] [--days N] FILE",
     CONFIG_HELP
     "  --id ID          what to call the invitation\n"
     "  --uses N         how many services may register with it; 1 if not given\n"
     "  --days N         how long it is good; 7 if not given\n"
     "\nFILE is a part of a registration (JSON): organization, fields and whatever else a service shall not\n"
     "choose itself. Prints an initial access token for POST /register, once.\n",
     command_client_invite},
    {"client invites", "list the invitations", "[--config FILE]", CONFIG_HELP, command_client_invites},
    {"client uninvite", "revoke an invitation", "[--config FILE] ID",
     CONFIG_HELP "\nServices that registered with it stay: `genkan client remove`.\n", command_client_uninvite},
    {"grant suspend", "stop what a consent lets out, until it is resumed", "[--config FILE] (GRANT | --service ID)",
     CONFIG_HELP
     "  --service ID     every consent for this service\n"
     "\nGRANT is the number that `genkan audit list --format csv` shows. Nothing goes out from then on, the\n"
     "service is told, and the resident sees it; she cannot resume it, but withdraw.\n",
     command_grant_suspend},
    {"grant resume", "let a suspended consent go on", "[--config FILE] (GRANT | --service ID)",
     CONFIG_HELP "  --service ID     every consent for this service that the operator suspended\n"
                 "\nOf one GRANT also what the resident suspended herself.\n",
     command_grant_resume},
    {"notice list", "what services have not heard yet, and what was given up", "[--config FILE] [--json]",
     CONFIG_HELP
     "  --json           one JSON object a line\n"
     "\nThe newest 1000. Log-outs and events are tried for a day, events that a service fetches wait for a week;\n"
     "then they are given up, which the log calls notice_given_up, and stay here for 30 days.\n",
     command_notice_list},
    {"notice retry", "try a notice again", "[--config FILE] (NOTICE | --service ID)",
     CONFIG_HELP "  --service ID     all of one service\n"
                 "\nA running server does so within five seconds.\n",
     command_notice_retry},
    {"notice drop", "take a notice away", "[--config FILE] (NOTICE | --service ID)",
     CONFIG_HELP "  --service ID     all of one service\n"
                 "\nThe service never hears of it.\n",
     command_notice_drop},
    {"resident show", "say how a resident's registration stands", "[--config FILE] WHO", CONFIG_HELP WHO_HELP,
     command_resident_show},
    {"resident disable", "end a resident's logins and let nobody log in to her registration",
     "[--config FILE] WHO --reason WORD",
     CONFIG_HELP WHO_HELP
     "  --reason WORD    hijacking, bulk-account, request, order or other\n"
     "\nSessions end, tokens die, services are told. Nothing of hers is deleted. It is in the ledger.\n",
     command_resident_disable},
    {"resident enable", "let her log in again", "[--config FILE] WHO", CONFIG_HELP WHO_HELP, command_resident_enable},
    {"login disowned", "list the logins that residents say were not them", "[--config FILE] [--json]",
     CONFIG_HELP
     "  --json           one JSON object a line\n"
     "\nThe newest 1000. Each has ended already, with everything that came of it. The login's number is also in\n"
     "the log and on the resident's page, who quotes it when she asks for help.\n",
     command_login_disowned},
    {"issuer-file", "print the file that tells genkan-agent whom to serve", "[--config FILE] [--label TEXT]",
     CONFIG_HELP "  --label TEXT     the name residents see; the issuer's host if not given\n"
                 "\nPut it into issuers.d of the residents' computers. Print it again after `genkan key rotate`.\n",
     command_issuer_file},
    {"audit list", "who received which field, when and on what ground",
     "[--config FILE] [question] [--format F] [--limit N] [--cursor C] [--every-event]",
     CONFIG_HELP QUESTION_HELP
     "  --format F       table (default), csv (UTF-8 with a byte order mark, for spreadsheets) or json (an object a\n"
     "                   line)\n"
     "  --limit N        at most N events; where the next page begins is said on standard error\n"
     "  --cursor C       go on there; the pages of one question are all of the moment of the first\n"
     "  --every-event    do not trust the index, look at every event\n"
     "\nThe question itself is written into the ledger before it is answered.\n",
     command_audit_list},
    {"audit count", "how many events, in groups", "[--config FILE] [question] [--by KEYS] [--format F] [--every-event]",
     CONFIG_HELP QUESTION_HELP
     "  --by KEYS        service (default), org, sector, field, event, ground, via, subject, resident, session, month\n"
     "                   or day; up to four with commas between them\n"
     "  --format F       table (default), csv or json\n"
     "  --every-event    do not trust the index, look at every event\n"
     "\n`genkan audit count --event disclosed --field address --since 2026-05-01 --until 2026-05-31 --by service`\n"
     "says how many addresses went to whom in May. The question is written into the ledger.\n",
     command_audit_count},
    {"audit reindex", "make the index of the ledger anew", "[--config FILE]",
     CONFIG_HELP "\nThe index says where to look, never what is there. `audit list --every-event` does without it.\n",
     command_audit_reindex},
    {"auditor invite", "let somebody look into the ledger", "[--config FILE] NAME",
     CONFIG_HELP "\nPrints a code, good once and for 7 days. Who logs in with a card and shows it is the auditor.\n",
     command_auditor_invite},
    {"auditor list", "list the auditors", "[--config FILE]", CONFIG_HELP, command_auditor_list},
    {"auditor remove", "end an auditor's role at once", "[--config FILE] ID", CONFIG_HELP, command_auditor_remove},
    {"identity ask", "ask for the pseudonyms of a person, for an auditor to allow",
     "[--config FILE] --reason TEXT [FILE]",
     CONFIG_HELP
     "  --reason TEXT    why; it stays in the ledger and must not say who it is\n"
     "\nFILE, or standard input, has two lines: the name in any usual writing, and the birth date. Prints the\n"
     "number of the request. An auditor allows or denies it on the page /audit.\n",
     command_identity_ask},
    {"identity list", "list the requests of auditors and of the operator", "[--config FILE]", CONFIG_HELP,
     command_identity_list},
    {"identity show", "show the pseudonyms of a person, when an auditor has allowed it", "[--config FILE] ID",
     CONFIG_HELP "\nOnly what the operator asked for, for a day. What is shown is written into the ledger first.\n",
     command_identity_show},
    {"audit verify", "prove that the ledger was not rewritten", "[--config FILE] [--from FILE] [--to FILE]",
     CONFIG_HELP
     "  --from FILE      a checkpoint kept from earlier: events before it are not hashed again\n"
     "  --to FILE        another one: events after it are not hashed again\n"
     "\nRecomputes every leaf from its event and the tree from the leaves, and compares with the stored head,\n"
     "the published files and the checkpoints. Exit code 0: nothing was altered; 1: something was, and it\n"
     "is listed.\n",
     command_audit_verify},
    {"audit export", "write the ledger as a bundle that verifies elsewhere", "[--config FILE] [--from FILE] [FILE]",
     CONFIG_HELP
     "  --from FILE      a checkpoint kept from earlier: only what came after it\n"
     "\nWrites events, salts and the published checkpoint; `genkan-verify bundle` checks them on any machine,\n"
     "without Genkan. The bundle holds what residents agreed to: it is for those who may read it.\n",
     command_audit_export},
    {"audit proof", "write the proof of one leaf (C2SP tlog-proof)", "[--config FILE] INDEX [FILE]",
     CONFIG_HELP "\nMade of the published files alone; `genkan-verify receipt` takes it together with a receipt.\n",
     command_audit_proof},
    {"witness", "cosign the checkpoints of another log (C2SP tlog-witness)",
     "--name NAME --logs FILE --folder DIR [--listen ADDRESS] [--host NAME] [--show-key]",
     "  --name NAME      name of this witness, like w.b-city.example/witness\n"
     "  --logs FILE      a tlog-policy whose logs are watched\n"
     "  --folder DIR     key and memory; made at the first start\n"
     "  --listen ADDRESS default 127.0.0.1:8090\n"
     "  --host NAME      the name requests come for, when a reverse proxy stands in front\n"
     "  --show-key       print the verifier key for the policies of others, and end; also while it runs\n"
     "\nAnswers POST /add-checkpoint and GET /<origin hash>/checkpoint. Needs no configuration and no database.\n",
     command_witness},
    {"roots import", "take over root certificates of the JPKI", "[--config FILE] FILE...",
     CONFIG_HELP
     "\nEach FILE (PEM or DER) is checked like at start: name, form, signature, pinned fingerprint. Only when\n"
     "all are good they are written into jpki.roots. `systemctl restart genkan` takes them into use.\n",
     command_roots_import},
    {"roots list", "list the root certificates and when they expire", "[--config FILE]",
     CONFIG_HELP "\nExit code 1 when no root for logging in is valid today.\n", command_roots_list},
    {"key list", "list the signing keys", "[--config FILE]", CONFIG_HELP, command_key_list},
    {"key rotate", "let the next key take over",
     "[--config FILE] [--use token|card|encryption|profile] [--alg RS256|ES256] [--force]",
     CONFIG_HELP
     "  --use USE        token (ID tokens; default), card (requests to genkan-agent), encryption (what services\n"
     "                   encrypt to us) or profile (the master key of profile values)\n"
     "  --alg ALG        RS256 or ES256; both if not given\n"
     "  --force          also when the next key is published for less than two hours\n"
     "\nThe next key signs, the active one retires and is published for two more days, a new next one is\n"
     "made. A running server follows at once.\n"
     "\nprofile: a new master key is made, every resident's data key is wrapped with it while the server\n"
     "runs, and the older master key is destroyed. When interrupted, run it again.\n",
     command_key_rotate},
};
enum { COMMANDS = sizeof table / sizeof *table };

const struct command *command_table(size_t *n)
{
    *n = COMMANDS;
    return table;
}

/* NAME is two words, and the first is GROUP. */
static bool is_of(const char *name, const char *group)
{
    size_t n = strlen(group);
    return strncmp(name, group, n) == 0 && name[n] == ' ';
}

/* Of GROUP, the first word of some commands; NULL: of all. */
static void print_usage(FILE *out, const char *group)
{
    fputs("usage: genkan COMMAND [options]\n\n", out);
    for (size_t i = 0; i < COMMANDS; i++)
        if (!group || is_of(table[i].name, group))
            fprintf(out, "  %-16s %s\n", table[i].name, table[i].summary);
    fputs("\n`genkan COMMAND --help` explains a command; --version says which Genkan this is.\n", out);
}

static void print_help(const struct command *c)
{
    printf("usage: genkan %s %s\n\n%s\n\n%s", c->name, c->usage, c->summary, c->help);
}

/* Words of NAME that stand at the beginning of ARGV; 0: it is another command. */
static int words_taken(const char *name, int argc, const char *const *argv)
{
    int n = 0;
    while (*name) {
        size_t length = strcspn(name, " ");
        if (n == argc || strlen(argv[n]) != length || strncmp(argv[n], name, length) != 0)
            return 0;
        n++;
        name += length + (name[length] == ' ');
    }
    return n;
}

/* No command begins ARGV. */
static int complain(int argc, const char *const *argv)
{
    bool group = false;
    for (size_t i = 0; argc >= 2 && i < COMMANDS; i++)
        group |= is_of(table[i].name, argv[1]);
    if (argc < 2 || (group && argc == 2))
        print_usage(stderr, argc < 2 ? NULL : argv[1]);
    else
        fprintf(stderr, "genkan: there is no command \"%s%s%s\"; `genkan %s` lists them\n", argv[1], group ? " " : "",
                group ? argv[2] : "", group ? argv[1] : "--help");
    return COMMAND_USAGE;
}

int command_main(int argc, const char *const *argv)
{
    if (argc >= 2 && strcmp(argv[1], "--version") == 0) {
        puts("genkan " GENKAN_VERSION);
        return COMMAND_DONE;
    }
    if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        print_usage(stdout, NULL);
        return COMMAND_DONE;
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        int n = words_taken(table[i].name, argc - 1, argv + 1);
        if (n > 0)
            return table[i].run(&table[i], argc - 1 - n, argv + 1 + n);
    }
    return complain(argc, argv);
}

/* What a server says goes into a log that machines read, unless somebody is sitting in front of it. */
static bool is_logging(const struct command *self)
{
    return self->run == command_serve && !isatty(STDERR_FILENO);
}

int command_fail(const struct command *self, int code, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (is_logging(self))
        log_event(LOG_ERROR, "start_failed", LOG_STR("reason", text), LOG_INT("code", code));
    else
        fprintf(stderr, "genkan %s: %s\n", self->name, text);
    return code;
}

int command_unreadable(const struct command *self, const char *path, enum err err)
{
    return command_fail(self, COMMAND_CONFIG, "%s cannot be read: %s", path,
                        err == ERR_NOT_FOUND    ? "there is no such file"
                        : err == ERR_PERMISSION ? "permission denied"
                        : err == ERR_LIMIT      ? "it is too large"
                                                : err_words(err));
}

/* The option WORD begins with, and in *VALUE what stands behind "="; NULL: no such option. */
static const struct command_option *find_option(const struct command_option *options, size_t n, const char *word,
                                                const char **value)
{
    size_t length = strcspn(word, "=");
    *value = word[length] ? word + length + 1 : NULL;
    for (size_t i = 0; i < n; i++)
        if (strlen(options[i].name) == length && strncmp(options[i].name, word, length) == 0)
            return &options[i];
    return NULL;
}

static int take_option(const struct command *self, const struct command_option *o, const char *value, int argc,
                       const char *const *argv, int *i)
{
    if (o->flag) {
        *o->flag = true;
        return value ? command_fail(self, COMMAND_USAGE, "%s takes no value", o->name) : -1;
    }
    if (!value && *i + 1 < argc)
        value = argv[++*i];
    if (!value)
        return command_fail(self, COMMAND_USAGE, "%s needs a value", o->name);
    if (*o->value)
        return command_fail(self, COMMAND_USAGE, "%s is there twice", o->name);
    *o->value = value;
    return -1;
}

/* Numbers of consents, auditors and residents are base64url of 16 bytes and more: one in 64 begins with "-". */
static bool is_option(const char *word)
{
    return word[0] == '-' && (word[1] == '-' || strlen(word) < 22);
}

int command_parse(const struct command *self, int argc, const char *const *argv, const struct command_option *options,
                  size_t n, const char **config, const char **operands, size_t max)
{
    const char *given = NULL, *value;
    const struct command_option common = {"--config", &given, NULL};
    size_t taken = 0;
    int code = -1;
    bool ended = false; /* behind "--" nothing is an option (POSIX, Utility Syntax Guideline 10) */
    for (int i = 0; i < argc && code == -1; i++) {
        if (!ended && (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)) {
            print_help(self);
            return COMMAND_DONE;
        }
        const struct command_option *o = ended ? NULL : find_option(&common, 1, argv[i], &value);
        if (!o && !ended)
            o = find_option(options, n, argv[i], &value);
        if (o)
            code = take_option(self, o, value, argc, argv, &i);
        else if (!ended && strcmp(argv[i], "--") == 0)
            ended = true;
        else if ((!ended && is_option(argv[i])) || taken == max)
            code = command_fail(self, COMMAND_USAGE, "%s is not understood here; see --help", argv[i]);
        else
            operands[taken++] = argv[i];
    }
    *config = given ? given : CONFIG_PATH;
    return code;
}
