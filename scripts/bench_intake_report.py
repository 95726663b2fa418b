"""The intake's section of ``docs/performance.md``: raw samples in, lines out."""

from scripts.bench_report import quantile, table

HOLD = {"sqlite": {"distinct": 15, "storm": 15}, "postgresql": {"distinct": 10, "storm": 10}}  # seconds


def intake(samples: dict) -> list[str]:
    """Lines of Markdown; nothing where nothing was measured."""
    rows = [
        [name, *row]
        for name, found in samples.get("intake", {}).items()
        for row in [_floor(found), *_loops(found), _distinct(name, found), _storm(name, found)]
        if row
    ]
    missed = [_why(name, found["floor"]) for name, found in samples.get("intake", {}).items() if _is_under(found)]
    head = ["database", "measure", "found", "goal", "kept"]
    return ["## Intake", "", *table(head, rows), *missed] if rows else []


def _kept(yes: bool) -> str:
    return "yes" if yes else "**no**"


FLOOR = 0.6


def _share(floor: dict) -> float:
    """The median over the rounds."""
    return sorted(one["door"] / one["floor"] for one in floor["rounds"])[len(floor["rounds"]) // 2]


def _is_under(found: dict) -> bool:
    return "floor" in found and _share(found["floor"]) < FLOOR


def _floor(found: dict) -> list[str]:
    if "floor" not in found:
        return []
    rounds, share = found["floor"]["rounds"], _share(found["floor"])
    pairs = ", ".join(f"{one['door']:.0f} of {one['floor']:.0f}" for one in rounds)
    cpu = ", ".join("{1} of {0}".format(*one["cpu_ms"]) for one in rounds)
    return [
        "accepted against the bare insert, 50 connections",
        f"{share:.0%} ({pairs} a second; {cpu} ms of CPU each)",
        f"≥ {FLOOR:.0%}".replace("%", " %"),
        _kept(share >= FLOOR and not any(one["refused"] for one in rounds)),
    ]


def _why(name: str, floor: dict) -> str:
    bare, whole = (sorted(each)[len(floor["rounds"]) // 2] for each in _cpu_of(floor))
    return (
        f"**Missed:** {name}, accepted against the bare insert. What is accepted becomes incidents and calls meanwhile,"
        f" on the same cores: all of Baton used {whole} ms of CPU for each message, the bare insert {bare} ms."
    )


def _cpu_of(floor: dict) -> tuple[list[float], list[float]]:
    return [one["cpu_ms"][0] for one in floor["rounds"]], [one["whole_cpu_ms"] for one in floor["rounds"]]


def _loops(found: dict) -> list[list[str]]:
    return [_loop(profile, found[profile]) for profile in ("steady", "burst") if profile in found]


def _loop(profile: str, one: dict) -> list[str]:
    late, missed = one["latency_ms"], sum(one["not_accepted"].values())
    p95, p99 = quantile(late, 0.95), quantile(late, 0.99)
    in_time = profile != "steady" or (p95 <= 150 and p99 <= 500)
    return [
        f"{profile}, {one['rate']} a second",
        f"p95 {p95:.0f} ms, p99 {p99:.0f} ms, {missed} not accepted, worked off after {one['worked_off_after_s']} s",
        "all accepted" + (", p95 ≤ 150 ms, p99 ≤ 500 ms" if profile == "steady" else ""),
        _kept(in_time and not missed),
    ]


def _distinct(name: str, found: dict) -> list[str]:
    if "distinct" not in found:
        return []
    one, most = found["distinct"], HOLD[name]["distinct"]
    return [
        f"{one['count']} alerts, one message each, all called",
        f"{one['seconds']} s (accepted in {one['accepted_s']} s, {one['cpu_s']} s of CPU)",
        f"≤ {most} s",
        _kept(one["seconds"] <= most and not one["not_accepted"]),
    ]


def _storm(name: str, found: dict) -> list[str]:
    if "storm" not in found:
        return []
    one, most = found["storm"], HOLD[name]["storm"]
    late = one["critical_called_after_s"]
    return [
        f"storm of {one['count']} on one key, one critical on another: its first call leaves",
        f"{late} s",
        f"≤ {most} s",
        _kept(late <= most),
    ]
