/* GET /login/card/return: where the agent sends the browser. The answer is in the fragment, which never reaches a
 * server; the page's script posts it, or the resident pastes it. With ?problem=NAME: the page for an answer that
 * belongs to no login that this browser could go on with. */
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/people.h"
#include "idp/endpoints/show.h"

static void show_problem(struct visit *v, enum page_problem problem)
{
    struct buf b;
    struct page_card_problem facts = {.frame = people_frame(v, VIEW_NONE), .problem = problem};
    facts.frame.request_id = view_text(v->request->id);
    people_open(&b, v);
    page_card_problem(&b, v->op->pages, &facts);
    people_answer(v, 200, PAGE_PLAIN, &b);
}

static void show_return(struct visit *v)
{
    struct buf b;
    struct page_card_return facts = {.frame = people_frame(v, VIEW_NONE),
                                     .empty = view_is(form_find(v->request->query, "empty"))};
    people_open(&b, v);
    page_card_return(&b, v->op->pages, &facts);
    people_answer(v, 200, PAGE_ASKS, &b);
}

void handle_card_return(struct visit *v)
{
    enum page_problem problem;
    if (page_problem_of(&problem, visit_param(v, "problem")))
        show_problem(v, problem);
    else
        show_return(v);
}
