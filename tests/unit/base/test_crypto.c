/* hash, seal, chance, clock */
#include <criterion/criterion.h>

#include "base/chance.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/hex.h"
#include "base/seal.h"

static struct arena a;

static void open_arena(void)
{
    arena_open(&a, 1 << 20);
}

static void close_arena(void)
{
    arena_close(&a);
}

TestSuite(crypto, .init = open_arena, .fini = close_arena);

Test(crypto, digests_agree_with_fips_180_4)
{
    uint8_t d[SHA256_SIZE], e[SHA384_SIZE];
    sha256(d, VIEW("abc"));
    cr_expect_str_eq(hex_text(&a, VIEW_ARRAY(d)), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    struct view pieces[] = {VIEW("a"), VIEW(""), VIEW_NONE, VIEW("bc")};
    sha256_of(d, pieces, 4);
    cr_expect_str_eq(hex_text(&a, VIEW_ARRAY(d)), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha384(e, VIEW("abc"));
    cr_expect_str_eq(hex_text(&a, VIEW_ARRAY(e)), "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                                                  "8086072ba1e7cc2358baeca134c825a7");
}

/* RFC 4231 cases 2 and 6 (key longer than a block) */
Test(crypto, hmac_agrees_with_rfc_4231)
{
    uint8_t d[SHA256_SIZE], key[131];
    hmac_sha256(d, VIEW("Jefe"), VIEW("what do ya want for nothing?"));
    cr_expect_str_eq(hex_text(&a, VIEW_ARRAY(d)), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    hmac_sha256(d, VIEW_ARRAY(key), VIEW("Test Using Larger Than Block-Size Key - Hash Key First"));
    cr_expect_str_eq(hex_text(&a, VIEW_ARRAY(d)), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

/* Whatever was hashed with it before. */
Test(crypto, a_key_for_many_texts_gives_what_the_key_gives_for_each)
{
    static const char letters[] =
        "what do ya want for nothing? Test Using Larger Than Block-Size Key - Hash Key First, "
        "and so on until the second block is full and a third one is begun, too";
    uint8_t d[SHA256_SIZE], wanted[SHA256_SIZE], bytes[131];
    struct hmac_key k, other;
    memset(bytes, 0xaa, sizeof bytes);
    hmac_key_set(&other, VIEW("Jeff"));
    for (size_t n = 0; n <= sizeof bytes; n++) {
        hmac_key_set(&k, view_bytes(bytes, n));
        for (size_t m = 0; m < sizeof letters; m += 31) {
            const struct view pieces[] = {view_bytes(letters, m / 2), VIEW_NONE,
                                          view_bytes(letters + m / 2, m - m / 2)};
            hmac_sha256_of(wanted, view_bytes(bytes, n), pieces, 3);
            hmac_sha256_with(d, &k, pieces, 3);
            cr_assert_arr_eq(d, wanted, sizeof d, "%zu, %zu", n, m);
            hmac_sha256_with(d, &other, pieces, 3);
            cr_assert_arr_neq(d, wanted, sizeof d);
        }
    }
    hmac_key_set(&k, VIEW("Jefe"));
    for (int i = 0; i < 3; i++) {
        hmac_sha256_with(d, &k, &VIEW("what do ya want for nothing?"), 1); /* RFC 4231 case 2 */
        cr_expect_str_eq(hex_text(&a, VIEW_ARRAY(d)),
                         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }
    hmac_key_set(&k, VIEW_ARRAY(bytes));
    hmac_sha256_with(d, &k, &VIEW("Test Using Larger Than Block-Size Key - Hash Key First"), 1); /* case 6 */
    cr_expect_str_eq(hex_text(&a, VIEW_ARRAY(d)), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

/* RFC 5869 case 3 (no salt, no info) */
Test(crypto, hkdf_agrees_with_rfc_5869)
{
    uint8_t key[22], out[42];
    memset(key, 0x0b, sizeof key);
    hkdf_sha256(out, sizeof out, VIEW_ARRAY(key), VIEW(""));
    cr_expect_str_eq(hex_text(&a, VIEW_ARRAY(out)), "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
                                                    "9d201395faa4b61a96c8");
}

static const uint8_t key[SEAL_KEY_SIZE] = {1, 2, 3}, other_key[SEAL_KEY_SIZE] = {1, 2, 4};

Test(crypto, a_sealed_value_opens_only_with_its_key_and_its_place)
{
    struct view sealed, plain;
    cr_assert_eq(seal_write(&a, VIEW_ARRAY(key), VIEW("r1/name"), VIEW("大阪　花子"), &sealed), ERR_OK);
    cr_expect_eq(sealed.n, sizeof "大阪　花子" - 1 + SEAL_OVERHEAD);
    cr_assert_eq(seal_read(&a, VIEW_ARRAY(key), VIEW("r1/name"), sealed, &plain), ERR_OK);
    cr_expect(view_equal_text(plain, "大阪　花子"));
    cr_expect_eq(seal_read(&a, VIEW_ARRAY(other_key), VIEW("r1/name"), sealed, &plain), ERR_MISMATCH);
    cr_expect_eq(seal_read(&a, VIEW_ARRAY(key), VIEW("r2/name"), sealed, &plain), ERR_MISMATCH);
}

Test(crypto, no_changed_or_shortened_sealed_value_opens)
{
    struct view sealed, plain;
    cr_assert_eq(seal_write(&a, VIEW_ARRAY(key), VIEW("x"), VIEW("value"), &sealed), ERR_OK);
    uint8_t *copy = arena_alloc(&a, sealed.n);
    for (size_t i = 0; i < sealed.n; i++) {
        memcpy(copy, sealed.p, sealed.n);
        copy[i] ^= 1;
        cr_expect_neq(seal_read(&a, VIEW_ARRAY(key), VIEW("x"), view_bytes(copy, sealed.n), &plain), ERR_OK, "byte %zu",
                      i);
        cr_expect_neq(seal_read(&a, VIEW_ARRAY(key), VIEW("x"), view_part(sealed, 0, i), &plain), ERR_OK, "length %zu",
                      i);
    }
    cr_expect_eq(seal_read(&a, VIEW_ARRAY(key), VIEW("x"), VIEW_NONE, &plain), ERR_SYNTAX);
}

Test(crypto, an_empty_value_can_be_sealed)
{
    struct view sealed, plain;
    cr_assert_eq(seal_write(&a, VIEW_ARRAY(key), VIEW("x"), VIEW(""), &sealed), ERR_OK);
    cr_assert_eq(seal_read(&a, VIEW_ARRAY(key), VIEW("x"), sealed, &plain), ERR_OK);
    cr_expect_eq(plain.n, 0);
}

Test(crypto, keys_that_are_used_again_are_never_taken_for_one_another)
{
    uint8_t keys[7][SEAL_KEY_SIZE] = {{0}}; /* more than a thread keeps */
    struct view sealed[7], plain, once;
    for (uint8_t i = 0; i < 7; i++) {
        keys[i][31] = i;
        cr_assert_eq(seal_write_again(&a, VIEW_ARRAY(keys[i]), VIEW("x"), view_bytes(&i, 1), &sealed[i]), ERR_OK);
    }
    for (size_t k = 0; k < 40; k++) {
        size_t i = k * 3 % 7, other = (i + 1 + k % 6) % 7;
        cr_expect_eq(seal_read_again(&a, VIEW_ARRAY(keys[other]), VIEW("x"), sealed[i], &plain), ERR_MISMATCH);
        cr_expect_eq(seal_read_again(&a, VIEW_ARRAY(keys[i]), VIEW("y"), sealed[i], &plain), ERR_MISMATCH);
        cr_assert_eq(seal_read_again(&a, VIEW_ARRAY(keys[i]), VIEW("x"), sealed[i], &plain), ERR_OK);
        cr_expect(plain.n == 1 && plain.p[0] == i);
        if (k % 4 == 0)
            seal_forget(VIEW_ARRAY(keys[i]));
        cr_assert_eq(
            seal_write_again(&a, VIEW_ARRAY(keys[i]), VIEW("x"), view_bytes((uint8_t[]){(uint8_t)i}, 1), &once),
            ERR_OK);
        cr_expect(memcmp(once.p + 1, sealed[i].p + 1, 12) != 0, "a nonce came twice");
        cr_assert_eq(seal_read(&a, VIEW_ARRAY(keys[i]), VIEW("x"), once, &plain), ERR_OK);
        cr_expect(plain.n == 1 && plain.p[0] == i);
    }
}

Test(crypto, chance_gives_fresh_values_of_the_right_form)
{
    char u[37], v[37];
    cr_expect_eq(strlen(chance_id(&a)), 22);
    cr_expect_eq(strlen(chance_ticket(&a)), 43);
    cr_expect_str_neq(chance_ticket(&a), chance_ticket(&a));
    chance_uuid(u);
    chance_uuid(v);
    cr_expect_eq(strlen(u), 36);
    cr_expect_eq(u[14], '4');
    cr_expect(strchr("89ab", u[19]));
    cr_expect_str_neq(u, v);
}

Test(crypto, clocks_speak_utc_and_japans_date)
{
    struct clock_fake f = {0};
    struct clock c = clock_of_fake(&f);
    clock_fake_set(&f, 1795359600000); /* 2026-11-22T15:00:00Z is the 23rd in Japan */
    cr_expect_str_eq(clock_utc_text(&a, clock_s(&c)), "2026-11-22T15:00:00Z");
    cr_expect_str_eq(clock_jst_date(&a, clock_s(&c)), "2026-11-23");
    clock_fake_add(&f, -1);
    cr_expect_str_eq(clock_jst_date(&a, clock_s(&c)), "2026-11-22");
}
