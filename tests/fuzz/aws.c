#include "tests/fuzz/aws.h"

#include <string.h>

#include "providers/aws/elbv2_listeners.h"

void aws_read_one(const struct aws_reader *readers, size_t count, const uint8_t *data, size_t size)
{
    if (!size)
        return;
    const struct aws_reader *reader = &readers[data[0] % count];
    struct arena arena = {0};
    struct error err = {0};
    struct text answer = fuzz_text(data + 1, size - 1);
    if (reader->read(&arena, &answer, &err)) {
        fuzz_accepted();
    } else {
        fuzz_check_error(&err);
        must_hold(err.kind == ERROR_SERVICE);
        must_hold(strstr(err.message, reader->operation));
    }
    text_clear(&answer);
    arena_clear(&arena);
}

/* ---- routings ---- */

static void check_kept(const struct routing *routing, struct arena *arena)
{
    struct text text = {0};
    struct json_writer w = {.out = &text};
    struct json_document doc;
    struct routing again;
    struct error err;
    json_open_object(&w, NULL);
    routing_write_json(&w, "routing", routing);
    json_close_object(&w);
    must_succeed(json_read(&doc, text.data, text.len, (struct json_limits){text.len, 32}, &err),
                 &err);
    must_succeed(routing_read_json(&again, arena, json_member(doc.root, "routing"), &err), &err);
    must_hold(routing_identical(routing, &again) && routing_equal(routing, &again));
    must_hold(again.understood == routing->understood);
    json_document_clear(&doc);
    text_clear(&text);
}

static void check_sent(const struct routing *routing)
{
    struct text text = {0};
    struct json_document doc;
    struct error err;
    must_succeed(elbv2_modify_listener(&text, "arn:of:a:listener", routing, &err), &err);
    for (size_t i = 0; i < text.len; i++)
        must_hold(text.data[i] > ' ' && text.data[i] < 0x7f);
    text_cut(&text, 0);
    routing_write_aws_cli(&text, routing);
    must_succeed(json_read(&doc, text.data, text.len, (struct json_limits){text.len, 64}, &err),
                 &err);
    json_document_clear(&doc);
    text_clear(&text);
}

static void check_share(const struct routing *from, struct arena *arena, int permille)
{
    const char *source = answers_subject.arms[ARM_SOURCE].target_group_arn;
    const char *target = answers_subject.arms[ARM_TARGET].target_group_arn;
    struct routing to;
    routing_with_share(&to, arena, from, source, target, permille);
    must_hold(routing_equal(&to, &to));
    if (!to.understood)
        return; /* more than five groups */
    must_hold(routing_target_permille(&to, source, target) == permille);
    must_hold(to.sticky == from->sticky && to.sticky_seconds == from->sticky_seconds);
    check_sent(&to);
}

void aws_check_routing(const struct routing *routing)
{
    struct arena arena = {0};
    struct routing copy;
    routing_copy(&copy, &arena, routing);
    must_hold(routing_identical(routing, &copy) && routing_equal(routing, &copy));
    must_hold(routing->understood == !routing->why_not);
    fuzz_check_text(routing_describe(&arena, routing, "a", "b"));
    check_kept(routing, &arena);
    if (routing->understood) {
        check_sent(routing);
        check_share(routing, &arena, 1000);
        check_share(routing, &arena, 0);
        check_share(routing, &arena, 1);
        check_share(routing, &arena, 999);
    }
    arena_clear(&arena);
}
