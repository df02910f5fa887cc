/* Any bytes as authorization_details: refused for one reason, or kept as the same wish, which is read aloud, fits
 * itself and is a part of what is granted. */
#include "idp/rules/details.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WORDS "\"title\":\"題\",\"title#en\":\"title\""

static const char DEFINITIONS[] =
    "[{\"type\":\"book\"," WORDS ",\"sentence\":\"文\",\"sentence#en\":\"sentence\",\"members\":["
    "{\"name\":\"actions\"," WORDS ",\"values\":[{\"value\":\"read\"," WORDS "},{\"value\":\"write\"," WORDS "}]},"
    "{\"name\":\"locations\"," WORDS
    ",\"default\":[\"https://r.example\"],\"values\":[{\"value\":\"https://r.example\"," WORDS
    "}]},{\"name\":\"identifier\"," WORDS "},{\"name\":\"n\",\"kind\":\"integer\",\"min\":-5,\"max\":5," WORDS "},"
    "{\"name\":\"yes\",\"kind\":\"boolean\"," WORDS "},{\"name\":\"names\",\"kind\":\"texts\",\"max\":20," WORDS "},"
    "{\"name\":\"fee\",\"kind\":\"object\"," WORDS
    ",\"members\":[{\"name\":\"yen\",\"kind\":\"integer\",\"required\":true," WORDS "}]}]}]";

static struct details_offer offer_of(struct arena *a)
{
    const struct detail_type *type;
    struct ask_fault fault;
    struct json *j;
    size_t n;

    INSIST(json_read(&j, a, view_text(DEFINITIONS), NULL) == ERR_OK);
    INSIST(detail_types_read(&type, &n, a, j, VIEW("https://r.example"), &fault) == ERR_OK && n == 1);
    return (struct details_offer){type, VIEW("https://r.example")};
}

static void check_object(const struct json *object, const struct details_offer *offer, struct arena *a)
{
    struct detail_line *lines;
    struct view narrowed;
    size_t n;

    INSIST(detail_type_check(offer->type, object) == DETAIL_GOOD);
    INSIST(detail_covers(object, object));
    INSIST(detail_narrow(&narrowed, a, object, object) == ERR_OK);
    for (enum detail_language l = DETAIL_JA; l <= DETAIL_EASY; l++) {
        INSIST(detail_type_lines(&lines, &n, a, offer->type, object, l) == ERR_OK);
        for (size_t i = 0; i < n; i++)
            INSIST(!memchr(lines[i].value.p, '\n', lines[i].value.n));
    }
}

/* What is kept is read again as the same, and a token without a wish of its own carries all of it. */
static void check(struct view kept, const struct details_facts *f, struct arena *a)
{
    struct details_token_facts token = {
        .offers = f->offers, .client = f->client, .resource = VIEW("https://r.example")};
    struct detail_type alone = *f->offers.items[0].type;
    struct details_offer offer = {&alone, VIEW("https://r.example")};
    enum refusal refusal = REFUSAL_NONE;
    const struct json *j;
    struct view again;

    INSIST(details_read(&j, a, kept, &refusal) == ERR_OK && !refusal);
    INSIST(details_decide(&again, a, j, f, &refusal) == ERR_OK && !refusal && view_equal(kept, again));
    for (size_t i = 0; i < json_count(j); i++)
        check_object(json_at(j, i), &f->offers.items[0], a);
    alone.alone = true;
    token.offers = (struct details_offers){&offer, 1};
    token.granted = j;
    INSIST(details_of_token(&again, a, &token, &refusal) == ERR_OK && !refusal && view_equal(kept, again));
    token.asked = j;
    INSIST(details_of_token(&again, a, &token, &refusal) == ERR_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view types[] = {VIEW("book")}, resources[] = {VIEW("https://r.example")};
    const struct client client = {.details = {types, 1}, .resources = {resources, 1}};
    enum refusal refusal = REFUSAL_NONE;
    const struct json *j;
    struct view kept;
    struct arena a;

    arena_open(&a, 4 << 20);
    struct details_offer offer = offer_of(&a);
    const struct details_facts facts = {&client, {&offer, 1}, false};
    enum err e = details_read(&j, &a, view_bytes(data, size), &refusal);
    if (!e && !refusal)
        e = details_decide(&kept, &a, j, &facts, &refusal);
    if (!e && !refusal)
        check(kept, &facts, &a);
    arena_close(&a);
    return 0;
}
