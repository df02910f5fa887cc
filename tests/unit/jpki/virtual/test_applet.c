/* Status words and traps of the card, command by command. A story is a list of commands and what each is answered. */
#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>

#include "base/hash.h"
#include "tests/unit/jpki/virtual/bench_card.h"

struct step {
    const char *say;
    unsigned sw;
};

#define STORY(...)                                                                                                     \
    play((const struct step[]){__VA_ARGS__}, sizeof((const struct step[]){__VA_ARGS__}) / sizeof(struct step), "")
#define STORY_ALARMS(ALARMS, ...)                                                                                      \
    play((const struct step[]){__VA_ARGS__}, sizeof((const struct step[]){__VA_ARGS__}) / sizeof(struct step), ALARMS)

static void play(const struct step *steps, size_t n, const char *alarms)
{
    struct bench_card b;
    bench_open(&b, "hanako", NULL, (struct files_options){NULL, false});
    for (size_t i = 0; i < n; i++) {
        if (strcmp(steps[i].say, "power") == 0) {
            applet_power_off(&b.applet);
            continue;
        }
        unsigned sw = bench_say(&b, steps[i].say, NULL);
        cr_expect_eq(sw, steps[i].sw, "step %zu: %s gave %04X, not %04X", i, steps[i].say, sw, steps[i].sw);
    }
    cr_expect_str_eq(b.alarms, alarms);
    bench_close(&b);
}

Test(applet, has_nothing_selected_after_power_on)
{
    STORY({"00B0000004", 0x6986}, {"00200080", 0x6986}, {"00200098", 0x6986}, {"00A4020C020018", 0x6A82},
          {"00A40000", 0x6A86}, {"00A40000023F00", 0x6A82}, {"802A00803300", 0x6700});
}

Test(applet, refuses_an_unknown_application_and_keeps_the_current_one)
{
    STORY({JPKI, 0x9000}, {"00A4040C0AD392F000260100000002", 0x6A82}, {"00A4020C020018", 0x9000},
          {"00A4040C0FD23300000045737445494420763335", 0x6A82}, {"00200080", 0x63C3},
          {"00A4040C0BD392F00026010000000101", 0x6A82}, {"00A4040C", 0x6A82},
          {"00A4040C0AD3921000310001010403", 0x6A82});
}

Test(applet, selects_an_application_by_the_first_bytes_of_its_name)
{
    STORY({"00A4040C05D392F00026", 0x9000}, {"00A4020C020018", 0x9000}, {"00A4040C07A0000001510000", 0x9000},
          {"00A4040C09D39210003100010104", 0x9000}, {"00A4020C020011", 0x9000},
          {"00A4040209D39210003100010104", 0x9000}, {"00A4040209D39210003100010104", 0x9000},
          {"00A4040209D39210003100010104", 0x6A82}, {"00A4040109D39210003100010104", 0x6A86});
}

Test(applet, has_no_master_file_that_can_be_selected)
{
    STORY({JPKI, 0x9000}, {"00A4020C020018", 0x9000}, {"00A40000", 0x9000}, {"00200080", 0x63C3},
          {"00A40000023F00", 0x6A82}, {"00A4000C023F00", 0x6A82}, {"00A4020C023F00", 0x6A82});
}

Test(applet, selects_a_file_only_with_p1_02)
{
    STORY({JPKI, 0x9000}, {"00A4090C020018", 0x6A86}, {"00A4080C020018", 0x6A86}, {"00A4020C0100", 0x6700},
          {"00A4020C", 0x6700}, {"00A4020C020003", 0x6A82}, {"00A40204020018", 0x6A86}, {"00A4020C020018", 0x9000});
}

Test(applet, keeps_every_jpki_file_in_its_place)
{
    STORY({JPKI, 0x9000}, {"00A4020C020001", 0x9000}, {"00A4020C020002", 0x9000}, {"00A4020C020006", 0x9000},
          {"00A4020C020008", 0x9000}, {"00A4020C02000A", 0x9000}, {"00A4020C02000B", 0x9000},
          {"00A4020C020017", 0x9000}, {"00A4020C020018", 0x9000}, {"00A4020C02001A", 0x9000},
          {"00A4020C02001B", 0x9000}, {"00A4020C020005", 0x9000}, {"00B0000004", 0x6981}, {"00A4020C02000C", 0x6A82});
}

