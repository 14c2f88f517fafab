"""The check `http`, asked of servers that Python's library makes: what they are sent is what they
say, not what the prober believes to have sent."""
import base64
import json
import os
import ssl
import sys
import threading
import time

import judges
import stage

PROGRAM = sys.argv[1]
TOKEN, LOGIN = "canary-token-4f1d9a77e2", "operator:canary phrase \u00e9 93b1"
SECRETS = {"SWITCHOVER_SECRET_TOKEN": TOKEN, "SWITCHOVER_SECRET_LOGIN": LOGIN,
           "SWITCHOVER_SECRET_EMPTY": "", "SWITCHOVER_SECRET_LINES": "canary-with\nline"}
BEARER = {"bearer": "SWITCHOVER_SECRET_TOKEN"}
BASIC = {"basic": "SWITCHOVER_SECRET_LOGIN"}
MEBIBYTE = 1 << 20


def no_secret(text):
    """Not one recognizable piece of a secret is in the text."""
    encoded = base64.b64encode(LOGIN.encode()).decode()
    for secret in (TOKEN, LOGIN, LOGIN.split(":")[1], encoded, "canary-with"):
        for start in range(len(secret) - 7):
            assert secret[start:start + 8] not in text, text
    return text


def said(status=200, body="", headers=None):
    return lambda request: (status, headers or {}, body)


def statuses(ask):
    for status, wanted, verdict, words in (
            (200, 200, "green", "status 200"), (503, 200, "red", "status 503, wanted 200"),
            (401, 200, "red", "status 401, wanted 200"), (401, 401, "green", "status 401"),
            (204, 204, "green", "status 204"), (201, 200, "red", "status 201, wanted 200")):
        with stage.serving(said(status)) as server:
            got = ask.one(url=server.url(), status=wanted)
            assert got == (verdict, words), got


def values(ask):
    health = {"status": "yellow", "n": 7, "big": 9007199254740993, "half": 0.5, "flag": True,
              "none": None, "even": 9007199254740992, "list": [1, "two"], "text": "12", "name": "\u00e4\n\u202e"}
    for query, verdict, words in (
            ({"json": "/status", "one_of": ["green", "yellow"]}, "green", '/status is "yellow"'),
            ({"json": "/status", "one_of": ["green", "blue"]}, "red",
             '/status is "yellow", wanted one of green, blue'),
            ({"json": "/status", "one_of": ["green"]}, "red", '/status is "yellow", wanted green'),
            ({"json": "/status", "one_of": ["Yellow"]}, "red", None),
            ({"json": "/Status", "one_of": ["yellow"]}, "red",
             "/Status is not in the answer, wanted yellow"),
            ({"json": "/n", "one_of": ["7"]}, "green", "/n is 7"),
            ({"json": "/n", "one_of": ["7.0"]}, "red", None),
            ({"json": "/flag", "one_of": ["true"]}, "green", "/flag is true"),
            ({"json": "/none", "one_of": ["null"]}, "red", "/none is null, wanted null"),
            ({"json": "/list", "one_of": [""]}, "red", "/list is an array, wanted "),
            ({"json": "", "one_of": ["x"]}, "red", " is an object, wanted x"),
            ({"json": "/list/1", "one_of": ["two"]}, "green", None),
            ({"json": "/n", "below": "8"}, "green", "/n is 7"),
            ({"json": "/n", "below": "7"}, "red", "/n is 7, wanted below 7"),
            ({"json": "/n", "at_least": "7"}, "green", "/n is 7"),
            ({"json": "/n", "at_least": "7.000001"}, "red", "/n is 7, wanted at least 7.000001"),
            ({"json": "/n", "at_least": "7", "below": "7.5"}, "green", None),
            ({"json": "/n", "at_least": "8", "below": "9"}, "red",
             "/n is 7, wanted at least 8 and below 9"),
            ({"json": "/big", "below": "9007199254740993"}, "red", None),
            ({"json": "/big", "below": "9007199254740994"}, "green", "/big is 9007199254740993"),
            ({"json": "/big", "at_least": "9007199254740993"}, "green", None),
            ({"json": "/big", "at_least": "9007199254740994"}, "red", None),
            ({"json": "/even", "below": "9007199254740993"}, "green", None),
            ({"json": "/half", "below": "0.50000001"}, "green", None),
            ({"json": "/text", "below": "13"}, "green", '/text is "12"'),
            ({"json": "/status", "below": "13"}, "red", '/status is "yellow", wanted below 13'),
            ({"json": "/none", "at_least": "0"}, "red", "/none is null, wanted at least 0"),
            ({"json": "/flag", "at_least": "0"}, "red", None),
            ({"json": "/name", "one_of": ["x"]}, "red", '/name is "\u00e4\n\u202e", wanted x')):
        with stage.serving(said(body=json.dumps(health))) as server:
            got = ask.one(url=server.url(), **query)
            assert got[0] == verdict and words in (None, got[1]), (query, got)
    with stage.serving(said(503, body=json.dumps(health))) as server:
        stage.expect(ask.one(url=server.url(), json="/n", one_of=["7"]), "red", "status 503")


