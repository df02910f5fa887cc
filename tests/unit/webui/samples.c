#include "samples.h"

#include <stdio.h>

#define TEXT(JA, EN) (lang == PAGE_EN ? VIEW(EN) : VIEW(JA))

static struct page_frame frame_of(enum page_lang lang)
{
    return (struct page_frame){
        .lang = lang,
        .csrf = VIEW("q1w2e3r4t5y6u7i8o9p0"),
        .interaction = VIEW("hJx3Yw0p6m9bRk1dS8vTzQ"),
        .here = VIEW("/next?i=hJx3Yw0p6m9bRk1dS8vTzQ"),
        .help = {.office = TEXT("大阪府 玄関サポート窓口", "Genkan help desk of Osaka Prefecture"),
                 .phone = VIEW("06-0000-0000"),
                 .hours = TEXT("平日 9:00〜17:30", "weekdays 9:00 to 17:30"),
                 .email = VIEW("genkan@pref.example.jp")}};
}

static struct page_service service_of(enum page_lang lang)
{
    return (struct page_service){.name = TEXT("A市 施設予約", "Facility booking of A City"),
                                 .organisation = TEXT("A市役所", "A City Office"),
                                 .policy_uri = VIEW("https://a-city.example/privacy"),
                                 .tos_uri = VIEW("https://a-city.example/terms"),
                                 .client_uri = VIEW("https://booking.a-city.example/")};
}

static void put_login(struct buf *out, const struct pages *p, enum page_lang lang)
{
    page_login(out, p,
               &(struct page_login){.frame = frame_of(lang), .service = service_of(lang), .minutes = VIEW("30")});
}

static void put_reauth(struct buf *out, const struct pages *p, enum page_lang lang)
{
    page_login(out, p,
               &(struct page_login){
                   .frame = frame_of(lang), .service = service_of(lang), .reauth = true, .minutes = VIEW("30")});
}

static void put_start(struct buf *out, const struct pages *p, enum page_lang lang, enum page_purpose purpose)
{
    page_card_start(out, p,
                    &(struct page_card_start){.frame = frame_of(lang),
                                              .service = service_of(lang),
                                              .purpose = purpose,
                                              .word = VIEW("47 さくら"),
                                              .agent_url = VIEW("http://127.0.0.1:23837/v1/auth/eyJ.eyJ.c2ln"),
                                              .minutes = VIEW("3")});
}

static void put_card_start(struct buf *out, const struct pages *p, enum page_lang lang)
{
    put_start(out, p, lang, PAGE_PURPOSE_LOGIN);
}

static void put_card_start_read(struct buf *out, const struct pages *p, enum page_lang lang)
{
    put_start(out, p, lang, PAGE_PURPOSE_READ);
}

static void put_card_start_register(struct buf *out, const struct pages *p, enum page_lang lang)
{
    put_start(out, p, lang, PAGE_PURPOSE_REGISTER);
}

static void put_profile_held(struct buf *out, const struct pages *p, enum page_lang lang)
{
    const struct page_difference differences[] = {{TEXT("住所", "Address"), VIEW("大阪府堺市堺区南瓦町3番1号"),
                                                   TEXT("2026年11月22日", "22 November 2026"),
                                                   VIEW("大阪府大阪市北区中之島1丁目3番20号")}};
    page_profile_held(
        out, p,
        &(struct page_profile_held){
            .frame = frame_of(lang), .service = service_of(lang), .differences = differences, .n_differences = 1});
}

static void put_profile_offer_own(struct buf *out, const struct pages *p, enum page_lang lang)
{
    page_profile_offer(out, p,
                       &(struct page_profile_offer){.frame = frame_of(lang), .service = service_of(lang), .own = true});
}

static void put_card_return(struct buf *out, const struct pages *p, enum page_lang lang)
{
    page_card_return(out, p, &(struct page_card_return){.frame = frame_of(lang)});
}

static void put_card_return_empty(struct buf *out, const struct pages *p, enum page_lang lang)
{
    page_card_return(out, p, &(struct page_card_return){.frame = frame_of(lang), .empty = true});
}

static void put_profile_offer(struct buf *out, const struct pages *p, enum page_lang lang)
{
    page_profile_offer(
        out, p, &(struct page_profile_offer){.frame = frame_of(lang), .service = service_of(lang), .needed = true});
}

static void put_confirm(struct buf *out, const struct pages *p, enum page_lang lang)
{
    page_confirm(out, p,
                 &(struct page_confirm){.frame = frame_of(lang),
                                        .service = service_of(lang),
                                        .name = VIEW("大阪 花子"),
                                        .logged_in_at = VIEW("13:05")});
}

static const struct page_detail *details_of(enum page_lang lang)
{
    static struct page_detail_line lines[2];
    static struct page_detail details[3];

    lines[0] =
        (struct page_detail_line){TEXT("できること", "What it may do"), TEXT("予約する、取り消す", "book, cancel")};
    lines[1] = (struct page_detail_line){TEXT("場所", "Where"), TEXT("A市の会議室", "meeting rooms of A City")};
    details[0] = (struct page_detail){.title = TEXT("施設の予約", "Facility bookings"),
                                      .sentence = TEXT("あなたの名前で施設を予約したり、予約を取り消したりします。",
                                                       "It books facilities in your name and cancels bookings."),
                                      .lines = lines,
                                      .n_lines = 2,
                                      .since = TEXT("2026年11月22日", "22 November 2026"),
                                      .until = TEXT("2027年11月22日", "22 November 2027")};
    details[0].id = VIEW("0");
    details[0].given = true;
    details[1] = details[0];
    details[1].id = VIEW("1");
    details[1].title = TEXT("使用料の支払い", "Payment of a fee");
    details[1].each = true;
    details[1].until = VIEW_NONE;
    details[2] = details[0];
    details[2].id = VIEW("2");
    details[2].title = TEXT("予約の記録を見ること", "Looking at past bookings");
    details[2].optional = true;
    details[2].given = false;
    return details;
}

