/* The transport through pcsc-lite. In a shared library of its own. */
#include <genkan/pcsc.h>

#include <stdlib.h>

#include "jpki/card/reader_pcsc.h"
#include "jpki/library/handles.h"

struct genkan_pcsc {
    struct pcsc *pcsc;
    struct reader reader;
};

API int genkan_pcsc_open(genkan_pcsc **out, const char *reader)
{
    genkan_pcsc *p = *out = calloc(1, sizeof *p);
    if (!p)
        return GENKAN_NO_MEMORY;
    if (pcsc_open(&p->pcsc, reader)) {
        free(p);
        *out = NULL;
        return GENKAN_NO_MEMORY;
    }
    p->reader = pcsc_reader(p->pcsc);
    return GENKAN_OK;
}

static int transmit(void *ctx, const unsigned char *command, size_t n, unsigned char *answer, size_t room, size_t *got)
{
    genkan_pcsc *p = ctx;
    enum card_result r = p->reader.transmit(p->reader.ctx, view_bytes(command, n), answer, room, got);
    return r == CARD_OK          ? GENKAN_OK
           : r == CARD_REMOVED   ? GENKAN_CARD_REMOVED
           : r == CARD_NO_READER ? GENKAN_NO_READER
                                 : GENKAN_UNSUPPORTED_CARD;
}

static int is_there(void *ctx)
{
    genkan_pcsc *p = ctx;
    return p->reader.is_there(p->reader.ctx);
}

static void end(void *ctx)
{
    genkan_pcsc *p = ctx;
    p->reader.disconnect(p->reader.ctx);
}

API int genkan_pcsc_connect(genkan_pcsc *p, unsigned nth, int ms, struct genkan_transport *transport)
{
    static const int missing[] = {[READER_NONE] = GENKAN_NO_READER, [READER_EMPTY] = GENKAN_NO_CARD};
    static const int of[] = {
        [CARD_NO_READER] = GENKAN_NO_READER, [CARD_READER_BUSY] = GENKAN_READER_BUSY, [CARD_NO_CARD] = GENKAN_NO_CARD};
    enum reader_state state = p->reader.await(p->reader.ctx, READER_NONE, 0);
    if (state != READER_CARD && ms > 0)
        state = p->reader.await(p->reader.ctx, state, ms);
    if (state != READER_CARD)
        return missing[state];
    enum card_result r = p->reader.connect(p->reader.ctx, nth);
    if (r)
        return (size_t)r < sizeof of / sizeof *of ? of[r] : GENKAN_UNSUPPORTED_CARD;
    *transport = (struct genkan_transport){sizeof *transport, p, transmit, is_there, end};
    return GENKAN_OK;
}

API void genkan_pcsc_close(genkan_pcsc *p)
{
    if (!p)
        return;
    pcsc_close(p->pcsc);
    free(p);
}
