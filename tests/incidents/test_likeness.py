"""What looks alike, what must not, and why it is said to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.learning.likeness import Looks, Reason, compare


def looks(title: str, symptom: str = "", cause: str = "", service: int | None = 1) -> Looks:
    return Looks(service, title, symptom, cause)


ALIKE = [
    ("Card payments fail", "Card payments fail"),
    ("Card payments fail", "card PAYMENTS fail again"),
    ("Card payments fail", "Card payment failing"),
    ("Card payments fail", "Card paymnets failed"),
    ("Card payments fail", "Card payments fail in Berlin"),
    ("Mail down", "Mail server down"),
    ("Disk full on db-07", "Disk full on db-08"),
    ("Printer on floor 3 jammed", "Jammed: the printer on floor 5"),
    ("Zeitüberschreitung beim Kassensystem", "Kassensystem: Zeituberschreitung"),
    ("支払いが失敗", "支払いが失敗"),
    ("Down", "Down"),
    ("The alarm", "The alarm"),
    ("!!!", "!!!"),
]
APART = [
    ("Card payments fail", "Card payments slow"),
    ("Login slow", "Login fails"),
    ("HTTP 503", "HTTP 500"),
    ("Error 1203", "Error 4711"),
    ("Disk full on db-07", "Disk full on web-12"),
    ("Sensor connected", "Sensor disconnected"),
    ("Upload stuck", "Download stuck"),
    ("Cart empty", "Card empty"),
    ("Cannot print", "Cannot log in"),
    ("The alarm of the alert", "A problem with it"),
    ("Payments", "Card payments of the shop fail for everybody"),
    ("!!!", "???"),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_the_same_trouble_in_other_words_is_alike(one, other):
    assert compare(looks(one), looks(other)).is_alike


@pytest.mark.parametrize(("one", "other"), APART)
def test_another_trouble_in_nearly_the_same_words_is_not(one, other):
    assert not compare(looks(one), looks(other)).is_alike


def test_nothing_is_alike_across_services_or_without_one():
    one = looks("Card payments fail")
    assert not compare(one, looks("Card payments fail", service=2)).is_alike
    assert not compare(looks("Disk full", service=None), looks("Disk full", service=None)).is_alike
    assert not compare(one, looks("Card payments fail", service=2), same_alert=True).is_alike


def test_the_same_alert_is_the_same_trouble_whatever_it_is_called():
    found = compare(looks("Latency above 2 s"), looks("Checkout is slow"), same_alert=True)
    assert (found.score, found.reason) == (1, Reason.ALERT)


REPORT = "Terminals show code 51, the acquirer answers after a minute"


@pytest.mark.parametrize(
    ("one", "other", "alike", "by_report", "by_cause"),
    [
        (looks("Card payments fail", REPORT), looks("Card payments slow", REPORT), True, True, False),
        (looks("Login slow", REPORT), looks("Card terminals offline", REPORT), False, True, False),
        (looks("Card payments fail", REPORT), looks("Card payments fail", "Wholly different words here"), True, 0, 0),
        (looks("Card payments fail", "As before"), looks("Card payments slow", "As before"), False, False, False),
        (looks("Card payments fail", "", "supplier"), looks("Card payments slow", "", "supplier"), True, False, True),
        (looks("Card payments fail", "", "unknown"), looks("Card payments slow", "", "unknown"), False, False, False),
        (looks("Card payments fail", "", "network"), looks("Card payments fail", "", "change"), True, False, False),
        (looks("Old mail stuck", "", "network"), looks("Old mail server stuck here", "", "change"), False, 0, 0),
        (looks("Old mail stuck", "", "network"), looks("Old mail server stuck here"), True, False, False),
        (looks("Mail down", "", "network"), looks("Doors open", "", "network"), False, False, True),
    ],
)
def test_a_first_report_can_only_add_and_a_cause_moves_it_a_little(one, other, alike, by_report, by_cause):
    found = compare(one, other)
    assert (found.is_alike, found.by_report, found.by_cause) == (alike, bool(by_report), bool(by_cause))


def test_it_says_which_words_are_shared_as_the_first_has_them():
    found = compare(looks("Card payments fail in Berlin"), looks("Payment by card failing"))
    assert found.shared == ("card", "payments", "fail")


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=80), st.text(max_size=80))
def test_it_is_the_same_both_ways_and_between_nothing_and_all(title, report, other_title, other_report):
    one, other = looks(title, report), looks(other_title, other_report)
    there, back = compare(one, other), compare(other, one)
    assert there.score == pytest.approx(back.score)
    assert 0 <= there.score <= 1
    assert compare(one, one).score == 1
