"""The order of the sources of credentials, held against botocore's resolver: with several of them
present at once, both must take the keys of the same one. Each source has keys of its own, so what
was taken says whose they are; one stand-in plays every service that hands some out.

By default: each alone, every pair, each with all that come behind it, all of them, with every way
to name the profile. With TESTS_LONG in the environment: every subset.

usage: chain_botocore.py PROGRAM  (config_print)
"""
import datetime
import hashlib
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.parse

import judges
import standin

judges.need("botocore")
HOME = tempfile.TemporaryDirectory()
os.environ["HOME"] = HOME.name  # where botocore, as it is loaded, takes the cache of SSO to be
import botocore.session  # noqa: E402

PROGRAM = os.path.realpath(sys.argv[1])
# In AWS's order. What is held against it is only botocore's.
SOURCES = ["environment", "role", "web_identity", "sso", "shared_file", "process", "config_file",
           "container", "metadata"]
ROLE = "arn:aws:iam::111122223333:role/x"
METHODS = {"env": "environment", "assume-role": "role",
           "assume-role-with-web-identity": "web_identity", "sso": "sso",
           "shared-credentials-file": "shared_file", "custom-process": "process",
           "config-file": "config_file", "container-role": "container", "iam-role": "metadata"}
# How the profile comes to be asked for: its name, AWS_PROFILE, the plan file's.
WAYS = {"default": ("default", None, None), "AWS_PROFILE": ("ops", "ops", None),
        "plan file": ("ops", None, "ops")}


def key(source):
    return "ASIA" + source.upper().replace("_", "")


def later():
    then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=9)
    return then.strftime("%Y-%m-%dT%H:%M:%SZ")


# ---- the services ----


def document(source, token="Token"):
    return json.dumps({"Version": 1, "Code": "Success", "AccessKeyId": key(source),
                       "SecretAccessKey": "secret", token: "token", "Expiration": later()})


def sts(request):
    operation = dict(urllib.parse.parse_qsl(request.body.decode()))["Action"]
    source = "web_identity" if operation == "AssumeRoleWithWebIdentity" else "role"
    return 200, f"""<{operation}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<{operation}Result><Credentials><AccessKeyId>{key(source)}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>
<SessionToken>token</SessionToken><Expiration>{later()}</Expiration>
</Credentials><AssumedRoleUser><Arn>{ROLE}/y</Arn><AssumedRoleId>I:y</AssumedRoleId>
</AssumedRoleUser></{operation}Result></{operation}Response>"""


def answer(request):
    path = urllib.parse.urlsplit(request.path).path
    if request.method == "POST" and path == "/":
        return sts(request)
    if path == "/federation/credentials":
        return 200, json.dumps({"roleCredentials": {
            "accessKeyId": key("sso"), "secretAccessKey": "secret", "sessionToken": "token",
            "expiration": int(time.time() + 9 * 3600) * 1000}})
    if path == "/agent":
        return 200, document("container")
    if path == "/latest/api/token":
        return 200, "metadata-token"
    if path == "/latest/meta-data/iam/security-credentials/":
        return 200, "role"
    if path == "/latest/meta-data/iam/security-credentials/role":
        return 200, document("metadata")
    return 404, ""


# ---- a machine where these are present ----


def lines(source):
    return (f"aws_access_key_id = {key(source)}\naws_secret_access_key = secret\n"
            "aws_session_token = token\n")


def write_files(folder, present, profile):
    section = profile if profile == "default" else f"profile {profile}"
    config = f"[{section}]\nregion = us-east-1\n"
    credentials = f"[base]\n{lines('base')}"
    if "role" in present:
        config += f"role_arn = {ROLE}\nsource_profile = base\n"
    if "sso" in present:
        config += "sso_session = corp\nsso_account_id = 111122223333\nsso_role_name = x\n"
    if "process" in present:
        config += f"credential_process = cat {folder}/process.json\n"
    if "config_file" in present:
        config += lines("config_file")
    if "shared_file" in present:
        credentials += f"[{profile}]\n{lines('shared_file')}"
    config += ("[sso-session corp]\nsso_region = us-east-1\n"
               "sso_start_url = https://corp.awsapps.com/start\n")
    for name, content in (("config", config), ("credentials", credentials)):
        with open(f"{folder}/{name}", "w", encoding="utf-8") as file:
            file.write(content)


