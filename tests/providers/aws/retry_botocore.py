"""Holds how often a call is sent, and what it came to, against botocore's own standard mode: both are
pointed at one server that plays the same faults to them, one a connection, and then answers well.

usage: retry_botocore.py PROGRAM  (retry_calls)

In the environment TESTS_LONG lengthens the sequences that use the quota up.
"""
import contextlib
import os
import random
import socket
import ssl
import struct
import subprocess
import sys
import threading
import warnings

import judges

judges.need("botocore")
import botocore.config  # noqa: E402
import botocore.exceptions  # noqa: E402
import botocore.session  # noqa: E402
from botocore.retries import standard  # noqa: E402

LONG = "TESTS_LONG" in os.environ
SEED = 5
HASTY_S = 0.5  # retry_calls' time-outs after "hasty"

# name here -> (botocore's, an operation of it without required members, our name)
SERVICES = {"json": ("ecs", "list_clusters", "ecs"),
            "query": ("elbv2", "describe_rules", "elasticloadbalancing"),
            "sts": ("sts", "get_caller_identity", "sts")}
PROTOCOLS = ("json", "query")
# CloudWatch is CBOR to this botocore: our Query calls are held against the other Query service's
QUERY_OF_OURS = ["elasticloadbalancing", "monitoring", "sts"]

THROTTLES = standard.ThrottledRetryableChecker._THROTTLED_ERROR_CODES
TRANSIENTS = standard.TransientRetryableChecker._TRANSIENT_ERROR_CODES
SKEWS = ["RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture", "SignatureDoesNotMatch",
         "InvalidSignatureException", "AuthFailure"]
OTHERS = ["AccessDenied", "AccessDeniedException", "ValidationError", "InvalidParameterException",
          "ClusterNotFoundException", "ListenerNotFound", "InternalFailure", "InternalError",
          "InternalServiceError", "ServerException", "ServiceUnavailable", "ExpiredToken",
          "throttling", "Throttling2", "PriorRequestComplete", "RequestTimeoutError"]
STATUSES = [301, 302, 307, 308, 400, 401, 403, 404, 405, 408, 409, 413, 418, 421, 425, 429, 431, 451,
            500, 501, 502, 503, 504, 505, 507, 508, 511, 520, 521, 522, 524, 529, 530, 598, 599]


# ---- faults: what happens to one connection ----

def said(status, body, headers=""):
    body = body.encode()
    head = f"HTTP/1.1 {status} X\r\n{headers}Connection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def refusal(protocol, status, code, shape=0):
    if protocol == "query":
        ns = ' xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"' if shape else ""
        return said(status, f"<ErrorResponse{ns}><Error><Type>Sender</Type><Code>{code}</Code>"
                            "<Message>m</Message></Error><RequestId>r</RequestId></ErrorResponse>")
    kind = [code, f"com.amazonaws.ecs#{code}",
            f"com.amazonaws.ecs#{code}:http://internal.test/coral/com.amazon.coral.service/"]
    return said(status, f'{{"__type": "{kind[shape]}", "message": "m"}}')


def success(request):
    if b"\r\nX-Amz-Target:" in request or b"\r\nx-amz-target:" in request:
        return said(200, '{"clusterArns": []}')
    if b"Action=GetCallerIdentity" in request:
        return said(200, "<GetCallerIdentityResponse><GetCallerIdentityResult/>"
                         "</GetCallerIdentityResponse>")
    return said(200, "<DescribeRulesResponse><DescribeRulesResult><Rules/></DescribeRulesResult>"
                     "</DescribeRulesResponse>")


