/* view, arena, buf, secret, base64, hex */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/base64.h"
#include "base/hex.h"
#include "base/secret.h"

static struct arena a;

static void open_arena(void)
{
    arena_open(&a, 1 << 20);
}

static void close_arena(void)
{
    arena_close(&a);
}

TestSuite(bytes, .init = open_arena, .fini = close_arena);

Test(bytes, an_absent_view_is_not_an_empty_one)
{
    cr_expect_not(view_equal(VIEW_NONE, VIEW("")));
    cr_expect(view_equal(VIEW_NONE, VIEW_NONE));
    cr_expect(view_equal(view_text(""), VIEW("")));
}

Test(bytes, pieces_keep_empty_ones)
{
    struct view rest = VIEW("a,,b"), piece;
    cr_assert(view_next(&rest, ',', &piece) && view_equal(piece, VIEW("a")));
    cr_assert(view_next(&rest, ',', &piece) && piece.n == 0);
    cr_assert(view_next(&rest, ',', &piece) && view_equal(piece, VIEW("b")));
    cr_expect_not(view_next(&rest, ',', &piece));
}

Test(bytes, the_arena_stops_at_its_ceiling)
{
    struct arena small;
    arena_open(&small, 1024);
    cr_expect_not_null(arena_alloc(&small, 1000));
    cr_expect_null(arena_alloc(&small, 100));
    cr_expect_null(arena_array(&small, SIZE_MAX / 2, 4));
    cr_expect_null(arena_alloc(&small, SIZE_MAX));
    arena_close(&small);
}

static void count_call(void *what)
{
    ++*(int *)what;
}

Test(bytes, the_arena_calls_what_was_deferred_once_and_also_when_full)
{
    int calls = 0;
    struct arena small;
    arena_open(&small, 64);
    cr_expect(arena_on_close(&small, count_call, &calls));
    cr_expect_not_null(arena_alloc(&small, 16));
    cr_expect_not(arena_on_close(&small, count_call, &calls));
    cr_expect_eq(calls, 1);
    arena_close(&small);
    cr_expect_eq(calls, 2);
}

Test(bytes, a_reset_arena_hands_out_zeroed_memory)
{
    char *p = arena_alloc(&a, 64);
    memset(p, 'x', 64);
    arena_reset(&a);
    char *q = arena_alloc(&a, 64);
    for (int i = 0; i < 64; i++)
        cr_expect_eq(q[i], 0);
}

Test(bytes, a_buffer_remembers_its_first_failure)
{
    struct buf b;
    struct view v;
    buf_open(&b, NULL, 4);
    buf_put_text(&b, "abc");
    buf_put_text(&b, "de");
    buf_put_text(&b, "f");
    cr_expect_eq(buf_done(&b, &v), ERR_LIMIT);
    cr_expect_not(view_is(v));
    buf_close(&b);
}

Test(bytes, a_buffer_holds_exactly_its_limit)
{
    struct buf b;
    const char *s;
    buf_open(&b, NULL, 4);
    buf_printf(&b, "%s", "abcd");
    cr_assert_eq(buf_done_text(&b, &s), ERR_OK);
    cr_expect_str_eq(s, "abcd");
    buf_close(&b);
}

Test(bytes, numbers_are_written_whole)
{
    struct buf b;
    const char *s;
    buf_open(&b, &a, 100);
    buf_put_int(&b, INT64_MIN);
    buf_put_byte(&b, ' ');
    buf_put_int(&b, 0);
    cr_assert_eq(buf_done_text(&b, &s), ERR_OK);
    cr_expect_str_eq(s, "-9223372036854775808 0");
    struct buf c;
    struct view v;
    buf_open(&c, &a, 100);
    buf_put_u16(&c, 0x0102);
    buf_put_u32(&c, 0x03040506);
    buf_put_u64(&c, 0x0708090A0B0C0D0E);
    cr_assert_eq(buf_done(&c, &v), ERR_OK);
    cr_expect_str_eq(hex_text(&a, v), "0102030405060708090a0b0c0d0e");
}

