"""One plan, played: the verbs of whoever was called, as minutes go by. One function for each way that it may go."""

import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from escalation.kit import clock
from escalation.people.models import Team, User
from incidents.models import Incident, Problem, Service, Source
from incidents.models.opening import Report

from ..organisation import SOURCE
from ..playing import person
from . import words
from .planning import PROBLEM_BEGINS, Plan
from .scene import Scene

REPORTERS = ("jo", "lena", "ana", "sam")


@transaction.atomic
def act(plan: Plan, numbers: Sequence[int], now: datetime) -> None:
    """``numbers``: which its incidents get. The clock of this process is moved, and runs again afterwards."""
    present = clock.now()
    try:
        scene = Scene(plan.at, now, random.Random(plan.dice))  # noqa: S311 (a play)
        part = _Part(scene, plan, numbers)
        _FLOWS[plan.flow](part)
        scene.close(present)
        if plan.flow == "mended":
            _mend(part)
    finally:
        clock.fix(None)


class _Part:
    """The incident of a plan, and who has it."""

    def __init__(self, scene: Scene, plan: Plan, numbers: Sequence[int]) -> None:
        self.scene, self.plan, self.numbers = scene, plan, numbers
        self.service = Service.objects.select_related("team", "policy__then").get(name=plan.service)
        self.source = Source.objects.get(name=SOURCE)
        alone = plan.flow == "alone"
        self.incident = self.opened(numbers[0], by_source=alone or scene.dice.random() < 0.5)
        self.who: User

    def opened(self, number: int, *, by_source: bool, title: str = "") -> Incident:
        dice = self.scene.dice
        severe = dice.choices(("sev1", "people", "usual", "low"), (2, 6, 70, 22))[0]
        severe = "usual" if self.plan.flow in ("cached", "mended", "back") else severe
        facts: dict[str, Any] = {
            "sev1": {"people_affected": dice.randrange(600, 2500), "impact": 1, "urgency": 1},
            "people": {"people_affected": dice.randrange(60, 190), "impact": 1},
            "usual": {"people_affected": dice.randrange(1, 12)},
            "low": {"people_affected": dice.randrange(0, 3), "impact": 3, "urgency": 3},
        }[severe]
        said = self.plan.words
        report = Report(title=title or said.title, symptom=said.symptom, service=self.service, number=number, **facts)
        whose = {"source": self.source} if by_source else {"by": person(self._reporter())}
        incident = Incident.open_many([report], **whose)[0]
        self.scene.incidents.append(incident)
        self.scene.look_for_managers()
        return incident

    def _reporter(self) -> str:
        return "rita" if self.plan.service == "Workplace" else self.scene.pick(REPORTERS)

    # --- deeds --------------------------------------------------------------------------------------

    def take(self, least: float = 0.15, most: float = 0.9) -> None:
        self.scene.wait(least, most)
        self.who = self.scene.called(self.incident)
        self.incident.acknowledge(by=self.who)

    def attempt(self, outcome: str, least: float = 0.6, most: float = 1.4) -> None:
        self.scene.wait(least, most)
        known = {"worse": words.WORSE, "helped": (self.plan.words.fix,)}
        text = self.scene.pick(known.get(outcome, words.TRIES[self.plan.service]))
        self.incident.attempt(by=self.who, text=text, outcome=outcome)

    def note(self) -> None:
        if self.scene.dice.random() < 0.3:
            self.scene.wait(0.1, 0.3)
            self.incident.note(by=self.who, text=self.scene.pick(words.NOTES))

    def up(self, reason: str = "") -> None:
        self.scene.wait(0.2, 0.5)
        reason = reason or self.scene.pick(("expertise", "expertise", "access", "time", "impact", "capacity"))
        self.incident.escalate(by=self.who, reason=reason, text=self.scene.pick(words.ONWARD[reason]))

    def spend(self, share: float) -> None:
        """This much of the time that they have to work on it; above 1: the clock has passed it on."""
        run = self.incident.run
        assert run is not None
        assert run.acknowledged_at is not None
        assert run.standing.clock_limit is not None
        self.scene.until(run.acknowledged_at + share * run.standing.clock_limit)

    def rest(self, share: float = 0.4) -> None:
        """Some wait for others: minutes, or until tomorrow."""
        if self.scene.dice.random() < share:
            minutes = self.scene.dice.choice((12, 20, 35, 50, 90, 150, 300, 700, 1500))
            until = clock.now() + timedelta(minutes=minutes + 60)
            self.incident.hold(by=self.who, until=until, text=self.scene.pick(words.HOLDS))
            self.scene.wait(minutes * 0.7, minutes)
            self.incident.resume(by=self.who)
            self.scene.look_for_managers()

    def resolve(self, least: float = 0.2, most: float = 0.7) -> None:
        self.scene.wait(least, most)
        self.incident.resolve(by=self.who, cause=self.plan.words.cause, text=self.plan.words.fix)

    def repair(self) -> None:
        """Whoever has it gets it done, within their time."""
        self.note()
        if self.scene.dice.random() < 0.4:
            self.attempt("no_effect")
        self.rest()
        self.attempt("helped")
        self.resolve()


