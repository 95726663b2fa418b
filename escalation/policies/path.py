"""The pure core: ``policy + standing + facts + now + who → what is due, and when to look again``.

No database, no clock, no Django. Instants are aware UTC datetimes, limits timedeltas, people opaque.
``path`` says what is due, ``advance`` where the run stands after it, ``forecast`` plays both forward.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from . import rules
from .rules import Rule
from .rungs import Facts, Policy, Seats, Standing, Step
from .sleeping import held, present, quieted, spoken, woken
from .words import Act, Idle, Mode, Why

__all__ = ["held", "present", "quieted", "spoken", "woken"]  # asked of ``path`` like all that moves a standing


@dataclass(frozen=True)
class Skip:
    """A position passed over because nobody was there."""

    lap: int
    place: int
    step: Step


@dataclass(frozen=True)
class Decision:
    """One thing to do, with the position it leads to and why. ``due`` is when it fell due."""

    act: Act
    why: Why
    due: datetime
    lap: int = 0
    place: int = -1
    step: Step | None = None
    people: tuple = ()
    by_fallback: bool = False
    skipped: tuple[Skip, ...] = ()
    by: tuple = ()
    until: datetime | None = None  # AWAIT: when it looks again
    rule: Rule | None = None  # that says so


@dataclass(frozen=True)
class Outlook:
    """Either a decision that is due, or the one instant to look again, or why there is none."""

    decision: Decision | None = None
    at: datetime | None = None
    expects: Act | None = None
    idle: Idle | None = None
    rule: Rule | None = None  # that is expected to say so, or does


@dataclass(frozen=True)
class Wait:
    """One instant that a run waits for, and what is due then."""

    at: datetime
    act: Act
    why: Why
    rule: Rule | None = None


Who = Mapping[int, Seats]
_NOBODY = Seats()


def path(policy: Policy, standing: Standing, facts: Facts, now: datetime, who: Who) -> Outlook:
    """What is due at ``now``; if nothing is, when to look again, or why never."""
    wait = min(_waiting(policy, standing, facts, now), key=lambda wait: wait.at, default=None)
    if wait is None:
        return Outlook(idle=_idle(policy, standing))
    if wait.at > now:
        return Outlook(at=wait.at, expects=wait.act, rule=wait.rule)
    return Outlook(decision=_decide(policy, standing, who, wait), rule=wait.rule)


def _waiting(policy: Policy, standing: Standing, facts: Facts, now: datetime) -> Iterator[Wait]:
    """The instants this run waits for. Of equal ones the first yielded wins."""
    if standing.quiet_until is not None:
        yield Wait(standing.quiet_until, Act.SPEAK, Why.MAINTENANCE_ENDED)
        return
    if standing.held_until is not None:
        yield Wait(standing.held_until, Act.WAKE, Why.HOLD_ENDED)
        return
    if standing.offer_until is not None:
        if standing.unreached_at is not None:
            yield Wait(standing.unreached_at, Act.RETURN, Why.UNREACHABLE)
        yield Wait(standing.offer_until, Act.RETURN, Why.OFFER_UNANSWERED)
    yield from rules_ahead(policy, standing, facts)
    if standing.finished:
        return
    if standing.awaits_until is not None:
        yield Wait(standing.awaits_until, Act.CALL, Why.NEXT_SHIFT)
        return
    if standing.waits_to_begin:
        if policy.functional and standing.deadline is None:  # without steps it is exhausted at once, which is loud
            yield Wait(now, Act.CALL, Why.OPENED)
        elif policy.starts_at_severity is not None and facts.severity <= policy.starts_at_severity:
            yield Wait(now, Act.CALL, Why.SEVERITY)
        elif standing.deadline is not None:
            yield Wait(standing.deadline, Act.CALL, Why.BEGINS if policy.functional else Why.OPEN_SO_LONG)
        return
    if standing.unreached_at is not None and _waits_in_vain(policy, standing):
        yield Wait(standing.unreached_at, Act.CALL, Why.UNREACHABLE)
    over = standing.deadline is not None and standing.deadline <= now
    if standing.deadline is not None:
        yield Wait(standing.deadline, Act.CALL, _why_next(policy, standing))
    if not over and (also := _also(policy, standing)) is not None:  # after an outage one call, not both
        yield Wait(also[0], Act.ALSO, Why.ALWAYS_CALL)


def rules_ahead(policy: Policy, standing: Standing, facts: Facts) -> Iterator[Wait]:
    """When each rule turns true that has not acted yet. None does before the climb has begun."""
    if standing.waits_to_begin and not standing.finished:
        return
    limit = standing.deadline if standing.acknowledged_at is not None else None
    for rule in policy.rules:
        if rule.id in standing.acted or (rule.act is Act.CALL and not _leads_on(policy, standing, rule)):
            continue
        at = rules.turns_true(rule, facts.known, limit)
        if at is not None:
            yield Wait(at, rule.act, Why.RULE, rule)


def _leads_on(policy: Policy, standing: Standing, rule: Rule) -> bool:
    """Whether there is anywhere to escalate to. The path has not ended, and a tier that is named comes later in this
    round."""
    return not standing.finished and (not rule.tier or _place_ahead(policy, standing, rule.tier) is not None)


def _place_ahead(policy: Policy, standing: Standing, tier: str) -> int | None:
    places = range(standing.place + 1, len(policy.laps[standing.lap]) if policy.laps else 0)
    return next((place for place in places if policy.at(standing.lap, place).tier == tier), None)


def _why_next(policy: Policy, standing: Standing) -> Why:
    if standing.acknowledged_at is not None:
        return Why.WORK_LIMIT
    return Why.TOLD_BEFORE if _informs(policy, standing) else Why.NOT_ACKNOWLEDGED


def _informs(policy: Policy, standing: Standing) -> bool:
    return standing.begun and policy.at(standing.lap, standing.place).mode is Mode.INFORM


def _waits_in_vain(policy: Policy, standing: Standing) -> bool:
    """Whether it would wait for the answer of people whom the call has not reached. To inform waits for none."""
    waits = standing.acknowledged_at is None and standing.offer_until is None
    return waits and not _informs(policy, standing)


def _also(policy: Policy, standing: Standing) -> tuple[datetime, int] | None:
    """The next place in this lap that is called even if somebody is working, and when its turn comes.

    Its turn is when a climb that nobody answers would be there; never before the acknowledgement.
    """
    turn, working_since = standing.reach_at, standing.acknowledged_at
    if turn is None or working_since is None or not policy.functional:
        return None
    for place in range(standing.reach + 1, len(policy.laps[standing.lap]) if policy.laps else 0):
        turn += policy.at(standing.lap, place - 1).ack_limit if place else timedelta(0)
        if policy.at(standing.lap, place).always_call:
            return max(turn, working_since), place
    return None


def _idle(policy: Policy, standing: Standing) -> Idle:
    if standing.finished:
        return standing.finished
    if standing.waits_to_begin:
        return Idle.WAITS_FOR_SEVERITY
    return Idle.NO_WORK_LIMIT if policy.functional else Idle.ANSWERED


def _decide(policy: Policy, standing: Standing, who: Who, wait: Wait) -> Decision:
    act, why, due = wait.act, wait.why, wait.at
    if wait.rule is not None:
        return _decide_by_rule(policy, standing, who, wait.rule, due)
    if act is Act.CALL:
        return next_step(policy, standing, who, why=why, due=due)
    also = _also(policy, standing)
    if act is Act.ALSO and also is not None:
        lap, place = standing.lap, also[1]
        step = policy.at(lap, place)
        people, by_fallback, by = _present(step, who)
        skipped = () if people else (Skip(lap, place, step),)
        return Decision(Act.ALSO, why, due, lap, place, step, people, by_fallback, skipped, by)
    return Decision(act, why, due, standing.lap, standing.place)


def _decide_by_rule(policy: Policy, standing: Standing, who: Who, rule: Rule, due: datetime) -> Decision:
    """To escalate goes on as if the time of the step were over: at the end of the path to the last resort."""
    if rule.act is Act.CALL:
        ahead = _place_ahead(policy, standing, rule.tier) if rule.tier else None
        start = standing if ahead is None else replace(standing, place=ahead - 1)
        return replace(next_step(policy, start, who, why=Why.RULE, due=due), rule=rule)
    seats = who.get(rule.seat, _NOBODY)
    return Decision(rule.act, Why.RULE, due, standing.lap, standing.place, people=seats.people, by=seats.by, rule=rule)


def _present(step: Step, who: Who) -> tuple[tuple, bool, tuple]:
    """The people to call for a step, whether they are the fallback, and what else says that it is them."""
    seats = who.get(step.number, _NOBODY)
    if seats.people or not step.use_fallback:
        return seats.people, False, seats.by
    return seats.fallback, bool(seats.fallback), ()


def next_step(policy: Policy, standing: Standing, who: Who, *, why: Why, due: datetime) -> Decision:
    """The next step that reaches somebody; empty ones are passed over and listed.

    An empty one that awaits a shift is waited for, if one is coming; who escalates by hand, or a rule, does not wait.
    Exhausted when there is none; a track with only people left to inform is then simply finished.
    """
    skipped = []
    for lap, place in policy.after(standing.lap, standing.place):
        step = policy.at(lap, place)
        people, by_fallback, by = _present(step, who)
        if people:
            return Decision(Act.CALL, why, due, lap, place, step, people, by_fallback, tuple(skipped), by)
        shift = who.get(step.number, _NOBODY).next_at
        if step.awaits_shift and shift is not None and why not in (Why.BY_HAND, Why.RULE):
            return Decision(Act.AWAIT, why, due, lap, place, step, skipped=tuple(skipped), until=shift)
        skipped.append(Skip(lap, place, step))
    informed = _informs(policy, standing)
    undecided = any(skip.step.mode is not Mode.INFORM for skip in skipped)
    act = Act.FINISH if informed and not undecided else Act.EXHAUST
    return Decision(act, why, due, standing.lap, standing.place, skipped=tuple(skipped))


def jump(policy: Policy, standing: Standing, who: Who, *, lap: int, place: int, due: datetime) -> Decision:
    """A step chosen by hand. ``people`` is empty when nobody is there; the caller refuses then."""
    step = policy.at(lap, place)
    people, by_fallback, by = _present(step, who)
    return Decision(Act.CALL, Why.BY_HAND, due, lap, place, step, people, by_fallback, by=by)


def advance(policy: Policy, standing: Standing, decision: Decision, now: datetime) -> Standing:
    """Where the run stands once ``decision`` has been carried out at ``now``."""
    after = _advanced(policy, standing, decision, now)
    return after if decision.rule is None else replace(after, acted=after.acted | {decision.rule.id})


def _advanced(policy: Policy, standing: Standing, decision: Decision, now: datetime) -> Standing:
    match decision.act:
        case Act.ADVISE | Act.TELL:
            return standing
        case Act.CALL:
            return _called(policy, standing, decision, now)
        case Act.ALSO:
            return replace(standing, reach=decision.place, reach_at=now)
        case Act.AWAIT:
            return replace(standing, awaits_until=decision.until, clock_limit=None)
        case Act.RETURN:
            return replace(asked_anew(standing), offer_until=None)
        case Act.WAKE:
            return woken(standing, now)
        case Act.SPEAK:
            return spoken(standing, now)
        case Act.EXHAUST:
            standing = replace(asked_anew(standing), finished=Idle.EXHAUSTED, clock_limit=None)
            return replace(standing, offer_until=None, awaits_until=None)
        case Act.FINISH:
            return replace(asked_anew(standing), finished=Idle.TOLD, clock_limit=None, awaits_until=None)


def _called(policy: Policy, standing: Standing, decision: Decision, now: datetime) -> Standing:
    assert decision.step is not None
    # A step of this lap that was called beyond the path's place is not called beyond it again.
    ahead = decision.lap == standing.lap and decision.place < standing.reach
    quiet, at = standing.quiet_until, present(standing, now)  # by hand also in maintenance; the clock then waits
    last_inform = decision.step.mode is Mode.INFORM and not any(policy.after(decision.lap, decision.place))
    return Standing(
        lap=decision.lap,
        place=decision.place,
        reach=standing.reach if ahead else decision.place,
        reach_at=standing.reach_at if ahead else at,
        clock_from=at,
        clock_limit=None if last_inform else decision.step.ack_limit,
        held_at=None if quiet is None else at,
        quiet_until=quiet,
        finished=Idle.TOLD if last_inform else None,
        acted=standing.acted,
    )


def acknowledged(policy: Policy, standing: Standing, now: datetime) -> Standing:
    """Somebody took it: the ack clock becomes the step's work clock.

    While people were only informed there is nothing to answer, and the track goes on.
    """
    if not standing.begun:
        return working(standing, now, limit=None)
    if standing.finished is not Idle.EXHAUSTED and not policy.asked(standing.lap, standing.place):
        return standing
    works = policy.at(standing.lap, standing.place).work_limit if policy.functional else None
    return working(standing, now, limit=works)


def working(standing: Standing, now: datetime, *, limit: timedelta | None) -> Standing:
    """Somebody works on it from ``now``, for at most ``limit``. This ends a hold."""
    if standing.held_at is not None:
        standing = woken(standing, now)
    standing = replace(asked_anew(standing), offer_until=None, awaits_until=None, finished=None)
    return replace(standing, acknowledged_at=now, clock_from=present(standing, now), clock_limit=limit)


def unreached(standing: Standing, now: datetime, *, why: str) -> Standing:
    """Every message of what is asked now has failed. Of no account while somebody works, or when nothing follows."""
    waits = standing.offer_until is not None or (standing.acknowledged_at is None and not standing.finished)
    if not waits or standing.waits_to_begin or standing.elsewhere_at is not None:
        return standing
    return replace(standing, unreached_at=now, unreached_why=why)


def asked_anew(standing: Standing) -> Standing:
    """Somebody is asked: that others could not be, or that somebody elsewhere had it, is over."""
    return replace(standing, unreached_at=None, unreached_why="", elsewhere_at=None)


def placed(standing: Standing, place: int, now: datetime) -> Standing:
    """At another place of this lap. What was called beyond it is not called again."""
    if place <= standing.reach:
        return replace(standing, place=place)
    return replace(standing, place=place, reach=place, reach_at=standing.held_at or now)


def asked_again(policy: Policy, standing: Standing, now: datetime) -> Standing:
    """Whoever held it is gone: the step's people have its ack limit again."""
    limit = policy.at(standing.lap, standing.place).ack_limit if standing.begun else None
    standing = replace(asked_anew(standing), awaits_until=None, finished=None)
    return replace(standing, acknowledged_at=None, clock_from=now, clock_limit=limit)


