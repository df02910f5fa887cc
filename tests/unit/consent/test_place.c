#include <criterion/criterion.h>
#include <stdio.h>

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
    expect("港区芝公園", NULL, NULL, NULL);   /* there is one in Osaka's city, too */
    expect("府中市宮西町", NULL, NULL, NULL); /* of Tokyo or of Hiroshima */
    expect("伊達市鹿島町", NULL, NULL, NULL);
    expect("揖保郡太子町鵤", NULL, NULL, NULL);
    expect("大阪府京都市", NULL, NULL, "大阪府");
    expect("京都府堺市", NULL, NULL, "京都府");
    expect("大阪府北区中之島", NULL, NULL, "大阪府");   /* a ward of a city is no municipality */
    expect("大阪府南河内郡堺市", NULL, NULL, "大阪府"); /* no city is in a county */
    expect("大阪府大阪郡", NULL, NULL, "大阪府");
    expect("岐阜県郡上郡八幡町", NULL, NULL, "岐阜県"); /* was, until 2004 */
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

Test(place, reads_the_addresses_of_all_japan)
{
    expect("兵庫県揖保郡太子町鵤", "28464", "太子町", "兵庫県");
    expect("兵庫県赤穂郡上郡町大持", "28481", "上郡町", "兵庫県");
    expect("東京都港区芝公園", "13103", "港区", "東京都");
    expect("東京都府中市宮西町", "13206", "府中市", "東京都");
    expect("広島県府中市府川町", "34208", "府中市", "広島県");
    expect("広島県安芸郡府中町大通", "34302", "府中町", "広島県");
    expect("京都府京都市中京区", "26100", "京都市", "京都府");
    expect("奈良県大和郡山市北郡山町", "29203", "大和郡山市", "奈良県");
    expect("岐阜県郡上市八幡町", "21219", "郡上市", "岐阜県");
    expect("福岡県小郡市小郡", "40216", "小郡市", "福岡県");
    expect("三重県四日市市諏訪町", "24202", "四日市市", "三重県");
    expect("三重県津市西丸之内", "24201", "津市", "三重県");
    expect("北海道茅部郡鹿部町字鹿部", "01343", "鹿部町", "北海道");
    expect("北海道余市郡余市町朝日町", "01408", "余市町", "北海道");
    expect("沖縄県八重山郡与那国町", "47382", "与那国町", "沖縄県");
    expect("岐阜県不破郡関ヶ原町", "21362", "関ケ原町", "岐阜県");
    expect("青森県西津軽郡鰺ケ沢町", "02321", "鰺ヶ沢町", "青森県");
    expect("横浜市中区本町", "14100", "横浜市", "神奈川県");
}

Test(place, finds_every_municipality_of_its_table_and_no_other_in_its_place)
{
    char address[128];
    for (size_t i = 0; i < place_count(); i++) {
        struct place p = place_at(i);
        snprintf(address, sizeof address, "%s%s一丁目", p.prefecture, p.city);
        expect(address, p.code, p.city, p.prefecture);
        snprintf(address, sizeof address, "%s北南郡%s一丁目", p.prefecture, p.city);
        const char *last = p.city + strlen(p.city) - 3;
        if (strcmp(last, "町") == 0 || strcmp(last, "村") == 0)
            expect(address, p.code, p.city, p.prefecture);
    }
}

Test(place, has_all_municipalities_each_once_with_an_ascending_code)
{
    size_t osaka = 0;
    cr_assert_eq(place_count(), 1741);
    for (size_t i = 0; i < place_count(); i++) {
        struct place p = place_at(i);
        cr_expect(strlen(p.code) == 5, "%s", p.city);
        cr_expect(strlen(p.city) % 3 == 0, "letters of three bytes each: %s", p.city);
        cr_expect(i == 0 || strcmp(place_at(i - 1).code, p.code) < 0, "%s", p.city);
        osaka += strncmp(p.code, "27", 2) == 0;
        for (size_t k = i; k > 0 && place_at(k - 1).prefecture == p.prefecture; k--)
            cr_expect_str_neq(place_at(k - 1).city, p.city);
    }
    cr_expect_eq(osaka, 43);
    cr_expect_null(place_at(place_count()).code);
}
