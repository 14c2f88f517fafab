"""The commands that need neither network nor credentials, as a shell sees them: exit codes, what is
on standard output and what on standard error."""
import json
import subprocess
import sys

import judges
import tool

PROGRAM = sys.argv[1]
NO_CREDENTIALS = {name: value for name, value in judges.environment().items()
                  if not name.startswith("AWS_")}


def test_usage(folder):
    done = folder.run("plna", "prod.yaml", code=1)
    assert done.stdout == ""
    tool.in_order(done.stderr, "Error: there is no command \"plna\"", "did you mean \"plan\"?",
                  "switchover help")
    tool.in_order(folder.run("help", "bogus", code=1).stderr, "no command \"bogus\"", "switchover help")
    tool.in_order(folder.run("help", "plna", code=1).stderr, "there is no command \"plna\"",
                  "did you mean \"plan\"?")
    done = folder.run("plan", "prod.yaml", "--autoapprove", code=1)
    tool.in_order(done.stderr, "plan has no option --autoapprove", "switchover help plan")
    for verb in ("init", "report", "approve", "state", "completion", "rehearse"):
        done = folder.run(verb, code=1)
        tool.in_order(done.stderr, f"Error: {verb} is not available yet")
    document = json.loads(folder.run("apply", "x", "--unheard-of", "--json", code=1).stdout or "{}")
    assert document == {}, "--json behind the error is not read any more"
    document = json.loads(folder.run("apply", "x", "--json", "--unheard-of", code=1).stdout)
    assert document["error"]["kind"] == "usage", document
    document = json.loads(folder.run("apply", "x", "--json", "--auto-approve", "--state", "s3://b/k",
                                     code=1).stdout)
    assert document["error"]["kind"] == "not_available_yet", document


def test_accept_needs_a_reason_and_a_gate(folder):
    for options, says in ((["--accept", "errors"], "--accept errors needs --because TEXT"),
                          (["--because", "it was me"], "no meaning without --accept GATE"),
                          (["--accept", "error", "--because", "it was me"], "there is no such gate"),
                          (["--until", "done"], "--until")):
        done = folder.run("apply", "prod.yaml", *options, code=1)
        assert says in " ".join(done.stderr.split()), done.stderr


def test_not_yet(folder):
    folder.write("prod.yaml", "switchover: 1\nstage: prod\n")
    for arguments in (["plan", "prod.yaml", "--state", "s3://bucket/key"],
                      ["report", "prod.yaml"]):
        done = folder.run(*arguments, code=1)
        assert "is not available yet" in done.stderr, done


def test_help_and_version(folder):
    overview = folder.run().stdout
    assert overview == folder.run("help").stdout == folder.run("--help").stdout
    assert folder.run("help", "plan").stdout == folder.run("plan", "--help").stdout
    version = folder.run("version").stdout
    assert folder.json("version", "--json")["version"] in version
    for line in (overview + folder.run("help", "revert").stdout).splitlines():
        assert len(line) <= 80 and line == line.rstrip(), line
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([PROGRAM, "help"], stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1 and b"standard output" in done.stderr, done


def test_validate(folder):
    folder.write("prod.yaml", "switchover: 1\nstage: prod\n")
    assert "prod.yaml is a valid plan file" in folder.run("validate", "prod.yaml").stdout
    document = folder.json("validate", "prod.yaml", "--json")
    assert document["valid"] is True and document["findings"] == []
    folder.write("bad.yaml", "switchover: 1\nstge: prod\nallow: {account: no}\n")
    done = folder.run("validate", "bad.yaml", code=1)
    tool.in_order(done.stdout, "bad.yaml:2:1: error:", "2 | stge: prod", "bad.yaml is not valid")
    document = folder.json("validate", "bad.yaml", "--json", code=1)
    assert document["valid"] is False and document["errors"] == len(document["findings"]) > 1
    tool.in_order(folder.run("validate", "missing.yaml", code=1).stderr, "Error:", "missing.yaml")
    folder.write("hostile.yaml", "switchover: 1\nstage: \"a\x1b[2Jb\u202e\"\n")
    done = folder.run("validate", "hostile.yaml", code=1)
    assert "\x1b" not in done.stdout and "\u202e" not in done.stdout, done.stdout
    folder.write("big.yaml", "# " + "x" * 300 * 1024)
    assert "larger than 256 KiB" in folder.run("validate", "big.yaml", code=1).stdout
    assert folder.files() == ["bad.yaml", "big.yaml", "hostile.yaml", "prod.yaml"]


def test_a_plan_is_saved_over_nothing_else(folder):
    folder.write("prod.yaml", "switchover: 1\nstage: prod\n")
    folder.write("prod.state.json", "{\n  \"kind\": \"switchover.state\"\n}\n")
    for name in ("prod.yaml", "prod.state.json", "/dev/full", "."):
        done = folder.run("plan", "prod.yaml", "--out", name, code=1)
        tool.in_order(done.stderr, f"--out would replace {name}, which is no saved plan", "NAME.plan")
    folder.write("empty", "")
    folder.write("old.plan", "{\n  \"kind\": \"switchover.plan\"\n}\n")
    for name in ("empty", "old.plan", "new.plan"):
        assert "would replace" not in folder.run("plan", "prod.yaml", "--out", name, code=1).stderr
    assert folder.read("prod.yaml") == "switchover: 1\nstage: prod\n"


def test_show(folder):
    folder.write("prod.yaml", "switchover: 1\nstage: prod\n")
    done = folder.run("show", "prod.yaml", code=1)
    tool.in_order(done.stderr, "prod.yaml is a plan file; this command takes a saved plan or a state")
    folder.write("cut.json", "{\n  \"format_version\": 1,\n  \"kind\": \"switchover.plan\",\n")
    tool.in_order(folder.run("show", "cut.json", code=1).stderr, "Error:", "cut.json")


def test_policy(folder):
    folder.write("prod.yaml", "switchover: 1\nstage: prod\n")
    done = folder.run("policy", "prod.yaml")
    said = " ".join(done.stderr.split())
    assert "Write aws.region" in said and "Write aws.account" in said, done.stderr
    assert json.loads(done.stdout) == folder.json("policy", "prod.yaml", "--for", "apply")
    folder.write("narrow.yaml", "switchover: 1\nstage: prod\n"
                                "aws: {region: us-west-2, account: \"111122223333\"}\n")
    done = folder.run("policy", "narrow.yaml")
    assert done.stderr == "" and "us-west-2:111122223333:service/" in done.stdout, done
    assert "plan, status and watch" in folder.run("policy", "narrow.yaml", "--for", "plan").stderr
    tool.in_order(folder.run("policy", "narrow.yaml", "--for", "all", code=1).stderr, "--for", "plan")
    folder.write("bad.yaml", "switchover: 1\n")
    done = folder.run("policy", "bad.yaml", code=1)
    assert done.stdout == "" and "stage" in done.stderr, done
    tool.in_order(folder.run("policy", "missing.yaml", code=1).stderr, "Error:", "missing.yaml")
    assert folder.files() == ["bad.yaml", "narrow.yaml", "prod.yaml"]


def main():
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            with tool.folder(PROGRAM, NO_CREDENTIALS) as folder:
                test(folder)
            print("ok", name)


main()
