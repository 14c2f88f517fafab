/*
 * Live beside what the state records: who gets the traffic, who can take it, what comes next. Both
 * renderers are fed the same snapshot and state.
 */
#ifndef CMD_VIEW_STATUS_H
#define CMD_VIEW_STATUS_H

#include "cmd/page.h"
#include "cmd/writer.h"
#include "planner/base/json.h"
#include "planner/snapshot.h"
#include "planner/state.h"

enum { STATUS_MINUTES = 5 }; /* how many settled minutes of requests are added up */

struct status {
    const char *name; /* of the cutover */
    const struct snapshot *live;
    const struct state *state;  /* NULL: there is none */
    const char *state_location; /* where it is, or would be */
    const struct writer *writer;
    const char *go_on, *go_back; /* NULL: there is nothing to do, or somebody is doing it */
};

/* The requests of an arm in the last settled minutes; false when none of them is known. */
bool status_requests(const struct status *status, enum arm arm, int64_t *requests, size_t *minutes);

void view_text_status(struct page *page, const struct status *status);
void view_json_status(struct text *out, const struct status *status);

/* What a state records, for people: of all its runs (`show`), or of the last one. `resume` is the
 * command that goes on where a run died; NULL: it is not known. */
void view_text_state(struct page *page, const struct state *state, const struct writer *writer,
                     const char *resume, bool all_runs);

/* The first action of the state's plan that is not done, in the direction of its last run; NULL
 * when none is left. */
const struct action *status_next(const struct state *state);

#endif
