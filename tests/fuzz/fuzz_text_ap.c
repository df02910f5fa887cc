/* The reader of the card's text file: what it hands out lies inside what came in. */
#include "jpki/card/text_ap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void lies_inside(struct view v, const uint8_t *data, size_t size)
{
    INSIST(!v.p || (v.p >= data && v.n <= size && v.p + v.n <= data + size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct card_text t;
    size_t n;
    if (text_ap_size(view_bytes(data, size), &n) == ERR_OK)
        INSIST(n >= 3 && n <= TEXT_AP_MAX);
    if (text_ap_read(&t, view_bytes(data, size)) == ERR_OK) {
        lies_inside(t.name, data, size);
        lies_inside(t.address, data, size);
        lies_inside(t.birthdate, data, size);
        lies_inside(t.gender, data, size);
    }
    return 0;
}
