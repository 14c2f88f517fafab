"""What the drivers of the prober share: the prober itself (prober_ask.c) behind a pipe."""
import contextlib
import json
import subprocess
import tempfile

import judges
from webserver import Authority, Server, serving  # noqa: F401, for those who import this


class Prober:
    def __init__(self, program, planfile, timeout_ms, environment):
        self.said = ""  # all words of all answers
        self.process = subprocess.Popen(
            [program, planfile, str(timeout_ms)], env=environment, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, preexec_fn=judges.die_with_parent)

    def ask(self, *checks):
        """[(verdict, words), ...] of checks that are asked at once."""
        self.process.stdin.write(json.dumps(checks) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        self.said += line
        return [(a["verdict"], a["observed"]) for a in json.loads(line)]

    def one(self, **check):
        return self.ask(check)[0]

    def close(self):
        self.process.stdin.close()
        status = self.process.wait(timeout=60)
        self.process.stdout.close()
        assert status == 0, status


@contextlib.contextmanager
def prober(program, planfile="plan.yaml", timeout_ms=10000, **environment):
    asked = Prober(program, planfile, timeout_ms, judges.environment(**environment))
    try:
        yield asked
        asked.close()
    finally:
        judges.stop(asked.process)


@contextlib.contextmanager
def folder():
    with tempfile.TemporaryDirectory(prefix="switchover-checks-") as path:
        yield path


def expect(got, verdict, *parts):
    """The verdict, and each part among the words."""
    assert got[0] == verdict and all(part in got[1] for part in parts), \
        f"{got} instead of {verdict} with {parts}"
