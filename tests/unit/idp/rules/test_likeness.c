/* Which stored values make one verified person. */
#include "idp/rules/likeness.h"

#include <criterion/criterion.h>
#include <string.h>

#define KEY VIEW("0123456789abcdef0123456789abcdef")
enum { N = 4 };

static void fill(struct profile_value v[N])
{
    static const char *const values[N][2] = {{"name", "\"池田　恵\""},
                                             {"address", "{\"formatted\":\"大阪府豊中市\"}"},
                                             {"birthdate", "\"1977-11-23\""},
                                             {"gender", "\"female\""}};
    for (size_t i = 0; i < N; i++)
        v[i] = (struct profile_value){
            .field = view_text(values[i][0]), .json = view_text(values[i][1]), .source = PROFILE_CARD_SIGNED};
}

static bool is_alike(const struct profile_value *v, size_t n)
{
    struct profile_value whole[N];
    uint8_t a[SHA256_SIZE], b[SHA256_SIZE];
    fill(whole);
    cr_assert(likeness_of(a, KEY, whole, N));
    cr_assert(likeness_of(b, KEY, v, n));
    return memcmp(a, b, sizeof a) == 0;
}

Test(likeness, there_is_none_unless_every_value_is_card_signed)
{
    static const enum profile_source others[] = {PROFILE_CARD_READ, PROFILE_UPSTREAM, PROFILE_RESIDENT};
    uint8_t out[SHA256_SIZE];
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < 3; k++) {
            struct profile_value v[N];
            fill(v);
            v[i].source = others[k];
            cr_expect_not(likeness_of(out, KEY, v, N), "value %zu, source %d", i, others[k]);
        }
}

Test(likeness, there_is_none_without_name_address_or_birth_date)
{
    uint8_t out[SHA256_SIZE];
    for (size_t i = 0; i < 3; i++) {
        struct profile_value v[N];
        fill(v);
        v[i].field = VIEW("email");
        cr_expect_not(likeness_of(out, KEY, v, N), "value %zu", i);
    }
    cr_expect_not(likeness_of(out, KEY, NULL, 0));
}

Test(likeness, there_is_none_when_day_or_month_of_birth_are_unknown)
{
    uint8_t out[SHA256_SIZE];
    struct profile_value v[N];
    fill(v);
    v[2].json = VIEW("\"1977-11-00\"");
    cr_expect_not(likeness_of(out, KEY, v, N));
    v[2].json = VIEW("\"1977-00-00\"");
    cr_expect_not(likeness_of(out, KEY, v, N));
}

Test(likeness, each_value_counts)
{
    for (size_t i = 0; i < N; i++) {
        struct profile_value v[N];
        fill(v);
        v[i].json = VIEW("\"other\"");
        cr_expect_not(is_alike(v, N), "value %zu", i);
        fill(v);
        v[i].substitutes = VIEW("010");
        cr_expect_not(is_alike(v, N), "substitutes of value %zu", i);
    }
}

Test(likeness, a_sex_that_is_not_stated_is_like_no_stated_one)
{
    struct profile_value v[N];
    fill(v);
    cr_expect_not(is_alike(v, N - 1));
}

Test(likeness, another_key_gives_another_digest)
{
    struct profile_value v[N];
    uint8_t a[SHA256_SIZE], b[SHA256_SIZE];
    fill(v);
    cr_assert(likeness_of(a, KEY, v, N));
    cr_assert(likeness_of(b, VIEW("another key of thirty-two bytes!"), v, N));
    cr_expect(memcmp(a, b, sizeof a) != 0);
}

Test(likeness, order_and_other_fields_and_the_day_of_reading_do_not_count)
{
    struct profile_value v[N + 1], first;
    fill(v);
    first = v[0];
    v[0] = v[3];
    v[3] = first;
    v[1].as_of = VIEW("2026-11-22");
    v[N] = (struct profile_value){.field = VIEW("email"), .json = VIEW("\"a@b\""), .source = PROFILE_RESIDENT};
    cr_expect(is_alike(v, N + 1));
}