Test(applet, refuses_to_read_what_is_no_data)
{
    STORY({JPKI, 0x9000}, {"00B0000004", 0x6986}, {"00A4020C020017", 0x9000}, {"00B0000004", 0x6981},
          {"00A4020C020018", 0x9000}, {"00B0000004", 0x6981}, {"00B09700", 0x6700}, {"00B0970004", 0x6981});
}

Test(applet, gives_the_sign_certificate_only_after_the_sign_password)
{
    STORY({JPKI, 0x9000}, {"00A4020C020001", 0x9000}, {"00B0000004", 0x6982}, {"00B07FFF04", 0x6982},
          {"002000980431323334", 0x9000}, {"00A4020C020001", 0x9000}, {"00B0000004", 0x6982},
          {"0020009B06414243313233", 0x9000}, {"00A4020C020001", 0x9000}, {"00B0000004", 0x9000});
}

Test(applet, answers_6b00_behind_the_end_of_a_file)
{
    STORY({JPKI, 0x9000}, {"00A4020C020006", 0x9000}, {"00B0009F01", 0x9000}, {"00B000A001", 0x6B00},
          {"00B07FFF00", 0x6B00}, {"00B0009000", 0x9000}, {"00B0", 0x6700}, {"00B00000", 0x6700},
          {"00B000000100", 0x6700}, {"00B08600A0", 0x9000}, {"00B086A001", 0x6B00});
}

Test(applet, reads_by_short_identifier_and_makes_that_file_current)
{
    STORY({JPKI, 0x9000}, {"00B0860004", 0x9000}, {"00B0000004", 0x9000}, {"00B0800004", 0x6A86},
          {"00B0A60004", 0x6A86}, {"00B0830004", 0x6A82}, {"00B0810004", 0x6982});
}

Test(applet, counts_wrong_pins_down_and_blocks_for_ever)
{
    STORY({JPKI, 0x9000}, {"00A4020C020018", 0x9000}, {"00200080", 0x63C3}, {"002000800439393939", 0x63C2},
          {"0020008000", 0x63C2}, {"002000800439393939", 0x63C1}, {"002000800439393939", 0x63C0}, {"00200080", 0x6984},
          {"002000800431323334", 0x6984}, {"power", 0}, {JPKI, 0x9000}, {"00200098", 0x6984});
}

Test(applet, sets_the_counter_back_only_by_the_right_pin)
{
    STORY({JPKI, 0x9000}, {"002000980439393939", 0x63C2}, {"002000980439393939", 0x63C1}, {"power", 0}, {JPKI, 0x9000},
          {"00200098", 0x63C1}, {"002000980431323334", 0x9000}, {"00200098", 0x63C3});
}

Test(applet, answers_the_question_for_tries_also_while_logged_in)
{
    STORY({JPKI, 0x9000}, {"002000980431323334", 0x9000}, {"00200098", 0x63C3},
          {"802A009733303130 0D060960864801650304020105000420 000102030405060708090A0B0C0D0E0F"
           "101112131415161718191A1B1C1D1E1F 00",
           0x9000},
          {"0020009800", 0x63C3});
}

Test(applet, counts_a_pin_of_wrong_length_as_a_wrong_try)
{
    STORY({JPKI, 0x9000}, {"0020009803313233", 0x63C2}, {"00200098053132333435", 0x63C1});
}

Test(applet, compares_the_sign_password_with_its_case)
{
    STORY({JPKI, 0x9000}, {"0020009B06616263313233", 0x63C4}, {"0020009B06414243313233", 0x9000}, {"0020009B", 0x63C5});
}

Test(applet, refuses_verify_with_other_parameters)
{
    STORY({JPKI, 0x9000}, {"00200198", 0x6A86}, {"00200018", 0x6A86}, {"002000C0", 0x6A86}, {"00200083", 0x6A88},
          {"00200097", 0x6981}, {"00A4020C02000A", 0x9000}, {"00200080", 0x6981}, {"0020009808", 0x63C3},
          {"00200098083132", 0x6700});
}

