"""Holds the hosts of every region that botocore knows, with and without FIPS, dual-stack and the
one STS of old, against those that its clients would call.

usage: endpoint_botocore.py PROGRAM  (endpoint_print)
"""
import itertools
import os
import subprocess
import sys

import judges

judges.need("botocore")
import botocore.config  # noqa: E402
import botocore.exceptions  # noqa: E402
import botocore.session  # noqa: E402

SERVICES = {"ecs": "ecs", "elbv2": "elasticloadbalancing", "cloudwatch": "monitoring",
            "sts": "sts", "sso": "portal.sso", "sso-oidc": "oidc"}
# What stands for a partition or for its FIPS hosts in old settings: botocore makes up a host of
# the first that no name server knows, or takes the second apart; ours is an error.
NO_REGIONS = ["aws-global", "aws-cn-global", "fips-us-gov-west-1", "us-east-1-fips", "a/b", "A"]
UNKNOWN = ["us-east-9", "mx-west-3", "cn-south-7", "us-gov-north-1", "us-iso-south-2"]


def regions(session):
    for partition in session.get_available_partitions():
        for service in ("ec2", "sts", "ecs"):
            yield from session.get_available_regions(service, partition)


def botocores(session, service, region, fips, dualstack):
    """URL and region of the signature, or None where it refuses."""
    config = botocore.config.Config(use_fips_endpoint=fips, use_dualstack_endpoint=dualstack)
    try:
        client = session.create_client(service, region_name=region, config=config,
                                       aws_access_key_id="A", aws_secret_access_key="B")
    except botocore.exceptions.EndpointVariantError:
        return None
    model = client.meta.service_model
    context = {}
    url = client._resolve_endpoint_ruleset(model.operation_model(model.operation_names[0]), {},
                                           context)[0]
    return f"{url}/ {context.get('signing', {}).get('region', region)}"


def questions(session):
    names = sorted({*regions(session), *UNKNOWN})
    for region, service, fips, dualstack in itertools.product(names, SERVICES, (0, 1), (0, 1)):
        yield service, region, fips, dualstack


def main():
    for name in [n for n in os.environ if n.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(AWS_CONFIG_FILE="/dev/null", AWS_SHARED_CREDENTIALS_FILE="/dev/null")
    asked = []
    for legacy in (0, 1):
        os.environ["AWS_STS_REGIONAL_ENDPOINTS"] = "legacy" if legacy else "regional"
        session = botocore.session.Session()
        for service, region, fips, dualstack in questions(session):
            if legacy and service != "sts":
                continue
            asked.append((f"{fips} {dualstack} {legacy} {region} {SERVICES[service]}",
                          botocores(session, service, region, bool(fips), bool(dualstack))))
    asked += [(f"0 0 0 {region} {service}", None)
              for region in NO_REGIONS for service in SERVICES.values()]
    lines = "".join(f"{question}\n" for question, _ in asked)
    run = subprocess.run([sys.argv[1]], input=lines, capture_output=True, text=True, check=True)
    wrong = []
    for (question, expected), got in zip(asked, run.stdout.splitlines(), strict=True):
        if expected != got and (expected or not got.startswith("error ")):
            wrong.append(f"{question}: {got}, botocore has {expected}")
        _, dualstack, _, region, _ = question.split()
        if not expected and region not in NO_REGIONS and (
                dualstack != "1" or "AWS_USE_DUALSTACK_ENDPOINT" not in got):
            wrong.append(f"{question}: {got} does not name the setting")
    if wrong:
        sys.exit("\n".join(wrong))
    refused = sum(expected is None for _, expected in asked)
    print(f"{len(asked)} hosts, equal to botocore's; {refused} of them refused")


main()
