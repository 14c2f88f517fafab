"""Only botocore's right signatures open the sandbox; each wrong one gets AWS's own error.
Argument: the driver."""
import datetime
import sys
import unittest

import judges

judges.need("boto3", "botocore")
import botocore  # noqa: E402
import botocore.exceptions  # noqa: E402
import sandbox_driver  # noqa: E402

DRIVER = sys.argv[1]
CALLS = {"ecs": ("list_clusters", {}), "elbv2": ("describe_load_balancers", {}),
         "cloudwatch": ("list_metrics", {}), "sts": ("get_caller_identity", {})}
# by protocol: JSON services, Query services
CODES = {
    "none": ("MissingAuthenticationTokenException", "MissingAuthenticationToken"),
    "key": ("UnrecognizedClientException", "InvalidClientTokenId"),
    "secret": ("InvalidSignatureException", "SignatureDoesNotMatch"),
    "expired": ("InvalidSignatureException", "RequestExpired"),
    "ended": ("ExpiredTokenException", "ExpiredToken"),
}


class Signatures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.running = sandbox_driver.sandbox(DRIVER)
        cls.sandbox = cls.running.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.running.__exit__(None, None, None)

    def call(self, service, change=None, **options):
        client = self.sandbox.client(service, **options)
        if change:
            client.meta.events.register("before-send.*.*", change)
        name, arguments = CALLS[service]
        return getattr(client, name)(**arguments)

    def refused(self, row, change=None, **options):
        for service in CALLS:
            with self.subTest(service=service):
                with self.assertRaises(botocore.exceptions.ClientError) as caught:
                    self.call(service, change, **options)
                error = caught.exception.response["Error"]
                self.assertIn(error["Code"], CODES[row])
                self.assertTrue(error["Message"])

    def test_right(self):
        for service in CALLS:
            self.call(service)

    def test_wrong(self):
        self.refused("secret", aws_secret_access_key="another")
        self.refused("key", aws_access_key_id="AKIDANOTHER")
        self.refused("key", aws_session_token="none was given")
        self.refused("secret", region_name="eu-west-1")

    def test_temporary(self):
        """Keys with a session token that says when they end."""
        for service in CALLS:
            self.call(service, aws_session_token=token(60))
        self.refused("ended", aws_session_token=token(-1))
        self.refused("secret", aws_session_token=token(-1), aws_secret_access_key="another")
        self.refused("key", aws_session_token=token(60)[:-1])
        self.refused("key", aws_session_token=token(60)[1:])

        def another_token(request, **_):
            request.headers["X-Amz-Security-Token"] = token(600)

        def unsigned_token(request, **_):
            request.headers["X-Amz-Security-Token"] = token(60)
        self.refused("secret", another_token, aws_session_token=token(60))
        self.refused("secret", unsigned_token)

    def test_unsigned(self):
        self.refused("none", config={"signature_version": botocore.UNSIGNED})

    def test_changed_on_the_way(self):
        def body(request, **_):
            last = " " if isinstance(request.body, str) else b" "
            request.body = request.body[:-1] + last  # as long as before

        def path(request, **_):
            request.url = request.url + "?a=b"
        for change in (body, path):
            self.refused("secret", change)

    def test_time(self):
        """Real time, five minutes either way, whatever the world's clock says."""
        for minutes, good in ((-4, True), (4, True), (-6, False), (6, False), (-600, False)):
            with self.subTest(minutes=minutes), shifted(minutes):
                if good:
                    self.call("elbv2")
                else:
                    self.refused("expired")


def token(seconds):
    """The session token of the sandbox's keys that end so many seconds from now."""
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return f"sandbox-until-{end:%Y-%m-%dT%H:%M:%SZ}"


class shifted:
    """botocore's signer believes that it is earlier or later."""

    def __init__(self, minutes):
        self.by = datetime.timedelta(minutes=minutes)

    def __enter__(self):
        import botocore.auth
        self.module, by = botocore.auth, self.by
        if hasattr(self.module, "get_current_datetime"):
            self.name, self.real = "get_current_datetime", self.module.get_current_datetime
            real = self.real
            setattr(self.module, self.name, lambda *a, **k: real(*a, **k) + by)
        else:
            self.name, self.real = "datetime", self.module.datetime

            class Shifted(datetime.datetime):
                @classmethod
                def utcnow(cls):
                    return datetime.datetime.now(datetime.timezone.utc).replace(
                        tzinfo=None) + by

            class Module:
                datetime = Shifted
            setattr(self.module, self.name, Module)

    def __exit__(self, *_):
        setattr(self.module, self.name, self.real)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
