#include "idp/state/config.h"

#include <confuse.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "http/url.h"
#include "idp/state/config_keys.h"

enum { FILE_MAX = 64 * 1024 };

/* --- what one file says, while it is read ----------------------------------------------------------------------- */

struct reading {
    struct config_target target;
    struct config_fault *fault;
    uint64_t seen, closed; /* bit i: config_keys[i] was set / its list has ended */
    unsigned taken;        /* values of the list that is being read */
};

/* libconfuse calls us back without any context of ours. Set for the time of one cfg_parse_buf, in one thread. */
static _Thread_local struct reading *current;

static size_t key_index(const char *section, const char *name)
{
    for (size_t i = 0; i < config_n_keys; i++) {
        const struct config_key *k = &config_keys[i];
        if (strcmp(k->name, name) == 0 && strcmp(k->section ? k->section : "root", section) == 0)
            return i;
    }
    insist_failed("libconfuse calls back only for keys it was given", __FILE__, __LINE__);
}

/* --- libconfuse ------------------------------------------------------------------------------------------------- */

static int blame(struct reading *r, int line, const char *key, const char *rule)
{
    if (!r->fault->rule)
        *r->fault = (struct config_fault){line, key, rule};
    return -1;
}

/* Called by libconfuse for every value as it is read, with the line it stands in; for a list once more at its end. */
static int on_value(cfg_t *cfg, cfg_opt_t *opt)
{
    struct reading *r = current;
    size_t i = key_index(cfg->name, opt->name);
    uint64_t bit = UINT64_C(1) << i;
    unsigned n = cfg_opt_size(opt);
    bool list = opt->flags & CFGF_LIST;
    if (r->closed & bit || (!list && r->seen & bit))
        return blame(r, cfg->line, config_keys[i].shown, "is there twice");
    if (list && r->seen & bit && n == r->taken) {
        r->closed |= bit;
        return 0;
    }
    r->seen |= bit;
    r->taken = n;
    r->target.at = (char *)r->target.config + config_keys[i].at;
    const char *value = cfg_opt_getnstr(opt, n - 1);
    const char *rule = value ? config_keys[i].take(&r->target, value) : "has no value";
    return rule ? blame(r, cfg->line, config_keys[i].shown, rule) : 0;
}

/* The name libconfuse quotes in its message. */
static const char *quoted(struct arena *a, const char *message)
{
    const char *from = strchr(message, '\''), *to = from ? strchr(from + 1, '\'') : NULL;
    const char *name = to ? arena_text(a, view_bytes(from + 1, (size_t)(to - from - 1))) : NULL;
    return name ? name : "";
}

/* What libconfuse itself finds: syntax, unknown names. */
__attribute__((format(printf, 2, 0))) static void on_error(cfg_t *cfg, const char *format, va_list args)
{
    char message[300];
    struct reading *r = current;
    if (!r || r->fault->rule)
        return;
    vsnprintf(message, sizeof message, format, args);
    const char *name = quoted(r->target.arena, message);
    if (strstr(message, "no such option"))
        blame(r, cfg->line, name, "is not a known key here");
    else
        blame(r, cfg->line, name, arena_text(r->target.arena, view_text(message)));
}

/* What libconfuse wants to know before it reads. INNER are those of the sections, one behind the other, each with its
 * end.
 */
struct options {
    cfg_opt_t top[CONFIG_KEYS_MAX + 1], inner[2 * CONFIG_KEYS_MAX];
};

static void lay_out(struct options *o)
{
    cfg_opt_t *top = o->top, *inner = o->inner;
    const char *section = NULL;
    for (size_t i = 0; i < config_n_keys; i++) {
        const struct config_key *k = &config_keys[i];
        if (k->section && (!section || strcmp(k->section, section) != 0)) {
            if (section)
                *inner++ = (cfg_opt_t)CFG_END();
            section = k->section;
            *top++ = (cfg_opt_t)CFG_SEC(section, inner, CFGF_NONE);
        }
        cfg_opt_t **next = section ? &inner : &top;
        **next = k->is_list ? (cfg_opt_t)CFG_STR_LIST(k->name, NULL, CFGF_NODEFAULT)
                            : (cfg_opt_t)CFG_STR(k->name, NULL, CFGF_NODEFAULT);
        ++*next;
    }
    *inner = *top = (cfg_opt_t)CFG_END();
}

