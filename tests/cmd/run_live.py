"""plan, apply, status and revert as a person runs them, against the tool's own sandbox on a fast
clock; what became of it is read back with boto3."""
import json
import os
import signal
import subprocess
import sys
import time

import judges
import tool

judges.need("boto3")
PROGRAM = sys.argv[1]
SPEED = "300"
PLAN = """switchover: 1
stage: sandbox
baseline: 10m
traffic: {steps: [{target: 10, hold: 6m}, {target: 100, hold: 0s}]}
drain: {quiet_for: 2m, timeout: 1h}
gates: {on_failure: stop}
"""
LONG = PLAN.replace("6m", "10h")


def weights(sandbox):
    forward = sandbox.listener()["DefaultActions"][0]["ForwardConfig"]["TargetGroups"]
    return {"source" if "Source" in group["TargetGroupArn"] else "target": group["Weight"]
            for group in forward}


def events(stdout):
    found = [json.loads(line) for line in stdout.splitlines()]
    for line in stdout.splitlines():
        assert line.startswith('{"format_version":1,'), line
    return found


def start(folder, *arguments):
    """Starts the tool and leaves it running; a person's standard streams, but for the terminal."""
    return subprocess.Popen([PROGRAM, *arguments], cwd=folder.path, env=folder.environment,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True,
                            preexec_fn=judges.die_with_parent)


def wait_for(process, word):
    """Reads its standard error until a line says the word."""
    said = []
    for line in process.stderr:
        said.append(line)
        if word in line:
            return
    raise AssertionError(f"never said {word!r}:\n" + "".join(said))


def test_there_and_back(sandbox, folder):
    before = sandbox.listener()["DefaultActions"]
    done = folder.run("plan", "prod.yaml", "--detailed-exitcode", code=2)
    tool.in_order(done.stdout, "scale[target] desired count 0 -> 2", "shift[10%]", "shift[100%]",
                  "drain[source]", "Fallback", "shift[origin]", "Plan: 6 actions, 3 changes")
    assert done.stderr == ""
    assert folder.files() == ["prod.yaml"], "plan leaves nothing behind"

    done = folder.run("apply", "prod.yaml", code=1)
    assert "--auto-approve" in done.stderr and weights(sandbox) == {"source": 1, "target": 0}

    done = folder.run("apply", "prod.yaml", "--auto-approve", "--json", "--json-into", "log")
    found = events(done.stdout)
    assert folder.read("log") == done.stdout
    types = [event["type"] for event in found]
    assert types[0] == "run_started" and types[-2:] == ["run_ended", "closing"], types
    assert found[-1]["live"]["target_permille"] == 1000 and found[-1]["exit_code"] == 0
    assert found[-1]["go_on"] is None and "switchover revert prod.yaml" in found[-1]["go_back"]
    assert weights(sandbox) == {"source": 0, "target": 1}
    tool.in_order(done.stderr, "Plan: 6 actions", "apply of prod begins", "shift[100%] done",
                  "Live source 0, target 1; read", "Nobody is watching")

    done = folder.run("apply", "prod.yaml", "--auto-approve")
    assert "Nothing to do" in done.stderr
    tool.in_order(done.stdout, "Live source 0, target 1; read", "there is nothing to do",
                  "Go on nothing is left to do", "Go back switchover revert prod.yaml")
    folder.run("plan", "prod.yaml", "--detailed-exitcode")

    status = folder.json("status", "prod.yaml", "--json")
    assert status["listener"]["target_permille"] == 1000
    assert status["state"]["live_is_as_recorded"] is True and status["state"]["next"] is None
    tool.in_order(folder.run("status", "prod.yaml").stdout, "prod: 100 %", "tasks: 2 desired",
                  "go back switchover revert prod.yaml")
    tool.in_order(folder.run("show", "prod.state.json").stdout, "State of prod", "run 1",
                  "drain[source] done", "next nothing is left")

    tool.in_order(folder.run("plan", "prod.yaml", "--revert").stdout, "Fallback plan of prod",
                  "shift[origin] source 0, target 1 -> source 1, target 0",
                  "requests that CloudWatch has counted there so far")
    done = folder.run("revert", "prod.yaml", "--auto-approve")
    tool.in_order(done.stdout, "Live source 1, target 0; read", "back at its origin", "(exit code 0)",
                  "nothing is left to do", "nothing is left to take back", "Nobody is watching")
    assert sandbox.listener()["DefaultActions"] == before
    done = folder.run("revert", "prod.state.json", "--auto-approve")
    assert "Nothing to do" in done.stderr
    tool.in_order(done.stdout, "already where it was", "Go back nothing is left to take back")
    assert "prod.state.json.lock" not in folder.files()


