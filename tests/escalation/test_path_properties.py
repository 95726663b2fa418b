"""What must hold for every policy, whoever is there and whatever people do.

``Plain`` plays the same rules a second time in the dullest way: it counts whole minutes down,
one by one, on clocks that simply stand still during a hold. It knows no instants to compare and
shares no code with the path.
"""

import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.policies.path import (
    Act,
    Facts,
    Idle,
    Mode,
    Policy,
    Seats,
    Standing,
    Step,
    Why,
    acknowledged,
    advance,
    asked_anew,
    forecast,
    held,
    next_step,
    path,
    unreached,
    woken,
    working,
)
from tests.parts import examples

START = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)  # the night in which half of Europe skips an hour
MOST = 24
often = settings(max_examples=examples(200), deadline=None, database=None)


def minutes(count):
    return timedelta(minutes=count)


def at(minute):
    return START + minutes(minute)


# --- policies, seats and days ------------------------------------------------------------------


@dataclass(frozen=True)
class Chair:
    """Who sits on a step: from which minute on there is somebody, and whether the fallback exists."""

    since: int | None
    fallback: bool

    def seats(self, number, minute):
        people = (f"p{number}", f"q{number}") if self.since is not None and minute >= self.since else ()
        return Seats(people, (f"f{number}",) if self.fallback else ())


def limits(least=1):
    return st.integers(least, 12)


@st.composite
def steps(draw, functional):
    modes = st.just(Mode.CALL) if functional else st.sampled_from([Mode.INFORM, Mode.DECIDE])
    return tuple(
        Step(
            number=number,
            tier=f"L{number}",
            ack_limit=minutes(draw(limits())),
            work_limit=draw(st.none() | limits().map(minutes)),
            use_fallback=draw(st.booleans()),
            always_call=draw(st.booleans()),
            mode=draw(modes),
        )
        for number in range(draw(st.integers(1, 6)))
    )


@st.composite
def policies(draw, functional=None):
    functional = draw(st.sampled_from([True, True, False])) if functional is None else functional
    rungs = draw(steps(functional))
    cut = draw(st.integers(1, len(rungs)))  # the policy's own steps; the rest are those of "then"
    laps = [tuple(range(cut))] * draw(st.integers(1, 3))
    if cut < len(rungs):
        laps.append(tuple(range(cut, len(rungs))))
    starts = None if functional else draw(st.none() | st.integers(1, 5))
    return Policy(rungs, tuple(laps), functional, starts)


CHAIRS = st.builds(Chair, st.sampled_from([0, 0, 0, 0, None, 20]), st.booleans())


@dataclass
class Case:
    """A policy, who is there, when a waiting track begins by itself, and the severity."""

    policy: Policy
    chairs: list
    delay: int | None
    severity: int

    def who(self, minute):
        return {number: chair.seats(number, minute) for number, chair in enumerate(self.chairs)}

    def standing(self):
        if self.delay is None:
            return Standing()
        return Standing(clock_from=START, clock_limit=minutes(self.delay))


@st.composite
def cases(draw, functional=None):
    policy = draw(policies(functional))
    chairs = [draw(CHAIRS) for _ in policy.steps]
    return Case(policy, chairs, draw(st.none() | st.integers(0, 15)), draw(st.integers(1, 5)))


VERBS = ["acknowledge", "acknowledge", "hold", "resume", "offer", "accept", "decline", "escalate", "severity", "fail"]
DEEDS = st.tuples(st.integers(0, 9), st.sampled_from(VERBS), limits())  # so many minutes after the one before
OUTAGES = st.tuples(st.integers(0, 45), st.integers(1, 30))


# --- the plain re-telling ----------------------------------------------------------------------


