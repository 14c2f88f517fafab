"""Keys of a container's agent and of an instance's metadata service, held against botocore: the
same environment against the same stand-in must give the same requests in the same order and the
same keys. Where botocore does something else, the case says what, and why this tool does not.

usage: host_botocore.py PROGRAM  (config_print)
"""
import concurrent.futures
import datetime
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time

import judges
import standin

INSIDE = "SWITCHOVER_TEST_NETWORK"  # set within a network of our own


def make_network():
    """Whether this process is in a network of its own that has those addresses."""
    if INSIDE not in os.environ:
        can = shutil.which("unshare") and shutil.which("ip") and subprocess.run(
            ["unshare", "-rn", "true"], capture_output=True, check=False).returncode == 0
        if not can:
            return False
        os.environ[INSIDE] = "1"
        os.execvp("unshare", ["unshare", "-rn", sys.executable, "-B", *sys.argv])
    addresses = ["169.254.170.2/32", "169.254.170.23/32", "169.254.169.254/32",
                 "fd00:ec2::23/128", "fd00:ec2::254/128"]
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    return all(subprocess.run(["ip", "addr", "add", address, "dev", "lo",
                               *(["nodad"] if ":" in address else [])], check=False).returncode == 0
               for address in addresses)


judges.need("botocore")
OWN_NETWORK = make_network()  # botocore looks for IPv6 when it is loaded
import botocore.session  # noqa: E402
import botocore.utils  # noqa: E402

PROGRAM = os.path.realpath(sys.argv[1])
AGENT, ROLES = "/v2/credentials", "/latest/meta-data/iam/security-credentials/"
TOKEN, METADATA_TOKEN = "agent-token-4711", "AQAEAMetadataToken=="
HEADERS = ("Accept", "Authorization", "X-aws-ec2-metadata-token",
           "X-aws-ec2-metadata-token-ttl-seconds")
SECRETS = ("canarysecret", "canarytoken", TOKEN, METADATA_TOKEN)
# As long as botocore's, but it sleeps a second even behind its last attempt.
botocore.utils.ContainerMetadataFetcher.SLEEP_TIME = 0


def in_s(seconds):
    then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return then.strftime("%Y-%m-%dT%H:%M:%SZ")


def keys(expires_in=6 * 3600, **more):
    document = {"AccessKeyId": "ASIACANARY", "SecretAccessKey": "canarysecret/+==",
                "Token": "canarytoken" * 40, "Expiration": in_s(expires_in), **more}
    return json.dumps({name: value for name, value in document.items() if value is not None})


# ---- the two that are compared ----


def environment(folder, variables, config=""):
    for name in ("config", "credentials"):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(config if name == "config" else "")
    env = {name: value for name, value in judges.environment().items()
           if not name.startswith("AWS_")}
    env.update(AWS_CONFIG_FILE=os.path.join(folder, "config"), AWS_REGION="us-east-1",
               AWS_SHARED_CREDENTIALS_FILE=os.path.join(folder, "credentials"))
    env.update(variables)
    return env


def ours(env):
    run = subprocess.run([PROGRAM, "", ""], env=env, capture_output=True, text=True, check=False,
                         timeout=60)
    assert run.returncode == 0, run.stderr[-2000:]
    return dict(line.split("=", 1) for line in run.stdout.splitlines())


