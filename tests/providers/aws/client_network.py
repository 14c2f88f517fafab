"""The client in networks as they are: certificates, proxies and their settings, caps.

usage: client_network.py PROGRAM  (retry_calls)

In the environment TESTS_LONG also waits for the time-outs as they are.
"""
import contextlib
import os
import re
import select
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

import judges
import webserver

judges.need("botocore")
import botocore.httpsession  # noqa: E402
import botocore.utils  # noqa: E402

PROGRAM = sys.argv[1]
HOST = "ecs.test"  # a name that no resolver knows: only a proxy gets there
MEBIBYTE = 1 << 20


def call(url, config="", service="ecs", mutation=0, **variables):
    """(attempts, ok, unknown, words) of one call of a client with these surroundings."""
    with tempfile.NamedTemporaryFile("w", suffix=".config") as file:
        file.write(f"[default]\nregion = us-east-1\n{config}")
        file.flush()
        environment = {name: value for name, value in judges.environment().items()
                       if not name.lower().endswith("_proxy") and not name.startswith("AWS_")}
        environment.update(AWS_ACCESS_KEY_ID="A", AWS_SECRET_ACCESS_KEY="B", AWS_ENDPOINT_URL=url,
                           AWS_CONFIG_FILE=file.name, AWS_SHARED_CREDENTIALS_FILE="/dev/null",
                           **variables)
        run = subprocess.run([PROGRAM], input=f"new 2\n{service} {mutation}\n", env=environment,
                             capture_output=True, text=True, check=True)
    attempts, good, unknown, _, words = run.stdout.splitlines()[1].split(" ", 4)
    return int(attempts), good == "1", unknown == "1", words


def expect(got, attempts, *parts):
    """A failure after so many attempts, with each part among its words."""
    assert got[0] == attempts and not got[1], got
    for part in parts:
        assert part in got[3], (part, got)


def well(request):
    request.rfile.read(int(request.headers["Content-Length"]))
    return 200, {}, "{}"


# ---- certificates ----

def certificates(folder):
    ours = webserver.Authority(folder, "ours")
    strange = webserver.Authority(folder, "strange")
    right = "IP:127.0.0.1,DNS:localhost"
    good = ours.certificate("good", right)
    with webserver.serving(well, certificate=good) as server:
        for host in ("127.0.0.1", "localhost"):
            got = call(server.url(host=host), AWS_CA_BUNDLE=ours.file)
            assert got[1] and got[0] == 1, got
        got = call(server.url(), config=f"ca_bundle = {ours.file}\n")
        assert got[1], got
        asked = len(server.requests)
        # nobody vouches for it; somebody else does; the variable goes before the profile
        for how in ({}, {"AWS_CA_BUNDLE": strange.file},
                    {"AWS_CA_BUNDLE": strange.file, "config": f"ca_bundle = {ours.file}\n"},
                    {"CURL_CA_BUNDLE": ours.file}, {"SSL_CERT_FILE": ours.file}):
            got = call(server.url(), **how)
            expect(got, 1, "no secure connection to 127.0.0.1", "the endpoint comes from",
                   "AWS_CA_BUNDLE")
        expect(call(server.url(), AWS_CA_BUNDLE="/nonexistent/ca.pem"), 1, "/nonexistent/ca.pem")
        assert len(server.requests) == asked
    for name, alternative, days, part in (
            ("another-name", "DNS:ecs.us-east-1.amazonaws.com", 2, "127.0.0.1"),
            ("expired", right, -1, "expired")):
        pair = ours.certificate(name, alternative, days)
        with webserver.serving(well, certificate=pair) as server:
            for mutation in (0, 1):
                got = call(server.url(), AWS_CA_BUNDLE=ours.file, mutation=mutation)
                expect(got, 1, "no secure connection to 127.0.0.1", part)
                assert not got[2], got
            assert not server.requests
    for newest in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        with webserver.serving(well, certificate=good, newest=newest) as server:
            expect(call(server.url(), AWS_CA_BUNDLE=ours.file), 2, "no secure connection")
            assert not server.requests
    with webserver.serving(well, certificate=good, newest=ssl.TLSVersion.TLSv1_2) as server:
        assert call(server.url(), AWS_CA_BUNDLE=ours.file)[1]
    # AWS's own host through a proxy that is not AWS: what to do is said
    with proxy(certificate=good) as way:
        got = call("", AWS_USE_FIPS_ENDPOINT="true", HTTPS_PROXY=way.url())
        expect(got, 1, "no secure connection to ecs-fips.us-east-1.amazonaws.com", "AWS_CA_BUNDLE")
        assert way.connects == ["ecs-fips.us-east-1.amazonaws.com:443"], way.connects
    with proxy(certificate=ours.certificate("inner", f"DNS:{HOST}")) as way:
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
            got = call(f"https://{HOST}", AWS_CA_BUNDLE=ours.file, **{name: way.url()})
            assert got[1], got
        assert way.connects == [f"{HOST}:443"] * 3, way.connects
        assert len(way.inner.requests) == 3


