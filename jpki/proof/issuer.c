#include "jpki/proof/issuer.h"

#include "base/text.h"

#define LABEL_MAX 100 /* code points */

enum err proof_issuer_write(struct buf *out, struct view iss, struct view label, const struct jws_key *const *keys,
                            size_t n_keys)
{
    struct json_out o;
    json_out_open(&o, out);
    json_begin(&o);
    json_pair(&o, "iss", iss);
    json_pair(&o, "label", label);
    json_key(&o, "keys");
    json_begin(&o);
    json_key(&o, "keys");
    json_begin_array(&o);
    for (size_t i = 0; i < n_keys; i++)
        jws_key_put_jwk(&o, keys[i]);
    json_end_array(&o);
    json_end(&o);
    json_end(&o);
    buf_put_byte(out, '\n');
    return out->err;
}

static void close_key(void *key)
{
    jws_key_close(key);
}

static enum err bad(const char **why, const char *rule)
{
    *why = rule;
    return ERR_SYNTAX;
}

static bool has_id(const struct proof_issuer *issuer, const char *id)
{
    for (size_t i = 0; i < issuer->n_keys; i++)
        if (strcmp(jws_key_id(issuer->keys[i]), id) == 0)
            return true;
    return false;
}

/* The key belongs to the arena from here on, whatever comes of it. */
static enum err add_key(struct proof_issuer *out, struct arena *arena, const struct json *jwk, const char **why)
{
    struct jws_key *key;
    enum err e = jws_key_read_jwk(&key, jwk);
    if (e)
        return e == ERR_SYNTAX || e == ERR_LIMIT ? bad(why, "keys: not a public JWK") : e;
    if (!arena_on_close(arena, close_key, key))
        return ERR_MEMORY;
    if (jws_key_alg(key) != JWS_ES256)
        return bad(why, "keys: must be ES256");
    if (has_id(out, jws_key_id(key)))
        return bad(why, "keys: the same kid twice");
    out->keys[out->n_keys++] = key;
    return ERR_OK;
}

static enum err read_keys(struct proof_issuer *out, struct arena *arena, const struct json *set, const char **why)
{
    static const char *const members[] = {"keys", NULL};
    struct view stranger;
    const struct json *keys = json_member(set, "keys");
    if (!json_is_array(keys) || !json_only(set, members, &stranger))
        return bad(why, "keys: must be a JWK set");
    size_t n = json_count(keys);
    if (n < 1 || n > PROOF_ISSUER_KEYS)
        return bad(why, "keys: must be one to eight");
    out->keys = arena_array(arena, n, sizeof *out->keys);
    if (!out->keys)
        return ERR_MEMORY;
    enum err e = ERR_OK;
    for (size_t i = 0; i < n && !e; i++)
        e = add_key(out, arena, json_at(keys, i), why);
    return e;
}

enum err proof_issuer_read(struct proof_issuer *out, struct arena *arena, struct view json, const char **why)
{
    static const char *const members[] = {"iss", "keys", "label", NULL};
    struct json *object;
    struct view stranger;
    *out = (struct proof_issuer){0};
    *why = "";
    if (json.n > PROOF_ISSUER_MAX)
        return bad(why, "too long");
    enum err e = json_read(&object, arena, json, NULL);
    if (e)
        return e == ERR_SYNTAX ? bad(why, "not JSON") : e;
    if (!json_is_object(object) || !json_only(object, members, &stranger))
        return bad(why, "must have the members iss, keys and label only");
    out->iss = json_member_text(object, "iss");
    if (!proof_is_origin(out->iss))
        return bad(why, "iss: must be an origin (https, or http on a loopback name)");
    out->label = json_member_text(object, "label");
    if (!out->label.p || !text_is_utf8(out->label) || out->label.n == 0 || text_count(out->label) > LABEL_MAX)
        return bad(why, "label: must be a text of 1 to 100 characters");
    return read_keys(out, arena, json_member(object, "keys"), why);
}
