"""What stands between a command's start and what it is run for, counted: round trips, connections,
durable writes. Over a distance, so that an order of events shows as a time of whole round trips.

usage: round_trips.py SWITCHOVER DELAY_PROXY
"""
import os
import re
import subprocess
import sys
import tempfile
import types

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.append(os.path.join(TESTS, "bench"))
import far  # noqa: E402
import strace  # noqa: E402

PROGRAM, DELAY_PROXY = (os.path.abspath(path) for path in sys.argv[1:3])
DELAY_MS = 200
TRIES = 3  # a busy machine is late; a round trip more would be there every time


def report(setting, stage, tls, *argv):
    setting.proxy.set(stage.port, DELAY_MS)
    subprocess.run([PROGRAM, *argv], env=stage.far(tls), cwd=stage.folder, check=True,
                   stdin=subprocess.DEVNULL, capture_output=True)
    return setting.proxy.report()


def test_the_chain_of_a_plan_waits_for_no_handshake(setting):
    """Connect, TLS, three dependent reads: the last is there two trips behind the first, also over
    TLS, where whoever else is new has a handshake of its own."""
    for tls in (False, True):
        with far.stage(setting) as stage:
            for attempt in range(TRIES):
                seen = report(setting, stage, tls, "plan", "cutover.yaml")
                times = [request.at for request in seen.requests]
                trips = (max(times) - min(times)) * 1000 / DELAY_MS
                if trips < 2.6:
                    break
            assert 1.9 < trips < 2.6, (tls, trips)
            assert len(seen.requests) == 14 and seen.connections == 10, seen
            assert seen.handshakes == (10 if tls else 0), seen
            print(f"  {'TLS' if tls else 'HTTP'}: {trips:.2f} trips from the first to the last")


def lines_of(stage, setting, *argv):
    """What the command asked the kernel for, a line each."""
    trace = os.path.join(stage.folder, "trace")
    setting.proxy.set(stage.port, 20)
    subprocess.run(["strace", "-f", "-o", trace, "-s", "4096", "-e",
                    "trace=connect,sendto,openat,fsync,readlink", PROGRAM, *argv],
                   env=stage.far(False), cwd=stage.folder, check=True, stdin=subprocess.DEVNULL,
                   capture_output=True)
    with open(trace, encoding="utf-8", errors="replace") as file:
        return file.read().splitlines()


def first(lines, pattern):
    return next(i for i, line in enumerate(lines) if re.search(pattern, line))


def test_connections_come_up_while_the_disk_works(setting):
    """A revert: connected before it is locked, one durable write (the state, its backup, their
    folder) before ModifyListener and nothing sent beside it; with --now it is the first request."""
    for options, reads in (((), 6), (("--now",), 0)):
        with far.stage(setting) as stage:
            stage.prepare(PROGRAM, "apply", "cutover.yaml", "--auto-approve")
            lines = lines_of(stage, setting, "revert", "cutover.yaml", "--auto-approve", *options)
            begun = first(lines, r"connect\(.*AF_INET")
            sent = first(lines, "Action=ModifyListener")
            assert begun < first(lines, r"\.state\.json\.lock"), lines
            assert sum(" fsync(" in line for line in lines[:sent]) == 3, lines
            posted = [line for line in lines[:sent] if '"POST ' in line]
            assert len(posted) == reads, posted
            used = {re.search(r"sendto\((\d+)", line).group(1) for line in posted}
            on = re.search(r"sendto\((\d+)", lines[sent]).group(1)
            assert not reads or on in used, (on, used)  # kept, not opened for it


def test_a_plan_is_connected_before_git_is_asked(setting):
    with far.stage(setting) as stage:
        lines = lines_of(stage, setting, "plan", "cutover.yaml")
        git = first(lines, r"readlink\(.*cutover\.yaml")
        assert first(lines, r"connect\(.*AF_INET") < git, lines


TRACED = (test_connections_come_up_while_the_disk_works,
          test_a_plan_is_connected_before_git_is_asked)


def main():
    missing = strace.missing()
    with tempfile.TemporaryDirectory() as folder, far.proxy(DELAY_PROXY, folder) as proxy:
        for name, test in list(globals().items()):
            if not name.startswith("test_"):
                continue
            if missing and test in TRACED:
                print(f"{name}: left out, {missing}")
                continue
            print(name, flush=True)
            test(types.SimpleNamespace(tool=PROGRAM, proxy=proxy))


main()
