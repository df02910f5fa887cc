/* Four eyes. POST /audit/identity: asks whose a pseudonym is or what a person's pseudonyms are, allows or denies what
 * another one asked. GET /audit/identity?id=: the answer, for a day and for who asked. */
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/identifying.h"
#include "idp/endpoints/people.h"
#include "idp/endpoints/show.h"

static void record(struct visit *v, const struct auditor *who)
{
    struct identifying d = {.verb = visit_param(v, "do"),
                            .id = visit_param(v, "id"),
                            .pseudonym = visit_param(v, "pseudonym"),
                            .name = visit_param(v, "name"),
                            .birthdate = visit_param(v, "birthdate"),
                            .reason = visit_param(v, "reason")};
    const char *key = "", *rule = "";
    struct ident id;
    enum err e = identifying_record(&id, v, who, &d, &key, &rule);
    if (e == ERR_SYNTAX)
        show_parameter_error(v, view_text(key), rule);
    else if (e == ERR_NOT_FOUND)
        show_error(v, 404, PAGE_ERROR_NOT_FOUND);
    else if (e == ERR_PERMISSION) /* her own request, or somebody was faster */
        show_error(v, 403, PAGE_ERROR_FORM);
    else if (e == ERR_LIMIT)
        show_parameter_error(v, VIEW("do"), "must wait: 5 requests of one auditor and 25 of all may be open at a time");
    else if (e)
        show_failure(v, e, "decide on an identity");
    else
        visit_redirect(v, VIEW("/audit"));
}

/* --- whose it is -------------------------------------------------------------------------------------------------- */

static enum err fill_values(struct visit *v, const struct auditor *who, const struct identity_request *r,
                            struct page_audit_identity *facts)
{
    struct field_value found[IDENTIFYING_VALUES];
    struct page_audit_value *values = arena_array(v->arena, IDENTIFYING_VALUES, sizeof *values);
    size_t n = 0;
    enum err e = values ? identifying_values(found, &n, v, who, r) : ERR_MEMORY;
    for (size_t i = 0; i < n && !e; i++) {
        const struct field *f = found[i].field;
        values[i].title = view_text(v->english ? f->en : f->ja);
        e = field_display(&values[i].text, v->arena, &found[i], !v->english);
    }
    facts->values = values;
    facts->n_values = n;
    return e;
}

/* --- whose pseudonyms they are ------------------------------------------------------------------------------------ */

static enum err fill_pseudonyms(struct visit *v, const struct auditor *who, const struct identity_request *r,
                                struct page_audit_identity *facts)
{
    struct lookup_answer *answer = arena_alloc(v->arena, sizeof *answer);
    struct identity_person person;
    enum err e = answer ? identifying_person(&person, v, who, r) : ERR_MEMORY;
    if (!e)
        e = identifying_lookup(answer, v, who, r);
    struct page_audit_pseudonym *out = e ? NULL : arena_array(v->arena, answer->n, sizeof *out);
    if (e || !out)
        return e ? e : ERR_MEMORY;
    for (size_t i = 0; i < answer->n; i++) {
        struct view p = answer->pseudonyms[i];
        out[i] = (struct page_audit_pseudonym){
            p, view_text(arena_printf(v->arena, "/audit?resident=%.*s", (int)p.n, (const char *)p.p))};
    }
    facts->name = person.name;
    facts->birthdate = people_date(v, person.birthdate);
    facts->over = answer->over;
    facts->many = answer->many;
    facts->pseudonyms = out;
    facts->n_pseudonyms = answer->n;
    facts->again_url =
        view_text(arena_printf(v->arena, "/audit/identity?id=%.*s", (int)form_get(v->request->query, "id").n,
                               (const char *)form_get(v->request->query, "id").p));
    return ERR_OK;
}

static enum err find(struct visit *v, const struct auditor *who, struct page_audit_identity *facts)
{
    struct identity_request r;
    enum err e = identifying_find(&r, v, who, form_get(v->request->query, "id"));
    if (e)
        return e;
    facts->until = people_moment(v, r.until);
    facts->person = identity_is_of_person(&r);
    if (facts->person)
        return fill_pseudonyms(v, who, &r, facts);
    facts->pseudonym = r.pseudonym;
    return fill_values(v, who, &r, facts);
}

void handle_audit_identity(struct visit *v)
{
    struct me me;
    struct auditor who;
    struct buf b;
    if (!auditing_open(v, &me, &who))
        return;
    if (v->request->method == METHOD_POST) {
        record(v, &who);
        return;
    }
    struct page_audit_identity facts = {.frame = people_frame(v, VIEW_NONE)};
    enum err e = find(v, &who, &facts);
    if (e == ERR_NOT_FOUND) {
        show_error(v, 404, PAGE_ERROR_NOT_FOUND);
    } else if (e) {
        show_failure(v, e, "show an identity");
    } else {
        people_open(&b, v);
        page_audit_identity(&b, v->op->pages, &facts);
        people_answer(v, 200, PAGE_PLAIN, &b);
    }
}
