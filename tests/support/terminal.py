"""The tool on a terminal of its own: what it says there, keys, the window's size, its modes."""
import contextlib
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time

WITHIN_S = 60
COLUMNS, ROWS = 80, 40
# A shell with one job: it takes the terminal when the job is suspended, says so, and goes on with
# it once a line was typed.
SHELL = """
import os, signal, sys
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
job = os.fork()
if not job:
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpgrp())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    os.execv(sys.argv[1], sys.argv[1:])
while True:
    status = os.waitpid(job, os.WUNTRACED)[1]
    os.tcsetpgrp(0, os.getpgrp())
    if not os.WIFSTOPPED(status):
        break
    print("stopped here", flush=True)
    if sys.stdin.readline() == "bg\\n":
        os.kill(-job, signal.SIGCONT)
        print("in the background", flush=True)
        sys.stdin.readline()
    os.tcsetpgrp(0, job)
    os.kill(-job, signal.SIGCONT)
code = os.waitstatus_to_exitcode(status)
print("ended with", code, flush=True)
"""


class Terminal:
    def __init__(self, program, folder, *arguments, shell=False, keyboard=True, columns=COLUMNS,
                 **environment):
        self.master, self.slave = pty.openpty()
        self.resize(columns, ROWS)

        def become_its_session():
            os.setsid()
            fcntl.ioctl(2, termios.TIOCSCTTY, 0)

        command = [sys.executable, "-c", SHELL] if shell else []
        self.process = subprocess.Popen(
            [*command, program, *arguments], cwd=folder.path,
            stdin=self.slave if keyboard else subprocess.DEVNULL, stdout=self.slave,
            stderr=self.slave, env={**folder.environment, "TERM": "xterm", **environment},
            preexec_fn=become_its_session)
        self.said = ""

    def resize(self, columns, rows):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def is_sane(self):
        """Whether it is as a shell wants it: lines, shown as they are typed."""
        flags = termios.tcgetattr(self.slave)[3]
        return bool(flags & termios.ICANON) and bool(flags & termios.ECHO)

    def read(self):
        ready, _, _ = select.select([self.master], [], [], 0.1)
        if ready:
            with contextlib.suppress(OSError):  # EIO: the other end is closed
                self.said += os.read(self.master, 65536).decode(errors="replace")
        return bool(ready)

    def read_for(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read()

    def wait_for(self, words, after=0):
        end = time.monotonic() + WITHIN_S
        while words not in self.said[after:]:
            assert time.monotonic() < end, f"never said {words!r}:\n{self.said}"
            self.read()

    def type(self, keys):
        os.write(self.master, keys.encode())

    def hang_up(self):
        """The window is closed: both SIGHUP and a terminal that nobody can write to."""
        os.close(self.slave)
        os.close(self.master)
        self.process.wait(WITHIN_S)
        return self.process.returncode

    def end(self):
        end = time.monotonic() + WITHIN_S
        while self.process.poll() is None:
            assert time.monotonic() < end, self.said
            self.read()
        while self.read():
            pass
        return self.process.returncode

    def close(self):
        os.close(self.slave)
        os.close(self.master)
