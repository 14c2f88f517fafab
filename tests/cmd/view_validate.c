#include "tests/unit.h"

#include "cmd/view_validate.h"
#include "planner/base/json.h"
#include "planner/precondition.h"
#include "tests/cmd/golden.h"

struct reading {
    struct arena arena;
    struct diagnostics list;
    struct planfile file;
};

static void read(struct reading *r, const char *yaml)
{
    *r = (struct reading){0};
    r->list = (struct diagnostics){.arena = &r->arena, .file = "prod.yaml"};
    bool valid =
        planfile_read(&r->file, "prod.yaml", yaml, strlen(yaml), precondition_waivable, &r->list);
    assert_int_equal(valid, r->list.errors == 0);
}

static void end(struct reading *r)
{
    planfile_clear(&r->file);
    arena_clear(&r->arena);
}

static char *shown(const struct reading *r)
{
    struct term term = {.width = 80};
    struct page page;
    page_init(&page, &term);
    view_text_validate(&page, &r->list, &r->file);
    return text_steal(&page.out);
}

static void a_valid_file_is_said_to_be_one(void **state)
{
    (void)state;
    struct reading r;
    read(&r, "switchover: 1\nstage: prod\n");
    char *text = shown(&r);
    assert_string_equal(text, "prod.yaml is a valid plan file: prod, 1 step\n");
    free(text);
    end(&r);
}

static void all_errors_come_at_once_with_their_lines(void **state)
{
    (void)state;
    static const char *const facts[] = {
        "prod.yaml:2:1: error:",
        "2 | stge: prod",
        "^~~~",
        "\"stage\"",
        "prod.yaml:3:",
        "error:",
        "3 | baseline: 1:30",
        "prod.yaml is not valid: ",
    };
    struct reading r;
    read(&r, "switchover: 1\nstge: prod\nbaseline: 1:30\n");
    char *text = shown(&r);
    facts_in_order(text, facts, COUNT(facts));
    free(text);
    end(&r);
}

static void json_says_the_same(void **state)
{
    (void)state;
    struct reading r;
    struct text out = {0};
    struct json_document doc;
    struct error err;
    bool valid;
    int64_t number;
    read(&r, "switchover: 1\nstge: prod\n");
    view_json_validate(&out, &r.list);
    assert_true(json_read(&doc, out.data, out.len, (struct json_limits){65536, 8}, &err));
    assert_true(json_as_bool(&valid, json_member(doc.root, "valid")));
    assert_false(valid);
    const struct json *finding = json_first(json_member(doc.root, "findings"));
    assert_true(json_as_int(&number, json_member(finding, "line")));
    assert_int_equal(number, 2);
    assert_string_equal(json_as_string(json_member(finding, "severity")), "error");
    json_document_clear(&doc);
    text_clear(&out);
    end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_valid_file_is_said_to_be_one),
        cmocka_unit_test(all_errors_come_at_once_with_their_lines),
        cmocka_unit_test(json_says_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
