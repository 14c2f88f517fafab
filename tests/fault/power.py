"""The power goes while the tool writes: after every operation on the state's folder, whatever a
disk may then hold (power_disk.py says what POSIX promises), the real binary starts on it. It finds
the old state or the new one: never garbage, never none where there was one, never one that is older
than what the tool has acted on; and nothing that lies beside it (.lock, .stop, .backup, temporary
and rescued files, whole or torn) is in its way.

What was acted on is told from the outside: a state counts as durable once the process that renamed
it into its place does anything else than to make that safe: sends a request, says a line, begins
the next write, ends. A request that changes something must have its intent in that state.

By default every folder is read, and three folders for each pair of state and world are reverted and
applied; files are cut at a few points: about 60 s of one quiet core. With TESTS_LONG files are cut
at many points (68,000 folders, ten minutes), and forty folders a pair are reverted and applied."""
import collections
import json
import os
import random
import re
import subprocess
import sys
import tempfile

import judges
import power_disk
import power_trace
import power_world
import tool

judges.need("boto3")
power_trace.need()
PROGRAM = sys.argv[1]
LONG = bool(os.environ.get("TESTS_LONG"))
SEED = 7
SPEED = "300"
FILE, STATE, SAVED = "prod.yaml", "prod.state.json", "saved.plan"
PLAN = """switchover: 1
stage: sandbox
target: {ready_timeout: 1h}
baseline: 10m
traffic: {steps: [{target: 10, hold: 0s}, {target: 100, hold: 0s}]}
drain: {quiet_for: 0s}
gates: {errors: {max_rate: 100%}, on_failure: stop}
allow: {baseline-traffic: "the test moves the traffic about as it likes"}
"""
WAITING = PLAN.replace("0s", "10h", 1)
APPLY = ["apply", FILE, "--auto-approve"]
REVERT = ["revert", FILE, "--auto-approve"]
# With these somebody only makes safe, or tidies up after, what was renamed into its place.
QUIET = ("fsync", "fdatasync", "close", "unlinkat")


# ---- what was done, and every folder that may be left of it ----

# `begins`: whether a call is the first that is of interest; what is before it is another session's.
Session = collections.namedtuple("Session", "name main before calls world begins")
Found = collections.namedtuple("Found", "session worlds")
RESCUED = re.compile(r"errored.*\.state\.json$")


class Crash:
    """One session, call by call: what is on the disk, what may be there, what is live."""

    def __init__(self, session, path):
        self.session = session
        self.player = power_trace.Player(path, session.before)
        self.newest = self.durable = session.before.get(session.main)
        self.states = {self.newest}  # whole ones that stood in the state's place
        self.renamed_by = None  # who has not gone on yet since it renamed
        self.disk_failed = False
        self.worlds = [session.world]

    def play(self, call):
        """Whether this is a point of its own to crash at."""
        if call.pid == self.renamed_by and call.name not in QUIET and not self.disk_failed:
            self.durable, self.renamed_by = self.newest, None
        if call.name == "fsync" and call.result < 0:
            self.disk_failed = True
        if call.name != "close" and len(self.worlds) > 1:
            self.worlds = self.worlds[1:]
        changed = self.player.play(call)
        inode = self.player.folder.now.get(self.session.main)
        if inode and call.name.startswith("rename") and inode.content != self.newest:
            self.newest, self.renamed_by = inode.content, call.pid
            self.states.add(self.newest)
        if call.sends():
            assert intends(self.durable), f"{self.session.name}: sent without a durable intent"
            self.worlds = [self.worlds[0], power_world.after(self.worlds[0], call.text(1))]
            return True
        return changed

    def judge(self, folder, call):
        """What may be left: the old state or the new one, a backup that was a state, and once the
        tool has ended what it has rescued (where that folder's own fsync has not failed)."""
        main, backup = folder.get(self.session.main), folder.get(self.session.main + ".backup")
        where = f"{self.session.name}: after {call.name} there may be left "
        if main not in (self.durable, self.newest):
            raise AssertionError(f"{where}{describe(main)}, where it went on from "
                                 f"{describe(self.durable)}")
        if backup and backup not in self.states | {self.session.before.get(STATE + ".backup")}:
            raise AssertionError(f"{where}{describe(backup)} as the backup")
        for name, inode in self.player.folder.now.items():
            if call.name == "exit_group" and RESCUED.match(name):
                if folder.get(name) != inode.content and not self.player.folder.doubtful:
                    raise AssertionError(f"{where}{describe(folder.get(name))} as {name}")


