#include <criterion/criterion.h>
#include <pthread.h>

#include "idp/state/proof_keys.h"
#include "tests/lib/prover.h"

static struct arena a, requests;
static struct proof_keys *keys;

static void open_all(void)
{
    arena_open(&a, 1 << 24);
    arena_open(&requests, 1 << 24);
    cr_assert_eq(proof_keys_open(&keys), ERR_OK);
}

static void close_all(void)
{
    arena_close(&requests);
    proof_keys_close(keys);
    arena_close(&a);
}

TestSuite(proof_keys, .init = open_all, .fini = close_all);

static struct view proof(const struct prover *p, const char *claims)
{
    const char *header =
        arena_printf(&a, "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"kid\":\"k\",\"jwk\":%s}", prover_jwk(p, &a));

    return view_text(prover_sign(p, &a, header, claims));
}

static enum err reads(struct jws *j, struct view text)
{
    return proof_keys_read(j, keys, &requests, text);
}

Test(proof_keys, refuse_what_brings_no_key_or_is_none)
{
    struct prover p;
    struct jws j;

    prover_open(&p, JWS_ES256);
    cr_expect_eq(reads(&j, VIEW_NONE), ERR_SYNTAX);
    cr_expect_eq(reads(&j, VIEW("")), ERR_SYNTAX);
    cr_expect_eq(reads(&j, VIEW("no.proof")), ERR_SYNTAX);
    cr_expect_eq(reads(&j, VIEW(".a.b")), ERR_SYNTAX);
    cr_expect_eq(reads(&j, view_text(prover_sign(&p, &a, "{\"alg\":\"ES256\"}", "{}"))), ERR_SYNTAX);
    struct view good = proof(&p, "{}");
    cr_expect_eq(reads(&j, good), ERR_OK);
    cr_expect_eq(reads(&j, jws_header(good)), ERR_SYNTAX, "also when its header is known");
    cr_expect_eq(reads(&j, view_text(arena_printf(&a, "%s.x", (const char *)good.p))), ERR_SYNTAX);
    cr_expect_eq(reads(&j, view_text(arena_printf(&a, "%s.e30.!", (const char *)arena_text(&a, jws_header(good))))),
                 ERR_SYNTAX);
    prover_close(&p);
}

Test(proof_keys, a_header_that_is_known_proves_nothing)
{
    struct prover hers, other;
    struct jws j;

    prover_open(&hers, JWS_ES256);
    prover_open(&other, JWS_ES256);
    cr_assert_eq(reads(&j, proof(&hers, "{\"jti\":\"1\"}")), ERR_OK);
    cr_assert_eq(jws_verify(&j, j.key), ERR_OK);
    struct view foreign = proof(&other, "{\"jti\":\"2\"}"), header = jws_header(proof(&hers, "{}"));
    const char *forged = arena_printf(&a, "%s%s", arena_text(&a, header), strchr((const char *)foreign.p, '.'));
    cr_assert_eq(reads(&j, view_text(forged)), ERR_OK);
    cr_expect_str_eq(jws_key_thumbprint(j.key), prover_jkt(&hers));
    cr_expect_eq(jws_verify(&j, j.key), ERR_MISMATCH);
    prover_close(&hers);
    prover_close(&other);
}

Test(proof_keys, are_read_once_for_many_proofs)
{
    struct prover p;
    struct jws first, second;

    prover_open(&p, JWS_ES256);
    cr_assert_eq(reads(&first, proof(&p, "{\"jti\":\"1\"}")), ERR_OK);
    cr_assert_eq(reads(&second, proof(&p, "{\"jti\":\"2\"}")), ERR_OK);
    cr_expect_eq(first.key, second.key);
    cr_expect(view_equal(second.payload, VIEW("{\"jti\":\"2\"}")));
    cr_expect(second.alg == JWS_ES256 && view_equal_text(second.typ, "dpop+jwt") && view_equal_text(second.kid, "k"));
    cr_expect_eq(jws_verify(&second, second.key), ERR_OK);
    prover_close(&p);
}

enum { MANY = 300 }; /* more than there are places */

Test(proof_keys, stay_with_the_requests_that_use_them)
{
    struct jws *j = arena_array(&a, MANY, sizeof *j);

    for (int i = 0; i < MANY; i++) {
        struct prover p;
        prover_open(&p, JWS_ES256);
        cr_assert_eq(reads(&j[i], proof(&p, "{}")), ERR_OK);
        prover_close(&p);
    }
    for (int i = 0; i < MANY; i++)
        cr_expect_eq(jws_verify(&j[i], j[i].key), ERR_OK);
}

static const char *shared_proof;

static void *read_often(void *good)
{
    struct arena request;
    struct jws j;

    arena_open(&request, 1 << 20);
    for (int i = 0; i < 200; i++) {
        if (proof_keys_read(&j, keys, &request, view_text(shared_proof)) == ERR_OK && i % 50 == 0)
            *(int *)good += jws_verify(&j, j.key) == ERR_OK;
        arena_reset(&request);
    }
    arena_close(&request);
    return NULL;
}

Test(proof_keys, serve_several_threads)
{
    pthread_t threads[4];
    int good[4] = {0};
    struct prover p;

    prover_open(&p, JWS_ES256);
    shared_proof = (const char *)proof(&p, "{}").p;
    for (int i = 0; i < 4; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, read_often, &good[i]), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        cr_expect_eq(good[i], 4);
    }
    prover_close(&p);
}
