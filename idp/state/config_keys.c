#include "idp/state/config_keys.h"

#include <arpa/inet.h>

#include "base/text.h"
#include "http/url.h"

enum { PATH_MAX_BYTES = 1024 };

/* --- of several keys --------------------------------------------------------------------------------------------- */

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

static const char *read_span(unsigned *out, const char *value, int64_t min, int64_t max, const char *rule)
{
    int64_t n;
    if (!read_seconds(value, &n))
        return RULE_SECONDS;
    if (n < min || n > max)
        return rule;
    *out = (unsigned)n;
    return NULL;
}

static const char *read_count(unsigned *out, const char *value, int64_t min, int64_t max, const char *rule)
{
    int64_t n;
    if (!text_to_int(view_text(value), &n) || n < min || n > max)
        return rule;
    *out = (unsigned)n;
    return NULL;
}

static const char *take_path(struct config_target *to, const char *value)
{
    const char **out = to->at;
    struct view v = view_text(value);
    if (v.n < 2 || v.n > PATH_MAX_BYTES || v.p[0] != '/' || !text_is_utf8(v))
        return "must be an absolute path, like /var/lib/genkan";
    while (v.n > 1 && v.p[v.n - 1] == '/')
        v.n--;
    *out = arena_text(to->arena, v);
    return *out ? NULL : "is too long";
}

static const char *take_switch(struct config_target *to, const char *value)
{
    bool *out = to->at;
    static const char *const words[] = {"off", "on", "no", "yes", "false", "true"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(value, words[i]) == 0) {
            *out = i % 2;
            return NULL;
        }
    return "must be on or off";
}

/* --- of one key ------------------------------------------------------------------------------------------------- */

static enum err origin_of(struct arena *a, const struct url *u, const char **origin)
{
    struct buf b;
    buf_open(&b, a, 300);
    url_put_origin(&b, u);
    return buf_done_text(&b, origin);
}

/* *ORIGIN as VALUE writes it; NULL or the rule it breaks. */
static const char *read_origin(struct config_target *to, struct url *u, const char **origin, const char *value)
{
    if (url_read(u, view_text(value)) || !(url_is_http(u) || url_is_https(u)) || u->path.n || view_is(u->query) ||
        view_is(u->fragment) || origin_of(to->arena, u, origin))
        return "must be an origin without path, like https://id.example.lg.jp";
    return strcmp(*origin, value) == 0 ? NULL : "must be written in lower case and without its default port";
}

static const char *take_issuer(struct config_target *to, const char *value)
{
    struct url u;
    const char *origin, *rule = read_origin(to, &u, &origin, value);
    if (rule)
        return rule;
    if (!url_is_https(&u) && !url_is_loopback_host(u.host))
        return "must be https, unless its host is localhost or 127.0.0.1";
    to->config->issuer = origin;
    to->config->issuer_host = strstr(origin, "://") + 3;
    to->config->issuer_https = url_is_https(&u);
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
        read_count(&port, colon + 1, 0, 65535, "") != NULL)
        return false;
    size_t n = (size_t)(colon - value);
    bool bracketed = value[0] == '[' && value[n - 1] == ']' && n > 2;
    memcpy(address, value + bracketed, n - 2 * bracketed);
    address[n - 2 * bracketed] = 0;
    return bracketed ? inet_pton(AF_INET6, address, &v6) == 1 : inet_pton(AF_INET, address, &v4) == 1;
}

static const char *add_address(struct config_target *to, const char **list, size_t *n, const char *value)
{
    if (!is_listen(value))
        return "must be a list of addresses with port, like {\"127.0.0.1:8080\", \"[::1]:8080\"}";
    if (*n == CONFIG_LISTEN_MAX)
        return "has more than 8 addresses";
    for (size_t i = 0; i < *n; i++)
        if (strcmp(list[i], value) == 0)
            return "has an address twice";
    list[*n] = arena_text(to->arena, view_text(value));
    return list[(*n)++] ? NULL : "is too long";
}

