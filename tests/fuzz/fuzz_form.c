/* Any bytes as a query or form: whatever is accepted must be within the limits, UTF-8, without NUL, and without
 * doubles. */
#include <stdint.h>

#include "base/text.h"
#include "http/form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct form_limits limits = {.params_max = 16, .name_max = 32, .value_max = 256};
    struct arena arena;
    const struct form *form;
    struct form_fault fault;
    arena_open(&arena, 1 << 20);
    enum err e = form_read(&form, &arena, view_bytes(data, size), &limits, &fault);
    INSIST((e == ERR_SYNTAX || e == ERR_LIMIT) == (fault.rule != NULL));
    INSIST(!e || form->n == 0);
    INSIST(form->n <= limits.params_max);
    for (size_t i = 0; i < form->n; i++) {
        const struct form_item *item = &form->items[i];
        INSIST(item->name.n > 0 && item->name.n <= limits.name_max && item->value.n <= limits.value_max);
        INSIST(text_is_utf8(item->name) && text_is_utf8(item->value));
        INSIST(!memchr(item->name.p, 0, item->name.n));
        INSIST(item->value.n == 0 || !memchr(item->value.p, 0, item->value.n));
        for (size_t j = 0; j < i; j++)
            INSIST(!view_equal(item->name, form->items[j].name));
    }
    arena_close(&arena);
    return 0;
}
