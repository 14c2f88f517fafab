"""The table that apply draws in a hold on a terminal, and the keys below it."""
import re
import signal
import sys
import time

import judges
import terminal
import tool

judges.need("boto3")
PROGRAM = sys.argv[1]
PLAN = """switchover: 1
stage: sandbox
baseline: 10m
traffic: {steps: [{target: 10, hold: 90m}, {target: 100, hold: 90m}]}
gates: {on_failure: stop, on_inconclusive: stop}
drain: {quiet_for: 0s, timeout: 1h}
"""
QUESTION = "Take the traffic back now? y/n"
KEYS = "r revert now   c end this wait   p stop here"


def permille(folder):
    return folder.json("status", "prod.yaml", "--json")["listener"]["target_permille"]


def start(folder, **how):
    return terminal.Terminal(PROGRAM, folder, "apply", "prod.yaml", "--auto-approve", **how)


def begin(folder, **how):
    """An apply that waits in its first hold, and hears keys."""
    window = start(folder, **how)
    window.wait_for(KEYS)
    assert not window.is_sane(), "keys come one by one"
    return window


def begin_anew(folder, **how):
    folder.run("revert", "prod.yaml", "--auto-approve", "--traffic-only", code=None)
    return begin(folder, **how)


def last_run(folder):
    return folder.json("status", "prod.yaml", "--json")["state"]["runs"][-1]


def assert_ended(window, *codes):
    assert window.end() in codes, (window.process.returncode, window.said)
    assert window.is_sane(), "the shell gets its terminal back"
    assert "\x1b[2J" not in window.said, "nothing is cleared first"


def test_a_revert_is_asked_for_and_not_done_on_no(folder):
    window = begin(folder)
    for no in ("n", "\x1b", "r", "yes\n"):
        before = len(window.said)
        window.type("r")
        window.wait_for(QUESTION, after=before)
        window.read_for(0.5)
        before = len(window.said)
        window.type(no)
        window.wait_for(KEYS, after=before)
    window.read_for(0.5)
    assert window.process.poll() is None and permille(folder) == 100
    window.type("p")
    assert_ended(window, 6)


def test_pasted_text_is_no_key(folder):
    window = begin(folder)
    for pasted in ("reboot\ny\n", "cp", "\x1bOp", "rm -rf y", "ry", "yyyyr"):
        window.type(pasted)
        window.read_for(0.1)
    for letter in "reply, crap\n":  # as slowly as a terminal passes a long paste on
        window.type(letter if letter not in "pc" else "y")
        time.sleep(0.02)
    window.read_for(1)
    assert window.process.poll() is None, window.said
    assert permille(folder) == 100, "nothing was taken back"
    window.type("\x03")
    assert_ended(window, 6)


def test_what_was_typed_ahead_is_no_key(folder):
    folder.run("revert", "prod.yaml", "--auto-approve", code=0)
    window = start(folder)
    window.type("p")  # alone: with more behind it it would be none anyway
    window.wait_for(KEYS)
    window.read_for(1)
    assert window.process.poll() is None and QUESTION not in window.said, window.said
    window.type("p")
    assert_ended(window, 6)


def test_stop_here(folder):
    window = begin(folder)
    window.type("p")
    assert_ended(window, 6)
    assert permille(folder) == 100 and last_run(folder)["end"] == "interrupted"


def test_end_this_wait(folder):
    window = begin(folder)
    before = len(window.said)
    window.type("c")
    window.wait_for("hold[100%]", after=before)
    window.wait_for(KEYS, after=window.said.index("hold[100%]", before))
    assert permille(folder) == 1000
    window.type("p")
    assert_ended(window, 6)


def test_every_way_out_gives_the_terminal_back(folder):
    for number, code in ((signal.SIGTERM, 6), (signal.SIGQUIT, -signal.SIGQUIT),
                         (signal.SIGABRT, -signal.SIGABRT)):
        window = begin_anew(folder)
        window.process.send_signal(number)
        assert_ended(window, code)


def test_the_second_signal_finds_it_given_back(sandbox, folder):
    window = begin_anew(folder)
    sandbox.process.send_signal(signal.SIGSTOP)  # AWS does not answer any more
    try:
        window.read_for(1)
        window.type("\x03")
        window.read_for(0.5)
        assert window.is_sane()
        if window.process.poll() is None:
            window.type("\x03")
        assert_ended(window, -signal.SIGINT, 6)
    finally:
        sandbox.process.send_signal(signal.SIGCONT)


