"""A recording way station between an AWS client and a stand-in, and a judge of what went past.

    with judges.moto() as moto, recorder.Recorder(moto.endpoint) as station:
        subprocess.run([program, ...], env=judges.environment(station.endpoint))
        recorder.judge(station.exchanges)     # botocore's models, botocore's signature
        station.operations()                  # ["DescribeServices", ...]
"""
import calendar
import http.client
import http.server
import json
import threading
import time
import urllib.parse

import judges

NOT_RELAYED = {"connection", "keep-alive", "transfer-encoding", "content-length"}
SERVICES = {"elasticloadbalancing": "elbv2", "monitoring": "cloudwatch", "ecs": "ecs"}
SKEW_S = 300  # what AWS allows between a signature and its own clock


class Exchange:
    """One request as it came, and its answer."""

    def __init__(self, method, path, headers, body):
        self.method, self.path, self.headers, self.body = method, path, headers, body
        self.at = time.time()
        self.status, self.answer = 0, b""

    def header(self, name):
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        assert len(found) <= 1, f"{name} is sent {len(found)} times"
        return found[0] if found else None

    def form(self):
        pairs = urllib.parse.parse_qsl(self.body.decode("ascii"), keep_blank_values=True,
                                       strict_parsing=True)
        form = dict(pairs)
        assert len(form) == len(pairs), f"a parameter is sent twice: {pairs}"
        return form

    def operation(self):
        target = self.header("X-Amz-Target")
        return target.split(".")[-1] if target else self.form().get("Action", "")


class Recorder:
    """Listens on a free loopback port and passes every request on to `upstream`, unchanged."""

    def __init__(self, upstream):
        self.upstream = urllib.parse.urlsplit(upstream)
        self.exchanges = []
        self.lock = threading.Lock()
        self.connections = threading.local()

    def __enter__(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def forget(self):
        with self.lock:
            self.exchanges = []

    def operations(self):
        return [exchange.operation() for exchange in self.exchanges]

    def _upstream(self, exchange):
        """One connection upstream for each thread, which serves one connection of a client."""
        for attempt in range(2):
            kept = getattr(self.connections, "kept", None)
            connection = kept or http.client.HTTPConnection(
                self.upstream.hostname, self.upstream.port, timeout=60)
            self.connections.kept = connection
            try:
                connection.putrequest(exchange.method, exchange.path, skip_host=True,
                                      skip_accept_encoding=True)
                for name, value in exchange.headers:
                    connection.putheader(name, value)
                connection.endheaders(exchange.body)
                answer = connection.getresponse()
                return answer, answer.read()
            except (http.client.HTTPException, OSError):
                connection.close()
                self.connections.kept = None
                if kept is None or attempt:
                    raise
        raise AssertionError("not reached")

    def _handler(self):
        recorder = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                exchange = Exchange(self.command, self.path, list(self.headers.items()), body)
                with recorder.lock:
                    recorder.exchanges.append(exchange)
                answer, exchange.answer = recorder._upstream(exchange)
                exchange.status = answer.status
                self.send_response_only(answer.status, answer.reason)
                for name, value in answer.getheaders():
                    if name.lower() not in NOT_RELAYED:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(exchange.answer)))
                self.end_headers()
                self.wfile.write(exchange.answer)

            do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = answer

            def log_message(self, *_):
                pass

        return Handler


# ---- what botocore says of a request ----

def _models():
    import botocore.loaders
    import botocore.model
    loader = botocore.loaders.Loader()
    return {name: botocore.model.ServiceModel(loader.load_service_model(name, "service-2"), name)
            for name in SERVICES.values()}


class _Form:
    """Reads a Query protocol form back into parameters, as the operation's model has them; what
    the model does not know stays in `left`."""

    def __init__(self, form):
        self.left = dict(form)

    def under(self, prefix):
        return [name for name in self.left if name == prefix or name.startswith(prefix + ".")]

    def read(self, shape, prefix):
        return getattr(self, "read_" + shape.type_name, self.read_text)(shape, prefix)

    def read_structure(self, shape, prefix):
        value = {}
        for name, member in shape.members.items():
            wire = member.serialization.get("name", name)
            path = f"{prefix}.{wire}" if prefix else wire
            if self.under(path):
                value[name] = self.read(member, path)
        return value

    def read_list(self, shape, prefix):
        if self.left.get(prefix) == "":  # an empty list
            self.left.pop(prefix)
            return []
        items = prefix
        if not shape.serialization.get("flattened"):
            items = f"{prefix}.{shape.member.serialization.get('name', 'member')}"
        value = []
        while self.under(f"{items}.{len(value) + 1}"):
            value.append(self.read(shape.member, f"{items}.{len(value) + 1}"))
        return value

    def read_map(self, shape, prefix):
        items = prefix if shape.serialization.get("flattened") else f"{prefix}.entry"
        value, number = {}, 1
        while self.under(f"{items}.{number}"):
            key = self.left.pop(f"{items}.{number}.key")
            value[key] = self.read(shape.value, f"{items}.{number}.value")
            number += 1
        return value

    def read_text(self, shape, prefix):
        text = self.left.pop(prefix)
        if shape.type_name in ("integer", "long"):
            return int(text)
        if shape.type_name in ("float", "double"):
            return float(text)
        if shape.type_name == "boolean":
            assert text in ("true", "false"), f"{prefix}={text} is no boolean"
            return text == "true"
        if shape.type_name == "timestamp":
            import botocore.utils
            return botocore.utils.parse_timestamp(text)
        return text


