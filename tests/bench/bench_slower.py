"""The benchmark itself, short: that it sees a slower tool to be slower and says that it misses what
is promised, and that it counts what the tool asks for.

usage: bench_slower.py SWITCHOVER PROGRAM
"""
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE]
import bench  # noqa: E402

PROGRAM, PROGRAMS = os.path.abspath(sys.argv[1]), os.path.dirname(os.path.abspath(sys.argv[2]))
PAUSE = 1.0  # s, before the tool begins


def results_of(program):
    return bench.run([program, PROGRAMS, "--alone", "--quiet", "--rounds", "1", "--delays", "50",
                      "--only", "plan,revert"])


def slow_one(folder):
    path = os.path.join(folder, "slow")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f'#!/bin/sh\ncase $1 in plan | revert) sleep {PAUSE} ;; esac\nexec "{PROGRAM}" "$@"\n')
    os.chmod(path, 0o700)
    return path


def walls(results):
    """By case, the best time of each place."""
    return {case: [row["switchover"]["wall"]["least"] for row in results[case]]
            for case in ("plan", "revert")}


def main():
    quick = results_of(PROGRAM)
    with tempfile.TemporaryDirectory() as folder:
        slow = results_of(slow_one(folder))
    for results in (quick, slow):
        for row in results["plan"]:
            assert row["switchover"]["requests"]["median"] <= 14, row
        for row in results["revert"]:
            before = row["switchover"]["requests"]["median"]
            assert before == (0 if row["option"] == "revert --now" else 6), row
    for case, seconds in walls(quick).items():
        for one, other in zip(seconds, walls(slow)[case]):
            assert PAUSE / 2 < other - one < PAUSE * 2, (case, one, other)
    missed = {line["what"]: line["ok"] for line in slow["reach"] if "critical path" in line["what"]}
    assert len(missed) == 6 and not any(missed.values()), missed
    print(f"plan and revert at 50 ms: {walls(quick)}; with a pause of {PAUSE} s: {walls(slow)}")


main()
