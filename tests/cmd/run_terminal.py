"""apply and revert on a terminal: the question, the line that changes in its place, the keys, and
what becomes of a run whose terminal goes away."""
import re
import signal
import sys
import time

import judges
import terminal
import tool

judges.need("boto3")
PROGRAM = sys.argv[1]
PLAN = """switchover: 1
stage: sandbox
baseline: 10m
traffic: {steps: [{target: 100, hold: 6m}]}
drain: {quiet_for: 0s, timeout: 1h}
"""
COLUMNS = terminal.COLUMNS
WITHIN_S = terminal.WITHIN_S


def on_terminal(folder, *arguments, **environment):
    return terminal.Terminal(PROGRAM, folder, *arguments, **environment)


def permille(folder):
    return folder.json("status", "prod.yaml", "--json")["listener"]["target_permille"]


def test_only_yes_begins(folder):
    for answer in ("no\n", "y\n", "YES\n", "\x04"):
        window = on_terminal(folder, "apply", "prod.yaml")
        window.wait_for("Only 'yes' is a yes: ")
        window.type(answer)
        assert window.end() == 1, window.said
        assert "nothing was changed" in window.said
    window = on_terminal(folder, "apply", "prod.yaml")
    window.wait_for("Only 'yes' is a yes: ")
    window.type("\x03")
    assert window.end() == -2, window.said  # by the signal: there is nothing to put in order
    assert permille(folder) == 0 and folder.files() == ["prod.yaml"]


def test_a_wait_stays_in_its_line(folder):
    window = on_terminal(folder, "apply", "prod.yaml")
    window.wait_for("Only 'yes' is a yes: ")
    window.type("yes\n")
    window.wait_for("\r\x1b[K")
    window.wait_for("hold[100%]", after=window.said.index("begins"))
    window.type("\x03")
    assert window.end() == 6, window.said
    assert permille(folder) == 1000
    run = window.said[window.said.index("begins"):]
    assert "\x1b[32m" in run, "colour on a terminal"
    plain = re.sub(r"\x1b\[[0-9;]*[A-Za-z]|\^C", "", run)
    for line in re.split(r"[\r\n]+", plain):
        assert len(line) <= COLUMNS or " " not in line.strip(), line
    tool.in_order(plain, "Live source 0, target 1", "a signal asked this run to stop",
                  "(exit code 6)", "Go on switchover apply prod.yaml", "Go back", "Nobody is watching")


def test_back_again_with_a_yes(folder):
    window = on_terminal(folder, "revert", "prod.yaml", NO_COLOR="1")
    window.wait_for("Only 'yes' is a yes: ")
    window.type("yes\n")
    assert window.end() == 0, window.said
    assert permille(folder) == 0
    assert "\x1b[3" not in window.said, "NO_COLOR"
    tool.in_order(window.said, "Take the traffic back?", "shift[origin] done",
                  "Live source 1, target 0")


def begin(folder):
    """An apply that has moved the traffic and now waits."""
    window = on_terminal(folder, "apply", "prod.yaml", "--auto-approve")
    window.wait_for("left of")
    assert permille(folder) == 1000
    return window


def last_run(folder):
    return folder.json("status", "prod.yaml", "--json")["state"]["runs"][-1]


def wait_for_request_in(sandbox):
    """Until a request lies unread at the sandbox: proc(5), tcp's rx_queue. Of open connections only
    (01): the end of one that its client has closed counts there too, and who waits to be accepted."""
    port = f":{int(sandbox.endpoint.rsplit(':', 1)[1]):04X}"
    end = time.monotonic() + WITHIN_S
    while time.monotonic() < end:
        with open("/proc/net/tcp", encoding="ascii") as sockets:
            rows = [line.split() for line in sockets][1:]
        unread = [row[4].split(":")[1] for row in rows if row[1].endswith(port) and row[3] == "01"]
        if any(count != "00000000" for count in unread):
            return
        time.sleep(0.01)
    raise AssertionError("no request came")


def test_a_closed_window_stops_it_in_order(folder):
    assert begin(folder).hang_up() == 6
    assert last_run(folder)["end"] == "interrupted"
    folder.run("revert", "prod.yaml", "--auto-approve")
    assert permille(folder) == 0


def test_only_the_second_key_kills(sandbox, folder):
    window = begin(folder)
    sandbox.process.send_signal(signal.SIGSTOP)  # AWS does not answer any more
    try:
        wait_for_request_in(sandbox)
        window.type("\x03")
        window.read_for(0.5)
        assert window.process.poll() is None, "what is in flight is waited for"
        window.type("\x03")
        assert window.end() == -signal.SIGINT, window.said
    finally:
        sandbox.process.send_signal(signal.SIGCONT)
    assert last_run(folder)["end"] == "open"
    folder.run("revert", "prod.yaml", "--auto-approve")
    assert permille(folder) == 0


def main():
    with tool.sandbox(PROGRAM, "--speed", "120") as sandbox, \
            tool.folder(PROGRAM, sandbox.environment()) as folder:
        folder.write("prod.yaml", PLAN)
        test_only_yes_begins(folder)
        test_a_wait_stays_in_its_line(folder)
        test_back_again_with_a_yes(folder)
        test_a_closed_window_stops_it_in_order(folder)
        test_only_the_second_key_kills(sandbox, folder)


main()
