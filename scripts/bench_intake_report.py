"""The intake's section of ``docs/performance.md``: raw samples in, lines out."""

from scripts.bench_report import quantile

HOLD = {"sqlite": {"distinct": 15, "storm": 15}, "postgresql": {"distinct": 10, "storm": 10}}  # seconds


def intake(samples: dict) -> list[str]:
    """Lines of Markdown; nothing where nothing was measured."""
    lines: list[str] = []
    for name, found in samples.get("intake", {}).items():
        for row in [_floor(found), *_loops(found), _distinct(name, found), _storm(name, found)]:
            lines += [f"| {name} | {row} |"] if row else []
    if not lines:
        return []
    return [
        "",
        "## Intake",
        "",
        "| database | measure | found | goal | kept |",
        "| --- | --- | --- | --- | --- |",
        *lines,
        "",
    ]


def _kept(yes: bool) -> str:
    return "yes" if yes else "**no**"


def _floor(found: dict) -> str:
    if "floor" not in found:
        return ""
    rounds = found["floor"]["rounds"]
    share = sorted(one["door"] / one["floor"] for one in rounds)[len(rounds) // 2]
    pairs = ", ".join(f"{one['door']:.0f} of {one['floor']:.0f}" for one in rounds)
    said = f"accepted against the bare insert, 50 connections | {share:.0%} ({pairs} a second)"
    return f"{said} | ≥ 60 % | {_kept(share >= 0.6 and not any(one['refused'] for one in rounds))}"


def _loops(found: dict) -> list[str]:
    rows = []
    for profile in ("steady", "burst"):
        if profile in found:
            one = found[profile]
            late = one["latency_ms"]
            p95, p99 = quantile(late, 0.95), quantile(late, 0.99)
            bound = p95 <= 150 and p99 <= 500 if profile == "steady" else True
            goal = "all accepted, p95 ≤ 150 ms, p99 ≤ 500 ms" if profile == "steady" else "all accepted"
            rows.append(
                f"{profile}, {one['rate']} a second | p95 {p95:.0f} ms, p99 {p99:.0f} ms, not accepted"
                f" {sum(one['not_accepted'].values())}, worked off {one['worked_off_after_s']} s after the last"
                f" | {goal} | {_kept(bound and not one['not_accepted'])}"
            )
    return rows


def _distinct(name: str, found: dict) -> str:
    if "distinct" not in found:
        return ""
    one, most = found["distinct"], HOLD[name]["distinct"]
    said = f"{one['count']} alerts, a message each, all called | {one['seconds']} s (accepted in {one['accepted_s']} s)"
    return f"{said} | ≤ {most} s | {_kept(one['seconds'] <= most and not one['not_accepted'])}"


def _storm(name: str, found: dict) -> str:
    if "storm" not in found:
        return ""
    one, most = found["storm"], HOLD[name]["storm"]
    late = one["critical_called_after_s"]
    said = f"storm of {one['count']} on one key, one critical on another: its first call leaves | {late} s"
    return f"{said} | ≤ {most} s | {_kept(late <= most)}"
