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

#endif