@dataclass
class Plain:
    """The rules of the climb, told with clocks that are counted down by the minute."""

    case: Case
    minute: int = 0
    here: int = -1  # index into spots
    acked: bool = False
    answered: bool = False
    done: str | None = None
    left: int | None = None  # of the ack, work or starting clock
    offer_left: int | None = None
    hold_left: int | None = None
    vain: int | None = None  # minutes since it is known that what is asked now reached nobody
    called: set = field(default_factory=set)  # spots called in this lap, for ALSO
    since_reach: int = 0
    since_ack: int = 0

    def __post_init__(self):
        policy = self.case.policy
        self.severity = self.case.severity
        self.spots = [(lap, place) for lap, numbers in enumerate(policy.laps) for place in range(len(numbers))]
        self.left = self.case.delay

    def step(self, spot):
        lap, place = self.spots[spot]
        return self.case.policy.steps[self.case.policy.laps[lap][place]]

    def tick(self):
        self.minute += 1
        if self.hold_left is not None:
            self.hold_left -= 1
            return
        if self.left is not None:
            self.left -= 1
        if self.offer_left is not None:
            self.offer_left -= 1
        if self.vain is not None:
            self.vain += 1
        self.since_reach += 1
        self.since_ack += 1

    # what is due ---------------------------------------------------------------------------

    def look(self):
        """The one thing to do now, done; or None."""
        if self.hold_left is not None:
            if self.hold_left > 0:
                return None
            self.hold_left = None
            return self.say("wake", "hold_ended")
        late = []  # (minutes overdue, earlier in this list wins)
        if self.offer_left is not None and self.vain is not None:
            late.append((self.vain, lambda: self.give_back("unreachable")))
        if self.offer_left is not None and self.offer_left <= 0:
            late.append((-self.offer_left, lambda: self.give_back("offer_unanswered")))
        if self.done is None:
            late += self.climbing()
        if not late:
            return None
        return max(late, key=lambda one: one[0])[1]()

    def climbing(self):
        policy = self.case.policy
        if self.here < 0 and not self.acked:
            if policy.functional and self.left is None:
                return [(0, lambda: self.climb("opened"))]
            if policy.starts_at_severity is not None and self.severity <= policy.starts_at_severity:
                return [(0, lambda: self.climb("severity"))]
            due = self.left is not None and self.left <= 0
            why = "begins" if policy.functional else "open_so_long"
            return [(-self.left, lambda: self.climb(why))] if due else []
        late = []
        if self.vain is not None and not self.acked and self.offer_left is None and not self.informs():
            late.append((self.vain, lambda: self.climb("unreachable")))
        if self.left is not None and self.left <= 0:  # the climb itself goes on: one call, not both
            return [*late, (-self.left, lambda: self.climb(self.why()))]
        also = self.also()
        if also is not None and also[1] >= 0:
            late.append((also[1], lambda: self.call_also(also[0])))
        return late

    def why(self):
        if self.acked:
            return "work_limit"
        return "told_before" if self.informs() else "not_acknowledged"

    def informs(self):
        return self.here >= 0 and self.step(self.here).mode is Mode.INFORM

    def also(self):
        """The next spot to call although somebody works, and how long its turn is past."""
        if not self.case.policy.functional or not self.acked or not self.called:
            return None
        furthest = max(self.called)
        wait = 0
        for spot in range(furthest + 1, len(self.spots)):
            if self.spots[spot][0] != self.spots[furthest][0]:
                return None
            wait += int(self.step(spot - 1).ack_limit / minutes(1))
            if self.step(spot).always_call:
                return spot, min(self.since_reach - wait, self.since_ack)
        return None

    # doing it ------------------------------------------------------------------------------

    def say(self, act, why, spot=None, people=(), skipped=()):
        return act, why, None if spot is None else self.spots[spot], tuple(people), tuple(skipped)

    def there(self, spot):
        step = self.step(spot)
        chair = self.case.chairs[step.number]
        seats = chair.seats(step.number, self.minute)
        return seats.people or (seats.fallback if step.use_fallback else ())

    def give_back(self, why):
        self.offer_left = self.vain = None
        return self.say("return", why)

    def call_also(self, spot):
        self.called.add(spot)
        self.since_reach = 0
        people = self.there(spot)
        return self.say("also", "always_call", spot, people, () if people else [self.spots[spot]])

    def climb(self, why):
        empty = []
        for spot in range(self.here + 1, len(self.spots)):
            if self.there(spot):
                return self.call(spot, why, empty)
            empty.append(spot)
        told = self.informs()
        told = told and all(self.step(spot).mode is Mode.INFORM for spot in empty)
        self.done, self.left, self.vain = ("told" if told else "exhausted"), None, None
        if not told:
            self.offer_left = None
        return self.say("finish" if told else "exhaust", why, skipped=[self.spots[spot] for spot in empty])

    def call(self, spot, why, empty):
        step, new_lap = self.step(spot), self.here < 0 or self.spots[spot][0] != self.spots[self.here][0]
        if new_lap:
            self.called = set()
        if not self.called or spot >= max(self.called):
            self.since_reach = 0
        self.called.add(spot)
        self.here, self.acked, self.offer_left, self.hold_left, self.vain = spot, False, None, None, None
        self.left, self.done = int(step.ack_limit / minutes(1)), None
        if step.mode is Mode.INFORM and spot == len(self.spots) - 1:
            self.left, self.done = None, "told"
        return self.say("call", why, spot, self.there(spot), [self.spots[one] for one in empty])

    def work(self, limit):
        self.hold_left = self.offer_left = self.done = self.vain = None
        self.acked, self.left, self.since_ack = True, limit, 0

    # what people do; False if it makes no sense now ------------------------------------------

    def deed(self, verb, length):
        functional = self.case.policy.functional
        if verb == "acknowledge":
            if self.here < 0 and self.done is None:
                return False
            only_told = (
                self.done != "exhausted"
                and not functional
                and self.here >= 0
                and all(self.step(spot).mode is Mode.INFORM for spot in range(self.here + 1))
            )
            if not only_told:
                limit = self.step(self.here).work_limit if functional and self.here >= 0 else None
                self.work(None if limit is None else int(limit / minutes(1)))
        elif verb == "hold":
            self.hold_left = length
        elif verb == "resume" and self.hold_left is not None:
            self.hold_left = None
        elif verb == "offer" and functional and self.acked and self.hold_left is None:
            self.offer_left, self.vain = length, None
        elif verb == "accept" and self.offer_left is not None:
            self.work(length)
        elif verb == "decline" and self.offer_left is not None:
            self.offer_left = self.vain = None
        elif verb == "fail" and self.may_fail():
            self.vain = 0
        elif verb == "escalate" and self.here >= 0 and any(map(self.there, range(self.here + 1, len(self.spots)))):
            return self.climb("by_hand")
        elif verb == "severity":
            self.severity = 1 + length % 5
        else:
            return False
        return True

    def may_fail(self):
        asked = not self.acked and self.done is None and self.here >= 0
        return self.offer_left is not None or asked

    def rest(self):
        """Why nothing is to come, or None."""
        if self.hold_left is not None or self.offer_left is not None:
            return None
        if self.done:
            return self.done
        if self.left is not None or self.also():
            return None
        if self.here < 0 and not self.acked:
            return "waits_for_severity"
        return "no_work_limit" if self.case.policy.functional else "answered"


