"""Every source of credentials, filled with secrets that cannot be mistaken for anything else, and
the whole tool driven with them against the sandbox: what comes of the secrets is for the tests to
look at (e2e/secrets_stay_in.py in what it writes, fault/freed_secrets.py in the memory that it
gives back).

A source is a row of SOURCES: a function that lays its files into a Place and answers with a Source.
"""
import base64
import contextlib
import hashlib
import json
import os
import re
import sys
import urllib.parse

import judges
import standin

judges.need("botocore")
import botocore.auth  # noqa: E402
import botocore.awsrequest  # noqa: E402
import botocore.credentials  # noqa: E402

MFA_CODE = "314159"
PIECE = 8  # so many characters of a secret in a row are a leak
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
PLAN = """switchover: 1
stage: sandbox
traffic:
  steps:
    - {target: 100, hold: 0s}
drain: {quiet_for: 0s}
baseline: 10m
gates: {on_failure: revert, on_inconclusive: continue}
"""


def secret(name, length=40, alphabet=LETTERS):
    """The same for the same name, and nothing else's."""
    out, block = "", name
    while len(out) < length:
        block = hashlib.sha256(block.encode()).hexdigest()
        out += "".join(alphabet[int(block[i:i + 2], 16) % len(alphabet)] for i in range(0, 64, 2))
    return out[:length]


def pieces(text):
    """Pieces one of which stands in whatever holds two of them in a row of the text."""
    return [text[i:i + PIECE] for i in range(0, len(text) - PIECE + 1, PIECE)]


def forms(value):
    """{what is looked for: in which form it is}."""
    found = {piece: "plain" for piece in pieces(value)}
    for shift in range(3):  # base64 of it behind anything
        coded = base64.b64encode(b"\0" * shift + value.encode()).decode().rstrip("=")
        inside = coded[4 if shift else 0:len(coded) - 4]
        found.update({piece: "base64" for piece in pieces(inside)})
        found.update({piece: "base64" for piece in pieces(inside.replace("+", "-")
                                                          .replace("/", "_"))})
    found.update({piece: "hexadecimal" for piece in pieces(value.encode().hex())})
    quoted = urllib.parse.quote(value, safe="")
    if quoted != value:
        found.update({piece: "URL-encoded" for piece in pieces(quoted)})
    return {piece.encode(): form for piece, form in found.items()}


class Place:
    """Where one source's run happens: a folder to run in, a home with AWS's files, the secrets."""

    def __init__(self, program, folder, sandbox, source):
        self.program, self.sandbox, self.name = program, sandbox, source
        self.work, self.home = os.path.join(folder, "work"), os.path.join(folder, "home")
        for path in (self.work, os.path.join(self.home, ".aws", "sso", "cache")):
            os.makedirs(path)
        self.secrets = {}  # name: value
        self.break_source = None  # the name of the fault that the source has now
        self.served = 0  # AWS calls that came with the source's keys

    def secret(self, name, length=40, **how):
        self.secrets[name] = value = secret(f"{self.name}: {name}", length, **how)
        return value

    def write(self, path, content):
        path = os.path.join(self.home, path)
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
        return path

    def keys(self, what="", **names):
        """Keys as agents and programs say them; the secrets are new ones for each `what`."""
        document = {"AccessKeyId": self.key_id(what), "Expiration": "2037-01-01T00:00:00Z",
                    "SecretAccessKey": self.secret(f"secret access key {what}"),
                    "Token": self.secret(f"session token {what}", 120)}
        return {names.get(name, name): value for name, value in document.items()}

    def key_id(self, what=""):
        return "ASIA" + secret(f"{self.name}: id {what}", 16, alphabet=LETTERS[:26])


class Source:
    """What a row makes: the environment; the services it asks; how it can break ("" stands for the
    tool's own way through all of it); the text of config and credentials file."""

    def __init__(self, variables=None, config="", credentials="", answer=None, faults=(),
                 asking=None):
        self.variables, self.config, self.credentials = variables or {}, config, credentials
        self.answer, self.faults = answer, faults
        self.asking = asking  # the variables with which it asks for MFA_CODE on a terminal


# ---- the rows ----