static void put_consent(struct buf *out, const struct pages *p, enum page_lang lang, bool lacks)
{
    struct page_consent_field required[] = {
        {.id = VIEW("name"),
         .title = TEXT("氏名", "Name"),
         .purpose = TEXT("予約した人を確かめるため", "To know who booked"),
         .basis = TEXT("本人の同意", "Consent of the resident"),
         .retention = TEXT("1年", "1 year"),
         .storage = TEXT("日本（A市役所）、アメリカ", "Japan (A City Hall), United States"),
         .processing = TEXT("日本", "Japan"),
         .recipients = TEXT("A市文化財団、A市体育協会", "A City Cultural Foundation, A City Sports Association"),
         .value = lacks ? VIEW_NONE : VIEW("大阪 花子"),
         .substitutes = lacks ? VIEW_NONE : TEXT("「花」（4文字目）", "“花” (character 4)"),
         .from_card = lacks,
         .as_of = TEXT("2026年11月22日", "22 November 2026"),
         .source = PAGE_SOURCE_CARD_SIGNED,
         .proven = true},
        {.id = VIEW("address"),
         .title = TEXT("住所", "Address"),
         .purpose = TEXT("市民料金になるかを確かめ、利用証を郵送するため",
                         "To see whether the residents' fee applies, and to post your permit"),
         .value = lacks ? VIEW_NONE : VIEW("大阪府堺市堺区南瓦町3番1号 玄関ハイツ203"),
         .substitutes = lacks ? VIEW_NONE : TEXT("「瓦」（9文字目）", "“瓦” (character 9)"),
         .from_card = lacks,
         .as_of = TEXT("2026年11月22日", "22 November 2026"),
         .source = PAGE_SOURCE_CARD_READ,
         .sensitive = true}};
    struct page_consent_field optional[] = {{.id = VIEW("age_over_65"),
                                             .title = TEXT("65歳以上かどうか", "65 or older"),
                                             .purpose = TEXT("シニア料金にするため", "To apply the senior fee"),
                                             .value = lacks ? VIEW_NONE : TEXT("いいえ", "No"),
                                             .from_card = lacks,
                                             .as_of = TEXT("2026年11月22日", "22 November 2026"),
                                             .source = PAGE_SOURCE_CARD_READ,
                                             .derived = true},
                                            {.id = VIEW("interests"),
                                             .title = TEXT("興味・関心", "Interests"),
                                             .purpose = TEXT("近い催しを知らせるため", "To tell you about events"),
                                             .enter_url = VIEW("/me/interests?i=hJx3Yw0p6m9bRk1dS8vTzQ")}};
    page_consent(out, p,
                 &(struct page_consent){.frame = frame_of(lang),
                                        .service = service_of(lang),
                                        .name = lacks ? VIEW_NONE : VIEW("大阪 花子"),
                                        .reason = PAGE_REASON_NEW,
                                        .duration = PAGE_YEAR,
                                        .required = required,
                                        .n_required = 2,
                                        .optional = optional,
                                        .n_optional = 2,
                                        .details = details_of(lang),
                                        .n_details = lacks ? 0 : 3,
                                        .lacks_required = lacks,
                                        .lacks_card = lacks,
                                        .lacks_proof = true});
}

static void put_consent_closed(struct buf *out, const struct pages *p, enum page_lang lang, enum page_closed closed)
{
    struct page_consent_field field = {.id = VIEW("name"),
                                       .title = TEXT("氏名", "Name"),
                                       .purpose = TEXT("予約した人を確かめるため", "To know who booked"),
                                       .value = VIEW("大阪 花子"),
                                       .as_of = TEXT("2026年11月22日", "22 November 2026"),
                                       .source = PAGE_SOURCE_CARD_READ};
    page_consent(out, p,
                 &(struct page_consent){.frame = frame_of(lang),
                                        .service = service_of(lang),
                                        .name = VIEW("大阪 花子"),
                                        .reason = closed == PAGE_CLOSED_MINOR ? PAGE_REASON_NEW : PAGE_REASON_SUSPENDED,
                                        .required = &field,
                                        .n_required = 1,
                                        .optional = &field,
                                        .n_optional = 1,
                                        .lacks_required = true,
                                        .closed = closed});
}

static void put_consent_replace(struct buf *out, const struct pages *p, enum page_lang lang)
{
    struct page_consent_field field = {.id = VIEW("municipality"),
                                       .title = TEXT("居住市区町村", "Municipality"),
                                       .purpose = TEXT("市民料金のため", "For the residents' fee"),
                                       .value = TEXT("堺市", "Sakai"),
                                       .as_of = TEXT("2026年11月22日", "22 November 2026"),
                                       .source = PAGE_SOURCE_CARD_READ,
                                       .derived = true};
    const struct page_item taken = {TEXT("氏名", "Name")}, kept = {TEXT("住所", "Address")};
    page_consent(out, p,
                 &(struct page_consent){.frame = frame_of(lang),
                                        .service = service_of(lang),
                                        .name = VIEW("大阪 花子"),
                                        .reason = PAGE_REASON_REPLACE,
                                        .required = &field,
                                        .n_required = 1,
                                        .taken = &taken,
                                        .n_taken = 1,
                                        .kept = &kept,
                                        .n_kept = 1});
}

static void put_consent_minor(struct buf *out, const struct pages *p, enum page_lang lang)
{
    put_consent_closed(out, p, lang, PAGE_CLOSED_MINOR);
}

static void put_consent_suspended(struct buf *out, const struct pages *p, enum page_lang lang)
{
    put_consent_closed(out, p, lang, PAGE_CLOSED_SUSPENDED);
}

static void put_consent_first(struct buf *out, const struct pages *p, enum page_lang lang)
{
    put_consent(out, p, lang, false);
}

static void put_consent_lacks(struct buf *out, const struct pages *p, enum page_lang lang)
{
    put_consent(out, p, lang, true);
}

static void put_error(struct buf *out, const struct pages *p, enum page_lang lang, enum page_fault fault)
{
    struct page_error facts = {.frame = frame_of(lang), .fault = fault};
    facts.frame.request_id = VIEW("k3v9-x2m7-0d41");
    facts.frame.here = facts.frame.interaction = VIEW_NONE;
    if (fault == PAGE_ERROR_PARAMETER) {
        facts.parameter = VIEW("redirect_uri");
        facts.rule = VIEW("given twice");
    }
    page_error(out, p, &facts);
}

static void put_logout_confirm(struct buf *out, const struct pages *p, enum page_lang lang)
{
    static const struct page_hidden hidden[] = {{VIEW("state"), VIEW("xyz")}};
    page_logout_confirm(out, p,
                        &(struct page_logout_confirm){.frame = frame_of(lang),
                                                      .name = VIEW("大阪 花子"),
                                                      .service = service_of(lang).name,
                                                      .hidden = hidden,
                                                      .n_hidden = 1});
}

static const struct page_item services[] = {{VIEW("A市 施設予約")}, {VIEW("B市 施設予約")}};

static void put_logged_out(struct buf *out, const struct pages *p, enum page_lang lang)
{
    page_logged_out(out, p,
                    &(struct page_logged_out){.frame = frame_of(lang),
                                              .was_logged_in = true,
                                              .told = services,
                                              .n_told = 2,
                                              .framed = services,
                                              .n_framed = 1,
                                              .untold = services + 1,
                                              .n_untold = 1,
                                              .return_url = VIEW("https://a-city.example/"),
                                              .service = service_of(lang).name});
}

static void put_home(struct buf *out, const struct pages *p, enum page_lang lang)
{
    page_home(out, p,
              &(struct page_home){.frame = frame_of(lang),
                                  .logged_in = true,
                                  .idle_minutes = VIEW("15"),
                                  .name = VIEW("大阪 花子"),
                                  .logged_in_at = VIEW("13:05"),
                                  .services = services,
                                  .n_services = 2});
}

static void put_home_nobody(struct buf *out, const struct pages *p, enum page_lang lang)
{
    page_home(out, p, &(struct page_home){.frame = frame_of(lang)});
}

static void put_interests(struct buf *out, const struct pages *p, enum page_lang lang)
{
    struct page_interest interests[] = {{VIEW("childrearing"), TEXT("子育て", "Child-rearing"), true},
                                        {VIEW("disaster"), TEXT("防災", "Disaster prevention"), false},
                                        {VIEW("health"), TEXT("健康", "Health"), false},
                                        {VIEW("culture"), TEXT("文化・スポーツ", "Culture and sport"), true}};
    page_interests(out, p,
                   &(struct page_interests){.frame = frame_of(lang),
                                            .name = VIEW("大阪 花子"),
                                            .saved = true,
                                            .version = VIEW("1795305600"),
                                            .interests = interests,
                                            .n_interests = 4});
}

