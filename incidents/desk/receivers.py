"""The people in the picker: gathered in a fixed number of queries, ranked by how well they fit (``fit``).

For many incidents at once what they ask is gathered by kind: of hundreds, few differ in path, service and needs.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import NamedTuple

from django.db.models import Q

from escalation.kit import clock
from escalation.kit.containing import contains
from escalation.notify.judging import settled
from escalation.oncall.roster import OnCall
from escalation.people.models import Skill, User
from escalation.policies.freezing import Frozen, schedules_of
from escalation.trail.models import Entry
from incidents.models import Incident
from incidents.models.needing import needed_by

from . import duty, fit, traits
from .pickers import Choice
from .versions import memberships

MOST, LOOKED_AT = 30, 1000
_ANEW = ("acknowledged", "accepted", "called", "reassigned")  # another hand-over begins
REFUSING = (*_ANEW, "declined", "offer_returned")


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


def offered(
    incident: Incident,
    viewer: User,
    query: str = "",
    *,
    there: duty.There | None = None,
    needed: Sequence[Skill] | None = None,
    entries: Iterable[Entry] | None = None,
) -> list[Choice]:
    """Who could take it, the best fit first. With a query, whoever matches it; else those on this path, in the
    viewer's teams, or with what is needed. ``there``, what is ``needed``, and the record's ``entries`` of the kinds
    ``REFUSING``, oldest first: where they are known already."""
    context = _context(
        [incident], viewer, there, {incident.pk: list(needed)} if needed is not None else None, entries=entries
    )
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


def _context(
    incidents: Sequence[Incident],
    viewer: User,
    there: duty.There | None = None,
    needed: Mapping[int, list[Skill]] | None = None,
    *,
    entries: Iterable[Entry] | None = None,
) -> Context:
    now, runs = clock.now(), [one.run for one in incidents if one.run is not None]
    paths = {run.frozen_path_id: run.frozen for run in runs}
    there = there or duty.of_paths(incidents, viewer, now)
    on = there.roster.on_call
    known = [pk for pk in there.asked if pk in on.schedules]
    held: dict[int, list[str]] = {}
    for one in incidents:
        if one.run is not None and one.run.holder_id is not None:
            held.setdefault(one.run.holder_id, []).append(one.ref)
    teams_on = {path: _teams_on(frozen, there.teams) for path, frozen in paths.items()}
    return Context(
        now=now,
        kinds=_kinds(incidents, teams_on, needed_by(incidents) if needed is None else needed),
        mine={team for team, _name, _role in memberships(viewer)},
        on_duty=_on_duty(on, known, now),
        rota=on.rota(known, now),
        refused=_refused({one.run.pk: one for one in incidents if one.run is not None}, entries),
        held=held,
    )


def _kinds(
    incidents: Sequence[Incident], teams_on: Mapping[str, frozenset[int]], needed_by: Mapping[int, list[Skill]]
) -> list[Alike]:
    needed = {pk: tuple(skills) for pk, skills in needed_by.items()}
    found: dict[tuple, list[str]] = {}
    for one in incidents:
        path = one.run.frozen_path_id if one.run is not None else ""
        found.setdefault((needed[one.pk], teams_on.get(path, frozenset()), one.service_id), []).append(one.ref)
    return [Alike(tuple(refs), *key) for key, refs in found.items()]


def _on_duty(on: OnCall, schedules: Iterable[int], now: datetime) -> dict[int, datetime | None]:
    """Who is on call now by any of these schedules, and until when by the first of them."""
    found: dict[int, datetime | None] = {}
    for schedule in sorted(schedules):
        for person in on.at(schedule, now):
            found.setdefault(person.pk, on.until(schedule, now))
    return found


def _refused(runs: Mapping[int, Incident], entries: Iterable[Entry] | None = None) -> dict[int, dict[str, Refusal]]:
    """Who declined a hand-over, or did not answer it, since its holder has it. One query, unless they are known."""
    found: dict[int, dict[int, Refusal]] = {run: {} for run in runs}
    if entries is None:
        trails = [one.trail_id for one in runs.values()]
        entries = Entry.objects.filter(trail__in=trails, run__in=runs, kind__in=REFUSING).order_by("trail", "seq")
    for one in entries:
        if one.run not in found or one.kind not in REFUSING:
            continue
        refusals = found[one.run]
        if one.kind in _ANEW:
            refusals.clear()
        elif one.kind == "declined" and one.actor_id is not None:
            refusals[one.actor_id] = refusals.get(one.actor_id, Refusal())._replace(declined_at=one.at)
        elif one.kind == "offer_returned" and isinstance(asked := json.loads(one.data).get("from"), dict):
            refusals[asked["id"]] = refusals.get(asked["id"], Refusal())._replace(silent_at=one.at)
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
    about, unreachable = traits.read(incidents, viewer, [person.pk for person in rows]), _unreachable(rows)
    for person in rows:
        yield person, partial(_candidate, person, context, about, person.pk in unreachable)


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
    return found.distinct().order_by("name", "id")[:LOOKED_AT]


def _unreachable(people: list[User]) -> set[int]:
    """Who has no way by which a message could leave, or left the last time."""
    known = settled(people) if people else {}
    return {pk for pk, one in known.items() if not any(way.usable and not way.failing for way in one.ways)}


def _candidate(
    person: User, context: Context, about: traits.Traits, unreachable: bool, kind: Alike, ref: str
) -> fit.Candidate:
    teams, skills = about.teams.get(person.pk, []), about.skills.get(person.pk, {})
    here = next((about.where(team) for team in teams if team in kind.on_path), None)
    scheduled = person.pk in context.on_duty or person.pk in context.rota
    refusal = context.refused.get(person.pk, {}).get(ref, Refusal())
    return fit.Candidate(
        name=person.name,
        where=here or (about.where(teams[0]) if teams else ""),
        skills=tuple(sorted(skills.values())),
        has=tuple(one.name for one in kind.needed if one.pk in skills),
        lacks=tuple(one.name for one in kind.needed if one.pk not in skills),
        on_duty=person.pk in context.on_duty if scheduled else None,
        until=context.on_duty.get(person.pk),
        on_path=here is not None,
        mine=any(team in context.mine for team in teams),
        resolved=about.resolved.get((kind.service or 0, person.pk), 0),
        holds=about.holds.get(person.pk, 0),
        has_it=ref in context.held.get(person.pk, ()),
        declined_at=refusal.declined_at,
        silent_at=refusal.silent_at,
        unreachable=unreachable,
    )