# ---- proxies ----

class Proxy:
    """Answers plain requests itself, and leads every CONNECT to a TLS server of its own."""

    def __init__(self, inner, password):
        self.inner, self.password = inner, password
        self.connects, self.plain, self.credentials = [], [], []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def url(self, user=""):
        return f"http://{user}127.0.0.1:{self.port}"

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection, contextlib.suppress(OSError):
            data = b""
            while b"\r\n\r\n" not in data:
                data += connection.recv(65536) or b"\r\n\r\n"
            lines = data.decode("latin-1").split("\r\n")
            method, target, _ = lines[0].split(" ", 2)
            self.credentials += [line.split(": ", 1)[1] for line in lines
                                 if line.lower().startswith("proxy-authorization:")]
            (self.connects if method == "CONNECT" else self.plain).append(target)
            if self.password and not self.credentials:
                connection.sendall(b"HTTP/1.1 407 Say who\r\nProxy-Authenticate: Basic realm=x\r\n"
                                   b"Connection: close\r\nContent-Length: 0\r\n\r\n")
            elif method == "CONNECT":
                connection.sendall(b"HTTP/1.1 200 Established\r\nX-Of: the proxy\r\n\r\n")
                relay(connection, self.inner.port)
            else:
                connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
                                   b"Content-Length: 2\r\n\r\n{}")


def relay(connection, port):
    with socket.create_connection(("127.0.0.1", port)) as other:
        while True:
            for ready in select.select([connection, other], [], [])[0]:
                data = ready.recv(65536)
                if not data:
                    return
                (other if ready is connection else connection).sendall(data)


@contextlib.contextmanager
def proxy(certificate=None, password=False):
    with webserver.serving(well, certificate=certificate) as inner:
        way = Proxy(inner, password)
        yield way
        way.listener.close()


def proxies():
    with proxy() as way:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            got = call(f"http://{HOST}:81/a", **{name: way.url()})
            assert got[1], (name, got)
        assert way.plain == [f"http://{HOST}:81/a"] * 4, way.plain
        # a web server's word about a request is none about this machine's network
        got = call(f"http://{HOST}:81/a", HTTP_PROXY=way.url(), REQUEST_METHOD="GET")
        expect(got, 2, "does not resolve")
        got = call(f"http://{HOST}:81/a", http_proxy=way.url(), REQUEST_METHOD="GET")
        assert got[1], got
        way.plain.pop()
        expect(call(f"http://{HOST}:81/a", HTTPS_PROXY=way.url()), 2, "does not resolve")
        got = call(f"http://{HOST}:81/a", HTTP_PROXY="http://127.0.0.1:1", http_proxy=way.url())
        assert got[1], got
        with webserver.serving(well) as server:  # this machine is asked directly
            asked = len(way.plain)
            got = call(server.url(), HTTP_PROXY=way.url(), http_proxy=way.url())
            assert got[1] and server.requests and len(way.plain) == asked, got


def exceptions_from_proxies():
    """NO_PROXY in all its forms, held against botocore's reading."""
    asked = differ = 0
    with proxy() as way:
        for value in ("", "*", "test", ".test", HOST, f".{HOST}", "ecs", "s.test", "other.test",
                      f"other.test,{HOST}", f"other.test, {HOST}", f"{HOST}:81", "ECS.TEST",
                      "ecs.test.", "localhost,127.0.0.1"):
            for name in ("NO_PROXY", "no_proxy"):
                variables = {"HTTP_PROXY": way.url(), name: value}
                before = len(way.plain)
                got = call(f"http://{HOST}:81/", **variables)
                ours = len(way.plain) > before
                assert ours == got[1], got
                # which of the two is the resolver's affair: it may say no, or nothing
                assert ours or re.search(f"does not resolve|cannot reach {HOST}", got[3]), got
                its = botocores_proxy(f"http://{HOST}:81/", variables)
                asked += 1
                # a port there means nothing to libcurl, and a dot at the end does
                if value in (f"{HOST}:81", "ecs.test."):
                    differ += ours != its
                else:
                    assert ours == its, (name, value, ours, its)
    return asked, differ


