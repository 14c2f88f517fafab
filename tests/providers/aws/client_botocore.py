"""Holds the classes of errors and the back-off against botocore's.

usage: client_botocore.py PROGRAM  (retry_print)
"""
import subprocess
import sys

import judges

judges.need("botocore")
from botocore.retries import quota, standard  # noqa: E402

NONE, TRANSIENT, TIMEOUT, THROTTLED, PERMANENT = range(5)
OTHER_CODES = ["AccessDenied", "ValidationError", "ClusterNotFoundException", "InternalFailure",
               "ServiceUnavailable", "SignatureDoesNotMatch", "throttling", "Throttling2"]
STATUSES = [301, 302, 307, 400, 403, 404, 409, 413, 429, 500, 501, 502, 503, 504, 505, 520, 599]


def class_of(status, code):
    if code in standard.ThrottledRetryableChecker._THROTTLED_ERROR_CODES:
        return THROTTLED
    if (code in standard.TransientRetryableChecker._TRANSIENT_ERROR_CODES
            or status in standard.TransientRetryableChecker._TRANSIENT_STATUS_CODES):
        return TRANSIENT
    return PERMANENT


def classes():
    codes = set(OTHER_CODES)
    codes.update(standard.ThrottledRetryableChecker._THROTTLED_ERROR_CODES)
    codes.update(standard.TransientRetryableChecker._TRANSIENT_ERROR_CODES)
    for status in STATUSES:
        for code in sorted(codes):
            yield f"class {status} {code}", str(class_of(status, code))


def waits():
    for attempts in range(1, 12):
        for random in (0.0, 0.25, 0.5, 0.75):
            context = type("Context", (), {"attempt_number": attempts})
            backoff = standard.ExponentialBackoff(random=lambda r=random: r)
            yield f"wait {attempts} {random}", str(int(backoff.delay_amount(context) * 1000))


def main():
    assert standard.RetryQuotaChecker._RETRY_COST == 5
    assert standard.RetryQuotaChecker._TIMEOUT_RETRY_REQUEST == 10
    assert standard.RetryQuotaChecker._NO_RETRY_INCREMENT == 1
    assert quota.RetryQuota.INITIAL_CAPACITY == 500
    assert standard.DEFAULT_MAX_ATTEMPTS == 3
    asked = [*classes(), *waits()]
    lines = "".join(f"{question}\n" for question, _ in asked)
    run = subprocess.run([sys.argv[1]], input=lines, capture_output=True, text=True, check=True)
    wrong = [f"{question}: {got}, botocore has {expected}"
             for (question, expected), got in zip(asked, run.stdout.splitlines(), strict=True)
             if got != expected]
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"{len(asked)} answers, equal to botocore's")


main()
