/* folder: where the test PKI's files go. Like everything here it ends the program when it cannot. */
#ifndef CERTS_FOLDER_H
#define CERTS_FOLDER_H

#include "certs/pki.h"

/* Paths are ROOT and the printf result joined by '/'; folders on the way are made. */
struct folder {
    const char *root;
};

void folder_put(const struct folder *f, struct view bytes, unsigned mode, const char *path, ...)
    __attribute__((format(printf, 4, 5)));

/* DER, and PEM with a private key in mode 0600. */
void folder_put_cert(const struct folder *f, X509 *cert, const char *path, ...) __attribute__((format(printf, 3, 4)));
void folder_put_cert_pem(const struct folder *f, X509 *cert, const char *path, ...)
    __attribute__((format(printf, 3, 4)));
void folder_put_key(const struct folder *f, EVP_PKEY *key, const char *path, ...) __attribute__((format(printf, 3, 4)));
void folder_put_crl(const struct folder *f, X509_CRL *crl, const char *path, ...) __attribute__((format(printf, 3, 4)));

/* Is there such a file? What is in it: whole, a certificate, a key, a CRL; the caller frees. */
bool folder_has(const struct folder *f, const char *path, ...) __attribute__((format(printf, 2, 3)));
X509 *folder_get_cert(const struct folder *f, const char *path, ...) __attribute__((format(printf, 2, 3)));
EVP_PKEY *folder_get_key(const struct folder *f, const char *path, ...) __attribute__((format(printf, 2, 3)));
X509_CRL *folder_get_crl(const struct folder *f, const char *path, ...) __attribute__((format(printf, 2, 3)));
/* Adds to the end of a file, which is made if there is none. */
void folder_append(const struct folder *f, struct view bytes, const char *path);

#endif
