"""Holds the signer against botocore's over thousands of random, seeded requests.

usage: sigv4_botocore.py PROGRAM  (sigv4_stdin)
"""
import calendar
import random
import string
import subprocess
import sys
import time

import judges

judges.need("botocore")
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

REQUESTS = 4000
random_ = random.Random(20261201)
UNRESERVED = string.ascii_letters + string.digits + "-_.~"
HEADER_NAMES = ["Content-Type", "X-Amz-Target", "X-Amz-Meta-A", "x-amz-meta-b", "Accept", "Range",
                "X-Custom", "User-Agent", "Expect", "X-Amzn-Trace-Id", "Content-MD5", "Zeta", "A"]


def pick(alphabet, most, least=0):
    return "".join(random_.choices(alphabet, k=random_.randint(least, most)))


def encoded(most):
    return "".join(random_.choice([c, f"%{random_.randrange(256):02X}"]) if random_.random() < .3
                   else c for c in pick(UNRESERVED, most))


def random_path(s3):
    segments = [random_.choice([encoded(8), encoded(8), "", ".", "..", "a%20b", "%2F", "+", "a:b",
                                "(x)", "$~'!*,;=@&"])
                for _ in range(random_.randint(0, 5))]
    path = "/" + "/".join(segments)
    return path if s3 or random_.random() < .8 else ""


def random_query():
    if random_.random() < .4:
        return ""
    names = [encoded(6) for _ in range(3)] + ["Action", "a", "A", "a-b", "a.b", "a0", "", "aa"]
    pairs = [random_.choice(names) + random_.choice(["", "=", "=" + encoded(5), "=x=y", "=0"])
             for _ in range(random_.randint(1, 7))]
    return "&".join(pairs)


def random_headers(request):
    for _ in range(random_.randint(0, 7)):
        spaced = [pick(string.ascii_letters + string.digits + '"/=;,:-_', 8)
                  for _ in range(random_.randint(0, 4))]
        value = random_.choice(["", " ", "\t"]) + random_.choice([" ", "  ", "\t "]).join(spaced)
        request.headers.add_header(random_.choice(HEADER_NAMES), value)


def random_case():
    s3 = random_.random() < .25
    host = pick(string.ascii_lowercase, 8, 1) + ".example.com" + random_.choice(["", ":8443"])
    path, query = random_path(s3), random_query()
    payload = random_.randbytes(random_.choice([0, 0, 1, 60, 70, 3000]))
    request = AWSRequest(method=random_.choice(["GET", "POST", "PUT", "HEAD", "DELETE"]),
                         url=f"https://{host}{path}" + ("?" + query if query else ""), data=payload)
    random_headers(request)
    token = pick(UNRESERVED + "/+=", 1800, 1) if random_.random() < .5 else None
    keys = Credentials(pick(string.ascii_uppercase, 20, 16),
                       pick(UNRESERVED + "/+", random_.choice([40, 40, 200]), 1), token)
    service = "s3" if s3 else random_.choice(["ecs", "elasticloadbalancing", "monitoring"])
    auth = (S3SigV4Auth if s3 else SigV4Auth)(
        keys, service, random_.choice(["us-east-1", "eu-central-1", "us-gov-west-1", "cn-north-1"]))
    at = random_.randrange(calendar.timegm((2015, 1, 1, 0, 0, 0)),
                           calendar.timegm((2100, 1, 1, 0, 0, 0)))
    request.context["timestamp"] = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at))
    return auth, request, host, path, query, at * 1000 + random_.randrange(1000), s3


def field(value):
    raw = value if isinstance(value, bytes) else str(value).encode()
    return b"%d\n%s" % (len(raw), raw)


def expected(auth, request):
    auth._modify_request_before_signing(request)
    canonical = auth.canonical_request(request)
    to_sign = auth.string_to_sign(request, canonical)
    headers = list(request.headers.items())
    auth._inject_signature_to_request(request, auth.signature(to_sign, request))
    return headers, (canonical, to_sign, request.headers["Authorization"])


def asked(auth, request, headers, host, path, query, at, s3):
    headers = headers + [("Host", host)]
    random_.shuffle(headers)  # only between names does the order not matter
    order = [name.lower() for name, _ in headers]
    given = {}
    for name, value in list(request.headers.items()) + [("Host", host)]:
        given.setdefault(name.lower(), []).append((name, value))
    headers = [given[name].pop(0) for name in order]
    keys = auth.credentials
    fields = [request.method, path, query, len(headers), *[part for pair in headers for part in pair],
              request.body or b"", keys.access_key, keys.secret_key, auth._region_name,
              auth._service_name, at, int(s3)]
    return b"".join(field(part) for part in fields)


def read_field(data, at):
    end = data.index(b"\n", at)
    size = int(data[at:end])
    return data[end + 1:end + 1 + size].decode(), end + 1 + size


def main():
    wanted, sent = [], []
    for _ in range(REQUESTS):
        auth, request, *rest = random_case()
        headers, texts = expected(auth, request)
        wanted.append(texts)
        sent.append(asked(auth, request, headers, *rest))
    run = subprocess.run([sys.argv[1]], input=b"".join(sent), capture_output=True, check=False)
    if run.returncode:
        sys.exit(f"the signer ended with {run.returncode}: {run.stderr.decode()[-2000:]}")
    at = 0
    for number, texts in enumerate(wanted):
        for name, text in zip(("canonical request", "string to sign", "Authorization"), texts):
            got, at = read_field(run.stdout, at)
            if got != text:
                sys.exit(f"request {number}: {name} differs\n-- ours\n{got}\n-- botocore's\n{text}")
    if at != len(run.stdout):
        sys.exit("the signer answered more than it was asked")
    print(f"{REQUESTS} requests, every stage equal to botocore's")


main()
