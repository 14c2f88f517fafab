"""A role's keys that end while a run is under way, against the sandbox, which knows when temporary
keys have ended: the role is assumed anew, but where that needs an MFA code the run stops and says
so. The only clock is the real one: keys last seconds here, where AWS's last an hour.

usage: role_renewed.py SWITCHOVER
"""
import datetime
import os
import re
import sys
import time
import urllib.parse

import judges
import standin
import terminal
import tool

PROGRAM = os.path.realpath(sys.argv[1])
ROLE = "arn:aws:iam::123456789012:role/cutover"
DEVICE = "arn:aws:iam::123456789012:mfa/me"
CODE = "907315"
BASE_KEY = "base/secret/CANARY"
PLAN = f"""switchover: 1
stage: sandbox
aws: {{profile: ops}}
baseline: 10m
traffic: {{steps: [{{target: 25, hold: 30m}}, {{target: 100, hold: 0s}}]}}
gates: {{on_failure: stop}}
drain: {{quiet_for: 2m, timeout: 1h}}
"""
ANSWER = """<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>{key}</AccessKeyId>
<SecretAccessKey>{secret}</SecretAccessKey><SessionToken>sandbox-until-{end}</SessionToken>
<Expiration>{end}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"""


class Place:
    """The sandbox, STS beside it, and a folder with a profile."""

    def __init__(self, sandbox, folder, address, profile):
        self.sandbox, self.folder = sandbox, folder
        env = sandbox.environment(AWS_CONFIG_FILE=f"{folder.path}/config",
                                  AWS_SHARED_CREDENTIALS_FILE=f"{folder.path}/credentials",
                                  AWS_ENDPOINT_URL_STS=address)
        folder.environment = {name: value for name, value in env.items()
                              if name not in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
        folder.write("config", f"[profile ops]\n{profile}")
        folder.write("credentials", "[base]\naws_access_key_id = AKIDBASE\n"
                     f"aws_secret_access_key = {BASE_KEY}\n")

    def weights(self):
        forward = self.sandbox.listener()["DefaultActions"][0]["ForwardConfig"]["TargetGroups"]
        return {"source" if "Source" in group["TargetGroupArn"] else "target": group["Weight"]
                for group in forward}

    def on_terminal(self, *arguments):
        """Types the code when it is asked for; answers what was said."""
        window = terminal.Terminal(PROGRAM, self.folder, *arguments, columns=200)
        window.wait_for(f"The MFA device {DEVICE} shows the code: ")
        window.type(f"{CODE}\n")
        window.end()
        window.close()
        return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", window.said), window.process.returncode


class Sts:
    """Gives out the sandbox's keys, which last for `seconds`."""

    def __init__(self, exports):
        self.exports, self.seconds, self.calls = exports, 4, []

    def answer(self, request):
        self.calls.append(dict(urllib.parse.parse_qsl(request.body.decode())))
        now = datetime.datetime.now(datetime.timezone.utc)
        end = now + datetime.timedelta(seconds=self.seconds)
        return 200, ANSWER.format(key=self.exports["AWS_ACCESS_KEY_ID"],
                                  secret=self.exports["AWS_SECRET_ACCESS_KEY"],
                                  end=end.strftime("%Y-%m-%dT%H:%M:%SZ"))


def silent(place, *texts):
    secrets = (BASE_KEY, place.sandbox.exports["AWS_SECRET_ACCESS_KEY"], "sandbox-until-")
    for text in (*texts, place.folder.read("prod.state.json")):
        for secret in secrets:
            assert secret not in text, text


def test_a_role_is_assumed_anew(place, sts):
    """A profile's role and the plan file's: both, with the profile's own keys."""
    place.folder.write("prod.yaml", PLAN.replace("profile: ops", f'profile: ops, role_arn: "{ROLE}"'))
    done = place.folder.run("plan", "prod.yaml")
    tool.in_order(done.stdout, "ok credentials-outlive")
    sts.calls = []
    done = place.folder.run("apply", "prod.yaml", "--auto-approve")
    assert place.weights() == {"source": 0, "target": 1}
    assumed = [call["RoleArn"] for call in sts.calls]
    assert len(assumed) >= 4 and set(assumed[0::2]) == {ROLE + "-of-ops"} and \
        set(assumed[1::2]) == {ROLE}, assumed
    assert "expired" not in done.stderr and "cannot be read" not in done.stderr, done.stderr
    silent(place, done.stdout, done.stderr)


def test_a_code_is_not_asked_for_in_mid_run(place, sts):
    place.folder.write("prod.yaml", PLAN)
    said, code = place.on_terminal("plan", "prod.yaml")
    assert code == 0, said
    tool.in_order(said, "warns credentials-outlive", "only a person can get new ones")
    sts.calls = []
    said, code = place.on_terminal("apply", "prod.yaml", "--auto-approve")
    assert code == 6, said
    assert len(sts.calls) == 1 and said.count("shows the code") == 1, said
    tool.in_order(said, "the AWS credentials from the profile ops", "have expired",
                  "run the same command again: it asks for a code and goes on")
    assert place.weights() == {"source": 750, "target": 250}
    sts.seconds = 120
    said, code = place.on_terminal("apply", "prod.yaml", "--auto-approve")
    assert code == 0, said
    assert place.weights() == {"source": 0, "target": 1}
    silent(place, said)
    assert CODE not in place.folder.read("prod.state.json")


def main():
    judges.need("boto3")
    mfa = f"mfa_serial = {DEVICE}\n"
    for test, more in ((test_a_role_is_assumed_anew, ""),
                       (test_a_code_is_not_asked_for_in_mid_run, mfa)):
        began = time.monotonic()
        with tool.sandbox(PROGRAM, "--speed", "300") as sandbox, tool.folder(PROGRAM) as folder:
            sts = Sts(sandbox.exports)
            with standin.serve(sts.answer) as server:
                profile = f"role_arn = {ROLE}-of-ops\nsource_profile = base\n{more}"
                test(Place(sandbox, folder, server.url("/"), profile), sts)
        print(f"ok {test.__name__} ({time.monotonic() - began:.1f} s)", flush=True)


main()
