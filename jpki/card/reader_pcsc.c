#include "jpki/card/reader_pcsc.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <winscard.h>

#include <reader.h> /* behind winscard.h: control codes of PC/SC part 10 */

#include "base/clock.h"

enum { READERS_MAX = 16, NAMES_MAX = READERS_MAX * MAX_READERNAME };

/* What asks to be told when a reader comes or goes (pcsc-lite). */
static const char new_readers[] = "\\\\?PnP?\\Notification";

struct pcsc {
    char *name;
    SCARDCONTEXT context;
    bool has_context;
    SCARDHANDLE card;
    bool connected;
    DWORD protocol;
    bool keypad_known;     /* asked of this connection */
    uint32_t keypad;       /* control code; 0: no keypad */
    char names[NAMES_MAX]; /* of the last look, NUL-separated */
    SCARD_READERSTATE states[READERS_MAX + 1];
    size_t n; /* readers of the wanted name */
    char card_in[MAX_READERNAME];
};

/* ---- the service ---- */

static void drop_context(struct pcsc *p)
{
    if (p->has_context)
        SCardReleaseContext(p->context);
    p->has_context = false;
    p->connected = false;
}

static bool ensure_context(struct pcsc *p)
{
    if (p->has_context && SCardIsValidContext(p->context) == SCARD_S_SUCCESS)
        return true;
    drop_context(p);
    p->has_context = SCardEstablishContext(SCARD_SCOPE_USER, NULL, NULL, &p->context) == SCARD_S_SUCCESS;
    return p->has_context;
}

/* Fills states[0..n-1] with the readers of the wanted name, in the service's order. */
static bool list_readers(struct pcsc *p)
{
    DWORD size = sizeof p->names;
    p->n = 0;
    LONG rv = SCardListReaders(p->context, NULL, p->names, &size);
    if (rv == SCARD_E_NO_READERS_AVAILABLE)
        return true;
    if (rv != SCARD_S_SUCCESS) {
        drop_context(p);
        return false;
    }
    for (const char *s = p->names; *s && p->n < READERS_MAX; s += strlen(s) + 1)
        if (!p->name || strstr(s, p->name))
            p->states[p->n++] = (SCARD_READERSTATE){.szReader = s, .dwCurrentState = SCARD_STATE_UNAWARE};
    return true;
}

static bool look(struct pcsc *p)
{
    if (!ensure_context(p) || !list_readers(p))
        return false;
    if (p->n == 0)
        return true;
    LONG rv = SCardGetStatusChange(p->context, 0, p->states, (DWORD)p->n);
    if (rv == SCARD_S_SUCCESS || rv == SCARD_E_TIMEOUT)
        return true;
    if (rv == SCARD_E_NO_SERVICE || rv == SCARD_E_INVALID_HANDLE || rv == SCARD_F_COMM_ERROR)
        drop_context(p);
    p->n = 0;
    return false;
}

static bool has_card(const SCARD_READERSTATE *s)
{
    return (s->dwEventState & SCARD_STATE_PRESENT) != 0;
}

static enum reader_state state_of(const struct pcsc *p)
{
    for (size_t i = 0; i < p->n; i++)
        if (has_card(&p->states[i]))
            return READER_CARD;
    return p->n > 0 ? READER_EMPTY : READER_NONE;
}

/* ---- waiting ---- */

static void sleep_ms(int ms)
{
    struct timespec t = {ms / 1000, (ms % 1000) * 1000000L};
    nanosleep(&t, NULL);
}

/* Waits for anything to change at the readers known, or for another reader. Without a service there is nothing to wait
 * on but time. */
static void wait_change(struct pcsc *p, int ms)
{
    if (!p->has_context) {
        sleep_ms(ms < 500 ? ms : 500);
        return;
    }
    for (size_t i = 0; i < p->n; i++)
        p->states[i].dwCurrentState = p->states[i].dwEventState & ~(DWORD)SCARD_STATE_CHANGED;
    p->states[p->n] = (SCARD_READERSTATE){.szReader = new_readers, .dwCurrentState = SCARD_STATE_UNAWARE};
    LONG rv = SCardGetStatusChange(p->context, (DWORD)ms, p->states, (DWORD)p->n + 1);
    if (rv != SCARD_S_SUCCESS && rv != SCARD_E_TIMEOUT)
        sleep_ms(ms < 100 ? ms : 100); /* the service went away: do not spin */
}

