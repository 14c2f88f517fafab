"""A plan while ELBv2 throttles: AWS's bucket of the account (40 at most, 10 a second), of which
others take half, with so much left in it when the plan begins. And whoever plans again and again."""
import os
import subprocess
import time

import far

DELAY = 50
BUCKET = "{burst: 40, rate: 10, others: 5, left: %d}"
LEFT = (20, 10, 0)  # half of it; less than a plan needs; nothing
RUNS = 4
IN_A_ROW = 6


def plan(bench, stage):
    """One plan: whether it came, with every fact that it asked for, and what it cost."""
    bench.proxy.set(stage.port, DELAY)
    began = time.monotonic()
    done = subprocess.run([bench.tool, "plan", "cutover.yaml"], cwd=stage.folder,
                          env=stage.far(False), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)
    wall = time.monotonic() - began
    requests = bench.proxy.report().requests
    came = done.returncode == 0 and "throttles" not in done.stdout
    return {"came": came, "wall": wall, "requests": len(requests),
            "throttled": sum(request.status == 400 for request in requests),
            "peak": peak([request.at for request in requests]), "said": done.stderr + done.stdout}


def peak(times):
    """The most requests of any one second."""
    return max((sum(at <= other < at + 1 for other in times) for at in times), default=0)


def bucket(bench, left, plans):
    """So many plans in a row from a bucket with so much left."""
    with far.stage(bench) as prepared:
        scenario = os.path.join(prepared.folder, "scenario.yaml")
        with open(scenario, "a", encoding="utf-8") as file:
            file.write("throttling: " + BUCKET % left + "\n")
        with far.stage(bench, "--speed", "1", "--scenario", scenario) as stage:
            return [plan(bench, stage) for _ in range(plans)]


def row(what, runs):
    return {"what": what, "plans": len(runs), "came": sum(run["came"] for run in runs),
            "wall": [min(run["wall"] for run in runs), max(run["wall"] for run in runs)],
            "requests": max(run["requests"] for run in runs),
            "throttled": max(run["throttled"] for run in runs),
            "peak": max(run["peak"] for run in runs)}


def bench(setting):
    rows = [row(f"{left} of 40 left", [run for _ in range(RUNS)
                                       for run in bucket(setting, left, 1)]) for left in LEFT]
    rows.append(row(f"{IN_A_ROW} plans in a row from 20", bucket(setting, 20, IN_A_ROW)))
    return rows
