/* A login with libgenkan-card over a transport of one's own: here a TCP socket at which a card (`genkan-card --port N`)
 * comes by, as it would at the virtual reader's driver: two bytes of length, big endian, then the payload; a payload of
 * one byte is an order (0 power off, 1 power on), a longer one an APDU. A phone's program looks just the same, with
 * IsoDep.transceive or NFCISO7816Tag.sendCommand in place of exchange().
 *
 *   cc card_over_socket.c $(pkg-config --cflags --libs genkan-card) -o card_over_socket
 *   card_over_socket PORT ISSUER.json REQUEST <pins
 *
 * REQUEST is the compact JWS of a login's link (behind /v1/auth/). PINs are read a line each, in the order they are
 * asked for; the address to which the browser goes with the response is printed. */
#include <arpa/inet.h>
#include <genkan/card.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* ---- the transport ---- */

static int read_all(int fd, unsigned char *p, size_t n)
{
    while (n > 0) {
        ssize_t got = recv(fd, p, n, 0);
        if (got <= 0)
            return 0;
        p += got;
        n -= (size_t)got;
    }
    return 1;
}

static int put(int fd, const unsigned char *payload, size_t n)
{
    unsigned char message[2 + 300];
    if (n > 300)
        return 0;
    message[0] = (unsigned char)(n >> 8);
    message[1] = (unsigned char)n;
    memcpy(message + 2, payload, n);
    return send(fd, message, n + 2, MSG_NOSIGNAL) == (ssize_t)(n + 2);
}

static int exchange(void *ctx, const unsigned char *command, size_t n, unsigned char *answer, size_t room, size_t *got)
{
    int fd = *(const int *)ctx;
    unsigned char head[2];
    if (!put(fd, command, n) || !read_all(fd, head, 2))
        return GENKAN_CARD_REMOVED;
    *got = (size_t)head[0] << 8 | head[1];
    if (*got > room)
        return GENKAN_UNSUPPORTED_CARD;
    return read_all(fd, answer, *got) ? GENKAN_OK : GENKAN_CARD_REMOVED;
}

static void power_off(void *ctx)
{
    const unsigned char order = 0;
    (void)put(*(const int *)ctx, &order, 1);
}

/* Until a card comes, at most half a minute. */
static int await_card(int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    const struct timeval patience = {30, 0};
    const unsigned char power_on = 1;
    int yes = 1, listener = socket(AF_INET, SOCK_STREAM, 0), fd = -1;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (listener >= 0 && setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
        setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
        bind(listener, (const struct sockaddr *)&at, sizeof at) == 0 && listen(listener, 1) == 0)
        fd = accept(listener, NULL, NULL);
    if (listener >= 0)
        close(listener);
    if (fd >= 0 && (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) || !put(fd, &power_on, 1))) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* ---- the login ---- */

/* Asks for one PIN until it is right, blocked, or nothing more is typed. At the last try a program with a window asks
 * whether to go on; this one stops. */
static int verify(genkan_card *card, enum genkan_pin pin)
{
    int left, status = genkan_card_tries(card, pin, &left);
    while (status == GENKAN_OK) {
        char line[64];
        fprintf(stderr, "PIN %d, %d tries left: ", (int)pin, left);
        if (!fgets(line, sizeof line, stdin))
            return GENKAN_USER_CANCELLED;
        status = genkan_card_verify(card, pin, line, strcspn(line, "\n"), 0, &left);
        memset(line, 0, sizeof line);
        if (status == GENKAN_OK)
            return GENKAN_OK;
        if (status == GENKAN_PIN_WRONG || status == GENKAN_PIN_FORMAT)
            status = genkan_card_tries(card, pin, &left);
    }
    return status;
}

/* *OF: about which PIN a failure is. */
static int carry_out(genkan_card *card, genkan_request *request, enum genkan_pin *of)
{
    int purpose = genkan_request_purpose(request);
    *of = GENKAN_PIN_AUTH;
    int status = verify(card, GENKAN_PIN_AUTH);
    if (status == GENKAN_OK)
        status = genkan_card_prove(card, request, GENKAN_KEY_AUTH);
    if (status == GENKAN_OK && purpose == GENKAN_REGISTER) {
        *of = GENKAN_PIN_SIGN;
        status = verify(card, GENKAN_PIN_SIGN);
        if (status == GENKAN_OK)
            status = genkan_card_prove(card, request, GENKAN_KEY_SIGN);
    }
    if (status == GENKAN_OK && purpose == GENKAN_READ) {
        *of = GENKAN_PIN_TEXT;
        status = verify(card, GENKAN_PIN_TEXT);
        if (status == GENKAN_OK)
            status = genkan_card_read_text(card, request);
    }
    return status;
}

static int log_in(int port, genkan_request *request, char **url)
{
    int fd = await_card(port);
    const struct genkan_transport transport = {sizeof transport, &fd, exchange, NULL, power_off};
    genkan_card *card = NULL;
    enum genkan_pin of = GENKAN_PIN_AUTH;
    int status = fd < 0 ? GENKAN_NO_CARD : genkan_card_open(&card, &transport);
    fprintf(stderr, "%s: %s at %s, word %s\n", genkan_request_text(request, GENKAN_TEXT_LABEL),
            genkan_request_text(request, GENKAN_TEXT_SERVICE), genkan_request_text(request, GENKAN_TEXT_ORGANISATION),
            genkan_request_text(request, GENKAN_TEXT_WORD));
    if (status == GENKAN_OK)
        status = carry_out(card, request, &of);
    genkan_card_close(card);
    if (fd >= 0)
        close(fd);
    fprintf(stderr, "%s\n", genkan_status_name(status));
    return status ? genkan_request_error(request, status, of, url) : genkan_request_response(request, url);
}

static char *read_file(const char *path, size_t *n)
{
    static char text[65536];
    FILE *f = fopen(path, "r");
    *n = f ? fread(text, 1, sizeof text, f) : 0;
    if (f)
        fclose(f);
    return text;
}

static int complain(const char *what, int status, const char *why)
{
    fprintf(stderr, "%s: %s %s\n", what, genkan_status_name(status), why);
    return 1;
}

int main(int argc, char **argv)
{
    const struct genkan_self self = {sizeof self, GENKAN_PC_AGENT, "card-over-socket", "0.1.0", "linux"};
    genkan_issuers *issuers = NULL;
    genkan_request *request = NULL;
    struct genkan_refusal refusal = {"", ""};
    const char *why = "";
    char *url = NULL;
    size_t n;
    if (argc != 4)
        return complain("usage: card_over_socket PORT ISSUER.json REQUEST", GENKAN_USAGE, "");
    const char *json = read_file(argv[2], &n);
    int status = genkan_issuers_open(&issuers);
    if (status == GENKAN_OK)
        status = genkan_issuers_add(issuers, json, n, &why);
    if (status != GENKAN_OK) {
        genkan_issuers_close(issuers);
        return complain(argv[2], status, why);
    }
    status = genkan_request_open(&request, issuers, argv[3], strlen(argv[3]), &self, (int64_t)time(NULL), &refusal);
    genkan_issuers_close(issuers);
    if (status != GENKAN_OK)
        return complain(refusal.claim, status, refusal.rule);
    status = log_in((int)strtol(argv[1], NULL, 10), request, &url);
    if (status == GENKAN_OK)
        puts(url);
    genkan_free(url);
    genkan_request_close(request);
    return status != GENKAN_OK;
}
