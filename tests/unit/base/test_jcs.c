/* The test data of RFC 8785, as far as our JSON goes: whole numbers only. */
#include <criterion/criterion.h>

#include "base/file.h"
#include "base/json.h"

static struct arena a;

static void open_arena(void)
{
    arena_open(&a, 4 << 20);
}

static void close_arena(void)
{
    arena_close(&a);
}

TestSuite(jcs, .init = open_arena, .fini = close_arena);

static struct view vector(const char *name, const char *kind)
{
    struct view v;
    const char *path = arena_printf(&a, SOURCE_DIR "/tests/vectors/jcs/%s.%s.json", name, kind);
    cr_assert_eq(file_read(&a, path, 65536, &v), ERR_OK, "%s", path);
    while (v.n > 0 && v.p[v.n - 1] == '\n')
        v.n--;
    return v;
}

static enum err canonical(struct view *out, struct view text)
{
    struct json *j;
    struct buf b;
    enum err err = json_read(&j, &a, text, NULL);
    if (err)
        return err;
    buf_open(&b, &a, 65536);
    json_put_canonical(&b, j);
    return buf_done(&b, out);
}

Test(jcs, published_inputs_give_the_published_outputs)
{
    static const char *const names[] = {"arrays", "french", "unicode", "weird"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct view got, wanted = vector(names[i], "output");
        cr_assert_eq(canonical(&got, vector(names[i], "input")), ERR_OK, "%s", names[i]);
        cr_expect(view_equal(got, wanted), "%s: %.*s", names[i], (int)got.n, got.p);
        cr_assert_eq(canonical(&got, wanted), ERR_OK);
        cr_expect(view_equal(got, wanted), "%s: canonical twice is canonical", names[i]);
    }
}

Test(jcs, fractions_are_refused_since_nothing_of_ours_has_one)
{
    struct view got;
    cr_expect_neq(canonical(&got, vector("values", "input")), ERR_OK);
    cr_expect_neq(canonical(&got, vector("structures", "input")), ERR_OK);
    cr_expect_neq(canonical(&got, VIEW("{\"a\":1.0}")), ERR_OK);
    cr_expect_neq(canonical(&got, VIEW("[1e3]")), ERR_OK);
}

/* `structures` with its one fraction, 56.0, written as the number it is. */
Test(jcs, nested_structures_are_sorted_at_every_depth)
{
    struct view in = vector("structures", "input"), out = vector("structures", "output"), got;
    const uint8_t *at = memmem(in.p, in.n, "56.0", 4);
    cr_assert_not_null(at);
    size_t n = (size_t)(at - in.p);
    const char *text =
        arena_printf(&a, "%.*s56%.*s", (int)n, (const char *)in.p, (int)(in.n - n - 4), (const char *)at + 4);
    cr_assert_eq(canonical(&got, view_text(text)), ERR_OK);
    cr_expect(view_equal(got, out), "%.*s", (int)got.n, got.p);
}