/* --- what a resident allows ------------------------------------------------------------------------------------- */

static void put_services(struct buf *out, const struct pages *p, enum page_lang lang)
{
    const struct page_service_row live[] = {{.url = VIEW("/me/services/a-city"),
                                             .open_url = VIEW("https://booking.a-city.example/login?iss=x"),
                                             .title = TEXT("A市 施設予約", "Facility booking of A City"),
                                             .organisation = TEXT("A市役所", "A City Office"),
                                             .state = PAGE_STATE_LIVE,
                                             .details = TEXT("施設の予約", "Facility bookings"),
                                             .fields = TEXT("氏名、住所", "Name, Address"),
                                             .since = TEXT("2026年11月22日", "22 November 2026"),
                                             .until = TEXT("2027年11月22日", "22 November 2027")},
                                            {.url = VIEW("/me/services/b-city"),
                                             .title = TEXT("B市 施設予約", "Facility booking of B City"),
                                             .organisation = TEXT("B市役所", "B City Office"),
                                             .state = PAGE_STATE_STOPPED,
                                             .since = TEXT("2026年11月22日", "22 November 2026")}};
    const struct page_service_row ended[] = {{.url = VIEW("/me/services/c-city"),
                                              .title = TEXT("C町 子育て", "Child-rearing of C Town"),
                                              .organisation = TEXT("C町役場", "C Town Office"),
                                              .state = PAGE_STATE_WITHDRAWN,
                                              .until = TEXT("2026年11月23日", "23 November 2026")}};
    page_services(out, p,
                  &(struct page_services){.frame = frame_of(lang),
                                          .name = VIEW("大阪 花子"),
                                          .live = live,
                                          .n_live = 2,
                                          .ended = ended,
                                          .n_ended = 1});
}

static void put_services_none(struct buf *out, const struct pages *p, enum page_lang lang)
{
    page_services(out, p, &(struct page_services){.frame = frame_of(lang)});
}

static struct page_party party_of(enum page_lang lang)
{
    return (struct page_party){.address = TEXT("〒590-0078 大阪府堺市堺区南瓦町3番1号",
                                               "3-1 Minami-Kawaramachi, Sakai-ku, Sakai, Osaka, Japan 590-0078"),
                               .email = VIEW("koho@a-city.example"),
                               .phone = VIEW("072-233-1101")};
}

static size_t fields_of(struct page_service_field out[2], enum page_lang lang)
{
    out[0] = (struct page_service_field){.id = VIEW("name"),
                                         .title = TEXT("氏名", "Name"),
                                         .purpose = TEXT("予約した人を確かめるため", "To know who booked"),
                                         .basis = TEXT("本人の同意", "Consent of the resident"),
                                         .retention = TEXT("1年", "1 year"),
                                         .storage = TEXT("日本（A市役所）", "Japan (A City Hall)"),
                                         .processing = TEXT("日本", "Japan"),
                                         .recipients = TEXT("A市文化財団", "A City Cultural Foundation"),
                                         .value = VIEW("大阪 花子"),
                                         .as_of = TEXT("2026年11月22日", "22 November 2026"),
                                         .source = PAGE_SOURCE_CARD_READ,
                                         .required = true,
                                         .given = true,
                                         .since = TEXT("2026年11月22日", "22 November 2026"),
                                         .last = TEXT("2026年11月22日 13:05", "22 November 2026 13:05")};
    out[1] = (struct page_service_field){.id = VIEW("address"),
                                         .title = TEXT("住所", "Address"),
                                         .purpose = TEXT("利用証を郵送するため", "To post your permit"),
                                         .value = VIEW("大阪府堺市堺区南瓦町3番1号 玄関ハイツ203"),
                                         .source = PAGE_SOURCE_CARD_READ,
                                         .sensitive = true,
                                         .since = TEXT("2026年11月22日", "22 November 2026")};
    return 2;
}

static void put_service_in(struct buf *out, const struct pages *p, enum page_lang lang, enum page_state state)
{
    struct page_service_field fields[2];
    const struct page_choice detail_choices[] = {
        {VIEW("0"),
         TEXT("予約の記録を見ること：読む、A市の会議室", "Looking at past bookings: read; meeting rooms of A City"),
         false}};
    const struct page_choice choices[] = {{VIEW("address"), TEXT("住所", "Address"), false},
                                          {VIEW("interests"), TEXT("興味・関心", "Interests"), true}};
    bool live = state < PAGE_STATE_WITHDRAWN;
    page_service_consent(out, p,
                         &(struct page_service_consent){.frame = frame_of(lang),
                                                        .service = service_of(lang),
                                                        .name = VIEW("大阪 花子"),
                                                        .url = VIEW("/me/services/a-city"),
                                                        .history_url = VIEW("/me/history?service=a-city"),
                                                        .receipt_url = VIEW("/me/services/a-city/receipt"),
                                                        .contact = VIEW("help@a-city.example"),
                                                        .party = party_of(lang),
                                                        .has_done = !live,
                                                        .done = PAGE_DONE_WITHDRAWN,
                                                        .state = state,
                                                        .live = live,
                                                        .since = TEXT("2026年11月22日", "22 November 2026"),
                                                        .until = TEXT("2027年11月22日", "22 November 2027"),
                                                        .fields = fields,
                                                        .n_fields = live ? fields_of(fields, lang) : 0,
                                                        .details = details_of(lang),
                                                        .n_details = state == PAGE_STATE_LIVE ? 3 : 0,
                                                        .may_change = state == PAGE_STATE_LIVE,
                                                        .shown = VIEW("digest"),
                                                        .choices = choices,
                                                        .n_choices = 2,
                                                        .detail_choices = detail_choices,
                                                        .n_detail_choices = 1});
}

static void put_service(struct buf *out, const struct pages *p, enum page_lang lang)
{
    put_service_in(out, p, lang, PAGE_STATE_LIVE);
}

static void put_service_suspended(struct buf *out, const struct pages *p, enum page_lang lang)
{
    put_service_in(out, p, lang, PAGE_STATE_SUSPENDED);
}

static void put_service_stopped(struct buf *out, const struct pages *p, enum page_lang lang)
{
    put_service_in(out, p, lang, PAGE_STATE_STOPPED);
}

static void put_service_withdrawn(struct buf *out, const struct pages *p, enum page_lang lang)
{
    put_service_in(out, p, lang, PAGE_STATE_WITHDRAWN);
}

static void put_service_change(struct buf *out, const struct pages *p, enum page_lang lang)
{
    const struct page_item off[] = {{TEXT("住所", "Address")}}, on[] = {{TEXT("興味・関心", "Interests")}};
    const struct page_hidden hidden[] = {{VIEW("give-interests"), VIEW("yes")}, {VIEW("shown"), VIEW("digest")}};
    page_service_change(out, p,
                        &(struct page_service_change){.frame = frame_of(lang),
                                                      .service = service_of(lang),
                                                      .url = VIEW("/me/services/a-city"),
                                                      .act = PAGE_ACT_CHANGE,
                                                      .off = off,
                                                      .n_off = 1,
                                                      .on = on,
                                                      .n_on = 1,
                                                      .hidden = hidden,
                                                      .n_hidden = 2});
}

