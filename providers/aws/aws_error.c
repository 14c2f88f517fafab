#include "providers/aws/aws_error.h"

#include <string.h>

#include "planner/base/json.h"
#include "planner/base/text.h"
#include "providers/aws/xml.h"

enum { ERROR_BODY_MAX = 256 * 1024, PIECE_OF_SECRET = 8 };

/* What does not fit is cut at a character's border; a header may hold what is no text at all. */
static void put(char *out, size_t size, const char *s, size_t n)
{
    n = text_utf8_prefix(s, n < size ? n : size - 1);
    memcpy(out, s, n);
    out[n] = '\0';
}

static void put_message(struct aws_error *out, const char *s)
{
    size_t n = s ? strlen(s) : 0;
    while (n && strchr(". \t\r\n", s[n - 1]))
        n--;
    if (n)
        put(out->message, sizeof out->message, s, n);
}

/* "aws.protocoltests#FooError:http://internal..." is FooError (Smithy, "awsJson1_1"). */
static void put_code(struct aws_error *out, const char *s)
{
    if (!s)
        return;
    size_t n = strcspn(s, ":");
    const char *hash = memchr(s, '#', n);
    if (hash) {
        n -= (size_t)(hash + 1 - s);
        s = hash + 1;
    }
    put(out->code, sizeof out->code, s, n);
}

void aws_error_take_type(struct aws_error *out, const char *header)
{
    put_code(out, header);
}

static bool read_json(struct aws_error *out, const char *body, size_t n)
{
    struct json_document doc;
    struct error ignored;
    struct json_limits limits = {ERROR_BODY_MAX, 32};
    bool is_json = json_read_secret(&doc, body, n, limits, &ignored) && json_is_object(doc.root);
    if (is_json) {
        const char *code = json_as_string(json_member(doc.root, "__type"));
        const char *message = json_as_string(json_member(doc.root, "message"));
        put_code(out, code ? code : json_as_string(json_member(doc.root, "code")));
        put_message(out, message ? message : json_as_string(json_member(doc.root, "Message")));
    }
    json_document_cleanse(&doc);
    return is_json;
}

/* The first element, in the document's order, that has a child of that name. */
static const struct xml_node *with_child(const struct xml_node *node, const char *name)
{
    if (!node || xml_child(node, name))
        return node;
    const struct xml_node *found = NULL;
    for (const struct xml_node *c = xml_child(node, NULL); c && !found; c = xml_next(c, NULL))
        found = with_child(c, name);
    return found;
}

static void read_request_id(struct aws_error *out, const struct xml_node *root)
{
    static const char *const names[] = {"RequestId", "RequestID"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *id = xml_text(with_child(root, names[i]), names[i]);
        if (id && !out->request_id[0])
            put(out->request_id, sizeof out->request_id, id, strlen(id));
    }
}

static void read_xml(struct aws_error *out, const char *body, size_t n)
{
    struct xml_document doc;
    struct error ignored;
    if (n > ERROR_BODY_MAX)
        return;
    if (xml_read_secret(&doc, body, n, &ignored)) {
        const struct xml_node *error = with_child(doc.root, "Code");
        if (error)
            put_code(out, xml_text(error, "Code"));
        else if (text_ends(doc.root->name, "Exception"))
            put_code(out, doc.root->name);
        if (!error)
            error = doc.root;
        const char *message = xml_text(error, "Message");
        put_message(out, message ? message : xml_text(error, "message"));
        read_request_id(out, doc.root);
    }
    xml_document_clear(&doc);
}

/* A page's title says what a proxy wants to say: "502 Bad Gateway". */
static void read_page(struct aws_error *out, const char *body, size_t n)
{
    static const char open[] = "<title>", close[] = "</title>";
    const char *title = memmem(body, n, open, sizeof open - 1);
    if (!title)
        return;
    title += sizeof open - 1;
    size_t left = n - (size_t)(title - body);
    const char *end = memmem(title, left, close, sizeof close - 1);
    if (end)
        put(out->message, sizeof out->message, title,
            text_utf8_prefix(title, (size_t)(end - title)));
}

void aws_error_read(struct aws_error *out, const char *body, size_t n)
{
    *out = (struct aws_error){0};
    if (!n)
        return;
    if (read_json(out, body, n))
        return;
    read_xml(out, body, n);
    if (!out->code[0])
        read_page(out, body, n);
}

/* A line that leads up to a secret is a quotation of the request, as are those before it back to
 * an empty one. */
void aws_words_hide(char *words, const char *secret)
{
    size_t n = secret ? strnlen(secret, PIECE_OF_SECRET) : 0;
    char *at = n ? memmem(words, strlen(words), secret, n) : NULL;
    if (!at)
        return;
    explicit_bzero(at, strlen(at));
    char *quotation = strstr(words, "\n\n");
    char *line = quotation ? quotation : strrchr(words, '\n');
    if (line)
        *line = '\0';
    size_t left = strlen(words);
    while (left && strchr(". \t\r\n:'\"", words[left - 1]))
        left--;
    words[left] = '\0';
}
