"""The plan file's role (aws.role_arn), assumed with a profile's role that asks for an MFA code: the
real program against moto with its authentication on. The user may do nothing but assume the first
role, that role nothing but assume the second, and only the second may switch traffic over.

usage: role_on_moto.py SWITCHOVER
"""
import json
import os
import re
import sys

import judges
import recorder
import terminal
import tool

judges.need("botocore", "boto3", "moto")

PROGRAM = os.path.realpath(sys.argv[1])
DEVICE = f"arn:aws:iam::{judges.ACCOUNT}:mfa/me"
CODE = "907315"
PLAN = """switchover: 1
stage: prod
aws: {{profile: ops, role_arn: "{role}"}}
traffic: {{steps: [{{target: 100, hold: 0s}}]}}
drain: {{quiet_for: 0s}}
"""


def policy(action, resource=None, **more):
    statement = {"Effect": "Allow", "Action": action, **more}
    if resource:
        statement["Resource"] = resource
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class Place:
    def __init__(self, moto, station, folder):
        self.moto, self.station, self.folder = moto, station, folder
        self.deployment = judges.Deployment(moto)
        # moto starts no tasks, so the targets of those to come are there beforehand.
        self.deployment.register("target", 2)
        self.deployment.put_traffic({"source": 600}, minutes=62)
        self.iam = moto.client("iam")
        trust = policy("sts:AssumeRole", Principal={"AWS": "*"})
        self.admin, self.cutover = (
            self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
            for name in ("admin", "cutover"))
        self.iam.put_role_policy(RoleName="cutover", PolicyName="all",
                                 PolicyDocument=policy("*", "*"))
        self.iam.create_user(UserName="me")
        self.keys = self.iam.create_access_key(UserName="me")["AccessKey"]
        folder.write("credentials", f"[base]\naws_access_key_id = {self.keys['AccessKeyId']}\n"
                     f"aws_secret_access_key = {self.keys['SecretAccessKey']}\n")
        folder.write("prod.yaml", PLAN.format(role=self.cutover))
        folder.environment = {
            **{name: value for name, value in judges.environment(station.endpoint).items()
               if name not in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")},
            "AWS_CONFIG_FILE": f"{folder.path}/config",
            "AWS_SHARED_CREDENTIALS_FILE": f"{folder.path}/credentials"}
        self.profile()

    def profile(self, more=""):
        self.folder.write("config",
                          f"[profile ops]\nrole_arn = {self.admin}\nsource_profile = base\n{more}")

    def may_assume(self, admin, cutover):
        if admin:
            self.iam.put_user_policy(UserName="me", PolicyName="p",
                                     PolicyDocument=policy("sts:AssumeRole", self.admin))
        if cutover:
            self.iam.put_role_policy(RoleName="admin", PolicyName="p",
                                     PolicyDocument=policy("sts:AssumeRole", self.cutover))

    def run(self, *arguments, **how):
        self.station.forget()
        with self.moto.check_signatures():
            done = self.folder.run(*arguments, **how)
        self.expect_silence(done.stdout + done.stderr)
        return done

    def expect_silence(self, said):
        """No secret that went past is in what was said or in any file but the profile's own."""
        files = [self.folder.read(name) for name in self.folder.files() if name != "credentials"]
        for secret in {self.keys["SecretAccessKey"], CODE, *self.secrets_seen()}:
            for text in (said, *files):
                assert secret not in text, f"{secret} in {text}"

    def secrets_seen(self):
        for exchange in self.station.exchanges:
            for element in ("SecretAccessKey", "SessionToken"):
                yield from re.findall(f"<{element}>([^<]+)</", exchange.answer.decode())

    def expect_roles(self):
        """Two calls of STS, and the rest signed by what the second answered."""
        calls = [e for e in self.station.exchanges if e.operation() == "AssumeRole"]
        rest = [e for e in self.station.exchanges if e.operation() != "AssumeRole"]
        assert [e.form()["RoleArn"] for e in calls] == [self.admin, self.cutover], calls
        assert rest, "nothing was asked with them"
        keys = [re.search(rb"<AccessKeyId>([^<]+)<", e.answer).group(1).decode() for e in calls]
        for exchange, key in [(calls[0], self.keys["AccessKeyId"]), (calls[1], keys[0]),
                              *((e, keys[1]) for e in rest)]:
            assert f"Credential={key}/" in exchange.header("Authorization"), exchange.operation()
        return calls


def test_a_role_that_may_not_be_assumed_is_named(place):
    said = place.run("plan", "prod.yaml", code=1).stderr
    tool.in_order(said, "the role of the profile ops: access denied:", ":user/me may not",
                  "sts:AssumeRole", f"look whether {place.admin} exists")
    place.may_assume(admin=True, cutover=False)
    said = place.run("plan", "prod.yaml", code=1).stderr
    tool.in_order(said, "the plan file's role (aws.role_arn): access denied:", "sts:AssumeRole",
                  f"look whether {place.cutover} exists")
    place.may_assume(admin=True, cutover=True)


def test_every_command_assumes_it(place):
    place.run("plan", "prod.yaml", "--out", "saved.plan")
    place.expect_roles()
    place.run("apply", "saved.plan", "--auto-approve", "--json-into", "events.jsonl")
    place.expect_roles()
    assert place.deployment.weights() == {"source": 0, "target": 1}
    place.run("status", "prod.yaml", "--json")
    place.expect_roles()
    place.run("revert", "prod.yaml", "--auto-approve")
    place.expect_roles()
    assert place.deployment.weights() == {"source": 1, "target": 0}


def test_the_way_back_without_the_tool_assumes_it_too(place):
    said = place.run("revert", "saved.plan", "--print-aws").stdout
    tool.in_order(said, "aws sts assume-role", "--profile ops", f"--role-arn {place.cutover}",
                  "aws elbv2 modify-listener")
    assert not place.station.exchanges, "it asks nobody"


def test_the_code_is_asked_on_a_terminal_only(place):
    place.profile(f"mfa_serial = {DEVICE}\n")
    said = place.run("plan", "prod.yaml", code=1).stderr
    tool.in_order(said, f"the MFA device {DEVICE}", "there is no terminal to ask on",
                  "aws configure export-credentials --profile ops")
    window = terminal.Terminal(PROGRAM, place.folder, "plan", "prod.yaml", keyboard=False,
                               columns=200)
    assert window.end() == 1, window.said
    tool.in_order(window.said, "there is no terminal to ask on")
    assert not place.station.exchanges

    with place.moto.check_signatures():
        window = terminal.Terminal(PROGRAM, place.folder, "plan", "prod.yaml", columns=200)
        window.wait_for(f"The MFA device {DEVICE} shows the code: ")
        assert not place.station.exchanges, "asked for before it is used"
        window.type(f"{CODE[:3]} {CODE[3:]}\n")  # as some devices show it
        assert window.end() == 0, window.said
    calls = [exchange.form() for exchange in place.expect_roles()]
    assert [call.get("TokenCode") for call in calls] == [CODE, None], calls
    assert [call.get("SerialNumber") for call in calls] == [DEVICE, None], calls
    assert "shift[100%]" in window.said, window.said
    place.expect_silence(window.said)


def test_no_code_is_no_answer(place):
    place.station.forget()
    for typed, words in (("\x04", "no MFA code was given"), ("\n", "is 6 digits"),
                         ("12345\n", "is 6 digits"), ("9" * 300 + "\n", "is 6 digits")):
        window = terminal.Terminal(PROGRAM, place.folder, "plan", "prod.yaml", columns=200)
        window.wait_for("shows the code: ")
        window.type(typed)
        assert window.end() == 1 and words in window.said, window.said
    window = terminal.Terminal(PROGRAM, place.folder, "apply", "prod.yaml", columns=200)
    window.wait_for("shows the code: ")
    window.type("\x03")
    assert window.end() == -2, window.said  # by the signal: nothing was begun
    assert not place.station.exchanges


def main():
    with judges.moto() as moto, recorder.Recorder(moto.endpoint) as station, \
            tool.folder(PROGRAM) as folder:
        place = Place(moto, station, folder)
        for test in (test_a_role_that_may_not_be_assumed_is_named, test_every_command_assumes_it,
                     test_the_way_back_without_the_tool_assumes_it_too,
                     test_the_code_is_asked_on_a_terminal_only, test_no_code_is_no_answer):
            test(place)
            print(test.__name__, flush=True)


main()
