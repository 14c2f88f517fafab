"""What the tests share that ask a judge this project did not write: botocore (AWS's own service
models), boto3, and moto (an AWS stand-in).

    import judges
    judges.need("boto3", "moto")            # else exits 77: skipped, with the reason
    with judges.moto() as moto:
        deployment = judges.Deployment(moto, stage="prod", counts=(2, 0))
        deployment.put_traffic({"source": 600}, minutes=15)
        subprocess.run([program, ...], env=moto.environment())
        assert deployment.weights() == {"source": 1, "target": 0}
"""
import contextlib
import ctypes
import datetime
import importlib
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request

SKIPPED = 77
REGION = "us-east-1"
ACCOUNT = "123456789012"  # the one that moto plays
ACCESS_KEY, SECRET_KEY = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
START_TIMEOUT_S = 60
# What the tests are held against. Debian 12's own are older: their error codes, retry waits and
# clocks differ, and they do not know AWS_ENDPOINT_URL, so that they would ask AWS itself.
OLDEST = {"botocore": (1, 37), "boto3": (1, 37), "moto": (5, 0)}


def skip(reason):
    """Ends the test as skipped: ctest counts it so, by the exit code."""
    print(f"skipped: {reason}", flush=True)
    sys.exit(SKIPPED)


def missing(*modules):
    """Why one of these judges cannot be had here, or None."""
    for module in modules:
        # moto's server needs packages that the library alone does not
        name = "moto.server" if module == "moto" else module
        try:
            importlib.import_module(name)
            version = importlib.import_module(module).__version__
        except Exception as error:  # a half-installed judge raises what it likes
            return f"{module} cannot be used ({type(error).__name__}: {error})"
        if tuple(int(part) for part in version.split(".")[:2]) < OLDEST.get(module, (0, 0)):
            oldest = ".".join(str(part) for part in OLDEST[module])
            return f"{module} {version} is older than {oldest}"
    return None


def need(*modules):
    reason = missing(*modules)
    if reason:
        skip(reason)


def environment(endpoint=None, **more):
    """An environment in which no AWS client finds anything but what the test gives it."""
    env = {name: value for name, value in os.environ.items()
           if not name.upper().startswith("AWS_") and not name.lower().endswith("_proxy")}
    env.update(AWS_ACCESS_KEY_ID=ACCESS_KEY, AWS_SECRET_ACCESS_KEY=SECRET_KEY, AWS_REGION=REGION,
               AWS_DEFAULT_REGION=REGION, AWS_CONFIG_FILE=os.devnull,
               AWS_SHARED_CREDENTIALS_FILE=os.devnull, AWS_EC2_METADATA_DISABLED="true")
    if endpoint:
        env["AWS_ENDPOINT_URL"] = endpoint
    env.update(more)
    return env


def client(endpoint, service):
    """A boto3 client that knows only this endpoint. `need` boto3 first."""
    import boto3
    import botocore.config
    config = botocore.config.Config(retries={"total_max_attempts": 1}, proxies={})
    return boto3.session.Session(
        aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY,
        region_name=REGION).client(service, endpoint_url=endpoint, config=config)


def die_with_parent():
    """For preexec_fn: a test that is killed leaves no server behind (Linux only)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def stop(process):
    """Ends a process this test started, and waits for its end."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream:
            stream.close()


