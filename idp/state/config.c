#include "idp/state/config.h"

#include <arpa/inet.h>
#include <confuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "http/url.h"

enum { FILE_MAX = 64 * 1024, PATH_MAX_BYTES = 1024 };

/* --- what one file says, while it is read ----------------------------------------------------------------------- */

struct reading {
    struct config *config;
    struct arena *arena;
    struct config_fault *fault;
    uint64_t seen, closed; /* bit i: keys[i] was set / its list has ended */
    unsigned taken;        /* values of the list that is being read */
};

/* libconfuse calls us back without any context of ours. Set for the time of one cfg_parse_buf, in one thread. */
static _Thread_local struct reading *current;

/* NULL: taken; otherwise the rule VALUE breaks. */
typedef const char *take_fn(struct reading *r, const char *value);

/* --- values ----------------------------------------------------------------------------------------------------- */

#define RULE_SECONDS "must be a whole number with s, m, h or d, like 15m"

/* "900", "900s", "15m", "12h", "1d" */
static bool read_seconds(const char *value, int64_t *out)
{
    struct view v = view_text(value);
    int64_t unit = 1;
    if (v.n > 1 && strchr("smhd", v.p[v.n - 1])) {
        unit = v.p[v.n - 1] == 's' ? 1 : v.p[v.n - 1] == 'm' ? 60 : v.p[v.n - 1] == 'h' ? 3600 : 86400;
        v.n--;
    }
    if (!text_to_int(v, out) || *out > 1000000)
        return false;
    *out *= unit;
    return true;
}

static const char *take_seconds(unsigned *out, const char *value, int64_t min, int64_t max, const char *rule)
{
    int64_t n;
    if (!read_seconds(value, &n))
        return RULE_SECONDS;
    if (n < min || n > max)
        return rule;
    *out = (unsigned)n;
    return NULL;
}

static const char *take_count(unsigned *out, const char *value, int64_t min, int64_t max, const char *rule)
{
    int64_t n;
    if (!text_to_int(view_text(value), &n) || n < min || n > max)
        return rule;
    *out = (unsigned)n;
    return NULL;
}

static const char *take_path(struct reading *r, const char **out, const char *value)
{
    struct view v = view_text(value);
    if (v.n < 2 || v.n > PATH_MAX_BYTES || v.p[0] != '/' || !text_is_utf8(v))
        return "must be an absolute path, like /var/lib/genkan";
    while (v.n > 1 && v.p[v.n - 1] == '/')
        v.n--;
    *out = arena_text(r->arena, v);
    return *out ? NULL : "is too long";
}

static const char *take_switch(bool *out, const char *value)
{
    static const char *const words[] = {"off", "on", "no", "yes", "false", "true"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(value, words[i]) == 0) {
            *out = i % 2;
            return NULL;
        }
    return "must be on or off";
}

/* --- keys ------------------------------------------------------------------------------------------------------- */

static enum err origin_of(struct arena *a, const struct url *u, const char **origin)
{
    struct buf b;
    buf_open(&b, a, 300);
    url_put_origin(&b, u);
    return buf_done_text(&b, origin);
}

/* *ORIGIN as VALUE writes it; NULL or the rule it breaks. */
static const char *read_origin(struct reading *r, struct url *u, const char **origin, const char *value)
{
    if (url_read(u, view_text(value)) || !(url_is_http(u) || url_is_https(u)) || u->path.n || view_is(u->query) ||
        view_is(u->fragment) || origin_of(r->arena, u, origin))
        return "must be an origin without path, like https://id.example.lg.jp";
    return strcmp(*origin, value) == 0 ? NULL : "must be written in lower case and without its default port";
}

static const char *take_issuer(struct reading *r, const char *value)
{
    struct url u;
    const char *origin, *rule = read_origin(r, &u, &origin, value);
    if (rule)
        return rule;
    if (!url_is_https(&u) && !url_is_loopback_host(u.host))
        return "must be https, unless its host is localhost or 127.0.0.1";
    r->config->issuer = origin;
    r->config->issuer_host = strstr(origin, "://") + 3;
    r->config->issuer_https = url_is_https(&u);
    return NULL;
}

/* "address:port" with a numeric address, IPv6 in brackets. */
static bool is_listen(const char *value)
{
    char address[64];
    const char *colon = strrchr(value, ':');
    unsigned port;
    struct in_addr v4;
    struct in6_addr v6;
    if (!colon || colon == value || (size_t)(colon - value) >= sizeof address ||
        take_count(&port, colon + 1, 0, 65535, "") != NULL)
        return false;
    size_t n = (size_t)(colon - value);
    bool bracketed = value[0] == '[' && value[n - 1] == ']' && n > 2;
    memcpy(address, value + bracketed, n - 2 * bracketed);
    address[n - 2 * bracketed] = 0;
    return bracketed ? inet_pton(AF_INET6, address, &v6) == 1 : inet_pton(AF_INET, address, &v4) == 1;
}

