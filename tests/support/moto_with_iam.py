"""moto's server, whose access control also looks at what a policy's statements are narrowed to.

moto itself takes every request for one of resource "*" (so that a statement with an ARN allows
nothing), looks at no condition, and calls CloudWatch's actions by the service's name in signatures.
Here each request of the operations below has the resources and the condition keys that AWS's
Service Authorization Reference gives it; any other has resource "*".
"""
import fnmatch
import json
import threading

from moto.cloudwatch.responses import CloudWatchResponse
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.elbv2.responses import ELBV2Response
from moto.iam import access_control
from moto.server import main
from moto.utilities.utils import get_partition

asked = threading.local()  # .conditions: the condition keys of the request at hand


def arn(response, service, resource):
    partition = get_partition(response.region)
    return f"arn:{partition}:{service}:{response.region}:{response.current_account}:{resource}"


def ecs_resources(response):
    operation = response._get_action()
    body = json.loads(response.body)
    cluster = body.get("cluster", "default").split("/")[-1]
    asked.conditions["ecs:cluster"] = arn(response, "ecs", f"cluster/{cluster}")
    if operation == "DescribeServices":
        names, kind = body["services"], "service"
    elif operation == "UpdateService":
        names, kind = [body["service"]], "service"
    elif operation == "DescribeTasks":
        names, kind = body["tasks"], "task"
    else:
        return ["*"]
    return [arn(response, "ecs", f"{kind}/{cluster}/{name.split('/')[-1]}") for name in names]


def elbv2_resources(response):
    modifies = response._get_action() == "ModifyListener"
    return response.querystring["ListenerArn"] if modifies else ["*"]


def resources_of(own):
    def determine(response):
        asked.conditions = {"aws:RequestedRegion": response.region}
        return own(response)
    return determine


EC2ContainerServiceResponse._determine_resource = resources_of(ecs_resources)
ELBV2Response._determine_resource = resources_of(elbv2_resources)
CloudWatchResponse._determine_resource = resources_of(lambda response: ["*"])

their_check = access_control.IAMRequestBase.check_action_permitted


def check_action_permitted(request, resources):
    request._action = request._action.replace("monitoring:", "cloudwatch:")
    for resource in [resources] if isinstance(resources, str) else resources:
        their_check(request, resource)


def is_allowed(statement, action, resource="*", *_):
    """One statement of effect Allow, as the IAM User Guide's policy evaluation has it."""
    def one_of(wanted, value):
        wanted = wanted if isinstance(wanted, list) else [wanted]
        return any(fnmatch.fnmatchcase(value, pattern) for pattern in wanted)

    own = statement._statement
    assert own["Effect"] == "Allow" and set(own) <= {"Sid", "Effect", "Action", "Resource",
                                                     "Condition"}, own
    holds = all(key in asked.conditions and one_of(wanted, asked.conditions[key])
                for operator, keys in own.get("Condition", {}).items()
                for key, wanted in keys.items()
                if operator in ("StringEquals", "ArnLike") or exit(f"what is {operator}?"))
    if holds and one_of(own["Action"], action) and one_of(own["Resource"], resource):
        return access_control.PermissionResult.PERMITTED
    return access_control.PermissionResult.NEUTRAL


access_control.IAMRequestBase.check_action_permitted = check_action_permitted
access_control.IAMPolicyStatement.is_action_permitted = is_allowed

main()