def intends(state):
    return state is not None and json.loads(state)["records"][-1]["phase"] == "intended"


def explore(session, path, folders, contents):
    """Adds every folder that is reachable; returns how many points the power was cut at."""
    crash = Crash(session, path)
    points, begun = 0, False
    for call in session.calls:
        matters = crash.play(call)
        begun = begun or session.begins(call)
        if not begun or not (matters or call.name == "exit_group"):
            continue
        points += 1
        for folder in set(crash.player.folder.after_power_loss(LONG)):
            folder = tuple((name, contents.setdefault(content, content))
                           for name, content in folder)
            crash.judge(dict(folder), call)
            found = folders.setdefault(folder, Found(session, set()))
            found.worlds.update(crash.worlds)
    return points


def describe(content):
    if content is None:
        return "no file"
    try:
        document = json.loads(content)
        return f"{document['kind']}, serial {document['serial']}"
    except ValueError:
        return f"garbage of {len(content)} bytes"


# ---- recording ----

def files_of(path):
    found = {}
    for name in os.listdir(path):
        with open(os.path.join(path, name), "rb") as file:
            found[name] = file.read()
    return found


class Recorder:
    def __init__(self, world, folder, traces):
        self.world, self.folder, self.traces = world, folder, traces
        self.sessions, self.points = [], 0
        self.folders, self.contents = {}, {}

    def record(self, name, *arguments, main=STATE, code=0, options=(), shell=None,
               begins=lambda call: True):
        """Runs the tool in the folder, traced, and cuts the power at each point of that."""
        before, live = files_of(self.folder.path), self.world.now()
        trace = os.path.join(self.traces, f"{len(self.sessions)}")
        what = ["sh", "-c", shell] if shell else [PROGRAM, *arguments]
        done = subprocess.run(power_trace.command(trace, *options) + what, cwd=self.folder.path,
                              env=self.folder.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False,
                              timeout=tool.END_TIMEOUT_S)
        assert done.returncode == code, f"{name}: exit {done.returncode}\n{done.stderr}"
        session = Session(name, main, before, power_trace.read(trace), live, begins)
        self.check(session)
        self.sessions.append(session)
        self.points += explore(session, self.folder.path, self.folders, self.contents)

    def check(self, session):
        """The model, told every call and no power lost, holds what really is there."""
        crash = Crash(session, self.folder.path)
        for call in session.calls:
            crash.play(call)
        seen = {name: inode.content for name, inode in crash.player.folder.now.items()}
        assert seen == files_of(self.folder.path), f"{session.name}: the model lost track"
        assert crash.worlds[-1] == self.world.now(), f"{session.name}: the model's world"

    def clean(self):
        for name in self.folder.files():
            os.remove(os.path.join(self.folder.path, name))
        self.world.put(self.world.origin)


def interrupted_in_hold(folder):
    folder.write(FILE, WAITING)
    with subprocess.Popen([PROGRAM, *APPLY], cwd=folder.path, env=folder.environment, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, preexec_fn=judges.die_with_parent) as running:
        next(line for line in running.stderr if "Z hold[10%]" in line)
        running.terminate()
        running.stderr.read()
        assert running.wait() == 6
    folder.write(FILE, PLAN)


TAKES_OVER = """
"$0" apply prod.yaml --auto-approve 2>{said} >&2 &
until grep -q 'Z hold.10%' {said}; do
    kill -0 $! || {{ cat {said} >&2; exit 1; }}
    sleep 0.05
done
"$0" revert prod.yaml --auto-approve 2>&1 >/dev/null || exit
wait
"""


