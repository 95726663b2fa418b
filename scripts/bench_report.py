"""What ``bench.py`` found, as a page: raw samples in, ``docs/performance.md`` out. Nothing in it is typed."""

import json
import os
import platform
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"


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


def _lines(file: str) -> list[str]:
    return Path(file).read_text().splitlines() if Path(file).exists() else []


def quantile(values: list[int], share: float) -> int:
    """Of sorted ``values``."""
    return values[min(len(values) - 1, int(len(values) * share))]


def summary(one: dict) -> dict:
    """Of one round: milliseconds late, and how fast the due timers were carried out."""
    late = one["late_ms"]
    return {
        "p50": quantile(late, 0.5),
        "p99": quantile(late, 0.99),
        "max": late[-1],
        "seconds": one["seconds"],
        "per_second": round(len(late) / one["seconds"]) if one["seconds"] else 0,
    }


def median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def middle(rounds: list[dict]) -> dict:
    """The median of each figure over the rounds."""
    figures = [summary(one) for one in rounds]
    return {name: median([one[name] for one in figures]) for name in figures[0]}


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """A Markdown table: words to the left, everything else to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return ["| " + " | ".join(str(cell) for cell in line) + " |" for line in lines] + [""]


# --- the sections: each from the raw samples, and nothing if it was not measured ----------------


def timers(samples: dict) -> list[str]:
    """How late a step is when many are due at once."""
    rows = []
    for name, of in samples["databases"].items():
        for due, rounds in of["due"].items():
            figures = middle(rounds)
            rows.append([name, due, *(figures[key] for key in ("p50", "p99", "max", "seconds", "per_second"))])
    head = ["database", "due at once", "p50 ms", "p99 ms", "max ms", "all done s", "per second"]
    return ["## Timers", "", *table(head, rows)] if rows else []


def rest(samples: dict) -> list[str]:
    """What it costs while nothing happens."""
    rows = [
        [name, of["rest"]["processes"], of["rest"]["cpu_percent"], of["rest"]["pss_mb"]]
        for name, of in samples["databases"].items()
    ]
    return ["## At rest", "", *table(["database", "processes", "% of a core", "memory MB"], rows)] if rows else []


SECTIONS: list[Callable[[dict], list[str]]] = [timers, rest]


def report(samples: dict) -> str:
    on = [f"- {word}: {what}" for word, what in samples["machine"].items()]
    lines = ["# Performance", "", *on, "", *(line for section in SECTIONS for line in section(samples))]
    return "\n".join(lines).rstrip() + "\n"


def write_report(samples: dict) -> None:
    (DOCS / "performance.json").write_text(json.dumps(samples, separators=(",", ":")) + "\n")
    (DOCS / "performance.md").write_text(report(samples))