class Moto:
    """A running moto server."""

    def __init__(self, endpoint):
        self.endpoint = endpoint
        self.clients = {}  # making one costs a good part of a second

    def client(self, service):
        if service not in self.clients:
            self.clients[service] = client(self.endpoint, service)
        return self.clients[service]

    def environment(self, **more):
        return environment(self.endpoint, **more)

    def post(self, path, body=b""):
        """moto's own requests: "reset", "reset-auth"."""
        request = urllib.request.Request(f"{self.endpoint}/moto-api/{path}", data=body,
                                         headers={"Content-Type": "text/plain"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        return opener.open(request, timeout=30).read()

    def reset(self):
        self.post("reset")

    @contextlib.contextmanager
    def check_signatures(self):
        """Within, moto refuses what is wrongly signed or not allowed by IAM."""
        self.post("reset-auth", b"0")
        try:
            yield
        finally:
            self.post("reset-auth", b"inf")


@contextlib.contextmanager
def moto(program=None):
    """Starts moto, or a program that is moto with something added, on a free loopback port; ends it
    on leaving."""
    need("boto3", "moto")
    server = [program] if program else ["-m", "moto.server"]
    process = subprocess.Popen([sys.executable, "-B", *server, "-H", "127.0.0.1", "-p", "0"],
                               env=environment(PYTHONUNBUFFERED="1"), stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                               preexec_fn=die_with_parent)
    watchdog = _Watchdog(process)
    try:
        said = []
        for line in process.stderr:  # it names the port once it listens
            said.append(line)
            found = re.search(r"Running on (http://127\.0\.0\.1:\d+)", line)
            if found:
                break
        else:
            raise RuntimeError("moto did not start: " + "".join(said)[-2000:])
        watchdog.disarm()
        _drain(process.stderr)
        server = Moto(found.group(1))
        server.reset()  # it answers
        yield server
    finally:
        watchdog.disarm()
        stop(process)


def _drain(stream):
    """Reads a pipe away, so that its writer never blocks."""
    import threading

    def read():
        with contextlib.suppress(ValueError, OSError):
            for _ in stream:
                pass

    threading.Thread(target=read, daemon=True).start()


class _Watchdog:
    """Ends a server that says nothing for too long."""

    def __init__(self, process):
        import threading
        self.timer = threading.Timer(START_TIMEOUT_S, process.kill)
        self.timer.daemon = True
        self.timer.start()

    def disarm(self):
        self.timer.cancel()


class Deployment:
    """One Migration Assistant deployment, as its CDK stacks lay it (names, target groups, the
    listeners 9200 weighted, 9201 source, 9202 target), built through boto3.

    moto starts no tasks: running is desired right after an UpdateService (and 0 before), so the
    services are created empty and then scaled; the deployment inside a service keeps the numbers
    it began with; IP targets are healthy at once. `counts` are (source, target), and as many IPs
    are registered with each group.
    """

    def __init__(self, server, stage="prod", counts=(2, 0), port=9200, side_listeners=True,
                 weights=(1, 0)):
        self.server = server
        self.stage = stage
        self.ecs = server.client("ecs")
        self.elb = server.client("elbv2")
        self.cloudwatch = server.client("cloudwatch")
        self.ec2 = server.client("ec2")
        self.cluster = f"migration-{stage}-ecs-cluster"
        self.services = {"source": f"migration-{stage}-capture-proxy",
                         "target": f"migration-{stage}-target-cluster-proxy"}
        self.group_names = {"source": f"ALBSourceProxy-{stage}-TG",
                            "target": f"ALBTargetProxy-{stage}-TG"}
        self.groups, self.listeners = {}, {}
        self._make_network()
        self._make_load_balancer(port, side_listeners, weights)
        self._make_services(counts)
        for arm, count in zip(("source", "target"), counts):
            self.register(arm, count)

    def _make_network(self):
        vpc = self.ec2.create_vpc(CidrBlock="10.212.0.0/16")["Vpc"]["VpcId"]
        self.vpc = vpc
        self.subnets = [
            self.ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.212.{n}.0/24",
                                   AvailabilityZone=REGION + zone)["Subnet"]["SubnetId"]
            for n, zone in enumerate("ab")]

    def _make_load_balancer(self, port, side_listeners, weights):
        self.load_balancer = self.elb.create_load_balancer(
            Name=f"MigrationAssistant-{self.stage}", Subnets=self.subnets, Scheme="internal",
            Type="application",
            Tags=[{"Key": "migration_deployment", "Value": "2.1.0"}],
        )["LoadBalancers"][0]["LoadBalancerArn"]
        for arm, name in self.group_names.items():
            self.groups[arm] = self.elb.create_target_group(
                Name=name, Protocol="HTTPS", Port=9200, VpcId=self.vpc, TargetType="ip",
                HealthCheckProtocol="HTTPS", HealthCheckPath="/", Matcher={"HttpCode": "200-499"},
            )["TargetGroups"][0]["TargetGroupArn"]
        self.listener = self.add_listener(port, self.weighted(*weights))
        if side_listeners:
            self.add_listener(9201, self.weighted(1, None))
            self.add_listener(9202, self.weighted(None, 1))

    def weighted(self, source, target, stickiness=None):
        """A weighted forward as a list of actions; None leaves an arm out."""
        groups = [{"TargetGroupArn": self.groups[arm], "Weight": weight}
                  for arm, weight in (("source", source), ("target", target)) if weight is not None]
        forward = {"TargetGroups": groups}
        if stickiness:
            forward["TargetGroupStickinessConfig"] = stickiness
        return [{"Type": "forward", "Order": 1, "ForwardConfig": forward}]

    def add_listener(self, port, actions):
        self.listeners[port] = self.elb.create_listener(
            LoadBalancerArn=self.load_balancer, Protocol="HTTP", Port=port,
            DefaultActions=actions)["Listeners"][0]["ListenerArn"]
        return self.listeners[port]

    def _make_services(self, counts):
        self.ecs.create_cluster(clusterName=self.cluster)
        for (arm, service), count in zip(self.services.items(), counts):
            container = {"name": service, "image": "proxy", "memory": 512,
                         "portMappings": [{"containerPort": 9200}]}
            self.ecs.register_task_definition(family=service, containerDefinitions=[container])
            self.ecs.create_service(
                cluster=self.cluster, serviceName=service, taskDefinition=service,
                desiredCount=0,
                loadBalancers=[{"targetGroupArn": self.groups[arm], "containerName": service,
                                "containerPort": 9200}])
            self.ecs.update_service(cluster=self.cluster, service=service, desiredCount=count)

    def register(self, arm, count, first=10):
        """Registers `count` IP targets with an arm's group."""
        net = {"source": 0, "target": 1}[arm]
        if count:
            self.elb.register_targets(
                TargetGroupArn=self.groups[arm],
                Targets=[{"Id": f"10.212.{net}.{first + n}", "Port": 9200} for n in range(count)])

    def dimensions(self, arm=None):
        balancer = self.load_balancer.split(":loadbalancer/")[1]
        own = [] if arm is None else [{"Name": "TargetGroup",
                                       "Value": self.groups[arm].split(":")[-1]}]
        return own + [{"Name": "LoadBalancer", "Value": balancer}]

    def put(self, metric, values, arm=None, at=None):
        """values[i] in the minute i minutes after `at` (default: they end with the last minute)."""
        now = datetime.datetime.now(datetime.timezone.utc).replace(second=0, microsecond=0)
        at = at or now - datetime.timedelta(minutes=len(values))
        unit = "Seconds" if metric == "TargetResponseTime" else "Count"
        data = [{"MetricName": metric, "Dimensions": self.dimensions(arm), "Value": value,
                 "Unit": unit, "Timestamp": at + datetime.timedelta(minutes=minute)}
                for minute, value in enumerate(values) if value is not None]
        # botocore compresses larger bodies, and moto takes one of them for a page in plain text.
        for start in range(0, len(data), 20):
            self.cloudwatch.put_metric_data(Namespace="AWS/ApplicationELB",
                                            MetricData=data[start:start + 20])

    def put_traffic(self, requests, minutes=60, healthy=None):
        """Steady traffic in the last minutes: requests a minute by arm; an arm without requests
        has no request metrics (as on AWS), but its healthy hosts."""
        for arm in ("source", "target"):
            count = requests.get(arm, 0)
            if count:
                self.put("RequestCount", [count] * minutes, arm)
                self.put("HTTPCode_Target_2XX_Count", [count - count // 100] * minutes, arm)
                if count // 100:
                    self.put("HTTPCode_Target_4XX_Count", [count // 100] * minutes, arm)
                self.put("TargetResponseTime", [0.042] * minutes, arm)
            hosts = (healthy or {}).get(arm, len(self.targets(arm)))
            self.put("HealthyHostCount", [hosts] * minutes, arm)
            self.put("UnHealthyHostCount", [0] * minutes, arm)
        self.put("ActiveConnectionCount", [40] * minutes)
        self.put("NewConnectionCount", [20] * minutes)

    def targets(self, arm):
        health = self.elb.describe_target_health(TargetGroupArn=self.groups[arm])
        return health["TargetHealthDescriptions"]

    def default_actions(self, port=None):
        arn = self.listeners[port] if port else self.listener
        return self.elb.describe_listeners(ListenerArns=[arn])["Listeners"][0]["DefaultActions"]

    def weights(self, port=None):
        """{"source": 1, "target": 0} of a listener's forward; a group by its ARN if unknown."""
        arms = {arn: arm for arm, arn in self.groups.items()}
        for action in self.default_actions(port):
            if action["Type"] == "forward":
                groups = action.get("ForwardConfig", {}).get("TargetGroups") or [
                    {"TargetGroupArn": action["TargetGroupArn"], "Weight": 1}]
                return {arms.get(g["TargetGroupArn"], g["TargetGroupArn"]): g.get("Weight", 1)
                        for g in groups}
        return {}

    def desired(self, arm):
        answer = self.ecs.describe_services(cluster=self.cluster, services=[self.services[arm]])
        return answer["services"][0]["desiredCount"]


def run_json(arguments, **how):
    """Runs a program that answers with one JSON document."""
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, **how)
    if done.returncode:
        raise AssertionError(f"{arguments} ended with {done.returncode}: {done.stderr[-4000:]}")
    return json.loads(done.stdout)
