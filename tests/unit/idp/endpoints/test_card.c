/* The parts of a card login that need no server: cookie, word, the pasted address, what a refusal is called. */
#include <criterion/criterion.h>

#include "base/base64.h"
#include "base/hash.h"
#include "base/text.h"
#include "idp/endpoints/bind_word.h"
#include "idp/endpoints/card_call.h"
#include "idp/endpoints/card_cookie.h"
#include "idp/endpoints/card_proof.h"
#include "jpki/proof/request.h"

static struct arena arena;

static void open_arena(void)
{
    arena_open(&arena, 1 << 20);
}

static void close_arena(void)
{
    arena_close(&arena);
}

TestSuite(card_cookie, .init = open_arena, .fini = close_arena);
TestSuite(bind_word, .init = open_arena, .fini = close_arena);
TestSuite(card_call, .init = open_arena, .fini = close_arena);

Test(card_cookie, keeps_its_ticket_and_remembers_the_newest_interactions)
{
    struct view one = card_cookie_add(&arena, VIEW_NONE, VIEW("aaa"));
    cr_assert_eq(card_cookie_ticket(one).n, 43);
    cr_expect(view_equal_text(card_cookie_newest(one), "aaa"));
    struct view two = card_cookie_add(&arena, one, VIEW("bbb"));
    cr_expect(view_equal(card_cookie_ticket(one), card_cookie_ticket(two)));
    cr_expect(view_equal_text(card_cookie_newest(two), "bbb"));
    cr_expect(view_equal_text(card_cookie_find(two, ident_of(VIEW("aaa"))), "aaa"));
    cr_expect_not(view_is(card_cookie_find(two, ident_of(VIEW("ccc")))));
    cr_expect_not(
        view_equal(card_cookie_ticket(one), card_cookie_ticket(card_cookie_add(&arena, VIEW_NONE, VIEW("aaa")))),
        "every browser has its own");
}

Test(card_cookie, does_not_grow_without_end)
{
    struct view value = VIEW_NONE;
    for (int i = 0; i < 20; i++)
        value = card_cookie_add(&arena, value, view_text(arena_printf(&arena, "interaction-%d", i)));
    cr_expect(view_equal_text(card_cookie_newest(value), "interaction-19"));
    cr_expect(view_is(card_cookie_find(value, ident_of(VIEW("interaction-16")))));
    cr_expect_not(view_is(card_cookie_find(value, ident_of(VIEW("interaction-15")))));
    struct view again = card_cookie_add(&arena, value, VIEW("interaction-19"));
    cr_expect(view_equal(value, again), "one interaction stands there once");
}

Test(card_cookie, goes_with_its_last_interaction)
{
    struct view value = card_cookie_add(&arena, card_cookie_add(&arena, VIEW_NONE, VIEW("aaa")), VIEW("bbb"));
    struct view rest = card_cookie_remove(&arena, value, ident_of(VIEW("bbb")));
    cr_expect(view_equal_text(card_cookie_newest(rest), "aaa"));
    cr_expect_not(view_is(card_cookie_remove(&arena, rest, ident_of(VIEW("aaa")))));
    cr_expect_not(view_is(card_cookie_remove(&arena, VIEW("gone"), ident_of(VIEW("aaa")))));
}

Test(card_cookie, takes_no_ticket_from_what_it_never_was)
{
    static const char *const bad[] = {"",
                                      "gone",
                                      ".",
                                      "abc.def",
                                      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                                      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAhJx3"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_expect_not(view_is(card_cookie_ticket(view_text(bad[i]))), "%s", bad[i]);
        cr_expect_not(view_is(card_cookie_newest(view_text(bad[i]))), "%s", bad[i]);
        cr_expect_eq(card_cookie_ticket(card_cookie_add(&arena, view_text(bad[i]), VIEW("x"))).n, 43);
    }
    cr_expect_not(view_is(card_cookie_ticket(VIEW_NONE)));
    cr_expect_not(view_is(card_cookie_newest(VIEW("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA."))));
}

Test(bind_word, is_two_digits_and_a_word_that_a_request_may_carry)
{
    for (uint32_t i = 0; i < 64; i++) {
        struct view word = view_text(bind_word(&arena, i | i << 16));
        cr_assert_gt(word.n, 5);
        cr_expect(word.p[0] >= '0' && word.p[0] <= '9' && word.p[1] >= '0' && word.p[1] <= '9' && word.p[2] == ' ');
        cr_expect(text_is_utf8(word));
        cr_expect_lt(word.n, 30);
    }
}

Test(bind_word, uses_all_its_words)
{
    size_t different = 0;
    for (uint32_t i = 0; i < 64; i++) {
        struct view word = view_text(bind_word(&arena, i));
        bool seen = false;
        for (uint32_t j = 0; j < i; j++)
            seen = seen || view_equal(word, view_text(bind_word(&arena, j)));
        different += !seen;
    }
    cr_assert_eq(different, 64);
}

