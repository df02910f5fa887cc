#include "certs/residents.h"

#include <stdio.h>

#include "base/embed.h"
#include "base/json.h"
#include "base/text.h"

extern const struct embedded certs_personas[];
extern const size_t certs_personas_count;

static const struct {
    const char *name;
    int reason;
} reasons[] = {{"unspecified", 0}, {"keyCompromise", 1},        {"affiliationChanged", 3},
               {"superseded", 4},  {"cessationOfOperation", 5}, {"holdInstruction", 6}};

const char *residents_reason(int reason)
{
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].reason == reason)
            return reasons[i].name;
    return "unspecified";
}

/* --- one persona ------------------------------------------------------------------------------------------------ */

struct reading {
    struct arena *a;
    const char *why; /* the first thing that is wrong */
};

static const char *wrong(struct reading *r, const char *member, const char *rule)
{
    if (!r->why)
        r->why = arena_printf(r->a, "%s: %s", member, rule);
    return "";
}

/* A text of 1..MAX bytes. */
static const char *text_of(struct reading *r, const struct json *j, const char *member, size_t max)
{
    struct view v = json_member_text(j, member);
    if (!view_is(v) || v.n == 0 || v.n > max)
        return wrong(r, member, "a text that is not empty and not too long");
    return arena_text(r->a, v);
}

static const char *digits_of(struct reading *r, const struct json *j, const char *member, size_t n)
{
    const char *text = text_of(r, j, member, n);
    if (strspn(text, "0123456789") != n || strlen(text) != n)
        return wrong(r, member, "that many digits");
    return text;
}

/* Absent, or one 0 or 1 for each character of TEXT. */
static const char *map_of(struct reading *r, const struct json *j, const char *member, const char *text)
{
    if (!json_member(j, member))
        return NULL;
    const char *map = text_of(r, j, member, 1024);
    size_t n = text_count(view_text(text));
    return strspn(map, "01") == n && strlen(map) == n ? map : wrong(r, member, "one 0 or 1 for each character");
}

static char era_of(struct reading *r, const struct json *j)
{
    static const char *const eras[] = {"unknown", "meiji", "taisho", "showa", "heisei", "reiwa"};
    const char *era = text_of(r, j, "era", 16);
    for (size_t i = 0; i < sizeof eras / sizeof *eras; i++)
        if (strcmp(era, eras[i]) == 0)
            return (char)('0' + i);
    wrong(r, "era", "meiji, taisho, showa, heisei, reiwa or unknown");
    return '0';
}

static int revoked_of(struct reading *r, const struct json *j, const char *which)
{
    const struct json *revoked = json_member(j, "revoked");
    if (!json_member(revoked, which))
        return -1;
    const char *name = text_of(r, revoked, which, 32);
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (strcmp(reasons[i].name, name) == 0)
            return reasons[i].reason;
    wrong(r, "revoked", "a reason of RFC 5280 5.3.1");
    return -1;
}

/* The check digit of the My Number Act's ordinance: weights 2..7, 2..6 from the right, modulo 11. */
static bool has_check_digit(const char *number)
{
    int sum = 0;
    for (int n = 1; n <= 11; n++)
        sum += (number[11 - n] - '0') * (n <= 6 ? n + 1 : n - 5);
    return number[11] - '0' == (sum % 11 <= 1 ? 0 : 11 - sum % 11);
}

static void read_person(struct person_card *p, struct reading *r, const struct json *j)
{
    p->about = text_of(r, j, "about", 256);
    p->name = text_of(r, j, "name", 1024);
    p->name_map = map_of(r, j, "name_map", p->name);
    p->address = text_of(r, j, "address", 1024);
    p->sign_address = json_member(j, "sign_address") ? text_of(r, j, "sign_address", 1024) : p->address;
    p->address_map = map_of(r, j, "address_map", p->sign_address);
    p->birthdate = digits_of(r, j, "birthdate", 8);
    p->era = era_of(r, j);
    p->gender = digits_of(r, j, "gender", 1);
    p->number = digits_of(r, j, "number", 12);
    if (p->number[0] && !has_check_digit(p->number))
        wrong(r, "number", "ends in its check digit");
}

