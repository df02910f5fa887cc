#include "limits.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "process.h"
#include "rows.h"

static void sign_once(EVP_MD_CTX *ctx, EVP_PKEY *key, const unsigned char *data, size_t n)
{
    unsigned char signature[512];
    size_t size = sizeof(signature);
    if (EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) != 1 ||
        EVP_DigestSign(ctx, signature, &size, data, n) != 1)
        exit(1);
}

static double signature_us(EVP_PKEY *key, int times)
{
    unsigned char data[600] = {1};
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (!key || !ctx)
        exit(1);
    for (int i = 0; i < times / 10; i++)
        sign_once(ctx, key, data, sizeof(data));
    int64_t from = thread_cpu_ns();
    for (int i = 0; i < times; i++)
        sign_once(ctx, key, data, sizeof(data));
    double us = (double)(thread_cpu_ns() - from) / 1e3 / times;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    return us;
}

double limit_es256_us(void)
{
    return signature_us(EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"), 20000);
}

double limit_rs256_us(void)
{
    return signature_us(EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048), 1000);
}

static void commit_rows(struct rows *r, unsigned commits)
{
    for (unsigned i = 0; i < commits; i++) {
        rows_begin(r);
        rows_insert(r);
        rows_commit(r);
    }
}

double limit_row_us(const char *folder, double *commits_per_second)
{
    enum { COMMITS = 3000 };
    char path[300];
    struct rows rows;
    snprintf(path, sizeof(path), "%s/limit-row.db", folder);
    rows_open(&rows, path);
    commit_rows(&rows, 100);
    int64_t cpu = thread_cpu_ns(), wall = wall_ns();
    commit_rows(&rows, COMMITS);
    cpu = thread_cpu_ns() - cpu;
    wall = wall_ns() - wall;
    rows_close(&rows);
    unlink(path);
    *commits_per_second = COMMITS / ((double)wall / 1e9);
    return (double)cpu / 1e3 / COMMITS;
}