def parameters(exchange, models):
    """(service, operation, parameters) of a request, by the model of its service."""
    scope = exchange.header("Authorization").split("Credential=")[1].split(",")[0].split("/")
    service = SERVICES[scope[3]]
    operation = models[service].operation_model(exchange.operation())
    if exchange.header("X-Amz-Target"):
        prefix = models[service].metadata["targetPrefix"]
        version = models[service].metadata["jsonVersion"]
        assert exchange.header("X-Amz-Target") == f"{prefix}.{operation.name}"
        assert exchange.header("Content-Type") == f"application/x-amz-json-{version}"
        return service, operation, json.loads(exchange.body)
    media_type = exchange.header("Content-Type").split(";")[0]
    assert media_type == "application/x-www-form-urlencoded", media_type
    form = _Form(exchange.form())
    assert form.left.pop("Action") == operation.name
    assert form.left.pop("Version") == models[service].metadata["apiVersion"]
    value = form.read(operation.input_shape, "") if operation.input_shape else {}
    assert not form.left, f"{operation.name}: the model does not know {form.left}"
    return service, operation, value


def check_parameters(exchange, models):
    """Valid by the service's model; and botocore, given the same, would send the same."""
    import botocore.serialize
    import botocore.validate
    service, operation, value = parameters(exchange, models)
    assert exchange.method == "POST" and exchange.path == "/", (exchange.method, exchange.path)
    report = botocore.validate.ParamValidator().validate(value, operation.input_shape)
    assert not report.has_errors(), f"{operation.name}: {report.generate_report()}"
    if not exchange.header("X-Amz-Target"):
        serializer = botocore.serialize.create_serializer("query", include_validation=False)
        theirs = serializer.serialize_to_request(value, operation)["body"]
        theirs = {name: str(text) for name, text in theirs.items()}
        ours = exchange.form()
        for form in (ours, theirs):  # a timestamp may have a fraction or none
            for name in form:
                if name.endswith("Time"):
                    form[name] = form[name].replace(".000Z", "Z")
        assert ours == theirs, f"{operation.name}: sent {ours}, botocore would send {theirs}"
    return service, operation.name, value


def check_signature(exchange, access_key=judges.ACCESS_KEY, secret_key=judges.SECRET_KEY,
                    token=None):
    """The signature is the one that botocore makes of the request, and covers what it must."""
    import botocore.auth
    import botocore.awsrequest
    import botocore.credentials
    scheme, rest = exchange.header("Authorization").split(" ", 1)
    assert scheme == "AWS4-HMAC-SHA256", scheme
    fields = dict(part.strip().split("=", 1) for part in rest.split(","))
    key, day, region, service, end = fields["Credential"].split("/")
    signed = fields["SignedHeaders"].split(";")
    date = exchange.header("X-Amz-Date")
    assert (key, end, day) == (access_key, "aws4_request", date[:8]), fields["Credential"]
    assert exchange.header("X-Amz-Security-Token") == token
    sent = {name.lower() for name, _ in exchange.headers}
    must = {"host", "content-type"} | {name for name in sent if name.startswith("x-amz-")}
    assert must <= set(signed), f"not signed: {must - set(signed)}"
    off = abs(calendar.timegm(time.strptime(date, "%Y%m%dT%H%M%SZ")) - exchange.at)
    assert off < SKEW_S, f"signed {off:.0f} s off"

    host = exchange.header("Host")
    request = botocore.awsrequest.AWSRequest(
        method=exchange.method, url=f"http://{host}{exchange.path}", data=exchange.body)
    for name, value in exchange.headers:
        if name.lower() in signed:
            request.headers.add_header(name, value)
    request.context["timestamp"] = date
    auth = botocore.auth.SigV4Auth(botocore.credentials.Credentials(key, secret_key, token),
                                   service, region)
    canonical = auth.canonical_request(request)
    signature = auth.signature(auth.string_to_sign(request, canonical), request)
    assert signature == fields["Signature"], f"{exchange.operation()}: botocore signs\n{canonical}"


def judge(exchanges, **keys):
    """Every request by botocore; answers [(service, operation, parameters)]. `need` botocore
    first."""
    models = _models()
    judged = []
    for exchange in exchanges:
        judged.append(check_parameters(exchange, models))
        check_signature(exchange, **keys)
    return judged