def botocores_proxy(url, variables):
    kept = dict(os.environ)
    os.environ.update(variables)
    try:
        proxies = botocore.utils.get_environ_proxies(url)
        return bool(botocore.httpsession.ProxyConfiguration(proxies).proxy_url_for(url))
    finally:
        os.environ.clear()
        os.environ.update(kept)


def who_asks_the_proxy():
    """Its user's password goes to the proxy and into no message."""
    user = "me:Pa55%20word@"
    with tempfile.TemporaryDirectory() as folder, \
            proxy(webserver.Authority(folder, "x").certificate("inner", f"DNS:{HOST}"), True) as way:
        got = call(f"http://{HOST}/", HTTP_PROXY=way.url(user))
        assert got[1] and way.credentials == ["Basic bWU6UGE1NSB3b3Jk"], (got, way.credentials)
        way.credentials.clear()
        for scheme in ("http", "https"):
            got = call(f"{scheme}://{HOST}/", HTTP_PROXY=way.url(), HTTPS_PROXY=way.url())
            expect(got, 2 if scheme == "https" else 1, "407")
    closed = socket.create_server(("127.0.0.1", 0))
    port = closed.getsockname()[1]
    closed.close()
    said = 0
    for place in (f"127.0.0.1:{port}", "no-such-proxy.invalid:3128", "[::1", "host:port", "a b:1"):
        for scheme in ("http", "ftp", "socks4"):
            for url in (f"http://{HOST}/", f"https://{HOST}/"):
                how = f"{scheme}://{user}{place}"
                got = call(url, HTTP_PROXY=how, HTTPS_PROXY=how)
                assert not got[1] and "Pa55" not in got[3] and not got[2], got
                variable = "HTTP_PROXY" if url.startswith("http:") else "HTTPS_PROXY"
                assert variable in got[3] or "of its proxy" in got[3], got
                said += 1
    return said


# ---- caps ----

def caps():
    head = '{"clusterArns": ["'
    tail = '"]}'
    room = 8 * MEBIBYTE - len(head) - len(tail)

    def large(request):
        well(request)
        return 200, {}, head + "x" * size + tail

    def wordy(request):
        well(request)
        return 200, {f"X-{i}": "x" * 1000 for i in range(size)}, "{}"

    for answer, size, good in ((large, room, True), (large, room + 1, False),
                               (wordy, 60, True), (wordy, 70, False)):
        with webserver.serving(answer) as server:
            got = call(server.url(), service="ecs")
            assert got[1] == good and got[0] == 1, got
            if not good:
                expect(got, 1, "8388608" if answer is large else "65536")


# ---- time-outs ----

def time_outs():
    """How long it waits where nobody says otherwise; the ways to hang are tested with http.c."""
    class Slow:
        def __init__(self, first, each):
            self.listener = socket.create_server(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
            self.first, self.each = first, each
            threading.Thread(target=self.run, daemon=True).start()

        def run(self):
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = self.listener.accept()
                    threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

        def serve(self, connection):
            with connection, contextlib.suppress(OSError):
                connection.sendall(self.first)
                while self.each:
                    connection.sendall(self.each)
                    time.sleep(0.2)
                connection.recv(1 << 20)
                connection.recv(1)

    for first, each, least, most in ((b"", b"", 15, 18),
                                     (b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"x",
                                      30, 33)):
        begun = time.monotonic()
        got = call(Slow(first, each).url, mutation=1)
        took = time.monotonic() - begun
        assert got[0] == 1 and not got[1] and got[2] and least <= took <= most, (got, took)


def main():
    with tempfile.TemporaryDirectory() as folder:
        certificates(folder)
    proxies()
    asked, differ = exceptions_from_proxies()
    said = who_asks_the_proxy()
    caps()
    if "TESTS_LONG" in os.environ:
        time_outs()
    print(f"{asked} values of NO_PROXY, {differ} of them read otherwise than by botocore; "
          f"{said} proxies that are none")


main()
