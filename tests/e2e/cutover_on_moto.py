"""The real program against moto, which this project did not write: a deployment is built with
boto3, switched over and taken back, and the outcome is read back with boto3. Every request on the
way is held against botocore's models, its signature made again by botocore and verified by moto.

usage: cutover_on_moto.py SWITCHOVER
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

import judges
import recorder

judges.need("botocore", "boto3", "moto")

SWITCHOVER = os.path.realpath(sys.argv[1])
PLAN = """switchover: 1
stage: prod
traffic:
  steps:
    - {target: 10, hold: 0s}
    - {target: 100, hold: 0s}
drain: {quiet_for: 0s}
"""
MUTATIONS = ("UpdateService", "ModifyListener")


class Place:
    """A folder, a deployment in moto, the recorder in between, and the program."""

    def __init__(self, moto, station, folder, **deployment):
        moto.reset()
        self.moto, self.station, self.folder = moto, station, folder
        self.deployment = judges.Deployment(moto, **deployment)
        # moto starts no tasks, so the targets of those to come are there beforehand.
        self.deployment.register("target", 2)
        self.deployment.put_traffic({"source": 600}, minutes=62)
        self.write("prod.yaml", PLAN)
        self.keys = make_user(moto)
        self.before = self.deployment.default_actions()

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def run(self, *arguments, exit_code=0):
        """Runs the program; answers what it printed, and the mutations that it sent."""
        self.station.forget()
        access_key, secret_key = self.keys
        env = judges.environment(self.station.endpoint, HOME=self.folder,
                                 AWS_ACCESS_KEY_ID=access_key, AWS_SECRET_ACCESS_KEY=secret_key)
        begun = time.monotonic()
        with self.moto.check_signatures():
            done = subprocess.run([SWITCHOVER, *arguments], cwd=self.folder, env=env, timeout=240,
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  check=False)
        print(f"  {time.monotonic() - begun:4.1f} s  {' '.join(arguments)}", flush=True)
        said = f"{arguments}\n-- out\n{done.stdout}\n-- err\n{done.stderr}"
        assert done.returncode == exit_code, f"exit {done.returncode}, not {exit_code}: {said}"
        judged = recorder.judge(self.station.exchanges, access_key=access_key,
                                secret_key=secret_key)
        refused = [exchange.answer for exchange in self.station.exchanges
                   if exchange.status in (400, 403)]
        assert not refused, f"{refused[0]}: {said}"
        self.said = said
        return done.stdout, [value for _, name, value in judged if name in MUTATIONS]


def make_user(moto):
    """Somebody who may do everything, so that moto has keys to verify signatures with."""
    iam = moto.client("iam")
    iam.create_user(UserName="operator")
    policy = {"Version": "2012-10-17",
              "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam.put_user_policy(UserName="operator", PolicyName="all", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName="operator")["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


def sent_weights(place, mutation):
    arms = {arn: arm for arm, arn in place.deployment.groups.items()}
    assert mutation["ListenerArn"] == place.deployment.listener
    groups = mutation["DefaultActions"][-1]["ForwardConfig"]["TargetGroups"]
    return {arms[group["TargetGroupArn"]]: group["Weight"] for group in groups}


def switches_over_and_back(place):
    deployment = place.deployment
    _, sent = place.run("validate", "prod.yaml")
    assert not sent and not place.station.exchanges

    _, sent = place.run("plan", "prod.yaml", "--detailed-exitcode", exit_code=2)
    assert not sent and deployment.default_actions() == place.before
    # DESIGN, section 7: eleven requests, and one more for each listener.
    assert len(place.station.exchanges) == 11 + len(deployment.listeners), (
        place.station.operations())

    out, sent = place.run("plan", "prod.yaml", "--json", "--out", "prod.plan")
    assert not sent
    changes = [change["address"] for change in json.loads(out)["changes"]]
    assert changes == ["scale[target]", "baseline", "shift[10%]", "shift[100%]"], changes

    _, sent = place.run("apply", "prod.yaml", "--auto-approve")
    assert [value.get("desiredCount") for value in sent] == [2, None, None], sent
    assert sent[0]["service"].split("/")[-1] == deployment.services["target"]
    assert sent_weights(place, sent[1]) == {"source": 900, "target": 100}
    assert sent_weights(place, sent[2]) == {"source": 0, "target": 1}
    assert deployment.weights() == {"source": 0, "target": 1}
    assert deployment.desired("target") == 2 and deployment.desired("source") == 2
    assert deployment.weights(9201) == {"source": 1} and deployment.weights(9202) == {"target": 1}

    _, sent = place.run("apply", "prod.yaml", "--auto-approve")
    assert not sent, "a second apply has nothing to do"
    place.run("status", "prod.yaml")
    place.run("show", "prod.state.json")

    _, sent = place.run("revert", "prod.yaml", "--auto-approve")
    assert len(sent) == 1 and sent_weights(place, sent[0]) == {"source": 1, "target": 0}, sent
    assert deployment.default_actions() == place.before, "every byte of it is back"
    assert deployment.desired("target") == 2, "counts stay unless restore_counts asks"


def a_saved_plan_goes_over_and_back(place):
    place.run("plan", "prod.yaml", "--out", "prod.plan")
    _, sent = place.run("apply", "prod.plan", "--auto-approve")
    assert len(sent) == 3 and place.deployment.weights() == {"source": 0, "target": 1}
    os.unlink(os.path.join(place.folder, "prod.state.json"))
    _, sent = place.run("revert", "prod.plan", "--auto-approve")
    assert place.deployment.default_actions() == place.before


def drift_is_seen_before_anything_is_sent(place):
    place.run("plan", "prod.yaml", "--out", "prod.plan")
    deployment = place.deployment
    deployment.elb.modify_listener(ListenerArn=deployment.listener,
                                   DefaultActions=deployment.weighted(3, 1))
    _, sent = place.run("apply", "prod.plan", "--auto-approve", exit_code=4)
    assert not sent and deployment.weights() == {"source": 3, "target": 1}


def the_aws_cli_can_do_the_same_fallback(place):
    """`revert --print-aws`, for the day this tool cannot run: its commands, run by a shell."""
    aws = shutil.which("aws")
    if not aws:
        print("  left out: the AWS CLI is not installed")
        return
    place.run("apply", "prod.yaml", "--auto-approve")
    out, sent = place.run("revert", "prod.yaml", "--print-aws")
    assert not sent and "modify-listener" in out, out
    env = judges.environment(place.moto.endpoint, AWS_PAGER="",
                             PATH=os.path.dirname(aws) + os.pathsep + os.environ["PATH"])
    subprocess.run(["sh", "-eu", "-c", out], env=env, check=True, stdout=subprocess.DEVNULL)
    assert place.deployment.default_actions() == place.before


def an_unknown_name_is_one_clear_message(place):
    place.write("prod.yaml", PLAN + "source: {service: no-such-service}\n")
    for command, code in ((["plan", "prod.yaml"], 1),
                          (["apply", "prod.yaml", "--auto-approve"], 3)):
        _, sent = place.run(*command, exit_code=code)
        assert not sent and "no-such-service" in place.said, place.said


def main():
    tests = [switches_over_and_back, a_saved_plan_goes_over_and_back,
             drift_is_seen_before_anything_is_sent, the_aws_cli_can_do_the_same_fallback,
             an_unknown_name_is_one_clear_message]
    with judges.moto() as moto, recorder.Recorder(moto.endpoint) as station:
        for test in tests:
            with tempfile.TemporaryDirectory() as folder:
                test(Place(moto, station, folder))
            print(f"ok {test.__name__}")


main()
