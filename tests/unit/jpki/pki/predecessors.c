#include "jpki/pki/predecessors.h"

#include "base/base64.h"
#include "base/hex.h"
#include "pki_rig.h"

#define NONCE "0123456789012345678901234567890123456789012"

static struct pki_rig rig;
static struct cert now, before;
static struct predecessors_question question;
static const char *issuer, *serial, *older;

static void open_rig(void)
{
    const struct trust_root *root;
    pki_rig_open(&rig, NULL, NO_FETCH);
    pki_rig_cert(&rig, "residents/renewed", TRUST_AUTH, &now, &root);
    pki_rig_cert(&rig, "residents/renewed-before", TRUST_AUTH, &before, &root);
    question = (struct predecessors_question){VIEW(NONCE), &now};
    issuer = base64url_text(&rig.a, now.issuer_der);
    serial = hex_text(&rig.a, now.serial);
    older = arena_printf(&rig.a, "{\"issuer\":\"%s\",\"serial\":\"%s\"}", issuer, hex_text(&rig.a, before.serial));
}

static void close_rig(void)
{
    pki_rig_close(&rig);
}

TestSuite(predecessors, .init = open_rig, .fini = close_rig);

static const char *answer(const char *nonce, const char *about, const char *rest)
{
    return arena_printf(
        &rig.a, "{\"format\":\"genkan-predecessors:1\",\"nonce\":\"%s\",\"issuer\":\"%s\",\"serial\":\"%s\",%s}", nonce,
        issuer, about, rest);
}

static enum err read_it(struct predecessors *p, const char *text)
{
    const char *why;
    return predecessors_read(p, &rig.a, &question, view_text(text), &why);
}

static void expect_refused(const char *text, const char *what)
{
    struct predecessors p;
    cr_expect_eq(read_it(&p, text), ERR_SYNTAX, "%s", what);
    cr_expect_eq(p.result, PREDECESSORS_NOT_ANSWERED, "%s", what);
    cr_expect_eq(p.n, 0, "%s", what);
}

static void expect_rest_refused(const char *rest, const char *what)
{
    expect_refused(answer(NONCE, serial, rest), what);
}

static const char *list_of(size_t n)
{
    const char *list = "";
    for (size_t i = 0; i < n; i++)
        list = arena_printf(&rig.a, "%s%s{\"issuer\":\"%s\",\"serial\":\"%02zx\"}", list, i ? "," : "", issuer, i + 1);
    return arena_printf(&rig.a, "\"result\":\"older\",\"older\":[%s]", list);
}

Test(predecessors, are_of_this_question_only)
{
    expect_refused(answer("1123456789012345678901234567890123456789012", serial, "\"result\":\"none\""), "nonce");
    expect_refused(answer("", serial, "\"result\":\"none\""), "no nonce");
    expect_refused(answer(NONCE, "2a", "\"result\":\"none\""), "another serial number");
    issuer = base64url_text(&rig.a, before.subject_der);
    expect_refused(answer(NONCE, serial, "\"result\":\"none\""), "another issuer");
}

Test(predecessors, have_one_form)
{
    static const char *const rests[] = {"\"result\":\"none\",\"more\":1",
                                        "\"result\":\"perhaps\"",
                                        "\"result\":\"not_answered\"",
                                        "\"result\":1",
                                        "\"older\":[]",
                                        "\"result\":\"older\"",
                                        "\"result\":\"older\",\"older\":[]",
                                        "\"result\":\"older\",\"older\":{}",
                                        "\"result\":\"older\",\"older\":[\"x\"]",
                                        "\"result\":\"none\",\"older\":[]",
                                        "\"result\":\"unknown\",\"older\":[]"};
    for (size_t i = 0; i < sizeof rests / sizeof *rests; i++)
        expect_rest_refused(rests[i], rests[i]);
    expect_refused("", "nothing");
    expect_refused("[]", "a list");
    expect_refused("{}", "no members");
    expect_refused(arena_printf(&rig.a, "%s x", answer(NONCE, serial, "\"result\":\"none\"")), "more behind it");
}

