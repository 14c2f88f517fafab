"""0 bytes of any secret in what the tool writes. Each source of credentials is filled with secrets
that cannot be mistaken, the tool is driven through its commands, well and badly, and every byte
that it leaves is searched: standard output and error, state, backup, lock, saved plans. Looked for
are all pieces of 8 characters of each secret, plain, in base64, in hexadecimal and URL-encoded.

usage: secrets_stay_in.py SWITCHOVER [SOURCE ...]
"""
import base64
import concurrent.futures
import os
import subprocess
import sys
import tempfile

import canaries
import judges
import standin
import terminal
import tool
import webserver

PROGRAM = os.path.realpath(sys.argv[1])
WELL = [["plan", "prod.yaml", "--out", "prod.plan"], ["plan", "prod.yaml", "--json"],
        ["plan", "prod.yaml", "--out", "prod.json", "--format", "markdown"],
        ["apply", "prod.plan", "--auto-approve", "--json-into", "events.json"],
        ["status", "prod.yaml"], ["watch", "prod.yaml", "--once"], ["show", "prod.state.json"],
        ["apply", "prod.yaml", "--auto-approve", "--json"],
        ["revert", "prod.yaml", "--auto-approve"], ["revert", "prod.yaml", "--print-aws"]]
BADLY = [["plan", "prod.yaml", "--json"], ["apply", "prod.yaml", "--auto-approve"],
         ["status", "prod.yaml"], ["watch", "prod.yaml", "--once"],
         ["revert", "prod.yaml", "--auto-approve"]]


class Search:
    """Looks through what one source's runs leave."""

    def __init__(self, place):
        self.place = place
        self.looked_for = {}
        for name, value in place.secrets.items():
            for piece, form in canaries.forms(value).items():
                self.looked_for[piece] = f"{name} ({form})"
        self.commands = self.files = self.bytes = 0
        self.found, self.later = [], 0

    def look(self, what, content):
        self.files += 1
        self.bytes += len(content)
        for piece, name in self.looked_for.items():
            if piece in content:
                at = content.index(piece)
                self.found.append(f"{self.place.name}, {what}: {name} in "
                                  f"{content[max(0, at - 60):at + 40]!r}")
                return

    def run(self, command, why, env):
        """Runs one command; the files that it leaves are looked through after it."""
        place = self.place
        place.before_each()
        before = snapshot(place.home)
        done = subprocess.run([PROGRAM, *command], cwd=place.work, env=env, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        self.commands += 1
        what = f"{' '.join(command)} ({why})"
        assert done.returncode in range(10), f"{place.name}, {what}: {done}"
        self.later += b"is not available yet" in done.stderr
        self.look(f"standard output of {what}", done.stdout)
        self.look(f"standard error of {what}", done.stderr)
        self.look_at_files(what, before)
        return done

    def run_on_terminal(self, command, env):
        """The same where somebody is there to be asked for the MFA device's code."""
        place = self.place
        before = snapshot(place.home)
        screen = terminal.Terminal(PROGRAM, tool.Folder(PROGRAM, place.work, env), *command)
        screen.wait_for("shows the code: ")
        screen.type(canaries.MFA_CODE + "\n")
        code = screen.end()
        screen.close()
        self.commands += 1
        assert code == 0, f"{place.name}, {command} on a terminal: {screen.said}"
        self.look(f"the terminal of {command}", screen.said.encode())
        self.look_at_files(f"{command} on a terminal", before)

    def look_at_files(self, what, before):
        place = self.place
        for root, _, names in os.walk(place.work):
            for name in names:
                self.look(f"{name} after {what}", read(os.path.join(root, name)))
        for path, content in snapshot(place.home).items():  # a sign-in's cache is renewed there
            if path not in before or (content != before[path] and "/sso/cache/" not in path):
                self.look(f"{path} after {what}", content)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def snapshot(folder):
    return {path: read(path) for root, _, names in os.walk(folder)
            for path in (os.path.join(root, name) for name in names)}


def well(search, source):
    for command in WELL:
        done = search.run(command, "well", canaries.environment(search.place, source))
        if done.returncode and not search.later:
            raise AssertionError(f"{search.place.name}, {command}: exit {done.returncode}\n"
                                 f"{done.stderr.decode()}")


def asked(search, source):
    if source.asking is None:
        return
    env = canaries.environment(search.place, source, **source.asking)
    for command in (WELL[0], WELL[1], ["status", "prod.yaml"]):
        search.run_on_terminal(command, env)


def badly(search, source, gateway, tls_url):
    place = search.place
    for fault in canaries.AWS_FAULTS:
        gateway.fault = fault
        for command in BADLY:
            search.run(command, fault, canaries.environment(place, source, AWS_MAX_ATTEMPTS="1"))
    gateway.fault = None
    for why, url in (("nobody there", f"http://127.0.0.1:{standin.closed_port()}"),
                     ("TLS", tls_url)):
        for command in BADLY:
            search.run(command, why, canaries.environment(place, source, AWS_ENDPOINT_URL=url,
                                                          AWS_MAX_ATTEMPTS="1"))
    for fault, variables in dict(source.faults).items():
        place.break_source = fault
        for command in BADLY[:2]:
            done = search.run(command, fault, canaries.environment(place, source, **variables))
            assert done.returncode in (1, 6), f"{place.name}, {command}, {fault}: {done}"
    place.break_source = None


def one_source(name):
    with tempfile.TemporaryDirectory() as folder, \
            tool.sandbox(PROGRAM, "--speed", "3600") as sandbox, \
            canaries.stage(PROGRAM, folder, sandbox, name) as (place, source, gateway):
        search = Search(place)
        well(search, source)
        asked(search, source)
        # A key that nobody sent cannot have leaked: the calls must have come with the source's.
        assert search.later or place.served > 30, f"{name}: {place.served} calls with its keys"
        unknown = webserver.Authority(folder, "unknown").certificate("server", "IP:127.0.0.1")
        with standin.serve(lambda _: (200, ""), tls=unknown) as secure:
            badly(search, source, gateway, secure.url())
        print(f"  {name}: {len(place.secrets)} secrets, {search.commands} commands, "
              f"{search.files} files, {search.bytes} bytes" +
              (", NOT AVAILABLE YET" if search.later else ""), flush=True)
        return search.commands, search.files, search.bytes, search.found


def can_find():
    """The search finds a secret in each form, at any place, and a part of it; and nothing else."""
    value = canaries.secret("x", 40)
    place = type("Place", (), {"name": "none", "secrets": {"x": value}})
    planted = [value, value[:8], value[3:20], value.encode().hex(),
               *(base64.b64encode(b"y" * n + value.encode()).decode() for n in range(3)),
               *(base64.urlsafe_b64encode(f"{'y' * n}:{value}:y".encode()).decode()
                 for n in range(3))]
    for content in planted:
        search = Search(place)
        search.look("planted", f'{{"a": "b", "c": "{content}"}}'.encode())
        assert search.found, f"{content} is not found"
    search = Search(place)
    search.look("planted", (canaries.secret("y", 4000) + value[:7]).encode())
    assert not search.found, search.found


def main():
    judges.need("botocore", "boto3")
    can_find()
    with concurrent.futures.ProcessPoolExecutor(4) as pool:
        done = list(pool.map(one_source, sys.argv[2:] or canaries.SOURCES))
    found = [line for row in done for line in row[3]]
    print("\n".join(found[:40]))
    print(f"{len(done)} sources, {sum(row[0] for row in done)} commands, "
          f"{sum(row[1] for row in done)} files, {sum(row[2] for row in done)} bytes: "
          f"{len(found)} with a piece of a secret")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
