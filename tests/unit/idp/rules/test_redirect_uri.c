#include <criterion/criterion.h>

#include "idp/rules/client.h"
#include "idp/rules/redirect_uri.h"

struct row {
    const char *registered, *uri;
    bool native, fits;
};

static void run(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        cr_expect_eq(redirect_uri_fits(view_text(rows[i].registered), view_text(rows[i].uri), rows[i].native),
                     rows[i].fits, "%s, registered %s, %s", rows[i].uri, rows[i].registered,
                     rows[i].native ? "native" : "web");
}
#define RUN(ROWS) run(ROWS, sizeof(ROWS) / sizeof(ROWS)[0])

#define V4 "http://127.0.0.1/cb"
#define V6 "http://[::1]/cb"

/* RFC 9700 4.1.3 */
Test(redirect_uri, of_a_web_service_fits_byte_for_byte)
{
    static const struct row rows[] = {
        {"https://a.example/cb", "https://a.example/cb?", false, false},
        {"https://a.example/cb", "https://a.example:443/cb", false, false},
        {"https://a.example/cb", "https://A.example/cb", false, false},
        {V4, "http://127.0.0.1:51004/cb", false, false},
        {"http://localhost:3000/cb", "http://localhost:3001/cb", false, false},
        {"https://a.example/cb", NULL, false, false},
        {"https://a.example/cb", "https://a.example/cb", false, true},
    };
    RUN(rows);
}

/* RFC 8252 7.3: "MUST allow any port to be specified at the time of the request for loopback IP redirect URIs" */
Test(redirect_uri, of_a_native_program_fits_on_any_port_of_a_loopback_address_and_nowhere_else)
{
    static const struct row rows[] = {
        {V4, "http://127.0.0.1:51004/other", true, false},
        {V4, "http://127.0.0.1:51004/cb/", true, false},
        {V4, "http://127.0.0.1:51004/cb?x=1", true, false},
        {V4, "http://127.0.0.1:51004", true, false},
        {V4, "http://[::1]:51004/cb", true, false},
        {V6, "http://127.0.0.1:51004/cb", true, false},
        {V4, "http://localhost:51004/cb", true, false}, /* 8.3: another name may be asked of anybody */
        {"http://localhost/cb", "http://localhost:51004/cb", true, false},
        {"http://127.0.0.2/cb", "http://127.0.0.2:51004/cb", true, false},
        {V4, "https://127.0.0.1:51004/cb", true, false},
        {V4, "http://127.0.0.1:51004@evil.example/cb", true, false},
        {V4, "http://127.0.0.1@evil.example/cb", true, false},
        {V4, "http://127.0.0.1.evil.example/cb", true, false},
        {"http://127.0.0.1.evil.example/cb", "http://127.0.0.1:51004.evil.example/cb", true, false},
        {"http://127.0.0.1@evil.example/cb", "http://127.0.0.1:51004@evil.example/cb", true, false},
        {V4, "http://127.0.0.1:/cb", true, false},
        {V4, "http://127.0.0.1:0/cb", true, false},
        {V4, "http://127.0.0.1:0080/cb", true, false},
        {V4, "http://127.0.0.1:65536/cb", true, false},
        {V4, "http://127.0.0.1:100000/cb", true, false},
        {V4, "http://127.0.0.1:51004x/cb", true, false},
        {V4, "http://127.0.0.1:51004#/cb", true, false},
        {V4, "HTTP://127.0.0.1:51004/cb", true, false},
        {"https://a.example/cb", "https://a.example:8443/cb", true, false},
        {V4, V4, true, true},
        {V4, "http://127.0.0.1:51004/cb", true, true},
        {V4, "http://127.0.0.1:1/cb", true, true},
        {V4, "http://127.0.0.1:65535/cb", true, true},
        {"http://127.0.0.1:3000/cb", "http://127.0.0.1:51004/cb", true, true},
        {"http://127.0.0.1:3000/cb", V4, true, true},
        {"http://127.0.0.1", "http://127.0.0.1:51004", true, true},
        {"http://127.0.0.1?of=a", "http://127.0.0.1:51004?of=a", true, true},
        {V6, "http://[::1]:51004/cb", true, true},
        {"http://localhost:3000/cb", "http://localhost:3000/cb", true, true},
        {"jp.example.app:/cb", "jp.example.app:/cb", true, true},
        {"jp.example.app:/cb", "jp.example.app:/cb2", true, false},
    };
    RUN(rows);
}

/* RFC 8252 7.1, 8.4 */
Test(redirect_uri, of_a_private_scheme_is_a_domain_backwards_and_one_slash)
{
    static const char *const no[] = {"app:/cb",
                                     "jp.example.app://cb",
                                     "jp.example.app:cb",
                                     "jp.example.app:",
                                     ".jp:/cb",
                                     "jp..app:/cb",
                                     "jp.app.:/cb",
                                     "JP.example:/cb",
                                     "1.example:/cb",
                                     "jp.example.app:/c b",
                                     "jp.app:/cb#x",
                                     "jp.app:/\"",
                                     "javascript:/x",
                                     "https://a.example",
                                     "jp.ex_ample:/cb",
                                     "jp.app:/\\x",
                                     ""};

    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        cr_expect_not(redirect_uri_is_private(view_text(no[i])), "%s", no[i]);
    cr_expect_not(redirect_uri_is_private(VIEW_NONE));
    cr_expect(redirect_uri_is_private(VIEW("jp.example.app:/cb")));
    cr_expect(redirect_uri_is_private(VIEW("jp.lg.a-city.app2:/")));
    cr_expect(redirect_uri_is_private(VIEW("jp.example:/cb?of=a")));
}

/* RFC 8252 8.6 */
Test(redirect_uri, tells_which_program_asks_only_if_the_system_vouches_for_it)
{
    static const struct {
        bool native;
        enum client_auth_method method;
        const char *uri;
        bool unproven;
    } rows[] = {
        {true, CLIENT_AUTH_NONE, "http://127.0.0.1:51004/cb", true},
        {true, CLIENT_AUTH_NONE, "http://localhost:3000/cb", true},
        {true, CLIENT_AUTH_NONE, "jp.example.app:/cb", true},
        {true, CLIENT_AUTH_NONE, "https://a.example/app", false},
        {true, CLIENT_AUTH_PRIVATE_KEY_JWT, "http://127.0.0.1:51004/cb", false},
        {false, CLIENT_AUTH_NONE, "http://localhost:3000/cb", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct client c = {.native = rows[i].native, .auth_method = rows[i].method};
        cr_expect_eq(client_is_unproven(&c, view_text(rows[i].uri)), rows[i].unproven, "%s", rows[i].uri);
    }
}
