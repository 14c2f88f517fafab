"""A small HTTP server on loopback that plays a service which no judge plays: a function of the test
answers each request, and every request is kept.

    with standin.serve(lambda request: (200, "{}")) as server:
        ... server.url("/path") ... server.requests
"""
import contextlib
import http.client
import http.server
import socket
import socketserver
import ssl
import struct
import threading
import time
import urllib.parse

HANG_S = 30


class Request:
    def __init__(self, method, path, headers, body):
        self.method, self.path, self.headers, self.body = method, path, headers, body

    def header(self, name):
        return self.headers.get(name)

    def __repr__(self):
        return f"{self.method} {self.path}"


def hang(request):
    """No answer, while the connection stays."""
    del request
    return None


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def _serve(self):
        length = int(self.headers.get("Content-Length") or 0)
        request = Request(self.command, self.path, self.headers, self.rfile.read(length))
        self.server.requests.append(request)
        answer = self.server.answer(request)
        if answer is None:
            self.server.ended.wait(HANG_S)
            self.close_connection = True
        elif isinstance(answer, bytes):  # raw; empty: the connection is reset
            self._say_raw(answer)
        else:
            self._say(*answer)

    def _say_raw(self, answer):
        self.wfile.write(answer)
        if not answer:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                       struct.pack("ii", 1, 0))
        self.close_connection = True

    def _say(self, status, body, **headers):
        content = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_HEAD = do_CONNECT = _serve


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, answer, host, port):
        if ":" in host:
            self.address_family = socket.AF_INET6
        self.answer, self.requests, self.ended = answer, [], threading.Event()
        self.scheme = "http"
        super().__init__((host, port), _Handler)

    def server_bind(self):
        socketserver.TCPServer.server_bind(self)  # without HTTPServer's look-up of the host's name
        self.server_name, self.server_port = self.server_address[:2]

    def handle_error(self, request, client_address):
        """A client that went away is what some tests are about."""

    def url(self, path="/"):
        host = self.server_name
        return f"{self.scheme}://{f'[{host}]' if ':' in host else host}:{self.server_port}{path}"

    def forget(self):
        self.requests = []
        return self


@contextlib.contextmanager
def serve(answer, host="127.0.0.1", port=0, tls=None):
    """`tls`: (certificate, key)."""
    server = Server(answer, host, port)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        server.scheme = "https"
        server.socket = context.wrap_socket(server.socket, server_side=True,
                                            do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.ended.set()
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def deaf():
    """A port of loopback that takes no connection and refuses none: its queue is full."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    waiting = []
    try:
        for _ in range(4):
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
            waiting.append(client)
        time.sleep(0.05)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        for client in [*waiting, listener]:
            client.close()


def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def upstream(url):
    """A function that posts there, on a connection for each thread."""
    parts, kept = urllib.parse.urlsplit(url), threading.local()

    def post(path, body, headers):
        for last in (False, True):
            connection = getattr(kept, "connection", None) or http.client.HTTPConnection(
                parts.hostname, parts.port, timeout=60)
            kept.connection = connection
            try:
                connection.request("POST", path, body, headers)
                answer = connection.getresponse()
                return answer.status, answer.read()
            except (http.client.HTTPException, OSError):
                connection.close()
                kept.connection = None
                if last:
                    raise
        raise AssertionError("not reached")
    return post
