"""Rules: conditions over facts, and from when on all of them hold. Pure, like ``path``.

What is known is kept as anchors and sums, never as a time that has passed: a count with the instant since when it is
so, the beginning of what lasts, and hands-on time as a sum with the number of hands that go on. So a rule has one
instant from which it holds, until something new is known. No condition stops holding by time alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from .words import Act


class Fact(StrEnum):
    """What a condition is about."""

    SEVERITY = "severity"  # so bad, or worse
    PEOPLE = "people"  # so many affected
    GROWTH = "growth"  # so many times as many within an hour
    UNANSWERED = "unanswered"  # minutes, without anybody who has acknowledged
    OPEN = "open"  # minutes, since it was opened or re-opened
    SILENCE = "silence"  # minutes, without a word from whoever has it
    LIMIT = "limit"  # so many minutes are left to work on it
    HANDS_ON = "hands_on"  # minutes at the tier that has it
    EFFORT = "effort"  # minutes in all
    FAILED = "failed"  # attempts at the tier that has it, since one helped
    PASSES = "passes"  # hand-overs since a tier was last called
    REOPENED = "reopened"
    AGAIN = "again"  # the same trouble, in the 30 days before
    MISSING = "missing"  # anything that it needs and its holder lacks,
    MISSING_AUTHORITY = "missing_authority"  # an authority,
    MISSING_ACCESS = "missing_access"  # an access
    ANSWER_RISK = "answer_risk"  # a promise that was warned of and is not kept yet: to answer,
    ANSWER_LATE = "answer_late"
    UPDATE_LATE = "update_late"  # to say how it goes,
    RESOLVE_RISK = "resolve_risk"  # to resolve
    RESOLVE_LATE = "resolve_late"


LASTING = (Fact.UNANSWERED, Fact.OPEN, Fact.SILENCE)  # true so many minutes after their beginning
WORKED = (Fact.HANDS_ON, Fact.EFFORT)  # true when the hands have been on it for so many minutes
ABSENT = (Fact.MISSING, Fact.MISSING_AUTHORITY, Fact.MISSING_ACCESS)  # there or not
PROMISED = (Fact.ANSWER_RISK, Fact.ANSWER_LATE, Fact.UPDATE_LATE, Fact.RESOLVE_RISK, Fact.RESOLVE_LATE)
WITHOUT_NUMBER = (*ABSENT, *PROMISED)
MINUTES = (*LASTING, *WORKED, Fact.LIMIT)
LONGEST = 366 * 24 * 60  # minutes; what would take longer never comes
HERE = (Fact.GROWTH, Fact.FAILED, Fact.PASSES, *ABSENT)  # counts that begin anew when another tier gets it


class Does(StrEnum):
    ADVISE = "advise"
    ESCALATE = "escalate"
    INFORM = "inform"


ACTS = {Does.ADVISE: Act.ADVISE, Does.ESCALATE: Act.CALL, Does.INFORM: Act.TELL}


@dataclass(frozen=True)
class Condition:
    fact: Fact
    number: int = 1


@dataclass(frozen=True)
class Rule:
    """One rule, frozen with its policy. It acts once on a run."""

    id: int
    name: str
    conditions: tuple[Condition, ...]
    does: Does
    tier: str = ""  # to escalate to; empty: the next step

    @property
    def act(self) -> Act:
        return ACTS[self.does]

    @property
    def seat(self) -> int:
        """Where those whom it informs sit among those of the steps, which count from nought."""
        return -self.id


@dataclass(frozen=True)
class Hands:
    """Work that was done by ``at``, and how many hands go on with it."""

    spent: timedelta
    at: datetime
    number: int = 0


@dataclass(frozen=True)
class Known:
    """What rules go by. ``moved_at``: when the run last moved; nothing holds from an earlier instant on."""

    counts: Mapping[str, tuple[int, datetime]] = field(default_factory=dict)
    since: Mapping[str, datetime] = field(default_factory=dict)
    hands: Mapping[str, Hands] = field(default_factory=dict)
    moved_at: datetime | None = None


def holds_from(condition: Condition, known: Known, deadline: datetime | None) -> datetime | None:
    """Since when, or from when on; None: not as things are. ``deadline``: when the time to work on it is over."""
    fact, minutes = condition.fact, timedelta(minutes=min(condition.number, LONGEST))
    if fact is Fact.LIMIT:
        return None if deadline is None else deadline - minutes
    if fact in LASTING:
        begun = known.since.get(fact)
        return None if begun is None else begun + minutes
    if fact in WORKED:
        return _worked_from(known.hands.get(fact), minutes)
    number, at = known.counts.get(fact, (0, None))
    enough = 0 < number <= condition.number if fact is Fact.SEVERITY else number >= condition.number
    return at if enough else None


def _worked_from(hands: Hands | None, minutes: timedelta) -> datetime | None:
    if hands is None:
        return None
    if hands.spent >= minutes:
        return hands.at
    return hands.at + (minutes - hands.spent) / hands.number if hands.number else None


def turns_true(rule: Rule, known: Known, deadline: datetime | None) -> datetime | None:
    """The instant from which all of its conditions hold."""
    found = [holds_from(condition, known, deadline) for condition in rule.conditions]
    instants = [instant for instant in found if instant is not None]
    if not instants or len(instants) < len(found):
        return None
    return max([*instants, *([known.moved_at] if known.moved_at else [])])


def amount(fact: Fact, known: Known, deadline: datetime | None, now: datetime) -> int:
    """How much of it there is at ``now``: a number, or whole minutes."""
    if fact is Fact.LIMIT:
        return 0 if deadline is None else max(0, int((deadline - now).total_seconds()) // 60)
    if fact in LASTING:
        begun = known.since.get(fact)
        return 0 if begun is None else max(0, int((now - begun).total_seconds()) // 60)
    if fact in WORKED:
        hands = known.hands.get(fact)
        spent = timedelta() if hands is None else hands.spent + max(now - hands.at, timedelta()) * hands.number
        return int(spent.total_seconds()) // 60
    return known.counts.get(fact, (0, now))[0]


# --- what a step that is taken changes, as far as that can be foreseen --------------------------------


def after(known: Known, act: Act, now: datetime, *, slept: timedelta | None = None) -> Known:
    """For the forecast: what will be known once ``act`` was carried out; the record says it later."""
    if act is Act.CALL:
        return Known(
            counts={fact: count for fact, count in known.counts.items() if fact not in HERE},
            since={Fact.UNANSWERED: now, **{fact: at for fact, at in known.since.items() if fact != Fact.SILENCE}},
            hands={fact: _put_down(fact, hands, now) for fact, hands in known.hands.items()},
            moved_at=now,
        )
    if slept is not None:
        since = dict(known.since)
        if Fact.UNANSWERED in since:
            since[Fact.UNANSWERED] += slept
        if Fact.SILENCE in since:
            since[Fact.SILENCE] = now
        return replace(known, since=since, moved_at=now)
    return replace(known, moved_at=now)


def _put_down(fact: str, hands: Hands, now: datetime) -> Hands:
    spent = hands.spent + max(now - hands.at, timedelta()) * hands.number
    return Hands(spent if fact == Fact.EFFORT else timedelta(), now)


# --- as JSON ------------------------------------------------------------------------------------------


def written(known: Known) -> dict[str, Any]:
    return {
        "counts": {fact: [number, at.isoformat()] for fact, (number, at) in known.counts.items()},
        "since": {fact: at.isoformat() for fact, at in known.since.items()},
        "hands": {
            fact: [hands.spent // timedelta(microseconds=1), hands.at.isoformat(), hands.number]
            for fact, hands in known.hands.items()
        },
        "moved_at": known.moved_at.isoformat() if known.moved_at else None,
    }


def read(said: Mapping[str, Any] | None) -> Known:
    if not said:
        return Known()
    moved_at = said.get("moved_at")
    return Known(
        counts={fact: (number, datetime.fromisoformat(at)) for fact, (number, at) in said["counts"].items()},
        since={fact: datetime.fromisoformat(at) for fact, at in said["since"].items()},
        hands={
            fact: Hands(timedelta(microseconds=spent), datetime.fromisoformat(at), number)
            for fact, (spent, at, number) in said["hands"].items()
        },
        moved_at=datetime.fromisoformat(moved_at) if moved_at else None,
    )


def asked(rules: Iterable[Rule]) -> set[Fact]:
    """Which facts they go by."""
    return {condition.fact for rule in rules for condition in rule.conditions}
