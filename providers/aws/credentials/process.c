/*
 * Keys that a program prints (credential_process: AWS SDKs and Tools reference guide, "Process
 * credential provider"). What it says on standard error is dropped, because it may be a secret too:
 * messages tell how it ended and no more.
 */
#include "providers/local/process.h"
#include "planner/base/time.h"
#include "providers/aws/credentials/source.h"

enum { TIMEOUT_MS = 60 * SECOND_MS, VERSION = 1, DEPTH_MAX = 8 };

static bool check_version(const struct text *output, const char *from, struct error *err)
{
    struct json_document doc;
    const struct json_limits limits = {CREDENTIALS_ANSWER_MAX, DEPTH_MAX};
    int64_t version = 0;
    bool done = json_read_secret(&doc, text_cstr(output), output->len, limits, err);
    if (!done)
        error_context(err, "the answer of %s", from);
    else if (!json_as_int(&version, json_member(doc.root, "Version")) || version != VERSION)
        done =
            error_set(err, ERROR_CREDENTIALS, "%s answered without \"Version\": %d", from, VERSION);
    json_document_cleanse(&doc);
    return done;
}

static bool ask(struct credentials *out, const struct process_words *words,
                const struct credentials_search *search, const char *from, struct error *err)
{
    const struct process_limits limits = {.max_output = CREDENTIALS_ANSWER_MAX,
                                          .timeout_ms = TIMEOUT_MS,
                                          .may_ask = search->means->programs_ask,
                                          .interrupted = search->means->interrupted,
                                          .interrupted_self = search->means->interrupted_self};
    struct text output;
    bool done = process_run(&output, words, &limits, err);
    if (!done)
        error_context(err, "the credential_process of the profile %s", search->profile->name);
    done = done && check_version(&output, from, err) &&
           credentials_take_json(out, output.data, output.len, "SessionToken", from, err);
    text_clear(&output);
    return done;
}

/* Whatever it is, there are no credentials; but who interrupts is not told that they are bad. */
static enum credentials_found failed(const struct profile *profile, struct error *err)
{
    if (err->kind == ERROR_INTERRUPTED)
        return CREDENTIALS_FAILED;
    err->kind = ERROR_CREDENTIALS;
    error_hint(err,
               "run the credential_process of the profile %s by hand: it must print the keys as "
               "JSON; what it says here is shown nowhere, as it may be secret",
               profile->name);
    return CREDENTIALS_FAILED;
}

enum credentials_found credentials_from_process(struct credentials *out,
                                                const struct credentials_search *search,
                                                struct error *err)
{
    const char *line = profile_get(search->profile, "credential_process");
    if (!line)
        return CREDENTIALS_ABSENT;
    struct process_words words;
    struct text from = {0};
    bool done = process_split(&words, line, err);
    if (!done)
        error_context(err, "the credential_process of the profile %s", search->profile->name);
    if (done) {
        text_addf(&from, "the program %s of the profile %s", words.words[0], search->profile->name);
        done = ask(out, &words, search, from.data, err);
    }
    if (done)
        credentials_name(out, "%s", from.data);
    process_words_clear(&words);
    text_clear(&from);
    return done ? CREDENTIALS_FOUND : failed(search->profile, err);
}