def test_a_saved_plan(sandbox, folder):
    done = folder.run("plan", "prod.yaml", "--out", "saved.plan")
    tool.in_order(done.stdout, "Saved.", "switchover apply saved.plan")
    assert os.stat(os.path.join(folder.path, "saved.plan")).st_mode & 0o077 == 0o044
    assert folder.run("show", "saved.plan", "--json").stdout == folder.read("saved.plan")
    shown = folder.run("show", "saved.plan").stdout
    assert shown == done.stdout[:done.stdout.index("Saved.")]
    # somebody moves what it was made on
    listener = sandbox.listener()
    moved = json.loads(json.dumps(listener["DefaultActions"]))
    moved[0]["ForwardConfig"]["TargetGroups"][1]["Weight"] = 5
    sandbox.client("elbv2").modify_listener(ListenerArn=listener["ListenerArn"],
                                            DefaultActions=moved)
    done = folder.run("apply", "saved.plan", "--auto-approve", code=4)
    tool.in_order(done.stdout, "Live source 1, target 5", "drift", "(exit code 4)")
    assert weights(sandbox) == {"source": 1, "target": 5}
    sandbox.client("elbv2").modify_listener(ListenerArn=listener["ListenerArn"],
                                            DefaultActions=listener["DefaultActions"])
    folder.run("apply", "saved.plan", "--auto-approve")
    done = folder.run("apply", "saved.plan", "--auto-approve")
    assert "has been carried out" in done.stderr
    folder.write("saved.plan", folder.read("saved.plan").replace('"stage: ', '"stagE: '))
    folder.run("revert", "saved.plan", "--auto-approve", "--traffic-only")
    assert weights(sandbox) == {"source": 1, "target": 0}
    folder.write("saved.plan", folder.read("saved.plan").replace("shift", "shirt", 1))
    tool.in_order(folder.run("apply", "saved.plan", "--auto-approve", code=1).stderr,
                  "saved.plan", "digest")


def test_a_fallback_takes_a_running_apply_over(sandbox, folder):
    folder.write("prod.yaml", LONG)
    running = start(folder, "apply", "prod.yaml", "--auto-approve")
    wait_for(running, "Z hold[10%]")
    assert weights(sandbox) == {"source": 900, "target": 100}
    done = folder.run("apply", "prod.yaml", "--auto-approve", code=7)
    tool.in_order(done.stderr, "Error:", "held by", "apply prod.yaml")
    folder.run("status", "prod.yaml")  # readers never lock
    done = folder.run("revert", "prod.yaml", "--auto-approve")
    tool.in_order(done.stderr, "asked to stop", "shift[origin] done")
    assert weights(sandbox) == {"source": 1, "target": 0}
    out, _ = running.communicate(timeout=60)
    assert running.returncode == 6, running.returncode
    tool.in_order(out, "Live source 900, target 100", "interrupted", "(exit code 6)", "Go on",
                  "Go back", "Nobody is watching")


