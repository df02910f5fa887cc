#include "idp/tokens/user_code.h"

#include "base/chance.h"

#define TYPED_MAX 64

char *user_code_mint(struct arena *a)
{
    char *out = arena_alloc(a, USER_CODE_DIGITS + 1);

    for (int i = 0; out && i < USER_CODE_DIGITS;) {
        uint8_t byte;
        chance_bytes(&byte, 1);
        if (byte < 250) /* so that every digit is as likely as another */
            out[i++] = (char)('0' + byte % 10);
    }
    return out;
}

char *user_code_show(struct arena *a, struct view code)
{
    const char *p = (const char *)code.p;

    return code.n == USER_CODE_DIGITS ? arena_printf(a, "%.3s-%.3s-%.3s", p, p + 3, p + 6) : arena_text(a, code);
}

/* One letter of what was typed: its length; *DIGIT is '0'..'9', or 0 for one that counts for nothing. 0: neither. */
static size_t letter(struct view rest, char *digit)
{
    static const struct {
        const char *text;
        size_t n;
    } nothing[] = {{" ", 1},           {"-", 1}, {"\xE3\x80\x80", 3}, {"\xEF\xBC\x8D", 3}, {"\xE2\x88\x92", 3},
                   {"\xE3\x83\xBC", 3}};

    *digit = 0;
    if (rest.p[0] >= '0' && rest.p[0] <= '9') {
        *digit = (char)rest.p[0];
        return 1;
    }
    if (rest.n >= 3 && rest.p[0] == 0xEF && rest.p[1] == 0xBC && rest.p[2] >= 0x90 && rest.p[2] <= 0x99) {
        *digit = (char)('0' + (rest.p[2] - 0x90)); /* U+FF10 to U+FF19 */
        return 3;
    }
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++)
        if (view_starts(rest, view_bytes(nothing[i].text, nothing[i].n)))
            return nothing[i].n;
    return 0;
}

struct view user_code_read(struct arena *a, struct view typed)
{
    char *out = arena_alloc(a, USER_CODE_DIGITS + 1);
    size_t n = 0;

    if (!out || typed.n > TYPED_MAX)
        return VIEW_NONE;
    while (typed.n) {
        char digit;
        size_t used = letter(typed, &digit);
        if (!used || (digit && n == USER_CODE_DIGITS))
            return VIEW_NONE;
        if (digit)
            out[n++] = digit;
        typed = view_from(typed, used);
    }
    return n == USER_CODE_DIGITS ? view_bytes(out, n) : VIEW_NONE;
}
