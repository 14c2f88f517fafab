#include <stdlib.h>
#include <string.h>

#include "planner/base/memory.h"
#include "providers/local/process.h"

static const char blanks[] = " \t\r\n";

static void add_word(struct process_words *out, struct text *word)
{
    out->words = memory_resize(out->words, (out->count + 2) * sizeof *out->words);
    out->words[out->count++] = text_steal(word);
    out->words[out->count] = NULL;
    *word = (struct text){.secret = true};
}

/* Inside double quotes a backslash stands for itself, but before another or a quote. */
static const char *take_quoted(struct text *word, const char *at)
{
    char quote = *at++;
    for (; *at && *at != quote; at++) {
        if (quote == '"' && at[0] == '\\' && (at[1] == '"' || at[1] == '\\'))
            at++;
        text_add_char(word, *at);
    }
    return *at ? at + 1 : NULL;
}

/* From `at`, which is no blank, to the blank behind the word; NULL where it does not end. */
static const char *take_word(struct text *word, const char *at)
{
    while (at && *at && !strchr(blanks, *at)) {
        if (*at == '"' || *at == '\'') {
            at = take_quoted(word, at);
        } else if (*at != '\\') {
            text_add_char(word, *at++);
        } else if (at[1]) {
            text_add_char(word, at[1]);
            at += 2;
        } else {
            at = NULL;
        }
    }
    return at;
}

bool process_split(struct process_words *out, const char *line, struct error *err)
{
    *out = (struct process_words){0};
    const char *at = line + strspn(line, blanks);
    while (*at) {
        struct text word = {.secret = true};
        at = take_word(&word, at);
        if (!at) {
            text_clear(&word);
            return error_set(err, ERROR_USAGE,
                             "a quote is not closed, or nothing follows a backslash");
        }
        add_word(out, &word);
        at += strspn(at, blanks);
    }
    return out->count || error_set(err, ERROR_USAGE, "no program is named");
}

void process_words_clear(struct process_words *words)
{
    for (size_t i = 0; i < words->count; i++) {
        explicit_bzero(words->words[i], strlen(words->words[i]));
        free(words->words[i]);
    }
    free(words->words);
    *words = (struct process_words){0};
}