static const char *take_listen(struct config_target *to, const char *value)
{
    return add_address(to, to->config->listen, &to->config->n_listen, value);
}

static const char *take_workers(struct config_target *to, const char *value)
{
    return read_count(to->at, value, 1, 64, "must be a whole number from 1 to 64");
}

static const char *take_connections(struct config_target *to, const char *value)
{
    return read_count(to->at, value, 16, 65536, "must be a whole number from 16 to 65536");
}

static const char *take_trust(struct config_target *to, const char *value)
{
    bool test = strcmp(value, "test") == 0;
    if (!test && strcmp(value, "production") != 0)
        return "must be \"production\" or \"test\"";
    to->config->jpki.trust = test ? CONFIG_TRUST_TEST : CONFIG_TRUST_PRODUCTION;
    return NULL;
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

static const char *take_pin(struct config_target *to, const char *value)
{
    struct config *c = to->config;
    if (!is_pin(view_text(value)))
        return "must be a list of fingerprints like \"auth:<64 hex digits>\" or \"sign:...\"";
    if (c->jpki.n_pins == CONFIG_PINS_MAX)
        return "has more than 16 fingerprints";
    c->jpki.pins[c->jpki.n_pins] = arena_text(to->arena, view_text(value));
    return c->jpki.pins[c->jpki.n_pins++] ? NULL : "is too long";
}

static const char *take_ocsp_timeout(struct config_target *to, const char *value)
{
    return read_span(to->at, value, 1, 30, "must be a time from 1s to 30s");
}

static const char *take_ocsp_responder(struct config_target *to, const char *value)
{
    struct config *c = to->config;
    struct url url;
    if (strlen(value) > 200 || url_read(&url, view_text(value)) || !(url_is_http(&url) || url_is_https(&url)) ||
        url.fragment.p)
        return "must be a list of addresses like \"http://ocsp.example/\"";
    if (c->jpki.n_ocsp_responders == CONFIG_RESPONDERS_MAX)
        return "has more than 8 addresses";
    c->jpki.ocsp_responders[c->jpki.n_ocsp_responders] = arena_text(to->arena, view_text(value));
    return c->jpki.ocsp_responders[c->jpki.n_ocsp_responders++] ? NULL : "is too long";
}

static const char *take_renewal_wait(struct config_target *to, const char *value)
{
    return read_span(to->at, value, 86400, 90 * 86400, "must be a time from 1d to 90d");
}

/* What it says opens a registration: nobody in between may say it. */
static const char *take_renewal_service(struct config_target *to, const char *value)
{
    struct url url;
    bool good = strlen(value) <= 200 && url_read(&url, view_text(value)) == ERR_OK && !url.fragment.p &&
                (url_is_https(&url) || (url_is_http(&url) && url_is_loopback_host(url.host)));
    if (!good)
        return "must be an address like \"https://...\"; http only on this machine";
    to->config->jpki.renewal_service = arena_text(to->arena, view_text(value));
    return to->config->jpki.renewal_service ? NULL : "is too long";
}

static const char *take_renewal_service_timeout(struct config_target *to, const char *value)
{
    return read_span(to->at, value, 1, 10, "must be a time from 1s to 10s");
}

static const char *take_agent_port(struct config_target *to, const char *value)
{
    unsigned port;
    const char *rule = read_count(&port, value, 1024, 65535, "must be a port from 1024 to 65535");
    if (!rule)
        to->config->agent.port = (uint16_t)port;
    return rule;
}

static const char *take_session_time(struct config_target *to, const char *value)
{
    return read_span(to->at, value, 60, 86400, "must be a time from 1m to 24h");
}

static const char *take_history(struct config_target *to, const char *value)
{
    return read_span(to->at, value, 86400, 730 * 86400, "must be a time from 1d to 730d");
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

static const char *take_phone(struct config_target *to, const char *value)
{
    const char **out = to->at;
    if (!is_phone(view_text(value)))
        return "must be a phone number: digits, spaces and the signs + - ( )";
    *out = arena_text(to->arena, view_text(value));
    return *out ? NULL : "is too long";
}

static const char *take_line(struct config_target *to, const char *value)
{
    const char **out = to->at;
    struct view v = view_text(value);
    bool good = v.n && v.n <= 200;
    for (size_t i = 0; i < v.n && good; i++)
        good = v.p[i] >= 0x20 && v.p[i] != 0x7F;
    if (!good)
        return "must be one line of text, at most 200 bytes";
    *out = arena_text(to->arena, v);
    return *out ? NULL : "is too long";
}

static const char *take_help_email(struct config_target *to, const char *value)
{
    const char *at = strchr(value, '@');
    if (!text_is_visible(view_text(value)) || !at || at == value || !at[1] || strchr(at + 1, '@'))
        return "must be a mail address, like help@pref.example.jp";
    return take_line(to, value);
}

/* Less than ten a minute is no limit against floods but one against residents. */
static const char *take_per_minute(struct config_target *to, const char *value)
{
    static const char rule[] = "must be 0 (no limit) or a whole number from 10 to 1000000";
    unsigned *out = to->at;
    return read_count(out, value, 0, 1000000, rule) || (*out && *out < 10) ? rule : NULL;
}

/* A resident who puts her card down wrong a few times must not be locked out. */
static const char *take_of_account(struct config_target *to, const char *value)
{
    static const char rule[] = "must be 0 (no limit) or a whole number from 5 to 1000";
    unsigned *out = to->at;
    return read_count(out, value, 0, 1000, rule) || (*out && *out < 5) ? rule : NULL;
}

static const char *take_address_connections(struct config_target *to, const char *value)
{
    static const char rule[] = "must be 0 (no limit) or a whole number from 8 to 65536";
    unsigned *out = to->at;
    return read_count(out, value, 0, 65536, rule) || (*out && *out < 8) ? rule : NULL;
}

static const char *take_events_wait(struct config_target *to, const char *value)
{
    return read_span(to->at, value, 0, 60, "must be a time up to 60s; 0 answers at once");
}

/* What C2SP signed-note allows as the name of a key, in ASCII. */
static const char *take_origin(struct config_target *to, const char *value)
{
    struct view v = view_text(value);
    if (v.n == 0 || v.n > 200 || !text_is_visible(v) || view_index(v, '+') != v.n)
        return "must be a name without spaces and plus signs, like id.example.lg.jp/ledger";
    to->config->ledger.origin = arena_text(to->arena, v);
    return to->config->ledger.origin ? NULL : "is too long";
}

static const char *take_level(struct config_target *to, const char *value)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(value, names[i]) == 0) {
            to->config->log.level = (enum log_level)i;
            return NULL;
        }
    return "must be debug, info, warn or error";
}

