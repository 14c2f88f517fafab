"""Hostile requests over raw sockets: the sandbox answers or closes, and goes on answering good ones.
The sanitizers watch from inside. Needs no judge. Argument: the driver."""
import errno
import json
import random
import socket
import sys
import time
import unittest

import sandbox_driver

DRIVER = sys.argv[1]
LIMIT_S = 30  # a request is not whole 20 s after its first line: then the server ends it
HOST = b"Host: 127.0.0.1\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"


def head(line, *headers):
    return line + b" HTTP/1.1\r\n" + HOST + b"".join(h + b"\r\n" for h in headers) + b"\r\n"


def post(body, *headers):
    return head(b"POST /", b"Content-Length: %d" % len(body), *headers) + body


def ecs(body, target=b"AmazonEC2ContainerServiceV20141113.DescribeServices"):
    return post(body, b"X-Amz-Target: " + target, b"Content-Type: application/x-amz-json-1.1")


def garbage():
    """Requests that no client means."""
    dice = random.Random(4)
    yield b""
    yield b"\r\n" * 100
    yield b"\0" * 1000
    yield b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256))  # TLS
    yield b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    yield b"GET / HTTP/0.9\r\n\r\n"
    yield b"GET / HTTP/9.9\r\n" + HOST + b"\r\n"
    yield b"GET /\r\n\r\n"
    yield b"GET  /  HTTP/1.1\r\n\r\n"
    yield b"POST / HTTP/1.1\r\n\r\n"  # no host
    for method in (b"PUT", b"DELETE", b"HEAD", b"OPTIONS", b"TRACE", b"CONNECT", b"PATCH", b"get",
                   b"\xff\xfe", b"A" * 5000, b"BREW", b"-", b"POST\0"):
        yield head(method + b" /")
    for path in (b"/..", b"/../../../etc/passwd", b"/%00", b"/%", b"/%zz", b"*", b"//", b"/?",
                 b"/?a", b"/?=", b"/?" + b"a=b&" * 5000, b"/" + b"a" * 100000, b"http://a/",
                 b"/\x01\x02", b"/\xff", b"?x", b"/#a", b"/?X-Amz-Signature=1&Action=x"):
        yield head(b"GET " + path)
        yield head(b"POST " + path, b"Content-Length: 0")
    for host in (b"evil.example", b"127.0.0.1.evil.example", b"localhost.evil.example", b"",
                 b"127.0.0.1:80:80", b"[::2]", b"\xff", b"a" * 10000):
        yield b"GET / HTTP/1.1\r\nHost: " + host + b"\r\n\r\n"
    for length in (b"-1", b"1e9", b"99999999999999999999", b"0x10", b"+5", b" ", b"5, 5", b"1048577",
                   b"2147483648", b"18446744073709551616"):
        yield head(b"POST /", b"Content-Length: " + length)
    yield head(b"POST /", b"Content-Length: 5", b"Content-Length: 6") + b"abcdef"
    yield head(b"POST /", b"Content-Length: 5", b"Transfer-Encoding: chunked") + b"0\r\n\r\n"
    for chunks in (b"z\r\n", b"-1\r\n", b"ffffffffffffffff\r\na", b"5\r\nabc", b"5;" + b"x" * 9000,
                   b"1\r\na\r\n" * 3 + b"0\r\nTrailer: " + b"x" * 70000 + b"\r\n\r\n",
                   b"0\r\n" + b"A: b\r\n" * 5000 + b"\r\n", b"1\na\n0\n\n",
                   b"fffff\r\n" + b"x" * 0xfffff + b"\r\n" + b"fffff\r\n" + b"x" * 0xfffff):
        yield head(b"POST /", b"Transfer-Encoding: chunked") + chunks
    yield head(b"POST /", b"Transfer-Encoding: gzip") + b"x"
    yield head(b"POST /", b"Expect: 100-continue", b"Content-Length: 5000000")
    yield head(b"POST /", b"Expect: nonsense", b"Content-Length: 0")
    yield head(b"GET /", b"X: " + b"y" * 70000)
    yield head(b"GET /", *[b"X-%d: y" % i for i in range(150)])
    yield head(b"GET /", *[b"X-%d: y" % i for i in range(5000)])
    yield head(b"GET /", b" folded: x", b": empty", b"no colon", b"a\0b: c", b"\xff: \xfe")
    for authorization in (b"", b"AWS4-HMAC-SHA256", b"AWS4-HMAC-SHA256 Credential=",
                          b"AWS4-HMAC-SHA256 Credential=a/b/c/d/e,SignedHeaders=h,Signature=s",
                          b"AWS4-HMAC-SHA256 " + b"Credential=a/b/c/d/aws4_request, " * 100,
                          b"AWS4-HMAC-SHA256 Credential=SANDBOXEXAMPLE/" + b"a" * 3000
                          + b"/us-east-1/ecs/aws4_request, SignedHeaders=host;x-amz-date, "
                          b"Signature=0",
                          b"AWS4-HMAC-SHA256 Credential=////aws4_request, SignedHeaders=;;;;, "
                          b"Signature=\xff", b"Basic YTpi", b"\xff\x01"):
        for date in (b"", b"20261201T020000Z", b"2026-12-01", b"99999999T999999Z", b"\xff" * 16):
            yield post(b"Action=x", b"Authorization: " + authorization, b"X-Amz-Date: " + date, FORM)
    for _ in range(60):
        yield dice.randbytes(dice.randrange(1, 3000))
    good = head(b"GET /?Action=DescribeListeners&Version=2015-12-01", b"X-Amz-Date: 1")
    for _ in range(60):  # one byte of a good request is another
        at = dice.randrange(len(good))
        yield good[:at] + dice.randbytes(1) + good[at + 1:]


