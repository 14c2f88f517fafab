"""The figures that the tool promises, as a table: `cmake --build build --target bench`.

usage: bench.py SWITCHOVER EMPTY_PROGRAM MEASURE

Everything runs on loopback against the tool's own sandbox, behind a proxy that adds a fixed delay
per round trip. The critical path of a cold `plan` is four round trips: one to connect, three
dependent waves of reads.
"""

import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from delay_proxy import DelayProxy  # noqa: E402

ROUNDS = 7
MEASURE = None  # tests/bench/measure.c, built


def start_sandbox(tool):
    process = subprocess.Popen(
        [tool, "sandbox", "--port", "0", "--speed", "600"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    env = {}
    for line in process.stdout:
        match = re.match(r"export ([A-Z_]+)='?([^']*)'?$", line.strip())
        if match:
            env[match.group(1)] = match.group(2)
        if "SWITCHOVER_CLOCK" in env and "AWS_ENDPOINT_URL" in env:
            break
    else:
        sys.exit("the sandbox did not start")
    return process, env


def run(argv, env):
    """Wall seconds, processor seconds and peak resident MiB of one whole process."""
    done = subprocess.run([MEASURE, *argv], env=env, capture_output=True, text=True, check=True)
    wall, cpu, rss, code = map(int, done.stdout.split())
    if code != 0:
        sys.exit(f"{' '.join(argv)} ended with {code}: {done.stderr}")
    return wall / 1e6, cpu / 1e6, rss / 1024


def median_of(argv, env, rounds=ROUNDS):
    runs = [run(argv, env) for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*runs)]


def boto3_reads(stage):
    """The same reads as one cold plan, in one boto3 process: its clients, its own connections."""
    return f"""
import boto3, datetime
ecs, elb, cw = (boto3.client(s) for s in ("ecs", "elbv2", "cloudwatch"))
cluster = "migration-{stage}-ecs-cluster"
ecs.describe_services(cluster=cluster, services=["migration-{stage}-capture-proxy",
                                                 "migration-{stage}-target-cluster-proxy"])
lb = elb.describe_load_balancers(Names=["MigrationAssistant-{stage}"])["LoadBalancers"][0]
groups = elb.describe_target_groups(Names=["ALBSourceProxy-{stage}-TG",
                                           "ALBTargetProxy-{stage}-TG"])["TargetGroups"]
arns = [g["TargetGroupArn"] for g in groups]
listeners = elb.describe_listeners(LoadBalancerArn=lb["LoadBalancerArn"])["Listeners"]
for arn in arns:
    elb.describe_target_health(TargetGroupArn=arn)
    elb.describe_target_group_attributes(TargetGroupArn=arn)
elb.describe_load_balancer_attributes(LoadBalancerArn=lb["LoadBalancerArn"])
elb.describe_tags(ResourceArns=[lb["LoadBalancerArn"]])
now = datetime.datetime.now(datetime.timezone.utc)
cw.get_metric_data(StartTime=now - datetime.timedelta(hours=1), EndTime=now, MetricDataQueries=[
    dict(Id="a", MetricStat=dict(Stat="Sum", Period=60, Metric=dict(
        Namespace="AWS/ApplicationELB", MetricName="RequestCount")))])
for l in listeners:
    elb.describe_rules(ListenerArn=l["ListenerArn"])
"""


def have_boto3():
    return subprocess.run([sys.executable, "-c", "import boto3"], capture_output=True).returncode == 0


def bench_plan(tool, plan_file, sandbox_env, base_env):
    port = int(sandbox_env["AWS_ENDPOINT_URL"].rsplit(":", 1)[1].strip("/"))
    print("\nplan, cold, through a proxy that adds a delay per round trip (medians of "
          f"{ROUNDS} runs)\n")
    print("| round trip | wall | of critical path (4 round trips) | requests | connections | boto3, "
          "same reads |")
    print("|---:|---:|---:|---:|---:|---:|")
    worst = None
    for delay in (0, 20, 50, 150):
        with DelayProxy(port, delay) as proxy:
            env = dict(base_env, **sandbox_env)
            env["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{proxy.port}"
            argv = [tool, "plan", plan_file]
            run(argv, env)
            proxy.reset()
            run(argv, env)
            requests, connections = len(proxy.requests), proxy.connections
            wall, _, _ = median_of(argv, env)
            other = "not here"
            if have_boto3():
                other_wall, _, _ = median_of([sys.executable, "-c", boto3_reads("sandbox")], env, 3)
                other = f"{other_wall * 1000:.0f} ms ({other_wall / wall:.1f} x)"
            ratio = wall * 1000 / (4 * delay) if delay else None
            if delay == 50:
                worst = ratio
            shown = f"{ratio:.2f} x" if ratio else "-"
            print(f"| {delay} ms | {wall * 1000:.1f} ms | {shown} | {requests} | {connections} | {other} |")
    return worst


def bench_revert(tool, folder, sandbox_env, base_env):
    """From the start of the process to the moment at which ModifyListener reaches the endpoint."""
    port = int(sandbox_env["AWS_ENDPOINT_URL"].rsplit(":", 1)[1].strip("/"))
    plan_file = os.path.join(folder, "revert.yaml")
    with open(plan_file, "w") as out:
        out.write("switchover: 1\nstage: sandbox\ntraffic: {steps: [{target: 100, hold: 0s}]}\n"
                  "drain: {quiet_for: 0s}\n")
    print("\nrevert from state, up to the moment at which ModifyListener reaches the endpoint (medians "
          "of 5 runs)\n")
    print("| round trip | option | wall | of critical path | requests before it | connections |")
    print("|---:|---|---:|---:|---:|---:|")
    for option, trips in (("", 2.5), ("--now", 1.5)):
        for delay in (0, 20, 50, 150):
            env = dict(base_env, **sandbox_env)
            walls, before, connections = [], 0, 0
            for _ in range(5):
                subprocess.run([tool, "apply", plan_file, "--auto-approve"], env=env, check=True,
                               capture_output=True)
                with DelayProxy(port, delay) as proxy:
                    through = dict(env, AWS_ENDPOINT_URL=f"http://127.0.0.1:{proxy.port}")
                    start = time.monotonic()
                    subprocess.run([tool, "revert", plan_file, "--auto-approve", *option.split()],
                                   env=through, check=True, capture_output=True)
                    names = [name for _, name in proxy.requests]
                    before, connections = names.index("ModifyListener"), proxy.connections
                    walls.append(proxy.requests[before][0] - start)
            wall = statistics.median(walls) * 1000
            shown = f"{wall / (trips * delay):.2f} x of {trips} trips" if delay else "-"
            print(f"| {delay} ms | {option or 'read first'} | {wall:.1f} ms | {shown} | {before} | "
                  f"{connections} |")


def bench_processes(tool, empty, plan_file, sandbox_env, base_env):
    env = dict(base_env, **sandbox_env)
    print(f"\nwhole processes, no delay (medians of {ROUNDS * 3} runs)\n")
    print("| command | wall | processor time | peak resident |")
    print("|---|---:|---:|---:|")
    rows = {}
    for name, argv in (("an empty program, same links", [empty]), ("version", [tool, "version"]),
                       ("validate", [tool, "validate", plan_file]), ("plan", [tool, "plan", plan_file]),
                       ("status", [tool, "status", plan_file])):
        rows[name] = median_of(argv, env, ROUNDS * 3)
        wall, cpu, rss = rows[name]
        print(f"| {name} | {wall * 1000:.1f} ms | {cpu * 1000:.1f} ms | {rss:.1f} MiB |")
    return rows


def main():
    global MEASURE
    tool, empty, MEASURE = sys.argv[1:4]
    folder = tempfile.TemporaryDirectory()
    plan_file = os.path.join(folder.name, "bench.yaml")
    with open(plan_file, "w") as out:
        out.write("switchover: 1\nstage: sandbox\n")
    base_env = {k: v for k, v in os.environ.items()
                if not k.startswith("AWS_") and k != "SWITCHOVER_CLOCK"}
    base_env["AWS_CONFIG_FILE"] = base_env["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    process, sandbox_env = start_sandbox(tool)
    try:
        print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors, "
              f"{time.strftime('%Y-%m-%d')}")
        ratio = bench_plan(tool, plan_file, sandbox_env, base_env)
        bench_revert(tool, folder.name, sandbox_env, base_env)
        rows = bench_processes(tool, empty, plan_file, sandbox_env, base_env)
    finally:
        folder.cleanup()
        process.terminate()
        process.wait(10)
    start = rows["version"][0] / rows["an empty program, same links"][0]
    cpu = max(rows[name][1] for name in ("version", "validate", "plan", "status")) * 1000
    rss = max(rows[name][2] for name in ("version", "validate", "plan", "status"))
    print("\n| what | reach | here |")
    print("|---|---|---|")
    print(f"| plan at 50 ms | at most 1.15 x its critical path | {ratio:.2f} x |")
    print(f"| processor time of a command | under 30 ms | {cpu:.1f} ms |")
    print(f"| resident memory | under 20 MB | {rss * 1.048576:.1f} MB |")
    print(f"| version against an empty program with the same links | at most 1.3 x | {start:.2f} x |")


if __name__ == "__main__":
    main()
