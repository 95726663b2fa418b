"""What an export of GoAlert says, in the words of ``records``. Pure: nodes of GraphQL in, an organisation out.

GoAlert has no teams. A service may say its own by a label called ``team``, or ``owner/team`` and the like; what only
such services use is that team's too. All else is the installation's own team's.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from ..plain import at as below
from ..plain import rows, text
from ..records import (
    Calls,
    Chime,
    Heartbeat,
    Level,
    Note,
    Organisation,
    Person,
    Policy,
    Schedule,
    Service,
    Source,
    Step,
    Target,
    Team,
    Way,
)
from . import calendars, shapes
from .calendars import Calendar
from .shapes import Json, Unreadable, number

Shape = TypeVar("Shape")

MOST_MINUTES = 9000  # that GoAlert takes
MOST_ROUNDS = 25  # for what repeats without end there
TEAM = "team/"
OF_ALL = (
    (
        Level.LEFT,
        "Subscribed calendars, what people sign in with, favorites, alerts that have been and GoAlert's own settings"
        " stay behind.",
    ),
    (
        Level.CHANGED,
        "When a policy ends without an answer, the last-resort contact is called. In GoAlert nobody is: see Admin,"
        " Installation.",
    ),
)

CHANNELS = {"builtin-twilio-sms": "sms", "builtin-twilio-voice": "voice", "SMS": "sms", "VOICE": "voice"}
EMAIL = ("builtin-smtp-email", "EMAIL")
ADDRESSES = ("phone_number", "email_address", "webhook_url", "slack_user_id")
DOORS = {
    "prometheusAlertmanager": "alertmanager",
    "grafana": "grafana",
    "generic": "webhook",
    "site24x7": "webhook",
    "email": "email",
    "universal": "webhook",
}
KEYED = ("prometheusAlertmanager", "grafana", "generic", "site24x7")  # by the token in their address


@dataclass
class Reading:
    """One export as it is read."""

    calendar: Calendar
    schedules: dict[str, shapes.Schedule] = field(default_factory=dict)
    alone: set[str] = field(default_factory=set)  # rotations that a policy calls by themselves
    notes: list[Note] = field(default_factory=list)

    def say(self, kind: str, node: Json, level: Level, said: str) -> None:
        self.notes.append(Note(kind, text(node.get("id")), text(node.get("name")), level, said))


def read(nodes: Mapping[str, list[Json]], now: datetime) -> Organisation:
    """``nodes`` by the name of their connection. ``now``: whose turns are those that the export calls active."""
    at = Reading(Calendar(now))
    at.notes += [Note("export", "", "GoAlert", level, said) for level, said in OF_ALL]
    _calendar(at, nodes)
    people = [_person(at, node) for node in nodes["users"]]
    policies = [_policy(at, node) for node in nodes["escalationPolicies"]]
    schedules = [*_schedules(at, nodes["schedules"]), *_rotations(at)]
    services, sources, beats = _services(at, nodes["services"])
    teams = {one.team: Team(one.team, one.team.removeprefix(TEAM)) for one in services if one.team}
    policies = [replace(one, team=_only(each.team for each in services if each.policy == one.id)) for one in policies]
    users = defaultdict(set)
    for policy in policies:
        for target in (target for step in policy.steps for target in step.targets):
            users[target.id].add(policy.team)
    return Organisation(
        people=tuple(people),
        teams=tuple(teams.values()),
        schedules=tuple(replace(one, team=_only(users[one.id])) for one in schedules),
        policies=tuple(policies),
        services=tuple(services),
        sources=tuple(sources),
        heartbeats=tuple(beats),
        notes=tuple(at.notes),
    )


def _only(teams: Iterable[str]) -> str:
    """The team of all that use it, if it is one."""
    found = set(teams)
    return found.pop() if len(found) == 1 else ""


# --- people -------------------------------------------------------------------------------------------------------


def _person(at: Reading, node: Json) -> Person:
    ways, mails = {}, set()
    for method in rows(node.get("contactMethods")):
        kind, address = _reached(method)
        key = text(method.get("id"))
        if method.get("disabled") is True:
            at.say("person", node, Level.LEFT, f"{_shown(method)} is disabled there.")
        elif kind in CHANNELS and address:
            ways[key] = Way(key, CHANNELS[kind], address, text(method.get("name"))[:40])
        elif kind in EMAIL and address.casefold() == text(node.get("email")).casefold():
            mails.add(key)
        else:
            why = "the account's own e-mail is used here" if kind in EMAIL else "there is no such way here"
            at.say("person", node, Level.LEFT, f"{_shown(method)} does not come over: {why}.")
    chimes = []
    for rule in rows(node.get("notificationRules")):
        key = text(rule.get("contactMethodID"))
        if key in ways or key in mails:
            minutes = min(max(0, number(rule.get("delayMinutes"))), 24 * 60)
            chimes += [Chime(urgency, minutes, key if key in ways else "") for urgency in ("loud", "quiet")]
        else:
            at.say("person", node, Level.LEFT, "A notification rule by a way that does not come over.")
    if node.get("role") == "admin":
        at.say("person", node, Level.CHANGED, "An admin there: here that is for an admin to say.")
    email = text(node.get("email"))
    name = text(node.get("name")) or email
    return Person(text(node.get("id")), email, name, ways=tuple(ways.values()), chimes=_sorted(chimes))


def _sorted(chimes: Iterable[Chime]) -> tuple[Chime, ...]:
    return tuple(sorted(set(chimes), key=lambda chime: (chime.urgency, chime.minutes, chime.way)))


def _reached(method: Json) -> tuple[str, str]:
    """How, and where: as GoAlert says it now, or as older servers do."""
    if not isinstance(below(method, "dest"), dict):
        return text(method, "type"), text(method, "value")
    found = (text(method, "dest", "args", name) for name in ADDRESSES)
    return text(method, "dest", "type"), next(filter(None, found), "")


def _shown(method: Json) -> str:
    kind = _reached(method)[0].removeprefix("builtin-") or "a way"
    return f"Contact method {text(method.get('name')) or text(method.get('id'))} ({kind})"


# --- who is on call -----------------------------------------------------------------------------------------------


def calendar(nodes: Mapping[str, list[Json]], now: datetime) -> tuple[Calendar, dict[str, shapes.Schedule]]:
    """What says who is on call, without any words about it."""
    at = Reading(Calendar(now))
    _calendar(at, nodes)
    return at.calendar, at.schedules


def _calendar(at: Reading, nodes: Mapping[str, list[Json]]) -> None:
    """The parts first, each by itself: what cannot be read of one is no trouble of another."""
    at.calendar.rotations = dict(_parts(at, "rotation", nodes["rotations"], shapes.rotation))
    at.schedules = dict(_parts(at, "schedule", nodes["schedules"], shapes.schedule))
    at.calendar.overrides = list(dict(_parts(at, "override", nodes["userOverrides"], shapes.override)).values())


def _parts(
    at: Reading, kind: str, found: Iterable[Json], shape: Callable[[Json], Shape]
) -> Iterator[tuple[str, Shape]]:
    for node in found:
        try:
            yield text(node.get("id")), shape(node)
        except Unreadable as why:
            at.say(kind, node, Level.LEFT, f"It does not come over: {why}.")


def _schedules(at: Reading, nodes: Iterable[Json]) -> Iterator[Schedule]:
    for node in nodes:
        theirs = at.schedules.get(text(node.get("id")))
        if theirs is None:
            continue
        for one in rows(node.get("onCallNotificationRules")):
            where = _reached(one)[0].removeprefix("builtin-") or "a channel"
            at.say("schedule", node, Level.LEFT, f"Telling {where} who is on call does not come over.")
        try:
            yield calendars.of_schedule(theirs, at.calendar, at.notes)
        except Unreadable as why:
            at.say("schedule", node, Level.LEFT, f"It does not come over: {why}.")
            del at.schedules[theirs.id]


def _rotations(at: Reading) -> Iterator[Schedule]:
    """Those that a policy calls by themselves. All others are layers of schedules."""
    layers = {one.id for each in at.schedules.values() for one in each.targets}
    for theirs in at.calendar.rotations.values():
        if theirs.id not in at.alone | layers:
            said = "It does not come over: no schedule and no policy calls by it."
            at.notes.append(Note("rotation", theirs.id, theirs.name, Level.LEFT, said))
        if theirs.id in at.alone:
            try:
                yield calendars.of_rotation(theirs, at.calendar, at.notes)
            except Unreadable as why:
                at.notes.append(Note("schedule", theirs.id, theirs.name, Level.LEFT, f"It does not come over: {why}."))


# --- who is called next -------------------------------------------------------------------------------------------


def _policy(at: Reading, node: Json) -> Policy:
    """Their minutes are gaps, after each step before the next; ours are counted from the round's beginning."""
    steps, minutes = [], 0
    theirs = sorted(rows(node.get("steps")), key=lambda step: number(step.get("stepNumber")))
    for step in theirs:
        targets = tuple(dict.fromkeys(_targets(at, node, step)))
        if targets:
            steps.append(Step(minutes, targets))
        if step.get("multiAck") is True:
            at.say("policy", node, Level.CHANGED, "A step waits for several to acknowledge: here the first holds it.")
        minutes += min(max(1, number(step.get("delayMinutes"), 1)), MOST_MINUTES)
    rounds = number(node.get("repeat")) + 1
    if not steps:
        at.say("policy", node, Level.LEFT, "None of its steps calls anybody.")
    if number(node.get("repeat")) < 0:
        at.say("policy", node, Level.CHANGED, "It repeats for ever there.")
        rounds = MOST_ROUNDS
    pause = minutes - steps[-1].minutes + steps[0].minutes if steps else 0
    return Policy(text(node.get("id")), text(node.get("name")), tuple(steps), rounds, pause, enabled=bool(steps))


