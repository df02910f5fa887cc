#include "store/row.h"

struct value value_text(struct view v)
{
    return (struct value){.kind = view_is(v) ? VALUE_TEXT : VALUE_NULL, .v = v};
}

struct value value_blob(struct view v)
{
    return (struct value){.kind = view_is(v) ? VALUE_BLOB : VALUE_NULL, .v = v};
}

struct value value_ident(const struct ident *id)
{
    return ident_is(*id) ? value_blob(ident_view(id)) : V_NULL;
}

struct value value_time(int64_t unix_s)
{
    return unix_s ? V_INT(unix_s) : V_NULL;
}

static const struct value *column(const struct row *r, size_t i)
{
    INSIST(i < r->n);
    return &r->column[i];
}

bool row_is_null(const struct row *r, size_t i)
{
    return column(r, i)->kind == VALUE_NULL;
}

int64_t row_int(const struct row *r, size_t i)
{
    const struct value *v = column(r, i);
    INSIST(v->kind == VALUE_INT || v->kind == VALUE_NULL);
    return v->kind == VALUE_INT ? v->i : 0;
}

struct view row_text(const struct row *r, size_t i)
{
    const struct value *v = column(r, i);
    INSIST(v->kind == VALUE_TEXT || v->kind == VALUE_NULL);
    return v->kind == VALUE_TEXT ? v->v : VIEW_NONE;
}

struct view row_blob(const struct row *r, size_t i)
{
    const struct value *v = column(r, i);
    INSIST(v->kind == VALUE_BLOB || v->kind == VALUE_NULL);
    return v->kind == VALUE_BLOB ? v->v : VIEW_NONE;
}

struct ident row_ident(const struct row *r, size_t i)
{
    return ident_read(row_blob(r, i));
}

enum err row_keep(struct view *out, struct arena *a, struct view v)
{
    if (!view_is(v)) {
        *out = VIEW_NONE;
        return ERR_OK;
    }
    struct view copy = arena_copy(a, v);
    if (!view_is(copy))
        return ERR_LIMIT;
    *out = copy;
    return ERR_OK;
}
