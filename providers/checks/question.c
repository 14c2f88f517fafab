#include "providers/checks/question.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

/* ---- words ---- */

/* Shortens to at most `max` bytes, the mark of it included, and no character in two. */
static void shorten(struct text *text, size_t max)
{
    static const char mark[] = "...";
    if (text->len <= max)
        return;
    text_cut(text, text_utf8_prefix(text->data, max - strlen(mark)));
    text_add(text, mark);
}

const char *question_shown(const struct question *question, const char *text)
{
    struct text clean = {0}, shown = {0};
    text_add_utf8(&clean, text, strlen(text));
    if (clean.len > (size_t)10 * QUESTION_SHOWN_MAX) /* nobody reads it, and hiding has its price */
        text_cut(&clean, text_utf8_prefix(clean.data, (size_t)10 * QUESTION_SHOWN_MAX));
    secret_hide(&shown, &question->secret, text_cstr(&clean), SECRET_RUN);
    shorten(&shown, QUESTION_SHOWN_MAX);
    const char *kept = arena_strdup(question->arena, text_cstr(&shown));
    text_clear(&clean);
    text_clear(&shown);
    return kept;
}

void question_answer(struct question *question, enum check_verdict verdict, const char *format, ...)
{
    struct text words = {0}, clean = {0};
    va_list ap;
    va_start(ap, format);
    text_vaddf(&words, format, ap);
    va_end(ap);
    secret_hide(&clean, &question->secret, text_cstr(&words), SIZE_MAX);
    shorten(&clean, QUESTION_WORDS_MAX);
    question->result->verdict = verdict;
    question->result->observed = arena_strdup(question->arena, text_cstr(&clean));
    text_clear(&words);
    text_clear(&clean);
}

/* ---- requests ---- */

static const char *in_folder(struct arena *arena, const char *const folders[CHECK_FOLDERS],
                             const char *path)
{
    if (!path || path[0] == '/')
        return path;
    const char *first = arena_printf(arena, "%s/%s", folders[0], path);
    for (size_t i = 1; i < CHECK_FOLDERS && folders[i] && access(first, R_OK) != 0; i++) {
        const char *other = arena_printf(arena, "%s/%s", folders[i], path);
        if (access(other, R_OK) == 0)
            return other;
    }
    return first;
}

bool question_begin(struct question *out, struct check_result *result, struct arena *arena,
                    struct http_exchange *exchanges, const char *const folders[CHECK_FOLDERS],
                    const char *ca_file, const char *bearer, const char *basic)
{
    struct error err = {0};
    *out = (struct question){.result = result,
                             .arena = arena,
                             .ca_file = in_folder(arena, folders, ca_file),
                             .exchanges = exchanges};
    if (secret_read(&out->secret, bearer, basic, &err)) {
        out->header = (struct http_header){"Authorization", out->secret.authorization};
        return true;
    }
    question_answer(out, CHECK_SILENT, "%s", err.message);
    return false;
}

bool question_ask(struct question *question, const char *url)
{
    assert(question->count < QUESTION_EXCHANGES_MAX);
    bool secret = question->secret.authorization != NULL;
    if (secret && !http_keeps_secret(url)) {
        question_answer(question, CHECK_SILENT,
                        "%s is not sent over plain http to another machine: the URL must begin "
                        "with https",
                        question->secret.variable);
        return false;
    }
    question->exchanges[question->count++] = (struct http_exchange){
        .method = "GET",
        .url = url,
        .headers = &question->header,
        .header_count = secret,
        .ca_file = question->ca_file,
        .direct = secret && strncasecmp(url, "http:", 5) == 0,
    };
    return true;
}

void question_clear(struct question *question)
{
    for (size_t i = 0; i < question->count; i++)
        http_exchange_clear(&question->exchanges[i]);
    secret_clear(&question->secret);
}

const struct text *question_body(struct question *question, size_t i, const char *who)
{
    const struct http_exchange *exchange = &question->exchanges[i];
    assert(i < question->count);
    if (exchange->failure == HTTP_ANSWERED)
        return &exchange->body_in;
    question_answer(question, CHECK_SILENT, "%s%s%s", who ? who : "", who ? ": " : "",
                    question_shown(question, exchange->error.message));
    return NULL;
}
