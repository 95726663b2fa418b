"""Who was there at any instant of the past, for the steps of several paths: rows in, ``seating`` out.

As far as it is known today: schedules are taken with the layers that they have now and the overrides of then, teams
with the people of now. Whoever has left is called no more.
"""

from collections.abc import Iterable
from datetime import datetime

from escalation.oncall import shifts
from escalation.oncall.roster import OnCall
from escalation.people.models import User, agents_of

from .freezing import Frozen, calling, schedules_of
from .seating import WAITS, Chair, Seating, Turns


class Past:
    """From ``since`` to ``until``. Two queries, and two or three more if any step calls by schedules."""

    def __init__(self, paths: Iterable[Frozen], since: datetime, until: datetime):
        steps = [step for frozen in paths for step in calling(frozen).values()]
        on_call = OnCall({schedule for step in steps for schedule in schedules_of(step)}, since)
        self._turns = {pk: _turns(plan, on_call, since, until + WAITS) for pk, plan in on_call.plans.items()}
        agents = agents_of({team for step in steps for team in step["teams"]})
        self._by_team = {team: [person.pk for person in people] for team, people in agents.items()}
        wanted = {pk for step in steps for pk in (*step["people"], step["fallback"]) if pk is not None}
        there = User.objects.filter(pk__in=wanted, is_active=True, is_auditor=False)
        self._there = set(there.values_list("pk", flat=True))

    def seating(self, frozen: Frozen) -> Seating:
        return Seating({number: self._chair(step) for number, step in calling(frozen).items()})

    def _chair(self, step: Frozen) -> Chair:
        named = [pk for pk in step["people"] if pk in self._there]
        people = [*named, *(pk for team in step["teams"] for pk in self._by_team[team])]
        return Chair(
            people=tuple(dict.fromkeys(people)),
            rotas=tuple(self._turns[pk] for pk in schedules_of(step) if pk in self._turns),
            fallback=(step["fallback"],) if step["fallback"] in self._there else (),
            awaits=step.get("awaits_shift", False),
        )


def _turns(plan: shifts.Plan, on_call: OnCall, since: datetime, until: datetime) -> Turns:
    found = shifts.final(plan, since, until)
    return Turns([(one.start, one.end, one.person) for one in found if one.person in on_call.people])
