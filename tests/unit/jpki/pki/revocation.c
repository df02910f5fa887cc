#include "jpki/pki/revocation.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "pki_rig.h"

#define DAY 86400

static struct pki_rig r;

static void close_rig(void)
{
    pki_rig_close(&r);
}

TestSuite(revocation_crl, .fini = close_rig);

static struct revocation_answer ask(const char *card, enum trust_purpose purpose, int64_t now)
{
    struct cert c;
    const struct trust_root *root;
    struct revocation_answer answer;
    pki_rig_cert(&r, card, purpose, &c, &root);
    cr_assert_eq(revocation_check(&answer, r.revocation, &r.a, &c, root, now), ERR_OK);
    cr_expect_eq(answer.state == REVOCATION_UNKNOWN, answer.why != REVOCATION_WHY_NONE);
    return answer;
}

static void expect_unknown(const char *crls, enum revocation_why why)
{
    pki_rig_open(&r, crls, NO_FETCH);
    struct revocation_answer answer = ask("residents/hanako", TRUST_AUTH, r.now);
    cr_expect_eq(answer.state, REVOCATION_UNKNOWN);
    cr_expect_eq(answer.why, why, "%s", revocation_why_name(answer.why));
}

/* --- unknown --------------------------------------------------------------------------------------------------- */

Test(revocation_crl, without_any_source_nothing_is_known)
{
    expect_unknown(NULL, REVOCATION_NO_SOURCE);
}

Test(revocation_crl, a_stale_list_says_nothing_good)
{
    expect_unknown("crl-bad/stale", REVOCATION_CRL_STALE);
}

Test(revocation_crl, a_list_of_tomorrow_says_nothing_good)
{
    expect_unknown("crl-bad/not-yet", REVOCATION_CRL_NOT_YET);
}

Test(revocation_crl, the_list_of_another_town_says_nothing)
{
    expect_unknown("crl-bad/other-town", REVOCATION_CRL_MISSING);
}

/* RFC 5280 5.2.4: it lists changes only. It makes nobody good, and stops nothing else. */
Test(revocation_crl, a_delta_list_says_nothing)
{
    expect_unknown("crl-bad/delta", REVOCATION_CRL_MISSING);
}

Test(revocation_crl, the_list_of_another_generation_under_the_same_name_says_nothing)
{
    expect_unknown("crl-bad/other-generation", REVOCATION_CRL_MISSING);
}

Test(revocation_crl, a_list_for_authentication_says_nothing_about_signing)
{
    pki_rig_open(&r, "crl/auth", NO_FETCH);
    cr_expect_eq(ask("residents/hanako", TRUST_AUTH, r.now).state, REVOCATION_GOOD);
    cr_expect_eq(ask("residents/hanako", TRUST_SIGN, r.now).why, REVOCATION_CRL_MISSING);
}

Test(revocation_crl, a_good_list_grows_stale_with_five_minutes_of_grace)
{
    pki_rig_open(&r, "crl", NO_FETCH);
    struct revocation_stock stock;
    revocation_stock(r.revocation, &stock);
    int64_t next = stock.next_update;
    cr_expect_eq(next, r.now + 30 * DAY);
    cr_expect_eq(ask("residents/hanako", TRUST_AUTH, next + REVOCATION_SKEW).state, REVOCATION_GOOD);
    cr_expect_eq(ask("residents/hanako", TRUST_AUTH, next + REVOCATION_SKEW + 1).why, REVOCATION_CRL_STALE);
    cr_expect_eq(ask("residents/hanako", TRUST_AUTH, r.now - 3600 - REVOCATION_SKEW).state, REVOCATION_GOOD);
    cr_expect_eq(ask("residents/hanako", TRUST_AUTH, r.now - 3600 - REVOCATION_SKEW - 1).why, REVOCATION_CRL_NOT_YET);
}

/* --- files that stop the start --------------------------------------------------------------------------------- */

static void expect_refusal(const char *crls, const char *rule)
{
    pki_rig_open(&r, NULL, NO_FETCH);
    char why[256];
    struct revocation *refused;
    struct revocation_config config = {.trust = r.trust, .crl_folder = arena_printf(&r.a, PKI "/%s", crls)};
    cr_expect_eq(revocation_open(&refused, &config, why), ERR_CONFIG);
    cr_expect_null(refused);
    cr_expect(strstr(why, rule) != NULL, "\"%s\" should say \"%s\"", why, rule);
}

Test(revocation_crl, refuses_a_forged_list)
{
    expect_refusal("crl-bad/forged", "signed by none of the trusted roots");
}

Test(revocation_crl, refuses_a_list_with_an_unknown_critical_extension)
{
    expect_refusal("crl-bad/critical-ext", "critical extension");
}

Test(revocation_crl, refuses_a_list_signed_over_sha1)
{
    expect_refusal("crl-bad/sha1", "allow-list");
}

Test(revocation_crl, refuses_a_list_of_authorities_only)
{
    expect_refusal("crl-bad/ca-only", "end-entity");
}

