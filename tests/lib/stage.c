#include "tests/lib/stage.h"

void stage_open(struct stage *s)
{
    provider_open(&s->genkan, NULL);
    service_open_a(&s->a_city, &s->genkan);
    service_open_b(&s->b_city, &s->genkan);
    resident_open(&s->hanako, &s->genkan, "residents/hanako");
}

void stage_close(struct stage *s)
{
    resident_close(&s->hanako);
    service_close(&s->b_city);
    service_close(&s->a_city);
    provider_close(&s->genkan);
}
