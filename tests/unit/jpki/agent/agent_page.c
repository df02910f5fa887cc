#include "jpki/agent/agent_page.h"

#include <criterion/criterion.h>

#include "base/base64.h"
#include "base/hash.h"

static const char *write_page(struct arena *a, const struct agent_page *p)
{
    struct buf b;
    const char *text;
    buf_open(&b, a, 65536);
    agent_page_write(&b, p);
    cr_assert(!buf_done_text(&b, &text));
    return text;
}

Test(agent_page, escapes_every_text_from_outside)
{
    struct arena a;
    arena_open(&a, (size_t)1 << 20);
    const struct agent_page p = {.lang = LANG_JA,
                                 .title = "T",
                                 .text = VIEW("<script>alert(1)</script>"),
                                 .service = VIEW("\"><img src=x onerror='1'>"),
                                 .bind = VIEW("47 <b>&"),
                                 .link = "/v1/wait/x/1\" onclick=\"1",
                                 .back = "https://id.example/login/card/return#x\"y"};
    const char *html = write_page(&a, &p);
    cr_expect(!strstr(html, "<script") && !strstr(html, "<img") && !strstr(html, "<b>") && !strstr(html, "\" onclick"));
    cr_expect(strstr(html, "&lt;script&gt;") && strstr(html, "&#39;") && strstr(html, "47 &lt;b&gt;&amp;"));
    arena_close(&a);
}

Test(agent_page, leaves_out_what_is_absent)
{
    struct arena a;
    arena_open(&a, (size_t)1 << 20);
    const struct agent_page p = {.lang = LANG_EN, .title = "T"};
    const char *html = write_page(&a, &p);
    cr_expect(strstr(html, "<html lang=\"en\">") && !strstr(html, "<a ") && !strstr(html, "class=\"word\""));
    arena_close(&a);
}

Test(agent_page, the_policy_allows_exactly_the_style_that_is_sent)
{
    struct arena a;
    uint8_t hash[SHA256_SIZE];
    arena_open(&a, (size_t)1 << 20);
    const struct agent_page p = {.lang = LANG_JA, .title = "T"};
    const char *html = write_page(&a, &p), *from = strstr(html, "<style>"), *to = strstr(html, "</style>");
    cr_assert(from && to);
    sha256(hash, view_bytes(from + 7, (size_t)(to - from - 7)));
    const char *policy = agent_page_policy(&a);
    cr_expect(strstr(policy, arena_printf(&a, "style-src 'sha256-%s'", base64_text(&a, VIEW_ARRAY(hash)))));
    cr_expect(strstr(policy, "default-src 'none'") && !strstr(policy, "unsafe"));
    arena_close(&a);
}
