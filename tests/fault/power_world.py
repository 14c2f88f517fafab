"""What is live in the sandbox, as a value: looked at, put back, foretold from a request."""
import json
import urllib.parse


class World:
    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.elb, self.ecs = sandbox.client("elbv2"), sandbox.client("ecs")
        self.listener = sandbox.listener()["ListenerArn"]
        self.cluster = "migration-sandbox-ecs-cluster"
        self.service = "migration-sandbox-target-cluster-proxy"
        self.origin = self.now()

    def actions(self):
        found = self.elb.describe_listeners(ListenerArns=[self.listener])
        return found["Listeners"][0]["DefaultActions"]

    def now(self):
        found = self.ecs.describe_services(cluster=self.cluster, services=[self.service])
        return freeze(self.actions(), found["services"][0]["desiredCount"])

    def put(self, world):
        actions, count = json.loads(world)
        self.ecs.update_service(cluster=self.cluster, service=self.service, desiredCount=count)
        self.elb.modify_listener(ListenerArn=self.listener, DefaultActions=actions)

    def target_weight(self):
        return json.loads(self.now())[0][0]["ForwardConfig"]["TargetGroups"][1]["Weight"]

    def is_at_origin(self):
        return self.actions() == json.loads(self.origin)[0]


def freeze(actions, count):
    return json.dumps([actions, count], sort_keys=True)


def after(world, request):
    """The world once a request has changed it: what it says, read by hand."""
    actions, count = json.loads(world)
    body = request.split(b"\r\n\r\n", 1)[1].decode()
    if body.startswith("{"):
        return freeze(actions, json.loads(body)["desiredCount"])
    said = dict(urllib.parse.parse_qsl(body))
    groups = actions[0]["ForwardConfig"]["TargetGroups"]
    prefix = "DefaultActions.member.1.ForwardConfig.TargetGroups.member."
    weights = {said[f"{prefix}{i}.TargetGroupArn"]: int(said[f"{prefix}{i}.Weight"])
               for i in range(1, len(groups) + 1)}
    for group in groups:
        group["Weight"] = weights[group["TargetGroupArn"]]
    return freeze(actions, count)
