"""The way back from a running apply whose gate has failed: what lies between the verdict, as the
event says it, and the moment at which ModifyListener has reached the endpoint."""
import json
import os
import subprocess
import time

import far

SPEED = "200"
DELAY = 50
RUNS = 3
SCENARIO = """sandbox: 1
stage: sandbox
services: {target: {desired: 2, running: 2}}
changes:
  - {when: {target_share: 25}, after: 1m, conditions: {target: {errors: 20%}}}
"""
PLAN = """switchover: 1
stage: sandbox
baseline: 10m
traffic: {steps: [{target: 25, hold: 20m}, {target: 100, hold: 0s}]}
gates: {on_failure: revert}
drain: {quiet_for: 0s}
"""


def fails_at(stdout):
    """When the verdict came, on the monotonic clock; reads the events to their end."""
    at = None
    for line in stdout:
        event = json.loads(line)
        if event["type"] == "gate" and event["gate"]["verdict"] == "fails" and at is None:
            at = time.monotonic()
    return at


def one(bench, tls):
    with far.stage(bench) as prepared:
        with open(os.path.join(prepared.folder, "scenario.yaml"), "w", encoding="utf-8") as file:
            file.write(SCENARIO)
        with open(os.path.join(prepared.folder, "cutover.yaml"), "w", encoding="utf-8") as file:
            file.write(PLAN)
        with far.stage(bench, "--speed", SPEED, "--scenario",
                       os.path.join(prepared.folder, "scenario.yaml")) as stage:
            bench.proxy.set(stage.port, DELAY)
            with subprocess.Popen([bench.tool, "apply", "cutover.yaml", "--auto-approve", "--json"],
                                  env=stage.far(tls), cwd=prepared.folder, text=True,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL) as process:
                verdict = fails_at(process.stdout)
            if process.returncode != 5 or verdict is None:
                raise RuntimeError(f"apply ended with {process.returncode}, not by its gate")
            return judge(verdict, bench.proxy.report())


def judge(verdict, report):
    """What was sent before the verdict had reached the endpoint half a trip before it at the latest,
    as its answer was there; what is sent after it arrives half a trip later at the earliest. None
    when the event was read too late to tell these apart: a busy machine."""
    fallback = [r for r in report.requests if r.operation == "ModifyListener"][-1]
    if fallback.at - verdict < DELAY / 4000:
        return None
    behind = [r for r in report.requests
              if verdict - DELAY / 4000 < r.at < fallback.at and r is not fallback]
    return {"wall": fallback.at - verdict, "requests": len(behind) + 1,
            "handshakes": sum(r.nth == 1 for r in [*behind, fallback])}


def bench(setting):
    rows = []
    for tls in (False, True):
        runs = [run for run in (one(setting, tls) for _ in range(RUNS)) if run]
        if not runs:
            raise RuntimeError("this machine is too busy to tell what lies behind the verdict")
        rows.append({"tls": tls, "delay": DELAY, "trips": 0.5,
                     "wall": min(run["wall"] for run in runs),
                     "requests": max(run["requests"] for run in runs),
                     "handshakes": max(run["handshakes"] for run in runs)})
    return rows