def botocores(env):
    """Its keys, or None."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(env, AWS_EC2_METADATA_V1_DISABLED="true")
    try:
        found = botocore.session.Session().get_credentials()
        return found and (found.access_key, found.secret_key, found.token, found._expiry_time)
    except Exception:  # it raises what it likes: json's and urllib's errors too
        return None
    finally:
        os.environ.clear()
        os.environ.update(before)


def told(requests):
    return [(r.method, r.path, {name: r.header(name) for name in HEADERS if r.header(name)
                                and r.header(name) != "*/*"}) for r in requests]


class Case:
    """One environment against one stand-in, for both. `as_botocore`: "all", "first" (botocore asks
    more often), or None (it does otherwise; the case says how)."""

    def __init__(self, folder, server):
        self.folder, self.server, self.count = folder, server, 0

    def run(self, name, variables, answer, *, found, config="", says=None, silent=None, within=None,
            requests=None, as_botocore="all"):
        self.count += 1
        self.server.answer = answer
        env = environment(self.folder, variables, config)
        self.server.forget()
        begun = time.monotonic()
        mine = ours(env)
        took = time.monotonic() - begun
        sent = told(self.server.requests)
        try:
            self._judge(name, env, mine, sent, found, says, silent, as_botocore)
            assert within is None or took < within, f"{took:.1f} s"
            assert requests is None or [r[:2] for r in sent] == requests, sent
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}\n  ours: {mine}\n  sent: {sent}") from None
        return mine

    def _judge(self, name, env, mine, sent, found, says, silent, as_botocore):
        keyless = [r for r in sent if "/latest/" in r[1] and r[0] != "PUT"
                   and "X-aws-ec2-metadata-token" not in r[2]]
        assert not keyless, f"version 1 was asked: {keyless}"
        assert (mine.get("credentials_error") == "") == found, "found or not"
        assert mine["http_status"] == "0", "an agent's status stands as AWS's own"
        message = mine["message"] + mine["hint"]
        for secret in SECRETS:
            assert secret not in message, "a secret is in the message"
        assert says is None or says in message, f"does not say {says!r}"
        assert silent is None or silent not in message, f"says {silent!r}"
        if not as_botocore:
            return
        self.server.forget()
        its = botocores(env)
        its_sent = told(self.server.requests)
        expected = its_sent if as_botocore == "all" else its_sent[:len(sent)]
        assert sent == expected, f"botocore sent {its_sent}"
        assert bool(its) == found, f"botocore's keys: {its}"
        if its:
            assert its[:3] == (mine["access_key_id"], mine["secret_access_key"],
                               mine["session_token"] or None), "other keys than botocore"
            expires = int(mine["expires_at"]) / 1000
            assert abs(expires - its[3].timestamp()) < 500, (expires, its[3].timestamp())


# ---- the container's agent ----


def by(table):
    """Answers by path; else 404."""
    def answer(request):
        given = table.get(request.path, (404, "not found"))
        return given(request) if callable(given) else given
    return answer


def times(count, wrong, right):
    """`wrong` so many times, then `right`; one counter for both of those compared, so `count` of
    each `count` + 1."""
    seen = []

    def answer(request):
        seen.append(request)
        chosen = right if len(seen) % (count + 1) == 0 else wrong
        return chosen(request) if callable(chosen) else chosen
    return answer


def agent_answers(case, folder):
    url = case.server.url(AGENT)
    full = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": url}
    good = by({AGENT: lambda _: (200, keys())})
    case.run("the agent's keys", full, good, found=True, requests=[("GET", AGENT)])
    case.run("with a query", {"AWS_CONTAINER_CREDENTIALS_FULL_URI": url + "?id=7"},
             by({AGENT + "?id=7": lambda _: (200, keys())}), found=True)
    case.run("localhost", {"AWS_CONTAINER_CREDENTIALS_FULL_URI": url.replace("127.0.0.1",
                                                                             "localhost")},
             good, found=True)
    case.run("a token", {**full, "AWS_CONTAINER_AUTHORIZATION_TOKEN": TOKEN}, good, found=True)
    path = os.path.join(folder, "token")
    write(path, "Basic dG9rZW4=")
    by_file = {**full, "AWS_CONTAINER_AUTHORIZATION_TOKEN": TOKEN,
               "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": path}
    case.run("a token's file goes before the token", by_file, good, found=True)
    write(path, "Basic " + TOKEN)
    case.run("which is read again", by_file, good, found=True)
    write(path, TOKEN + "\n")
    case.run("a line break in it", by_file, good, found=False, requests=[], says="line break")
    write(path, TOKEN + "\r\nX-Other: 1")
    case.run("another header in it", by_file, good, found=False, requests=[], says="line break")
    write(path, TOKEN + "x" * 70000)
    case.run("a token without end", by_file, good, found=False, requests=[], says="larger than",
             as_botocore=None)
    os.unlink(path)
    case.run("a token's file that is gone", by_file, good, found=False, requests=[],
             says="No such file")
    case.run("a token with a line break", {**full, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "a\nb"},
             good, found=False, requests=[], says="line break")
    keys_in_environment = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "s"}
    mine = case.run("the environment's keys go first", {**full, **keys_in_environment}, good,
                    found=True, requests=[], as_botocore=None)
    assert mine["access_key_id"] == "AKID"
    case.run("the agent goes before the instance",
             {**full, "AWS_EC2_METADATA_SERVICE_ENDPOINT": case.server.url("/")}, good, found=True,
             requests=[("GET", AGENT)])
    # A proxy is no business of a secret that stays on this machine; botocore agrees here.
    closed = f"http://127.0.0.1:{standin.closed_port()}"
    case.run("past proxies", {**full, "http_proxy": closed, "HTTP_PROXY": closed,
                              "all_proxy": closed, "ALL_PROXY": closed}, good, found=True)


def agent_errors(case):
    full = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": case.server.url(AGENT),
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": TOKEN}

    def run(name, answer, says, **how):
        case.run(name, full, by({AGENT: answer}), found=False, says=says, **how)

    refused = json.dumps({"code": "AccessDenied", "message": "no association for this pod"})
    # Refusals and documents that are wrong are not asked for again: botocore does so three times.
    run("refused", (403, refused), "answered 403, AccessDenied: no association",
        as_botocore="first")
    echo = json.dumps({"code": "Bad", "message": f"the token {TOKEN} is not known"})
    run("refused with the token in the words", (401, echo), "answered 401", as_botocore="first")
    run("not there", (404, ""), "answered 404", as_botocore="first")
    run("a page", (200, "<html>"), "not valid JSON", as_botocore="first")
    run("no secret", (200, keys(SecretAccessKey=None)), "without SecretAccessKey",
        as_botocore="first")
    run("no id", (200, keys(AccessKeyId=None)), "without AccessKeyId", as_botocore="first")
    run("an end that is no time", (200, keys(Expiration="soon")), "Expiration that is no time")
    run("an empty answer", (200, ""), "not valid JSON", as_botocore="first")
    run("no end of answer", (200, "x" * 70000), "larger than", as_botocore="first")
    # It follows them; where a redirect leads, the token goes too.
    run("a redirect", (302, "", ), "answered 302", as_botocore="first")
    run("a space in a key", (200, keys(AccessKeyId="A b")), "access key id",
        as_botocore=None)
    down = (503, json.dumps({"code": "Internal", "message": "later"}))
    run("down", down, "answered 503, Internal: later",
        requests=[("GET", AGENT)] * 3)
    run("reset", b"", "broke before it answered", requests=[("GET", AGENT)] * 3)
    case.run("twice down", full, by({AGENT: times(2, down, lambda _: (200, keys()))}), found=True,
             requests=[("GET", AGENT)] * 3)
    case.run("throttled once", full, by({AGENT: times(1, (429, "{}"), lambda _: (200, keys()))}),
             found=True, requests=[("GET", AGENT)] * 2)
    case.run("silent once", full, by({AGENT: times(1, None, lambda _: (200, keys()))}), found=True,
             within=4, requests=[("GET", AGENT)] * 2)
    if "TESTS_LONG" in os.environ:
        case.run("silent", full, standin.hang, found=False, says="did not answer within 2s",
                 within=9.5, requests=[("GET", AGENT)] * 3)
    closed = f"http://127.0.0.1:{standin.closed_port()}/x"
    case.run("nobody there", {"AWS_CONTAINER_CREDENTIALS_FULL_URI": closed}, standin.hang,
             found=False, says="FULL_URI names: cannot reach 127.0.0.1", requests=[])


def agent_hosts(case):
    """Which hosts may be asked without TLS. Nothing of these is reachable: what counts is whether
    it was refused before anything was sent, by both."""
    fetcher = botocore.utils.ContainerMetadataFetcher()
    rows = ["http://127.0.0.1", "http://127.1.2.3", "http://[::1]", "http://localhost",
            "http://LOCALHOST", "http://169.254.170.2", "http://169.254.170.23",
            "http://[fd00:ec2::23]", "https://127.0.0.1", "https://[::1]",
            "http://169.254.169.254", "http://169.254.170.3",
            "http://169.254.170.2.example", "http://localhost.example", "http://127.0.0.1.example",
            "http://10.0.0.1", "http://192.168.0.1", "http://0.0.0.0", "http://[::]",
            "http://[fd00:ec2::254]", "http://[fe80::1]", "http://example", "http://localhost.",
            "http://127.0.0.1@example", "http://example#@127.0.0.1", "ftp://example",
            "file:///etc/passwd", "localhost", ""]
    port = standin.closed_port()

    def ask(row):
        url = row if "@" in row or not row else f"{row}:{port}/k"
        try:
            fetcher._validate_allowed_url(url)
            may = True
        except ValueError:
            may = False
        return row, may, ours(environment(case.folder, {"AWS_CONTAINER_CREDENTIALS_FULL_URI": url,
                                                        "AWS_EC2_METADATA_DISABLED": "true"}))

    with concurrent.futures.ThreadPoolExecutor(8) as pool:  # most of them wait to try again
        asked = list(pool.map(ask, rows))
    allowed = [row for row, may, _ in asked if may]
    for row, may, mine in asked:
        sent = "over plain HTTP" not in mine["message"] and "is not a URL" not in mine["message"]
        if not row:  # empty is unset
            sent = "no AWS credentials were found" not in mine["message"]
        assert not mine["access_key_id"], row
        assert sent == may, f"{row}: {mine['message']}, botocore: {may}"
    assert len(allowed) == 10, allowed
    case.count += len(rows)
    mine = ours(environment(case.folder, {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": ".evil.test/"}))
    assert "does not begin with /" in mine["message"], mine  # botocore asks 169.254.170.2.evil.test
    case.count += 1


# ---- the instance's metadata service ----


def instance(role="web-role", token=(200, METADATA_TOKEN), roles=None, credentials=None):
    """The service, answers replaced one by one; a GET without the token is refused."""
    def answer(request):
        if request.method == "PUT" and request.path == "/latest/api/token":
            if request.header("X-aws-ec2-metadata-token-ttl-seconds") != "21600":
                return 400, ""
            return token(request) if callable(token) else token
        if request.header("X-aws-ec2-metadata-token") != METADATA_TOKEN:
            return 401, ""
        if request.path == ROLES:
            given = (200, role) if roles is None else roles
        elif request.path == ROLES + role:
            given = ((200, keys(Code="Success", Type="AWS-HMAC")) if credentials is None
                     else credentials)
        else:
            given = (404, "")
        return given(request) if callable(given) else given
    return answer


WALK = [("PUT", "/latest/api/token"), ("GET", ROLES), ("GET", ROLES + "web-role")]


def instance_answers(case):
    here = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": case.server.url("/")}
    case.run("the instance's keys", here, instance(), found=True, requests=WALK)
    case.run("without a slash", {"AWS_EC2_METADATA_SERVICE_ENDPOINT": case.server.url("")},
             instance(), found=True, requests=WALK)
    case.run("named by the profile", {}, instance(), found=True, requests=WALK,
             config=f"[default]\nec2_metadata_service_endpoint = {case.server.url('/')}\n")
    case.run("the variable before the profile", here, instance(), found=True, requests=WALK,
             config="[default]\nec2_metadata_service_endpoint = http://127.0.0.1:1/\n")
    case.run("switched off", {**here, "AWS_EC2_METADATA_DISABLED": "True"}, instance(), found=False,
             requests=[], says="no AWS credentials were found")
    case.run("not switched off", {**here, "AWS_EC2_METADATA_DISABLED": "yes"}, instance(),
             found=True)
    case.run("an endpoint goes before a mode",
             {**here, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "ipv6"}, instance(), found=True)
    case.run("no such mode", {**here, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv5"}, instance(),
             found=False, requests=[], says="IPv4 or IPv6")
    case.run("no such mode in the profile", here, instance(), found=False, requests=[],
             config="[default]\nec2_metadata_service_endpoint_mode = both\n", says="IPv4 or IPv6")
    case.run("no number", {**here, "AWS_METADATA_SERVICE_TIMEOUT": "soon"}, instance(), found=False,
             requests=[], says="AWS_METADATA_SERVICE_TIMEOUT")
    case.run("no URL", {"AWS_EC2_METADATA_SERVICE_ENDPOINT": "169.254.169.254"}, instance(),
             found=False, requests=[], says="is not a plain URL")
    case.run("keys without a code", here, instance(credentials=(200, keys())), found=True)
    closed = f"http://127.0.0.1:{standin.closed_port()}"
    case.run("past proxies", {**here, "http_proxy": closed, "ALL_PROXY": closed}, instance(),
             found=True, as_botocore=None)  # which sends the token through the proxy
    both = instance(roles=(200, "web-role\nother-role\n"))
    case.run("two roles", here, both, found=True, requests=WALK, as_botocore=None)


def stale_keys(case):
    """What ends soon or has ended is used on, and the next look is within 2 to 10 minutes before
    which the window of renewal opens (15 minutes)."""
    here = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": case.server.url("/")}
    for left in (-3600, -1, 600, 1000):
        mine = case.run(f"keys with {left} s left", here,
                        instance(credentials=(200, keys(expires_in=left))), found=True)
        ahead = int(mine["expires_at"]) / 1000 - time.time()
        assert 16.9 * 60 < ahead < 25.1 * 60, ahead
    mine = case.run("keys with an hour left", here,
                    instance(credentials=(200, keys(expires_in=3600))), found=True)
    assert abs(int(mine["expires_at"]) / 1000 - time.time() - 3600) < 10


def instance_errors(case):
    here = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": case.server.url("/")}
    none = "no AWS credentials were found"

    def run(name, says, variables=None, **how):
        kept = {name: how.pop(name) for name in ("within", "requests", "silent", "as_botocore")
                if name in how}
        answer = how.pop("answer", None) or instance(**how)
        case.run(name, {**here, **(variables or {})}, answer, found=False, says=says, **kept)

    for status in (403, 404, 405):
        run(f"a token refused with {status}", none, token=(status, ""), requests=WALK[:1])
    run("a token refused with 400", "answered 400", token=(400, ""), requests=WALK[:1])
    run("down", "answered 503", token=(503, ""), requests=WALK[:1])
    run("down, asked thrice", "answered 503", {"AWS_METADATA_SERVICE_NUM_ATTEMPTS": "3"},
        token=(503, ""), requests=WALK[:1] * 3)
    run("a token of two lines", "a session token that is none", token=(200, "a\r\nX-Other: b"),
        requests=WALK[:1], as_botocore=None)
    run("an empty token", "a session token that is none", token=(200, ""), requests=WALK[:1],
        as_botocore=None)
    run("no role", none, roles=(404, ""), requests=WALK[:2])
    run("an empty role", none, roles=(200, ""), requests=WALK[:2])
    run("a token that is not taken", "answered 401", roles=(401, ""), requests=WALK[:2])
    for name in ("../../user-data", "..", "a b", "<html>", "x" * 65, "r?x", "r#x"):
        run(f"a role named {name}", "a name of a role that is none", roles=(200, name),
            requests=WALK[:2], as_botocore=None)
    run("no keys", "answered 404", credentials=(404, ""), requests=WALK)
    untrusted = json.dumps({"Code": "AssumeRoleUnauthorizedAccess",
                            "Message": "EC2 cannot assume the role web-role."})
    run("a code", "AssumeRoleUnauthorizedAccess: EC2 cannot assume", credentials=(200, untrusted),
        requests=WALK)
    run("a code with keys", "has no keys for the instance's role: Failed",
        credentials=(200, keys(Code="Failed")), requests=WALK, as_botocore=None)  # which takes them
    run("a page", "not valid JSON", credentials=(200, "<html>"), requests=WALK)
    run("half", "without SecretAccessKey", credentials=(200, keys(SecretAccessKey=None)),
        requests=WALK)
    run("a reset at the token", none, token=b"", requests=WALK[:1])
    run("garbage at the token", "did not answer in HTTP", token=b"\0\1\2 what\r\n\r\n",
        requests=WALK[:1], as_botocore=None)
    run("a reset at the keys", "broke before", credentials=b"", requests=WALK)
    run("a token that does not come", "metadata hop limit is 1", answer=standin.hang,
        within=2.5, requests=WALK[:1])
    run("keys that do not come", "did not answer within 1s", credentials=standin.hang, within=3,
        requests=WALK)
    run("more patience", none, {"AWS_METADATA_SERVICE_TIMEOUT": "3"},
        token=lambda _: time.sleep(1.5) or (404, ""), requests=WALK[:1], silent="hop limit")
    case.run("nobody there", {"AWS_EC2_METADATA_SERVICE_ENDPOINT":
                              f"http://127.0.0.1:{standin.closed_port()}/"},
             standin.hang, found=False, says=none, silent="hop limit", within=1.5, requests=[])
    with standin.deaf() as url:
        case.run("nobody listens", {"AWS_EC2_METADATA_SERVICE_ENDPOINT": url}, standin.hang,
                 found=False, says=none, silent="hop limit", within=2.5, requests=[])


# ---- at the real addresses, in a network of our own ----


def at_their_addresses(folder, _):
    count = 0
    for address, variables, path in (
            ("169.254.170.2", {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": AGENT}, AGENT),
            ("169.254.170.23", {"AWS_CONTAINER_CREDENTIALS_FULL_URI":
                                f"http://169.254.170.23{AGENT}"}, AGENT),
            ("fd00:ec2::23", {"AWS_CONTAINER_CREDENTIALS_FULL_URI":
                              f"http://[fd00:ec2::23]{AGENT}"}, AGENT),
            ("169.254.169.254", {}, None),
            ("169.254.169.254", {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv4"}, None),
            ("fd00:ec2::254", {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6"}, None)):
        answer = by({path: lambda _: (200, keys())}) if path else instance()
        with standin.serve(answer, address, 80) as server:
            case = Case(folder, server)
            if path:
                variables = {**variables, "AWS_CONTAINER_AUTHORIZATION_TOKEN": TOKEN}
            case.run(f"at {address}", variables, answer, found=True)
            count += case.count
    with standin.serve(by({}), "169.254.170.2", 80) as server:
        case = Case(folder, server)
        case.run("the relative one goes first",
                 {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/none",
                  "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/"}, by({}), found=False,
                 says="answered 404", as_botocore="first")
        count += case.count
    return count


def write(path, content):
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(content)


def of_containers(folder, server):
    case = Case(folder, server)
    agent_answers(case, folder)
    agent_errors(case)
    agent_hosts(case)
    return case.count


def of_instances(folder, server):
    case = Case(folder, server)
    instance_answers(case)
    stale_keys(case)
    instance_errors(case)
    return case.count


def run(cases):
    with tempfile.TemporaryDirectory() as folder, standin.serve(by({})) as server:
        return cases(folder, server)


def main():
    if not OWN_NETWORK:
        print("left out: the agents' own addresses (no network of our own can be made)")
    parts = [of_containers, of_instances] + ([at_their_addresses] if OWN_NETWORK else [])
    with multiprocessing.get_context("fork").Pool(len(parts)) as pool:  # they mostly wait
        count = sum(pool.map(run, parts))
    print(f"{count} cases against botocore's, 0 requests of version 1")


main()
