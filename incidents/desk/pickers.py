"""Who can get the baton next, and why each of them is offered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from escalation.kit import clock
from escalation.oncall.models import Schedule
from escalation.oncall.roster import OnCall
from escalation.people.models import Membership, Team, Tier, User
from escalation.policies.freezing import Frozen, Roster, crews, schedules_of
from incidents.models import Incident

from .cards import clock_time
from .tried import Tried, listed
from .words import names, people_affected, spelt

MOST = 30
TRIED = 5  # the latest that are shown to whoever passes it on


@dataclass(frozen=True)
class Choice:
    """One radio card."""

    value: str
    title: str
    said: str
    end: str = ""
    disabled: bool = False
    person: User | None = None


def steps(incident: Incident) -> list[Choice]:
    """The later tiers of the path, with who would be called right now."""
    run = incident.run
    onward = incident.onward()
    if run is None or not onward:
        return []
    now = clock.now()
    roster = Roster([run.frozen], now)
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


def people(incident: Incident, viewer: User, query: str = "") -> list[Choice]:
    """Those on this path first, then the viewer's teams; with a query, whoever matches it."""
    run = incident.run
    on_path = _teams_on(run.frozen) if run else set()
    mine = set(Membership.objects.filter(user=viewer).values_list("team", flat=True))
    found = User.objects.filter(is_active=True, is_auditor=False)
    if run is not None and run.holder_id is not None:
        found = found.exclude(pk=run.holder_id)
    for word in query.split()[:5]:
        found = found.filter(
            Q(name__icontains=word)
            | Q(email__icontains=word)
            | Q(skills__name__icontains=word)
            | Q(teams__name__icontains=word)
        )
    if not query:
        found = found.filter(teams__in=on_path | mine)
    rows = list(found.distinct().prefetch_related("teams__tiers", "skills").order_by("name", "id")[: MOST * 4])
    there = _on_call(incident, viewer, clock.now())
    choices = [
        (_rank(person, on_path, mine), _person(person, on_path, mine, there.get(person.pk, ""))) for person in rows
    ]
    return [choice for _rank_, choice in sorted(choices, key=lambda pair: pair[0])][:MOST]


def _on_call(incident: Incident, viewer: User, now: datetime) -> dict[int, str]:
    """Who is on call now, by the path's schedules and those that the viewer sees, and until when."""
    ids = set(Schedule.objects.in_use().visible_to(viewer).values_list("pk", flat=True))
    if incident.run is not None:
        ids |= {schedule for step in incident.run.frozen["steps"] for schedule in schedules_of(step)}
    on = OnCall(ids, now)
    found: dict[int, str] = {}
    for schedule in sorted(on.schedules):
        for person in on.at(schedule, now):
            until = on.until(schedule, now)
            said = _("on call now until %(at)s") % {"at": clock_time(until, now)} if until else _("on call now")
            found.setdefault(person.pk, said)
    return found


def _teams_on(frozen: Frozen) -> set[int]:
    """The teams that a path calls, and those of the schedules by which it calls."""
    steps = frozen["steps"]
    schedules = {schedule for step in steps for schedule in schedules_of(step)}
    found = set(Schedule.objects.filter(pk__in=schedules).values_list("team", flat=True)) if schedules else set()
    return found | {team for step in steps for team in step["teams"]}


def _rank(person: User, on_path: set[int], mine: set[int]) -> int:
    teams = {team.pk for team in person.teams.all()}
    return 0 if teams & on_path else 1 if teams & mine else 2


def _person(person: User, on_path: set[int], mine: set[int], on_call: str) -> Choice:
    teams = list(person.teams.all())
    where = next((_where(team) for team in teams if team.pk in on_path), None)
    why = _("on this path") if where else _("your team") if any(team.pk in mine for team in teams) else ""
    said = " · ".join(
        filter(
            None,
            [
                where or (_where(teams[0]) if teams else _("no team")),
                names(skill.name for skill in person.skills.all()),
            ],
        )
    )
    return Choice(f"person:{person.pk}", person.name, said, on_call or why, person=person)


def _where(team: Team) -> str:
    tiers = [tier for tier in team.tiers.all() if tier.track == Tier.Track.FUNCTIONAL and tier.archived_at is None]
    return min(tiers, key=lambda tier: tier.rank).name if tiers else team.name


def functional_tiers():
    return Tier.objects.in_use().filter(track=Tier.Track.FUNCTIONAL)


def tiers(incident: Incident) -> list[Choice]:
    """Every functional tier, for a supervisor: forward, sideways or back down."""
    there = crews(functional_tiers().order_by("rank", "name"), clock.now())
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


def draft(incident: Incident, attempts: Sequence[Tried]) -> str:
    """A brief to start from: how it stands, what was seen, what was tried."""
    tier = incident.run.tier.name if incident.run and incident.run.tier else ""
    state = ", ".join(filter(None, [f"SEV{incident.severity}", tier, people_affected(incident.people_affected)]))
    parts = [_("State: %s") % state]
    if incident.symptom:
        parts.append(_("Seen: %s") % " ".join(incident.symptom.split())[:300])
    tried = listed(attempts)
    parts += [_("Tried:"), *tried] if tried else [_("Tried: nothing yet.")]
    return "\n".join([*parts, _("Needed: ")])