static const char *add_address(struct reading *r, const char **list, size_t *n, const char *value)
{
    if (!is_listen(value))
        return "must be a list of addresses with port, like {\"127.0.0.1:8080\", \"[::1]:8080\"}";
    if (*n == CONFIG_LISTEN_MAX)
        return "has more than 8 addresses";
    for (size_t i = 0; i < *n; i++)
        if (strcmp(list[i], value) == 0)
            return "has an address twice";
    list[*n] = arena_text(r->arena, view_text(value));
    return list[(*n)++] ? NULL : "is too long";
}

static const char *take_listen(struct reading *r, const char *value)
{
    return add_address(r, r->config->listen, &r->config->n_listen, value);
}

static const char *take_data(struct reading *r, const char *value)
{
    return take_path(r, &r->config->data, value);
}

static const char *take_workers(struct reading *r, const char *value)
{
    return take_count(&r->config->workers, value, 1, 64, "must be a whole number from 1 to 64");
}

static const char *take_connections(struct reading *r, const char *value)
{
    return take_count(&r->config->connections, value, 16, 65536, "must be a whole number from 16 to 65536");
}

static const char *take_trust(struct reading *r, const char *value)
{
    bool test = strcmp(value, "test") == 0;
    if (!test && strcmp(value, "production") != 0)
        return "must be \"production\" or \"test\"";
    r->config->jpki.trust = test ? CONFIG_TRUST_TEST : CONFIG_TRUST_PRODUCTION;
    return NULL;
}

static const char *take_roots(struct reading *r, const char *value)
{
    return take_path(r, &r->config->jpki.roots, value);
}

/* "auth:" or "sign:" and the 64 hex digits of a SHA-256, colons between them allowed */
static bool is_pin(struct view v)
{
    size_t digits = 0;
    if (!view_starts(v, VIEW("auth:")) && !view_starts(v, VIEW("sign:")))
        return false;
    for (size_t i = 5; i < v.n; i++) {
        bool digit = (v.p[i] >= '0' && v.p[i] <= '9') || ((v.p[i] | 32) >= 'a' && (v.p[i] | 32) <= 'f');
        if (!digit && v.p[i] != ':')
            return false;
        digits += digit;
    }
    return digits == 64;
}

static const char *take_pin(struct reading *r, const char *value)
{
    struct config *c = r->config;
    if (!is_pin(view_text(value)))
        return "must be a list of fingerprints like \"auth:<64 hex digits>\" or \"sign:...\"";
    if (c->jpki.n_pins == CONFIG_PINS_MAX)
        return "has more than 16 fingerprints";
    c->jpki.pins[c->jpki.n_pins] = arena_text(r->arena, view_text(value));
    return c->jpki.pins[c->jpki.n_pins++] ? NULL : "is too long";
}

static const char *take_crl(struct reading *r, const char *value)
{
    return take_path(r, &r->config->jpki.crl, value);
}

static const char *take_ocsp(struct reading *r, const char *value)
{
    return take_switch(&r->config->jpki.ocsp, value);
}

static const char *take_crl_stands_in(struct reading *r, const char *value)
{
    return take_switch(&r->config->jpki.crl_stands_in, value);
}

static const char *take_ocsp_timeout(struct reading *r, const char *value)
{
    return take_seconds(&r->config->jpki.ocsp_timeout, value, 1, 30, "must be a time from 1s to 30s");
}

static const char *take_ocsp_responder(struct reading *r, const char *value)
{
    struct config *c = r->config;
    struct url url;
    if (strlen(value) > 200 || url_read(&url, view_text(value)) || !(url_is_http(&url) || url_is_https(&url)) ||
        url.fragment.p)
        return "must be a list of addresses like \"http://ocsp.example/\"";
    if (c->jpki.n_ocsp_responders == CONFIG_RESPONDERS_MAX)
        return "has more than 8 addresses";
    c->jpki.ocsp_responders[c->jpki.n_ocsp_responders] = arena_text(r->arena, view_text(value));
    return c->jpki.ocsp_responders[c->jpki.n_ocsp_responders++] ? NULL : "is too long";
}

static const char *take_ocsp_certificate(struct reading *r, const char *value)
{
    return take_path(r, &r->config->jpki.ocsp_certificate, value);
}

static const char *take_ocsp_key(struct reading *r, const char *value)
{
    return take_path(r, &r->config->jpki.ocsp_key, value);
}