Test(applet, forgets_a_wrong_pin_after_a_right_one)
{
    STORY({JPKI, 0x9000}, {"002000980431323334", 0x9000}, {"802A0097040000000000", 0x9000},
          {"002000980430303030", 0x63C2}, {"802A0097040000000000", 0x6982});
}

Test(applet, keeps_the_login_when_the_same_application_is_selected_again)
{
    STORY({JPKI, 0x9000}, {"002000980431323334", 0x9000}, {JPKI, 0x9000}, {"802A0097040000000000", 0x9000},
          {ISD, 0x9000}, {JPKI, 0x9000}, {"802A0097040000000000", 0x6982}, {"002000980431323334", 0x9000}, {"power", 0},
          {JPKI, 0x9000}, {"802A0097040000000000", 0x6982}, {"002000980431323334", 0x9000}, {TEXT, 0x9000},
          {JPKI, 0x9000}, {"802A0097040000000000", 0x6982});
}

Test(applet, signs_only_with_the_pin_of_that_key)
{
    STORY({JPKI, 0x9000}, {"00A4020C020017", 0x9000}, {"802A0080040000000000", 0x6982},
          {"0020009B06414243313233", 0x9000}, {"802A0097040000000000", 0x6982}, {"802A009A040000000000", 0x9000},
          {"002000980431323334", 0x9000}, {"802A0097040000000000", 0x9000}, {"802A0097040000000000", 0x9000});
}

Test(applet, refuses_a_signature_of_wrong_form)
{
    STORY({JPKI, 0x9000}, {"802A0080040000000000", 0x6986}, {"002000980431323334", 0x9000},
          {"802A0080040000000000", 0x6981}, {"802A0697040000000000", 0x6A86}, {"802A0017040000000000", 0x6A86},
          {"802A0093040000000000", 0x6A88}, {"802A00970400000000", 0x6700}, {"802A0097", 0x6700},
          {"802A009700", 0x6700}, {"802A02970400000000 00", 0x6985}, {"802A0497040000000000", 0x6985},
          {"002A0097040000000000", 0x6D00}, {"802A009704000000 00FF", 0x6700});
}

Test(applet, changes_a_pin_only_after_the_old_one_and_in_its_alphabet)
{
    STORY({JPKI, 0x9000}, {"002401980435363738", 0x6982}, {"002000980431323334", 0x9000}, {"00240198033536 37", 0x6700},
          {"002401980435363741", 0x6A80}, {"002400980435363738", 0x6A86}, {"00240198", 0x6700},
          {"002401980435363738", 0x9000}, {"power", 0}, {JPKI, 0x9000}, {"002000980431323334", 0x63C2},
          {"002000980435363738", 0x9000}, {"0020009B06414243313233", 0x9000}, {"0024019B06414243444546", 0x6A80},
          {"0024019B06313233343536", 0x6A80}, {"0024019B0541424331 32", 0x6700}, {"0024019B06 414243313261", 0x6A80},
          {"0024019B074142433132 3334", 0x9000}, {"0020009B07 41424331323334", 0x9000});
}

Test(applet, refuses_strange_classes_channels_and_instructions)
{
    STORY({"01A4040C0AD392F000260100000001", 0x6881}, {"40A4040C0AD392F000260100000001", 0x6881},
          {"0CA4040C0AD392F000260100000001", 0x6882}, {JPKI, 0x9000}, {"0CB0000004", 0x69FC}, {"08200080", 0x69FC},
          {"10B0000004", 0x6E00}, {"A0A40000023F00", 0x6E00}, {"00FF0000", 0x6D00}, {"0022 41B6", 0x6D00},
          {"80FC0000", 0x6700}, {"80AE0000", 0x6D00}, {"00", 0x6700}, {"00A404", 0x6700},
          {"00CB3FFF035C017E08", 0x6D00});
}

