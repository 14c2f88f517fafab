#include "cmd/view_validate.h"
#include "planner/base/json.h"

static void put_finding(struct json_writer *w, const struct diagnostic *d)
{
    json_open_object(w, NULL);
    json_put_string(w, "severity", d->severity == SEVERITY_ERROR ? "error" : "warning");
    json_put_string(w, "kind", error_kind_name(d->kind));
    json_put_int(w, "line", d->span.line);
    json_put_int(w, "column", d->span.column);
    json_put_int(w, "length", d->span.length);
    json_put_string(w, "message", d->message);
    json_put_string(w, "hint", d->hint);
    json_close_object(w);
}

void view_json_validate(struct text *out, const struct diagnostics *list)
{
    struct json_writer w = {.out = out};
    json_open_object(&w, NULL);
    json_put_int(&w, "format_version", 1);
    json_put_string(&w, "file", list->file);
    json_put_bool(&w, "valid", list->errors == 0);
    json_put_int(&w, "errors", (int64_t)list->errors);
    json_open_array(&w, "findings");
    for (size_t i = 0; i < list->count; i++)
        put_finding(&w, &list->items[i]);
    json_close_array(&w);
    json_close_object(&w);
}
