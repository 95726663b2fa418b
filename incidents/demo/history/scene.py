"""One story on a moved clock, in one transaction: its verbs, the timers that come due meanwhile, and nothing sent."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from escalation.engine import climb
from escalation.engine.models import Delivery, EscalationRun, Timer
from escalation.engine.work import cancel
from escalation.kit import clock
from escalation.people.models import User
from incidents.models import Incident, ReviewAsk

from ..playing import person

UNSENT = "it happened before the demonstration began: nobody was called"
MANAGER_AFTER = timedelta(seconds=70)  # the duty manager answers
CLOSED = timedelta(days=7, minutes=1)
WHY_NO_REVIEW = (
    "Known trouble, nothing new in it.",
    "Over before anybody outside noticed.",
    "Looked at in the weekly round.",
)


class Scene:
    """The incidents of one story. ``now``: the present, which no clock here passes."""

    def __init__(self, at: datetime, now: datetime, dice: random.Random) -> None:
        self.now, self.dice = now, dice
        self.incidents: list[Incident] = []
        self._asked: tuple[datetime, Incident] | None = None  # a manager: when they answer, and for which
        clock.fix(at)

    # --- time ---------------------------------------------------------------------------------------

    def wait(self, least: float, most: float | None = None) -> None:
        """So many minutes; what comes due on the way fires at its instant, and managers who are asked answer."""
        span = timedelta(minutes=least if most is None else self.dice.uniform(least, most))
        self.until(clock.now() + span)

    def until(self, instant: datetime) -> None:
        instant = min(instant, self.now)
        while True:
            timer, asked = self._next_timer(), self._asked
            due = timer.next_at if timer else None
            if asked is not None and asked[0] <= instant and (due is None or asked[0] < due):
                self._answer(*asked)
            elif timer is not None and due is not None and due <= instant:
                clock.fix(max(due, clock.now()))
                climb.fire([timer], clock.now())
            else:
                break
            self.look_for_managers()
        clock.fix(instant)

    def _answer(self, at: datetime, incident: Incident) -> None:
        """Unless it is over or on hold since, or decided otherwise."""
        self.look_for_managers()
        if self._asked == (at, incident):
            clock.fix(max(at, clock.now()))
            incident.answer(by=person("ines"))

    @property
    def _trails(self) -> list[int]:
        return [one.trail_id for one in self.incidents]

    def _next_timer(self) -> Timer | None:
        armed = Timer.objects.filter(trail__in=self._trails, state=Timer.State.ARMED)
        return armed.select_related("trail").order_by("next_at", "id").first()

    def look_for_managers(self) -> None:
        """Has one been asked? By an opening, or by what came due: nothing else asks them here."""
        asked = EscalationRun.objects.running().filter(trail__in=self._trails, track="hierarchical", place__gte=0)
        run = asked.filter(acknowledged_at=None, held_at=None).order_by("id").first()
        self._asked = None
        if run is not None and run.clock_from is not None:
            incident = next(one for one in self.incidents if one.trail_id == run.trail_id)
            self._asked = run.clock_from + MANAGER_AFTER, incident

    # --- who ----------------------------------------------------------------------------------------

    def called(self, incident: Incident) -> User:
        """One of those whom the present step called."""
        calls = Delivery.objects.filter(run__trail=incident.trail_id, run__track="functional", kind="call")
        latest = calls.order_by("-id").first()
        assert latest is not None, f"{incident.ref}: nobody was called"
        mates = User.objects.filter(pk__in=calls.filter(cause=latest.cause).values("person"))
        return self.dice.choice(list(mates.order_by("pk")))

    def pick(self, words: Sequence[str]) -> str:
        return self.dice.choice(words)

    # --- the end ------------------------------------------------------------------------------------

    def close(self, present: datetime) -> None:
        """The week until it is closed, if that is over; what nobody reviews is said; and nothing is left to send.
        ``present``: the real one. A history that goes on days later must not leave what came due meanwhile."""
        self.now = max(self.now, present)
        for incident in self.incidents:
            self._no_review(incident)
        self.until(clock.now() + CLOSED)
        self.put_away(self._trails)

    def _no_review(self, incident: Incident) -> None:
        asked = ReviewAsk.objects.open().filter(incident=incident).select_related("incident", "person").first()
        if asked is not None:
            self.wait(60, 20 * 60)
            asked.decline(by=asked.person, text=self.pick(WHY_NO_REVIEW))

    @staticmethod
    def put_away(trails: Sequence[int]) -> None:
        cancel(Delivery.objects.filter(trail__in=trails), clock.now(), UNSENT)
