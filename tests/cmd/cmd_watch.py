"""watch: one frame for a log, and the frame that is drawn again on a terminal."""
import os
import re
import signal
import sys
import time

import judges
import strace
import terminal
import tool

judges.need("boto3")
PROGRAM = sys.argv[1]
PLAN = """switchover: 1
stage: sandbox
baseline: 10m
traffic: {steps: [{target: 100, hold: 6m}]}
gates: {on_failure: stop}
drain: {quiet_for: 0s, timeout: 1h}
"""
BLOCKS = re.compile("[▁▂▃▄▅▆▇█]")


def frame(folder, *options):
    lines = folder.run("watch", "prod.yaml", "--once", *options).stdout
    for line in lines.splitlines():
        assert len(line) <= 80 and line == line.rstrip(), repr(line)
    assert "\x1b" not in lines
    return lines


def test_one_frame_for_a_log(folder):
    shown = frame(folder)
    tool.in_order(shown, "prod ", "no run yet: prod.state.json is not there", "source target",
                  "weights 1 0 0% to the target, read", "requests", "/min", "5XX", "4XX", "p90",
                  "healthy 2/2", "shown:", "source tasks 2/2; 2 healthy: 10.",
                  "target tasks 0/0; no target", "The last hour", "requests source", "target",
                  "p90 source")
    assert "q leaves" not in shown
    assert folder.files() == ["prod.yaml"], "nothing is written"


def test_bars_by_the_locale(folder):
    environment = folder.environment
    for locale, ascii_asked, blocks in (("C.UTF-8", False, True), ("C", False, False),
                                        ("C.UTF-8", True, False)):
        folder.environment = {**environment, "LC_ALL": locale}
        shown = frame(folder, *(["--ascii"] if ascii_asked else []))
        assert bool(BLOCKS.search(shown)) == blocks, (locale, shown)
        assert blocks or shown.isascii(), shown
    folder.environment = environment


def test_without_a_terminal_it_says_how(folder):
    refused = folder.run("watch", "prod.yaml", code=1)
    assert "--once" in refused.stderr and not refused.stdout


def test_a_first_read_that_fails_is_an_error(folder):
    environment = folder.environment
    folder.environment = {**environment, "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
                          "AWS_MAX_ATTEMPTS": "1"}
    failed = folder.run("watch", "prod.yaml", "--once", code=1)
    assert not failed.stdout and "Error" in failed.stderr
    watching = terminal.Terminal(PROGRAM, folder, "watch", "prod.yaml")
    assert watching.end() == 1 and "\x1b[?1049h" not in watching.said, watching.said
    folder.environment = environment


def begin(folder, **how):
    watching = terminal.Terminal(PROGRAM, folder, "watch", "prod.yaml", LC_ALL="C.UTF-8", **how)
    watching.wait_for("p90")
    return watching


def assert_left_well(watching, code):
    assert watching.end() == code, watching.said
    assert watching.said.count("\x1b[?1049h") == watching.said.count("\x1b[?1049l") == 1
    assert "p90" not in watching.said[watching.said.index("\x1b[?1049l"):], (code, watching.said)
    assert watching.is_sane(), "so are the terminal's modes"


def test_every_way_out_gives_the_terminal_back(folder):
    for key in ("q", "\x03"):
        watching = begin(folder)
        assert not watching.is_sane(), "keys come one by one"
        watching.type(key)
        assert_left_well(watching, 0)
    for number, code in ((signal.SIGTERM, 0), (signal.SIGQUIT, -signal.SIGQUIT),
                         (signal.SIGABRT, -signal.SIGABRT)):
        watching = begin(folder)
        watching.process.send_signal(number)
        assert_left_well(watching, code)
    watching = begin(folder)
    assert watching.hang_up() == 0


def test_a_signal_at_any_look_at_the_terminal(folder):
    """SIGTERM at the n-th ioctl, for each of them until it has drawn twice: what it asks the
    terminal between a look for a signal and an act of its own."""
    reason = strace.missing()
    if reason:
        judges.skip(f"{reason}, so no signal comes at each look at the terminal")
    drawn, at = 0, 0
    while drawn < 2:
        at += 1
        watching = terminal.Terminal("strace", folder, "-o", os.devnull, "-e", "trace=ioctl",
                                     "-e", f"inject=ioctl:signal=SIGTERM:when={at}", PROGRAM,
                                     "watch", "prod.yaml", ASAN_OPTIONS="detect_leaks=0")
        assert watching.end() in (0, -signal.SIGTERM), (at, watching.said)
        taken = watching.said.count("\x1b[?1049h")
        assert taken <= 1 and taken == watching.said.count("\x1b[?1049l"), (at, watching.said)
        assert watching.is_sane(), at
        drawn = watching.said.count("\x1b[H")
    print(f"a signal at each of {at} looks at the terminal")


