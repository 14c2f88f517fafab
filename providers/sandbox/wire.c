#include "providers/sandbox/wire.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "providers/sandbox/wire_auth.h"
#include "providers/sandbox/wire_parts.h"

const char *wire_header(const struct wire_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (strcasecmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    return NULL;
}

void wire_answer_clear(struct wire_answer *answer)
{
    text_clear(&answer->body);
}

/* ---- what is asked ---- */

/* One request on its way through. */
struct exchange {
    struct world *world;
    const struct wire_request *request;
    struct arena arena;
    bool json;
    const struct wire_service *service; /* NULL until the signature named it */
    const char *name;                   /* of the operation, as asked */
    struct params params;
    struct refusal why;
    struct wire_node *result;
    struct wire_answer *answer;
};

static bool unknown_operation(struct exchange *x, const char *version)
{
    if (x->json)
        return refuse(&x->why, 400, "UnknownOperationException", "Unknown operation %.80s",
                      x->name);
    return refuse(&x->why, 400, "InvalidAction", "Could not find operation %.80s for version %.32s",
                  x->name, version ? version : "NO_VERSION_SPECIFIED");
}

/* AWS's JSON: POST /, and the operation in a header. */
static bool read_json(struct exchange *x, const char *target)
{
    const char *dot = strchr(target, '.');
    x->name = dot ? dot + 1 : target;
    size_t prefix = dot ? (size_t)(dot - target) : 0;
    const char *service = x->service->target;
    if (!service || strlen(service) != prefix || strncmp(service, target, prefix) != 0)
        return unknown_operation(x, NULL);
    return params_read_json(&x->params, &x->arena, x->request->body, x->request->body_len, &x->why);
}

/* The Query protocol: parameters in a form, or behind the path of a GET. */
static bool read_query(struct exchange *x)
{
    const struct wire_request *request = x->request;
    const char *type = wire_header(request, "content-type");
    bool get = strcmp(request->method, "GET") == 0;
    static const char form[] = "application/x-www-form-urlencoded";
    if (!get && type && strncasecmp(type, form, sizeof form - 1) != 0)
        return refuse(&x->why, 400, "MalformedInput", "The content type is not %s", form);
    const char *bytes = get ? request->query : request->body;
    size_t n = get ? strlen(request->query) : request->body_len;
    if (!params_read_query(&x->params, &x->arena, bytes, n, &x->why))
        return false;
    x->name = param_text(&x->params, "Action");
    if (!x->name)
        return refuse(&x->why, 400, "MissingAction", "The request names no Action");
    const char *version = param_text(&x->params, "Version");
    if (!version || !x->service->version || strcmp(version, x->service->version) != 0)
        return unknown_operation(x, version);
    return true;
}

/* Whether the space-separated list names the first part of the parameter's name. */
static bool is_taken(const char *list, const char *name)
{
    size_t n = strcspn(name, ".");
    for (const char *p = list; *p; p += strspn(p, " ")) {
        size_t len = strcspn(p, " ");
        if (len == n && strncmp(p, name, n) == 0)
            return true;
        p += len;
    }
    return false;
}

/* AWS lets some of these pass in silence; what the sandbox does not model it says. */
static bool check_parameters(struct exchange *x, const struct wire_operation *operation)
{
    for (size_t i = 0; i < x->params.count; i++) {
        const char *name = x->params.items[i].name;
        bool own = !x->json && (strcmp(name, "Action") == 0 || strcmp(name, "Version") == 0);
        if (!own && !is_taken(operation->parameters, name))
            return refuse(&x->why, 400, x->json ? "InvalidParameterException" : "ValidationError",
                          "%.80s is no parameter of %s in this sandbox", name, operation->name);
    }
    return true;
}

/* ---- what goes wrong on purpose ---- */

static bool access_denied(struct exchange *x)
{
    const char *account = x->world->setup->account;
    return refuse(&x->why, x->json ? 400 : 403, x->json ? "AccessDeniedException" : "AccessDenied",
                  "User: arn:aws:iam::%s:user/sandbox is not authorized to perform: %s:%s because "
                  "no identity-based policy allows the %s:%s action",
                  account, x->service->iam_prefix, x->name, x->service->iam_prefix, x->name);
}

static bool throttle(struct exchange *x)
{
    return refuse(&x->why, 400, x->json ? "ThrottlingException" : "Throttling", "Rate exceeded");
}

static bool is_throttled(const struct exchange *x, const char *operation, int64_t real_now)
{
    return text_same(x->service->signing_name, "elasticloadbalancing") &&
           text_starts(operation, "Describe") && !world_take_token(x->world, real_now);
}

/* False: the fault is the answer. */
static bool apply_fault(struct exchange *x, const struct fault_setup *fault)
{
    switch (fault->kind) {
    case FAULT_ACCESS_DENIED:
        return access_denied(x);
    case FAULT_THROTTLING:
        return throttle(x);
    case FAULT_SERVER_ERROR:
        return refuse(&x->why, 500, x->json ? "ServerException" : "InternalFailure",
                      "The request processing has failed because of an unknown error");
    case FAULT_EXPIRED:
        return refuse(&x->why, x->json ? 400 : 403,
                      x->json ? "ExpiredTokenException" : "ExpiredToken",
                      "The security token included in the request is expired");
    case FAULT_HTML:
        return refuse(&x->why, 503, "", "html");
    case FAULT_CLOSE:
        x->answer->delivery = WIRE_DROP;
        return refuse(&x->why, 503, "", "closed");
    case FAULT_LOSE_ANSWER:
        x->answer->delivery = WIRE_DROP;
        return true;
    case FAULT_CUT_ANSWER:
        x->answer->delivery = WIRE_CUT;
        return true;
    case FAULT_DELAY:
        x->answer->delay_ms = fault->delay_ms;
        return true;
    case FAULT_KIND_COUNT:
        break;
    }
    return true;
}

/* ---- the way through ---- */

static bool run(struct exchange *x, int64_t real_now)
{
    char signing_name[AUTH_SCOPE_MAX];
    const char *target = wire_header(x->request, "x-amz-target");
    x->json = target != NULL;
    if (!auth_verify(signing_name, x->request, x->world->setup->region, x->json, real_now, &x->why))
        return false;
    x->service = wire_service_find(signing_name);
    if (!x->service)
        return refuse(&x->why, 400, x->json ? "UnknownOperationException" : "InvalidAction",
                      "This sandbox has no service '%s'", signing_name);
    if (!(target ? read_json(x, target) : read_query(x)))
        return false;
    const struct wire_operation *operation = wire_operation_find(x->service->signing_name, x->name);
    if (!operation)
        return unknown_operation(x, x->service->version);
    snprintf(x->answer->operation, sizeof x->answer->operation, "%s", operation->name);

    if (is_throttled(x, operation->name, real_now))
        return throttle(x);
    struct fault_setup fault;
    if (world_take_fault(x->world, operation->name, &fault) && !apply_fault(x, &fault))
        return false;
    struct wire_call call = {x->world, &x->params, &x->arena, x->result, &x->why};
    return check_parameters(x, operation) && operation->run(&call);
}

static void write_result(struct exchange *x)
{
    struct wire_answer *answer = x->answer;
    answer->status = 200;
    if (x->json) {
        answer->content_type = x->service->json_type;
        wire_write_json(&answer->body, x->result);
        return;
    }
    answer->content_type = "text/xml";
    text_addf(&answer->body, "<%sResponse xmlns=\"%s\">\n  <%sResult>", x->name,
              x->service->xml_namespace, x->name);
    wire_write_xml(&answer->body, x->result);
    text_addf(&answer->body,
              "</%sResult>\n  <ResponseMetadata>\n    <RequestId>%s</RequestId>\n"
              "  </ResponseMetadata>\n</%sResponse>\n",
              x->name, answer->request_id, x->name);
}

static void write_json_error(struct exchange *x)
{
    struct wire_answer *answer = x->answer;
    bool known = x->service && x->service->json_type;
    answer->content_type = known ? x->service->json_type : "application/x-amz-json-1.1";
    text_add(&answer->body, "{\"__type\":");
    wire_write_json_text(&answer->body, x->why.code);
    text_add(&answer->body, ",\"message\":");
    wire_write_json_text(&answer->body, x->why.message);
    text_add(&answer->body, "}");
    /* A service that also speaks the Query protocol tells its SDKs that protocol's code. */
    if (known && x->service->version)
        snprintf(answer->query_error, sizeof answer->query_error, "%s;%s", x->why.code,
                 x->why.status < 500 ? "Sender" : "Receiver");
}

static void write_xml_error(struct exchange *x)
{
    struct wire_answer *answer = x->answer;
    const char *space = x->service && x->service->xml_namespace ? x->service->xml_namespace : "";
    answer->content_type = "text/xml";
    text_addf(&answer->body,
              "<ErrorResponse%s%s%s>\n  <Error>\n    <Type>%s</Type>\n    <Code>%s</Code>\n"
              "    <Message>",
              *space ? " xmlns=\"" : "", space, *space ? "\"" : "",
              x->why.status < 500 ? "Sender" : "Receiver", x->why.code);
    wire_write_xml_text(&answer->body, x->why.message);
    text_addf(&answer->body,
              "</Message>\n  </Error>\n  <RequestId>%s</RequestId>\n</ErrorResponse>\n",
              answer->request_id);
}

static void write_refusal(struct exchange *x)
{
    x->answer->status = x->why.status;
    snprintf(x->answer->code, sizeof x->answer->code, "%s", x->why.code);
    if (*x->why.code == '\0') {
        x->answer->content_type = "text/html";
        text_add(&x->answer->body, "<html><head><title>503 Service Temporarily Unavailable</title>"
                                   "</head><body><center><h1>503 Service Temporarily Unavailable"
                                   "</h1></center></body></html>\n");
    } else if (x->json) {
        write_json_error(x);
    } else {
        write_xml_error(x);
    }
}

/* What a refusal quotes was cut at bytes: it must be UTF-8 again. */
static void mend_message(struct refusal *why)
{
    why->message[text_utf8_prefix(why->message, strlen(why->message))] = '\0';
}

void wire_handle(struct wire_answer *out, struct world *world, const struct wire_request *request,
                 int64_t real_now)
{
    struct exchange x = {.world = world, .request = request, .answer = out, .name = ""};
    *out = (struct wire_answer){0};
    world_request_id(world, out->request_id);
    x.result = wire_struct_new(&x.arena);
    if (run(&x, real_now)) {
        write_result(&x);
    } else {
        mend_message(&x.why);
        write_refusal(&x);
    }
    arena_clear(&x.arena);
}
