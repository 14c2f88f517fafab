#include "cmd/view_json_error.h"

static void put_members(struct json_writer *w, const struct error *err)
{
    json_put_string(w, "kind", error_kind_name(err->kind));
    json_put_string(w, "message", err->message);
    if (*err->hint)
        json_put_string(w, "hint", err->hint);
    if (*err->file)
        json_put_string(w, "file", err->file);
    if (err->span.line) {
        json_put_int(w, "line", err->span.line);
        json_put_int(w, "column", err->span.column);
    }
    if (*err->aws_code)
        json_put_string(w, "aws_code", err->aws_code);
    if (err->http_status)
        json_put_int(w, "http_status", err->http_status);
    if (*err->request_id)
        json_put_string(w, "request_id", err->request_id);
}

void view_json_put_error(struct json_writer *w, const char *key, const struct error *err)
{
    json_open_object(w, key);
    put_members(w, err);
    json_close_object(w);
}

void view_json_error(FILE *stream, const struct error *err)
{
    struct text out = {0};
    struct json_writer w = {.out = &out, .compact = true};
    json_open_object(&w, NULL);
    json_put_int(&w, "format_version", 1);
    view_json_put_error(&w, "error", err);
    json_close_object(&w);
    fputs(text_cstr(&out), stream);
    text_clear(&out);
}
