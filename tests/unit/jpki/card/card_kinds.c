#include "jpki/card/card_kinds.h"

#include <criterion/criterion.h>

Test(card_kinds, are_known_by_their_label_with_either_filler)
{
    const struct card_kind *k = card_kind_of(VIEW("JPKIAPICCTOKEN2                 "));
    cr_assert(k && k->login && k->has_text && k->keys[CARD_KEY_AUTH].certificate_free);
    cr_expect_eq(card_kind_of(VIEW("JPKIAPICCTOKEN2\0\0\0")), k);
    k = card_kind_of(VIEW("JPKIAPGPSETOKEN"));
    cr_assert(k && k->login && !k->has_text && !k->keys[CARD_KEY_AUTH].certificate_free);
    k = card_kind_of(VIEW("JPKIAPICCTOKEN"));
    cr_expect(k && !k->login);
}

Test(card_kinds, refuse_unknown_labels)
{
    static const char *const bad[] = {"", " ", "JPKIAPICCTOKEN3", "jpkiapicctoken2", "XJPKIAPICCTOKEN2"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_null(card_kind_of(view_text(bad[i])), "%s", bad[i]);
}

Test(card_kinds, never_name_the_file_of_the_individual_number)
{
    const struct card_kind *k = card_kind_of(VIEW("JPKIAPICCTOKEN2"));
    cr_assert(k);
    for (int i = 0; i < CARD_PIN_COUNT; i++)
        cr_expect(k->pins[i].app != CARD_APP_TEXT || k->pins[i].ef.id == 0x0011);
}

Test(card_kinds, know_what_a_pin_looks_like)
{
    const struct card_kind *k = card_kind_of(VIEW("JPKIAPICCTOKEN2"));
    cr_assert(k);
    const struct card_pin_rule *auth = &k->pins[CARD_PIN_AUTH], *sign = &k->pins[CARD_PIN_SIGN];
    cr_expect(card_pin_fits(auth, VIEW("0000")) && card_pin_fits(auth, VIEW("1234")));
    static const char *const no_auth[] = {"", "123", "12345", "12a4", "１２３４", "12 4", "-123"};
    for (size_t i = 0; i < sizeof no_auth / sizeof *no_auth; i++)
        cr_expect(!card_pin_fits(auth, view_text(no_auth[i])), "%s", no_auth[i]);
    cr_expect(!card_pin_fits(auth, VIEW_NONE));
    cr_expect(card_pin_fits(sign, VIEW("ABC123")) && card_pin_fits(sign, VIEW("A123456789012345")));
    static const char *const no_sign[] = {"ABC12", "ABCDEF", "123456", "abc123", "A1234567890123456", "ABC-12"};
    for (size_t i = 0; i < sizeof no_sign / sizeof *no_sign; i++)
        cr_expect(!card_pin_fits(sign, view_text(no_sign[i])), "%s", no_sign[i]);
}
