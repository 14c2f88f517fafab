"""The AWS CLI walks through the runbook on the sandbox, as an operator would. Argument: the driver."""
import json
import shutil
import subprocess
import sys
import unittest

import judges

if not shutil.which("aws"):
    judges.skip("the AWS CLI is not installed")
import sandbox_driver  # noqa: E402

DRIVER = sys.argv[1]
CLUSTER = "migration-sandbox-ecs-cluster"
SOURCE, TARGET = "migration-sandbox-capture-proxy", "migration-sandbox-target-cluster-proxy"


class Runbook(unittest.TestCase):
    def run_aws(self, *arguments):
        pager = ["--no-cli-pager"] if self.version_2 else []
        # Named here as well: an older one does not know AWS_ENDPOINT_URL and would ask AWS.
        return subprocess.run(["aws", "--endpoint-url", self.sandbox.endpoint, *arguments,
                               "--output", "json", *pager],
                              env=self.sandbox.environment(), capture_output=True, text=True,
                              timeout=120, check=False)

    def aws(self, *arguments):
        done = self.run_aws(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def health(self, group):
        answer = self.aws("elbv2", "describe-target-health", "--target-group-arn", group)
        return [target["TargetHealth"]["State"] for target in answer["TargetHealthDescriptions"]]

    def sum(self, name, dimensions, start, end):
        query = [{"Id": "q", "MetricStat": {
            "Metric": {"Namespace": "AWS/ApplicationELB", "MetricName": name, "Dimensions": [
                {"Name": key, "Value": value} for key, value in dimensions.items()]},
            "Period": 60, "Stat": "Sum"}}]
        answer = self.aws("cloudwatch", "get-metric-data", "--start-time", start, "--end-time", end,
                          "--metric-data-queries", json.dumps(query))
        return answer["MetricDataResults"][0]["Values"]

    def test_runbook(self):
        said = subprocess.run(["aws", "--version"], capture_output=True, text=True, check=True)
        self.version_2 = "aws-cli/2" in said.stdout
        with sandbox_driver.sandbox(DRIVER) as self.sandbox:
            self.walk()

    def walk(self):
        # 1, 2: the services and their counts
        answer = self.aws("ecs", "describe-services", "--cluster", CLUSTER, "--services", SOURCE,
                          TARGET)
        self.assertEqual([service["desiredCount"] for service in answer["services"]], [2, 0])
        self.aws("ecs", "update-service", "--cluster", CLUSTER, "--service", TARGET,
                 "--desired-count", "2")
        self.sandbox.advance(120)

        # 3, 5: the load balancer and its groups
        answer = self.aws("elbv2", "describe-load-balancers", "--names",
                          "MigrationAssistant-sandbox")
        load_balancer = answer["LoadBalancers"][0]["LoadBalancerArn"]
        answer = self.aws("elbv2", "describe-target-groups", "--names", "ALBSourceProxy-sandbox-TG",
                          "ALBTargetProxy-sandbox-TG")
        source, target = [group["TargetGroupArn"] for group in answer["TargetGroups"]]

        # 4, 6: its metrics
        now = self.sandbox.dump()["now_at"] // 60000 * 60000
        start = sandbox_driver.instant(now - 600000).isoformat()
        end = sandbox_driver.instant(now).isoformat()
        balancer = {"LoadBalancer": load_balancer.split("loadbalancer/")[1]}
        group = {**balancer, "TargetGroup": source.split(":")[-1]}
        for name in ("ActiveConnectionCount", "NewConnectionCount"):
            self.assertGreater(min(self.sum(name, balancer, start, end)), 0)
        self.assertGreaterEqual(len(self.sum("RequestCount", group, start, end)), 8)

        # 7: the target's health
        self.assertEqual(self.health(target), ["healthy", "healthy"])

        # 8 to 11: the default rule
        answer = self.aws("elbv2", "describe-listeners", "--load-balancer-arn", load_balancer)
        [listener] = [each for each in answer["Listeners"] if each["Port"] == 9200]
        arn, origin = listener["ListenerArn"], listener["DefaultActions"]
        shift = [{"Type": "forward", "ForwardConfig": {"TargetGroups": [
            {"TargetGroupArn": source, "Weight": 0}, {"TargetGroupArn": target, "Weight": 1}]}}]
        self.aws("elbv2", "modify-listener", "--listener-arn", arn, "--default-actions",
                 json.dumps(shift))

        # 12: traffic has moved
        self.sandbox.advance(600)
        start = sandbox_driver.instant(now + 180000).isoformat()
        end = sandbox_driver.instant(now + 480000).isoformat()
        self.assertEqual(self.sum("RequestCount", group, start, end), [])
        group["TargetGroup"] = target.split(":")[-1]
        self.assertEqual(len(self.sum("RequestCount", group, start, end)), 5)

        # fallback
        self.aws("elbv2", "modify-listener", "--listener-arn", arn, "--default-actions",
                 json.dumps(origin))
        answer = self.aws("elbv2", "describe-listeners", "--listener-arns", arn)
        self.assertEqual(answer["Listeners"][0]["DefaultActions"], origin)

        # what is wrong is said as AWS says it
        done = self.run_aws("elbv2", "describe-target-groups", "--names", "no-such")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("(TargetGroupNotFound)", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