static const char *take_mtls_listen(struct config_target *to, const char *value)
{
    return add_address(to, to->config->mtls.listen, &to->config->mtls.n_listen, value);
}

static const char *take_mtls_origin(struct config_target *to, const char *value)
{
    struct url u;
    const char *rule = read_origin(to, &u, &to->config->mtls.origin, value);
    return rule ? rule : url_is_https(&u) ? NULL : "must be https";
}

static const char *take_socket(struct config_target *to, const char *value)
{
    struct config *c = to->config;
    c->admin.off = strcmp(value, "off") == 0;
    if (c->admin.off)
        return NULL;
    if (strlen(value) > CONFIG_SOCKET_PATH_MAX)
        return "must not be longer than 100 bytes";
    return take_path(to, value);
}

static const char *take_admin_listen(struct config_target *to, const char *value)
{
    if (is_listen(value) && strncmp(value, "127.", 4) != 0 && strncmp(value, "[::1]:", 6) != 0)
        return "must be addresses of this machine, 127.0.0.1 or [::1]: nobody is asked who he is there";
    return add_address(to, to->config->admin.listen, &to->config->admin.n_listen, value);
}

static const char *take_proxy(struct config_target *to, const char *value)
{
    struct config *c = to->config;
    if (c->proxy.n_trusted == CONFIG_PROXY_MAX)
        return "has more than 32 addresses";
    if (!net_read(&c->proxy.trusted[c->proxy.n_trusted], view_text(value)))
        return "must be a list of addresses or ranges like {\"127.0.0.1\", \"10.1.0.0/16\", \"2001:db8::/32\"}";
    if (c->proxy.trusted[c->proxy.n_trusted++].bits == 0)
        return "must not be everybody";
    return NULL;
}

