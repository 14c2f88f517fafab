"""The check `metric`: the verdicts over data that moto keeps and adds up, and over answers of a
server of the test's own, which notes what it is asked."""
import datetime
import sys
import urllib.parse

import judges
import stage

PROGRAM = sys.argv[1]
judges.need("boto3", "moto")

QUEUE = {"namespace": "X", "metric": "Queue", "dimensions": {"A": "b", "C": "d"}}
NOW = datetime.datetime.now(datetime.timezone.utc).replace(second=0, microsecond=0)
SETTLED = 3  # minutes; one more where the minute ends while the test runs


def put(client, name, minutes_ago, value, dimensions=None):
    client.put_metric_data(Namespace="X", MetricData=[{
        "MetricName": name, "Value": value,
        "Timestamp": NOW - datetime.timedelta(minutes=minutes_ago),
        "Dimensions": [{"Name": n, "Value": v}
                       for n, v in (dimensions or QUEUE["dimensions"]).items()]}])


def over_moto():
    with judges.moto() as moto:
        client = moto.client("cloudwatch")
        for ago, value in ((1, 99999), (6, 10), (8, 30.5), (11, 2), (30, 500)):
            put(client, "Queue", ago, value)
        put(client, "Queue", 6, 77777, {"A": "other"})
        put(client, "Big", 6, 9007199254740992)
        with stage.prober(PROGRAM, AWS_ENDPOINT_URL=moto.endpoint) as ask:
            for more, verdict, words in (
                    ({"statistic": "Maximum", "below": "30.6"}, "green", "Maximum 30.5 in 10m"),
                    ({"statistic": "Maximum", "below": "30.5"}, "red",
                     "Maximum 30.5 in 10m, wanted below 30.5"),
                    ({"statistic": "Minimum", "below": "3"}, "green", "Minimum 2 in 10m"),
                    ({"statistic": "Sum", "below": "42.5"}, "red",
                     "Sum 42.5 in 10m, wanted below 42.5"),
                    ({"statistic": "SampleCount", "below": "4"}, "green", "SampleCount 3 in 10m"),
                    ({"statistic": "Maximum", "below": "100", "minutes": 40}, "red",
                     "Maximum 500 in 40m, wanted below 100"),
                    ({"statistic": "Maximum", "below": "100", "minutes": 1}, "silent",
                     "no data in 1m"),
                    ({"statistic": "Maximum", "below": "100", "metric": "Nothing"}, "silent",
                     "no data in 10m"),
                    ({"statistic": "Maximum", "below": "100", "dimensions": {"A": "b"}}, "silent",
                     "no data in 10m"),
                    ({"statistic": "Maximum", "below": "9007199254740992", "metric": "Big"}, "red",
                     None)):
                got = ask.one(**{**QUEUE, **more})
                assert got[0] == verdict and words in (None, got[1]), (more, got)


HEAD = '<GetMetricDataResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/">' \
       "<GetMetricDataResult>"
TAIL = "</GetMetricDataResult></GetMetricDataResponse>"


def result(name, values, status="Complete"):
    points = "".join(f"<member>{v}</member>" for v in values)
    return f"<member><Id>{name}</Id><StatusCode>{status}</StatusCode><Timestamps/>" \
           f"<Values>{points}</Values></member>"


def page(*results, token=None):
    more = f"<NextToken>{token}</NextToken>" if token else ""
    return f"{HEAD}<MetricDataResults>{''.join(results)}</MetricDataResults>{more}{TAIL}"