def test_a_signal_stops_in_order_and_apply_resumes(sandbox, folder):
    folder.write("prod.yaml", LONG)
    running = start(folder, "apply", "prod.yaml", "--auto-approve")
    wait_for(running, "Z hold[10%]")
    running.send_signal(signal.SIGINT)
    out, _ = running.communicate(timeout=60)
    assert running.returncode == 6, running.returncode
    tool.in_order(out, "Live source 900, target 100", "interrupted", "switchover apply prod.yaml",
                  "switchover revert prod.yaml", "Nobody is watching")
    status = folder.json("status", "prod.yaml", "--json")
    assert status["state"]["next"] == "hold[10%]", status["state"]["next"]
    folder.write("prod.yaml", PLAN)  # the hold is made shorter: what is left is planned anew
    done = folder.run("apply", "prod.yaml", "--auto-approve")
    assert "was edited" in done.stderr
    assert weights(sandbox) == {"source": 0, "target": 1}
    folder.run("revert", "prod.yaml", "--auto-approve", "--now")
    assert weights(sandbox) == {"source": 1, "target": 0}


def test_a_killed_run_loses_nothing(sandbox, folder):
    folder.write("prod.yaml", LONG)
    running = start(folder, "apply", "prod.yaml", "--auto-approve")
    wait_for(running, "Z hold[10%]")
    running.kill()
    running.communicate()
    status = folder.json("status", "prod.yaml", "--json")
    assert status["state"]["runs"][0]["end"] == "open"
    assert status["state"]["last_run"] == "died" and not status["lock"]["held"]
    tool.in_order(folder.run("status", "prod.yaml").stdout, "died without a word",
                  "resume with `switchover apply prod.yaml`", "go back")
    folder.run("revert", "prod.state.json", "--auto-approve", "--traffic-only")
    assert weights(sandbox) == {"source": 1, "target": 0}


def test_of_two_at_the_same_moment_one_goes_on(sandbox, folder):
    folder.write("prod.yaml", LONG)
    both = [start(folder, "apply", "prod.yaml", "--auto-approve") for _ in range(2)]
    while all(process.poll() is None for process in both):
        time.sleep(0.05)
    other, holder = sorted(both, key=lambda process: process.poll() is None)
    error = other.communicate()[1]
    assert other.returncode == 7, (other.returncode, error)
    assert f"(pid {holder.pid})" in error and "running `apply prod.yaml`" in error, error
    wait_for(holder, "Z hold[10%]")
    assert weights(sandbox) == {"source": 900, "target": 100}
    state = folder.json("status", "prod.yaml", "--json")["state"]
    assert len(state["runs"]) == 1 and state["last_run"] == "running", state
    holder.kill()
    holder.communicate()
    folder.run("revert", "prod.yaml", "--auto-approve", "--traffic-only")
    assert weights(sandbox) == {"source": 1, "target": 0}


def test_a_fallback_wins_over_an_apply_that_waits(sandbox, folder):
    folder.write("prod.yaml", LONG)
    running = start(folder, "apply", "prod.yaml", "--auto-approve")
    wait_for(running, "Z hold[10%]")
    waiting = start(folder, "apply", "prod.yaml", "--auto-approve", "--lock-timeout", "10h")
    wait_for(waiting, "Waiting:")
    folder.run("revert", "prod.yaml", "--auto-approve", "--traffic-only")
    running.communicate()
    error = waiting.communicate()[1]
    assert running.returncode == 6, running.returncode
    # the fallback got the lock, or first the one that waited, which was then asked to stop too
    assert waiting.returncode in (1, 6), (waiting.returncode, error)
    if waiting.returncode == 1:
        assert "somebody took the traffic back while this waited" in " ".join(error.split()), error
    assert weights(sandbox) == {"source": 1, "target": 0}


