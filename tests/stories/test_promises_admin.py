"""Ada keeps what is promised, and reads in plain words what it comes to."""

import re
from html import unescape

import pytest

from incidents.models import BusinessHours, Target
from incidents.models.promise_words import span_said, windows_said

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]
HOURS = "/admin/incidents/businesshours/add/"
TARGETS = "/admin/incidents/target/"
OFFICE = {"name": "Office", "time_zone": "Europe/Berlin", "hours": "Mon-Fri 08:00-18:00", "holidays": "12-25 Christmas"}
ANSWER = {"kind": "response", "minutes": "15", "warn": "80", "counts": "written"}


@pytest.fixture
def ada(cast, client, clock):
    client.force_login(cast.ada)
    return client


def words(client, address: str) -> str:
    return unescape(re.sub(r"<[^>]+>|\s+", " ", client.get(address).content.decode()))


def add(client, **facts) -> Target:
    assert client.post(f"{TARGETS}add/", {**ANSWER, **facts}).status_code == 302
    return Target.objects.latest("pk")


def test_ada_reads_what_is_promised_altogether(ada, cast):
    assert ada.post(HOURS, OFFICE).status_code == 302
    office = BusinessHours.objects.get().pk
    add(ada)
    add(ada, kind="update", minutes="60", severity="1", hours=str(office))
    one = add(ada, kind="resolve", minutes="240", severity="1", service=str(cast.service.pk), hours=str(office))
    said = words(ada, f"{TARGETS}{one.pk}/change/")
    assert (
        "SEV1 on Payments: answered within 15 min, round the clock; an update every 60 min, resolved within 4 h,"
        in said
    )
    assert "Monday to Friday 08:00–18:00 Berlin (without 1 holiday)." in said
    assert "resolved within 4 h" in words(ada, TARGETS)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("hours", "", "This field is required."),
        ("hours", "9 to 5", "“9 to 5” is not understood."),
        ("time_zone", "Berlin", "is not a time zone"),
        ("holidays", "Christmas", "“Christmas” is not understood."),
        ("holidays", "2026-02-29 Leap", "“2026-02-29 Leap” is not understood."),
        ("holidays", "12-25-2026-1 x", "is not understood."),
        ("holidays", "12 x", "is not understood."),
        ("holidays", "99999999999999999999-12-25", "is not understood."),
    ],
)
def test_hours_that_make_no_sense_are_refused_at_their_field(ada, field, value, said):
    answer = ada.post(HOURS, {**OFFICE, field: value})
    assert answer.status_code == 200
    [error] = answer.context["adminform"].form.errors[field]
    assert said in error


def test_one_target_for_each_kind_severity_and_service(ada):
    add(ada)
    answer = ada.post(f"{TARGETS}add/", ANSWER)
    assert "There is such a promise already" in answer.content.decode()
    for wrong in ({"minutes": "0"}, {"warn": "0"}, {"warn": "101"}, {"severity": "6"}, {"kind": "other"}):
        assert ada.post(f"{TARGETS}add/", {**ANSWER, "severity": "2", **wrong}).status_code == 200
    assert Target.objects.count() == 1


def test_ada_says_that_nothing_is_promised_for_one_severity(ada, cast, open_incident):
    add(ada)
    add(ada, kind="update", minutes="60")
    one = add(ada, minutes="", severity="3")
    said = words(ada, f"{TARGETS}{one.pk}/change/")
    assert "SEV3 on services without promises of their own: an update every 60 min, round the clock." in said
    assert "no answer promised" in words(ada, TARGETS)
    assert set(open_incident().promises.values_list("kind", flat=True)) == {"update"}
    two = add(ada, kind="update", minutes="", severity="3")
    assert "SEV3 on services without promises of their own: nothing." in words(ada, f"{TARGETS}{two.pk}/change/")
    assert not open_incident("Another").promises.exists()
    assert open_incident("Worse", reported_severity=1).promises.count() == 2


def test_a_target_may_go_and_hours_in_use_may_not(ada):
    ada.post(HOURS, OFFICE)
    one = add(ada, hours=str(BusinessHours.objects.get().pk))
    ada.post(f"/admin/incidents/businesshours/{one.hours_id}/delete/", {"post": "yes"})
    assert BusinessHours.objects.exists()
    ada.post(f"{TARGETS}{one.pk}/delete/", {"post": "yes"})
    assert not Target.objects.exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Mon-Fri 08:00-18:00", "Monday to Friday 08:00–18:00"),
        ("mon - thursday 8:00-16:00\nFri 08:00 - 12:00", "Monday to Thursday 8:00–16:00, Friday 08:00–12:00"),
        ("Fri 18:00 - Mon 08:00", "Friday 18:00 – Monday 08:00"),
        ("Sat, Sun", "Saturday, Sunday"),
        ("08:00-18:00", "08:00–18:00"),
    ],
)
def test_windows_in_words(text, said):
    assert windows_said(text) == said


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(15, "15 min"), (60, "60 min"), (90, "90 min"), (95, "1 h 35 min"), (240, "4 h"), (2880, "48 h")],
)
def test_spans_in_words(minutes, said):
    assert span_said(minutes) == said
