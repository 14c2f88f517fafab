"""Holds the keys that STS gives for a role against botocore: from the same files and variables the
same requests, signed by the same keys, and the same keys in the end. Then moto's STS with its
authentication on, and what is said when STS refuses.

usage: sts_botocore.py PROGRAM  (sts_print)
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.parse

import judges
import standin

judges.need("botocore", "boto3", "moto")
import boto3  # noqa: E402
import botocore.exceptions  # noqa: E402
import botocore.session  # noqa: E402

PROGRAM = sys.argv[1]
EXPIRES, EXPIRES_MS = "2036-12-01T02:00:00Z", 2111709600000
KEYS = ("aws_access_key_id = AKIDBASE\naws_secret_access_key = base/secret+x\n")
BASE = f"[base]\n{KEYS}"
A, B, C = (f"arn:aws:iam::111122223333:role/{name}" for name in ("a", "path/b", "c"))
ENV_KEYS = {"AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "env/secret",
            "AWS_SESSION_TOKEN": "env//token=="}
TOKEN = "eyJhbGciOi.eyJzdWIiOiJzeXN0ZW0.c2ln_-"
CODE = "907315"


def role(name="ops", arn=A, more="source_profile = base\n"):
    return f"[profile {name}]\nrole_arn = {arn}\n{more}"


# name, config file, credentials file, environment, profile named by the plan file
CASES = [
    ("source_profile", role(), BASE, {"AWS_PROFILE": "ops"}, None),
    ("named by the plan file", role(), BASE, ENV_KEYS, "ops"),
    ("the environment's keys before AWS_PROFILE", role(), BASE,
     {"AWS_PROFILE": "ops", **ENV_KEYS}, None),
    ("all of it", role(more="source_profile=base\nexternal_id = a b&c=d/+%\nduration_seconds=3600\n"
                       "role_session_name = me@example.com\n"), BASE, {}, "ops"),
    ("mfa", role(more="source_profile=base\nmfa_serial = arn:aws:iam::111122223333:mfa/me\n"), BASE,
     {}, "ops"),
    ("a role of the default profile", f"[default]\nrole_arn = {A}\nsource_profile = base\n", BASE,
     {}, None),
    ("a role in the credentials file", "[profile base]\nregion = eu-west-1\n",
     BASE + f"[ops]\nrole_arn = {A}\nsource_profile = base\n", {}, "ops"),
    ("a source with a session token", role(), BASE + "aws_session_token = base//token\n", {}, "ops"),
    ("a source in the config file", role() + f"[profile base]\n{KEYS}", "", {}, "ops"),
    ("a profile that names itself", role(more=f"source_profile = ops\n{KEYS}"), "", {}, "ops"),
    ("a profile that names itself, its keys in the other file", role(more="source_profile = ops\n"),
     f"[ops]\n{KEYS}", {}, "ops"),
    ("a profile that names itself and has no keys", role(more="source_profile = ops\n"), "", {},
     "ops"),
    ("a chain", role(arn=C, more="source_profile = mid\nexternal_id = xyz\n") +
     role("mid", B, "source_profile = low\nrole_session_name = mid\n") + role("low", A), BASE, {},
     "ops"),
    ("a source with keys and a role: its keys", role(arn=C, more="source_profile = mid\n") +
     role("mid", B), BASE + f"[mid]\n{KEYS.replace('BASE', 'MID')}", {}, "ops"),
    ("a circle of two", role(more="source_profile = mid\n") +
     role("mid", B, "source_profile = ops\n"), "", {}, "ops"),
    ("a circle that comes back to keys", role(more="source_profile = mid\n") +
     role("mid", B, "source_profile = ops\n"), f"[ops]\n{KEYS}", {}, "ops"),
    ("a circle behind the first", role(more="source_profile = mid\n") +
     role("mid", B, "source_profile = low\n") + role("low", C, "source_profile = mid\n"), BASE, {},
     "ops"),
    ("a source that does not exist", role(more="source_profile = nobody\n"), BASE, {}, "ops"),
    ("a source without credentials", role() + "[profile base]\nregion = us-east-1\n", "", {}, "ops"),
    ("a source with half of them", role(), "[base]\naws_access_key_id = A\n", {}, "ops"),
    ("no source", role(more=""), BASE, {}, "ops"),
    ("both sources", role(more="source_profile = base\ncredential_source = Environment\n"), BASE,
     ENV_KEYS, "ops"),
    ("credential_source Environment", role(more="credential_source = Environment\n"), BASE, ENV_KEYS,
     "ops"),
    ("credential_source Environment, named by AWS_PROFILE",
     role(more="credential_source = Environment\n"), BASE, {"AWS_PROFILE": "ops", **ENV_KEYS}, None),
    ("credential_source Environment without any", role(more="credential_source = Environment\n"),
     BASE, {}, "ops"),
    ("credential_source EcsContainer", role(more="credential_source = EcsContainer\n"), BASE,
     {**ENV_KEYS, "AWS_CONTAINER_CREDENTIALS_FULL_URI": "URL/agent"}, "ops"),
    ("credential_source EcsContainer without one", role(more="credential_source = EcsContainer\n"),
     BASE, ENV_KEYS, "ops"),
    ("credential_source Ec2InstanceMetadata",
     role(more="credential_source = Ec2InstanceMetadata\n"), BASE,
     {**ENV_KEYS, "AWS_EC2_METADATA_DISABLED": "false",
      "AWS_EC2_METADATA_SERVICE_ENDPOINT": "URL"}, "ops"),
    ("credential_source Ec2InstanceMetadata, switched off",
     role(more="credential_source = Ec2InstanceMetadata\n"), BASE,
     {"AWS_EC2_METADATA_SERVICE_ENDPOINT": "URL"}, "ops"),
    ("an unknown credential_source", role(more="credential_source = environment\n"), BASE, ENV_KEYS,
     "ops"),
    ("a short duration", role(more="source_profile = base\nduration_seconds = 899\n"), BASE, {},
     "ops"),
    ("credential_process below a role", role() + "[profile base]\ncredential_process = sh -c "
     "\"printf '{\\\"Version\\\":1,\\\"AccessKeyId\\\":\\\"AKIDPROC\\\","
     "\\\"SecretAccessKey\\\":\\\"x\\\"}'\"\n", "", {}, "ops"),
    ("web identity", "", "", {"AWS_WEB_IDENTITY_TOKEN_FILE": "TOKEN", "AWS_ROLE_ARN": A,
                              "AWS_ROLE_SESSION_NAME": "pod"}, None),
    ("web identity without a session name", "", "",
     {"AWS_WEB_IDENTITY_TOKEN_FILE": "TOKEN", "AWS_ROLE_ARN": A}, None),
    ("web identity without a role", "", "", {"AWS_WEB_IDENTITY_TOKEN_FILE": "TOKEN"}, None),
    ("web identity without a file", "", "",
     {"AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere/token", "AWS_ROLE_ARN": A}, None),
    ("the environment's keys before web identity", "", "",
     {"AWS_WEB_IDENTITY_TOKEN_FILE": "TOKEN", "AWS_ROLE_ARN": A, **ENV_KEYS}, None),
    ("web identity before a profile's keys", "", f"[default]\n{KEYS}",
     {"AWS_WEB_IDENTITY_TOKEN_FILE": "TOKEN", "AWS_ROLE_ARN": A}, None),
    ("a role before web identity", role(), BASE,
     {"AWS_WEB_IDENTITY_TOKEN_FILE": "TOKEN", "AWS_ROLE_ARN": B, "AWS_PROFILE": "ops"}, None),
    ("the plan file's profile before web identity", "", f"[ops]\n{KEYS}",
     {"AWS_WEB_IDENTITY_TOKEN_FILE": "TOKEN", "AWS_ROLE_ARN": A}, "ops"),
    ("a profile's web identity", role(more="web_identity_token_file = TOKEN\n"
                                      "role_session_name = ci\nduration_seconds = 3600\n"), "", {},
     "ops"),
    ("a profile's web identity, of which the environment has parts",
     role(more="web_identity_token_file = TOKEN\nrole_session_name = ci\n"), "",
     {"AWS_PROFILE": "ops", "AWS_ROLE_ARN": B}, None),
    ("a profile's web identity below a role", role(arn=C, more="source_profile = pod\n") +
     role("pod", B, "web_identity_token_file = TOKEN\n"), "",
     {"AWS_ROLE_ARN": A, "AWS_ROLE_SESSION_NAME": "not mine"}, "ops"),
    ("web identity and a source_profile", role(more="web_identity_token_file = TOKEN\n"
                                               "source_profile = base\n"), BASE, {}, "ops"),
]

ANSWER = """<{op}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{op}Result>
<AssumedRoleUser><Arn>arn:aws:sts::111122223333:assumed-role/x/y</Arn><AssumedRoleId>I:y</AssumedRoleId>
</AssumedRoleUser><Credentials><AccessKeyId>ASIA{n}</AccessKeyId><SecretAccessKey>secret/{n}+{role}
</SecretAccessKey><SessionToken>token//{n}==</SessionToken><Expiration>{expires}</Expiration>
</Credentials></{op}Result><ResponseMetadata><RequestId>r-{n}</RequestId></ResponseMetadata>
</{op}Response>"""
HOST_KEYS = json.dumps({"Code": "Success", "AccessKeyId": "AKIDHOST", "SecretAccessKey": "host",
                        "Token": "host//token", "Expiration": EXPIRES})
ROLES = "/latest/meta-data/iam/security-credentials/"
HOSTS = {"/agent": HOST_KEYS, "/latest/api/token": "imds", ROLES: "host", ROLES + "host": HOST_KEYS}
ERROR = """<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
<Code>{}</Code><Message>{}</Message></Error><RequestId>r-9</RequestId></ErrorResponse>"""


def form(request):
    return dict(urllib.parse.parse_qsl(request.body.decode(), keep_blank_values=True))


class Sts:
    """The stand-in: new keys at each call, or the refusal that `refuse` has for a role."""

    def __init__(self):
        self.calls, self.refuse = [], {}

    def answer(self, request):
        if request.method != "POST":
            return 200, HOSTS[request.path]
        said = form(request)
        signer = re.search(r"Credential=([^/]*)/\d{8}/([^/]*)/sts/", request.header("Authorization")
                           or "")
        self.calls.append({
            **said, "RoleSessionName": re.sub(r"^(botocore-session|switchover)-\d{10}$",
                                              "<default>", said.get("RoleSessionName", "")),
            "signed by": signer.groups() if signer else request.header("Authorization"),
            "dated": bool(request.header("X-Amz-Date")) and bool(signer),
            "token": request.header("X-Amz-Security-Token"),
            "path": request.path, "method": request.method})
        if said["RoleArn"] in self.refuse:
            return self.refuse[said["RoleArn"]]
        return 200, ANSWER.replace("\n</Secret", "</Secret").format(
            op=said["Action"], n=len(self.calls), role=said["RoleArn"][-1], expires=EXPIRES)

    def take_calls(self):
        calls, self.calls = self.calls, []
        return calls


class Bench:
    """One folder, one stand-in."""

    def __init__(self, folder, sts, url):
        self.folder, self.sts, self.url = folder, sts, url
        self.write("token", TOKEN)

    def write(self, name, content):
        with open(f"{self.folder}/{name}", "w", encoding="utf-8") as out:
            out.write(content)
        return f"{self.folder}/{name}"

    def environment(self, config, credentials, variables):
        config = config.replace("TOKEN", f"{self.folder}/token")
        variables = {name: value.replace("TOKEN", f"{self.folder}/token").replace("URL", self.url)
                     for name, value in variables.items()}
        bare = {name: value for name, value in judges.environment().items()
                if not name.startswith("AWS_")}
        return {**bare, "AWS_CONFIG_FILE": self.write("config", config),
                "AWS_SHARED_CREDENTIALS_FILE": self.write("credentials", credentials),
                "AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": "eu-central-1",
                "AWS_DEFAULT_REGION": "eu-central-1", "AWS_MAX_ATTEMPTS": "2", "AWS_ENDPOINT_URL_STS": self.url, **variables}

    def ours(self, config, credentials="", variables=(), profile=None, planned_role="", code=""):
        run = subprocess.run([PROGRAM, profile or "", planned_role, code],
                             env=self.environment(config, credentials, dict(variables)),
                             capture_output=True, text=True, check=False, timeout=60)
        if run.returncode:
            sys.exit(f"the program ended with {run.returncode}: {run.stderr[-2000:]}")
        return dict(line.split("=", 1) for line in run.stdout.splitlines()), self.sts.take_calls()

    def botocores(self, config, credentials, variables, profile):
        os.environ.clear()
        os.environ.update(self.environment(config, credentials, variables))
        session = botocore.session.Session(profile=profile)
        resolver = session.get_component("credential_provider")
        for provider in resolver.providers:
            if provider.METHOD == "assume-role":
                provider._prompter = lambda prompt: CODE  # what getpass would read
        try:
            keys = session.get_credentials()
            keys = keys and keys.get_frozen_credentials()
            found = ({"error": "", "access_key_id": keys.access_key,
                      "secret_access_key": keys.secret_key, "session_token": keys.token or ""}
                     if keys else {"error": "none"})
        except (botocore.exceptions.BotoCoreError, OSError) as error:
            found = {"error": type(error).__name__}
        return found, self.sts.take_calls()


def check_case(bench, case):
    name, config, credentials, variables, profile = case
    mine, my_calls = bench.ours(config, credentials, variables, profile, code=CODE)
    its, its_calls = bench.botocores(config, credentials, variables, profile)
    wrong = []
    if bool(mine["error"]) != bool(its["error"]):
        wrong.append(f"ours {mine['error'] or 'works'}, botocore's {its['error'] or 'works'}")
    elif not its["error"]:
        wrong += [f"{key}: ours {mine[key]!r}, botocore's {its[key]!r}"
                  for key in its if mine[key] != its[key]]
    if my_calls != its_calls:
        wrong.append(f"requests:\n   ours       {my_calls}\n   botocore's {its_calls}")
    for line in wrong:
        print(f"{name}: {line}\n   {mine['message']}")
    return not wrong, len(its_calls), bool(its["error"])


def check_all_cases(bench):
    results = [check_case(bench, case) for case in CASES]
    wrong = sum(not good for good, _, _ in results)
    if wrong:
        sys.exit(f"{wrong} of {len(results)} cases differ")
    calls, errors = sum(n for _, n, _ in results), sum(failed for _, _, failed in results)
    assert calls > 20 and errors > 8, (calls, errors)  # else nothing was compared
    print(f"{len(results)} cases, {calls} requests, {errors} refused, equal to botocore's")


# ---- ours alone ----

def expect(said, *words, secrets=()):
    whole = f"{said['message']} | {said['hint']}"
    for word in words:
        assert word in whole, f"{word!r} is not in: {whole}"
    for secret in ("base/secret", "env/secret", TOKEN, CODE, *secrets):
        assert secret not in whole, whole
    assert said["error"] and not said["access_key_id"], said


def when_they_end(bench):
    said, _ = bench.ours(role(), BASE, {}, "ops")
    assert (int(said["expires_at"]), int(said["ends_at"])) == (EXPIRES_MS, 0), said
    assert said["source"] == f"the profile ops ({A})", said
    said, _ = bench.ours(role(more="source_profile = base\nmfa_serial = GAHT1\n"), BASE, {}, "ops",
                         code=CODE)
    assert int(said["ends_at"]) == EXPIRES_MS and said["mfa_asked"] == "GAHT1", said
    said, _ = bench.ours(role(more="credential_source = Environment\n"), "",
                         {**ENV_KEYS, "AWS_CREDENTIAL_EXPIRATION": "2030-01-01T00:00:00Z"}, "ops")
    assert (int(said["expires_at"]), int(said["ends_at"])) == (EXPIRES_MS, 1893456000000), said
    said, _ = bench.ours("", "", {"AWS_WEB_IDENTITY_TOKEN_FILE": "TOKEN", "AWS_ROLE_ARN": A})
    assert (int(said["expires_at"]), int(said["ends_at"])) == (EXPIRES_MS, 0), said


def the_plan_files_role(bench):
    """On top of whatever is found, a profile's role among it."""
    said, calls = bench.ours("", "", ENV_KEYS, planned_role=B)
    assert said["access_key_id"] == "ASIA1" and said["source"] == f"the plan file's role {B}", said
    assert [(c["RoleArn"], c["signed by"][0], c["token"]) for c in calls] == [
        (B, "AKIDENV", "env//token==")], calls
    said, calls = bench.ours(role(), BASE, {}, "ops", planned_role=B)
    assert [(c["RoleArn"], c["signed by"][0], c["token"]) for c in calls] == [
        (A, "AKIDBASE", None), (B, "ASIA1", "token//1==")], calls
    said, calls = bench.ours(role(more="source_profile = base\nmfa_serial = GAHT1\n"), BASE, {},
                             "ops", planned_role=B, code=CODE)
    assert int(said["ends_at"]) == EXPIRES_MS, said
    assert "SerialNumber" in calls[0] and "SerialNumber" not in calls[1], calls
    said, calls = bench.ours("", "", {}, planned_role=B)
    expect(said, "no AWS credentials were found")
    assert not calls, calls


