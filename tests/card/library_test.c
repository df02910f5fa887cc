/* libgenkan-card without pcscd: the example program drives the virtual card over a socket, and what it prints is a
 * proof that the server's side believes. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/chance.h"
#include "base/clock.h"
#include "base/file.h"
#include "jpki/pki/verify.h"
#include "jpki/proof/issuer.h"
#include "jpki/proof/response.h"

#define ISSUER "https://id.example"

static struct arena arena;
static struct jws_key *key;
static char folder[64];

static void open_table(void)
{
    struct buf b;
    struct view text;
    arena_open(&arena, (size_t)16 << 20);
    snprintf(folder, sizeof folder, "/tmp/genkan-library-XXXXXX");
    cr_assert(mkdtemp(folder));
    cr_assert(!jws_key_make(&key, JWS_ES256));
    const struct jws_key *keys[] = {key};
    buf_open(&b, &arena, PROOF_ISSUER_MAX);
    cr_assert(!proof_issuer_write(&b, VIEW(ISSUER), VIEW("試験の玄関"), keys, 1) && !buf_done(&b, &text));
    cr_assert(!file_write(arena_printf(&arena, "%s/issuer.json", folder), text, 0644));
}

static void close_table(void)
{
    char command[96];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    cr_expect_eq(system(command), 0);
    jws_key_close(key);
    arena_close(&arena);
}

TestSuite(library_card, .init = open_table, .fini = close_table, .timeout = 60);

static struct proof_request request_for(enum proof_purpose purpose)
{
    int64_t now = clock_s(&clock_real);
    struct proof_request q = {.iss = VIEW(ISSUER),
                              .ch = PROOF_PC_AGENT,
                              .txn = view_text(chance_id(&arena)),
                              .jti = view_text(chance_id(&arena)),
                              .iat = now,
                              .exp = now + 180,
                              .rp = {VIEW("booking"), VIEW("施設予約"), VIEW("A市"), VIEW("a-city.example")},
                              .purpose = purpose,
                              .bind = VIEW("47 さくら"),
                              .acr = VIEW("aal3"),
                              .ui = {VIEW("ja"), false},
                              .minver = VIEW("0.1.0")};
    chance_bytes(q.nonce, sizeof q.nonce);
    return q;
}

static const char *sign(const struct proof_request *q)
{
    struct buf b;
    const char *text;
    buf_open(&b, &arena, (size_t)2 * PROOF_REQUEST_MAX);
    cr_assert(!proof_request_write(&b, key, q) && !buf_done_text(&b, &text));
    return text;
}

static int free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert(bind(fd, (const struct sockaddr *)&at, n) == 0 && getsockname(fd, (struct sockaddr *)&at, &n) == 0);
    close(fd);
    return ntohs(at.sin_port);
}

/* The example with PINS typed, and hanako's card at its socket: what it prints. */
static const char *run(const char *jws, const char *pins)
{
    char *out = arena_alloc(&arena, PROOF_RESPONSE_MAX * 2);
    int port = free_port();
    const char *command = arena_printf(
        &arena,
        "%s/genkan-card --dir %s/testpki/residents/hanako --state %s/state --port %d --control %s/ctl 2>%s/card.log & "
        "card=$!; printf '%s' | %s/tests/card/card_over_socket %d %s/issuer.json %s 2>%s/log; kill $card; wait $card",
        BUILD_DIR, BUILD_DIR, folder, port, folder, folder, pins, BUILD_DIR, port, folder, jws, folder);
    FILE *f = popen(command, "r");
    cr_assert(f);
    size_t n = fread(out, 1, (size_t)PROOF_RESPONSE_MAX * 2 - 1, f);
    pclose(f);
    out[n] = 0;
    return out;
}

static struct proof_response read_response(const char *url)
{
    static const char start[] = ISSUER PROOF_RETURN_PATH "#";
    struct proof_response r = {0};
    const char *why = "";
    struct view log = VIEW_NONE;
    (void)!file_read(&arena, arena_printf(&arena, "%s/log", folder), 65536, &log);
    cr_assert_eq(strncmp(url, start, sizeof start - 1), 0, "%s: %.*s", url, (int)log.n, (const char *)log.p);
    cr_assert(!proof_response_read_fragment(&r, &arena, view_text(url + sizeof start - 1), &why), "%s", why);
    return r;
}

