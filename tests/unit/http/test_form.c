#include <criterion/criterion.h>
#include <stdio.h>

#include "http/form.h"

static struct arena arena;
static const struct form *form;
static struct form_fault fault;
static const struct form_limits limits = {.params_max = 4, .name_max = 8, .value_max = 10};

static enum err read_bytes(struct view raw)
{
    arena_close(&arena);
    arena_open(&arena, 65536);
    return form_read(&form, &arena, raw, &limits, &fault);
}
#define READ(LITERAL) read_bytes(VIEW(LITERAL))

static void expect_refused(struct view raw, const char *name, const char *rule)
{
    cr_expect_neq(read_bytes(raw), ERR_OK, "%.*s", (int)raw.n, (const char *)raw.p);
    cr_expect(view_equal(fault.name, view_text(name)), "%.*s", (int)raw.n, (const char *)raw.p);
    cr_expect_eq(fault.rule, rule, "%.*s: %s", (int)raw.n, (const char *)raw.p, fault.rule);
    cr_expect_eq(form->n, 0, "nothing of a refused form is handed out");
}

Test(form, refuses_a_name_twice_however_it_is_written)
{
    expect_refused(VIEW("a=1&a=1"), "a", form_rule_duplicate);
    expect_refused(VIEW("a&a"), "a", form_rule_duplicate);
    expect_refused(VIEW("a+b=1&a%20b=1"), "a b", form_rule_duplicate);
    expect_refused(VIEW("b=1&%61=1&a=2"), "a", form_rule_duplicate);
}

Test(form, takes_one_name_several_times_only_where_it_may)
{
    const struct form_limits with = {.params_max = 4, .name_max = 8, .value_max = 10, .repeated = "a"};
    struct view value;
    size_t at = 0;

    arena_close(&arena);
    arena_open(&arena, 65536);
    cr_expect_eq(form_read(&form, &arena, VIEW("a=1&b=1&b=2"), &with, &fault), ERR_SYNTAX);
    cr_expect_eq(fault.rule, form_rule_duplicate);
    cr_expect_eq(form_read(&form, &arena, VIEW("a=1&b=2&%61=3&a=1"), &with, &fault), ERR_OK);
    for (const char *const *wanted = (const char *const[]){"1", "3", "1", NULL}; *wanted; wanted++) {
        cr_assert(form_each(form, "a", &at, &value), "%s", *wanted);
        cr_expect(view_equal_text(value, *wanted), "%s", *wanted);
    }
    cr_expect_not(form_each(form, "a", &at, &value));
    cr_expect(view_equal_text(form_get(form, "a"), "1"));
    const struct form_limits two = {.params_max = 4, .name_max = 8, .value_max = 10, .repeated = "a bc"};
    cr_expect_eq(form_read(&form, &arena, VIEW("bc=1&a=1&bc=2&a=2"), &two, &fault), ERR_OK);
    cr_expect_eq(form_read(&form, &arena, VIEW("b=1&b=2"), &two, &fault), ERR_SYNTAX);
    cr_expect_eq(form_read(&form, &arena, VIEW("a+bc=1&a+bc=2"), &two, &fault), ERR_SYNTAX, "no name of the two");
}

static const char *rule_of(int c)
{
    if (c >= 0x80)
        return form_rule_utf8;
    return c == '%' ? form_rule_percent : c ? NULL : form_rule_nul;
}

/* Every byte wherever it stands, in a name and in a value, since sixteen are looked at together. */
static void try_byte(int c, size_t n, size_t at, bool is_name)
{
    const struct form_limits wide = {.params_max = 4, .name_max = 40, .value_max = 40};
    char text[48], wanted[48];
    memset(text, c % 2 ? 0x7F : 1, sizeof text); /* the last and the first that stand for themselves */
    size_t from = is_name ? 0 : 2;
    memcpy(text, "a=", from);
    text[from + at] = (char)c;
    memcpy(wanted, text + from, n);
    wanted[at] = c == '+' ? ' ' : (char)c;
    if (is_name)
        memcpy(text + n, "=1", 2);
    arena_close(&arena);
    arena_open(&arena, 65536);
    enum err e = form_read(&form, &arena, view_bytes(text, n + 2), &wide, &fault);
    cr_assert_eq(fault.rule, rule_of(c), "%d in %zu at %zu: %s", c, n, at, fault.rule);
    cr_assert_eq(e, rule_of(c) ? ERR_SYNTAX : ERR_OK);
    if (!e)
        cr_assert(view_equal(is_name ? form->items[0].name : form->items[0].value, view_bytes(wanted, n)),
                  "%d in %zu at %zu", c, n, at);
}

Test(form, reads_a_byte_alike_wherever_it_stands)
{
    for (int c = 0; c < 256; c++)
        for (size_t n = 1; n < 36; n++)
            for (size_t at = 0; at < n && c != '&' && c != '='; at++) {
                try_byte(c, n, at, true);
                try_byte(c, n, at, false);
            }
}

Test(form, refuses_bad_percent_signs)
{
    expect_refused(VIEW("a=%"), "a", form_rule_percent);
    expect_refused(VIEW("a=%4"), "a", form_rule_percent);
    expect_refused(VIEW("a=%4&b=1"), "a", form_rule_percent);
    expect_refused(VIEW("a=%g0"), "a", form_rule_percent);
    expect_refused(VIEW("a=%0g"), "a", form_rule_percent);
    expect_refused(VIEW("a=%%20"), "a", form_rule_percent);
    expect_refused(VIEW("a%=1"), NULL, form_rule_percent);
    expect_refused(VIEW("a=%u3042"), "a", form_rule_percent);
}

