/* GET /me/history: who received which field, when and why, out of the ledger. GET /me/history/POSITION.jws and
 * .tlog-proof: a signed copy of one record, and the proof that it is in the ledger. */
#include "consent/history.h"

#include <inttypes.h>

#include "base/chance.h"
#include "base/text.h"
#include "consent/receipt.h"
#include "idp/endpoints/details_shown.h"
#include "idp/endpoints/download.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/me.h"
#include "idp/endpoints/notice_text.h"
#include "idp/endpoints/people.h"
#include "idp/endpoints/show.h"
#include "idp/state/client_version.h"
#include "idp/state/clients.h"
#include "idp/state/config.h"
#include "idp/state/following.h"
#include "idp/tokens/receipt_token.h"

enum { ENTRIES = 50, FOLLOW_BATCHES = 50, REGISTRATIONS = 16 };

/* The registrations that the entries of one page cite; few residents have more than a handful. */
struct registrations {
    struct view client[REGISTRATIONS];
    uint8_t terms[REGISTRATIONS][32];
    struct client *seen[REGISTRATIONS]; /* NULL: not known any more */
    size_t n;
};

static enum err find_seen(struct client **out, struct registrations *known, struct visit *v,
                          const struct history_entry *entry)
{
    for (size_t i = 0; i < known->n; i++)
        if (view_equal(known->client[i], entry->client) && memcmp(known->terms[i], entry->terms, 32) == 0) {
            *out = known->seen[i];
            return ERR_OK;
        }
    *out = NULL;
    enum err e = client_version_find(out, v->db, v->arena, entry->client, entry->terms);
    if (e && e != ERR_NOT_FOUND)
        return e;
    if (known->n < REGISTRATIONS) {
        known->client[known->n] = entry->client;
        memcpy(known->terms[known->n], entry->terms, 32);
        known->seen[known->n++] = *out;
    }
    return ERR_OK;
}

/* --- one entry -------------------------------------------------------------------------------------------------- */

static enum page_event event_of(enum ledger_type type)
{
    static const enum page_event events[] = {
        [LEDGER_REQUESTED] = PAGE_EVENT_REQUESTED, [LEDGER_GIVEN] = PAGE_EVENT_GIVEN,
        [LEDGER_REFUSED] = PAGE_EVENT_REFUSED,     [LEDGER_CHANGED] = PAGE_EVENT_CHANGED,
        [LEDGER_DISCLOSED] = PAGE_EVENT_DISCLOSED, [LEDGER_WITHDRAWN] = PAGE_EVENT_WITHDRAWN,
        [LEDGER_EXPIRED] = PAGE_EVENT_EXPIRED,     [LEDGER_ERASED] = PAGE_EVENT_OTHER,
        [LEDGER_OPERATOR] = PAGE_EVENT_OTHER,      [LEDGER_SUSPENDED] = PAGE_EVENT_SUSPENDED,
    };
    bool known = type >= LEDGER_REQUESTED && (size_t)type < sizeof events / sizeof *events;
    return known ? events[type] : PAGE_EVENT_OTHER;
}