Test(applet, gives_random_bytes_and_its_own_atr)
{
    STORY({"0084000008", 0x9000}, {"0084000000", 0x9000}, {"0084010008", 0x6A86}, {"00840000", 0x6700},
          {"00CA5F5100", 0x9000}, {"00CA004200", 0x6A88}, {"00CA5F51", 0x6700});
}

Test(applet, opens_the_four_items_by_the_text_pin_or_number_b)
{
    STORY({TEXT, 0x9000}, {"00B0820004", 0x6982}, {"002000910431323335", 0x63C2}, {"00B0820004", 0x6982},
          {"002000910431323334", 0x9000}, {"00B0820004", 0x9000}, {"00B0830000", 0x9000}, {"power", 0}, {TEXT, 0x9000},
          /* Showa 31-03-14, card until 2035, code 0000 */
          {"002000950E3331303331343230333530303030", 0x9000}, {"00B0820004", 0x9000}, {"00B0830000", 0x6982});
}

Test(applet, has_its_own_counter_for_the_text_pin)
{
    STORY({TEXT, 0x9000}, {"002000910439393939", 0x63C2}, {JPKI, 0x9000}, {"00200098", 0x63C3}, {TEXT, 0x9000},
          {"00200091", 0x63C2}, {"00200092", 0x6984}, {"00200092 0431323334", 0x6984}, {"00200095", 0x63CA});
}

Test(applet, raises_an_alarm_when_the_individual_number_is_touched)
{
    STORY_ALARMS("individual_number ", {TEXT, 0x9000}, {"00A4020C020001", 0x9000});
    STORY_ALARMS("individual_number ", {TEXT, 0x9000}, {"00B0810000", 0x6982});
    STORY_ALARMS("individual_number individual_number ", {TEXT, 0x9000}, {"002000910431323334", 0x9000},
                 {"00B0810000", 0x9000});
    STORY_ALARMS("number_a number_a ", {TEXT, 0x9000}, {"00200094", 0x63CA});
    STORY_ALARMS("number_a ", {TEXT, 0x9000}, {"00A4020C020014", 0x9000});
    STORY_ALARMS("number_a ", {FACE, 0x9000}, {"00A4020C020013", 0x9000});
    STORY_ALARMS("card_serial card_serial ", {COMMON, 0x9000}, {"00B2010C00", 0x9000});
    STORY_ALARMS("", {JPKI, 0x9000}, {"00A4020C020001", 0x9000});
}

Test(applet, keeps_the_face_locked)
{
    STORY({FACE, 0x9000}, {"00B0810004", 0x6982}, {"00B0820004", 0x6982}, {"00B0830004", 0x9000}, {"80AE0000", 0x66F1});
}

Test(applet, reads_a_record_only_where_there_is_one)
{
    STORY_ALARMS("card_serial card_serial card_serial ", {COMMON, 0x9000}, {"00B2010C00", 0x9000},
                 {"00B2020C00", 0x6A83}, {"00B2010D00", 0x6A86}, {"00B2010C", 0x6700}, {"00B2011400", 0x6981},
                 {"00B2011C00", 0x6A82});
}

/* --- contents -------------------------------------------------------------------------------------------------- */

static struct bench_card *card_of(const char *who, struct files_options o)
{
    static struct bench_card b;
    bench_open(&b, who, NULL, o);
    return &b;
}

Test(applet, pads_the_certificate_file_with_ff_behind_the_der)
{
    struct bench_card *b = card_of("hanako", (struct files_options){NULL, false});
    struct view head, tail;
    cr_assert_eq(bench_say(b, JPKI, NULL), 0x9000);
    cr_assert_eq(bench_say(b, "00B08A0004", &head), 0x9000);
    cr_expect_eq(head.p[0], 0x30);
    cr_expect_eq(head.p[1], 0x82);
    size_t len = ((size_t)head.p[2] << 8 | head.p[3]) + 4;
    cr_expect_eq(len, b->persona.auth_cert.n);
    char hex[32];
    snprintf(hex, sizeof hex, "00B0%04zX04", len);
    cr_assert_eq(bench_say(b, hex, &tail), 0x9000);
    cr_expect_arr_eq(tail.p, "\xFF\xFF\xFF\xFF", 4);
    bench_close(b);
}