def from_environment(place):
    keys = place.keys()
    return Source({"AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
                   "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
                   "AWS_SESSION_TOKEN": keys["Token"]},
                  faults={"a space in the secret": {"AWS_SECRET_ACCESS_KEY":
                                                    keys["SecretAccessKey"] + " x"},
                          "no secret": {"AWS_SECRET_ACCESS_KEY": ""},
                          "a line break in the token": {"AWS_SESSION_TOKEN":
                                                        keys["Token"] + "\nX: y"}})


def in_a_file(section, keys):
    return (f"[{section}]\naws_access_key_id = {keys['AccessKeyId']}\n"
            f"aws_secret_access_key = {keys['SecretAccessKey']}\n"
            f"aws_session_token = {keys['Token']}\n")


def broken_files(place, text, keys):
    """Files that cannot be read as such, or whose keys cannot be used."""
    rows = {"no section": text.split("\n", 1)[1],
            "no equals sign": text + f"{keys['SecretAccessKey']}\n",
            "a NUL byte": text.replace("\naws_session", "\0\naws_session"),
            "a space in the secret": text.replace("\naws_session", " x\naws_session"),
            "no id": text.replace("aws_access_key_id", "other")}
    return {name: place.write(name.replace(" ", "-"), content) for name, content in rows.items()}


def from_shared_file(place):
    keys = place.keys()
    text = in_a_file("default", keys)
    faults = broken_files(place, text, keys)
    return Source(credentials=text, faults={name: {"AWS_SHARED_CREDENTIALS_FILE": path}
                                            for name, path in faults.items()})


def from_config_file(place):
    keys = place.keys()
    text = in_a_file("profile ops", keys)
    faults = broken_files(place, text, keys)
    return Source({"AWS_PROFILE": "ops"}, config=text,
                  faults={name: {"AWS_CONFIG_FILE": path} for name, path in faults.items()})


def from_process(place):
    document = json.dumps({"Version": 1, **place.keys(Token="SessionToken")})
    aside = place.secret("on the program's standard error", 60)
    out, err = place.write("out.json", document), place.write("err.txt", aside + "\n")
    faults = {"an exit code": f"cat {err} >&2; cat {out}; exit 3",
              "half a document": f"cat {err} >&2; head -c 200 {out}",
              "another version": f"cat {err} >&2; sed s/1,/2,/ {out}",
              "no end": f"while cat {out}; do :; done",
              "a signal": f"cat {out} {err} >&2; kill -9 $$",
              "nothing": f"cat {err} >&2"}
    programs = {name: place.write(name.replace(" ", "-") + ".sh", script + "\n")
                for name, script in {"good": f"cat {err} >&2; cat {out}", **faults}.items()}
    config = "".join(f"[{'default' if name == 'good' else 'profile ' + name.replace(' ', '-')}]\n"
                     f"credential_process = /bin/sh {path}\n" for name, path in programs.items())
    return Source(config=config,
                  faults={name: {"AWS_PROFILE": name.replace(" ", "-")} for name in faults})


