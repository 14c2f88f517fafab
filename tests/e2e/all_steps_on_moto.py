"""plan, apply, status and revert against moto, an AWS stand-in that this project did not write. The
deployment is built with boto3, and boto3 reads what became of it; every request on the way is held
against botocore's models and its signature made again by botocore.

moto starts no tasks' targets and makes no metrics, so the test registers the targets when the count
is raised and reports the minutes ahead; the tool's clock is faster, the requests' signatures are not.
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
SPEED = 120
PLAN = """switchover: 1
stage: prod
baseline: 10m
traffic: {steps: [{target: 10, hold: 6m}, {target: 100, hold: 0s}]}
drain: {quiet_for: 3m, timeout: 30m}
gates: {on_failure: stop}
"""


@contextlib.contextmanager
def targets_follow_counts(deployment):
    """What ECS does with a service of a target group: its tasks' addresses are registered."""
    over = threading.Event()

    def follow():
        while not over.wait(0.2):
            wanted = deployment.desired("target")
            if wanted > len(deployment.targets("target")):
                deployment.register("target", wanted)

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(10)


def report_minutes_ahead(deployment, minutes):
    """Both groups have healthy hosts, the target has requests, the source has none."""
    start = datetime.datetime.now(datetime.timezone.utc).replace(second=0, microsecond=0)
    for arm in ("source", "target"):
        deployment.put("HealthyHostCount", [2] * minutes, arm, at=start)
    deployment.put("RequestCount", [600] * minutes, "target", at=start)


def environment(station):
    return judges.environment(station.endpoint, SWITCHOVER_CLOCK=f"{SPEED}@{int(time.time())}")


def test_all_steps_there_and_back(moto, station, folder):
    deployment = judges.Deployment(moto, stage="prod", counts=(2, 0))
    deployment.put_traffic({"source": 600}, minutes=30)
    report_minutes_ahead(deployment, 240)
    before = deployment.default_actions()
    folder.environment = environment(station)
    folder.write("prod.yaml", PLAN)

    done = folder.run("plan", "prod.yaml", "--out", "saved.plan")
    tool.in_order(done.stdout, "scale[target] desired count 0 -> 2", "shift[10%]", "shift[100%]",
                  "drain[source]", "Plan: 6 actions, 3 changes; nothing blocks")
    assert deployment.desired("target") == 0 and deployment.default_actions() == before

    with targets_follow_counts(deployment):
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
    folder.write("prod.yaml", PLAN.replace("hold: 6m", "hold: 0s").replace("3m", "0s"))
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
