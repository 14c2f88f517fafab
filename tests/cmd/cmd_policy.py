"""`switchover policy`, held against what AWS itself publishes: botocore's service models know each
action, its partitions each region; and against files beside this test.

usage: cmd_policy.py SWITCHOVER GOLDEN_FOLDER    UPDATE_GOLDEN=1 writes the files anew
"""
import json
import os
import re
import sys

import judges
import tool

judges.need("botocore")
import botocore.loaders  # noqa: E402

PROGRAM, GOLDEN = sys.argv[1:]
PLAN = """switchover: 1
stage: prod
aws: {region: us-east-1, account: "111122223333"}
"""
SERVICES = {"ecs": "ecs", "elasticloadbalancing": "elbv2", "cloudwatch": "cloudwatch"}
OFFLINE = {name: value for name, value in judges.environment().items()
           if not name.startswith("AWS_")}
# IAM and STS quotas: characters of a managed policy and of those inline in a user, without blanks
MANAGED_MAX, INLINE_MAX = 6144, 2048


def check_golden(name, text):
    path = os.path.join(GOLDEN, name)
    if os.environ.get("UPDATE_GOLDEN"):
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
    with open(path, encoding="ascii") as file:
        assert file.read() == text, f"{name} differs; UPDATE_GOLDEN=1 writes it anew"


def actions(policy):
    return [action for statement in policy["Statement"] for action in statement["Action"]]


def test_the_documents(folder):
    folder.write("prod.yaml", PLAN)
    for what in ("apply", "plan"):
        text = folder.run("policy", "prod.yaml", "--for", what).stdout
        check_golden(f"policy_{what}.json", text)
        policy = json.loads(text)
        assert set(policy) == {"Version", "Statement"} and policy["Version"] == "2012-10-17"
        assert len("".join(text.split())) <= INLINE_MAX
        sids = [statement["Sid"] for statement in policy["Statement"]]
        assert len(set(sids)) == len(sids) and all(re.fullmatch("[A-Za-z0-9]+", s) for s in sids)
        for statement in policy["Statement"]:
            assert statement["Effect"] == "Allow" and statement["Action"] and statement["Resource"]
            assert set(statement) <= {"Sid", "Effect", "Action", "Resource", "Condition"}
        changing = [action for action in actions(policy)
                    if not re.match(r"\w+:(Describe|Get|List)", action)]
        assert (what == "apply") == bool(changing), changing


def test_each_action_is_an_operation_of_aws(folder):
    folder.write("prod.yaml", PLAN)
    loader = botocore.loaders.Loader()
    named = actions(folder.json("policy", "prod.yaml"))
    assert len(set(named)) == len(named) == 14, named
    for action in named:
        prefix, operation = action.split(":")
        model = loader.load_service_model(SERVICES[prefix], "service-2")
        assert operation in model["operations"], action


def test_each_region_is_in_its_partition(folder):
    count = 0
    for partition in botocore.loaders.Loader().load_data("endpoints")["partitions"]:
        for region in partition["regions"]:
            folder.write("prod.yaml", PLAN.replace("us-east-1", region))
            policy = folder.json("policy", "prod.yaml")
            arns = set(re.findall(r"arn:[^\"]*", json.dumps(policy)))
            assert len(arns) == 5, arns
            for arn in arns:
                assert arn.startswith(f"arn:{partition['partition']}:"), (region, arn)
                assert arn.split(":")[3:5] == [region, "111122223333"], arn
            count += 1
    print(f"  {count} regions")
    assert count > 30


def test_longest_names(folder):
    long = "n" * 255
    folder.write("prod.yaml", f"switchover: 1\ncluster: {long}\nload_balancer: {'b' * 32}\n"
                 f"source: {{service: s{long[1:]}, target_group: a}}\n"
                 f"target: {{service: t{long[1:]}, target_group: b}}\n"
                 "aws: {region: us-gov-west-1, account: \"111122223333\"}\n")
    text = folder.run("policy", "prod.yaml").stdout
    assert 3000 < len("".join(text.split())) <= MANAGED_MAX


def test_region_of_the_environment_and_the_profile(folder):
    folder.write("prod.yaml", PLAN.replace("region: us-east-1, ", ""))
    folder.write("config", "[default]\nregion = eu-west-1\n[profile ops]\nregion = eu-west-3\n")
    config = dict(AWS_CONFIG_FILE=os.path.join(folder.path, "config"),
                  AWS_SHARED_CREDENTIALS_FILE=os.devnull)
    for more, region in (({"AWS_REGION": "sa-east-1"}, "sa-east-1"),
                         ({"AWS_DEFAULT_REGION": "us-west-2"}, "us-west-2"),
                         ({}, "eu-west-1"), ({"AWS_PROFILE": "ops"}, "eu-west-3")):
        folder.environment = {**OFFLINE, **config, **more}
        done = folder.run("policy", "prod.yaml")
        assert f":{region}:111122223333:service/" in done.stdout, (more, done.stdout)
        tool.in_order(done.stderr, f"The region {region} is the environment's", "aws.region")
    folder.environment = {**OFFLINE, **config, "AWS_PROFILE": "nobody"}
    done = folder.run("policy", "prod.yaml")
    assert "arn:*:ecs:*:111122223333:service/" in done.stdout
    tool.in_order(done.stderr, "for every region", "nobody", "Write aws.region")
    assert "aws:RequestedRegion" not in done.stdout
    folder.environment = OFFLINE


def test_a_role_is_told_of(folder):
    folder.write("prod.yaml", PLAN.replace("account: \"111122223333\"",
                                           "role_arn: arn:aws:iam::444455556666:role/cutover"))
    done = folder.run("policy", "prod.yaml")
    assert "sts:" not in done.stdout and ":us-east-1:444455556666:service/" in done.stdout
    tool.in_order(done.stderr, "role arn:aws:iam::444455556666:role/cutover", "sts:AssumeRole")
    assert "aws.account" not in done.stderr, "the role's ARN says the account"


def main():
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            with tool.folder(PROGRAM, OFFLINE) as folder:
                test(folder)
            print("ok", name)


main()