# --- playing the path --------------------------------------------------------------------------


class Played:
    """The path, asked and obeyed by an engine that looks once a minute, or is away for a while."""

    def __init__(self, case):
        self.case, self.standing, self.minute = case, case.standing(), 0
        self.severity = case.severity

    @property
    def now(self):
        return at(self.minute)

    def outlook(self):
        policy, who = self.case.policy, self.case.who(self.minute)
        outlook = path(policy, self.standing, Facts(self.severity), self.now, who)
        assert [outlook.decision, outlook.at, outlook.idle].count(None) == 2  # exactly one
        assert (outlook.at is None) == (outlook.expects is None)
        if outlook.decision is None:
            assert outlook.at is None or outlook.at > self.now
        else:
            assert outlook.decision.due <= self.now
        return outlook

    def look(self):
        decision = self.outlook().decision
        return None if decision is None else self.carry_out(decision)

    def carry_out(self, decision):
        self.standing = advance(self.case.policy, self.standing, decision, self.now)
        return spoken(decision)

    def deed(self, verb, length):
        policy, now = self.case.policy, self.now
        if verb == "acknowledge":
            self.standing = acknowledged(policy, self.standing, now)
        elif verb == "hold":
            self.standing = held(self.standing, now, until=at(self.minute + length))
        elif verb == "resume":
            self.standing = woken(self.standing, now)
        elif verb == "offer":
            self.standing = replace(asked_anew(self.standing), offer_until=at(self.minute + length))
        elif verb == "accept":
            self.standing = working(self.standing, now, limit=minutes(length))
        elif verb == "decline":
            self.standing = replace(asked_anew(self.standing), offer_until=None)
        elif verb == "fail":
            self.standing = unreached(self.standing, now, why="refused")
        elif verb == "escalate":
            who = self.case.who(self.minute)
            return self.carry_out(next_step(policy, self.standing, who, why=Why.BY_HAND, due=now))
        elif verb == "severity":
            self.severity = 1 + length % 5
        return True


