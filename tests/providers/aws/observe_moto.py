"""The cloud port against moto, an AWS stand-in that this project did not write: what it observes is
what boto3 sees of the same deployment; the requests are counted, and the waves they came in, by a
proxy in between; what it sends has the effect that boto3 then reads."""
import contextlib
import datetime
import http.server
import json
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import judges

judges.need("boto3", "moto")
PROGRAM = sys.argv[1]
WAVE_GAP_S = 0.5  # the proxy gives a wave's answers once it has been quiet for so long


class Proxy(http.server.ThreadingHTTPServer):
    """Forwards to moto and writes down each operation with its wave: what goes out before any of the
    wave's answers is had. They are held back until nothing more comes, and then given together."""
    daemon_threads = True
    request_queue_size = 64  # a wave's connections, and those opened ahead, come at once

    def __init__(self, upstream):
        super().__init__(("127.0.0.1", 0), Handler)
        self.upstream = upstream
        self.lock = threading.Lock()
        self.waves, self.gathering, self.quiet_since = [], False, 0
        self.replace, self.delay = {}, 0

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def enter(self, operation):
        with self.lock:
            if not self.gathering:
                self.waves.append([])
            self.gathering, self.quiet_since = True, time.monotonic()
            self.waves[-1].append(operation)
            return len(self.waves)

    def leave(self, wave):
        """Waits for the others of the wave."""
        while True:
            with self.lock:
                left = self.quiet_since + self.delay - time.monotonic()
                if len(self.waves) != wave or not self.gathering or left <= 0:
                    self.gathering = self.gathering and len(self.waves) != wave
                    return
            time.sleep(left)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        target = self.headers.get("X-Amz-Target")
        operation = (target.split(".")[1] if target
                     else urllib.parse.parse_qs(body.decode())["Action"][0])
        wave = self.server.enter(operation)
        status, headers, text = self.forward(body)
        self.server.leave(wave)
        status, text = self.server.replace.get(operation, (status, text))
        self.send_response(status)
        for name in ("Content-Type", "x-amzn-requestid"):
            if headers.get(name):
                self.send_header(name, headers[name])
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def forward(self, body):
        request = urllib.request.Request(self.server.upstream + self.path, data=body)
        for name, value in self.headers.items():
            if name.lower() not in ("connection", "content-length"):
                request.add_header(name, value)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            answer = opener.open(request, timeout=60)
        except urllib.error.HTTPError as error:
            answer = error
        return answer.status, answer.headers, answer.read()


@contextlib.contextmanager
def proxy(upstream):
    server = Proxy(upstream)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def run(*arguments, replace=None, delay=0, fails=False):
    """The program through the proxy: (what it printed as JSON, the waves)."""
    server.waves, server.replace, server.delay = [], replace or {}, delay
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True,
                          env=judges.environment(server.endpoint))
    assert (done.returncode != 0) == fails, done.stderr + done.stdout
    if fails:
        return done.stderr, server.waves
    return json.loads(done.stdout), server.waves


def flat(actions, prefix="member"):
    """A list of actions as boto3 has it, as the paths of a routing."""
    out = {}

    def walk(node, path):
        if isinstance(node, dict):
            for key, value in node.items():
                walk(value, f"{path}.{key}")
        elif isinstance(node, list):
            for number, value in enumerate(node, 1):
                walk(value, f"{path}.member.{number}")
        else:
            out[path] = str(node).lower() if isinstance(node, bool) else str(node)

    for number, action in enumerate(actions, 1):
        walk(action, f"{prefix}.{number}")
    return out


def check_routing(ours, actions):
    assert {one["path"]: one["value"] for one in ours} == flat(actions), (ours, actions)


def check_service(ours, service):
    assert ours["found"] and ours["arn"] == service["serviceArn"]
    for mine, theirs in (("desired", "desiredCount"), ("running", "runningCount"),
                         ("pending", "pendingCount"), ("status", "status")):
        assert ours[mine] == service[theirs], (ours, service)
    assert ours["target_groups"] == [one["targetGroupArn"] for one in service["loadBalancers"]]
    assert [(one["id"], one["status"], one["rollout_state"], one["running"])
            for one in ours["rollouts"]] == [
        (one["id"], one["status"], one["rolloutState"], one["runningCount"])
        for one in service["deployments"]]


