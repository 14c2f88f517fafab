"""The benchmark's results as Markdown, ready for the README."""
import datetime
import os
import platform


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = next((line.split(":", 1)[1].strip() for line in file
                      if line.startswith("model name")), platform.machine())
    return {"system": f"{platform.system()} {platform.machine()}", "processors": os.cpu_count(),
            "model": model, "date": datetime.date.today().isoformat()}


def machine_line(of):
    return (f"{of['system']}, {of['processors']} processors ({of['model']}), {of['date']}; medians, "
            "with the least and the most behind them")


def in_ms(seconds):
    return f"{seconds * 1000:.0f}"


def spread(of):
    return f"{in_ms(of['median'])} ms ({in_ms(of['least'])}-{in_ms(of['most'])})"


def of_path(row):
    path = row["trips"] * row["delay"] / 1000
    return f"{row['switchover']['wall']['median'] / path:.2f} x" if path else "-"


def count(of):
    return f"{of['median']:.0f}"


def other(row, name, bench):
    """Its time, how many times the tool's, its requests."""
    if name not in row:
        return "-" if any(who.name == name for who in bench.others) else "not here"
    wall = row[name]["wall"]["median"]
    times = wall / row["switchover"]["wall"]["median"]
    return f"{in_ms(wall)} ms, {times:.1f} x, {count(row[name]['requests'])}"


def table(title, head, rows):
    lines = [f"\n{title}\n", "| " + " | ".join(head) + " |",
             "|" + "|".join(["---"] + ["---:"] * (len(head) - 1)) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def place(row):
    return f"{'TLS' if row['tls'] else 'HTTP'}, {row['delay']} ms"


def usage(row):
    mine = row["switchover"]
    return f"{in_ms(mine['cpu']['median'])} ms, {mine['resident']['median'] * 1.048576:.1f} MB"


OTHERS = ["boto3: time, times ours, requests", "AWS CLI: the same"]


def of_whole(title, rows, bench):
    head = ["a round trip", "switchover", "of its critical path", "requests", "connections",
            "processor, memory", *OTHERS, "one bare request"]
    return table(f"{title} (critical path: {rows[0]['trips']} round trips, with TLS "
                 f"{rows[-1]['trips']})", head,
                 [[place(row), spread(row["switchover"]["wall"]), of_path(row),
                   count(row["switchover"]["requests"]), count(row["switchover"]["connections"]),
                   usage(row), other(row, "boto3", bench), other(row, "aws", bench),
                   f"{in_ms(row['libcurl']['wall']['median'])} ms"] for row in rows])


def of_revert(rows, bench):
    head = ["a round trip", "until ModifyListener is there", "of its critical path",
            "of libcurl doing the same", "requests before", "connections", "processor, memory",
            *OTHERS]
    parts = []
    for option in dict.fromkeys(row["option"] for row in rows):
        mine = [row for row in rows if row["option"] == option]
        parts.append(table(
            f"{option} (critical path: {mine[0]['trips']} round trips, with TLS "
            f"{mine[-1]['trips']})", head,
            [[place(row), spread(row["switchover"]["wall"]), of_path(row),
              f"{row['switchover']['wall']['median'] / row['libcurl']['wall']['median']:.2f} x of "
              f"{in_ms(row['libcurl']['wall']['median'])} ms",
              count(row["switchover"]["requests"]), count(row["switchover"]["connections"]),
              usage(row), other(row, "boto3", bench), other(row, "aws", bench)] for row in mine]))
    return "\n".join(parts)


def of_gate(rows, _bench):
    return table("a gate fails in a running apply (from the verdict until ModifyListener is there)",
                 ["a round trip", "time", "requests", "handshakes"],
                 [[place(row), f"{in_ms(row['wall'])} ms", str(row["requests"]),
                   str(row["handshakes"])] for row in rows])


def of_throttling(rows, _bench):
    return table("plan at 50 ms while ELBv2 throttles (its bucket holds 40 and gets 10 a second, of "
                 "which others take 5)",
                 ["when it begins", "plans that came", "time", "requests, most", "refused, most",
                  "in one second, most"],
                 [[row["what"], f"{row['came']} of {row['plans']}",
                   f"{row['wall'][0]:.1f}-{row['wall'][1]:.1f} s", str(row["requests"]),
                   str(row["throttled"]), str(row["peak"])] for row in rows])


def of_processes(rows, _bench):
    return table("whole processes, no distance", ["command", "time", "processor", "memory"],
                 [[row["command"], f"{row['wall']['median'] * 1000:.1f} ms",
                   f"{row['cpu']['median'] * 1000:.1f} ms",
                   f"{row['resident']['median'] * 1.048576:.1f} MB"] for row in rows])


def of_reach(lines):
    verdict = {True: "yes", False: "no", None: "-"}
    return table("what is promised", ["what", "reach", "here", "reached"],
                 [[line["what"], line["reach"], line["here"], verdict[line["ok"]]]
                  for line in lines])


CASES = {
    "plan": lambda rows, bench: of_whole("plan, cold", rows, bench),
    "switch": lambda rows, bench: of_whole("the whole switchover", rows, bench),
    "revert": of_revert, "gate failed": of_gate, "throttling": of_throttling,
    "processes": of_processes,
}


def of(case, rows, bench):
    return CASES[case](rows, bench)
