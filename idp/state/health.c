#include "idp/state/health.h"

#include <sys/statvfs.h>

#include "idp/state/config.h"
#include "idp/state/herald.h"
#include "jpki/pki/revocation.h"

static void look_at_disk(struct health *h, const char *folder)
{
    struct statvfs disk;
    h->disk_free = -1;
    if (statvfs(folder, &disk) == 0)
        h->disk_free = (int64_t)disk.f_bavail * (int64_t)disk.f_frsize;
    h->disk_full = h->disk_free >= 0 && h->disk_free < HEALTH_DISK_MIN;
}

static void look_at_lists(struct health *h, const struct op *op)
{
    struct revocation_stock stock;
    revocation_stock(op->revocation, &stock);
    h->crls = stock.crls;
    h->crls_stale = stock.next_update != 0 && stock.next_update < clock_s(&op->clock);
}

void health_look(struct health *h, const struct op *op)
{
    *h = (struct health){.store = STORE_FINE, .ledger_age = -1};
    bool good = store_check(op->store, &h->store) == ERR_OK;
    look_at_disk(h, op->config->data);
    look_at_lists(h, op);
    if (op->herald)
        h->ledger_age = herald_age_s(op->herald);
    h->ledger_late = h->ledger_age > HEALTH_LEDGER_MAX_S;
    h->ready = good && !h->disk_full;
}

void health_put(struct json_out *o, const struct health *h)
{
    json_pair_bool(o, "ready", h->ready);
    json_pair_text(o, "store", store_fault_name(h->store));
    json_pair_int(o, "disk_free", h->disk_free);
    json_pair_bool(o, "disk_full", h->disk_full);
    json_pair_int(o, "crls", (int64_t)h->crls);
    json_pair_bool(o, "crls_stale", h->crls_stale);
    json_pair_int(o, "ledger_age", h->ledger_age);
    json_pair_bool(o, "ledger_late", h->ledger_late);
}