def check_group(ours, arn):
    elb = deployment.elb
    assert ours["found"] and ours["arn"] == arn
    health = elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    assert [(one["id"], one["port"], one["state"]) for one in ours["targets"]] == [
        (one["Target"]["Id"], one["Target"]["Port"], one["TargetHealth"]["State"])
        for one in health]
    attributes = {one["Key"]: one["Value"] for one in
                  elb.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]}
    assert ours["sticky"] == (attributes["stickiness.enabled"] == "true")
    assert ours["slow_start_s"] == int(attributes["slow_start.duration_seconds"])
    assert ours["deregistration_delay_s"] == int(
        attributes["deregistration_delay.timeout_seconds"])


def check_snapshot(snapshot, with_rules=True):
    unknown = {fact: why for fact, why in snapshot["facts"].items() if why != "known"}
    expected = {"DescribeScalableTargets"} | (set() if with_rules else {"DescribeRules"})
    assert set(unknown) == expected, unknown

    services = {one["serviceName"]: one for one in deployment.ecs.describe_services(
        cluster=deployment.cluster,
        services=list(deployment.services.values()))["services"]}
    for arm in ("source", "target"):
        check_service(snapshot["arms"][arm]["service"], services[deployment.services[arm]])
        check_group(snapshot["arms"][arm]["group"], deployment.groups[arm])
        assert snapshot["subject"][f"{arm}_target_group_arn"] == deployment.groups[arm]
        assert (snapshot["subject"][f"{arm}_service_arn"] ==
                services[deployment.services[arm]]["serviceArn"])

    balancer = snapshot["load_balancer"]
    assert balancer["arn"] == deployment.load_balancer and balancer["state"] == "active"
    assert balancer["stack"] == "OSMigrations-prod"
    subject = snapshot["subject"]
    assert (subject["account"], subject["region"]) == (judges.ACCOUNT, judges.REGION)
    assert subject["listener_arn"] == deployment.listener and subject["listener_port"] == 9200

    listeners = deployment.elb.describe_listeners(
        LoadBalancerArn=deployment.load_balancer)["Listeners"]
    assert len(snapshot["listeners"]) == len(listeners) == 3
    for ours, listener in zip(snapshot["listeners"], listeners):
        assert (ours["arn"], ours["port"], ours["protocol"]) == (
            listener["ListenerArn"], listener["Port"], listener["Protocol"])
        check_routing(ours["default_actions"], listener["DefaultActions"])
        rules = [one for one in deployment.elb.describe_rules(
            ListenerArn=listener["ListenerArn"])["Rules"] if not one["IsDefault"]]
        assert len(ours["rules"]) == (len(rules) if with_rules else 0)
        for mine, theirs in zip(ours["rules"], rules):
            assert (mine["arn"], mine["priority"]) == (theirs["RuleArn"], theirs["Priority"])
            check_routing(mine["actions"], theirs["Actions"])


COLUMNS = {  # column: metric, statistic, what CloudWatch's unit is in ours
    "requests": ("RequestCount", "Sum", 1),
    "target_2xx": ("HTTPCode_Target_2XX_Count", "Sum", 1),
    "target_3xx": ("HTTPCode_Target_3XX_Count", "Sum", 1),
    "target_4xx": ("HTTPCode_Target_4XX_Count", "Sum", 1),
    "target_5xx": ("HTTPCode_Target_5XX_Count", "Sum", 1),
    "time_average_us": ("TargetResponseTime", "Average", 1e6),
    "healthy_min": ("HealthyHostCount", "Minimum", 1),
    "unhealthy_max": ("UnHealthyHostCount", "Maximum", 1),
    "connection_errors": ("TargetConnectionErrorCount", "Sum", 1),
    "active_connections": ("ActiveConnectionCount", "Sum", 1),
    "new_connections": ("NewConnectionCount", "Sum", 1),
    "elb_5xx": ("HTTPCode_ELB_5XX_Count", "Sum", 1),
    "rejected_connections": ("RejectedConnectionCount", "Sum", 1),
    "replay_lag_ms": ("lagBetweenSourceAndTargetRequests", "Maximum", 1),
}
REPLAYER = [{"Name": "OTelLib", "Value": "replayer"}, {"Name": "qualifier", "Value": "prod"}]