def spoken(decision):
    spot = (decision.lap, decision.place) if decision.act in (Act.CALL, Act.ALSO) else None
    skipped = tuple((skip.lap, skip.place) for skip in decision.skipped)
    return decision.act.value, decision.why.value, spot, decision.people, skipped


@pytest.mark.rehearsal("long")
@often
@given(cases(), st.lists(DEEDS, max_size=10), st.lists(OUTAGES, max_size=2))
def test_the_path_and_its_plain_retelling_agree_minute_by_minute(case, deeds, outages):
    """Whatever people do, and although the engine is away at times."""
    away = {minute for start, length in outages for minute in range(start, start + length)}
    whens = list(accumulate(gap for gap, _verb, _length in deeds))
    played, plain = Played(case), Plain(case)
    for minute in range(120):
        played.minute = plain.minute = minute
        for when, (_gap, verb, length) in zip(whens, deeds, strict=True):
            if when == minute and (happened := plain.deed(verb, length)):
                assert played.deed(verb, length) == happened
        acts = 0
        while minute not in away and (expected := plain.look()) is not None:
            assert played.look() == expected
            acts += 1
            assert acts <= 4, "return, also, call, exhaust at most: nothing is replayed"
        if minute not in away:
            outlook = played.outlook()
            assert outlook.decision is None
            assert (outlook.idle.value if outlook.idle else None) == plain.rest()
        plain.tick()


@often
@given(cases(), st.integers(0, 30), st.none() | st.integers(0, 20))
def test_the_forecast_is_what_then_happens(case, until, acknowledged_after):
    """Foretold from some minute on, with the people who are there then, and lived through minute by minute."""
    played, plain = Played(case), Plain(case)
    for minute in range(until + 1):
        played.minute = plain.minute = minute
        while (expected := plain.look()) is not None:
            assert played.look() == expected
        if minute == acknowledged_after and plain.deed("acknowledge", 0):
            played.deed("acknowledge", 0)
        if minute < until:
            plain.tick()
    case.chairs = [  # as they are now
        Chair(0 if chair.since is not None and until >= chair.since else None, chair.fallback) for chair in case.chairs
    ]
    foretold = forecast(case.policy, played.standing, Facts(case.severity), at(until), case.who(until), most=MOST)
    lived = []
    for _ in range(400):
        while (act := plain.look()) is not None:
            lived.append((at(plain.minute), act))
        plain.tick()
    assert [(when, spoken(decision)) for when, decision in foretold] == lived[:MOST]
    assert [decision.due for _when, decision in foretold] == [when for when, _decision in foretold]


@often
@given(cases(), st.integers(0, 12))
def test_a_forecast_is_cut_off_where_asked(case, most):
    whole = forecast(case.policy, case.standing(), Facts(1), START, case.who(0))
    assert forecast(case.policy, case.standing(), Facts(1), START, case.who(0), most=most) == whole[:most]


# --- laws of the climb ---------------------------------------------------------------------------


@often
@given(cases(), st.data())
def test_an_unanswered_climb_ends_and_visits_every_position_once_in_order(case, data):
    """Looking late by any time, and people coming and going, change nothing of that."""
    case.policy = replace(case.policy, starts_at_severity=None if case.policy.functional else 5)
    standing, now, visited = case.standing(), START, []
    positions = [(lap, place) for lap, numbers in enumerate(case.policy.laps) for place in range(len(numbers))]
    for _ in range(2 * len(positions) + 3):
        minute = int((now - START) / minutes(1))
        outlook = path(case.policy, standing, Facts(case.severity), now, case.who(minute))
        if outlook.idle is not None:
            break
        if outlook.at is not None:
            assert outlook.at > now
            now = outlook.at + timedelta(seconds=data.draw(st.integers(0, 5000)))
            continue
        decision = outlook.decision
        assert decision.act in (Act.CALL, Act.EXHAUST, Act.FINISH)
        visited += [(skip.lap, skip.place) for skip in decision.skipped]
        if decision.act is Act.CALL:
            assert decision.people
            visited.append((decision.lap, decision.place))
        standing = advance(case.policy, standing, decision, now)
    assert outlook.idle in (Idle.EXHAUSTED, Idle.TOLD)
    assert visited == positions
    assert (outlook.idle is Idle.EXHAUSTED) or not case.policy.functional


