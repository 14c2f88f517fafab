"""Writes the documents of the tool's own into the corpora anew, after a change of their formats:

    sh tests/fuzz/run.sh seeds

Saved plans and states of one cutover on the sandbox: half-way, done, taken back; as they are, and
cut to what a fuzzer gets around in.
"""
import json
import os
import signal
import subprocess
import sys
import time

import tool

CORPUS = os.path.join(os.path.dirname(__file__), "corpus")
SPEED = "1000"

PLAN = """switchover: 1
stage: sandbox
name: p
baseline: 2m
traffic:
  steps:
    - {target: 10, hold: 6m}
    - {target: 100, hold: 0s}
drain: {quiet_for: 5m, timeout: 10m}
gates: {on_failure: stop}
attest: {traffic-compatible: CHG-1}
allow: {stickiness: "CHG-1"}
revert: {restore_counts: true}
"""


def put(target, name, text):
    with open(os.path.join(CORPUS, target, name), "w", encoding="utf-8") as file:
        file.write(text)
    print(f"{target}/{name}: {len(text)} bytes")


def cut_plan(plan):
    """Without what most of its bytes are."""
    plan["preconditions"] = plan["preconditions"][:1]
    plan["preconditions"][0]["guards"] = plan["preconditions"][0]["guards"][:1]
    plan["inverse"]["preconditions"] = []


def short(document):
    text = json.dumps(document)
    for long, name in (("migration-sandbox-", "m-"), ("MigrationAssistant-sandbox", "ma"),
                       ("arn:aws:elasticloadbalancing:us-east-1", "arn:aws:elb:r")):
        text = text.replace(long, name)
    return text + "\n"


def put_plan(name, text):
    document = json.loads(text)
    del document["digest"]
    cut_plan(document)
    put("saved_plan", name, short(document))


def put_state(name, text, records, **members):
    document = json.loads(text)
    del document["digest"]
    cut_plan(document["plan"])
    document["records"] = document["records"][records]
    document.update(members)
    put("state", name, short(document))


def failure(**accepted):
    """Of a gate, in the first run."""
    return {"run": 0, "gate": "errors", "address": "hold[10%]", "why": "5 % of 1000 requests",
            "at": 1796090400000, "accepted_because": None, "accepted_by": None, "accepted_at": 0,
            **accepted}


def interrupt(folder, environment, awaited, *arguments):
    """Runs until the state holds the text, then asks to stop."""
    process = subprocess.Popen([folder.program, *arguments], cwd=folder.path, env=environment,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    while process.poll() is None:
        if "p.state.json" in folder.files() and awaited in folder.read("p.state.json"):
            process.send_signal(signal.SIGINT)
        time.sleep(0.01)


def main(program):
    with tool.sandbox(program, "--speed", SPEED) as sandbox:
        environment = sandbox.environment()
        with tool.folder(program, environment) as folder:
            folder.write("p.yaml", PLAN)
            folder.run("plan", "p.yaml", "--out", "saved.plan")
            put("saved_plan", "as_written", folder.read("saved.plan"))
            put_plan("first", folder.read("saved.plan"))
            interrupt(folder, environment, '"address": "hold[10%]",\n      "phase"',
                      "apply", "p.yaml", "--auto-approve")
            half_way = folder.read("p.state.json")
            put_state("half_way", half_way, slice(-2, None))
            put_state("gate_failed", half_way, slice(-2, None), failures=[
                failure(accepted_because="CHG-1", accepted_by="ops@bastion",
                        accepted_at=1796090460000), failure()])
            put_state("begun", half_way, slice(0, 1), baseline=None, sums=None)
            folder.run("plan", "p.yaml", "--out", "saved.plan")
            put_plan("half_way", folder.read("saved.plan"))
            folder.run("apply", "p.yaml", "--auto-approve")
            put_state("done", folder.read("p.state.json"), slice(-3, None))
            folder.run("revert", "p.yaml", "--auto-approve")
            put("state", "as_written", folder.read("p.state.json"))
            put_state("taken_back", folder.read("p.state.json"), slice(-4, None))


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
