"""What everybody at work must know about the engine, and whom to call if it cannot.

Pages never ask: a thread of each web process looks every few seconds (``keep``), and what it
found last is ``known``. Its ``version`` changes when a page should say something else.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import blake2b

from django.db import connection
from django.utils.translation import gettext_lazy as _

from escalation.kit import clock
from escalation.notify.models import ContactMethod
from escalation.people.models import Tier, User
from escalation.policies.freezing import Roster, frozen_step, with_targets
from escalation.policies.models import Installation, PolicyStep
from escalation.policies.readiness import badge

from . import deliver, health, registry, standstill
from .registry import Notice

log = logging.getLogger(__name__)

LOOK = 5.0  # seconds between two looks
LIST = 60.0  # and between two of the list of whom to call
MOST = 12  # people on that list


@dataclass(frozen=True)
class Contact:
    """Somebody to call by hand, and why them."""

    name: str
    role: str  # the tier they answer first for; empty for the last resort
    address: str
    number: str = ""  # their verified telephone number, if they have one


@dataclass(frozen=True)
class Known:
    """What a process knows."""

    notices: tuple[Notice, ...] = ()
    contacts: tuple[Contact, ...] = ()
    contacts_at: datetime | None = None
    said: Mapping[Callable[[datetime], Iterable[Notice]], tuple[Notice, ...]] = field(default_factory=dict)  # by whom

    @cached_property
    def version(self) -> str:
        """The same in each process that knows the same, and for as long as no other thing is said.

        Without what moves by itself: every open page would ask again every few seconds, and read it aloud.
        """
        said = [(one.code, one.urgent, "" if one.moving else str(one.text)) for one in self.notices]
        return blake2b(repr((said, self.contacts)).encode(), digest_size=8).hexdigest()


known = Known()


# --- what the engine itself has to say ----------------------------------------------------------

_watching_since: datetime | None = None  # what never beat is only missing once it had time to


def running(now: datetime) -> Iterator[Notice]:
    """Steps are not taken at all, or late, or messages do not leave. While the installation is held, that is as it
    should be."""
    global _watching_since
    _watching_since = min(_watching_since or now, now)
    beats = [beat for beat in health.beats_of_now(now) if beat.name in health.CLUSTERS]
    silent = health.stopped(beats, now) and now - _watching_since > health.SILENT
    step = _longer_ago(health.LATE, health.oldest_due(), now)
    message = _longer_ago(health.WAITING, deliver.next_due(), now)
    if not (silent or step or message) or standstill.held():
        return
    if silent:  # and that nothing leaves is no further one
        since = max((beat.at for beat in beats), default=_watching_since)
        yield Notice("stopped", _("Escalations are not running since {since}."), since, urgent=True)
        return
    if step:
        text = _("Escalations are late: the oldest step was due at {since}.")
        yield Notice("late", text, step, urgent=True)
    if message:
        text = _("Messages are late: the oldest was to leave at {since}.")
        yield Notice("unsent", text, message, urgent=True)


def _longer_ago(span: timedelta, due: datetime | None, now: datetime) -> datetime | None:
    return due if due is not None and now - due > span else None


# --- whom to call by hand -----------------------------------------------------------------------


def contacts() -> tuple[Contact, ...]:
    """Whom each policy's first step would call now, and at the end the last resort: each once."""
    firsts: dict[int, PolicyStep] = {}
    steps = PolicyStep.objects.filter(policy__archived_at__isnull=True, tier__track=Tier.Track.FUNCTIONAL)
    for step in steps.select_related("tier").order_by("policy__name", "position", "id"):
        firsts.setdefault(step.policy_id, step)
    rungs = list(with_targets(PolicyStep.objects.filter(pk__in=[step.pk for step in firsts.values()])))
    frozen = {"steps": [frozen_step(step) for step in rungs]}
    seats = Roster([frozen], clock.now()).seats(frozen)
    found: dict[User, str] = {}
    for number, step in enumerate(rungs):
        for person in seats[number].people:
            found.setdefault(person, step.tier.name)
    called = list(found.items())[: MOST - 1]
    for last in Installation.objects.select_related("last_resort"):
        if last.last_resort not in dict(called):
            called.append((last.last_resort, ""))
    numbers = ContactMethod.objects.numbers(person for person, _role in called)
    return tuple(Contact(person.name, role, person.email, numbers.get(person.pk, "")) for person, role in called)


# --- looking ------------------------------------------------------------------------------------


def refresh(*, with_list: bool = True) -> Known:
    """Look now. What cannot be seen, be it all or a part of it, stays as it was known."""
    global known
    now, said = clock.now(), dict(known.said)
    known = replace(known, notices=tuple(registry.notices(now, said)), said=said)
    if with_list:
        try:
            known = replace(known, contacts=contacts(), contacts_at=now)
        except Exception as error:
            log.warning("cannot see whom to call by hand: %r", error)
    return known


_keeper: threading.Thread | None = None


def keep() -> None:
    """Have this process look from now on. Asked again it changes nothing."""
    global _keeper
    if _keeper is None:
        _keeper = threading.Thread(target=_go_on, args=(refresh,), daemon=True, name="notices")
        _keeper.start()


def _go_on(look: Callable[..., Known]) -> None:
    listed, judged = -LIST, -badge.EVERY
    while True:
        at = time.monotonic()
        try:
            try:
                look(with_list=at - listed >= LIST)
            finally:
                connection.close()  # the pool's, or a new one next time
            if at - listed >= LIST:
                listed = at
            if at - judged >= badge.EVERY:
                judged = at
                badge.refresh()
        except Exception as error:  # whatever it is, this thread must go on
            log.warning("cannot see how the engine is: %s", (str(error).strip() or "no answer").split("\n", 1)[0])
        time.sleep(LOOK)