static enum err parse(struct reading *r, const char *text)
{
    struct options options;
    lay_out(&options);
    cfg_t *cfg = cfg_init(options.top, CFGF_NONE);
    if (!cfg)
        return ERR_MEMORY;
    cfg_set_error_function(cfg, on_error);
    for (size_t i = 0; i < config_n_keys; i++) {
        const struct config_key *k = &config_keys[i];
        char path[64];
        snprintf(path, sizeof path, "%s%s%s", k->section ? k->section : "", k->section ? "|" : "", k->name);
        cfg_set_validate_func(cfg, path, on_value);
    }
    current = r;
    int result = cfg_parse_buf(cfg, text);
    if (result != CFG_SUCCESS)
        blame(r, cfg->line, "", "is not understood");
    current = NULL;
    cfg_free(cfg);
    return result == CFG_SUCCESS && !r->fault->rule ? ERR_OK : ERR_CONFIG;
}

/* After an error inside quotation marks libconfuse's scanner stays there, and a second file, read on SIGHUP, would be
 * read wrongly. So nothing that could end inside them reaches it; nor an open section, which it would take for closed;
 * nor a comment, whose line it counts three times: it becomes spaces. NULL: LINE is fine; otherwise the rule it breaks.
 */
static const char *line_fault(char *line, size_t n, int *depth)
{
    char quote = 0;
    for (size_t i = 0; i < n; i++) {
        char c = line[i];
        bool begins = i == 0 || strchr(" \t{}=,", line[i - 1]);
        if (!quote && c == '#' && !begins)
            return "has a # inside a value: put the value in quotation marks";
        if (!quote && c == '#') {
            memset(line + i, ' ', n - i);
            return NULL;
        }
        if (c == '\\' || c == '\r')
            return "has a backslash or carriage return";
        if (!quote && c == '/' && i + 1 < n && (line[i + 1] == '*' || line[i + 1] == '/'))
            return "has a comment that does not begin with #";
        if (!quote)
            *depth += (c == '{') - (c == '}');
        if (quote ? c == quote : (c == '"' || c == '\''))
            quote = quote ? 0 : c;
    }
    return quote ? "has a quotation mark that is not closed" : NULL;
}

static enum err check_lines(struct reading *r, char *text)
{
    int number = 0, depth = 0;
    const char *rule = NULL;
    for (char *line = text; !rule && line;) {
        size_t n = strcspn(line, "\n");
        number++;
        rule = line_fault(line, n, &depth);
        line = line[n] ? line + n + 1 : NULL;
    }
    if (!rule && depth > 0)
        rule = "ends while a { is open";
    if (rule)
        blame(r, number, "this line", rule);
    return rule ? ERR_CONFIG : ERR_OK;
}

/* --- the whole -------------------------------------------------------------------------------------------------- */

bool config_is_local(const struct config *c)
{
    struct url u;
    return url_read(&u, view_text(c->issuer)) == ERR_OK && url_is_loopback_host(u.host);
}

static enum err contradiction(struct reading *r, const char *key, const char *rule)
{
    blame(r, 0, key, rule);
    return ERR_CONFIG;
}

static enum err check_proxy(struct reading *r, const struct config *c)
{
    if (c->proxy.n_trusted && !c->proxy.words_known)
        return contradiction(r, "proxy.header", "is missing: where do they say who the client is?");
    if (c->proxy.words_known && !c->proxy.n_trusted)
        return contradiction(r, "proxy.trusted", "is missing: who may send proxy.header?");
    if (c->proxy.client_certificate && !c->proxy.n_trusted)
        return contradiction(r, "proxy.trusted", "is missing: who may send proxy.client_certificate?");
    return ERR_OK;
}