def half(request):
    request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"status\": \"gr")


def endless(request):
    request.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    piece = b"10000\r\n" + b" " * 65536 + b"\r\n"
    for _ in range(1000):
        request.wfile.write(piece)


def unreadable(ask):
    health = {"json": "/status", "one_of": ["green"]}
    for answer, part in (
            (said(body="<html>down</html>"), "the answer cannot be read"),
            (said(body=""), "the answer cannot be read"),
            (said(body='{"status": "green"'), "the answer cannot be read"),
            (said(body='{"status": "green"} x'), "something follows"),
            (said(body='{"status": "red", "status": "green"}'), "twice"),
            (said(body=b'{"status": "gr\xe9n"}'), "not UTF-8"),
            (said(body="[" * 100 + "]" * 100), "the answer cannot be read"),
            (said(body='{"status": "green", "x": "' + "x" * MEBIBYTE + '"}'), "larger than 1048576"),
            (endless, "larger than"), (half, "broke before it answered"),
            (lambda request: None, "broke before it answered"),
            (lambda request: request.wfile.write(b"SSH-2.0-OpenSSH\r\n") and None, "HTTP")):
        with stage.serving(answer) as server:
            stage.expect(ask.one(url=server.url(), **health), "silent", part)
    with stage.serving(said()) as server:
        gone = server.url()
    stage.expect(ask.one(url=gone, **health), "silent", "cannot reach 127.0.0.1")
    stage.expect(ask.one(url="http://nobody.invalid/", **health), "silent", "does not resolve")


def slow():
    def late(request):
        time.sleep(30)
        return 200, {}, ""

    def drips(request):
        request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(1000):
            request.wfile.write(b"x")
            request.wfile.flush()
            time.sleep(0.02)

    with stage.prober(PROGRAM, timeout_ms=700) as ask, stage.serving(late) as sleeper, \
            stage.serving(drips) as dripper, stage.serving(said()) as quick:
        began = time.monotonic()
        got = ask.ask({"url": sleeper.url()}, {"url": dripper.url()}, {"url": quick.url()})
        assert time.monotonic() - began < 5, "the slow ones were waited for"
        stage.expect(got[0], "silent", "did not answer within 700ms")
        stage.expect(got[1], "silent", "did not answer within 700ms")
        stage.expect(got[2], "green")


def secrets_as_seen(ask):
    with stage.serving(said(headers={"Set-Cookie": "id=1; Path=/"})) as server:
        for auth in (BEARER, BASIC, {}, BEARER):
            stage.expect(ask.one(url=server.url("/a?b=c"), **auth), "green")
        basic = "Basic " + base64.b64encode(LOGIN.encode()).decode()
        assert server.headers("Authorization") == [["Bearer " + TOKEN], [basic], [],
                                                   ["Bearer " + TOKEN]], server.requests
        assert server.headers("Cookie") == [[], [], [], []]
        assert {path for path, _ in server.requests} == {"/a?b=c"}
        assert server.connections == 1, "connections are not kept"