static void read_card(struct person_card *p, struct reading *r, const struct json *j)
{
    const struct json *town = json_member(j, "town"), *card = json_member(j, "card"), *pins = json_member(j, "pins");
    p->town =
        (struct town){text_of(r, town, "prefecture", 64), text_of(r, town, "city", 64), digits_of(r, town, "code", 5)};
    p->generation = (int)json_member_int(j, "generation", 3);
    if (p->generation < 1 || p->generation > PKI_GENERATIONS)
        wrong(r, "generation", "1 to 4");
    p->serial = digits_of(r, card, "serial", 15);
    p->expiry = digits_of(r, card, "expiry", 8);
    p->code = digits_of(r, card, "code", 4);
    p->auth_pin = digits_of(r, pins, "auth", 4);
    p->sign_pin = text_of(r, pins, "sign", 16);
    p->text_pin = digits_of(r, pins, "text", 4);
    p->has_sign = json_member_bool(j, "sign", true);
    p->own_keys = json_member_bool(j, "own_keys", false);
    p->revoked[AUTH] = revoked_of(r, j, "auth");
    p->revoked[SIGN] = revoked_of(r, j, "sign");
}

enum err residents_read(struct person_card *out, struct arena *a, const char *folder, struct view json,
                        const char **why)
{
    static const char *const members[] = {"about", "name",      "name_map", "address", "address_map", "sign_address",
                                          "era",   "birthdate", "gender",   "number",  "town",        "generation",
                                          "sign",  "own_keys",  "revoked",  "card",    "pins",        NULL};
    struct json *j;
    struct view stranger;
    enum err e = json_read(&j, a, json, why);
    if (e != ERR_OK)
        return e;
    struct reading r = {.a = a};
    *out = (struct person_card){.folder = folder};
    if (!json_is_object(j) || !json_only(j, members, &stranger))
        wrong(&r, "persona", "an object with the members of certs/README.md and no other");
    read_person(out, &r, j);
    read_card(out, &r, j);
    *why = r.why;
    return r.why ? ERR_SYNTAX : ERR_OK;
}

/* --- all of them ------------------------------------------------------------------------------------------------ */

void residents_open(struct residents *p)
{
    *p = (struct residents){.n = 0};
    arena_open(&p->arena, 4u << 20);
    must(certs_personas_count <= PEOPLE_MAX, "too many personas");
    for (size_t i = 0; i < certs_personas_count; i++) {
        const char *file = certs_personas[i].name, *why = "out of memory";
        const char *folder = arena_text(&p->arena, view_bytes(file, strlen(file) - strlen(".json")));
        enum err e = residents_read(&p->all[p->n++], &p->arena, folder, certs_personas[i].bytes, &why);
        if (e != ERR_OK)
            fprintf(stderr, "%s: %s\n", file, why);
        must(e == ERR_OK, "a persona cannot be read");
    }
}

void residents_close(struct residents *p)
{
    arena_close(&p->arena);
}

const struct person_card *residents_find(const struct residents *p, const char *folder)
{
    for (size_t i = 0; i < p->n; i++)
        if (strcmp(p->all[i].folder, folder) == 0)
            return &p->all[i];
    return NULL;
}

/* --- what is wrong with the cards of the others ----------------------------------------------------------------- */

const struct bad_card people_bad[] = {
    {"expired", EXPIRED, 2},
    {"not-yet", NOT_YET, 3},
    {"revoked", REVOKED, 3},
    {"on-hold", ON_HOLD, 3},
    {"unlisted", UNLISTED, 3},
    {"other-hierarchy", OTHER_HIERARCHY, 3},
    {"wrong-policy", WRONG_POLICY, 3},
    {"no-policy", NO_POLICY, 3},
    {"ca-true", CA_TRUE, 3},
    {"sha1", SIGNED_SHA1, 3},
    {"sha512", SIGNED_SHA512, 3},
    {"critical-ext", CRITICAL_EXT, 3},
    {"small-key", SMALL_KEY, 3},
    {"strange-key", STRANGE_KEY, 3},
    {"own-root", OWN_ROOT, 3},
    {"own-root-key-id", OWN_ROOT_KEY_ID, 3},
    {"duplicate-ext", DUPLICATE_EXT, 3},
    {"wrong-usage", WRONG_USAGE, 3},
    {"no-usage", NO_USAGE, 3},
    {"signs-certs", SIGNS_CERTS, 3},
    {"wrong-ext-usage", WRONG_EXT_USAGE, 3},
    {"expired-issuer", EXPIRED_ISSUER, 1},
    {"zero-serial", ZERO_SERIAL, 3},
    {"no-crl-point", NO_CRL_POINT, 3},
    {"no-ocsp-url", NO_OCSP_URL, 3},
    {"bad-names", BAD_NAMES, 3},
};
const size_t people_n_bad = sizeof people_bad / sizeof *people_bad;
