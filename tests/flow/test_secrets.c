/* What must not be found in the log or in anything that is kept: tickets, codes, tokens, secrets, profile values, the
 * card's certificate and serial number. */
#include <criterion/criterion.h>
#include <ctype.h>
#include <fnmatch.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/base64.h"
#include "base/file.h"
#include "base/hex.h"
#include "jpki/pki/cert.h"
#include "tests/lib/stage.h"

static struct stage stage;

static void open_stage(void)
{
    stage_open(&stage);
}

static void close_stage(void)
{
    stage_close(&stage);
}

TestSuite(secrets, .init = open_stage, .fini = close_stage);

enum { MAX = 160 };

static struct {
    const char *what;
    struct view bytes;
} secrets[MAX];
static size_t n_secrets;

static void secret(const char *what, struct view bytes)
{
    cr_assert_lt(n_secrets, (size_t)MAX);
    cr_assert_geq(bytes.n, 4, "%s: nothing to look for", what);
    secrets[n_secrets].what = what;
    secrets[n_secrets++].bytes = arena_copy(&stage.genkan.a, bytes);
}

static void secret_text(const char *what, const char *text)
{
    secret(what, view_text(text ? text : ""));
}

static struct tokens opens(struct service *s, const char *what)
{
    struct resident *hanako = &stage.hanako;
    cr_assert(resident_visits(hanako, s));
    const char *code = service_receive(s, &hanako->browser, NULL);
    struct tokens t = service_redeem(s, code);
    cr_assert_eq(t.status, 200);
    cr_assert_eq(t.refresh != NULL, s == &stage.b_city);
    service_userinfo(s, t.access, NULL);
    secret_text(what, code);
    secret_text(what, t.access);
    secret_text(what, t.id_token);
    secret_text(what, s->secret);
    secret_text(what, s->verifier);
    return t;
}

/* All of it, also where it stands in base64: the pieces begin at multiples of three. */
static void certificate(struct view der)
{
    enum { PIECE = 24 };
    for (size_t at = 0; at + PIECE <= der.n; at += PIECE) {
        secret("certificate", view_part(der, at, PIECE));
        secret_text("certificate in base64", base64_text(&stage.genkan.a, view_part(der, at, PIECE)));
    }
}

static char *upper(char *text)
{
    for (char *c = text; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return text;
}

static void serial_number(struct view der)
{
    struct arena *a = &stage.genkan.a;
    struct cert cert;
    enum cert_fault fault;
    uint64_t number = 0;
    cr_assert_eq(cert_read(&cert, a, der, &fault), ERR_OK);
    for (size_t i = 0; i < cert.serial.n; i++)
        number = number << 8 | cert.serial.p[i];
    secret("serial number", cert.serial);
    secret_text("serial number in hex", hex_text(a, cert.serial));
    secret_text("serial number in hex", upper(hex_text(a, cert.serial)));
    secret_text("serial number in digits", arena_printf(a, "%" PRIu64, number));
}

static void tell_the_story(void)
{
    struct resident *hanako = &stage.hanako;
    struct software_card *card = &hanako->card;
    opens(&stage.a_city, "of A");
    secret_text("session cookie", browser_cookie_value(&hanako->browser, "__Host-session"));
    secret_text("browser cookie", browser_cookie_value(&hanako->browser, "__Host-browser"));
    struct tokens t = opens(&stage.b_city, "of B");
    secret_text("second refresh token", service_refresh(&stage.b_city, t.refresh).refresh);
    secret_text("name", card->name);
    secret_text("family name", "大阪　");
    secret_text("given name", "花子");
    secret_text("address", "南瓦町");
    secret_text("birth date", "1956-03-14");
    secret_text("birth date", "19560314");
    certificate(card->cert);
    serial_number(card->cert);
    cr_assert(resident_logs_out(hanako));
    cr_assert_eq(provider_deliver(&stage.genkan), 2);
}

static void is_clean(const char *where, struct view bytes)
{
    for (size_t i = 0; i < n_secrets; i++)
        cr_expect_null(memmem(bytes.p, bytes.n, secrets[i].bytes.p, secrets[i].bytes.n), "%s in %s: %.*s",
                       secrets[i].what, where, (int)secrets[i].bytes.n, (const char *)secrets[i].bytes.p);
}

Test(secrets, none_in_the_log)
{
    tell_the_story();
    const char *log = provider_log(&stage.genkan);
    cr_assert_not_null(strstr(log, "\"request\""), "it does log");
    is_clean("the log", view_text(log));
}

static const char *const KEPT[] = {"*/genkan.db", "*/genkan.db-wal", "*/genkan.db-recent", "*/ledger/checkpoint",
                                   "*/ledger/tile/entries/*"};
enum { KEPT_N = sizeof KEPT / sizeof KEPT[0] };
static bool seen[KEPT_N];

static int look_into(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    struct view bytes;
    (void)ftw;
    if (flag != FTW_F || st->st_size == 0)
        return 0;
    cr_assert_eq(file_read(&stage.genkan.a, path, 32 << 20, &bytes), ERR_OK, "%s", path);
    is_clean(path, bytes);
    for (size_t i = 0; i < KEPT_N; i++)
        seen[i] |= fnmatch(KEPT[i], path, 0) == 0;
    return 0;
}

Test(secrets, none_in_what_is_kept)
{
    tell_the_story();
    provider_publish(&stage.genkan);
    cr_assert_eq(nftw(stage.genkan.config->data, look_into, 8, FTW_PHYS), 0);
    for (size_t i = 0; i < KEPT_N; i++)
        cr_expect(seen[i], "%s is not there", KEPT[i]);
}