static const char *take_renewal_wait(struct reading *r, const char *value)
{
    return take_seconds(&r->config->jpki.renewal_wait, value, 86400, 90 * 86400, "must be a time from 1d to 90d");
}

/* What it says opens a registration: nobody in between may say it. */
static const char *take_renewal_service(struct reading *r, const char *value)
{
    struct url url;
    bool good = strlen(value) <= 200 && url_read(&url, view_text(value)) == ERR_OK && !url.fragment.p &&
                (url_is_https(&url) || (url_is_http(&url) && url_is_loopback_host(url.host)));
    if (!good)
        return "must be an address like \"https://...\"; http only on this machine";
    r->config->jpki.renewal_service = arena_text(r->arena, view_text(value));
    return r->config->jpki.renewal_service ? NULL : "is too long";
}

static const char *take_renewal_service_timeout(struct reading *r, const char *value)
{
    return take_seconds(&r->config->jpki.renewal_service_timeout, value, 1, 10, "must be a time from 1s to 10s");
}

static const char *take_agent_port(struct reading *r, const char *value)
{
    unsigned port;
    const char *rule = take_count(&port, value, 1024, 65535, "must be a port from 1024 to 65535");
    if (!rule)
        r->config->agent.port = (uint16_t)port;
    return rule;
}

static const char *take_idle(struct reading *r, const char *value)
{
    return take_seconds(&r->config->session.idle, value, 60, 86400, "must be a time from 1m to 24h");
}

static const char *take_absolute(struct reading *r, const char *value)
{
    return take_seconds(&r->config->session.absolute, value, 60, 86400, "must be a time from 1m to 24h");
}

static const char *take_history(struct reading *r, const char *value)
{
    return take_seconds(&r->config->session.history, value, 86400, 730 * 86400, "must be a time from 1d to 730d");
}

/* As people read and dial it. */
static bool is_phone(struct view v)
{
    size_t digits = 0;
    for (size_t i = 0; i < v.n; i++) {
        digits += v.p[i] >= '0' && v.p[i] <= '9';
        if (!strchr("0123456789+-() ", v.p[i]))
            return false;
    }
    return digits >= 3 && v.n <= 30;
}

static const char *take_phone(struct reading *r, const char **out, const char *value)
{
    if (!is_phone(view_text(value)))
        return "must be a phone number: digits, spaces and the signs + - ( )";
    *out = arena_text(r->arena, view_text(value));
    return *out ? NULL : "is too long";
}

static const char *take_card_phone(struct reading *r, const char *value)
{
    return take_phone(r, &r->config->help.card_phone, value);
}

static const char *take_card_phone_en(struct reading *r, const char *value)
{
    return take_phone(r, &r->config->help.card_phone_en, value);
}

static const char *take_line(struct reading *r, const char **out, const char *value)
{
    struct view v = view_text(value);
    bool good = v.n && v.n <= 200;
    for (size_t i = 0; i < v.n && good; i++)
        good = v.p[i] >= 0x20 && v.p[i] != 0x7F;
    if (!good)
        return "must be one line of text, at most 200 bytes";
    *out = arena_text(r->arena, v);
    return *out ? NULL : "is too long";
}

static const char *take_office(struct reading *r, const char *value)
{
    return take_line(r, &r->config->help.office, value);
}

static const char *take_office_en(struct reading *r, const char *value)
{
    return take_line(r, &r->config->help.office_en, value);
}

static const char *take_help_phone(struct reading *r, const char *value)
{
    return take_phone(r, &r->config->help.phone, value);
}

static const char *take_hours(struct reading *r, const char *value)
{
    return take_line(r, &r->config->help.hours, value);
}

static const char *take_hours_en(struct reading *r, const char *value)
{
    return take_line(r, &r->config->help.hours_en, value);
}

static const char *take_help_email(struct reading *r, const char *value)
{
    const char *at = strchr(value, '@');
    if (!text_is_visible(view_text(value)) || !at || at == value || !at[1] || strchr(at + 1, '@'))
        return "must be a mail address, like help@pref.example.jp";
    return take_line(r, &r->config->help.email, value);
}

static const char *take_profile_keys(struct reading *r, const char *value)
{
    return take_path(r, &r->config->profile.keys, value);
}

#define RULE_PER_MINUTE "must be 0 (no limit) or a whole number from 10 to 1000000"

/* Less than ten a minute is no limit against floods but one against residents. */
static const char *take_per_minute(unsigned *out, const char *value)
{
    const char *rule = take_count(out, value, 0, 1000000, RULE_PER_MINUTE);
    return rule || (*out && *out < 10) ? RULE_PER_MINUTE : NULL;
}

static const char *take_interactions(struct reading *r, const char *value)
{
    return take_per_minute(&r->config->limits.interactions_per_minute, value);
}