def record(world, folder, traces):
    recorder = Recorder(world, folder, traces)
    folder.write(FILE, PLAN)
    recorder.record("plan --out", "plan", FILE, "--out", SAVED, main=SAVED)
    recorder.record("plan --out, again", "plan", FILE, "--out", SAVED, main=SAVED)
    os.remove(os.path.join(folder.path, SAVED))
    recorder.record("apply", *APPLY)
    recorder.record("revert", *REVERT)
    recorder.clean()
    interrupted_in_hold(folder)
    recorder.record("resumed apply", *APPLY)
    recorder.clean()
    folder.write(FILE, WAITING)
    said = os.path.join(traces, "said")
    recorder.record("revert of a running apply",
                    shell=TAKES_OVER.format(said=said).replace("$0", PROGRAM),
                    begins=lambda call: call.name == "openat" and b".stop." in call.text(1))
    recorder.clean()
    folder.write(FILE, PLAN)
    for what, which in (("the state", 9), ("its backup", 10), ("the folder", 11)):
        recorder.record(f"apply on a disk that fails at {what}", *APPLY, code=6,
                        options=["-e", f"inject=fsync:error=EIO:when={which}"],
                        begins=lambda call: call.name == "fsync" and call.result < 0)
        assert any(RESCUED.match(name) for name in recorder.folder.files())
        recorder.clean()
        folder.write(FILE, PLAN)
    return recorder


# ---- the real binary on each ----

class Desk:
    """A folder on the real disk that is made to hold one of the folders after the other."""

    def __init__(self, path, environment):
        self.path, self.environment, self.holds = path, environment, {}

    def lay(self, folder):
        wanted = dict(folder)
        for name in set(self.holds) - set(wanted):
            os.remove(os.path.join(self.path, name))
        for name, content in wanted.items():
            if self.holds.get(name) is not content:
                with open(os.path.join(self.path, name), "wb") as file:
                    file.write(content)
        self.holds = wanted

    def run(self, *arguments):
        return subprocess.run([PROGRAM, *arguments], cwd=self.path, env=self.environment,
                              stdin=subprocess.DEVNULL, capture_output=True, check=False,
                              timeout=tool.END_TIMEOUT_S)

    def forget(self):
        """What was run has changed files."""
        self.holds = {name: None for name in os.listdir(self.path)}

    def fail(self, folder, found, done, why):
        raise AssertionError(f"{found.session.name}: {why}: exit {done.returncode}\n"
                             f"{[(name, len(content)) for name, content in folder]}, state "
                             f"{describe(dict(folder).get(STATE))}\n{done.stderr.decode()}")


def read_state(desk, folder, found, fallbacks):
    """Offline: the state is taken, and says the one way back of its cutover."""
    done = desk.run("revert", FILE, "--print-aws")
    if STATE not in dict(folder):
        if done.returncode != 1 or b"there is no state at" not in done.stderr:
            desk.fail(folder, found, done, "there is none, and that was not said")
        return
    expected = fallbacks.setdefault(found.session.name, done.stdout)
    if done.returncode or done.stdout != expected or b"modify-listener" not in expected:
        desk.fail(folder, found, done, "the state was not taken")


def read_saved(desk, folder, found, _):
    content = dict(folder).get(SAVED)
    done = desk.run("show", SAVED, "--json")
    taken = done.returncode == 0 and done.stdout == content
    if not taken and (content or b"there is no file" not in done.stderr):
        desk.fail(folder, found, done, "the saved plan was not taken")


def read_all(desk, folders):
    fallbacks, outcomes = {}, collections.Counter()
    for folder, found in sorted(folders.items(), key=lambda item: item[0]):
        desk.lay(folder)
        (read_saved if found.session.main == SAVED else read_state)(desk, folder, found, fallbacks)
        main = dict(folder).get(found.session.main)
        before = found.session.before.get(found.session.main)
        outcomes["none yet" if main is None else "as before" if main == before else "newer"] += 1
    return outcomes


TEMPORARY = re.compile(r"\..*\.tmp$|.*\.(lock|stop)$")


def revert(desk, world, folder, found):
    done = desk.run(*REVERT)
    if done.returncode or not world.is_at_origin():
        desk.fail(folder, found, done, "not reverted")
    left = [name for name in os.listdir(desk.path) if TEMPORARY.match(name)]
    if left and b"Nothing to do" not in done.stderr:
        desk.fail(folder, found, done, f"left behind: {left}")