def bodies():
    """Bodies that are signed rightly: what is behind the signature is asked too."""
    dice = random.Random(5)
    deep = b"[" * 100000
    yield "ecs", b'{"services":' + deep
    yield "ecs", b'{"a":' * 50000
    for body in (b"", b"{", b"[]", b"null", b"{}{}", b"\xff", b'{"a":"\\u0000"}', b'{"a":1,"a":2}',
                 b'{"cluster":{}}', b'{"services":"a"}', b'{"services":[[[]]]}', b"nan", b'"',
                 b'{"services":[' + b'"a",' * 100000 + b'"a"]}', b'{"desiredCount":1e400}',
                 b'{"desiredCount":"2","service":"x"}', b'{"desiredCount":99999999999999999999}',
                 b'{"maxResults":0.5}', b'{"nextToken":"-1"}', b'{"%s":1}' % (b"k" * 5000),
                 b'{"cluster":"%s"}' % ("\u202e" * 300).encode(), b"{" + b'"":"",' * 20000 + b'"b":1}',
                 b" " * 1000000, b'{"a.member.1":1,"a":[1]}'):
        yield "ecs", body
    for pairs in (b"", b"Action", b"Action=", b"Action=%", b"Action=%zz", b"Action=%00",
                  b"Action=%ff&Version=2015-12-01", b"=&=&=", b"&" * 100000,
                  b"Action=DescribeListeners&Action=DescribeListeners&Version=2015-12-01",
                  b"Action=DescribeListeners&Version=1999-01-01",
                  b"Action=" + b"A" * 10000 + b"&Version=2015-12-01",
                  b"Action=%0d%0aX: y&Version=2015-12-01",
                  b"Action=<a>&Version=2015-12-01"):
        yield "elasticloadbalancing", pairs
    names = [b"LoadBalancerArn", b"Names.member.1", b"Names.member.0", b"Names.member.-1",
             b"Names.member.99999999999999999999", b"Names.1", b"Names", b"Marker", b"PageSize",
             b"Names.member.1.member.1", b"x" * 300, b"a.b.c.d.e.f.g"]
    values = [b"", b"%01%02", b"%F0%9F%98%80", b"9" * 400, b"-1", b"%3Cscript%3E", b"a" * 5000,
              b"1.0000000000000000", b"%25n%25s"]
    for operation in (b"DescribeLoadBalancers", b"DescribeTargetGroups", b"DescribeListeners",
                      b"DescribeTags", b"DescribeTargetHealth", b"DescribeRules"):
        for name in names:
            yield "elasticloadbalancing", b"Action=%s&Version=2015-12-01&%s=%s" % (
                operation, name, dice.choice(values))
    listener = b"Action=ModifyListener&Version=2015-12-01&ListenerArn=%LISTENER%"
    for path in (b"", b".member", b".member.", b".member.1", b".member.0.Type", b".member.1.Type",
                 b".member.999999999999.Type", b".member.11.Type", b".member.2.Type", b".1.Type",
                 b".member.1.ForwardConfig.TargetGroups.member.9.Weight",
                 b".member.1.ForwardConfig.TargetGroups.member.99999999999999999999.Weight",
                 b".member.1.ForwardConfig", b".member.1." + b"a." * 100, b".member.01.Type"):
        for value in (b"forward", b"", b"redirect", b"%ff", b"9" * 300):
            yield "elasticloadbalancing", listener + b"&DefaultActions" + path + b"=" + value
    yield "elasticloadbalancing", listener + b"".join(
        b"&DefaultActions.member.1.k%d=v" % i for i in range(390))
    yield "elasticloadbalancing", b"Action=DescribeTags&Version=2015-12-01" + b"".join(
        b"&ResourceArns.member.%d=a" % i for i in range(19000))
    for operation, name in ((b"DescribeRules", b"RuleArns"), (b"DescribeTargetGroups", b"Names"),
                            (b"DescribeListeners", b"ListenerArns")):
        yield "elasticloadbalancing", b"Action=" + operation + b"&Version=2015-12-01" + b"".join(
            b"&%s.member.%d=a" % (name, i) for i in range(1, 19000))
    data = b"Action=GetMetricData&Version=2010-08-01"
    ranges = [b"&StartTime=1970-01-01T00:00:00Z&EndTime=9999-12-31T23:59:59Z", b"&StartTime=x",
              b"&StartTime=2026-01-01T00:00:00Z&EndTime=2025-01-01T00:00:00Z"]
    stat = (b"&MetricDataQueries.member.%d.Id=q%d&MetricDataQueries.member.%d.MetricStat.Stat=p99"
            b"&MetricDataQueries.member.%d.MetricStat.Period=60"
            b"&MetricDataQueries.member.%d.MetricStat.Metric.MetricName=TargetResponseTime"
            b"&MetricDataQueries.member.%d.MetricStat.Metric.Namespace=AWS/ApplicationELB"
            b"&MetricDataQueries.member.%d.MetricStat.Metric.Dimensions.member.1.Name=LoadBalancer"
            b"&MetricDataQueries.member.%d.MetricStat.Metric.Dimensions.member.1.Value=%%BALANCER%%")
    for times in ranges:
        yield "monitoring", data + times + b"".join(stat % ((i,) * 8) for i in range(1, 501))
        yield "monitoring", data + times + b"&NextToken=99999999999999999999" + stat % ((1,) * 8)
    yield "monitoring", data + ranges[0] + b"&MaxDatapoints=0" + stat % ((1,) * 8)


