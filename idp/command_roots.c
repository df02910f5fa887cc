#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/hex.h"
#include "idp/desk.h"
#include "jpki/pki/trust.h"

#define FILES_MAX 16
#define SOON_DAYS 180

static struct trust_config config_of(const struct desk *d)
{
    const struct config *c = d->config;
    return (struct trust_config){c->jpki.trust == CONFIG_TRUST_TEST ? TRUST_TEST : TRUST_PRODUCTION, c->jpki.roots,
                                 c->jpki.pins, c->jpki.n_pins};
}

static const char *purpose_name(enum trust_purpose purpose)
{
    return purpose == TRUST_AUTH ? "auth" : "sign";
}

static const char *fingerprint(struct desk *d, const struct trust_root *root)
{
    uint8_t digest[SHA256_SIZE];
    sha256(digest, root->cert.der);
    return hex_text(&d->arena, VIEW_ARRAY(digest));
}

/* --- list ------------------------------------------------------------------------------------------------------ */

static bool is_valid(const struct trust_root *root, int64_t now)
{
    return now >= root->cert.not_before && now <= root->cert.not_after;
}

static const char *state_of(struct desk *d, const struct trust_root *root, int64_t now)
{
    int64_t days = (root->cert.not_after - now) / 86400;
    if (now > root->cert.not_after)
        return "expired";
    if (now < root->cert.not_before)
        return "not yet valid";
    return days < SOON_DAYS ? arena_printf(&d->arena, "%lld days left", (long long)days) : "valid";
}

static void show_root(struct desk *d, const struct trust_root *root, int64_t now)
{
    const char *pin = trust_pin_name(root), *print = fingerprint(d, root), *state = state_of(d, root, now);
    const char *from = clock_jst_date(&d->arena, root->cert.not_before);
    const char *to = clock_jst_date(&d->arena, root->cert.not_after);
    printf("%-4s  %-8s  %-10s  %-10s  %-14s  %s\n", purpose_name(root->purpose), pin ? pin : "-", from ? from : "",
           to ? to : "", state ? state : "", print ? print : "");
}

/* How many are valid today. */
static size_t show_purpose(struct desk *d, const struct trust *t, enum trust_purpose purpose)
{
    int64_t now = clock_s(&clock_real);
    const struct trust_root *root;
    size_t valid = 0;
    for (size_t i = 0; (root = trust_at(t, purpose, i)); i++) {
        show_root(d, root, now);
        valid += is_valid(root, now);
    }
    return valid;
}

static int list(struct desk *d)
{
    char why[256] = "";
    struct trust *t;
    struct trust_config config = config_of(d);
    enum err err = trust_open(&t, &config, why);
    if (err)
        return command_fail(d->command, COMMAND_CONFIG, "jpki.roots: %s", *why ? why : err_words(err));
    printf("%-4s  %-8s  %-10s  %-10s  %-14s  %s\n", "use", "pin", "from", "to", "state", "SHA-256");
    size_t logins = show_purpose(d, t, TRUST_AUTH);
    (void)show_purpose(d, t, TRUST_SIGN);
    trust_close(t);
    return logins ? COMMAND_DONE : command_fail(d->command, COMMAND_NO, "no root for logging in is valid today");
}

int command_roots_list(const struct command *self, int argc, const char *const *argv)
{
    const char *config;
    int code = command_parse(self, argc, argv, NULL, 0, &config, NULL, 0);
    if (code != -1)
        return code;
    struct desk d;
    code = desk_open(&d, self, config, DESK_CONFIG);
    if (code == -1)
        code = list(&d);
    desk_close(&d);
    return code;
}

/* --- import ---------------------------------------------------------------------------------------------------- */

/* Named by its fingerprint: taking the same root twice changes nothing. */
static enum err write_root(struct desk *d, const struct trust_root *root)
{
    const char *sub = arena_printf(&d->arena, "%s/%s", d->config->jpki.roots, purpose_name(root->purpose));
    const char *print = fingerprint(d, root);
    const char *path = sub && print ? arena_printf(&d->arena, "%s/%.16s.cer", sub, print) : NULL;
    if (!path)
        return ERR_MEMORY;
    if (file_make_folder(d->config->jpki.roots, 0755) || file_make_folder(sub, 0755))
        return ERR_PERMISSION;
    enum err err = file_write(path, root->cert.der, 0644);
    if (!err)
        printf("%s\n", path);
    return err;
}

static enum err write_all(struct desk *d, const struct trust *t)
{
    const struct trust_root *root;
    for (enum trust_purpose p = TRUST_AUTH; p <= TRUST_SIGN; p++)
        for (size_t i = 0; (root = trust_at(t, p, i)); i++) {
            enum err err = write_root(d, root);
            if (err)
                return err;
        }
    return ERR_OK;
}

/* All files are judged before the first is written. */
static int import(struct desk *d, const char *const *files, size_t n)
{
    struct trust *stores[FILES_MAX] = {0};
    char why[256] = "";
    struct trust_config config = config_of(d);
    enum err err = ERR_OK;
    size_t i = 0;
    for (; i < n && !err; i++)
        err = trust_open_file(&stores[i], &config, files[i], why);
    int code = err ? command_fail(d->command, COMMAND_NO, "%s", *why ? why : files[i - 1]) : COMMAND_DONE;
    for (size_t k = 0; k < n && code == COMMAND_DONE; k++)
        if ((err = write_all(d, stores[k])))
            code = command_fail(d->command, COMMAND_FAILED, "%s: %s", config.folder, err_words(err));
    for (size_t k = 0; k < n; k++)
        trust_close(stores[k]);
    return code;
}

int command_roots_import(const struct command *self, int argc, const char *const *argv)
{
    const char *config, *files[FILES_MAX] = {0};
    int code = command_parse(self, argc, argv, NULL, 0, &config, files, FILES_MAX);
    if (code != -1)
        return code;
    size_t n = 0;
    while (n < FILES_MAX && files[n])
        n++;
    if (n == 0)
        return command_fail(self, COMMAND_USAGE, "names no file");
    struct desk d;
    code = desk_open(&d, self, config, DESK_CONFIG);
    if (code == -1)
        code = import(&d, files, n);
    desk_close(&d);
    return code;
}
