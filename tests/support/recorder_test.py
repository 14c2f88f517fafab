"""The recorder passes everything on unchanged, accepts what boto3 and the AWS CLI send, and finds
what is wrong in a request."""
import copy
import datetime
import json
import shutil
import subprocess

import judges
import recorder

judges.need("botocore", "boto3", "moto")

AWS = shutil.which("aws")


def ask_all(endpoint, deployment):
    """Every operation that the tool uses, with lists, numbers, booleans and times in them."""
    ecs, elb = judges.client(endpoint, "ecs"), judges.client(endpoint, "elbv2")
    services = list(deployment.services.values())
    assert len(ecs.describe_services(cluster=deployment.cluster, services=services)["services"]) == 2
    ecs.update_service(cluster=deployment.cluster, service=services[1], desiredCount=3)
    ecs.list_tasks(cluster=deployment.cluster, desiredStatus="STOPPED")
    names = [f"MigrationAssistant-{deployment.stage}"]
    assert elb.describe_load_balancers(Names=names)["LoadBalancers"]
    elb.describe_target_groups(Names=list(deployment.group_names.values()))
    elb.describe_listeners(LoadBalancerArn=deployment.load_balancer)
    elb.describe_rules(ListenerArn=deployment.listener)
    elb.describe_tags(ResourceArns=[deployment.load_balancer])
    elb.describe_load_balancer_attributes(LoadBalancerArn=deployment.load_balancer)
    for arm in ("source", "target"):
        elb.describe_target_health(TargetGroupArn=deployment.groups[arm])
        elb.describe_target_group_attributes(TargetGroupArn=deployment.groups[arm])
    elb.modify_listener(
        ListenerArn=deployment.listener,
        DefaultActions=deployment.weighted(0, 1, {"Enabled": True, "DurationSeconds": 60}))


def refused(exchange, change, models, check=recorder.check_parameters):
    bad = copy.copy(exchange)
    bad.headers = list(exchange.headers)
    change(bad)
    try:
        check(bad, models) if check is recorder.check_parameters else check(bad)
    except (AssertionError, KeyError, ValueError) as error:
        return str(error)
    raise AssertionError(f"accepted: {bad.body} {bad.headers}")


def replace_body(old, new):
    def change(exchange):
        assert old in exchange.body, (old, exchange.body)
        exchange.body = exchange.body.replace(old, new)
    return change


def replace_header(name, value):
    def change(exchange):
        exchange.headers = [(key, value if key.lower() == name else old)
                            for key, old in exchange.headers]
    return change


with judges.moto() as moto, recorder.Recorder(moto.endpoint) as station:
    deployment = judges.Deployment(moto)
    ask_all(station.endpoint, deployment)
    judged = recorder.judge(station.exchanges)
    assert [name for _, name, _ in judged] == station.operations()
    assert len(judged) == 14, len(judged)
    assert all(exchange.status == 200 for exchange in station.exchanges)
    sent = {name: value for _, name, value in judged}
    assert sent["UpdateService"]["desiredCount"] == 3
    assert deployment.desired("target") == 3  # it arrived
    assert sent["ModifyListener"]["DefaultActions"][0]["ForwardConfig"]["TargetGroups"][1][
        "Weight"] == 1
    assert deployment.weights() == {"source": 0, "target": 1}

    if AWS:
        station.forget()
        now = datetime.datetime.now(datetime.timezone.utc)
        done = subprocess.run(
            [AWS, "elbv2", "describe-listeners", "--load-balancer-arn", deployment.load_balancer,
             "--output", "json"], env=judges.environment(station.endpoint), capture_output=True,
            text=True, check=True)
        assert len(json.loads(done.stdout)["Listeners"]) == 3
        assert [name for _, name, _ in recorder.judge(station.exchanges)] == ["DescribeListeners"]

    # And what is not as AWS has it is found.
    station.forget()
    ask_all(station.endpoint, deployment)
    models = recorder._models()
    by_name = {exchange.operation(): exchange for exchange in station.exchanges}
    modify, update = by_name["ModifyListener"], by_name["UpdateService"]
    rows = [
        (modify, replace_body(b"Weight=0", b"Weight=many"), "many"),
        (modify, replace_body(b"ListenerArn=", b"Listener="), "Listener"),
        (modify, replace_body(b".Enabled=true", b".Enabled=True"), "True"),
        (modify, replace_body(b"member.1.Type", b"member.2.Type"), "Type"),
        (modify, replace_body(b"Version=2015-12-01", b"Version=2012-06-01"), ""),
        (modify, replace_header("content-type", "text/plain"), "text/plain"),
        (update, replace_body(b"3", b'"3"'), "desiredCount"),
        (update, replace_body(b'"service"', b'"services"'), "service"),
        (update, replace_header("content-type", "application/json"), ""),
    ]
    for exchange, change, says in rows:
        said = refused(exchange, change, models)
        assert says in said, (says, said)
    for change in (replace_body(b"Weight=0", b"Weight=9"),
                   replace_header("x-amz-date", "20200101T000000Z"),
                   replace_header("host", "elsewhere.example"),
                   lambda exchange: exchange.headers.append(("X-Amz-Extra", "unsigned"))):
        refused(modify, change, models, recorder.check_signature)

print(f"{len(judged)} requests judged, {len(rows) + 4} wrong ones found")
