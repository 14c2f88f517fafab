"""Servers on loopback that note what they are sent, with TLS where asked for, and certificates made for
the moment."""
import contextlib
import http.server
import os
import shutil
import ssl
import subprocess
import threading

import judges


class Server:
    """Answers with `answer(request)`: (status, headers, body), or None where it wrote itself."""

    def __init__(self, answer, certificate=None, newest=None):
        self.requests, self.connections, self.lock = [], 0, threading.Lock()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                if certificate:  # in the connection's own thread: a client may stop half-way
                    self.request = outer.context.wrap_socket(self.request, server_side=True)
                super().setup()
                with outer.lock:
                    outer.connections += 1

            def do_GET(self):
                with outer.lock:
                    outer.requests.append((self.path, list(self.headers.items())))
                said = answer(self)
                if said is None:
                    self.close_connection = True
                    return
                status, headers, body = said
                body = body.encode() if isinstance(body, str) else body
                self.send_response_only(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_CONNECT = do_POST = do_GET

            def log_message(self, *_):
                pass

        class Quiet(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # clients that hang up are what is tested

        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.set_ciphers("DEFAULT:@SECLEVEL=0")  # so that it would speak the old ones
            self.context.minimum_version = ssl.TLSVersion.TLSv1
            if newest:
                self.context.maximum_version = newest
            self.context.load_cert_chain(*certificate)
        self.server = Quiet(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.scheme = "https" if certificate else "http"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def url(self, path="/", host="127.0.0.1"):
        return f"{self.scheme}://{host}:{self.port}{path}"

    def headers(self, name):
        """The values of that header, of each request."""
        return [[v for n, v in headers if n.lower() == name.lower()]
                for _, headers in self.requests]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@contextlib.contextmanager
def serving(answer, **how):
    server = Server(answer, **how)
    try:
        yield server
    finally:
        server.stop()


class Authority:
    """A certificate authority of the test's own, in a folder."""

    def __init__(self, folder, name):
        if not shutil.which("openssl"):
            judges.skip("openssl is not installed")
        self.folder, self.name = folder, name
        self.key, self.file = self.path("ca.key"), self.path("ca.pem")
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                     "-days", "2", "-subj", f"/CN={name}", "-keyout", self.key, "-out", self.file)

    def path(self, end):
        return os.path.join(self.folder, f"{self.name}-{end}")

    @staticmethod
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)

    def certificate(self, name, alternative, days=2):
        """(certificate, key) for that subjectAltName; it ended where `days` is below 0."""
        key, request, pem, extensions = (self.path(f"{name}.{end}")
                                         for end in ("key", "csr", "pem", "ext"))
        with open(extensions, "w", encoding="utf-8") as file:
            file.write(f"subjectAltName={alternative}\n")
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                     "-subj", "/CN=test", "-keyout", key, "-out", request)
        self.openssl("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self.key,
                     "-set_serial", "7", "-days", str(days), "-extfile", extensions, "-out", pem)
        return pem, key
