#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

#include "idp/state/config_keys.h"

static struct arena a;

static void open_arena(void)
{
    arena_open(&a, 4 << 20);
}

static void close_arena(void)
{
    arena_close(&a);
}

TestSuite(config, .init = open_arena, .fini = close_arena);

#define JPKI     "jpki {\n trust = test\n roots = /r\n crl = /c\n}\n"
#define HEAD     "issuer = \"http://localhost:8080\"\ndata = /var/lib/genkan\n"
#define SMALLEST HEAD JPKI
#define OVER_TLS "issuer = \"https://localhost\"\ndata = /d\n" JPKI "tls {\n certificate = /c\n key = /k\n}\n"

static struct config *good(const char *text)
{
    struct config *c = NULL;
    struct config_fault fault;
    enum err err = config_read_text(&c, &a, "genkan.conf", view_text(text), &fault);
    cr_assert_eq(err, ERR_OK, "%s: line %d, %s %s", text, fault.line, fault.key, fault.rule);
    return c;
}

Test(config, smallest_one_gets_the_documented_defaults)
{
    struct config *c = good(SMALLEST);
    cr_expect_str_eq(c->issuer, "http://localhost:8080");
    cr_expect_str_eq(c->issuer_host, "localhost:8080");
    cr_expect_not(c->issuer_https);
    cr_expect(config_is_local(c));
    cr_expect_eq(c->n_listen, 1);
    cr_expect_str_eq(c->listen[0], "127.0.0.1:8080");
    cr_expect(c->workers == config_default_workers() && c->workers >= 2 && c->workers <= 16);
    cr_expect_eq(c->session.idle, 900);
    cr_expect_eq(c->session.absolute, 43200);
    cr_expect_eq(c->jpki.ocsp, true);
    cr_expect_eq(c->jpki.ocsp_timeout, 3);
    cr_expect_not(c->jpki.crl_stands_in);
    cr_expect_eq(c->jpki.renewal_wait, 604800);
    cr_expect_null(c->jpki.renewal_service);
    cr_expect_eq(c->jpki.renewal_service_timeout, 3);
    cr_expect_eq(c->agent.port, 23837);
    cr_expect_eq(c->limits.interactions_per_minute, 600);
    cr_expect_eq(c->limits.card_transactions_per_minute, 120);
    cr_expect_eq(c->limits.pushed_requests_per_minute, 600);
    cr_expect_eq(c->limits.registrations_per_minute, 20);
    cr_expect_eq(c->limits.introspections_per_minute, 60000);
    cr_expect_eq(c->limits.revocations_per_minute, 6000);
    cr_expect_eq(c->limits.exchanges_per_minute, 6000);
    cr_expect_eq(c->limits.card_proofs_per_account, 60);
    cr_expect_eq(c->limits.card_links_per_account, 10);
    cr_expect_eq(c->limits.connections_per_address, 1024);
    cr_expect_eq(c->log.level, LOG_INFO);
    cr_expect_str_eq(c->ledger.origin, "localhost:8080/ledger");
    cr_expect_str_eq(c->ledger.folder, "/var/lib/genkan/ledger");
    cr_expect_str_eq(c->ledger.key, "/var/lib/genkan/keys/ledger.pem");
    cr_expect_null(c->ledger.policy);
    cr_expect_null(c->tls.key);
    cr_expect_str_eq(c->admin.socket, "/var/lib/genkan/admin.sock");
    cr_expect_null(good(SMALLEST "admin { socket = off }\n")->admin.socket);
    cr_expect_str_eq(c->profile.keys, "/var/lib/genkan/keys");
}

Test(config, one_name_and_one_time_do_for_both_languages)
{
    struct config *c = good(SMALLEST "help {\n office = \"大阪府\"\n phone = \"06-0000-0000\"\n hours = \"平日\"\n}\n");
    cr_expect_str_eq(c->help.office_en, "大阪府");
    cr_expect_str_eq(c->help.hours_en, "平日");
}

Test(config, master_keys_may_be_in_a_folder_of_their_own)
{
    cr_expect_str_eq(good(SMALLEST "profile { keys = \"/srv/keys\" }\n")->profile.keys, "/srv/keys");
}

