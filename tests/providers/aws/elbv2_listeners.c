#include "tests/unit.h"

#include "providers/aws/elbv2_listeners.h"
#include "tests/providers/aws/answers.h"

#define ARN          "arn:aws:elasticloadbalancing:us-east-1:111122223333:"
#define LISTENER_ARN ARN "listener/app/MigrationAssistant-prod/00000000000000a4/00000000000000a5"
#define SOURCE_ARN   ARN "targetgroup/ALBSourceProxy-prod-TG/00000000000000a0"
#define TARGET_ARN   ARN "targetgroup/ALBTargetProxy-prod-TG/00000000000000a1"

struct fixture {
    struct arena arena;
    struct text text;
    struct listener_snapshot *listeners;
    size_t count;
    const char *next;
    struct error err;
};

static void clear(struct fixture *f)
{
    text_clear(&f->text);
    arena_clear(&f->arena);
}

static void read_page(struct fixture *f, const char *name)
{
    answer_load(&f->text, name);
    if (!elbv2_read_listeners(&f->listeners, &f->count, &f->next, &f->arena, &f->text, &f->err))
        fail_msg("%s", f->err.message);
}

static const char *value(const struct routing *routing, const char *path)
{
    for (size_t i = 0; i < routing->member_count; i++)
        if (text_same(routing->members[i].path, path))
            return routing->members[i].value;
    return NULL;
}

static void reads_migration_assistants_listeners(void **state)
{
    (void)state;
    struct fixture f = {0};
    read_page(&f, "listeners.xml");
    assert_int_equal(f.count, 3);
    assert_null(f.next);
    const struct listener_snapshot *weighted = &f.listeners[0];
    assert_string_equal(weighted->arn, LISTENER_ARN);
    assert_int_equal(weighted->port, 9200);
    assert_string_equal(weighted->protocol, "HTTP");
    assert_true(weighted->routing.understood);
    assert_int_equal(routing_weight(&weighted->routing, SOURCE_ARN), 1);
    assert_int_equal(routing_weight(&weighted->routing, TARGET_ARN), 0);
    assert_int_equal(weighted->routing.share_count, 2);
    assert_string_equal(
        value(&weighted->routing, "member.1.ForwardConfig.TargetGroups.member.2.TargetGroupArn"),
        TARGET_ARN);
    clear(&f);
}

static void reads_pages_and_every_member_of_an_action(void **state)
{
    (void)state;
    struct fixture f = {0};
    read_page(&f, "aws_listeners_1.xml");
    assert_string_equal(f.next, "more");
    read_page(&f, "aws_listeners_2.xml");
    assert_null(f.next);
    assert_int_equal(f.count, 3);

    /* AWS answers a single group in both forms. */
    const struct routing *single = &f.listeners[0].routing;
    assert_string_equal(value(single, "member.1.TargetGroupArn"), SOURCE_ARN);
    assert_string_equal(value(single, "member.1.ForwardConfig.TargetGroups.member.1.Weight"), "1");
    assert_int_equal(single->share_count, 1);

    /* By their order fields the forward is the second. */
    const struct routing *oidc = &f.listeners[1].routing;
    assert_true(oidc->understood);
    assert_int_equal(oidc->forward_action, 2);
    assert_true(oidc->sticky);
    assert_int_equal(oidc->sticky_seconds, 3600);
    assert_string_equal(value(oidc, "member.1.AuthenticateOidcConfig.UserInfoEndpoint"),
                        "https://login.example.com/me?a=b&c=d e");
    static const char params[] = "member.1.AuthenticateOidcConfig.AuthenticationRequestExtraParams";
    assert_string_equal(value(oidc, arena_printf(&f.arena, "%s.entry.1.key", params)), "display");
    assert_string_equal(value(oidc, arena_printf(&f.arena, "%s.entry.2.value", params)), "login");

    const struct routing *redirect = &f.listeners[2].routing;
    assert_false(redirect->understood);
    assert_string_equal(value(redirect, "member.1.RedirectConfig.Query"), "");
    clear(&f);
}

static void says_conditions_in_a_line(void **state)
{
    (void)state;
    static const char *const wanted[] = {
        "path-pattern /_bulk*",
        "host-header a.example.com or b.example.com",
        "http-header X-Canary: yes or 1 and query-string version=2 or beta",
        "source-ip 10.0.0.0/8 and http-request-method GET or HEAD",
        "path-pattern matching ^/idx-[0-9]+/",
        "something-new",
    };
    struct fixture f = {0};
    struct listener_snapshot listener = {0};
    answer_load(&f.text, "aws_rules.xml");
    assert_true(elbv2_read_rules(&listener, &f.next, &f.arena, &f.text, &f.err));
    assert_string_equal(f.next, "100");
    assert_int_equal(listener.rule_count, COUNT(wanted)); /* the default rule is not among them */
    for (size_t i = 0; i < COUNT(wanted); i++)
        assert_string_equal(listener.rules[i].conditions, wanted[i]);
    assert_string_equal(listener.rules[4].priority, "5");
    assert_int_equal(routing_weight(&listener.rules[0].actions, SOURCE_ARN), 1);

    answer_load(&f.text, "rules.xml"); /* another page */
    assert_true(elbv2_read_rules(&listener, &f.next, &f.arena, &f.text, &f.err));
    assert_int_equal(listener.rule_count, COUNT(wanted) + 1);
    assert_string_equal(listener.rules[6].conditions, "path-pattern /_bulk*");
    assert_string_equal(listener.rules[6].priority, "10");
    clear(&f);
}

