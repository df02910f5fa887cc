#include "jpki/agent/agent_page.h"

#include "base/base64.h"
#include "base/hash.h"

/* Inside <style>; its hash is in the policy, so that it and no other style counts. */
static const char style[] =
    "body{font:1.125rem/1.7 \"Noto Sans CJK JP\",\"Noto Sans JP\",sans-serif;color:#1a1a1c;background:#fff;"
    "max-width:38rem;margin:2rem auto;padding:0 1rem}"
    "h1{font-size:1.6rem;line-height:1.4}"
    ".word{font-size:2rem;font-weight:700;border:2px solid #1a1a1c;padding:.5rem 1rem;"
    "display:inline-block;margin:.5rem 0}"
    ".small{font-size:1rem;color:#414143}"
    "a{color:#0017c1}a:focus{outline:3px solid #1a1a1c;outline-offset:2px}"
    ".large{font-size:1.6rem}.large .small{font-size:1.4rem}"
    "@media(prefers-color-scheme:dark){body{color:#f1f1f4;background:#1a1a1c}"
    ".word{border-color:#f1f1f4}.small{color:#ccc}a{color:#9db7f9}"
    "a:focus{outline-color:#f1f1f4}}";

const char *agent_page_policy(struct arena *arena)
{
    uint8_t hash[SHA256_SIZE];
    sha256(hash, view_bytes(style, sizeof style - 1));
    const char *text = base64_text(arena, VIEW_ARRAY(hash));
    if (!text)
        return NULL;
    return arena_printf(arena,
                        "default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; form-action 'none'; "
                        "frame-ancestors 'none'",
                        text);
}

static void put_escaped(struct buf *b, struct view v)
{
    for (size_t i = 0; i < v.n; i++) {
        const char *entity = v.p[i] == '<'    ? "&lt;"
                             : v.p[i] == '>'  ? "&gt;"
                             : v.p[i] == '&'  ? "&amp;"
                             : v.p[i] == '"'  ? "&quot;"
                             : v.p[i] == '\'' ? "&#39;"
                                              : NULL;
        if (entity)
            buf_put_text(b, entity);
        else
            buf_put_byte(b, v.p[i]);
    }
}

static void put_element(struct buf *b, const char *open, struct view v, const char *close)
{
    if (!v.p)
        return;
    buf_put_text(b, open);
    put_escaped(b, v);
    buf_put_text(b, close);
}

static void put_link(struct buf *b, const char *url, const char *text)
{
    if (!url)
        return;
    put_element(b, "<p><a href=\"", view_text(url), "\">");
    put_element(b, "", view_text(text), "</a></p>\n");
}

static void put_choices(struct buf *b, const struct agent_page *p)
{
    if (p->n_choices == 0)
        return;
    buf_put_text(b, "<ul>\n");
    for (size_t i = 0; i < p->n_choices; i++) {
        put_element(b, "<li><a href=\"", view_text(p->choices[i].url), "\">");
        put_element(b, "", p->choices[i].text, "</a></li>\n");
    }
    buf_put_text(b, "</ul>\n");
}

void agent_page_write(struct buf *out, const struct agent_page *p)
{
    buf_put_text(out, "<!DOCTYPE html>\n<html lang=\"");
    buf_put_text(out, words_lang_name(p->lang));
    buf_put_text(out, "\"><head><meta charset=\"utf-8\">"
                      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">");
    put_element(out, "<title>", view_text(p->title), " - ");
    put_element(out, "", view_text(word(p->lang, W_PAGE_TITLE)), "</title><style>");
    buf_put_text(out, style);
    buf_put_text(out, "</style></head>");
    buf_put_text(out, p->large ? "<body class=\"large\"><main>\n" : "<body><main>\n");
    put_element(out, "<p class=\"small\">", p->service, "</p>\n");
    put_element(out, "<h1>", view_text(p->title), "</h1>\n");
    put_element(out, "<p>", p->text, "</p>\n");
    put_choices(out, p);
    put_element(out, "<p class=\"word\">", p->bind, "</p>\n");
    if (p->bind.p)
        put_element(out, "<p class=\"small\">", view_text(word(p->lang, W_NEVER_ON_A_PAGE)), "</p>\n");
    if (p->link)
        put_element(out, "<p class=\"small\">", view_text(word(p->lang, W_GOES_ON_BY_ITSELF)), "</p>\n");
    put_link(out, p->link, word(p->lang, W_CONTINUE));
    put_link(out, p->stop, word(p->lang, W_STOP_LINK));
    put_link(out, p->back, word(p->lang, W_BACK));
    buf_put_text(out, "</main></body></html>\n");
}
