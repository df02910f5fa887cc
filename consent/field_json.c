/* How values of fields are made, checked and shown. */
#include <stdio.h>

#include "base/text.h"
#include "consent/birthdate.h"
#include "consent/field.h"
#include "consent/household.h"
#include "consent/place.h"

#define COUNT(A) (sizeof(A) / sizeof *(A))

enum { VALUE_MAX = 8192, NAME_MAX_BYTES = 600, ADDRESS_MAX_BYTES = 1800, EMAIL_MAX = 254, TYPED_MAX = 1024 };

static const struct field_tag tags[] = {
    {"child-rearing", "子育て", "Child-rearing"},
    {"disaster-prevention", "防災", "Disaster prevention"},
    {"health", "健康・医療", "Health"},
    {"culture-sport", "文化・スポーツ", "Culture and sport"},
    {"facilities", "施設予約", "Public facilities"},
    {"employment", "しごと・雇用", "Employment"},
    {"tourism", "観光・イベント", "Tourism and events"},
    {"welfare", "福祉・介護", "Welfare and care"},
    {"environment", "環境・ごみ", "Environment and waste"},
    {"learning", "学び・講座", "Learning"},
};

size_t field_tag_count(void)
{
    return COUNT(tags);
}

const struct field_tag *field_tag_at(size_t i)
{
    return i < COUNT(tags) ? &tags[i] : NULL;
}

static const struct field_tag *tag_find(struct view id)
{
    for (size_t i = 0; i < COUNT(tags); i++)
        if (view_equal_text(id, tags[i].id))
            return &tags[i];
    return NULL;
}

/* --- making ----------------------------------------------------------------------------------------------------- */

static bool is_line(struct view v, size_t max)
{
    if (v.n == 0 || v.n > max || !text_is_utf8(v))
        return false;
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] < 0x20 || v.p[i] == 0x7F)
            return false;
    return true;
}

static bool is_email(struct view v);
static bool is_phone(struct view v);

static enum err quoted(struct view *json, struct arena *a, struct view text)
{
    struct buf b;
    struct json_out o;
    buf_open(&b, a, VALUE_MAX);
    json_out_open(&o, &b);
    json_put_text(&o, text);
    return buf_done(&b, json);
}

/* Bytes as read: full-width characters and U+3000 stay. */
enum err field_json_of_name(struct view *json, struct arena *a, struct view name)
{
    return is_line(name, NAME_MAX_BYTES) ? quoted(json, a, name) : ERR_SYNTAX;
}

/* OIDC Core 5.1.1; region and locality only where they are certain. */
enum err field_json_of_address(struct view *json, struct arena *a, struct view address)
{
    if (!is_line(address, ADDRESS_MAX_BYTES))
        return ERR_SYNTAX;
    struct place place = place_of(address);
    struct buf b;
    struct json_out o;
    buf_open(&b, a, VALUE_MAX);
    json_out_open(&o, &b);
    json_begin(&o);
    json_pair(&o, "formatted", address);
    json_pair_text(&o, "locality", place.city);
    json_pair_text(&o, "region", place.prefecture);
    json_end(&o);
    return buf_done(&b, json);
}

/* Two or four characters of the card's date; spaces mean unknown and become zeros. */
static bool put_part(char *out, struct view part)
{
    bool blank = true;
    for (size_t i = 0; i < part.n; i++)
        blank = blank && part.p[i] == ' ';
    for (size_t i = 0; i < part.n; i++) {
        if (!blank && (part.p[i] < '0' || part.p[i] > '9'))
            return false;
        out[i] = blank ? '0' : (char)part.p[i];
    }
    return true;
}

enum err field_json_of_birthdate(struct view *json, struct arena *a, struct view date)
{
    char text[] = "\"0000-00-00\"";
    if (date.n != 8 || !put_part(text + 1, view_part(date, 0, 4)) || !put_part(text + 6, view_part(date, 4, 2)) ||
        !put_part(text + 9, view_part(date, 6, 2)))
        return ERR_SYNTAX;
    struct birthdate b;
    if (!birthdate_read(&b, view_bytes(text + 1, 10)))
        return ERR_SYNTAX;
    if (b.year == 0 && b.month == 0)
        return ERR_NOT_FOUND;
    *json = arena_copy(a, view_text(text));
    return view_is(*json) ? ERR_OK : ERR_MEMORY;
}

/* The card says 1 male, 2 female, 9 not applicable, 0 not known; the last two give no claim (product.md). */
enum err field_json_of_gender(struct view *json, struct arena *a, struct view gender)
{
    (void)a;
    if (gender.n != 1)
        return ERR_SYNTAX;
    switch (gender.p[0]) {
    case '1':
        *json = VIEW("\"male\"");
        return ERR_OK;
    case '2':
        *json = VIEW("\"female\"");
        return ERR_OK;
    case '0':
    case '9':
        return ERR_NOT_FOUND;
    default:
        return ERR_SYNTAX;
    }
}

