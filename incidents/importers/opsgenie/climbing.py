"""Escalations as policies. Their delays count from the beginning, and rules of one delay are one step. Pure."""

from collections.abc import Callable, Iterator
from typing import Any

from .. import records
from ..plain import Odd, at, needed, number, rows, text
from ..records import Calls, Level, Note, Target
from .directory import Directory, Raw, words_of

AT_THE_END = (
    "When a policy ends without an answer, the last-resort contact is called. In Opsgenie nobody is: see Admin,"
    " Installation."
)
_MINUTES = {"minutes": 1, "hours": 60, "days": 24 * 60}

Say = Callable[..., None]


def policy(one: Raw, known: Directory, notes: list[Note]) -> records.Policy:
    identity = needed(one, "id")

    def say(said: str, level: Level = Level.CHANGED) -> None:
        notes.append(Note("policy", identity, words_of(one), level, said))

    steps = tuple(_steps(one, known, say))
    rounds, pause = _repeats(one, steps, say)
    team = known.team(one.get("ownerTeam"))
    return records.Policy(identity, words_of(one), steps, rounds=rounds, pause=pause, team=team)


def alone(schedule: str, known: Directory) -> records.Policy:
    """What a team's routing to a schedule is: who is on call, and nobody after them."""
    step = records.Step(0, (Target(Calls.SCHEDULE, schedule),))
    teams = [team for team in known.teams if known.routing(team).target == schedule]
    name = known.schedule_name(schedule)
    return records.Policy(f"schedule:{schedule}", name, (step,), team=teams[0] if teams else "")


def _steps(one: Raw, known: Directory, say: Say) -> Iterator[records.Step]:
    found: dict[int, list[tuple[tuple[Target, ...], bool]]] = {}
    for minutes, targets, always in _rules(one, known, say, depth=0):
        found.setdefault(minutes, []).append((targets, always))
    for minutes, rules in sorted(found.items()):
        conditions = {always for _targets, always in rules}
        if len(conditions) > 1:
            say(f"After {minutes} minutes everybody is called also if somebody has acknowledged; there only some are.")
        targets = tuple(dict.fromkeys(target for some, _always in rules for target in some))
        if targets:
            yield records.Step(minutes, targets, always=True in conditions)


def _rules(one: Raw, known: Directory, say: Say, *, depth: int) -> Iterator[tuple[int, tuple[Target, ...], bool]]:
    for rule in rows(one, "rules"):
        minutes, always = _delay(rule), text(rule, "condition") == "if-not-closed"
        who, how = rule.get("recipient"), text(rule, "notifyType") or "default"
        routing = known.routing(known.team(who)) if text(who, "type") == "team" and how == "default" else None
        if routing is None:
            yield minutes, tuple(_targets(who, how, known, say)), always
            continue
        if routing.others:
            say(f"A step calls {words_of(who)} by its default rule; its other routing rules do not come over.")
        if routing.kind == "schedule":
            yield minutes, (Target(Calls.SCHEDULE, routing.target),), always
        elif routing.kind == "escalation" and depth < 3:
            inner = known.escalations.get(routing.target, {})
            for later, targets, still in _rules(inner, known, say, depth=depth + 1):
                yield minutes + later, targets, always or still
        elif routing.kind == "escalation":
            raise Odd("It calls teams whose escalations call teams, without an end.")
        else:
            say(f"A step calls {words_of(who)}, whose routing calls nobody.")


def _delay(rule: Raw) -> int:
    unit = _MINUTES.get(text(rule, "delay", "timeUnit") or "minutes")
    if unit is None:
        raise Odd(f"A rule's unit of time is not known: {text(rule, 'delay', 'timeUnit')}.")
    return number(rule, "delay", "timeAmount", default=0) * unit


def _targets(who: Any, how: str, known: Directory, say: Say) -> Iterator[Target]:
    kind = text(who, "type") or "user"
    if kind == "user":
        yield Target(Calls.PERSON, known.user(who))
    elif kind == "schedule" and how == "default":
        yield Target(Calls.SCHEDULE, text(who, "id"))
    elif kind == "schedule" and how in ("next", "previous"):
        known.wanted_beside.add(f"{text(who, 'id')}/{how}")
        say(f"Who is {how} on call by {words_of(who)} is a schedule here, with the same turns moved by one.")
        yield Target(Calls.SCHEDULE, f"{text(who, 'id')}/{how}")
    elif kind == "team" and how in ("all", "users", "admins"):
        yield from _of_team(known.team(who), how, known, say)
    else:
        yield Target(Calls.PERSON, f"{how} of the {kind} {words_of(who)}")  # nobody's id: the policy says so


def _of_team(team: str, how: str, known: Directory, say: Say) -> Iterator[Target]:
    """A call to a team here reaches its agents; its supervisors are named."""
    members = known.members(team)
    admins = [person for person, role in members if role == "admin"]
    if how != "admins" and len(members) > len(admins):
        yield Target(Calls.TEAM, team)
    if how != "users":
        yield from (Target(Calls.PERSON, person) for person in admins)
        if admins:
            say(f"The admins that {known.team_name(team)} has now are called by name.")


def _repeats(one: Raw, steps: tuple[records.Step, ...], say: Say) -> tuple[int, int]:
    """Rounds, and minutes from the last step to the next round's first."""
    repeat = one.get("repeat")
    count = number(repeat, "count", default=0, most=1000) if isinstance(repeat, dict) else 0
    if not count or not steps:
        return 1, 0
    if at(repeat, "resetRecipientStates") is True:
        say("Each round there also calls after an acknowledgement; here an acknowledgement ends the climb.")
    if at(repeat, "closeAlertAfterAll") is True:
        say("Nothing here resolves an incident because nobody answers.", Level.LEFT)
    return count + 1, max(1, number(repeat, "waitInterval", default=0) + steps[0].minutes)


# --- routing rules, in words ----------------------------------------------------------------------


def spelt(rule: Raw) -> str:
    """As it stands there, for whoever has to decide what becomes of it."""
    joined = " or " if text(rule, "criteria", "type") == "match-any-condition" else " and "
    conditions = joined.join(_condition(one) for one in rows(rule, "criteria", "conditions")) or "every alert"
    hours = f", at certain hours ({text(rule, 'timezone')})" if isinstance(rule.get("timeRestriction"), dict) else ""
    target = f"{text(rule, 'notify', 'type')} {text(rule, 'notify', 'name') or text(rule, 'notify', 'id')}".strip()
    return f"{conditions}{hours} → {target or 'nobody'}"


def _condition(one: Raw) -> str:
    negated = "not " if one.get("not") is True else ""
    return f"{text(one, 'field')} {negated}{text(one, 'operation')} “{text(one, 'expectedValue')}”"