class CloudWatch:
    """Answers from a list, in turn; keeps what it was asked."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    def __call__(self, request):
        body = request.rfile.read(int(request.headers["Content-Length"])).decode()
        self.asked.append(dict(urllib.parse.parse_qsl(body)))
        answer = self.answers.pop(0)
        return answer if isinstance(answer, tuple) else (200, {}, answer)


def one_answer(*answers, checks=None):
    cloudwatch = CloudWatch(*answers)
    with stage.serving(cloudwatch) as server, \
            stage.prober(PROGRAM, AWS_ENDPOINT_URL=server.url(),
                         AWS_MAX_ATTEMPTS="1") as ask:
        got = ask.ask(*(checks or [{**QUEUE, "statistic": "p90", "below": "60000"}]))
    assert not cloudwatch.answers, "it was not asked often enough"
    return got, cloudwatch.asked


def answers():
    denied = (403, {}, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>User: x is not "
                       "authorized to perform: cloudwatch:GetMetricData</Message></Error>"
                       "<RequestId>r</RequestId></ErrorResponse>")
    for said, verdict, part in (
            ([page(result("q0", ["59999.0"]))], "green", "p90 59999 in 10m"),
            ([page(result("q0", ["5.9999999E4"]))], "green", "p90 5.9999999E4 in 10m"),
            ([page(result("q0", ["6.0E4"]))], "red", "p90 6.0E4 in 10m, wanted below 60000"),
            ([page(result("q0", ["1.0", "60000.0"]))], "red", "p90 60000 in 10m"),
            ([page(result("q0", ["60000.0", "1.0"]))], "red", "p90 60000 in 10m"),
            ([page(result("q0", []))], "silent", "no data in 10m"),
            ([page(result("q0", ["1.0"], "PartialData"))], "silent", "completely (PartialData)"),
            ([page(result("q0", [], "InternalError"))], "silent", "completely (InternalError)"),
            ([page(result("q0", [], "Forbidden"))], "silent", "completely (Forbidden)"),
            ([page()], "silent", "completely (nothing about this metric)"),
            ([page(result("q1", ["1.0"]))], "silent", 'nobody asked for "q1"'),
            ([page(result("q0", ["NaN"]))], "silent", "not readable"),
            ([page(result("q0", ["1", "2", "3"]))], "silent", "more than 2 points"),
            (["<html>"], "silent", "not readable"),
            ([denied], "silent", "cloudwatch:GetMetricData"),
            ([page(result("q0", [], "PartialData"), token="t/+="), page(result("q0", ["1.0"]))],
             "green", "p90 1 in 10m")):
        got, asked = one_answer(*said)
        stage.expect(got[0], verdict, part)
        assert len(asked) == len(said) and asked[-1].get("NextToken") == (
            "t/+=" if len(said) > 1 else None), asked


def requests():
    """One request for all checks of a stretch of time, which ends where minutes are settled."""
    checks = [{**QUEUE, "statistic": "Maximum", "below": "5"},
              {**QUEUE, "statistic": "Average", "below": "5", "minutes": 10},
              {**QUEUE, "statistic": "Sum", "below": "5", "dimensions": {}}]
    got, asked = one_answer(page(result("q2", ["9.0"]), result("q0", ["1.0"]),
                                 result("q1", ["2.0"])), checks=checks)
    assert [verdict for verdict, _ in got] == ["green", "green", "red"], got
    assert len(asked) == 1, asked
    start, end = (datetime.datetime.fromisoformat(asked[0][k].replace("Z", "+00:00"))
                  for k in ("StartTime", "EndTime"))
    now = datetime.datetime.now(datetime.timezone.utc)
    assert end - start == datetime.timedelta(minutes=10) and end.second == 0, asked
    assert datetime.timedelta(minutes=3) <= now - end < datetime.timedelta(minutes=5), (now, end)
    second = "MetricDataQueries.member.2."
    query = {k[len(second):]: v for k, v in asked[0].items() if k.startswith(second)}
    metric = "MetricStat.Metric."
    assert query == {"Id": "q1", "MetricStat.Period": "600", "MetricStat.Stat": "Average",
                     metric + "Namespace": "X", metric + "MetricName": "Queue",
                     metric + "Dimensions.member.1.Name": "A",
                     metric + "Dimensions.member.1.Value": "b",
                     metric + "Dimensions.member.2.Name": "C",
                     metric + "Dimensions.member.2.Value": "d"}, query
    got, asked = one_answer(page(result("q0", ["1.0"])), page(result("q0", ["1.0"])), checks=[
        {**QUEUE, "statistic": "Maximum", "below": "5"},
        {**QUEUE, "statistic": "Maximum", "below": "5", "minutes": 20}])
    assert sorted(a["MetricDataQueries.member.1.MetricStat.Period"] for a in asked) == \
        ["1200", "600"], asked


answers()
requests()
over_moto()
with stage.prober(PROGRAM) as nobody:
    stage.expect(nobody.one(**QUEUE, statistic="Sum", below="1"), "silent", "nobody asks AWS")
print("metric checks agree with moto, and with answers of every shape")
