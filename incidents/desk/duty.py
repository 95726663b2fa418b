"""Who is on call, in the heads of the lists and beside an incident.

What schedules say is read once for each change of them and kept with their version; who it is, is reckoned each time.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import TypeVar

from django.core.cache import cache
from django.db.models import Q

from escalation.engine.models import EscalationRun
from escalation.oncall import glance
from escalation.oncall.models import Schedule
from escalation.oncall.overview import Standing
from escalation.people.models import Tier, User
from escalation.policies.freezing import Crews, Roster, schedules_of
from escalation.policies.models import Installation
from incidents.models import Incident

from .queries import Filters, team_ids
from .versions import TURN, rules_of

T = TypeVar("T")


def of_list(filters: Filters, now: datetime) -> glance.Glance:
    """For the team that is looked at, else for the viewer's own."""
    user, team = filters.user, filters.team
    mine = team_ids(user)
    rotas = _kept(f"list:{team}", user, now, lambda: glance.Rotas.read(glance.of_team(user, team, mine=mine), now))
    return glance.Glance.of(rotas, now, team=team)


def everywhere(viewer: User, now: datetime) -> list[Standing]:
    """By every schedule that the viewer may see."""
    found = Schedule.objects.in_use().visible_to(viewer)
    return _kept("everywhere", viewer, now, lambda: glance.Rotas.read(found, now)).lines(now)


def of_incident(incident: Incident, viewer: User, now: datetime) -> list[Standing]:
    """By the schedules by which its paths call, and by those of its service's team."""
    runs = _running(incident)
    if not runs:
        return []
    team = incident.service.team_id if incident.service else None

    def read() -> glance.Rotas:
        ids = {pk for run in runs for step in run.frozen["steps"] for pk in schedules_of(step)}
        return glance.Rotas.read(glance.beside(viewer, ids=ids, team=team), now)

    return _kept(f"{team}:{_paths(runs)}", viewer, now, read).lines(now)


def roster_of(incident: Incident, viewer: User, now: datetime) -> Roster | None:
    """Who is there for the steps of its paths, if any is being climbed."""
    runs = _running(incident)
    if not runs:
        return None
    roster = _kept(f"roster:{_paths(runs)}", viewer, now, lambda: Roster([run.frozen for run in runs], now))
    roster.now = now
    return roster


@dataclass(frozen=True)
class There:
    """Who is there for the steps of some paths, and by which schedules it is asked who is on duty at all."""

    roster: Roster
    asked: frozenset[int]  # schedules: those by which the paths call, and all that the viewer may see
    teams: dict[int, int]  # of each of those


def of_paths(incidents: Iterable[Incident], viewer: User, now: datetime) -> There:
    """For whoever looks for somebody to pass them on to: everything about schedules is asked once."""
    paths = {one.run.frozen_path_id: one.run.frozen for one in incidents if one.run is not None}

    def read() -> There:
        calling = {pk for frozen in paths.values() for step in frozen["steps"] for pk in schedules_of(step)}
        seen = Schedule.objects.in_use().visible_to(viewer).values("pk")
        found = Schedule.objects.filter(Q(pk__in=calling) | Q(pk__in=seen))
        teams = dict(found.order_by().values_list("pk", "team"))
        return There(Roster(paths.values(), now, also=teams), frozenset(teams), teams)

    name = blake2b("+".join(sorted(paths)).encode(), digest_size=12).hexdigest()
    there = _kept(f"paths:{name}", viewer, now, read)
    there.roster.now = now
    return there


def _running(incident: Incident) -> list[EscalationRun]:
    return [run for run in (incident.run, incident.authority_run) if run is not None and run.ended_at is None]


def _paths(runs: list[EscalationRun]) -> str:
    return "+".join(run.frozen_path_id for run in runs)


def of_tiers(viewer: User, now: datetime) -> dict[Tier, list[User]]:
    """Whom a call to each of the board's tiers reaches now."""
    tiers = Tier.objects.in_use().filter(track=Tier.Track.FUNCTIONAL).order_by("rank", "name")
    return _kept("tiers", viewer, now, lambda: Crews(tiers, now)).at(now)


def last_resort(user: User, now: datetime) -> str:
    """The name of whoever is called when nobody is left."""
    return _kept("last", user, now, lambda: Installation.objects.select_related("last_resort").get().last_resort.name)


def _kept(what: str, viewer: User, now: datetime, read: Callable[[], T]) -> T:
    key = f"duty:{rules_of(viewer, now)}:{what}"
    found: T | None = cache.get(key)
    if found is None:
        found = read()
        cache.set(key, found, TURN)
    return found
