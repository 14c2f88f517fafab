"""Programs that are run for what they print: the split of the line against shlex, and what becomes
of a program that prints too much, takes too long, or leaves others behind.

usage: process.py PROGRAM  (process_print)
"""
import contextlib
import json
import os
import random
import shlex
import signal
import subprocess
import sys
import tempfile
import time
import types

import terminal

CANARY = "canary-of-a-secret-29f1"
SEED = int(os.environ.get("SEED", random.randrange(2**32)))
SPLITS = 200000 if os.environ.get("TESTS_LONG") else 20000
MAX = 1000
PATIENCE = 20000  # ms: longer than anything here takes


def parse(text):
    return dict(line.split("=", 1) for line in text.replace("\r", "").splitlines())


def arguments(line, most=MAX, timeout=PATIENCE, stop=0, ask=1):
    return [PROGRAM, "run", str(most), str(timeout), str(stop), str(ask), line]


def run(line, most=MAX, timeout=PATIENCE, stop=0, **more):
    """Nothing is left behind, whatever happened. A session of its own has no terminal."""
    more.setdefault("start_new_session", True)
    process = subprocess.run(arguments(line, most, timeout, stop), capture_output=True, text=True,
                             stdin=subprocess.PIPE, check=False, **more)
    assert process.returncode == 0, process.stderr
    assert process.stderr == "", process.stderr
    answer = parse(process.stdout)
    assert CANARY not in answer["message"], answer
    assert answer["fds"] == "0" and answer["children"] == "0", answer
    return answer


def output(line, **more):
    answer = run(line, **more)
    assert "output" in answer, answer
    return bytes.fromhex(answer["output"]).decode()


def sh(script):
    return "/bin/sh -c " + shlex.quote(script)


def refused(line, kind, message, **more):
    answer = run(line, **more)
    assert answer.get("error") == kind and message in answer["message"], answer
    return answer


# ---- the split ----

def shlex_split(line):
    with contextlib.suppress(ValueError):
        return shlex.split(line)
    return None


def test_words_are_split_as_shlex_has_it():
    chance = random.Random(SEED)
    alphabet = ["a", "b", "é", " ", "  ", "\t", "\n", "'", '"', "\\", "$x", "#", ";", "`", "~", "*"]
    lines = ["".join(chance.choices(alphabet, k=chance.randrange(1, 14))) for _ in range(SPLITS)]
    lines += ["/bin/keys --user 'a b' \"c \\\" d\" e\\ f", '""', "''", "a\\", "'", '"', '"\\', " "]
    given = "".join(line + "\0" for line in lines).encode()
    said = subprocess.run([PROGRAM, "split"], input=given, capture_output=True, check=True)
    answers = said.stdout.decode().splitlines()
    assert len(answers) == len(lines)
    refusals = 0
    for line, answer in zip(lines, answers):
        words = shlex_split(line) or None  # no word at all names no program
        mine = None
        if answer == "refused":
            refusals += 1
        else:
            mine = [bytes.fromhex(word).decode() for word in answer.split(" ")[:-1]]
        assert mine == words, (line, mine, words)
    assert 0.1 < refusals / len(lines) < 0.9
    print(f"{len(lines)} lines split, {refusals} refused, seed {SEED}")


def test_there_is_no_shell():
    assert output("/bin/echo $HOME * ; echo `id` > x") == "$HOME * ; echo `id` > x\n"
    with tempfile.TemporaryDirectory() as folder:
        script = os.path.join(folder, "script")
        with open(script, "w", encoding="utf-8") as out:
            out.write("echo no first line says who reads this\n")
        os.chmod(script, 0o700)
        refused(script, "usage", "cannot start")


# ---- how it ends ----

def test_what_it_prints_is_taken_whole():
    assert output(sh("printf 'a\\0b'; sleep 0.2; printf c")) == "a\0bc"
    assert output("true") == ""
    assert output(sh(f"head -c {MAX} /dev/zero | tr '\\0' x")) == "x" * MAX


