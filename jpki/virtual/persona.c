#include "jpki/virtual/persona.h"

#include <stddef.h>
#include <stdio.h>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

#define ARENA_MAX (4u << 20)
#define FILE_MAX  65536u

static enum err read_part(struct persona *p, const char *folder, const char *name, struct view *out)
{
    char *path = arena_printf(&p->arena, "%s/%s", folder, name);
    return path ? file_read(&p->arena, path, FILE_MAX, out) : ERR_MEMORY;
}

static enum err read_key(struct persona *p, const char *folder, const char *name, struct card_key **out)
{
    struct view pem;
    enum err e = read_part(p, folder, name, &pem);
    return e == ERR_OK ? key_read_pem(out, pem) : e;
}

static enum err read_json(struct persona *p, const char *folder, const char *name, struct json **out)
{
    struct view text;
    enum err e = read_part(p, folder, name, &text);
    return e == ERR_OK ? json_read(out, &p->arena, text, NULL) : e;
}

static struct view or_else(struct view v, struct view fallback)
{
    return view_is(v) ? v : fallback;
}

static enum err read_text(struct persona *p, const char *folder)
{
    struct json *j;
    enum err e = read_json(p, folder, "text.json", &j);
    if (e != ERR_OK)
        return e;
    p->name = json_member_text(j, "name");
    p->address = json_member_text(j, "address");
    p->birthdate = json_member_text(j, "birthdate");
    p->gender = json_member_text(j, "gender");
    p->number = json_member_text(j, "number");
    p->expiry = or_else(json_member_text(j, "expiry"), VIEW("20350101"));
    p->security_code = or_else(json_member_text(j, "code"), VIEW("0000"));
    p->municipality = or_else(json_member_text(j, "municipality"), VIEW("27100"));
    p->card_serial = or_else(json_member_text(j, "serial"), VIEW("000000000000001"));
    bool sizes = p->birthdate.n == 8 && p->gender.n == 1 && p->number.n == 12 && p->expiry.n == 8 &&
                 p->security_code.n == 4 && p->municipality.n == 5 && p->card_serial.n == 15;
    return sizes && p->name.n > 0 && p->address.n > 0 && p->name.n + p->address.n < 4096 ? ERR_OK : ERR_SYNTAX;
}

static unsigned number_of(struct view digits)
{
    int64_t n = 0;
    for (size_t i = 0; i < digits.n; i++) {
        if (digits.p[i] < '0' || digits.p[i] > '9')
            return 0;
        n = n * 10 + (digits.p[i] - '0');
    }
    return n < 1000000000 ? (unsigned)n : 0;
}

void persona_era(char out[8], struct view date)
{
    static const struct {
        unsigned from, year_before;
        char era;
    } eras[] = {{20190501, 2018, '5'},
                {19890108, 1988, '4'},
                {19261225, 1925, '3'},
                {19120730, 1911, '2'},
                {18680125, 1867, '1'}};
    unsigned day = date.n == 8 ? number_of(date) : 0;
    if (day % 100 == 0 || day / 100 % 100 == 0)
        day = 0;
    for (size_t i = 0; i < sizeof eras / sizeof eras[0]; i++)
        if (day >= eras[i].from) {
            unsigned year = (day / 10000 - eras[i].year_before) % 100;
            snprintf(out, 8, "%c%02u%02u%02u", eras[i].era, year, day / 100 % 100, day % 100);
            return;
        }
    snprintf(out, 8, "0000000");
}

