"""Whether a call would reach somebody, as their ways and rules have it. Pure: plain values in, plain values out.

Judged is what a call to SEV1 or SEV2 does: it goes by the rules for them that can be used, else by the account's
e-mail. Red is that a call may not find them: nothing that it would go by has shown lately that it leads to them, or
every way that their rules for it name is out of use. What another way that is proved makes up for is amber.

A way is proved by what shows that it leads to its person: they typed a code that came by it, sent themselves a test
that left, or answered from a message that came by it. That a message left proves nothing: nobody may have seen it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

UNTESTED_AFTER = timedelta(days=7)
NOTICE = timedelta(days=1)  # so long before a proof is too old its person is told
AGAIN = timedelta(minutes=10)  # so long a test that was asked for may take
LATE = 5  # minutes: so long a step may wait before it calls others


class Fault(StrEnum):
    UNREACHABLE = "unreachable"
    EMAIL_ONLY = "email_only"
    NO_LOUD_RULE = "no_loud_rule"  # other ways could be used, but no rule for SEV1 and SEV2 does
    LATE = "late"
    FAILING = "failing"
    UNUSABLE = "unusable"  # they count upon it, and others are left
    UNTESTED = "untested"


@dataclass(frozen=True)
class Way:
    """One way that somebody has and did not remove. ``channel_works``: this installation can send by it.

    ``readable``: a key here opens its address.
    """

    channel: str
    since: datetime
    account: bool = False
    verified: bool = True
    gone: bool = False
    channel_works: bool = True
    readable: bool = True
    proved_at: datetime | None = None
    asked_at: datetime | None = None  # they asked for a message by it
    refused_at: datetime | None = None  # since then nothing has left by it
    loud: bool = False  # a rule for SEV1 and SEV2 uses it
    loud_after: int = 0  # minutes: the first of them
    quiet: bool = False
    id: int = 0

    @property
    def usable(self) -> bool:
        return self.verified and self.readable and not self.gone and self.channel_works

    @property
    def failing(self) -> bool:
        return self.refused_at is not None


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
    days: tuple[int, ...] = ()  # since each of the ways was proved, where that is long ago; -1: never

    @property
    def wants_test(self) -> bool:
        """Whether a test would mend it, or at least show."""
        return self.fault in (Fault.UNTESTED, Fault.FAILING) or not self.tested

    @property
    def needs_them(self) -> bool:
        """Whether their person has to see to it: nobody else can, and a call may not find them."""
        return self.red or self.wants_test


def judge(settled: Settled, now: datetime, after: timedelta = UNTESTED_AFTER) -> list[Flaw]:
    """``after``: so long a proof lasts."""
    usable = [way for way in settled.ways if way.usable]
    account = [way for way in usable if way.account]
    loud = [way for way in usable if way.loud] or account
    broken = tuple(way for way in settled.ways if not way.usable)
    if not loud:
        return [Flaw(Fault.UNREACHABLE, True, broken)]
    alone = list(_alone(settled, usable, loud, broken))
    said = any(flaw.fault is Fault.EMAIL_ONLY for flaw in alone)
    unusable = [] if said else _unusable(settled, broken)
    return [*alone, *_late(loud), *_failing(usable, loud), *unusable, *_untested(usable, loud, now, after)]


def _proved(way: Way, now: datetime, after: timedelta) -> bool:
    """Whether it has led to its person lately, and nothing has been refused there since."""
    return way.proved_at is not None and now - way.proved_at < after and not way.failing


def _all_out_of_use(settled: Settled) -> bool:
    """No way that their rules for SEV1 and SEV2 name can be used: the call falls back to what they did not choose."""
    named = [way for way in settled.ways if way.loud]
    return any(way.channel_works for way in named) and not any(way.usable for way in named)


def _alone(settled: Settled, usable: Sequence[Way], loud: Sequence[Way], broken: tuple[Way, ...]) -> Iterator[Flaw]:
    """Nothing but the account's e-mail would tell of SEV1 and SEV2."""
    if not all(way.account for way in loud):
        return
    tested = loud[0].proved_at is not None
    red = not tested or _all_out_of_use(settled)
    others = tuple(way for way in usable if not way.account)
    if others:
        yield Flaw(Fault.NO_LOUD_RULE, not tested, others, settled.quiet_hours, tested)
    else:
        yield Flaw(Fault.EMAIL_ONLY, red, broken, tested=tested)


