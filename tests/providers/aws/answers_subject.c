#include "tests/providers/aws/answers.h"

#define ECS "arn:aws:ecs:us-east-1:111122223333:"
#define ELB "arn:aws:elasticloadbalancing:us-east-1:111122223333:"

const struct subject answers_subject = {
    .region = "us-east-1",
    .account = "111122223333",
    .stage = "prod",
    .cluster = "migration-prod-ecs-cluster",
    .load_balancer = "MigrationAssistant-prod",
    .load_balancer_arn = ELB "loadbalancer/app/MigrationAssistant-prod/00000000000000a4",
    .arms = {{.service = "migration-prod-capture-proxy",
              .target_group = "ALBSourceProxy-prod-TG",
              .target_group_arn = ELB "targetgroup/ALBSourceProxy-prod-TG/00000000000000a0"},
             {.service = "migration-prod-target-cluster-proxy",
              .target_group = "ALBTargetProxy-prod-TG",
              .target_group_arn = ELB "targetgroup/ALBTargetProxy-prod-TG/00000000000000a1"}},
};
