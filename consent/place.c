#include "consent/place.h"

#include <string.h>

#include "consent/place_table.h"

#define COUNT(A) (sizeof(A) / sizeof *(A))

/* JIS X 0401. */
static const char *const prefectures[] = {
    "北海道", "青森県", "岩手県", "宮城県",   "秋田県", "山形県",   "福島県", "茨城県", "栃木県", "群馬県",
    "埼玉県", "千葉県", "東京都", "神奈川県", "新潟県", "富山県",   "石川県", "福井県", "山梨県", "長野県",
    "岐阜県", "静岡県", "愛知県", "三重県",   "滋賀県", "京都府",   "大阪府", "兵庫県", "奈良県", "和歌山県",
    "鳥取県", "島根県", "岡山県", "広島県",   "山口県", "徳島県",   "香川県", "愛媛県", "高知県", "福岡県",
    "佐賀県", "長崎県", "熊本県", "大分県",   "宮崎県", "鹿児島県", "沖縄県"};

/* The counties of Osaka: a town written with one of them is certain without the prefecture (there is a 太子町 in Hyogo,
 * too). Everywhere else the prefecture must be there. */
static const struct {
    const char *code, *county;
} counties[] = {
    {"27301", "三島郡"}, {"27321", "豊能郡"}, {"27322", "豊能郡"},   {"27341", "泉北郡"},   {"27361", "泉南郡"},
    {"27362", "泉南郡"}, {"27366", "泉南郡"}, {"27381", "南河内郡"}, {"27382", "南河内郡"}, {"27383", "南河内郡"},
};

/* Other writings of the same name that are in common use. */
static const struct {
    const char *name, *also;
} writings[] = {{"四條畷市", "四条畷市"}, {"龍ケ崎市", "竜ケ崎市"}, {"檮原町", "梼原町"}, {"鰺ヶ沢町", "鯵ヶ沢町"}};

/* Cities of this name are in two prefectures. */
static const char *const twins[] = {"伊達市", "府中市"};

static bool take(struct view *rest, const char *word)
{
    struct view w = view_text(word);
    if (!view_starts(*rest, w))
        return false;
    *rest = view_from(*rest, w.n);
    return true;
}

/* The same letter in names of places: ヶ (E3 83 B6) and ケ (E3 82 B1). */
static struct view folded(struct view letter)
{
    return view_equal_text(letter, "ヶ") ? VIEW("ケ") : letter;
}

static bool take_name(struct view *rest, const char *name)
{
    struct view w = view_text(name), r = *rest;
    if (r.n < w.n)
        return false;
    for (size_t i = 0; i + 3 <= w.n; i += 3) /* every letter of every name has three bytes */
        if (!view_equal(folded(view_part(w, i, 3)), folded(view_part(r, i, 3))))
            return false;
    *rest = view_from(r, w.n);
    return true;
}

static bool begins_with(struct view rest, const char *name)
{
    if (take_name(&rest, name))
        return true;
    for (size_t i = 0; i < COUNT(writings); i++)
        if (strcmp(writings[i].name, name) == 0 && take_name(&rest, writings[i].also))
            return true;
    return false;
}

static size_t prefecture_of(const struct place_row *row)
{
    return (size_t)(row->code[0] - '0') * 10 + (size_t)(row->code[1] - '0') - 1;
}

static struct place place_of_row(const struct place_row *row)
{
    return (struct place){prefectures[prefecture_of(row)], row->name, row->code};
}

/* --- with the prefecture: names are unique in it ---------------------------------------------------------------- */

static const struct place_row *first_of(size_t prefecture)
{
    size_t low = 0, high = place_rows_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (prefecture_of(&place_rows[middle]) < prefecture)
            low = middle + 1;
        else
            high = middle;
    }
    return place_rows + low;
}

static const struct place_row *find_in(size_t prefecture, struct view rest)
{
    const struct place_row *end = place_rows + place_rows_count;
    for (const struct place_row *row = first_of(prefecture); row < end && prefecture_of(row) == prefecture; row++)
        if (begins_with(rest, row->name))
            return row;
    return NULL;
}

/* Behind the county, which is written before a town or village: at most eight letters, as in 南河内郡. */
static struct view behind_county(struct view rest)
{
    for (size_t i = 3; i + 3 <= rest.n && i <= 24; i += 3)
        if (view_equal_text(view_part(rest, i, 3), "郡"))
            return view_from(rest, i + 3);
    return VIEW_NONE;
}

static bool is_town(const struct place_row *row)
{
    struct view name = view_text(row->name), last = view_from(name, name.n - 3);
    return view_equal_text(last, "町") || view_equal_text(last, "村");
}

static const struct place_row *find_with_prefecture(size_t prefecture, struct view rest)
{
    const struct place_row *row = find_in(prefecture, rest);
    if (row)
        return row;
    row = find_in(prefecture, behind_county(rest));
    return row && is_town(row) ? row : NULL;
}

/* --- without it: cities of a name that is there once, and Osaka's towns with their county ----------------------- */

static bool is_unique_city(const struct place_row *row)
{
    size_t n = strlen(row->name);
    for (size_t i = 0; i < COUNT(twins); i++)
        if (strcmp(row->name, twins[i]) == 0)
            return false;
    return strcmp(row->name + n - 3, "市") == 0;
}

static const char *county_of(const struct place_row *row)
{
    for (size_t i = 0; i < COUNT(counties); i++)
        if (strcmp(counties[i].code, row->code) == 0)
            return counties[i].county;
    return NULL;
}

static bool is_town_with_county(const struct place_row *row, struct view rest)
{
    const char *county = county_of(row);
    return county && take(&rest, county) && begins_with(rest, row->name);
}

static const struct place_row *find_anywhere(struct view rest)
{
    for (size_t i = 0; i < place_rows_count; i++) {
        const struct place_row *row = &place_rows[i];
        if (is_unique_city(row) ? begins_with(rest, row->name) : is_town_with_county(row, rest))
            return row;
    }
    return NULL;
}

struct place place_of(struct view address)
{
    for (size_t i = 0; i < COUNT(prefectures); i++) {
        if (!take(&address, prefectures[i]))
            continue;
        const struct place_row *row = find_with_prefecture(i, address);
        return row ? place_of_row(row) : (struct place){prefectures[i], NULL, NULL};
    }
    const struct place_row *row = find_anywhere(address);
    return row ? place_of_row(row) : (struct place){NULL, NULL, NULL};
}

size_t place_count(void)
{
    return place_rows_count;
}

struct place place_at(size_t i)
{
    return i < place_rows_count ? place_of_row(&place_rows[i]) : (struct place){NULL, NULL, NULL};
}
