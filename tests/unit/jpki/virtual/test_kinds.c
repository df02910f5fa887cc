/* What differs between today's card, a phone and the coming card; and what only the face and the text application
 * have. */
#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "jpki/virtual/picture.h"
#include "tests/unit/jpki/virtual/bench_card.h"

#define REGISTRY    "00A4040C0AD3921000310001010401"
#define PLASTIC     ((struct files_options){NULL, false})
#define TEXT_PIN    "002000910431323334"
#define NUMBER_B    "E3331303331343230333530303030" /* 14 digits: Showa 31-03-14, 2035, 0000; its length is before */
#define TEXT_BY_B   "002000950" NUMBER_B
#define FACE_BY_B   "002000920" NUMBER_B
#define FACE_BIRTH  "0020009106333130333134"
#define FILE_OF(EF) "00B08" EF "00000000"

static struct bench_card card;

static struct bench_card *open_card(const char *who, struct files_options o)
{
    bench_open(&card, who, NULL, o);
    return &card;
}

static void expect(struct bench_card *b, const char *say, unsigned sw)
{
    unsigned got = bench_say(b, say, NULL);
    cr_expect_eq(got, sw, "%s gave %04X, not %04X", say, got, sw);
}

/* --- phones ----------------------------------------------------------------------------------------------------- */

Test(kinds, of_a_phone_have_the_jpki_application_only)
{
    static const char *const labels[] = {"JPKIAPGPSETOKEN", "JPKIAPIOSTOKEN"};
    for (size_t i = 0; i < 2; i++) {
        struct bench_card *b = open_card("hanako", (struct files_options){labels[i], false});
        cr_expect_eq(b->files.kind, FILES_PHONE);
        expect(b, TEXT, 0x6A82);
        expect(b, FACE, 0x6A82);
        expect(b, COMMON, 0x6A82);
        expect(b, JPKI, 0x9000);
        expect(b, "00B08A0004", 0x6982);
        expect(b, "0020009B06414243313233", 0x9000);
        expect(b, "00B08A0004", 0x6982);
        expect(b, "002000980431323334", 0x9000);
        expect(b, "00B08A0004", 0x9000);
        bench_close(b);
    }
}

Test(kinds, only_an_iphone_knows_the_last_command_and_forgets_with_it)
{
    struct bench_card *b = open_card("hanako", (struct files_options){"JPKIAPGPSETOKEN", false});
    expect(b, "80FC0000", 0x6700);
    bench_close(b);
    b = open_card("hanako", (struct files_options){"JPKIAPIOSTOKEN", false});
    expect(b, JPKI, 0x9000);
    expect(b, "002000980431323334", 0x9000);
    expect(b, "80FC0000", 0x9000);
    expect(b, JPKI, 0x9000);
    expect(b, "00B08A0004", 0x6982);
    bench_close(b);
}

/* --- the coming card -------------------------------------------------------------------------------------------- */

Test(kinds, of_the_next_generation_have_two_applications)
{
    struct bench_card *b = open_card("nextgen", PLASTIC);
    cr_expect_eq(b->files.kind, FILES_NEXT);
    expect(b, JPKI, 0x9000);
    expect(b, TEXT, 0x9000);
    expect(b, ISD, 0x9000);
    expect(b, FACE, 0x6A82);
    expect(b, REGISTRY, 0x6A82);
    expect(b, COMMON, 0x6A82);
    bench_close(b);
}

Test(kinds, of_the_next_generation_have_two_pins_and_one_counter_each)
{
    struct bench_card *b = open_card("nextgen", PLASTIC);
    expect(b, JPKI, 0x9000);
    expect(b, "002000980439393939", 0x63C2);
    expect(b, TEXT, 0x9000);
    expect(b, "00200091", 0x63C2);
    expect(b, "002000910439393939", 0x63C1);
    expect(b, TEXT_PIN, 0x9000);
    expect(b, "00B0820000", 0x9000);
    expect(b, JPKI, 0x9000);
    expect(b, "00200098", 0x63C3);
    expect(b, "0020009B", 0x63C5);
    bench_close(b);
}

Test(kinds, of_the_next_generation_sign_with_p384_for_both_purposes)
{
    struct bench_card *b = open_card("nextgen", PLASTIC);
    uint8_t hash[SHA384_SIZE] = {1};
    char say[256];
    int n = snprintf(say, sizeof say, "802A009A30");
    for (size_t i = 0; i < sizeof hash; i++)
        n += snprintf(say + n, sizeof say - (size_t)n, "%02X", hash[i]);
    snprintf(say + n, sizeof say - (size_t)n, "00");
    struct view sig;
    expect(b, JPKI, 0x9000);
    expect(b, "0020009B06414243313233", 0x9000);
    cr_assert_eq(bench_say(b, say, &sig), 0x9000);
    const unsigned char *p = b->persona.sign_cert.p;
    X509 *x = d2i_X509(NULL, &p, (long)b->persona.sign_cert.n);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(X509_get0_pubkey(x), NULL);
    cr_assert_eq(EVP_PKEY_verify_init(ctx), 1);
    cr_expect_eq(EVP_PKEY_verify(ctx, sig.p, sig.n, hash, sizeof hash), 1);
    EVP_PKEY_CTX_free(ctx);
    X509_free(x);
    bench_close(b);
}

