"""Keys by a sign-in with IAM Identity Center: botocore, given the same ~/.aws and the same stand-in,
sends the same requests, takes the same keys and leaves the same cache. No message holds a token.

usage: sso_botocore.py PROGRAM  (config_print)
"""
import contextlib
import hashlib
import json
import os
import stat
import sys
import time

import judges

judges.need("botocore")
import credentials  # noqa: E402
import standin  # noqa: E402

SESSION, START_URL = "corp", "https://corp.example.com/start"
ACCESS, REFRESH = "aoaAAAAAGZcanary-access", "aorAAAAAGZcanary-refresh"
RENEWED, NEXT_REFRESH = "aoaAAAAAGZcanary-renewed", "aorAAAAAGZcanary-next"
CLIENT_ID, CLIENT_SECRET = "canary-client-id", "canary-client-secret"
SECRET, TOKEN = "wJalrXUtnFEMI/K7MDENG+canary", "IQoJb3JpZ2luX2VjEAoa/canary//=="
STARTED = time.time()
HOUR, FAR = 3600, 100 * 24 * 3600
KEYS = {"roleCredentials": {"accessKeyId": "ASIAEXAMPLE", "secretAccessKey": SECRET,
                            "sessionToken": TOKEN, "expiration": 4099773600000}}
NEW_TOKEN = {"accessToken": RENEWED, "expiresIn": 8 * HOUR, "refreshToken": NEXT_REFRESH,
             "tokenType": "Bearer"}
ROLE = "sso_account_id = 123456789012\nsso_role_name = Ops=,.@+_-x\n"
PLACE = f"sso_start_url = {START_URL}\nsso_region = eu-west-1\n"
OF_SESSION = f"[profile ops]\nregion = us-east-1\nsso_session = {SESSION}\n{ROLE}"
WITH_SESSION = f"{OF_SESSION}[sso-session {SESSION}]\n{PLACE}sso_registration_scopes = a\n"
OF_OLD = f"[profile ops]\nregion = us-east-1\n{ROLE}{PLACE}"