/* A door that nobody is told of, or one that nobody can come through. */
static enum err check_mtls(struct reading *r, const struct config *c)
{
    if (c->mtls.n_listen && !c->tls.key)
        return contradiction(r, "mtls.listen", "is set, but there is no tls.certificate");
    if (c->mtls.n_listen && !c->mtls.origin)
        return contradiction(r, "mtls.origin", "is missing: where do services find mtls.listen?");
    if (c->mtls.origin && !c->mtls.n_listen && !c->proxy.client_certificate)
        return contradiction(r, "mtls.origin", "is set, but neither mtls.listen nor proxy.client_certificate is");
    if (c->mtls.authorities && !c->mtls.origin)
        return contradiction(r, "mtls.authorities", "is set, but not mtls.origin");
    if (c->mtls.origin && strcmp(c->mtls.origin, c->issuer) == 0)
        return contradiction(r, "mtls.origin",
                             "must not be the issuer: every browser would be asked for a certificate");
    return ERR_OK;
}

/* A name without a way to reach it helps nobody, and a number that belongs to nobody is not believed. */
static enum err check_help(struct reading *r, const struct config *c)
{
    bool reached = c->help.phone || c->help.email;
    if (!c->help.office && (reached || c->help.office_en || c->help.hours || c->help.hours_en))
        return contradiction(r, "help.office", "is missing: whose are the others of this section?");
    if (c->help.office && !reached)
        return contradiction(r, "help.phone", "is missing, and so is help.email: how is help.office reached?");
    return ERR_OK;
}

static enum err check_whole(struct reading *r)
{
    const struct config *c = r->target.config;
    for (size_t i = 0; i < config_n_keys; i++)
        if (config_keys[i].is_needed && !(r->seen >> i & 1))
            return contradiction(r, config_keys[i].shown, "is missing");
    if (c->jpki.trust == CONFIG_TRUST_TEST && !config_is_local(c))
        return contradiction(r, "jpki.trust", "may be \"test\" only when the issuer's host is localhost or 127.0.0.1");
    if (c->jpki.trust == CONFIG_TRUST_TEST && c->jpki.n_pins)
        return contradiction(r, "jpki.pins", "is for production only");
    if (!c->jpki.crl && !c->jpki.ocsp)
        return contradiction(r, "jpki.ocsp", "must be on when there is no jpki.crl: nobody could be checked");
    if (!c->jpki.ocsp && (c->jpki.n_ocsp_responders || c->jpki.ocsp_key || c->jpki.ocsp_certificate))
        return contradiction(r, "jpki.ocsp", "is off, but there is something to ask responders with");
    if (c->jpki.crl_stands_in && !(c->jpki.crl && c->jpki.ocsp))
        return contradiction(r, "jpki.crl_stands_in", "needs both jpki.crl and jpki.ocsp");
    if (!c->jpki.ocsp_certificate != !c->jpki.ocsp_key)
        return contradiction(r, c->jpki.ocsp_key ? "jpki.ocsp_certificate" : "jpki.ocsp_key",
                             "is missing: both or none");
    if (c->session.idle > c->session.absolute)
        return contradiction(r, "session.idle", "must not be longer than session.absolute");
    if (!c->tls.certificate != !c->tls.key)
        return contradiction(r, c->tls.key ? "tls.certificate" : "tls.key", "is missing: both or none");
    if (c->tls.key && !c->issuer_https)
        return contradiction(r, "tls", "is set, but the issuer is not https");
    if (c->places.credit && !c->places.database)
        return contradiction(r, "places.database", "is missing: whose is places.credit?");
    enum err err = check_proxy(r, c);
    if (!err)
        err = check_help(r, c);
    return err ? err : check_mtls(r, c);
}