# --- how it may go ----------------------------------------------------------------------------------


def _desk(part: _Part) -> None:
    """The first tier resolves it."""
    part.take()
    part.repair()


def _second(part: _Part) -> None:
    part.take()
    if part.scene.dice.random() < 0.5:
        part.attempt("no_effect")
    part.up()
    part.take(0.2, 1.5)
    part.repair()


def _third(part: _Part) -> None:
    part.take()
    part.up()
    part.take(0.2, 1.5)
    part.attempt("no_effect", 1, 3)
    part.up()
    part.take(0.2, 1.8)
    part.repair()


def _unanswered(part: _Part) -> None:
    """Nobody of the first tier answers, and the clock calls the next."""
    part.scene.wait(1.1, 1.3)
    part.take(0.2, 1.2)
    part.repair()


def _slow(part: _Part) -> None:
    """Their time is over before anything was found: the clock passes it on, and nothing had said so before."""
    part.take()
    part.attempt("no_effect", 1, 2)
    part.spend(1.01)
    part.take(0.2, 1.2)
    part.repair()


def _in_vain(part: _Part) -> None:
    part.attempt("no_effect", 0.8, 1.5)
    part.attempt("worse", 0.8, 1.5)


def _warned(part: _Part) -> None:
    """The signs say that it is time, and they escalate. The second tier has eight minutes."""
    part.take()
    part.up()
    part.take(0.2, 1.5)
    _in_vain(part)
    part.spend(0.84)
    part.up("expertise")
    part.take(0.3, 1.5)
    part.repair()


def _hesitant(part: _Part) -> None:
    """The signs say that it is time, and they wait: until the clock decides, or until they are lucky at last."""
    part.take()
    part.up("access")
    part.take(0.2, 1.5)
    _in_vain(part)
    if part.scene.dice.random() < 0.35:
        part.spend(0.9)
        part.resolve(0.1, 0.3)
        return
    part.spend(1.01)
    part.take(0.3, 2)
    part.repair()


def _through(part: _Part) -> None:
    """The desk can do nothing with it but pass it on."""
    part.take()
    part.up("access" if part.scene.dice.random() < 0.7 else "expertise")
    part.take(0.2, 1.5)
    part.repair()


def _handover(part: _Part) -> None:
    part.take()
    mates = [person(first) for first in ("jo", "ana", "lena") if person(first) != part.who]
    to = part.scene.dice.choice(mates)
    part.scene.wait(0.5, 1.5)
    part.incident.hand_over(by=part.who, to=to, text=part.scene.pick(words.PASSES))
    part.scene.wait(0.2, 0.9)
    part.incident.accept(by=to)
    part.who = to
    part.repair()


