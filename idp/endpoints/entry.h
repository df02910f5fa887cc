/* entry: values that residents enter themselves. Who edited an older version than the present one is told. */
#ifndef IDP_ENDPOINTS_ENTRY_H
#define IDP_ENDPOINTS_ENTRY_H

#include "consent/field.h"
#include "idp/state/visit.h"

/* One value of the resident's own. */
struct entry_change {
    const char *field;
    int64_t version;  /* changed_at of what the form showed; 0: there was nothing */
    struct view json; /* absent: taken away */
};

/* Records all of them or none. ERR_CONFLICT: another version is there by now. */
enum err entry_record(struct visit *v, struct ident resident, const struct entry_change *changes, size_t n) MUST_CHECK;

/* The version a form came with (parameter NAME); 0 without one. */
int64_t entry_version_sent(const struct visit *v, const char *name);
/* The version of what is stored, and how a form carries it. */
int64_t entry_version_of(const struct field_profile *profile, const char *field);
struct view entry_version_text(const struct visit *v, int64_t version);

/* Back to where the resident came from: the consent page (parameter "i"), or PATH, which says "saved". */
void entry_saved(struct visit *v, const char *path);

/* Where the resident can enter the value of F, or what F is derived from: "/me/household"; NULL: nowhere. Static. */
const char *entry_path_of(const struct field *f);

#endif
