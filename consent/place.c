#include "consent/place.h"

#define COUNT(A) (sizeof(A) / sizeof *(A))

/* JIS X 0401. */
static const char *const prefectures[] = {
    "北海道", "青森県", "岩手県", "宮城県",   "秋田県", "山形県",   "福島県", "茨城県", "栃木県", "群馬県",
    "埼玉県", "千葉県", "東京都", "神奈川県", "新潟県", "富山県",   "石川県", "福井県", "山梨県", "長野県",
    "岐阜県", "静岡県", "愛知県", "三重県",   "滋賀県", "京都府",   "大阪府", "兵庫県", "奈良県", "和歌山県",
    "鳥取県", "島根県", "岡山県", "広島県",   "山口県", "徳島県",   "香川県", "愛媛県", "高知県", "福岡県",
    "佐賀県", "長崎県", "熊本県", "大分県",   "宮崎県", "鹿児島県", "沖縄県"};
enum { OSAKA = 26 };

/* JIS X 0402, prefecture 27. COUNTY: towns and the village are written with it in an address. ALSO: another writing of
 * the same name that is in common use. A city's name is unique in Japan; a town's is not (there is a 太子町 in Hyogo).
 */
static const struct municipality {
    const char *code, *name, *county, *also;
} municipalities[] = {
    {"27100", "大阪市", NULL, NULL},           {"27140", "堺市", NULL, NULL},
    {"27202", "岸和田市", NULL, NULL},         {"27203", "豊中市", NULL, NULL},
    {"27204", "池田市", NULL, NULL},           {"27205", "吹田市", NULL, NULL},
    {"27206", "泉大津市", NULL, NULL},         {"27207", "高槻市", NULL, NULL},
    {"27208", "貝塚市", NULL, NULL},           {"27209", "守口市", NULL, NULL},
    {"27210", "枚方市", NULL, NULL},           {"27211", "茨木市", NULL, NULL},
    {"27212", "八尾市", NULL, NULL},           {"27213", "泉佐野市", NULL, NULL},
    {"27214", "富田林市", NULL, NULL},         {"27215", "寝屋川市", NULL, NULL},
    {"27216", "河内長野市", NULL, NULL},       {"27217", "松原市", NULL, NULL},
    {"27218", "大東市", NULL, NULL},           {"27219", "和泉市", NULL, NULL},
    {"27220", "箕面市", NULL, NULL},           {"27221", "柏原市", NULL, NULL},
    {"27222", "羽曳野市", NULL, NULL},         {"27223", "門真市", NULL, NULL},
    {"27224", "摂津市", NULL, NULL},           {"27225", "高石市", NULL, NULL},
    {"27226", "藤井寺市", NULL, NULL},         {"27227", "東大阪市", NULL, NULL},
    {"27228", "泉南市", NULL, NULL},           {"27229", "四條畷市", NULL, "四条畷市"},
    {"27230", "交野市", NULL, NULL},           {"27231", "大阪狭山市", NULL, NULL},
    {"27232", "阪南市", NULL, NULL},           {"27301", "島本町", "三島郡", NULL},
    {"27321", "豊能町", "豊能郡", NULL},       {"27322", "能勢町", "豊能郡", NULL},
    {"27341", "忠岡町", "泉北郡", NULL},       {"27361", "熊取町", "泉南郡", NULL},
    {"27362", "田尻町", "泉南郡", NULL},       {"27366", "岬町", "泉南郡", NULL},
    {"27381", "太子町", "南河内郡", NULL},     {"27382", "河南町", "南河内郡", NULL},
    {"27383", "千早赤阪村", "南河内郡", NULL},
};

static struct place place_in_osaka(const struct municipality *m)
{
    return (struct place){prefectures[OSAKA], m->name, m->code};
}

static bool take(struct view *rest, const char *word)
{
    struct view w = view_text(word);
    if (!word || !view_starts(*rest, w))
        return false;
    *rest = view_from(*rest, w.n);
    return true;
}

/* Without the prefecture a town is certain only together with its county. */
static bool begins_with(struct view rest, const struct municipality *m, bool prefecture_known)
{
    bool county = take(&rest, m->county);
    if (m->county && !county && !prefecture_known)
        return false;
    return take(&rest, m->name) || take(&rest, m->also);
}

static const char *take_prefecture(struct view *rest)
{
    for (size_t i = 0; i < COUNT(prefectures); i++)
        if (take(rest, prefectures[i]))
            return prefectures[i];
    return NULL;
}

struct place place_of(struct view address)
{
    const char *prefecture = take_prefecture(&address);
    if (prefecture && prefecture != prefectures[OSAKA])
        return (struct place){prefecture, NULL, NULL};
    for (size_t i = 0; i < COUNT(municipalities); i++)
        if (begins_with(address, &municipalities[i], prefecture != NULL))
            return place_in_osaka(&municipalities[i]);
    return (struct place){prefecture, NULL, NULL};
}

size_t place_count(void)
{
    return COUNT(municipalities);
}

struct place place_at(size_t i)
{
    return i < COUNT(municipalities) ? place_in_osaka(&municipalities[i]) : (struct place){NULL, NULL, NULL};
}