enum err field_json_of_tags(struct view *json, struct arena *a, const bool *chosen, size_t n)
{
    struct buf b;
    struct json_out o;
    if (n > COUNT(tags))
        return ERR_SYNTAX;
    buf_open(&b, a, VALUE_MAX);
    json_out_open(&o, &b);
    json_begin_array(&o);
    for (size_t i = 0; i < n; i++)
        if (chosen[i])
            json_put_text(&o, view_text(tags[i].id));
    json_end_array(&o);
    return buf_done(&b, json);
}

/* Full-width letters, digits and signs (U+FF01 to U+FF5E) become those of ASCII, spaces at both ends go, and the long
 * dashes people type into numbers become hyphens: that is how Japanese keyboards send them. */
static enum err plain(struct view *out, struct arena *a, struct view typed)
{
    static const char *const dashes[] = {"ー", "−", "‐", "–", "—"};
    struct buf b;
    buf_open(&b, a, TYPED_MAX);
    for (size_t i = 0; i < typed.n; i++) {
        struct view letter = view_part(typed, i, 3);
        uint32_t c = letter.n == 3 && letter.p[0] == 0xEF ? (letter.p[1] & 0x3Fu) << 6 | (letter.p[2] & 0x3Fu) : 0;
        bool wide = letter.n == 3 && letter.p[0] == 0xEF && c >= 0xF01 && c <= 0xF5E, dash = false;
        for (size_t k = 0; k < COUNT(dashes) && !dash; k++)
            dash = view_equal_text(letter, dashes[k]);
        if (wide || dash)
            buf_put_byte(&b, dash ? '-' : (uint8_t)(c - 0xF01 + 0x21));
        else
            buf_put_byte(&b, typed.p[i]);
        i += wide || dash ? 2 : 0;
    }
    enum err e = buf_done(&b, out);
    while (!e && out->n && out->p[0] == ' ')
        *out = view_from(*out, 1);
    while (!e && out->n && out->p[out->n - 1] == ' ')
        out->n--;
    return e == ERR_LIMIT ? ERR_SYNTAX : e;
}

enum err field_json_of_email(struct view *json, struct arena *a, struct view typed)
{
    struct view text;
    enum err e = plain(&text, a, typed);
    if (e)
        return e;
    return is_email(text) ? quoted(json, a, text) : ERR_SYNTAX;
}

/* OIDC Core 5.1 recommends E.164: a Japanese number with its 0 becomes +81. */
enum err field_json_of_phone(struct view *json, struct arena *a, struct view typed)
{
    struct view text, number;
    struct buf b;
    enum err e = plain(&text, a, typed);
    if (e)
        return e;
    if (!is_phone(text))
        return ERR_SYNTAX;
    bool of_japan = text.p[0] == '0';
    buf_open(&b, a, TYPED_MAX);
    buf_put_text(&b, of_japan ? "+81" : "");
    for (size_t i = of_japan; i < text.n; i++)
        if (text.p[i] != '-')
            buf_put_byte(&b, text.p[i]);
    e = buf_done(&b, &number);
    if (e)
        return e;
    /* ten or eleven digits with the 0; 0120 and the like too */
    if (of_japan && (number.n < 12 || number.n > 13))
        return ERR_SYNTAX;
    return quoted(json, a, number);
}

/* --- checking --------------------------------------------------------------------------------------------------- */

static bool is_tags(const struct json *j)
{
    if (!json_is_array(j) || json_count(j) > COUNT(tags))
        return false;
    for (size_t i = 0; i < json_count(j); i++) {
        struct view id, other;
        if (!json_text(json_at(j, i), &id) || !tag_find(id))
            return false;
        for (size_t k = 0; k < i; k++)
            if (json_text(json_at(j, k), &other) && view_equal(id, other))
                return false;
    }
    return true;
}

static bool is_address(const struct json *j)
{
    static const char *const names[] = {"formatted",   "region",  "locality", "street_address",
                                        "postal_code", "country", NULL};
    struct view stranger;
    return json_is_object(j) && json_only(j, names, &stranger) &&
           is_line(json_member_text(j, "formatted"), ADDRESS_MAX_BYTES);
}

/* One @, something on both sides, a dot behind it, nothing that could end a header line. */
static bool is_email(struct view v)
{
    size_t at = view_index(v, '@');
    struct view domain = view_from(v, at + 1);
    return v.n <= EMAIL_MAX && text_is_visible(v) && at > 0 && at < v.n && domain.n > 2 &&
           view_index(domain, '@') == domain.n && view_index(domain, '.') < domain.n - 1 && domain.p[0] != '.';
}

