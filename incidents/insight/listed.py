"""Which incidents are behind one number: in SQL, for what is shown of them, and as packed rows, for how many they are.

The packed rows also say on which days a page of the list lies. So the database reads those days, and not the year to
count it and to put it in order.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cached_property

from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404

from escalation.kit.text import clean
from incidents.counting.conditions import ONLY
from incidents.counting.packed import Rows
from incidents.models import Summary, SummaryShare

from . import figures
from .asked import Asked

NAMES = ("only", "furthest", "solver", "person", "did")
PAGE = 50


class Listed:
    """``more``: what the address says of them beside what is asked. A number that is none leads nowhere."""

    def __init__(self, asked: Asked, said: Mapping[str, str]):
        self.asked = asked
        self.more = {name: clean(said[name]) for name in NAMES if name in said}
        self._did = self.more.get("did", "")
        self._person: int | None = None
        if "only" in self.more and self.more["only"] not in ONLY:
            raise Http404
        if "person" in self.more:
            person = self.more["person"]
            if self._did not in figures.DID or not (person.isascii() and person.isdigit() and len(person) < 16):
                raise Http404
            self._person = int(person)

    @property
    def found(self) -> "QuerySet[Summary]":
        more = self.more
        found = self.asked.found if self._person is None else self.asked.seen.filter(self._shared)
        if "only" in more:
            found = found.filter(ONLY[more["only"]])
        return found.filter(**{name: more[name] for name in ("furthest", "solver") if name in more})

    @property
    def _shared(self) -> Exists:
        """Line by line: on a page of the list are few days of a year."""
        rows: QuerySet[SummaryShare] = self.asked.shares_of_theirs.filter(figures.DID[self._did], person=self._person)
        return Exists(rows.filter(summary=OuterRef("pk")))

    @property
    def packed(self) -> Rows:
        """The same."""
        asked, more = self.asked, self.more
        period = asked.rows_seen.period
        rows = asked.rows_found if self._person is None else asked.rows_seen.of(self._had)
        if "only" in more:
            rows = rows.of(period.having(more["only"]))
        for place, name in enumerate(("furthest", "solver")):
            if name in more:
                rows = rows.of(period.saying("tier", place, more[name]))
        return rows

    @property
    def _had(self) -> int:
        people, period = self.asked.viewer.people, self.asked.rows_seen.period
        assert self._person is not None
        may = people is None or self._person in people
        return period.shared(self._person, figures.HAD[self._did]) if may else 0

    @property
    def somebody(self) -> int | None:
        """Whose list it is, if they had anything of what was asked for, and whoever asks may know."""
        people = self.asked.viewer.people
        if self._person is None or not (people is None or self._person in people):
            return None
        return self._person if self.asked.rows_seen.had({self._person}) else None

    def shares(self, rows: Iterable[Summary]) -> dict[int, SummaryShare]:
        """What this person had of each of these, by the summary; empty if the list is nobody's."""
        if self._person is None:
            return {}
        theirs = self.asked.shares_of_theirs.filter(person=self._person, summary__in=[row.pk for row in rows])
        return {share.summary_id: share for share in theirs}


class Pages(Paginator):
    """The latest first."""

    def __init__(self, listed: Listed):
        super().__init__(listed.found.order_by("-resolved_at", "-pk").select_related("incident__service"), PAGE)
        self._days = sorted(listed.packed.by_day().items(), reverse=True)

    @cached_property
    def count(self) -> int:
        return sum(n for _day, n in self._days)

    @property
    def said(self) -> str:
        return str(self.count)

    def page(self, number: int | str) -> Page:
        number = self.validate_number(number)
        days, skipped = _on(self._days, PAGE * (number - 1))
        rows: QuerySet[Summary] = self.object_list.filter(resolved_on__in=days)  # type: ignore[attr-defined]
        return Page(rows[skipped : skipped + PAGE], number, self)


def _on(days: list[tuple[date, int]], first: int) -> tuple[list[date], int]:
    """The days on which a page lies that begins with the incident of that number, from 0, and how many of these are on
    pages before."""
    passed, on, skipped = 0, [], 0
    for day, n in days:
        if passed + n > first and passed < first + PAGE:
            skipped = skipped if on else first - passed
            on.append(day)
        passed += n
    return on, skipped
