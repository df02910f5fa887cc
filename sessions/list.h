/* list: rows of a table gathered into one array of the arena. For the files of this room. */
#ifndef SESSIONS_LIST_H
#define SESSIONS_LIST_H

#include "store/row.h"

struct list {
    struct arena *a;
    void *items;
    size_t size, n, room; /* size of one item; how many there are; how many fit */
};

void list_open(struct list *l, struct arena *a, size_t item_size);

/* Room for one more, zeroed; NULL when the arena is full. Earlier items may move. */
void *list_add(struct list *l);

#endif