def what_cannot_be_asked(bench):
    mfa = role(more="source_profile = base\nmfa_serial = arn:aws:iam::1:mfa/me\n")
    said, calls = bench.ours(mfa, BASE, {}, "ops")
    expect(said, "needs a code of the MFA device arn:aws:iam::1:mfa/me", "no terminal",
           "aws configure export-credentials --profile ops")
    assert not calls, calls
    for code in ("12345", "1234567", "12345a", "      "):
        said, calls = bench.ours(mfa, BASE, {}, "ops", code=code)
        expect(said, "is 6 digits", secrets=[] if code.isspace() else [code])
        assert not calls, calls
    for seconds in ("899", "43201", "-900", "3600s", "1e4", "99999999999999999999"):
        said, calls = bench.ours(role(more=f"source_profile=base\nduration_seconds={seconds}\n"),
                                 BASE, {}, "ops")
        expect(said, "duration_seconds of the profile ops", "from 900 to 43200")
        assert not calls, calls
    for seconds in ("900", "43200"):
        said, calls = bench.ours(role(more=f"source_profile=base\nduration_seconds={seconds}\n"),
                                 BASE, {}, "ops")
        assert calls[0]["DurationSeconds"] == seconds and not said["error"], said


def circles_and_sources_are_named(bench):
    said, _ = bench.ours(role(more="source_profile = mid\n") +
                         role("mid", B, "source_profile = low\n") +
                         role("low", C, "source_profile = mid\n"), BASE, {}, "ops")
    expect(said, "in a circle: ops, mid, low, mid")
    said, _ = bench.ours(role(more=""), BASE, {}, "ops")
    expect(said, "neither a source_profile nor a credential_source")
    said, _ = bench.ours(role(more="credential_source = Environment\n"), BASE, {}, "ops")
    expect(said, "keys of Environment (credential_source), where there are none")
    said, _ = bench.ours(role(more="credential_source = Ec2\n"), BASE, {}, "ops")
    expect(said, "credential_source Ec2, which is none", "EcsContainer")
    said, _ = bench.ours(role(more="source_profile = nobody\n"), BASE, {}, "ops")
    expect(said, "names nobody as its source_profile, which does not exist")


