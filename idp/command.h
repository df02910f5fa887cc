/* command: the command line of `genkan`. Each command parses its own words and returns an exit code. */
#ifndef IDP_COMMAND_H
#define IDP_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Exit codes, as the man page has them. */
enum command_exit {
    COMMAND_DONE = 0,
    COMMAND_NO = 1,     /* the answer is no: the record was altered, no such service */
    COMMAND_USAGE = 2,  /* the command line is wrong */
    COMMAND_CONFIG = 3, /* the configuration or a file named in it cannot be used */
    COMMAND_FAILED = 4  /* could not: disk, permission, database */
};

struct command {
    const char *name;    /* "client add" */
    const char *summary; /* one line */
    const char *usage;   /* what follows the name in the usage line */
    const char *help;    /* options and explanation, lines of text */
    int (*run)(const struct command *self, int argc,
               const char *const *argv); /* argv[0] is the first word behind the name */
};

/* Everything main does. argv[0] is the program. */
int command_main(int argc, const char *const *argv);

/* --- for the commands ------------------------------------------------------------------------------------------- */

/* One option: with VALUE it takes a word behind it ("--since DAY", "--since=DAY"), with FLAG it does not. */
struct command_option {
    const char *name; /* "--since" */
    const char **value;
    bool *flag;
};

/* Takes options and at most MAX operands (NULL where not given); --config and --help are understood by all. Returns -1
 * to go on, or the exit code when help was shown or a word is wrong. */
int command_parse(const struct command *self, int argc, const char *const *argv, const struct command_option *options,
                  size_t n, const char **config, const char **operands, size_t max);

/* "genkan client add: TEXT" on standard error, or a log line when a server fails in the background; returns CODE. */
int command_fail(const struct command *self, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same about a file that cannot be read, with why. */
int command_unreadable(const struct command *self, const char *path, enum err err);

/* The table, for command_main and for tests. */
const struct command *command_table(size_t *n);

int command_serve(const struct command *self, int argc, const char *const *argv);
int command_check_config(const struct command *self, int argc, const char *const *argv);
int command_status(const struct command *self, int argc, const char *const *argv);
int command_client_add(const struct command *self, int argc, const char *const *argv);
int command_client_update(const struct command *self, int argc, const char *const *argv);
int command_client_history(const struct command *self, int argc, const char *const *argv);
int command_client_list(const struct command *self, int argc, const char *const *argv);
int command_client_try(const struct command *self, int argc, const char *const *argv);
int command_client_invite(const struct command *self, int argc, const char *const *argv);
int command_client_invites(const struct command *self, int argc, const char *const *argv);
int command_client_uninvite(const struct command *self, int argc, const char *const *argv);
int command_client_remove(const struct command *self, int argc, const char *const *argv);
int command_grant_suspend(const struct command *self, int argc, const char *const *argv);
int command_grant_resume(const struct command *self, int argc, const char *const *argv);
int command_notice_list(const struct command *self, int argc, const char *const *argv);
int command_notice_retry(const struct command *self, int argc, const char *const *argv);
int command_notice_drop(const struct command *self, int argc, const char *const *argv);
int command_resident_show(const struct command *self, int argc, const char *const *argv);
int command_resident_disable(const struct command *self, int argc, const char *const *argv);
int command_resident_enable(const struct command *self, int argc, const char *const *argv);
int command_login_disowned(const struct command *self, int argc, const char *const *argv);
int command_issuer_file(const struct command *self, int argc, const char *const *argv);
int command_audit_list(const struct command *self, int argc, const char *const *argv);
int command_audit_export(const struct command *self, int argc, const char *const *argv);
int command_audit_proof(const struct command *self, int argc, const char *const *argv);
int command_witness(const struct command *self, int argc, const char *const *argv);
int command_audit_count(const struct command *self, int argc, const char *const *argv);
int command_audit_reindex(const struct command *self, int argc, const char *const *argv);
int command_auditor_invite(const struct command *self, int argc, const char *const *argv);
int command_auditor_list(const struct command *self, int argc, const char *const *argv);
int command_auditor_remove(const struct command *self, int argc, const char *const *argv);
int command_identity_ask(const struct command *self, int argc, const char *const *argv);
int command_identity_list(const struct command *self, int argc, const char *const *argv);
int command_identity_show(const struct command *self, int argc, const char *const *argv);
int command_audit_verify(const struct command *self, int argc, const char *const *argv);
int command_key_list(const struct command *self, int argc, const char *const *argv);
int command_roots_import(const struct command *self, int argc, const char *const *argv);
int command_roots_list(const struct command *self, int argc, const char *const *argv);
int command_key_rotate(const struct command *self, int argc, const char *const *argv);

#endif
