"""apply and revert on a terminal: the question, the line that changes in its place, the keys."""
import contextlib
import fcntl
import os
import pty
import re
import select
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


def main():
    with tool.sandbox(PROGRAM, "--speed", "120") as sandbox, \
            tool.folder(PROGRAM, sandbox.environment()) as folder:
        folder.write("prod.yaml", PLAN)
        test_only_yes_begins(folder)
        test_a_wait_stays_in_its_line(folder)
        test_back_again_with_a_yes(folder)


main()