def refusals(bench):
    denied = ("User: arn:aws:iam::111122223333:user/me is not authorized to perform: "
              f"sts:AssumeRole on resource: {A}")
    refuse = bench.sts.refuse
    refuse[A] = (403, ERROR.format("AccessDenied", denied))
    said, calls = bench.ours(role(), BASE, {}, "ops")
    assert said["error"] == "access" and len(calls) == 1, (said, calls)
    expect(said, "the role of the profile ops: access denied: "
           f"arn:aws:iam::111122223333:user/me may not sts:AssumeRole on {A}",
           f"look whether {A} exists", "allow the principal sts:AssumeRole on it")
    said, _ = bench.ours("", "", ENV_KEYS, planned_role=A)
    expect(said, "the plan file's role (aws.role_arn): access denied")
    refuse[A] = (403, ERROR.format("ExpiredToken", "The security token included in the request is "
                                   "expired"))
    said, _ = bench.ours("", "", ENV_KEYS, planned_role=A)
    assert said["error"] == "credentials", said
    expect(said, "the AWS credentials from the environment have expired (ExpiredToken)",
           "set new AWS_ACCESS_KEY_ID")
    refuse[A] = (400, ERROR.format("ValidationError", "The requested DurationSeconds exceeds the "
                                   "MaxSessionDuration set for this role."))
    said, _ = bench.ours(role(), BASE, {}, "ops")
    expect(said, "the role of the profile ops: ", "MaxSessionDuration")
    refuse[A] = (200, "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>A"
                 "</AccessKeyId><SecretAccessKey>answered/secret</SecretAccessKey></Credentials>"
                 "</AssumeRoleResult></AssumeRoleResponse>")
    said, _ = bench.ours(role(), BASE, {}, "ops")
    expect(said, "the answer of AssumeRole is not readable", "SessionToken",
           secrets=["answered/secret"])
    refuse[A] = (503, ERROR.format("ServiceUnavailable", "later"))
    said, calls = bench.ours(role(), BASE, {}, "ops")
    assert len(calls) == 2, calls  # AWS_MAX_ATTEMPTS
    expect(said, "ServiceUnavailable")
    refuse.clear()