/* --- objects ---------------------------------------------------------------------------------------------------- */

/* Where objects of a file begin: FF xx, length of one to three bytes, DF21, its length, the table. */
static size_t table_at(struct view file)
{
    size_t length = file.p[2] == 0x82 ? 3 : file.p[2] == 0x81 ? 2 : 1;
    return 2 + length + 3;
}

/* The value of the Ith object by the offset table. */
static struct view object(struct view file, size_t i)
{
    const uint8_t *table = file.p + table_at(file);
    size_t at = (size_t)table[2 * i] << 8 | table[2 * i + 1];
    struct view rest = view_from(file, at + 2);
    cr_assert(rest.n > 3 && file.p[at] == 0xDF && file.p[at + 1] == 0x22 + i, "object %zu", i);
    if (rest.p[0] == 0x82)
        return view_part(rest, 3, (size_t)rest.p[1] << 8 | rest.p[2]);
    return rest.p[0] == 0x81 ? view_part(rest, 2, rest.p[1]) : view_part(rest, 1, rest.p[0]);
}

/* Is SIG a signature of the chip over HASH? */
static bool chip_signed(struct bench_card *b, struct view sig, const uint8_t hash[SHA256_SIZE])
{
    struct buf again;
    struct view v;
    buf_open(&again, NULL, 1024); /* type 1 padding is deterministic: the same hash has the same signature */
    cr_assert_eq(key_sign(b->persona.chip_key, SCHEME_HASH, view_bytes(hash, SHA256_SIZE), &again), ERR_OK);
    cr_assert_eq(buf_done(&again, &v), ERR_OK);
    bool same = view_equal(v, sig);
    buf_close(&again);
    return same;
}

Test(kinds, hash_the_individual_number_with_its_filler)
{
    struct bench_card *b = open_card("hanako", PLASTIC);
    uint8_t hash[SHA256_SIZE], bare[SHA256_SIZE], number[17] = "\xFF\x10\x0C";
    struct view v;
    memcpy(number + 3, b->persona.number.p, 12);
    memset(number + 15, 0xFF, 2);
    sha256(hash, VIEW_ARRAY(number));
    sha256(bare, view_bytes(number, 15));
    expect(b, TEXT, 0x9000);
    expect(b, TEXT_PIN, 0x9000);
    cr_assert_eq(bench_say(b, "00B08300000000", &v), 0x9000);
    cr_assert_eq(v.n, 336);
    cr_expect_arr_eq(v.p + 8, hash, 32, "DF31 is over all seventeen bytes");
    cr_expect(memcmp(v.p + 8, bare, 32) != 0);
    sha256(hash, view_part(v, 0, 5 + 35 + 35));
    cr_expect(chip_signed(b, view_from(v, v.n - 256), hash), "DF33 is over what stands before it");
    bench_close(b);
}

Test(kinds, hash_the_four_items_from_the_name_on)
{
    struct bench_card *b = open_card("hanako", PLASTIC);
    uint8_t hash[SHA256_SIZE];
    struct view items, v;
    expect(b, TEXT, 0x9000);
    expect(b, TEXT_PIN, 0x9000);
    cr_assert_eq(bench_say(b, "00B0820000", &items), 0x9000);
    sha256(hash, view_from(items, 0x0E));
    cr_assert_eq(bench_say(b, "00B08300000000", &v), 0x9000);
    cr_expect_arr_eq(v.p + 8 + 35, hash, 32);
    bench_close(b);
}

Test(kinds, write_one_length_of_the_text_application_longer_than_needed)
{
    struct bench_card *b = open_card("hanako", PLASTIC);
    struct view v;
    expect(b, TEXT, 0x9000);
    cr_assert_eq(bench_say(b, "00B0850000", &v), 0x9000);
    cr_expect_arr_eq(v.p, "\xFF\x40\x82\x00\x9F", 5);
    bench_close(b);
}

/* --- the face --------------------------------------------------------------------------------------------------- */

