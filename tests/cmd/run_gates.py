"""Failed and undecided gates as a person meets them: the tool against its own sandbox, whose target
answers badly. What became of the traffic is read back with boto3; exit code, last lines and the
JSON of the same run must all say so."""
import json
import sys
import time

import judges
import tool

judges.need("boto3")
PROGRAM = sys.argv[1]
SPEED = "400"
PLAN = """switchover: 1
stage: sandbox
baseline: 10m
traffic: {steps: [{target: 25, hold: 10m}, {target: 100, hold: 0s}]}
gates: {on_failure: %s}
drain: {quiet_for: 2m, timeout: 1h}
"""
HEALTHY = "sandbox: 1\nstage: sandbox\n"
ERRORS = HEALTHY + """changes:
  - {when: {target_share: 25}, after: 2m, conditions: {target: {errors: 10%}}}
"""
ERRORS_FOR_A_WHILE = ERRORS + """  - {when: {target_share: 25}, after: 6m, conditions: {target: {errors: 0%}}}
"""
STUCK = ERRORS + """faults:
  - {operation: ModifyListener, answer: access-denied, times: all, when: {target_share: 25}}
"""
ON_SOURCE = {"source": 1, "target": 0}
ON_BOTH = {"source": 750, "target": 250}
ON_TARGET = {"source": 0, "target": 1}


def weights(sandbox):
    forward = sandbox.listener()["DefaultActions"][0]["ForwardConfig"]["TargetGroups"]
    return {"source" if "Source" in group["TargetGroupArn"] else "target": group["Weight"]
            for group in forward}


def apply(folder, code, *more):
    """The last lines and the last event of an apply that ends so."""
    done = folder.run("apply", "prod.yaml", "--auto-approve", "--json-into", "log", *more, code=code)
    log = [json.loads(line) for line in folder.read("log").splitlines()]
    assert log[-1]["type"] == "closing" and log[-1]["exit_code"] == code, log[-1]
    assert "Nobody is watching" in done.stdout
    return done, log


def runs(folder):
    return folder.json("status", "prod.yaml", "--json")["state"]["runs"]


def test_a_failed_gate_takes_the_traffic_back(sandbox, folder):
    before = sandbox.listener()["DefaultActions"]
    done, log = apply(folder, 5)
    assert sandbox.listener()["DefaultActions"] == before
    tool.in_order(done.stdout, "Live source 1, target 0; read", "Ended gate failed: errors failed in "
                  "hold[25%]:", "5XX", "the traffic is back on the source, read back", "(exit code 5)",
                  "Go on switchover plan prod.yaml", "Go back nothing is left to take back")
    tool.in_order(done.stderr, "hold[25%] 4 of 6", "weights: source 750, target 250",
                  "gate errors FAILS:", "ended: errors failed", "shift[origin] done")
    types = [event["type"] for event in log]
    assert "gate" in types and "looked" in types and "tick" not in types, types
    last = log[-1]
    assert last["end"] == "gate_failed" and last["gate"]["name"] == "errors", last
    assert last["gate"]["address"] == "hold[25%]" and last["fallback"]["confirmed"] is True, last
    assert last["live"]["target_permille"] == 0 and last["go_back"] is None, last
    # the verdict, and right behind it the request that moves the traffic: nothing is read before
    failed = next(i for i, event in enumerate(log)
                  if event["type"] == "gate" and event["gate"]["verdict"] == "fails")
    assert "sent" in types[failed:] and "action_started" in types[failed:]
    looked = next(event for event in log if event["type"] == "looked" and event["minute"])
    assert looked["weights"]["target_permille"] == 250 and looked["health"]["planned"] == 2, looked
    state = folder.json("status", "prod.yaml", "--json")["state"]
    assert [run["end"] for run in state["runs"]] == ["gate_failed", "done"], state["runs"]
    assert state["ended"] and state["runs"][1]["command"] == "fallback of apply prod.yaml"
    assert [failure["open"] for failure in state["failures"]] == [False]
    tool.in_order(folder.run("status", "prod.yaml").stdout, "failed gate errors failed in hold[25%]",
                  "the traffic was taken back since", "next nothing is left")
    folder.run("plan", "prod.yaml", "--detailed-exitcode", code=2)  # a cutover of its own


