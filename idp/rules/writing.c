#include "idp/rules/writing.h"

#include <stdio.h>

#include "base/text.h"
#include "consent/birthdate.h"

enum { ANY = 0, DAKUTEN = 0x3099, HANDAKUTEN = 0x309A, NUMBERS = 64 };

/* --- letters ------------------------------------------------------------------------------------------------------ */

/* Forms of one character, as registers and keyboards mix them; the first stands for all. Those that are other
 * characters by their meaning are together only where people write one for the other every day (斉 斎). */
static const char *const forms[] = {
    "高髙",   "崎\uFA11嵜", "辺邊邉", "斉齊斎齋", "沢澤", "浜濱濵", "広廣",      "国國圀",    "桜櫻",   "竜龍", "滝瀧",
    "島嶋嶌", "富冨",       "徳德",   "恵惠",     "栄榮", "関關",   "塩鹽",      "渋澁",      "寿壽",   "実實", "真眞",
    "静靜",   "奥奧",       "黒黑",   "会會",     "万萬", "与與",   "亜亞",      "亀龜",      "仏佛",   "来來", "児兒",
    "円圓",   "剣劍劒",     "励勵",   "団團",     "図圖", "増增",   "壮壯",      "学學",      "宝寶",   "尭堯", "峰峯",
    "峡峽",   "巌巖",       "巣巢",   "弥彌",     "当當", "応應",   "恒恆",      "戸戶",      "暁曉",   "曽曾", "条條",
    "松枩",   "桧檜",       "槙槇",   "歩步",     "歳歲", "沖冲",   "浄淨",      "涼凉",      "渕淵渊", "清淸", "湾灣",
    "瀬瀨",   "灯燈",       "状狀",   "産產",     "県縣", "礼禮",   "禄祿",      "秋穐",      "穂穗",   "稲稻", "穣穰",
    "糸絲",   "経經",       "総總",   "緑綠",     "縄繩", "聡聰",   "台臺",      "芦蘆",      "荘莊",   "蔵藏", "薫薰",
    "虎乕",   "蛍螢",       "覚覺",   "豊豐",     "頼賴", "遥遙",   "郎郞",      "郷鄕",      "鉄鐵",   "銭錢", "鎮鎭",
    "鋭銳",   "館舘",       "駅驛",   "鶏鷄",     "麦麥", "黄黃",   "吉\u20BB7", "土\u2123D", "柳栁",   "場塲", "梅楳",
    "桑桒",   "岳嶽",       "籠篭",   "莱萊",     "桝枡", "姫姬",   "舎舍",      "莵兎兔",    "勲勳",   "温溫", "園薗",
};

/* TEXT is UTF-8 and not at its end. */
static uint32_t next_letter(const uint8_t **p)
{
    uint32_t c = *(*p)++;
    int more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : c >= 0xC0 ? 1 : 0;
    if (more)
        c &= 0x3FU >> more;
    while (more-- > 0)
        c = c << 6 | (*(*p)++ & 0x3FU);
    return c;
}

/* U+FA10 to U+FA6A are in Unicode for the sake of older character sets; this is what each is (its canonical mapping).
 */
