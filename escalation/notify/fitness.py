"""Whether a call would reach somebody, as their ways and rules have it. Pure: plain values in, plain values out.

Judged is what a call to SEV1 or SEV2 does: it goes by the rules for them that can be used, else by the account's
e-mail. Red is what would fail, or was never shown to work and has nothing beside it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

UNTESTED_AFTER = timedelta(days=7)
LATE = 5  # minutes: so long a step may wait before it calls others


class Fault(StrEnum):
    UNREACHABLE = "unreachable"
    EMAIL_ONLY = "email_only"
    NO_LOUD_RULE = "no_loud_rule"  # other ways could be used, but no rule for SEV1 and SEV2 does
    LATE = "late"
    FAILING = "failing"
    UNTESTED = "untested"


@dataclass(frozen=True)
class Way:
    """One way that somebody has and did not remove. ``channel_works``: this installation can send by it."""

    channel: str
    since: datetime
    account: bool = False
    verified: bool = True
    gone: bool = False
    channel_works: bool = True
    ok_at: datetime | None = None
    failed_at: datetime | None = None
    loud: bool = False  # a rule for SEV1 and SEV2 uses it
    loud_after: int = 0  # minutes: the first of them
    quiet: bool = False

    @property
    def usable(self) -> bool:
        return self.verified and not self.gone and self.channel_works

    @property
    def failing(self) -> bool:
        return self.failed_at is not None and (self.ok_at is None or self.failed_at > self.ok_at)


@dataclass(frozen=True)
class Settled:
    """What somebody has settled."""

    ways: tuple[Way, ...] = ()
    quiet_hours: bool = False


@dataclass(frozen=True)
class Flaw:
    """One thing that is not as it should be, and the ways it is about."""

    fault: Fault
    red: bool
    ways: tuple[Way, ...] = ()
    quiet_hours: bool = False
    tested: bool = True  # the account's e-mail has been, where that is all there is
    minutes: int = 0  # until the first message leaves, where that is late

    @property
    def wants_test(self) -> bool:
        """Whether a test would mend it, or at least show."""
        return self.fault is Fault.UNTESTED or not self.tested


def judge(settled: Settled, now: datetime) -> list[Flaw]:
    usable = [way for way in settled.ways if way.usable]
    account = [way for way in usable if way.account]
    loud = [way for way in usable if way.loud] or account
    broken = tuple(way for way in settled.ways if not way.usable)
    if not loud:
        return [Flaw(Fault.UNREACHABLE, True, broken)]
    alone, failing = _alone(settled, usable, loud, broken), _failing(usable, loud)
    return [*alone, *_late(loud), *failing, *_untested(usable, loud, now)]


def _alone(settled: Settled, usable: Sequence[Way], loud: Sequence[Way], broken: tuple[Way, ...]) -> Iterator[Flaw]:
    """Nothing but the account's e-mail would tell of SEV1 and SEV2."""
    if not all(way.account for way in loud):
        return
    tested = loud[0].ok_at is not None
    others = tuple(way for way in usable if not way.account)
    if others:
        yield Flaw(Fault.NO_LOUD_RULE, not tested, others, settled.quiet_hours, tested)
    else:
        yield Flaw(Fault.EMAIL_ONLY, not tested, broken, tested=tested)


def _late(loud: Sequence[Way]) -> Iterator[Flaw]:
    """Whoever is told first when the step has long gone on to others is not called by it."""
    minutes = min(way.loud_after for way in loud)
    if minutes > LATE:
        yield Flaw(Fault.LATE, False, tuple(loud), minutes=minutes)


def _failing(usable: Sequence[Way], loud: Sequence[Way]) -> Iterator[Flaw]:
    found = tuple(way for way in _in_use(usable, loud) if way.failing)
    if found:
        yield Flaw(Fault.FAILING, all(way.failing for way in loud), found)


def _untested(usable: Sequence[Way], loud: Sequence[Way], now: datetime) -> Iterator[Flaw]:
    """Where the account's e-mail is all there is, that is said already."""
    said = all(way.account for way in loud)
    waiting = [way for way in _in_use(usable, loud) if way.ok_at is None and not way.failing]
    found = tuple(way for way in waiting if now - way.since >= UNTESTED_AFTER and not (said and way.account))
    if found:
        yield Flaw(Fault.UNTESTED, False, found)


def _in_use(usable: Sequence[Way], loud: Sequence[Way]) -> list[Way]:
    return [way for way in usable if way.loud or way.quiet or way in loud]


def down(settled: Settled) -> tuple[str, ...]:
    """The channels that rules count upon and that do not work on this installation."""
    found = (way.channel for way in settled.ways if (way.loud or way.quiet) and not way.gone and not way.channel_works)
    return tuple(dict.fromkeys(found))