def test_a_failed_gate_stops_until_somebody_accepts_it(sandbox, folder):
    folder.write("prod.yaml", PLAN % "stop")
    done, log = apply(folder, 8)
    accept = "switchover apply prod.yaml --accept errors --because TEXT"
    assert weights(sandbox) == ON_BOTH
    tool.in_order(done.stdout, "Live source 750, target 250; read", "gate failed: errors failed in "
                  "hold[25%]:", "the traffic is still on the target (exit code 8)",
                  f"Go on {accept}", "hold[25%] then begins anew",
                  "Go back switchover revert prod.yaml")
    assert log[-1]["go_on"] == accept and log[-1]["go_back"] == "switchover revert prod.yaml"
    assert log[-1]["gate"]["name"] == "errors" and "fallback" not in log[-1], log[-1]

    # nothing goes forward over it, nothing is asked, nothing is recorded
    done, log = apply(folder, 8)
    tool.in_order(done.stdout, "Live source 750, target 250; read", "errors failed in hold[25%]:",
                  "nobody has accepted that, so nothing was sent", "(exit code 8)", f"Go on {accept}",
                  "Go back switchover revert prod.yaml")
    assert done.stderr.strip() == "", done.stderr
    assert len(runs(folder)) == 1 and weights(sandbox) == ON_BOTH
    tool.in_order(folder.run("plan", "prod.yaml").stdout, "errors failed in hold[25%]",
                  "--accept errors --because TEXT")
    tool.in_order(folder.run("status", "prod.yaml").stdout, "gate failed", "not accepted",
                  f"go on {accept}")

    for options, says in [(["--accept", "errors"], "needs --because"),
                          (["--because", "x"], "without --accept"),
                          (["--accept", "error", "--because", "x"], "no such gate"),
                          (["--accept", "errors", "--because", "TEXT"], "your own words"),
                          (["--accept", "latency", "--because", "x"], "errors failed in hold[25%]")]:
        done = folder.run("apply", "prod.yaml", "--auto-approve", *options, code=1)
        assert says in " ".join(done.stderr.split()), done.stderr
    assert len(runs(folder)) == 1 and weights(sandbox) == ON_BOTH

    time.sleep(7 * 60 / int(SPEED))  # the errors have ended
    done, log = apply(folder, 0, "--accept", "errors", "--because", "it was a deploy, CHG-7")
    assert weights(sandbox) == ON_TARGET
    failure = folder.json("status", "prod.yaml", "--json")["state"]["failures"][0]
    assert failure["accepted_because"] == "it was a deploy, CHG-7" and not failure["open"], failure
    assert "@" in failure["accepted_by"] and failure["accepted_at"] >= failure["at"], failure
    tool.in_order(folder.run("show", "prod.state.json").stdout, "failed gate errors failed",
                  "accepted by", "it was a deploy, CHG-7")
    done = folder.run("apply", "prod.yaml", "--auto-approve", "--accept", "errors", "--because", "x",
                      code=1)
    assert "no failed gate waits" in " ".join(done.stderr.split()), done.stderr


def test_who_changes_his_mind_has_it_taken_back(sandbox, folder):
    folder.write("prod.yaml", PLAN % "stop")
    apply(folder, 8)
    folder.write("prod.yaml", PLAN % "revert")
    done, _ = apply(folder, 5)
    assert weights(sandbox) == ON_SOURCE
    tool.in_order(done.stderr, "errors failed in hold[25%]:", "this takes the traffic back")
    tool.in_order(done.stdout, "the traffic is back on the source", "(exit code 5)")


def test_a_hand_that_moved_it_back_is_not_called_the_target(sandbox, folder):
    folder.write("prod.yaml", PLAN % "stop")
    apply(folder, 8)
    listener = sandbox.listener()
    moved = listener["DefaultActions"]
    for group in moved[0]["ForwardConfig"]["TargetGroups"]:
        group["Weight"] = int("Source" in group["TargetGroupArn"])
    sandbox.client("elbv2").modify_listener(ListenerArn=listener["ListenerArn"],
                                            DefaultActions=moved)
    done, log = apply(folder, 4)
    tool.in_order(done.stdout, "Live source 1, target 0; read", "on the target no more",
                  "(exit code 4)", "Go on switchover revert prod.yaml")
    assert "still on the target" not in " ".join(done.stdout.split())
    assert log[-1]["end"] == "drift"
    folder.run("revert", "prod.yaml", "--auto-approve", "--traffic-only")


