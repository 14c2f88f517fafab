/* The wire without sockets: shapes of answers and errors, signatures at the second, faults. */
#include "tests/unit.h"

#include "planner/base/json.h"
#include "planner/base/time.h"
#include "providers/aws/sigv4.h"
#include "providers/aws/xml.h"
#include "providers/sandbox/wire.h"

static const int64_t EPOCH = INT64_C(1796090400000); /* 2026-12-01T02:00:00Z */
static const char CLUSTER[] = "migration-sandbox-ecs-cluster";

/* One request, signed as a client would at `signed_at`. */
struct sent {
    const char *method, *query, *service, *target, *content_type, *body;
    int64_t signed_at;
    int64_t real_now; /* 0: EPOCH */
};

static struct wire_answer send(struct world *world, struct sent sent)
{
    char date[SIGV4_DATE_SIZE];
    struct http_header headers[8] = {{"Host", "127.0.0.1:1"}};
    size_t count = 1;
    sigv4_date(date, sent.signed_at ? sent.signed_at : EPOCH);
    headers[count++] = (struct http_header){"X-Amz-Date", date};
    if (sent.target)
        headers[count++] = (struct http_header){"X-Amz-Target", sent.target};
    if (sent.content_type)
        headers[count++] = (struct http_header){"Content-Type", sent.content_type};
    struct sigv4_request to_sign = {.method = sent.method ? sent.method : "POST",
                                    .path = "/",
                                    .query = sent.query ? sent.query : "",
                                    .headers = headers,
                                    .header_count = count,
                                    .payload = sent.body ? sent.body : "",
                                    .payload_len = sent.body ? strlen(sent.body) : 0};
    struct sigv4_identity identity = {.access_key_id = SANDBOX_ACCESS_KEY_ID,
                                      .secret_access_key = SANDBOX_SECRET_ACCESS_KEY,
                                      .region = "us-east-1",
                                      .service = sent.service,
                                      .at = sent.signed_at ? sent.signed_at : EPOCH};
    struct text authorization = {0};
    sigv4_authorization(&authorization, &to_sign, &identity);
    headers[count++] = (struct http_header){"Authorization", authorization.data};

    struct wire_request request = {.method = to_sign.method,
                                   .path = "/",
                                   .query = to_sign.query,
                                   .headers = headers,
                                   .header_count = count,
                                   .body = to_sign.payload,
                                   .body_len = to_sign.payload_len};
    struct wire_answer answer;
    wire_handle(&answer, world, &request, sent.real_now ? sent.real_now : EPOCH);
    text_clear(&authorization);
    return answer;
}

static struct wire_answer ask_ecs(struct world *world, const char *operation, const char *body)
{
    char target[80];
    snprintf(target, sizeof target, "AmazonEC2ContainerServiceV20141113.%s", operation);
    return send(world, (struct sent){.service = "ecs", .target = target, .body = body});
}

static struct wire_answer ask_elb(struct world *world, const char *body)
{
    return send(world, (struct sent){.service = "elasticloadbalancing", .body = body});
}

static struct world *new_world(const struct fault_setup *faults, size_t fault_count)
{
    struct world_setup setup;
    setup_init(&setup);
    setup.epoch_at = EPOCH;
    setup.faults = faults;
    setup.fault_count = fault_count;
    return world_new(&setup);
}

/* The refusal that an answer is: its status, and its code in the shape of its protocol. */
static void check_refused(struct wire_answer *answer, int status, const char *code)
{
    struct error err;
    assert_int_equal(answer->status, status);
    assert_string_equal(answer->code, code);
    if (answer->content_type[0] == 't') {
        struct xml_document doc;
        assert_true(xml_read(&doc, answer->body.data, answer->body.len, &err));
        assert_true(xml_is(doc.root, "ErrorResponse"));
        assert_string_equal(xml_text(doc.root, "Error/Code"), code);
        assert_string_equal(xml_text(doc.root, "Error/Type"), status < 500 ? "Sender" : "Receiver");
        assert_true(xml_text(doc.root, "Error/Message")[0]);
        assert_string_equal(xml_text(doc.root, "RequestId"), answer->request_id);
        xml_document_clear(&doc);
    } else {
        struct json_document doc;
        assert_true(json_read(&doc, answer->body.data, answer->body.len,
                              (struct json_limits){1 << 20, 8}, &err));
        assert_string_equal(json_as_string(json_member(doc.root, "__type")), code);
        assert_true(json_as_string(json_member(doc.root, "message"))[0]);
        json_document_clear(&doc);
    }
    wire_answer_clear(answer);
}