static void put_service_withdraw(struct buf *out, const struct pages *p, enum page_lang lang)
{
    const struct page_item off[] = {{TEXT("氏名", "Name")}, {TEXT("住所", "Address")}};
    page_service_change(out, p,
                        &(struct page_service_change){.frame = frame_of(lang),
                                                      .service = service_of(lang),
                                                      .url = VIEW("/me/services/a-city"),
                                                      .act = PAGE_ACT_WITHDRAW,
                                                      .off = off,
                                                      .n_off = 2});
}

static void put_history(struct buf *out, const struct pages *p, enum page_lang lang)
{
    const struct page_history_field fields[] = {
        {TEXT("氏名", "Name"), TEXT("予約した人を確かめるため", "To know who booked"), true},
        {TEXT("住所", "Address"), VIEW_NONE, false}};
    struct page_history_entry entries[2] = {{.time = TEXT("2026年11月22日 13:06", "22 November 2026 13:06"),
                                             .title = TEXT("A市 施設予約", "Facility booking of A City"),
                                             .event = PAGE_EVENT_DISCLOSED,
                                             .via = PAGE_VIA_USERINFO,
                                             .fields = fields,
                                             .n_fields = 2,
                                             .position = VIEW("48212"),
                                             .record_url = VIEW("/me/history/48212.jws"),
                                             .proof_url = VIEW("/me/history/48212.tlog-proof")}};
    entries[1] = entries[0];
    entries[1].event = PAGE_EVENT_GIVEN;
    entries[1].via = PAGE_VIA_CONSENT_PAGE;
    entries[1].details = &(const struct page_item){.text = TEXT("施設の予約", "Facility bookings")};
    entries[1].n_details = 1;
    page_history(out, p,
                 &(struct page_history){.frame = frame_of(lang),
                                        .name = VIEW("大阪 花子"),
                                        .service = service_of(lang).name,
                                        .service_url = VIEW("/me/services/a-city"),
                                        .entries = entries,
                                        .n_entries = 2,
                                        .more_url = VIEW("/me/history?before=48211")});
}

static void put_history_none(struct buf *out, const struct pages *p, enum page_lang lang)
{
    page_history(out, p, &(struct page_history){.frame = frame_of(lang)});
}

static void put_device(struct buf *out, const struct pages *p, enum page_lang lang)
{
    page_device(out, p, &(struct page_device){.frame = frame_of(lang)});
}

static void put_device_wrong(struct buf *out, const struct pages *p, enum page_lang lang)
{
    page_device(out, p, &(struct page_device){frame_of(lang), VIEW("123-456-78"), true});
}

static void put_decoupled_device(struct buf *out, const struct pages *p, enum page_lang lang)
{
    page_decoupled(out, p,
                   &(struct page_decoupled){.frame = frame_of(lang),
                                            .service = service_of(lang),
                                            .binding = VIEW("123-456-789"),
                                            .code = VIEW("123456789")});
}

static void put_decoupled_counter(struct buf *out, const struct pages *p, enum page_lang lang)
{
    page_decoupled(
        out, p,
        &(struct page_decoupled){frame_of(lang), service_of(lang), true, VIEW_NONE, VIEW("kq3vJ0bnN1mJbq2Qk3rYzA")});
}

static void put_decoupled_allowed(struct buf *out, const struct pages *p, enum page_lang lang)
{
    page_decoupled_done(out, p, &(struct page_decoupled_done){frame_of(lang), service_of(lang), PAGE_OUTCOME_ALLOWED});
}

static void put_decoupled_over(struct buf *out, const struct pages *p, enum page_lang lang)
{
    page_decoupled_done(out, p, &(struct page_decoupled_done){.frame = frame_of(lang), .outcome = PAGE_OUTCOME_OVER});
}

static void put_counter(struct buf *out, const struct pages *p, enum page_lang lang)
{
    static const struct page_counter_request requests[] = {
        {VIEW("kq3vJ0bnN1mJbq2Qk3rYzA"), VIEW("転入の手続き"), VIEW("A市"), VIEW("窓口3 47 さくら"), VIEW("13:05")}};
    page_counter(out, p,
                 &(struct page_counter){.frame = frame_of(lang),
                                        .name = VIEW("大阪 花子"),
                                        .code = VIEW("123-456-789"),
                                        .until = VIEW("13:15"),
                                        .requests = requests,
                                        .n_requests = 1});
}

static void put_counter_none(struct buf *out, const struct pages *p, enum page_lang lang)
{
    page_counter(out, p, &(struct page_counter){.frame = frame_of(lang)});
}

static void put_audit_join(struct buf *out, const struct pages *p, enum page_lang lang)
{
    page_audit_join(out, p, &(struct page_audit_join){frame_of(lang), VIEW("監査 太郎"), false});
}

static void put_audit_join_wrong(struct buf *out, const struct pages *p, enum page_lang lang)
{
    page_audit_join(out, p, &(struct page_audit_join){frame_of(lang), VIEW_NONE, true});
}

static void put_audit(struct buf *out, const struct pages *p, enum page_lang lang)
{
    const struct page_audit_choice fields[] = {{VIEW("name"), TEXT("氏名", "Name"), false},
                                               {VIEW("address"), TEXT("住所", "Address"), true}};
    struct page_audit_event events[PAGE_RECORD_LAST];
    for (size_t i = 0; i < PAGE_RECORD_LAST; i++)
        events[i] = (struct page_audit_event){VIEW("disclosed"), (enum page_record)(i + 1), i == 4};
    const struct page_audit_row rows[] = {
        {(enum page_record)5, VIEW("48212"), TEXT("2026年11月22日 13:06", "22 November 2026 13:06"),
         VIEW("a-city-booking"), VIEW("a-city"), VIEW("q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA"), VIEW("consent"),
         TEXT("氏名、住所", "Name, Address")},
        {(enum page_record)8, VIEW("48213"), VIEW_NONE, VIEW_NONE, VIEW_NONE, VIEW_NONE, VIEW_NONE, VIEW_NONE}};
    struct page_audit_request requests[6] = {{.id = VIEW("AAECAwQFBgcICQoLDA0ODw"),
                                              .pseudonym = VIEW("q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA"),
                                              .reason = TEXT("苦情 12号", "Complaint 12"),
                                              .asked_by = VIEW("検視 次郎"),
                                              .asked_at = TEXT("2026年11月22日 13:06", "22 November 2026 13:06"),
                                              .state = PAGE_IDENTITY_WAITING,
                                              .may_decide = true}};
    for (int i = 1; i < 6; i++)
        requests[i] = requests[0];
    for (int i = 4; i < 6; i++) {
        requests[i].id = VIEW("BAECAwQFBgcICQoLDA0ODw");
        requests[i].pseudonym = VIEW("");
        requests[i].person = true;
    }
    requests[4].name = VIEW("大阪 花子");
    requests[4].birthdate = TEXT("1977年11月23日", "23 November 1977");
    for (int i = 1; i < 4; i++) {
        requests[i].may_decide = false;
        requests[i].state = (enum page_identity)i;
        requests[i].decided_by = VIEW("監査 太郎");
    }
    requests[1].look_url = VIEW("/audit/identity?id=AAECAwQFBgcICQoLDA0ODw");
    page_audit(out, p,
               &(struct page_audit){.frame = frame_of(lang),
                                    .name = VIEW("監査 太郎"),
                                    .since = VIEW("2026-05-01"),
                                    .until = VIEW("2026-05-31"),
                                    .service = VIEW("a-city-booking"),
                                    .field = VIEW("address"),
                                    .event = VIEW("disclosed"),
                                    .fields = fields,
                                    .n_fields = 2,
                                    .events = events,
                                    .n_events = PAGE_RECORD_LAST,
                                    .asked = true,
                                    .rows = rows,
                                    .n_rows = 2,
                                    .csv_url = VIEW("/audit/events?field=address&format=csv"),
                                    .json_url = VIEW("/audit/events?field=address"),
                                    .next_url = VIEW("/audit?field=address&cursor=12.48214"),
                                    .requests = requests,
                                    .n_requests = 6});
}