/* Those that follow from other keys. */
static enum err fill_in(struct config *c, struct arena *a)
{
    if (!c->ledger.origin)
        c->ledger.origin = arena_printf(a, "%s/ledger", c->issuer_host);
    if (!c->ledger.folder)
        c->ledger.folder = arena_printf(a, "%s/ledger", c->data);
    if (!c->ledger.key)
        c->ledger.key = arena_printf(a, "%s/keys/ledger.pem", c->data);
    /* A default that the system could not take is none; one that was written was refused. */
    if (!c->admin.socket && !c->admin.off && strlen(c->data) + sizeof "/admin.sock" <= CONFIG_SOCKET_PATH_MAX)
        c->admin.socket = arena_printf(a, "%s/admin.sock", c->data);
    if (!c->help.office_en)
        c->help.office_en = c->help.office;
    if (!c->help.hours_en)
        c->help.hours_en = c->help.hours;
    if (c->mtls.origin)
        c->mtls.host = strstr(c->mtls.origin, "://") + 3;
    return c->ledger.origin && c->ledger.folder && c->ledger.key ? ERR_OK : ERR_MEMORY;
}

/* With more of them than processors each sleeps and is woken more often; with one the disk would hold up everybody. */
unsigned config_default_workers(void)
{
    enum { LEAST = 2, MOST = 16 };
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < LEAST ? LEAST : n > MOST ? MOST : (unsigned)n;
}

static void set_defaults(struct config *c)
{
    c->workers = config_default_workers();
    c->connections = 4096;
    c->jpki.ocsp = true;
    c->jpki.ocsp_timeout = 3;
    c->jpki.renewal_wait = 7 * 86400;
    c->jpki.renewal_service_timeout = 3;
    c->agent.port = 23837;
    c->session.idle = 15 * 60;
    c->session.absolute = 12 * 3600;
    c->session.history = 180 * 86400;
    c->help.card_phone = "0120-95-0178"; /* マイナンバー総合フリーダイヤル: 2 for lost cards, day and night */
    c->help.card_phone_en = "0120-0178-27";
    c->limits.interactions_per_minute = 600;
    c->limits.card_transactions_per_minute = 120;
    c->limits.pushed_requests_per_minute = 600;
    c->limits.registrations_per_minute = 20;
    c->limits.introspections_per_minute = 60000;
    c->limits.revocations_per_minute = 6000;
    c->limits.exchanges_per_minute = 6000;
    c->limits.card_proofs_per_account = 60;
    c->limits.card_links_per_account = 10;
    c->limits.connections_per_address = 1024;
    c->events.wait = 25; /* proxies give up after 30 or 60 */
    c->log.level = LOG_INFO;
}

enum err config_read_text(struct config **out, struct arena *a, const char *path, struct view text,
                          struct config_fault *fault)
{
    *fault = (struct config_fault){0};
    struct config *c = arena_alloc(a, sizeof *c);
    char *copy = arena_text(a, text);
    if (!c || !copy)
        return ERR_MEMORY;
    struct reading r = {.target = {.config = c, .arena = a}, .fault = fault};
    set_defaults(c);
    c->path = path;
    if (!text_is_utf8(text))
        return contradiction(&r, "file", "must be UTF-8 text");
    enum err err = check_lines(&r, copy);
    if (!err)
        err = parse(&r, copy);
    if (!err)
        err = check_whole(&r);
    c->said = r.seen;
    if (!err)
        err = fill_in(c, a);
    if (err)
        return err;
    if (c->n_listen == 0)
        c->listen[c->n_listen++] = "127.0.0.1:8080";
    if (!c->profile.keys && !(c->profile.keys = arena_printf(a, "%s/keys", c->data)))
        return ERR_MEMORY;
    *out = c;
    return ERR_OK;
}

enum err config_read(struct config **out, struct arena *a, const char *path, struct config_fault *fault)
{
    struct view text;
    *fault = (struct config_fault){0};
    enum err err = file_read(a, path, FILE_MAX, &text);
    if (err == ERR_LIMIT)
        *fault = (struct config_fault){0, "file", "is larger than 64 KiB"};
    if (err)
        return err == ERR_LIMIT ? ERR_CONFIG : err;
    return config_read_text(out, a, path, text, fault);
}

size_t config_restart_keys(const char **keys, const struct config *now, const struct config *next)
{
    size_t n = 0;
    for (size_t i = 0; i < config_n_keys; i++)
        if ((now->said | next->said) >> i & 1 && !config_key_same(&config_keys[i], now, next))
            keys[n++] = config_keys[i].shown;
    return n;
}
