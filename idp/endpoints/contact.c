/* GET, POST /me/contact: e-mail address and telephone number, as the resident says them. */
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/entry.h"
#include "idp/endpoints/me.h"
#include "idp/endpoints/people.h"
#include "idp/endpoints/show.h"

/* One of the two: its parameter, its field, how it is read. */
struct entry {
    const char *field, *version_name;
    enum page_rule rule;
    enum err (*read)(struct view *json, struct arena *a, struct view typed);
    struct view href;
    struct view text;
    int64_t version;
    bool wrong;
};

enum { EMAIL, PHONE, ENTRIES };

static void open_entries(struct entry e[ENTRIES])
{
    e[EMAIL] = (struct entry){.field = "email",
                              .version_name = "email-version",
                              .rule = PAGE_RULE_EMAIL,
                              .read = field_json_of_email,
                              .href = VIEW("/me/contact#email")};
    e[PHONE] = (struct entry){.field = "phone_number",
                              .version_name = "phone-version",
                              .rule = PAGE_RULE_PHONE,
                              .read = field_json_of_phone,
                              .href = VIEW("/me/contact#phone")};
}

/* --- showing ---------------------------------------------------------------------------------------------------- */

static enum err take_stored(struct entry *entry, const struct visit *v, const struct field_profile *profile)
{
    const struct field_value *value = field_stored(profile, field_find(view_text(entry->field)));
    entry->version = entry_version_of(profile, entry->field);
    enum err e = value ? field_display(&entry->text, v->arena, value, true) : ERR_OK;
    return e == ERR_SYNTAX ? ERR_STORE : e;
}

static void fill(const struct visit *v, const struct entry e[ENTRIES], struct page_contact *facts,
                 struct page_slip slips[ENTRIES])
{
    facts->email = e[EMAIL].text;
    facts->phone = e[PHONE].text;
    facts->email_version = entry_version_text(v, e[EMAIL].version);
    facts->phone_version = entry_version_text(v, e[PHONE].version);
    if (e[EMAIL].wrong) {
        facts->email_rule = PAGE_RULE_EMAIL;
        facts->email_note = VIEW("email-note");
        facts->email_invalid = VIEW("true");
    }
    if (e[PHONE].wrong) {
        facts->phone_rule = PAGE_RULE_PHONE;
        facts->phone_note = VIEW("phone-note");
        facts->phone_invalid = VIEW("true");
    }
    for (size_t i = 0; i < ENTRIES; i++)
        if (e[i].wrong)
            slips[facts->n_slips++] = (struct page_slip){e[i].href, VIEW_NONE, e[i].rule};
    facts->slips = slips;
}

/* TYPED: the form that is shown again; NULL: what is stored. */
static void show(struct visit *v, const struct me *me, struct entry *typed, bool changed)
{
    struct buf b;
    struct entry stored[ENTRIES], *entries = typed ? typed : stored;
    struct page_slip slips[ENTRIES];
    struct page_contact facts = {.frame = people_frame(v, visit_param(v, "i")),
                                 .saved = !typed && view_is(form_find(v->request->query, "saved")),
                                 .changed = changed};
    open_entries(stored);
    enum err e = ERR_OK;
    for (size_t i = 0; i < ENTRIES && !e; i++) {
        e = take_stored(&stored[i], v, &me->profile);
        if (changed)
            entries[i].version = stored[i].version;
    }
    if (e) {
        show_failure(v, e, "load the contact");
        return;
    }
    facts.name = me->name;
    fill(v, entries, &facts, slips);
    people_open(&b, v);
    page_contact(&b, v->op->pages, &facts);
    people_answer(v, changed ? 409 : facts.n_slips ? 422 : 200, PAGE_PLAIN, &b);
}

/* --- recording -------------------------------------------------------------------------------------------------- */

/* Empty, or nothing but spaces: taken away. */
static bool is_blank(struct view text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] != ' ')
            return false;
    return true;
}

static enum err read_entry(struct entry *entry, struct visit *v, const char *name, struct entry_change *change)
{
    entry->text = visit_param(v, name);
    entry->version = entry_version_sent(v, entry->version_name);
    *change = (struct entry_change){.field = entry->field, .version = entry->version};
    if (is_blank(entry->text))
        return ERR_OK;
    enum err e = entry->read(&change->json, v->arena, entry->text);
    entry->wrong = e == ERR_SYNTAX;
    return entry->wrong ? ERR_OK : e;
}

static void record(struct visit *v, const struct me *me)
{
    struct entry entries[ENTRIES];
    struct entry_change changes[ENTRIES];
    open_entries(entries);
    enum err e = read_entry(&entries[EMAIL], v, "email", &changes[EMAIL]);
    if (!e)
        e = read_entry(&entries[PHONE], v, "phone", &changes[PHONE]);
    if (!e && (entries[EMAIL].wrong || entries[PHONE].wrong)) {
        show(v, me, entries, false);
        return;
    }
    if (!e)
        e = entry_record(v, me->session.resident, changes, ENTRIES);
    if (e == ERR_CONFLICT)
        show(v, me, entries, true);
    else if (e)
        show_failure(v, e, "record the contact");
    else
        entry_saved(v, "/me/contact");
}

void handle_contact(struct visit *v)
{
    struct me me;
    if (!me_open(v, &me))
        return;
    if (v->request->method == METHOD_POST)
        record(v, &me);
    else
        show(v, &me, NULL, false);
}
