/* What must not be found in the log or in the database: tickets, codes, tokens, secrets, profile values, the card's
 * certificate and serial number. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "base/base64.h"
#include "base/file.h"
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

enum { MAX = 40 };

static struct {
    const char *what;
    struct view bytes;
} secrets[MAX];
static size_t n_secrets;

static void secret(const char *what, struct view bytes)
{
    cr_assert_lt(n_secrets, (size_t)MAX);
    if (bytes.n) {
        secrets[n_secrets].what = what;
        secrets[n_secrets++].bytes = arena_copy(&stage.genkan.a, bytes);
    }
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
    service_userinfo(s, t.access, NULL);
    secret_text(what, code);
    secret_text(what, t.access);
    secret_text(what, t.refresh);
    secret_text(what, t.id_token);
    secret_text(what, s->secret);
    secret_text(what, s->verifier);
    return t;
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
    secret("certificate", view_part(card->cert, 100, 64));
    secret_text("certificate", base64_text(&stage.genkan.a, view_part(card->cert, 99, 60)));
    secret("public key", view_part(card->cert, card->cert.n / 2, 24));
    cr_assert(resident_logs_out(hanako));
    cr_assert_eq(provider_deliver(&stage.genkan), 2);
}

static void is_clean(const char *where, struct view bytes)
{
    cr_assert_gt(bytes.n, 500, "%s is empty", where);
    for (size_t i = 0; i < n_secrets; i++)
        cr_assert_null(memmem(bytes.p, bytes.n, secrets[i].bytes.p, secrets[i].bytes.n), "%s in %s: %.*s",
                       secrets[i].what, where, (int)secrets[i].bytes.n, (const char *)secrets[i].bytes.p);
}

Test(secrets, none_in_the_log)
{
    tell_the_story();
    const char *log = provider_log(&stage.genkan);
    cr_assert_not_null(strstr(log, "\"request\""), "it does log");
    is_clean("the log", view_text(log));
}

Test(secrets, none_in_the_database)
{
    static const char *const FILES[] = {"genkan.db", "genkan.db-wal"};
    tell_the_story();
    for (size_t i = 0; i < 2; i++) {
        struct view bytes;
        const char *path = arena_printf(&stage.genkan.a, "%s/data/%s", stage.genkan.folder, FILES[i]);
        cr_assert_eq(file_read(&stage.genkan.a, path, 32 << 20, &bytes), ERR_OK, "%s", path);
        is_clean(FILES[i], bytes);
    }
}
