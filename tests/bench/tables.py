"""The benchmark's results as Markdown, ready for the README."""
import datetime
import os
import platform


def machine():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8")
                  if line.startswith("model name")), platform.machine())
    return (f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors ({model}), "
            f"{datetime.date.today().isoformat()}; medians, in brackets least and most")


def ms(of):
    return f"{of['median'] * 1000:.0f} ms ({of['least'] * 1000:.0f}-{of['most'] * 1000:.0f})"


def plain_ms(of):
    return f"{of['median'] * 1000:.0f} ms"


def ratio(row, to=None):
    """Of the critical path, or of another contender's time."""
    mine = row["switchover"]["wall"]["median"]
    if to is None:
        whole = row["trips"] * row["delay"] / 1000
        return f"{mine / whole:.2f} x" if whole else "-"
    if to not in row:
        return "-"
    return f"{row[to]['wall']['median'] / mine:.1f} x"


def count(of):
    return f"{of['median']:.0f}"


def other(row, name):
    if name not in row:
        return "-"
    return f"{plain_ms(row[name]['wall'])} ({ratio(row, name)}; {count(row[name]['requests'])})"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---:|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def place(row):
    return f"{row['delay']} ms {'TLS' if row['tls'] else 'HTTP'}"


def whole(title, rows):
    head = ["round trip", "switchover", "of its critical path", "requests", "connections",
            "boto3", "AWS CLI", "one bare request"]
    return f"\n{title}\n\n" + table(head, [
        [place(row), ms(row["switchover"]["wall"]), f"{ratio(row)} ({row['trips']:g} trips)",
         count(row["switchover"]["requests"]), count(row["switchover"]["connections"]),
         other(row, "boto3"), other(row, "aws"), plain_ms(row["libcurl"]["wall"])]
        for row in rows])


def of_revert(rows):
    head = ["round trip", "option", "switchover", "of its critical path", "libcurl, the same",
            "of libcurl's", "requests before", "connections", "boto3", "AWS CLI"]
    return ("\nrevert, from its start until ModifyListener has reached the endpoint\n\n" + table(head, [
        [place(row), row["option"], ms(row["switchover"]["wall"]),
         f"{ratio(row)} ({row['trips']:g} trips)", plain_ms(row["libcurl"]["wall"]),
         f"{row['switchover']['wall']['median'] / row['libcurl']['wall']['median']:.2f} x",
         count(row["switchover"]["requests"]), count(row["switchover"]["connections"]),
         other(row, "boto3"), other(row, "aws")]
        for row in rows]))


def of(case, rows):
    if case == "plan":
        return whole("plan, cold", rows)
    return of_revert(rows)
