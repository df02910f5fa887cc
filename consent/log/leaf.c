#include "consent/log/leaf.h"

#include "consent/log/tree.h"

static const char *const type_names[] = {"",          "requested", "given",  "refused",  "changed",   "disclosed",
                                         "withdrawn", "expired",   "erased", "operator", "suspended", "auditor"};
enum { TYPES = sizeof type_names / sizeof *type_names };

const char *ledger_type_name(enum ledger_type t)
{
    return t >= LEDGER_REQUESTED && (size_t)t < TYPES ? type_names[t] : "unknown";
}

bool ledger_type_of(struct view name, enum ledger_type *out)
{
    for (int t = LEDGER_REQUESTED; t < TYPES; t++)
        if (view_equal_text(name, type_names[t])) {
            *out = (enum ledger_type)t;
            return true;
        }
    return false;
}

/* A quote mark inside a text is escaped: nothing else in a canonical event looks like this member. */
bool leaf_type_of_event(struct view event, enum ledger_type *out)
{
    static const char member[] = "\"type\":\"";
    const uint8_t *at = event.n ? memmem(event.p, event.n, member, sizeof member - 1) : NULL;
    if (!at)
        return false;
    struct view rest = view_from(event, (size_t)(at - event.p) + sizeof member - 1);
    return ledger_type_of(view_part(rest, 0, view_index(rest, '"')), out);
}

void leaf_digest(uint8_t out[SHA256_SIZE], struct view salt, struct view event)
{
    const struct view pieces[] = {salt, event};
    sha256_of(out, pieces, 2);
}

void leaf_write(uint8_t out[LEAF_SIZE], unsigned type, const uint8_t digest[SHA256_SIZE])
{
    out[0] = LEAF_VERSION;
    out[1] = (uint8_t)type;
    memcpy(out + 2, digest, SHA256_SIZE);
}

void leaf_hash(uint8_t out[SHA256_SIZE], unsigned type, const uint8_t digest[SHA256_SIZE])
{
    uint8_t leaf[LEAF_SIZE];
    leaf_write(leaf, type, digest);
    tree_leaf_hash(out, VIEW_ARRAY(leaf));
}
