"""How much may leave: to one person by one channel in an hour, and by one channel in a second.

What has to wait says so on its row, and until when. What asks somebody to act on a SEV1 or SEV2, a call to the last
resort, that somebody is on call soon (see ``aside``), and what people ask for themselves pass the first limit; nothing
passes the second, which is the provider's: edits of messages that are there count by it, too.
What is being sent at this moment counts too, until it is known whether it left.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.core import checks
from django.db import connection, transaction
from django.db.models import Min, QuerySet

from escalation.kit import clock
from escalation.notify import senders
from escalation.notify.message import ASKING
from escalation.notify.plan import LOUD_SEVERITY
from escalation.notify.reaching import REPLY, TEST, VERIFY

from .models import Delivery
from .pacing import Pace

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


class Limits:
    """Inside the claim's transaction. One claim at a time counts what leaves by a channel that has a limit."""

    def __init__(self, channels: Iterable[str]):
        self._begun: dict[str, list[datetime]] = {}  # talks of the last second, the newest first
        self._more: set[str] = set()  # channels by which some were added
        self._put_off: dict[str, int] = defaultdict(int)
        self._leaving: dict[tuple[int, str], list[datetime]] = defaultdict(list)  # with this claim, and until when
        limited = sorted(set(channels) & (settings.LIMIT_PER_SECOND.keys() | settings.LIMIT_PER_PERSON.keys()))
        if limited and connection.vendor == "postgresql":  # SQLite has one writer anyhow
            with connection.cursor() as cursor:
                for channel in limited:
                    cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"baton limit {channel}"])

    def until(self, person: int, channel: str, *, passes: bool, now: datetime) -> datetime | None:
        """Until when one more message has to wait; None if it may leave."""
        personal = None if passes else self._personally(person, channel, now)
        return personal or self._together(channel, now)

    def left(self, person: int, channel: str, now: datetime, *, until: datetime) -> None:
        """One more is being sent, at the latest ``until`` then."""
        self._leaving[person, channel].append(until)
        self._count(channel, now)

    def take(self, channel: str, now: datetime) -> datetime | None:
        """Room for something that is said to nobody in particular: until when it has to wait; None if it may be."""
        until = self._together(channel, now)
        if until is None:
            self._count(channel, now)
            self.write()
        return until

    def write(self) -> None:
        """What began, for who asks next."""
        for channel in sorted(self._more):
            begun = self._begun[channel][: settings.LIMIT_PER_SECOND[channel]]
            begun_at = [at.isoformat() for at in begun]
            Pace.objects.update_or_create(channel=channel, defaults={"begun": begun_at})
        self._more.clear()

    def _count(self, channel: str, now: datetime) -> None:
        if channel in self._begun:
            self._begun[channel].insert(0, now)
            self._more.add(channel)

    def _personally(self, person: int, channel: str, now: datetime) -> datetime | None:
        most = settings.LIMIT_PER_PERSON.get(channel)
        if not most:
            return None
        leaving = [*self._sending(person, channel, now), *self._leaving[person, channel]]  # first: some leave meanwhile
        sent = sent_lately(person, channel, now)
        messages = sent.order_by().values("bundle").annotate(at=Min("finished_at")).order_by("-at")
        times = list(messages.values_list("at", flat=True)[:most])
        if len(times) == most:
            return times[-1] + HOUR
        return min(leaving) if len(times) + len(leaving) >= most else None

    def _sending(self, person: int, channel: str, now: datetime) -> list[datetime]:
        """When the leases of the messages that others are sending end."""
        theirs = Delivery.objects.filter(person=person, channel=channel, state=Delivery.State.SENDING, next_at__gt=now)
        return list(theirs.order_by().values("bundle").annotate(at=Min("next_at")).values_list("at", flat=True))

    def _together(self, channel: str, now: datetime) -> datetime | None:
        """Those that find no room in this second are shared out over the next ones."""
        most = settings.LIMIT_PER_SECOND.get(channel)
        if not most:
            return None
        if channel not in self._begun:
            self._begun[channel] = _lately(channel, now)
        begun = self._begun[channel]
        if len(begun) < most:
            return None
        seconds = self._put_off[channel] // most
        self._put_off[channel] += 1
        return begun[most - 1] + SECOND * (1 + seconds)


def sent_lately(person: int, channel: str, now: datetime) -> QuerySet[Delivery]:
    """What somebody was sent within an hour; index ``delivery_finished``, however much they were sent before."""
    sent = Delivery.objects.filter(person=person, channel=channel, state=Delivery.State.SENT)
    return sent.filter(finished_at__gt=now - HOUR, finished_at__lte=now)


def _lately(channel: str, now: datetime) -> list[datetime]:
    """When the newest talks began; those of the future are from before the clock was put back."""
    begun = Pace.objects.filter(channel=channel).values_list("begun", flat=True).first() or []
    lately = (datetime.fromisoformat(at) for at in begun)
    return sorted((at for at in lately if abs(now - at) < SECOND), reverse=True)


def room_for_an_edit(channel: str) -> datetime | None:
    """Until when the edit of a message has to wait; None if it may be made, and then it counts."""
    if not settings.LIMIT_PER_SECOND.get(channel):
        return None
    with transaction.atomic():
        return Limits([channel]).take(channel, clock.now())


def passes(delivery: Delivery, severity: int) -> bool:
    """Whether it leaves whatever its receiver has had in this hour."""
    asks = delivery.kind in ASKING and severity <= LOUD_SEVERITY
    soon = isinstance(delivery.message, Mapping) and delivery.message.get("soon") is True
    return asks or soon or delivery.is_last or delivery.kind in (VERIFY, TEST, REPLY)


def check(app_configs, **kwargs) -> list[checks.CheckMessage]:
    """A limit for a channel that there is not would limit nothing."""
    named = {"BATON_LIMIT_PER_PERSON": settings.LIMIT_PER_PERSON, "BATON_LIMIT_PER_SECOND": settings.LIMIT_PER_SECOND}
    leaving = senders.by_name().keys() - set(senders.in_house())
    return [
        checks.Error(f"{setting} names {channel!r}: no messages leave by a channel of that name.", id="engine.E001")
        for setting, limits in named.items()
        for channel in sorted(limits.keys() - leaving)
    ]
