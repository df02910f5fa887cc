#include "tests/access/seat.h"

#include <criterion/criterion.h>

void seat_open(struct seat *s, const char *pinentry, const char *terminal)
{
    const struct rig_options o = {.card_dir = BUILD_DIR "/testpki/residents/hanako",
                                  .program = BUILD_DIR "/genkan-card"};
    cr_assert_eq(rig_open(&s->rig, &o), ERR_OK);
    const struct agent_rig_options a = {.program = BUILD_DIR "/genkan-agent",
                                        .pinentry = pinentry,
                                        .terminal = terminal,
                                        .script = "",
                                        .socket = rig_socket(s->rig)};
    cr_assert_eq(agent_rig_open(&s->agent, &a), ERR_OK);
}

void seat_close(struct seat *s)
{
    cr_expect_eq(agent_rig_close(&s->agent), 0);
    rig_close(s->rig);
}

void seat_begins(struct seat *s, struct view language)
{
    struct proof_request q = agent_rig_request(&s->agent, PROOF_LOGIN);
    q.ui.lang = language;
    s->waiting = agent_rig_begin(&s->agent, agent_rig_sign(&s->agent, &q));
    cr_assert_not_null(s->waiting, "%s", agent_rig_log(&s->agent));
}

enum proof_error seat_ends(struct seat *s)
{
    struct proof_response r;
    const char *url = agent_rig_follow(&s->agent, s->waiting, 10000);
    cr_assert_not_null(url, "no end; %s", agent_rig_log(&s->agent));
    cr_assert_eq(agent_rig_response(&s->agent, url, &r), ERR_OK, "%s", url);
    return r.error;
}

const char *const *seat_words(struct view language)
{
    static const char *const ja[] = {"施設予約", "A市", "確認する相手： id.example", "47 さくら", "あと3回",
                                     "数字4桁",  NULL};
    static const char *const en[] = {"施設予約",    "A市", "Checked by: id.example", "47 さくら", "Tries left: 3",
                                     "4-digit PIN", NULL};
    return view_equal(language, VIEW("ja")) ? ja : en;
}