def bad_secrets(ask):
    with stage.serving(said()) as server:
        for auth, part in (({"bearer": "SWITCHOVER_SECRET_NOBODY_SET"}, "_NOBODY_SET is not set"),
                           ({"bearer": "SWITCHOVER_SECRET_EMPTY"}, "SWITCHOVER_SECRET_EMPTY is empty"),
                           ({"bearer": "SWITCHOVER_SECRET_LINES"}, "control character"),
                           ({"basic": "SWITCHOVER_SECRET_LINES"}, "control character"),
                           ({"basic": "SWITCHOVER_SECRET_TOKEN"}, "not of the form user:password")):
            stage.expect(ask.one(url=server.url(), **auth), "silent", part)
        stage.expect(ask.one(url="http://example.invalid/", **BEARER), "silent",
                     "SWITCHOVER_SECRET_TOKEN is not sent over plain http")
        # One check's trouble is not another's.
        got = ask.ask({"url": server.url(), "bearer": "SWITCHOVER_SECRET_EMPTY"},
                      {"url": server.url()})
        assert [verdict for verdict, _ in got] == ["silent", "green"], got
        assert len(server.requests) == 1, server.requests


def redirects(ask):
    with stage.serving(said(body='{"status": "green"}')) as other:
        for status in (301, 302, 303, 307, 308):
            with stage.serving(said(status, headers={"Location": other.url()})) as server:
                stage.expect(ask.one(url=server.url(), **BEARER), "red",
                             f"status {status}, wanted 200")
                stage.expect(ask.one(url=server.url(), status=status, **BEARER), "green")
        assert not other.requests and not other.connections, other.requests


def repeated(ask):
    """Servers that say back what they were sent."""
    def echo(request):
        return 200, {}, json.dumps({"all": dict(request.headers),
                                    "auth": request.headers.get("Authorization"),
                                    "token": TOKEN, "piece": TOKEN[4:15],
                                    "late": "x" * 95 + TOKEN, TOKEN: LOGIN})
    with stage.serving(echo) as server:
        for auth in (BEARER, BASIC):
            for pointer in ("/auth", "/all/Authorization", "/token" if auth is BEARER else "/" + TOKEN,
                            "/late" if auth is BEARER else "/auth"):
                got = ask.one(url=server.url(), json=pointer, one_of=["x"], **auth)
                stage.expect(got, "red", "wanted x")
                if auth is BASIC and pointer.endswith(TOKEN):
                    got = got[0], got[1].replace(pointer, "")  # the plan file's own words
                    ask.said = ask.said.replace(pointer, "")
                no_secret(got[1])
        stage.expect(ask.one(url=server.url(), json="/piece", one_of=["x"], **BEARER), "red",
                     '/piece is "[SWITCHOVER_SECRET_TOKEN]"')


def surroundings():
    """No netrc; and no proxy for what is secret on this machine's own wires."""
    with stage.folder() as home, stage.serving(said()) as server, stage.serving(said()) as proxy:
        with open(os.path.join(home, ".netrc"), "w", encoding="utf-8") as file:
            file.write("default login canary password canary\n")
        via = f"http://127.0.0.1:{proxy.port}"
        with stage.prober(PROGRAM, HOME=home, http_proxy=via, ALL_PROXY=via, NO_PROXY="",
                          no_proxy="", **SECRETS) as ask:
            stage.expect(ask.one(url=server.url(), **BEARER), "green")
            assert len(server.requests) == 1 and not proxy.connections
            stage.expect(ask.one(url="http://example.invalid/"), "green")
            assert len(proxy.requests) == 1 and proxy.headers("Authorization") == [[]], "a netrc"
            stage.expect(ask.one(url="https://example.invalid/", **BEARER), "silent")
            assert proxy.requests[-1][0] == "example.invalid:443"
            assert proxy.headers("Authorization") == [[], []], "a proxy was told"


