"""Hours on a week's wall, from any product, written as the lines of a layer's hours. Pure."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY, _WEEK = 24 * 60, 7 * 24 * 60


class Window(NamedTuple):
    """``start``: minutes after Monday's midnight; it lasts so many ``minutes``, at most a week."""

    start: int
    minutes: int


def daily(start: int, end: int) -> list[Window]:
    """Every day from ``start`` to ``end`` (minutes of the day); an end that is not later is the next day's."""
    lasts = (end - start) % _DAY or _DAY
    return [Window(day * _DAY + start % _DAY, lasts) for day in range(7)]


def weekly(start: int, end: int) -> Window:
    """Once a week, from ``start`` to ``end`` (minutes of the week); an end that is not later is the next week's."""
    return Window(start % _WEEK, (end - start) % _WEEK or _WEEK)


def lines(windows: Iterable[Window]) -> str:
    """As an admin would write them; empty: always."""
    kept = sorted(set(windows))
    return "" if _always(kept) else "\n".join(_written(kept))


def _always(windows: list[Window]) -> bool:
    covered = 0
    for start, minutes in sorted([*windows, *(Window(start - _WEEK, minutes) for start, minutes in windows)]):
        if start > covered:
            return False
        covered = max(covered, start + minutes)
    return not windows or covered >= _WEEK


def _written(windows: list[Window]) -> Iterator[str]:
    """Those of the same hours on several days are one line."""
    by_hours: dict[tuple[int, int], list[int]] = {}
    for start, minutes in windows:
        if minutes <= _DAY:
            by_hours.setdefault((start % _DAY, minutes), []).append(start // _DAY)
        else:
            end = start + minutes
            yield f"{DAYS[start // _DAY]} {_time(start)} - {DAYS[end // _DAY % 7]} {_time(end)}"
    for (start, minutes), days in by_hours.items():
        hours = f"{_time(start)}-{_time(start + minutes)}"
        yield hours if len(days) == 7 else f"{', '.join(DAYS[day] for day in days)} {hours}"


def _time(minutes: int) -> str:
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}"