static void put_audit_nothing(struct buf *out, const struct pages *p, enum page_lang lang)
{
    page_audit(out, p, &(struct page_audit){.frame = frame_of(lang), .name = VIEW("監査 太郎"), .asked = true});
}

static void put_audit_too_much(struct buf *out, const struct pages *p, enum page_lang lang)
{
    page_audit(out, p, &(struct page_audit){.frame = frame_of(lang), .name = VIEW("監査 太郎"), .too_much = true});
}

static void put_audit_identity(struct buf *out, const struct pages *p, enum page_lang lang)
{
    const struct page_audit_value values[] = {{TEXT("氏名", "Name"), VIEW("大阪 花子")},
                                              {TEXT("住所", "Address"), VIEW("大阪府堺市堺区南瓦町3番1号")}};
    page_audit_identity(out, p,
                        &(struct page_audit_identity){.frame = frame_of(lang),
                                                      .pseudonym = VIEW("q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA"),
                                                      .until = TEXT("2026年11月23日 13:06", "23 November 2026 13:06"),
                                                      .values = values,
                                                      .n_values = 2});
}

static struct page_audit_identity person_of(enum page_lang lang)
{
    return (struct page_audit_identity){.frame = frame_of(lang),
                                        .until = TEXT("2026年11月23日 13:06", "23 November 2026 13:06"),
                                        .person = true,
                                        .name = VIEW("大阪 花子"),
                                        .birthdate = TEXT("1977年11月23日", "23 November 1977"),
                                        .again_url = VIEW("/audit/identity?id=AAECAwQFBgcICQoLDA0ODw")};
}

static void put_audit_person(struct buf *out, const struct pages *p, enum page_lang lang)
{
    const struct page_audit_pseudonym pseudonyms[] = {
        {VIEW("q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA"),
         VIEW("/audit?resident=q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA")},
        {VIEW("r83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA"),
         VIEW("/audit?resident=r83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA")}};
    struct page_audit_identity facts = person_of(lang);
    facts.over = facts.many = true;
    facts.pseudonyms = pseudonyms;
    facts.n_pseudonyms = 2;
    page_audit_identity(out, p, &facts);
}

static void put_audit_person_none(struct buf *out, const struct pages *p, enum page_lang lang)
{
    struct page_audit_identity facts = person_of(lang);
    facts.over = true;
    page_audit_identity(out, p, &facts);
}

static void put_audit_person_looking(struct buf *out, const struct pages *p, enum page_lang lang)
{
    struct page_audit_identity facts = person_of(lang);
    page_audit_identity(out, p, &facts);
}

static void put_audit_identity_none(struct buf *out, const struct pages *p, enum page_lang lang)
{
    page_audit_identity(out, p,
                        &(struct page_audit_identity){.frame = frame_of(lang),
                                                      .pseudonym = VIEW("q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA"),
                                                      .until = TEXT("2026年11月23日 13:06", "23 November 2026 13:06")});
}

static void put_statistics(struct buf *out, const struct pages *p, enum page_lang lang)
{
    struct page_statistics_row rows[PAGE_EVENT_OTHER + 1];
    for (int i = 0; i <= PAGE_EVENT_OTHER; i++)
        rows[i] = (struct page_statistics_row){.month = VIEW("2026-11"),
                                               .service = TEXT("A市 施設予約", "Facility booking of A City"),
                                               .field = TEXT("住所", "Address"),
                                               .number = TEXT("10未満", "fewer than 10"),
                                               .event = (enum page_event)i};
    page_statistics(out, p, &(struct page_statistics){frame_of(lang), rows, PAGE_EVENT_OTHER + 1});
}

static void put_statistics_none(struct buf *out, const struct pages *p, enum page_lang lang)
{
    page_statistics(out, p, &(struct page_statistics){.frame = frame_of(lang)});
}

static void put_receipt(struct buf *out, const struct pages *p, enum page_lang lang)
{
    struct page_service_field fields[2];
    page_receipt(out, p,
                 &(struct page_receipt){
                     .frame = frame_of(lang),
                     .service = service_of(lang),
                     .name = VIEW("大阪 花子"),
                     .contact = VIEW("help@a-city.example"),
                     .party = party_of(lang),
                     .id = VIEW("mGp0mGq1vT0YH0n2m6m1Lw"),
                     .at = TEXT("2026年11月22日 13:06", "22 November 2026 13:06"),
                     .sub = VIEW("3kPq0y0GQx8bSxvFJ7xw3L2cBvvqN7m0ZkX3q0bq9mA"),
                     .state = PAGE_STATE_LIVE,
                     .live = true,
                     .since = TEXT("2026年11月22日", "22 November 2026"),
                     .until = TEXT("2027年11月22日", "22 November 2027"),
                     .fields = fields,
                     .n_fields = fields_of(fields, lang),
                     .details = details_of(lang),
                     .n_details = 3,
                     .leaf = VIEW("48211"),
                     .event = VIEW("{\"at\":1795305600000,\"client\":\"a-city\",\"fields\":[\"name\"],\"v\":1}"),
                     .salt = VIEW("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"),
                     .service_url = VIEW("/me/services/a-city"),
                     .jws_url = VIEW("/me/services/a-city/receipt.jws"),
                     .json_url = VIEW("/me/services/a-city/receipt.json"),
                     .kantara_url = VIEW("/me/services/a-city/receipt.kantara.json"),
                     .proof_url = VIEW("/me/services/a-city/receipt.tlog-proof")});
}

/* --- what she enters, and leaving -------------------------------------------------------------------------------- */

static struct page_frame frame_of_mine(enum page_lang lang, struct view here)
{
    return (struct page_frame){
        .lang = lang, .help = frame_of(lang).help, .csrf = VIEW("q1w2e3r4t5y6u7i8o9p0"), .here = here};
}

static void put_household(struct buf *out, const struct pages *p, enum page_lang lang)
{
    struct page_person people[] = {
        {.number = VIEW("1"), .spouse = true, .year = VIEW("1988"), .month = VIEW("7")},
        {.number = VIEW("2"), .child = true, .year = VIEW("2021"), .month = VIEW("5")},
        {.number = VIEW("3")},
        {.number = VIEW("4")},
    };
    page_household(out, p,
                   &(struct page_household){.frame = frame_of_mine(lang, VIEW("/me/household")),
                                            .name = VIEW("大阪 花子"),
                                            .saved = true,
                                            .stored = true,
                                            .version = VIEW("1795305600"),
                                            .rows = VIEW("4"),
                                            .size = VIEW("3"),
                                            .people = people,
                                            .n_people = 4});
}

