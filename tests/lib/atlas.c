#include "tests/lib/atlas.h"

#include <criterion/criterion.h>

#include <stdlib.h>

#include "base/buf.h"
#include "base/file.h"
#include "http/net.h"

enum { CEILING = 32 << 20, TREE_MAX = 2 << 20 };
enum { STRING = 2, UINT16 = 5, UINT32 = 6, MAP = 7, UINT64 = 9, ARRAY = 11 };
#define DATA UINT32_C(0x80000000)

/* --- "Output Data Section" -----------------------------------------------------------------------------------------
 */

static void put_type(struct buf *b, unsigned type, size_t size)
{
    cr_assert_lt(size, 29 + 256);
    unsigned first = size < 29 ? (unsigned)size : 29;
    buf_put_byte(b, (uint8_t)((type > 7 ? 0 : type << 5) | first));
    if (type > 7)
        buf_put_byte(b, (uint8_t)(type - 7));
    if (first == 29)
        buf_put_byte(b, (uint8_t)(size - 29));
}

static void put_string(struct buf *b, struct view v)
{
    put_type(b, STRING, v.n);
    buf_put(b, v);
}

static void put_pair(struct buf *b, const char *key, unsigned type, uint64_t value)
{
    put_string(b, view_text(key));
    put_type(b, type, type == UINT16 ? 2 : type == UINT32 ? 4 : 8);
    if (type == UINT16)
        buf_put_u16(b, (uint16_t)value);
    else if (type == UINT32)
        buf_put_u32(b, (uint32_t)value);
    else
        buf_put_u64(b, value);
}

static void put_names(struct buf *b, const char *what, const char *ja, const char *en)
{
    if (!ja && !en)
        return;
    put_string(b, view_text(what));
    put_type(b, MAP, 1);
    put_string(b, VIEW("names"));
    put_type(b, MAP, (size_t)(ja != NULL) + (en != NULL));
    if (en) {
        put_string(b, VIEW("en"));
        put_string(b, view_text(en));
    }
    if (ja) {
        put_string(b, VIEW("ja"));
        put_string(b, view_text(ja));
    }
}

static void put_data(struct buf *b, const struct atlas_line *l)
{
    if (view_is(l->data)) {
        buf_put(b, l->data);
        return;
    }
    put_type(b, MAP, (size_t)(l->city || l->city_en) + (l->country || l->country_en));
    put_names(b, "city", l->city, l->city_en);
    put_names(b, "country", l->country, l->country_en);
}

static void put_metadata(struct buf *b, const struct atlas *atlas, size_t nodes)
{
    buf_put_text(b, "\xAB\xCD\xEFMaxMind.com");
    put_type(b, MAP, 9);
    put_pair(b, "binary_format_major_version", UINT16, 2);
    put_pair(b, "binary_format_minor_version", UINT16, 0);
    put_pair(b, "build_epoch", UINT64, 1796000000);
    put_string(b, VIEW("database_type"));
    put_string(b, view_text(atlas->kind ? atlas->kind : "Genkan-Test-City"));
    put_string(b, VIEW("description"));
    put_type(b, MAP, 0);
    put_pair(b, "ip_version", UINT16, atlas->v4 ? 4 : 6);
    put_string(b, VIEW("languages"));
    put_type(b, ARRAY, 0);
    put_pair(b, "node_count", UINT32, nodes);
    put_pair(b, "record_size", UINT16, 24);
}

/* --- "Binary Search Tree Section" ----------------------------------------------------------------------------------
 */

struct tree {
    uint32_t (*nodes)[2]; /* 0: nothing; DATA | offset; otherwise a node */
    size_t n;
};

/* In a tree of IPv6 the addresses of IPv4 are those that begin with 96 zeros. */
static void insert(struct tree *t, const struct atlas *atlas, const char *text, uint32_t data)
{
    struct net net;
    cr_assert(net_read(&net, view_text(text)), "%s", text);
    bool v4 = net_is_v4(&net.first);
    unsigned i = atlas->v4 ? 96 : 0;
    uint32_t node = 0;
    cr_assert(v4 || !atlas->v4);
    for (;; i++) {
        bool bit = (v4 && i < 96) ? 0 : net.first.bytes[i / 8] >> (7 - i % 8) & 1;
        uint32_t *record = &t->nodes[node][bit];
        cr_assert_lt(*record, DATA, "%s overlaps", text);
        if (i + 1 == net.bits) {
            cr_assert_eq(*record, 0, "%s overlaps", text);
            *record = DATA | data;
            return;
        }
        if (!*record) {
            cr_assert_lt(t->n, TREE_MAX);
            *record = (uint32_t)t->n++;
        }
        node = *record;
    }
}

static void put_tree(struct buf *b, const struct tree *t)
{
    for (size_t i = 0; i < 2 * t->n; i++) {
        uint32_t r = t->nodes[i / 2][i % 2];
        uint32_t value = !r ? (uint32_t)t->n : r & DATA ? (uint32_t)t->n + 16 + (r & ~DATA) : r;
        cr_assert_lt(value, 1 << 24);
        buf_put_byte(b, (uint8_t)(value >> 16));
        buf_put_u16(b, (uint16_t)value);
    }
    for (int i = 0; i < 16; i++)
        buf_put_byte(b, 0);
}

/* --- the whole -----------------------------------------------------------------------------------------------------
 */

struct view atlas_write(struct arena *a, const struct atlas *atlas)
{
    struct tree tree = {calloc(TREE_MAX, sizeof *tree.nodes), 1};
    struct buf data, file;
    struct view all;
    cr_assert_not_null(tree.nodes);
    buf_open(&data, NULL, CEILING);
    buf_open(&file, a, CEILING);
    for (size_t i = 0; i < atlas->n_lines; i++) {
        insert(&tree, atlas, atlas->lines[i].net, (uint32_t)data.n);
        put_data(&data, &atlas->lines[i]);
    }
    put_tree(&file, &tree);
    buf_put(&file, view_bytes(data.p, data.n));
    put_metadata(&file, atlas, tree.n);
    cr_assert_eq(buf_done(&file, &all), ERR_OK);
    buf_close(&data);
    free(tree.nodes);
    return all;
}

void atlas_make(const char *path, const struct atlas *atlas)
{
    struct arena a;
    arena_open(&a, 2 * CEILING);
    cr_assert_eq(file_write(path, atlas_write(&a, atlas), 0600), ERR_OK, "%s", path);
    arena_close(&a);
}

#define JAPAN .country = "日本", .country_en = "Japan"
#define OSAKA JAPAN, .city = "大阪市", .city_en = "Osaka"

static const struct atlas_line small[] = {
    {.net = "81.2.69.0/24", OSAKA},
    {.net = "2001:218::/32", OSAKA},
    {.net = "10.0.0.0/8", OSAKA},
    {.net = "127.0.0.0/8", OSAKA},
    {.net = "fc00::/7", OSAKA},
    {.net = "89.160.20.0/24", .country = "スウェーデン王国", .country_en = "Sweden", .city_en = "Linköping"},
    {.net = "175.16.0.0/16", .country = "中国", .country_en = "China"},
};
const struct atlas atlas_small = {.lines = small, .n_lines = sizeof small / sizeof *small};
