/*
 * Texts of the plan file: names by AWS's rules, paths, URLs, reasons. All are key::read functions
 * that put a const char * (the arena's) into `out`. Plain words that YAML reads as something else
 * (no, yes, true, null) are refused unless they are in quotes.
 */
#ifndef PLANNER_PLANFILE_TEXT_H
#define PLANNER_PLANFILE_TEXT_H

#include "planner/planfile_scalar.h"

value_reader value_text;          /* one line, not blank, at most key->max characters */
value_reader value_plan_name;     /* [a-z0-9][a-z0-9-]{0,39} */
value_reader value_stage;         /* [a-z0-9-]{1,13} */
value_reader value_ecs_name;      /* ECS CreateService, CreateCluster: letters, digits, _ and - */
value_reader value_load_balancer; /* ELBv2 CreateLoadBalancer: 32 letters, digits, - */
value_reader value_target_group;  /* ELBv2 CreateTargetGroup: likewise */
value_reader value_account;       /* twelve digits, in quotes or not */
value_reader value_region;        /* us-east-1, us-gov-west-1 */
value_reader value_role_arn;      /* arn:aws:iam::111122223333:role/NAME */
value_reader value_url; /* http or https, without user info: secrets are never in the file */
value_reader value_secret_name;  /* SWITCHOVER_SECRET_...; what stands there instead is not shown */
value_reader value_json_pointer; /* RFC 6901, not the whole document */
value_reader value_statistic;    /* CloudWatch: Average, Sum, ..., p90 */
value_reader value_state;        /* a path; s3://bucket/key is "not available yet" */

/* Whether a file name can be a plan's name as it stands. */
bool plan_name_fits(const char *name);

#endif