def _targets(at: Reading, node: Json, step: Json) -> Iterator[Target]:
    for kind, key in _actions(step):
        if kind in ("builtin-user", "user"):
            yield Target(Calls.PERSON, key)
        elif kind in ("builtin-schedule", "schedule"):
            yield Target(Calls.SCHEDULE, key)
        elif kind in ("builtin-rotation", "rotation"):
            at.alone.add(key)
            yield Target(Calls.SCHEDULE, key)
        else:
            shown = kind.removeprefix("builtin-") or "something unknown"
            at.say("policy", node, Level.LEFT, f"A step tells {shown}, which calls nobody: its minutes still pass.")


def _actions(step: Json) -> Iterator[tuple[str, str]]:
    """What kind, and which: as GoAlert says it now, or as older servers do."""
    actions = rows(step.get("actions"))
    for one in actions:
        kind = text(one, "type")
        yield kind, text(one, "args", kind.removeprefix("builtin-").replace("-", "_") + "_id")
    if not actions:
        for one in rows(step.get("targets")):
            yield text(one.get("type")), text(one.get("id"))


# --- what it is about ---------------------------------------------------------------------------------------------


def _services(at: Reading, nodes: Iterable[Json]) -> tuple[list[Service], list[Source], list[Heartbeat]]:
    services: list[Service] = []
    sources: list[Source] = []
    beats: list[Heartbeat] = []
    for node in nodes:
        services.append(_service(at, node))
        sources += [_source(at, node, one) for one in rows(node.get("integrationKeys")) if text(one.get("id"))]
        for one in rows(node.get("heartbeatMonitors")):
            if key := text(one.get("id")):
                name = f"{text(node.get('name'))}: {text(one.get('name'))}"
                sources.append(Source(f"heartbeat/{key}", name, "heartbeat", text(node.get("id")), key=key))
                beats.append(_heartbeat(at, one, key))
    return services, sources, beats