Test(face, opens_by_the_keys_that_changed_places)
{
    struct bench_card *b = open_card("hanako", PLASTIC);
    expect(b, FACE, 0x9000);
    expect(b, "00B0820004", 0x6982);
    expect(b, "002000930" NUMBER_B, 0x63C9); /* 0013 is A here */
    expect(b, FACE_BY_B, 0x9000);
    expect(b, "00B0820004", 0x9000);
    expect(b, "00B0850004", 0x6982);
    expect(b, TEXT, 0x9000);
    expect(b, "002000940" NUMBER_B, 0x63C9); /* and 0014 is A there */
    expect(b, TEXT_BY_B, 0x9000);
    bench_close(b);
}

Test(face, gives_the_age_to_who_knows_the_birth_date)
{
    struct bench_card *b = open_card("hanako", PLASTIC);
    struct view v;
    expect(b, FACE, 0x9000);
    expect(b, "00B0810004", 0x6982);
    expect(b, FACE_BIRTH, 0x9000);
    cr_assert_eq(bench_say(b, FILE_OF("1"), &v), 0x9000);
    cr_expect_arr_eq(v.p, "\xFF\x10\x82", 3);
    cr_expect_eq(v.n, 5u + ((size_t)v.p[3] << 8 | v.p[4]));
    cr_expect_arr_eq(v.p + 5,
                     "\xDF\x11\x08"
                     "19560314",
                     11);
    expect(b, "00B0820004", 0x6982);
    bench_close(b);
}

static struct view face_file(struct bench_card *b)
{
    struct view v;
    expect(b, FACE, 0x9000);
    expect(b, FACE_BY_B, 0x9000);
    cr_assert_eq(bench_say(b, FILE_OF("2"), &v), 0x9000);
    return v;
}

Test(face, has_nine_objects_where_its_table_says)
{
    struct bench_card *b = open_card("hanako", PLASTIC);
    struct view v = face_file(b);
    cr_expect_arr_eq(v.p, "\xFF\x20\x82", 3);
    cr_expect_eq(v.n, 5u + ((size_t)v.p[3] << 8 | v.p[4]));
    cr_expect(view_equal_text(object(v, 0), "19560314"));
    cr_expect(view_equal_text(object(v, 1), "2"));
    cr_expect(view_starts(object(v, 3), VIEW("\x89PNG\r\n\x1A\n")));
    cr_expect(view_starts(object(v, 4), VIEW("\x89PNG\r\n\x1A\n")));
    cr_expect(view_starts(object(v, 5), VIEW("\x00\x00\x00\x0CjP  ")));
    cr_expect_eq(object(v, 6).n, 256);
    cr_expect(view_equal_text(object(v, 7), "20350101"));
    cr_expect(view_starts(object(v, 8), VIEW("\x89PNG")));
    bench_close(b);
}

/* Objects I to K with their tags, as they lie in the file. */
static struct view stretch(struct view file, size_t i, size_t k)
{
    const uint8_t *table = file.p + table_at(file);
    size_t from = (size_t)table[2 * i] << 8 | table[2 * i + 1], to = (size_t)table[2 * k + 2] << 8 | table[2 * k + 3];
    return view_part(file, from, to - from);
}

Test(face, signs_three_stretches_and_neither_expiry_nor_code)
{
    struct bench_card *b = open_card("hanako", PLASTIC);
    struct view v = face_file(b);
    uint8_t hashes[3 * SHA256_SIZE], hash[SHA256_SIZE];
    sha256(hashes, stretch(v, 0, 2));
    sha256(hashes + SHA256_SIZE, stretch(v, 3, 4));
    sha256(hashes + 2 * SHA256_SIZE, stretch(v, 5, 5));
    sha256(hash, VIEW_ARRAY(hashes));
    cr_expect(chip_signed(b, object(v, 6), hash));
    bench_close(b);
}

/* The pixels of the first row are the bits of the text: behind the head (33 bytes), IDAT's own head (8), zlib's (7) and
 * the filter byte. */
static bool shows(struct view png, struct view text)
{
    return view_equal(view_part(png, 33 + 8 + 7 + 1, text.n), text);
}

static bool is_picture(struct view v, const char *wanted)
{
    char path[64], command[160], line[64] = "";
    snprintf(path, sizeof path, "/tmp/picture-test-%d", (int)getpid());
    cr_assert_eq(file_write(path, v, 0600), ERR_OK);
    snprintf(command, sizeof command, "identify -format '%%m %%wx%%h' %s 2>&1", path);
    FILE *f = popen(command, "r");
    cr_assert(f && fgets(line, sizeof line, f), "identify (imagemagick) said nothing");
    pclose(f);
    unlink(path);
    if (strcmp(line, wanted) != 0)
        fprintf(stderr, "identify: %s\n", line);
    return strcmp(line, wanted) == 0;
}

