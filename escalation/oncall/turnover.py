"""Who is told that who is on call has changed: whoever is now, and whoever no longer is.

Not whoever changed it, and each person once for one change, however many of their shifts it moves. An override tells
of its own time. Of a rotation that is edited, or holidays that are read anew, only what they change within ``AHEAD`` is
told: what is further away is in everybody's calendar long before it begins, and may yet be changed back.
What waits of an earlier change and is true no more is taken back in the same transaction (see ``unsaid``).
Archiving a schedule, and taking it back into use, is told like an edit; an account that ends makes gaps, which are
cues.
"""

import secrets
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from escalation.people.models import User

from . import shifts, telling
from .spans import Span
from .telling import Telling, Word, may_be_told, span_for, tell, word
from .unsaid import Change, Settled, Unsaid, settle

if TYPE_CHECKING:
    from .calendars.outside import OutsideCalendar
    from .models import Schedule

AHEAD = timedelta(days=14)
ON, OFF = "duty_on", "duty_off"  # kinds of message
OVERRIDE, CANCELLED, ROTATION, HOLIDAYS = "override", "cancelled", "rotation", "holidays"  # why
ARCHIVED, RESTORED = "archived", "restored"
_NEVER_AGAIN = ("loud", "soon", "free", "free_more", "more", "back")  # of an earlier message's facts


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
    if schedule.archived_at is not None and why != ARCHIVED:
        return
    after = schedule.plan(since=now) if why != ARCHIVED else shifts.Plan(schedule.time_zone)
    plans, whole = (before, after), Span(now, until or now + AHEAD)
    facts = {"why_so": why, "by": by and by.name, "text": text, "tag": tag or cause}
    change = _Change(schedule, plans, facts, {*but_for, *([by.pk] if by else [])})
    tell(change.told(whole, cause, now), now)


def new_cause(what: str) -> str:
    """Random, because a key must not come again after the database was put back from an older copy."""
    return f"{what}:{secrets.token_hex(8)}"


def tell_of_archiving(schedule: "Schedule", now: datetime, *, by: User) -> None:
    """Who was on call by it is not any more; or is again, if it is taken back into use."""
    nobody, cause = shifts.Plan(schedule.time_zone), new_cause(f"schedule:{schedule.pk}")
    if schedule.archived_at is None:
        tell_of(schedule, nobody, now, cause=cause, why=RESTORED, by=by)
    else:
        tell_of(schedule, schedule.plan(since=now), now, cause=cause, why=ARCHIVED, by=by)


def by_holidays(calendar: "OutsideCalendar", now: datetime) -> shifts.Plan | None:
    """What is planned while its dates are as they are; None if they decide nothing."""
    return calendar.schedule.plan(since=now) if calendar.schedule and calendar.decides else None


def tell_of_holidays(
    calendar: "OutsideCalendar", before: shifts.Plan | None, now: datetime, *, by: User | None = None
) -> None:
    if before is not None and calendar.schedule is not None:
        cause = new_cause(f"holidays:{calendar.pk}")
        tell_of(calendar.schedule, before, now, cause=cause, why=HOLIDAYS, by=by)


@dataclass(frozen=True)
class _Change:
    """One change of the schedule, as its messages say it. ``known``: those who need not be told of it."""

    schedule: "Schedule"
    plans: tuple[shifts.Plan, shifts.Plan]
    facts: dict
    known: Collection[int]

    def told(self, whole: Span, cause: str, now: datetime) -> Telling:
        """To whom, what; and what of earlier changes has not left yet and is true no more."""
        before, after = self.plans
        on, off = shifts.gained(before, after, *whole), shifts.gained(after, before, *whole)
        waiting: dict[int, list[Unsaid]] = defaultdict(list)
        for one in telling.unsaid(self.schedule, {*on, *off}):
            waiting[one.person].append(one)
        words: list[Word] = []
        gainsaid: list[Unsaid] = []
        names = dict(User.objects.filter(pk__in={*on, *off}).values_list("pk", "name"))
        reached = {person.pk: person for person in may_be_told({*on, *off})}
        for pk in sorted({*on, *off}):
            new = Change(on.get(pk, []), off.get(pk, []))
            settled = settle(new, waiting[pk], now, knows=pk in self.known)
            gainsaid += settled.gainsaid
            if pk in reached:
                words += self._words(reached[pk], new, settled, names)
        return Telling(cause, words, no_longer_to=tuple((one.cause, one.person) for one in gainsaid))

    def _words(self, person: User, new: Change, settled: Settled, names: dict[int, str]) -> Iterator[Word]:
        """One message at most. Of what nobody has told them it stands on the desk alone, which knew of it at once."""
        if settled.change and settled.change == settled.rest:
            yield again(self.schedule, person, settled)
        elif settled.change:
            yield self._word(person, settled.change, names)
        elif person.pk not in self.known:
            yield self._word(person, new, names, outside=False)

    def _word(self, person: User, change: Change, names: dict[int, str], *, outside: bool = True) -> Word:
        before, after = self.plans
        first = (change.gains or change.loses)[0]
        other = shifts.on_call(before if change.gains else after, first.start)
        facts = {**self.facts, "from": names.get(other[0], "") if other else ""}
        return _about(self.schedule, person, ON if change.gains else OFF, facts, change, outside=outside)


def again(schedule: "Schedule", person: User, settled: Settled) -> Word:
    """What is left of a message that is not sent any more, in the words of that one."""
    change = settled.change
    last = next(one for one in reversed(settled.gainsaid) if not one.heard)
    kind = ON if change.gains else OFF
    facts = {name: said for name, said in last.facts.items() if name not in _NEVER_AGAIN}
    if last.kind == "swap_accepted":
        taker = facts.get("to", "")
        facts |= {
            "why_so": OVERRIDE,
            "by": facts.get("by") or taker,
            "from": facts.get("from") if change.gains else taker,
        }
    elif change.gains and last.kind != OFF:
        kind = last.kind
    return _about(schedule, person, kind, facts, change)


def _about(schedule: "Schedule", person: User, kind: str, facts: dict, change: Change, *, outside: bool = True) -> Word:
    first, *more = change.gains or change.loses
    said = {**facts, "more": len(more) or ""}
    if change.gains and change.loses:
        said |= {"free": span_for(person, *change.loses[0]), "free_more": len(change.loses) - 1 or ""}
    in_time = first.start if change.gains else None
    return word(schedule, person, kind, first, said, in_time=in_time, change=change, outside=outside)
