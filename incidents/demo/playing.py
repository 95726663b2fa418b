"""What happened before the visitor came, deed by deed.

Played on a stopped clock that is moved forward; timers due on the way fire at their instant,
as they would have. So the record, the messages and the clocks are what they would be.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from escalation.engine import climb, deliver
from escalation.kit import clock
from escalation.people.models import User
from incidents.models import Incident, Service

from . import runbooks
from .people import email

Deed = tuple[float, Callable[[], object]]  # minutes before now


class Past:
    """One line per deed: ``at(minutes ago, whom, verb, …)``. Incidents are known by a short name."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.deeds: list[Deed] = []
        self.known: dict[str, int] = {}

    def opened(self, ago: float, short: str, title: str, service: str, by: str, **facts: object) -> None:
        self.deeds.append((ago, partial(self._open, short, title, service, by, facts)))

    def at(self, ago: float, short: str, verb: str, by: str, **words: object) -> None:
        self.deeds.append((ago, partial(self._do, short, verb, by, words)))

    def ticked(self, ago: float, short: str, by: str, runbook: str, number: int, *, failed: str = "") -> None:
        step = partial(runbooks.step, runbook, number)
        self.at(ago, short, "tick", by, step=step, worked=not failed, text=failed)

    def play(self) -> None:
        try:
            for ago, deed in sorted(self.deeds, key=lambda deed: -deed[0]):
                self._forward(self.now - timedelta(minutes=ago))
                deed()
                deliver.deliver_due()
            self._forward(self.now)
        finally:
            clock.fix(None)

    def _forward(self, instant: datetime) -> None:
        while (due := climb.next_due()) is not None and due <= instant:
            clock.fix(due)
            if not climb.drain():
                break
            deliver.deliver_due()
        clock.fix(instant)

    def _open(self, short: str, title: str, service: str, by: str, facts: dict) -> None:
        at = Service.objects.get(name=service)
        self.known[short] = Incident.open(title=title, service=at, by=person(by), **facts).pk

    def _do(self, short: str, verb: str, by: str, words: dict) -> None:
        words = {name: value() if callable(value) else value for name, value in words.items()}
        getattr(Incident.objects.get(pk=self.known[short]), verb)(by=person(by), **words)


def person(first: str) -> User:
    return User.objects.get(email=email(first))
