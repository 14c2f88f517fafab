"""What is promised, against what was measured here."""

PLAN_OF_PATH, PLAN_OF_BOTO3 = 1.10, 4
REVERT_OF_PATH = 1.15
CPU_MS, RESIDENT_MB = 30, 20
START_OF_EMPTY = 1.3
PROXY_SHARE = 0.05  # of a processor, while the tool is measured
STORM = 3  # times the requests of a plan that nobody throttles
AT = 50


def at_50(results, case, tls=False, **with_these):
    for row in results.get(case, ()):
        if row["tls"] == tls and row["delay"] == AT and with_these.items() <= row.items():
            return row
    return None


def median(row, name, key="wall"):
    return row[name][key]["median"]


def of_path(row):
    return median(row, "switchover") * 1000 / (row["trips"] * row["delay"])


def line(what, reach, here, ok):
    return {"what": what, "reach": reach, "here": here, "ok": ok}


def scheme(tls):
    return "TLS" if tls else "HTTP"


def plan_lines(results):
    for tls in (False, True):
        row = at_50(results, "plan", tls)
        if not row:
            continue
        ratio = of_path(row)
        yield line(f"plan at 50 ms, {scheme(tls)}: of its critical path",
                   f"at most {PLAN_OF_PATH:.2f} x", f"{ratio:.3f} x", ratio <= PLAN_OF_PATH)
        if "boto3" not in row:
            yield line(f"plan at 50 ms, {scheme(tls)}: against boto3", f"{PLAN_OF_BOTO3} x faster",
                       "boto3 is not here", None)
            continue
        faster = median(row, "boto3") / median(row, "switchover")
        yield line(f"plan at 50 ms, {scheme(tls)}: against boto3",
                   f"at least {PLAN_OF_BOTO3} x faster", f"{faster:.1f} x",
                   faster >= PLAN_OF_BOTO3)
        mine, theirs = (median(row, who, "requests") for who in ("switchover", "boto3"))
        yield line(f"plan, {scheme(tls)}: requests", "no more than boto3's",
                   f"{mine:.0f} of {theirs:.0f}", mine <= theirs)


def revert_lines(results):
    for option, path in (("revert", "connect, one wave, one request"),
                         ("revert --now", "the bare request")):
        for tls in (False, True):
            row = at_50(results, "revert", tls, option=option)
            if row:
                trips = of_path(row)
                bare = median(row, "switchover") / median(row, "libcurl")
                yield line(f"{option} at 50 ms, {scheme(tls)}, until ModifyListener is there: of "
                           "its critical path", f"at most {REVERT_OF_PATH:.2f} x of {path}",
                           f"{bare:.3f} x of libcurl's, {trips:.3f} x of {row['trips']:g} trips",
                           bare <= REVERT_OF_PATH)


def gate_lines(results):
    for row in results.get("gate failed", ()):
        yield line(f"a gate fails in a running apply, {scheme(row['tls'])}",
                   "one request, no handshake",
                   f"{row['requests']} request, {row['handshakes']} handshakes, there after "
                   f"{row['wall'] * 1000:.0f} ms ({row['trips']:g} trips)",
                   row["requests"] == 1 and row["handshakes"] == 0)


def throttling_lines(results):
    rows = results.get("throttling", ())
    for row in rows:
        most = STORM * rows[0]["requests"]
        yield line(f"throttling, {row['what']}: the plan still comes, without a storm",
                   f"every one, at most {most:.0f} requests each",
                   f"{row['came']} of {row['plans']}, {row['requests']} requests at most",
                   row["came"] == row["plans"] and row["requests"] <= most)


def most_of(results, case, key):
    """The largest median of a case's rows, and where."""
    return max(((median(row, "switchover", key), f"{row['delay']} ms, {scheme(row['tls'])}")
                for row in results.get(case, ())), default=None)


def process_lines(results):
    for case, name in (("plan", "plan"), ("revert", "revert"), ("switch", "the whole switchover")):
        cpu, resident = (most_of(results, case, key) for key in ("cpu", "resident"))
        if cpu:
            mb = resident[0] * 1.048576
            yield line(f"processor time and resident memory of {name}",
                       f"under {CPU_MS} ms, under {RESIDENT_MB} MB",
                       f"{cpu[0] * 1000:.0f} ms ({cpu[1]}), {mb:.1f} MB ({resident[1]})",
                       cpu[0] * 1000 < CPU_MS and mb < RESIDENT_MB)
    by_name = {row["command"]: row["wall"]["median"] for row in results.get("processes", ())}
    if by_name:
        start = by_name["version"] / by_name["an empty program, same links"]
        yield line("version against an empty program with the same links",
                   f"at most {START_OF_EMPTY} x", f"{start:.2f} x", start <= START_OF_EMPTY)


def instrument_lines(results):
    shares = [median(row, "switchover", "proxy_cpu") for case in ("plan", "switch", "revert")
              for row in results.get(case, ()) if row["delay"] == AT]
    if shares:
        yield line("the instrument itself, at 50 ms: the proxy's share of a processor",
                   f"at most {PROXY_SHARE * 100:.0f} %", f"{max(shares) * 100:.1f} %",
                   max(shares) <= PROXY_SHARE)


def judge(results):
    return [found for lines in (plan_lines, revert_lines, gate_lines, throttling_lines,
                                process_lines, instrument_lines) for found in lines(results)]
