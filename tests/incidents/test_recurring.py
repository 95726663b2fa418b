"""Which incidents are the same trouble, and whether a fix helped: plain values in, plain values out."""

from datetime import UTC, datetime, timedelta

import pytest

from incidents.learning import recurring
from incidents.learning.afterwards import Measured, Verdict, measured
from incidents.learning.likeness import Looks, Reason
from incidents.learning.recurring import Case, Known, sort_out

FIXED = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("before", "after", "days", "expected"),
    [
        (9, 1, 30, Verdict.HELPED),
        (9, 1, 6, Verdict.EARLY),
        (4, 0, 7, Verdict.HELPED),
        (3, 0, 30, Verdict.EARLY),  # chance alone would do that in one of eight cases
        (3, 0, 90, Verdict.UNCLEAR),
        (5, 1, 30, Verdict.EARLY),
        (6, 1, 30, Verdict.HELPED),
        (6, 2, 30, Verdict.EARLY),
        (7, 2, 30, Verdict.HELPED),
        (9, 8, 90, Verdict.UNCLEAR),
        (3, 3, 30, Verdict.NOT),
        (0, 2, 30, Verdict.NOT),
        (1, 1, 30, Verdict.EARLY),
        (0, 0, 90, Verdict.UNCLEAR),
    ],
)
def test_what_a_fix_came_to(before, after, days, expected):
    assert Measured(before, after, days).verdict == expected


def test_as_many_days_before_as_after_and_ninety_at_most():
    opened = [FIXED + n * DAY for n in (-91, -90, -31, -30, -1, 0, 29, 30, 89, 90)]
    assert measured(FIXED, opened, FIXED + 30 * DAY) == Measured(2, 2, 30)
    assert measured(FIXED, opened, FIXED + 500 * DAY) == Measured(4, 4, 90)
    assert measured(FIXED, opened, FIXED - DAY) == Measured(0, 0, 0)


def case(pk: int, title: str, *, service: int = 1, key: str = "") -> Case:
    keys = frozenset({(1, key)} if key else ())
    return Case(pk, FIXED - pk * DAY, Looks(service, title), keys)


@pytest.mark.parametrize(
    ("title", "theirs", "expected"),
    [
        ("Card payments fail", [], 7),
        ("Invoices are late", [], None),
        ("Card payments fail in Berlin", ["Card payments fail in Berlin"], None),
        ("Card payments fail in Berlin now", ["Card payments fail in Berlin"], None),  # it is nearer to what is none
        ("Card payments fail now", ["Card payments fail in Berlin"], 7),
        ("Card payments fail", ["Card payments fail"], 7),  # words alone cannot tell them apart
    ],
)
def test_an_incident_is_of_the_problem_that_it_is_nearest_to(title, theirs, expected):
    known = Known(7, [case(50, "Card payments fail")], [case(60 + n, one) for n, one in enumerate(theirs)])
    found = sort_out([case(1, title)], [known])
    assert list(found.of_problem) == ([expected] if expected else [])
    assert len(found.groups) == (0 if expected else 1)


def test_what_was_said_to_be_none_of_it_stays_so_and_may_be_of_another():
    one, ours = case(1, "Card payments fail"), case(50, "Card payments fail")
    other = Known(8, [case(51, "Card payments fail in Bonn")])
    found = sort_out([one], [Known(7, [ours], [one]), other])
    assert list(found.of_problem) == [8]


def test_of_two_that_look_the_same_neither_is_proposed_again():
    """The same alert twice: what was said of each is kept of each, however few of them are compared."""
    ours = case(50, "Card payments fail", key="pay")
    twins = [case(pk, "Card payments fail", key="pay") for pk in range(1, recurring.MOST_COMPARED + 3)]
    assert sort_out(twins, [Known(7, [ours], twins)]).of_problem == {}


def test_the_others_are_grouped_around_the_newest_on_their_service(monkeypatch):
    compared, alike = [], recurring._alike
    monkeypatch.setattr(recurring, "_alike", lambda *both: compared.append(both) or alike(*both))
    cases = [
        case(1, "Search is slow"),
        case(2, "Disk is full", key="disk"),
        case(3, "Search slow again"),
        case(4, "No space left", key="disk"),
        case(5, "Search is slow", service=2),
    ]
    groups = sort_out(cases, []).groups
    assert [(one.first.pk, [other.case.pk for other in one.others]) for one in groups] == [(1, [3]), (2, [4]), (5, [])]
    assert groups[1].others[0].why.reason == Reason.ALERT
    assert {(one.looks.service, other.looks.service) for one, other in compared} == {(1, 1)}
