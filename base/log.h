/* log: one JSON object a line on standard error, {"at","level","event","request","trace",...}; for what nobody asked
 * for "run" in place of "request", and "cause" if a request is behind it (base/trace.h). Never a PIN, ticket, code,
 * token, certificate, serial number or profile value: whoever logs picks the fields. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/view.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

void log_set_level(enum log_level lowest);
/* File descriptor lines go to (default 2). */
void log_set_fd(int fd);

struct log_field {
    const char *key;
    enum { LOG_F_TEXT, LOG_F_INT } kind;
    struct view text;
    int64_t num;
};
#define LOG_TEXT(K, V) ((struct log_field){.key = (K), .kind = LOG_F_TEXT, .text = (V)})
#define LOG_STR(K, S)  LOG_TEXT(K, view_text(S))
#define LOG_INT(K, N)  ((struct log_field){.key = (K), .kind = LOG_F_INT, .num = (N)})

void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t n);
/* log_event(LOG_INFO, "login_done", LOG_STR("client", id), LOG_INT("ms", 12)) */
#define log_event(LEVEL, EVENT, ...)                                                                                   \
    log_write(LEVEL, EVENT, (const struct log_field[]){__VA_ARGS__},                                                   \
              sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))

#endif
