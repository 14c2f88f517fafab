/* What one run must have come to, by what it was told to do and what it met. */
#ifndef TESTS_FAULT_WIRE_JUDGE_H
#define TESTS_FAULT_WIRE_JUDGE_H

#include "tests/fault/wire_story.h"

/* What fails for ever; what only has another shape does not. */
bool fault_is_for_ever(const struct fault *fault);

void judge_plan(struct wire_stage *stage, const struct story *story);
/* `begun`: its cutover has changed something before. */
void judge_apply(struct wire_stage *stage, const struct story *story, bool begun);
void judge_revert(struct wire_stage *stage, const struct story *story);
void judge_starved(struct wire_stage *stage, const struct story *story);
void judge_unproven(struct wire_stage *stage, const struct story *story);
/* Of an apply whose gate fails once the traffic is on the target. */
void judge_failed(struct wire_stage *stage, const struct story *story);
/* How often the fault was met, and how much was sent in all. */
void judge_number(struct wire_stage *stage, const struct story *story, const struct sent *sent);

bool is_untouched(struct wire_stage *stage);

#endif