Test(config, reads_the_keys_of_the_ledger_and_refuses_names_no_note_may_have)
{
    static const char *const bad[] = {"\"a b\"", "\"a+b\"", "\"\"", "\"台帳\""};
    struct config_fault fault;
    struct config *c =
        good(SMALLEST "ledger {\n origin = \"o.example/l\"\n folder = /f\n key = /k.pem\n policy = /p\n}\n");
    cr_expect_str_eq(c->ledger.origin, "o.example/l");
    cr_expect_str_eq(c->ledger.folder, "/f");
    cr_expect_str_eq(c->ledger.key, "/k.pem");
    cr_expect_str_eq(c->ledger.policy, "/p");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *text = arena_printf(&a, SMALLEST "ledger {\n origin = %s\n}\n", bad[i]);
        cr_expect_eq(config_read_text(&c, &a, "genkan.conf", view_text(text), &fault), ERR_CONFIG, "%s", bad[i]);
        cr_expect_str_eq(fault.key, "ledger.origin");
    }
}

/* Each key, with another value than where nothing is said. */
#define EVERY                                                                                                          \
    "# a comment\n"                                                                                                    \
    "issuer = \"https://id.example.lg.jp\"\n"                                                                          \
    "listen = {\"0.0.0.0:8443\", \"[::]:8443\"}\n"                                                                     \
    "data = \"/srv/genkan/\"\n"                                                                                        \
    "workers = 8\n"                                                                                                    \
    "connections = 2000\n"                                                                                             \
    "jpki {\n trust = production\n roots = \"/r\"\n"                                                                   \
    " pins = {\"auth:00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF\"}\n"                            \
    " crl = /c\n ocsp = on\n crl_stands_in = on\n renewal_wait = 8d\n renewal_service = \"https://a/\"\n"              \
    " renewal_service_timeout = 4\n ocsp_timeout = 5s\n ocsp_responders = {\"http://a.example/\", "                    \
    "\"https://b.example/\"}\n"                                                                                        \
    " ocsp_certificate = /o.pem\n ocsp_key = /o.key\n}\n"                                                              \
    "agent { port = 4000 }\n"                                                                                          \
    "session {\n idle = 10m\n absolute = 8h\n history = 30d\n}\n"                                                      \
    "help {\n card_phone = \"06 (1234) 5678\"\n card_phone_en = \"+81-6-1234-5679\"\n office = \"大阪府\"\n "       \
    "office_en = \"Osaka\"\n"                                                                                          \
    " phone = \"06-0000-0000\"\n hours = \"平日\"\n hours_en = \"weekdays\"\n email = \"help@pref.example.jp\"\n}\n" \
    "limits {\n interactions_per_minute = 50\n card_transactions_per_minute = 0\n"                                     \
    " pushed_requests_per_minute = 6000\n registrations_per_minute = 30\n connections_per_address = 8\n"               \
    " introspections_per_minute = 10\n revocations_per_minute = 0\n exchanges_per_minute = 11\n"                       \
    " card_proofs_per_account = 5\n card_links_per_account = 1000\n}\n"                                                \
    "log { level = debug }\nprofile { keys = /m }\nevents { wait = 9 }\n"                                              \
    "ledger {\n origin = o\n folder = /l\n key = /k.pem\n policy = /p\n}\n"                                            \
    "tls {\n certificate = /c.pem\n key = /k.pem\n ca = /ca.pem\n}\n"                                                  \
    "mtls {\n listen = {\"0.0.0.0:8444\"}\n origin = \"https://mtls.id.example.lg.jp\"\n authorities = /a.pem\n}\n"    \
    "admin {\n socket = /run/g.sock\n listen = {\"127.0.0.1:9464\"}\n}\nproxy {\n trusted = {\"127.0.0.1\", "          \
    "\"10.1.0.0/16\"}\n header = forwarded\n client_certificate = "                                                    \
    "Client-Cert\n}\n"                                                                                                 \
    "outgoing { private = {\"10.2.0.0/16\"} }\n"                                                                       \
    "places { database = \"/var/lib/genkan/city.mmdb\"\n credit = \"Places by Atlas\" }\n"

