#include "idp/rules/response_mode.h"

static const struct {
    const char *name;
    enum response_mode mode;
} modes[] = {{"query", RESPONSE_QUERY},
             {"fragment", RESPONSE_FRAGMENT},
             {"form_post", RESPONSE_FORM_POST},
             {"jwt", RESPONSE_QUERY_JWT}, /* JARM 2.3.4: for the response type "code" this is query.jwt */
             {"query.jwt", RESPONSE_QUERY_JWT},
             {"fragment.jwt", RESPONSE_FRAGMENT_JWT},
             {"form_post.jwt", RESPONSE_FORM_POST_JWT}};

const char *const response_mode_names[] = {"query",     "fragment",     "form_post",     "jwt",
                                           "query.jwt", "fragment.jwt", "form_post.jwt", NULL};

bool response_mode_read(enum response_mode *out, struct view name)
{
    *out = RESPONSE_QUERY; /* Multiple Response Types 2.1: the default of the response type "code" */
    if (!view_is(name))
        return true;
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (view_equal_text(name, modes[i].name)) {
            *out = modes[i].mode;
            return true;
        }
    return false;
}

bool response_mode_is_jwt(enum response_mode mode)
{
    return mode >= RESPONSE_QUERY_JWT;
}

enum response_mode response_mode_way(enum response_mode mode)
{
    return response_mode_is_jwt(mode) ? (enum response_mode)(mode - RESPONSE_QUERY_JWT) : mode;
}
