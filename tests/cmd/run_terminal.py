"""apply and revert on a terminal: the question, the line that changes in its place, the keys, and
what becomes of a run whose terminal goes away."""
import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

import judges
import tool

judges.need("boto3")
PROGRAM = sys.argv[1]
PLAN = """switchover: 1
stage: sandbox
baseline: 10m
traffic: {steps: [{target: 100, hold: 6m}]}
drain: {quiet_for: 0s, timeout: 1h}
"""
COLUMNS = 80
WITHIN_S = 60


class Terminal:
    def __init__(self, folder, *arguments, **environment):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, COLUMNS, 0, 0))

        def become_its_session():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            [PROGRAM, *arguments], cwd=folder.path, stdin=slave, stdout=slave, stderr=slave,
            env={**folder.environment, "TERM": "xterm", **environment},
            preexec_fn=become_its_session)
        os.close(slave)
        self.said = ""

    def read(self):
        ready, _, _ = select.select([self.master], [], [], 0.2)
        if ready:
            with contextlib.suppress(OSError):  # EIO: the other end is closed
                self.said += os.read(self.master, 65536).decode()

    def wait_for(self, words, after=0):
        end = time.monotonic() + WITHIN_S
        while words not in self.said[after:]:
            assert time.monotonic() < end, f"never said {words!r}:\n{self.said}"
            self.read()

    def type(self, keys):
        os.write(self.master, keys.encode())

    def hang_up(self):
        """The window is closed: both SIGHUP and a terminal that nobody can write to."""
        os.close(self.master)
        self.process.wait(WITHIN_S)
        return self.process.returncode

    def end(self):
        end = time.monotonic() + WITHIN_S
        while self.process.poll() is None:
            assert time.monotonic() < end, self.said
            self.read()
        self.read()
        os.close(self.master)
        return self.process.returncode


def permille(folder):
    return folder.json("status", "prod.yaml", "--json")["listener"]["target_permille"]


def test_only_yes_begins(folder):
    for answer in ("no\n", "y\n", "YES\n", "\x04"):
        terminal = Terminal(folder, "apply", "prod.yaml")
        terminal.wait_for("Only 'yes' is a yes: ")
        terminal.type(answer)
        assert terminal.end() == 1, terminal.said
        assert "nothing was changed" in terminal.said
    terminal = Terminal(folder, "apply", "prod.yaml")
    terminal.wait_for("Only 'yes' is a yes: ")
    terminal.type("\x03")
    assert terminal.end() == -2, terminal.said  # by the signal: there is nothing to put in order
    assert permille(folder) == 0 and folder.files() == ["prod.yaml"]


def test_a_wait_stays_in_its_line(folder):
    terminal = Terminal(folder, "apply", "prod.yaml")
    terminal.wait_for("Only 'yes' is a yes: ")
    terminal.type("yes\n")
    terminal.wait_for("\r\x1b[K")
    terminal.wait_for("hold[100%]", after=terminal.said.index("begins"))
    terminal.type("\x03")
    assert terminal.end() == 6, terminal.said
    assert permille(folder) == 1000
    run = terminal.said[terminal.said.index("begins"):]
    assert "\x1b[32m" in run, "colour on a terminal"
    plain = re.sub(r"\x1b\[[0-9;]*[mK]|\^C", "", run)
    for line in re.split(r"[\r\n]+", plain):
        assert len(line) <= COLUMNS or " " not in line.strip(), line
    tool.in_order(plain, "Live source 0, target 1", "a signal asked this run to stop",
                  "(exit code 6)", "Go on switchover apply prod.yaml", "Go back", "Nobody is watching")


def test_back_again_with_a_yes(folder):
    terminal = Terminal(folder, "revert", "prod.yaml", NO_COLOR="1")
    terminal.wait_for("Only 'yes' is a yes: ")
    terminal.type("yes\n")
    assert terminal.end() == 0, terminal.said
    assert permille(folder) == 0
    assert "\x1b[3" not in terminal.said, "NO_COLOR"
    tool.in_order(terminal.said, "Take the traffic back?", "shift[origin] done",
                  "Live source 1, target 0")


def begin(folder):
    """An apply that has moved the traffic and now waits."""
    terminal = Terminal(folder, "apply", "prod.yaml", "--auto-approve")
    terminal.wait_for("hold[100%]", after=len(terminal.said))
    terminal.wait_for("\r\x1b[K", after=terminal.said.index("hold[100%]"))
    assert permille(folder) == 1000
    return terminal


def last_run(folder):
    return folder.json("status", "prod.yaml", "--json")["state"]["runs"][-1]


def wait_for_request_in(sandbox):
    """Until a request lies unread at the sandbox: proc(5), tcp's rx_queue."""
    port = f":{int(sandbox.endpoint.rsplit(':', 1)[1]):04X}"
    end = time.monotonic() + WITHIN_S
    while time.monotonic() < end:
        with open("/proc/net/tcp", encoding="ascii") as sockets:
            rows = [line.split() for line in sockets][1:]
        if any(row[1].endswith(port) and row[4].split(":")[1] != "00000000" for row in rows):
            return
        time.sleep(0.01)
    raise AssertionError("no request came")


def test_a_closed_window_stops_it_in_order(folder):
    assert begin(folder).hang_up() == 6
    assert last_run(folder)["end"] == "interrupted"
    folder.run("revert", "prod.yaml", "--auto-approve")
    assert permille(folder) == 0


def test_only_the_second_key_kills(sandbox, folder):
    terminal = begin(folder)
    sandbox.process.send_signal(signal.SIGSTOP)  # AWS does not answer any more
    try:
        wait_for_request_in(sandbox)
        terminal.type("\x03")
        terminal.wait_for("^C")
        terminal.read()
        assert terminal.process.poll() is None, "what is in flight is waited for"
        terminal.type("\x03")
        assert terminal.end() == -signal.SIGINT, terminal.said
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