Test(config, reads_every_key)
{
    struct config *c = good(EVERY);
    cr_expect(c->issuer_https);
    cr_expect_not(config_is_local(c));
    cr_expect_str_eq(c->data, "/srv/genkan");
    cr_expect_eq(c->n_listen, 2);
    cr_expect_str_eq(c->listen[1], "[::]:8443");
    cr_expect_eq(c->workers, 8);
    cr_expect_eq(c->connections, 2000);
    cr_expect_eq(c->jpki.trust, CONFIG_TRUST_PRODUCTION);
    cr_expect_eq(c->jpki.n_pins, 1);
    cr_expect_str_eq(c->jpki.crl, "/c");
    cr_expect_eq(c->jpki.ocsp_timeout, 5);
    cr_expect(c->jpki.n_ocsp_responders == 2 && strcmp(c->jpki.ocsp_responders[1], "https://b.example/") == 0);
    cr_expect_str_eq(c->jpki.ocsp_key, "/o.key");
    cr_expect_eq(c->agent.port, 4000);
    cr_expect_eq(c->session.idle, 600);
    cr_expect_eq(c->limits.interactions_per_minute, 50);
    cr_expect_eq(c->limits.card_transactions_per_minute, 0);
    cr_expect_eq(c->limits.pushed_requests_per_minute, 6000);
    cr_expect_eq(c->limits.registrations_per_minute, 30);
    cr_expect_eq(c->limits.connections_per_address, 8);
    cr_expect_eq(c->limits.introspections_per_minute, 10);
    cr_expect_eq(c->limits.revocations_per_minute, 0);
    cr_expect_eq(c->limits.exchanges_per_minute, 11);
    cr_expect_eq(c->limits.card_proofs_per_account, 5);
    cr_expect_eq(c->limits.card_links_per_account, 1000);
    cr_expect_eq(c->session.absolute, 28800);
    cr_expect_eq(c->session.history, 30 * 86400);
    cr_expect_str_eq(c->help.card_phone, "06 (1234) 5678");
    cr_expect_str_eq(c->help.card_phone_en, "+81-6-1234-5679");
    cr_expect_str_eq(c->help.office, "大阪府");
    cr_expect_str_eq(c->help.office_en, "Osaka");
    cr_expect_str_eq(c->help.phone, "06-0000-0000");
    cr_expect_str_eq(c->help.hours, "平日");
    cr_expect_str_eq(c->help.hours_en, "weekdays");
    cr_expect_str_eq(c->help.email, "help@pref.example.jp");
    cr_expect_eq(c->log.level, LOG_DEBUG);
    cr_expect_str_eq(c->tls.key, "/k.pem");
    cr_expect_str_eq(c->tls.ca, "/ca.pem");
    cr_expect_eq(c->mtls.n_listen, 1);
    cr_expect_str_eq(c->admin.socket, "/run/g.sock");
    cr_expect_eq(c->admin.n_listen, 1);
    cr_expect_str_eq(c->mtls.origin, "https://mtls.id.example.lg.jp");
    cr_expect_str_eq(c->mtls.host, "mtls.id.example.lg.jp");
    cr_expect_str_eq(c->mtls.authorities, "/a.pem");
    cr_expect_eq(c->proxy.n_trusted, 2);
    cr_expect_eq(c->proxy.trusted[1].bits, 96 + 16);
    cr_expect_eq(c->proxy.words, PROXY_FORWARDED);
    cr_expect_str_eq(c->proxy.client_certificate, "Client-Cert");
    cr_expect_str_eq(c->places.database, "/var/lib/genkan/city.mmdb");
    cr_expect_str_eq(c->places.credit, "Places by Atlas");
    cr_expect_eq(c->outgoing.n_private, 1);
    cr_expect_eq(c->outgoing.private[0].bits, 96 + 16);
}