static void put_household_wrong(struct buf *out, const struct pages *p, enum page_lang lang)
{
    struct view yes = VIEW("true");
    struct page_person people[] = {
        {.number = VIEW("1"),
         .spouse = true,
         .year = VIEW("88"),
         .month = VIEW("7"),
         .rule = PAGE_RULE_YEAR,
         .note = VIEW("note-1"),
         .year_invalid = yes},
        {.number = VIEW("2"),
         .child = true,
         .year = VIEW("2027"),
         .month = VIEW("5"),
         .rule = PAGE_RULE_FUTURE,
         .note = VIEW("note-2"),
         .year_invalid = yes,
         .month_invalid = yes},
        {.number = VIEW("3"),
         .year = VIEW("1955"),
         .month = VIEW("5"),
         .rule = PAGE_RULE_RELATION,
         .note = VIEW("note-3"),
         .relation_invalid = yes},
    };
    struct page_slip slips[] = {{VIEW("/me/household#size"), VIEW_NONE, PAGE_RULE_PEOPLE},
                                {VIEW("/me/household#year-1"), VIEW("1"), PAGE_RULE_YEAR},
                                {VIEW("/me/household#year-2"), VIEW("2"), PAGE_RULE_FUTURE},
                                {VIEW("/me/household#relation-3"), VIEW("3"), PAGE_RULE_RELATION}};
    page_household(out, p,
                   &(struct page_household){.frame = frame_of(lang),
                                            .version = VIEW("0"),
                                            .rows = VIEW("3"),
                                            .full = true,
                                            .size = VIEW("2"),
                                            .size_rule = PAGE_RULE_PEOPLE,
                                            .size_note = VIEW("size-note"),
                                            .size_invalid = yes,
                                            .people = people,
                                            .n_people = 3,
                                            .slips = slips,
                                            .n_slips = 4});
}

static void put_contact(struct buf *out, const struct pages *p, enum page_lang lang)
{
    page_contact(out, p,
                 &(struct page_contact){.frame = frame_of_mine(lang, VIEW("/me/contact")),
                                        .changed = true,
                                        .email = VIEW("hanako@example.jp"),
                                        .phone = VIEW("09012345678"),
                                        .email_version = VIEW("1795305600"),
                                        .phone_version = VIEW("0")});
}

static void put_contact_wrong(struct buf *out, const struct pages *p, enum page_lang lang)
{
    struct page_slip slips[] = {{VIEW("/me/contact#email"), VIEW_NONE, PAGE_RULE_EMAIL},
                                {VIEW("/me/contact#phone"), VIEW_NONE, PAGE_RULE_PHONE}};
    page_contact(out, p,
                 &(struct page_contact){.frame = frame_of(lang),
                                        .name = VIEW("大阪 花子"),
                                        .email = VIEW("hanako"),
                                        .phone = VIEW("6941"),
                                        .email_version = VIEW("0"),
                                        .phone_version = VIEW("0"),
                                        .email_rule = PAGE_RULE_EMAIL,
                                        .phone_rule = PAGE_RULE_PHONE,
                                        .email_note = VIEW("email-note"),
                                        .phone_note = VIEW("phone-note"),
                                        .email_invalid = VIEW("true"),
                                        .phone_invalid = VIEW("true"),
                                        .slips = slips,
                                        .n_slips = 2});
}

static void put_me(struct buf *out, const struct pages *p, enum page_lang lang)
{
    struct page_past past[] = {
        {.at = TEXT("2026年11月1日", "1 November 2026"), .source = PAGE_SOURCE_RESIDENT, .value = VIEW("06-1111-2222")},
        {.at = TEXT("2026年10月1日", "1 October 2026"), .removed = true},
        {.at = TEXT("2025年1月1日", "1 January 2025"), .source = PAGE_SOURCE_RESIDENT}};
    struct page_mine fields[] = {{.id = VIEW("name"),
                                  .title = TEXT("氏名", "Name"),
                                  .value = VIEW("大阪 花子"),
                                  .as_of = TEXT("2026年11月22日", "22 November 2026"),
                                  .source = PAGE_SOURCE_CARD_SIGNED,
                                  .issuer = VIEW("OU=Japan Agency for Local Authority Information Systems,OU=JPKI for "
                                                 "digital signature,O=JPKI,C=JP"),
                                  .from = TEXT("2026年3月1日", "1 March 2026"),
                                  .until = TEXT("2031年3月14日", "14 March 2031"),
                                  .when = TEXT("2026年11月22日 13:06", "22 November 2026 13:06")},
                                 {.id = VIEW("household"),
                                  .title = TEXT("世帯情報", "Household"),
                                  .sensitive = true,
                                  .edit_url = VIEW("/me/household")},
                                 {.id = VIEW("phone_number"),
                                  .title = TEXT("電話番号", "Telephone number"),
                                  .value = VIEW("090-1234-5678"),
                                  .source = PAGE_SOURCE_RESIDENT,
                                  .sensitive = true,
                                  .edit_url = VIEW("/me/contact"),
                                  .past = past,
                                  .n_past = 3}};
    page_me(out, p,
            &(struct page_me){
                .frame = frame_of_mine(lang, VIEW("/me")), .name = VIEW("大阪 花子"), .fields = fields, .n_fields = 3});
}

static void put_login_link(struct buf *out, const struct pages *p, enum page_lang lang)
{
    page_login(
        out, p,
        &(struct page_login){
            .frame = frame_of(lang), .service = service_of(lang), .reauth = true, .link = true, .minutes = VIEW("30")});
}

static void put_cards_of(struct buf *out, const struct pages *p, enum page_lang lang, bool fresh)
{
    const struct page_card cards[] = {{.id = VIEW("00112233445566778899aabbccddeeff"),
                                       .linked_on = TEXT("2021年4月1日", "1 April 2021"),
                                       .used_on = TEXT("2026年11月22日", "22 November 2026"),
                                       .here = true},
                                      {.id = VIEW("ffeeddccbbaa99887766554433221100"),
                                       .linked_on = TEXT("2026年11月22日", "22 November 2026"),
                                       .used_on = TEXT("2026年11月22日", "22 November 2026")}};
    page_cards(out, p,
               &(struct page_cards){.frame = frame_of_mine(lang, VIEW("/me/cards")),
                                    .name = fresh ? VIEW("大阪 花子") : VIEW_NONE,
                                    .fresh = fresh,
                                    .minutes = VIEW("5"),
                                    .cards = cards,
                                    .n_cards = 2});
}

static void put_cards(struct buf *out, const struct pages *p, enum page_lang lang)
{
    put_cards_of(out, p, lang, true);
}

static void put_cards_stale(struct buf *out, const struct pages *p, enum page_lang lang)
{
    put_cards_of(out, p, lang, false);
}

