/* reader_pcsc: the real reader, through the smart card service of the system (pcsc-lite). PCSCLITE_CSOCK_NAME of the
 * environment moves the socket of the service. */
#ifndef JPKI_CARD_READER_PCSC_H
#define JPKI_CARD_READER_PCSC_H

#include "jpki/card/reader.h"

struct pcsc;

/* NAME: take only readers whose name contains it; NULL or "": any. The service need not be running yet: it is looked
 * for again at every look. ERR_MEMORY only. */
enum err pcsc_open(struct pcsc **out, const char *name) MUST_CHECK;
void pcsc_close(struct pcsc *p);

/* The functions; valid until pcsc_close. */
struct reader pcsc_reader(struct pcsc *p);

/* The name of the reader whose card was connected last; "" if none was. Until the next connect. */
const char *pcsc_card_reader(const struct pcsc *p);

/* Which readers there are, for people to read: NUL-terminated names, and of a card in it how it is reached. */
struct pcsc_seen {
    const char *name; /* until the next call with P */
    bool has_card, is_contactless;
};
/* ERR_UNAVAILABLE: the service does not answer. At most MAX are told. */
enum err pcsc_readers(struct pcsc *p, struct pcsc_seen *out, size_t max, size_t *n) MUST_CHECK;

#endif
