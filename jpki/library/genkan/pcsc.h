/* genkan/pcsc.h: the transport of genkan/card.h through the smart card service of the system (pcsc-lite), in a library
 * of its own (libgenkan-card-pcsc). Manual: genkan_pcsc_open(3). */
#ifndef GENKAN_PCSC_H
#define GENKAN_PCSC_H

#include <genkan/card.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct genkan_pcsc genkan_pcsc;

int genkan_pcsc_open(genkan_pcsc **out, const char *reader);
int genkan_pcsc_connect(genkan_pcsc *pcsc, unsigned nth, int ms, struct genkan_transport *transport);
void genkan_pcsc_close(genkan_pcsc *pcsc);

#ifdef __cplusplus
}
#endif

#endif