Test(face, has_pictures_that_other_programs_open_and_that_show_what_they_should)
{
    struct bench_card *b = open_card("rare-kanji", PLASTIC);
    char say[64];
    struct view v;
    expect(b, FACE, 0x9000);
    snprintf(say, sizeof say, "002000920E");
    for (size_t i = 0; i < 14; i++)
        snprintf(say + 10 + 2 * i, 3, "%02X", b->persona.pins[PIN_FACE_B].p[i]);
    expect(b, say, 0x9000);
    cr_assert_eq(bench_say(b, FILE_OF("2"), &v), 0x9000);
    cr_expect(shows(object(v, 3), b->persona.name));
    cr_expect(shows(object(v, 4), b->persona.address));
    cr_expect(shows(object(v, 8), b->persona.security_code));
    snprintf(say, sizeof say, "PNG %zux%d", b->persona.name.n * 8, PICTURE_ROWS);
    cr_expect(is_picture(object(v, 3), say));
    cr_expect(is_picture(object(v, 5), "JP2 240x320"));
    bench_close(b);
}

Test(face, of_the_coming_card_opens_by_number_b_in_the_text_application_and_does_not_show_the_sex)
{
    struct bench_card *b = open_card("nextgen", PLASTIC);
    char say[64];
    struct view v;
    expect(b, TEXT, 0x9000);
    expect(b, TEXT_PIN, 0x9000);
    expect(b, "00B0880004", 0x6982);
    snprintf(say, sizeof say, "002000950E");
    for (size_t i = 0; i < 14; i++)
        snprintf(say + 10 + 2 * i, 3, "%02X", b->persona.pins[PIN_TEXT_B].p[i]);
    expect(b, say, 0x9000);
    cr_assert_eq(bench_say(b, FILE_OF("8"), &v), 0x9000);
    cr_expect(view_equal_text(object(v, 0), "20010909"));
    cr_expect_eq(object(v, 1).n, 0);
    bench_close(b);
}

/* --- the card's own data ---------------------------------------------------------------------------------------- */

Test(kinds, give_their_data_objects_and_raise_the_alarm_for_the_cards_number)
{
    struct bench_card *b = open_card("hanako", PLASTIC);
    struct view v;
    cr_assert_eq(bench_say(b, "00CA00F000", &v), 0x9000);
    cr_expect(view_equal_text(v, "27141"));
    cr_assert_eq(bench_say(b, "00CA00F200", &v), 0x9000);
    cr_expect(view_equal_text(v, "20350101"));
    cr_expect_eq(bench_say(b, "00CA7F2100", &v), 0x6700);
    cr_assert_eq(bench_say(b, "00CA7F21000000", &v), 0x9000);
    cr_expect_eq(v.n, 568);
    cr_expect_str_eq(b->alarms, "");
    expect(b, "00CA004500", 0x9000);
    cr_expect_str_eq(b->alarms, "card_serial ");
    bench_close(b);
}

Test(kinds, say_the_atr_of_their_contacts_through_the_air_too)
{
    struct bench_card *b = open_card("hanako", PLASTIC);
    struct view v;
    b->applet.options.atr = VIEW("\x3B\x88\x80\x01\x00\x00\x05\xE0\xB3\x81\xA1\x00\x7F");
    cr_assert_eq(bench_say(b, "00CA5F5100", &v), 0x9000);
    cr_expect(view_equal(v, VIEW("\xE0\x00\xFF\x81\x31\xFE\x45\x14")));
    bench_close(b);
}

Test(kinds, authenticate_their_chip_without_a_pin_in_the_common_application)
{
    struct bench_card *b = open_card("hanako", PLASTIC);
    uint8_t hash[SHA256_SIZE];
    struct view sig;
    sha256(hash, VIEW("abcd"));
    expect(b, COMMON, 0x9000);
    cr_assert_eq(bench_say(b, "00880099046162636400", &sig), 0x9000);
    cr_expect(chip_signed(b, sig, hash));
    expect(b,
           "008801990461626364"
           "00",
           0x6A86);
    expect(b,
           "0088009C0461626364"
           "00",
           0x6981);
    expect(b, "008800990461626364", 0x6700);
    bench_close(b);
}

Test(kinds, change_the_registry_pin_by_its_own_command)
{
    struct bench_card *b = open_card("hanako", PLASTIC);
    expect(b, REGISTRY, 0x9000);
    expect(b, "8032009C0435363738", 0x6982);
    expect(b, "0020009C0431323334", 0x9000);
    expect(b, "8032009C03353637", 0x6700);
    expect(b, "8032009C0435363741", 0x6A80);
    expect(b, "8032019C0435363738", 0x6A86);
    expect(b, "8032009C0435363738", 0x9000);
    applet_power_off(&b->applet);
    expect(b, COMMON, 0x9000);
    expect(b, "0020009C0431323334", 0x63C2);
    expect(b, "0020009C0435363738", 0x9000);
    expect(b, JPKI, 0x9000);
    expect(b, "002000980431323334", 0x9000);
    expect(b, "803200980435363738", 0x6982);
    bench_close(b);
}