def test_a_fallback_that_fails_is_told_as_such(sandbox, folder):
    done, log = apply(folder, 9)
    assert weights(sandbox) == ON_BOTH
    tool.in_order(done.stdout, "Live source 750, target 250; read", "gate failed: errors failed in "
                  "hold[25%]:", "that the traffic is back on the source is not confirmed:",
                  "(exit code 9)", "Go on switchover revert prod.yaml",
                  "Go back switchover revert prod.yaml")
    assert log[-1]["fallback"]["confirmed"] is False, log[-1]
    assert "back on the source, read back" not in " ".join(done.stdout.split())


def test_what_was_not_decided_is_resumed(sandbox, folder):
    folder.write("prod.yaml", PLAN.replace("on_failure: %s", "on_failure: stop, min_requests: 5000"))
    done, log = apply(folder, 6)
    assert weights(sandbox) == ON_BOTH
    tool.in_order(done.stdout, "Live source 750, target 250; read", "hold[25%] is inconclusive:",
                  "more requests", "(exit code 6)", "Go on switchover apply prod.yaml",
                  "hold[25%] then begins anew and takes 10m; the minutes that were judged still count",
                  "Go back switchover revert prod.yaml")
    assert log[-1]["end"] == "inconclusive" and "gate" not in log[-1], log[-1]
    folder.write("prod.yaml", PLAN % "stop")
    apply(folder, 0)
    assert weights(sandbox) == ON_TARGET


def test_an_inconclusive_end_is_taken_back_where_that_is_wanted(sandbox, folder):
    folder.write("prod.yaml", PLAN.replace(
        "on_failure: %s", "on_failure: stop, on_inconclusive: revert, min_requests: 5000"))
    done, log = apply(folder, 5)
    assert weights(sandbox) == ON_SOURCE
    tool.in_order(done.stdout, "Live source 1, target 0", "hold[25%] is inconclusive:",
                  "the traffic is back on the source, read back", "(exit code 5)")
    assert log[-1]["end"] == "inconclusive" and log[-1]["fallback"]["confirmed"], log[-1]


def test_until_shifted_leaves_the_rest(sandbox, folder):
    done, log = apply(folder, 0, "--until", "shifted")
    assert weights(sandbox) == ON_TARGET
    tool.in_order(done.stdout, "Live source 0, target 1; read", "(exit code 0)",
                  "Go on switchover apply prod.yaml", "drain[source] comes next",
                  "Go back switchover revert prod.yaml")
    assert log[-1]["end"] == "shifted", log[-1]
    assert folder.json("status", "prod.yaml", "--json")["state"]["next"] == "drain[source]"
    done, _ = apply(folder, 0)
    tool.in_order(done.stdout, "every action is done", "Go on nothing is left to do")


SCENARIOS = {
    test_a_failed_gate_takes_the_traffic_back: ERRORS,
    test_a_failed_gate_stops_until_somebody_accepts_it: ERRORS_FOR_A_WHILE,
    test_who_changes_his_mind_has_it_taken_back: ERRORS,
    test_a_hand_that_moved_it_back_is_not_called_the_target: ERRORS,
    test_a_fallback_that_fails_is_told_as_such: STUCK,
}


def main():
    only = sys.argv[2:]
    for name, test in list(globals().items()):
        if not name.startswith("test_") or (only and name not in only):
            continue
        began = time.monotonic()
        with tool.folder(PROGRAM) as scenario:
            scenario.write("world.yaml", SCENARIOS.get(test, HEALTHY))
            world = f"{scenario.path}/world.yaml"
            with tool.sandbox(PROGRAM, "--speed", SPEED, "--scenario", world) as sandbox, \
                    tool.folder(PROGRAM, sandbox.environment()) as folder:
                folder.write("prod.yaml", PLAN % "revert")
                test(sandbox, folder)
        print(f"ok {name} ({time.monotonic() - began:.1f} s)", flush=True)


main()