static uint32_t unified(uint32_t c)
{
    static const uint16_t same[] = {
        0x585A, 0,      0x6674, 0,      0,      0x51DE, 0x732A, 0x76CA, 0x793C, 0x795E, 0x7965, 0x798F, 0x9756,
        0x7CBE, 0x7FBD, 0,      0x8612, 0,      0x8AF8, 0,      0,      0x9038, 0x90FD, 0,      0,      0,
        0x98EF, 0x98FC, 0x9928, 0x9DB4, 0x90DE, 0x96B7, 0x4FAE, 0x50E7, 0x514D, 0x52C9, 0x52E4, 0x5351, 0x559D,
        0x5606, 0x5668, 0x5840, 0x58A8, 0x5C64, 0x5C6E, 0x6094, 0x6168, 0x618E, 0x61F2, 0x654F, 0x65E2, 0x6691,
        0x6885, 0x6D77, 0x6E1A, 0x6F22, 0x716E, 0x722B, 0x7422, 0x7891, 0x793E, 0x7949, 0x7948, 0x7950, 0x7956,
        0x795D, 0x798D, 0x798E, 0x7A40, 0x7A81, 0x7BC0, 0x7DF4, 0x7E09, 0x7E41, 0x7F72, 0x8005, 0x81ED, 0x8279,
        0x8279, 0x8457, 0x8910, 0x8996, 0x8B01, 0x8B39, 0x8CD3, 0x8D08, 0x8FB6, 0x9038, 0x96E3, 0x97FF, 0x983B,
    };
    bool is = c >= 0xFA10 && c < 0xFA10 + sizeof same / sizeof *same && same[c - 0xFA10];
    return is ? same[c - 0xFA10] : c;
}

static uint32_t one_form(uint32_t c)
{
    if (c < 0x3400) /* no Chinese character */
        return c;
    c = unified(c);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        const uint8_t *p = (const uint8_t *)forms[i];
        uint32_t first = next_letter(&p);
        for (uint32_t other = first; other; other = next_letter(&p))
            if (other == c)
                return first;
    }
    return c;
}

/* Wide letters and digits, narrow katakana, the wide space. */
static uint32_t one_width(uint32_t c)
{
    static const uint16_t katakana[] = {
        0x30F2, 0x30A1, 0x30A3, 0x30A5, 0x30A7, 0x30A9, 0x30E3, 0x30E5, 0x30E7, 0x30C3, 0x30FC, 0x30A2, 0x30A4, 0x30A6,
        0x30A8, 0x30AA, 0x30AB, 0x30AD, 0x30AF, 0x30B1, 0x30B3, 0x30B5, 0x30B7, 0x30B9, 0x30BB, 0x30BD, 0x30BF, 0x30C1,
        0x30C4, 0x30C6, 0x30C8, 0x30CA, 0x30CB, 0x30CC, 0x30CD, 0x30CE, 0x30CF, 0x30D2, 0x30D5, 0x30D8, 0x30DB, 0x30DE,
        0x30DF, 0x30E0, 0x30E1, 0x30E2, 0x30E4, 0x30E6, 0x30E8, 0x30E9, 0x30EA, 0x30EB, 0x30EC, 0x30ED, 0x30EF, 0x30F3,
    };
    if (c == 0x3000)
        return ' ';
    if (c >= 0xFF01 && c <= 0xFF5E)
        return c - 0xFF01 + '!';
    if (c >= 0xFF66 && c < 0xFF66 + sizeof katakana / sizeof *katakana)
        return katakana[c - 0xFF66];
    return c == 0xFF65 ? 0x30FB : c == 0xFF9E ? DAKUTEN : c == 0xFF9F ? HANDAKUTEN : c;
}

/* No case, no accent (cards have none). */
static uint32_t one_case(uint32_t c)
{
    static const char latin[] = "aaaaaa?ceeeeiiiidnooooo?ouuuuy??aaaaaa?ceeeeiiiidnooooo?ouuuuy?y";
    if (c >= 'A' && c <= 'Z')
        return c - 'A' + 'a';
    return c >= 0xC0 && c <= 0xFF && latin[c - 0xC0] != '?' ? (uint32_t)(uint8_t)latin[c - 0xC0] : c;
}

/* Says nothing: a variation selector, an accent by itself, an apostrophe. */
static bool is_mark(uint32_t c)
{
    return (c >= 0xFE00 && c <= 0xFE0F) || (c >= 0xE0100 && c <= 0xE01EF) || (c >= 0x300 && c <= 0x36F) || c == '\'' ||
           c == 0x2018 || c == 0x2019 || c == 0x200B;
}