def sign(sandbox, service, body):
    """Signature Version 4 by hand: this test must run where botocore is not installed."""
    import datetime
    import hashlib
    import hmac
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{now[:8]}/us-east-1/{service}/aws4_request"
    headers = {"host": f"127.0.0.1:{sandbox.port}", "x-amz-date": now}
    if service == "ecs":
        headers["x-amz-target"] = "AmazonEC2ContainerServiceV20141113." + random.choice(
            ["DescribeServices", "UpdateService", "ListTasks", "DescribeTasks", "NoSuch"])
    canonical = "\n".join(["POST", "/", "", *[f"{k}:{v}" for k, v in headers.items()], "",
                           ";".join(headers), hashlib.sha256(body).hexdigest()])
    to_sign = "\n".join(["AWS4-HMAC-SHA256", now, scope,
                         hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + sandbox.secret).encode()
    for part in [*scope.split("/"), to_sign]:
        key = hmac.new(key, part.encode(), "sha256").digest()
    authorization = (f"AWS4-HMAC-SHA256 Credential={sandbox.key}/{scope}, "
                     f"SignedHeaders={';'.join(headers)}, Signature={key.hex()}")
    lines = [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"Authorization: {authorization}", f"Content-Length: {len(body)}",
              "Connection: close"]
    return ("POST / HTTP/1.1\r\n" + "\r\n".join(lines) + "\r\n\r\n").encode() + body


class Hostile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.running = sandbox_driver.sandbox(DRIVER)
        cls.sandbox = cls.running.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.running.__exit__(None, None, None)

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.sandbox.port), timeout=LIMIT_S)

    def ask(self, request, finish=True):
        """What comes back until the server closes; b"" where it just closes."""
        answer = b""
        with self.connect() as connection:
            try:
                connection.sendall(request)
                if finish:
                    connection.shutdown(socket.SHUT_WR)
                while part := connection.recv(65536):
                    answer += part
            except OSError as error:
                # The server was done with the connection first: before a send, the shutdown, a read.
                if error.errno not in (errno.ECONNRESET, errno.EPIPE, errno.ENOTCONN):
                    raise
        return answer

    def check_good(self):
        body = json.dumps({"cluster": "migration-sandbox-ecs-cluster",
                           "services": ["migration-sandbox-capture-proxy"]}).encode()
        while True:  # sign() chooses among operations; this one is wanted
            request = sign(self.sandbox, "ecs", body)
            if b"DescribeServices" in request:
                break
        started = time.monotonic()
        answer = self.ask(request, finish=False)
        self.assertTrue(answer.startswith(b"HTTP/1.1 200 "), answer[:300])
        self.assertEqual(json.loads(answer.split(b"\r\n\r\n", 1)[1])["services"][0]["runningCount"],
                         2)
        self.assertLess(time.monotonic() - started, 10)

    def test_garbage(self):
        for number, request in enumerate(garbage()):
            with self.subTest(request=request[:80]):
                answer = self.ask(request)
                self.assertTrue(answer == b"" or answer.startswith(b"HTTP/1."), answer[:100])
                self.assertFalse(b" 200 " in answer.split(b"\r\n")[0], answer[:100])
            if number % 50 == 0:
                self.check_good()
        self.check_good()

    def test_signed_nonsense(self):
        world = self.sandbox.dump()
        listener = world["listeners"][0]
        balancer = world["load_balancer"]["arn"].split("loadbalancer/")[1].encode()
        for number, (service, body) in enumerate(bodies()):
            body = body.replace(b"%LISTENER%", listener["arn"].encode())
            body = body.replace(b"%BALANCER%", balancer)
            with self.subTest(body=body[:120]):
                started = time.monotonic()
                answer = self.ask(sign(self.sandbox, service, body), finish=False)
                self.assertLess(time.monotonic() - started, 10)
                top, _, below = answer.partition(b"\r\n\r\n")
                self.assertRegex(top, rb"^HTTP/1\.1 (200|4\d\d) ")
                below.decode()  # whatever it quotes, the answer is UTF-8
                if top.startswith(b"HTTP/1.1 4") and service == "ecs":
                    self.assertIn("__type", json.loads(below))
            if number % 50 == 0:
                self.check_good()
        self.assertEqual(self.sandbox.dump()["listeners"][0], listener)
        self.check_good()

    def test_other_hosts_are_refused(self):
        answer = self.ask(b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n")
        self.assertTrue(answer.startswith(b"HTTP/1.1 403 "))
        for host in (b"127.0.0.1", b"localhost:80", b"LOCALHOST", b"[::1]:1"):
            answer = self.ask(b"GET / HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n")
            self.assertIn(b"MissingAuthenticationToken", answer)

    def test_large_bodies_are_refused(self):
        answer = self.ask(head(b"POST /", b"Content-Length: 1048577") + b"a" * 10, finish=False)
        self.assertTrue(answer.startswith(b"HTTP/1.1 413 "), answer[:100])
        answer = self.ask(head(b"POST /", b"Transfer-Encoding: chunked")
                          + b"100000\r\n" + b"a" * 0x100000 + b"\r\n" + b"1\r\na\r\n0\r\n\r\n")
        self.assertFalse(answer.startswith(b"HTTP/1.1 2"), answer[:100])

    def test_loopback_only(self):
        """What is not on 127.0.0.1 finds nobody."""
        for address in ("127.0.0.2", socket.gethostbyname(socket.gethostname())):
            if address == "127.0.0.1":
                continue
            with self.assertRaises(OSError):
                socket.create_connection((address, self.sandbox.port), timeout=2).close()

    def test_slow_and_silent_clients(self):
        slow = [self.connect() for _ in range(20)]
        for connection in slow:
            self.addCleanup(connection.close)
            connection.sendall(head(b"POST /", b"Content-Length: 100000"))
        idle = []
        for _ in range(200):  # more than the server keeps
            idle.append(self.connect())
            self.addCleanup(idle[-1].close)
        self.check_good()
        for connection in idle:
            connection.close()
        slow.append(self.connect())
        slow[-1].sendall(head(b"POST /", b"Content-Length: 100000"))
        started, ended = time.monotonic(), None
        while time.monotonic() - started < LIMIT_S:  # a byte now and then keeps nothing open
            try:
                slow[-1].sendall(b"a")
                time.sleep(0.5)
            except OSError:
                ended = time.monotonic() - started
                break
        self.assertIsNotNone(ended)
        self.assertGreater(ended, 15)
        for connection in slow:
            connection.close()
        self.check_good()


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