def tokens(bench):
    """The file is read anew each time, and is never shown."""
    pod = {"AWS_WEB_IDENTITY_TOKEN_FILE": "TOKEN", "AWS_ROLE_ARN": A}
    refuse = bench.sts.refuse
    bench.write("token", "another.token\n")
    said, calls = bench.ours("", "", pod)
    assert calls[0]["WebIdentityToken"] == "another.token" and not said["error"], said
    for content, words in (("", "is empty"), (" \n", "is empty"), ("x" * 20001, "larger than 20000"),
                           ("x" * 200000, "larger than")):
        bench.write("token", content)
        said, calls = bench.ours("", "", pod)
        expect(said, words, f"{bench.folder}/token")
        assert not calls, calls
    bench.write("token", TOKEN)
    refuse[A] = (403, ERROR.format("AccessDenied", "Not authorized to perform "
                                   "sts:AssumeRoleWithWebIdentity"))
    said, _ = bench.ours("", "", pod)
    assert said["error"] == "access", said
    expect(said, "access denied: ", "sts:AssumeRoleWithWebIdentity", "issuer, audience and subject")
    refuse[A] = (400, ERROR.format("ExpiredTokenException", "Token expired: current date/time must "
                                   "be before the expiration date/time"))
    said, _ = bench.ours("", "", pod)
    expect(said, f"the web identity token {bench.folder}/token have expired", "who writes it")
    refuse[A] = (400, ERROR.format("InvalidIdentityToken", "No OpenIDConnect provider found in your "
                                   "account for https://issuer.example"))
    said, _ = bench.ours("", "", pod)
    expect(said, "InvalidIdentityToken", "No OpenIDConnect provider found")
    refuse.clear()