def from_container(place):
    document = json.dumps(place.keys())
    token = "Bearer " + place.secret("the container's token", 60)
    path = place.write("agent-token", token)
    with_break = place.write("agent-token-2", token + "\n")

    def answer(request):
        if request.path != "/agent":
            return None
        if request.header("Authorization") != token:
            return 401, json.dumps({"code": "Unauthorized", "message": "no token"})
        fault = place.break_source
        return {"refused": (403, json.dumps({"code": "Denied", "message": f"is wrong: {token}"})),
                "garbage": (200, document[:-1] + "]"),
                "half": (200, document.replace("AccessKeyId", "Other")),
                "reset": b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + document.encode(),
                }.get(fault, (200, document))

    return Source({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "{gateway}/agent",
                   "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": path}, answer=answer,
                  faults={"refused": {}, "garbage": {}, "half": {}, "reset": {},
                          "a line break in the token":
                          {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": with_break},
                          "another host": {"AWS_CONTAINER_CREDENTIALS_FULL_URI":
                                           "http://198.51.100.1/agent"}})


def from_metadata(place):
    document = json.dumps({"Code": "Success", **place.keys()})
    token = place.secret("the metadata service's token", 56)

    def answer(request):
        if not request.path.startswith("/latest/"):
            return None
        if request.method == "PUT":
            return (200, token + " x") if place.break_source == "a token of two words" else (200,
                                                                                             token)
        if request.header("X-aws-ec2-metadata-token") != token:
            return 401, ""
        if request.path.endswith("/security-credentials/"):
            return 200, "web-role"
        return {"a code": (200, document.replace("Success", "Failed")),
                "garbage": (200, document[:-1] + "]"),
                "half": (200, document.replace("AccessKeyId", "Other")),
                "refused": (500, document)}.get(place.break_source, (200, document))

    return Source({"AWS_EC2_METADATA_DISABLED": "false",
                   "AWS_EC2_METADATA_SERVICE_ENDPOINT": "{gateway}/"}, answer=answer,
                  faults={name: {} for name in ("a token of two words", "a code", "garbage", "half",
                                                "refused")})


def sts_answer(operation, keys, fault, told):
    """What STS says; `told` are secrets that a careless service would say back."""
    if fault == "refused":
        return 403, ("<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>"
                     f"not allowed: {''.join(told)}</Message></Error></ErrorResponse>")
    document = (f"<{operation}Response xmlns='https://sts.amazonaws.com/doc/2011-06-15/'>"
                f"<{operation}Result><Credentials><AccessKeyId>{keys['AccessKeyId']}</AccessKeyId>"
                f"<SecretAccessKey>{keys['SecretAccessKey']}</SecretAccessKey>"
                f"<SessionToken>{keys['Token']}</SessionToken>"
                f"<Expiration>{keys['Expiration']}</Expiration></Credentials>"
                "<AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/r/s</Arn>"
                "<AssumedRoleId>A:s</AssumedRoleId></AssumedRoleUser>"
                f"</{operation}Result></{operation}Response>")
    if fault == "garbage":
        return 200, document.replace("</Credentials>", "") + "".join(told)
    if fault == "half":
        return 200, document.replace("SecretAccessKey", "Other")
    return 200, document


def from_web_identity(place):
    keys = place.keys()
    token = ".".join(place.secret(f"web identity token {part}", 80)
                     for part in ("header", "claims", "signature"))
    path = place.write("web-token", token)

    def answer(request):
        form = dict(urllib.parse.parse_qsl(request.body.decode("utf-8", "replace")))
        if form.get("Action") != "AssumeRoleWithWebIdentity":
            return None
        if form.get("WebIdentityToken") != token:
            return 400, ("<ErrorResponse><Error><Code>InvalidIdentityToken</Code><Message>no"
                         "</Message></Error></ErrorResponse>")
        return sts_answer(form["Action"], keys, place.break_source, [token])

    return Source({"AWS_WEB_IDENTITY_TOKEN_FILE": path,
                   "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/web"}, answer=answer,
                  faults={"refused": {}, "garbage": {}, "half": {},
                          "no such file": {"AWS_WEB_IDENTITY_TOKEN_FILE": path + ".gone"}})


def from_role(place):
    base, assumed = place.keys("of the user"), place.keys("of the role")
    place.secret("external id", 20)

    def answer(request):
        form = dict(urllib.parse.parse_qsl(request.body.decode("utf-8", "replace")))
        if form.get("Action") != "AssumeRole":
            return None
        if "SerialNumber" in form and form.get("TokenCode") != MFA_CODE:
            return aws_error(request, 403, "AccessDenied", "MultiFactorAuthentication failed")
        return sts_answer(form["Action"], assumed, place.break_source, [])

    return Source({"AWS_PROFILE": "ops"}, answer=answer, credentials=in_a_file("user", base),
                  asking={"AWS_PROFILE": "mfa"},
                  config="[profile ops]\nrole_arn = arn:aws:iam::123456789012:role/ops\n"
                         "source_profile = user\n"
                         f"external_id = {place.secrets['external id']}\n"
                         "[profile mfa]\nrole_arn = arn:aws:iam::123456789012:role/ops\n"
                         "source_profile = user\n"
                         "mfa_serial = arn:aws:iam::123456789012:mfa/me\n",
                  faults={"refused": {}, "garbage": {}, "half": {},
                          "nobody to ask for the MFA code": {"AWS_PROFILE": "mfa"}})


def sso_portal(place, access_token):
    document = place.keys()
    answer_of_portal = json.dumps({"roleCredentials": {
        "accessKeyId": document["AccessKeyId"], "secretAccessKey": document["SecretAccessKey"],
        "sessionToken": document["Token"], "expiration": 2114380800000}})

    def answer(request):
        if not request.path.startswith("/federation/credentials"):
            return None
        if request.header("x-amz-sso_bearer_token") != access_token():
            return 401, json.dumps({"message": "Session token not found or invalid"})
        return {"refused": (403, json.dumps({"message": "ForbiddenException: No access",
                                             "told": access_token()})),
                "garbage": (200, answer_of_portal[:-1] + "]"),
                "half": (200, answer_of_portal.replace("accessKeyId", "other"))
                }.get(place.break_source, (200, answer_of_portal))

    return answer


def sso_cache(name, **document):
    return (os.path.join(".aws", "sso", "cache", hashlib.sha1(name.encode()).hexdigest() + ".json"),
            json.dumps(document))


SSO_PROFILE = ("sso_account_id = 123456789012\nsso_role_name = Ops\n")
SSO_SESSION = ("[sso-session corp]\nsso_start_url = https://corp.awsapps.test/start\n"
               "sso_region = us-east-1\nsso_registration_scopes = sso:account:access\n")


def from_sso(place):
    """A sign-in of the old kind: no refresh."""
    url, access = "https://old.awsapps.test/start", place.secret("SSO access token", 90)
    place.write(*sso_cache(url, startUrl=url, region="us-east-1", accessToken=access,
                           expiresAt="2037-01-01T00:00:00Z"))
    gone = "https://gone.awsapps.test/start"
    place.write(*sso_cache(gone, startUrl=gone, region="us-east-1", accessToken=access,
                           expiresAt="2017-01-01T00:00:00Z"))
    torn = "https://torn.awsapps.test/start"
    path, document = sso_cache(torn, startUrl=torn, accessToken=access)
    place.write(path, document[:-1])
    starts = {"ops": url, "gone": gone, "torn": torn}
    config = "".join(f"[profile {name}]\nsso_start_url = {start}\nsso_region = us-east-1\n"
                     + SSO_PROFILE for name, start in starts.items())
    return Source({"AWS_PROFILE": "ops"}, config=config, answer=sso_portal(place, lambda: access),
                  faults={"refused": {}, "garbage": {}, "half": {},
                          "signed out": {"AWS_PROFILE": "gone"},
                          "a torn cache": {"AWS_PROFILE": "torn"}})


def from_sso_session(place):
    """A sign-in whose access token has ended and is renewed."""
    access, renewed = place.secret("SSO access token", 90), place.secret("new access token", 90)
    refresh, next_one = place.secret("refresh token", 90), place.secret("next refresh token", 90)
    client_secret = place.secret("client secret", 120)
    path, document = sso_cache("corp", startUrl="https://corp.awsapps.test/start",
                               region="us-east-1", accessToken=access,
                               expiresAt="2017-01-01T00:00:00Z", clientId="client",
                               clientSecret=client_secret,
                               registrationExpiresAt="2037-01-01T00:00:00Z", refreshToken=refresh)
    place.write(path, document)
    portal = sso_portal(place, lambda: renewed)

    def answer(request):
        if request.path.rstrip("/") != "/token":
            return portal(request)
        given = json.loads(request.body)
        if given.get("clientSecret") != client_secret:
            return 401, json.dumps({"error": "invalid_client"})
        if place.break_source == "no renewal":
            return 400, json.dumps({"error": "invalid_grant", "error_description": refresh})
        good = json.dumps({"accessToken": renewed, "expiresIn": 28800, "refreshToken": next_one,
                           "tokenType": "Bearer"})
        return (200, good[:-1]) if place.break_source == "a torn renewal" else (200, good)

    place.before_each = lambda: place.write(path, document)
    return Source({"AWS_PROFILE": "ops"}, answer=answer,
                  config=f"[profile ops]\nsso_session = corp\n{SSO_PROFILE}{SSO_SESSION}",
                  faults={name: {} for name in ("refused", "garbage", "half", "no renewal",
                                                "a torn renewal")})


SOURCES = {"environment": from_environment, "shared file": from_shared_file,
           "config file": from_config_file, "credential_process": from_process,
           "container": from_container, "instance metadata": from_metadata,
           "web identity": from_web_identity, "role": from_role, "SSO": from_sso,
           "SSO session": from_sso_session}


# ---- AWS, in front of the sandbox ----


def aws_error(request, status, code, message):
    """In the service's own shape."""
    if request.header("X-Amz-Target"):
        return status, json.dumps({"__type": code, "message": message})
    return status, (f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message>"
                    "</Error><RequestId>r-1</RequestId></ErrorResponse>")


def signature_refused(request):
    """As AWS says it: with the request as it should have been signed, session token and all."""
    canonical = "\n".join(f"{name.lower()}:{value}" for name, value in request.headers.items())
    return aws_error(request, 403, "SignatureDoesNotMatch",
                     "The request signature we calculated does not match the signature you "
                     "provided. Check your AWS Secret Access Key and signing method.\n\nThe "
                     "Canonical String for this request should have been\n"
                     f"'POST\n/\n\n{canonical}'")


def malformed(request):
    page = "".join(f"<p>{name}: {value}</p>" for name, value in request.headers.items())
    return 200, f"<html><title>Login</title>{page}</html>"


AWS_FAULTS = {
    "denied": lambda r: aws_error(r, 403, "AccessDenied", "User: arn:aws:iam::1:user/x is not "
                                  "authorized to perform: ecs:DescribeServices"),
    "expired": lambda r: aws_error(r, 403, "ExpiredToken" if not r.header("X-Amz-Target") else
                                   "ExpiredTokenException", "The security token included in the "
                                   f"request is expired: {r.header('X-Amz-Security-Token')}"),
    "signature": signature_refused,
    "malformed": malformed,
    "reset": lambda r: b"",
}


class Gateway:
    """What the tool takes for AWS and for everything that gives keys out."""

    def __init__(self, place, source, upstream):
        self.place, self.source, self.upstream, self.fault = place, source, upstream, None
        self.pool = standin.upstream(upstream)

    def answer(self, request):
        if self.source.answer:
            found = self.source.answer(request)
            if found is not None:
                return found
        signed = request.header("Authorization") or ""
        scope = re.search(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/aws4_request", signed)
        if not scope:
            return 404, ""
        if self.fault:
            return AWS_FAULTS[self.fault](request)
        token = request.header("X-Amz-Security-Token")
        if not token or token not in self.place.secrets.values():
            return aws_error(request, 403, "InvalidClientTokenId", "not the source's keys")
        self.place.served += 1
        return self.relay(request, *scope.groups()[1:])

    def relay(self, request, region, service):
        keep = {name: value for name, value in request.headers.items()
                if name.lower() in ("content-type", "x-amz-target")}
        again = botocore.awsrequest.AWSRequest("POST", self.upstream + request.path,
                                               data=request.body, headers=keep)
        keys = self.place.sandbox.exports
        botocore.auth.SigV4Auth(
            botocore.credentials.Credentials(keys["AWS_ACCESS_KEY_ID"],
                                             keys["AWS_SECRET_ACCESS_KEY"]),
            service, region).add_auth(again)
        return self.pool(request.path, request.body, dict(again.headers))


@contextlib.contextmanager
def stage(program, folder, sandbox, name, tls=None):
    """A Place with its Source and its Gateway, listening."""
    place = Place(program, folder, sandbox, name)
    place.before_each = lambda: None
    source = SOURCES[name](place)
    gateway = Gateway(place, source, sandbox.endpoint)
    with standin.serve(gateway.answer, tls=tls) as server:
        place.url = server.url("")
        place.write(os.path.join(".aws", "config"), source.config)
        place.write(os.path.join(".aws", "credentials"), source.credentials)
        with open(os.path.join(place.work, "prod.yaml"), "w", encoding="utf-8") as file:
            file.write(PLAN)
        yield place, source, gateway


def environment(place, source, **more):
    env = {name: value for name, value in judges.environment().items()
           if name not in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_CONFIG_FILE",
                           "AWS_SHARED_CREDENTIALS_FILE")}
    env.update(HOME=place.home, AWS_ENDPOINT_URL=place.url,
               SWITCHOVER_CLOCK=place.sandbox.exports["SWITCHOVER_CLOCK"])
    for name, value in {**source.variables, **more}.items():
        env[name] = value.replace("{gateway}", place.url)
    return env


if __name__ == "__main__":
    sys.exit("this is what other tests use")