Test(applet, reads_short_at_the_end_of_a_file)
{
    struct bench_card *b = card_of("hanako", (struct files_options){NULL, false});
    struct view v;
    cr_assert_eq(bench_say(b, JPKI, NULL), 0x9000);
    cr_assert_eq(bench_say(b, "00B0869000", &v), 0x9000);
    cr_expect_eq(v.n, 16);
    b->applet.options.says_eof = true;
    cr_expect_eq(bench_say(b, "00B0869000", &v), 0x6282);
    cr_expect_eq(v.n, 16);
    cr_expect_eq(bench_say(b, "00B0869010", &v), 0x9000);
    bench_close(b);
}

Test(applet, says_what_kind_of_token_it_is)
{
    struct bench_card *b = card_of("hanako", (struct files_options){NULL, false});
    struct view v;
    cr_assert_eq(bench_say(b, JPKI, NULL), 0x9000);
    cr_assert_eq(bench_say(b, "00B0860000", &v), 0x9000);
    cr_expect_eq(v.n, 160);
    cr_expect_arr_eq(v.p, "JPKIAPICCTOKEN2                 0", 33);
    cr_assert_eq(bench_say(b, "00B0880000", &v), 0x9000);
    cr_expect_arr_eq(v.p, "\x8F\x8F\x00", 3);
    bench_close(b);
}

Test(applet, hides_the_auth_certificate_of_a_phone_behind_its_pin)
{
    struct bench_card *b = card_of("hanako", (struct files_options){"JPKIAPGPSETOKEN", false});
    cr_assert_eq(bench_say(b, JPKI, NULL), 0x9000);
    cr_expect_eq(bench_say(b, "00B08A0004", NULL), 0x6982);
    cr_expect_eq(bench_say(b, "002000980431323334", NULL), 0x9000);
    cr_expect_eq(bench_say(b, "00B08A0004", NULL), 0x9000);
    bench_close(b);
}

static struct view four_items(struct bench_card *b)
{
    struct view v;
    cr_assert_eq(bench_say(b, TEXT, NULL), 0x9000);
    cr_assert_eq(bench_say(b, "002000910431323334", NULL), 0x9000);
    cr_assert_eq(bench_say(b, "00B0820000", &v), 0x9000);
    return v;
}

static struct view at_offset(struct view file, size_t table, size_t i, size_t length_bytes)
{
    size_t at = (size_t)file.p[table + 2 * i] << 8 | file.p[table + 2 * i + 1];
    size_t n = length_bytes == 1 ? file.p[at + 2] : (size_t)file.p[at + 3] << 8 | file.p[at + 4];
    return view_part(file, at + 2 + length_bytes, n);
}

Test(applet, writes_the_four_items_with_offsets_from_the_start_of_the_file)
{
    struct bench_card *b = card_of("hanako", (struct files_options){NULL, false});
    struct view v = four_items(b);
    cr_expect_arr_eq(v.p, "\xFF\x20", 2);
    cr_expect_eq(v.p[2] + 3u, v.n);
    cr_expect_arr_eq(v.p + 3, "\xDF\x21\x08\x00\x0E", 5);
    cr_expect(view_equal_text(at_offset(v, 6, 0, 1), "大阪　花子"));
    cr_expect(view_equal_text(at_offset(v, 6, 1, 1), "大阪府堺市堺区南瓦町３－１"));
    cr_expect(view_equal_text(at_offset(v, 6, 2, 1), "19560314"));
    cr_expect(view_equal_text(at_offset(v, 6, 3, 1), "2"));
    bench_close(b);
}

Test(applet, can_code_its_lengths_longer_than_needed)
{
    struct bench_card *b = card_of("hanako", (struct files_options){NULL, true});
    struct view v = four_items(b);
    cr_expect_arr_eq(v.p, "\xFF\x20\x82\x00", 4);
    cr_expect_eq(v.p[4] + 5u, v.n);
    cr_expect(view_equal_text(at_offset(v, 8, 0, 3), "大阪　花子"));
    cr_expect(view_equal_text(at_offset(v, 8, 3, 3), "2"));
    bench_close(b);
}

