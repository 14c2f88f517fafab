/*
 * The default action list of an ALB listener: who gets which share of the traffic.
 *
 * A routing keeps AWS's own shape of the whole list beside our reading of it, because
 * ModifyListener replaces the list whole: what goes back must be all that came
 * (elasticloadbalancing ModifyListener: "any existing properties that you omit are ... replaced").
 * The shape is the flattened answer of DescribeListeners, whose paths are, behind
 * "DefaultActions.", the very parameter names that ModifyListener takes.
 */
#ifndef PLANNER_ROUTING_H
#define PLANNER_ROUTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "planner/base/arena.h"
#include "planner/base/json.h"

/* One leaf: {"member.1.ForwardConfig.TargetGroups.member.2.Weight", "1"}. */
struct routing_member {
    const char *path;
    const char *value;
};

struct share {
    const char *target_group; /* ARN */
    int weight;               /* 0 to 999; a ratio, not a percentage */
};

struct routing {
    struct routing_member *members; /* AWS's shape, in AWS's order */
    size_t member_count;

    /* our reading of it */
    bool understood;         /* one forward action, and everything before it can be sent back */
    const char *why_not;     /* when not understood: "the default action is a redirect" */
    unsigned forward_action; /* which member of the list forwards: 1, 2 ...; 0: none */
    struct share *shares;    /* of that action; a single-group forward is one share of weight 1 */
    size_t share_count;
    bool sticky; /* TargetGroupStickinessConfig.Enabled of the action */
    int64_t sticky_seconds;
};

/* Reads what the members say into `out`; never fails: what it cannot read is "not understood". The
 * members are copied into the arena and put in order of their Order fields. */
void routing_interpret(struct routing *out, struct arena *arena,
                       const struct routing_member *members, size_t count);

/* A copy that lives in `arena`. */
void routing_copy(struct routing *out, struct arena *arena, const struct routing *from);

/* The weight of a group; 0 when it is not in the list. */
int routing_weight(const struct routing *routing, const char *target_group);

/* Whether the group stands in it, with whatever weight, understood or not. */
bool routing_names(const struct routing *routing, const char *target_group);

/* Whether it may send requests to the group: the group has weight in it or, where it is not
 * understood, is named in it at all. */
bool routing_reaches(const struct routing *routing, const char *target_group);

/* What share of the traffic of these two groups the target has, in permille, rounded to nearest
 * but never to 0 or 1000 unless it is exactly that. -1 when neither has weight. */
int routing_target_permille(const struct routing *routing, const char *source, const char *target);

/*
 * Equal routings send every request alike: the same actions in the same order, the same stickiness,
 * and shares whose ratios agree as a set (1/0 = 100/0 = 999/0; a group with weight 0 equals a group
 * that is not there; a single-group forward equals that group with any weight). All else is
 * compared to the letter, but the forward's Order. A routing that is not understood equals
 * only the same members.
 */
bool routing_equal(const struct routing *a, const struct routing *b);

/*
 * Between equal and identical: whether live is still what was recorded, so that a list made from
 * the record overwrites nothing that somebody set since. Equal, and then to the letter also what
 * has no effect now: another group with weight 0, how long a cookie would last. An arm's group may
 * come and go with weight 0: every list that is sent names both arms.
 */
bool routing_as_recorded(const struct routing *live, const struct routing *recorded,
                         const char *source, const char *target);

/* The same members in the same order: what "byte for byte" means for a routing. */
bool routing_identical(const struct routing *a, const struct routing *b);

/*
 * `from` with only the two weights changed, so that `permille` of the traffic reaches the target:
 * 1000 is target 1, source 0; 0 is target 0, source 1; else target p, source 1000 - p with p the
 * permille (DESIGN, section 3: p % is target 10p, source 1000 - 10p). A group that is not in the
 * list is added at its end; a single-group forward becomes a weighted one; other groups keep their
 * place (they have weight 0: `groups-known`). `from` must be understood.
 */
void routing_with_share(struct routing *out, struct arena *arena, const struct routing *from,
                        const char *source, const char *target, int permille);

/* "source 1, target 0" for people; unknown groups by the name in their ARN. */
const char *routing_describe(struct arena *arena, const struct routing *routing, const char *source,
                             const char *target);

/* How `now` differs where the two read alike to people (weights do not show stickiness, nor what
 * stands before the forward): "TargetGroupStickinessConfig.Enabled was false and is true", of the
 * first member that differs. "" when their descriptions differ, or now is as recorded. */
const char *routing_describe_hidden(struct arena *arena, const struct routing *was,
                                    const struct routing *now, const char *source,
                                    const char *target);

/* The members as a JSON array of {"path","value"}; reading interprets them again. */
void routing_write_json(struct json_writer *w, const char *key, const struct routing *routing);
must_use bool routing_read_json(struct routing *out, struct arena *arena, const struct json *value,
                                struct error *err);

/* The list as the AWS CLI's --default-actions takes it (JSON, one line), typed as the API has it;
 * an OIDC action gains UseExistingClientSecret, whose secret AWS does not return. One that
 * is not understood may give no JSON. */
void routing_write_aws_cli(struct text *out, const struct routing *routing);

#endif
