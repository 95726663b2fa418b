"""The pages' section of ``docs/performance.md``: raw samples in, lines out."""

from scripts.bench_report import NAMES, quantile, table

P95 = 150  # ms


def pages(samples: dict) -> list[str]:
    """Lines of Markdown; nothing where nothing was measured."""
    found = samples.get("pages", {})
    measured = {name: found[name]["pages"] for name in NAMES if name in found}
    rows = [[NAMES[name], title, *_figures(one)] for name, of in measured.items() for title, one in of.items()]
    if not rows:
        return []
    said = [
        f"{_spaced(found['incidents'])} incidents, {_spaced(found['open'])} of them open; the browser has nothing yet.",
        f"Milliseconds until the whole answer was there, and of the web process's CPU. Goal: p95 at most {P95} ms.",
    ]
    late = [f"{row[0]}, {row[1]}" for row in rows if float(str(row[3])) > P95]
    missed = [f"**Missed:** {'; '.join(late)}.", ""] if late else []
    head = ["database", "page", "p50", "p95", "max", "CPU", "kB"]
    return ["## Pages", "", *said, "", *table(head, rows), *missed]


def _figures(one: dict) -> list[float]:
    spent = sorted(one["ms"])
    return [quantile(spent, 0.5), quantile(spent, 0.95), spent[-1], one["cpu"], round(one["bytes"] / 1000, 1)]


def _spaced(number: int) -> str:
    return f"{number:,}".replace(",", " ")