static enum reader_state pcsc_await(void *ctx, enum reader_state seen, int ms)
{
    struct pcsc *p = ctx;
    int64_t end = clock_steady_ms() + ms;
    for (;;) {
        enum reader_state now = look(p) ? state_of(p) : READER_NONE;
        int64_t left = end - clock_steady_ms();
        if (now != seen || left <= 0)
            return now;
        wait_change(p, (int)left);
    }
}

/* ---- the card ---- */

static enum card_result result_of(LONG rv)
{
    switch (rv) {
    case SCARD_S_SUCCESS:
        return CARD_OK;
    case SCARD_E_SHARING_VIOLATION:
        return CARD_READER_BUSY;
    case SCARD_E_NO_SMARTCARD:
        return CARD_NO_CARD;
    case SCARD_W_REMOVED_CARD:
    case SCARD_W_RESET_CARD:
    case SCARD_E_NOT_TRANSACTED:
        return CARD_REMOVED;
    case SCARD_W_UNPOWERED_CARD:
    case SCARD_W_UNRESPONSIVE_CARD:
        return CARD_MUTE;
    case SCARD_E_NO_SERVICE:
    case SCARD_E_UNKNOWN_READER:
    case SCARD_E_READER_UNAVAILABLE:
    case SCARD_E_NO_READERS_AVAILABLE:
    case SCARD_E_INVALID_HANDLE:
    case SCARD_F_COMM_ERROR:
        return CARD_NO_READER;
    default:
        return CARD_UNSUPPORTED; /* an unknown protocol, a buffer that is too small */
    }
}

/* The NTH reader with a card; NULL if there are not so many. */
static const SCARD_READERSTATE *nth_card(const struct pcsc *p, unsigned nth)
{
    for (size_t i = 0; i < p->n; i++)
        if (has_card(&p->states[i]) && nth-- == 0)
            return &p->states[i];
    return NULL;
}

static LONG open_card(struct pcsc *p, DWORD share)
{
    LONG rv =
        SCardConnect(p->context, p->card_in, share, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &p->card, &p->protocol);
    p->connected = rv == SCARD_S_SUCCESS;
    p->keypad_known = false;
    return rv;
}

/* Another program keeps a handle (a browser with a PKCS#11 module does so for hours), but need not be using it: then a
 * transaction that lasts to our disconnect shuts it out just as well. */
static LONG open_shared(struct pcsc *p)
{
    LONG rv = open_card(p, SCARD_SHARE_SHARED);
    if (rv == SCARD_S_SUCCESS)
        rv = SCardBeginTransaction(p->card);
    if (rv == SCARD_S_SUCCESS || !p->connected)
        return rv;
    SCardDisconnect(p->card, SCARD_LEAVE_CARD);
    p->connected = false;
    return SCARD_E_SHARING_VIOLATION; /* it was reset meanwhile: somebody is busy with it */
}

/* Nobody else sees the card between VERIFY and log-out. */
static enum card_result pcsc_connect(void *ctx, unsigned nth)
{
    struct pcsc *p = ctx;
    if (!look(p))
        return CARD_NO_READER;
    const SCARD_READERSTATE *s = nth_card(p, nth);
    if (!s)
        return p->n > 0 ? CARD_NO_CARD : CARD_NO_READER;
    snprintf(p->card_in, sizeof p->card_in, "%s", s->szReader);
    LONG rv = open_card(p, SCARD_SHARE_EXCLUSIVE);
    if (rv == SCARD_E_SHARING_VIOLATION)
        rv = open_shared(p);
    enum card_result r = result_of(rv);
    return r == CARD_NO_CARD || r == CARD_REMOVED ? CARD_MUTE : r; /* it was there a moment ago */
}

static enum card_result pcsc_transmit(void *ctx, struct view command, uint8_t *answer, size_t size, size_t *n)
{
    struct pcsc *p = ctx;
    DWORD got = (DWORD)size;
    if (!p->connected)
        return CARD_REMOVED;
    const SCARD_IO_REQUEST *pci = p->protocol == SCARD_PROTOCOL_T0 ? SCARD_PCI_T0 : SCARD_PCI_T1;
    LONG rv = SCardTransmit(p->card, pci, command.p, (DWORD)command.n, NULL, answer, &got);
    *n = rv == SCARD_S_SUCCESS ? got : 0;
    enum card_result r = result_of(rv);
    return r == CARD_MUTE || r == CARD_NO_CARD ? CARD_REMOVED : r; /* it spoke before */
}

