"""`switchover sandbox`, as a shell and another AWS client see it."""
import signal
import subprocess
import sys

import judges
import tool

judges.need("boto3")
PROGRAM = sys.argv[1]


def test_prints_what_a_client_needs(sandbox):
    names = set(sandbox.exports)
    assert {"AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION",
            "SWITCHOVER_CLOCK"} <= names, names
    assert sandbox.endpoint.startswith("http://127.0.0.1:")
    assert sandbox.exports["SWITCHOVER_CLOCK"].startswith("120@")
    forward = sandbox.listener()["DefaultActions"][0]["ForwardConfig"]
    assert sorted(group["Weight"] for group in forward["TargetGroups"]) == [0, 1], forward


def test_ends_with_a_signal(sandbox):
    sandbox.process.send_signal(signal.SIGINT)
    assert sandbox.process.wait(10) == 0


def test_says_that_a_port_is_taken():
    with tool.sandbox(PROGRAM) as first:
        port = first.endpoint.rsplit(":", 1)[1]
        done = subprocess.run([PROGRAM, "sandbox", "--port", port], capture_output=True,
                              text=True, check=False, timeout=30)
        assert done.returncode == 1 and port in done.stderr, done


def main():
    with tool.sandbox(PROGRAM, "--speed", "120") as sandbox:
        test_prints_what_a_client_needs(sandbox)
        test_ends_with_a_signal(sandbox)
    test_says_that_a_port_is_taken()


main()
