#include "tests/lib/browser.h"

#include <criterion/criterion.h>
#include <curl/curl.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "http/url.h"

enum { ARENA = 64 << 20, BODY_MAX = 1 << 20, FOLLOW_MAX = 20 };

void browser_open(struct browser *b, const char *origin, uint16_t port)
{
    *b = (struct browser){.origin = origin, .curl = curl_easy_init(), .url = ""};
    cr_assert_not_null(b->curl);
    arena_open(&b->a, ARENA);
    browser_move(b, port);
}

static void drop_page(struct browser *b)
{
    if (b->page)
        xmlFreeDoc(b->page);
    b->page = NULL;
}

void browser_close(struct browser *b)
{
    drop_page(b);
    curl_easy_cleanup(b->curl);
    arena_close(&b->a);
}

void browser_forget(struct browser *b)
{
    drop_page(b);
    arena_reset(&b->a);
    memset(b->cookies, 0, sizeof b->cookies);
    b->status = 0;
    b->url = b->headers = "";
    b->elsewhere = false;
    b->location = b->content_type = NULL;
    b->body = VIEW_NONE;
}

void browser_move(struct browser *b, uint16_t port)
{
    const char *host = strstr(b->origin, "://");
    cr_assert_not_null(host);
    snprintf(b->connect, sizeof b->connect, "%s:127.0.0.1:%u", host + 3, port);
}

/* --- cookies ---------------------------------------------------------------------------------------------------- */

const char *browser_cookie_value(const struct browser *b, const char *name)
{
    for (size_t i = 0; i < BROWSER_COOKIES; i++)
        if (strcmp(b->cookies[i].name, name) == 0)
            return b->cookies[i].value;
    return NULL;
}

void browser_set_cookie(struct browser *b, const char *name, const char *value)
{
    struct browser_cookie *slot = NULL;
    for (size_t i = 0; i < BROWSER_COOKIES && !(slot && strcmp(slot->name, name) == 0); i++)
        if (strcmp(b->cookies[i].name, name) == 0 || (!slot && !b->cookies[i].name[0]))
            slot = &b->cookies[i];
    cr_assert_not_null(slot, "too many cookies");
    snprintf(slot->name, sizeof slot->name, "%s", value ? name : "");
    snprintf(slot->value, sizeof slot->value, "%s", value ? value : "");
}

/* It ends with the browser: nobody finds a login at a PC that was switched off meanwhile. */
static bool is_for_this_run_only(const char *name)
{
    return strcmp(name, "__Host-session") == 0 || strcmp(name, "__Host-browser") == 0;
}

/* What a browser demands of a cookie whose name begins with __Host- (RFC 6265bis 4.1.3.2). */
static void take_cookie(struct browser *b, const char *line)
{
    const char *name_end = strchr(line, '='), *end = strchrnul(line, ';');
    cr_assert(name_end && name_end < end, "a cookie without a name: %s", line);
    char *name = arena_text(&b->a, view_bytes(line, (size_t)(name_end - line)));
    char *value = arena_text(&b->a, view_bytes(name_end + 1, (size_t)(end - name_end - 1)));
    cr_assert(strncmp(name, "__Host-", 7) == 0, "%s", line);
    cr_assert(strcasestr(end, "; Secure") && strcasestr(end, "; Path=/") && !strcasestr(end, "; Domain"), "%s", line);
    cr_assert(strcasestr(end, "; HttpOnly") && strcasestr(end, "; SameSite=Lax"), "%s", line);
    bool gone = strcasestr(end, "; Max-Age=0") != NULL;
    cr_assert(gone || !is_for_this_run_only(name) || !(strcasestr(end, "Max-Age") || strcasestr(end, "Expires")),
              "it would be kept: %s", line);
    browser_set_cookie(b, name, gone ? NULL : value);
}

static const char *cookie_header(struct browser *b)
{
    struct buf out;
    const char *text;
    buf_open(&out, &b->a, BODY_MAX);
    for (size_t i = 0; i < BROWSER_COOKIES; i++)
        if (b->cookies[i].name[0])
            buf_printf(&out, "%s%s=%s", out.n ? "; " : "Cookie: ", b->cookies[i].name, b->cookies[i].value);
    cr_assert_eq(buf_done_text(&out, &text), ERR_OK);
    return text;
}

/* --- one exchange ----------------------------------------------------------------------------------------------- */

static size_t take_body(char *p, size_t size, size_t n, void *ctx)
{
    buf_put(ctx, view_bytes(p, size * n));
    return size * n;
}

struct head {
    struct browser *b;
    struct buf lines;
};