/* E.164, as OIDC Core 5.1 recommends, or a Japanese number with its leading 0; hyphens allowed. */
static bool is_phone(struct view v)
{
    size_t count = 0;
    for (size_t i = 0; i < v.n; i++) {
        bool digit = v.p[i] >= '0' && v.p[i] <= '9';
        if (!digit && !(v.p[i] == '-' && i > 0) && !(v.p[i] == '+' && i == 0))
            return false;
        count += digit;
    }
    return v.n > 0 && count >= 9 && count <= 15 && (v.p[0] == '+' || v.p[0] == '0');
}

static bool is_household(const struct json *j)
{
    struct household unused;
    return household_read(&unused, j);
}

/* A number of people. */
static bool is_number(const struct json *j)
{
    int64_t n;
    return json_int(j, &n) && n > 0;
}

static bool is_name_text(const struct json *j)
{
    struct view text;
    return json_text(j, &text) && is_line(text, NAME_MAX_BYTES);
}

static bool is_birthdate_text(const struct json *j)
{
    struct view text;
    struct birthdate b;
    return json_text(j, &text) && birthdate_read(&b, text) && (b.year || b.month);
}

static bool is_gender_text(const struct json *j)
{
    struct view text;
    return json_text(j, &text) && (view_equal_text(text, "male") || view_equal_text(text, "female"));
}

static bool is_email_text(const struct json *j)
{
    struct view text;
    return json_text(j, &text) && is_email(text);
}

static bool is_phone_text(const struct json *j)
{
    struct view text;
    return json_text(j, &text) && is_phone(text);
}

/* --- showing ---------------------------------------------------------------------------------------------------- */

static void show_text(struct buf *out, const struct json *j, bool japanese)
{
    (void)japanese;
    struct view text = VIEW_NONE;
    if (json_text(j, &text))
        buf_put(out, text);
}

static void show_address(struct buf *out, const struct json *j, bool japanese)
{
    (void)japanese;
    buf_put(out, json_member_text(j, "formatted"));
}

static void show_birthdate_ja(struct buf *out, const struct birthdate *b)
{
    if (b->year)
        buf_printf(out, "%d年", b->year);
    if (b->month)
        buf_printf(out, "%d月", b->month);
    if (b->day)
        buf_printf(out, "%d日", b->day);
    if (!b->year || !b->month || !b->day)
        buf_printf(out, "（%s不明）", !b->year ? "年" : !b->month ? "月日" : "日");
}

static void show_birthdate_en(struct buf *out, const struct birthdate *b)
{
    static const char *const months[] = {"",     "January", "February",  "March",   "April",    "May",     "June",
                                         "July", "August",  "September", "October", "November", "December"};
    if (b->day)
        buf_printf(out, "%d ", b->day);
    if (b->month)
        buf_printf(out, "%s%s", months[b->month], b->year ? " " : "");
    if (b->year)
        buf_printf(out, "%d", b->year);
    if (!b->year || !b->month || !b->day)
        buf_printf(out, " (%s unknown)", !b->year ? "year" : !b->month ? "month and day" : "day");
}

static void show_birthdate(struct buf *out, const struct json *j, bool japanese)
{
    struct birthdate b;
    struct view text;
    if (json_text(j, &text) && birthdate_read(&b, text))
        (japanese ? show_birthdate_ja : show_birthdate_en)(out, &b);
}

static void show_gender(struct buf *out, const struct json *j, bool japanese)
{
    struct view text = VIEW_NONE;
    bool female = json_text(j, &text) && view_equal_text(text, "female");
    buf_put_text(out, japanese ? (female ? "女" : "男") : (female ? "Female" : "Male"));
}

static void show_flag(struct buf *out, const struct json *j, bool japanese)
{
    bool yes = false;
    if (json_bool(j, &yes))
        buf_put_text(out, japanese ? (yes ? "はい" : "いいえ") : (yes ? "Yes" : "No"));
}

static void show_municipality(struct buf *out, const struct json *j, bool japanese)
{
    (void)japanese;
    buf_put(out, json_member_text(j, "name"));
    buf_put_text(out, " (");
    buf_put(out, json_member_text(j, "code"));
    buf_put_text(out, ")");
}

static void show_people(struct buf *out, int64_t n, bool japanese)
{
    buf_put_int(out, n);
    buf_put_text(out, japanese ? "人" : n == 1 ? " person" : " people");
}

static void show_number(struct buf *out, const struct json *j, bool japanese)
{
    int64_t n = 0;
    if (json_int(j, &n))
        show_people(out, n, japanese);
}

static void show_household(struct buf *out, const struct json *j, bool japanese)
{
    struct household h;
    if (!household_read(&h, j))
        return;
    show_people(out, h.size, japanese);
    for (size_t i = 0; i < h.n; i++) {
        const struct household_member *m = &h.members[i];
        buf_put_text(out, japanese ? "、" : ", ");
        if (japanese)
            buf_printf(out, "%s（%d年%d月生まれ）", m->relation->ja, m->year, m->month);
        else
            buf_printf(out, "%s (born %d-%02d)", m->relation->en, m->year, m->month);
    }
}

