"""The people in the picker: gathered in a fixed number of queries, ranked by how well they fit (``fit``).

For many incidents at once what they ask is gathered by kind: of hundreds, few differ in path, service and needs.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import NamedTuple

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
from incidents.models.needing import needed_by

from . import fit
from .pickers import Choice

MOST, LOOKED_AT = 30, 1000
_ANEW = ("acknowledged", "accepted", "called", "reassigned")  # another hand-over begins


class Refusal(NamedTuple):
    """When somebody declined a hand-over, or did not answer it."""

    declined_at: datetime | None = None
    silent_at: datetime | None = None


@dataclass(frozen=True)
class Alike:
    """What some incidents ask of whoever takes them: on one path, about one service, with the same needs."""

    refs: tuple[str, ...]
    needed: tuple[Skill, ...]
    on_path: frozenset[int]  # teams
    service: int | None


@dataclass(frozen=True)
class Context:
    """What is the same for everybody who is looked at."""

    now: datetime
    kinds: list[Alike]
    mine: set[int]
    on_duty: Mapping[int, datetime | None]
    rota: frozenset[int]  # whom any of the schedules knows
    refused: Mapping[int, Mapping[str, Refusal]]  # by person and incident
    held: Mapping[int, list[str]]  # which of the incidents each person holds


def offered(incident: Incident, viewer: User, query: str = "") -> list[Choice]:
    """Who could take it, the best fit first. With a query, whoever matches it; else those on this path, in the
    viewer's teams, or with what is needed."""
    context = _context([incident], viewer)
    [kind], service = context.kinds, incident.service.name if incident.service else ""
    found = [(known(kind, incident.ref), person) for person, known in _known([incident], viewer, query, context)]
    found.sort(key=lambda pair: fit.rank(pair[0]))
    return [_choice(known, person, service, context.now) for known, person in found[:MOST]]


def offered_for_all(incidents: Sequence[Incident], viewer: User, query: str = "") -> list[Choice]:
    """Who could take them, first who fits most of them; each with how many, and for which not."""
    if len(incidents) == 1:
        return offered(incidents[0], viewer, query)
    context = _context(incidents, viewer)
    found = []
    for person, known in _known(incidents, viewer, query, context):
        alone = {*context.refused.get(person.pk, ()), *context.held.get(person.pk, ())}
        parts = [(known(kind, ""), [ref for ref in kind.refs if ref not in alone]) for kind in context.kinds]
        parts += [(known(kind, ref), [ref]) for kind in context.kinds for ref in kind.refs if ref in alone]
        found.append((fit.among([part for part in parts if part[1]]), person))
    found.sort(key=lambda pair: fit.rank_among(pair[0]))
    return [
        Choice(
            f"person:{person.pk}",
            person.name,
            fit.why_among(one),
            fit.standing(fit.alone(one.best), context.now),
            person=person,
        )
        for one, person in found[:MOST]
    ]


def _choice(known: fit.Candidate, person: User, service: str, now: datetime) -> Choice:
    end = fit.standing(known, now)
    return Choice(f"person:{person.pk}", person.name, fit.why(known, service), end, person=person, fits=fit.fits(known))


def _context(incidents: Sequence[Incident], viewer: User) -> Context:
    now, runs = clock.now(), [one.run for one in incidents if one.run is not None]
    paths = {run.frozen_path_id: run.frozen for run in runs}
    calling = {pk for frozen in paths.values() for step in frozen["steps"] for pk in schedules_of(step)}
    teams = dict(Schedule.objects.filter(pk__in=calling).values_list("pk", "team")) if calling else {}
    on = OnCall(calling | set(Schedule.objects.in_use().visible_to(viewer).values_list("pk", flat=True)), now)
    held: dict[int, list[str]] = {}
    for one in incidents:
        if one.run is not None and one.run.holder_id is not None:
            held.setdefault(one.run.holder_id, []).append(one.ref)
    return Context(
        now=now,
        kinds=_kinds(incidents, {path: _teams_on(frozen, teams) for path, frozen in paths.items()}),
        mine=set(Membership.objects.filter(user=viewer).values_list("team", flat=True)),
        on_duty=_on_duty(on, now),
        rota=on.rota(on.schedules, now),
        refused=_refused({one.run.pk: one for one in incidents if one.run is not None}),
        held=held,
    )


def _kinds(incidents: Sequence[Incident], teams_on: Mapping[str, frozenset[int]]) -> list[Alike]:
    needed = {pk: tuple(skills) for pk, skills in needed_by(incidents).items()}
    found: dict[tuple, list[str]] = {}
    for one in incidents:
        path = one.run.frozen_path_id if one.run is not None else ""
        found.setdefault((needed[one.pk], teams_on.get(path, frozenset()), one.service_id), []).append(one.ref)
    return [Alike(tuple(refs), *key) for key, refs in found.items()]


def _on_duty(on: OnCall, now: datetime) -> dict[int, datetime | None]:
    """Who is on call now by any schedule, and until when by the first of them."""
    found: dict[int, datetime | None] = {}
    for schedule in sorted(on.schedules):
        for person in on.at(schedule, now):
            found.setdefault(person.pk, on.until(schedule, now))
    return found


