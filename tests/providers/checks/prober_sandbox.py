"""All kinds of checks at once against the sandbox: what a plan is rehearsed with."""
import sys

import stage
import tool

ASK, PROGRAM = sys.argv[1:]
SCENARIO = """sandbox: 1
conditions:
  replay_lag: 42s
  source: {documents: 10000}
  target: {cluster: yellow, documents: 9990}
"""


def checks(endpoint):
    source, target = (f"{endpoint}/clusters/{arm}" for arm in ("source", "target"))
    lag = {"namespace": "OpenSearchMigrations", "metric": "lagBetweenSourceAndTargetRequests",
           "dimensions": {"OTelLib": "replayer", "qualifier": "sandbox"}, "statistic": "Maximum"}
    return (
        ({"url": target + "/_cluster/health", "json": "/status", "one_of": ["green"]}, "red",
         '/status is "yellow", wanted green'),
        ({"url": source + "/_cluster/health", "json": "/number_of_nodes", "at_least": "3"},
         "green", "/number_of_nodes is 3"),
        ({"source": source, "target": target}, "red",
         "1 of 2 indices differs: orders (source 10000, target 9990)"),
        ({"source": source + "/", "target": target, "tolerate": 1000}, "green",
         "2 indices agree (source 15000, target 14990 documents)"),
        ({"source": source, "target": target, "indices": "cust*"}, "green",
         "1 index agrees (source 5000, target 5000 documents)"),
        ({"source": source, "target": target, "indices": "none*"}, "silent", "nothing to compare"),
        ({**lag, "below": "60000"}, "green", "Maximum 42000 in 10m"),
        ({**lag, "below": "42000"}, "red", "wanted below 42000"),
        ({**lag, "below": "1", "metric": "unheard"}, "silent", "no data in 10m"),
    )


with stage.folder() as folder:
    with open(f"{folder}/scenario.yaml", "w", encoding="utf-8") as file:
        file.write(SCENARIO)
    with tool.sandbox(PROGRAM, "--speed", "1", "--scenario", f"{folder}/scenario.yaml") as sandbox:
        with stage.prober(ASK, **sandbox.exports) as ask:
            rows = checks(sandbox.endpoint)
            for _ in range(2):
                for (check, verdict, part), got in zip(rows, ask.ask(*[r[0] for r in rows])):
                    stage.expect(got, verdict, part)
print("checks of every kind agree with the sandbox's conditions")