static void put_claimed(struct buf *out, const struct pages *p, enum page_lang lang)
{
    const struct page_claim claims[] = {{.id = VIEW("ffeeddccbbaa99887766554433221100"),
                                         .since = TEXT("2026年11月22日", "22 November 2026"),
                                         .due = TEXT("2026年11月29日", "29 November 2026")}};
    page_cards(
        out, p,
        &(struct page_cards){
            .frame = frame_of_mine(lang, VIEW("/me/cards")), .minutes = VIEW("5"), .claims = claims, .n_claims = 1});
}

static void put_renewal(struct buf *out, const struct pages *p, enum page_lang lang, enum page_renewal renewal)
{
    page_cards(out, p,
               &(struct page_cards){.frame = frame_of_mine(lang, VIEW("/me/cards")),
                                    .minutes = VIEW("5"),
                                    .renewal = renewal,
                                    .renewal_due = TEXT("2026年11月29日 13:05", "29 November 2026 13:05"),
                                    .wait_days = VIEW("7"),
                                    .unsure = renewal == PAGE_RENEWAL_CONFIRM});
}

#define PUT_RENEWAL(NAME, RENEWAL)                                                                                     \
    static void put_renewal_##NAME(struct buf *out, const struct pages *p, enum page_lang lang)                        \
    {                                                                                                                  \
        put_renewal(out, p, lang, RENEWAL);                                                                            \
    }
PUT_RENEWAL(offer, PAGE_RENEWAL_OFFER)
PUT_RENEWAL(waiting, PAGE_RENEWAL_WAITING)
PUT_RENEWAL(login, PAGE_RENEWAL_LOGIN)
PUT_RENEWAL(confirm, PAGE_RENEWAL_CONFIRM)
PUT_RENEWAL(refused, PAGE_RENEWAL_REFUSED)
PUT_RENEWAL(several, PAGE_RENEWAL_SEVERAL)
PUT_RENEWAL(consents, PAGE_RENEWAL_CONSENTS)

static void put_home_renewal(struct buf *out, const struct pages *p, enum page_lang lang)
{
    page_home(out, p,
              &(struct page_home){.frame = frame_of(lang),
                                  .logged_in = true,
                                  .idle_minutes = VIEW("15"),
                                  .logged_in_at = VIEW("13:05"),
                                  .claimed = true,
                                  .asked = true,
                                  .renewal = true});
}

static void put_me_claimed(struct buf *out, const struct pages *p, enum page_lang lang)
{
    page_me(out, p, &(struct page_me){.frame = frame_of_mine(lang, VIEW("/me")), .claimed = true});
}

static void put_sessions_of(struct buf *out, const struct pages *p, enum page_lang lang, struct view told)
{
    const struct page_item opened[] = {{TEXT("A市 施設予約", "Facility booking of A City")},
                                       {TEXT("B市 子育て支援", "Child-rearing of B City")}};
    const struct view since = TEXT("2026年11月22日 13:05", "22 November 2026 13:05");
    const struct page_session sessions[] = {{.id = VIEW("00112233445566778899aabbccddeeff"),
                                             .number = VIEW("0011-2233"),
                                             .browser = VIEW("Firefox"),
                                             .system = VIEW("Windows"),
                                             .network = PAGE_NETWORK_SAME,
                                             .country = TEXT("日本", "Japan"),
                                             .city = TEXT("大阪市", "Osaka"),
                                             .since = since,
                                             .last = since,
                                             .here = true,
                                             .services = opened,
                                             .n_services = 2},
                                            {.id = VIEW("ffeeddccbbaa99887766554433221100"),
                                             .number = VIEW("ffee-ddcc"),
                                             .browser = VIEW("Safari"),
                                             .network = PAGE_NETWORK_OTHER,
                                             .country = TEXT("スウェーデン王国", "Sweden"),
                                             .since = since,
                                             .last = since,
                                             .idle = true},
                                            {.id = VIEW("a0eeddccbbaa99887766554433221100"),
                                             .number = VIEW("a0ee-ddcc"),
                                             .city = TEXT("堺市", "Sakai"),
                                             .since = since,
                                             .last = since}};
    const struct page_past_login logins[] = {
        {.id = sessions[0].id,
         .number = sessions[0].number,
         .at = since,
         .browser = VIEW("Firefox"),
         .system = VIEW("Windows"),
         .network = PAGE_NETWORK_SAME,
         .here = true},
        {.id = sessions[1].id,
         .number = sessions[1].number,
         .at = since,
         .system = VIEW("iPhone"),
         .network = PAGE_NETWORK_OTHER},
        {.id = VIEW("b0eeddccbbaa99887766554433221100"), .number = VIEW("b0ee-ddcc"), .at = since, .disowned = true}};
    page_sessions(out, p,
                  &(struct page_sessions){.frame = frame_of_mine(lang, VIEW("/me/sessions")),
                                          .name = VIEW("大阪 花子"),
                                          .sessions = sessions,
                                          .n_sessions = 3,
                                          .others = true,
                                          .logins = logins,
                                          .n_logins = 3,
                                          .days = VIEW("180"),
                                          .places = true,
                                          .credit = VIEW("Places by Atlas <https://atlas.example>"),
                                          .ended = !view_is(told),
                                          .told = told,
                                          .phone = TEXT("0120-95-0178", "0120-0178-27")});
}

static void put_sessions(struct buf *out, const struct pages *p, enum page_lang lang)
{
    put_sessions_of(out, p, lang, VIEW_NONE);
}

static void put_sessions_told(struct buf *out, const struct pages *p, enum page_lang lang)
{
    put_sessions_of(out, p, lang, VIEW("b0ee-ddcc"));
}

static void put_sessions_alone(struct buf *out, const struct pages *p, enum page_lang lang)
{
    const struct view since = TEXT("2026年11月22日 13:05", "22 November 2026 13:05");
    const struct page_session here = {.id = VIEW("00112233445566778899aabbccddeeff"),
                                      .number = VIEW("0011-2233"),
                                      .system = VIEW("Android"),
                                      .since = since,
                                      .last = since,
                                      .here = true};
    page_sessions(out, p,
                  &(struct page_sessions){.frame = frame_of_mine(lang, VIEW("/me/sessions")),
                                          .sessions = &here,
                                          .n_sessions = 1,
                                          .days = VIEW("180"),
                                          .phone = TEXT("0120-95-0178", "0120-0178-27")});
}

static void put_leave(struct buf *out, const struct pages *p, enum page_lang lang)
{
    struct page_item ends[] = {{TEXT("A市 施設予約", "Facility booking of A City")}};
    page_leave(out, p,
               &(struct page_leave){.frame = frame_of_mine(lang, VIEW("/me/leave")),
                                    .name = VIEW("大阪 花子"),
                                    .fresh = true,
                                    .unsure = true,
                                    .minutes = VIEW("5"),
                                    .services = ends,
                                    .n_services = 1});
}

static void put_leave_stale(struct buf *out, const struct pages *p, enum page_lang lang)
{
    page_leave(out, p, &(struct page_leave){.frame = frame_of_mine(lang, VIEW("/me/leave")), .minutes = VIEW("5")});
}

static void put_left(struct buf *out, const struct pages *p, enum page_lang lang)
{
    page_left(out, p, &(struct page_left){.frame = {.lang = lang, .help = frame_of(lang).help}});
}