def _service(at: Reading, node: Json) -> Service:
    team = ""
    for label in rows(node.get("labels")):
        if text(label.get("key")).rpartition("/")[2].casefold() == "team" and text(label.get("value")):
            team = TEAM + text(label["value"])
        else:
            said = f"Label {text(label.get('key'))}={text(label.get('value'))} does not come over."
            at.say("service", node, Level.LEFT, said)
    ends = shapes.maybe_moment(node.get("maintenanceExpiresAt"))
    if ends is not None and ends > at.calendar.now:
        said = f"It is in maintenance there until {ends:%Y-%m-%d %H:%M} UTC: plan it here, if it lasts so long."
        at.say("service", node, Level.LEFT, said)
    return Service(text(node.get("id")), text(node.get("name")), text(node.get("escalationPolicyID")), team)


def _source(at: Reading, service: Json, node: Json) -> Source:
    theirs = text(node.get("type"))
    kind = DOORS.get(theirs, "webhook")
    if theirs not in DOORS or theirs == "universal":
        said = "What its rules make of a message does not come over: say it with a mapping."
        at.say("source", node, Level.CHANGED, said)
    key = _token(node) if theirs in KEYED else ""
    if theirs == "site24x7":
        at.say("source", node, Level.CHANGED, "Its messages are read by a mapping here, which has to be written.")
    if theirs == "email":
        at.say("source", node, Level.CHANGED, "Its address is another one here.")
    name = f"{text(service.get('name'))}: {text(node.get('name')) or theirs}"
    return Source(text(node.get("id")), name, kind, text(service.get("id")), key=key)


def _token(node: Json) -> str:
    """Of the address that its senders know; older servers do not say it, and there it is the id."""
    href = text(node.get("href"))
    try:
        found = parse_qs(urlsplit(href).query).get("token", [])
    except ValueError:
        found = []
    return found[0] if found else "" if href else text(node.get("id"))


def _heartbeat(at: Reading, node: Json, key: str) -> Heartbeat:
    muted: Any = node.get("muted")
    if muted:
        at.say("heartbeat", node, Level.CHANGED, "It is muted there, so its silence opens nothing here.")
    minutes = max(1, number(node.get("timeoutMinutes"), 60))
    name = text(node.get("name"))
    return Heartbeat(key, name, f"heartbeat/{key}", every=minutes, enabled=not muted)
