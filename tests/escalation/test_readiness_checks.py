"""The pure checks: how somebody is reached, and what steps and schedules will do."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from escalation.notify.fitness import Fault, Settled, Way, down, due, judge, worth_testing
from escalation.oncall.spans import Span
from escalation.policies.readiness.checks import Kind, check
from escalation.policies.readiness.facts import Calendar, Facts, LastResort, Person, Policy, Rota, Step

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)  # a Monday
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
OLD = NOW - 30 * DAY
MAIL = Way("email", OLD, account=True, loud=True, quiet=True, proved_at=NOW - DAY)
SMS = Way("sms", OLD, loud=True, proved_at=NOW - DAY)
PUSH = Way("push", OLD, proved_at=NOW - DAY)

WAYS = {
    "e-mail and SMS, both tested": ([MAIL, SMS], []),
    "e-mail alone, tested": ([MAIL], [("email_only", False)]),
    "e-mail alone, never tested": ([replace(MAIL, proved_at=None)], [("email_only", True)]),
    "nothing at all": ([], [("unreachable", True)]),
    "an e-mail that is gone": ([replace(MAIL, gone=True, verified=False)], [("unreachable", True)]),
    "no rule but for an SMS that is not verified": (
        [replace(MAIL, loud=False), replace(SMS, verified=False)],
        [("email_only", True)],
    ),
    "no rule but for a channel that is not set up": (
        [replace(MAIL, loud=False), replace(SMS, channel_works=False)],
        [("email_only", False)],
    ),
    "no rule but for an SMS that is gone, beside a browser": (
        [replace(MAIL, loud=False), replace(SMS, verified=False, gone=True), PUSH],
        [("unusable", True), ("no_loud_rule", False)],
    ),
    "SMS untested for a week, and no other rule": (
        [replace(MAIL, loud=False, quiet=False), replace(SMS, proved_at=NOW - 7 * DAY)],
        [("untested", True)],
    ),
    "all untested for a week": (
        [replace(MAIL, proved_at=NOW - 7 * DAY), replace(SMS, proved_at=OLD)],
        [("untested", True)],
    ),
    "the one that was tested has failed since": (
        [replace(MAIL, refused_at=NOW), replace(SMS, proved_at=OLD)],
        [("untested", True), ("failing", False)],
    ),
    "only what is quiet is untested": (
        [replace(MAIL, loud=False, proved_at=OLD), replace(SMS, refused_at=NOW)],
        [("failing", True), ("untested", False)],
    ),
    "an SMS that is not verified": ([MAIL, replace(SMS, verified=False)], [("email_only", False)]),
    "a channel that does not work here": ([MAIL, replace(SMS, channel_works=False)], [("email_only", False)]),
    "a way that no rule uses": ([MAIL, replace(SMS, loud=False)], [("no_loud_rule", False)]),
    "a way for the quiet alone": ([MAIL, replace(SMS, loud=False, quiet=True)], [("no_loud_rule", False)]),
    "the same, and the e-mail untested": (
        [replace(MAIL, proved_at=None), replace(SMS, loud=False)],
        [("no_loud_rule", True)],
    ),
    "no e-mail rule, but SMS": ([replace(MAIL, loud=False, quiet=False, proved_at=None), SMS], []),
    "the first message after a quarter of an hour": (
        [replace(MAIL, loud_after=60), replace(SMS, loud_after=15)],
        [("late", False)],
    ),
    "the first after five minutes": ([replace(MAIL, loud_after=60), replace(SMS, loud_after=5)], []),
    "e-mail alone, and late": ([replace(MAIL, loud_after=30)], [("email_only", False), ("late", False)]),
    "late by what cannot be used": ([MAIL, replace(SMS, loud_after=30, verified=False)], [("email_only", False)]),
    "SMS failed last": ([MAIL, replace(SMS, refused_at=NOW)], [("failing", False)]),
    "all failed last": ([replace(MAIL, refused_at=NOW), replace(SMS, refused_at=NOW)], [("failing", True)]),
    "failed, and nothing uses it": ([MAIL, SMS, replace(PUSH, refused_at=NOW)], []),
    "SMS proved a week ago": ([MAIL, replace(SMS, proved_at=NOW - 7 * DAY)], [("untested", False)]),
    "SMS proved within the week": ([MAIL, replace(SMS, proved_at=NOW - 7 * DAY + HOUR)], []),
    "SMS verified long ago, and nothing since": ([MAIL, replace(SMS, proved_at=OLD)], [("untested", False)]),
    "what nothing uses, proved long ago": ([MAIL, SMS, replace(PUSH, proved_at=OLD)], []),
    "e-mail alone, proved long ago": (
        [replace(MAIL, proved_at=OLD)],
        [("untested", True), ("email_only", False)],
    ),
    "an SMS without its code beside a browser": (
        [MAIL, replace(SMS, verified=False, loud=False), replace(PUSH, loud=True)],
        [("unusable", False)],
    ),
    "an SMS that is gone, and a rule goes by it": (
        [MAIL, replace(SMS, verified=False, gone=True), replace(PUSH, loud=True)],
        [("unusable", False)],
    ),
    "a browser that is gone, and no rule goes by it": ([MAIL, SMS, replace(PUSH, verified=False, gone=True)], []),
    "an SMS without its code, and no loud rule": (
        [MAIL, replace(SMS, verified=False, loud=False), PUSH],
        [("no_loud_rule", False), ("unusable", False)],
    ),
    "e-mail untested beside SMS": ([replace(MAIL, proved_at=None), SMS], [("untested", False)]),
}


@pytest.mark.parametrize("case", WAYS)
def test_how_somebody_is_reached(case):
    ways, found = WAYS[case]
    judged = [(flaw.fault.value, flaw.red) for flaw in judge(Settled(tuple(ways)), NOW)]
    assert sorted(judged, key=lambda flaw: not flaw[1]) == found


def test_it_is_time_for_a_test_when_nothing_proved_a_way_and_none_was_asked_for():
    old = replace(SMS, id=5, proved_at=OLD)
    assert due(Settled((MAIL, old, replace(PUSH, proved_at=OLD))), NOW) == [old]
    assert due(Settled((MAIL, replace(old, asked_at=NOW - HOUR))), NOW) == []
    assert due(Settled((replace(MAIL, proved_at=None, since=NOW - DAY),)), NOW) == []  # an account of yesterday


def test_it_is_time_a_day_before_anything_turns_red():
    soon = Settled((replace(MAIL, proved_at=NOW - 6 * DAY),))
    assert due(soon, NOW) and not any(flaw.red for flaw in judge(soon, NOW))
    assert due(soon, NOW - HOUR) == []
    assert due(Settled((replace(MAIL, proved_at=NOW - 12 * HOUR),)), NOW, DAY)  # of a proof that lasts a day, half


def test_a_test_shows_something_of_what_is_new_old_or_refused_and_is_not_asked_for_twice():
    new = replace(MAIL, proved_at=None, since=NOW)
    assert worth_testing(Settled((new, SMS)), NOW) == [new]
    assert worth_testing(Settled((MAIL, refused := replace(SMS, refused_at=NOW))), NOW) == [refused]
    assert worth_testing(Settled((replace(new, asked_at=NOW - HOUR / 10),)), NOW) == []


def test_a_channel_is_missed_where_a_rule_uses_it():
    off = {"channel_works": False}
    assert down(Settled((MAIL, replace(SMS, **off), replace(PUSH, **off)))) == ("sms",)


# --- steps, schedules, policies --------------------------------------------------------------------

ANA, JO = (Person(pk, name, frozenset([7])) for pk, name in ((1, "Ana"), (2, "Jo")))
LOST = replace(ANA, flaws=tuple(judge(Settled(), NOW)))
ROTA = Rota(5, "Desk", teams=frozenset([7]), now=frozenset([1]), people=frozenset([1, 2]))
SUNDAY = Span(NOW + 6 * DAY, NOW + 6 * DAY + 12 * HOUR)
LATER = Span(NOW + 20 * DAY, NOW + 21 * DAY)
LONGER = Span(SUNDAY.start, SUNDAY.end + 6 * HOUR)
NIGHT = Span(NOW, NOW + 8 * HOUR)
STEP = Step(1, 1, "one", people=frozenset([1, 2]), teams=frozenset([7]))
BY_ROTA = replace(STEP, people=frozenset(), rotas=(5,))
SECOND = replace(STEP, id=2, name="two")
TWO = {1: Policy(1, "Payments"), 2: Policy(2, "Shop")}
OUTSIDE = Calendar("Desk", NOW - DAY, rota=5)


def facts(*steps: Step, rotas=(), people=(ANA, JO), **more) -> Facts:
    given = {"policies": {1: Policy(1, "Payments")}, **more}
    return Facts(NOW, {one.id: one for one in people}, {one.id: one for one in rotas}, steps, **given)


def gone(*gaps: Span, now=(1,)) -> Rota:
    return replace(ROTA, gaps=gaps, now=frozenset(now))


CASES = {
    "all is well": (facts(replace(STEP, people=frozenset([1])), replace(SECOND, people=frozenset([2]))), []),
    "a second step that calls the same people": (facts(STEP, SECOND), [("repeated", False)]),
    "a step without anybody": (facts(replace(STEP, people=frozenset()), SECOND), [("step_nobody", True)]),
    "a step with a fallback": (facts(replace(STEP, people=frozenset(), fallback=1), SECOND), []),
    "its people cannot be reached": (
        facts(replace(STEP, people=frozenset([1])), SECOND, people=(LOST, JO)),
        [("step_unreachable", True), ("unreachable", True)],
    ),
    "one of them can": (facts(STEP, people=(LOST, JO)), [("unreachable", True)]),
    "everybody on it is Ana": (
        facts(replace(STEP, people=frozenset([1])), replace(SECOND, people=frozenset([1]))),
        [("same_person", False)],
    ),
    "a gap on Sunday where the path begins": (
        facts(BY_ROTA, SECOND, rotas=[gone(SUNDAY)]),
        [("schedule_gaps", True)],
    ),
    "a gap on Sunday where the path ends": (
        facts(SECOND, BY_ROTA, rotas=[gone(SUNDAY)]),
        [("schedule_gaps", True)],
    ),
    "a gap on Sunday between two steps": (
        facts(SECOND, BY_ROTA, replace(SECOND, id=3), rotas=[gone(SUNDAY)]),
        [("schedule_gaps", False)],
    ),
    "a gap on Sunday of who must know": (
        facts(SECOND, replace(BY_ROTA, functional=False), rotas=[gone(SUNDAY)]),
        [("schedule_gaps", False)],
    ),
    "a gap on Sunday where the path begins, and the step waits": (
        facts(replace(BY_ROTA, awaits=True), SECOND, rotas=[gone(SUNDAY)]),
        [("schedule_gaps", False)],
    ),
    "a gap on Sunday where the path begins, and somebody is named too": (
        facts(replace(BY_ROTA, people=frozenset([2])), SECOND, rotas=[gone(SUNDAY)]),
        [("schedule_gaps", False)],
    ),
    "a gap on Sunday of a schedule that no step calls by": (
        facts(STEP, rotas=[gone(SUNDAY)]),
        [("schedule_gaps", False)],
    ),
    "a gap on Sunday, and nothing else": (
        facts(BY_ROTA, rotas=[gone(SUNDAY)]),
        [("policy_gaps", True)],
    ),
    "a gap on Sunday, and a step without anybody": (
        facts(BY_ROTA, replace(SECOND, people=frozenset()), rotas=[gone(SUNDAY)]),
        [("policy_gaps", True), ("step_nobody", True)],
    ),
    "a policy without a step": (facts(policies={1: Policy(1, "Payments")}), [("policy_empty", True)]),
    "one that only tells managers": (facts(replace(STEP, functional=False)), [("policy_empty", True)]),
    "one that goes on with another": (facts(STEP, policies={1: Policy(1, "A"), 2: Policy(2, "B", then=1)}), []),
    "no step has anybody": (
        facts(replace(STEP, people=frozenset()), replace(SECOND, people=frozenset(), rotas=(9,), awaits=True)),
        [("policy_gaps", True)],
    ),
    "a gap far off": (facts(BY_ROTA, rotas=[gone(LATER)]), [("policy_gaps", True)]),
    "a gap on Sunday of one policy, and of another where its path begins": (
        facts(BY_ROTA, replace(BY_ROTA, id=8, policy=2), replace(SECOND, policy=2), rotas=[gone(SUNDAY)], policies=TWO),
        [("policy_gaps", True), ("schedule_gaps", True)],
    ),
    "a gap on Sunday of one policy, and a longer one of its first step": (
        facts(BY_ROTA, replace(BY_ROTA, id=2, rotas=(6,)), rotas=[gone(LONGER), replace(gone(SUNDAY), id=6)]),
        [("policy_gaps", True), ("schedule_gaps", True)],
    ),
    "a gap of a policy on one day, and of its first step on another": (
        facts(BY_ROTA, replace(BY_ROTA, id=2, rotas=(6,)), rotas=[gone(SUNDAY, LATER), replace(gone(SUNDAY), id=6)]),
        [("policy_gaps", True), ("schedule_gaps", True)],
    ),
    "a gap that a fallback fills": (
        facts(replace(BY_ROTA, fallback=2), rotas=[gone(SUNDAY)]),
        [("schedule_gaps", False)],
    ),
    "a gap under way": (
        facts(BY_ROTA, SECOND, rotas=[gone(NIGHT, now=())]),
        [("step_nobody", True)],
    ),
    "a gap under way, and one on Sunday": (
        facts(BY_ROTA, SECOND, rotas=[gone(NIGHT, SUNDAY, now=())]),
        [("step_nobody", True), ("schedule_gaps", True)],
    ),
    "two schedules with one gap under way": (
        facts(replace(BY_ROTA, rotas=(5, 6)), SECOND, rotas=[gone(NIGHT, now=()), replace(gone(NIGHT, now=()), id=6)]),
        [("step_nobody", True), ("schedule_gaps", False), ("schedule_gaps", False)],
    ),
    "a gap under way, and the step waits": (
        facts(replace(BY_ROTA, awaits=True), SECOND, rotas=[gone(NIGHT, now=())]),
        [("schedule_gaps", False)],
    ),
    "the last shift ends in three days, and the only step waits for another": (
        facts(replace(BY_ROTA, awaits=True), rotas=[gone(Span(NOW + 3 * DAY, NOW + 60 * DAY))]),
        [("policy_gaps", True)],
    ),
    "the same, and it calls a fallback": (
        facts(replace(BY_ROTA, awaits=True, fallback=2), rotas=[gone(Span(NOW + 3 * DAY, NOW + 60 * DAY))]),
        [("schedule_gaps", False)],
    ),
    "the last shift ends in three weeks": (
        facts(replace(BY_ROTA, awaits=True), rotas=[gone(Span(NOW + 21 * DAY, NOW + 60 * DAY))]),
        [("policy_gaps", True)],
    ),
    "the only step waits over a night": (
        facts(replace(BY_ROTA, awaits=True), rotas=[gone(SUNDAY)]),
        [("schedule_gaps", False)],
    ),
    "holidays that are not read": (facts(STEP, calendars=[OUTSIDE]), [("calendar", False)]),
    "holidays that decide, read last week": (
        facts(STEP, calendars=[replace(OUTSIDE, decides=True, read=NOW - 7 * DAY)]),
        [("calendar", False)],
    ),
    "holidays that decide, read a month ago": (
        facts(STEP, calendars=[replace(OUTSIDE, decides=True, read=NOW - 30 * DAY)]),
        [("calendar", True)],
    ),
    "holidays that decide, never read": (
        facts(STEP, calendars=[replace(OUTSIDE, decides=True)]),
        [("calendar", True)],
    ),
    "two schedules with different gaps": (
        facts(replace(BY_ROTA, rotas=(5, 6)), SECOND, rotas=[gone(SUNDAY), replace(gone(LATER), id=6)]),
        [("schedule_gaps", False), ("schedule_gaps", False)],
    ),
    "two schedules with one gap": (
        facts(replace(BY_ROTA, rotas=(5, 6)), SECOND, rotas=[gone(SUNDAY), replace(gone(SUNDAY), id=6)]),
        [("step_gaps", True), ("schedule_gaps", False), ("schedule_gaps", False)],
    ),
    "two schedules with one gap, and a fallback": (
        facts(replace(BY_ROTA, rotas=(5, 6), fallback=2), SECOND, rotas=[gone(SUNDAY), replace(gone(SUNDAY), id=6)]),
        [("step_gaps", False), ("schedule_gaps", False), ("schedule_gaps", False)],
    ),
    "two schedules with one gap between two steps": (
        facts(
            SECOND,
            replace(BY_ROTA, rotas=(5, 6)),
            replace(SECOND, id=3),
            rotas=[gone(SUNDAY), replace(gone(SUNDAY), id=6)],
        ),
        [("step_gaps", False), ("schedule_gaps", False), ("schedule_gaps", False)],
    ),
    "away while on call": (
        facts(BY_ROTA, rotas=[replace(ROTA, away=((1, (SUNDAY,)),))]),
        [("away", False)],
    ),
    "a last resort who can be reached": (facts(STEP, last_resort=LastResort(1, "Ana")), []),
    "a last resort who has left": (
        facts(STEP, last_resort=LastResort(3, "Ada", called=False)),
        [("last_resort", True)],
    ),
    "a last resort without a way": (
        facts(STEP, people=(LOST, JO), last_resort=LastResort(1, "Ana")),
        [("last_resort", True), ("unreachable", True)],
    ),
    "a channel that is not set up": (facts(STEP, people=(replace(ANA, down=("sms",)), JO)), [("channel", False)]),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_found(case):
    given, found = CASES[case]
    assert [(one.kind.value, one.red) for one in check(given)] == found


def test_a_policy_that_goes_on_with_another_calls_its_people_too():
    other = replace(SECOND, policy=2)
    policies = {1: Policy(1, "Payments", then=2), 2: Policy(2, "Everything")}
    assert [one.subject.name for one in check(facts(BY_ROTA, other, rotas=[gone(SUNDAY)], policies=policies))] == [
        "Desk"
    ]


def test_what_is_said_of_a_policy_is_left_out_of_its_schedule():
    steps = BY_ROTA, replace(BY_ROTA, id=2, rotas=(6,))
    found = check(facts(*steps, rotas=[gone(SUNDAY, LATER), replace(gone(SUNDAY), id=6)]))
    assert [(one.kind.value, one.gaps) for one in found] == [("policy_gaps", (SUNDAY,)), ("schedule_gaps", (LATER,))]


def test_every_kind_and_fault_has_its_place():
    assert {fault.value for fault in Fault} <= {kind.value for kind in Kind}
