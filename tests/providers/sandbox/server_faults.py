"""What a scenario lets go wrong reaches botocore as it does from AWS, as often as it says; and the
world's clock runs as the sandbox says. Argument: the driver."""
import datetime
import sys
import tempfile
import time
import unittest

import judges

judges.need("boto3", "botocore")
import botocore.exceptions  # noqa: E402
import sandbox_driver  # noqa: E402

DRIVER = sys.argv[1]
CLUSTER = "migration-sandbox-ecs-cluster"
TARGET = "migration-sandbox-target-cluster-proxy"


class Faults(unittest.TestCase):
    def start(self, *lines, options=()):
        scenario = self.enterContext(tempfile.NamedTemporaryFile("w", suffix=".yaml"))
        scenario.write("\n".join(("sandbox: 1", *lines, "")))
        scenario.flush()
        running = sandbox_driver.sandbox(DRIVER, "--scenario", scenario.name, *options)
        self.sandbox = running.__enter__()
        self.addCleanup(running.__exit__, None, None, None)
        self.ecs = self.sandbox.client("ecs", config={"read_timeout": 5})
        self.elb = self.sandbox.client("elbv2", config={"read_timeout": 5})
        self.cloudwatch = self.sandbox.client("cloudwatch", config={"read_timeout": 5})

    def fault(self, answer, operation="*", **more):
        self.start("faults:", "  - {operation: \"%s\", answer: %s%s}" % (
            operation, answer, "".join(f", {key}: {value}" for key, value in more.items())))

    def code(self, call, **arguments):
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            call(**arguments)
        error = caught.exception.response
        return error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]

    def test_codes(self):
        rows = [
            ("access-denied", ("AccessDeniedException", 400), ("AccessDenied", 403)),
            ("throttling", ("ThrottlingException", 400), ("Throttling", 400)),
            ("server-error", ("ServerException", 500), ("InternalFailure", 500)),
            ("expired", ("ExpiredTokenException", 400), ("ExpiredToken", 403)),
        ]
        for answer, json, query in rows:
            with self.subTest(answer=answer):
                self.fault(answer, times="all")
                self.assertEqual(self.code(self.ecs.list_clusters), json)
                self.assertEqual(self.code(self.elb.describe_load_balancers), query)
                self.assertEqual(self.code(self.cloudwatch.list_metrics), json)

    def test_access_denied_names_the_action(self):
        self.fault("access-denied", times="all")
        rows = [(self.ecs.list_clusters, "ecs:ListClusters"),
                (self.elb.describe_load_balancers, "elasticloadbalancing:DescribeLoadBalancers"),
                (self.cloudwatch.list_metrics, "cloudwatch:ListMetrics")]
        for call, action in rows:
            with self.assertRaises(botocore.exceptions.ClientError) as caught:
                call()
            self.assertIn(f"not authorized to perform: {action}",
                          caught.exception.response["Error"]["Message"])

    def test_counts(self):
        self.fault("throttling", "ListClusters", skip=1, times=2)
        self.ecs.list_clusters()
        self.assertEqual(self.code(self.ecs.list_clusters)[0], "ThrottlingException")
        self.elb.describe_load_balancers()
        self.assertEqual(self.code(self.ecs.list_clusters)[0], "ThrottlingException")
        self.ecs.list_clusters()

    def test_a_page_for_people(self):
        self.fault("html")
        with self.assertRaises((botocore.exceptions.ClientError,
                                botocore.parsers.ResponseParserError)):
            self.elb.describe_load_balancers()
        self.elb.describe_load_balancers()

    def update(self):
        return self.ecs.update_service(cluster=CLUSTER, service=TARGET, desiredCount=2)

    def desired(self):
        return self.sandbox.dump()["services"][1]["desired"]

    def test_closed_before(self):
        self.fault("close", "UpdateService")
        with self.assertRaises(botocore.exceptions.HTTPClientError):
            self.update()
        self.assertEqual(self.desired(), 0)
        self.update()
        self.assertEqual(self.desired(), 2)

    def test_answer_lost(self):
        self.fault("lose-answer", "UpdateService")
        with self.assertRaises(botocore.exceptions.HTTPClientError):
            self.update()
        self.assertEqual(self.desired(), 2)

    def test_answer_cut(self):
        self.fault("cut-answer", "UpdateService")
        with self.assertRaises(botocore.exceptions.HTTPClientError):
            self.update()
        self.assertEqual(self.desired(), 2)

    def test_delay(self):
        self.fault("delay", "UpdateService", delay="1s")
        started = time.monotonic()
        self.update()
        self.assertGreater(time.monotonic() - started, 0.9)

    def test_a_refused_change_changes_nothing(self):
        self.fault("throttling", "ModifyListener")
        before = self.sandbox.dump()
        code = self.code(self.elb.modify_listener, ListenerArn=before["listeners"][0]["arn"],
                         DefaultActions=[{"Type": "forward",
                                          "TargetGroupArn": before["groups"][1]["arn"]}])
        self.assertEqual(code[0], "Throttling")
        self.assertEqual(self.sandbox.dump()["listeners"], before["listeners"])

    def test_the_clock(self):
        """World time is epoch + (now - epoch) x speed, by the line the tool is given."""
        self.start(options=("--speed", "600"))
        speed, epoch = self.sandbox.clock.split("@")
        self.assertEqual(speed, "600")
        self.assertRegex(epoch, r"^\d+\.\d{3}$")
        self.update()
        time.sleep(1)
        before = time.time()
        now = self.sandbox.dump()["now_at"] / 1000
        after = time.time()
        epoch = float(epoch)
        self.assertGreaterEqual(now, epoch + (before - epoch) * 600 - 2)
        self.assertLessEqual(now, epoch + (after - epoch) * 600 + 1)
        [service] = self.ecs.describe_services(cluster=CLUSTER, services=[TARGET])["services"]
        self.assertEqual(service["runningCount"], 2)  # ten minutes of world time have passed
        self.assertGreater(service["events"][0]["createdAt"],
                           datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
