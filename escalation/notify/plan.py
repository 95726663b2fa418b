"""By which ways somebody is told, and when. Pure: plain values in, plain values out.

A call goes by the person's rules for its urgency, each so many minutes later: their chain. What only informs
goes by the first of these rules alone, at once, or by all that come first together. If no rule can be used, the
account's e-mail is, at once, and the plan says so: a fallback. The desk always knows at once. What is quiet
waits for the end of quiet hours, and minutes within them do not count; what is loud knows none.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from .quiet import Quiet, later, zone_of

LOUD, QUIET = "loud", "quiet"
URGENCIES = (LOUD, QUIET)
LOUD_SEVERITY = 2  # so bad, or worse
DESK, EMAIL = "desk", "email"
_AT_ONCE = timedelta(0)


@dataclass(frozen=True)
class Rule:
    """One rule of a person's that can be used: its way works, as far as anybody knows."""

    urgency: str
    delay: timedelta
    method: int
    channel: str


@dataclass(frozen=True)
class Reach:
    """What a person has settled. ``rules``: those that can be used, in order. ``account``: its e-mail, as a way."""

    rules: tuple[Rule, ...] = ()
    account: int | None = None
    quiet: Quiet | None = None
    zone: str = "UTC"


@dataclass(frozen=True)
class Leg:
    """One message of the plan. ``n`` tells those of one channel apart; ``at`` None: at once."""

    channel: str
    method: int | None = None
    n: int = 0
    at: datetime | None = None
    quiet: bool = False  # it waits for the end of quiet hours
    fallback: bool = False


def urgency_of(severity: int) -> str:
    return LOUD if severity <= LOUD_SEVERITY else QUIET


def plan(reach: Reach, *, urgency: str, asks: bool, now: datetime) -> list[Leg]:
    """``asks``: it asks the person to act, and does not only inform them."""
    quiet = reach.quiet if urgency == QUIET else None
    legs = [Leg(DESK), *(_timed(delay, leg, quiet, reach.zone, now) for delay, leg in _legs(reach, urgency, asks))]
    return list(_numbered(legs))


def _legs(reach: Reach, urgency: str, asks: bool) -> list[tuple[timedelta, Leg]]:
    rules = [rule for rule in reach.rules if rule.urgency == urgency]
    if not rules:
        return [(_AT_ONCE, Leg(EMAIL, reach.account, fallback=True))]
    if not asks:
        return [(_AT_ONCE, leg) for leg in dict.fromkeys(_leg(rule) for rule in _first(rules))]
    return list(dict.fromkeys((rule.delay, _leg(rule)) for rule in sorted(rules, key=lambda rule: rule.delay)))


def _first(rules: Sequence[Rule]) -> list[Rule]:
    """Those that come first, together."""
    soonest = min(rule.delay for rule in rules)
    return [rule for rule in rules if rule.delay == soonest]


def _leg(rule: Rule) -> Leg:
    return Leg(rule.channel, rule.method)


def _timed(delay: timedelta, leg: Leg, quiet: Quiet | None, zone: str, now: datetime) -> Leg:
    at = later(now, delay, quiet, zone_of(zone))
    if at == now:
        return leg
    return replace(leg, at=at, quiet=at != now + delay)


def _numbered(legs: Sequence[Leg]) -> Iterator[Leg]:
    counted: Counter[str] = Counter()
    for leg in legs:
        yield replace(leg, n=counted[leg.channel])
        counted[leg.channel] += 1
