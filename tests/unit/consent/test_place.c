#include <criterion/criterion.h>

#include "consent/place.h"

static void expect(const char *address, const char *code, const char *city, const char *prefecture)
{
    struct place p = place_of(view_text(address));
    const char *got[] = {p.code, p.city, p.prefecture}, *want[] = {code, city, prefecture};
    for (size_t i = 0; i < 3; i++)
        cr_expect(got[i] == want[i] || (got[i] && want[i] && strcmp(got[i], want[i]) == 0), "%s: %s, not %s", address,
                  got[i] ? got[i] : "nothing", want[i] ? want[i] : "nothing");
}

Test(place, knows_no_municipality_where_it_is_not_certain)
{
    expect("", NULL, NULL, NULL);
    expect("大阪府", NULL, NULL, "大阪府");
    expect("大阪", NULL, NULL, NULL);
    expect("太子町山田1番地", NULL, NULL, NULL); /* there is another in Hyogo */
    expect("河南町大字白木", NULL, NULL, NULL);
    expect("兵庫県揖保郡太子町鵤", NULL, NULL, "兵庫県");
    expect("東京都港区芝公園", NULL, NULL, "東京都");
    expect("京都府京都市", NULL, NULL, "京都府");
    expect("1-2-3 Main Street, Springfield", NULL, NULL, NULL);
    expect("大阪府大阪", NULL, NULL, "大阪府");
    expect("南河内郡", NULL, NULL, NULL);
    expect(" 大阪府堺市", NULL, NULL, NULL);
}

Test(place, tells_cities_with_like_names_apart)
{
    expect("大阪府大阪市北区中之島1丁目3番20号", "27100", "大阪市", "大阪府");
    expect("大阪府東大阪市荒本北1丁目1番1号", "27227", "東大阪市", "大阪府");
    expect("大阪府大阪狭山市狭山1丁目2384番地の1", "27231", "大阪狭山市", "大阪府");
    expect("大阪府泉佐野市市場東1丁目", "27213", "泉佐野市", "大阪府");
    expect("大阪府泉大津市東雲町9番12号", "27206", "泉大津市", "大阪府");
    expect("大阪府泉南市樽井1丁目", "27228", "泉南市", "大阪府");
    expect("大阪府泉南郡岬町深日", "27366", "岬町", "大阪府");
    expect("大阪府和泉市府中町", "27219", "和泉市", "大阪府");
    expect("大阪府堺市堺区南瓦町3番1号", "27140", "堺市", "大阪府");
}

Test(place, reads_addresses_without_prefecture_or_county)
{
    expect("大阪市北区中之島1丁目", "27100", "大阪市", "大阪府");
    expect("南河内郡太子町大字山田", "27381", "太子町", "大阪府");
    expect("大阪府太子町大字山田", "27381", "太子町", "大阪府");
    expect("四条畷市中野本町", "27229", "四條畷市", "大阪府");
    expect("大阪府四條畷市中野本町", "27229", "四條畷市", "大阪府");
}

Test(place, has_osakas_43_municipalities_each_once_with_an_ascending_code)
{
    cr_assert_eq(place_count(), 43);
    for (size_t i = 0; i < 43; i++) {
        struct place p = place_at(i);
        cr_expect(strlen(p.code) == 5 && strncmp(p.code, "27", 2) == 0, "%s", p.city);
        cr_expect(i == 0 || strcmp(place_at(i - 1).code, p.code) < 0, "%s", p.city);
        for (size_t k = 0; k < i; k++)
            cr_expect_str_neq(place_at(k).city, p.city);
    }
    cr_expect_null(place_at(43).code);
}