/* ---- ModifyListener ---- */

static size_t occurrences(const char *s, const char *part)
{
    size_t n = 0;
    for (; (s = strstr(s, part)); s++)
        n++;
    return n;
}

static void sends_a_routing_whole(void **state)
{
    (void)state;
    struct fixture f = {0};
    struct text body = {0};
    read_page(&f, "aws_listeners_1.xml");
    assert_true(elbv2_modify_listener(&body, "L", &f.listeners[0].routing, &f.err));
    /* The single group in both forms, as it came. */
    assert_int_equal(occurrences(body.data, "TargetGroupArn="), 2);
    assert_non_null(strstr(body.data, "&DefaultActions.member.1.TargetGroupArn=arn%3Aaws"));
    assert_non_null(
        strstr(body.data, "&DefaultActions.member.1.ForwardConfig.TargetGroups.member.1.Weight=1"));
    assert_non_null(strstr(body.data, "TargetGroupStickinessConfig.Enabled=false"));
    text_clear(&body);
    clear(&f);
}

static void keeps_the_secret_that_aws_has(void **state)
{
    (void)state;
    struct fixture f = {0};
    struct text body = {0};
    read_page(&f, "aws_listeners_2.xml");
    assert_true(elbv2_modify_listener(&body, "L", &f.listeners[0].routing, &f.err));
    assert_int_equal(occurrences(body.data, "UseExistingClientSecret="), 1);
    assert_non_null(strstr(body.data, "&DefaultActions.member.1.AuthenticateOidcConfig."
                                      "UseExistingClientSecret=true&DefaultActions.member.1."));
    text_clear(&body);

    /* Two such actions, one of whom came with what reads do not return. */
    static const struct routing_member members[] = {
        {"member.1.Type", "authenticate-oidc"},
        {"member.1.AuthenticateOidcConfig.ClientId", "a"},
        {"member.1.AuthenticateOidcConfig.ClientSecret", "hush"},
        {"member.1.AuthenticateOidcConfig.UseExistingClientSecret", "false"},
        {"member.12.Type", "authenticate-oidc"},
        {"member.12.AuthenticateOidcConfig.ClientId", "b"},
        {"member.12.AuthenticateOidcConfig.AuthenticationRequestExtraParams", ""},
    };
    struct routing routing = {0};
    routing.members = arena_alloc(&f.arena, sizeof members);
    routing.member_count = COUNT(members);
    memcpy(routing.members, members, sizeof members);
    assert_true(elbv2_modify_listener(&body, "L", &routing, &f.err));
    assert_null(strstr(body.data, "hush"));
    assert_null(strstr(body.data, "ClientSecret=false"));
    assert_null(strstr(body.data, "ExtraParams"));
    assert_int_equal(occurrences(body.data, "UseExistingClientSecret=true"), 2);
    assert_non_null(strstr(body.data, "member.12.AuthenticateOidcConfig.UseExisting"));
    text_clear(&body);
    clear(&f);
}

static void sends_no_routing_that_no_answer_gave(void **state)
{
    (void)state;
    static const struct routing_member bad[] = {
        {"member.1.Type&Action=DeleteListener", "forward"},
        {"member.1.Type=x", "forward"},
        {"Certificates.member.1.CertificateArn", "arn"},
        {"member.1.Ty pe", "forward"},
        {"", "forward"},
    };
    struct fixture f = {0};
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct routing_member member = bad[i];
        struct routing routing = {.members = &member, .member_count = 1};
        assert_false(elbv2_modify_listener(&f.text, "L", &routing, &f.err));
        assert_int_equal(f.err.kind, ERROR_INPUT);
        assert_int_equal(f.text.len, 0);
    }
    struct routing empty = {0};
    assert_false(elbv2_modify_listener(&f.text, "L", &empty, &f.err));
    clear(&f);
}

static void escapes_what_stands_in_a_value(void **state)
{
    (void)state;
    struct routing_member member = {"member.1.Type", "a&Action=b c+\xc3\xa9~"};
    struct routing routing = {.members = &member, .member_count = 1};
    struct fixture f = {0};
    assert_true(elbv2_modify_listener(&f.text, "L", &routing, &f.err));
    assert_true(
        text_ends(f.text.data, "&DefaultActions.member.1.Type=a%26Action%3Db%20c%2B%C3%A9~"));
    clear(&f);
}

/* ---- what an answer must not say ---- */