static const char *take_cards(struct reading *r, const char *value)
{
    return take_per_minute(&r->config->limits.card_transactions_per_minute, value);
}

static const char *take_pushed(struct reading *r, const char *value)
{
    return take_per_minute(&r->config->limits.pushed_requests_per_minute, value);
}

static const char *take_registrations(struct reading *r, const char *value)
{
    return take_per_minute(&r->config->limits.registrations_per_minute, value);
}

static const char *take_introspections(struct reading *r, const char *value)
{
    return take_per_minute(&r->config->limits.introspections_per_minute, value);
}

static const char *take_revocations(struct reading *r, const char *value)
{
    return take_per_minute(&r->config->limits.revocations_per_minute, value);
}

static const char *take_exchanges(struct reading *r, const char *value)
{
    return take_per_minute(&r->config->limits.exchanges_per_minute, value);
}

/* A resident who puts her card down wrong a few times must not be locked out. */
static const char *take_of_account(unsigned *out, const char *value)
{
    static const char rule[] = "must be 0 (no limit) or a whole number from 5 to 1000";
    const char *wrong = take_count(out, value, 0, 1000, rule);
    return wrong || (*out && *out < 5) ? rule : NULL;
}

static const char *take_card_proofs(struct reading *r, const char *value)
{
    return take_of_account(&r->config->limits.card_proofs_per_account, value);
}

static const char *take_card_links(struct reading *r, const char *value)
{
    return take_of_account(&r->config->limits.card_links_per_account, value);
}

static const char *take_address_connections(struct reading *r, const char *value)
{
    static const char rule[] = "must be 0 (no limit) or a whole number from 8 to 65536";
    unsigned n;
    if (take_count(&n, value, 0, 65536, rule) || (n && n < 8))
        return rule;
    r->config->limits.connections_per_address = n;
    return NULL;
}

static const char *take_events_wait(struct reading *r, const char *value)
{
    return take_seconds(&r->config->events.wait, value, 0, 60, "must be a time up to 60s; 0 answers at once");
}

/* What C2SP signed-note allows as the name of a key, in ASCII. */
static const char *take_origin(struct reading *r, const char *value)
{
    struct view v = view_text(value);
    if (v.n == 0 || v.n > 200 || !text_is_visible(v) || view_index(v, '+') != v.n)
        return "must be a name without spaces and plus signs, like id.example.lg.jp/ledger";
    r->config->ledger.origin = arena_text(r->arena, v);
    return r->config->ledger.origin ? NULL : "is too long";
}

static const char *take_folder(struct reading *r, const char *value)
{
    return take_path(r, &r->config->ledger.folder, value);
}

static const char *take_ledger_key(struct reading *r, const char *value)
{
    return take_path(r, &r->config->ledger.key, value);
}

static const char *take_policy(struct reading *r, const char *value)
{
    return take_path(r, &r->config->ledger.policy, value);
}

static const char *take_level(struct reading *r, const char *value)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(value, names[i]) == 0) {
            r->config->log.level = (enum log_level)i;
            return NULL;
        }
    return "must be debug, info, warn or error";
}

static const char *take_certificate(struct reading *r, const char *value)
{
    return take_path(r, &r->config->tls.certificate, value);
}

static const char *take_key(struct reading *r, const char *value)
{
    return take_path(r, &r->config->tls.key, value);
}

static const char *take_ca(struct reading *r, const char *value)
{
    return take_path(r, &r->config->tls.ca, value);
}

static const char *take_mtls_listen(struct reading *r, const char *value)
{
    return add_address(r, r->config->mtls.listen, &r->config->mtls.n_listen, value);
}

static const char *take_mtls_origin(struct reading *r, const char *value)
{
    struct url u;
    const char *rule = read_origin(r, &u, &r->config->mtls.origin, value);
    return rule ? rule : url_is_https(&u) ? NULL : "must be https";
}

static const char *take_authorities(struct reading *r, const char *value)
{
    return take_path(r, &r->config->mtls.authorities, value);
}

/* What sockaddr_un holds. */
#define SOCKET_PATH_MAX 100

static const char *take_socket(struct reading *r, const char *value)
{
    struct config *c = r->config;
    c->admin.off = strcmp(value, "off") == 0;
    if (c->admin.off)
        return NULL;
    if (strlen(value) > SOCKET_PATH_MAX)
        return "must not be longer than 100 bytes";
    return take_path(r, &c->admin.socket, value);
}

static const char *take_admin_listen(struct reading *r, const char *value)
{
    if (is_listen(value) && strncmp(value, "127.", 4) != 0 && strncmp(value, "[::1]:", 6) != 0)
        return "must be addresses of this machine, 127.0.0.1 or [::1]: nobody is asked who he is there";
    return add_address(r, r->config->admin.listen, &r->config->admin.n_listen, value);
}

