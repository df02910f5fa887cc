/* A whole conversation with a card whose answers are the input: length byte, then that many bytes (FF: 256), and so
 * on; when they are used up the card is gone. */
#include "jpki/card/card.h"
#include "jpki/card/cert_view.h"
#include "jpki/card/text_ap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct answers {
    struct view rest;
    unsigned shown;
};

static enum reader_state await(void *ctx, enum reader_state seen, int ms)
{
    (void)ctx, (void)seen, (void)ms;
    return READER_CARD;
}

static enum card_result connect_card(void *ctx, unsigned nth)
{
    (void)ctx;
    return nth == 0 ? CARD_OK : CARD_NO_CARD;
}

static enum card_result transmit(void *ctx, struct view command, uint8_t *answer, size_t size, size_t *n)
{
    struct answers *a = ctx;
    if (command.n > 4 && command.p[1] == 0x20)
        a->shown++;
    if (a->rest.n == 0)
        return CARD_REMOVED;
    size_t length = a->rest.p[0] == 0xFF ? 256 + 2 : a->rest.p[0];
    struct view bytes = view_part(a->rest, 1, length);
    a->rest = view_from(a->rest, 1 + length);
    *n = bytes.n < size ? bytes.n : size;
    memcpy(answer, bytes.p, *n);
    return CARD_OK;
}

static bool is_there(void *ctx)
{
    (void)ctx;
    return true;
}

static void disconnect(void *ctx)
{
    (void)ctx;
}

static void talk(struct card *c, struct arena *a)
{
    struct view der, sig;
    struct card_text text;
    struct cert_view cert;
    int tries;
    if (card_read_certificate(c, CARD_KEY_AUTH, a, &der) == CARD_OK)
        (void)!cert_view_read(&cert, der);
    if (card_pin_tries(c, CARD_PIN_AUTH, &tries) == CARD_OK)
        (void)!card_verify(c, CARD_PIN_AUTH, VIEW("1234"), &tries);
    if (card_sign(c, CARD_KEY_AUTH, CARD_RSA_SHA256, VIEW("m"), a, &sig) == CARD_OK)
        INSIST(sig.n == 256);
    if (card_sign(c, CARD_KEY_AUTH, CARD_ECDSA_SHA384, VIEW("m"), a, &sig) == CARD_OK)
        INSIST(sig.n == 96);
    if (card_pin_tries(c, CARD_PIN_TEXT, &tries) == CARD_OK)
        (void)!card_verify(c, CARD_PIN_TEXT, VIEW("1234"), &tries);
    if (card_read_text(c, a, &text) == CARD_OK)
        INSIST(text.name.n <= TEXT_AP_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct answers answers = {view_bytes(data, size), 0};
    struct reader reader = {.ctx = &answers,
                            .await = await,
                            .connect = connect_card,
                            .transmit = transmit,
                            .is_there = is_there,
                            .disconnect = disconnect};
    struct card c;
    struct arena a;
    arena_open(&a, (size_t)256 << 10);
    if (card_connect(&c, &reader) == CARD_OK)
        talk(&c, &a);
    card_log_out(&c);
    INSIST(answers.shown <= 2); /* never more than was asked for */
    arena_close(&a);
    return 0;
}
