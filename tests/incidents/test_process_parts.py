"""The coverage and the readiness of process health, from what readiness found: no database."""

import re
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from types import SimpleNamespace

from django.conf import settings

from escalation.oncall.spans import Span
from escalation.people.models import User
from escalation.policies.readiness import saying
from escalation.policies.readiness.checks import Finding, Kind
from escalation.policies.readiness.facts import Facts, Policy, Rota, Step
from escalation.policies.readiness.gathering import Report
from incidents.process.part import Standing
from incidents.process.parts import coverage, readiness

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def looks_at(rotas=(), findings=(), steps=(), policies=(), at=NOON) -> SimpleNamespace:
    """What readiness found of one team, without a database."""
    facts = Facts(at, {}, {one.id: one for one in rotas}, steps, {one.id: one for one in policies})
    return SimpleNamespace(now=at, team=1, leads=True, reader=User(), report=Report(facts, tuple(findings)))


def gap(day: int, hours: int = 8) -> Span:
    return Span(NOON + timedelta(days=day), NOON + timedelta(days=day, hours=hours))


def rota_of(pk: int, name: str, *gaps: Span) -> Rota:
    return Rota(pk, name, teams=frozenset([1]), gaps=gaps)


def red_gaps(rota: Rota, *gaps: Span) -> Finding:
    return Finding(Kind.SCHEDULE_GAPS, True, rota, gaps=gaps)


def test_each_schedule_with_a_gap_is_told_once_and_drawn_first_and_what_hurts_is_the_sentence():
    whole = [rota_of(pk, f"A{pk}") for pk in (1, 2, 3)]
    early, late = rota_of(4, "Early", gap(1)), rota_of(5, "Late", gap(2), gap(3, 2), gap(40))
    one = coverage.part(looks_at([*whole, early, late], [red_gaps(late, gap(3, 2))]))
    assert one.sentence.endswith("what happens then: it has nobody on 5 March 12:00–14:00.")
    assert [(line.text, line.note) for line in one.lines] == [("Early", "on 3 March 12:00–20:00")]
    assert [row["name"] for row in one.drawn["rows"]] == ["Early", "Late", "A1"] and one.drawn["more"] == 2
    assert [mark["bad"] for mark in one.drawn["rows"][1]["gaps"]] == [False, True]
    calm = coverage.part(looks_at([early, late]))
    assert [line.note for line in calm.lines] == ["on 4 March 12:00–20:00; 1 more time"]  # not that of day 40


def test_a_gap_hurts_only_on_the_schedules_of_the_policy_that_nobody_is_left_of():
    used, other = rota_of(1, "Used", gap(2)), rota_of(2, "Other", gap(1, 48))
    policy = Policy(1, "First", then=2)
    step = Step(1, 2, "its step", rotas=(1,), teams=frozenset([1]))
    empty = Finding(Kind.POLICY_GAPS, True, policy, teams=frozenset([1]), gaps=(gap(2),))
    look = looks_at([used, other], [empty], [step], [policy, Policy(2, "Then")])
    look.report = look.report.of([1])  # as the page has it: a path goes on through the policies of others
    one = coverage.part(look)
    assert one.sentence.startswith("Find somebody for Used") and [line.text for line in one.lines] == ["Other"]


def test_readiness_tells_what_the_coverage_does_not():
    desk = rota_of(1, "Desk", gap(2), gap(40))
    away = Finding(Kind.AWAY, False, desk, gaps=(gap(5),))
    far = Finding(Kind.SCHEDULE_GAPS, False, desk, gaps=(gap(40),))
    alone = Finding(Kind.POLICY_GAPS, True, Policy(1, "Bare"), gaps=(gap(0, 24 * 60),))  # no schedule comes into it
    told = {
        key: readiness.part(looks_at([desk], [one])).sentence
        for key, one in {"away": away, "far": far, "alone": alone}.items()
    }
    assert told["away"].startswith("Away while on call. Ask for a swap")
    assert told["far"].startswith("Schedules with gaps.") and told["far"].endswith("It is about Desk.")
    assert told["alone"].startswith("A whole policy will call nobody.")


def test_a_red_gap_stands_before_what_is_amber():
    desk = rota_of(1, "Desk", gap(2))
    one = readiness.part(looks_at([desk], [red_gaps(desk, gap(2)), Finding(Kind.AWAY, False, desk, gaps=(gap(5),))]))
    assert (one.number, one.standing) == (1, Standing.ACT)
    assert one.sentence == "It is about times at which nobody is on call: see the coverage."
    assert [line.text for line in one.lines] == ["Away while on call"]


def test_what_the_page_cuts_of_a_sentence_is_names_and_no_advice():
    page = Path(settings.BASE_DIR, "templates/process/page.html").read_text()
    [most] = re.findall(r"part\.sentence\|truncatechars:(\d+)", page)
    for kind, red in product(Kind, (True, False)):
        assert len(f"{saying._title(kind)}. {saying._advice(kind, red)}") < int(most)
    long = rota_of(1, "A schedule of a name that goes on and on " * 3, gap(50))
    one = readiness.part(looks_at([long], [red_gaps(long, gap(50))]))
    assert one.sentence.startswith(f"Schedules with gaps. {saying._advice(Kind.SCHEDULE_GAPS, True)} It is about")
