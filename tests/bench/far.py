"""The far endpoint of a benchmark: a fresh sandbox for whoever changes something, behind the one
proxy that adds the distance; and programs that are measured there."""
import contextlib
import dataclasses
import os
import subprocess

import judges
import tool


@dataclasses.dataclass
class Request:
    at: float  # monotonic seconds: when it had wholly reached the endpoint
    connection: int  # 0: opened before the report began
    nth: int  # of its connection's
    status: int
    operation: str


@dataclasses.dataclass
class Report:
    connections: int
    handshakes: int
    cpu: float  # seconds, the proxy's own
    requests: list


class Proxy:
    """delay_proxy.c, running."""

    def __init__(self, program, ca_file):
        self.ca_file = ca_file
        self.process = subprocess.Popen([program, "0", ca_file], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True,
                                        preexec_fn=judges.die_with_parent)
        self.plain, self.secure = self._answer()[0][1:]

    def _answer(self):
        lines = []
        for line in self.process.stdout:
            if line == "end\n":
                return lines
            lines.append(line.split())
        raise RuntimeError("the delay proxy ended")

    def command(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self._answer()

    def set(self, port, delay_ms):
        self.command(f"upstream {port}")
        self.command(f"delay {round(delay_ms * 1000)}")
        self.command("reset")

    def reset(self):
        self.command("reset")

    def report(self):
        lines = self.command("report")
        numbers = {line[0]: int(line[1]) for line in lines[:3]}
        requests = [Request(int(at) / 1e9, int(connection), int(nth), int(status), operation)
                    for _, at, connection, nth, status, operation in lines[3:]]
        return Report(numbers["connections"], numbers["handshakes"], numbers["cpu"] / 1e6, requests)

    def endpoint(self, tls):
        return f"https://127.0.0.1:{self.secure}" if tls else f"http://127.0.0.1:{self.plain}"

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        if self.process.wait(10) != 0:
            raise RuntimeError("the delay proxy ended badly")


@contextlib.contextmanager
def proxy(program, folder):
    running = Proxy(program, os.path.join(folder, "ca.pem"))
    try:
        yield running
    finally:
        running.close()


@dataclasses.dataclass
class Run:
    """One measured process, seconds and MiB, and what reached the endpoint meanwhile."""
    began: float
    wall: float
    cpu: float
    resident: float
    report: Report

    def until(self, operation):
        """From its start to the moment at which the operation reached the endpoint."""
        return next(r.at for r in self.report.requests if r.operation == operation) - self.began

    def before(self, operation):
        names = [request.operation for request in self.report.requests]
        return names.index(operation)


class Stage:
    """A sandbox and the way there: directly, or over a distance."""

    def __init__(self, bench, sandbox, folder):
        self.bench, self.sandbox, self.folder = bench, sandbox, folder
        self.port = int(sandbox.endpoint.rsplit(":", 1)[1])

    def near(self):
        return self.sandbox.environment()

    def far(self, tls):
        environment = self.sandbox.environment(AWS_CA_BUNDLE=self.bench.proxy.ca_file)
        environment["AWS_ENDPOINT_URL"] = self.bench.proxy.endpoint(tls)
        return environment

    def prepare(self, *argv, code=0):
        """Not measured, not delayed."""
        done = subprocess.run(argv, env=self.near(), cwd=self.folder, capture_output=True,
                              text=True, stdin=subprocess.DEVNULL)
        if done.returncode != code:
            raise RuntimeError(f"{argv} ended with {done.returncode}:\n{done.stderr}{done.stdout}")
        return done.stdout

    def measure(self, argv, delay, tls, code=0):
        self.bench.proxy.set(self.port, delay)
        out = os.path.join(self.folder, "out")
        done = subprocess.run([self.bench.program("measure"), "-o", out, *argv], env=self.far(tls),
                              cwd=self.folder, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL)
        began, wall, cpu, resident, ended = map(int, done.stdout.split())
        if ended != code:
            raise RuntimeError(f"{argv} ended with {ended}:\n{done.stderr}")
        return Run(began / 1e9, wall / 1e6, cpu / 1e6, resident / 1024, self.bench.proxy.report())


@contextlib.contextmanager
def stage(bench, *options):
    """A fresh sandbox whose target has its size already, in real time, and a folder beside it."""
    with tool.folder(bench.tool) as folder:
        folder.write("scenario.yaml", "sandbox: 1\nstage: sandbox\n"
                     "services: {target: {desired: 2, running: 2}}\n")
        folder.write("cutover.yaml", "switchover: 1\nstage: sandbox\n"
                     "traffic: {steps: [{target: 100, hold: 0s}]}\ndrain: {quiet_for: 0s}\n")
        scenario = os.path.join(folder.path, "scenario.yaml")
        options = options or ("--speed", "1", "--scenario", scenario)
        with tool.sandbox(bench.tool, *options) as sandbox:
            yield Stage(bench, sandbox, folder.path)
