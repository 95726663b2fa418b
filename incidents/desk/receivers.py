"""The people in the picker: gathered in a fixed number of queries, ranked by how well they fit (``fit``)."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from escalation.engine.models import EscalationRun
from escalation.kit import clock
from escalation.kit.containing import contains
from escalation.notify.judging import settled
from escalation.oncall.models import Schedule
from escalation.oncall.roster import OnCall
from escalation.people.models import Membership, Skill, Team, Tier, User
from escalation.policies.freezing import Frozen, schedules_of
from escalation.trail.models import Entry
from incidents.models import Incident

from . import fit
from .pickers import Choice

MOST, LOOKED_AT = 30, 1000
_ANEW = ("acknowledged", "accepted", "called", "reassigned")  # another hand-over begins


@dataclass(frozen=True)
class Context:
    """What is the same for everybody who is looked at."""

    now: datetime
    needed: list[Skill]
    on_path: set[int]
    mine: set[int]
    on_duty: Mapping[int, datetime | None]
    rota: frozenset[int]  # whom any of the schedules knows
    declined: Mapping[int, datetime]
    silent: Mapping[int, datetime]


def offered(incident: Incident, viewer: User, query: str = "") -> list[Choice]:
    """Who could take it, the best fit first. With a query, whoever matches it; else those on this path, in the
    viewer's teams, or with what is needed."""
    context = _context(incident, viewer)
    rows = list(_rows(incident, query, context))
    ids = [person.pk for person in rows]
    resolved, holds = _resolved(incident, viewer, ids), _holding(incident, viewer, ids)
    unreachable = _unreachable(rows)
    service = incident.service.name if incident.service else ""
    found = [
        (_candidate(one, context, resolved.get(one.pk, 0), holds.get(one.pk, 0), one.pk in unreachable), one)
        for one in rows
    ]
    found.sort(key=lambda pair: fit.rank(pair[0]))
    return [_choice(known, person, service, context.now) for known, person in found[:MOST]]


def _choice(known: fit.Candidate, person: User, service: str, now: datetime) -> Choice:
    end = fit.standing(known, now)
    return Choice(f"person:{person.pk}", person.name, fit.why(known, service), end, person=person, fits=fit.fits(known))


def _context(incident: Incident, viewer: User) -> Context:
    now, run = clock.now(), incident.run
    ids = set(Schedule.objects.in_use().visible_to(viewer).values_list("pk", flat=True))
    ids |= {pk for step in run.frozen["steps"] for pk in schedules_of(step)} if run else set()
    on = OnCall(ids, now)
    declined, silent = _refused(run) if run else ({}, {})
    return Context(
        now=now,
        needed=list(incident.needed()),
        on_path=_teams_on(run.frozen) if run else set(),
        mine=set(Membership.objects.filter(user=viewer).values_list("team", flat=True)),
        on_duty=_on_duty(on, now),
        rota=on.rota(on.schedules, now),
        declined=declined,
        silent=silent,
    )


def _on_duty(on: OnCall, now: datetime) -> dict[int, datetime | None]:
    """Who is on call now by any schedule, and until when by the first of them."""
    found: dict[int, datetime | None] = {}
    for schedule in sorted(on.schedules):
        for person in on.at(schedule, now):
            found.setdefault(person.pk, on.until(schedule, now))
    return found


def _refused(run: EscalationRun) -> tuple[dict[int, datetime], dict[int, datetime]]:
    """Who declined this hand-over, or did not answer it, since its holder has it."""
    declined: dict[int, datetime] = {}
    silent: dict[int, datetime] = {}
    kinds = (*_ANEW, "declined", "offer_returned")
    entries = Entry.objects.filter(trail=run.trail_id, run=run.pk, kind__in=kinds).order_by("seq")
    for kind, actor, data, at in entries.values_list("kind", "actor_id", "data", "at"):
        if kind in _ANEW:
            declined.clear()
            silent.clear()
        elif kind == "declined":
            declined |= {actor: at} if actor is not None else {}
        else:
            asked = json.loads(data).get("from")
            silent |= {asked["id"]: at} if isinstance(asked, dict) else {}
    return declined, silent


def _teams_on(frozen: Frozen) -> set[int]:
    """The teams that a path calls, and those of the schedules by which it calls."""
    steps = frozen["steps"]
    schedules = {schedule for step in steps for schedule in schedules_of(step)}
    found = set(Schedule.objects.filter(pk__in=schedules).values_list("team", flat=True)) if schedules else set()
    return found | {team for step in steps for team in step["teams"]}


def _rows(incident: Incident, query: str, context: Context) -> Iterable[User]:
    found = User.objects.filter(is_active=True, is_auditor=False)
    if incident.run is not None and incident.run.holder_id is not None:
        found = found.exclude(pk=incident.run.holder_id)
    for word in query.split()[:5]:
        found = found.filter(
            contains("name", word)
            | contains("email", word)
            | contains("skills__name", word)
            | contains("teams__name", word)
        )
    if not query:
        near = Q(teams__in=context.on_path | context.mine)
        found = found.filter(near | Q(skills__in=context.needed) if context.needed else near)
    return found.distinct().prefetch_related("teams__tiers", "skills").order_by("name", "id")[:LOOKED_AT]


def _resolved(incident: Incident, viewer: User, ids: list[int]) -> dict[int, int]:
    """How many of this service's incidents each has resolved, of those that the viewer may see."""
    if incident.service_id is None:
        return {}
    seen = Incident.objects.visible_to(viewer).filter(service=incident.service_id, resolver__in=ids).order_by()
    return dict(seen.values("resolver").annotate(n=Count("pk")).values_list("resolver", "n"))


def _holding(incident: Incident, viewer: User, ids: list[int]) -> dict[int, int]:
    """How many other batons each has now, of those that the viewer may see."""
    seen = Incident.objects.visible_to(viewer).open().exclude(pk=incident.pk).order_by()
    runs = EscalationRun.objects.functional().running().filter(holder__in=ids, trail__in=seen.values("trail"))
    return dict(runs.order_by().values("holder").annotate(n=Count("pk")).values_list("holder", "n"))


def _unreachable(people: list[User]) -> set[int]:
    """Who has no way by which a message could leave, or left the last time."""
    known = settled(people) if people else {}
    return {pk for pk, one in known.items() if not any(way.usable and not way.failing for way in one.ways)}


def _candidate(person: User, context: Context, resolved: int, holds: int, unreachable: bool) -> fit.Candidate:
    teams = list(person.teams.all())
    skills = {skill.pk: skill.name for skill in person.skills.all()}
    here = next((_where(team) for team in teams if team.pk in context.on_path), None)
    scheduled = person.pk in context.on_duty or person.pk in context.rota
    return fit.Candidate(
        name=person.name,
        where=here or (_where(teams[0]) if teams else ""),
        skills=tuple(sorted(skills.values())),
        has=tuple(one.name for one in context.needed if one.pk in skills),
        lacks=tuple(one.name for one in context.needed if one.pk not in skills),
        on_duty=person.pk in context.on_duty if scheduled else None,
        until=context.on_duty.get(person.pk),
        on_path=here is not None,
        mine=any(team.pk in context.mine for team in teams),
        resolved=resolved,
        holds=holds,
        declined_at=context.declined.get(person.pk),
        silent_at=context.silent.get(person.pk),
        unreachable=unreachable,
    )


def _where(team: Team) -> str:
    tiers = [tier for tier in team.tiers.all() if tier.track == Tier.Track.FUNCTIONAL and tier.archived_at is None]
    return min(tiers, key=lambda tier: tier.rank).name if tiers else team.name