Test(form, refuses_nul_in_any_writing)
{
    expect_refused(VIEW("a=%00"), "a", form_rule_nul);
    expect_refused(VIEW("a=1%00"), "a", form_rule_nul);
    expect_refused(VIEW("a=1\0"), "a", form_rule_nul);
    expect_refused(VIEW("a%00=1"), NULL, form_rule_nul);
}

Test(form, refuses_what_is_not_utf8)
{
    expect_refused(VIEW("a=%FF"), "a", form_rule_utf8);
    expect_refused(VIEW("a=\xff"), "a", form_rule_utf8);
    expect_refused(VIEW("a=%C0%AF"), "a", form_rule_utf8);
    expect_refused(VIEW("a=%ED%A0%80"), "a", form_rule_utf8);
    expect_refused(VIEW("a=%E7%8E"), "a", form_rule_utf8);
    expect_refused(VIEW("%FF=1"), NULL, form_rule_utf8);
}

Test(form, refuses_too_long_and_too_many)
{
    expect_refused(VIEW("a=12345678901"), "a", form_rule_long);
    expect_refused(VIEW("123456789=1"), NULL, form_rule_long);
    expect_refused(VIEW("a&b&c&d&e"), NULL, form_rule_many);
    cr_expect_eq(READ("a=1234567890"), ERR_OK);
    cr_expect_eq(READ("a=%31%32%33%34%35%36%37%38%39%30"), ERR_OK, "the limit counts decoded bytes");
    cr_expect_eq(READ("a&b&c&d"), ERR_OK);
    cr_expect_eq(READ("&&&a&&&b&&"), ERR_OK, "empty pieces are no parameters");
    cr_expect_eq(form->n, 2);
}

Test(form, refuses_a_value_without_a_name)
{
    expect_refused(VIEW("=1"), NULL, form_rule_name);
    expect_refused(VIEW("a=1&="), NULL, form_rule_name);
}

Test(form, decodes_names_and_values)
{
    cr_assert_eq(READ("a=x+y%2B&n%C3%A9=%e7%8e%84&c=1=2&d"), ERR_OK);
    cr_expect_eq(form->n, 4);
    cr_expect(view_equal_text(form_get(form, "a"), "x y+"));
    cr_expect(view_equal_text(form_get(form, "né"), "玄"));
    cr_expect(view_equal_text(form_get(form, "c"), "1=2"));
    cr_expect_not(view_is(form_get(form, "d")));
    cr_expect(view_is(form_find(form, "d")));
    cr_expect_eq(form_find(form, "d").n, 0);
}

Test(form, treats_an_empty_value_as_not_sent)
{
    cr_assert_eq(READ("a=&b=1"), ERR_OK);
    cr_expect_not(view_is(form_get(form, "a")));
    cr_expect(view_is(form_find(form, "a")));
    cr_expect_not(view_is(form_find(form, "zz")));
    cr_expect_not(view_is(form_get(NULL, "a")));
}

Test(form, does_not_mix_up_names_that_start_alike)
{
    cr_assert_eq(READ("ab=1&a=2"), ERR_OK);
    cr_expect(view_equal_text(form_get(form, "a"), "2"));
    cr_expect(view_equal_text(form_get(form, "ab"), "1"));
    cr_expect_not(view_is(form_get(form, "abc")));
    cr_assert_eq(READ("a=1&ab=2&b=3&abc=4"), ERR_OK);
    cr_expect(view_equal_text(form_get(form, "ab"), "2"));
    cr_expect(view_equal_text(form_get(form, "abc"), "4"));
}

/* 65 bytes and 1 byte have the same bit in form->lengths. */
Test(form, finds_names_of_lengths_that_share_a_bit)
{
    char raw[80], name[66];
    struct view value;
    size_t at = 0;
    memset(name, 'a', 65);
    name[65] = 0;
    snprintf(raw, sizeof raw, "%s=1", name);
    const struct form_limits wide = {.params_max = 4, .name_max = 70, .value_max = 70};
    arena_open(&arena, 65536);
    cr_assert_eq(form_read(&form, &arena, view_text(raw), &wide, &fault), ERR_OK);
    cr_expect(view_equal_text(form_get(form, name), "1"));
    cr_expect_not(view_is(form_get(form, "a")));
    cr_expect_not(view_is(form_get(form, "")));
    cr_expect(form_each(form, name, &at, &value));
    cr_expect_not(form_each(form, name, &at, &value));
    cr_expect_not(form_each(NULL, name, &at, &value));
    cr_expect_not(view_is(form_get(NULL, name)));
}

Test(form, reads_nothing_as_an_empty_form)
{
    cr_expect_eq(read_bytes(VIEW_NONE), ERR_OK);
    cr_expect_eq(form->n, 0);
    cr_expect_eq(READ(""), ERR_OK);
    cr_expect_eq(form->n, 0);
}

Test(form, says_when_the_arena_is_full)
{
    struct arena tiny;
    arena_open(&tiny, 8);
    cr_expect_eq(form_read(&form, &tiny, VIEW("a=1"), &limits, &fault), ERR_MEMORY);
    cr_expect_null(fault.rule);
    arena_close(&tiny);
}
