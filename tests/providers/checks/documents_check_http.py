"""The check `documents` over servers that Python's library makes: what both clusters are sent, and
answers as the engines give them."""
import json
import sys
import urllib.parse

import stage

PROGRAM = sys.argv[1]
TOKEN = "canary-token-4f1d9a77e2"
BEARER = {"bearer": "SWITCHOVER_SECRET_TOKEN"}


def cluster(counts, status=200):
    """As _cat/indices answers with format=json: counts are texts; closed indices have none."""
    def answer(request):
        url = urllib.parse.urlsplit(request.path)
        query = urllib.parse.parse_qs(url.query)
        assert query["format"] == ["json"], query
        columns = query["h"][0].split(",")
        rows = [{"index": name, "status": "open" if count is not None else "close",
                 "docs.count": count, "health": "green"} for name, count in counts.items()]
        return status, {"Content-Type": "application/json; charset=UTF-8"}, json.dumps(
            [{c: row[c] for c in columns} for row in rows])
    return answer


def main(ask):
    same = {"orders": "12", "\u00e4pfel": "3", "closed": None}
    with stage.serving(cluster(same)) as source, stage.serving(cluster(same)) as target:
        both = {"source": source.url("/base/"), "target": target.url("")}
        stage.expect(ask.one(**both, indices="\u00e4*,or?ers", **BEARER), "green",
                     "2 indices agree (source 15, target 15 documents)")
        for server, path in ((source, "/base/_cat/indices/"), (target, "/_cat/indices/")):
            (seen, _), = server.requests
            assert seen.startswith(path), seen
            pattern = urllib.parse.unquote(urllib.parse.urlsplit(seen).path)[len(path):]
            assert pattern == "\u00e4*,or?ers", pattern
            assert server.headers("Authorization") == [["Bearer " + TOKEN]]
    many = {f"index-{i:05}": str(i) for i in range(12000)}
    with stage.serving(cluster(many)) as source, \
            stage.serving(cluster({**many, "index-00007": "8", TOKEN: "1"})) as target:
        got = ask.one(source=source.url(), target=target.url(), **BEARER)
        stage.expect(got, "red", "2 of 12001 indices differ: [SWITCHOVER_SECRET_TOKEN] (missing on "
                                 "the source), index-00007 (source 7, target 8)")
    with stage.serving(cluster({"a": "1"})) as source, \
            stage.serving(cluster({}, status=401)) as target:
        stage.expect(ask.one(source=source.url(), target=target.url()), "silent",
                     "target: status 401, wanted 200")
    with stage.serving(cluster({})) as source:
        gone = source.url()
    with stage.serving(cluster({"a": "1"})) as target:
        stage.expect(ask.one(source=gone, target=target.url()), "silent",
                     "source: cannot reach 127.0.0.1")
    assert TOKEN not in ask.said


with stage.prober(PROGRAM, SWITCHOVER_SECRET_TOKEN=TOKEN) as asked:
    main(asked)
print("documents checks: both clusters were asked as the engines want it")
