"""Who is told that who is on call has changed: whoever is now, and whoever no longer is.

Not whoever changed it, and each person once for one change, however many of their shifts it moves. An override tells
of its own time. Of a rotation that is edited, or holidays that are read anew, only what they change within ``AHEAD`` is
told: what is further away is in everybody's calendar long before it begins, and may yet be changed back.
Archiving tells nobody, since nobody is called by it then, nor does an account that ends: it makes gaps, which are cues.
"""

import secrets
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from escalation.people.models import User

from . import shifts
from .spans import Span
from .telling import Telling, Word, may_be_told, span_for, tell, word

if TYPE_CHECKING:
    from .calendars.outside import OutsideCalendar
    from .models import Schedule

AHEAD = timedelta(days=14)
ON, OFF = "duty_on", "duty_off"  # kinds of message
OVERRIDE, CANCELLED, ROTATION, HOLIDAYS = "override", "cancelled", "rotation", "holidays"  # why


def tell_of(
    schedule: "Schedule",
    before: shifts.Plan,
    now: datetime,
    *,
    cause: str,
    why: str,
    by: User | None = None,
    until: datetime | None = None,
    but_for: Collection[int] = (),
    text: str = "",
    tag: str = "",
) -> None:
    """Compare with what is planned now, and tell whoever it makes a difference to; ``but_for`` know already.

    ``tag``: of what it is the newest word, and takes the place of those before; else of nothing.
    """
    if schedule.archived_at is not None:
        return
    after, end = schedule.plan(since=now), until or now + AHEAD
    facts = {"why_so": why, "by": by and by.name, "text": text, "tag": tag or cause}
    known = {*but_for, *([by.pk] if by else [])}
    words = [one for one in _words(schedule, (before, after), Span(now, end), facts) if one.person.pk not in known]
    if words:
        tell(Telling(cause, words), now)


def new_cause(what: str) -> str:
    """Random, because a key must not come again after the database was put back from an older copy."""
    return f"{what}:{secrets.token_hex(8)}"


def by_holidays(calendar: "OutsideCalendar", now: datetime) -> shifts.Plan | None:
    """What is planned while its dates are as they are; None if they decide nothing."""
    return calendar.schedule.plan(since=now) if calendar.schedule and calendar.decides else None


def tell_of_holidays(
    calendar: "OutsideCalendar", before: shifts.Plan | None, now: datetime, *, by: User | None = None
) -> None:
    if before is not None and calendar.schedule is not None:
        cause = new_cause(f"holidays:{calendar.pk}")
        tell_of(calendar.schedule, before, now, cause=cause, why=HOLIDAYS, by=by)


def _words(schedule: "Schedule", plans: tuple[shifts.Plan, shifts.Plan], whole: Span, facts: dict) -> Iterator[Word]:
    before, after = plans
    on, off = shifts.gained(before, after, *whole), shifts.gained(after, before, *whole)
    names = dict(User.objects.filter(pk__in={*on, *off}).values_list("pk", "name"))
    for person in may_be_told({*on, *off}):
        mine, free = on.get(person.pk, []), off.get(person.pk, [])
        first, *more = mine or free
        other = shifts.on_call(before if mine else after, first.start)
        said = {**facts, "from": names.get(other[0], "") if other else "", "more": len(more) or ""}
        if mine and free:
            said |= {"free": span_for(person, *free[0]), "free_more": len(free) - 1 or ""}
        yield word(schedule, person, ON if mine else OFF, first, said, in_time=first.start if mine else None)
