"""The figures that the tool promises, as tables: `cmake --build build --target bench`.

usage: bench.py SWITCHOVER PROGRAMS [--rounds N] [--delays MS,...] [--only CASE,...] [--all]
                [--alone] [--json FILE] [--quiet]

PROGRAMS is the folder of bench_delay_proxy and the others. Everything runs on loopback against the
tool's own sandbox, behind a proxy that adds a fixed delay per round trip. Who is compared takes
turns, a run each, so that whatever else the machine does meets all of them. boto3 has two rounds at
most and the AWS CLI one, over TLS at 50 ms only; --all lets them run as often and wherever the tool
does, --alone leaves them out.
"""
import argparse
import json
import os
import statistics
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "support")]
import contenders  # noqa: E402
import far  # noqa: E402
import gate_failed  # noqa: E402
import reach  # noqa: E402
import tables  # noqa: E402
import throttled  # noqa: E402

DELAYS = (0, 20, 50, 150)


class Bench:
    def __init__(self, arguments, proxy):
        self.tool = os.path.abspath(arguments.switchover)
        self.programs = os.path.abspath(arguments.programs)
        self.rounds, self.delays, self.all = arguments.rounds, arguments.delays, arguments.all
        self.proxy = proxy
        self.seen = {}  # by case, the operations that the tool asked for
        self.tool_itself, self.floor = contenders.Tool(self), contenders.Floor(self)
        self.others = []
        if contenders.have_boto3() and not arguments.alone:
            self.others.append(contenders.Boto3(self))
        if contenders.have_aws() and not arguments.alone:
            self.others.append(contenders.AwsCli(self))

    def program(self, name):
        return os.path.join(self.programs, "bench_" + name)

    def rounds_of(self, contender, delay, tls):
        """The slow ones are few, and over TLS stand where the promise stands."""
        if contender in self.others and not self.all:
            if tls and delay != reach.AT:
                return 0
            return min(self.rounds, 2 if contender.name == "boto3" else 1)
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


def bench_switch(bench):
    """The whole of it: plan, the baseline, the change and its read-back. The target has its size and
    nothing is held, so that nobody waits for anything but answers. Its critical path: that of a
    plan, then the baseline's metrics, the look right before the change, the change, its read-back."""
    def run(who):
        with far.stage(bench) as stage:
            done = who.switch(stage, delay, tls)
            if who is bench.tool_itself:
                bench.seen["switch"] = contenders.operations(done)
            return done

    rows = []
    for tls, delay in places(bench):
        runs = bench.alternate(delay, tls, run)
        rows.append({"tls": tls, "delay": delay, "trips": 8 + tls,
                     **{name: summary(of) for name, of in runs.items()}})
    return rows


def bench_processes(bench):
    """Whole processes with no distance: what a start costs, and what a command holds."""
    rows = []
    with far.stage(bench) as stage:
        tool = bench.tool
        commands = {"an empty program, same links": [bench.program("empty")],
                    "version": [tool, "version"], "validate": [tool, "validate", "cutover.yaml"],
                    "plan": [tool, "plan", "cutover.yaml"],
                    "status": [tool, "status", "cutover.yaml"]}
        runs = {name: [] for name in commands}
        for _ in range(3 * bench.rounds):
            for name, argv in commands.items():
                runs[name].append(stage.measure(argv, 0, False))
    for name, of in runs.items():
        rows.append({"command": name, **{key: measure(lambda run, key=key: getattr(run, key), of)
                                         for key in ("wall", "cpu", "resident")}})
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


CASES = {"plan": bench_plan, "switch": bench_switch, "revert": bench_revert,
         "gate failed": gate_failed.bench, "throttling": throttled.bench,
         "processes": bench_processes}


def read_arguments(argv):
    def names(text):
        return text.split(",")

    parser = argparse.ArgumentParser()
    parser.add_argument("switchover")
    parser.add_argument("programs")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--delays", type=lambda text: [int(ms) for ms in text.split(",")],
                        default=list(DELAYS))
    parser.add_argument("--only", type=names, default=list(CASES))
    for flag in ("--all", "--alone", "--quiet"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("--json")
    arguments = parser.parse_args(argv)
    unknown = [case for case in arguments.only if case not in CASES]
    if unknown:
        parser.error(f"no case is called {unknown[0]} (there are: {', '.join(CASES)})")
    return arguments


def run(argv):
    """The results by case, each a list of rows; "reach" and "machine" beside them."""
    arguments = read_arguments(argv)
    say = (lambda text: None) if arguments.quiet else (lambda text: print(text, flush=True))
    results = {"machine": tables.machine()}
    say(tables.machine_line(results["machine"]))
    with tempfile.TemporaryDirectory() as folder:
        with far.proxy(os.path.join(arguments.programs, "bench_delay_proxy"), folder) as proxy:
            bench = Bench(arguments, proxy)
            for case in arguments.only:
                results[case] = CASES[case](bench)
                say(tables.of(case, results[case], bench))
    results["reach"] = reach.judge(results)
    say(tables.of_reach(results["reach"]))
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=1)
    return results


if __name__ == "__main__":
    run(sys.argv[1:])