Test(applet, gives_the_objects_of_the_text_application_their_published_sizes)
{
    struct bench_card *b = card_of("hanako", (struct files_options){NULL, false});
    four_items(b);
    static const struct {
        const char *say;
        size_t n;
    } sizes[] = {{"00B08100000000", 17}, {"00B08300000000", 336}, {"00B08400000000", 568}, {"00B08500000000", 164}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct view v;
        cr_expect_eq(bench_say(b, sizes[i].say, &v), 0x9000);
        cr_expect_eq(v.n, sizes[i].n, "%s: %zu", sizes[i].say, v.n);
    }
    b->applet.options.short_only = true;
    cr_expect_eq(bench_say(b, "00B08100000000", NULL), 0x6700);
    bench_close(b);
}

/* --- signatures ------------------------------------------------------------------------------------------------ */

static const char *hex_of(char *out, struct view v)
{
    for (size_t i = 0; i < v.n; i++)
        snprintf(out + 2 * i, 3, "%02X", v.p[i]);
    return out;
}

/* What is inside the padding, by the certificate's public key. */
static size_t recover(struct bench_card *b, struct view sig, uint8_t out[256])
{
    const unsigned char *p = b->persona.auth_cert.p;
    X509 *x = d2i_X509(NULL, &p, (long)b->persona.auth_cert.n);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(X509_get0_pubkey(x), NULL);
    size_t n = 256;
    cr_assert_eq(EVP_PKEY_verify_recover_init(ctx), 1);
    cr_assert_eq(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING), 1);
    cr_assert_eq(EVP_PKEY_verify_recover(ctx, out, &n, sig.p, sig.n), 1);
    EVP_PKEY_CTX_free(ctx);
    X509_free(x);
    return n;
}

static struct view sign_with(struct bench_card *b, unsigned scheme, struct view data, unsigned expected)
{
    char hex[2048], body[1024];
    struct view sig;
    cr_assert_eq(bench_say(b, JPKI, NULL), 0x9000);
    cr_assert_eq(bench_say(b, "002000980431323334", NULL), 0x9000);
    if (data.n < 256)
        snprintf(hex, sizeof hex, "802A%02X97%02zX%s00", scheme, data.n, hex_of(body, data));
    else
        snprintf(hex, sizeof hex, "802A%02X9700%04zX%s0000", scheme, data.n, hex_of(body, data));
    cr_expect_eq(bench_say(b, hex, &sig), expected, "scheme %u with %zu bytes", scheme, data.n);
    return sig;
}

Test(applet, pads_what_it_is_given_verbatim)
{
    struct bench_card *b = card_of("hanako", (struct files_options){NULL, false});
    uint8_t most[246] = {7}, out[256];
    struct view sig = sign_with(b, 0, view_bytes(most, 245), 0x9000);
    cr_assert_eq(sig.n, 256);
    cr_expect_eq(recover(b, sig, out), 245);
    cr_expect_arr_eq(out, most, 245);
    sig = sign_with(b, 0, view_bytes("x", 1), 0x9000);
    cr_expect_eq(recover(b, sig, out), 1);
    sign_with(b, 0, view_bytes(most, 246), 0x6700);
    bench_close(b);
}

/* RFC 8017 8.1.2, SHA-256, a salt as long as the hash. */
static bool verifies_pss(struct bench_card *b, struct view sig, const uint8_t hash[SHA256_SIZE])
{
    const unsigned char *p = b->persona.auth_cert.p;
    X509 *x = d2i_X509(NULL, &p, (long)b->persona.auth_cert.n);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(X509_get0_pubkey(x), NULL);
    bool ok = EVP_PKEY_verify_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
              EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
              EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1 &&
              EVP_PKEY_verify(ctx, sig.p, sig.n, hash, SHA256_SIZE) == 1;
    EVP_PKEY_CTX_free(ctx);
    X509_free(x);
    return ok;
}

