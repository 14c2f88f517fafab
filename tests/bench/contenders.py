"""Who is compared, and what each does: a function a case that answers a far.Run."""
import json
import os
import re
import shutil
import sys

import judges

HERE = os.path.dirname(os.path.abspath(__file__))
PLAN_READS = """DescribeServices DescribeLoadBalancers DescribeTargetGroups DescribeListeners
DescribeTargetHealth DescribeTargetHealth DescribeTargetGroupAttributes
DescribeTargetGroupAttributes DescribeLoadBalancerAttributes DescribeTags GetMetricData
DescribeRules DescribeRules DescribeRules""".split()

# The runbook by hand, step by step, each a command as its page would have it with the AWS CLI.
# An older one knows no AWS_ENDPOINT_URL and would ask AWS itself.
RUNBOOK_READS = """set -e
stage=sandbox
aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }
group_dimension() { echo "${1##*:}"; }
lb_dimension() { echo "${1##*:loadbalancer/}"; }
metrics() { # JSON queries: of a group, or of the load balancer
    now=$(date +%s)
    aws cloudwatch get-metric-data --start-time $((now - 3600)) --end-time "$now" \\
        --metric-data-queries "$1" >/dev/null
}
query() { # id name statistic dimensions
    printf '{"Id":"%s","MetricStat":{"Stat":"%s","Period":60,"Metric":{' "$1" "$3"
    printf '"Namespace":"AWS/ApplicationELB","MetricName":"%s","Dimensions":[%s]}}}' "$2" "$4"
}
of_group() { # ids' first letter, group
    both="{\\"Name\\":\\"TargetGroup\\",\\"Value\\":\\"$(group_dimension "$2")\\"},$balancer"
    query "$1r" RequestCount Sum "$both"; printf ,
    query "$1e" HTTPCode_Target_5XX_Count Sum "$both"; printf ,
    query "$1c" HTTPCode_Target_4XX_Count Sum "$both"; printf ,
    query "$1t" TargetResponseTime Average "$both"
}
# 1, 2
aws ecs describe-services --cluster "migration-$stage-ecs-cluster" \\
    --services "migration-$stage-capture-proxy" "migration-$stage-target-cluster-proxy" >/dev/null
# 3
lb=$(aws elbv2 describe-load-balancers --names "MigrationAssistant-$stage" \\
    --query 'LoadBalancers[0].LoadBalancerArn' --output text)
balancer="{\\"Name\\":\\"LoadBalancer\\",\\"Value\\":\\"$(lb_dimension "$lb")\\"}"
groups=$(aws elbv2 describe-target-groups \\
    --names "ALBSourceProxy-$stage-TG" "ALBTargetProxy-$stage-TG" \\
    --query 'TargetGroups[].[TargetGroupName,TargetGroupArn]' --output text)
source=$(echo "$groups" | sed -n 's/^ALBSource[^ \\t]*[ \\t]*//p')
target=$(echo "$groups" | sed -n 's/^ALBTarget[^ \\t]*[ \\t]*//p')
# 4
metrics "[$(query a ActiveConnectionCount Sum "$balancer"),$(query n NewConnectionCount Sum \\
    "$balancer")]"
# 5, 6
metrics "[$(of_group s "$source")]"
# 7
aws elbv2 describe-target-health --target-group-arn "$target" >/dev/null
# 8, 9
listener=$(aws elbv2 describe-listeners --load-balancer-arn "$lb" \\
    --query 'Listeners[?Port==`9200`].ListenerArn' --output text)
"""
RUNBOOK_CHANGE = """# 10, 11
aws elbv2 modify-listener --listener-arn "$listener" --default-actions "[{\\"Type\\":\\"forward\\",
    \\"ForwardConfig\\":{\\"TargetGroups\\":[{\\"TargetGroupArn\\":\\"$source\\",\\"Weight\\":0},
    {\\"TargetGroupArn\\":\\"$target\\",\\"Weight\\":1}]}}]" >/dev/null
aws elbv2 describe-listeners --listener-arns "$listener" >/dev/null
# 12
metrics "[$(of_group s "$source"),$(of_group t "$target")]"
"""


