/* Answers that must not tell apart what the asker is not to know: compared byte for byte. */
#include <criterion/criterion.h>

#include "base/base64.h"
#include "tests/lib/stage.h"

static struct stage stage;
static struct browser *channel = &stage.a_city.channel;

static void open_stage(void)
{
    stage_open(&stage);
}

static void close_stage(void)
{
    stage_close(&stage);
}

TestSuite(oracle, .init = open_stage, .fini = close_stage);

/* The answer to a POST of FORM by ID and SECRET: status, body and headers, but the date. */
static const char *answer_of(const char *path, const char *id, const char *secret, const char *form)
{
    static const char FORM[] = "application/x-www-form-urlencoded";
    struct buf b;
    const char *basic, *date;

    buf_open(&b, &channel->a, 1024);
    buf_put_text(&b, "Authorization: Basic ");
    base64_put(&b, view_text(arena_printf(&channel->a, "%s:%s", id, secret)));
    cr_assert_eq(buf_done_text(&b, &basic), ERR_OK);
    const char *headers[] = {basic, NULL};
    cr_assert(browser_send(channel, path, headers, FORM, view_text(form)));
    char *heads = arena_text(&channel->a, view_text(channel->headers));
    if ((date = strcasestr(heads, "Date: ")))
        memset(heads + (date - heads), '-', strcspn(date, "\r"));
    return arena_printf(&channel->a, "%d\n%s\n%.*s", channel->status, heads, (int)channel->body.n,
                        (const char *)channel->body.p);
}

Test(oracle, an_unknown_client_is_answered_like_a_wrong_secret)
{
    static const char *const paths[] = {"/token", "/par", "/introspect", "/revoke", "/device_authorization"};

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        const char *form = "grant_type=authorization_code&code=x&token=x";
        const char *wrong = answer_of(paths[i], "a-city", "wrong", form),
                   *unknown = answer_of(paths[i], "z-city", "wrong", form);
        cr_expect_eq(channel->status, 401, "%s: %d", paths[i], channel->status);
        cr_expect_str_eq(wrong, unknown, "%s:\n%s\n%s", paths[i], wrong, unknown);
    }
}

Test(oracle, who_guesses_secrets_is_slowed_down_and_nobody_else)
{
    static const char FORM[] = "grant_type=authorization_code&code=x&redirect_uri=x";
    for (int i = 0; i < 20; i++) {
        answer_of("/token", "a-city", "wrong", FORM);
        cr_assert_eq(channel->status, 401, "try %d: %d", i, channel->status);
    }
    const char *wrong = answer_of("/token", "a-city", "wrong", FORM);
    cr_expect_eq(channel->status, 429, "RFC 6749 2.3.1: %d", channel->status);
    cr_expect(strstr(channel->headers, "Retry-After: "));
    const char *right = answer_of("/token", "a-city", "the%20secret%20of%20A%2C%200123456789", FORM);
    cr_expect_str_eq(wrong, right, "the next guess tells nothing");
    answer_of("/token", "b-city", "wrong", FORM);
    cr_expect_eq(channel->status, 401, "another service at the same address");
}
