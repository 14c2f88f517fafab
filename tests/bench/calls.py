"""The comparison in Python: one boto3 process that makes the calls it is told to make, one behind
the other, as a script would. What an answer names is used in the calls behind it.

usage: calls.py FACTS OPERATION...

FACTS is a JSON object: "stage", and what is known beforehand of "load_balancer", "groups",
"listeners" (ARNs; the switchover listener first), "weights" (what ModifyListener sets).
"""
import collections
import datetime
import json
import sys

import boto3

facts = json.loads(sys.argv[1])
STAGE = facts["stage"]
CLUSTER = f"migration-{STAGE}-ecs-cluster"
SERVICES = [f"migration-{STAGE}-capture-proxy", f"migration-{STAGE}-target-cluster-proxy"]
GROUPS = [f"ALBSourceProxy-{STAGE}-TG", f"ALBTargetProxy-{STAGE}-TG"]
PER_GROUP = [("RequestCount", "Sum"), ("HTTPCode_Target_2XX_Count", "Sum"),
             ("HTTPCode_Target_3XX_Count", "Sum"), ("HTTPCode_Target_4XX_Count", "Sum"),
             ("HTTPCode_Target_5XX_Count", "Sum"), ("TargetResponseTime", "Average"),
             ("HealthyHostCount", "Minimum"), ("UnHealthyHostCount", "Maximum"),
             ("TargetConnectionErrorCount", "Sum")]
COMMON = [("ActiveConnectionCount", "Sum"), ("NewConnectionCount", "Sum"),
          ("HTTPCode_ELB_5XX_Count", "Sum"), ("RejectedConnectionCount", "Sum")]
clients, made = {}, collections.Counter()


def client(service):
    if service not in clients:
        clients[service] = boto3.client(service)
    return clients[service]


def next_of(operation, things):
    """Each of them in turn, as the operation is called again."""
    return things[(made[operation] - 1) % len(things)]


def describe_load_balancers():
    found = client("elbv2").describe_load_balancers(Names=[f"MigrationAssistant-{STAGE}"])
    facts["load_balancer"] = found["LoadBalancers"][0]["LoadBalancerArn"]


def describe_target_groups():
    found = client("elbv2").describe_target_groups(Names=GROUPS)["TargetGroups"]
    facts["groups"] = [next(group["TargetGroupArn"] for group in found
                            if group["TargetGroupName"] == name) for name in GROUPS]


def describe_listeners():
    found = client("elbv2").describe_listeners(LoadBalancerArn=facts["load_balancer"])["Listeners"]
    both = [listener for listener in found if "ForwardConfig" in listener["DefaultActions"][0] and
            len(listener["DefaultActions"][0]["ForwardConfig"]["TargetGroups"]) == 2]
    facts["listeners"] = [listener["ListenerArn"] for listener in both] + [
        listener["ListenerArn"] for listener in found if listener not in both]


def metric(number, name, statistic, group=None):
    def dimension(arn):
        return arn.split(":")[-1].removeprefix("loadbalancer/")

    dimensions = [{"Name": "LoadBalancer", "Value": dimension(facts["load_balancer"])}]
    if group:
        dimensions.insert(0, {"Name": "TargetGroup", "Value": dimension(group)})
    return {"Id": f"m{number}", "MetricStat": {
        "Stat": statistic, "Period": 60,
        "Metric": {"Namespace": "AWS/ApplicationELB", "MetricName": name,
                   "Dimensions": dimensions}}}


def get_metric_data():
    wanted = [(*of, group) for group in facts["groups"] for of in PER_GROUP] + COMMON
    now = datetime.datetime.now(datetime.timezone.utc)
    client("cloudwatch").get_metric_data(
        StartTime=now - datetime.timedelta(hours=1), EndTime=now,
        MetricDataQueries=[metric(number, *of) for number, of in enumerate(wanted)])


def modify_listener():
    groups = [{"TargetGroupArn": arn, "Weight": weight}
              for arn, weight in zip(facts["groups"], facts["weights"])]
    client("elbv2").modify_listener(
        ListenerArn=facts["listeners"][0],
        DefaultActions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}])


CALLS = {
    "DescribeServices":
        lambda: client("ecs").describe_services(cluster=CLUSTER, services=SERVICES),
    "DescribeLoadBalancers": describe_load_balancers,
    "DescribeTargetGroups": describe_target_groups,
    "DescribeListeners": describe_listeners,
    "DescribeTargetHealth": lambda: client("elbv2").describe_target_health(
        TargetGroupArn=next_of("DescribeTargetHealth", facts["groups"])),
    "DescribeTargetGroupAttributes": lambda: client("elbv2").describe_target_group_attributes(
        TargetGroupArn=next_of("DescribeTargetGroupAttributes", facts["groups"])),
    "DescribeLoadBalancerAttributes": lambda: client("elbv2").describe_load_balancer_attributes(
        LoadBalancerArn=facts["load_balancer"]),
    "DescribeTags": lambda: client("elbv2").describe_tags(ResourceArns=[facts["load_balancer"]]),
    "DescribeRules": lambda: client("elbv2").describe_rules(
        ListenerArn=next_of("DescribeRules", facts["listeners"])),
    "GetMetricData": get_metric_data,
    "ModifyListener": modify_listener,
}

for name in sys.argv[2:]:
    made[name] += 1
    CALLS[name]()
print(json.dumps(facts))