def _sent_back(part: _Part) -> None:
    """It went further than it had to."""
    part.take()
    desk = part.who
    part.up("expertise")
    part.take(0.2, 1.5)
    part.scene.wait(0.5, 1.5)
    part.incident.hand_over(by=part.who, to=desk, text="The desk has a recipe for this; step three of it.")
    part.scene.wait(0.2, 0.9)
    part.incident.accept(by=desk)
    part.who = desk
    part.repair()


def _reopened(part: _Part) -> None:
    part.take()
    part.repair()
    part.scene.wait(30, 300)
    part.incident.reopen(by=part.who, text=part.scene.pick(words.AGAIN))
    part.take()
    if part.incident.onward() and part.plan.service != "Workplace":
        part.up("expertise")
        part.take(0.2, 1.2)
    part.repair()


def _alone(part: _Part) -> None:
    """Monitoring says that it is over; half of them before anybody had looked."""
    if part.scene.dice.random() < 0.5:
        part.take()
    part.scene.wait(0.1, 4)
    part.incident.resolve_by_source(part.source)


def _merged(part: _Part) -> None:
    """Somebody reports what is known already."""
    part.take()
    part.scene.wait(0.3, 0.8)
    twin = part.opened(part.numbers[1], by_source=False, title=f"{part.plan.words.title}, says a shop")
    part.scene.wait(0.2, 0.5)
    twin.merge_into(part.incident, by=part.who, text="The same.")
    part.repair()


def _restricted(part: _Part) -> None:
    part.take()
    part.scene.wait(0.2, 0.6)
    part.incident.restrict(by=part.who, text="Names of customers are in it.")
    part.repair()


def _cached(part: _Part) -> None:
    """The planted cause: emptied by hand, once more."""
    part.take()
    if part.scene.dice.random() < 0.5:
        part.up("expertise")
        part.take(0.2, 1.2)
    part.attempt("helped")
    part.resolve()


def _back(part: _Part) -> None:
    """Once more, although it is mended: somebody says that it is one of the problem."""
    _cached(part)
    problem = Problem.objects.filter(title=words.CACHE_PROBLEM[0]).first()
    if problem is not None:
        part.scene.wait(5, 20)
        problem.link(part.incident, by=person("mei"))


def _mend(part: _Part) -> None:
    """All of them are closed: a problem is made of them, and its action mends it."""
    scene = part.scene
    scene.until(part.plan.at + timedelta(days=PROBLEM_BEGINS))
    mei, idris = person("mei"), person("idris")
    alike = Incident.objects.filter(title__in=words.CACHE_TITLES, service=part.service).exclude(pk=part.incident.pk)
    title, cause = words.CACHE_PROBLEM
    team = Team.objects.get(name="Applications")
    also = list(alike.order_by("pk"))
    problem = Problem.begin(part.incident, by=mei, title=title, owner=mei, team=team, cause=cause, also=also)
    due = (clock.now() + timedelta(days=6)).date()
    problem.add_action(by=mei, what=words.CACHE_ACTION, owner=idris, due=due)
    scene.until(clock.now() + timedelta(days=4))
    problem.complete_action(1, by=idris)
    problem.fix(by=mei, at=clock.now())
    scene.put_away([problem.trail_id, part.incident.trail_id])


_FLOWS: dict[str, Callable[[_Part], None]] = {
    "desk": _desk,
    "second": _second,
    "third": _third,
    "unanswered": _unanswered,
    "slow": _slow,
    "warned": _warned,
    "hesitant": _hesitant,
    "through": _through,
    "handover": _handover,
    "sent_back": _sent_back,
    "reopened": _reopened,
    "alone": _alone,
    "merged": _merged,
    "restricted": _restricted,
    "cached": _cached,
    "mended": _cached,
    "back": _back,
}