static size_t take_header(char *p, size_t size, size_t n, void *ctx)
{
    struct head *h = ctx;
    struct view line = view_bytes(p, size * n);
    while (line.n && (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\r'))
        line.n--;
    char *text = arena_text(&h->b->a, line);
    if (strncasecmp(text, "Set-Cookie:", 11) == 0)
        take_cookie(h->b, text + 11 + strspn(text + 11, " "));
    if (strncasecmp(text, "Location:", 9) == 0)
        h->b->location = text + 9 + strspn(text + 9, " ");
    buf_put(&h->lines, view_bytes(p, size * n));
    return size * n;
}

static const char *absolute(struct browser *b, const char *url)
{
    return url[0] == '/' ? arena_printf(&b->a, "%s%s", b->origin, url) : url;
}

static void begin_answer(struct browser *b, const char *url)
{
    drop_page(b);
    b->status = 0;
    b->url = url;
    b->elsewhere = false;
    b->location = b->content_type = NULL;
    b->headers = "";
    b->body = VIEW_NONE;
}

static void read_page(struct browser *b)
{
    if (!b->content_type || (!strstr(b->content_type, "html") && !strstr(b->content_type, "xml")))
        return;
    b->page = xmlReadMemory((const char *)b->body.p, (int)b->body.n, "page.xhtml", "UTF-8",
                            XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    cr_assert_not_null(b->page, "not well-formed: %.*s", (int)b->body.n, (const char *)b->body.p);
}

static struct curl_slist *header_list(struct browser *b, const char *const *headers, const char *content_type)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    const char *cookies = cookie_header(b);
    list = curl_slist_append(list, arena_printf(&b->a, "Accept-Language: %s", b->language ? b->language : "ja"));
    if (cookies[0])
        list = curl_slist_append(list, cookies);
    if (b->client)
        list = curl_slist_append(list, arena_printf(&b->a, "X-Forwarded-For: %s", b->client));
    if (content_type)
        list = curl_slist_append(list, arena_printf(&b->a, "Content-Type: %s", content_type));
    for (size_t i = 0; headers && headers[i]; i++)
        list = curl_slist_append(list, headers[i]);
    return list;
}

static void set_options(struct browser *b, struct curl_slist *headers, struct curl_slist *connect, struct view body)
{
    CURL *c = b->curl;
    curl_easy_reset(c);
    curl_easy_setopt(c, CURLOPT_URL, b->url);
    curl_easy_setopt(c, CURLOPT_CONNECT_TO, connect);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(c, CURLOPT_PROXY, "");
    curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_TIMEOUT, 30L);
    curl_easy_setopt(c, CURLOPT_USERAGENT, b->agent);
    curl_easy_setopt(c, CURLOPT_INTERFACE, b->from);
    if (view_is(body)) {
        curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)body.n);
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, body.p);
    }
    if (b->method)
        curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, b->method);
    b->method = NULL;
}

