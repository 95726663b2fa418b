"""One incident, played up one version of a policy: who would have been called, and what came of it. Pure.

What happens next is the earliest of four: what the path does by itself, an answer to it, what came from outside, and
what people did. See the package for what is assumed of them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

from escalation.policies import path, rules
from escalation.policies.rungs import Facts, Policy, Standing
from escalation.policies.words import Act, Mode, Why
from incidents.models.effort import Told
from incidents.promises import cycle
from incidents.promises.clock import PromiseClock

from .. import known
from . import doing
from .recorded import Call, Episode, Moment, Record

MOST = 2_000  # things that may happen in one episode: more than the longest path has, round after round
_SETS_STILL = ("held", "woken", "maintenance_began", "maintenance_moved", "maintenance_ended")


@dataclass(frozen=True)
class Track:
    """One track of one version. ``begins_after``: that is how long it calls nobody."""

    policy: Policy
    seats: Callable[[datetime], path.Who]
    begins_after: timedelta | None = None


@dataclass(frozen=True)
class Version:
    """A policy. ``last_resort``: a person; ``usual``: how long each tier takes to answer, where it is known."""

    work: Track
    authority: Track | None
    last_resort: int
    usual: Mapping[str, timedelta] = field(default_factory=dict)


@dataclass(frozen=True)
class Course:
    """What happened to one incident. ``broken``: promises of an answer; ``exhausted``: the path's end was reached."""

    calls: tuple[Call, ...]
    answers: tuple[datetime, ...]  # each time that somebody took it
    ended_at: datetime
    broken: int = 0
    exhausted: int = 0

    @property
    def answered_at(self) -> datetime | None:
        return self.answers[0] if self.answers else None

    @property
    def asked(self) -> int:
        """So many calls that want an answer: each person each time."""
        return sum(len(call.people) for call in self.calls if call.asks)


def play(record: Record, version: Version) -> Course:
    learner = known.Learner() if version.work.policy.rules else None
    heard: list[Told] = []
    calls: list[Call] = []
    answers: list[datetime] = []
    exhausted, slow = 0, False
    for episode in record.episodes:
        since = heard[-1].at if heard else episode.begins.at
        work = _Climb(version.work, episode, version, since=since, learner=learner)
        work.run()
        calls += work.calls
        if version.authority is not None:
            authority = _Climb(version.authority, _of_managers(episode, work.heard), version, since=since)
            authority.run()
            calls += authority.calls
        heard += work.heard
        answers += work.answers
        exhausted += work.exhausted
        waited = min(work.answers, default=work.now) - episode.begins.at
        slow = slow or (record.promised is not None and waited >= record.promised)
    calls.sort(key=lambda call: call.at)
    broken = _broken(heard) if slow else 0  # its clock may stand still, but never runs ahead of the wall
    return Course(tuple(calls), tuple(answers), heard[-1].at, broken, exhausted)


def _of_managers(episode: Episode, heard: Sequence[Told]) -> Episode:
    """The same for who must know: the work's own course is what comes from outside to them."""
    others = tuple(Moment(one) for one in heard if one.kind in _SETS_STILL or one.kind == "resolved" or _judges(one))
    return replace(episode, people=episode.managers, others=others, managers=())


def _judges(told: Told) -> bool:
    return told.kind not in ("opened", "reopened") and isinstance(told.data.get("severity"), Mapping)


def _broken(heard: Sequence[Told]) -> int:
    """How many answers were promised and came too late, or never."""
    clock, numbers = PromiseClock(), count(1)
    for told in heard:
        clock.hear(cycle.Told(next(numbers), told.at, told.kind, told.data))
    found = [*clock.past, *clock.readings(heard[-1].at)]
    return sum(one.kind is cycle.Kind.RESPONSE and one.broken is not None for one in found)