def have_boto3():
    return judges.missing("boto3") is None


def have_aws():
    return shutil.which("aws") is not None


def operations(run):
    return [request.operation for request in run.report.requests]


class Contender:
    """What one of them does in each case. A Stage is given where the case has prepared one."""

    def __init__(self, bench):
        self.bench = bench

    def plan(self, stage, delay, tls):
        raise NotImplementedError

    def switch(self, stage, delay, tls):
        raise NotImplementedError

    def revert(self, stage, delay, tls, now):
        raise NotImplementedError


class Tool(Contender):
    name = "switchover"

    def plan(self, stage, delay, tls):
        return stage.measure([self.bench.tool, "plan", "cutover.yaml"], delay, tls)

    def switch(self, stage, delay, tls):
        return stage.measure([self.bench.tool, "apply", "cutover.yaml", "--auto-approve"], delay,
                             tls)

    def revert(self, stage, delay, tls, now):
        argv = [self.bench.tool, "revert", "cutover.yaml", "--auto-approve"]
        return stage.measure(argv + ["--now"] * now, delay, tls)


class Boto3(Contender):
    """One process of Python that makes the calls that the tool has made, one after the other."""
    name = "boto3"

    def _run(self, stage, delay, tls, calls, facts):
        argv = [sys.executable, os.path.join(HERE, "calls.py"), json.dumps(facts), *calls]
        return stage.measure(argv, delay, tls)

    def plan(self, stage, delay, tls):
        return self._run(stage, delay, tls, PLAN_READS, {"stage": "sandbox"})

    def switch(self, stage, delay, tls):
        return self._run(stage, delay, tls, self.bench.seen["switch"],
                         {"stage": "sandbox", "weights": [0, 1]})

    def revert(self, stage, delay, tls, now):
        calls = self.bench.seen["revert --now" if now else "revert"]
        known = stage.prepare(sys.executable, os.path.join(HERE, "calls.py"),
                              '{"stage": "sandbox"}', "DescribeLoadBalancers",
                              "DescribeTargetGroups", "DescribeListeners")
        return self._run(stage, delay, tls, calls, {**json.loads(known), "weights": [1, 0]})


class AwsCli(Contender):
    """The runbook's commands, and for the way back what --print-aws has printed beforehand."""
    name = "aws"

    def _run(self, stage, delay, tls, script):
        return stage.measure(["sh", "-c", script], delay, tls)

    def plan(self, stage, delay, tls):
        return self._run(stage, delay, tls, RUNBOOK_READS)

    def switch(self, stage, delay, tls):
        return self._run(stage, delay, tls, RUNBOOK_READS + RUNBOOK_CHANGE)

    def revert(self, stage, delay, tls, now):
        script = stage.prepare(self.bench.tool, "revert", "cutover.yaml", "--print-aws")
        script = script.replace(stage.sandbox.endpoint, self.bench.proxy.endpoint(tls))
        if now:
            script = re.search(r"^aws elbv2 modify-listener(.*\\\n)*.*\n", script, re.M).group(0)
        return self._run(stage, delay, tls, script)


class Floor(Contender):
    """libcurl and one request; before it one wave of reads, where the tool reads first."""
    name = "libcurl"

    def _run(self, stage, delay, tls, reads):
        proxy = self.bench.proxy
        argv = [self.bench.program("floor"), proxy.endpoint(tls), proxy.ca_file if tls else "-",
                str(reads)]
        return stage.measure(argv, delay, tls)

    def plan(self, stage, delay, tls):
        return self._run(stage, delay, tls, 0)

    switch = plan

    def revert(self, stage, delay, tls, now):
        reads = 0 if now else self.bench.seen["revert"].index("ModifyListener")
        return self._run(stage, delay, tls, reads)
