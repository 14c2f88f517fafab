"""The figures that the tool promises, as tables: `cmake --build build --target bench`.

usage: bench.py SWITCHOVER PROGRAMS [--rounds N] [--only CASE,...] [--delays MS,...] [--json FILE]

PROGRAMS is the folder of bench_delay_proxy and the others. Everything runs on loopback against the
tool's own sandbox, behind a proxy that adds a fixed delay per round trip. Who is compared takes
turns, a run each, so that whatever else the machine does meets all of them.
"""
import argparse
import os
import statistics
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "support")]
import contenders  # noqa: E402
import far  # noqa: E402
import tables  # noqa: E402

DELAYS = (0, 20, 50, 150)


class Bench:
    def __init__(self, arguments, proxy):
        self.tool = os.path.abspath(arguments.switchover)
        self.programs = os.path.abspath(arguments.programs)
        self.rounds, self.delays = arguments.rounds, arguments.delays
        self.proxy = proxy
        self.seen = {}  # by case, the operations that the tool asked for
        self.tool_itself, self.floor = contenders.Tool(self), contenders.Floor(self)
        self.others = [contenders.Boto3(self)] * contenders.have_boto3()
        self.others += [contenders.AwsCli(self)] * contenders.have_aws()

    def program(self, name):
        return os.path.join(self.programs, "bench_" + name)

    def rounds_of(self, contender, delay, tls):
        """The slow ones are few, and over TLS stand where the promise stands."""
        if contender in self.others:
            if tls and delay not in (0, 50):
                return 0
            return min(self.rounds, 3 if contender.name == "boto3" else 1)
        return self.rounds

    def alternate(self, delay, tls, run):
        """Runs by contender's name; each has its turn in each round."""
        runs = {}
        for turn in range(self.rounds):
            for contender in [self.tool_itself, self.floor, *self.others]:
                if turn < self.rounds_of(contender, delay, tls):
                    runs.setdefault(contender.name, []).append(run(contender))
        return runs


def measure(value, runs):
    values = [value(run) for run in runs]
    return {"median": statistics.median(values), "least": min(values), "most": max(values),
            "runs": len(values)}


def summary(runs, reached=None):
    """What the tables need of one contender's runs in one place."""
    wall = (lambda run: run.until(reached)) if reached else (lambda run: run.wall)
    requests = (lambda run: run.before(reached)) if reached else (lambda r: len(r.report.requests))
    return {"wall": measure(wall, runs), "requests": measure(requests, runs),
            "connections": measure(lambda run: run.report.connections, runs),
            "cpu": measure(lambda run: run.cpu, runs),
            "resident": measure(lambda run: run.resident, runs),
            "proxy_cpu": measure(lambda run: run.report.cpu / max(run.wall, 1e-9), runs)}


def places(bench):
    return [(tls, delay) for tls in (False, True) for delay in bench.delays]


def bench_plan(bench):
    """A cold plan. Its critical path: connect (and shake hands), three dependent waves."""
    rows = []
    with far.stage(bench) as stage:
        for tls, delay in places(bench):
            runs = bench.alternate(delay, tls, lambda who: who.plan(stage, delay, tls))
            rows.append({"tls": tls, "delay": delay, "trips": 4 + tls,
                         **{name: summary(of) for name, of in runs.items()}})
    return rows


def bench_revert(bench):
    """From the start of the process to the moment at which ModifyListener reaches the endpoint.
    Connect (and shake hands), a wave of reads unless --now, and half a trip."""
    def run(who):
        with far.stage(bench) as stage:
            stage.prepare(bench.tool, "apply", "cutover.yaml", "--auto-approve")
            done = who.revert(stage, delay, tls, now)
            if who is bench.tool_itself:
                bench.seen[option] = contenders.operations(done)
            return done

    rows = []
    for now in (False, True):
        option = "revert --now" if now else "revert"
        for tls, delay in places(bench):
            runs = bench.alternate(delay, tls, run)
            rows.append({"tls": tls, "delay": delay, "option": option,
                         "trips": 1 + tls + (not now) + 0.5,
                         **{name: summary(of, "Floor" if name == "libcurl" else "ModifyListener")
                            for name, of in runs.items()}})
    return rows


CASES = {"plan": bench_plan, "revert": bench_revert}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("switchover")
    parser.add_argument("programs")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(CASES))
    parser.add_argument("--delays", type=lambda text: [int(ms) for ms in text.split(",")],
                        default=list(DELAYS))
    parser.add_argument("--json")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        with far.proxy(os.path.join(arguments.programs, "bench_delay_proxy"), folder) as proxy:
            bench = Bench(arguments, proxy)
            print(tables.machine(), flush=True)
            results = {}
            for case in arguments.only:
                results[case] = CASES[case](bench)
                print(tables.of(case, results[case]), flush=True)


if __name__ == "__main__":
    main()