static void put_form_post(struct buf *out, const struct pages *p, enum page_lang lang)
{
    struct page_hidden hidden[] = {{VIEW("code"), VIEW("c0de")}, {VIEW("state"), VIEW("a&\"b")}};
    page_form_post(out, p,
                   &(struct page_form_post){.frame = {.lang = lang, .help = frame_of(lang).help},
                                            .service = service_of(lang),
                                            .action = VIEW("https://booking.example/cb?x=1&y=2"),
                                            .hidden = hidden,
                                            .n_hidden = 2});
}

static const struct {
    const char *name;
    void (*put)(struct buf *, const struct pages *, enum page_lang);
    enum page_kind kind;
} samples[] = {{"login", put_login, PAGE_PLAIN},
               {"login_reauth", put_reauth, PAGE_PLAIN},
               {"card_start", put_card_start, PAGE_LINKS_AGENT},
               {"card_start_read", put_card_start_read, PAGE_LINKS_AGENT},
               {"card_start_register", put_card_start_register, PAGE_LINKS_AGENT},
               {"profile_held", put_profile_held, PAGE_PLAIN},
               {"profile_offer_own", put_profile_offer_own, PAGE_PLAIN},
               {"card_return", put_card_return, PAGE_ASKS},
               {"card_return_empty", put_card_return_empty, PAGE_ASKS},
               {"profile_offer", put_profile_offer, PAGE_PLAIN},
               {"confirm", put_confirm, PAGE_PLAIN},
               {"consent_first", put_consent_first, PAGE_PLAIN},
               {"consent_lacks", put_consent_lacks, PAGE_PLAIN},
               {"logout_confirm", put_logout_confirm, PAGE_PLAIN},
               {"logged_out", put_logged_out, PAGE_PLAIN},
               {"home", put_home, PAGE_PLAIN},
               {"home_nobody", put_home_nobody, PAGE_PLAIN},
               {"interests", put_interests, PAGE_PLAIN},
               {"consent_minor", put_consent_minor, PAGE_PLAIN},
               {"consent_replace", put_consent_replace, PAGE_PLAIN},
               {"consent_suspended", put_consent_suspended, PAGE_PLAIN},
               {"services", put_services, PAGE_PLAIN},
               {"services_none", put_services_none, PAGE_PLAIN},
               {"service", put_service, PAGE_PLAIN},
               {"service_suspended", put_service_suspended, PAGE_PLAIN},
               {"service_stopped", put_service_stopped, PAGE_PLAIN},
               {"service_withdrawn", put_service_withdrawn, PAGE_PLAIN},
               {"service_change", put_service_change, PAGE_PLAIN},
               {"service_withdraw", put_service_withdraw, PAGE_PLAIN},
               {"history", put_history, PAGE_PLAIN},
               {"history_none", put_history_none, PAGE_PLAIN},
               {"device", put_device, PAGE_PLAIN},
               {"device_wrong", put_device_wrong, PAGE_PLAIN},
               {"decoupled_device", put_decoupled_device, PAGE_PLAIN},
               {"decoupled_counter", put_decoupled_counter, PAGE_PLAIN},
               {"decoupled_allowed", put_decoupled_allowed, PAGE_PLAIN},
               {"decoupled_over", put_decoupled_over, PAGE_PLAIN},
               {"counter", put_counter, PAGE_PLAIN},
               {"counter_none", put_counter_none, PAGE_PLAIN},
               {"audit_join", put_audit_join, PAGE_PLAIN},
               {"audit_join_wrong", put_audit_join_wrong, PAGE_PLAIN},
               {"audit", put_audit, PAGE_PLAIN},
               {"audit_nothing", put_audit_nothing, PAGE_PLAIN},
               {"audit_too_much", put_audit_too_much, PAGE_PLAIN},
               {"audit_identity", put_audit_identity, PAGE_PLAIN},
               {"audit_identity_none", put_audit_identity_none, PAGE_PLAIN},
               {"audit_person", put_audit_person, PAGE_PLAIN},
               {"audit_person_none", put_audit_person_none, PAGE_PLAIN},
               {"audit_person_looking", put_audit_person_looking, PAGE_PLAIN},
               {"statistics", put_statistics, PAGE_PLAIN},
               {"statistics_none", put_statistics_none, PAGE_PLAIN},
               {"receipt", put_receipt, PAGE_PLAIN},
               {"household", put_household, PAGE_PLAIN},
               {"household_wrong", put_household_wrong, PAGE_PLAIN},
               {"contact", put_contact, PAGE_PLAIN},
               {"contact_wrong", put_contact_wrong, PAGE_PLAIN},
               {"me", put_me, PAGE_PLAIN},
               {"login_link", put_login_link, PAGE_PLAIN},
               {"cards", put_cards, PAGE_PLAIN},
               {"cards_claimed", put_claimed, PAGE_PLAIN},
               {"renewal_offer", put_renewal_offer, PAGE_PLAIN},
               {"renewal_waiting", put_renewal_waiting, PAGE_PLAIN},
               {"renewal_login", put_renewal_login, PAGE_PLAIN},
               {"renewal_confirm", put_renewal_confirm, PAGE_PLAIN},
               {"renewal_refused", put_renewal_refused, PAGE_PLAIN},
               {"renewal_several", put_renewal_several, PAGE_PLAIN},
               {"renewal_consents", put_renewal_consents, PAGE_PLAIN},
               {"home_renewal", put_home_renewal, PAGE_PLAIN},
               {"me_claimed", put_me_claimed, PAGE_PLAIN},
               {"cards_stale", put_cards_stale, PAGE_PLAIN},
               {"sessions", put_sessions, PAGE_PLAIN},
               {"sessions_told", put_sessions_told, PAGE_PLAIN},
               {"sessions_alone", put_sessions_alone, PAGE_PLAIN},
               {"leave", put_leave, PAGE_PLAIN},
               {"leave_stale", put_leave_stale, PAGE_PLAIN},
               {"left", put_left, PAGE_PLAIN},
               {"form_post", put_form_post, PAGE_POSTS_ELSEWHERE}};

bool sample_put(struct buf *out, const struct pages *pages, size_t i, enum page_lang lang, const char **name,
                enum page_kind *kind)
{
    static char text[64];
    const size_t n = sizeof samples / sizeof *samples;
    *name = text;
    *kind = PAGE_PLAIN;
    if (i < n) {
        snprintf(text, sizeof text, "%s", samples[i].name);
        *kind = samples[i].kind;
        samples[i].put(out, pages, lang);
    } else if ((i -= n) < PAGE_PROBLEMS) {
        snprintf(text, sizeof text, "problem_%s", page_problem_name((enum page_problem)i));
        struct page_card_problem facts = {.frame = frame_of(lang),
                                          .service = service_of(lang),
                                          .problem = (enum page_problem)i,
                                          .purpose = i >= PAGE_PROBLEM_SIGN_PIN_LAST_TRY ? PAGE_PURPOSE_REGISTER
                                                     : i % 2                             ? PAGE_PURPOSE_READ
                                                                                         : PAGE_PURPOSE_LOGIN};
        facts.frame.request_id = VIEW("k3v9-x2m7-0d41");
        page_card_problem(out, pages, &facts);
    } else if ((i -= PAGE_PROBLEMS) < PAGE_ERRORS) {
        snprintf(text, sizeof text, "error_%zu", i);
        put_error(out, pages, lang, (enum page_fault)i);
    } else {
        return false;
    }
    return true;
}
