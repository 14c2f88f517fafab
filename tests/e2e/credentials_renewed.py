"""Credentials that end while a run is under way, against the sandbox, which verifies signatures and
knows when temporary keys have ended: with a source that has new ones the run goes on as if nothing
had been, with one that has none it stops and says what to do. The only clock is the real one: keys
last seconds here, where AWS's last an hour."""
import concurrent.futures
import contextlib
import datetime
import http.server
import json
import os
import subprocess
import sys
import threading
import time

import judges
import terminal
import tool

PROGRAM = sys.argv[1]
SPEED = "300"
PLAN = """switchover: 1
stage: sandbox
baseline: 10m
traffic: {steps: [{target: 25, hold: 20m}, {target: 100, hold: 0s}]}
gates: {on_failure: stop}
drain: {quiet_for: 2m, timeout: 1h}
"""
SECRET = "sandbox-secret-that-opens-nothing-else"


def until(seconds):
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return end.strftime("%Y-%m-%dT%H:%M:%SZ")


def keys(sandbox, end):
    return {"aws_access_key_id": sandbox.exports["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": sandbox.exports["AWS_SECRET_ACCESS_KEY"],
            "aws_session_token": f"sandbox-until-{end}"}


def environment(folder, sandbox, **more):
    """Where only the shared files have keys, and whatever `more` says."""
    env = sandbox.environment(AWS_CONFIG_FILE=f"{folder.path}/config",
                              AWS_SHARED_CREDENTIALS_FILE=f"{folder.path}/credentials")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del env[name]
    env.update(more)
    return env


def sign_in(folder, sandbox, seconds):
    """As a person's tool does: the whole file in one step."""
    content = "".join(f"{name} = {value}\n" for name, value in keys(sandbox, until(seconds)).items())
    folder.write("credentials.new", "[default]\n" + content)
    os.replace(f"{folder.path}/credentials.new", f"{folder.path}/credentials")


@contextlib.contextmanager
def signs_in_again(folder, sandbox, every, seconds):
    """Somebody who keeps the file fresh; says how often."""
    over, times = threading.Event(), []

    def work():
        while not over.wait(every):
            sign_in(folder, sandbox, seconds)
            times.append(time.monotonic())
    thread = threading.Thread(target=work, daemon=True)
    sign_in(folder, sandbox, seconds)
    thread.start()
    try:
        yield times
    finally:
        over.set()
        thread.join()


def weights(sandbox):
    forward = sandbox.listener()["DefaultActions"][0]["ForwardConfig"]["TargetGroups"]
    return {"source" if "Source" in group["TargetGroupArn"] else "target": group["Weight"]
            for group in forward}


def all_is_silent_about_secrets(folder, done):
    for text in (done.stdout, done.stderr, folder.read("prod.state.json"), folder.read("log")):
        assert SECRET not in text and "sandbox-until-" not in text


def test_a_file_that_somebody_keeps_fresh(sandbox, folder):
    """Nobody told the tool when they end: AWS says so, and the file is read again."""
    folder.environment = environment(folder, sandbox)
    with signs_in_again(folder, sandbox, every=1, seconds=4) as times:
        done = folder.run("apply", "prod.yaml", "--auto-approve", "--json-into", "log")
    assert len(times) >= 2, times
    assert weights(sandbox) == {"source": 0, "target": 1}
    assert "expired" not in done.stderr and "cannot be read" not in done.stderr, done.stderr
    refused = sandbox.log().count("Expired")
    assert refused, "no key of this run has ended: it proves nothing"
    all_is_silent_about_secrets(folder, done)


@contextlib.contextmanager
def agent(sandbox, seconds):
    """A container's agent: its address, and the end of each set of keys that it gave out."""
    ends = []

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            ends.append(until(seconds))
            body = json.dumps({"AccessKeyId": sandbox.exports["AWS_ACCESS_KEY_ID"],
                               "SecretAccessKey": SECRET, "Expiration": ends[-1],
                               "Token": f"sandbox-until-{ends[-1]}"}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/keys", ends
        server.shutdown()


def test_an_agent_that_says_when_they_end(sandbox, folder):
    """They are asked for anew as they end, so AWS need not say so."""
    with agent(sandbox, seconds=4) as (address, ends):
        folder.environment = environment(folder, sandbox,
                                         AWS_CONTAINER_CREDENTIALS_FULL_URI=address)
        done = folder.run("plan", "prod.yaml")
        tool.in_order(done.stdout, "ok credentials-outlive", "no end is known")
        done = folder.run("apply", "prod.yaml", "--auto-approve", "--json-into", "log")
    assert weights(sandbox) == {"source": 0, "target": 1}
    assert len(ends) >= 3, ends
    # what is under way in the very second of their end is refused, and sent again
    assert sandbox.log().count("Expired") < 10 * len(ends), sandbox.log()
    assert "expired" not in done.stderr and "cannot be read" not in done.stderr, done.stderr
    all_is_silent_about_secrets(folder, done)


def test_somebody_who_signs_in_while_a_hold_waits(sandbox, folder):
    """It sees nothing until then, says what to do, and goes on once that is done."""
    folder.environment = environment(folder, sandbox)
    folder.write("prod.yaml", PLAN.replace("hold: 20m", "hold: 50m"))
    sign_in(folder, sandbox, 4)
    late = threading.Timer(6, sign_in, (folder, sandbox, 60))
    late.start()
    try:
        done = folder.run("apply", "prod.yaml", "--auto-approve", "--json-into", "log")
    finally:
        late.join()
    assert weights(sandbox) == {"source": 0, "target": 1}
    tool.in_order(done.stderr, "hold[25%] warning: live cannot be read; this wait goes on:",
                  "have expired", "sign in again", "hold[25%] done")
    all_is_silent_about_secrets(folder, done)


def hangs_when_asked_again(folder, sandbox, seconds):
    """A credential_process whose keys last that long, and which then does not answer."""
    end = until(seconds)
    folder.environment = environment(folder, sandbox, AWS_EC2_METADATA_DISABLED="true")
    folder.write("prod.yaml", PLAN.replace("hold: 20m", "hold: 10h"))
    folder.write("keys.json", json.dumps({
        "Version": 1, "AccessKeyId": sandbox.exports["AWS_ACCESS_KEY_ID"],
        "SecretAccessKey": SECRET, "SessionToken": f"sandbox-until-{end}", "Expiration": end}))
    folder.write("keys.sh", f"echo asked >>{folder.path}/asked\n"
                            f"test $(wc -l <{folder.path}/asked) -eq 1 || exec sleep 60\n"
                            f"cat {folder.path}/keys.json\n")
    folder.write("config", f"[default]\ncredential_process = sh {folder.path}/keys.sh\n")


def wait_until_asked_again(folder, wait=time.sleep):
    late = time.monotonic() + 60
    while "asked" not in folder.files() or folder.read("asked").count("asked") < 2:
        assert time.monotonic() < late
        wait(0.02)


def test_a_revert_waits_for_no_keys(sandbox, folder):
    """The run that it asks to stop waits for new ones just then, and holds some that last."""
    hangs_when_asked_again(folder, sandbox, 90)
    with subprocess.Popen([PROGRAM, "apply", "prod.yaml", "--auto-approve"], cwd=folder.path,
                          env=folder.environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          preexec_fn=judges.die_with_parent) as run:
        wait_until_asked_again(folder)
        began = time.monotonic()
        folder.environment = sandbox.environment()
        folder.run("revert", "prod.yaml", "--now", "--auto-approve")
        assert run.wait(1) == 6, run.returncode
        took = time.monotonic() - began
    assert weights(sandbox) == {"source": 1, "target": 0}, weights(sandbox)
    assert took < 8, took


def test_a_key_waits_for_no_keys(sandbox, folder):
    """Who sits at the terminal is heard meanwhile."""
    hangs_when_asked_again(folder, sandbox, 90)
    place = terminal.Terminal(PROGRAM, folder, "apply", "prod.yaml", "--auto-approve")
    wait_until_asked_again(folder, place.read_for)
    began = time.monotonic()
    place.type("p")
    assert place.end() == 6, place.said
    assert time.monotonic() - began < 5, place.said
    place.close()


def apply_until_variables_end(sandbox, folder, seconds):
    end = until(seconds)
    variables = {name.upper(): value for name, value in keys(sandbox, end).items()}
    folder.environment = environment(folder, sandbox, AWS_CREDENTIAL_EXPIRATION=end, **variables)
    folder.write("prod.yaml", PLAN.replace("hold: 20m", f"hold: {seconds * 15 // 2}m"))
    done = folder.run("plan", "prod.yaml")
    tool.in_order(done.stdout, "warns credentials-outlive", "and then only a person can get new ones")
    return folder.run("apply", "prod.yaml", "--auto-approve", "--json-into", "log", code=6)


def test_variables_that_end_in_a_hold(sandbox, folder):
    """Nothing can renew them: the state is whole, and new variables go on."""
    seconds = 4
    done = apply_until_variables_end(sandbox, folder, seconds)
    while weights(sandbox)["target"] == 0 and seconds < 60:  # a busy machine: no hold had begun
        seconds *= 3
        done = apply_until_variables_end(sandbox, folder, seconds)
    tool.in_order(done.stdout, "hold[25%] is inconclusive:", "the AWS credentials from the environment "
                  "have expired", "(exit code 6)", "Go on switchover apply prod.yaml",
                  "set new AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN",
                  "Go back switchover revert prod.yaml")
    assert weights(sandbox) == {"source": 750, "target": 250}
    all_is_silent_about_secrets(folder, done)
    log = [json.loads(line) for line in folder.read("log").splitlines()]
    assert log[-1]["type"] == "closing" and "expired" in log[-1]["why"], log[-1]

    done = folder.run("apply", "prod.yaml", "--auto-approve", code=6)  # the same ones again
    tool.in_order(done.stdout + done.stderr, "expired", "set new AWS_ACCESS_KEY_ID")
    assert weights(sandbox) == {"source": 750, "target": 250}

    variables = {name.upper(): value for name, value in keys(sandbox, until(60)).items()}
    folder.environment = environment(folder, sandbox, **variables)
    folder.run("apply", "prod.yaml", "--auto-approve")
    assert weights(sandbox) == {"source": 0, "target": 1}
    ends = [run["end"] for run in folder.json("status", "prod.yaml", "--json")["state"]["runs"]]
    assert "inconclusive" in ends and ends[-1] == "done", ends


def play(test):
    began = time.monotonic()
    with tool.sandbox(PROGRAM, "--speed", SPEED) as sandbox, tool.folder(PROGRAM) as folder:
        folder.write("prod.yaml", PLAN)
        test(sandbox, folder)
    return f"ok {test.__name__} ({time.monotonic() - began:.1f} s)"


def main():
    judges.need("boto3")
    only = sys.argv[2:]
    tests = [test for name, test in globals().items()
             if name.startswith("test_") and (not only or name in only)]
    with concurrent.futures.ThreadPoolExecutor(len(tests)) as pool:  # they wait, most of the time
        for words in pool.map(play, tests):
            print(words, flush=True)


main()