static void keep_answer(struct browser *b, struct buf *body, struct buf *lines)
{
    char *type = NULL;
    long status = 0;
    curl_easy_getinfo(b->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(b->curl, CURLINFO_CONTENT_TYPE, &type);
    b->content_type = type ? arena_text(&b->a, view_text(type)) : NULL;
    cr_assert_eq(buf_done(body, &b->body), ERR_OK);
    cr_assert_eq(buf_done_text(lines, &b->headers), ERR_OK);
    b->status = (int)status;
    read_page(b);
}

bool browser_send(struct browser *b, const char *url, const char *const *headers, const char *content_type,
                  struct view body)
{
    struct buf bytes;
    struct head head = {.b = b};
    begin_answer(b, absolute(b, url));
    struct curl_slist *list = header_list(b, headers, content_type);
    struct curl_slist *connect = curl_slist_append(NULL, b->connect);
    buf_open(&bytes, &b->a, BODY_MAX);
    buf_open(&head.lines, &b->a, BODY_MAX);
    set_options(b, list, connect, body);
    curl_easy_setopt(b->curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(b->curl, CURLOPT_WRITEDATA, &bytes);
    curl_easy_setopt(b->curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(b->curl, CURLOPT_HEADERDATA, &head);
    if (curl_easy_perform(b->curl) == CURLE_OK)
        keep_answer(b, &bytes, &head.lines);
    curl_slist_free_all(list);
    curl_slist_free_all(connect);
    return b->status != 0;
}

/* --- walking ---------------------------------------------------------------------------------------------------- */

static bool is_redirect(const struct browser *b)
{
    return b->location && (b->status == 302 || b->status == 303);
}

static bool is_ours(const struct browser *b, const char *url)
{
    size_t n = strlen(b->origin);
    return url[0] == '/' || (strncmp(url, b->origin, n) == 0 && (url[n] == '/' || url[n] == '?' || url[n] == 0));
}

static bool follow(struct browser *b)
{
    for (int i = 0; is_redirect(b); i++) {
        cr_assert_lt(i, FOLLOW_MAX, "going round in circles at %s", b->location);
        const char *to = b->location;
        if (!is_ours(b, to)) {
            b->url = to;
            b->elsewhere = true;
            return true;
        }
        if (!browser_send(b, to, NULL, NULL, VIEW_NONE))
            return false;
    }
    return b->status != 0;
}

bool browser_get(struct browser *b, const char *url)
{
    return browser_send(b, url, NULL, NULL, VIEW_NONE) && follow(b);
}

static const char FORM[] = "application/x-www-form-urlencoded";

bool browser_post(struct browser *b, const char *url, const char *form)
{
    const char *headers[] = {arena_printf(&b->a, "Origin: %s", b->origin), "Sec-Fetch-Site: same-origin", NULL};
    return browser_send(b, url, headers, FORM, view_text(form)) && follow(b);
}

bool browser_post_from_elsewhere(struct browser *b, const char *url, const char *form)
{
    struct browser_cookie kept[BROWSER_COOKIES];
    const char *headers[] = {"Origin: https://evil.example", "Sec-Fetch-Site: cross-site", NULL};
    memcpy(kept, b->cookies, sizeof kept);
    memset(b->cookies, 0, sizeof b->cookies);
    bool came = browser_send(b, url, headers, FORM, view_text(form));
    for (size_t i = 0; i < BROWSER_COOKIES; i++)
        if (kept[i].name[0] && !browser_cookie_value(b, kept[i].name))
            browser_set_cookie(b, kept[i].name, kept[i].value);
    return came && follow(b);
}

/* --- looking ---------------------------------------------------------------------------------------------------- */

static xmlNodePtr find_at(struct browser *b, size_t i, const char *xpath)
{
    if (!b->page)
        return NULL;
    xmlXPathContextPtr ctx = xmlXPathNewContext(b->page);
    xmlXPathObjectPtr found = xmlXPathEvalExpression((const xmlChar *)xpath, ctx);
    xmlNodePtr node = NULL;
    cr_assert_not_null(found, "%s", xpath);
    if (found->nodesetval && (size_t)found->nodesetval->nodeNr > i)
        node = found->nodesetval->nodeTab[i];
    xmlXPathFreeObject(found);
    xmlXPathFreeContext(ctx);
    return node;
}

size_t browser_count(struct browser *b, const char *xpath)
{
    size_t n = 0;
    while (find_at(b, n, xpath))
        n++;
    return n;
}

static xmlNodePtr find(struct browser *b, const char *xpath)
{
    return find_at(b, 0, xpath);
}

static const char *attribute(struct browser *b, xmlNodePtr node, const char *name)
{
    xmlChar *value = node ? xmlGetNoNsProp(node, (const xmlChar *)name) : NULL;
    if (!value)
        return NULL;
    char *text = arena_text(&b->a, view_text((const char *)value));
    xmlFree(value);
    return text;
}

#define FORM_PATH "//*[local-name()='form'][@action='%s']"

bool browser_has_form(struct browser *b, const char *action)
{
    return find(b, arena_printf(&b->a, FORM_PATH, action)) != NULL;
}

bool browser_has_id(struct browser *b, const char *id)
{
    return find(b, arena_printf(&b->a, "//*[@id='%s']", id)) != NULL;
}

const char *browser_field(struct browser *b, const char *action, const char *name)
{
    return attribute(b, find(b, arena_printf(&b->a, FORM_PATH "//*[@name='%s']", action, name)), "value");
}

const char *browser_link(struct browser *b, const char *part)
{
    return attribute(b, find(b, arena_printf(&b->a, "//*[local-name()='a'][contains(@href, '%s')]", part)), "href");
}

static const char *content(struct browser *b, xmlNodePtr node)
{
    xmlChar *value = node ? xmlNodeGetContent(node) : NULL;
    if (!value)
        return NULL;
    char *text = arena_text(&b->a, view_text((const char *)value));
    xmlFree(value);
    return text;
}

const char *browser_text(struct browser *b, const char *id)
{
    return content(b, find(b, arena_printf(&b->a, "//*[@id='%s']", id)));
}

const char *browser_title(struct browser *b)
{
    return content(b, find(b, "//*[local-name()='title']"));
}

const char *browser_heading(struct browser *b)
{
    return content(b, find(b, "//*[local-name()='h1']"));
}

const char *browser_quote(struct browser *b)
{
    return content(b, find(b, "//*[@class='number']/*[local-name()='code']"));
}

bool browser_says(struct browser *b, const char *text)
{
    return b->body.n && memmem(b->body.p, b->body.n, text, strlen(text)) != NULL;
}

enum at browser_at(struct browser *b)
{
    if (b->elsewhere)
        return AT_ELSEWHERE;
    if (!b->page)
        return AT_NOTHING;
    if (browser_has_id(b, "consent"))
        return AT_CONSENT;
    if (browser_link(b, "/v1/auth/"))
        return AT_CARD_START;
    if (browser_has_form(b, "/confirm"))
        return AT_CONFIRM;
    if (browser_has_form(b, "/login/card/complete"))
        return AT_CARD_RETURN;
    if (browser_has_form(b, "/login/card"))
        return browser_has_id(b, "need") ? AT_LOGIN : AT_CARD_PROBLEM;
    if (browser_has_form(b, "/profile"))
        return AT_PROFILE;
    if (find(b, "//*[local-name()='button'][@value='stay']"))
        return AT_LOGOUT_CONFIRM;
    if (browser_has_id(b, "session") || browser_has_id(b, "none"))
        return AT_HOME;
    if (browser_has_id(b, "answer"))
        return AT_FORM_POST;
    return b->status >= 400 ? AT_ERROR : AT_OTHER;
}

const char *at_name(enum at at)
{
    static const char *const NAMES[] = {"nothing",      "elsewhere", "login",   "card start", "card return",
                                        "card problem", "profile",   "confirm", "consent",    "logout confirm",
                                        "home",         "form post", "error",   "other"};
    return NAMES[at];
}

const char *browser_param(struct browser *b, const char *url, const char *name)
{
    const char *query = strchr(url, '?');
    size_t n = strlen(name);
    for (const char *p = query; p; p = strchr(p + 1, '&')) {
        if (strncmp(p + 1, name, n) != 0 || p[n + 1] != '=')
            continue;
        size_t length = strcspn(p + n + 2, "&#");
        int decoded = 0;
        char *value = curl_easy_unescape(b->curl, p + n + 2, (int)length, &decoded);
        char *text = arena_text(&b->a, view_bytes(value, (size_t)decoded));
        curl_free(value);
        return text;
    }
    return NULL;
}

/* --- forms ------------------------------------------------------------------------------------------------------ */

static void put_pair(struct buf *out, const char *name, const char *value)
{
    if (out->n)
        buf_put_byte(out, '&');
    url_put_encoded(out, view_text(name));
    buf_put_byte(out, '=');
    url_put_encoded(out, view_text(value ? value : ""));
}

static bool is_changed(const char *name, const char *const *changes)
{
    size_t n = strlen(name);
    for (size_t i = 0; changes[i]; i++)
        if (strncmp(changes[i], name, n) == 0 && (changes[i][n] == '=' || changes[i][n] == 0))
            return true;
    return false;
}

static bool is_sent(struct browser *b, xmlNodePtr node)
{
    const char *type = attribute(b, node, "type");
    if (strcmp((const char *)node->name, "button") == 0)
        return false;
    if (type && (strcmp(type, "checkbox") == 0 || strcmp(type, "radio") == 0))
        return attribute(b, node, "checked") != NULL;
    return true;
}

static void put_fields(struct browser *b, struct buf *form, const char *action, const char *const *changes)
{
    const char *fields = arena_printf(&b->a, "(" FORM_PATH ")[1]//*[@name]", action);
    xmlNodePtr node;
    for (size_t i = 0; (node = find_at(b, i, fields)); i++) {
        const char *name = attribute(b, node, "name");
        if (is_sent(b, node) && !is_changed(name, changes))
            put_pair(form, name, attribute(b, node, "value"));
    }
}

bool browser_press(struct browser *b, const char *action, const char *const *changes)
{
    struct buf form;
    const char *text;
    if (!browser_has_form(b, action))
        return false;
    buf_open(&form, &b->a, BODY_MAX);
    put_fields(b, &form, action, changes);
    for (size_t i = 0; changes[i]; i++) {
        const char *sign = strchr(changes[i], '=');
        if (sign)
            put_pair(&form, arena_text(&b->a, view_bytes(changes[i], (size_t)(sign - changes[i]))), sign + 1);
    }
    cr_assert_eq(buf_done_text(&form, &text), ERR_OK);
    return browser_post(b, action, text);
}