Test(config, refuses_naming_line_key_and_rule)
{
    static const struct {
        const char *text;
        int line; /* 0: no line is to blame */
        const char *key;
    } table[] = {
        {"", 0, "issuer"},
        {"issuer = \"http://localhost:8080\"\n" JPKI, 0, "data"},
        {"issuer = \"http://localhost\"\ndata = /d\n", 0, "jpki.trust"},
        {"issuer = \"http://localhost\"\ndata = /d\njpki { trust = test }\n", 0, "jpki.roots"},
        /* names */
        {SMALLEST "colour = red\n", 8, "colour"},
        {SMALLEST "session {\n idel = 5m\n}\n", 9, "idel"},
        {SMALLEST "sessions {\n}\n", 8, "sessions"},
        {SMALLEST "data = /twice\n", 8, "data"},
        {SMALLEST "session { idle = 5m\n idle = 6m }\n", 9, "session.idle"},
        {SMALLEST "session { idle = 5m }\nsession { idle = 6m }\n", 9, "session.idle"},
        /* values */
        {"issuer = \"http://id.example.lg.jp\"\n", 1, "issuer"},
        {"issuer = \"https://id.example.lg.jp/\"\n", 1, "issuer"},
        {"issuer = \"https://id.example.lg.jp/op\"\n", 1, "issuer"},
        {"issuer = \"https://id.example.lg.jp?x\"\n", 1, "issuer"},
        {"issuer = \"https://ID.example.lg.jp\"\n", 1, "issuer"},
        {"issuer = \"https://id.example.lg.jp:443\"\n", 1, "issuer"},
        {"issuer = \"https://me@id.example.lg.jp\"\n", 1, "issuer"},
        {"issuer = \"ftp://localhost\"\n", 1, "issuer"},
        {"issuer = \"localhost\"\n", 1, "issuer"},
        {"issuer = \"\"\n", 1, "issuer"},
        {SMALLEST "listen = {\"localhost:8080\"}\n", 8, "listen"},
        {SMALLEST "listen = {\"127.0.0.1\"}\n", 8, "listen"},
        {SMALLEST "listen = {\"127.0.0.1:65536\"}\n", 8, "listen"},
        {SMALLEST "listen = {\"::1:8080\"}\n", 8, "listen"},
        {SMALLEST "listen = {\"[]:8080\"}\n", 8, "listen"},
        {SMALLEST "listen = {\"127.0.0.1:80\",\n\"127.0.0.1:80\"}\n", 9, "listen"},
        {SMALLEST "listen = {\"127.0.0.1:80\"}\nlisten = {\"127.0.0.1:81\"}\n", 9, "listen"},
        {SMALLEST "workers = 0\n", 8, "workers"},
        {SMALLEST "workers = 65\n", 8, "workers"},
        {SMALLEST "workers = four\n", 8, "workers"},
        {SMALLEST "workers = -1\n", 8, "workers"},
        {SMALLEST "connections = 15\n", 8, "connections"},
        {"data = var/lib\n", 1, "data"},
        {"data = \"/\"\n", 1, "data"},
        {"jpki { trust = maybe }\n", 1, "jpki.trust"},
        {"jpki { ocsp = perhaps }\n", 1, "jpki.ocsp"},
        {"jpki { crl_stands_in = perhaps }\n", 1, "jpki.crl_stands_in"},
        {"jpki { ocsp_timeout = 31 }\n", 1, "jpki.ocsp_timeout"},
        {"jpki { ocsp_timeout = 0 }\n", 1, "jpki.ocsp_timeout"},
        {"jpki { renewal_wait = 23h }\n", 1, "jpki.renewal_wait"},
        {"jpki { renewal_wait = 91d }\n", 1, "jpki.renewal_wait"},
        {"jpki { renewal_wait = 0 }\n", 1, "jpki.renewal_wait"},
        {"jpki { renewal_service = \"http://renewal.example/\" }\n", 1, "jpki.renewal_service"},
        {"jpki { renewal_service = \"ftp://localhost/\" }\n", 1, "jpki.renewal_service"},
        {"jpki { renewal_service = \"https://renewal.example/#x\" }\n", 1, "jpki.renewal_service"},
        {"jpki { renewal_service = renewal.example }\n", 1, "jpki.renewal_service"},
        {"jpki { renewal_service_timeout = 0 }\n", 1, "jpki.renewal_service_timeout"},
        {"jpki { renewal_service_timeout = 11 }\n", 1, "jpki.renewal_service_timeout"},
        {"jpki { ocsp_responders = {\"ocsp.example\"} }\n", 1, "jpki.ocsp_responders"},
        {"jpki { ocsp_responders = {\"ftp://ocsp.example/\"} }\n", 1, "jpki.ocsp_responders"},
        {"jpki { ocsp_responders = {\"http://ocsp.example/#x\"} }\n", 1, "jpki.ocsp_responders"},
        {"jpki { ocsp_key = ocsp.key }\n", 1, "jpki.ocsp_key"},
        {"jpki { ocsp_certificate = ocsp.pem }\n", 1, "jpki.ocsp_certificate"},
        {HEAD "jpki {\n trust = test\n roots = /r\n ocsp_key = /k\n}\n", 0, "jpki.ocsp_certificate"},
        {HEAD "jpki {\n trust = test\n roots = /r\n ocsp_certificate = /c\n}\n", 0, "jpki.ocsp_key"},
        {HEAD "jpki {\n trust = test\n roots = /r\n crl = /c\n ocsp = off\n crl_stands_in = on\n}\n", 0,
         "jpki.crl_stands_in"},
        {HEAD "jpki {\n trust = test\n roots = /r\n crl_stands_in = on\n}\n", 0, "jpki.crl_stands_in"},
        {HEAD "jpki {\n trust = test\n roots = /r\n crl = /c\n ocsp = off\n ocsp_responders = {\"http://a/\"}\n}\n", 0,
         "jpki.ocsp"},
        {"jpki { pins = {\"auth:00\"} }\n", 1, "jpki.pins"},
        {"jpki { pins = {\"root:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\"} }\n", 1,
         "jpki.pins"},
        {"agent { port = 80 }\n", 1, "agent.port"},
        {"agent { port = 65536 }\n", 1, "agent.port"},
        {"session { idle = 59 }\n", 1, "session.idle"},
        {"session { idle = 5w }\n", 1, "session.idle"},
        {"session { idle = 1.5h }\n", 1, "session.idle"},
        {"session { idle = 99999999999999999999 }\n", 1, "session.idle"},
        {"session { absolute = 25h }\n", 1, "session.absolute"},
        {"session { history = 23h }\n", 1, "session.history"},
        {"session { history = 731d }\n", 1, "session.history"},
        {"help { card_phone = \"call us\" }\n", 1, "help.card_phone"},
        {"help { card_phone = \"12\" }\n", 1, "help.card_phone"},
        {"help { card_phone_en = \"0123456789012345678901234567890\" }\n", 1, "help.card_phone_en"},
        {"help { office = \"\" }\n", 1, "help.office"},
        {"help { phone = \"call us\" }\n", 1, "help.phone"},
        {"help { office = \"a\tb\" }\n", 1, "help.office"},
        {"help { email = \"help\" }\n", 1, "help.email"},
        {"help { email = \"help@\" }\n", 1, "help.email"},
        {"help { email = \"a@b@c\" }\n", 1, "help.email"},
        {"help { email = \"a b@c\" }\n", 1, "help.email"},
        {SMALLEST "help { office = \"大阪府\" }\n", 0, "help.phone"},
        {SMALLEST "help { phone = \"06-0000-0000\" }\n", 0, "help.office"},
        {SMALLEST "help { hours = \"平日\" }\n", 0, "help.office"},
        {"limits { interactions_per_minute = 9 }\n", 1, "limits.interactions_per_minute"},
        {"limits { interactions_per_minute = 1000001 }\n", 1, "limits.interactions_per_minute"},
        {"limits { interactions_per_minute = off }\n", 1, "limits.interactions_per_minute"},
        {"limits { card_transactions_per_minute = -1 }\n", 1, "limits.card_transactions_per_minute"},
        {"limits { card_transactions_per_minute = 1 }\n", 1, "limits.card_transactions_per_minute"},
        {"limits { pushed_requests_per_minute = 9 }\n", 1, "limits.pushed_requests_per_minute"},
        {"limits { registrations_per_minute = 9 }\n", 1, "limits.registrations_per_minute"},
        {"limits { connections_per_address = 7 }\n", 1, "limits.connections_per_address"},
        {"limits { introspections_per_minute = 9 }\n", 1, "limits.introspections_per_minute"},
        {"limits { revocations_per_minute = x }\n", 1, "limits.revocations_per_minute"},
        {"limits { exchanges_per_minute = 1000001 }\n", 1, "limits.exchanges_per_minute"},
        {"limits { card_proofs_per_account = 4 }\n", 1, "limits.card_proofs_per_account"},
        {"limits { card_links_per_account = 1001 }\n", 1, "limits.card_links_per_account"},
        {"limits { connections_per_address = 65537 }\n", 1, "limits.connections_per_address"},
        {"log { level = loud }\n", 1, "log.level"},
        {"tls { key = key.pem }\n", 1, "tls.key"},
        {"profile { keys = keys }\n", 1, "profile.keys"},
        {"tls { ca = ca.pem }\n", 1, "tls.ca"},
        {"mtls { listen = {\"localhost:8444\"} }\n", 1, "mtls.listen"},
        {"mtls { origin = \"http://localhost\" }\n", 1, "mtls.origin"},
        {"mtls { origin = \"https://id.example.lg.jp/mtls\" }\n", 1, "mtls.origin"},
        {"mtls { authorities = ca.pem }\n", 1, "mtls.authorities"},
        {"proxy { trusted = {\"proxy.example\"} }\n", 1, "proxy.trusted"},
        {"proxy { trusted = {\"10.1.2.3/8\"} }\n", 1, "proxy.trusted"},
        {"proxy { trusted = {\"::/0\"} }\n", 1, "proxy.trusted"},
        {"places { database = city.mmdb }\n", 1, "places.database"},
        {"places { credit = \"a	b\" }\n", 1, "places.credit"},
        {SMALLEST "places { credit = \"Places by Atlas\" }\n", 0, "places.database"},
        {"places { database = \"\" }\n", 1, "places.database"},
        {"places { database = /a\n database = /b }\n", 2, "places.database"},
        {"outgoing { private = {\"inside\"} }\n", 1, "outgoing.private"},
        {"outgoing { private = {\"10.1.2.3/8\"} }\n", 1, "outgoing.private"},
        {"outgoing { private = {\"::/0\"} }\n", 1, "outgoing.private"},
        {"proxy { client_certificate = \"Client Cert\" }\n", 1, "proxy.client_certificate"},
        {"admin { socket = admin.sock }\n", 1, "admin.socket"},
        {"admin { listen = {\"0.0.0.0:9464\"} }\n", 1, "admin.listen"},
        {"admin { listen = {\"10.0.0.1:9464\"} }\n", 1, "admin.listen"},
        {"admin { listen = {\"[::]:9464\"} }\n", 1, "admin.listen"},
        {"proxy { header = \"X-Real-IP\" }\n", 1, "proxy.header"},
        {"proxy { client_certificate = \"\" }\n", 1, "proxy.client_certificate"},
        /* the whole */
        {"issuer = \"https://id.example.lg.jp\"\ndata = /d\n" JPKI, 0, "jpki.trust"},
        {"issuer = \"http://localhost\"\ndata = /d\njpki { trust = test\n roots = /r\n ocsp = off\n}\n", 0,
         "jpki.ocsp"},
        {"issuer = \"http://localhost\"\ndata = /d\njpki { trust = test\n roots = /r\n pins = "
         "{\"auth:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\"}\n}\n",
         0, "jpki.pins"},
        {SMALLEST "session { idle = 2h\n absolute = 1h }\n", 0, "session.idle"},
        {SMALLEST "tls { key = /k }\n", 0, "tls.certificate"},
        {SMALLEST "tls { certificate = /c }\n", 0, "tls.key"},
        {SMALLEST "tls { certificate = /c\n key = /k }\n", 0, "tls"},
        {SMALLEST "proxy { client_certificate = Client-Cert }\n", 0, "proxy.trusted"},
        {SMALLEST "proxy { header = forwarded }\n", 0, "proxy.trusted"},
        {SMALLEST "proxy { trusted = {\"::1\"} }\n", 0, "proxy.header"},
        {SMALLEST "mtls { listen = {\"127.0.0.1:1\"}\n origin = \"https://m.example\" }\n", 0, "mtls.listen"},
        {SMALLEST "mtls { origin = \"https://m.example\" }\n", 0, "mtls.origin"},
        {SMALLEST "mtls { authorities = /a }\n", 0, "mtls.authorities"},
        {OVER_TLS "mtls { listen = {\"127.0.0.1:1\"} }\n", 0, "mtls.origin"},
        {OVER_TLS "mtls { listen = {\"127.0.0.1:1\"}\n origin = \"https://localhost\" }\n", 0, "mtls.origin"},
        /* comments count like other lines */
        {SMALLEST "# one\n  # two \"x\n\nsession { idle = 5m } # and\nlisten = {\"127.0.0.1\"}\n", 12, "listen"},
        {"data = \"/\xFF\"\n", 0, "file"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct config *c = NULL;
        struct config_fault fault;
        enum err err = config_read_text(&c, &a, "genkan.conf", view_text(table[i].text), &fault);
        cr_expect_eq(err, ERR_CONFIG, "%s", table[i].text);
        cr_expect_null(c);
        cr_expect_eq(fault.line, table[i].line, "%s: line %d", table[i].text, fault.line);
        cr_expect_str_eq(fault.key, table[i].key, "%s", table[i].text);
        cr_expect(fault.rule && *fault.rule, "%s", table[i].text);
    }
}

Test(config, refuses_broken_syntax_with_its_line)
{
    static const struct {
        const char *text;
        int line;
    } table[] = {
        {SMALLEST "workers 4\n", 8},
        {SMALLEST "workers = \n", 9},
        {SMALLEST "session {\n idle = 5m\n", 10},
        {SMALLEST "workers = {4}\n", 8},
        {SMALLEST "data = \"/unfinished\n", 8},
        {SMALLEST "data = /a#b\n", 8},
        {SMALLEST "data = \"/a\\777\"\n", 8},
        {SMALLEST "/* open\n", 8},
        {SMALLEST "// c\n", 8},
        {SMALLEST "workers = 'a\n", 8},
        {SMALLEST "= 4\n", 8},
        {SMALLEST "}\n", 8},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct config *c = NULL;
        struct config_fault fault;
        cr_expect_eq(config_read_text(&c, &a, "x", view_text(table[i].text), &fault), ERR_CONFIG, "%s", table[i].text);
        cr_expect(table[i].line == 0 || fault.line == table[i].line, "%s: line %d", table[i].text, fault.line);
        cr_expect(fault.rule && *fault.rule);
    }
}

Test(config, is_read_rightly_after_one_that_was_refused)
{
    static const char *const bad[] = {"data = \"/x\n", "data = '", "data = \"\\9\"", "data = \"\\xg\"", "/*", "jpki {"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct config *c = NULL;
        struct config_fault fault;
        cr_expect_eq(config_read_text(&c, &a, "x", view_text(bad[i]), &fault), ERR_CONFIG, "%s", bad[i]);
        cr_expect_eq(good(SMALLEST "workers = 7\n")->workers, 7, "%s", bad[i]);
    }
}

Test(config, file_that_is_not_there_is_not_found_and_a_huge_one_is_refused)
{
    struct config *c;
    struct config_fault fault;
    char path[] = "/tmp/genkan-config-XXXXXX", block[1024];
    cr_expect_eq(config_read(&c, &a, "/nonexistent/genkan.conf", &fault), ERR_NOT_FOUND);
    int fd = mkstemp(path);
    memset(block, '#', sizeof block);
    for (int i = 0; i < 65; i++)
        cr_assert_eq(write(fd, block, sizeof block), (ssize_t)sizeof block);
    close(fd);
    cr_expect_eq(config_read(&c, &a, path, &fault), ERR_CONFIG);
    unlink(path);
}

static const char *changes(const struct config *now, const struct config *next)
{
    const char *keys[CONFIG_KEYS_MAX], *text = "";
    size_t n = config_restart_keys(keys, now, next);
    for (size_t i = 0; i < n; i++)
        text = arena_printf(&a, "%s%s%s", text, i ? " " : "", keys[i]);
    return text;
}

Test(config, running_server_follows_the_log_level_and_names_every_other_change)
{
    static const struct {
        const char *text, *keys;
    } table[] = {
        {SMALLEST, ""},
        {SMALLEST "log { level = debug }\n", ""},
        {SMALLEST "workers = 5\n", "workers"},
        {SMALLEST "connections = 100\n", "connections"},
        {SMALLEST "listen = {\"127.0.0.1:8081\"}\n", "listen"},
        {SMALLEST "listen = {\"127.0.0.1:8080\", \"[::1]:8080\"}\n", "listen"},
        {SMALLEST "agent { port = 4000 }\n", "agent.port"},
        {SMALLEST "limits { interactions_per_minute = 0 }\n", "limits.interactions_per_minute"},
        {SMALLEST "limits { card_transactions_per_minute = 0 }\n", "limits.card_transactions_per_minute"},
        {SMALLEST "limits { pushed_requests_per_minute = 0 }\n", "limits.pushed_requests_per_minute"},
        {SMALLEST "limits { registrations_per_minute = 0 }\n", "limits.registrations_per_minute"},
        {SMALLEST "limits { connections_per_address = 0 }\n", "limits.connections_per_address"},
        {SMALLEST "session { idle = 5m }\n", "session.idle"},
        {SMALLEST "places { database = /p }\n", "places.database"},
        {SMALLEST "admin { socket = off }\n", "admin.socket"},
        {SMALLEST "proxy { trusted = {\"10.0.0.0/8\"}\n header = none }\n", "proxy.trusted"},
        {SMALLEST "session { absolute = 5h }\n", "session.absolute"},
        {"issuer = \"http://localhost:8081\"\ndata = /var/lib/genkan\n" JPKI, "issuer"},
        {"issuer = \"http://localhost:8080\"\ndata = /d\n" JPKI, "data"},
        {HEAD "jpki {\n trust = test\n roots = /r2\n crl = /c\n}\n", "jpki.roots"},
        {HEAD "jpki {\n trust = test\n roots = /r\n}\n", "jpki.crl"},
        {HEAD "jpki {\n trust = test\n roots = /r\n crl = /c\n ocsp = off\n}\n", "jpki.ocsp"},
        {HEAD "jpki {\n trust = test\n roots = /r\n crl = /c\n crl_stands_in = on\n}\n", "jpki.crl_stands_in"},
        {HEAD "jpki {\n trust = test\n roots = /r\n crl = /c\n ocsp_timeout = 9\n}\n", "jpki.ocsp_timeout"},
        {HEAD "jpki {\n trust = test\n roots = /r\n crl = /c\n renewal_wait = 8d\n}\n", "jpki.renewal_wait"},
        {HEAD "jpki {\n trust = test\n roots = /r\n crl = /c\n renewal_service = \"https://a/\"\n}\n",
         "jpki.renewal_service"},
        {HEAD "jpki {\n trust = test\n roots = /r\n crl = /c\n renewal_service_timeout = 4\n}\n",
         "jpki.renewal_service_timeout"},
        {HEAD "jpki {\n trust = test\n roots = /r\n crl = /c\n ocsp_responders = {\"http://a/\"}\n}\n",
         "jpki.ocsp_responders"},
        {HEAD "jpki {\n trust = test\n roots = /r\n crl = /c\n ocsp_key = /k\n ocsp_certificate = /p\n}\n",
         "jpki.ocsp_certificate jpki.ocsp_key"},
        {HEAD "jpki {\n trust = production\n roots = /r\n crl = /c\n}\n", "jpki.trust"},
    };
    const struct config *now = good(SMALLEST);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        cr_expect_str_eq(changes(now, good(table[i].text)), table[i].keys, "%s", table[i].text);
}

Test(config, a_change_of_any_key_is_seen_in_either_direction)
{
    const struct config *every = good(EVERY);
    const struct config *other = good(HEAD "jpki {\n trust = test\n roots = /r0\n crl = /c0\n ocsp = off\n}\n");
    const char *all = "";
    for (size_t i = 0; i < config_n_keys; i++) {
        cr_expect(every->said >> i & 1, "EVERY has no %s", config_keys[i].shown);
        if (strcmp(config_keys[i].shown, "log.level") != 0)
            all = arena_printf(&a, "%s%s%s", all, *all ? " " : "", config_keys[i].shown);
    }
    cr_expect_str_eq(changes(other, every), all);
    cr_expect_str_eq(changes(every, other), all);
    cr_expect_str_eq(changes(every, good(EVERY)), "");
}