def test_suspended_it_lends_the_terminal_to_the_shell(folder):
    window = begin_anew(folder, shell=True)
    window.type("\x1a")
    window.wait_for("stopped here")
    assert window.is_sane()
    before = len(window.said)
    window.type("go on\n")
    window.wait_for(KEYS, after=before)
    assert not window.is_sane()
    window.type("p")
    window.wait_for("ended with 6")
    assert_ended(window, 0)


def test_in_the_background_it_says_lines_and_moves_no_cursor(folder):
    window = begin_anew(folder, shell=True)
    window.type("\x1a")
    window.wait_for("stopped here")
    window.type("bg\n")
    window.wait_for("in the background")
    before = len(window.said)
    window.wait_for("hold[10%]", after=before)  # a line a minute
    window.read_for(1)
    assert "A" not in re.findall(r"\x1b\[[0-9]*([A-Z])", window.said[before:]), window.said[before:]
    assert window.is_sane(), "the shell has it"
    before = len(window.said)
    window.type("fg\n")
    window.wait_for(KEYS, after=before)
    window.type("p")
    window.wait_for("ended with 6")
    assert_ended(window, 0)


def lines_of(said):
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said)
    return [line for line in re.split(r"[\r\n]+", plain) if line]


def test_it_follows_the_window(folder):
    window = begin_anew(folder)
    for columns in (40, 120, 80):
        window.resize(columns, 40)
        window.read_for(1)
        last = window.said[window.said.rindex("left of", 0, -1) - 200:]
        last = last[last.rindex("\x1b[", 0, last.rindex("hold[")):]
        assert all(len(line) < columns for line in lines_of(last)), (columns, last)
    before = len(window.said)
    window.resize(30, 40)
    window.read_for(1)
    assert "\x1b[1A" not in window.said[before + 200:], "plain lines in a window that is too narrow"
    window.resize(80, 40)
    window.wait_for(KEYS, after=before)
    window.type("p")
    assert_ended(window, 6)


def test_without_a_keyboard_there_is_a_table_but_no_keys(folder):
    folder.run("revert", "prod.yaml", "--auto-approve", "--traffic-only", code=None)
    window = start(folder, keyboard=False)
    window.wait_for("left of")
    window.read_for(0.5)
    assert KEYS not in window.said and window.is_sane()
    window.process.send_signal(signal.SIGTERM)
    assert_ended(window, 6)


def test_between_json_nothing_is_drawn(folder):
    folder.run("revert", "prod.yaml", "--auto-approve", "--traffic-only", code=None)
    window = terminal.Terminal(PROGRAM, folder, "apply", "prod.yaml", "--auto-approve", "--json")
    window.wait_for('"type":"looked"')
    window.type("\x03")
    assert_ended(window, 6)
    assert "A" not in re.findall(r"\x1b\[[0-9]*([A-Z])", window.said), window.said


def test_no_colour_where_none_is_wanted(folder):
    window = begin_anew(folder, NO_COLOR="1")
    window.type("p")
    assert_ended(window, 6)
    assert not re.search(r"\x1b\[[0-9;]*m", window.said)


def test_take_the_traffic_back(folder):
    window = begin_anew(folder)
    window.type("r")
    window.wait_for(QUESTION)
    window.read_for(0.5)
    window.type("y")
    assert_ended(window, 5)
    assert permille(folder) == 0
    assert last_run(folder)["direction"] == "inverse"


def main():
    with tool.sandbox(PROGRAM, "--speed", "120") as sandbox, \
            tool.folder(PROGRAM, sandbox.environment()) as folder:
        folder.write("prod.yaml", PLAN)
        test_a_revert_is_asked_for_and_not_done_on_no(folder)
        test_pasted_text_is_no_key(folder)
        test_stop_here(folder)
        test_end_this_wait(folder)
        test_what_was_typed_ahead_is_no_key(folder)
        test_every_way_out_gives_the_terminal_back(folder)
        test_the_second_signal_finds_it_given_back(sandbox, folder)
        test_suspended_it_lends_the_terminal_to_the_shell(folder)
        test_in_the_background_it_says_lines_and_moves_no_cursor(folder)
        test_it_follows_the_window(folder)
        test_without_a_keyboard_there_is_a_table_but_no_keys(folder)
        test_no_colour_where_none_is_wanted(folder)
        test_between_json_nothing_is_drawn(folder)
        test_take_the_traffic_back(folder)


main()