Test(revocation_crl, refuses_what_is_no_list)
{
    expect_refusal("crl-bad/garbage", "no CRL");
}

Test(revocation_crl, refuses_a_folder_that_is_not_there)
{
    pki_rig_open(&r, NULL, NO_FETCH);
    char why[256];
    struct revocation *refused;
    struct revocation_config config = {.trust = r.trust, .crl_folder = "/nonexistent"};
    cr_expect_eq(revocation_open(&refused, &config, why), ERR_NOT_FOUND);
    cr_expect(strstr(why, "no such folder") != NULL);
}

/* --- revoked and good ------------------------------------------------------------------------------------------ */

Test(revocation_crl, a_revoked_certificate_stays_revoked_even_by_a_stale_list)
{
    pki_rig_open(&r, "crl-bad/stale", NO_FETCH);
    struct revocation_answer answer = ask("bad/revoked", TRUST_AUTH, r.now);
    cr_expect_eq(answer.state, REVOCATION_REVOKED);
    cr_expect_eq(answer.source, REVOCATION_FROM_CRL);
}

Test(revocation_crl, a_full_list_speaks_about_everybody_of_its_issuer)
{
    pki_rig_open(&r, "crl-full", NO_FETCH);
    cr_expect_eq(ask("residents/hanako", TRUST_AUTH, r.now).state, REVOCATION_GOOD);
    cr_expect_eq(ask("residents/hanako", TRUST_SIGN, r.now).state, REVOCATION_GOOD);
    cr_expect_eq(ask("residents/generation2", TRUST_AUTH, r.now).state, REVOCATION_GOOD);
    cr_expect_eq(ask("bad/no-crl-point", TRUST_AUTH, r.now).state, REVOCATION_GOOD);
    cr_expect_eq(ask("bad/revoked", TRUST_AUTH, r.now).state, REVOCATION_REVOKED);
}

Test(revocation_crl, the_lists_of_all_towns_are_told_apart)
{
    pki_rig_open(&r, "crl", NO_FETCH);
    static const char *const cards[] = {"hanako", "taro", "generation2", "substitute", "katakana", "overseas"};
    for (size_t i = 0; i < sizeof cards / sizeof *cards; i++) {
        const char *card = arena_printf(&r.a, "residents/%s", cards[i]);
        cr_expect_eq(ask(card, TRUST_AUTH, r.now).state, REVOCATION_GOOD, "%s", card);
        cr_expect_eq(ask(card, TRUST_SIGN, r.now).state, REVOCATION_GOOD, "%s", card);
    }
}

/* --- reloading ------------------------------------------------------------------------------------------------- */

static char folder[] = "/tmp/genkan-crl-XXXXXX";

static void copy_list(const char *from, const char *to)
{
    struct view bytes = pki_rig_file(&r, "%s", from);
    cr_assert_eq(file_write(arena_printf(&r.a, "%s/%s", folder, to), bytes, 0644), ERR_OK);
}

static void remove_lists(void)
{
    char **names;
    size_t n;
    cr_assert_eq(file_list(&r.a, folder, ".crl", &names, &n), ERR_OK);
    for (size_t i = 0; i < n; i++)
        (void)unlink(arena_printf(&r.a, "%s/%s", folder, names[i]));
}

static struct revocation *open_folder(void)
{
    struct revocation *revocation;
    pki_rig_open(&r, NULL, NO_FETCH);
    cr_assert(mkdtemp(folder));
    struct revocation_config config = {.trust = r.trust, .crl_folder = folder};
    cr_assert_eq(revocation_open(&revocation, &config, NULL), ERR_OK);
    revocation_close(r.revocation);
    r.revocation = revocation;
    return revocation;
}

Test(revocation_crl, reloading_takes_in_new_lists_and_drops_old_ones)
{
    struct revocation *revocation = open_folder();
    cr_expect_eq(ask("residents/hanako", TRUST_AUTH, r.now).why, REVOCATION_CRL_MISSING);
    copy_list("crl/auth/ca3-Sakai-shi.crl", "a.crl");
    cr_expect_eq(ask("residents/hanako", TRUST_AUTH, r.now).why, REVOCATION_CRL_MISSING, "not read before told so");
    cr_assert_eq(revocation_reload(revocation, NULL), ERR_OK);
    cr_expect_eq(ask("residents/hanako", TRUST_AUTH, r.now).state, REVOCATION_GOOD);
    remove_lists();
    cr_assert_eq(revocation_reload(revocation, NULL), ERR_OK);
    cr_expect_eq(ask("residents/hanako", TRUST_AUTH, r.now).why, REVOCATION_CRL_MISSING);
    (void)rmdir(folder);
}

