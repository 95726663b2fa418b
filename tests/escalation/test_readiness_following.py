"""What a step adds to the one before it: found where it adds nothing, and never where it does."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from escalation.notify.fitness import Fault, Flaw
from escalation.oncall.spans import Span
from escalation.policies.readiness.checks import Kind, check
from escalation.policies.readiness.facts import Facts, LastResort, Person, Policy, Rota, Step
from escalation.policies.readiness.saying import sentence

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)  # a Monday
DAY = timedelta(days=1)
END = NOW + 60 * DAY
ALWAYS, SUNDAY = Span(NOW, END), Span(NOW + 6 * DAY, NOW + 7 * DAY)
WEEKDAYS = (Span(NOW, SUNDAY.start), Span(SUNDAY.end, END))
KINDS = (Kind.REPEATED, Kind.LAST_AGAIN, Kind.UNSENT)

ANA, JO, MEI, ADA = (Person(pk, name) for pk, name in enumerate(("Ana", "Jo", "Mei", "Ada"), start=1))
LATE = (Flaw(Fault.LATE, False, minutes=10),)


ROUNDS = {1: Policy(1, "Payments", rounds=2)}
UNTIL_LAST = "The next round begins after 5 minutes: later messages by the rules of "


def step(number: int, *people: Person, **more) -> Step:
    return Step(number, more.pop("policy", 1), f"step {number}", frozenset(one.id for one in people), **more)


def rota(pk: int, **turns) -> Rota:
    """Each person's spans, by first name."""
    who = {"ana": 1, "jo": 2, "mei": 3}
    mine = tuple((who[name], spans) for name, spans in turns.items())
    gone = () if any(ALWAYS in spans for spans in turns.values()) or len(turns) > 1 else (SUNDAY,)
    ids = frozenset(one for one, _spans in mine)
    return Rota(pk, f"rota {pk}", now=ids, people=ids, gaps=gone, turns=mine)


def facts(*steps: Step, rotas=(), people=(ANA, JO, MEI, ADA), last=ADA, **more) -> Facts:
    given = {"policies": {1: Policy(1, "Payments")}, **more}
    known, last_resort = {one.id: one for one in people}, LastResort(last.id, last.name)
    return Facts(NOW, known, {one.id: one for one in rotas}, steps, last_resort=last_resort, **given)


CASES = {
    "each calls somebody else": (facts(step(1, ANA), step(2, JO)), []),
    "the second calls whom the first has called": (
        facts(step(1, ANA, JO), step(2, JO), step(3, MEI)),
        [("repeated", "step 2", "In the coming 60 days it calls only whom step 1 has called: Jo.")],
    ),
    "the second calls somebody more": (facts(step(1, JO), step(2, JO, ANA)), []),
    "the third calls whom the first has called": (facts(step(1, JO), step(2, ANA), step(3, JO)), []),
    "everybody is one person, which is said so": (facts(step(1, ANA), step(2, ANA)), []),
    "who is on call for both, on Sundays": (
        facts(
            step(1, rotas=(5,)),
            step(2, rotas=(6,)),
            rotas=[rota(5, ana=WEEKDAYS, jo=(SUNDAY,)), rota(6, jo=(ALWAYS,))],
        ),
        [("repeated", "step 2", "From 8 March 09:30 until 9 March 09:30: it calls only whom step 1 has called: Jo.")],
    ),
    "who is on call for both, and somebody beside": (
        facts(
            step(1, rotas=(5,)),
            step(2, MEI, rotas=(6,)),
            rotas=[rota(5, ana=WEEKDAYS, jo=(SUNDAY,)), rota(6, jo=(ALWAYS,))],
        ),
        [],
    ),
    "on call for one when not for the other": (
        facts(
            step(1, rotas=(5,)),
            step(2, rotas=(6,)),
            rotas=[rota(5, ana=WEEKDAYS, jo=(SUNDAY,)), rota(6, jo=WEEKDAYS, ana=(SUNDAY,))],
        ),
        [],
    ),
    "a fallback that was called already": (
        facts(step(1, ANA), step(2, rotas=(6,), fallback=1), rotas=[rota(6, jo=WEEKDAYS)]),
        [("repeated", "step 2", "From 8 March 09:30 until 9 March 09:30: it calls only whom step 1 has called: Ana.")],
    ),
    "the policy that it goes on with begins with the same": (
        facts(
            step(1, JO),
            step(2, ANA),
            step(3, ANA, policy=2),
            policies={1: Policy(1, "Payments", then=2), 2: Policy(2, "Everything")},
        ),
        [("repeated", "step 3", "In the coming 60 days it calls only whom step 2 has called: Ana.")],
    ),
    "those who must know are told what they are told": (
        facts(step(1, ANA), step(2, JO, functional=False), step(3, JO, functional=False)),
        [],
    ),
    "the last step is the last resort's": (
        facts(step(1, ANA), step(2, ADA)),
        [("last_again", "step 2", "In the coming 60 days it calls only Ada, who is the last resort too.")],
    ),
    "the last resort is one of the last step's": (facts(step(1, ANA), step(2, ADA, JO)), []),
    "the last resort is called first": (facts(step(1, ADA), step(2, ANA)), []),
    "the last resort ends a policy that another comes after": (
        facts(
            step(1, ANA),
            step(2, ADA),
            step(3, JO, policy=2),
            policies={1: Policy(1, "Payments", then=2), 2: Policy(2, "Everything")},
        ),
        [],
    ),
    "a rule that sends when the step has gone on": (
        facts(step(1, ANA), step(2, JO), people=(replace(ANA, loud=(0, 6)), JO, ADA)),
        [("unsent", "step 1", "It goes on after 5 minutes: later messages by the rules of Ana are not sent.")],
    ),
    "a rule that sends before it does": (
        facts(step(1, ANA), step(2, JO), people=(replace(ANA, loud=(0, 5)), JO, ADA)),
        [],
    ),
    "a rule of somebody whom the next step calls too": (
        facts(step(1, ANA), step(2, ANA, JO), people=(replace(ANA, loud=(0, 9)), JO, ADA)),
        [],
    ),
    "a rule of whom the path ends with": (
        facts(step(1, ANA), step(2, JO), people=(ANA, replace(JO, loud=(0, 9)), ADA)),
        [],
    ),
    "a rule of whom each round ends with": (
        facts(step(1, ANA), step(2, JO), people=(ANA, replace(JO, loud=(0, 9)), ADA), policies=ROUNDS),
        [("unsent", "step 2", f"{UNTIL_LAST}Jo are not sent before the last round.")],
    ),
    "one whom the rounds consist of": (
        facts(step(1, ANA), people=(replace(ANA, loud=(0, 9)), ADA), policies=ROUNDS),
        [("unsent", "step 1", f"{UNTIL_LAST}Ana are not sent before the last round.")],
    ),
    "one whom each round ends with, and who was called in it before": (
        facts(step(1, JO, ANA), step(2, JO, MEI), people=(ANA, replace(JO, loud=(0, 9)), MEI, ADA), policies=ROUNDS),
        [],
    ),
    "somebody whose first message is late, which is said of themselves": (
        facts(step(1, ANA), step(2, JO), people=(replace(ANA, loud=(10,), flaws=LATE), JO, ADA)),
        [],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_a_step_adds(case):
    given, wanted = CASES[case]
    found = [one for one in check(given) if one.kind in KINDS]
    assert not any(one.red for one in found)
    assert [(one.kind.value, one.subject.name, sentence(one, NOW)) for one in found] == wanted