def policy(**whom):
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", **whom}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def on_moto(bench):
    """A judge that checks signatures and policies: the keys are those of the role."""
    with judges.moto() as moto:
        iam, sts = moto.client("iam"), moto.client("sts")
        account = sts.get_caller_identity()["Account"]
        arn = iam.create_role(RoleName="cutover", AssumeRolePolicyDocument=policy(
            Principal={"AWS": "*"}))["Role"]["Arn"]
        iam.create_user(UserName="me")
        keys = iam.create_access_key(UserName="me")["AccessKey"]
        credentials = (f"[base]\naws_access_key_id = {keys['AccessKeyId']}\n"
                       f"aws_secret_access_key = {keys['SecretAccessKey']}\n")
        here = {"AWS_ENDPOINT_URL_STS": moto.endpoint, "AWS_REGION": judges.REGION}
        with moto.check_signatures():
            said, _ = bench.ours(role(arn=arn), credentials, here, "ops")
            expect(said, "sts:AssumeRole", arn, secrets=[keys["SecretAccessKey"]])
            assert said["error"] == "access", said
            said, _ = bench.ours(role(arn=arn), credentials.replace(keys["SecretAccessKey"],
                                                                    "wrong"), here, "ops")
            expect(said, "AWS does not accept the signature", "the profile base in ")
        iam.put_user_policy(UserName="me", PolicyName="p", PolicyDocument=policy(Resource=arn))
        with moto.check_signatures():
            said, _ = bench.ours(role(arn=arn, more="source_profile = base\n"
                                      "role_session_name = me\n"), credentials, here, "ops")
        assert not said["error"], said
        client = boto3.client("sts", endpoint_url=moto.endpoint, region_name=judges.REGION,
                              aws_access_key_id=said["access_key_id"],
                              aws_secret_access_key=said["secret_access_key"],
                              aws_session_token=said["session_token"])
        who = client.get_caller_identity()["Arn"]
        assert who == f"arn:aws:sts::{account}:assumed-role/cutover/me", who


def main():
    sts = Sts()
    with tempfile.TemporaryDirectory() as folder, standin.serve(sts.answer) as server:
        bench = Bench(folder, sts, server.url("/").rstrip("/"))
        check_all_cases(bench)
        for check in (when_they_end, the_plan_files_role, what_cannot_be_asked,
                      circles_and_sources_are_named, refusals, tokens, on_moto):
            check(bench)
            print(check.__name__)


main()
