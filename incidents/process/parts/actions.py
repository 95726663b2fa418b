"""Actions that are late: of the team's reviews and problems, or its people's; those that their reader may see."""

from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from escalation.people.models import Membership
from incidents.models import Action, Problem
from incidents.models.access import visible
from incidents.models.chase_days import TOLD  # days after which supervisors hear of it

from ..part import Line, Look, Part, Standing, compared, cut, day, short, then

WHAT = 70
_COLUMNS: tuple[str, ...] = ("what", "number", "due", "made_at", "done_at", "dropped_at", "owner__name", "problem")
_COLUMNS += ("review__incident__number",)
Row = dict[str, Any]


def part(look: Look) -> Part:
    title, today, began = _("Overdue actions"), localdate(look.now), look.period.began_at
    rows = list(_of_the_team(look).filter(due__lt=today).order_by("due", "pk").values(*_COLUMNS))
    late = [row for row in rows if _open_at(row, look.now)]
    was = sum(_open_at(row, began) and row["due"] < look.period.since for row in rows)
    url, link = _where(late)
    if not late and not was:
        return short("actions", title, Standing.GOOD, _("No action of this team is late."), url, link)
    return Part(
        "actions",
        title,
        _standing(late, today),
        _sentence(late),
        number=len(late),
        unit=ngettext("action is late", "actions are late", len(late)),
        change=compared(len(late), was, then(look.period)),
        url=url,
        link=link,
        **cut([Line(_what(row), _note(row), _address(row)) for row in late]),
    )


def _of_the_team(look: Look) -> Any:
    people = Membership.objects.filter(team=look.team).values("user")
    theirs = Q(review__incident__owner=look.team) | Q(problem__team=look.team) | Q(owner__in=people)
    problems = Problem.objects.visible_to(look.reader).values("pk")
    seen = Q(visible(look.reader, "review__incident__"), review__isnull=False) | Q(problem__in=problems)
    return Action.objects.filter(theirs, seen, Q(done_at=None) | Q(done_at__gt=look.period.began_at)).filter(
        Q(dropped_at=None) | Q(dropped_at__gt=look.period.began_at)
    )


def _open_at(row: Row, at: datetime) -> bool:
    return row["made_at"] <= at and all(row[end] is None or row[end] > at for end in ("done_at", "dropped_at"))


def _standing(late: list[Row], today: date) -> Standing:
    if not late:
        return Standing.GOOD
    return Standing.ACT if (today - late[0]["due"]).days >= TOLD else Standing.LOOK


def _sentence(late: list[Row]) -> str:
    if not late:
        return _("No action is late any more.")
    first = late[0]
    said = {"what": _what(first), "owner": first["owner__name"], "day": day(first["due"])}
    return _("Ask %(owner)s first: “%(what)s” was due on %(day)s.") % said


def _what(row: Row) -> str:
    return Truncator(row["what"]).chars(WHAT)


def _note(row: Row) -> str:
    return _("%(owner)s, was due on %(day)s") % {"owner": row["owner__name"], "day": day(row["due"])}


def _address(row: Row) -> str:
    if row["problem"] is not None:
        return f"{reverse('problem', args=[row['problem']])}#action-{row['number']}"
    return f"{reverse('review', args=[row['review__incident__number']])}#action-{row['number']}"


def _where(late: list[Row]) -> tuple[str, str]:
    """The page that lists them, or most of them."""
    of_problems = sum(row["problem"] is not None for row in late)
    return (reverse("problems"), _("Problems")) if 2 * of_problems > len(late) else (reverse("reviews"), _("Reviews"))