def instant(seconds, suffix="Z"):
    """In so many seconds from the test's start."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(STARTED + seconds)) + suffix


def cache_name(name):
    return f"sso/cache/{hashlib.sha1(name.encode()).hexdigest()}.json"


def sign_in(home, expires=8 * HOUR, registration=FAR, name=SESSION, **changes):
    """What `aws sso login` leaves. A change to ... leaves the member out."""
    token = {"startUrl": START_URL, "region": "eu-west-1", "accessToken": ACCESS,
             "expiresAt": instant(expires), "clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET,
             "registrationExpiresAt": instant(registration), "refreshToken": REFRESH, **changes}
    token = {key: value for key, value in token.items() if value is not ...}
    home.canaries = ["canary"]
    return home.write(cache_name(name), json.dumps(token))


def answer(keys=KEYS, token=NEW_TOKEN, keys_status=200, token_status=200):
    def say(request):
        body, status = (token, token_status) if request.method == "POST" else (keys, keys_status)
        return status, body if isinstance(body, str) else json.dumps(body)
    return say


@contextlib.contextmanager
def service(home, say):
    with standin.serve(say) as server:
        home.variables["AWS_ENDPOINT_URL_SSO"] = server.url("")
        home.variables["AWS_ENDPOINT_URL_SSO_OIDC"] = server.url("")
        home.variables["AWS_MAX_ATTEMPTS"] = "2"
        yield server


def told(requests):
    return [(request.method, request.path, request.header("x-amz-sso_bearer_token"),
             request.body and request.header("content-type"),
             request.body and json.loads(request.body)) for request in requests]


def cached(home, name=SESSION):
    with contextlib.suppress(FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        token = json.loads(home.read(cache_name(name)))
        expires = time.mktime(time.strptime(token.pop("expiresAt")[:19], "%Y-%m-%dT%H:%M:%S"))
        return token, expires
    return None


def same(home, prepare, say, profile="ops", name=SESSION):
    """Both, each in front of what `prepare` makes, send and find and leave the same."""
    found, sent, left = [], [], []
    for ask in (home.ours, home.botocores):
        prepare()
        with service(home, say) as server:
            found.append(ask(profile))
            sent.append(told(server.requests))
        left.append(cached(home, name))
    mine, its = found
    error = mine["config_error"] or mine["credentials_error"]
    assert bool(error) == ("error" in its), (mine, its)
    assert error or {key: mine[key] for key in credentials.KEYS} == its, (mine, its)
    assert sent[0] == sent[1], sent
    if left[0] is None:
        assert left[1] is None, left
    else:
        assert left[0][0] == left[1][0] and abs(left[0][1] - left[1][1]) < 60, left
    return mine, sent[0], left[0]


def ends_in(found, seconds):
    left = int(found["ends_at"]) / 1000 - time.time()
    assert abs(left - seconds) < 60, (found, left)


def test_a_session(home):
    home.write("config", WITH_SESSION)
    found, sent, _ = same(home, lambda: sign_in(home), answer())
    assert found["secret_access_key"] == SECRET and found["expires_at"] == "4099773600000", found
    assert sent == [("GET", "/federation/credentials?role_name=Ops%3D%2C.%40%2B_-x"
                     "&account_id=123456789012", ACCESS, b"", b"")], sent
    assert "IAM Identity Center of the profile ops" in found["source"], found
    ends_in(found, FAR)
    found, _, _ = same(home, lambda: sign_in(home, refreshToken=...), answer())
    ends_in(found, 8 * HOUR)
    home.write("config", WITH_SESSION.replace(f"[sso-session {SESSION}]",
                                              f'[sso-session "{SESSION}"]'))
    assert same(home, lambda: sign_in(home), answer())[1]


def test_a_profile_as_of_old(home):
    home.write("config", OF_OLD)
    found, sent, _ = same(home, lambda: sign_in(home, name=START_URL), answer(), name=START_URL)
    assert found["secret_access_key"] == SECRET and sent[0][2] == ACCESS, found
    ends_in(found, 8 * HOUR)
    # one that is about to end is not renewed, nor is one that has
    for expires in (300, -1):
        found, sent, _ = same(home, lambda: sign_in(home, expires, name=START_URL), answer(),
                              name=START_URL)
        assert len(sent) == (expires > 0), sent
    home.refused("the sign-in of the profile ops with IAM Identity Center has expired",
                 "sign in: aws sso login --profile ops", "ops")
    # the suffix that tools of old wrote
    found, sent, _ = same(home, lambda: sign_in(home, name=START_URL,
                                                expiresAt=instant(HOUR, "UTC")), answer(),
                          name=START_URL)
    assert sent


def test_a_token_that_ends_soon_is_renewed(home):
    home.write("config", WITH_SESSION)
    for expires in (-HOUR, 14 * 60):
        found, sent, left = same(home, lambda: sign_in(home, expires), answer())
        assert sent[0] == ("POST", "/token", None, "application/json",
                           {"grantType": "refresh_token", "clientId": CLIENT_ID,
                            "clientSecret": CLIENT_SECRET, "refreshToken": REFRESH}), sent
        assert sent[1][2] == RENEWED and len(sent) == 2, sent
        assert left[0]["refreshToken"] == NEXT_REFRESH and left[0]["accessToken"] == RENEWED, left
        ends_in(found, FAR)
    path = sign_in(home, -HOUR)
    os.chmod(path, 0o644)
    with service(home, answer()):
        home.ours("ops")
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert os.listdir(os.path.dirname(path)) == [os.path.basename(path)]
    # what we wrote, botocore takes without renewing it, and the other way round
    for first, second in ((home.ours, home.botocores), (home.botocores, home.ours)):
        sign_in(home, -HOUR)
        with service(home, answer()):
            first("ops")
        with service(home, answer()) as server:
            assert second("ops")["access_key_id"] == "ASIAEXAMPLE"
            assert len(server.requests) == 1 and told(server.requests)[0][2] == RENEWED
    once, _, left = same(home, lambda: sign_in(home, -HOUR),
                         answer(token={"accessToken": RENEWED, "expiresIn": 8 * HOUR}))
    assert "refreshToken" not in left[0], left
    ends_in(once, 8 * HOUR)


def test_what_cannot_be_renewed(home):
    home.write("config", WITH_SESSION)
    for changes in ({"refreshToken": ...}, {"clientId": ...}, {"clientSecret": ...},
                    {"registrationExpiresAt": ...}, {"registrationExpiresAt": instant(-1)}):
        for expires in (-1, 300):
            found, sent, _ = same(home, lambda: sign_in(home, expires, **changes), answer())
            assert len(sent) == (expires > 0) and not (sent and sent[0][0] == "POST"), sent
            if expires > 0:
                ends_in(found, expires)
            else:
                home.refused("has expired", "aws sso login --profile ops", "ops")


def test_a_renewal_that_is_refused(home):
    home.write("config", WITH_SESSION)
    for status, name in ((400, "InvalidGrantException"), (401, "InvalidClientException"),
                         (400, "ExpiredTokenException")):
        refusal = answer(token={"__type": name, "error_description": f"canary {REFRESH}"},
                         token_status=status)
        for expires in (-1, 300):
            found, sent, left = same(home, lambda: sign_in(home, expires), refusal)
            assert sent[0][0] == "POST" and len(sent) == 1 + (expires > 0), sent
            assert left[0]["refreshToken"] == REFRESH
            if expires > 0:
                ends_in(found, expires)
                continue
            with service(home, refusal):
                home.refused(f"has expired: IAM Identity Center does not renew it: it answered "
                             f"with status {status}", "aws sso login --profile ops", "ops")
    for token in ("", "canary", "[]", {}, {**NEW_TOKEN, "accessToken": "canary\r\nx: y"},
                  {**NEW_TOKEN, "expiresIn": "canary"}, {**NEW_TOKEN, "expiresIn": -1},
                  {**NEW_TOKEN, "expiresIn": 10 ** 12}, {**NEW_TOKEN, "accessToken": 17}):
        sign_in(home, -1)
        with service(home, answer(token=token)) as server:
            home.refused("has expired: ", "aws sso login", "ops")
            assert len(server.requests) == 1
        assert cached(home)[0]["refreshToken"] == REFRESH
    # nobody there: no reason to sign in again
    sign_in(home, -1)
    home.variables["AWS_ENDPOINT_URL_SSO_OIDC"] = "http://127.0.0.1:1"
    found = home.refused("has expired: ", "", "ops", kind="network")
    assert "sso login" not in found["hint"], found


def test_the_keys_are_refused(home):
    home.write("config", WITH_SESSION)
    for status, message, hint in ((401, "accepts the sign-in of the profile ops no more",
                                   "aws sso login --profile ops"),
                                  (403, "no keys of the role Ops=,.@+_-x in the account "
                                   "123456789012: it answered with status 403", "sso_role_name"),
                                  (404, "with status 404", "sso_role_name"),
                                  (500, "with status 500", ""), (204, "with status 204", "")):
        say = answer(keys={"message": f"canary {ACCESS}"} if status != 204 else "",
                     keys_status=status)
        if status in (401, 403, 404):
            same(home, lambda: sign_in(home), say)
        sign_in(home)
        with service(home, say) as server:
            home.refused(message, hint, "ops")
            assert len(server.requests) == (2 if status == 500 else 1)
    whole = KEYS["roleCredentials"]
    for keys in ("", "canary", "[]", {}, {"roleCredentials": None}, {"roleCredentials": []},
                 *({"roleCredentials": {**whole, name: value}} for name in whole
                   for value in ("", None, [], -1)),
                 {"roleCredentials": {**whole, "expiration": 1.5}},
                 {"roleCredentials": {**whole, "sessionToken": "canary\r\nx: y"}},
                 '{"roleCredentials": {"accessKeyId": "canary", "accessKeyId": "canary"}}',
                 {**KEYS, "padding": "canary" * 11000}):
        with service(home, answer(keys=keys)):
            found = home.ours("ops")
            assert found["credentials_error"], (keys, found)
            assert found["credentials_error"] == "credentials" or "padding" in keys, found


def test_what_is_cached_is_no_token(home):
    home.write("config", WITH_SESSION)
    found = home.refused("nobody has signed in with IAM Identity Center for the profile ops: there "
                         "is no ", "aws sso login --profile ops", "ops")
    assert cache_name(SESSION) in found["message"], found
    for text in ("", "canary", "[]", "{}", '{"accessToken": "canary"}', '"canary"',
                 json.dumps({"accessToken": "canary", "expiresAt": "canary"}),
                 json.dumps({"accessToken": 17, "expiresAt": instant(HOUR)})):
        def put():
            home.canaries = ["canary"]
            home.write(cache_name(SESSION), text)  # pylint: disable=cell-var-from-loop
        if "17" not in text:
            same(home, put, answer())
        put()
        home.refused("the sign-in of the profile ops: /", "aws sso login --profile ops", "ops")
    for token in ("canary\r\nx: y", "", "canary\u00e9"):
        sign_in(home, accessToken=token)
        home.refused("holds no token", "aws sso login", "ops")
    path = sign_in(home, padding="x" * 70000)
    home.refused("is larger than 65536 bytes", "", "ops")
    os.remove(path)
    os.mkfifo(path)
    home.refused("is not a regular file", "", "ops")
    home.variables["HOME"] = ""
    home.variables["AWS_CONFIG_FILE"] = f"{home.path}/.aws/config"
    home.refused("HOME is not set", "", "ops")


def test_links_and_rights(home):
    home.write("config", WITH_SESSION)
    elsewhere = f"{home.path}/elsewhere"
    os.mkdir(elsewhere)
    os.mkdir(f"{home.path}/.aws/sso")
    os.symlink(elsewhere, f"{home.path}/.aws/sso/cache")
    found, _, left = same(home, lambda: sign_in(home, -1), answer())
    assert left[0]["accessToken"] == RENEWED and len(os.listdir(elsewhere)) == 1
    # a link in the file's own place is written through
    path = sign_in(home, -1)
    os.rename(path, f"{home.path}/token.json")
    os.symlink(f"{home.path}/token.json", path)
    with service(home, answer()):
        assert home.ours("ops")["access_key_id"] == "ASIAEXAMPLE"
    assert os.path.islink(path) and cached(home)[0]["accessToken"] == RENEWED
    # a cache that cannot be written costs nothing
    os.remove(path)
    sign_in(home, -1)
    before = cached(home)
    os.chmod(elsewhere, 0o500)
    with service(home, answer()):
        found = home.ours("ops")
    os.chmod(elsewhere, 0o700)
    assert found["access_key_id"] == "ASIAEXAMPLE"
    if os.geteuid():
        assert cached(home) == before


def test_what_the_config_says(home):
    sign_in(home)
    sign_in(home, name=START_URL)
    region = "[profile ops]\nregion = us-east-1\n"
    keys = "aws_access_key_id = CONFIG\naws_secret_access_key = s\n"
    for config, message, hint in (
            (OF_SESSION, "names the sso-session corp, which does not exist", ""),
            (OF_SESSION + "[sso-session corps]\n" + PLACE, "which does not exist", ""),
            (region + "sso_account_id = 1\n" + PLACE, "has no sso_role_name", "aws configure sso"),
            (region + "sso_role_name = r\n" + PLACE, "has no sso_account_id", "--profile ops"),
            (region + ROLE + "sso_region = eu-west-1\n", "has no sso_start_url", ""),
            (region + ROLE + f"sso_start_url = {START_URL}\n", "has no sso_region", ""),
            (WITH_SESSION.replace(ROLE, ROLE + "sso_region = eu-west-2\n"),
             "sso_region of the profile ops is not that of the sso-session corp", ""),
            (WITH_SESSION.replace(ROLE, ROLE + "sso_start_url = https://x\n"), "sso_start_url", ""),
            (WITH_SESSION.replace("eu-west-1", "evil.example/"),
             'is "evil.example/", which is not the name of an AWS region', "")):
        home.write("config", config)
        found = home.refused(message, hint, "ops")
        assert "error" in home.botocores("ops"), found
    long = "a" * 35
    home.write("config", WITH_SESSION.replace(SESSION, long + "-prod"))
    home.refused("does not exist", "at most 34 characters", "ops")
    # the session alone signs nobody in
    home.write("config", f"{region}sso_session = corp\n{keys}[sso-session corp]\n{PLACE}")
    assert same(home, lambda: None, answer())[0]["access_key_id"] == "CONFIG"
    # the same values in both are fine; the sign-in goes before keys
    home.write("config", WITH_SESSION.replace(ROLE, ROLE + PLACE + keys))
    home.write("credentials", "[ops]\n" + keys)
    assert same(home, lambda: sign_in(home), answer())[0]["access_key_id"] == "ASIAEXAMPLE"


def test_where_it_asks(home):
    sign_in(home)
    home.variables["AWS_MAX_ATTEMPTS"] = "1"
    home.write("config", WITH_SESSION)
    home.variables["AWS_ENDPOINT_URL_SSO"] = "http://sso.example.com"
    found = home.refused("AWS_ENDPOINT_URL_SSO is a plain http URL of another machine", "", "ops",
                         kind="usage")
    # its own hosts: a proxy that refuses everything is told which
    with standin.serve(lambda request: (403, "")) as proxy:
        del home.variables["AWS_ENDPOINT_URL_SSO"]
        home.variables["HTTPS_PROXY"] = proxy.url("")
        for fips in ("", "true"):
            home.variables["AWS_USE_FIPS_ENDPOINT"] = fips
            for expires in (8 * HOUR, -1):
                sign_in(home, expires)
                asked = []
                for ask in (home.ours, home.botocores):
                    proxy.requests.clear()
                    found = ask("ops")
                    assert found.get("error") or found["credentials_error"], found
                    asked.append(proxy.requests[0].path)
                assert asked[0] == asked[1], asked
                assert asked[0].endswith(".eu-west-1.amazonaws.com:443"), asked
        del home.variables["HTTPS_PROXY"]
        home.variables["AWS_USE_FIPS_ENDPOINT"] = ""
        # what can be read on its way goes to this machine alone, past any proxy
        proxy.requests.clear()
        home.variables["http_proxy"] = proxy.url("")
        sign_in(home, -1)
        with service(home, answer()) as server:
            assert home.ours("ops")["access_key_id"] == "ASIAEXAMPLE"
            assert len(server.requests) == 2 and not proxy.requests
        del home.variables["http_proxy"]
    # a path of an endpoint stays in front
    with service(home, answer()) as server:
        for path in ("/base", "/base/"):
            home.variables["AWS_ENDPOINT_URL_SSO"] = server.url(path)
            sign_in(home)
            found = home.same("ops")
            assert found["access_key_id"] == "ASIAEXAMPLE"
        assert all(request.path.startswith("/base/federation/credentials?")
                   for request in server.requests), server.requests


credentials.run_tests(globals(), sys.argv[1])
