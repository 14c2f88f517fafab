"""ELBv2 throttles: AWS's bucket of the account holds 40 tokens and gets 10 a second, of which others
take half (5). The plan still comes, and asks no more often than it must.

usage: plan_throttled.py SWITCHOVER DELAY_PROXY
"""
import os
import sys
import tempfile
import types

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.append(os.path.join(TESTS, "bench"))
import far  # noqa: E402
import throttled  # noqa: E402

PROGRAM, DELAY_PROXY = (os.path.abspath(path) for path in sys.argv[1:3])
READS = 14  # of a plan that nobody throttles


def test_half_of_the_bucket_is_enough(setting):
    for plan in throttled.bucket(setting, left=20, plans=1):
        assert plan["came"] and plan["throttled"] == 0 and plan["requests"] == READS, plan


def test_it_comes_out_of_an_empty_bucket(setting):
    plan, = throttled.bucket(setting, left=0, plans=1)
    assert plan["came"] and plan["throttled"] > 0, plan
    assert plan["requests"] == READS + plan["throttled"] <= 4 * READS, plan
    assert plan["peak"] <= 2 * READS, plan
    print(f"  {plan['requests']} requests, {plan['throttled']} refused, {plan['peak']} in one second,"
          f" {plan['wall']:.1f} s")


def test_one_after_the_other_keeps_coming(setting):
    for plan in throttled.bucket(setting, left=20, plans=4):
        assert plan["came"] and plan["requests"] <= 4 * READS, plan
        print(f"  {plan['requests']} requests, {plan['throttled']} refused, {plan['wall']:.1f} s")


def main():
    with tempfile.TemporaryDirectory() as folder, far.proxy(DELAY_PROXY, folder) as proxy:
        for name, test in list(globals().items()):
            if name.startswith("test_"):
                print(name, flush=True)
                test(types.SimpleNamespace(tool=PROGRAM, proxy=proxy))


main()