def test_its_end_is_told_and_nothing_that_it_said():
    says = f"echo {CANARY}; echo {CANARY} >&2; "
    refused(sh(says + "exit 3"), "service", "/bin/sh ended with exit status 3")
    refused(sh(says + "kill -9 $$"), "service", "/bin/sh was ended by signal 9, SIGKILL")
    refused(f"/nowhere/program {CANARY}", "usage", "cannot start /nowhere/program: No such file")
    refused("/", "usage", "cannot start /: Permission denied")
    refused(f"TOKEN={CANARY} program", "usage", "cannot start the program: No such file")
    refused(f"program '{CANARY}", "usage", "a quote is not closed")


def test_too_much_is_refused_at_once():
    line = sh(f"printf {CANARY}; head -c {MAX} /dev/zero; sleep 60")
    answer = refused(line, "service", f"printed more than {MAX} bytes")
    assert int(answer["elapsed"]) < PATIENCE / 2
    refused(f"yes {CANARY}", "service", "printed more than")


def is_alive(pid):
    """A zombie is not: whoever inherited it has not looked yet."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            return stat.read().rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False


def is_gone(pid):
    for _ in range(200):
        if not is_alive(pid):
            return True
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    return False


def pids(path):
    with open(path, encoding="utf-8") as file:
        return [int(word) for word in file.read().split()]


def test_what_takes_too_long_is_ended_with_all_that_it_started():
    for trap in ("", "trap '' TERM; "):
        for how in ({"timeout": 400}, {"stop": 400}):
            with tempfile.TemporaryDirectory() as folder:
                path = f"{folder}/pids"
                line = sh(f"{trap}sleep 60 & echo $$ $! >{path}; wait; sleep 60")
                answer = run(line, **how)
                expected = ("service", "/bin/sh did not end within 400ms")
                if "stop" in how:
                    expected = ("interrupted", "interrupted while /bin/sh was running")
                assert (answer["error"], answer["message"]) == expected, answer
                assert int(answer["elapsed"]) < PATIENCE / 2, answer
                assert all(map(is_gone, pids(path)))


def test_it_may_clean_up_before_it_is_ended():
    with tempfile.TemporaryDirectory() as folder:
        line = sh(f"trap 'touch {folder}/clean; exit' TERM; while :; do sleep 0.05; done")
        refused(line, "service", "did not end", timeout=300)
        assert os.path.exists(f"{folder}/clean")


def test_what_it_leaves_behind_is_not_waited_for():
    with tempfile.TemporaryDirectory() as folder:
        line = sh(f"echo keys; sleep 60 & echo $! >{folder}/pid")
        answer = run(line)
        assert bytes.fromhex(answer["output"]) == b"keys\n", answer
        assert int(answer["elapsed"]) < PATIENCE / 2, answer
        [left] = pids(f"{folder}/pid")
        assert is_alive(left)
        os.kill(left, signal.SIGKILL)


def test_a_closed_pipe_is_not_its_end():
    answer = run(sh("echo keys; exec >&-; sleep 0.3; exit 4"))
    assert answer["message"] == "/bin/sh ended with exit status 4", answer


def test_where_nobody_is_told_how_children_end_its_output_counts():
    assert output("/bin/echo keys",
                  preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN)) == "keys\n"


# ---- what it finds ----

def test_it_gets_no_signals_files_or_input_of_ours():
    script = ("import os,sys,json; print(json.dumps({"
              "'blocked': [l for l in open('/proc/self/status') if l[:6] == 'SigBlk'],"
              "'files': sorted(os.readlink('/proc/self/fd/' + n) for n in os.listdir('/proc/self/fd')"
              " if os.path.exists('/proc/self/fd/' + n)), 'input': sys.stdin.read(),"
              "'group': os.getpgrp() == os.getpid()}))")
    shell = f"exec {shlex.quote(sys.executable)} -S -c {shlex.quote(script)}"
    found = json.loads(output(sh(shell), most=10000))
    assert int(found["blocked"][0].split()[1], 16) == 0, found
    files = [name for name in found["files"] if not name.startswith("/proc/")]
    assert len(files) == 3 and files[:2] == ["/dev/null"] * 2, found
    assert files[2].startswith("pipe:"), found
    assert found["input"] == "" and found["group"], found
    ignored = output("grep SigIgn /proc/self/status")
    assert int(ignored.split()[1], 16) & (1 << (signal.SIGPIPE - 1)) == 0, ignored


def test_files_that_are_closed_here_do_no_harm():
    for closed in ((0,), (1,), (2,), (0, 1, 2)):
        def close():
            for fd in closed:  # pylint: disable=cell-var-from-loop
                os.close(fd)
        with tempfile.TemporaryDirectory() as folder:
            line = sh(f"echo keys; echo lost >&2; cat >{folder}/input; readlink /proc/self/fd/0")
            process = subprocess.run(arguments(line), preexec_fn=close, capture_output=True,
                                     check=False, start_new_session=True)
            if 1 in closed:
                assert os.path.getsize(f"{folder}/input") == 0
                continue
            answer = parse(process.stdout.decode())
            assert bytes.fromhex(answer["output"]) == b"keys\n/dev/null\n", answer


@contextlib.contextmanager
def on_terminal(line, **how):
    """It is the foreground of a terminal of its own."""
    folder = types.SimpleNamespace(path="/", environment=dict(os.environ))
    place = terminal.Terminal(PROGRAM, folder, *arguments(line, **how)[1:])
    try:
        yield place
    finally:
        place.close()


def test_it_can_ask_a_person_at_the_terminal():
    with on_terminal(sh("printf 'code? ' >/dev/tty; read code </dev/tty; echo got $code")) as place:
        place.wait_for("code? ")
        place.type("123456\n")
        assert place.end() == 0, place.said
    result = parse(place.said[place.said.index("output="):])
    assert bytes.fromhex(result["output"]) == b"got 123456\n", place.said


def test_at_the_terminal_it_is_interrupted_with_us():
    with tempfile.TemporaryDirectory() as folder:
        with on_terminal(sh(f"echo $$ >{folder}/pids; echo ready >/dev/tty; sleep 60")) as place:
            place.wait_for("ready")
            place.type("\x03")
            # the test's program has no handler, as the tool has one: both end
            assert place.end() == -signal.SIGINT, place.said
        assert all(map(is_gone, pids(f"{folder}/pids")))


def test_at_the_terminal_it_is_ended_too():
    with tempfile.TemporaryDirectory() as folder:
        line = f"sh -c 'echo $$ >{folder}/pids; exec sleep 60'"
        with on_terminal(line, timeout=300) as place:
            assert place.end() == 0, place.said
        assert "message=sh did not end within 300ms" in place.said, place.said
        assert all(map(is_gone, pids(f"{folder}/pids")))


def test_nobody_is_asked_where_it_may_not():
    """The terminal's foreground, while a run is under way: what asks is ended at once."""
    with tempfile.TemporaryDirectory() as folder:
        ask = "read code </dev/tty; echo got $code"
        for script in (ask, f"trap 'touch {folder}/clean; exit' TERM; {ask}",
                       f"sleep 60 & echo $! >>{folder}/pids; {ask}"):
            line = sh(f"echo $$ >>{folder}/pids; {script}")
            with on_terminal(line, ask=0) as place:
                assert place.end() == 0, place.said
            answer = parse(place.said)
            assert answer["message"] == "/bin/sh asks at the terminal, where nobody answers now", \
                answer
            assert answer["error"] == "service" and answer["children"] == "0", answer
            assert int(answer["elapsed"]) < PATIENCE / 2, answer
        assert all(map(is_gone, pids(f"{folder}/pids"))) and os.path.exists(f"{folder}/clean")
        # one that does not ask is none the worse
        with on_terminal("echo keys", ask=0) as place:
            assert place.end() == 0, place.said
        assert bytes.fromhex(parse(place.said)["output"]) == b"keys\n", place.said


def main():
    tests = [(name, test) for name, test in globals().items() if name.startswith("test_")]
    for name, test in tests:
        try:
            test()
        except Exception:
            print(f"{name}: failed", flush=True)
            raise
    print(f"{len(tests)} tests")


PROGRAM = sys.argv[1]
main()
