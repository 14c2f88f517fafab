/*
 * The last lines of a run, whatever ended it: where the traffic is, why it ended, how to go on and
 * how to go back, and that nobody is watching now (DESIGN, section 5).
 */
#ifndef CMD_VIEW_CLOSING_H
#define CMD_VIEW_CLOSING_H

#include "cmd/page.h"
#include "planner/base/json.h"
#include "planner/executor.h"

struct closing {
    enum direction direction;
    const struct subject *subject;
    const struct routing *live; /* NULL: it could not be read */
    int64_t live_read_at;
    const char *unread_because; /* when live is NULL; else of what was tried since; NULL: nothing */
    enum run_end end;
    const char *why;
    const char *gate;               /* the gate that failed, or whose failure stands; NULL: none */
    const char *address;            /* then: of the hold or drain in which it did */
    const char *seen;               /* then: what was seen */
    const struct outcome *fallback; /* of a run that was to be taken back; NULL: it was not */
    int64_t target_requests;        /* then: that the target served until then; -1 not known */
    const char *go_on;              /* a command; NULL: nothing is left to do */
    const char *go_on_note;         /* what that command then does; NULL: it needs no word */
    const char *go_back;            /* a command; NULL: nothing was changed that is still so */
    const char *rescued;            /* where a state that could not be stored went; NULL */
    bool shown; /* it could be stored nowhere: view_state_for_hands() shows it */
    int exit_code;
};

/* The bytes of a state that could be stored nowhere, between marks. They are this tool's own JSON,
 * whose emitter escapes, and go out as they are: another byte, and they are no state any more. */
void view_state_for_hands(FILE *out, const char *location, const struct text *bytes);

/* "gate failed", for people. */
const char *closing_end_words(enum run_end end);

void view_text_closing(struct page *page, const struct closing *closing);
/* One line, an event of type "closing". */
void view_json_closing(struct text *out, const struct closing *closing, int64_t now);

#endif