static void each_protocol_answers_in_its_shape(void **state)
{
    (void)state;
    struct world *world = new_world(NULL, 0);
    struct error err;
    struct wire_answer answer = ask_ecs(world, "ListClusters", "{}");
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.content_type, "application/x-amz-json-1.1");
    assert_string_equal(answer.operation, "ListClusters");
    assert_string_equal(answer.code, "");
    struct json_document json;
    assert_true(json_read(&json, answer.body.data, answer.body.len,
                          (struct json_limits){1 << 20, 8}, &err));
    assert_int_equal(json_count(json_member(json.root, "clusterArns")), 1);
    json_document_clear(&json);
    wire_answer_clear(&answer);

    answer = ask_elb(world, "Action=DescribeLoadBalancers&Version=2015-12-01");
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.content_type, "text/xml");
    struct xml_document xml;
    assert_true(xml_read(&xml, answer.body.data, answer.body.len, &err));
    assert_true(xml_is(xml.root, "DescribeLoadBalancersResponse"));
    assert_string_equal(
        xml_text(xml.root, "DescribeLoadBalancersResult/LoadBalancers/member/LoadBalancerName"),
        "MigrationAssistant-sandbox");
    assert_string_equal(xml_text(xml.root, "ResponseMetadata/RequestId"), answer.request_id);
    xml_document_clear(&xml);

    struct wire_answer again = ask_elb(world, "Action=DescribeLoadBalancers&Version=2015-12-01");
    assert_string_not_equal(answer.request_id, again.request_id);
    assert_int_equal(strlen(answer.request_id), 36);
    wire_answer_clear(&answer);
    wire_answer_clear(&again);
    world_free(world);
}

static void a_get_is_read_too(void **state)
{
    (void)state;
    struct world *world = new_world(NULL, 0);
    struct wire_answer answer =
        send(world, (struct sent){.method = "GET",
                                  .query = "Action=GetCallerIdentity&Version=2011-06-15",
                                  .service = "sts"});
    assert_int_equal(answer.status, 200);
    assert_non_null(strstr(answer.body.data, "<Account>111122223333</Account>"));
    wire_answer_clear(&answer);
    world_free(world);
}

static void what_is_not_known_is_refused(void **state)
{
    (void)state;
    struct world *world = new_world(NULL, 0);
    static const struct {
        const char *body, *code;
    } queries[] = {
        {"Action=DeleteLoadBalancer&Version=2015-12-01", "InvalidAction"},
        {"Action=DescribeServices&Version=2015-12-01", "InvalidAction"},
        {"Action=DescribeListeners&Version=2012-06-01", "InvalidAction"},
        {"Action=DescribeListeners", "InvalidAction"},
        {"Version=2015-12-01", "MissingAction"},
        {"Action=DescribeListeners&Version=2015-12-01&Colour=red", "ValidationError"},
        {"Action=DescribeListeners&Version=2015-12-01", "ValidationError"},
        {"Action=DescribeLoadBalancers&Version=2015-12-01&PageSize=two", "MalformedInput"},
        {"Action=DescribeLoadBalancers&Version=2015-12-01&PageSize=0", "ValidationError"},
        {"Action=DescribeLoadBalancers&Version=2015-12-01&Marker=x", "ValidationError"},
        {"Action=DescribeLoadBalancers&Action=x&Version=2015-12-01", "MalformedInput"},
        {"Action=%GG", "MalformedInput"},
    };
    for (size_t i = 0; i < COUNT(queries); i++) {
        struct wire_answer answer = ask_elb(world, queries[i].body);
        check_refused(&answer, 400, queries[i].code);
    }
    static const struct {
        const char *operation, *body, *code;
    } calls[] = {
        {"DeleteService", "{}", "UnknownOperationException"},
        {"DescribeServices", "[]", "SerializationException"},
        {"DescribeServices", "{", "SerializationException"},
        {"DescribeServices", "{\"services\":[\"a\"]}", "ClusterNotFoundException"},
        {"UpdateService", "{\"force\":true}", "InvalidParameterException"},
        {"ListTasks", "{\"cluster\":\"migration-sandbox-ecs-cluster\",\"maxResults\":\"2\"}",
         "SerializationException"},
        {"ListTasks", "{\"cluster\":\"migration-sandbox-ecs-cluster\",\"desiredStatus\":\"GONE\"}",
         "InvalidParameterException"},
    };
    for (size_t i = 0; i < COUNT(calls); i++) {
        struct wire_answer answer = ask_ecs(world, calls[i].operation, calls[i].body);
        check_refused(&answer, 400, calls[i].code);
    }
    struct wire_answer answer = send(
        world, (struct sent){.service = "ecs", .target = "AnotherService.ListTasks", .body = "{}"});
    check_refused(&answer, 400, "UnknownOperationException");
    answer = send(world, (struct sent){.service = "s3", .body = "Action=x&Version=y"});
    check_refused(&answer, 400, "InvalidAction");
    answer = send(world, (struct sent){.service = "elasticloadbalancing",
                                       .content_type = "application/cbor",
                                       .body = "Action=x"});
    check_refused(&answer, 400, "MalformedInput");
    world_free(world);
}