Test(bytes, secrets_are_equal_only_when_all_bytes_are)
{
    struct secret s;
    cr_expect_eq(secret_set(&s, VIEW("abc")), ERR_OK);
    cr_expect(secret_equal(secret_view(&s), VIEW("abc")));
    cr_expect_not(secret_equal(secret_view(&s), VIEW("abd")));
    cr_expect_not(secret_equal(secret_view(&s), VIEW("ab")));
    cr_expect_not(secret_equal(VIEW_NONE, VIEW_NONE));
    uint8_t large[SECRET_MAX + 1] = {0};
    cr_expect_eq(secret_set(&s, VIEW_ARRAY(large)), ERR_LIMIT);
    secret_wipe(&s);
    cr_expect_eq(s.n, 0);
}

/* What the kernel says of the mapping that holds P (proc_pid_smaps(5), VmFlags): "lo" locked, "dd" in no core dump. */
static bool mapping_is(const void *p, const char *flag)
{
    char line[512];
    bool is = false, here = false;
    FILE *f = fopen("/proc/self/smaps", "r");
    cr_assert(f);
    while (fgets(line, sizeof line, f)) {
        unsigned long from, to;
        if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
            here = (uintptr_t)p >= from && (uintptr_t)p < to;
        else if (here && strncmp(line, "VmFlags:", 8) == 0)
            is = strstr(line, flag) != NULL;
    }
    fclose(f);
    return is;
}

Test(bytes, what_holds_a_pin_is_neither_swapped_nor_dumped)
{
    unsigned char *p = secret_lock_alloc(48);
    cr_assert(p);
    for (size_t i = 0; i < 48; i++)
        cr_assert_eq(p[i], 0);
    p[47] = 1;
    cr_expect(mapping_is(p, " dd"));
#ifndef __SANITIZE_ADDRESS__ /* which turns mlock into nothing */
    cr_expect(mapping_is(p, " lo"));
#endif
    secret_lock_free(p, 48);
    cr_expect(!mapping_is(p, " lo"));
    secret_lock_free(NULL, 48);
}

/* RFC 4648 section 10 */
static const char *const vectors[][2] = {{"", ""},
                                         {"f", "Zg=="},
                                         {"fo", "Zm8="},
                                         {"foo", "Zm9v"},
                                         {"foob", "Zm9vYg=="},
                                         {"fooba", "Zm9vYmE="},
                                         {"foobar", "Zm9vYmFy"}};

Test(bytes, base64_agrees_with_the_rfc)
{
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        struct view back;
        cr_expect_str_eq(base64_text(&a, view_text(vectors[i][0])), vectors[i][1]);
        cr_assert_eq(base64_read(&a, view_text(vectors[i][1]), &back), ERR_OK);
        cr_expect(view_equal_text(back, vectors[i][0]));
    }
}

typedef enum err (*reader)(struct arena *, struct view, struct view *);

/* BYTE at each of the four places of a group, and at those of a short one where no bit is spare. */
static void try_byte(reader read, const char *alphabet, uint8_t byte)
{
    const char *at = byte ? strchr(alphabet, byte) : NULL;
    struct view out;
    for (unsigned place = 0; place < 4; place++) {
        uint8_t text[] = {'A', 'A', 'A', 'A'};
        text[place] = byte;
        enum err e = read(&a, VIEW_ARRAY(text), &out);
        bool pads = read == base64_read && byte == '=' && place == 3;
        cr_assert_eq(e, at || pads ? ERR_OK : ERR_SYNTAX, "byte %u at %u", byte, place);
        if (at)
            cr_assert_eq(out.p[0] << 16 | out.p[1] << 8 | out.p[2], (at - alphabet) << (18 - 6 * place));
    }
    uint8_t pair[] = {byte, 'A'};
    if (read == base64_read)
        return;
    cr_assert_eq(read(&a, VIEW_ARRAY(pair), &out), at ? ERR_OK : ERR_SYNTAX, "byte %u of a pair", byte);
    cr_assert(!at || (out.n == 1 && out.p[0] == (at - alphabet) << 2));
}

/* RFC 4648 tables 1 and 2 */
/* Six bits after six bits, as RFC 4648 4 says it. */
static const char *slowly(const uint8_t *p, size_t n, const char *alphabet)
{
    static char out[400];
    size_t letters = 0;
    for (size_t bit = 0; bit < 8 * n; bit += 6) {
        unsigned six = 0;
        for (size_t i = bit; i < bit + 6; i++)
            six = six << 1 | (i < 8 * n ? p[i / 8] >> (7 - i % 8) & 1U : 0);
        out[letters++] = alphabet[six];
    }
    out[letters] = 0;
    return out;
}

