"""cmd/quickstart.sh with the program that is under test: what it says, and what it leaves behind,
also when it fails or is stopped on the way."""
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

import judges
import tool

PROGRAM = sys.argv[1]
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCRIPT = os.path.join(ROOT, "cmd", "quickstart.sh")
WITHIN_S = 300


def start(folder, program):
    """In a session of its own, so that whatever it leaves running can be found."""
    return subprocess.Popen(["sh", SCRIPT, program], cwd=folder, stdin=subprocess.DEVNULL,
                            env=judges.environment(TMPDIR=folder), stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, start_new_session=True)


def left_running(session):
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(pid)
    return found


def untracked():
    done = subprocess.run(["git", "status", "--porcelain"], cwd=ROOT, capture_output=True,
                          text=True, check=False)
    return done.stdout


def check_nothing_is_left(process, folder, before):
    assert not left_running(process.pid), "something still runs"
    assert os.listdir(folder) == [], os.listdir(folder)
    assert untracked() == before, "the checkout is not what it was"


def without_numbers(line):
    """What stands before its first number and behind its last: how many rates a hold would notice
    between them is a matter of the traffic."""
    words = re.split(r"[0-9]+", line.strip())
    return words[0], words[-1]


def check_the_readme(out):
    """What README shows of a plan is what is printed, but for its numbers."""
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        blocks = re.findall(r"^```\n(.*?)^```$", file.read(), re.DOTALL | re.MULTILINE)
    shown = [block for block in blocks if "hold[10%]" in block]
    assert len(shown) == 1, shown
    lines = [line for line in shown[0].splitlines() if line != "..."]
    printed = [without_numbers(line) for line in out.splitlines()]
    for line in lines:
        assert without_numbers(line) in printed, line


def test_there_and_back(folder):
    before = untracked()
    process = start(folder, PROGRAM)
    out, err = process.communicate(timeout=WITHIN_S)
    assert process.returncode == 0, out + err
    tool.in_order(out, "$ switchover validate plans/quickstart.yaml", "is a valid plan file",
                  "runbook steps 1 to 9", "$ switchover plan", "Plan: 7 actions, 3 changes",
                  "steps 2, 6, 10 to 12", "$ switchover apply", "Live source 0, target 1; read",
                  "step 12", "$ switchover status", "100 % of the traffic goes to the target",
                  "Fallback", "$ switchover revert", "Live source 1, target 0; read",
                  "byte for byte what it was", '"value": "forward"')
    check_the_readme(out)
    check_nothing_is_left(process, folder, before)


def test_a_failure_leaves_nothing(folder):
    """A program that cannot apply: the sandbox ends all the same, and the code says so."""
    before = untracked()
    with tempfile.TemporaryDirectory() as elsewhere:
        broken = os.path.join(elsewhere, "switchover")
        with open(broken, "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\n[ "$1" != apply ] || exit 6\nexec "{PROGRAM}" "$@"\n')
        os.chmod(broken, 0o755)
        process = start(folder, broken)
        out, err = process.communicate(timeout=WITHIN_S)
    assert process.returncode == 6, out + err
    assert "ended with exit code 6" in err
    check_nothing_is_left(process, folder, before)


def test_a_signal_leaves_nothing(folder):
    before = untracked()
    process = start(folder, PROGRAM)
    for line in process.stderr:
        if "apply of quickstart begins" in line:
            break
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    process.communicate(timeout=WITHIN_S)
    assert process.returncode not in (0, None), process.returncode
    end = time.monotonic() + 30
    while left_running(process.pid) and time.monotonic() < end:
        time.sleep(0.1)
    check_nothing_is_left(process, folder, before)


def main():
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            with tempfile.TemporaryDirectory(prefix="switchover-test-") as folder:
                test(folder)
            print("ok", name, flush=True)


main()
