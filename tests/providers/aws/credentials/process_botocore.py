"""Keys that a program prints (credential_process): botocore takes the same ones, and refuses what
is refused here. What the program says stands in no message.

usage: process_botocore.py PROGRAM  (config_print)
"""
import json
import os
import sys
import types

import judges

judges.need("botocore")
import credentials  # noqa: E402
import terminal  # noqa: E402

SECRET = "wJalrXUtnFEMI/K7MDENG+canary"
TOKEN = "IQoJb3JpZ2luX2VjEAoaCXVz/canary//=="
ANSWER = {"Version": 1, "AccessKeyId": "ASIAEXAMPLE", "SecretAccessKey": SECRET,
          "SessionToken": TOKEN, "Expiration": "2099-12-01T02:00:00Z"}


def answer(**changes):
    """A change to ... leaves the member out."""
    members = {**ANSWER, **changes}
    return json.dumps({name: value for name, value in members.items() if value is not ...})


def asks(home, line, settings=""):
    home.canaries = [SECRET, TOKEN, "canary"]
    home.write("config", f"[default]\nregion = us-east-1\ncredential_process = {line}\n{settings}")


def script(home, text, name="keys"):
    path = home.write(name, "#!/bin/sh\n" + text, mode=0o700)
    return f'"{path}"'


def says(home, text, behind=""):
    asks(home, script(home, f"cat <<'END'\n{text}\nEND\necho canary on standard error >&2\n"
                            + behind))


def test_its_keys_are_taken(home):
    says(home, answer())
    found = home.same()
    assert found["secret_access_key"] == SECRET and found["expires_at"] == "4099773600000", found
    assert found["ends_at"] == "0" and "keys of the profile default" in found["source"], found
    for expiration, ends in (("2099-12-01T02:00:00+00:00", "4099773600000"),
                             ("2099-12-01T04:00:00+02:00", "4099773600000"),
                             (None, "0"), (..., "0")):
        says(home, answer(Expiration=expiration))
        assert home.same()["expires_at"] == ends
    for token in (..., None):
        says(home, answer(SessionToken=token))
        assert home.same()["session_token"] == ""
    says(home, answer(AccountId="123456789012", Something=[1, {"else": None}]))
    home.same()


def test_the_line_is_split_without_a_shell(home):
    path = script(home, 'test "$#" = 4 && test "$1" = "a b" && test "$2" = "c\\"d" && '
                        f"test \"$3\" = '$HOME' && test \"$4\" = '' && cat <<'END'\n{answer()}\nEND\n",
                  name="with space/keys")
    for line in (f"""{path} 'a b' "c\\"d" $HOME ''""", f"""{path} a\\ b 'c"d' "$HOME" \"\"""",):
        asks(home, line)
        assert home.same()["access_key_id"] == "ASIAEXAMPLE", line
    for line in (f"{path} 'a b", f"{path} \\", "nowhere-to-be-found canary", '""',
                 "~/.aws/with\\ space/keys", f"X=canary {path}"):
        asks(home, line)
        home.same()
        home.refused("credential_process of the profile default", "by hand")
    asks(home, "keys")
    script(home, f"cat <<'END'\n{answer()}\nEND\n", name="bin/keys")
    home.variables["PATH"] = f"{home.path}/.aws/bin:{os.environ['PATH']}"
    assert home.same()["access_key_id"] == "ASIAEXAMPLE"


def test_what_is_no_answer_is_refused(home):
    without = "the program "
    for text, message in (
            ("", "not valid JSON"), ("canary", "not valid JSON"), ("[]", 'without "Version": 1'),
            ('"canary"', 'without "Version": 1'), (answer()[:-9], "not valid JSON"),
            (answer() + "canary", "something follows"),
            (answer(Version=...), 'without "Version": 1'),
            (answer(Version=2), 'without "Version": 1'),
            (answer(Version="1"), 'without "Version": 1'),
            (answer(AccessKeyId=...), "without AccessKeyId"),
            (answer(SecretAccessKey=...), "without SecretAccessKey"),
            (answer(Expiration="canary"), "Expiration that is no time")):
        says(home, text)
        home.same()
        home.refused(message, "by hand")
        assert without in home.ours()["message"]


def test_what_botocore_lets_pass_is_refused(home):
    for text, message in (
            (answer(AccessKeyId=""), "without AccessKeyId"),
            (answer(AccessKeyId=17), "AccessKeyId that is no text"),
            (answer(SessionToken=17), "SessionToken that is no text"),
            (answer(Expiration=4099773600), "Expiration that is no text"),
            (answer(SessionToken="canary of two words"), "session token of the program"),
            ('{"AccessKeyId": "canary", ' + answer()[1:], "stands twice"),
            (answer(Padding="canary" * 11000), "printed more than 65536 bytes")):
        says(home, text)
        home.refused(message)
    home.write("keys", "#!/bin/sh\nprintf '{\"Version\": 1, \"canary\\377\": 1}'\n", mode=0o700)
    home.refused("is not UTF-8")


def test_how_it_ended_is_all_that_is_told(home):
    says(home, answer(), "exit 3\n")
    home.same()
    found = home.refused("keys ended with exit status 3", "by hand")
    assert found["message"].startswith("the credential_process of the profile default: /"), found
    says(home, answer(), "kill -9 $$\n")
    home.same()
    home.refused("keys was ended by signal 9, SIGKILL")


def test_it_asks_nobody_where_nobody_is_to_be_asked(home):
    """config_print offers nobody, as a run that is under way does."""
    says(home, answer(), "read code </dev/tty\n")
    folder = types.SimpleNamespace(path=home.path, environment=home.environment())
    place = terminal.Terminal(home.program, folder, "", "")
    assert place.end() == 0, place.said
    place.close()
    assert "keys asks at the terminal, where nobody answers now" in place.said, place.said
    assert "canary" not in place.said, place.said


def test_its_place_among_the_sources(home):
    program = script(home, f"cat <<'END'\n{answer()}\nEND\n")
    keys = "aws_access_key_id = {}\naws_secret_access_key = s\n"
    asks(home, program, keys.format("CONFIG"))
    assert home.same()["access_key_id"] == "ASIAEXAMPLE"
    home.write("credentials", "[default]\n" + keys.format("SHARED"))
    assert home.same()["access_key_id"] == "SHARED"
    home.write("config", "[profile ops]\nregion = us-east-1\n")
    home.write("credentials", f"[ops]\ncredential_process = {program}\n")
    assert home.same("ops")["access_key_id"] == "ASIAEXAMPLE"


credentials.run_tests(globals(), sys.argv[1])