/* As people in Japan write it. */
static void show_phone(struct buf *out, const struct json *j, bool japanese)
{
    (void)japanese;
    struct view text = VIEW_NONE;
    if (!json_text(j, &text))
        return;
    bool of_japan = view_starts(text, VIEW("+81"));
    if (of_japan && text.n > 3 && text.p[3] != '-') {
        buf_put_byte(out, '0');
        text = view_from(text, 3);
    }
    buf_put(out, text);
}

static void show_interests(struct buf *out, const struct json *j, bool japanese)
{
    struct view id;
    if (json_count(j) == 0)
        buf_put_text(out, japanese ? "なし" : "None");
    for (size_t i = 0; i < json_count(j); i++) {
        const struct field_tag *tag = json_text(json_at(j, i), &id) ? tag_find(id) : NULL;
        if (i > 0)
            buf_put_text(out, japanese ? "、" : ", ");
        if (tag)
            buf_put_text(out, japanese ? tag->ja : tag->en);
    }
}

/* --- formats ------------------------------------------------------------------------------------------------- */

static bool is_flag(const struct json *j)
{
    bool unused;
    return json_bool(j, &unused);
}

static bool is_municipality(const struct json *j)
{
    return view_is(json_member_text(j, "code")) && view_is(json_member_text(j, "name"));
}

const struct field_format field_name_format = {"name", is_name_text, show_text};
const struct field_format field_address_format = {"address", is_address, show_address};
const struct field_format field_birthdate_format = {"birthdate", is_birthdate_text, show_birthdate};
const struct field_format field_gender_format = {"gender", is_gender_text, show_gender};
const struct field_format field_flag_format = {"flag", is_flag, show_flag};
const struct field_format field_municipality_format = {"municipality", is_municipality, show_municipality};
const struct field_format field_household_format = {"household", is_household, show_household};
const struct field_format field_number_format = {"number", is_number, show_number};
const struct field_format field_tags_format = {"tags", is_tags, show_interests};
const struct field_format field_email_format = {"email", is_email_text, show_text};
const struct field_format field_phone_format = {"phone", is_phone_text, show_phone};

static enum err read_value(struct json **out, struct arena *a, const struct field *f, struct view json)
{
    if (json.n > VALUE_MAX)
        return ERR_SYNTAX;
    enum err err = json_read(out, a, json, NULL);
    if (err)
        return err;
    return f->format->is(*out) ? ERR_OK : ERR_SYNTAX;
}

bool field_is_valid(struct arena *a, const struct field *f, struct view json)
{
    struct json *unused;
    return !f->from && read_value(&unused, a, f, json) == ERR_OK;
}

enum err field_display(struct view *out, struct arena *a, const struct field_value *v, bool japanese)
{
    struct json *j;
    enum err err = read_value(&j, a, v->field, v->json);
    if (err)
        return err;
    struct buf b;
    buf_open(&b, a, VALUE_MAX);
    v->field->format->show(&b, j, japanese);
    return buf_done(&b, out);
}

/* The text of the value as it stands on the card: what the marks of its characters are about. */
static struct view text_on_card(const struct json *j)
{
    struct view text;
    return json_text(j, &text) ? text : json_member_text(j, "formatted");
}

static size_t character_size(struct view text)
{
    size_t n = 1;
    while (n < text.n && (text.p[n] & 0xC0) == 0x80)
        n++;
    return n;
}

static void put_substitutes(struct buf *out, struct view text, struct view marks, bool japanese)
{
    for (size_t i = 0; i < marks.n && text.n > 0; i++) {
        size_t n = character_size(text);
        if (marks.p[i] == '1') {
            if (out->n > 0)
                buf_put_text(out, japanese ? "、" : ", ");
            buf_put_text(out, japanese ? "「" : "“");
            buf_put(out, view_part(text, 0, n));
            buf_printf(out, japanese ? "」（%zu文字目）" : "” (character %zu)", i + 1);
        }
        text = view_from(text, n);
    }
}

enum err field_display_substitutes(struct view *out, struct arena *a, const struct field_value *v, bool japanese)
{
    struct json *j;
    struct buf b;
    *out = VIEW_NONE;
    if (!view_is(v->substitutes) || !memchr(v->substitutes.p, '1', v->substitutes.n))
        return ERR_OK;
    enum err err = read_value(&j, a, v->field, v->json);
    if (err)
        return err;
    buf_open(&b, a, VALUE_MAX);
    put_substitutes(&b, text_on_card(j), v->substitutes, japanese);
    return buf_done(&b, out);
}