def _refused(runs: Mapping[int, Incident]) -> dict[int, dict[str, Refusal]]:
    """Who declined a hand-over, or did not answer it, since its holder has it. One query."""
    found: dict[int, dict[int, Refusal]] = {run: {} for run in runs}
    kinds = (*_ANEW, "declined", "offer_returned")
    trails = [one.trail_id for one in runs.values()]
    entries = Entry.objects.filter(trail__in=trails, run__in=runs, kind__in=kinds).order_by("trail", "seq")
    for of_run, kind, actor, data, at in entries.values_list("run", "kind", "actor_id", "data", "at"):
        refusals = found[of_run or 0]
        if kind in _ANEW:
            refusals.clear()
        elif kind == "declined" and actor is not None:
            refusals[actor] = refusals.get(actor, Refusal())._replace(declined_at=at)
        elif kind == "offer_returned" and isinstance(asked := json.loads(data).get("from"), dict):
            refusals[asked["id"]] = refusals.get(asked["id"], Refusal())._replace(silent_at=at)
    by_person: dict[int, dict[str, Refusal]] = {}
    for run, people in found.items():
        for person, refusal in people.items():
            by_person.setdefault(person, {})[runs[run].ref] = refusal
    return by_person


def _teams_on(frozen: Frozen, teams: Mapping[int, int]) -> frozenset[int]:
    """The teams that a path calls, and those of the schedules by which it calls."""
    steps = frozen["steps"]
    by_schedule = {teams[pk] for step in steps for pk in schedules_of(step) if pk in teams}
    return frozenset(by_schedule | {team for step in steps for team in step["teams"]})


Knows = Callable[[Alike, str], fit.Candidate]


def _known(incidents: Sequence[Incident], viewer: User, query: str, context: Context) -> Iterator[tuple[User, Knows]]:
    """Everybody who is looked at, and what is known of them for incidents of a kind, or for a single one of it."""
    rows = list(_rows(incidents, query, context))
    ids = [person.pk for person in rows]
    resolved, holds = _resolved(incidents, viewer, ids), _holding(incidents, viewer, ids)
    unreachable = _unreachable(rows)
    for person in rows:
        load, away = holds.get(person.pk, 0), person.pk in unreachable
        skills = {skill.pk: skill.name for skill in person.skills.all()}
        yield person, partial(_candidate, person, context, skills, resolved, load, away)


def _rows(incidents: Sequence[Incident], query: str, context: Context) -> Iterable[User]:
    found = User.objects.filter(is_active=True, is_auditor=False)
    found = found.exclude(pk__in=[pk for pk, refs in context.held.items() if len(refs) == len(incidents)])
    for word in query.split()[:5]:
        found = found.filter(
            contains("name", word)
            | contains("email", word)
            | contains("skills__name", word)
            | contains("teams__name", word)
        )
    if not query:
        needed = {skill.pk for kind in context.kinds for skill in kind.needed}
        near = Q(teams__in=context.mine.union(*(kind.on_path for kind in context.kinds)))
        found = found.filter(near | Q(skills__in=needed) if needed else near)
    return found.distinct().prefetch_related("teams__tiers", "skills").order_by("name", "id")[:LOOKED_AT]


def _resolved(incidents: Sequence[Incident], viewer: User, ids: list[int]) -> dict[tuple[int, int], int]:
    """How many of each service's incidents each has resolved, of those that the viewer may see."""
    services = {one.service_id for one in incidents} - {None}
    if not services:
        return {}
    seen = Incident.objects.visible_to(viewer).filter(service__in=services, resolver__in=ids).order_by()
    rows = seen.values("service", "resolver").annotate(n=Count("pk")).values_list("service", "resolver", "n")
    return {(service, person): n for service, person, n in rows}


def _holding(incidents: Sequence[Incident], viewer: User, ids: list[int]) -> dict[int, int]:
    """How many other batons each has now, of those that the viewer may see."""
    others = Incident.objects.visible_to(viewer).open().exclude(pk__in=[one.pk for one in incidents]).order_by()
    runs = EscalationRun.objects.functional().running().filter(holder__in=ids, trail__in=others.values("trail"))
    return dict(runs.order_by().values("holder").annotate(n=Count("pk")).values_list("holder", "n"))


def _unreachable(people: list[User]) -> set[int]:
    """Who has no way by which a message could leave, or left the last time."""
    known = settled(people) if people else {}
    return {pk for pk, one in known.items() if not any(way.usable and not way.failing for way in one.ways)}


def _candidate(
    person: User,
    context: Context,
    skills: Mapping[int, str],
    resolved: Mapping[tuple[int, int], int],
    holds: int,
    unreachable: bool,
    kind: Alike,
    ref: str,
) -> fit.Candidate:
    teams = list(person.teams.all())
    here = next((_where(team) for team in teams if team.pk in kind.on_path), None)
    scheduled = person.pk in context.on_duty or person.pk in context.rota
    refusal = context.refused.get(person.pk, {}).get(ref, Refusal())
    return fit.Candidate(
        name=person.name,
        where=here or (_where(teams[0]) if teams else ""),
        skills=tuple(sorted(skills.values())),
        has=tuple(one.name for one in kind.needed if one.pk in skills),
        lacks=tuple(one.name for one in kind.needed if one.pk not in skills),
        on_duty=person.pk in context.on_duty if scheduled else None,
        until=context.on_duty.get(person.pk),
        on_path=here is not None,
        mine=any(team.pk in context.mine for team in teams),
        resolved=resolved.get((kind.service or 0, person.pk), 0),
        holds=holds,
        has_it=ref in context.held.get(person.pk, ()),
        declined_at=refusal.declined_at,
        silent_at=refusal.silent_at,
        unreachable=unreachable,
    )


def _where(team: Team) -> str:
    tiers = [tier for tier in team.tiers.all() if tier.track == Tier.Track.FUNCTIONAL and tier.archived_at is None]
    return min(tiers, key=lambda tier: tier.rank).name if tiers else team.name
