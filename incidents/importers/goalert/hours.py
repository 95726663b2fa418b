"""GoAlert's rules as hours of the week, and what two of them have in common. Pure."""

from collections.abc import Iterable, Sequence

from ..windows import Window
from .shapes import Rule

DAY, WEEK = 24 * 60, 7 * 24 * 60  # minutes


def of_rules(rules: Iterable[Rule]) -> tuple[Window, ...]:
    """None: always. There is at least one rule."""
    rules = list(rules)
    if any(rule.always for rule in rules):
        return ()
    found = set()
    for rule in rules:
        start, end = (at.hour * 60 + at.minute for at in (rule.start, rule.end))
        for day, begins in enumerate(rule.days):
            if begins:  # theirs begin with Sunday
                found.add(Window((day - 1) % 7 * DAY + start, (end - start) % DAY or DAY))
    return tuple(sorted(found))


def common(ours: Sequence[Window], theirs: Sequence[Window]) -> tuple[Window, ...]:
    """When both are on. Each is whole, so the end of a week may lie over the beginning of the next."""
    found = set()
    for one in ours:
        for other in theirs:
            for week in (-WEEK, 0, WEEK):
                start = max(one.start, other.start + week)
                minutes = min(one.start + one.minutes, other.start + week + other.minutes) - start
                if minutes > 0:
                    found.add(Window(start % WEEK, minutes))
    return tuple(sorted(found))