Test(revocation_crl, a_reload_that_fails_leaves_the_old_lists)
{
    struct revocation *revocation = open_folder();
    copy_list("crl/auth/ca3-Sakai-shi.crl", "a.crl");
    cr_assert_eq(revocation_reload(revocation, NULL), ERR_OK);
    copy_list("crl-bad/forged/auth/ca3-Sakai-shi.crl", "b.crl");
    char why[256];
    cr_expect_eq(revocation_reload(revocation, why), ERR_CONFIG);
    cr_expect(strstr(why, "b.crl") != NULL, "%s", why);
    cr_expect_eq(ask("residents/hanako", TRUST_AUTH, r.now).state, REVOCATION_GOOD);
    cr_expect_eq(ask("bad/revoked", TRUST_AUTH, r.now).state, REVOCATION_REVOKED);
    remove_lists();
    (void)rmdir(folder);
}

static bool refresh(struct revocation *revocation)
{
    bool changed;
    char why[256];
    cr_expect_eq(revocation_refresh(revocation, &changed, why), ERR_OK, "%s", why);
    return changed;
}

Test(revocation_crl, a_look_at_the_folder_reads_it_only_when_something_has_changed)
{
    struct revocation *revocation = open_folder();
    cr_expect(!refresh(revocation));
    copy_list("crl/auth/ca3-Sakai-shi.crl", "a.crl");
    cr_expect(refresh(revocation));
    cr_expect(!refresh(revocation));
    cr_expect_eq(ask("residents/hanako", TRUST_AUTH, r.now).state, REVOCATION_GOOD);
    copy_list("crl/auth/ca3-Sakai-shi.crl", "a.crl"); /* the same bytes in a new file */
    cr_expect(refresh(revocation));
    remove_lists();
    cr_expect(refresh(revocation));
    cr_expect_eq(ask("residents/hanako", TRUST_AUTH, r.now).why, REVOCATION_CRL_MISSING);
    (void)rmdir(folder);
}

Test(revocation_crl, a_look_at_a_folder_with_a_bad_list_keeps_the_old_lists_and_says_so_each_time)
{
    bool changed;
    struct revocation *revocation = open_folder();
    copy_list("crl/auth/ca3-Sakai-shi.crl", "a.crl");
    cr_expect(refresh(revocation));
    copy_list("crl-bad/forged/auth/ca3-Sakai-shi.crl", "b.crl");
    cr_expect_eq(revocation_refresh(revocation, &changed, NULL), ERR_CONFIG);
    cr_expect_eq(revocation_refresh(revocation, &changed, NULL), ERR_CONFIG);
    cr_expect_eq(ask("residents/hanako", TRUST_AUTH, r.now).state, REVOCATION_GOOD);
    (void)unlink(arena_printf(&r.a, "%s/b.crl", folder));
    cr_expect(!refresh(revocation), "as before");
    remove_lists();
    (void)rmdir(folder);
}

Test(revocation_crl, an_unchanged_list_is_taken_over_and_not_read_again)
{
    struct revocation_stock stock;
    struct revocation *revocation = open_folder();
    copy_list("crl/auth/ca3-Sakai-shi.crl", "a.crl");
    cr_expect(refresh(revocation));
    /* the same file, unreadable behind its unchanged size and time: whoever read it again would refuse it */
    const char *path = arena_printf(&r.a, "%s/a.crl", folder);
    struct stat st;
    cr_assert_eq(stat(path, &st), 0);
    FILE *f = fopen(path, "r+");
    cr_assert(f && fputs("garbage", f) >= 0);
    fclose(f);
    const struct timespec times[2] = {st.st_atim, st.st_mtim};
    cr_assert_eq(utimensat(AT_FDCWD, path, times, 0), 0);
    copy_list("crl/auth/ca3-Suita-shi.crl", "b.crl");
    cr_expect(refresh(revocation));
    revocation_stock(revocation, &stock);
    cr_expect_eq(stock.crls, 2);
    cr_expect_eq(ask("residents/hanako", TRUST_AUTH, r.now).state, REVOCATION_GOOD);
    remove_lists();
    (void)rmdir(folder);
}

static atomic_bool stop;

static void *keep_reloading(void *revocation)
{
    while (!atomic_load(&stop))
        if (revocation_reload(revocation, NULL))
            return revocation; /* not NULL: failed */
    return NULL;
}

Test(revocation_crl, can_be_reloaded_while_others_ask)
{
    pthread_t thread;
    void *failed;
    pki_rig_open(&r, "crl", NO_FETCH);
    struct cert c;
    const struct trust_root *root;
    pki_rig_cert(&r, "bad/revoked", TRUST_AUTH, &c, &root);
    cr_assert_eq(pthread_create(&thread, NULL, keep_reloading, r.revocation), 0);
    for (int i = 0; i < 20000; i++) {
        struct revocation_answer answer;
        cr_assert_eq(revocation_check(&answer, r.revocation, &r.a, &c, root, r.now), ERR_OK);
        cr_assert_eq(answer.state, REVOCATION_REVOKED);
    }
    atomic_store(&stop, true);
    pthread_join(thread, &failed);
    cr_expect_null(failed);
}