static bool pcsc_is_there(void *ctx)
{
    struct pcsc *p = ctx;
    SCARD_READERSTATE s = {.szReader = p->card_in, .dwCurrentState = SCARD_STATE_UNAWARE};
    if (!p->connected)
        return false;
    LONG rv = SCardGetStatusChange(p->context, 0, &s, 1);
    return rv == SCARD_S_SUCCESS && has_card(&s);
}

static void pcsc_disconnect(void *ctx)
{
    struct pcsc *p = ctx;
    if (p->connected)
        SCardDisconnect(p->card, SCARD_UNPOWER_CARD);
    p->connected = false;
}

const char *pcsc_card_reader(const struct pcsc *p)
{
    return p->card_in;
}

/* ---- the reader's keys ---- */

static bool pcsc_has_keypad(void *ctx)
{
    struct pcsc *p = ctx;
    uint8_t features[256];
    DWORD got = 0;
    if (!p->connected)
        return false;
    if (p->keypad_known)
        return p->keypad != 0;
    LONG rv = SCardControl(p->card, CM_IOCTL_GET_FEATURE_REQUEST, NULL, 0, features, sizeof features, &got);
    if (rv != SCARD_S_SUCCESS || !keypad_find(&p->keypad, view_bytes(features, got)))
        p->keypad = 0;
    p->keypad_known = true;
    return p->keypad != 0;
}

static enum card_result pcsc_ask_keypad(void *ctx, const struct keypad_ask *ask, uint8_t *answer, size_t size,
                                        size_t *n)
{
    struct pcsc *p = ctx;
    uint8_t block[KEYPAD_MAX];
    size_t length;
    DWORD got = 0;
    *n = 0;
    if (!pcsc_has_keypad(ctx))
        return p->connected ? CARD_UNSUPPORTED : CARD_REMOVED;
    keypad_write(block, &length, ask);
    LONG rv = SCardControl(p->card, p->keypad, block, (DWORD)length, answer, (DWORD)size, &got);
    *n = rv == SCARD_S_SUCCESS ? got : 0;
    enum card_result r = result_of(rv);
    return r == CARD_MUTE || r == CARD_NO_CARD ? CARD_REMOVED : r;
}

static bool pcsc_name(void *ctx, unsigned nth, char out[READER_NAME_MAX])
{
    struct pcsc *p = ctx;
    const SCARD_READERSTATE *s = look(p) ? nth_card(p, nth) : NULL;
    if (s)
        snprintf(out, READER_NAME_MAX, "%s", s->szReader);
    return s != NULL;
}

/* ---- for people ---- */

/* PC/SC part 3, 3.1.3.2.3: the reader makes up the ATR of a contactless card: 3B 8n 80 01. */
static bool is_contactless(const SCARD_READERSTATE *s)
{
    return s->cbAtr >= 4 && s->rgbAtr[0] == 0x3B && (s->rgbAtr[1] & 0xF0) == 0x80 && s->rgbAtr[2] == 0x80 &&
           s->rgbAtr[3] == 0x01;
}

enum err pcsc_readers(struct pcsc *p, struct pcsc_seen *out, size_t max, size_t *n)
{
    *n = 0;
    if (!look(p))
        return ERR_UNAVAILABLE;
    for (; *n < p->n && *n < max; ++*n) {
        const SCARD_READERSTATE *s = &p->states[*n];
        out[*n] = (struct pcsc_seen){s->szReader, has_card(s), has_card(s) && is_contactless(s)};
    }
    return ERR_OK;
}

/* ---- open and close ---- */

enum err pcsc_open(struct pcsc **out, const char *name)
{
    struct pcsc *p = calloc(1, sizeof *p);
    *out = p;
    if (!p)
        return ERR_MEMORY;
    if (!name || !*name)
        return ERR_OK;
    p->name = strdup(name);
    if (p->name)
        return ERR_OK;
    free(p);
    *out = NULL;
    return ERR_MEMORY;
}

void pcsc_close(struct pcsc *p)
{
    if (!p)
        return;
    pcsc_disconnect(p);
    drop_context(p);
    free(p->name);
    free(p);
}

struct reader pcsc_reader(struct pcsc *p)
{
    return (struct reader){.ctx = p,
                           .await = pcsc_await,
                           .connect = pcsc_connect,
                           .transmit = pcsc_transmit,
                           .is_there = pcsc_is_there,
                           .disconnect = pcsc_disconnect,
                           .name = pcsc_name,
                           .has_keypad = pcsc_has_keypad,
                           .ask_keypad = pcsc_ask_keypad};
}
