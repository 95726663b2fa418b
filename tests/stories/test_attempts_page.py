"""Attempts on the incident's page: written down in one line or in four, counted, and passed on."""

import pytest
from django.db import connection
from django.test import Client

from escalation.engine.models import Delivery
from escalation.notify.message import Recipient, compose
from escalation.trail import triggers
from escalation.trail.models import EntryText
from incidents.models import Attempt
from tests.stories.test_incident_page import fresh, main, url, words

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def worked(open_incident, clock, cast):
    incident = open_incident("Card payments fail", symptom="Probe checkout_card fails")
    clock.forward(minutes=1)
    incident.acknowledge(by=cast.ana)
    return fresh(incident)


def test_one_line_and_one_outcome_is_enough_and_more_is_possible(worked, cast):
    ana = signed_in(cast.ana)
    quick = {"kind": "attempt", "text": "Restarted it", "outcome": "no_effect"}
    assert ana.post(url("attempts", worked), quick).status_code == 302
    whole = quick | {"text": "Flushed it", "outcome": "helped", "hypothesis": "The cache is stale", "minutes": "12"}
    assert ana.post(url("attempts", worked), whole).status_code == 302
    page = words(ana.get(worked.get_absolute_url()))
    assert "Attempts tried twice" not in page
    assert "Attempts tried 2 times, helped once" in page
    assert "Hypothesis: The cache is stale helped Flushed it Ana Ruiz · L1 Service desk · 12 min · 09:31" in page
    assert "made an attempt helped 12 min Hypothesis: The cache is stale Flushed it" in page
    assert list(Attempt.objects.order_by("id").values_list("minutes", flat=True)) == [None, 12]


@pytest.mark.parametrize(
    "wrong", [{"minutes": "-3"}, {"minutes": "99999"}, {"minutes": "x"}, {"hypothesis": "h" * 301}]
)
def test_what_makes_no_sense_is_said_at_its_field_and_nothing_typed_is_lost(worked, cast, wrong):
    typed = {"kind": "attempt", "text": "Restarted it", "outcome": "helped", **wrong}
    response = signed_in(cast.ana).post(url("attempts", worked), typed)
    assert response.status_code == 422
    assert "Restarted it</textarea>" in main(response)
    assert '<details class="more" data-for="attempt" open>' in main(response)
    assert not Attempt.objects.exists()
    note = signed_in(cast.ana).post(url("attempts", worked), typed | {"kind": "note"})
    assert note.status_code == 302  # a note has neither


def test_what_was_tried_goes_along_with_the_baton(worked, cast):
    worked.attempt(by=cast.ana, text="Rolled back 4.18.2", outcome="no_effect", hypothesis="The release is bad")
    ana = signed_in(cast.ana)
    handing = words(ana.get(url("handover", worked)))
    assert "The release is bad: Rolled back 4.18.2 (no effect)" in handing
    assert "Goes along: tried once, never helped" in handing
    assert "Goes along: tried once, never helped" in words(ana.get(url("escalation", worked)))
    fresh(worked).escalate(by=cast.ana, reason="expertise", text="Theirs.")
    called = Delivery.objects.filter(kind="call", person=cast.mei).last()
    said = compose(called.message, to=Recipient.person(cast.mei), at=called.queued_at)
    assert "So far: tried once, never helped." in said.full


def test_the_clock_takes_it_along_too_and_a_new_climb_knows_of_the_old_one(worked, cast, clock):
    worked.attempt(by=cast.ana, text="Rolled back", outcome="helped")
    clock.forward(hours=2)
    assert Delivery.objects.filter(kind="call", person=cast.mei).last().message["tried"] == 1
    fresh(worked).resolve(by=cast.ana, cause="change", text="Done")
    again = fresh(worked)
    again.reopen(by=cast.ana, text="Not over")
    assert Delivery.objects.filter(kind="call", person=cast.ana).last().message["tried"] == 1


def test_a_text_that_was_taken_away_is_gone_from_every_place(worked, cast):
    worked.attempt(by=cast.ana, text="Called Mr Secret", outcome="helped", hypothesis="Secretly broken")
    with triggers.lifted(connection):
        EntryText.objects.filter(entry__kind="attempt").delete()
    ana = signed_in(cast.ana)
    for place in (worked.get_absolute_url(), url("handover", worked), url("escalation", worked)):
        page = ana.get(place)
        assert page.status_code == 200
        assert "ecret" not in page.content.decode()
    assert "The text was taken away." in words(ana.get(worked.get_absolute_url()))


def test_strangers_find_no_attempts_and_auditors_only_look(worked, cast):
    assert signed_in(cast.rita).post(url("attempts", worked), {"kind": "attempt", "text": "x"}).status_code == 404
    otto = signed_in(cast.otto)
    assert otto.post(url("attempts", worked), {"kind": "attempt", "text": "x", "outcome": "helped"}).status_code == 403
