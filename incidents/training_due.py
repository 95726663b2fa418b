"""By when each person trains, as their teams want it: for the pages of training and for one's cues."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max, QuerySet

from escalation.people.models import Membership
from incidents.learning.training import GOOD
from incidents.learning.training_due import Due, Goal, due
from incidents.models import TrainingPlay


def asked_of_members() -> QuerySet[Membership]:
    """Those of whom their team's goal asks something."""
    return Membership.objects.filter(
        user__is_active=True,
        user__is_auditor=False,
        team__archived_at__isnull=True,
        team__training_goal__isnull=False,
    )


def goals_of(people: Any) -> dict[int, list[Goal]]:
    """By person: the goals of their teams that are in use. ``people``: their keys, or a query for them. One query."""
    asked = asked_of_members().filter(user__in=people)
    found: dict[int, list[Goal]] = {}
    facts = asked.values_list(
        "user", "joined_at", "team", "team__name", "team__training_goal__days", "team__training_goal__set_at"
    )
    for person, joined, team, name, days, set_at in facts.order_by("team__name"):
        found.setdefault(person, []).append(Goal(team, name, timedelta(days=days), max(joined, set_at)))
    return found


def last_plays(people: Any) -> dict[int, datetime]:
    """When each of these people last ended a play that counts. One query."""
    counted = TrainingPlay.objects.filter(person__in=people, score__gte=GOOD).order_by()
    return dict(counted.values_list("person").annotate(Max("ended_at")))


def dues_of(people: Any) -> dict[int, list[Due]]:
    """By person: what is asked of them, what comes first first. Two queries, one where no team of theirs has a goal."""
    goals = goals_of(people)
    last = last_plays(goals) if goals else {}
    return {pk: sorted((due(goal, last.get(pk)) for goal in of), key=lambda one: one.at) for pk, of in goals.items()}
