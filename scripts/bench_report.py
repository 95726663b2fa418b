"""What ``bench.py`` found, as a page: raw samples in, ``docs/performance.md`` out. Nothing in it is typed."""

import json
import os
import platform
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


def write_report(samples: dict) -> None:
    (DOCS / "performance.json").write_text(json.dumps(samples, separators=(",", ":")) + "\n")
    (DOCS / "performance.md").write_text(report(samples))