static bool attack_listeners(struct arena *arena, const struct text *answer, struct error *err)
{
    struct listener_snapshot *listeners = NULL;
    size_t count = 0;
    const char *next = "before";
    bool ok = elbv2_read_listeners(&listeners, &count, &next, arena, answer, err);
    assert_true(ok || (!listeners && !count && text_same(next, "before")));
    return ok;
}

static bool attack_rules(struct arena *arena, const struct text *answer, struct error *err)
{
    struct listener_snapshot listener = {0};
    const char *next = "before";
    bool ok = elbv2_read_rules(&listener, &next, arena, answer, err);
    assert_true(ok || (!listener.rules && !listener.rule_count && text_same(next, "before")));
    return ok;
}

static bool attack_modified(struct arena *arena, const struct text *answer, struct error *err)
{
    (void)arena;
    return elbv2_read_modified(answer, err);
}

static void refuses_wrong_fields(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        answer_reader *read;
        const char *from, *to, *part;
    } rows[] = {
        {"listeners.xml", attack_listeners, "<Port>9200", "<Port>0", "<Port> is not a port"},
        {"listeners.xml", attack_listeners, "<Port>9200", "<Port>65536", "<Port> is not a port"},
        {"listeners.xml", attack_listeners, "<Port>9200", "<Port>http", "<Port> is not a count"},
        {"listeners.xml", attack_listeners, "<Type>forward</Type>", "", "<Type> is missing"},
        {"listeners.xml", attack_listeners, "DefaultActions>", "Actions>",
         "<DefaultActions> is missing"},
        {"listeners.xml", attack_listeners, "<DefaultActions>", "<DefaultActions>forward<member/>",
         "is missing"},
        {"listeners.xml", attack_listeners, "<AlpnPolicy/>", "<DefaultActions/>", NULL},
        {"rules.xml", attack_rules, "<IsDefault>false", "<IsDefault>no",
         "<IsDefault> is neither true nor false"},
        {"rules.xml", attack_rules, "<Priority>10</Priority>", "", "<Priority> is missing"},
        {"rules.xml", attack_rules, "<Actions><member>", "<Actions><action/><member>",
         "<Actions> is not a list"},
        {"rules.xml", attack_rules, "<Field>path-pattern</Field>", "", "<Field> is missing"},
        {"rules.xml", attack_rules, "<Values><member>", "<Values>x<member>", NULL},
        {"rules.xml", attack_rules, "<Values><member>/_bulk*</member></Values>",
         "<Values>/_bulk*</Values>", "<Values> is not a list"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f = {0};
        answer_load_with(&f.text, rows[i].file, rows[i].from, rows[i].to);
        bool ok = rows[i].read(&f.arena, &f.text, &f.err);
        if (ok != !rows[i].part)
            fail_msg("row %zu: %s", i, ok ? "taken" : f.err.message);
        if (!ok && !strstr(f.err.message, rows[i].part))
            fail_msg("row %zu: \"%s\" does not say \"%s\"", i, f.err.message, rows[i].part);
        clear(&f);
    }
}

static void limits_an_action_list(void **state)
{
    (void)state;
    struct fixture f = {0};
    struct text many = {0};
    text_add(&many, "<DefaultActions>");
    for (int i = 0; i <= ELBV2_ROUTING_MEMBERS_MAX; i++)
        text_add(&many, "<member><Type>forward</Type></member>");
    answer_load_with(&f.text, "aws_listeners_1.xml", "<DefaultActions>", many.data);
    assert_false(attack_listeners(&f.arena, &f.text, &f.err));
    assert_non_null(strstr(f.err.message, "more than 1000 values"));
    text_clear(&many);

    text_add(&many, "<Type>forward</Type><");
    for (int i = 0; i < 600; i++)
        text_add_char(&many, 'n');
    text_add(&many, "/>");
    answer_load_with(&f.text, "aws_listeners_1.xml", "<Type>forward</Type>", many.data);
    assert_false(attack_listeners(&f.arena, &f.text, &f.err));
    assert_non_null(strstr(f.err.message, "names are too long"));
    text_clear(&many);
    clear(&f);
}

static void survives_strangers(void **state)
{
    (void)state;
    answer_attack("listeners.xml", "DescribeListeners", attack_listeners);
    answer_attack("aws_listeners_2.xml", "DescribeListeners", attack_listeners);
    answer_attack("rules.xml", "DescribeRules", attack_rules);
    answer_attack("aws_rules.xml", "DescribeRules", attack_rules);
    answer_attack("modify_listener.xml", "ModifyListener", attack_modified);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_migration_assistants_listeners),
        cmocka_unit_test(reads_pages_and_every_member_of_an_action),
        cmocka_unit_test(says_conditions_in_a_line),
        cmocka_unit_test(sends_a_routing_whole),
        cmocka_unit_test(keeps_the_secret_that_aws_has),
        cmocka_unit_test(sends_no_routing_that_no_answer_gave),
        cmocka_unit_test(escapes_what_stands_in_a_value),
        cmocka_unit_test(refuses_wrong_fields),
        cmocka_unit_test(limits_an_action_list),
        cmocka_unit_test(survives_strangers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