Test(card_call, takes_what_stands_behind_the_last_hash_without_blanks)
{
    cr_expect(view_equal_text(card_call_fragment(VIEW("http://localhost:8080/login/card/return#eyJ4")), "eyJ4"));
    cr_expect(view_equal_text(card_call_fragment(VIEW(" \r\n eyJ4\t\n")), "eyJ4"));
    cr_expect(view_equal_text(card_call_fragment(VIEW("#a#b")), "b"));
    cr_expect_eq(card_call_fragment(VIEW("http://localhost/#")).n, 0);
    cr_expect_eq(card_call_fragment(VIEW("   ")).n, 0);
    cr_expect_eq(card_call_fragment(VIEW_NONE).n, 0);
}

Test(card_call, finds_the_transaction_before_anything_else_is_believed)
{
    const char *text = base64url_text(&arena, VIEW("{\"txn\":\"abc\",\"format\":\"other\",\"x\":[1]}"));
    cr_expect(view_equal_text(card_call_txn(&arena, view_text(text)), "abc"));
}

Test(card_call, finds_no_transaction_in_what_is_no_answer)
{
    static const char *const bad[] = {"", "{}", "[]", "{\"txn\":1}", "{\"txn\":\"a\"", "{\"txn\":\"a\",\"txn\":\"b\"}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *text = base64url_text(&arena, view_text(bad[i]));
        cr_expect_not(view_is(card_call_txn(&arena, view_text(text))), "%s", bad[i]);
    }
    cr_expect_not(view_is(card_call_txn(&arena, VIEW("not base64url!"))));
    cr_expect_not(view_is(card_call_txn(&arena, VIEW_NONE)));
    char *large = arena_alloc(&arena, 20000);
    memset(large, 'A', 20000);
    cr_expect_not(view_is(card_call_txn(&arena, view_bytes(large, 20000))));
}

Test(card_proof, lets_nobody_in_but_the_good)
{
    for (enum trust_purpose purpose = TRUST_AUTH; purpose <= TRUST_SIGN; purpose++)
        for (enum verify_refusal r = VERIFY_GOOD; r <= VERIFY_NO_VERDICT; r++) {
            enum page_problem p = card_proof_problem_of(purpose, r);
            cr_expect_eq(p == PAGE_PROBLEMS, r == VERIFY_GOOD, "%d", r);
            cr_expect(r == VERIFY_GOOD || page_problem_name(p) != NULL);
        }
}

Test(card_proof, says_whose_fault_it_is)
{
    cr_expect_eq(card_proof_problem_of(TRUST_AUTH, VERIFY_REVOCATION_UNKNOWN), PAGE_PROBLEM_REVOCATION_UNKNOWN);
    cr_expect_eq(card_proof_problem_of(TRUST_AUTH, VERIFY_REVOKED), PAGE_PROBLEM_CERT_REVOKED);
    cr_expect_eq(card_proof_problem_of(TRUST_AUTH, VERIFY_EXPIRED), PAGE_PROBLEM_CERT_EXPIRED);
    cr_expect_eq(card_proof_problem_of(TRUST_AUTH, VERIFY_ISSUER_EXPIRED), PAGE_PROBLEM_CERT_EXPIRED);
    cr_expect_eq(card_proof_problem_of(TRUST_AUTH, VERIFY_NOT_YET_VALID), PAGE_PROBLEM_CERT_NOT_YET);
    cr_expect_eq(card_proof_problem_of(TRUST_AUTH, VERIFY_ISSUER_OTHER_HIERARCHY), PAGE_PROBLEM_WRONG_CERT);
    cr_expect_eq(card_proof_problem_of(TRUST_AUTH, VERIFY_PROOF_SIGNATURE), PAGE_PROBLEM_PROOF_INVALID);
    cr_expect_eq(card_proof_problem_of(TRUST_AUTH, VERIFY_CERT_SHA1), PAGE_PROBLEM_UNSUPPORTED_CARD);
    cr_expect_eq(card_proof_problem_of(TRUST_SIGN, VERIFY_REVOKED), PAGE_PROBLEM_SIGN_CERT_REVOKED);
    cr_expect_eq(card_proof_problem_of(TRUST_SIGN, VERIFY_EXPIRED), PAGE_PROBLEM_SIGN_CERT_EXPIRED);
    cr_expect_eq(card_proof_problem_of(TRUST_SIGN, VERIFY_POLICY), PAGE_PROBLEM_SIGN_WRONG_CERT);
    cr_expect_eq(card_proof_problem_of(TRUST_SIGN, VERIFY_REVOCATION_UNKNOWN), PAGE_PROBLEM_REVOCATION_UNKNOWN);
    cr_expect_eq(card_proof_problem_of(TRUST_SIGN, VERIFY_PROOF_SIGNATURE), PAGE_PROBLEM_PROOF_INVALID);
}

Test(card_proof, has_a_page_for_every_error_an_agent_may_answer)
{
    for (enum proof_error e = PROOF_OK + 1; e < PROOF_ERROR_COUNT; e++) {
        enum page_problem p;
        cr_expect(page_problem_of(&p, view_text(proof_error_name(e))), "%s", proof_error_name(e));
    }
}
