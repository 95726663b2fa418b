"""Who is in time with a play that counts, of those in the team; as the page of training says it, without names."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db.models import Max, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from escalation.people.models import Membership
from incidents.learning.training import GOOD
from incidents.learning.training_due import Goal, due
from incidents.learning.training_due import Standing as Stand
from incidents.models import TrainingPlay
from incidents.training_due import goals_of

from ..part import Look, Part, Standing, compared, day, short, then


def part(look: Look) -> Part:
    title, url, began = _("Training"), reverse("training"), look.period.began_at
    goals = _goals(look.team)
    if not goals:
        return short("training", title, Standing.NONE, _("No training goal is set for this team."), url, title)
    last = _last_plays(goals, began)
    dues = [due(goal, last[pk].now) for pk, goal in goals.items()]
    before = [due(goal, last[pk].then) for pk, goal in goals.items()]
    counts = {stand: sum(one.standing(look.now) is stand for one in dues) for stand in Stand}
    late, was = counts[Stand.LATE], sum(one.standing(began) is Stand.LATE for one in before)
    coming = min((one.at for one in dues if one.at > look.now), default=None)
    return Part(
        "training",
        title,
        Standing.GOOD if not late else Standing.ACT if 2 * late >= len(dues) else Standing.LOOK,
        _sentence(late, len(dues), day(coming) if coming else ""),
        number=late,
        unit=ngettext("of %(n)d person is late", "of %(n)d people are late", len(dues)) % {"n": len(dues)},
        change=compared(late, was, then(look.period)) if late or was else "",
        picture="process/share.html",
        drawn=_drawn(counts, len(dues)),
        url=url,
        link=title,
    )


class Last(NamedTuple):
    """The latest play that counts: now, and when the period began."""

    now: datetime | None = None
    then: datetime | None = None


def _goals(team: int) -> dict[int, Goal]:
    """What this team asks of each of its people. They may be in others too."""
    found = goals_of(Membership.objects.filter(team=team).values("user"))
    return {pk: goal for pk, goals in found.items() for goal in goals if goal.team_id == team}


def _last_plays(people: Iterable[int], began: datetime) -> dict[int, Last]:
    plays = TrainingPlay.objects.filter(person__in=list(people), score__gte=GOOD).order_by().values_list("person")
    until = Max("ended_at", filter=Q(ended_at__lte=began))
    found = {pk: Last(now, then) for pk, now, then in plays.annotate(latest=Max("ended_at"), until=until)}
    return {pk: found.get(pk, Last()) for pk in people}


def _sentence(late: int, people: int, coming: str) -> str:
    said = {"late": late, "people": people, "day": coming}
    if late:
        words = ngettext(
            "%(late)d of %(people)d is late with a play that counts: give them half an hour this week.",
            "%(late)d of %(people)d are late with a play that counts: give them half an hour this week.",
            late,
        )
        return words % said
    if people == 1:
        return _("The one there is, is in time until %(day)s.") % said
    return _("All %(people)d are in time; the next play is due by %(day)s.") % said


def _drawn(counts: dict[Stand, int], people: int) -> list[dict]:
    """In time, due soon, late: one length of a hundred."""
    words = {Stand.GOOD: _("in time"), Stand.SOON: _("due within two weeks"), Stand.LATE: _("late")}
    found, x = [], 0.0
    for stand, label in words.items():
        n, width = counts[stand], 100 * counts[stand] / people
        found.append({"kind": stand.value, "label": label, "n": n, "x": round(x, 2), "width": round(width, 2)})
        x += width
    return found
