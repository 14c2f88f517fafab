"""No secret is in memory that was given back. Each source of credentials is filled with secrets
that cannot be mistaken, the tool is run through plan, apply, status and revert, well and badly, and
a preloaded library looks through every block of the heap that is freed or moved, and at the end
through the stack below main.

Judged is what this project's own code frees, also through cJSON, expat, inih, libcurl and libc;
what libssl and libcrypto free of their own is counted and printed (with curl on OpenSSL it is
nothing: it is told to cleanse what it decrypted). Lazy binding is off here: with it the loader
saves the vector registers on the stack at the first call of each function, and so up to 64 bytes of
whatever string was copied last. Not looked at: the environment, the kernel's buffers.

usage: freed_secrets.py SWITCHOVER LIBRARY [SOURCE ...]
"""
import collections
import concurrent.futures
import datetime
import hashlib
import hmac
import os
import shutil
import subprocess
import sys
import tempfile

import canaries
import judges
import tool
import webserver

PROGRAM, LIBRARY = os.path.realpath(sys.argv[1]), os.path.realpath(sys.argv[2])
COMMANDS = [["plan", "prod.yaml", "--out", "prod.plan"],
            ["apply", "prod.plan", "--auto-approve"],
            ["status", "prod.yaml"],
            ["revert", "prod.yaml", "--auto-approve"]]
SERVICES = ("ecs", "elasticloadbalancing", "monitoring", "sts")
# Whose buffers they are: nothing of ours can overwrite them.
FOREIGN = ("libssl", "libcrypto")
PASSED_OVER = ("libtest_fault_freed_secrets", "libc.so", "ld-linux")


def signing_keys(place):
    """What is derived from a secret key to sign with (SigV4): worth as much for a day."""
    today = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%d")
    found = {}
    for name, value in place.secrets.items():
        if not name.startswith("secret access key"):
            continue
        key = ("AWS4" + value).encode()
        for service in SERVICES:
            derived = key
            for step, part in zip(("date", "region", "service", "signing"),
                                  (today, "us-east-1", service, "aws4_request")):
                derived = hmac.new(derived, part.encode(), hashlib.sha256).digest()
                found[f"{step} key of {service if step in ('service', 'signing') else 'all'}, "
                      f"{name}"] = derived
    return found


class Watch:
    """Runs the tool with the library and reads what that found."""

    def __init__(self, place, folder):
        self.place, self.log = place, os.path.join(folder, "log")
        self.list = os.path.join(folder, "secrets")
        known = {name: value.encode() for name, value in place.secrets.items()}
        known.update(signing_keys(place))
        with open(self.list, "w", encoding="ascii") as file:
            for name, value in known.items():
                file.write(f"{name.strip().replace(' ', '-')[:60]} {value[:240].hex()}\n")
        self.known, self.commands = len(known), 0
        self.found = []

    def run(self, command, why, env):
        self.place.before_each()
        env = {**env, "LD_PRELOAD": LIBRARY, "LD_BIND_NOW": "1", "FREED_SECRETS": self.list,
               "FREED_SECRETS_LOG": self.log}
        done = subprocess.run([PROGRAM, *command], cwd=self.place.work, env=env, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        assert os.path.exists(self.log), "the library was not loaded"
        with open(self.log, encoding="utf-8") as file:
            self.found += [(self.place.name, f"{command[0]} ({why})", *line.split())
                           for line in file]
        os.unlink(self.log)
        self.commands += 1
        return done


def owner(frames):
    """Whose block it was: the first object from the inside that is neither libc nor the library."""
    for frame in frames:
        name = os.path.basename(frame)
        if not name.startswith(PASSED_OVER):
            return name.split(".so")[0].split("+")[0]
    return "libc"


def where(frames):
    """Our own functions on the way, innermost first."""
    ours = [frame.split("+")[1] for frame in frames if frame.startswith(PROGRAM + "+")]
    if not ours or not shutil.which("addr2line"):
        return " ".join(os.path.basename(frame) for frame in frames[1:4])
    said = subprocess.run(["addr2line", "-f", "-s", "-e", PROGRAM,
                           *(hex(int(at, 16) - 1) for at in ours)], capture_output=True, text=True,
                          check=False).stdout.split("\n")
    return " < ".join(f"{said[i]} {said[i + 1]}" for i in range(0, min(len(said) - 1, 10), 2))


def well(watch, why, env):
    for command in COMMANDS:
        done = watch.run(command, why, env)
        assert done.returncode == 0, f"{watch.place.name}, {command}, {why}: {done.stderr}"


def badly(watch, source, gateway):
    place = watch.place
    for fault in canaries.AWS_FAULTS:
        gateway.fault = fault
        watch.run(COMMANDS[0], fault, canaries.environment(place, source, AWS_MAX_ATTEMPTS="1"))
    gateway.fault = None
    for fault, variables in dict(source.faults).items():
        place.break_source = fault
        watch.run(COMMANDS[0], fault, canaries.environment(place, source, **variables))


def one_source(name):
    with tempfile.TemporaryDirectory() as folder, \
            tool.sandbox(PROGRAM, "--speed", "3600") as sandbox:
        with canaries.stage(PROGRAM, os.path.join(folder, "plain"), sandbox,
                            name) as (place, source, gateway):
            watch = Watch(place, folder)
            well(watch, "well", canaries.environment(place, source))
            assert place.served > 10, f"{name}: {place.served} calls with its keys"
            badly(watch, source, gateway)
        authority = webserver.Authority(folder, "known")
        with canaries.stage(PROGRAM, os.path.join(folder, "tls"), sandbox, name,
                            authority.certificate("server", "IP:127.0.0.1")) as (place, source, _):
            watch.place = place  # with the same secrets
            well(watch, "by TLS", canaries.environment(place, source,
                                                       AWS_CA_BUNDLE=authority.file))
            assert place.served > 10, f"{name}: {place.served} calls with its keys by TLS"
        return watch.known, watch.commands, watch.found


def judge(found):
    ours, foreign = collections.Counter(), collections.Counter()
    places = {}
    for source, command, secret, how, *frames in found:
        whose = owner(frames)
        if how != "stack" and whose.startswith(FOREIGN):
            foreign[f"{whose}, {secret}"] += 1
        else:
            inner = [frame for frame in frames if frame.startswith(PROGRAM + "+")][:3]
            key = (secret, how, whose, tuple(inner or frames[1:4]))
            ours[key] += 1
            places.setdefault(key, f"{source}, {command}")
    return ours, foreign, places


def main():
    judges.need("botocore", "boto3")
    with concurrent.futures.ProcessPoolExecutor(4) as pool:
        done = list(pool.map(one_source, sys.argv[3:] or canaries.SOURCES))
    ours, foreign, places = judge([line for row in done for line in row[2]])
    for key, count in list(ours.items())[:40]:
        secret, how, whose, frames = key
        print(f"{places[key]}: {secret}, {how} by {whose}, {count} times: {where(frames)}")
    for name, count in sorted(foreign.items()):
        print(f"  {count} in {name}")
    print(f"{len(done)} sources, {sum(row[0] for row in done)} secrets, "
          f"{sum(row[1] for row in done)} commands: {sum(ours.values())} blocks of ours with a "
          f"secret, {sum(foreign.values())} of others'")
    sys.exit(bool(ours))


if __name__ == "__main__":
    main()
