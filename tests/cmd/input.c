#include "tests/unit.h"

#include "cmd/input.h"
#include "planner/base/memory.h"
#include "planner/plan_json.h"
#include "tests/cmd/prod.h"
#include "tests/folder.h"

enum { ANY = INPUT_PLAN_FILE | INPUT_SAVED_PLAN | INPUT_STATE };

static const char yaml[] = "switchover: 1\nstage: prod\n";

static void write_saved_plan(const char *folder, const char *name)
{
    struct snapshot live;
    struct plan plan;
    struct text document = {0};
    prod_snapshot(&live);
    prod_plan(&plan, yaml, &live, NULL);
    plan_write(&document, &plan);
    folder_write(folder, name, document.data);
    text_clear(&document);
    plan_clear(&plan);
    snapshot_clear(&live);
}

static void write_state(const char *folder, const char *name)
{
    struct snapshot live;
    struct plan *plan = memory_new(sizeof *plan);
    struct text document = {0};
    prod_snapshot(&live);
    prod_plan(plan, yaml, &live, NULL);
    struct state *state = state_new("1a2b3c4d-0000-4000-8000-000000000000", plan);
    state_write(&document, state);
    folder_write(folder, name, document.data);
    text_clear(&document);
    state_free(state);
    snapshot_clear(&live);
}

/* By what is in it, not by its name. */
static void tells_the_kinds_apart(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum input_kind kind;
    } rows[] = {{"prod.yaml", INPUT_PLAN_FILE},
                {"saved.yaml", INPUT_SAVED_PLAN},
                {"odd.yaml", INPUT_STATE}};
    char *folder = folder_new();
    folder_write(folder, "prod.yaml", yaml);
    write_saved_plan(folder, "saved.yaml");
    write_state(folder, "odd.yaml");
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *path = folder_path(folder, rows[i].name);
        struct input input;
        struct error err;
        if (!input_read(&input, path, ANY, &err))
            fail_msg("%s: %s", rows[i].name, err.message);
        assert_int_equal(input.kind, rows[i].kind);
        assert_string_equal(input_planfile(&input)->stage, "prod");
        input_clear(&input);
        assert_false(input_read(&input, path, ANY & ~(unsigned)rows[i].kind, &err));
        assert_int_equal(err.kind, ERROR_USAGE);
        assert_non_null(strstr(err.message, "this command takes"));
        input_clear(&input);
        free(path);
    }
    folder_remove(folder);
}

static void names_what_it_cannot_read(void **state)
{
    (void)state;
    static const struct {
        const char *name, *content; /* NULL: no such file */
        enum error_kind kind;
        const char *message;
    } rows[] = {
        {"missing.yaml", NULL, ERROR_INPUT, "there is no file"},
        {"empty.yaml", "", ERROR_INPUT, "is no valid plan file"},
        {"flow.yaml", "{switchover: 2}", ERROR_INPUT, "is no valid plan file"},
        {"broken.json", "{\n  \"kind\": \"switchover.plan\",\n", ERROR_INPUT, "digest"},
        {"torn.json", "{\n  \"kind\": \"switchover.state\",\n", ERROR_INPUT, "digest"},
        {"later.yaml", "switchover: 1\nstage: prod\nrequire: {signed: true}\n", ERROR_NOT_YET,
         "is no valid plan file"},
    };
    char *folder = folder_new();
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (rows[i].content)
            folder_write(folder, rows[i].name, rows[i].content);
        char *path = folder_path(folder, rows[i].name);
        struct input input;
        struct error err;
        assert_false(input_read(&input, path, ANY, &err));
        if (err.kind != rows[i].kind || !strstr(err.message, rows[i].message) ||
            !strstr(err.message, rows[i].name))
            fail_msg("%s: kind %d, %s", rows[i].name, err.kind, err.message);
        input_clear(&input);
        free(path);
    }
    struct input input;
    struct error err;
    assert_false(input_read(&input, folder, ANY, &err)); /* a folder */
    assert_int_equal(err.kind, ERROR_INPUT);
    input_clear(&input);
    folder_remove(folder);
}

static void finds_the_state(void **state)
{
    (void)state;
    static const struct {
        const char *path, *state, *option, *found;
        enum input_kind kind;
    } rows[] = {
        {"prod.yaml", NULL, NULL, "prod.state.json", INPUT_PLAN_FILE},
        {"dir/prod.yaml", NULL, NULL, "dir/prod.state.json", INPUT_PLAN_FILE},
        {"/a/prod.yaml", NULL, NULL, "/a/prod.state.json", INPUT_PLAN_FILE},
        {"dir/prod.yaml", "./x.state.json", NULL, "dir/x.state.json", INPUT_PLAN_FILE},
        {"dir/prod.yaml", "/abs/x.json", NULL, "/abs/x.json", INPUT_PLAN_FILE},
        {"dir/prod.yaml", "./x.state.json", "other.json", "other.json", INPUT_PLAN_FILE},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct input input = {.kind = rows[i].kind, .path = rows[i].path};
        struct text found = {0};
        input.file.path = rows[i].path;
        input.file.name = "prod";
        input.file.state = rows[i].state;
        input_state_path(&found, &input, rows[i].option);
        assert_string_equal(text_cstr(&found), rows[i].found);
        text_clear(&found);
    }
    struct input input = {.kind = INPUT_STATE, .path = "any/where.json"};
    struct text found = {0};
    input_state_path(&found, &input, NULL);
    assert_string_equal(text_cstr(&found), "any/where.json");
    text_clear(&found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_the_kinds_apart),
        cmocka_unit_test(names_what_it_cannot_read),
        cmocka_unit_test(finds_the_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