def try_revert(desk, world, folder, found, live):
    if STATE not in dict(folder):
        return False
    desk.lay(folder)
    world.put(live)
    revert(desk, world, folder, found)
    desk.forget()
    return True


def has_newer_beside(folder):
    """Whether something that was rescued, and is whole, has a higher serial than the state."""
    serials = {name: serial_of(content) for name, content in folder}
    return any(RESCUED.match(name) and serial > serials.get(STATE, serial)
               for name, serial in serials.items())


def serial_of(content):
    """-1 for what is no whole state; also for one that lacks but its last byte, a line's end."""
    try:
        return json.loads(content)["serial"] if content.endswith(b"}\n") else -1
    except (ValueError, KeyError):
        return -1


def by_shape(item):
    """Sorts folders alike in each run, whatever random names and ids are in them."""
    folder, _ = item
    return sorted((re.sub(r"[0-9a-f]{16}", "", name), len(content), content.count(0))
                  for name, content in folder)


def try_apply(desk, world, folder, found, live):
    """Goes on forward from there, and back again. Not after the fallback: that was carried out."""
    if found.session.name.startswith("revert"):
        return False
    desk.lay(folder)
    world.put(live)
    done = desk.run(*APPLY)
    if has_newer_beside(folder):
        if done.returncode != 1 or b"mv errored" not in done.stderr:
            desk.fail(folder, found, done, "applied from an older state")
    elif done.returncode or world.target_weight() != 1:
        desk.fail(folder, found, done, "not applied")
    revert(desk, world, folder, found)
    desk.forget()
    return True


def act_on_some(desk, world, folders, rng):
    """Three folders (with TESTS_LONG: forty) for each reachable pair of a state and a world."""
    pairs = collections.defaultdict(list)
    for folder, found in folders.items():
        if found.session.main == STATE:
            for live in found.worlds:
                pairs[(found.session.name, dict(folder).get(STATE), live)].append((folder, found))
    done = collections.Counter()
    for (_, _, live), some in pairs.items():
        some.sort(key=by_shape)
        for folder, found in rng.sample(some, min(len(some), 40 if LONG else 3)):
            done["reverts"] += try_revert(desk, world, folder, found, live)
            done["applies"] += try_apply(desk, world, folder, found, live)
    return len(pairs), done


def refuse_torn(desk, sessions):
    """A state or a saved plan that was being copied: refused, never half taken."""
    tear = power_disk.torn_everywhere if LONG else power_disk.torn
    count = 0
    for session in (sessions[0], sessions[2]):
        player = power_trace.Player(desk.path, session.before)
        for call in session.calls:
            player.play(call)
        whole = player.folder.now[session.main].content
        for content in {b"", *tear(b"", 0, whole)} - {whole}:
            desk.lay(((FILE, PLAN.encode()), (session.main, content)))
            arguments = ("apply", SAVED, "--auto-approve") if session.main == SAVED else APPLY
            done = desk.run(*arguments)
            if done.returncode != 1 or session.main.encode() not in done.stderr:
                raise AssertionError(f"{session.main}, {len(content)} bytes: {done}")
            count += 1
    return count


def main():
    rng = random.Random(SEED)
    with tool.sandbox(PROGRAM, "--speed", SPEED) as sandbox, \
            tempfile.TemporaryDirectory(prefix="switchover-test-") as traces, \
            tool.folder(PROGRAM, sandbox.environment()) as recorded, \
            tool.folder(PROGRAM, sandbox.environment()) as empty:
        world = power_world.World(sandbox)
        seen = record(world, recorded, traces)
        desk = Desk(empty.path, empty.environment)
        outcomes = read_all(desk, seen.folders)
        pairs, acted = act_on_some(desk, world, seen.folders, rng)
        torn = refuse_torn(desk, seen.sessions)
    print(f"power: {len(seen.sessions)} sessions, {seen.points} points, "
          f"{len(seen.folders)} distinct folders, each read: {outcomes['as before']} as before, "
          f"{outcomes['newer']} newer, {outcomes['none yet']} none yet; 0 garbage, 0 lost")
    print(f"power: {pairs} pairs of state and world, seed {SEED}: {acted['reverts']} folders "
          f"reverted to the origin, {acted['applies']} applied and then reverted; "
          f"{torn} torn files refused")


main()