def at_once(ask):
    barrier = threading.Barrier(8, timeout=20)

    def together(request):
        barrier.wait()
        return 200, {}, ""
    with stage.serving(together) as server:
        for _ in range(3):
            got = ask.ask(*[{"url": server.url(f"/{i}")} for i in range(8)])
            assert all(verdict == "green" for verdict, _ in got), got
        assert server.connections == 8, server.connections


def old_tls():
    """Refused by the prober itself, where this machine's OpenSSL would speak it."""
    with stage.folder() as folder:
        conf = os.path.join(folder, "openssl.cnf")
        with open(conf, "w", encoding="utf-8") as file:
            file.write("openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\n"
                       "MinProtocol = TLSv1\nCipherString = DEFAULT:@SECLEVEL=0\n")
        ours = stage.Authority(folder, "ours")
        here = ours.certificate("here", "IP:127.0.0.1")
        with stage.prober(PROGRAM, OPENSSL_CONF=conf, **SECRETS) as ask:
            for newest, verdict in ((ssl.TLSVersion.TLSv1, "silent"),
                                    (ssl.TLSVersion.TLSv1_1, "silent"),
                                    (ssl.TLSVersion.TLSv1_2, "green"), (None, "green")):
                with stage.serving(said(), certificate=here, newest=newest) as server:
                    stage.expect(ask.one(url=server.url(), ca_file=ours.file, **BEARER), verdict)
                    assert bool(server.requests) == (verdict == "green")


def tls():
    with stage.folder() as folder:
        ours, theirs = stage.Authority(folder, "ours"), stage.Authority(folder, "theirs")
        here = ours.certificate("here", "IP:127.0.0.1,DNS:localhost")
        planfile = os.path.join(folder, "plan.yaml")
        right, wrong = {"ca_file": "ours-ca.pem"}, {"ca_file": "theirs-ca.pem"}
        with stage.prober(PROGRAM, planfile, **SECRETS) as ask:
            with stage.serving(said(), certificate=here) as server:
                stage.expect(ask.one(url=server.url(), **right, **BEARER), "green")
                stage.expect(ask.one(url=server.url(), **right, **BASIC), "green")
                stage.expect(ask.one(url=server.url(), ca_file=ours.file), "green")
                assert server.connections == 1, "connections are not kept"
                # The connection that is open was trusted by another authority's word.
                for untrusted in (wrong, {}, {"ca_file": "nothing.pem"}):
                    stage.expect(ask.one(url=server.url(), **untrusted, **BEARER), "silent",
                                 "no secure connection to 127.0.0.1")
                stage.expect(ask.one(url=server.url(), **right), "green")
                got = ask.ask({"url": server.url(), **wrong, **BEARER},
                              {"url": server.url(), **right, **BEARER})
                assert [verdict for verdict, _ in got] == ["silent", "green"], got
                assert len(server.requests) == 5, server.requests
            for name, alternative, days, newest in (
                    ("other", "DNS:example.com,IP:127.0.0.2", 2, None),
                    ("expired", "IP:127.0.0.1", -1, None),
                    ("old", "IP:127.0.0.1", 2, ssl.TLSVersion.TLSv1_1)):
                certificate = ours.certificate(name, alternative, days)
                with stage.serving(said(), certificate=certificate, newest=newest) as server:
                    stage.expect(ask.one(url=server.url(), **right, **BEARER), "silent",
                                 "no secure connection")
                    assert not server.requests, name
            with stage.serving(said(), certificate=here, newest=ssl.TLSVersion.TLSv1_2) as server:
                stage.expect(ask.one(url=server.url(), **right), "green")
            with stage.serving(said()) as plain:
                stage.expect(ask.one(url=plain.url().replace("http:", "https:"), **right, **BEARER),
                             "silent", "no secure connection")
            no_secret(ask.said)


with stage.prober(PROGRAM, **SECRETS) as asked:
    for part in (statuses, values, unreadable, secrets_as_seen, bad_secrets, redirects, repeated,
                 at_once):
        part(asked)
    no_secret(asked.said)
slow()
surroundings()
tls()
old_tls()
print("http checks: servers that are not ours saw what they should, and no more")
