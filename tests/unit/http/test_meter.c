#include <criterion/criterion.h>

#include "http/meter.h"

static const struct route routes[] = {{METHOD_GET, "/a", NULL, 0, 0}, {METHOD_POST, "/b", NULL, 0, 0}};

static bool has_line(const char *text, const char *line)
{
    const char *at = strstr(text, line);
    return at && (at == text || at[-1] == '\n') && at[strlen(line)] == '\n';
}

Test(meter, adds_up_all_workers_by_route_status_and_time)
{
    struct arena a;
    struct buf b;
    struct meter *m;
    const char *text;
    arena_open(&a, 1 << 20);
    buf_open(&b, &a, 1 << 16);
    cr_assert_eq(meter_open(&m, 3, routes, 2), ERR_OK);
    meter_count(m, 0, &routes[0], 200, 50000);
    meter_count(m, 1, &routes[0], 200, 100000);
    meter_count(m, 2, &routes[0], 200, 100001);
    meter_count(m, 2, &routes[0], 404, 2000000000);
    meter_count(m, 2, NULL, 418, 0);
    meter_put(&b, m);
    cr_assert_eq(buf_done_text(&b, &text), ERR_OK);
    cr_expect(has_line(text, "genkan_http_requests_total{method=\"GET\",route=\"/a\",status=\"200\"} 3"), "%s", text);
    cr_expect(has_line(text, "genkan_http_requests_total{method=\"GET\",route=\"/a\",status=\"404\"} 1"));
    cr_expect(has_line(text, "genkan_http_requests_total{method=\"\",route=\"\",status=\"other\"} 1"));
#define TIME "genkan_http_request_duration_seconds_"
    cr_expect(has_line(text, TIME "bucket{method=\"GET\",route=\"/a\",le=\"0.0001\"} 2"), "%s", text);
    cr_expect(has_line(text, TIME "bucket{method=\"GET\",route=\"/a\",le=\"0.00025\"} 3"));
    cr_expect(has_line(text, TIME "bucket{method=\"GET\",route=\"/a\",le=\"1\"} 3"));
    cr_expect(has_line(text, TIME "bucket{method=\"GET\",route=\"/a\",le=\"+Inf\"} 4"));
    cr_expect(has_line(text, TIME "sum{method=\"GET\",route=\"/a\"} 2.000250001"));
    cr_expect(has_line(text, TIME "count{method=\"GET\",route=\"/a\"} 4"));
    cr_expect_null(strstr(text, "\"/b\""), "it has answered nothing yet");
    meter_close(m);
    arena_close(&a);
}
