"""The recorded answers are what moto answers: asked again, it gives answers of the same shape (the
same elements and keys, with values of the same types).

    answers_recorded.py FOLDER             the test
    answers_recorded.py FOLDER --write     records them anew: as they come, but for the account, and
                                           for random ids and times, which become the same ones each
                                           time. With tests/support on PYTHONPATH

What AWS answers otherwise than moto is hand-written: see FOLDER/README."""
import json
import pathlib
import re
import sys
import urllib.error
import urllib.request
import xml.etree.ElementTree

import judges

judges.need("boto3", "moto")
from botocore.auth import SigV4Auth  # noqa: E402
from botocore.awsrequest import AWSRequest  # noqa: E402
from botocore.credentials import Credentials  # noqa: E402

VERSIONS = {"elasticloadbalancing": "2015-12-01", "monitoring": "2010-08-01"}


def send(moto, service, body, headers):
    request = AWSRequest("POST", moto.endpoint + "/", data=body, headers=headers)
    SigV4Auth(Credentials(judges.ACCESS_KEY, judges.SECRET_KEY), service,
              judges.REGION).add_auth(request)
    plain = urllib.request.Request(moto.endpoint + "/", data=body.encode(),
                                   headers=dict(request.headers))
    try:
        return urllib.request.urlopen(plain).read().decode()
    except urllib.error.HTTPError as error:
        return error.read().decode()


ids, recorded = {}, {}


def keep(name, answer):
    answer = answer.replace(judges.ACCOUNT, "111122223333")
    answer = re.sub(r"(?<=/)[0-9a-f]{16}(?![0-9a-f])",
                    lambda m: ids.setdefault(m.group(), f"{len(ids) + 0xa0:016x}"), answer)
    answer = re.sub(r"(?<=/)\d{15,20}(?!\d)",
                    lambda m: ids.setdefault(m.group(), f"{len(ids) + 7000000000000000000}"), answer)
    answer = re.sub(r"(?<=<RequestId>)[^<]*", "c534f810-f389-43dc-8d52-6dfd5f3ee2bc", answer)
    answer = re.sub(r"(vpc|subnet|sg)-[0-9a-f]+", r"\1-0a1b2c3d", answer)
    answer = re.sub(r"(?<=At\": )[0-9.]+", "1795363207.818", answer)
    answer = re.sub(r"(?<=<CreatedTime>)[^<]*", "2026-11-22T16:00:07.000000Z", answer)
    recorded[name] = answer.rstrip() + "\n"


def query(moto, name, service, operation, **parameters):
    pairs = [f"Action={operation}", f"Version={VERSIONS[service]}"]
    pairs += [f"{key}={urllib.request.quote(str(value), safe='')}"
              for key, value in parameters.items()]
    keep(name, send(moto, service, "&".join(pairs),
                    {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}))


def ecs(moto, name, operation, **parameters):
    target = "AmazonEC2ContainerServiceV20141113." + operation
    keep(name, send(moto, "ecs", json.dumps(parameters),
                    {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target}))


def record(moto):
    one = judges.Deployment(moto, stage="prod", counts=(2, 1))
    names = {"cluster": one.cluster, "services": list(one.services.values())}
    elb, lb, group = "elasticloadbalancing", one.load_balancer, one.groups["source"]
    one.elb.add_tags(ResourceArns=[lb], Tags=[{"Key": "aws:cloudformation:stack-name",
                                               "Value": "OSMigrations-prod-networkInfra"}])
    one.elb.create_rule(
        ListenerArn=one.listener, Priority=10,
        Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/_bulk*"]}}],
        Actions=[{"Type": "forward", "TargetGroupArn": group}])
    one.put_traffic({"source": 600}, minutes=5)

    ecs(moto, "services.json", "DescribeServices", **names)
    ecs(moto, "services_missing.json", "DescribeServices", cluster=one.cluster,
        services=[one.services["source"], "migration-prod-nobody"])
    query(moto, "load_balancers.xml", elb, "DescribeLoadBalancers",
          **{"Names.member.1": f"MigrationAssistant-{one.stage}"})
    query(moto, "target_groups.xml", elb, "DescribeTargetGroups",
          **{"Names.member.1": one.group_names["source"],
             "Names.member.2": one.group_names["target"]})
    query(moto, "target_group.xml", elb, "DescribeTargetGroups",
          **{"Names.member.1": one.group_names["source"]})
    query(moto, "listeners.xml", elb, "DescribeListeners", LoadBalancerArn=lb)
    query(moto, "rules.xml", elb, "DescribeRules", ListenerArn=one.listener)
    query(moto, "health.xml", elb, "DescribeTargetHealth", TargetGroupArn=group)
    query(moto, "group_attributes.xml", elb, "DescribeTargetGroupAttributes",
          TargetGroupArn=group)
    query(moto, "lb_attributes.xml", elb, "DescribeLoadBalancerAttributes", LoadBalancerArn=lb)
    query(moto, "tags.xml", elb, "DescribeTags", **{"ResourceArns.member.1": lb})
    ecs(moto, "update_service.json", "UpdateService", cluster=one.cluster,
        service=one.services["target"], desiredCount=2)
    query(moto, "modify_listener.xml", elb, "ModifyListener", ListenerArn=one.listener,
          **{"DefaultActions.member.1.Type": "forward",
             "DefaultActions.member.1.TargetGroupArn": group})


def shape(name, text):
    """Every path in an answer, with the type of the value that stands there."""
    paths = set()

    def walk_json(value, path):
        paths.add((path, type(value).__name__))
        for key, item in value.items() if isinstance(value, dict) else ():
            walk_json(item, f"{path}.{key}")
        for item in value if isinstance(value, list) else ():
            walk_json(item, f"{path}[]")

    def walk_xml(node, path):
        text = (node.text or "").strip()
        paths.add((path, "number" if re.fullmatch(r"\d+", text) else "text" if text else "none"))
        for child in node:
            walk_xml(child, f"{path}/{child.tag.split('}')[-1]}")

    if name.endswith(".json"):
        walk_json(json.loads(text), "")
    else:
        walk_xml(xml.etree.ElementTree.fromstring(text), "")
    return paths


folder = pathlib.Path(sys.argv[1])
with judges.moto() as server:
    record(server)
if sys.argv[2:] == ["--write"]:
    for name, answer in recorded.items():
        (folder / name).write_text(answer)
kept = {path.name for path in folder.iterdir() if path.suffix in (".xml", ".json")}
kept = {name for name in kept if not name.startswith("aws_")}
assert kept == set(recorded), kept ^ set(recorded)
for name, answer in recorded.items():
    differs = shape(name, answer) ^ shape(name, (folder / name).read_text())
    assert not differs, f"{name}: moto answers otherwise: {sorted(differs)}"
print(f"{len(recorded)} recorded answers have the shape of moto's")