def forecast(
    policy: Policy,
    standing: Standing,
    facts: Facts,
    now: datetime,
    who: Who | Callable[[datetime], Who],
    *,
    most: int = 24,
) -> list[tuple[datetime, Decision]]:
    """What will happen if nobody does anything: up to ``most`` (instant, decision) pairs.

    ``who`` may be asked for each instant: shifts change.
    """
    coming: list[tuple[datetime, Decision]] = []
    while len(coming) < most:
        outlook = path(policy, standing, facts, now, who(now) if callable(who) else who)
        if outlook.decision is None:
            if outlook.at is None:
                break
            now = outlook.at
            continue
        coming.append((now, outlook.decision))
        facts = replace(facts, known=_foreseen(facts.known, standing, outlook.decision, now))
        standing = advance(policy, standing, outlook.decision, now)
    return coming


def _foreseen(known: rules.Known, standing: Standing, decision: Decision, now: datetime) -> rules.Known:
    if standing.waits_to_begin and decision.act in (Act.CALL, Act.EXHAUST):  # nobody could have answered before
        known = replace(known, since={**known.since, rules.Fact.UNANSWERED: now})
    stopped = standing.held_at if decision.act in (Act.WAKE, Act.SPEAK) else None
    return rules.after(known, decision.act, now, slept=None if stopped is None else now - stopped)
