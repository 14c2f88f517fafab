"""The tool itself, as a test drives it: run it in a folder of its own, start its sandbox."""
import contextlib
import json
import os
import re
import subprocess
import tempfile

import judges

END_TIMEOUT_S = 120


class Folder:
    """Where a plan file and its state are, and what the tool is run in."""

    def __init__(self, program, path, environment):
        self.program, self.path, self.environment = program, path, environment

    def write(self, name, content):
        with open(os.path.join(self.path, name), "w", encoding="utf-8") as file:
            file.write(content)

    def read(self, name):
        with open(os.path.join(self.path, name), encoding="utf-8") as file:
            return file.read()

    def files(self):
        return sorted(os.listdir(self.path))

    def run(self, *arguments, code=0, **how):
        """The finished process; fails the test when it ends with another exit code."""
        done = subprocess.run([self.program, *arguments], cwd=self.path, env=self.environment,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=False, timeout=END_TIMEOUT_S, **how)
        if code is not None and done.returncode != code:
            raise AssertionError(f"{arguments}: exit {done.returncode} instead of {code}\n"
                                 f"--- standard output\n{done.stdout}\n"
                                 f"--- standard error\n{done.stderr}")
        return done

    def json(self, *arguments, code=0):
        return json.loads(self.run(*arguments, code=code).stdout)


@contextlib.contextmanager
def folder(program, environment=None):
    with tempfile.TemporaryDirectory(prefix="switchover-test-") as path:
        yield Folder(program, path, environment or judges.environment())


class Sandbox:
    def __init__(self, process, exports, said):
        self.process, self.exports, self.said = process, exports, said

    def log(self):
        """What changed something, and what was refused, a line each."""
        with open(self.said.name, encoding="utf-8") as said:  # an offset of its own
            return said.read()

    @property
    def endpoint(self):
        return self.exports["AWS_ENDPOINT_URL"]

    def environment(self, **more):
        return judges.environment(**self.exports, **more)

    def client(self, service):
        import boto3
        return boto3.session.Session(
            aws_access_key_id=self.exports["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.exports["AWS_SECRET_ACCESS_KEY"],
            region_name=self.exports["AWS_REGION"]).client(service, endpoint_url=self.endpoint)

    def listener(self, port=9200):
        elb = self.client("elbv2")
        balancer = elb.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
        listeners = elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"]
        return next(l for l in listeners if l["Port"] == port)


@contextlib.contextmanager
def sandbox(program, *options):
    """Starts `switchover sandbox`; ends it on leaving."""
    said = tempfile.NamedTemporaryFile()
    process = subprocess.Popen([program, "sandbox", *options], env=judges.environment(),
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=said, text=True, preexec_fn=judges.die_with_parent)
    try:
        exports = {}
        for line in process.stdout:
            found = re.fullmatch(r"export (\w+)=(\S+)\n", line)
            if found:
                exports[found.group(1)] = found.group(2)
            elif line.startswith("# ready"):
                break
        else:
            raise AssertionError("the sandbox did not start")
        yield Sandbox(process, exports, said)
    finally:
        judges.stop(process)
        said.close()


def in_order(text, *facts):
    """Each fact appears behind the one before it; runs of blanks count as one blank."""
    flat = " ".join(text.split())
    at = 0
    for fact in facts:
        found = flat.find(fact, at)
        if found < 0:
            raise AssertionError(f"{fact!r} does not follow in:\n{text}")
        at = found + len(fact)
