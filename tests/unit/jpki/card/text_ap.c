#include "jpki/card/text_ap.h"

#include <criterion/criterion.h>

/* A file as the card has it: LONG: lengths as 82 hh ll. */
struct made {
    uint8_t b[2048];
    size_t n;
};

static void put(struct made *m, const void *p, size_t n)
{
    memcpy(m->b + m->n, p, n);
    m->n += n;
}

static void put_head(struct made *m, uint16_t tag, size_t n, bool long_form)
{
    const uint8_t h[] = {(uint8_t)(tag >> 8), (uint8_t)tag, 0x82, (uint8_t)(n >> 8), (uint8_t)n};
    const uint8_t s[] = {(uint8_t)(tag >> 8), (uint8_t)tag, 0x81, (uint8_t)n};
    const uint8_t t[] = {(uint8_t)(tag >> 8), (uint8_t)tag, (uint8_t)n};
    if (long_form)
        put(m, h, sizeof h);
    else if (n > 127)
        put(m, s, sizeof s);
    else
        put(m, t, sizeof t);
}

static struct made make(const char *const items[4], bool long_form)
{
    struct made in = {.n = 0}, out = {.n = 0};
    uint16_t offsets[4];
    size_t inner = 0, head = long_form ? 5 : 3;
    for (int i = 0; i < 4; i++) {
        struct made one = {.n = 0};
        put_head(&one, 0xDF22, strlen(items[i]), long_form);
        inner += one.n + strlen(items[i]);
    }
    inner += head + 8;
    put_head(&out, 0xFF20, inner, long_form);
    size_t at = out.n + head + 8;
    for (int i = 0; i < 4; i++) {
        offsets[i] = (uint16_t)(at + in.n);
        put_head(&in, (uint16_t)(0xDF22 + i), strlen(items[i]), long_form);
        put(&in, items[i], strlen(items[i]));
    }
    put_head(&out, 0xDF21, 8, long_form);
    for (int i = 0; i < 4; i++)
        put(&out, (uint8_t[]){(uint8_t)(offsets[i] >> 8), (uint8_t)offsets[i]}, 2);
    put(&out, in.b, in.n);
    return out;
}

static const char *const hanako[4] = {"大阪　花子", "大阪府堺市堺区南瓦町３－１", "19800217", "2"};

static struct view view_of(const struct made *m)
{
    return view_bytes(m->b, m->n);
}

Test(text_ap, reads_the_four_items_in_either_length_form)
{
    for (int form = 0; form < 2; form++) {
        struct made m = make(hanako, form == 1);
        struct card_text t;
        size_t size;
        cr_assert(!text_ap_size(view_of(&m), &size));
        cr_expect_eq(size, m.n);
        cr_assert(!text_ap_read(&t, view_of(&m)));
        cr_expect(view_equal_text(t.name, hanako[0]) && view_equal_text(t.address, hanako[1]));
        cr_expect(view_equal_text(t.birthdate, hanako[2]) && view_equal_text(t.gender, hanako[3]));
    }
}

Test(text_ap, tolerates_filler_behind_the_object)
{
    struct made m = make(hanako, false);
    struct card_text t;
    memset(m.b + m.n, 0xFF, 64);
    m.n += 64;
    cr_expect_eq(text_ap_read(&t, view_of(&m)), ERR_OK);
}

Test(text_ap, leaves_out_what_it_cannot_vouch_for)
{
    static const char *const odd[][4] = {{"\xFF\xFE", "address", "19800217", "1"}, {"name", "", "19800217", "1"},
                                         {"name", "address", "1980 217", "1"},     {"name", "address", "198002", "1"},
                                         {"name", "address", "19800217", "X"},     {"name", "address", "19800217", ""}};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        struct made m = make(odd[i], false);
        struct card_text t;
        cr_assert(!text_ap_read(&t, view_of(&m)), "%zu", i);
        int missing = !t.name.p + !t.address.p + !t.birthdate.p + !t.gender.p;
        cr_expect_eq(missing, 1, "%zu: %d", i, missing);
    }
    static const char *const unknown[4] = {"name", "address", "19800000", "9"};
    struct made m = make(unknown, false);
    struct card_text t;
    cr_assert(!text_ap_read(&t, view_of(&m)));
    cr_expect(view_equal_text(t.birthdate, "19800000"), "an unknown day is not invented");
}

Test(text_ap, refuses_every_cut)
{
    struct made m = make(hanako, true);
    for (size_t n = 0; n < m.n; n++) {
        struct card_text t;
        cr_expect_eq(text_ap_read(&t, view_bytes(m.b, n)), ERR_SYNTAX, "%zu of %zu bytes", n, m.n);
        cr_expect(!t.name.p);
    }
}

Test(text_ap, refuses_an_object_that_claims_more_than_was_read)
{
    struct made m = make(hanako, false);
    struct card_text t;
    m.b[2]++;
    cr_expect_eq(text_ap_read(&t, view_of(&m)), ERR_SYNTAX);
}

Test(text_ap, refuses_offsets_that_point_elsewhere)
{
    struct made good = make(hanako, false);
    static const uint16_t bad[] = {0, 1, 3, 0x00FF, 0x7FFF, 0xFFFF};
    for (size_t item = 0; item < 4; item++)
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
            struct made m = good;
            struct card_text t;
            m.b[6 + 2 * item] = (uint8_t)(bad[i] >> 8);
            m.b[7 + 2 * item] = (uint8_t)bad[i];
            cr_expect_eq(text_ap_read(&t, view_of(&m)), ERR_SYNTAX, "item %zu at %u", item, bad[i]);
        }
}

Test(text_ap, refuses_lengths_beyond_the_limit_and_strange_forms)
{
    size_t size;
    cr_expect_eq(text_ap_size(VIEW("\xFF\x20\x82\x08\x01"), &size), ERR_LIMIT);
    cr_expect_eq(text_ap_size(VIEW("\xFF\x20\x82\xFF\xFF"), &size), ERR_LIMIT);
    cr_expect_eq(text_ap_size(VIEW("\xFF\x20\x83\x00\x00\x10"), &size), ERR_SYNTAX);
    cr_expect_eq(text_ap_size(VIEW("\xFF\x20\x80"), &size), ERR_SYNTAX);
    cr_expect_eq(text_ap_size(VIEW("\xFF\x10\x0C"), &size), ERR_SYNTAX, "the individual number's file");
    cr_expect_eq(text_ap_size(VIEW("\xFF\x20\x82\x01"), &size), ERR_SYNTAX);
    cr_expect_eq(text_ap_size(VIEW("\xFF\x20"), &size), ERR_SYNTAX);
    cr_expect_eq(text_ap_size(VIEW_NONE, &size), ERR_SYNTAX);
}
