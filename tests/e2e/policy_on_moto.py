"""`switchover policy` against moto with its access control switched on: a user who has exactly the
printed policy can plan, apply, look on and revert; without any one of its actions the tool says
which one is missing; a policy for another account, region, cluster or load balancer allows nothing.

usage: policy_on_moto.py SWITCHOVER MOTO_WITH_IAM
"""
import contextlib
import json
import os
import sys
import time

import judges
import recorder
import tool

judges.need("botocore", "boto3", "moto")
PROGRAM, MOTO_WITH_IAM = sys.argv[1:]
NAMES = f"""switchover: 1
stage: prod
aws: {{region: {judges.REGION}, account: "{judges.ACCOUNT}"}}
"""
PLAN = NAMES + """baseline: 10m
target: {ready_timeout: 1m}
traffic: {steps: [{target: 100, hold: 0s}]}
drain: {quiet_for: 0s}
checks: [{metric: {name: queue, namespace: N, metric: M, statistic: Maximum, over: 10m, below: 5}}]
allow: {"check:queue": "there is none here"}
"""


class Place:
    """A deployment in moto, a user of a policy, and the tool in a folder."""

    def __init__(self, moto, station, folder, counts=(2, 2)):
        moto.reset()
        self.moto, self.station, self.folder = moto, station, folder
        self.deployment = judges.Deployment(moto, counts=counts)
        self.deployment.put_traffic({"source": 600}, minutes=15)
        self.iam = moto.client("iam")
        self.iam.create_user(UserName="operator")
        self.key = self.iam.create_access_key(UserName="operator")["AccessKey"]
        folder.write("prod.yaml", PLAN)
        self.before = self.is_there()

    def is_there(self):
        return (self.deployment.default_actions(), self.deployment.desired("source"),
                self.deployment.desired("target"))

    def printed(self, *options):
        return self.folder.json("policy", "prod.yaml", *options)

    def allow(self, policy):
        self.iam.put_user_policy(UserName="operator", PolicyName="printed",
                                 PolicyDocument=json.dumps(policy))

    def run(self, *arguments, code=0, speed=1):
        self.folder.environment = judges.environment(
            self.station.endpoint, SWITCHOVER_CLOCK=f"{speed}@{int(time.time())}",
            AWS_ACCESS_KEY_ID=self.key["AccessKeyId"],
            AWS_SECRET_ACCESS_KEY=self.key["SecretAccessKey"])
        with self.moto.check_signatures():
            done = self.folder.run(*arguments, code=code)
        for line in (done.stdout + done.stderr).splitlines():
            assert len(line) <= 80 or len(line.split()) == 1 or " request " in line, line
        done.said = " ".join((done.stdout + done.stderr).split())
        return done

    def fail_to_start(self):
        """A target that is never ready, and a task of it that stopped: what apply looks at then."""
        self.deployment.elb.deregister_targets(
            TargetGroupArn=self.deployment.groups["target"],
            Targets=[target["Target"] for target in self.deployment.targets("target")])
        self.deployment.ecs.update_service(cluster=self.deployment.cluster,
                                           service=self.deployment.services["target"],
                                           desiredCount=0)
        self.before = self.is_there()
        task = self.deployment.ecs.run_task(
            cluster=self.deployment.cluster, taskDefinition=self.deployment.services["target"],
            launchType="FARGATE",
            networkConfiguration={"awsvpcConfiguration": {"subnets": self.deployment.subnets[:1]}},
        )["tasks"][0]["taskArn"]
        self.deployment.ecs.stop_task(cluster=self.deployment.cluster, task=task,
                                      reason="it is a test")


sent = set()  # every IAM action that any run here asked for


@contextlib.contextmanager
def place(moto, **how):
    with recorder.Recorder(moto.endpoint) as station, tool.folder(PROGRAM) as folder:
        yield Place(moto, station, folder, **how)
        for exchange in station.exchanges:
            service = exchange.header("Authorization").split("/")[3]
            prefix = {"monitoring": "cloudwatch"}.get(service, service)
            sent.add(f"{prefix}:{exchange.operation()}")


def actions(policy):
    return [action for statement in policy["Statement"] for action in statement["Action"]]


def without(policy, action):
    policy = json.loads(json.dumps(policy))
    for statement in policy["Statement"]:
        statement["Action"] = [one for one in statement["Action"] if one != action]
    policy["Statement"] = [one for one in policy["Statement"] if one["Action"]]
    return policy


def test_the_printed_policy_is_enough(moto):
    with place(moto) as here:
        here.allow(here.printed())
        here.run("plan", "prod.yaml")
        here.run("apply", "prod.yaml", "--auto-approve")
        assert here.deployment.weights() == {"source": 0, "target": 1}
        here.run("status", "prod.yaml")
        here.run("watch", "prod.yaml", "--once")
        here.deployment.ecs.update_service(  # somebody did: then revert scales the source up again
            cluster=here.deployment.cluster, service=here.deployment.services["source"],
            desiredCount=1)
        here.run("revert", "prod.yaml", "--auto-approve")
        assert here.is_there() == here.before
        here.fail_to_start()
        done = here.run("apply", "prod.yaml", "--auto-approve", code=6, speed=60)
        assert "it is a test" in done.said and "access denied" not in done.said, done.said


def test_the_policy_for_plan_changes_nothing(moto):
    with place(moto) as here:
        here.allow(here.printed("--for", "plan"))
        for command in (["plan", "prod.yaml"], ["status", "prod.yaml"],
                        ["watch", "prod.yaml", "--once"]):
            assert "denie" not in here.run(*command).said
        done = here.run("apply", "prod.yaml", "--auto-approve", code=None)
        assert done.returncode != 0 and "elasticloadbalancing:ModifyListener" in done.said
        assert here.is_there() == here.before


