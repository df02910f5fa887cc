#include <criterion/criterion.h>
#include <stdio.h>

#include "base/trace.h"

#define TRACE  "4bf92f3577b34da6a3ce929d0e0e4736"
#define CALLER "00f067aa0ba902b7"
#define GOOD   "00-" TRACE "-" CALLER "-01"

static struct trace t;

static bool joins(const char *parent)
{
    trace_begin(&t, 1, 2);
    bool joined = trace_join(&t, view_text(parent));
    cr_expect_str_eq(t.span, "0000000000000002", "the id of the request is always ours");
    cr_expect_str_eq(t.trace, joined ? TRACE : "00000000000000010000000000000002", "%s", parent);
    cr_expect(joined || !t.sampled);
    return joined;
}

static const char *state_of(const char *header)
{
    trace_begin(&t, 1, 2);
    trace_join_state(&t, &(struct view){(const uint8_t *)header, strlen(header)}, 1);
    return t.state;
}

/* W3C Trace Context 3.2.2 and 3.2.4: of anything else the trace is restarted. */
Test(trace, a_parent_that_is_malformed_restarts_it)
{
    static const char *const bad[] = {
        "",
        "00",
        "garbage",
        "00-" TRACE "-" CALLER,
        "00-" TRACE "-" CALLER "-",
        "00-" TRACE "-" CALLER "-1",
        "00-" TRACE "-" CALLER "-010",
        "00-" TRACE "-" CALLER "-01-",
        "00-" TRACE "-" CALLER "-01-what-more",
        "ff-" TRACE "-" CALLER "-01",
        "0-" TRACE "-" CALLER "-01 ",
        "0g-" TRACE "-" CALLER "-01",
        "0A-" TRACE "-" CALLER "-01",
        "cc-" TRACE "-" CALLER "-0",
        "cc-" TRACE "-" CALLER "-01.what",
        "cc-" TRACE "-" CALLER "-0x-more",
        "00-00000000000000000000000000000000-" CALLER "-01",
        "00-" TRACE "-0000000000000000-01",
        "00-4BF92f3577b34da6a3ce929d0e0e4736-" CALLER "-01",
        "00-" TRACE "-00F067aa0ba902b7-01",
        "00-" TRACE "-" CALLER "-0X",
        "00-" TRACE "-" CALLER "-.0",
        "00_" TRACE "-" CALLER "-01",
        "00-" TRACE "_" CALLER "-01",
        "00-" TRACE "-" CALLER "_01",
        "00-" TRACE "0-" CALLER "-0",
        " " GOOD,
        GOOD " ",
        GOOD "," GOOD,
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not(joins(bad[i]), "%s", bad[i]);
    cr_expect_not(trace_join(&t, VIEW_NONE));
}

Test(trace, goes_on_with_what_is_well_formed_also_of_a_later_version)
{
    static const struct {
        const char *parent;
        bool sampled;
    } good[] = {{GOOD, true},
                {"00-" TRACE "-" CALLER "-00", false},
                {"00-" TRACE "-" CALLER "-fe", false},
                {"00-" TRACE "-" CALLER "-09", true},
                {"01-" TRACE "-" CALLER "-01", true},
                {"cc-" TRACE "-" CALLER "-01-what-more", true}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        cr_expect(joins(good[i].parent), "%s", good[i].parent);
        cr_expect_eq(t.sampled, good[i].sampled, "%s", good[i].parent);
    }
}

/* 3.4: another parent-id each time, version 00, no flag but the one that is known. */
Test(trace, tells_others_its_id_with_a_new_one_for_each_request)
{
    char one[TRACE_PARENT_SIZE], two[TRACE_PARENT_SIZE], span[17];
    cr_assert(joins("cc-" TRACE "-" CALLER "-ff-more"));
    trace_write_parent(one, span, &t);
    trace_write_parent(two, span, &t);
    cr_expect_eq(strncmp(one, "00-" TRACE "-", 36), 0, "%s", one);
    cr_expect_str_eq(one + 52, "-01");
    cr_expect_eq(strncmp(two + 36, span, 16), 0);
    cr_expect_neq(strncmp(one + 36, two + 36, 16), 0);
    cr_expect_neq(strncmp(one + 36, CALLER, 16), 0);
    cr_expect(trace_join(&t, view_text(one)), "what we write we read");
}

/* 3.3.1: what cannot be read is dropped as a whole, and the parent stays. */
Test(trace, a_state_that_is_malformed_is_dropped)
{
    static const char *const bad[] = {
        "a",
        "a=",
        "=1",
        "a=1,b",
        "A=1",
        "1a=1",
        "a b=1",
        "a=1=2",
        "a=\x7F",
        "a=\t1",
        "a=1,a=2",
        "@s=1",
        "t@=1",
        "t@1s=1",
        "t@s@u=1",
        "t@abcdefghijklmno=1",
        "a=caf\xC3\xA9",
        "a =1",
        "a= ",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_str_eq(state_of(bad[i]), "", "%s", bad[i]);
    char long_key[300] = "", long_value[300] = "a=";
    memset(long_key, 'k', 257);
    strcpy(long_key + 257, "=1");
    memset(long_value + 2, 'v', 257);
    long_value[259] = 0;
    cr_expect_str_eq(state_of(long_key), "");
    cr_expect_str_eq(state_of(long_value), "");
    char many[33 * 8] = "";
    for (int i = 0; i < 33; i++)
        sprintf(many + strlen(many), "%sk%d=1", i ? "," : "", i);
    cr_expect_str_eq(state_of(many), "", "more than 32");
    *strrchr(many, ',') = 0;
    cr_expect_str_eq(state_of(many), many, "32");
}

Test(trace, a_state_is_passed_on_in_its_order)
{
    cr_expect_str_eq(state_of("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"), "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE");
    cr_expect_str_eq(state_of(" a=1\t, ,,b= 2 , 0t*/_-@s-1=!~"), "a=1,b= 2,0t*/_-@s-1=!~");
    cr_expect_str_eq(state_of(""), "");
    const struct view two[] = {VIEW("a=1"), VIEW(" "), VIEW("b=2,c=3")};
    trace_join_state(&t, two, 3);
    cr_expect_str_eq(t.state, "a=1,b=2,c=3");
    const struct view twice[] = {VIEW("a=1"), VIEW("a=2")};
    trace_join_state(&t, twice, 2);
    cr_expect_str_eq(t.state, "", "in two headers too");
}

/* 3.3.1.5 */
Test(trace, of_a_long_state_long_entries_go_first_and_then_the_last)
{
    char text[2000], value[251];
    memset(value, 'v', 250);
    value[250] = 0;
    snprintf(text, sizeof text, "a=1,big=%s,b=2,huge=%s,c=3,vast=%s", value, value, value);
    const char *kept = state_of(text);
    cr_expect_leq(strlen(kept), TRACE_STATE_MAX);
    cr_expect_eq(strncmp(kept, "a=1,big=v", 9), 0, "%s", kept);
    cr_expect_not_null(strstr(kept, ",b=2,c=3"));
    cr_expect_null(strstr(kept, "huge"));
    text[0] = 0;
    for (int i = 0; i < 10; i++)
        sprintf(text + strlen(text), "%sk%d=%.60s", i ? "," : "", i, value);
    kept = state_of(text);
    cr_expect_eq(strncmp(text, kept, strlen(kept)), 0);
    cr_expect_eq(text[strlen(kept)], ',', "whole entries");
    cr_expect_eq(strlen(kept), 8 * 64 - 1, "%zu", strlen(kept));
}

Test(trace, a_run_has_ids_of_its_own_and_names_what_caused_it)
{
    struct trace other;
    trace_begin_run(&t, VIEW(CALLER));
    trace_begin_run(&other, VIEW(CALLER));
    cr_expect(t.run);
    cr_expect_str_eq(t.cause, CALLER);
    cr_expect_str_neq(t.trace, other.trace);
    cr_expect_str_neq(t.span, other.span);
    cr_expect_str_neq(t.span, CALLER);
    trace_begin_run(&t, VIEW("\"}{\"event\":\"x\""));
    cr_expect_str_eq(t.cause, "");
    trace_begin_run(&t, VIEW("0000000000000000"));
    cr_expect_str_eq(t.cause, "");
}
