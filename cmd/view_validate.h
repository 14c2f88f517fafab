/* What is wrong with a plan file, or that nothing is. */
#ifndef CMD_VIEW_VALIDATE_H
#define CMD_VIEW_VALIDATE_H

#include "cmd/page.h"
#include "planner/base/diagnostics.h"
#include "planner/planfile.h"

/* `file` is what was read, as far as the findings let it. */
void view_text_validate(struct page *page, const struct diagnostics *list,
                        const struct planfile *file);
void view_json_validate(struct text *out, const struct diagnostics *list);

#endif
