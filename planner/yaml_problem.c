#include "planner/yaml_problem.h"

#include <string.h>

#include "planner/base/memory.h"
#include "planner/base/text.h"

/* libyaml 0.2.5's words and ours. Its place is often where it noticed; its context, where the
 * broken thing begins, is the better one for whatever was never closed. */
static const struct {
    const char *problem;
    const char *message;
    const char *hint;
    bool at_context;
} table[] = {
    {"could not find expected ':'", "a colon is missing behind this key", NULL, true},
    {"mapping values are not allowed in this context", "this colon begins a value inside a value",
     "check the indentation; put a text that contains a colon and a space in quotes", false},
    {"did not find expected key", "this is no key of the mapping that it stands in",
     "check the indentation and the quotes", false},
    {"did not find expected '-' indicator", "this is no item of the list that it stands in",
     "check the indentation", false},
    {"block sequence entries are not allowed in this context", "a list must not begin here",
     "begin it on a line of its own", false},
    {"did not find expected ',' or ']'", "the list in [ ] goes wrong here",
     "items are separated by commas and end with ]", false},
    {"did not find expected ',' or '}'", "the mapping in { } goes wrong here",
     "entries are separated by commas and end with }", false},
    {"did not find expected node content", "a value is missing here", NULL, false},
    {"found unexpected end of stream", "the quotes that open here are never closed", NULL, true},
    {"found unexpected document indicator", "the quotes that open here are never closed", NULL,
     true},
    {"did not find expected <document start>", "text behind the end of the document",
     "check the indentation; every key of the first level begins in the first column", false},
};

static const char tab_hint[] = "indent with spaces, not tabs";
static const char quote_hint[] = "put a text that begins with this character in quotes";

static struct span place(const struct yaml_source *source, yaml_mark_t mark)
{
    size_t line = mark.line, column = mark.column;
    bool beyond = line >= source->line_count || column >= source->lines[line].length;
    if (!beyond)
        return (struct span){(unsigned)line + 1, (unsigned)column + 1, 1};
    if (line >= source->line_count)
        line = source->line_count - 1;
    while (line > 0 && source->lines[line].length == 0)
        line--;
    return (struct span){(unsigned)line + 1, source->lines[line].length + 1, 1};
}

static const char *line_at(const struct yaml_source *source, unsigned line)
{
    const char *at = source->bytes, *end = at + source->len;
    for (unsigned n = 1; n < line && at < end; n++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        at = newline ? newline + 1 : end;
    }
    return at < end ? at : "";
}

static void report_other(const yaml_parser_t *parser, const struct yaml_source *source,
                         struct diagnostics *list)
{
    struct span span = place(source, parser->problem_mark);
    bool token = strcmp(parser->problem, "found character that cannot start any token") == 0;
    bool tab = line_at(source, span.line)[0] == '\t';

    if (token && tab)
        diagnostics_add(list, SEVERITY_ERROR, span, "a tab begins this line")->hint = tab_hint;
    else if (token)
        diagnostics_add(list, SEVERITY_ERROR, span, "a value must not begin with this character")
            ->hint = quote_hint;
    else
        diagnostics_add(list, SEVERITY_ERROR, span, "this is not YAML: %s", parser->problem)->hint =
            strstr(parser->problem, "tab character") ? tab_hint : NULL;
}

void yaml_problem_report(const yaml_parser_t *parser, const struct yaml_source *source,
                         struct diagnostics *list)
{
    if (parser->error == YAML_MEMORY_ERROR || !parser->problem)
        memory_exhausted();
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (strcmp(parser->problem, table[i].problem) != 0)
            continue;
        yaml_mark_t mark = table[i].at_context ? parser->context_mark : parser->problem_mark;
        diagnostics_add(list, SEVERITY_ERROR, place(source, mark), "%s", table[i].message)->hint =
            table[i].hint;
        return;
    }
    report_other(parser, source, list);
}