def cloudwatch_says(name, arm, start, minutes):
    """The column as our JSON has it, or None without a value."""
    metric, statistic, scale = COLUMNS[name]
    lag = name == "replay_lag_ms"
    answer = deployment.cloudwatch.get_metric_data(
        MetricDataQueries=[{"Id": "q", "MetricStat": {
            "Metric": {"Namespace": "OpenSearchMigrations" if lag else "AWS/ApplicationELB",
                       "MetricName": metric,
                       "Dimensions": REPLAYER if lag else deployment.dimensions(arm)},
            "Period": 60, "Stat": statistic}}],
        StartTime=start, EndTime=start + datetime.timedelta(minutes=minutes),
        ScanBy="TimestampAscending")["MetricDataResults"][0]
    cells = ["-"] * minutes
    for at, value in zip(answer["Timestamps"], answer["Values"]):
        cells[int((at - start).total_seconds() // 60)] = str(round(value * scale))
    return None if set(cells) == {"-"} else " ".join(cells)


def check_series(series):
    start = datetime.datetime.fromtimestamp(series["start_at"] / 1000, datetime.timezone.utc)
    filled = 0
    for group in ("source", "target", "load_balancer"):
        arm = None if group == "load_balancer" else group
        names = list(COLUMNS)[9:] if arm is None else list(COLUMNS)[:9]
        assert set(series[group]) <= set(names), series[group]
        for name in names:
            wanted = cloudwatch_says(name, arm, start, series["minutes"])
            assert series[group].get(name) == wanted, (group, name, series[group], wanted)
            filled += wanted is not None
    assert filled >= 11, filled


def observes_in_three_waves():
    snapshot, waves = run("cold", "prod", delay=WAVE_GAP_S)
    assert [len(wave) for wave in waves] == [3, 8, 3], waves
    assert sorted(waves[0]) == ["DescribeLoadBalancers", "DescribeServices",
                                "DescribeTargetGroups"], waves
    assert waves[2] == ["DescribeRules"] * 3, waves
    check_snapshot(snapshot)
    rules = {one["port"]: one["rules"] for one in snapshot["listeners"]}
    assert rules[9200][0]["conditions"] == (
        "path-pattern /_bulk* and http-header X-Canary: a or b"), rules
    assert snapshot["recent"]["minutes"] == 60
    check_series(snapshot["recent"])


def observes_in_one_wave_with_arns():
    snapshot, waves = run("warm", "prod", delay=WAVE_GAP_S)
    assert [len(wave) for wave in waves] == [3, 8, 3, 11], waves
    check_snapshot(snapshot, with_rules=False)


def says_what_does_not_exist():
    snapshot, waves = run("cold", "nowhere")
    assert not snapshot["load_balancer"]["found"]
    for arm in ("source", "target"):
        assert not snapshot["arms"][arm]["service"]["found"]
        assert not snapshot["arms"][arm]["group"]["found"]
    assert sum(waves, []).count("DescribeTargetGroups") == 3, waves
    assert snapshot["facts"]["DescribeServices"] == "known"
    assert snapshot["facts"]["DescribeTargetHealth (source)"] == (
        "target group ALBSourceProxy-nowhere-TG does not exist")


def names_what_is_denied():
    denied = (b"<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User is "
              b"not authorized</Message></Error><RequestId>r-1</RequestId></ErrorResponse>")
    snapshot, _ = run("cold", "prod", replace={"DescribeTags": (403, denied)})
    assert "elasticloadbalancing:DescribeTags" in snapshot["facts"]["DescribeTags"]
    assert snapshot["facts"]["DescribeRules"] == "known"
    said, _ = run("cold", "prod", replace={"DescribeListeners": (403, denied)}, fails=True)
    assert "cannot read the listeners" in said and "(access)" in said, said
    assert "elasticloadbalancing:DescribeListeners" in said, said
    page = b"<html><title>Sign in</title><body>proxy</body></html>"
    said, _ = run("cold", "prod", replace={"DescribeServices": (200, page)}, fails=True)
    assert "DescribeServices is not readable" in said, said


def scales_and_shifts():
    receipt, waves = run("scale", "prod", "2")
    assert receipt["outcome_unknown"] is False and receipt["request_id"], receipt
    assert waves[-1] == ["UpdateService"]
    assert deployment.desired("target") == 2
    before = deployment.default_actions()
    for permille, weights in ((100, (900, 100)), (1000, (0, 1)), (0, (1, 0))):
        receipt, waves = run("shift", "prod", str(permille))
        assert waves[-1] == ["ModifyListener"]
        assert deployment.weights() == {"source": weights[0], "target": weights[1]}
    assert deployment.default_actions() == before  # byte for byte what it was
    page = b"{}"
    said, waves = run("shift", "prod", "1000", replace={"ModifyListener": (200, page)}, fails=True)
    assert "ModifyListener is not readable" in said, said
    assert sum(waves, []).count("ModifyListener") == 1
    run("shift", "prod", "0")


def measures_without_percentiles_where_there_are_none():
    series, waves = run("measure", "prod")
    asked = sum(waves, []).count("GetMetricData")
    assert asked == 2, waves  # moto answers 500 to percentiles; they are tried once
    assert series["minutes"] == 15
    check_series(series)


def shows_no_stopped_tasks_where_there_are_none():
    tasks, waves = run("tasks", "prod")
    assert tasks == [] and sum(waves, [])[-1] == "ListTasks", (tasks, waves)


with judges.moto() as moto, proxy(moto.endpoint) as server:
    deployment = judges.Deployment(moto, stage="prod", counts=(2, 1))
    deployment.put_traffic({"source": 600}, minutes=30)
    deployment.put("HTTPCode_Target_5XX_Count", [1, None, None, 3, None, 0, 2], "source")
    deployment.put("TargetResponseTime", [0.0000004, 0.0123456, 2.5], "target")
    deployment.put("HTTPCode_ELB_5XX_Count", [None, 4, None])
    deployment.cloudwatch.put_metric_data(Namespace="OpenSearchMigrations", MetricData=[
        {"MetricName": "lagBetweenSourceAndTargetRequests", "Dimensions": REPLAYER,
         "Timestamp": datetime.datetime.now(datetime.timezone.utc)
         - datetime.timedelta(minutes=5), "Value": 1250.4}])
    deployment.elb.add_tags(ResourceArns=[deployment.load_balancer],
                            Tags=[{"Key": "aws:cloudformation:stack-name",
                                   "Value": "OSMigrations-prod"}])
    deployment.elb.create_rule(
        ListenerArn=deployment.listener, Priority=10,
        Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/_bulk*"]}},
                    {"Field": "http-header", "HttpHeaderConfig": {
                        "HttpHeaderName": "X-Canary", "Values": ["a", "b"]}}],
        Actions=[{"Type": "forward", "TargetGroupArn": deployment.groups["source"]}])
    deployment.elb.modify_target_group_attributes(
        TargetGroupArn=deployment.groups["target"],
        Attributes=[{"Key": "stickiness.enabled", "Value": "true"},
                    {"Key": "slow_start.duration_seconds", "Value": "60"}])
    observes_in_three_waves()
    observes_in_one_wave_with_arns()
    says_what_does_not_exist()
    names_what_is_denied()
    scales_and_shifts()
    measures_without_percentiles_where_there_are_none()
    shows_no_stopped_tasks_where_there_are_none()
print("the port sees what boto3 sees: cold 3 + 8 + one a listener requests in three waves")
