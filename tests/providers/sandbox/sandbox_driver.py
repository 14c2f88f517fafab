"""A sandbox under test, and what its tests ask it with. The driver keeps the world's clock still
unless it is told a speed, so that what it dumps and what it answers are of the same instant."""
import contextlib
import datetime
import json
import subprocess

import judges

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def instant(ms):
    return EPOCH + datetime.timedelta(milliseconds=ms)


class Sandbox:
    def __init__(self, process):
        self.process = process
        port, self.clock, self.key, self.secret = process.stdout.readline().split()
        self.port = int(port)
        self.endpoint = f"http://127.0.0.1:{port}"

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline()

    def advance(self, seconds):
        self.tell(f"advance {int(seconds * 1000)}")

    def dump(self):
        return json.loads(self.tell("dump"))

    def client(self, service, **more):
        import boto3
        import botocore.config
        config = botocore.config.Config(retries={"total_max_attempts": 1}, proxies={},
                                        **more.pop("config", {}))
        options = dict(aws_access_key_id=self.key, aws_secret_access_key=self.secret,
                       region_name="us-east-1", endpoint_url=self.endpoint)
        options.update(more)
        return boto3.session.Session().client(service, config=config, **options)

    def environment(self):
        return judges.environment(self.endpoint, AWS_ACCESS_KEY_ID=self.key,
                                  AWS_SECRET_ACCESS_KEY=self.secret)


@contextlib.contextmanager
def sandbox(*command):
    """Runs the driver; its exit code must be 0, which the sanitizers decide too."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                               preexec_fn=judges.die_with_parent)
    try:
        yield Sandbox(process)
        process.stdin.close()
        code = process.wait(30)
        assert code == 0, f"the sandbox ended with {code}"
    finally:
        judges.stop(process)