static const char *take_words(struct config_target *to, const char *value)
{
    static const char *const names[] = {
        [PROXY_SILENT] = "none", [PROXY_FORWARDED] = "forwarded", [PROXY_X_FORWARDED] = "x-forwarded"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(value, names[i]) == 0) {
            to->config->proxy.words = (enum proxy_words)i;
            to->config->proxy.words_known = true;
            return NULL;
        }
    return "must be forwarded, x-forwarded or none";
}

static const char *take_private(struct config_target *to, const char *value)
{
    struct config *c = to->config;
    if (c->outgoing.n_private == CONFIG_PRIVATE_MAX)
        return "has more than 32 addresses";
    if (!net_read(&c->outgoing.private[c->outgoing.n_private], view_text(value)))
        return "must be a list of addresses or ranges like {\"10.1.0.0/16\", \"fd00:1::/32\"}";
    if (c->outgoing.private[c->outgoing.n_private++].bits == 0)
        return "must not be everything";
    return NULL;
}

/* RFC 9110 5.1: a token, of the letters such names are made of. */
static const char *take_proxy_certificate(struct config_target *to, const char *value)
{
    size_t n = strlen(value);
    if (n < 3 || n > 64 || strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-") != n)
        return "must be the name of a header, like Client-Cert";
    to->config->proxy.client_certificate = arena_text(to->arena, view_text(value));
    return to->config->proxy.client_certificate ? NULL : "is too long";
}

/* --- the table -------------------------------------------------------------------------------------------------- */

#define NEEDED   true, false
#define OPTIONAL false, false
#define LIST     false, true

/* clang-format off */
#define OF(FIELD)            (((struct config *)0)->FIELD)
#define AT(FIELD)            offsetof(struct config, FIELD)
/* Does not compile if FIELD is of another type. */
#define AT_TEXT(FIELD)       (AT(FIELD) + 0 * sizeof(_Generic(OF(FIELD), const char *: 'x')))
#define AT_NUMBER(FIELD)     (AT(FIELD) + 0 * sizeof(_Generic(OF(FIELD), unsigned: 'x')))
#define AT_SWITCH(FIELD)     (AT(FIELD) + 0 * sizeof(_Generic(OF(FIELD), bool: 'x')))
#define AT_COUNT(FIELD)      (AT(FIELD) + 0 * sizeof(_Generic(OF(FIELD), size_t: 'x')))

#define VALUE(FIELD)         CONFIG_VALUE, AT(FIELD), sizeof(OF(FIELD)), 0
#define NUMBER(FIELD)        CONFIG_VALUE, AT_NUMBER(FIELD), sizeof(OF(FIELD)), 0
#define SWITCH(FIELD)        CONFIG_VALUE, AT_SWITCH(FIELD), sizeof(OF(FIELD)), 0
#define VALUES(FIELD, COUNT) CONFIG_VALUES, AT(FIELD), sizeof(OF(FIELD)), AT_COUNT(COUNT)
#define TEXT(FIELD)          CONFIG_TEXT, AT_TEXT(FIELD), 0, 0
#define TEXTS(FIELD, COUNT)  CONFIG_TEXTS, AT(FIELD), 0, AT_COUNT(COUNT)
#define FOLLOWED(FIELD)      CONFIG_FOLLOWED, AT(FIELD), 0, 0

#define TOP(NAME, KIND, TAKE, KEPT)          {NULL, #NAME, #NAME, KIND, TAKE, KEPT}
#define KEY(SECTION, NAME, KIND, TAKE, KEPT) {#SECTION, #NAME, #SECTION "." #NAME, KIND, TAKE, KEPT}

const struct config_key config_keys[] = {
    TOP(issuer, NEEDED, take_issuer, TEXT(issuer)),
    TOP(listen, LIST, take_listen, TEXTS(listen, n_listen)),
    TOP(data, NEEDED, take_path, TEXT(data)),
    TOP(workers, OPTIONAL, take_workers, NUMBER(workers)),
    TOP(connections, OPTIONAL, take_connections, NUMBER(connections)),
    KEY(jpki, trust, NEEDED, take_trust, VALUE(jpki.trust)),
    KEY(jpki, roots, NEEDED, take_path, TEXT(jpki.roots)),
    KEY(jpki, pins, LIST, take_pin, TEXTS(jpki.pins, jpki.n_pins)),
    KEY(jpki, crl, OPTIONAL, take_path, TEXT(jpki.crl)),
    KEY(jpki, ocsp, OPTIONAL, take_switch, SWITCH(jpki.ocsp)),
    KEY(jpki, crl_stands_in, OPTIONAL, take_switch, SWITCH(jpki.crl_stands_in)),
    KEY(jpki, ocsp_timeout, OPTIONAL, take_ocsp_timeout, NUMBER(jpki.ocsp_timeout)),
    KEY(jpki, ocsp_responders, LIST, take_ocsp_responder, TEXTS(jpki.ocsp_responders, jpki.n_ocsp_responders)),
    KEY(jpki, ocsp_certificate, OPTIONAL, take_path, TEXT(jpki.ocsp_certificate)),
    KEY(jpki, ocsp_key, OPTIONAL, take_path, TEXT(jpki.ocsp_key)),
    KEY(jpki, renewal_wait, OPTIONAL, take_renewal_wait, NUMBER(jpki.renewal_wait)),
    KEY(jpki, renewal_service, OPTIONAL, take_renewal_service, TEXT(jpki.renewal_service)),
    KEY(jpki, renewal_service_timeout, OPTIONAL, take_renewal_service_timeout, NUMBER(jpki.renewal_service_timeout)),
    KEY(agent, port, OPTIONAL, take_agent_port, VALUE(agent.port)),
    KEY(session, idle, OPTIONAL, take_session_time, NUMBER(session.idle)),
    KEY(session, absolute, OPTIONAL, take_session_time, NUMBER(session.absolute)),
    KEY(session, history, OPTIONAL, take_history, NUMBER(session.history)),
    KEY(help, card_phone, OPTIONAL, take_phone, TEXT(help.card_phone)),
    KEY(help, card_phone_en, OPTIONAL, take_phone, TEXT(help.card_phone_en)),
    KEY(help, office, OPTIONAL, take_line, TEXT(help.office)),
    KEY(help, office_en, OPTIONAL, take_line, TEXT(help.office_en)),
    KEY(help, phone, OPTIONAL, take_phone, TEXT(help.phone)),
    KEY(help, hours, OPTIONAL, take_line, TEXT(help.hours)),
    KEY(help, hours_en, OPTIONAL, take_line, TEXT(help.hours_en)),
    KEY(help, email, OPTIONAL, take_help_email, TEXT(help.email)),
    KEY(profile, keys, OPTIONAL, take_path, TEXT(profile.keys)),
    KEY(ledger, origin, OPTIONAL, take_origin, TEXT(ledger.origin)),
    KEY(ledger, folder, OPTIONAL, take_path, TEXT(ledger.folder)),
    KEY(ledger, key, OPTIONAL, take_path, TEXT(ledger.key)),
    KEY(ledger, policy, OPTIONAL, take_path, TEXT(ledger.policy)),
    KEY(limits, interactions_per_minute, OPTIONAL, take_per_minute, NUMBER(limits.interactions_per_minute)),
    KEY(limits, card_transactions_per_minute, OPTIONAL, take_per_minute, NUMBER(limits.card_transactions_per_minute)),
    KEY(limits, pushed_requests_per_minute, OPTIONAL, take_per_minute, NUMBER(limits.pushed_requests_per_minute)),
    KEY(limits, registrations_per_minute, OPTIONAL, take_per_minute, NUMBER(limits.registrations_per_minute)),
    KEY(limits, introspections_per_minute, OPTIONAL, take_per_minute, NUMBER(limits.introspections_per_minute)),
    KEY(limits, revocations_per_minute, OPTIONAL, take_per_minute, NUMBER(limits.revocations_per_minute)),
    KEY(limits, exchanges_per_minute, OPTIONAL, take_per_minute, NUMBER(limits.exchanges_per_minute)),
    KEY(limits, card_proofs_per_account, OPTIONAL, take_of_account, NUMBER(limits.card_proofs_per_account)),
    KEY(limits, card_links_per_account, OPTIONAL, take_of_account, NUMBER(limits.card_links_per_account)),
    KEY(limits, connections_per_address, OPTIONAL, take_address_connections, NUMBER(limits.connections_per_address)),
    KEY(events, wait, OPTIONAL, take_events_wait, NUMBER(events.wait)),
    KEY(log, level, OPTIONAL, take_level, FOLLOWED(log.level)),
    KEY(tls, certificate, OPTIONAL, take_path, TEXT(tls.certificate)),
    KEY(tls, key, OPTIONAL, take_path, TEXT(tls.key)),
    KEY(tls, ca, OPTIONAL, take_path, TEXT(tls.ca)),
    KEY(mtls, listen, LIST, take_mtls_listen, TEXTS(mtls.listen, mtls.n_listen)),
    KEY(mtls, origin, OPTIONAL, take_mtls_origin, TEXT(mtls.origin)),
    KEY(mtls, authorities, OPTIONAL, take_path, TEXT(mtls.authorities)),
    KEY(admin, socket, OPTIONAL, take_socket, TEXT(admin.socket)),
    KEY(admin, listen, LIST, take_admin_listen, TEXTS(admin.listen, admin.n_listen)),
    KEY(proxy, trusted, LIST, take_proxy, VALUES(proxy.trusted, proxy.n_trusted)),
    KEY(proxy, header, OPTIONAL, take_words, VALUE(proxy.words)),
    KEY(proxy, client_certificate, OPTIONAL, take_proxy_certificate, TEXT(proxy.client_certificate)),
    KEY(outgoing, private, LIST, take_private, VALUES(outgoing.private, outgoing.n_private)),
    KEY(places, database, OPTIONAL, take_path, TEXT(places.database)),
    KEY(places, credit, OPTIONAL, take_line, TEXT(places.credit)),
};
/* clang-format on */
const size_t config_n_keys = sizeof config_keys / sizeof *config_keys;
_Static_assert(sizeof config_keys / sizeof *config_keys <= CONFIG_KEYS_MAX, "the reader has a bit for each");

/* --- comparing -------------------------------------------------------------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_texts(const char *const *a, const char *const *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!same_text(a[i], b[i]))
            return false;
    return true;
}

bool config_key_same(const struct config_key *k, const struct config *a, const struct config *b)
{
    const uint8_t *in_a = (const uint8_t *)a, *in_b = (const uint8_t *)b;
    const void *of_a = in_a + k->at, *of_b = in_b + k->at;
    size_t n = 0, n_b = 0;
    if (k->kept == CONFIG_TEXTS || k->kept == CONFIG_VALUES) {
        memcpy(&n, in_a + k->count_at, sizeof n);
        memcpy(&n_b, in_b + k->count_at, sizeof n_b);
    }
    switch (k->kept) {
    case CONFIG_VALUE:
    case CONFIG_VALUES:
        return n == n_b && memcmp(of_a, of_b, k->size) == 0;
    case CONFIG_TEXT:
        return same_text(*(const char *const *)of_a, *(const char *const *)of_b);
    case CONFIG_TEXTS:
        return n == n_b && same_texts(of_a, of_b, n);
    case CONFIG_FOLLOWED:
        break;
    }
    return true;
}