Test(predecessors, are_certificates_with_a_name_and_a_positive_number)
{
    static const char *const serials[] = {"", "0", "ff", "0001", "0x01", "010203040506070809101112131415161718192021"};
    for (size_t i = 0; i < sizeof serials / sizeof *serials; i++)
        expect_rest_refused(arena_printf(&rig.a,
                                         "\"result\":\"older\",\"older\":[{\"issuer\":\"%s\",\"serial\":\"%s\"}]",
                                         issuer, serials[i]),
                            serials[i]);
    expect_rest_refused("\"result\":\"older\",\"older\":[{\"issuer\":\"AA\",\"serial\":\"01\"}]", "no name");
    expect_rest_refused("\"result\":\"older\",\"older\":[{\"issuer\":\"MIAA\",\"serial\":\"01\"}]", "BER");
    expect_rest_refused("\"result\":\"older\",\"older\":[{\"serial\":\"01\"}]", "no issuer");
    expect_rest_refused(arena_printf(&rig.a, "\"result\":\"older\",\"older\":[{\"issuer\":\"%s\"}]", issuer),
                        "no serial");
    expect_rest_refused(
        arena_printf(&rig.a, "\"result\":\"older\",\"older\":[{\"issuer\":\"%s\",\"serial\":\"01\",\"x\":1}]", issuer),
        "a stranger");
}

Test(predecessors, are_neither_the_certificate_itself_nor_there_twice)
{
    expect_rest_refused(
        arena_printf(&rig.a, "\"result\":\"older\",\"older\":[{\"issuer\":\"%s\",\"serial\":\"%s\"}]", issuer, serial),
        "itself");
    expect_rest_refused(arena_printf(&rig.a, "\"result\":\"older\",\"older\":[%s,%s]", older, older), "twice");
}

Test(predecessors, are_eight_at_most)
{
    struct predecessors p;
    expect_rest_refused(list_of(9), "nine");
    cr_expect_eq(read_it(&p, answer(NONCE, serial, list_of(8))), ERR_OK);
    cr_expect_eq(p.n, 8);
}

/* As verify puts them: the issuer's Name, then the serial number with its header. */
Test(predecessors, have_the_bytes_that_the_account_key_is_made_of)
{
    struct predecessors p;
    struct buf b;
    struct view wanted;
    buf_open(&b, &rig.a, 1024);
    buf_put(&b, before.issuer_der);
    buf_put(&b, before.serial_der);
    cr_assert_eq(buf_done(&b, &wanted), ERR_OK);
    cr_assert_eq(read_it(&p, answer(NONCE, serial, arena_printf(&rig.a, "\"result\":\"older\",\"older\":[%s]", older))),
                 ERR_OK);
    cr_assert_eq(p.n, 1);
    cr_expect_eq(p.result, PREDECESSORS_OLDER);
    cr_expect(view_equal(p.older[0], wanted));
}

Test(predecessors, may_be_none_or_not_known)
{
    static const enum predecessors_result results[] = {PREDECESSORS_UNKNOWN, PREDECESSORS_TOO_NEW, PREDECESSORS_NONE};
    for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
        struct predecessors p;
        const char *rest = arena_printf(&rig.a, "\"result\":\"%s\"", predecessors_result_name(results[i]));
        cr_expect_eq(read_it(&p, answer(NONCE, serial, rest)), ERR_OK);
        cr_expect_eq(p.result, results[i]);
        cr_expect_eq(p.n, 0);
    }
}

Test(predecessors, are_asked_for_by_issuer_and_number_and_nothing_else)
{
    struct view q;
    cr_assert_eq(predecessors_write(&q, &rig.a, &question), ERR_OK);
    const char *wanted = arena_printf(
        &rig.a, "{\"format\":\"genkan-predecessors:1\",\"nonce\":\"" NONCE "\",\"issuer\":\"%s\",\"serial\":\"%s\"}",
        issuer, serial);
    cr_expect(view_equal_text(q, wanted), "%.*s", (int)q.n, q.p);
}