def test_other_keys_do_nothing(folder):
    watching = begin(folder)
    watching.type("\x1b[A")
    watching.type("quit\n")
    watching.read_for(0.5)
    assert watching.process.poll() is None
    watching.type("q")
    assert_left_well(watching, 0)


def test_it_is_drawn_anew_for_another_window(folder):
    watching = begin(folder)
    for columns in (40, 120):
        before = len(watching.said)
        watching.resize(columns, 40)
        watching.wait_for("\x1b[H", after=before)
        watching.wait_for("p90", after=before)
        watching.read_for(0.3)
        last = watching.said[watching.said.rindex("\x1b[H"):]
        plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", last)
        widest = max(len(line) for line in plain.split("\r\n"))
        assert widest <= columns and widest > columns - 25, (columns, widest, plain)
    watching.type("q")
    assert_left_well(watching, 0)


def test_it_is_drawn_over_and_never_cleared(folder):
    watching = begin(folder)
    watching.wait_for("\x1b[H", after=watching.said.rindex("\x1b[H") + 1)
    watching.type("q")
    assert_left_well(watching, 0)
    assert watching.said.count("\x1b[H") >= 2, "it is drawn again"
    assert "\x1b[2J" not in watching.said


def test_suspended_the_shell_gets_its_terminal(folder):
    watching = begin(folder, shell=True)
    watching.type("\x1a")
    watching.wait_for("stopped here")
    assert watching.is_sane()
    assert watching.said.count("\x1b[?1049l") == 1
    before = len(watching.said)
    watching.type("go on\n")
    watching.wait_for("p90", after=before)
    watching.type("q")
    watching.wait_for("ended with 0")
    assert watching.end() == 0
    assert watching.is_sane()


def test_an_error_stands_in_the_frame_and_is_tried_again(folder):
    watching = begin(folder)
    folder.write("prod.state.json", "not a state")
    watching.wait_for("the state could not be read, it is tried again")
    os.remove(os.path.join(folder.path, "prod.state.json"))
    before = len(watching.said)
    watching.wait_for("no run yet", after=before)
    watching.type("q")
    assert_left_well(watching, 0)


def test_whoever_waits_for_no_answer_may_leave(sandbox, folder):
    watching = begin(folder)
    sandbox.process.send_signal(signal.SIGSTOP)  # AWS does not answer any more
    try:
        watching.read_for(2)
        since = time.monotonic()
        watching.type("q")
        assert_left_well(watching, 0)
        assert time.monotonic() - since < 5, "at once, and not when the request has had its time"
    finally:
        sandbox.process.send_signal(signal.SIGCONT)


def test_live_that_cannot_be_read_is_tried_again(folder):
    with tool.sandbox(PROGRAM, "--speed", "60") as other:
        environment = folder.environment
        folder.environment = other.environment(AWS_MAX_ATTEMPTS="1")
        watching = begin(folder)
        folder.environment = environment
    watching.wait_for("live could not be read, it is tried again")
    watching.type("q")
    assert_left_well(watching, 0)


def test_a_hold_is_looked_on_at(folder):
    applying = terminal.Terminal(PROGRAM, folder, "apply", "prod.yaml", "--auto-approve")
    applying.wait_for("left of")
    shown = frame(folder)
    tool.in_order(shown, "`apply prod.yaml` runs, by",
                  "hold[100%]", "left of", "100% to the target")
    files = folder.files()
    assert "prod.state.json" in files
    applying.type("\x03")
    assert applying.end() == 6, applying.said
    tool.in_order(frame(folder), "nobody is at it:", "interrupted", "100% to the target")
    folder.run("revert", "prod.yaml", "--auto-approve")


def main():
    with tool.sandbox(PROGRAM, "--speed", "60") as sandbox, \
            tool.folder(PROGRAM, sandbox.environment()) as folder:
        folder.write("prod.yaml", PLAN)
        test_one_frame_for_a_log(folder)
        test_bars_by_the_locale(folder)
        test_without_a_terminal_it_says_how(folder)
        test_a_first_read_that_fails_is_an_error(folder)
        test_every_way_out_gives_the_terminal_back(folder)
        test_other_keys_do_nothing(folder)
        test_it_is_drawn_anew_for_another_window(folder)
        test_it_is_drawn_over_and_never_cleared(folder)
        test_suspended_the_shell_gets_its_terminal(folder)
        test_an_error_stands_in_the_frame_and_is_tried_again(folder)
        test_whoever_waits_for_no_answer_may_leave(sandbox, folder)
        test_live_that_cannot_be_read_is_tried_again(folder)
        test_a_hold_is_looked_on_at(folder)
        test_a_signal_at_any_look_at_the_terminal(folder)


main()
