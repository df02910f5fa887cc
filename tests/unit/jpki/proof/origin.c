#include "jpki/proof/origin.h"

#include <criterion/criterion.h>

Test(origin, accepts_https_names_and_loopback)
{
    static const char *const good[] = {"https://id.example",    "https://id.example:8443", "http://localhost:8080",
                                       "http://localhost",      "http://127.0.0.1:8080",   "http://[::1]:8080",
                                       "http://id.localhost:8", "https://xn--eckwd4c7c.jp"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cr_expect(proof_is_origin(view_text(good[i])), "%s", good[i]);
}

Test(origin, refuses_everything_that_is_not_the_one_text_of_an_origin)
{
    static const char *const bad[] = {
        "",
        "https://",
        "https:///",
        "id.example",
        "HTTPS://id.example",
        "https://Id.example",
        "https://id.example/",
        "https://id.example.",
        "https://.id.example",
        "https://id..example",
        "https://-id.example",
        "https://id-.example",
        "https://id.example:443",
        "https://id.example:0",
        "https://id.example:65536",
        "https://id.example:08443",
        "https://id.example:",
        "https://id.example:84a",
        "https://user@id.example",
        "https://id.example?x",
        "https://id.example#x",
        "https://id example",
        "https://id_example",
        "https://[::2]",
        "https://[::1]x",
        "http://localhost:80",
        "http://localhost.",
        "http://evil.example",
        "http://localhost.evil.example",
        "http://xlocalhost",
        "http://127.0.0.2",
        "http://127.0.0.1.evil.example",
        "ftp://localhost",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect(!proof_is_origin(view_text(bad[i])), "%s", bad[i]);
    cr_expect(!proof_is_origin(VIEW_NONE));
}

Test(origin, gives_its_host)
{
    cr_expect(view_equal_text(proof_origin_host(VIEW("https://id.example:8443")), "id.example"));
    cr_expect(view_equal_text(proof_origin_host(VIEW("http://[::1]:8080")), "[::1]"));
}