@often
@given(cases(functional=True), st.data())
def test_also_calling_never_moves_the_baton_and_nobody_is_also_called_twice(case, data):
    """Each step is acknowledged at once, or not; the people beyond it are called once per lap beside the climb."""
    standing, now, beside = case.standing(), START, []
    for _ in range(60):
        outlook = path(case.policy, standing, Facts(3), now, case.who(0))
        if outlook.idle is not None:
            break
        if outlook.at is not None:
            now = outlook.at
            continue
        before, decision = standing, outlook.decision
        standing = advance(case.policy, standing, decision, now)
        if decision.act is Act.ALSO:
            beside.append((decision.lap, decision.place))
            assert decision.step.always_call
            assert decision.place > before.place
            assert bool(decision.people) != bool(decision.skipped)
            assert standing == replace(before, reach=decision.place, reach_at=now)
        elif decision.act is Act.CALL and data.draw(st.booleans()):
            standing = acknowledged(case.policy, standing, now)
    else:
        pytest.fail("no end")
    assert len(beside) == len(set(beside))
    assert beside == sorted(beside)


@often
@given(cases(), st.data())
def test_holding_at_any_instants_only_puts_off_what_is_to_come(case, data):
    """Held and woken any number of times, every instant of the future moves by exactly the time held."""
    facts, who = Facts(case.severity), case.who(0)
    standing, now = case.standing(), START
    for _ in range(data.draw(st.integers(0, 6))):  # somewhere on the way, perhaps acknowledged, perhaps offered
        outlook = path(case.policy, standing, facts, now, who)
        if outlook.decision is not None:
            standing = advance(case.policy, standing, outlook.decision, now)
            if standing.begun and data.draw(st.booleans()):
                standing = acknowledged(case.policy, standing, now)
                if case.policy.functional and data.draw(st.booleans()):
                    standing = replace(standing, offer_until=now + minutes(data.draw(limits())))
        elif outlook.at is not None:
            now = outlook.at
    if path(case.policy, standing, facts, now, who).decision is not None:
        return
    plain_future = forecast(case.policy, standing, facts, now, who)
    frozen = timedelta(0)
    room = (plain_future[0][0] - now) if plain_future else minutes(60)
    for _ in range(data.draw(st.integers(1, 4))):
        runs = room * data.draw(st.integers(0, 20)) / 100
        rests = timedelta(seconds=data.draw(st.integers(0, 10**6)), microseconds=data.draw(st.integers(0, 10**6)))
        room, now, before = room - runs, now + runs, standing
        standing = held(standing, now, until=now + rests)
        if data.draw(st.booleans()):  # the end of the hold is moved while it lasts
            standing = held(standing, now + rests / 2, until=now + rests)
        now, frozen = now + rests, frozen + rests
        outlook = path(case.policy, standing, facts, now, who)
        assert (outlook.decision.act, outlook.decision.due) == (Act.WAKE, now)
        if rests:
            assert path(case.policy, standing, facts, now - timedelta(microseconds=1), who).at == now
        standing = woken(standing, now)
        moved = {"clock_from", "reach_at", "offer_until"}
        assert {name for name in vars(before) if vars(before)[name] != vars(standing)[name]} <= moved
    later = forecast(case.policy, standing, facts, now, who)
    assert [spoken(decision) for _at, decision in later] == [spoken(decision) for _at, decision in plain_future]
    assert [when - frozen for when, _decision in later] == [when for when, _decision in plain_future]


@often
@given(cases(), st.integers(0, 60), st.integers(0, 12))
def test_asking_changes_nothing(case, minute, done):
    standing = case.standing()
    for _when, decision in forecast(case.policy, standing, Facts(1), START, case.who(0), most=done):
        standing = advance(case.policy, standing, decision, at(minute))
    asked = (case.policy, standing, Facts(case.severity), at(minute), case.who(minute))
    kept = copy.deepcopy(asked)
    first = (path(*asked), forecast(*asked))
    assert (path(*asked), forecast(*asked)) == first
    assert asked == kept