static void is_believed(const struct proof_request *q, const char *jws, const struct proof_signed *s,
                        enum trust_purpose purpose)
{
    uint8_t message[PROOF_MESSAGE_SIZE];
    struct trust *trust;
    struct revocation *revocation;
    struct verify_verdict verdict;
    char why[256] = "";
    const struct trust_config roots = {.kind = TRUST_TEST, .folder = BUILD_DIR "/testpki/trust"};
    cr_assert(!trust_open(&trust, &roots, why), "%s", why);
    const struct revocation_config crls = {.trust = trust, .crl_folder = BUILD_DIR "/testpki/crl"};
    cr_assert(!revocation_open(&revocation, &crls, why), "%s", why);
    proof_message(message, q->iss, q->nonce, view_text(jws));
    const struct verify_facts facts = {.der = s->cert,
                                       .alg = s->alg,
                                       .sig = s->sig,
                                       .message = VIEW_ARRAY(message),
                                       .purpose = purpose,
                                       .now = clock_s(&clock_real)};
    cr_assert(!verify_proof(&verdict, &arena, trust, revocation, &facts));
    cr_expect_eq(verdict.refusal, VERIFY_GOOD, "%s", verify_refusal_name(verdict.refusal));
    revocation_close(revocation);
    trust_close(trust);
}

Test(library_card, logs_in_over_a_socket_and_the_server_side_believes_it)
{
    struct proof_request q = request_for(PROOF_LOGIN);
    const char *jws = sign(&q);
    struct proof_response r = read_response(run(jws, "1234\\n"));
    cr_assert_eq(r.error, PROOF_OK, "%s", proof_error_name(r.error));
    cr_expect(view_equal(r.txn, q.txn) && view_equal_text(r.agent_name, "card-over-socket"));
    is_believed(&q, jws, &r.auth, TRUST_AUTH);
}

Test(library_card, registers_with_both_keys)
{
    struct proof_request q = request_for(PROOF_REGISTER);
    const char *jws = sign(&q);
    struct proof_response r = read_response(run(jws, "1234\\nABC123\\n"));
    cr_assert_eq(r.error, PROOF_OK, "%s", proof_error_name(r.error));
    is_believed(&q, jws, &r.auth, TRUST_AUTH);
    is_believed(&q, jws, &r.sign, TRUST_SIGN);
}

Test(library_card, reads_the_text)
{
    struct proof_request q = request_for(PROOF_READ);
    struct proof_response r = read_response(run(sign(&q), "1234\\n1234\\n"));
    cr_assert_eq(r.error, PROOF_OK, "%s", proof_error_name(r.error));
    cr_assert(r.has_text);
    cr_expect(view_ends(r.text.name, VIEW("花子")) && r.text.birthdate.n == 8);
}

Test(library_card, stops_at_the_last_try_and_tells_the_server_so)
{
    struct proof_request q = request_for(PROOF_LOGIN);
    cr_expect_eq(read_response(run(sign(&q), "12a4\\n9999\\n9999\\n1234\\n")).error, PROOF_PIN_LAST_TRY);
    q = request_for(PROOF_REGISTER);
    cr_expect_eq(read_response(run(sign(&q), "1234\\n")).error, PROOF_PIN_LAST_TRY, "still");
}

Test(library_card, says_that_nobody_typed_anything)
{
    struct proof_request q = request_for(PROOF_LOGIN);
    cr_expect_eq(read_response(run(sign(&q), "")).error, PROOF_USER_CANCELLED);
}

Test(library_card, touches_no_card_for_a_request_it_does_not_believe)
{
    struct proof_request q = request_for(PROOF_LOGIN);
    struct jws_key *other;
    cr_assert(!jws_key_make(&other, JWS_ES256));
    struct buf b;
    const char *text;
    buf_open(&b, &arena, (size_t)2 * PROOF_REQUEST_MAX);
    cr_assert(!proof_request_write(&b, other, &q) && !buf_done_text(&b, &text));
    cr_expect_str_empty(run(text, "1234\\n"));
    jws_key_close(other);
}
