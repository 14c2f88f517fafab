#include "cmd/diagnose.h"
#include "cmd/view_validate.h"

static size_t count_warnings(const struct diagnostics *list)
{
    size_t warnings = 0;
    for (size_t i = 0; i < list->count; i++)
        warnings += list->items[i].severity == SEVERITY_WARNING;
    return warnings;
}

void view_text_validate(struct page *page, const struct diagnostics *list,
                        const struct planfile *file)
{
    size_t warnings = count_warnings(list);
    diagnose_list(page, list);
    if (list->errors)
        page_line(page, 0, STYLE_BAD, "%s is not valid: %zu error%s", list->file, list->errors,
                  list->errors == 1 ? "" : "s");
    else
        page_line(page, 0, STYLE_GOOD, "%s is a valid plan file: %s, %zu step%s%s", list->file,
                  file->name, file->step_count, file->step_count == 1 ? "" : "s",
                  warnings ? "; see the warnings above" : "");
}