class _Climb:
    """One track of one episode. ``since``: when the one before was over, which may be later here than it was."""

    def __init__(
        self,
        track: Track,
        episode: Episode,
        version: Version,
        *,
        since: datetime,
        learner: known.Learner | None = None,
    ):
        self.policy, self.seats = track.policy, track.seats
        self.episode, self.version, self.learner = episode, version, learner
        self.calls: list[Call] = []
        self.heard: list[Told] = []
        self.answers: list[datetime] = []
        self.exhausted = 0
        self.now = max(episode.begins.at, since)
        self.standing = Standing()
        if track.begins_after is not None:
            self.standing = Standing(clock_from=self.now, clock_limit=track.begins_after)
        self._severity = episode.severity
        self._people, self._others = 0, 0  # so many were played of each
        self._shift = self.now - episode.begins.at  # by so much later is done what people do
        self._answer_at: datetime | None = None
        self._told: Facts | None = None
        self._over = False

    def run(self) -> None:
        self._hear(self.episode.begins)
        for _ in range(MOST):
            if self._over:
                return
            outlook = path.path(self.policy, self.standing, self._facts(), self.now, self.seats(self.now))
            if outlook.decision is not None:
                self._carry_out(outlook.decision)
            else:
                self._go_on(outlook.at)
        self._hear(Told(self.now, "resolved", None, "", {}))

    def _facts(self) -> Facts:
        """As they are since something was heard last: from when on a rule holds does not change by time alone."""
        if self._told is None:
            learnt = rules.Known() if self.learner is None else self.learner.known(self.now)
            self._told = Facts(self._severity, learnt)
        return self._told

    # --- what happens next ---------------------------------------------------------------------

    def _go_on(self, due: datetime | None) -> None:
        """To the next instant. The path goes first, then what came from outside."""
        answer = self._answer_at
        other = max(self.episode.others[self._others].at, self.now) if self._others < len(self.episode.others) else None
        number = self._next_of_people()
        person = None
        if number is not None:
            moment = self.episode.people[number]
            blocked = moment.answers and (moment.wait is not None or not self.policy.functional)
            at_its_end = self.policy.functional and due is None and answer is None  # nobody is left to call
            if not blocked or at_its_end:
                person = max(moment.at + self._shift, self.now)
        first = min((at for at in (due, other, answer, person) if at is not None), default=None)
        if first is None:
            self._over = True
            self._hear(Told(self.now, "resolved", None, "", {}))
            return
        self.now = first
        if first == due:
            return  # which the path will say
        if first == other:
            moment = self.episode.others[self._others]
            self._others += 1
            self._do(moment.told)
        elif first == answer:
            self._answered()
        elif number is not None:
            self._people = number + 1
            moment = self.episode.people[number]
            if moment.answers:
                self._taken(moment)
            else:
                self._do(moment.told)

    @property
    def _waits(self) -> bool:
        """For an answer."""
        return self.standing.acknowledged_at is None

    def _next_of_people(self) -> int | None:
        """An answer to what is not asked now was one to a call that is not made, or not yet."""
        for number in range(self._people, len(self.episode.people)):
            if self._waits or not self.episode.people[number].answers:
                return number
        return None

    # --- answers -------------------------------------------------------------------------------

    def _asked(self, people: tuple, tier: str, *, by_hand: bool = False) -> None:
        """Somebody is: who of them answers, and when? Whoever is asked by hand stands in for whom was asked then."""
        if not self._waits:
            return
        moment = self._next_answer()
        wait = None
        if moment is not None and moment.wait is not None:
            person = moment.told.actor_id
            stands_in = (by_hand or tier == moment.tier) and not self._seated(person)
            wait = moment.wait if person in people or stands_in else None
        if wait is None and tier not in self.episode.called:
            wait = self.version.usual.get(tier)
        if wait is not None:
            at = self.now + wait
            self._answer_at = at if self._answer_at is None else min(self._answer_at, at)

    def _next_answer(self) -> Moment | None:
        return next((moment for moment in self.episode.people[self._people :] if moment.answers), None)

    def _seated(self, person: int | None) -> bool:
        """Whether any step is theirs, so that their own call may come yet."""
        if person == self.version.last_resort:
            return True
        seats = self.seats(self.now)
        return any(person in (*seats[step.number].people, *seats[step.number].fallback) for step in self.policy.steps)

    def _answered(self) -> None:
        moment = self._next_answer()
        if moment is not None:
            self._people = self.episode.people.index(moment) + 1
            self._taken(moment)
            return
        last = next((call for call in reversed(self.calls) if call.people), None)
        told = Told(self.now, "acknowledged", last.people[0] if last else None, "", {})
        self._taken(Moment(told))

    def _taken(self, moment: Moment) -> None:
        self._shift = self.now - moment.at
        self._answer_at = None
        self.standing = path.acknowledged(self.policy, self.standing, self.now)
        self.answers.append(self.now)
        track = "functional" if self.policy.functional else "hierarchical"
        limit = self.standing.clock_limit
        data = {**moment.told.data, "track": track, "limit_s": limit and limit.total_seconds()}
        self._hear(Told(self.now, "acknowledged", moment.told.actor_id, moment.told.actor_name, data))

    # --- what is done --------------------------------------------------------------------------

    def _do(self, told: Told) -> None:
        """What people, sources or maintenance did."""
        if told.kind == "called":
            self._carry_out(doing.by_hand(self.policy, self.standing, self.seats(self.now), told, self.now))
            return
        if told.kind == "maintenance_ended" and self.standing.quiet_until is None:
            return  # the path has said so
        self.standing = doing.done(self.policy, self.standing, told, self.now)
        if not self._waits:
            self._answer_at = None
        judged = told.data.get("severity")
        if isinstance(judged, Mapping):
            self._severity = judged.get("to") or self._severity
        if told.kind == "accepted":
            self.answers.append(self.now)
        self._over = told.kind == "resolved"
        self._hear(told)

    def _carry_out(self, decision: path.Decision | None) -> None:
        if decision is None:
            return
        before = self.standing
        tier = self.policy.at(before.lap, before.place).tier if before.begun else ""
        self.standing = path.advance(self.policy, before, decision, self.now)
        if decision.act in (Act.CALL, Act.ALSO, Act.TELL):
            self._called(decision, tier)
        elif decision.act is Act.EXHAUST:
            self.exhausted += 1
            self._calls("", (self.version.last_resort,))
            self._asked((self.version.last_resort,), "")
            self._hear(Told(self.now, "exhausted", None, "", {"track": self._track, "from": tier}))
        elif decision.act is Act.WAKE:
            self._hear(Told(self.now, "woken", None, "", {}))
        elif decision.act is Act.SPEAK:
            until = self.standing.held_until
            data = {"held_until": until.isoformat()} if until is not None else {}
            self._hear(Told(self.now, "maintenance_ended", None, "", data))

    def _called(self, decision: path.Decision, before: str) -> None:
        step = decision.step
        tier = step.tier if step is not None else decision.rule.name if decision.rule else ""
        asks = decision.act is not Act.TELL and step is not None and step.mode is not Mode.INFORM
        self._calls(tier, decision.people, asks=asks)
        if decision.act is not Act.CALL:
            return
        if asks:
            self._asked(decision.people, tier, by_hand=decision.why is Why.BY_HAND)
        data = {"track": self._track, "why": decision.why.value, "from": before, "to": tier}
        self._hear(Told(self.now, "called", None, "", data))

    def _calls(self, tier: str, people: tuple, *, asks: bool = True) -> None:
        if people:
            self.calls.append(Call(self.now, tier, people, asks))

    @property
    def _track(self) -> str:
        return "functional" if self.policy.functional else "hierarchical"

    def _hear(self, told: Told) -> None:
        if told.at is not self.now:
            told = Told(self.now, told.kind, told.actor_id, told.actor_name, told.data)
        self.heard.append(told)
        self._told = None
        if self.learner is not None:
            self.learner.hear(told)
