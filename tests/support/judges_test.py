"""The deployment that the other tests lean on is what Migration Assistant lays, as boto3 reads it
back; and a server that a test started is gone once the test is."""
import datetime
import os

import judges

judges.need("boto3", "moto")

with judges.moto() as moto:
    deployment = judges.Deployment(moto, stage="prod", counts=(2, 1))
    deployment.put_traffic({"source": 600}, minutes=5)

    listeners = moto.client("elbv2").describe_listeners(
        LoadBalancerArn=deployment.load_balancer)["Listeners"]
    assert sorted(listener["Port"] for listener in listeners) == [9200, 9201, 9202]
    assert deployment.weights() == {"source": 1, "target": 0}
    assert deployment.weights(9201) == {"source": 1}
    assert deployment.weights(9202) == {"target": 1}
    assert (deployment.desired("source"), deployment.desired("target")) == (2, 1)
    for arm, count in (("source", 2), ("target", 1)):
        states = [one["TargetHealth"]["State"] for one in deployment.targets(arm)]
        assert states == ["healthy"] * count, states
        services = moto.client("ecs").describe_services(
            cluster="migration-prod-ecs-cluster", services=[deployment.services[arm]])["services"]
        assert services[0]["runningCount"] == count, services
        assert services[0]["deployments"][0]["rolloutState"] == "COMPLETED", services
        assert services[0]["loadBalancers"][0]["targetGroupArn"] == deployment.groups[arm]

    now = datetime.datetime.now(datetime.timezone.utc)
    query = {"Id": "requests", "MetricStat": {
        "Metric": {"Namespace": "AWS/ApplicationELB", "MetricName": "RequestCount",
                   "Dimensions": deployment.dimensions("source")}, "Period": 60, "Stat": "Sum"}}
    answer = moto.client("cloudwatch").get_metric_data(
        MetricDataQueries=[query], StartTime=now - datetime.timedelta(minutes=10), EndTime=now)
    assert answer["MetricDataResults"][0]["Values"] == [600.0] * 5, answer

    assert moto.environment()["AWS_ENDPOINT_URL"] == moto.endpoint
    assert [name for name in moto.environment() if name.lower().endswith("_proxy")] == []

try:
    moto.reset()
except OSError:
    print(f"moto was here, and is gone (process {os.getpid()} stays)")
else:
    raise AssertionError("moto is still there")
