#include "cmd/view_text_help.h"

#include <string.h>

#include "cmd/exit_code.h"

enum { INDENT = 2, NAMES = 12, OPTION_NAMES = 24 };

static const struct {
    const char *name, *means;
} variables[] = {
    {"AWS_PROFILE, AWS_REGION, AWS_ACCESS_KEY_ID, ...", "as for every AWS tool"},
    {"AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_ECS, ...", "where AWS is, if not at its usual addresses"},
    {"AWS_CA_BUNDLE", "certificate authorities to trust instead of the system's"},
    {"SWITCHOVER_CLOCK", "printed by the sandbox: a faster clock; loopback endpoints only"},
    {"NO_COLOR", "anything but empty: no colour"},
};

static void exits(struct page *page, unsigned codes)
{
    page_line(page, 0, STYLE_STRONG, "Exit codes:");
    for (size_t i = 0; i < exit_row_count; i++) {
        if (!(codes & 1u << exit_rows[i].code))
            continue;
        page_column(page, INDENT);
        page_put(page, STYLE_PLAIN, "%d", exit_rows[i].code);
        page_column(page, INDENT + 3);
        page_wrap(page, STYLE_PLAIN, "%s", exit_rows[i].meaning);
        page_end_line(page);
    }
}

static void reserved_verbs(struct page *page)
{
    struct text names = {0};
    for (size_t i = 0; i < verb_count; i++)
        if (verb_is_reserved(&verbs[i]))
            text_addf(&names, "%s%s", names.len ? ", " : "", verbs[i].name);
    if (names.len)
        page_paragraph(page, 0, STYLE_FAINT, "Not available yet: %s.", text_cstr(&names));
    text_clear(&names);
}

void view_text_help(struct page *page)
{
    page_line(page, 0, STYLE_PLAIN, "Usage: switchover COMMAND [OPTION ...] [FILE]");
    page_end_line(page);
    page_paragraph(page, 0, STYLE_PLAIN,
                   "Moves client traffic from a source search cluster to a target one behind an "
                   "AWS Application Load Balancer: a reviewed plan, its execution, and the way "
                   "back.");
    page_end_line(page);
    page_line(page, 0, STYLE_STRONG, "Commands:");
    for (size_t i = 0; i < verb_count; i++) {
        if (verb_is_reserved(&verbs[i]))
            continue;
        page_column(page, INDENT);
        page_put(page, STYLE_PLAIN, "%s", verbs[i].name);
        page_column(page, NAMES);
        page_wrap(page, STYLE_PLAIN, "%s", verbs[i].summary);
        page_end_line(page);
    }
    reserved_verbs(page);
    page_end_line(page);
    page_paragraph(page, 0, STYLE_PLAIN,
                   "'switchover help COMMAND' explains one. Options may be written with one dash "
                   "or two, as --name=value or --name value.");
    page_end_line(page);
    exits(page, ~0u);
    page_end_line(page);
    page_line(page, 0, STYLE_STRONG, "Environment:");
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        page_line(page, INDENT, STYLE_PLAIN, "%s", variables[i].name);
        page_paragraph(page, 2 * INDENT + 2, STYLE_PLAIN, "%s", variables[i].means);
    }
}

static void option_row(struct page *page, const struct option *option)
{
    page_column(page, INDENT);
    if (option->value)
        page_put(page, STYLE_PLAIN, "--%s %s", option->name, option->value);
    else
        page_put(page, STYLE_PLAIN, "--%s", option->name);
    page_column(page, OPTION_NAMES);
    page_wrap(page, STYLE_PLAIN, "%s", option->help);
    page_end_line(page);
}

static void description(struct page *page, const char *lines)
{
    while (*lines) {
        int n = (int)strcspn(lines, "\n");
        if (*lines == ' ')
            page_line(page, 0, STYLE_PLAIN, "%.*s", n, lines);
        else
            page_paragraph(page, 0, STYLE_PLAIN, "%.*s", n, lines);
        lines += n + (lines[n] == '\n');
    }
}

void view_text_help_verb(struct page *page, const struct verb *verb)
{
    page_line(page, 0, STYLE_PLAIN, "Usage: switchover %s%s%s [OPTION ...]", verb->name,
              *verb->operands ? " " : "", verb->operands);
    page_end_line(page);
    description(page, verb->description);
    page_end_line(page);
    page_line(page, 0, STYLE_STRONG, "Options:");
    for (size_t i = 0; i < verb->option_count; i++)
        option_row(page, &verb->options[i]);
    page_end_line(page);
    exits(page, verb->exit_codes);
}
