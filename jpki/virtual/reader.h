/* reader: a virtual card reader of one's own: a pcscd with vsmartcard's vpcd driver that shares nothing with the
 * system's, made so that several run side by side and an ordinary user may start one. */
#ifndef JPKI_VIRTUAL_READER_H
#define JPKI_VIRTUAL_READER_H

#include <stdint.h>

#include "base/err.h"

#define READER_SOCKET "pcscd.comm" /* in the folder: the value for PCSCLITE_CSOCK_NAME */

#define READER_DRIVER "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"

/* Turns this process into pcscd: returns only if it could not. FOLDER gets the driver's configuration and the socket;
 * slot 0 listens on PORT, slot 1 on PORT + 1. DRIVER: the driver's file. ERR_UNAVAILABLE: pcscd or the driver is not
 * installed. */
enum err reader_become(const char *folder, uint16_t port, const char *driver);

#endif
