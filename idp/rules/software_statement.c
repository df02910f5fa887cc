#include "idp/rules/software_statement.h"

#include "base/jws.h"

const char software_statement_malformed[] = "is no signed JWT with iss";
const char software_statement_unapproved[] = "is of nobody who is approved here: leave it out";

/* 2.3: signed, and with "iss" of the party that vouches. */
static enum err judge(const char **rule, struct arena *a, struct view text)
{
    struct json *claims;
    struct jws jws;
    enum err e = jws_read(&jws, a, text);

    if (!e)
        e = json_read(&claims, a, jws.payload, NULL);
    if (e == ERR_MEMORY)
        return e;
    bool is = !e && json_is_object(claims) && view_is(json_member_text(claims, "iss"));
    *rule = is ? software_statement_unapproved : software_statement_malformed;
    return ERR_OK;
}

enum err software_statement_decide(const char **rule, struct arena *a, const struct json *said)
{
    const struct json *statement = json_member(said, "software_statement");
    struct view text;

    *rule = NULL;
    if (!statement || json_is_null(statement))
        return ERR_OK;
    *rule = software_statement_malformed;
    return json_text(statement, &text) ? judge(rule, a, text) : ERR_OK;
}
