#include "jpki/virtual/pins.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"

/* Tries: facts 2.2. Those of the numbers A, B and the birth date are not published; ten is what is said of them. */
static const struct {
    const char *name;
    uint8_t max;
} table[PIN_COUNT] = {
    [PIN_AUTH] = {"auth", 3},
    [PIN_SIGN] = {"sign", 5},
    [PIN_TEXT] = {"text", 3},
    [PIN_TEXT_SHUT] = {"shut", 0},
    [PIN_TEXT_A] = {"text_a", 10},
    [PIN_TEXT_B] = {"text_b", 10},
    [PIN_FACE_BIRTH] = {"face_birth", 10},
    [PIN_FACE_B] = {"face_b", 10},
    [PIN_FACE_A] = {"face_a", 10},
    [PIN_REGISTRY] = {"registry", 3},
};

const char *pin_name(enum pin_id id)
{
    return table[id].name;
}

static enum err read_one(struct pin *pin, enum pin_id id, const struct json *left, const struct json *changed)
{
    int64_t n = json_member_int(left, pin_name(id), pin->max);
    if (n < 0 || n > pin->max)
        return ERR_SYNTAX;
    pin->left = (uint8_t)n;
    struct view value = json_member_text(changed, pin_name(id));
    if (!view_is(value))
        return ERR_OK;
    pin->changed = true;
    return secret_set(&pin->value, value);
}

static enum err read_state(struct pins *p, struct arena *a)
{
    struct view text;
    enum err e = file_read(a, p->path, 65536, &text);
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    struct json *j;
    if (e == ERR_OK)
        e = json_read(&j, a, text, NULL);
    if (e != ERR_OK)
        return e;
    if (json_member_int(j, "v", 0) != 1 || !json_is_object(json_member(j, "left")))
        return ERR_SYNTAX;
    for (int id = 0; id < PIN_COUNT && e == ERR_OK; id++)
        e = read_one(&p->all[id], (enum pin_id)id, json_member(j, "left"), json_member(j, "changed"));
    return e;
}

enum err pins_open(struct pins *p, const struct view issued[PIN_COUNT], const char *state)
{
    *p = (struct pins){.path = NULL};
    for (int id = 0; id < PIN_COUNT; id++) {
        struct pin *pin = &p->all[id];
        pin->left = pin->max = table[id].max;
        if (issued[id].n > 0 && secret_set(&pin->value, issued[id]) != ERR_OK)
            return ERR_LIMIT;
    }
    if (!state)
        return ERR_OK;
    p->path = strdup(state);
    if (!p->path)
        return ERR_MEMORY;
    struct arena a;
    arena_open(&a, 1 << 20);
    enum err e = read_state(p, &a);
    arena_close(&a);
    if (e != ERR_OK)
        pins_close(p);
    return e;
}

void pins_close(struct pins *p)
{
    for (int id = 0; id < PIN_COUNT; id++)
        secret_wipe(&p->all[id].value);
    free(p->path);
    p->path = NULL;
}

static void put_state(struct json_out *o, const struct pins *p)
{
    json_begin(o);
    json_key(o, "changed");
    json_begin(o);
    for (int id = 0; id < PIN_COUNT; id++)
        if (p->all[id].changed)
            json_pair(o, pin_name((enum pin_id)id), secret_view(&p->all[id].value));
    json_end(o);
    json_key(o, "left");
    json_begin(o);
    for (int id = 0; id < PIN_COUNT; id++)
        json_pair_int(o, pin_name((enum pin_id)id), p->all[id].left);
    json_end(o);
    json_pair_int(o, "v", 1);
    json_end(o);
}

static bool saved(const struct pins *p)
{
    if (!p->path)
        return true;
    struct buf b;
    struct json_out o;
    struct view v;
    buf_open(&b, NULL, 65536);
    json_out_open(&o, &b);
    put_state(&o, p);
    bool ok = buf_done(&b, &v) == ERR_OK && file_write(p->path, v, 0600) == ERR_OK;
    buf_close(&b);
    return ok;
}

enum pin_answer pins_compare(struct pins *p, enum pin_id id, struct view given)
{
    struct pin *pin = &p->all[id];
    if (pin->left == 0)
        return PIN_BLOCKED;
    if (pin->value.n == 0 || !secret_equal(secret_view(&pin->value), given)) {
        pin->left--;
        return saved(p) ? PIN_WRONG : PIN_NOT_SAVED;
    }
    if (pin->left == pin->max)
        return PIN_RIGHT;
    pin->left = pin->max;
    return saved(p) ? PIN_RIGHT : PIN_NOT_SAVED;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* Facts 2.2: 6 to 16 of A-Z and 0-9, at least one of each. */
static bool sign_password(struct view v)
{
    size_t digits = 0, letters = 0;
    for (size_t i = 0; i < v.n; i++) {
        digits += is_digit(v.p[i]);
        letters += v.p[i] >= 'A' && v.p[i] <= 'Z';
    }
    return digits && letters && digits + letters == v.n;
}

bool pins_allow(enum pin_id id, struct view v, bool *length_wrong)
{
    *length_wrong = id == PIN_SIGN ? v.n < 6 || v.n > 16 : v.n != 4;
    if (*length_wrong)
        return false;
    if (id == PIN_SIGN)
        return sign_password(v);
    for (size_t i = 0; i < v.n; i++)
        if (!is_digit(v.p[i]))
            return false;
    return true;
}

enum pin_answer pins_change(struct pins *p, enum pin_id id, struct view v)
{
    struct pin *pin = &p->all[id];
    if (secret_set(&pin->value, v) != ERR_OK)
        return PIN_NOT_SAVED;
    pin->changed = true;
    pin->left = pin->max;
    return saved(p) ? PIN_RIGHT : PIN_NOT_SAVED;
}