static bool parts_words(uint32_t c)
{
    return c <= ' ' || c == 0xA0 || c == '-' || c == '.' || c == ',' || c == 0x30FB || c == 0xB7 || c == 0x3001 ||
           c == 0x3002 || (c >= 0x2000 && c <= 0x2015) || c == 0x2212;
}

/* か and a mark behind it are が: in Unicode the voiced one stands next. */
static bool voice(uint32_t *before, uint32_t mark)
{
    uint32_t kana = *before >= 0x30A0 ? *before - 0x60 : *before; /* katakana stand as hiragana do */
    bool h = kana >= 0x306F && kana <= 0x307B && (kana - 0x306F) % 3 == 0;
    bool kst =
        (kana >= 0x304B && kana <= 0x3061 && kana % 2 == 1) || kana == 0x3064 || kana == 0x3066 || kana == 0x3068;
    if (mark == HANDAKUTEN && h)
        *before += 2;
    else if (mark == DAKUTEN && (h || kst))
        *before += 1;
    else if (mark == DAKUTEN && kana == 0x3046)
        *before += 0x4E;
    else
        return false;
    return true;
}

static uint32_t fold(uint32_t c, uint32_t before)
{
    if (c == 0x3005) /* 々: what stands before it once more */
        return before;
    if (c == 0x30F5 || c == 0x30F6) /* ヵ ヶ as カ ケ */
        return c == 0x30F5 ? 0x30AB : 0x30B1;
    return one_form(one_case(c));
}

bool writing_read(struct writing *out, struct view name, struct view substitutes)
{
    const uint8_t *p = name.p, *end = name.p + name.n;
    bool begins = true;
    out->n = out->n_words = 0;
    if (!view_is(name) || !text_is_utf8(name))
        return false;
    for (size_t place = 0; p < end; place++) {
        uint32_t c = one_width(next_letter(&p));
        uint32_t *before = out->n ? &out->letters[out->n - 1] : NULL;
        bool any = place < substitutes.n && substitutes.p[place] == '1';
        if (!any && (is_mark(c) || ((c == DAKUTEN || c == HANDAKUTEN) && before && voice(before, c))))
            continue;
        if (!any && parts_words(c)) {
            begins = true;
            continue;
        }
        if (out->n == WRITING_MAX)
            return false;
        if (begins)
            out->words[out->n_words++] = out->n;
        begins = false;
        out->letters[out->n++] = any ? ANY : fold(c, before ? *before : c);
    }
    return out->n > 0;
}

/* --- names -------------------------------------------------------------------------------------------------------- */

static bool is_from(const struct writing *asked, size_t first, const struct writing *stored)
{
    for (size_t i = 0; i < asked->n; i++)
        if (stored->letters[i] != ANY && stored->letters[i] != asked->letters[(first + i) % asked->n])
            return false;
    return true;
}

bool writing_is(const struct writing *asked, const struct writing *stored)
{
    if (asked->n != stored->n)
        return false;
    for (size_t i = 0; i < asked->n_words; i++)
        if (is_from(asked, asked->words[i], stored))
            return true;
    for (size_t i = 1; i < stored->n_words; i++) /* written without spaces, and the other way round */
        if (is_from(asked, asked->n - stored->words[i], stored))
            return true;
    return false;
}

/* --- dates -------------------------------------------------------------------------------------------------------- */

/* The year before the first of an era, by its letter or the first character of its name. */
static int64_t before_era(uint32_t c)
{
    static const struct {
        uint32_t letter, name;
        int64_t year;
    } eras[] = {
        {'m', 0x660E, 1867}, {'t', 0x5927, 1911}, {'s', 0x662D, 1925}, {'h', 0x5E73, 1988}, {'r', 0x4EE4, 2018}};
    for (size_t i = 0; i < sizeof eras / sizeof *eras; i++)
        if (c == eras[i].letter || c == eras[i].name)
            return eras[i].year;
    return 0;
}