# A fault is bytes, after which the connection is closed, or one of these, or (bytes, one of these).
RESET, RESET_UNREAD, CLOSE_UNREAD, SILENT = "reset", "reset unread", "close unread", "silent"
OK_HEAD = b"HTTP/1.1 200 OK\r\n"
BROKEN = {
    "closed without an answer": b"",
    "reset without an answer": RESET,
    "reset before it was read": RESET_UNREAD,
    "closed before it was read": CLOSE_UNREAD,
    "half a status line": b"HTTP/1.",
    "a head and no body": OK_HEAD + b"Content-Length: 20\r\n\r\n",
    "half a body": OK_HEAD + b"Content-Length: 20\r\n\r\n{\"cluster",
    "half a body, reset": (OK_HEAD + b"Content-Length: 20\r\n\r\n{\"cluster", RESET),
    "a chunk and no end": OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
    "half a chunk": OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n9\r\n{}",
    "half a body of a 500": b"HTTP/1.1 500 X\r\nContent-Length: 20\r\n\r\n<html>",
    "half a body of a 400": b"HTTP/1.1 400 X\r\nContent-Length: 20\r\n\r\n{\"__type",
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
}
SILENCES = {
    "no answer": SILENT,
    "no end of the head": (OK_HEAD + b"Content-Le", SILENT),
    "no end of the body": (OK_HEAD + b"Content-Length: 20\r\n\r\n{}", SILENT),
}


