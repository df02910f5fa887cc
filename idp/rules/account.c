#include "idp/rules/account.h"

static const char *const names[ACCOUNT_REASONS] = {"hijacking", "bulk-account", "request", "order", "other"};

bool account_reason_of(enum account_reason *out, struct view name)
{
    for (enum account_reason r = 0; r < ACCOUNT_REASONS; r++)
        if (view_equal_text(name, names[r])) {
            *out = r;
            return true;
        }
    return false;
}

const char *account_reason_name(enum account_reason r)
{
    return names[r];
}

const char *account_reason_told(enum account_reason r)
{
    return r == ACCOUNT_HIJACKING || r == ACCOUNT_BULK_ACCOUNT ? names[r] : NULL;
}

enum account_verdict account_decide(const struct account_facts *f)
{
    if (!f->found)
        return ACCOUNT_UNKNOWN;
    return f->disabled == f->enable ? ACCOUNT_GO : ACCOUNT_ALREADY;
}