/* The numbers in TEXT in their order, at most NUMBERS; 元 is 1; *ERA, if not NULL: of the last era that was named.
 * False with ERA: there is something in it that no date has. */
static bool read_numbers(int64_t numbers[NUMBERS], size_t *n, int64_t *era, struct view text)
{
    const uint8_t *p = text.p, *end = text.p + text.n;
    bool inside = false, strange = false;
    *n = 0;
    while (p < end) {
        uint32_t c = one_case(one_width(next_letter(&p)));
        bool digit = c >= '0' && c <= '9';
        if ((digit && !inside) || c == 0x5143) { /* 元 */
            if (*n == NUMBERS)
                return false;
            numbers[(*n)++] = c == 0x5143;
        }
        if (digit && numbers[*n - 1] < 100000000)
            numbers[*n - 1] = numbers[*n - 1] * 10 + (c - '0');
        inside = digit;
        if (era && before_era(c))
            *era = before_era(c);
        bool of_name = c == 0x6CBB || c == 0x6B63 || c == 0x548C || c == 0x6210; /* 治 正 和 成 */
        bool between = c == ' ' || c == '-' || c == '/' || c == '.' || c == 0x5E74 || c == 0x6708 || c == 0x65E5;
        strange |= !digit && c != 0x5143 && !before_era(c) && !of_name && !between;
    }
    return !era || !strange;
}

bool writing_read_date(char out[WRITING_DATE], struct view text)
{
    int64_t n[NUMBERS], era = 0;
    size_t count;
    struct birthdate date;
    if (!view_is(text) || text.n > 64 || !text_is_utf8(text) || !read_numbers(n, &count, &era, text))
        return false;
    if (count == 1 && n[0] > 9999) { /* 19771123 */
        n[2] = n[0] % 100;
        n[1] = n[0] / 100 % 100;
        n[0] /= 10000;
        count = 3;
    }
    if (count != 3 || n[0] + era > 9999 || n[1] > 12 || n[2] > 31 || (era && (n[0] < 1 || n[0] > 64)))
        return false;
    snprintf(out, WRITING_DATE, "%04u-%02u-%02u", (unsigned)(n[0] + era) % 10000, (unsigned)n[1] % 100,
             (unsigned)n[2] % 100);
    return birthdate_read(&date, view_text(out));
}

/* --- telling ------------------------------------------------------------------------------------------------------ */

/* Anywhere, beginning with any of its letters: where its words part, nobody said. */
static bool tells_name(struct view text, const struct writing *name)
{
    struct writing all;
    if (!writing_read(&all, text, VIEW_NONE))
        return false;
    for (size_t at = 0; at + name->n <= all.n; at++)
        for (size_t first = 0; first < name->n; first++) {
            size_t same = 0;
            while (same < name->n && name->letters[(first + same) % name->n] == all.letters[at + same])
                same++;
            if (same == name->n)
                return true;
        }
    return false;
}

static bool tells_date(struct view text, const char *date)
{
    int64_t n[NUMBERS], d[NUMBERS];
    size_t count;
    (void)read_numbers(d, &count, NULL, view_text(date)); /* three */
    (void)read_numbers(n, &count, NULL, text);
    for (size_t i = 0; i < count; i++) {
        if (n[i] == d[0] * 10000 + d[1] * 100 + d[2])
            return true;
        bool year = i + 2 < count && (n[i] == d[0] || n[i] == d[0] - 1867 || n[i] == d[0] - 1911 ||
                                      n[i] == d[0] - 1925 || n[i] == d[0] - 1988 || n[i] == d[0] - 2018);
        if (year && n[i + 1] == d[1] && n[i + 2] == d[2])
            return true;
    }
    return false;
}

bool writing_tells(struct view text, const struct writing *name, const char *date)
{
    return text_is_utf8(text) && (tells_name(text, name) || tells_date(text, date));
}
