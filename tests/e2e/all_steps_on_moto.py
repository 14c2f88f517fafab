"""plan, apply, status and revert against moto, an AWS stand-in that this project did not write. The
deployment is built with boto3, and boto3 reads what became of it; every request on the way is held
against botocore's models and its signature made again by botocore.

moto starts no tasks' targets and makes no metrics, so the test registers the targets when the count
is raised, and reports each minute by the weights that it finds when it begins; the tool's clock is
faster, the requests' signatures are not.
"""
import contextlib
import datetime
import json
import sys
import threading
import time

import judges
import recorder
import tool

judges.need("boto3", "moto")
PROGRAM = sys.argv[1]
SPEED = 60
REQUESTS = 600  # a minute; too few on the target to want percentiles, which moto has none of
PLAN = """switchover: 1
stage: prod
baseline: 10m
traffic: {steps: [{target: 10, hold: 8m}, {target: 100, hold: 0s}]}
drain: {quiet_for: 3m, timeout: 30m}
gates: {on_failure: stop}
"""


def register_targets(deployment):
    """What ECS does with a service of a target group: its tasks' addresses are registered."""
    wanted = deployment.desired("target")
    if wanted > len(deployment.targets("target")):
        deployment.register("target", wanted)


def report_minute(deployment, minute):
    """What CloudWatch has of a minute under these weights: a group without requests has no count."""
    weights = deployment.weights()
    for arm in ("source", "target"):
        requests = REQUESTS * weights[arm] // sum(weights.values())
        deployment.put("HealthyHostCount", [2], arm, at=minute)
        if requests:
            deployment.put("RequestCount", [requests], arm, at=minute)
            deployment.put("HTTPCode_Target_2XX_Count", [requests], arm, at=minute)


@contextlib.contextmanager
def aws_goes_on(deployment, epoch):
    """Beside the tool, on its clock, which was the real one at `epoch`."""
    over = threading.Event()

    def go_on():
        reported = datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc)
        reported = reported.replace(second=0, microsecond=0)
        while not over.wait(0.1):
            register_targets(deployment)
            passed = (time.time() - epoch) * SPEED
            now = datetime.datetime.fromtimestamp(epoch + passed, datetime.timezone.utc)
            while reported <= now:
                report_minute(deployment, reported)
                reported += datetime.timedelta(minutes=1)

    thread = threading.Thread(target=go_on, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(10)


def environment(station, epoch=None):
    return judges.environment(station.endpoint,
                              SWITCHOVER_CLOCK=f"{SPEED}@{epoch or int(time.time())}")


def test_all_steps_there_and_back(moto, station, folder):
    deployment = judges.Deployment(moto, stage="prod", counts=(2, 0))
    deployment.put_traffic({"source": REQUESTS}, minutes=30)
    before = deployment.default_actions()
    epoch = int(time.time())
    folder.environment = environment(station, epoch)
    folder.write("prod.yaml", PLAN)

    done = folder.run("plan", "prod.yaml", "--out", "saved.plan")
    tool.in_order(done.stdout, "scale[target] desired count 0 -> 2", "shift[10%]", "shift[100%]",
                  "drain[source]", "Plan: 6 actions, 3 changes; nothing blocks")
    assert deployment.desired("target") == 0 and deployment.default_actions() == before

    with aws_goes_on(deployment, epoch):
        done = folder.run("apply", "saved.plan", "--auto-approve", "--json")
    shifts = [json.loads(line) for line in done.stdout.splitlines()]
    shifts = [e["address"] for e in shifts if e["type"] == "action_done"]
    assert shifts == ["scale[target]", "baseline", "shift[10%]", "hold[10%]", "shift[100%]",
                      "drain[source]"], shifts
    assert deployment.desired("target") == 2 and deployment.desired("source") == 2
    assert deployment.weights() == {"source": 0, "target": 1}
    assert deployment.weights(9201) == {"source": 1}, "other listeners are left alone"

    sent = [e for e in station.operations() if e in ("UpdateService", "ModifyListener")]
    assert sent == ["UpdateService", "ModifyListener", "ModifyListener"], sent

    tool.in_order(folder.run("apply", "saved.plan", "--auto-approve").stderr, "Nothing to do")
    status = folder.json("status", "prod.yaml", "--json")
    assert status["target"]["targets"]["healthy"] == 2
    assert status["state"]["live_is_as_recorded"] is True

    station.forget()
    done = folder.run("revert", "prod.yaml", "--auto-approve", "--traffic-only")
    asked = station.operations()
    assert asked.count("ModifyListener") == 1, asked
    before_it = asked[:asked.index("ModifyListener")]
    assert len(before_it) == len(set(before_it)) + 1, before_it  # one wave; health of both groups
    tool.in_order(done.stdout, "Live source 1, target 0; read", "back at its origin")
    assert deployment.default_actions() == before
    assert deployment.desired("target") == 2, "counts stay"


def test_moved_since_the_plan_is_drift(moto, station, folder):
    deployment = judges.Deployment(moto, stage="prod", counts=(2, 2))
    deployment.put_traffic({"source": 600}, minutes=30)
    folder.environment = environment(station)
    folder.write("prod.yaml", PLAN)
    folder.run("plan", "prod.yaml", "--out", "saved.plan")
    deployment.elb.modify_listener(ListenerArn=deployment.listener,
                                   DefaultActions=deployment.weighted(7, 1))
    done = folder.run("apply", "saved.plan", "--auto-approve", code=4)
    tool.in_order(done.stdout, "Live source 7, target 1", "drift")
    assert deployment.weights() == {"source": 7, "target": 1}
    assert "was" in folder.run("plan", "prod.yaml").stdout  # a new plan says what is there now


def test_the_fallback_as_aws_cli_commands(moto, station, folder):
    deployment = judges.Deployment(moto, stage="prod", counts=(2, 2))
    deployment.put_traffic({"source": 600}, minutes=30)
    before = deployment.default_actions()
    folder.environment = environment(station)
    folder.write("prod.yaml", PLAN.replace("hold: 8m", "hold: 0s").replace("3m", "0s"))
    folder.run("apply", "prod.yaml", "--auto-approve")
    assert deployment.weights() == {"source": 0, "target": 1}
    script = folder.run("revert", "prod.yaml", "--print-aws").stdout
    modify = script[script.index("aws elbv2 modify-listener"):]
    actions = json.loads(modify[modify.index("'") + 1:modify.index("'\n")])
    deployment.elb.modify_listener(ListenerArn=deployment.listener, DefaultActions=actions)
    assert deployment.default_actions() == before
    done = folder.run("revert", "prod.state.json", "--auto-approve")
    tool.in_order(done.stdout, "the listener is back at its origin")


def main():
    with judges.moto() as moto:
        for name, test in list(globals().items()):
            if name.startswith("test_"):
                moto.reset()
                with recorder.Recorder(moto.endpoint) as station, tool.folder(PROGRAM) as folder:
                    test(moto, station, folder)
                    recorder.judge(station.exchanges)
                print("ok", name, flush=True)


main()
