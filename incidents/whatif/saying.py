"""What the page shows of it, in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any

from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from escalation.policies.rules import ABSENT, PROMISED, Fact, asked
from escalation.policies.ruling import FACTS
from incidents.learning.whatif.comparing import Difference, Had, Nights, Tally
from incidents.learning.whatif.playing import Course

from .rows import Row, Versions

NOT_PLAYED = (Fact.AGAIN, *ABSENT, *PROMISED)  # what the incident's own story does not tell
MOST_LINES = 30
NEAR = 4  # pages


@dataclass(frozen=True)
class Sum:
    """One line of the table: as the policy is, and as it would be. ``worse``: more of it is nothing to wish for."""

    name: str
    now: int
    then: int
    remark: str = ""

    @property
    def change(self) -> str:
        more = self.then - self.now
        return f"+{more}" if more > 0 else f"−{-more}" if more else "–"


@dataclass(frozen=True)
class Person:
    name: str
    calls: Sum
    night: Sum
    told: Sum


@dataclass(frozen=True)
class Line:
    """What happened at one instant. ``differs``: not in the other course."""

    at: str
    words: str
    differs: bool = False


@dataclass(frozen=True)
class Told:
    """One incident that would have gone another way, and both courses side by side."""

    ref: str
    url: str
    title: str
    words: str
    now: Sequence[Line]
    then: Sequence[Line]

    @property
    def beside(self) -> list[tuple[Line | None, Line | None]]:
        return list(zip_longest(self.now, self.then))


@dataclass(frozen=True)
class Shown:
    """``incidents``: so many were played, since the first of them; ``agreed``: on so many the record says the same."""

    incidents: int
    since: datetime | None
    differing: int
    sums: Sequence[Sum]
    people: Sequence[Person]
    differences: Sequence[Told]
    page: int
    pages: int
    first: int  # the number of the first difference on this page
    agreed: int
    same: bool = False
    left_out: Sequence[str] = field(default_factory=tuple)

    @property
    def per_cent(self) -> int:
        """Rounded down: all of them is a hundred, and nothing else is."""
        return 100 * self.agreed // self.incidents if self.incidents else 0

    @property
    def other_pages(self) -> list[int]:
        """The ends, and those near by."""
        near = range(self.page - NEAR, self.page + NEAR + 1)
        return [page for page in range(1, self.pages + 1) if page != self.page and page in (1, *near, self.pages)]


def sums(now: Tally, then: Tally, differences: Iterable[Difference], promised: int) -> list[Sum]:
    found = [
        Sum(_("Calls"), now.calls, then.calls),
        Sum(_("of them at night"), now.night, then.night, _("from 22 to 7, where the person lives")),
        Sum(_("Only told"), now.told, then.told),
    ]
    if promised:
        changes = [one.then.broken - one.now.broken for one in differences]
        avoided = -sum(change for change in changes if change < 0)
        caused = sum(change for change in changes if change > 0)
        remark = _("%(avoided)d avoided, %(caused)d caused") % {"avoided": avoided, "caused": caused}
        found.append(Sum(_("Promised answers too late"), now.broken, then.broken, remark))
    found.append(Sum(_("Nobody was left to call"), now.exhausted, then.exhausted, _("the last resort was called")))
    return found


def left_out(versions: Versions | None) -> list[str]:
    """By what rules go that the past does not say."""
    if versions is None:
        return []
    rules = (*versions.before.work.policy.rules, *versions.after.work.policy.rules)
    facts = asked(rules)
    return [str(FACTS[fact]) for fact in NOT_PLAYED if fact in facts]


class Words:
    """Of people by their names, in the time of whoever reads it."""

    def __init__(self, names: Mapping[int, str], nights: Nights):
        self._names, self._nights = names, nights

    def people(self, now: Tally, then: Tally) -> list[Person]:
        """Those for whom it changes anything, whom it burdens most first."""
        found = []
        for pk in now.people.keys() | then.people.keys():
            had, would = now.people.get(pk, Had()), then.people.get(pk, Had())
            if had != would:
                pairs = ((had.calls, would.calls), (had.night, would.night), (had.told, would.told))
                found.append(Person(self._name(pk), *(Sum("", *pair) for pair in pairs)))
        return sorted(found, key=lambda one: (one.calls.now - one.calls.then, one.name))

    def _name(self, pk: int) -> str:
        return self._names.get(pk, "–")

    def difference(self, row: Row, one: Difference) -> Told:
        now, then = self._lines(row, one.now), self._lines(row, one.then)
        had, has = ({(line.at, line.words) for line in lines} for lines in (now, then))
        return Told(
            ref=f"INC-{row.number}",
            url=reverse("incident", args=[row.number]),
            title=row.title,
            words=self._sentence(one),
            now=[Line(line.at, line.words, (line.at, line.words) not in has) for line in now],
            then=[Line(line.at, line.words, (line.at, line.words) not in had) for line in then],
        )

    def _sentence(self, one: Difference) -> str:
        more = one.then.asked - one.now.asked
        parts = (self._promise(one), _last_resort(one), _more(more), self._at_night(one), _answered(one))
        return "; ".join(filter(None, parts)) or _("others are called, or at another time")

    def _promise(self, one: Difference) -> str:
        change = one.then.broken - one.now.broken
        if change:
            return _("the promised answer is in time") if change < 0 else _("the promised answer is too late")
        return ""

    def _at_night(self, one: Difference) -> str:
        more = self._nights.of(one.then) - self._nights.of(one.now)
        if more > 0:
            return ngettext("%d more at night", "%d more at night", more) % more
        return ngettext("%d fewer at night", "%d fewer at night", -more) % -more if more else ""

    def _lines(self, row: Row, course: Course) -> list[Line]:
        found = [(call.at, self._call(call)) for call in course.calls]
        found += [(at, _("answered")) for at in course.answers]
        found.append((course.ended_at, _("resolved")))
        found.sort(key=lambda one: one[0])
        shown = [Line(_time(at, row.opened_at), words) for at, words in found]
        more = len(shown) - MOST_LINES
        if more > 0:
            rest = Line("", ngettext("and %d line more", "and %d lines more", more) % more)
            return [*shown[: MOST_LINES - 1], rest, shown[-1]]
        return shown

    def _call(self, call: Any) -> str:
        who = {"tier": call.tier or _("Last resort"), "people": ", ".join(map(self._name, call.people))}
        return (_("%(tier)s: %(people)s") if call.asks else _("%(tier)s: %(people)s, only told")) % who


def _last_resort(one: Difference) -> str:
    if bool(one.now.exhausted) == bool(one.then.exhausted):
        return ""
    return _("the last resort is called") if one.then.exhausted else _("the last resort is not called")


def _more(calls: int) -> str:
    if calls > 0:
        return ngettext("%d call more", "%d calls more", calls) % calls
    return ngettext("%d call fewer", "%d calls fewer", -calls) % -calls if calls else ""


def _answered(one: Difference) -> str:
    now, then = one.now.answered_at, one.then.answered_at
    if now == then:
        return ""
    if now is None or then is None:
        return _("nobody answers") if then is None else _("somebody answers")
    seconds = abs(then - now) // timedelta(seconds=1)
    if not seconds:
        return ""
    span = _("%d s") % seconds if seconds < 60 else _("%d min") % (seconds // 60)
    return (_("answered %s later") if then > now else _("answered %s earlier")) % span


def _time(at: datetime, opened_at: datetime) -> str:
    here, began = localtime(at), localtime(opened_at)
    return f"{here:%H:%M}" if here.date() == began.date() else f"{here:%Y-%m-%d %H:%M}"
