"""The instrument itself: that a distance costs the round trips that it costs, that what passes is
counted. Bounds below are exact; those above leave room for a busy machine, less than half a round
trip, and whatever was held up is measured again.

usage: delay_proxy.py SWITCHOVER DELAY_PROXY FLOOR MEASURE
"""
import http.client
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "support")]
import far  # noqa: E402
import tool  # noqa: E402

PROGRAM, DELAY_PROXY, FLOOR, MEASURE = sys.argv[1:5]
DELAY = 150
TRIP = DELAY / 1000
ROOM = 0.4 * TRIP
RUNS = 8
REQUEST = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n%s"


def near(what, trips, run):
    """Each of the times that a run takes is never shorter than its round trips, and in one run of a
    few none is much longer."""
    for _ in range(RUNS):
        times = run()
        over = [seconds - of * TRIP for seconds, of in zip(times, trips, strict=True)]
        said = f"{what}: " + ", ".join(f"{seconds * 1000:.1f} ms for {of} trips"
                                       for seconds, of in zip(times, trips))
        assert min(over) >= -0.0005, said
        if max(over) <= ROOM:
            print(f"  {said} of {DELAY} ms")
            return
    raise AssertionError(f"{said} of {DELAY} ms, and no better in {RUNS} runs")


def floor(proxy, tls, reads):
    """Until its request has reached the endpoint, and the whole process."""
    proxy.reset()
    done = subprocess.run([MEASURE, FLOOR, proxy.endpoint(tls), proxy.ca_file if tls else "-",
                           str(reads)], capture_output=True, text=True, check=True)
    began, wall, _, _, code = map(int, done.stdout.split())
    assert code == 0, done
    report = proxy.report()
    names = [request.operation for request in report.requests]
    assert names == ["FloorRead"] * reads + ["Floor"], names
    assert all(request.status == 403 for request in report.requests[:-1]), report.requests
    assert report.connections == max(reads, 1), report
    assert report.handshakes == (report.connections if tls else 0), report
    assert report.cpu < TRIP, f"the proxy took {report.cpu} s of processor time"
    return report.requests[-1].at - began / 1e9, wall / 1e6


def test_a_bare_request_costs_its_trips(proxy):
    for tls in (False, True):
        for reads in (0, 4):  # a wave before it is one trip more, however wide: it is seen
            name = f"{'TLS' if tls else 'HTTP'}, {'a wave and ' if reads else ''}a request"
            trips = 1 + tls + (reads > 0)
            near(name, (trips + 0.5, trips + 1),
                 lambda tls=tls, reads=reads: floor(proxy, tls, reads))


def old_tls(proxy):
    """TLS 1.2 shakes hands for one trip more."""
    context = ssl.create_default_context(cafile=proxy.ca_file)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    proxy.reset()
    began = time.monotonic()
    connection = http.client.HTTPSConnection("127.0.0.1", proxy.secure, context=context)
    connection.request("POST", "/", "Action=Old")
    connection.getresponse().read()
    connection.close()
    return (proxy.report().requests[0].at - began,)


def test_old_tls_costs_one_more(proxy):
    near("TLS 1.2", (3.5,), lambda: old_tls(proxy))


def opened_before(proxy):
    """What is sent over an open connection is there after half a trip."""
    proxy.reset()
    with socket.create_connection(("127.0.0.1", proxy.plain)) as connection:
        time.sleep(1.5 * TRIP)
        began = time.monotonic()
        connection.sendall(REQUEST % (10, b"Action=One"))
        assert connection.recv(65536)
        answered = time.monotonic()
        connection.sendall(REQUEST % (10, b"Action=Two"))
        connection.recv(65536)
        first, second = proxy.report().requests
    assert (first.operation, first.nth, first.connection) == ("One", 1, 1), first
    assert (second.operation, second.nth, second.connection) == ("Two", 2, 1), second
    return first.at - began, answered - began, second.at - answered


def test_an_open_connection_costs_no_handshake(proxy):
    near("over an open connection; and again", (0.5, 1, 0.5), lambda: opened_before(proxy))


def in_parts(proxy):
    proxy.reset()
    with socket.create_connection(("127.0.0.1", proxy.plain)) as connection:
        whole = REQUEST % (12, b"Action=Whole")
        connection.sendall(whole[:-5])
        time.sleep(3 * TRIP)
        assert not proxy.report().requests
        began = time.monotonic()
        connection.sendall(whole[-5:])
        connection.recv(65536)
    return (proxy.report().requests[0].at - began,)


def test_a_request_counts_once_it_is_whole(proxy):
    near("the rest of a request", (0.5,), lambda: in_parts(proxy))


def main():
    with tempfile.TemporaryDirectory() as folder, tool.sandbox(PROGRAM) as sandbox:
        with far.proxy(DELAY_PROXY, folder) as proxy:
            proxy.set(int(sandbox.endpoint.rsplit(":", 1)[1]), DELAY)
            for name, test in list(globals().items()):
                if name.startswith("test_"):
                    print(name, flush=True)
                    test(proxy)


main()
