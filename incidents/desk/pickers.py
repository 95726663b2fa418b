"""Who can get the baton next, and why each of them is offered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from escalation.kit import clock
from escalation.people.models import Tier, User
from escalation.policies.freezing import Roster, schedules_of
from incidents.models import Incident

from . import duty
from .cards import clock_time
from .words import names, spelt


@dataclass(frozen=True)
class Choice:
    """One radio card."""

    value: str
    title: str
    said: str
    end: str = ""
    disabled: bool = False
    person: User | None = None
    fits: bool = False  # well enough to be chosen beforehand


def steps(incident: Incident, roster: Roster) -> list[Choice]:
    """The later tiers of the path, with who would be called right now; ``roster`` knows it of this path."""
    run = incident.run
    onward = incident.onward()
    if run is None or not onward:
        return []
    now = roster.now
    seats = roster.seats(run.frozen)
    found = []
    for lap, place, step in onward:
        seat, frozen = seats[step.number], run.frozen["steps"][step.number]
        people = seat.people or (seat.fallback if step.use_fallback else ())
        said = _crew(people, roster.until(frozen, now) if seat.people else None, now)
        if not people and (coming := roster.on_call.coming(schedules_of(frozen), now)):
            said = _("nobody is there until %(at)s") % {"at": clock_time(coming.at, now)}
        end = _("%(time)s to answer") % {"time": spelt(step.ack_limit)}
        found.append(Choice(f"step:{lap}:{place}", step.tier, said, end if people else "", disabled=not people))
    return found


def _crew(people: Sequence[User], until: datetime | None, now: datetime) -> str:
    """Whom a call reaches, and until when they are on call if a schedule says so."""
    if not people:
        return _("nobody is there now")
    said = _("calls %(names)s") % {"names": names(person.name for person in people)}
    return said + (_(", on call until %(at)s") % {"at": clock_time(until, now)} if until else "")


def functional_tiers():
    return Tier.objects.in_use().filter(track=Tier.Track.FUNCTIONAL)


def tiers(incident: Incident, viewer: User) -> list[Choice]:
    """Every functional tier, for a supervisor: forward, sideways or back down."""
    there = duty.of_tiers(viewer, clock.now())
    at = incident.run.tier_id if incident.run else None
    return [
        Choice(
            f"tier:{tier.pk}",
            tier.name,
            _("calls %(names)s") % {"names": names(p.name for p in crew)} if crew else _("nobody is there now"),
            _("now") if tier.pk == at else "",
            disabled=not crew,
        )
        for tier, crew in there.items()
    ]