class Server:
    """Plays `script` to one connection after the other, then answers well."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.script, self.connections, self.requests = [], 0, 0
        threading.Thread(target=self.run, daemon=True).start()

    def play(self, script):
        self.script, self.connections, self.requests = list(script), 0, 0

    def run(self):
        while True:
            connection, _ = self.listener.accept()
            with connection, contextlib.suppress(OSError):
                connection.settimeout(10)
                self.serve(connection)

    def serve(self, connection):
        self.connections += 1
        fault = self.script.pop(0) if self.script else None
        if fault in (RESET_UNREAD, CLOSE_UNREAD):
            return end(connection, fault == RESET_UNREAD)
        request = read_request(connection)
        if not request:
            return None
        self.requests += 1
        first, then = fault if isinstance(fault, tuple) else (fault, fault)
        if fault is None:
            first, then = success(request), None
        if isinstance(first, bytes):
            connection.sendall(first)
        if then == SILENT:
            return connection.recv(1)  # until the other end gives up
        return end(connection, then == RESET)


def end(connection, reset):
    if reset:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def read_request(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        if not part:
            return b""
        data += part
    head, body = data.split(b"\r\n\r\n", 1)
    lines = [line.lower() for line in head.split(b"\r\n")]
    length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


# ---- the two that call ----

class Ours:
    def __init__(self, program, url):
        environment = {**judges.environment(), "AWS_ACCESS_KEY_ID": "A", "AWS_REGION": "us-east-1",
                       "AWS_SECRET_ACCESS_KEY": "B", "AWS_ENDPOINT_URL": url, "NO_PROXY": "*",
                       "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
        self.process = subprocess.Popen([program], env=environment, text=True, bufsize=1,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        return self.process.stdout.readline()

    def new(self, attempts, hasty=False):
        assert self.ask(f"{'hasty' if hasty else 'new'} {attempts}") == "new\n"

    def call(self, service, mutation=0):
        """(attempts, "ok" or a code or "-"), whether the outcome is unknown, the message"""
        attempts, good, unknown, code, message = self.ask(f"{service} {mutation}").split(" ", 4)
        return (int(attempts), "ok" if good == "1" else code), unknown == "1", message


class Botocore:
    def __init__(self, url):
        self.url, self.session = url, botocore.session.Session()
        self.clients = {}

    def new(self, attempts, hasty=False):
        timeout = HASTY_S if hasty else 30
        config = botocore.config.Config(
            retries={"mode": "standard", "total_max_attempts": attempts}, proxies={},
            connect_timeout=timeout, read_timeout=timeout, parameter_validation=False)
        self.clients = {
            protocol: self.session.create_client(
                service, region_name="us-east-1", endpoint_url=self.url, config=config,
                aws_access_key_id="A", aws_secret_access_key="B", verify=False)
            for protocol, (service, _, _) in SERVICES.items()}

    def call(self, protocol, server):
        try:
            getattr(self.clients[protocol], SERVICES[protocol][1])()
        except botocore.exceptions.ClientError as error:
            return server.connections, error.response.get("Error", {}).get("Code", "-")
        except Exception:  # its own, urllib3's, its parser's
            return server.connections, "-"
        return server.connections, "ok"


# ---- what is played ----

def is_code(word):
    return word != "ok" and word[:1].isalpha()


class Comparison:
    def __init__(self, program, server, scheme="http"):
        url = f"{scheme}://127.0.0.1:{server.port}"
        self.server, self.ours, self.its = server, Ours(program, url), Botocore(url)
        self.count, self.wrong = 0, []

    def complain(self, what, got, expected):
        self.wrong.append(f"{what}: ours {got}, expected {expected}")

    def new(self, attempts, hasty=False):
        self.ours.new(attempts, hasty)
        self.its.new(attempts, hasty)

    def ours_plays(self, service, script, mutation=0):
        self.server.play(script)
        got, unknown, message = self.ours.call(service, mutation)
        self.count += 1
        return got, unknown, message

    def expect(self, what, protocol, script, expected=None):
        """A read's attempts and end, against botocore's or, where that is given, `expected`."""
        if expected is None:
            self.server.play(script)
            expected = self.its.call(protocol, self.server)
        for service in QUERY_OF_OURS if protocol == "query" else [SERVICES[protocol][2]]:
            got, unknown, _ = self.ours_plays(service, script)
            same_end = got[1] == expected[1] if is_code(expected[1]) or is_code(got[1]) else (
                (got[1] == "ok") == (expected[1] == "ok"))
            if got[0] != expected[0] or not same_end or unknown:
                self.complain(f"{what} ({service})", got, expected)
            if self.server.connections != got[0]:
                self.complain(f"{what} ({service}): connections", self.server.connections, got[0])


def codes(both):
    both.new(3)
    for protocol in PROTOCOLS:
        for code in [*THROTTLES, *TRANSIENTS, *SKEWS, *OTHERS]:
            for status in (400, 503) if code in OTHERS[4:11] else (400, 403):
                fault = refusal(protocol, status, code)
                both.new(3) if code == "Throttling" else None
                both.expect(f"{code} {status}", protocol, [fault])
                both.expect(f"{code} {status} for ever", protocol, [fault] * 3)
            for shape in (1, 2) if protocol == "json" else (1,):
                both.expect(f"{code} in shape {shape}", protocol,
                            [refusal(protocol, 400, code, shape)])
            both.new(3)  # a full quota


def of_sts(both):
    """The one service with a code of its own."""
    for code in ("IDPCommunicationError", "Throttling", "IDPRejectedClaim", "InvalidIdentityToken"):
        both.new(3)
        both.expect(f"STS: {code}", "sts", [refusal("query", 400, code)])
        both.expect(f"STS: {code} for ever", "sts", [refusal("query", 400, code)] * 3)


def statuses(both):
    for protocol in PROTOCOLS:
        for status in STATUSES:
            both.new(3)
            for body in ("", "<html><head><title>t</title></head></html>"):
                fault = said(status, body, "Location: /\r\n" if status < 400 else "")
                both.expect(f"{status} {body[:6]}", protocol, [fault])
                both.expect(f"{status} {body[:6]} for ever", protocol, [fault] * 3)


def broken(both):
    for protocol in PROTOCOLS:
        for what, fault in BROKEN.items():
            both.new(3)
            both.expect(what, protocol, [fault])
            both.expect(f"{what}, for ever", protocol, [fault] * 3)


def silences(both):
    both.new(2, hasty=True)
    for what, fault in SILENCES.items():
        both.expect(what, "json", [fault])
    both.expect("no answer, for ever", "json", [SILENT] * 2)


def attempts(both):
    """How many there may be at most, in sequences of all kinds of faults."""
    pick = random.Random(SEED)
    faults = [refusal("json", 400, "ThrottlingException"), refusal("json", 400, "Other"),
              said(503, ""), said(200, '{"clusterArns": []}'), *BROKEN.values()]
    for most in (1, 2, 3, 4, 5, 10):
        both.new(most)
        for script in ([faults[0]] * (most - 1), [faults[2]] * most,
                       *(pick.choices(faults, k=pick.randint(1, most + 1)) for _ in range(8))):
            both.expect(f"at most {most}: {script}", "json", script)


def quota(both):
    """One client's calls until nothing is left, and after it has come back."""
    pick = random.Random(SEED)
    bad = [refusal("query", 400, "Throttling"), said(500, ""), b"", RESET]
    both.new(4)
    scripts = []
    for _ in range(20 if LONG else 2):
        for share, calls in ((0.95, 60), (0.3, 60), (0.0, 30), (0.8, 60)):
            scripts += [[pick.choice(bad) for _ in range(pick.randint(1, 6))]
                        if pick.random() < share else [] for _ in range(calls)]
    expected = []
    for script in scripts:
        both.server.play(script)
        expected.append(both.its.call("query", both.server))
    got = [both.ours_plays("elasticloadbalancing", script)[0] for script in scripts]
    for number, (script, mine, its) in enumerate(zip(scripts, got, expected)):
        if mine[0] != its[0]:
            both.complain(f"call {number} of {len(scripts)} for one quota: {script}", mine, its)
            break
    cut = sum(len(script) >= its[0] < 4 for script, its in zip(scripts, expected))
    assert cut > 10, "the quota was never used up"
    return cut


