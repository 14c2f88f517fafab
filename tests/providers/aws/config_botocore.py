"""Holds the reading of the environment and of the shared files against botocore's.

usage: config_botocore.py PROGRAM  (config_print)
"""
import os
import subprocess
import sys
import tempfile

import judges

judges.need("botocore")
import botocore.configprovider  # noqa: E402
import botocore.exceptions  # noqa: E402
import botocore.session  # noqa: E402

SERVICES = ["ecs", "elbv2", "cloudwatch"]
LONG = "IQoJb3JpZ2luX2VjEAoaCXVzLWVhc3Qt" * 60 + "=="

# name, config file, credentials file, environment, profile named by the plan file
CASES = [
    ("environment only", "", "", {"AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "s/e+c",
                                  "AWS_SESSION_TOKEN": LONG, "AWS_DEFAULT_REGION": "eu-west-1"}, None),
    ("default region variable", "", "", {"AWS_DEFAULT_REGION": "eu-west-3"}, None),
    ("no credentials", "[default]\nregion = us-east-1\n", "", {}, None),
    ("half an environment", "[default]\nregion = us-east-1\n", "",
     {"AWS_ACCESS_KEY_ID": "AKIDENV"}, None),
    ("empty variables", "[default]\nregion = us-east-1\n",
     "[default]\naws_access_key_id = A\naws_secret_access_key = B\n",
     {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, None),
    ("long token", "[default]\nregion = us-east-1\n",
     f"[default]\naws_access_key_id = A\naws_secret_access_key = B\naws_session_token = {LONG}\n",
     {}, None),
    ("spaces, colons, case", "[default]\n  region=us-west-2  \r\nMAX_ATTEMPTS : 7\n",
     "# comment\n; comment\n[default]\nAWS_Access_Key_Id:A\naws_secret_access_key=B;not=a_comment\n",
     {}, None),
    ("hash in a secret", "[default]\nregion = us-west-2\n",
     "[default]\naws_access_key_id = A\naws_secret_access_key = B#c=d:e\n", {}, None),
    ("named by AWS_PROFILE",
     "[default]\nregion = us-east-1\n[profile ops]\nregion = eu-central-1\nca_bundle = /x/ca.pem\n",
     "[default]\naws_access_key_id = A\naws_secret_access_key = B\n"
     "[ops]\naws_access_key_id = C\naws_secret_access_key = D\n", {"AWS_PROFILE": "ops"}, None),
    ("environment's keys before AWS_PROFILE", "[profile ops]\nregion = eu-central-1\n",
     "[ops]\naws_access_key_id = C\naws_secret_access_key = D\n",
     {"AWS_PROFILE": "ops", "AWS_ACCESS_KEY_ID": "E", "AWS_SECRET_ACCESS_KEY": "F"}, None),
    ("a profile asked for before the environment's keys", "[profile ops]\nregion = eu-central-1\n",
     "[ops]\naws_access_key_id = C\naws_secret_access_key = D\n",
     {"AWS_ACCESS_KEY_ID": "E", "AWS_SECRET_ACCESS_KEY": "F"}, "ops"),
    ("keys in the config file", "[default]\nregion = us-east-1\naws_access_key_id = A\n"
     "aws_secret_access_key = B\naws_session_token = T\n", "", {}, None),
    ("keys in both files", "[default]\nregion = us-east-1\naws_access_key_id = OLD\n"
     "aws_secret_access_key = OLD\naws_session_token = STALE\n",
     "[default]\naws_access_key_id = A\naws_secret_access_key = B\n", {}, None),
    ("half a profile", "[default]\nregion = us-east-1\naws_secret_access_key = OLD\n",
     "[default]\naws_access_key_id = A\n", {}, None),
    ("region in the credentials file", "[default]\nregion = us-east-1\n",
     "[default]\nregion = us-east-2\naws_access_key_id = A\naws_secret_access_key = B\n", {}, None),
    ("quoted profile", "[profile \"my ops\"]\nregion = sa-east-1\n",
     "[my ops]\naws_access_key_id = A\naws_secret_access_key = B\n", {"AWS_PROFILE": "my ops"},
     None),
    ("profile named default in full", "[profile default]\nregion = us-west-1\n", "", {}, None),
    ("unknown profile", "[profile ops]\nregion = us-west-1\n", "", {"AWS_PROFILE": "opps"}, None),
    ("a profile's name alone is none in the config file", "[ops]\nregion = us-west-1\n", "",
     {"AWS_PROFILE": "ops", "AWS_DEFAULT_REGION": "us-east-1"}, None),
    ("endpoint for all", "[default]\nregion = us-east-1\n", "",
     {"AWS_ENDPOINT_URL": "http://127.0.0.1:5000"}, None),
    ("endpoint for one", "[default]\nregion = us-east-1\n", "",
     {"AWS_ENDPOINT_URL": "http://127.0.0.1:5000",
      "AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2": "https://elb.test",
      "AWS_ENDPOINT_URL_CLOUDWATCH": "http://cw.test:1", "AWS_ENDPOINT_URL_ECS": "http://ecs.test"},
     None),
    ("endpoints in the profile", "[default]\nregion = us-east-1\nendpoint_url = http://all.test\n"
     "services = local\n[services local]\necs =\n  endpoint_url = http://ecs.test\n"
     "elastic_load_balancing_v2 = \n    endpoint_url=http://elb.test:7\n", "", {}, None),
    ("AWS_ENDPOINT_URL before the services section",
     "[default]\nregion = us-east-1\nservices = local\n"
     "[services local]\necs =\n  endpoint_url = http://ecs.test\n", "",
     {"AWS_ENDPOINT_URL": "http://all.test"}, None),
    ("endpoints ignored", "[default]\nregion = us-east-1\nendpoint_url = http://all.test\n", "",
     {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, None),
    ("nested settings of other services", "[default]\ns3 =\n  region = nowhere\n  max_attempts = 9\n"
     "region = us-east-1\n", "", {}, None),
    ("attempts from the environment", "[default]\nregion = us-east-1\nmax_attempts = 4\n", "",
     {"AWS_MAX_ATTEMPTS": "5"}, None),
    ("ca bundle from the environment", "[default]\nregion = us-east-1\nca_bundle = /x/a.pem\n", "",
     {"AWS_CA_BUNDLE": "/x/b.pem"}, None),
    ("switches in the profile", "[default]\nregion = us-east-1\nuse_fips_endpoint = True\n"
     "use_dualstack_endpoint = false\nsts_regional_endpoints = legacy\nretry_mode = adaptive\n", "",
     {}, None),
    ("switches from the environment", "[default]\nregion = us-east-1\nuse_fips_endpoint = true\n"
     "sts_regional_endpoints = legacy\nretry_mode = nonsense\n", "",
     {"AWS_USE_FIPS_ENDPOINT": "false", "AWS_USE_DUALSTACK_ENDPOINT": "TRUE",
      "AWS_STS_REGIONAL_ENDPOINTS": "regional", "AWS_RETRY_MODE": "legacy"}, None),
    ("attempts that are no number", "[default]\nregion = us-east-1\nmax_attempts = many\n", "", {},
     None),
    ("no section", "region = us-east-1\n", "", {}, None),
    ("no equals sign", "[default]\nregion us-east-1\n", "", {}, None),
    ("unclosed section", "[default\nregion = us-east-1\n", "", {}, None),
]

# What botocore takes no notice of, or only once it calls (for a mode that it does not know it
# retries nothing at all; "yes" is false to it): ours says so, by the setting's name.
STRICTER = [
    ("AWS_RETRY_MODE", "retry_mode", "nonsense"), ("AWS_MAX_ATTEMPTS", "max_attempts", "0"),
    ("AWS_MAX_ATTEMPTS", "max_attempts", "-1"), ("AWS_MAX_ATTEMPTS", "max_attempts", "3.5"),
    ("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", "yes"),
    ("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint", "1"),
    ("AWS_STS_REGIONAL_ENDPOINTS", "sts_regional_endpoints", "global"),
    ("AWS_REGION", "region", "us-gov-west-1-fips"), ("AWS_REGION", "region", "aws-global"),
]


def ours(program, environment, profile):
    run = subprocess.run([program, profile or "", ""], env=environment, capture_output=True,
                         text=True, check=False)
    if run.returncode:
        sys.exit(f"the program ended with {run.returncode}: {run.stderr[-2000:]}")
    return dict(line.split("=", 1) for line in run.stdout.splitlines())


def endpoint(session, service, region):
    client = session.create_client(service, region_name=region, aws_access_key_id="A",
                                   aws_secret_access_key="B")
    url = client.meta.endpoint_url
    return "" if "amazonaws.com" in url else url


def botocores(environment, profile, asks_endpoints):
    """The same answers; an error of botocore's is one in `config_error` or `credentials_error`."""
    os.environ.clear()
    os.environ.update(environment)
    session = botocore.session.Session(profile=profile)
    # instance metadata is no part of what is compared
    answer = {"credentials_error": "", "access_key_id": "", "secret_access_key": "",
              "session_token": ""}
    try:
        region = session.get_config_variable("region")
        answer["region"] = region or ""
        answer["ca_bundle"] = session.get_config_variable("ca_bundle") or ""
        answer["max_attempts"] = str(session.get_config_variable("max_attempts") or 3)
        for switch in ("use_fips_endpoint", "use_dualstack_endpoint"):
            answer[switch] = str(int(bool(session.get_config_variable(switch))))
        answer["sts_regional_endpoints"] = session.get_config_variable("sts_regional_endpoints")
        for number, service in enumerate(SERVICES):
            answer[f"endpoint_{number}"] = (endpoint(session, service, region)
                                            if region and asks_endpoints else "")
        answer["config_error"] = "" if region else "no region"
    except (botocore.exceptions.BotoCoreError, ValueError) as error:
        return {"config_error": type(error).__name__}
    try:
        keys = session.get_credentials()
        if keys:
            answer.update(access_key_id=keys.access_key, secret_access_key=keys.secret_key,
                          session_token=keys.token or "")
        else:
            answer["credentials_error"] = "none"
    except botocore.exceptions.BotoCoreError as error:
        answer["credentials_error"] = type(error).__name__
    return answer


def differences(mine, its):
    for name, value in its.items():
        if name.endswith("_error"):
            if bool(mine[name]) != bool(value):
                yield f"{name}: ours {mine[name] or 'none'}, botocore's {value or 'none'}"
            if value:
                return
        elif mine[name] != value:
            yield f"{name}: ours {mine[name]!r}, botocore's {value!r}"


def surroundings(folder, config, credentials, variables):
    """Writes the two files and returns the environment that names them."""
    with open(f"{folder}/config", "w", encoding="utf-8", newline="") as out:
        out.write(config)
    with open(f"{folder}/credentials", "w", encoding="utf-8", newline="") as out:
        out.write(credentials)
    environment = {name: value for name, value in judges.environment().items()
                   if not name.startswith("AWS_")}
    environment.update(AWS_CONFIG_FILE=f"{folder}/config", AWS_EC2_METADATA_DISABLED="true",
                       AWS_SHARED_CREDENTIALS_FILE=f"{folder}/credentials", **variables)
    return environment


def check_stricter(program, folder, setting):
    variable, key, value = setting
    region = "" if key == "region" else "region = us-east-1\n"
    for config, variables, name in (
            (f"[default]\n{region}", {variable: value}, variable),
            (f"[default]\n{region}{key} = {value}\n", {},
             "the profile" if key == "region" else f"{key} of the profile")):
        mine = ours(program, surroundings(folder, config, "", variables), None)
        if mine["config_error"] != "usage" or name not in mine["message"] + mine["hint"]:
            print(f"{name} = {value}: {mine}")
            return False
    return True


def check(program, folder, case):
    name, config, credentials, variables, profile = case
    environment = surroundings(folder, config, credentials, variables)
    mine = ours(program, environment, profile)
    asks_endpoints = "endpoint" in (config + str(variables)).lower()  # a client takes long to make
    if asks_endpoints and not hasattr(botocore.configprovider, "ConfiguredEndpointProvider"):
        return True  # this botocore is older than AWS_ENDPOINT_URL
    its = botocores(environment, profile, asks_endpoints)
    its = {"config_error": its.pop("config_error"), **its}
    found = list(differences(mine, its))
    for line in found:
        print(f"{name}: {line}\n   {mine['message']}")
    return not found


def main():
    with tempfile.TemporaryDirectory() as folder:
        good = [check(sys.argv[1], folder, case) for case in CASES]
        good += [check_stricter(sys.argv[1], folder, setting) for setting in STRICTER]
    if not all(good):
        sys.exit(f"{good.count(False)} of {len(good)} cases differ")
    print(f"{len(CASES)} cases, equal to botocore's; {len(STRICTER)} settings refused")


main()
