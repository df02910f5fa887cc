#include "jpki/card/card_kinds.h"

/* The public AIDs of the card's applications. The issuer security domain (GlobalPlatform) is what we select to leave
 * the others: they forget their PINs then. */
static const uint8_t aid_jpki[] = {0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01};
static const uint8_t aid_text[] = {0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x08};
static const uint8_t aid_manager[] = {0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00, 0x00};

static const struct view aids[CARD_APP_COUNT] = {
    [CARD_APP_JPKI] = {aid_jpki, sizeof aid_jpki},
    [CARD_APP_TEXT] = {aid_text, sizeof aid_text},
    [CARD_APP_MANAGER] = {aid_manager, sizeof aid_manager},
};

struct view card_aid(enum card_app app)
{
    return aids[app];
}

const struct card_ef card_token_info = {0x0006, 0x06};

#define PIN_RULES                                                                                                      \
    {                                                                                                                  \
        [CARD_PIN_AUTH] = {CARD_APP_JPKI, {0x0018, 0x18}, 4, 4, false, 3},                                             \
        [CARD_PIN_SIGN] = {CARD_APP_JPKI, {0x001B, 0x1B}, 6, 16, true, 5}, [CARD_PIN_TEXT] = {CARD_APP_TEXT,           \
                                                                                              {0x0011, 0x11},          \
                                                                                              4,                       \
                                                                                              4,                       \
                                                                                              false,                   \
                                                                                              3},                      \
    }
#define AUTH_KEY(FREE)                                                                                                 \
    {                                                                                                                  \
        {0x0017, 0x17}, {0x000A, 0x0A}, CARD_PIN_AUTH, FREE                                                            \
    }
#define SIGN_KEY                                                                                                       \
    {                                                                                                                  \
        {0x001A, 0x1A}, {0x0001, 0x01}, CARD_PIN_SIGN, false                                                           \
    }

/* By the label of the token info. A phone keeps its authentication certificate behind the PIN, the card does not. The
 * old resident card (住基カード) has no key for user authentication. */
static const struct card_kind kinds[] = {
    {.name = "my_number_card",
     .label = "JPKIAPICCTOKEN2",
     .login = true,
     .keys = {[CARD_KEY_AUTH] = AUTH_KEY(true), [CARD_KEY_SIGN] = SIGN_KEY},
     .pins = PIN_RULES,
     .has_text = true},
    {.name = "android",
     .label = "JPKIAPGPSETOKEN",
     .login = true,
     .keys = {[CARD_KEY_AUTH] = AUTH_KEY(false), [CARD_KEY_SIGN] = SIGN_KEY},
     .pins = PIN_RULES,
     .has_text = false},
    {.name = "iphone",
     .label = "JPKIAPIOSTOKEN",
     .login = true,
     .keys = {[CARD_KEY_AUTH] = AUTH_KEY(false), [CARD_KEY_SIGN] = SIGN_KEY},
     .pins = PIN_RULES,
     .has_text = false},
    {.name = "old_resident_card", .label = "JPKIAPICCTOKEN", .login = false},
};

static struct view without_filler(struct view label)
{
    while (label.n > 0 && (label.p[label.n - 1] == ' ' || label.p[label.n - 1] == 0))
        label.n--;
    return label;
}

const struct card_kind *card_kind_of(struct view label)
{
    struct view text = without_filler(label);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (view_equal_text(text, kinds[i].label))
            return &kinds[i];
    return NULL;
}

bool card_pin_fits(const struct card_pin_rule *rule, struct view pin)
{
    bool letter = false, digit = false;
    if (!pin.p || pin.n < rule->length_min || pin.n > rule->length_max)
        return false;
    for (size_t i = 0; i < pin.n; i++) {
        bool d = pin.p[i] >= '0' && pin.p[i] <= '9', l = pin.p[i] >= 'A' && pin.p[i] <= 'Z';
        if (!d && !(l && rule->letters))
            return false;
        digit = digit || d;
        letter = letter || l;
    }
    return digit && letter == rule->letters;
}
