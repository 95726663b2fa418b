"""What ``bench.py`` found, as a page: raw samples in, ``docs/performance.md`` out. Nothing in it is typed.

A section is a function ``(samples) -> lines of Markdown``, none if its part was not measured. Another program
adds its own: it hands ``write_report`` its part of the samples, and its function stands in ``bench.SECTIONS``.
"""

import json
import os
import platform
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
Section = Callable[[dict], list[str]]

# due at once → the figure that has a goal, the goal, its unit
GOALS = {200: ("p99", 100, "ms"), 2_000: ("p99", 1_000, "ms"), 10_000: ("seconds", 8, "s")}
REST_CPU, REST_MB = 2.0, 300


def machine() -> dict[str, str]:
    """What it ran on, in words a reader can compare."""
    cpu = [line.split(":", 1)[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    memory = [int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")]
    return {
        "cores": f"{os.cpu_count()} × {cpu[0] if cpu else platform.machine()}",
        "memory": f"{memory[0] / 1024**2:.0f} GiB" if memory else "unknown",
        "system": f"{platform.system()} {platform.release()}",
        "software": f"Python {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in ("django", "django-q2", "uvicorn")),
    }


def taken() -> str:
    """The day, and the commit if this is a checkout."""
    commit = subprocess.run(["git", "rev-parse", "--short=10", "HEAD"], capture_output=True, text=True, check=False)
    return " ".join([time.strftime("%Y-%m-%d", time.gmtime()), commit.stdout.strip()]).strip()


def _lines(file: str) -> list[str]:
    return Path(file).read_text().splitlines() if Path(file).exists() else []


# --- figures ------------------------------------------------------------------------------------


def quantile(values: Sequence[float], share: float) -> float:
    """Of sorted ``values``."""
    return values[min(len(values) - 1, int(len(values) * share))]


def median(values: Iterable[float]) -> float:
    return quantile(sorted(values), 0.5)


def summary(one: dict) -> dict[str, float]:
    """Of one round: how late the timers were (ms), how fast they went, and what their workers spent."""
    late = sorted(ms for some in one["late_ms"].values() for ms in some)
    worst = sorted(ms for severity in ("1", "2") for ms in one["late_ms"].get(severity, []))
    others = sorted(ms for severity in ("3", "4", "5") for ms in one["late_ms"].get(severity, []))
    return {
        "p50": quantile(late, 0.5),
        "p99": quantile(late, 0.99),
        "max": late[-1],
        "worst_p50": quantile(worst, 0.5) if worst else 0,
        "others_p50": quantile(others, 0.5) if others else 0,
        "seconds": one["seconds"],
        "per_second": round(len(late) / one["seconds"]) if one["seconds"] else 0,
        "us_each": round(one["workers_s"] / len(late) * 1e6),
        "share": round(one["workers_s"] / one["seconds"], 2) if one["seconds"] else 0,
    }


def middle(rounds: Sequence[dict]) -> dict[str, float]:
    """The median of each figure over the rounds."""
    figures = [summary(one) for one in rounds]
    return {name: median(one[name] for one in figures) for name in figures[0]}


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """A Markdown table: words to the left, everything else to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return ["| " + " | ".join(map(_cell, line)) + " |" for line in lines] + [""]


def _cell(value: object) -> str:
    """Thousands apart, so that a column can be read."""
    return f"{value:,}".replace(",", " ") if isinstance(value, int | float) else str(value)


# --- sections -----------------------------------------------------------------------------------


def timers(samples: dict) -> list[str]:
    """How late a step is when many are due within one second."""
    rows, missed = [], []
    for name, of in samples.get("timers", {}).items():
        for due, rounds in of["due"].items():
            found = middle(rounds)
            figure, most, unit = GOALS.get(int(due), ("p99", 0, ""))
            goal = f"{'all done' if figure == 'seconds' else 'p99'} ≤ {most} {unit}" if most else ""
            columns = ("p50", "p99", "max", "worst_p50", "others_p50", "seconds", "per_second")
            rows.append([NAMES[name], int(due), *(found[key] for key in columns), goal])
            if most and found[figure] > most:
                missed.append(_missed(NAMES[name], int(due), found, figure, most, unit))
    if not rows:
        return []
    head = ["database", "due", "p50", "p99", "max", "SEV1–2 p50", "SEV3–5 p50", "all done", "each second", "goal"]
    return ["## Timers", "", *_how(samples), "", *table(head, rows), *missed, ""]


def _how(samples: dict) -> list[str]:
    setup = samples["setup"]
    return [
        f"{_cell(setup['pending'])} timers wait for another day. So many of {_cell(setup['runs'])} climbing incidents",
        "then fall due within one second. All goes through the real processes: each is a step with its sealed",
        "entry, its messages and its next timer. Late is counted in milliseconds from the instant a step is due",
        "until another connection sees that it was done, all done in seconds from the first such instant.",
        f"Medians of {setup['rounds']} rounds, the databases turn by turn in one run.",
    ]


def _missed(name: str, due: int, found: dict, figure: str, most: float, unit: str) -> str:
    return (
        f"**Missed:** {name}, {due} due: {'p99' if figure == 'p99' else 'all done'} {found[figure]} {unit}, the goal is"
        f" {most} {unit}. In that time the processes that carry out timers had {found['share']:.0%} of a core"
        f" and needed {found['us_each']} µs of it for each."
    )


def kills(samples: dict) -> list[str]:
    """How late they are if processes are killed just before."""
    rows = [
        [NAMES[name], words, figures["p50"], figures["max"]]
        for name, of in samples.get("timers", {}).items()
        for words, one in of.get("killed", {}).items()
        for figures in [summary(one)]
    ]
    due = samples.get("setup", {}).get("killed_due")
    said = f"{due} timers are due within one second; a moment before, these processes are killed (kill -9)."
    return ["## After a kill", "", said, "", *table(["database", "killed", "p50 ms", "max ms"], rows)] if rows else []


def rest(samples: dict) -> list[str]:
    """What it costs while nothing happens."""
    rows, missed = [], []
    for name, of in samples.get("timers", {}).items():
        found = of["rest"]
        rows.append([NAMES[name], len(found["processes"]), found["cpu_percent"], found["pss_mb"]])
        if found["pss_mb"] > REST_MB:
            number, memory = len(found["processes"]), found["pss_mb"]
            missed.append(
                f"**Missed:** {NAMES[name]}, {memory} MB, the goal is {REST_MB} MB. It is kept by {number} processes, "
                f"{memory // number} MB each: what they do not share of the code that each has loaded."
            )
        if found["cpu_percent"] > REST_CPU:
            most = sorted(found["processes"], key=lambda one: -one["cpu_percent"])[:3]
            said = ", ".join(f"{one['name']} {one['cpu_percent']} %" for one in most)
            missed.append(f"**Missed:** {NAMES[name]}; the most was used by {said}.")
    if not rows:
        return []
    goal = f"Goal: at most {REST_CPU:g} % of a core and {REST_MB} MB in all, the database's own server not counted."
    head = ["database", "processes", "% of a core", "proportional memory, MB"]
    return ["## At rest", "", goal, "", *table(head, rows), *missed, ""]


# --- the page -----------------------------------------------------------------------------------


def report(samples: dict, sections: Iterable[Section]) -> str:
    on = [f"- {word}: {what}" for word, what in samples["machine"].items()]
    on += [f"- {part}: measured on {taken}" for part, taken in samples.get("taken", {}).items()]
    intro = [
        "Made by `python scripts/bench.py --write` from the raw samples in `performance.json`; nothing is typed.",
        "Load generator, database server and Baton share the machine. Figures of two machines do not compare.",
    ]
    lines = ["# Performance", "", *intro, "", *on, "", *(line for section in sections for line in section(samples))]
    return "\n".join(lines).replace("\n\n\n", "\n\n").rstrip() + "\n"


def write_report(part: dict, sections: Iterable[Section]) -> None:
    """Put ``part`` beside what other programs measured on the same machine, and make the page of it."""
    file = DOCS / "performance.json"
    whole = json.loads(file.read_text()) if file.exists() else {}
    if whole.get("machine") != part["machine"]:
        whole = {}
    whole |= part | {"taken": whole.get("taken", {}) | part.get("taken", {})}
    file.write_text(json.dumps(whole, separators=(",", ":")) + "\n")
    (DOCS / "performance.md").write_text(report(whole, sections))