static enum page_via via_of(struct view via)
{
    static const char *const names[] = {"consent-page", "userinfo", "home",    "sweep",    "command",
                                        "leave",        "id_token", "service", "unclaimed"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (view_equal_text(via, names[i]))
            return (enum page_via)i;
    return PAGE_VIA_OTHER;
}

static enum err put_fields(struct page_history_entry *out, struct visit *v, const struct history_entry *entry,
                           const struct client *seen)
{
    struct page_history_field *fields = arena_array(v->arena, entry->n_fields, sizeof *fields);
    for (size_t i = 0; fields && i < entry->n_fields; i++) {
        const struct field *f = entry->fields[i];
        const struct ask_item *item = seen ? ask_find(seen->ask, f) : NULL;
        fields[i] = (struct page_history_field){.title = people_field(v, f),
                                                .purpose = item ? notice_purpose(v, item) : VIEW_NONE,
                                                .proven = entry->verified & field_bit(f)};
    }
    out->fields = fields;
    out->n_fields = entry->n_fields;
    return fields ? ERR_OK : ERR_MEMORY;
}

/* In the words of today: which of them she read the record does not say. A type that is gone stands by its name. */
static enum err put_details(struct page_history_entry *out, struct visit *v, const struct json *types)
{
    struct page_item *items = arena_array(v->arena, json_count(types), sizeof *items);
    enum err e = items ? ERR_OK : ERR_MEMORY;
    for (size_t i = 0; i < json_count(types) && !e; i++) {
        const struct detail_type *type = NULL;
        const struct client *server;
        if (!json_text(json_at(types, i), &items[i].text))
            return ERR_STORE;
        e = clients_find_detail_type(v->op->clients, v->db, items[i].text, &type, &server);
        if (!e && type)
            items[i].text = details_shown_title(v, type);
    }
    out->details = items;
    out->n_details = e ? 0 : json_count(types);
    return e;
}

static enum err put_entry(struct page_history_entry *out, struct visit *v, struct registrations *known,
                          const struct history_entry *entry)
{
    struct client *seen;
    enum err e = find_seen(&seen, known, v, entry);
    if (e)
        return e;
    *out = (struct page_history_entry){
        .time = people_moment(v, entry->at / 1000),
        .title = seen ? people_text(v, seen->name) : entry->client,
        .event = event_of(entry->type),
        .via = via_of(entry->via),
        .position = view_text(arena_printf(v->arena, "%" PRId64, entry->position)),
        .record_url = view_text(arena_printf(v->arena, "/me/history/%" PRId64 ".jws", entry->position)),
        .proof_url = view_text(arena_printf(v->arena, "/me/history/%" PRId64 ".tlog-proof", entry->position))};
    e = put_details(out, v, entry->details);
    return e ? e : put_fields(out, v, entry, seen);
}

/* --- the page --------------------------------------------------------------------------------------------------- */

struct asking {
    struct view service; /* absent: all */
    int64_t before;
};

static bool read_query(struct visit *v, struct asking *asking)
{
    struct view before = visit_param(v, "before");
    *asking = (struct asking){visit_param(v, "service"), 0};
    return !view_is(before) || text_to_int(before, &asking->before);
}

static enum err name_service(struct page_history *facts, struct visit *v, const struct me *me, struct view id)
{
    struct me_service s;
    enum err e = me_service_find(&s, v, me, id);
    if (e)
        return e;
    facts->service = people_text(v, (s.client ? s.client : s.seen)->name);
    facts->service_url = me_service_url(v, id, "");
    return ERR_OK;
}

static struct view more_url(const struct visit *v, struct view service, int64_t last)
{
    if (!view_is(service))
        return view_text(arena_printf(v->arena, "/me/history?before=%" PRId64, last));
    return view_text(arena_printf(v->arena, "/me/history?before=%" PRId64 "&service=%.*s", last, (int)service.n,
                                  (const char *)service.p));
}

static enum err fill(struct page_history *facts, struct visit *v, const struct me *me, const struct asking *asking)
{
    struct registrations *known = arena_alloc(v->arena, sizeof *known);
    struct history_entry *entries;
    size_t n;
    bool more;
    enum err e = known ? following_run(v->op, FOLLOW_BATCHES) : ERR_MEMORY;
    if (!e && view_is(asking->service))
        e = name_service(facts, v, me, asking->service);
    if (!e)
        e = history_find(&entries, &n, &more, v->op->ledger, v->db, v->arena, me->session.resident, asking->service,
                         asking->before, ENTRIES);
    struct page_history_entry *out = e ? NULL : arena_array(v->arena, n, sizeof *out);
    if (e || !out)
        return e ? e : ERR_MEMORY;
    for (size_t i = 0; i < n && !e; i++)
        e = put_entry(&out[i], v, known, &entries[i]);
    facts->entries = out;
    facts->n_entries = n;
    if (more)
        facts->more_url = more_url(v, asking->service, entries[n - 1].position);
    return e;
}

void handle_history(struct visit *v)
{
    struct buf b;
    struct me me;
    struct asking asking;
    if (!me_open(v, &me))
        return;
    struct page_history facts = {.frame = people_frame(v, VIEW_NONE), .name = me.name};
    if (!read_query(v, &asking)) {
        show_parameter_error(v, VIEW("before"), "must be a number of the ledger");
        return;
    }
    enum err e = fill(&facts, v, &me, &asking);
    if (e == ERR_NOT_FOUND) {
        show_error(v, 404, PAGE_ERROR_NOT_FOUND);
    } else if (e) {
        show_failure(v, e, "show the history");
    } else {
        people_open(&b, v);
        page_history(&b, v->op->pages, &facts);
        people_answer(v, 200, PAGE_PLAIN, &b);
    }
}

/* --- one record ------------------------------------------------------------------------------------------------- */

static enum err sign_record(struct visit *v, int64_t index, const struct ledger_leaf *leaf, struct view *jws)
{
    struct json_out o;
    struct view json;
    struct buf b;
    const char *id = chance_id(v->arena);
    if (!id)
        return ERR_MEMORY;
    buf_open(&b, v->arena, RECEIPT_MAX);
    json_out_open(&o, &b);
    json_begin(&o);
    json_pair(&o, "iss", v->op->issuer);
    json_pair_int(&o, "iat", v->now);
    json_pair_text(&o, "jti", id);
    receipt_put_ledger(&o, view_text(v->op->config->ledger.origin), index, leaf->salt, leaf->event);
    json_end(&o);
    enum err e = buf_done(&b, &json);
    return e ? e : receipt_token_sign(v->arena, v->keys, record_token_typ, json, jws);
}

static void send_record(struct visit *v, int64_t index, const struct ledger_leaf *leaf)
{
    struct view jws;
    enum err e = sign_record(v, index, leaf, &jws);
    if (e)
        show_failure(v, e, "sign a record");
    else
        download_answer(v, "application/jose", arena_printf(v->arena, "genkan-%" PRId64 ".jws", index), jws);
}

/* Only leaves about herself: whoever has the salt can prove the event to others. */
void handle_record(struct visit *v)
{
    struct view form = v->request->tail, number = VIEW_NONE;
    bool parted = view_next(&form, '.', &number);
    struct ledger_leaf leaf;
    struct me me;
    int64_t index = 0;
    if (!me_open(v, &me))
        return;
    bool known =
        parted && text_to_int(number, &index) && (view_equal_text(form, "jws") || view_equal_text(form, "tlog-proof"));
    enum err e = known ? ledger_leaf_find(&leaf, v->arena, v->db, index) : ERR_NOT_FOUND;
    if (!e && !history_is_of(v->op->ledger, v->arena, &leaf, me.session.resident))
        e = ERR_NOT_FOUND;
    if (e == ERR_NOT_FOUND)
        show_error(v, 404, PAGE_ERROR_NOT_FOUND);
    else if (e)
        show_failure(v, e, "find a record");
    else if (view_equal_text(form, "jws"))
        send_record(v, index, &leaf);
    else
        download_proof(v, index);
}