def _late(loud: Sequence[Way]) -> Iterator[Flaw]:
    """Whoever is told first when the step has long gone on to others is not called by it."""
    minutes = min(way.loud_after for way in loud)
    if minutes > LATE:
        yield Flaw(Fault.LATE, False, tuple(loud), minutes=minutes)


def _failing(usable: Sequence[Way], loud: Sequence[Way]) -> Iterator[Flaw]:
    found = tuple(way for way in _in_use(usable, loud) if way.failing)
    if found:
        yield Flaw(Fault.FAILING, all(way.failing for way in loud), found)


def _unusable(settled: Settled, broken: Sequence[Way]) -> Iterator[Flaw]:
    """One that waits for its code, or is gone while a rule goes by it. Channels not set up: ``down``."""
    found = tuple(way for way in broken if way.channel_works and (not way.gone or way.loud or way.quiet))
    if found:
        yield Flaw(Fault.UNUSABLE, _all_out_of_use(settled), found)


def _untested(usable: Sequence[Way], loud: Sequence[Way], now: datetime, after: timedelta) -> Iterator[Flaw]:
    """Where the account's e-mail is all there is, that it was never tested is said already.

    Red if nothing that a call would go by is proved: then nobody knows whether it finds them.
    """
    said = all(way.account for way in loud)
    found = []
    for way in _in_use(usable, loud):
        never = way.proved_at is None
        if not way.failing and not _proved(way, now, after) and not (never and said and way.account):
            found.append(way)
    if found:
        days = tuple(-1 if way.proved_at is None else (now - way.proved_at).days for way in found)
        red = any(way in loud for way in found) and not any(_proved(way, now, after) for way in loud)
        yield Flaw(Fault.UNTESTED, red, tuple(found), days=days)


def due(settled: Settled, now: datetime, after: timedelta = UNTESTED_AFTER) -> list[Way]:
    """The ways in use that it is time to test: nothing has proved them for so long, and they were asked for none.

    A day before anything turns red of it, so that nobody is blamed for what they could not know.
    """
    return [way for way in _used(settled) if now - _last(way) >= told_after(after)]


def told_after(after: timedelta) -> timedelta:
    return max(after - NOTICE, after / 2)


def worth_testing(settled: Settled, now: datetime, after: timedelta = UNTESTED_AFTER) -> list[Way]:
    """The ways in use that a test now would show something of: those due, those never proved, those refused."""
    asked = [way for way in _used(settled) if way.asked_at is not None and now - way.asked_at < AGAIN]
    wanted = [way for way in _used(settled) if not _proved(way, now, told_after(after))]
    return [way for way in wanted if way not in asked]


def _used(settled: Settled) -> list[Way]:
    usable = [way for way in settled.ways if way.usable]
    return _in_use(usable, [way for way in usable if way.loud] or [way for way in usable if way.account])


def _last(way: Way) -> datetime:
    return max(filter(None, [way.since, way.proved_at, way.asked_at]))


def _in_use(usable: Sequence[Way], loud: Sequence[Way]) -> list[Way]:
    return [way for way in usable if way.loud or way.quiet or way in loud]


def down(settled: Settled) -> tuple[str, ...]:
    """The channels that rules count upon and that do not work on this installation."""
    found = (way.channel for way in settled.ways if (way.loud or way.quiet) and not way.gone and not way.channel_works)
    return tuple(dict.fromkeys(found))