REQUIRED = {"ecs:DescribeServices", "elasticloadbalancing:DescribeLoadBalancers",
            "elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeTargetGroups"}
# Whose fact blocks a shift where it is unknown; the others are a warning or nothing but a note.
BLOCKING = {"elasticloadbalancing:DescribeTargetHealth", "cloudwatch:GetMetricData",
            "elasticloadbalancing:DescribeTargetGroupAttributes"}
MUTATIONS = {"ecs:UpdateService", "elasticloadbalancing:ModifyListener"}
STOPPED_TASKS = {"ecs:ListTasks", "ecs:DescribeTasks"}


def names_only(said, action, policy):
    """Of all the policy's actions only this one is spoken of."""
    words = {word.strip(",.;:") for word in said.split()}
    found = {one for one in actions(policy) if one in words}
    assert found == {action}, (found, action, said)


def test_each_missing_action_is_named(moto):
    with place(moto) as here:
        policy = here.printed()
        assert len(actions(policy)) == len(set(actions(policy))) == 14
        for action in actions(policy):
            here.allow(without(policy, action))
            plan = here.run("plan", "prod.yaml", code=1 if action in REQUIRED else 0)
            if action in MUTATIONS | STOPPED_TASKS:
                assert "denied" not in plan.said, plan.said
            else:
                assert "access denied" in plan.said, plan.said
                names_only(plan.said, action, policy)
            if action in REQUIRED and (os.environ.get("TESTS_LONG") or action.startswith("ecs")):
                apply = here.run("apply", "prod.yaml", "--auto-approve", code=1)
                names_only(apply.said, action, policy)
            elif action in BLOCKING:
                apply = here.run("apply", "prod.yaml", "--auto-approve", code=3)
                names_only(apply.said, action, policy)
            assert here.is_there() == here.before, action


def test_each_missing_change_is_named(moto):
    for action in sorted(MUTATIONS):
        with place(moto, counts=(2, 0 if action.startswith("ecs") else 2)) as here:
            policy = here.printed()
            here.allow(without(policy, action))
            done = here.run("apply", "prod.yaml", "--auto-approve", code=1)
            names_only(done.said, action, policy)
            assert "switchover policy FILE" in done.said, done.said
            assert here.is_there() == here.before


def test_why_tasks_stopped_is_told_as_denied(moto):
    for action in sorted(STOPPED_TASKS):
        with place(moto) as here:
            here.fail_to_start()
            policy = here.printed()
            here.allow(without(policy, action))
            done = here.run("apply", "prod.yaml", "--auto-approve", code=6, speed=60)
            names_only(done.said, action, policy)
            assert here.deployment.default_actions() == here.before[0]


def test_a_fallback_without_its_action(moto):
    with place(moto) as here:
        policy = here.printed()
        here.allow(policy)
        here.run("apply", "prod.yaml", "--auto-approve")
        here.allow(without(policy, "elasticloadbalancing:ModifyListener"))
        done = here.run("revert", "prod.yaml", "--auto-approve", code=9)
        names_only(done.said, "elasticloadbalancing:ModifyListener", policy)
        assert here.deployment.weights() == {"source": 0, "target": 1}
        here.allow(policy)
        here.run("revert", "prod.yaml", "--auto-approve")
        assert here.is_there() == here.before


def test_all_that_is_denied_is_listed(moto):
    with place(moto) as here:
        policy = here.printed()
        here.allow(without(without(policy, "ecs:DescribeServices"),
                           "elasticloadbalancing:DescribeLoadBalancers"))
        done = here.run("plan", "prod.yaml", code=1)
        assert "ecs:DescribeServices, elasticloadbalancing:DescribeLoadBalancers;" in done.said
        here.allow(without(without(policy, "cloudwatch:GetMetricData"),
                           "elasticloadbalancing:DescribeTags"))
        done = here.run("plan", "prod.yaml")
        tool.in_order(done.said, "elasticloadbalancing:DescribeTags, cloudwatch:GetMetricData")


def test_other_resources_are_not_allowed(moto):
    """The narrowing holds: the policy of another account, cluster, load balancer, region."""
    elsewhere = {"account": (judges.ACCOUNT, "999999999999", "ecs:DescribeServices"),
                 "cluster": ("stage: prod\n", "stage: prod\ncluster: other\n",
                             "ecs:DescribeServices"),
                 "balancer": ("stage: prod\n", "stage: prod\nload_balancer: other\n",
                              "elasticloadbalancing:ModifyListener"),
                 "region": (judges.REGION, "us-west-2", "ecs:DescribeServices")}
    for what, (is_here, there, denied) in elsewhere.items():
        with place(moto) as here:
            here.folder.write("other.yaml", PLAN.replace(is_here, there))
            here.allow(here.folder.json("policy", "other.yaml"))
            done = here.run("apply", "prod.yaml", "--auto-approve", code=None)
            assert done.returncode != 0 and denied in done.said, (what, done.said)
            assert here.is_there() == here.before, what


def test_nothing_was_sent_that_is_not_printed_nor_printed_that_is_not_sent(moto):
    with place(moto) as here:
        assert sent == set(actions(here.printed())), sent


def main():
    with judges.moto(MOTO_WITH_IAM) as moto:
        for name, test in list(globals().items()):
            if name.startswith("test_"):
                begun = time.monotonic()
                test(moto)
                print(f"ok {name} ({time.monotonic() - begun:.1f} s)", flush=True)


main()