def where_botocore_does_otherwise(both):
    """The guide's word, or ours, with the reason; botocore's is stated so that a change shows."""
    page = "<!DOCTYPE html><html><title>502</title><br></html>"
    for what, protocol, script, its, ours in (
            # its parser gives up on the page before its retries see the status; the guide says 502
            ("a page with a doctype", "query", [said(502, page)], (1, "-"), (2, "ok")),
            ("a 500 in plain words", "query", [said(500, "Oops.")], (1, "-"), (2, "ok")),
            # to its HTTP library a head may end with the connection
            ("half a head", "json", [OK_HEAD + b"Content-Type: a"], (1, "ok"), (2, "ok")),
            # until the connection closes: complete for HTTP, and no document
            ("a cut JSON", "json", [OK_HEAD + b'\r\n{"clusterArns": ["a'], (1, "ok"), (2, "ok")),
            ("an empty JSON", "json", [said(200, "")], (1, "ok"), (2, "ok")),
            ("a cut XML", "query", [OK_HEAD + b"\r\n<DescribeRulesResponse><Des"], (1, "-"),
             (2, "ok")),
            ("an empty XML", "query", [said(200, "")], None, (2, "ok")),
            ("cut for ever", "query", [OK_HEAD + b"\r\n<DescribeRulesResponse><Des"] * 3,
             (1, "-"), (3, "-")),
            # Smithy's awsJson1_1: the header, then the body
            ("the code in a header", "json",
             [said(400, "", "X-Amzn-Errortype: ThrottlingException:http://internal.test/\r\n")],
             (1, "400"), (2, "ok")),
            ("another code in the header", "json",
             [said(400, '{"__type": "ThrottlingException"}', "x-amzn-ErrorType: Other\r\n")],
             (2, "ok"), (1, "Other"))):
        both.new(3)
        both.server.play(script)
        got = both.its.call(protocol, both.server)
        if its and got != its:
            both.complain(f"botocore has changed: {what}", got, its)
        both.expect(what, protocol, script, ours)


