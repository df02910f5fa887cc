/* responders: which of them have failed lately: a breaker for each address, safe between threads. Only those that have
 * failed are remembered. */
#ifndef JPKI_PKI_RESPONDERS_H
#define JPKI_PKI_RESPONDERS_H

#include "base/err.h"
#include "jpki/pki/breaker.h"

#define RESPONDERS_MAX 32 /* that fail at one time; those beyond are asked again and again */

struct responders;

enum err responders_open(struct responders **out) MUST_CHECK;
void responders_close(struct responders *r);

/* May URL be asked now? / How it went; true if it is given up for a while because of this. */
bool responders_ask(struct responders *r, const char *url, int64_t now_ms);
bool responders_report(struct responders *r, const char *url, bool good, int64_t now_ms);

#endif