static const char *take_proxy(struct reading *r, const char *value)
{
    struct config *c = r->config;
    if (c->proxy.n_trusted == CONFIG_PROXY_MAX)
        return "has more than 32 addresses";
    if (!net_read(&c->proxy.trusted[c->proxy.n_trusted], view_text(value)))
        return "must be a list of addresses or ranges like {\"127.0.0.1\", \"10.1.0.0/16\", \"2001:db8::/32\"}";
    if (c->proxy.trusted[c->proxy.n_trusted++].bits == 0)
        return "must not be everybody";
    return NULL;
}

static const char *take_words(struct reading *r, const char *value)
{
    static const char *const names[] = {
        [PROXY_SILENT] = "none", [PROXY_FORWARDED] = "forwarded", [PROXY_X_FORWARDED] = "x-forwarded"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(value, names[i]) == 0) {
            r->config->proxy.words = (enum proxy_words)i;
            r->config->proxy.words_known = true;
            return NULL;
        }
    return "must be forwarded, x-forwarded or none";
}

static const char *take_private(struct reading *r, const char *value)
{
    struct config *c = r->config;
    if (c->outgoing.n_private == CONFIG_PRIVATE_MAX)
        return "has more than 32 addresses";
    if (!net_read(&c->outgoing.private[c->outgoing.n_private], view_text(value)))
        return "must be a list of addresses or ranges like {\"10.1.0.0/16\", \"fd00:1::/32\"}";
    if (c->outgoing.private[c->outgoing.n_private++].bits == 0)
        return "must not be everything";
    return NULL;
}

static const char *take_places(struct reading *r, const char *value)
{
    return take_path(r, &r->config->places.database, value);
}

static const char *take_credit(struct reading *r, const char *value)
{
    return take_line(r, &r->config->places.credit, value);
}

