#include "certs/folder.h"

#include <fcntl.h>
#include <openssl/pem.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 4096

static void make_folders(char *path)
{
    for (char *p = path + 1; *p; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        (void)mkdir(path, 0755); /* what cannot be made shows when the file is written */
        *p = '/';
    }
}

/* Not base/file: its fsync for each of some 500 throw-away files would take longer than making them. */
static void write_file(const char *path, struct view bytes, unsigned mode)
{
    (void)unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    bool ok = fd >= 0 && write(fd, bytes.p, bytes.n) == (ssize_t)bytes.n;
    if (fd >= 0)
        ok = close(fd) == 0 && ok;
    if (!ok)
        perror(path);
    must(ok, "cannot write a file");
}

__attribute__((format(printf, 3, 0))) static void join(char full[PATH_SIZE], const struct folder *f, const char *path,
                                                       va_list args)
{
    char rest[PATH_SIZE / 2];
    int n = vsnprintf(rest, sizeof rest, path, args);
    must(n > 0 && (size_t)n < sizeof rest, "path too long");
    n = snprintf(full, PATH_SIZE, "%s/%s", f->root, rest);
    must(n > 0 && n < PATH_SIZE, "path too long");
}

__attribute__((format(printf, 4, 0))) static void put(const struct folder *f, struct view bytes, unsigned mode,
                                                      const char *path, va_list args)
{
    char full[PATH_SIZE];
    join(full, f, path, args);
    make_folders(full);
    write_file(full, bytes, mode);
}

void folder_put(const struct folder *f, struct view bytes, unsigned mode, const char *path, ...)
{
    va_list args;
    va_start(args, path);
    put(f, bytes, mode, path, args);
    va_end(args);
}

void folder_put_cert(const struct folder *f, X509 *cert, const char *path, ...)
{
    unsigned char *der = NULL;
    int n = i2d_X509(cert, &der);
    must(n > 0, "cannot encode a certificate");
    va_list args;
    va_start(args, path);
    put(f, view_bytes(der, (size_t)n), 0644, path, args);
    va_end(args);
    OPENSSL_free(der);
}

static struct view bio_view(BIO *bio)
{
    char *p = NULL;
    long n = BIO_get_mem_data(bio, &p);
    return view_bytes(p, (size_t)n);
}

void folder_put_cert_pem(const struct folder *f, X509 *cert, const char *path, ...)
{
    BIO *bio = BIO_new(BIO_s_mem());
    must(bio && PEM_write_bio_X509(bio, cert), "cannot encode a certificate");
    va_list args;
    va_start(args, path);
    put(f, bio_view(bio), 0644, path, args);
    va_end(args);
    BIO_free(bio);
}

void folder_put_key(const struct folder *f, EVP_PKEY *key, const char *path, ...)
{
    BIO *bio = BIO_new(BIO_s_mem());
    must(bio && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), "cannot encode a key");
    va_list args;
    va_start(args, path);
    put(f, bio_view(bio), 0600, path, args);
    va_end(args);
    BIO_free(bio);
}

void folder_put_crl(const struct folder *f, X509_CRL *crl, const char *path, ...)
{
    unsigned char *der = NULL;
    int n = i2d_X509_CRL(crl, &der);
    must(n > 0, "cannot encode a CRL");
    va_list args;
    va_start(args, path);
    put(f, view_bytes(der, (size_t)n), 0644, path, args);
    va_end(args);
    OPENSSL_free(der);
}

/* --- reading back ----------------------------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 0))) static BIO *open_file(const struct folder *f, const char *path, va_list args)
{
    char full[PATH_SIZE];
    join(full, f, path, args);
    BIO *bio = BIO_new_file(full, "rb");
    if (!bio)
        perror(full);
    must(bio, "cannot read a file");
    return bio;
}

bool folder_has(const struct folder *f, const char *path, ...)
{
    char full[PATH_SIZE];
    va_list args;
    va_start(args, path);
    join(full, f, path, args);
    va_end(args);
    return access(full, R_OK) == 0;
}

X509 *folder_get_cert(const struct folder *f, const char *path, ...)
{
    va_list args;
    va_start(args, path);
    BIO *bio = open_file(f, path, args);
    va_end(args);
    X509 *cert = d2i_X509_bio(bio, NULL);
    BIO_free(bio);
    must(cert, "not a certificate");
    return cert;
}

EVP_PKEY *folder_get_key(const struct folder *f, const char *path, ...)
{
    va_list args;
    va_start(args, path);
    BIO *bio = open_file(f, path, args);
    va_end(args);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    BIO_free(bio);
    must(key, "not a key");
    return key;
}

X509_CRL *folder_get_crl(const struct folder *f, const char *path, ...)
{
    va_list args;
    va_start(args, path);
    BIO *bio = open_file(f, path, args);
    va_end(args);
    X509_CRL *crl = d2i_X509_CRL_bio(bio, NULL);
    BIO_free(bio);
    must(crl, "not a CRL");
    return crl;
}

void folder_append(const struct folder *f, struct view bytes, const char *path)
{
    char full[PATH_SIZE];
    int n = snprintf(full, sizeof full, "%s/%s", f->root, path);
    must(n > 0 && (size_t)n < sizeof full, "path too long");
    make_folders(full);
    int fd = open(full, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    bool ok = fd >= 0 && write(fd, bytes.p, bytes.n) == (ssize_t)bytes.n;
    if (fd >= 0)
        ok = close(fd) == 0 && ok;
    must(ok, "cannot write a file");
}
