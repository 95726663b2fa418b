"""Opsgenie's answers as records: people, teams and their services, sources and heartbeats. Pure.

Schedules are in ``rota``, escalations in ``climbing``. An object that is not as documented is left out with the reason;
it keeps none of the others from being read.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeVar

from .. import records
from ..plain import Odd, needed, number, rows, text
from ..records import Level, Note
from . import climbing, reaching, rota
from .directory import Directory, Raw, words_of

Made = TypeVar("Made")

_KINDS = {  # integrations there → sources here
    "prometheus": "alertmanager",
    "api": "opsgenie",
    "grafana": "grafana",
    "email": "email",
    "webhook": "webhook",
}
_ALERT_API = ("api", "prometheus")  # what sends to these speaks Opsgenie's own Alert API, and shows its key
_LEFT = {
    "alert policy": "Alert and notification policies do not come over: what they delay, suppress or close is to be"
    " settled anew, with rules, mappings or the senders' own means.",
    "forwarding": "Forwarding rules do not come over: enter an override for the time that is still to come.",
    "maintenance": "Maintenance does not come over: enter what is still to come in Admin, Maintenance windows.",
    "custom role": "Roles of one's own do not come over: here there are agents, supervisors, auditors and admins.",
}
_UNTOLD = (
    "Integration actions and filters, incident templates, stakeholders, conference bridges, saved searches, call"
    " routing, chat connections and the history of alerts do not come over."
)


def read(raw: Raw, now: datetime) -> records.Organisation:
    notes: list[Note] = [Note("export", "", "Opsgenie", Level.LEFT, why) for why in raw.get("unread") or ()]
    notes.append(Note("export", "", "Opsgenie", Level.LEFT, _UNTOLD))
    notes.append(Note("export", "", "Opsgenie", Level.CHANGED, climbing.AT_THE_END))
    known = Directory(raw)

    def each(kind: str, found: list[Raw], make: Callable[[Raw], Made], *under: str) -> list[Made]:
        return list(_each(kind, found, make, under, notes))

    people = each("person", rows(raw, "users"), lambda one: reaching.person(one, notes), "user")
    teams = each("team", rows(raw, "teams"), lambda one: _team(one, known, notes), "team")
    schedules = each("schedule", rows(raw, "schedules"), lambda one: rota.schedule(one, known, now, notes), "schedule")
    policies = each("policy", rows(raw, "escalations"), lambda one: climbing.policy(one, known, notes))
    services = each("service", rows(raw, "teams"), lambda one: _routed(one, known, notes), "team")
    services += each("service", rows(raw, "services"), lambda one: _service(one, known))
    sources = each("source", rows(raw, "integrations"), lambda one: _source(one, known, notes))
    beats = each("heartbeat", rows(raw, "heartbeats"), lambda one: _heartbeat(one, known))
    for kind, said in _LEFT.items():
        for one in rows(raw, "left", kind):
            notes.append(Note(kind, text(one, "id"), words_of(one), Level.LEFT, said))
    policies += [climbing.alone(sid, known) for sid in known.schedules_routed_to()]
    return records.Organisation(
        people=tuple(people),
        teams=tuple(teams),
        schedules=(*schedules, *rota.beside(schedules, known.wanted_beside)),
        policies=tuple(policies),
        services=tuple(services),
        sources=(*sources, *_beat_sources(beats, known)),
        heartbeats=tuple(beats),
        notes=tuple(notes),
    )


def _each(
    kind: str, found: list[Raw], make: Callable[[Raw], Made], under: tuple[str, ...], notes: list[Note]
) -> Iterator[Made]:
    seen: set[str] = set()
    for one in found:
        inner = one.get(under[0]) if under else one
        try:
            made = make(one)
        except (Odd, KeyError, TypeError, ValueError, AttributeError, OverflowError) as why:
            said = str(why) if isinstance(why, Odd) else "It is not as Opsgenie documents it."
            notes.append(Note("export", text(inner, "id"), f"{kind} {words_of(inner)}", Level.LEFT, said))
            continue
        identity = str(getattr(made, "id", ""))
        if made is not None and identity not in seen:
            seen.add(identity)
            yield made


# --- teams, and what their alerts lead to ---------------------------------------------------------


def _team(one: Raw, known: Directory, notes: list[Note]) -> records.Team:
    team = one["team"]
    members = known.members(text(team, "id"))
    return records.Team(
        id=needed(team, "id"),
        name=words_of(team),
        agents=tuple(who for who, role in members if role != "admin"),
        supervisors=tuple(who for who, role in members if role == "admin"),
    )


def _routed(one: Raw, known: Directory, notes: list[Note]) -> records.Service:
    """What alerts of a team are about, called by its default rule."""
    team, routing = one["team"], known.routing(text(one["team"], "id"))
    for rule in routing.others:
        said = f"The routing rule “{words_of(rule)}” does not come over: {climbing.spelt(rule)}."
        notes.append(Note("service", f"team:{text(team, 'id')}", words_of(team), Level.LEFT, said))
    if routing.kind == "none":
        said = "Its default rule calls nobody there; here an incident always calls somebody."
        notes.append(Note("service", f"team:{text(team, 'id')}", words_of(team), Level.LEFT, said))
    return records.Service(
        id=f"team:{needed(team, 'id')}", name=words_of(team), policy=routing.policy, team=text(team, "id")
    )


def _service(one: Raw, known: Directory) -> records.Service:
    team = text(one, "teamId")
    return records.Service(id=needed(one, "id"), name=words_of(one), policy=known.routing(team).policy, team=team)


# --- sources --------------------------------------------------------------------------------------


def _source(one: Raw, known: Directory, notes: list[Note]) -> records.Source:
    identity, there, key = needed(one, "id"), text(one, "type"), text(one, "apiKey")
    kind = _KINDS.get(there.casefold(), "webhook")

    def note(said: str, level: Level = Level.CHANGED) -> None:
        notes.append(Note("source", identity, words_of(one), level, said))

    if there.casefold() in _ALERT_API and key:
        kind = "opsgenie"
    if there.casefold() not in _KINDS:
        note(f"{there or 'Its type'} is a webhook here: choose or write a mapping for what it sends.")
    if kind == "email":
        note("Its address is another: the senders have to be told.")
    if kind != "opsgenie":
        key = ""  # what it sends with is not sent to us in a form that a door here looks for
    team = text(one, "teamId") or text(one, "ownerTeam", "id")
    return records.Source(
        id=identity,
        name=words_of(one),
        kind=kind,
        service=f"team:{team}" if team else "",
        enabled=one.get("enabled") is not False,
        key=key,
    )


# --- heartbeats -----------------------------------------------------------------------------------

_UNITS = {"minutes": 1, "hours": 60, "days": 24 * 60}


def _heartbeat(one: Raw, known: Directory) -> records.Heartbeat:
    unit = _UNITS.get(text(one, "intervalUnit") or "minutes")
    if unit is None:
        raise Odd(f"Its unit {text(one, 'intervalUnit')} is not known.")
    priority = text(one, "alertPriority").upper()
    team = text(one, "ownerTeam", "id")
    return records.Heartbeat(
        id=needed(one, "name"),
        name=needed(one, "name"),
        source=f"heartbeats:{team}",
        title=text(one, "alertMessage"),
        severity=int(priority[1]) if priority in ("P1", "P2", "P3", "P4", "P5") else 3,
        every=number(one, "interval", default=10) * unit,
        enabled=one.get("enabled") is not False,
    )


def _beat_sources(beats: list[records.Heartbeat], known: Directory) -> Iterator[records.Source]:
    for source in dict.fromkeys(beat.source for beat in beats):
        team = source.partition(":")[2]
        name = f"Heartbeats of {known.team_name(team)}" if team else "Heartbeats"
        yield records.Source(id=source, name=name, kind="heartbeat", service=f"team:{team}" if team else "")