/* RFC 9110 5.1: a token, of the letters such names are made of. */
static const char *take_proxy_certificate(struct reading *r, const char *value)
{
    size_t n = strlen(value);
    if (n < 3 || n > 64 || strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-") != n)
        return "must be the name of a header, like Client-Cert";
    r->config->proxy.client_certificate = arena_text(r->arena, view_text(value));
    return r->config->proxy.client_certificate ? NULL : "is too long";
}

static const struct key {
    const char *section, *name, *shown; /* SECTION NULL: at the top */
    bool needed;
    take_fn *take;
} keys[] = {
    {NULL, "issuer", "issuer", true, take_issuer},
    {NULL, "listen", "listen", false, take_listen},
    {NULL, "data", "data", true, take_data},
    {NULL, "workers", "workers", false, take_workers},
    {NULL, "connections", "connections", false, take_connections},
    {"jpki", "trust", "jpki.trust", true, take_trust},
    {"jpki", "roots", "jpki.roots", true, take_roots},
    {"jpki", "pins", "jpki.pins", false, take_pin},
    {"jpki", "crl", "jpki.crl", false, take_crl},
    {"jpki", "ocsp", "jpki.ocsp", false, take_ocsp},
    {"jpki", "crl_stands_in", "jpki.crl_stands_in", false, take_crl_stands_in},
    {"jpki", "ocsp_timeout", "jpki.ocsp_timeout", false, take_ocsp_timeout},
    {"jpki", "ocsp_responders", "jpki.ocsp_responders", false, take_ocsp_responder},
    {"jpki", "ocsp_certificate", "jpki.ocsp_certificate", false, take_ocsp_certificate},
    {"jpki", "ocsp_key", "jpki.ocsp_key", false, take_ocsp_key},
    {"jpki", "renewal_wait", "jpki.renewal_wait", false, take_renewal_wait},
    {"jpki", "renewal_service", "jpki.renewal_service", false, take_renewal_service},
    {"jpki", "renewal_service_timeout", "jpki.renewal_service_timeout", false, take_renewal_service_timeout},
    {"agent", "port", "agent.port", false, take_agent_port},
    {"session", "idle", "session.idle", false, take_idle},
    {"session", "absolute", "session.absolute", false, take_absolute},
    {"session", "history", "session.history", false, take_history},
    {"help", "card_phone", "help.card_phone", false, take_card_phone},
    {"help", "card_phone_en", "help.card_phone_en", false, take_card_phone_en},
    {"help", "office", "help.office", false, take_office},
    {"help", "office_en", "help.office_en", false, take_office_en},
    {"help", "phone", "help.phone", false, take_help_phone},
    {"help", "hours", "help.hours", false, take_hours},
    {"help", "hours_en", "help.hours_en", false, take_hours_en},
    {"help", "email", "help.email", false, take_help_email},
    {"profile", "keys", "profile.keys", false, take_profile_keys},
    {"ledger", "origin", "ledger.origin", false, take_origin},
    {"ledger", "folder", "ledger.folder", false, take_folder},
    {"ledger", "key", "ledger.key", false, take_ledger_key},
    {"ledger", "policy", "ledger.policy", false, take_policy},
    {"limits", "interactions_per_minute", "limits.interactions_per_minute", false, take_interactions},
    {"limits", "card_transactions_per_minute", "limits.card_transactions_per_minute", false, take_cards},
    {"limits", "pushed_requests_per_minute", "limits.pushed_requests_per_minute", false, take_pushed},
    {"limits", "registrations_per_minute", "limits.registrations_per_minute", false, take_registrations},
    {"limits", "introspections_per_minute", "limits.introspections_per_minute", false, take_introspections},
    {"limits", "revocations_per_minute", "limits.revocations_per_minute", false, take_revocations},
    {"limits", "exchanges_per_minute", "limits.exchanges_per_minute", false, take_exchanges},
    {"limits", "card_proofs_per_account", "limits.card_proofs_per_account", false, take_card_proofs},
    {"limits", "card_links_per_account", "limits.card_links_per_account", false, take_card_links},
    {"limits", "connections_per_address", "limits.connections_per_address", false, take_address_connections},
    {"events", "wait", "events.wait", false, take_events_wait},
    {"log", "level", "log.level", false, take_level},
    {"tls", "certificate", "tls.certificate", false, take_certificate},
    {"tls", "key", "tls.key", false, take_key},
    {"tls", "ca", "tls.ca", false, take_ca},
    {"mtls", "listen", "mtls.listen", false, take_mtls_listen},
    {"mtls", "origin", "mtls.origin", false, take_mtls_origin},
    {"mtls", "authorities", "mtls.authorities", false, take_authorities},
    {"admin", "socket", "admin.socket", false, take_socket},
    {"admin", "listen", "admin.listen", false, take_admin_listen},
    {"proxy", "trusted", "proxy.trusted", false, take_proxy},
    {"proxy", "header", "proxy.header", false, take_words},
    {"proxy", "client_certificate", "proxy.client_certificate", false, take_proxy_certificate},
    {"outgoing", "private", "outgoing.private", false, take_private},
    {"places", "database", "places.database", false, take_places},
    {"places", "credit", "places.credit", false, take_credit},
};
enum { KEYS = sizeof keys / sizeof *keys };
_Static_assert(KEYS <= 64, "struct reading has a bit for each");

static size_t key_index(const char *section, const char *name)
{
    for (size_t i = 0; i < KEYS; i++)
        if (strcmp(keys[i].name, name) == 0 &&
            (keys[i].section ? strcmp(keys[i].section, section) == 0 : strcmp(section, "root") == 0))
            return i;
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
        return blame(r, cfg->line, keys[i].shown, "is there twice");
    if (list && r->seen & bit && n == r->taken) {
        r->closed |= bit;
        return 0;
    }
    r->seen |= bit;
    r->taken = n;
    const char *value = cfg_opt_getnstr(opt, n - 1);
    const char *rule = value ? keys[i].take(r, value) : "has no value";
    return rule ? blame(r, cfg->line, keys[i].shown, rule) : 0;
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
    const char *name = quoted(r->arena, message);
    if (strstr(message, "no such option"))
        blame(r, cfg->line, name, "is not a known key here");
    else
        blame(r, cfg->line, name, arena_text(r->arena, view_text(message)));
}

#define KEY(NAME)     CFG_STR(NAME, NULL, CFGF_NODEFAULT)
#define LIST(NAME)    CFG_STR_LIST(NAME, NULL, CFGF_NODEFAULT)
#define SECTION(NAME) CFG_SEC(#NAME, NAME, CFGF_NONE)

static enum err parse(struct reading *r, const char *text)
{
    cfg_opt_t jpki[] = {KEY("trust"),
                        KEY("roots"),
                        LIST("pins"),
                        KEY("crl"),
                        KEY("ocsp"),
                        KEY("crl_stands_in"),
                        KEY("ocsp_timeout"),
                        LIST("ocsp_responders"),
                        KEY("ocsp_certificate"),
                        KEY("ocsp_key"),
                        KEY("renewal_wait"),
                        KEY("renewal_service"),
                        KEY("renewal_service_timeout"),
                        CFG_END()};
    cfg_opt_t agent[] = {KEY("port"), CFG_END()};
    cfg_opt_t session[] = {KEY("idle"), KEY("absolute"), KEY("history"), CFG_END()};
    cfg_opt_t help[] = {KEY("card_phone"), KEY("card_phone_en"), KEY("office"), KEY("office_en"), KEY("phone"),
                        KEY("hours"),      KEY("hours_en"),      KEY("email"),  CFG_END()};
    cfg_opt_t profile[] = {KEY("keys"), CFG_END()};
    cfg_opt_t ledger[] = {KEY("origin"), KEY("folder"), KEY("key"), KEY("policy"), CFG_END()};
    cfg_opt_t limits[] = {KEY("interactions_per_minute"),
                          KEY("card_transactions_per_minute"),
                          KEY("pushed_requests_per_minute"),
                          KEY("registrations_per_minute"),
                          KEY("introspections_per_minute"),
                          KEY("revocations_per_minute"),
                          KEY("exchanges_per_minute"),
                          KEY("card_proofs_per_account"),
                          KEY("card_links_per_account"),
                          KEY("connections_per_address"),
                          CFG_END()};
    cfg_opt_t events[] = {KEY("wait"), CFG_END()};
    cfg_opt_t log[] = {KEY("level"), CFG_END()};
    cfg_opt_t tls[] = {KEY("certificate"), KEY("key"), KEY("ca"), CFG_END()};
    cfg_opt_t mtls[] = {LIST("listen"), KEY("origin"), KEY("authorities"), CFG_END()};
    cfg_opt_t admin[] = {KEY("socket"), LIST("listen"), CFG_END()};
    cfg_opt_t proxy[] = {LIST("trusted"), KEY("header"), KEY("client_certificate"), CFG_END()};
    cfg_opt_t outgoing[] = {LIST("private"), CFG_END()};
    cfg_opt_t places[] = {KEY("database"), KEY("credit"), CFG_END()};
    cfg_opt_t top[] = {KEY("issuer"),   LIST("listen"),    KEY("data"),      KEY("workers"),   KEY("connections"),
                       SECTION(jpki),   SECTION(agent),    SECTION(session), SECTION(profile), SECTION(ledger),
                       SECTION(limits), SECTION(log),      SECTION(tls),     SECTION(mtls),    SECTION(admin),
                       SECTION(proxy),  SECTION(outgoing), SECTION(help),    SECTION(events),  SECTION(places),
                       CFG_END()};
    cfg_t *cfg = cfg_init(top, CFGF_NONE);
    if (!cfg)
        return ERR_MEMORY;
    cfg_set_error_function(cfg, on_error);
    for (size_t i = 0; i < KEYS; i++) {
        char path[64];
        snprintf(path, sizeof path, "%s%s%s", keys[i].section ? keys[i].section : "", keys[i].section ? "|" : "",
                 keys[i].name);
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
    const struct config *c = r->config;
    for (size_t i = 0; i < KEYS; i++)
        if (keys[i].needed && !(r->seen >> i & 1))
            return contradiction(r, keys[i].shown, "is missing");
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
    if (!c->admin.socket && !c->admin.off && strlen(c->data) + sizeof "/admin.sock" <= SOCKET_PATH_MAX)
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
    struct reading r = {.config = c, .arena = a, .fault = fault};
    set_defaults(c);
    c->path = path;
    if (!text_is_utf8(text))
        return contradiction(&r, "file", "must be UTF-8 text");
    enum err err = check_lines(&r, copy);
    if (!err)
        err = parse(&r, copy);
    if (!err)
        err = check_whole(&r);
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

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_list(const char *const *a, size_t n_a, const char *const *b, size_t n_b)
{
    for (size_t i = 0; i < n_a && i < n_b; i++)
        if (!same(a[i], b[i]))
            return false;
    return n_a == n_b;
}

const char *config_can_follow(const struct config *now, const struct config *next)
{
    const struct {
        const char *key;
        bool same;
    } rows[] = {
        {"issuer", same(now->issuer, next->issuer)},
        {"listen", same_list(now->listen, now->n_listen, next->listen, next->n_listen)},
        {"data", same(now->data, next->data)},
        {"workers", now->workers == next->workers},
        {"connections", now->connections == next->connections},
        {"jpki.trust", now->jpki.trust == next->jpki.trust},
        {"jpki.roots", same(now->jpki.roots, next->jpki.roots)},
        {"jpki.pins", same_list(now->jpki.pins, now->jpki.n_pins, next->jpki.pins, next->jpki.n_pins)},
        {"jpki.crl", same(now->jpki.crl, next->jpki.crl)},
        {"jpki.ocsp", now->jpki.ocsp == next->jpki.ocsp},
        {"jpki.crl_stands_in", now->jpki.crl_stands_in == next->jpki.crl_stands_in},
        {"jpki.ocsp_timeout", now->jpki.ocsp_timeout == next->jpki.ocsp_timeout},
        {"jpki.ocsp_responders", same_list(now->jpki.ocsp_responders, now->jpki.n_ocsp_responders,
                                           next->jpki.ocsp_responders, next->jpki.n_ocsp_responders)},
        {"jpki.ocsp_certificate", same(now->jpki.ocsp_certificate, next->jpki.ocsp_certificate)},
        {"jpki.ocsp_key", same(now->jpki.ocsp_key, next->jpki.ocsp_key)},
        {"jpki.renewal_wait", now->jpki.renewal_wait == next->jpki.renewal_wait},
        {"jpki.renewal_service", same(now->jpki.renewal_service, next->jpki.renewal_service)},
        {"jpki.renewal_service_timeout", now->jpki.renewal_service_timeout == next->jpki.renewal_service_timeout},
        {"agent.port", now->agent.port == next->agent.port},
        {"session.idle", now->session.idle == next->session.idle},
        {"session.absolute", now->session.absolute == next->session.absolute},
        {"session.history", now->session.history == next->session.history},
        {"help.card_phone", same(now->help.card_phone, next->help.card_phone)},
        {"help.card_phone_en", same(now->help.card_phone_en, next->help.card_phone_en)},
        {"help.office", same(now->help.office, next->help.office)},
        {"help.office_en", same(now->help.office_en, next->help.office_en)},
        {"help.phone", same(now->help.phone, next->help.phone)},
        {"help.hours", same(now->help.hours, next->help.hours)},
        {"help.hours_en", same(now->help.hours_en, next->help.hours_en)},
        {"help.email", same(now->help.email, next->help.email)},
        {"profile.keys", same(now->profile.keys, next->profile.keys)},
        {"ledger.origin", same(now->ledger.origin, next->ledger.origin)},
        {"ledger.folder", same(now->ledger.folder, next->ledger.folder)},
        {"ledger.key", same(now->ledger.key, next->ledger.key)},
        {"ledger.policy", same(now->ledger.policy, next->ledger.policy)},
        {"limits.interactions_per_minute", now->limits.interactions_per_minute == next->limits.interactions_per_minute},
        {"limits.card_transactions_per_minute",
         now->limits.card_transactions_per_minute == next->limits.card_transactions_per_minute},
        {"limits.pushed_requests_per_minute",
         now->limits.pushed_requests_per_minute == next->limits.pushed_requests_per_minute},
        {"events.wait", now->events.wait == next->events.wait},
        {"limits.registrations_per_minute",
         now->limits.registrations_per_minute == next->limits.registrations_per_minute},
        {"limits.introspections_per_minute",
         now->limits.introspections_per_minute == next->limits.introspections_per_minute},
        {"limits.revocations_per_minute", now->limits.revocations_per_minute == next->limits.revocations_per_minute},
        {"limits.exchanges_per_minute", now->limits.exchanges_per_minute == next->limits.exchanges_per_minute},
        {"limits.card_proofs_per_account", now->limits.card_proofs_per_account == next->limits.card_proofs_per_account},
        {"limits.card_links_per_account", now->limits.card_links_per_account == next->limits.card_links_per_account},
        {"limits.connections_per_address", now->limits.connections_per_address == next->limits.connections_per_address},
        {"tls.certificate", same(now->tls.certificate, next->tls.certificate)},
        {"tls.key", same(now->tls.key, next->tls.key)},
        {"mtls.listen", same_list(now->mtls.listen, now->mtls.n_listen, next->mtls.listen, next->mtls.n_listen)},
        {"mtls.origin", same(now->mtls.origin, next->mtls.origin)},
        {"mtls.authorities", same(now->mtls.authorities, next->mtls.authorities)},
        {"admin.socket", same(now->admin.socket, next->admin.socket)},
        {"admin.listen", same_list(now->admin.listen, now->admin.n_listen, next->admin.listen, next->admin.n_listen)},
        {"proxy.trusted", now->proxy.n_trusted == next->proxy.n_trusted &&
                              memcmp(now->proxy.trusted, next->proxy.trusted, sizeof now->proxy.trusted) == 0},
        {"proxy.header", now->proxy.words == next->proxy.words},
        {"outgoing.private",
         now->outgoing.n_private == next->outgoing.n_private &&
             memcmp(now->outgoing.private, next->outgoing.private, sizeof now->outgoing.private) == 0},
        {"places.database", same(now->places.database, next->places.database)},
        {"places.credit", same(now->places.credit, next->places.credit)},
        {"proxy.client_certificate", same(now->proxy.client_certificate, next->proxy.client_certificate)},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!rows[i].same)
            return rows[i].key;
    return NULL;
}