static enum err set_pins(struct persona *p, const struct json *j)
{
    char era[8];
    persona_era(era, p->birthdate);
    p->pins[PIN_AUTH] = json_member_text(j, "auth");
    p->pins[PIN_SIGN] = json_member_text(j, "sign");
    p->pins[PIN_TEXT] = json_member_text(j, "text");
    p->pins[PIN_REGISTRY] = or_else(json_member_text(j, "registry"), p->pins[PIN_TEXT]);
    p->pins[PIN_TEXT_A] = p->pins[PIN_FACE_A] = p->number;
    p->pins[PIN_FACE_BIRTH] = view_text(arena_text(&p->arena, view_bytes(era + 1, 6)));
    /* 照合番号B: era birth date, the year of expiry, the security code printed on the face (facts 3.1) */
    p->pins[PIN_TEXT_B] = p->pins[PIN_FACE_B] = view_text(
        arena_printf(&p->arena, "%s%.4s%.4s", era + 1, (const char *)p->expiry.p, (const char *)p->security_code.p));
    return p->pins[PIN_AUTH].n && p->pins[PIN_TEXT].n && p->pins[PIN_TEXT_B].n ? ERR_OK : ERR_SYNTAX;
}

static enum err read_pins(struct persona *p, const char *folder)
{
    struct json *j;
    enum err e = read_json(p, folder, "pins.json", &j);
    return e == ERR_OK ? set_pins(p, j) : e;
}

static enum err make_chip(struct persona *p, const char *path)
{
    enum err e = key_make(&p->chip_key);
    if (e != ERR_OK || !path)
        return e;
    struct buf b;
    struct view pem;
    buf_open(&b, &p->arena, FILE_MAX);
    e = key_write_pem(p->chip_key, &b);
    if (e == ERR_OK)
        e = buf_done(&b, &pem);
    return e == ERR_OK ? file_write(path, pem, 0600) : e;
}

static enum err open_chip(struct persona *p, const char *path)
{
    struct view pem;
    enum err e = path ? file_read(&p->arena, path, FILE_MAX, &pem) : ERR_NOT_FOUND;
    if (e == ERR_NOT_FOUND)
        return make_chip(p, path);
    return e == ERR_OK ? key_read_pem(&p->chip_key, pem) : e;
}

/* The sign certificate is not issued to children under fifteen: its three parts may be missing. */
static const struct part {
    const char *name;
    size_t at;
    bool is_key, may_miss;
} parts[] = {
    {"auth.der", offsetof(struct persona, auth_cert), false, false},
    {"auth.key", offsetof(struct persona, auth_key), true, false},
    {"ca-auth.der", offsetof(struct persona, ca_auth), false, false},
    {"sign.der", offsetof(struct persona, sign_cert), false, true},
    {"sign.key", offsetof(struct persona, sign_key), true, true},
    {"ca-sign.der", offsetof(struct persona, ca_sign), false, true},
};

static enum err open_part(struct persona *p, const char *folder, const struct part *part)
{
    void *at = (char *)p + part->at;
    enum err e = part->is_key ? read_key(p, folder, part->name, at) : read_part(p, folder, part->name, at);
    return e == ERR_NOT_FOUND && part->may_miss ? ERR_OK : e;
}

static enum err open_parts(struct persona *p, const char *folder, const char *chip, const char **what)
{
    enum err e = ERR_OK;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && e == ERR_OK; i++) {
        *what = parts[i].name;
        e = open_part(p, folder, &parts[i]);
    }
    if (e == ERR_OK) {
        *what = "text.json";
        e = read_text(p, folder);
    }
    if (e == ERR_OK) {
        *what = "pins.json";
        e = read_pins(p, folder);
    }
    if (e == ERR_OK) {
        *what = "the chip key";
        e = open_chip(p, chip);
    }
    return e;
}

enum err persona_open(struct persona *p, const char *folder, const char *chip, const char **what)
{
    const char *ignored;
    *p = (struct persona){.auth_cert = VIEW_NONE};
    arena_open(&p->arena, ARENA_MAX);
    enum err e = open_parts(p, folder, chip, what ? what : &ignored);
    if (e != ERR_OK)
        persona_close(p);
    return e;
}

void persona_close(struct persona *p)
{
    key_close(p->auth_key);
    key_close(p->sign_key);
    key_close(p->chip_key);
    arena_close(&p->arena);
    *p = (struct persona){.auth_cert = VIEW_NONE};
}
