"""What the tests of single sources of credentials share: a home folder with ~/.aws in it, what
config_print finds there, and what botocore finds in the same.

    import credentials
    def test_something(home):
        home.write("config", "[default]\\n...")
        found = home.ours()         # a dict of what config_print prints
        same = home.botocores()     # {"access_key_id": ...}, or {"error": ...}
    credentials.run_tests(globals(), program)
"""
import contextlib
import json
import os
import shutil
import subprocess
import tempfile

import judges

KEYS = ("access_key_id", "secret_access_key", "session_token", "expires_at")


def ask_botocore(profile):
    import botocore.session
    try:
        found = botocore.session.Session(profile=profile or None).get_credentials()
        if not found:
            return {"error": "none"}
        keys = found.get_frozen_credentials()
        expires = getattr(found, "_expiry_time", None)
        return {"access_key_id": keys.access_key, "secret_access_key": keys.secret_key,
                "session_token": keys.token or "",
                "expires_at": str(round(expires.timestamp() * 1000) if expires else 0)}
    except Exception as error:  # what a source meets is raised as it is: JSON's, the system's
        return {"error": type(error).__name__}


def in_a_process_of_its_own(call, environment, *arguments):
    """What the call answers, as JSON. Its modules are loaded once, here."""
    there, here = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.environ.clear()
        os.environ.update(environment)
        with os.fdopen(here, "w", encoding="utf-8") as out:
            json.dump(call(*arguments), out)
        os._exit(0)
    os.close(here)
    with os.fdopen(there, encoding="utf-8") as answer:
        said = answer.read()
    assert os.waitpid(pid, 0)[1] == 0
    return json.loads(said)


class Home:
    def __init__(self, program, path):
        self.program, self.path = program, path
        self.variables = {}
        self.canaries = []  # texts that no message may hold

    def write(self, name, text, mode=0o600):
        """A file below ~/.aws."""
        path = os.path.join(self.path, ".aws", name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            os.remove(path)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def read(self, name):
        with open(os.path.join(self.path, ".aws", name), encoding="utf-8") as file:
            return file.read()

    def environment(self):
        environment = {name: value for name, value in judges.environment().items()
                       if not name.startswith("AWS_")}
        environment.update(HOME=self.path, AWS_EC2_METADATA_DISABLED="true",
                           AWS_DEFAULT_REGION=judges.REGION)
        environment.update(self.variables)
        return environment

    def ours(self, profile=""):
        run = subprocess.run([self.program, profile, ""], env=self.environment(), check=False,
                             capture_output=True, text=True, stdin=subprocess.DEVNULL)
        assert run.returncode == 0 and not run.stderr, run.stderr[-2000:]
        found = dict(line.split("=", 1) for line in run.stdout.splitlines())
        for canary in self.canaries:
            assert canary not in found["message"] + found["hint"], found
            assert canary not in found.get("source", ""), found
        return found

    def botocores(self, profile=""):
        return in_a_process_of_its_own(ask_botocore, self.environment(), profile)

    def same(self, profile=""):
        """Both find the same keys, or neither finds any."""
        mine, its = self.ours(profile), self.botocores(profile)
        error = mine["config_error"] or mine["credentials_error"]
        assert bool(error) == ("error" in its), (mine, its)
        assert error or {name: mine[name] for name in KEYS} == its, (mine, its)
        return mine

    def refused(self, message, hint="", profile="", kind="credentials"):
        mine = self.ours(profile)
        assert mine["credentials_error"] == kind, mine
        assert message in mine["message"] and hint in mine["hint"], mine
        return mine


def run_tests(module, program):
    """The module's functions test_..., each with an empty home. It is always the same one: botocore
    looks where its cache lies when it is loaded."""
    tests = [(name, test) for name, test in module.items() if name.startswith("test_")]
    with tempfile.TemporaryDirectory() as path:
        os.environ["HOME"] = path
        import botocore.session  # noqa: F401
        for name, test in tests:
            shutil.rmtree(f"{path}/.aws", ignore_errors=True)
            os.mkdir(f"{path}/.aws")
            try:
                test(Home(program, path))
            except Exception:
                print(f"{name}: failed", flush=True)
                raise
    print(f"{len(tests)} tests")