def test_the_same_fallback_with_the_aws_cli(sandbox, folder):
    folder.write("prod.yaml", PLAN.replace("quiet_for: 2m", "quiet_for: 0s"))
    before = sandbox.listener()["DefaultActions"]
    folder.run("apply", "prod.yaml", "--auto-approve")
    script = folder.run("revert", "prod.yaml", "--print-aws").stdout
    assert weights(sandbox) == {"source": 0, "target": 1}, "printing changes nothing"
    connected, folder.environment = folder.environment, {
        name: value for name, value in folder.environment.items() if not name.startswith("AWS_")}
    offline = folder.run("revert", "prod.state.json", "--print-aws").stdout
    folder.environment = connected
    endpoint = f" --endpoint-url {sandbox.endpoint}"
    assert offline == script.replace(endpoint, ""), "it needs no AWS and no credentials"
    if subprocess.run(["sh", "-c", "command -v aws"], capture_output=True,
                      check=False).returncode:
        print("   (no AWS CLI here: the commands were not run)")
        folder.run("revert", "prod.yaml", "--auto-approve")
        return
    done = subprocess.run(["sh", "-e"], input=script, env=folder.environment, text=True,
                          capture_output=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr
    assert sandbox.listener()["DefaultActions"] == before
    tool.in_order(folder.run("revert", "prod.yaml", "--auto-approve").stdout, "back at its origin")


def test_a_state_alone_is_enough(sandbox, folder):
    """Another machine: no plan file, no region in the environment."""
    folder.run("apply", "prod.yaml", "--auto-approve")
    os.remove(os.path.join(folder.path, "prod.yaml"))
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        folder.environment.pop(name)
    folder.run("status", "prod.state.json")
    folder.run("revert", "prod.state.json", "--auto-approve")
    assert weights(sandbox) == {"source": 1, "target": 0}


def test_closed_streams_break_nothing(sandbox, folder):
    """A terminal that is gone, or that never was: the run goes on, and no file is mistaken for it."""
    done = subprocess.run(["sh", "-c", '"$0" apply prod.yaml --auto-approve <&- >&- 2>&-', PROGRAM],
                          cwd=folder.path, env=folder.environment, check=False, timeout=120)
    assert done.returncode == 0, done
    assert weights(sandbox) == {"source": 0, "target": 1}
    assert folder.json("status", "prod.yaml", "--json")["state"]["runs"][0]["end"] == "done"
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([PROGRAM, "revert", "prod.yaml", "--auto-approve"], cwd=folder.path,
                              env=folder.environment, stdout=full, stderr=full, check=False,
                              timeout=120)
    assert done.returncode == 0, done
    assert weights(sandbox) == {"source": 1, "target": 0}


def test_what_cannot_be_planned_says_why(sandbox, folder):
    folder.write("prod.yaml", PLAN.replace("stage: sandbox", "stage: other"))
    done = folder.run("plan", "prod.yaml", code=1)
    assert "other" in done.stdout + done.stderr
    folder.write("prod.yaml", PLAN + 'aws: {account: "999999999999"}\n')
    done = folder.run("plan", "prod.yaml", "--detailed-exitcode", code=3)
    tool.in_order(done.stdout, "BLOCKS account", "999999999999")
    done = folder.run("apply", "prod.yaml", "--auto-approve", code=3)
    assert "BLOCKS" in done.stderr and weights(sandbox) == {"source": 1, "target": 0}
    tool.in_order(done.stdout, "Live source 1, target 0; read", "blocked: 1 precondition blocks",
                  "account (exit code 3)", "Go on switchover apply prod.yaml",
                  "Go back nothing is left to take back")
    found = events(folder.run("apply", "prod.yaml", "--auto-approve", "--json", code=3).stdout)
    assert [event["type"] for event in found] == ["closing"] and found[0]["exit_code"] == 3
    assert folder.files() == ["prod.yaml"]
    folder.environment["AWS_SECRET_ACCESS_KEY"] = "wrong"
    done = folder.run("plan", "prod.yaml", code=1)
    tool.in_order(done.stderr, "Error:", "Signature")
    folder.environment["AWS_ENDPOINT_URL"] = "http://127.0.0.1:9"
    tool.in_order(folder.run("status", "prod.yaml", code=1).stderr, "Error:", "127.0.0.1:9")


def main():
    only = sys.argv[2:]
    for name, test in list(globals().items()):
        if not name.startswith("test_") or (only and name not in only):
            continue
        began = time.monotonic()
        with tool.sandbox(PROGRAM, "--speed", SPEED) as sandbox, \
                tool.folder(PROGRAM, sandbox.environment()) as folder:
            folder.write("prod.yaml", PLAN)
            test(sandbox, folder)
        print(f"ok {name} ({time.monotonic() - began:.1f} s)", flush=True)


main()
