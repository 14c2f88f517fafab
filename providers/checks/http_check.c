#include "providers/checks/http_check.h"

#include "providers/checks/decimal.h"
#include "providers/checks/place.h"

void http_check_begin(struct question *out, struct check_result *result, struct arena *arena,
                      struct http_exchange *exchanges, const char *const folders[CHECK_FOLDERS])
{
    const struct planfile_check *check = result->check;
    bool asks = question_begin(out, result, arena, exchanges, folders, check->http.ca_file,
                               check->http.bearer, check->http.basic) &&
                question_ask(out, check->http.url);
    (void)asks; /* where it does not, it is silent already */
}

/* ", wanted one of green, yellow": what the plan file asks of the value; arena's. */
static const char *wanted(struct question *question)
{
    const struct planfile_check *check = question->result->check;
    struct text words = {0};
    if (check->http.one_of)
        text_add(&words, ", wanted ");
    for (size_t i = 0; check->http.one_of && check->http.one_of[i]; i++)
        text_addf(&words, "%s%s",
                  i                       ? ", "
                  : check->http.one_of[1] ? "one of "
                                          : "",
                  check->http.one_of[i]);
    if (check->http.at_least)
        text_addf(&words, "%s at least %s", words.len ? " and" : ", wanted", check->http.at_least);
    if (check->http.below)
        text_addf(&words, "%s below %s", words.len ? " and" : ", wanted", check->http.below);
    const char *kept = arena_strdup(question->arena, text_cstr(&words));
    text_clear(&words);
    return kept;
}

static bool is_one_of(const char *text, const char *const *list)
{
    for (; text && *list; list++)
        if (text_same(text, *list))
            return true;
    return false;
}

static bool is_wanted(const struct planfile_check *check, const char *text)
{
    const char *below = check->http.below, *at_least = check->http.at_least;
    bool number = text && decimal_is(text);
    if (check->http.one_of && !is_one_of(text, check->http.one_of))
        return false;
    if ((below || at_least) && !number)
        return false;
    return (!below || decimal_compare(text, below) < 0) &&
           (!at_least || decimal_compare(text, at_least) >= 0);
}

static const char *described(const struct question *question, const struct json *value,
                             const char *text)
{
    if (!text)
        return json_is_null(value) ? "null" : json_is_array(value) ? "an array" : "an object";
    if (json_as_string(value))
        return arena_printf(question->arena, "\"%s\"", question_shown(question, text));
    return question_shown(question, text);
}

static void judge_value(struct question *question, const struct json *root, const struct text *body)
{
    const struct planfile_check *check = question->result->check;
    const char *pointer = check->http.pointer;
    const struct json *value = place_find(root, pointer);
    if (!value) {
        question_answer(question, CHECK_RED, "%s is not in the answer%s", pointer,
                        wanted(question));
        return;
    }
    const char *text = place_text(question->arena, root, value, body->data, body->len);
    const char *shown = described(question, value, text);
    if (is_wanted(check, text))
        question_answer(question, CHECK_GREEN, "%s is %s", pointer, shown);
    else
        question_answer(question, CHECK_RED, "%s is %s%s", pointer, shown, wanted(question));
}

static void judge_body(struct question *question, const struct text *body)
{
    static const struct json_limits limits = {PLACE_BYTES_MAX, PLACE_DEPTH_MAX};
    struct json_document doc;
    struct error err = {0};
    if (json_read(&doc, text_cstr(body), body->len, limits, &err))
        judge_value(question, doc.root, body);
    else
        question_answer(question, CHECK_SILENT, "the answer cannot be read: %s", err.message);
    json_document_clear(&doc);
}

void http_check_judge(struct question *question)
{
    const struct planfile_check *check = question->result->check;
    if (!question->count)
        return;
    const struct text *body = question_body(question, 0, NULL);
    if (!body)
        return;
    int status = question->exchanges[0].status;
    if (status != check->http.status)
        question_answer(question, CHECK_RED, "status %d, wanted %lld", status,
                        (long long)check->http.status);
    else if (!check->http.pointer)
        question_answer(question, CHECK_GREEN, "status %d", status);
    else
        judge_body(question, body);
}