def environment(folder, server, present, named):
    env = {name: value for name, value in judges.environment().items()
           if not name.startswith("AWS_")}
    env.update(HOME=folder, AWS_CONFIG_FILE=f"{folder}/config",
               AWS_SHARED_CREDENTIALS_FILE=f"{folder}/credentials",
               AWS_ENDPOINT_URL_STS=server.url("/"), AWS_ENDPOINT_URL_SSO=server.url("/"),
               AWS_EC2_METADATA_SERVICE_ENDPOINT=server.url("/"))
    if named:
        env["AWS_PROFILE"] = named
    if "environment" in present:
        env.update(AWS_ACCESS_KEY_ID=key("environment"), AWS_SECRET_ACCESS_KEY="secret")
    if "web_identity" in present:
        env.update(AWS_WEB_IDENTITY_TOKEN_FILE=f"{folder}/token", AWS_ROLE_ARN=ROLE)
    if "container" in present:
        env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = server.url("/agent")
    if "metadata" not in present:
        env["AWS_EC2_METADATA_DISABLED"] = "true"
    return env


def prepare(folder):
    with open(f"{folder}/token", "w", encoding="utf-8") as file:
        file.write("a.b.c")
    with open(f"{folder}/process.json", "w", encoding="utf-8") as file:
        file.write(document("process", "SessionToken"))
    cache = f"{folder}/.aws/sso/cache"
    os.makedirs(cache)
    name = hashlib.sha1(b"corp").hexdigest()
    with open(f"{cache}/{name}.json", "w", encoding="utf-8") as file:
        json.dump({"startUrl": "https://corp.awsapps.com/start", "region": "us-east-1",
                   "accessToken": "access", "expiresAt": later()}, file)


# ---- the two that are compared ----


def ours(env, planned):
    """Whose keys, and what was said where there are none."""
    run = subprocess.run([PROGRAM, planned or "", ""], env=env, capture_output=True, text=True,
                         check=False, timeout=60)
    assert run.returncode == 0, run.stderr[-2000:]
    said = dict(line.split("=", 1) for line in run.stdout.splitlines())
    assert not said["config_error"], said
    return said["access_key_id"] or None, said


def botocores(env, planned):
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(env)
    try:
        found = botocore.session.Session(profile=planned).get_credentials()
        return (found.access_key, found.method) if found else (None, None)
    finally:
        os.environ.clear()
        os.environ.update(before)


def subsets():
    if os.environ.get("TESTS_LONG"):
        for n in range(len(SOURCES) + 1):
            yield from (set(some) for some in itertools.combinations(SOURCES, n))
        return
    yield set()
    yield from ({source} for source in SOURCES)
    yield from (set(pair) for pair in itertools.combinations(SOURCES, 2))
    for first in range(len(SOURCES) - 2):
        yield set(SOURCES[first:])


def main():
    count, bad, taken = 0, 0, set()
    with HOME as folder, standin.serve(answer) as server:
        prepare(folder)
        for present, (way, (profile, named, planned)) in itertools.product(subsets(), WAYS.items()):
            write_files(folder, present, profile)
            env = environment(folder, server, present, named)
            mine, said = ours(env, planned)
            its, method = botocores(env, planned)
            count += 1
            taken.add(METHODS[method] if method else "none")
            if method:
                assert its == key(METHODS[method]), f"the stand-in: {its} by {method}"
            if mine != its:
                bad += 1
                print(f"{sorted(present, key=SOURCES.index)}, {way}: ours {mine}, botocore's {its}\n"
                      f"   {said['message']}")
    if taken != {*SOURCES, "none"}:
        sys.exit(f"botocore took none from {({*SOURCES, 'none'}) - taken}: it proves nothing")
    if bad:
        sys.exit(f"{bad} of {count} combinations differ")
    print(f"{count} combinations of sources, the same one taken as botocore takes")


main()
