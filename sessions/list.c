#include "sessions/list.h"

void list_open(struct list *l, struct arena *a, size_t item_size)
{
    *l = (struct list){.a = a, .size = item_size};
}

void *list_add(struct list *l)
{
    if (l->n == l->room) {
        size_t room = l->room ? 2 * l->room : 8;
        void *items = arena_array(l->a, room, l->size);
        if (!items)
            return NULL;
        if (l->n)
            memcpy(items, l->items, l->n * l->size);
        l->items = items;
        l->room = room;
    }
    return (uint8_t *)l->items + l->size * l->n++;
}
