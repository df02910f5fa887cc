#include "idp/rules/dpop.h"

#include "base/base64.h"
#include "base/hash.h"
#include "base/json.h"
#include "idp/rules/client_policy.h"

/* --- reading ----------------------------------------------------------------------------------------------------- */

static bool read_text(const struct json *claims, const char *name, struct view *out)
{
    const struct json *j = json_member(claims, name);

    return !j || json_text(j, out);
}

enum err dpop_read(struct dpop *out, struct arena *a, const struct jws *j)
{
    struct json *claims;

    *out = (struct dpop){.alg = j->alg, .typ = j->typ};
    enum err e = json_read(&claims, a, j->payload, NULL);
    if (e)
        return e;
    const struct json *iat = json_member(claims, "iat");
    out->has_iat = iat != NULL;
    bool good = json_is_object(claims) && cnf_read(&out->key, CNF_JKT, view_text(jws_key_thumbprint(j->key))) &&
                read_text(claims, "jti", &out->jti) && read_text(claims, "htm", &out->htm) &&
                read_text(claims, "htu", &out->htu) && read_text(claims, "ath", &out->ath) &&
                read_text(claims, "nonce", &out->nonce) && (!iat || json_int(iat, &out->iat));
    return good ? ERR_OK : ERR_SYNTAX;
}

/* --- the place --------------------------------------------------------------------------------------------------- */

struct place {
    struct view scheme, host, port, path;
};

static struct view up_to(struct view v, const char *ends)
{
    size_t n = 0;

    while (n < v.n && !strchr(ends, v.p[n]))
        n++;
    return view_part(v, 0, n);
}

/* The port behind the last colon that is not inside [::1]. */
static void split_port(struct place *p, struct view authority)
{
    size_t n = authority.n;

    while (n > 0 && authority.p[n - 1] >= '0' && authority.p[n - 1] <= '9')
        n--;
    bool has_port = n > 0 && authority.p[n - 1] == ':';
    p->host = has_port ? view_part(authority, 0, n - 1) : authority;
    p->port = has_port ? view_from(authority, n) : VIEW("");
}

static bool place_read(struct place *out, struct view url)
{
    static const char mark[] = "://";
    struct view scheme = up_to(url, ":/?#"), rest = view_from(url, scheme.n);

    if (!scheme.n || !view_starts(rest, VIEW("://")) || memchr(url.p, 0, url.n))
        return false;
    rest = view_from(rest, sizeof mark - 1);
    struct view authority = up_to(rest, "/?#");
    out->scheme = scheme;
    split_port(out, authority);
    out->path = up_to(view_from(rest, authority.n), "?#");
    return out->host.n > 0;
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static bool same_letters(struct view a, struct view b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (lower(a.p[i]) != lower(b.p[i]))
            return false;
    return true;
}

/* RFC 3986 6.2.3: no port is the scheme's own, and no path is "/". */
static struct view port_of(const struct place *p)
{
    if (p->port.n)
        return p->port;
    return same_letters(p->scheme, VIEW("https")) ? VIEW("443") : VIEW("80");
}

static struct view path_of(const struct place *p)
{
    return p->path.n ? p->path : VIEW("/");
}

bool dpop_same_url(struct view a, struct view b)
{
    struct place x, y;

    if (!place_read(&x, a) || !place_read(&y, b))
        return false;
    return same_letters(x.scheme, y.scheme) && same_letters(x.host, y.host) && view_equal(port_of(&x), port_of(&y)) &&
           view_equal(path_of(&x), path_of(&y));
}

/* --- deciding ---------------------------------------------------------------------------------------------------- */

void dpop_ath(char out[44], struct view access_token)
{
    uint8_t digest[SHA256_SIZE];
    struct buf b = {.p = (uint8_t *)out, .size = 44, .limit = 43};

    sha256(digest, access_token);
    base64url_put(&b, VIEW_ARRAY(digest));
    out[43] = '\0';
}

bool dpop_needs_nonce(const struct client *client)
{
    return client->dpop_nonce;
}

/* 4.3, items 5 to 7: the header. That the key is a public one of an asymmetric algorithm, jws_read_with_key has seen.
 */
static enum refusal decide_header(const struct dpop *p, const struct dpop_facts *f)
{
    if (!view_equal_text(p->typ, "dpop+jwt"))
        return REFUSAL_DPOP_TYPE;
    return client_policy_takes_alg(f->client->profile, p->alg) ? REFUSAL_NONE : REFUSAL_DPOP_ALG;
}

/* Items 8 and 9. */
static enum refusal decide_place(const struct dpop *p, const struct dpop_facts *f)
{
    if (!view_equal_text(p->htm, f->method))
        return REFUSAL_DPOP_METHOD;
    return dpop_same_url(p->htu, f->url[0]) || dpop_same_url(p->htu, f->url[1]) ? REFUSAL_NONE : REFUSAL_DPOP_URL;
}

/* Items 10 and 11: "the creation time of the JWT, as determined by either the iat claim or a server managed timestamp
 * via the nonce claim". A nonce that is named must be ours, needed or not. */
static enum refusal decide_time(const struct dpop *p, const struct dpop_facts *f)
{
    if (!p->has_iat)
        return REFUSAL_DPOP_TIME;
    if (view_is(p->nonce))
        return f->nonce_is_ours && f->now < f->nonce_at + DPOP_NONCE_S ? REFUSAL_NONE : REFUSAL_DPOP_NONCE;
    if (dpop_needs_nonce(f->client))
        return REFUSAL_DPOP_NONCE;
    return p->iat > f->now - DPOP_PAST_S && p->iat <= f->now + DPOP_AHEAD_S ? REFUSAL_NONE : REFUSAL_DPOP_TIME;
}

/* Item 12. */
static enum refusal decide_token(const struct dpop *p, const struct dpop_facts *f)
{
    char ath[44];

    if (!view_is(f->access_token))
        return REFUSAL_NONE;
    dpop_ath(ath, f->access_token);
    if (!view_equal_text(p->ath, ath))
        return REFUSAL_DPOP_TOKEN;
    return cnf_equal(&p->key, f->bound) ? REFUSAL_NONE : REFUSAL_DPOP_KEY;
}

enum refusal dpop_decide(const struct dpop *p, const struct dpop_facts *f)
{
    enum refusal r;

    if ((r = decide_header(p, f)) || (r = decide_place(p, f)))
        return r;
    if (p->jti.n == 0 || p->jti.n > DPOP_JTI_MAX)
        return REFUSAL_DPOP_JTI;
    return (r = decide_time(p, f)) ? r : decide_token(p, f);
}

int64_t dpop_end(const struct dpop *p, const struct dpop_facts *f)
{
    return view_is(p->nonce) ? f->nonce_at + DPOP_NONCE_S : p->iat + DPOP_PAST_S;
}
