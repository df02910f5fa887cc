#include "certs/book.h"

#include <string.h>
#include <time.h>

#include "certs/residents.h"

#define DAY 86400

void book_open(struct book *b, int64_t now)
{
    *b = (struct book){.now = now};
    buf_open(&b->index, NULL, 1 << 20);
}

void book_close(struct book *b)
{
    buf_close(&b->index);
}

/* A UTCTime: openssl ocsp reads nothing else as the date of a revocation. */
static void index_date(char out[16], int64_t t)
{
    time_t seconds = (time_t)t;
    struct tm tm;
    char full[16];
    must(gmtime_r(&seconds, &tm) != NULL, "bad date");
    must(strftime(full, sizeof full, "%Y%m%d%H%M%SZ", &tm) > 0, "bad date");
    memcpy(out, full + 2, sizeof full - 2);
}

static void put_index(struct book *b, const struct leaf *leaf, const char *who)
{
    char to[16], at[16] = "";
    bool revoked = leaf->revoked >= 0;
    const char *more = leaf->revoked == CRL_REASON_CERTIFICATE_HOLD ? ",holdInstructionNone" : "";
    index_date(to, leaf->to);
    if (revoked)
        index_date(at, b->now - DAY);
    buf_printf(&b->index, "%c\t%s\t%s%s%s%s\t%08X\tunknown\t/C=JP/CN=%s %s\n", revoked ? 'R' : 'V', to, at,
               revoked ? "," : "", revoked ? residents_reason(leaf->revoked) : "", more, leaf->serial, who,
               leaf->hierarchy == AUTH ? "auth" : "sign");
}

static void put_revoked(struct book *b, const struct leaf *leaf)
{
    enum hierarchy h = leaf->ca->hierarchy;
    size_t i = b->n[h]++;
    must(i < BOOK_MAX, "too many revoked certificates");
    b->revoked[h][i] = (struct revoked_serial){leaf->serial, b->now - DAY, leaf->revoked};
    b->where[h][i].city = leaf->town->city;
    b->where[h][i].generation = leaf->ca->generation;
}

void book_enter(struct book *b, const struct leaf *leaf, const char *who)
{
    if (leaf->defect == UNLISTED || leaf->defect == ZERO_SERIAL || !leaf->ca->generation)
        return;
    put_index(b, leaf, who);
    if (leaf->revoked >= 0)
        put_revoked(b, leaf);
}

size_t book_pick(const struct book *b, const struct authority *ca, const struct town *town,
                 struct revoked_serial out[BOOK_MAX])
{
    enum hierarchy h = ca->hierarchy;
    size_t n = 0;
    for (size_t i = 0; i < b->n[h]; i++)
        if (b->where[h][i].generation == ca->generation && (!town || strcmp(b->where[h][i].city, town->city) == 0))
            out[n++] = b->revoked[h][i];
    return n;
}
