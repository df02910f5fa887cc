#include "tests/lib/stage.h"

void stage_open_with(struct stage *s, const struct provider_options *options)
{
    provider_open(&s->genkan, options);
    service_open_a(&s->a_city, &s->genkan);
    service_open_b(&s->b_city, &s->genkan);
    resident_open(&s->hanako, &s->genkan, "residents/hanako");
}

void stage_open(struct stage *s)
{
    stage_open_with(s, NULL);
}

void stage_close(struct stage *s)
{
    resident_close(&s->hanako);
    service_close(&s->b_city);
    service_close(&s->a_city);
    provider_close(&s->genkan);
}
