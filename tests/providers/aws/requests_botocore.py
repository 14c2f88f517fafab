"""Every request that the codecs make, against AWS's own service models as botocore has them: it is
parsed back by the model, so that an unknown parameter or a value of another type is found; botocore's
validator finds nothing in it; and botocore's serializer, given the same parameters, makes the same
request (as a set: the order of parameters means nothing)."""
import json
import subprocess
import sys
import urllib.parse

import judges

judges.need("botocore")
import botocore.serialize  # noqa: E402
import botocore.session  # noqa: E402
import botocore.validate  # noqa: E402

SESSION = botocore.session.get_session()
MODELS = {name: SESSION.get_service_model(name) for name in ("ecs", "elbv2", "cloudwatch")}
BOOLEANS = {"true": True, "false": False}


def leaf(shape, text):
    """A value of the Query protocol, typed as the model has it."""
    kind = shape.type_name
    if kind in ("integer", "long"):
        return int(text)
    if kind == "boolean":
        return BOOLEANS[text]
    assert kind in ("string", "timestamp"), kind
    return text


def tree(pairs):
    """Dotted names as nested dictionaries."""
    root = {}
    for name, value in pairs:
        node = root
        *parts, last = name.split(".")
        for part in parts:
            node = node.setdefault(part, {})
        assert last not in node, f"{name} is sent twice"
        node[last] = value
    return root


def numbered(node, word):
    """{"1": a, "2": b} under `word`, in order and without gaps."""
    assert set(node) == {word}, node
    items = node[word]
    assert sorted(items, key=int) == [str(n) for n in range(1, len(items) + 1)], items
    return [items[str(n)] for n in range(1, len(items) + 1)]


def typed(shape, node):
    if shape.type_name == "structure":
        unknown = set(node) - set(shape.members)
        assert not unknown, f"{shape.name} has no {unknown}"
        return {name: typed(shape.members[name], value) for name, value in node.items()}
    if shape.type_name == "list":
        return [typed(shape.member, item) for item in numbered(node, "member")]
    if shape.type_name == "map":
        return {item["key"]: typed(shape.value, item["value"])
                for item in numbered(node, "entry")}
    return leaf(shape, node)


def check_query(operation, body, model):
    pairs = urllib.parse.parse_qsl(body, keep_blank_values=True, strict_parsing=True)
    given = dict(pairs)
    assert len(given) == len(pairs), "a parameter is sent twice"
    parameters = typed(operation.input_shape,
                       tree([p for p in pairs if p[0] not in ("Action", "Version")]))
    made = botocore.serialize.create_serializer("query").serialize_to_request(
        parameters, operation)["body"]
    assert model.api_version == given["Version"]
    wanted = {name: str(value) for name, value in made.items()}
    assert given == wanted, set(given.items()) ^ set(wanted.items())
    return parameters


def check_json(operation, body, model):
    parameters = json.loads(body)
    made = botocore.serialize.create_serializer("json").serialize_to_request(parameters, operation)
    assert json.loads(made["body"]) == parameters
    assert model.metadata["jsonVersion"] == "1.1"
    return parameters


def check(request):
    model = MODELS[request["service"]]
    operation = model.operation_model(request["operation"])
    how = check_json if request["service"] == "ecs" else check_query
    parameters = how(operation, request["body"], model)
    report = botocore.validate.ParamValidator().validate(parameters, operation.input_shape)
    assert not report.has_errors(), report.generate_report()
    return parameters


def check_oidc(parameters):
    """What AWS does not return, and would drop from a list that is replaced whole."""
    for action in parameters["DefaultActions"]:
        if action["Type"] == "authenticate-oidc":
            assert action["AuthenticateOidcConfig"]["UseExistingClientSecret"] is True, action
            assert "ClientSecret" not in action["AuthenticateOidcConfig"]
            return True
    return False


program, *answers = sys.argv[1:]
lines = subprocess.run([program, *answers], check=True, capture_output=True,
                       text=True).stdout.splitlines()
seen, oidc = {}, 0
for line in lines:
    asked = json.loads(line)
    try:
        what = check(asked)
        oidc += asked["operation"] == "ModifyListener" and check_oidc(what)
    except Exception:
        print(f"in {line}", file=sys.stderr)
        raise
    seen[asked["operation"]] = seen.get(asked["operation"], 0) + 1

EXPECTED = {"DescribeServices", "UpdateService", "ListTasks", "DescribeTasks",
            "DescribeLoadBalancers", "DescribeTargetGroups", "DescribeTargetHealth",
            "DescribeTargetGroupAttributes", "DescribeLoadBalancerAttributes", "DescribeTags",
            "DescribeListeners", "DescribeRules", "ModifyListener", "GetMetricData"}
assert set(seen) == EXPECTED, set(seen) ^ EXPECTED
assert oidc == 5, oidc
print(f"{len(lines)} requests of {len(seen)} operations agree with botocore's models")
