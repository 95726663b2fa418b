"""How much may leave: to one person by one channel in an hour, and by one channel in a second.

What has to wait says so on its row, and until when. What asks somebody to act on a SEV1 or SEV2, a call to the last
resort, that somebody is on call soon (see ``aside``), and what people ask for themselves pass the first limit; nothing
passes the second, which is the provider's.
What is being sent at this moment counts too, until it is known whether it left.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.core import checks
from django.db import connection
from django.db.models import Min

from escalation.notify import senders
from escalation.notify.message import ASKING
from escalation.notify.plan import LOUD_SEVERITY
from escalation.notify.reaching import REPLY, TEST, VERIFY

from .models import Delivery, Talk

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


class Limits:
    """Inside the claim's transaction. One claim at a time counts what leaves by a channel that has a limit."""

    def __init__(self, channels: Iterable[str]):
        self._begun: dict[str, list[datetime]] = {}  # talks of the last second, the newest first
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
        if channel in self._begun:
            self._begun[channel].insert(0, now)

    def _personally(self, person: int, channel: str, now: datetime) -> datetime | None:
        most = settings.LIMIT_PER_PERSON.get(channel)
        if not most:
            return None
        leaving = [*self._sending(person, channel, now), *self._leaving[person, channel]]  # first: some leave meanwhile
        sent = Delivery.objects.filter(person=person, channel=channel, state=Delivery.State.SENT)
        sent = sent.filter(finished_at__gt=now - HOUR, finished_at__lte=now)
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
            self._begun[channel] = self._lately(channel, most, now)
        begun = self._begun[channel]
        if len(begun) < most:
            return None
        seconds = self._put_off[channel] // most
        self._put_off[channel] += 1
        return begun[most - 1] + SECOND * (1 + seconds)

    def _lately(self, channel: str, most: int, now: datetime) -> list[datetime]:
        """When the newest talks began. Of each line only the last one is kept, so whose they are is asked first."""
        last = Talk.objects.filter(channel=channel, began_at__gt=now - SECOND, began_at__lte=now + SECOND)
        people = set(last.values_list("person", flat=True))
        tried = Delivery.objects.filter(channel=channel, tried_at__gt=now - SECOND, tried_at__lte=now + SECOND)
        talks = tried.filter(person__in=people).order_by("-tried_at").values_list("bundle", "tried_at").distinct()
        return [at for _bundle, at in talks[:most] if at]


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