/* Pieces are written at once: every length around theirs, every value in every place of them. The bytes end where the
 * memory does. */
Test(bytes, base64_is_the_same_for_every_length_and_every_value)
{
    static const char url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t n = 1; n < 80; n++)
        for (unsigned start = 0; start < 256; start++) {
            uint8_t *p = malloc(n);
            struct view v = view_bytes(p, n), back;
            for (size_t i = 0; i < n; i++)
                p[i] = (uint8_t)(start + i * (2 * n + 1));
            arena_reset(&a);
            cr_assert_str_eq(base64url_text(&a, v), slowly(p, n, url));
            cr_assert_eq(base64url_read(&a, view_text(base64url_text(&a, v)), &back), ERR_OK);
            cr_assert(view_equal(back, v));
            const char *padded = base64_text(&a, v);
            size_t bare = strcspn(padded, "=");
            cr_assert_eq(bare, strlen(slowly(p, n, plain)));
            cr_assert_eq(strncmp(padded, slowly(p, n, plain), bare), 0);
            cr_assert_eq(strlen(padded) % 4, 0);
            free(p);
        }
}

Test(bytes, base64_knows_its_alphabet_and_no_other_byte)
{
#define SHARED "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    for (unsigned byte = 0; byte < 256; byte++) {
        try_byte(base64_read, SHARED "+/", (uint8_t)byte);
        try_byte(base64url_read, SHARED "-_", (uint8_t)byte);
    }
#undef SHARED
}

Test(bytes, base64_refuses_every_other_form)
{
    struct view out;
    static const char *const bad[] = {"Zg", "Zg=", "Zg===", "Zh==", "Z m8=", "Zm8=\n", "Zm-v", "====", "Zm8=Zm8="};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(base64_read(&a, view_text(bad[i]), &out), ERR_SYNTAX, "%s", bad[i]);
    static const char *const bad_url[] = {"Zg==", "Zh", "Z", "Zm+v", "Zm/v", "Zm8 "};
    for (size_t i = 0; i < sizeof bad_url / sizeof *bad_url; i++)
        cr_expect_eq(base64url_read(&a, view_text(bad_url[i]), &out), ERR_SYNTAX, "%s", bad_url[i]);
    cr_expect_eq(base64url_read(&a, VIEW_NONE, &out), ERR_SYNTAX);
}

Test(bytes, hex_reads_both_cases_and_nothing_else)
{
    struct view out;
    cr_assert_eq(hex_read(&a, VIEW("00fFA9"), &out), ERR_OK);
    cr_expect_str_eq(hex_text(&a, out), "00ffa9");
    cr_expect_eq(hex_read(&a, VIEW("0"), &out), ERR_SYNTAX);
    cr_expect_eq(hex_read(&a, VIEW("0g"), &out), ERR_SYNTAX);
    cr_expect_eq(hex_read(&a, VIEW("0x"), &out), ERR_SYNTAX);
}

Test(bytes, hex_is_read_into_a_place_of_its_size_only)
{
    uint8_t place[32];
    char text[66], *fine;
    memset(text, 'a', sizeof text);
    cr_expect_eq(hex_read_into(place, sizeof place, view_bytes(text, 64)), ERR_OK);
    cr_expect_eq(hex_read_into(place, sizeof place, view_bytes(text, 62)), ERR_SYNTAX);
    cr_expect_eq(hex_read_into(place, sizeof place, view_bytes(text, 65)), ERR_SYNTAX);
    cr_expect_eq(hex_read_into(place, sizeof place, view_bytes(text, 66)), ERR_SYNTAX);
    cr_expect_eq(hex_read_into(place, 0, VIEW("")), ERR_OK);
    cr_expect_eq(hex_read_into(place, 0, VIEW_NONE), ERR_SYNTAX);
    for (size_t at = 0; at < 64; at++) {
        text[at] = at % 2 ? 'g' : '/';
        cr_expect_eq(hex_read_into(place, sizeof place, view_bytes(text, 64)), ERR_SYNTAX, "%zu", at);
        text[at] = 'a';
    }
    fine = hex_text(&a, VIEW("\x00\x09\x10\x7f\x80\xff"));
    cr_expect_eq(hex_read_into(place, 6, view_text(fine)), ERR_OK);
    cr_expect_eq(memcmp(place, "\x00\x09\x10\x7f\x80\xff", 6), 0);
}