Test(applet, hashes_as_p1_says)
{
    struct bench_card *b = card_of("hanako", (struct files_options){NULL, false});
    uint8_t hash[SHA256_SIZE], out[256], long_message[300] = {1};
    sha256(hash, VIEW("message"));
    cr_expect_eq(recover(b, sign_with(b, 1, VIEW("message"), 0x9000), out), 32);
    cr_expect_arr_eq(out, hash, 32);
    cr_expect_eq(recover(b, sign_with(b, 2, VIEW_ARRAY(hash), 0x9000), out), 51);
    cr_expect_arr_eq(out + 19, hash, 32);
    cr_expect_eq(recover(b, sign_with(b, 3, VIEW("message"), 0x9000), out), 51);
    cr_expect_arr_eq(out + 19, hash, 32);
    sha256(hash, VIEW_ARRAY(long_message));
    cr_expect_eq(recover(b, sign_with(b, 3, VIEW_ARRAY(long_message), 0x9000), out), 51);
    cr_expect_arr_eq(out + 19, hash, 32);
    cr_expect(verifies_pss(b, sign_with(b, 4, VIEW_ARRAY(hash), 0x9000), hash));
    cr_expect(verifies_pss(b, sign_with(b, 5, VIEW_ARRAY(long_message), 0x9000), hash));
    cr_expect_not(verifies_pss(b, sign_with(b, 5, VIEW("another"), 0x9000), hash));
    cr_expect_not(verifies_pss(b, sign_with(b, 2, VIEW_ARRAY(hash), 0x9000), hash), "type 1 padding is no PSS");
    sign_with(b, 2, view_bytes(hash, 31), 0x6985);
    bench_close(b);
}

Test(applet, signs_a_sha384_hash_with_a_key_of_the_next_generation)
{
    struct bench_card *b = card_of("nextgen", (struct files_options){NULL, false});
    uint8_t hash[SHA384_SIZE];
    sha384(hash, VIEW("message"));
    struct view sig = sign_with(b, 0, VIEW_ARRAY(hash), 0x9000);
    const unsigned char *p = b->persona.auth_cert.p;
    X509 *x = d2i_X509(NULL, &p, (long)b->persona.auth_cert.n);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(X509_get0_pubkey(x), NULL);
    cr_assert_eq(EVP_PKEY_verify_init(ctx), 1);
    cr_expect_eq(EVP_PKEY_verify(ctx, sig.p, sig.n, hash, sizeof hash), 1);
    EVP_PKEY_CTX_free(ctx);
    X509_free(x);
    sign_with(b, 0, view_bytes(hash, 32), 0x6700);
    sign_with(b, 3, VIEW("message"), 0x6A86);
    bench_close(b);
}

Test(applet, proves_its_chip_without_a_pin_in_the_text_application_only)
{
    STORY({TEXT, 0x9000}, {"802A0000040000000000", 0x6A86}, {"00A4020C020013", 0x9000},
          {"802A0000040000000000", 0x9000}, {"802A0080040000000000", 0x9000}, {"80AE0000", 0x6985}, {JPKI, 0x9000},
          {"00A4020C020017", 0x9000}, {"002000980431323334", 0x9000}, {"00A4020C020017", 0x9000},
          {"802A0000040000000000", 0x6A86});
}

Test(applet, lives_without_a_sign_certificate)
{
    struct bench_card b;
    bench_open(&b, "hanako", NULL, (struct files_options){NULL, false});
    b.persona.sign_cert = VIEW_NONE;
    struct card_key *key = b.persona.sign_key;
    b.persona.sign_key = NULL;
    cr_assert_eq(files_make(&b.files, &b.persona, &(struct files_options){NULL, false}), ERR_OK);
    struct view v;
    cr_expect_eq(bench_say(&b, JPKI, NULL), 0x9000);
    cr_expect_eq(bench_say(&b, "00B0880000", &v), 0x9000);
    cr_expect_arr_eq(v.p, "\x00\x8F\x00", 3);
    cr_expect_eq(bench_say(&b, "0020009B06414243313233", NULL), 0x9000);
    cr_expect_eq(bench_say(&b, "802A009A040000000000", NULL), 0x6985);
    key_close(key);
    bench_close(&b);
}