def mutations(both):
    """Sent again only where the server cannot have carried it out, and unknown elsewhere."""
    pages = [said(status, body) for status in STATUSES for body in ("", "<html></html>")]
    unclear = [*pages, *BROKEN.values(), *(refusal("query", 500, code) for code in OTHERS),
               *(refusal("query", 400, code) for code in TRANSIENTS if code not in THROTTLES)]
    both.ours.new(3)
    for fault in unclear:
        got, unknown, _ = both.ours_plays("elasticloadbalancing", [fault], 1)
        # a reset may come before the connection is used: then nothing has left
        nothing_left = fault in (RESET_UNREAD, CLOSE_UNREAD) and got == (2, "ok") and not unknown
        if not nothing_left and (got[0] != 1 or not unknown or both.server.connections != 1):
            both.complain(f"a mutation: {fault}", (got, unknown, both.server.connections), "once")
    for code in THROTTLES:
        both.ours.new(3)
        for protocol, service in (("query", "elasticloadbalancing"), ("json", "ecs")):
            fault = refusal(protocol, 400, code)
            got, unknown, _ = both.ours_plays(service, [fault], 1)
            if got != (2, "ok") or unknown:
                both.complain(f"a throttled mutation: {fault}", got, "twice")
            got, unknown, _ = both.ours_plays(service, [fault] * 3, 1)
            if got != (3, code) or unknown:
                both.complain(f"a mutation throttled for ever: {fault}", got, "thrice")
            got, unknown, _ = both.ours_plays(service, [fault, b""], 1)
            if got != (2, "-") or not unknown:
                both.complain(f"throttled, then broken: {fault}", got, "twice")
    for code in (*SKEWS, *OTHERS):
        got, unknown, _ = both.ours_plays("elasticloadbalancing", [refusal("query", 400, code)], 1)
        if got != (1, code) or unknown:
            both.complain(f"a refused mutation: {code}", got, "once")
    both.ours.new(2, hasty=True)
    for fault in SILENCES.values():
        got, unknown, _ = both.ours_plays("elasticloadbalancing", [fault], 1)
        if got[0] != 1 or not unknown:
            both.complain(f"a mutation: {fault}", (got, unknown), "once")


def tls(both):
    """A handshake that breaks off is asked for again; its record is no HTTP to the server."""
    for protocol in PROTOCOLS:
        both.new(3)
        for what, fault in (("closed", CLOSE_UNREAD), ("reset", RESET_UNREAD)):
            both.expect(f"a handshake {what}", protocol, [fault] * 3)


def unreachable(program):
    """Nobody listens, and a name that no server knows."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        for host in (f"127.0.0.1:{taken.getsockname()[1]}", "no-such-host.invalid:1"):
            its = Botocore(f"http://{host}")
            its.new(3)
            sends = []
            its.clients["json"].meta.events.register("before-send", lambda **_: sends.append(1))
            try:
                its.clients["json"].list_clusters()
            except botocore.exceptions.EndpointConnectionError:
                pass
            ours = Ours(program, f"http://{host}")
            ours.new(3)
            for mutation in (0, 1):
                got, unknown, _ = ours.call("ecs", mutation)
                assert got == (len(sends), "-") and not unknown, (host, got, len(sends))


def main():
    warnings.simplefilter("ignore")  # unverified TLS, of which it says so at each call
    standard.ExponentialBackoff.delay_amount = lambda self, context: 0
    for name in [n for n in os.environ if n.startswith("AWS_") or n.lower().endswith("_proxy")]:
        del os.environ[name]
    os.environ.update(AWS_CONFIG_FILE="/dev/null", AWS_SHARED_CREDENTIALS_FILE="/dev/null")
    both = Comparison(sys.argv[1], Server())
    for section in (codes, of_sts, statuses, broken, silences, attempts, where_botocore_does_otherwise,
                    mutations):
        section(both)
    cut = quota(both)
    over_tls = Comparison(sys.argv[1], Server(), "https")
    tls(over_tls)
    unreachable(sys.argv[1])
    wrong = both.wrong + over_tls.wrong
    if wrong:
        sys.exit("\n".join(wrong[:40]) + f"\n{len(wrong)} differ")
    print(f"{both.count + over_tls.count} calls as botocore's (seed {SEED}); the quota cut {cut} short")


main()