static void signatures_last_five_minutes(void **state)
{
    (void)state;
    struct world *world = new_world(NULL, 0);
    static const struct {
        int64_t off_ms;
        bool good;
    } rows[] = {
        {0, true},          {-299 * 1000, true}, {-300 * 1000, true}, {-301 * 1000, false},
        {300 * 1000, true}, {301 * 1000, false}, {-86400000, false},  {86400000, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct wire_answer answer =
            send(world, (struct sent){.service = "sts",
                                      .body = "Action=GetCallerIdentity&Version=2011-06-15",
                                      .signed_at = EPOCH + rows[i].off_ms});
        if (rows[i].good) {
            assert_int_equal(answer.status, 200);
            wire_answer_clear(&answer);
        } else {
            check_refused(&answer, 400, "RequestExpired");
        }
    }
    /* However far the world's own clock has run. */
    world_advance(world, EPOCH + 5 * HOUR_MS);
    struct wire_answer answer = ask_ecs(world, "ListClusters", "{}");
    assert_int_equal(answer.status, 200);
    wire_answer_clear(&answer);
    world_free(world);
}

static void a_refused_signature_reaches_no_operation(void **state)
{
    (void)state;
    static const struct fault_setup faults[] = {
        {.operation = "UpdateService", .kind = FAULT_THROTTLING, .times = 1}};
    struct world *world = new_world(faults, 1);
    char body[160];
    snprintf(body, sizeof body,
             "{\"cluster\":\"%s\",\"service\":\"migration-sandbox-target-cluster-proxy\","
             "\"desiredCount\":2}",
             CLUSTER);
    struct wire_answer answer =
        send(world, (struct sent){.service = "ecs",
                                  .target = "AmazonEC2ContainerServiceV20141113.UpdateService",
                                  .body = body,
                                  .signed_at = EPOCH - HOUR_MS});
    check_refused(&answer, 400, "InvalidSignatureException");
    answer = ask_ecs(world, "UpdateService", body);
    check_refused(&answer, 400, "ThrottlingException"); /* the fault was still there */
    assert_int_equal(world->services[ARM_TARGET].desired, 0);
    answer = ask_ecs(world, "UpdateService", body);
    assert_int_equal(answer.status, 200);
    assert_int_equal(world->services[ARM_TARGET].desired, 2);
    wire_answer_clear(&answer);
    world_free(world);
}

static void faults_say_how_to_deliver(void **state)
{
    (void)state;
    static const struct {
        enum fault_kind kind;
        int status;
        enum wire_delivery delivery;
        int64_t delay_ms;
        bool done;
    } rows[] = {
        {FAULT_CLOSE, 503, WIRE_DROP, 0, false},
        {FAULT_LOSE_ANSWER, 200, WIRE_DROP, 0, true},
        {FAULT_CUT_ANSWER, 200, WIRE_CUT, 0, true},
        {FAULT_DELAY, 200, WIRE_DELIVER, 70, true},
        {FAULT_HTML, 503, WIRE_DELIVER, 0, false},
        {FAULT_SERVER_ERROR, 500, WIRE_DELIVER, 0, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fault_setup fault = {
            .operation = "UpdateService", .kind = rows[i].kind, .times = 1, .delay_ms = 70};
        struct world *world = new_world(&fault, 1);
        struct wire_answer answer =
            ask_ecs(world, "UpdateService",
                    "{\"cluster\":\"migration-sandbox-ecs-cluster\",\"desiredCount\":1,"
                    "\"service\":\"migration-sandbox-target-cluster-proxy\"}");
        assert_int_equal(answer.status, rows[i].status);
        assert_int_equal(answer.delivery, rows[i].delivery);
        assert_int_equal(answer.delay_ms, rows[i].delay_ms);
        assert_int_equal(world->services[ARM_TARGET].desired, rows[i].done);
        if (rows[i].kind == FAULT_HTML)
            assert_string_equal(answer.content_type, "text/html");
        wire_answer_clear(&answer);
        world_free(world);
    }
}

static void what_a_refusal_quotes_stays_well_formed(void **state)
{
    (void)state;
    struct world *world = new_world(NULL, 0);
    /* Cut in the middle of a character, with markup and control characters. */
    struct wire_answer answer =
        ask_elb(world, "Action=DescribeLoadBalancers&Version=2015-12-01&Names.member.1="
                       "%3Ca%26b%3E%01%02"
                       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                       "%E2%82%AC%E2%82%AC%E2%82%AC%E2%82%AC");
    assert_int_equal(text_utf8_prefix(answer.body.data, answer.body.len), answer.body.len);
    check_refused(&answer, 400, "LoadBalancerNotFound");
    world_free(world);
}

static struct wire_answer ask_metric(struct world *world, const char *statistic)
{
    char body[600];
    snprintf(body, sizeof body,
             "Action=GetMetricData&Version=2010-08-01&StartTime=2026-12-01T01:00:00Z"
             "&EndTime=2026-12-01T02:00:00Z&MetricDataQueries.member.1.Id=a"
             "&MetricDataQueries.member.1.MetricStat.Metric.Namespace=AWS/ApplicationELB"
             "&MetricDataQueries.member.1.MetricStat.Metric.MetricName=TargetResponseTime"
             "&MetricDataQueries.member.1.MetricStat.Period=60"
             "&MetricDataQueries.member.1.MetricStat.Stat=%s",
             statistic);
    return send(world, (struct sent){.service = "monitoring", .body = body});
}

static void percentiles_can_be_refused(void **state)
{
    (void)state;
    struct world *world = new_world(NULL, 0);
    struct wire_answer answer = ask_metric(world, "p90");
    assert_int_equal(answer.status, 200);
    wire_answer_clear(&answer);
    struct conditions conditions = world->conditions;
    conditions.metrics.percentiles = PERCENTILES_REFUSED;
    world_set_conditions(world, &conditions);
    answer = ask_metric(world, "p90");
    check_refused(&answer, 500, "InternalFailure");
    answer = ask_metric(world, "Average");
    assert_int_equal(answer.status, 200);
    wire_answer_clear(&answer);
    world_free(world);
}

/* Ten tokens a second, half of which others take: 5. */
static void describes_share_a_bucket(void **state)
{
    (void)state;
    static const struct {
        int64_t after_ms;
        const char *service, *body;
        int status;
    } rows[] = {
        {0, "elasticloadbalancing", "Action=DescribeLoadBalancers&Version=2015-12-01", 200},
        {0, "elasticloadbalancing", "Action=DescribeTargetGroups&Version=2015-12-01", 200},
        {0, "elasticloadbalancing", "Action=DescribeLoadBalancers&Version=2015-12-01", 400},
        {0, "sts", "Action=GetCallerIdentity&Version=2011-06-15", 200}, /* no Describe* */
        {190, "elasticloadbalancing", "Action=DescribeTargetGroups&Version=2015-12-01", 400},
        {250, "elasticloadbalancing", "Action=DescribeTargetGroups&Version=2015-12-01", 200},
        {250, "elasticloadbalancing", "Action=DescribeTargetGroups&Version=2015-12-01", 400},
        {60000, "elasticloadbalancing", "Action=DescribeLoadBalancers&Version=2015-12-01", 200},
        {60000, "elasticloadbalancing", "Action=DescribeLoadBalancers&Version=2015-12-01", 200},
        {60000, "elasticloadbalancing", "Action=DescribeLoadBalancers&Version=2015-12-01", 400},
    };
    struct world_setup setup;
    setup_init(&setup);
    setup.epoch_at = EPOCH;
    setup.throttling = (struct throttling_setup){.burst = 2, .left = -1, .rate = 10, .others = 5};
    struct world *world = world_new(&setup);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct wire_answer answer =
            send(world, (struct sent){.service = rows[i].service,
                                      .body = rows[i].body,
                                      .real_now = EPOCH + rows[i].after_ms});
        assert_int_equal(answer.status, rows[i].status);
        if (rows[i].status == 200)
            wire_answer_clear(&answer);
        else
            check_refused(&answer, 400, "Throttling");
    }
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_protocol_answers_in_its_shape),
        cmocka_unit_test(a_get_is_read_too),
        cmocka_unit_test(what_is_not_known_is_refused),
        cmocka_unit_test(signatures_last_five_minutes),
        cmocka_unit_test(a_refused_signature_reaches_no_operation),
        cmocka_unit_test(faults_say_how_to_deliver),
        cmocka_unit_test(describes_share_a_bucket),
        cmocka_unit_test(what_a_refusal_quotes_stays_well_formed),
        cmocka_unit_test(percentiles_can_be_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
