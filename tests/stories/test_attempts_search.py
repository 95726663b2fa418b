"""What was tried before can be found, by whoever may see it, with how often it helped."""

import re

import pytest
from django.test import Client

from incidents.models import Incident, Service
from tests.stories.test_incident_page import main, words

pytestmark = pytest.mark.django_db


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def tried(open_incident, cast, clock):
    """Four restarts on one service, one on another."""
    other = Service.objects.create(name="Mail", team=cast.teams["Service desk"])
    first, second, third = (
        open_incident("Cards fail"),
        open_incident("Cards are slow"),
        open_incident("No mail", service=other),
    )
    for incident, text, outcome in [
        (first, "Restarted the gateway", "no_effect"),
        (first, "Restarted the gateway again", "no_effect"),
        (second, "RESTARTED both gateways", "worse"),
        (second, "Restarted with more memory", "helped"),
        (second, "Rolled back", "helped"),
        (third, "Restarted the relay", "helped"),
    ]:
        clock.forward(minutes=1)
        Incident.objects.get(pk=incident.pk).attempt(by=cast.ana, text=text, outcome=outcome, hypothesis="It leaks")
    return first, second, third


def test_tried_four_times_helped_once(tried, cast):
    ana = signed_in(cast.ana)
    found = words(ana.get("/attempts/", {"q": "restarted", "service": cast.service.pk}))
    assert "Tried 4 times, helped once" in found
    assert "Restarted the gateway again" in found
    assert "Rolled back" not in found
    everywhere = words(ana.get("/attempts/", {"q": "restarted"}))
    assert "Tried 5 times, helped 2 times" in everywhere
    assert f"{cast.service.name} : tried 4 times, helped once" in everywhere
    assert "Mail : tried once, helped once" in everywhere


@pytest.mark.parametrize("asked", ["übertragung", "ÜBERTRAGUNG (LÄUFT)"])
def test_the_case_of_no_letter_counts(tried, cast, asked):
    tried[0].attempt(by=cast.ana, text="Übertragung (läuft) neu gestartet", outcome="helped")
    page = words(signed_in(cast.ana).get("/attempts/", {"q": asked}))
    assert "Tried once, helped once" in page


def test_an_outcome_narrows_what_is_listed_and_not_what_is_counted(tried, cast):
    found = words(signed_in(cast.ana).get("/attempts/", {"q": "it leaks", "outcome": "helped"}))
    assert "Tried 6 times, helped 3 times" in found
    assert "Rolled back" in found
    assert "Restarted the gateway" not in found


@pytest.mark.rehearsal("long")
def test_a_found_attempt_leads_to_its_line_however_old(tried, cast):
    first, *_rest = tried
    ana = signed_in(cast.ana)
    for n in range(120):
        first.note(by=cast.ana, text=f"Note {n}")
    page = main(ana.get("/attempts/", {"q": "gateway again"}))
    address = re.search(r'href="(/incidents/[^"]+)#(e[0-9]+)"', page)
    assert "before=" in address[1]
    assert f'id="{address[2]}"' in main(ana.get(address[1]))


def test_the_incident_leads_to_what_was_tried_on_its_service(tried, cast, open_incident):
    new = open_incident("Cards fail once more")
    page = signed_in(cast.ana).get(new.get_absolute_url())
    assert f"What was tried on {cast.service.name}" in words(page)
    assert f'href="/attempts/?service={cast.service.pk}"' in main(page)


def test_only_the_latest_are_looked_through_and_the_page_says_so(tried, cast, monkeypatch):
    monkeypatch.setattr("incidents.desk.attempts.LOOK", 4)
    ana = signed_in(cast.ana)
    cut = words(ana.get("/attempts/", {"q": "restarted"}))
    assert "Tried 3 times, helped 2 times" in cut
    assert "Looked through the latest 4 attempts. Choose a service" in cut
    mail = Service.objects.get(name="Mail")
    assert "Looked through" not in words(ana.get("/attempts/", {"q": "restarted", "service": mail.pk}))


def test_what_one_may_not_see_is_neither_listed_nor_counted(tried, cast):
    rita = words(signed_in(cast.rita).get("/attempts/", {"q": "restarted"}))
    assert "Nobody has recorded such an attempt" in rita
    assert "No mail" not in rita
    assert "Tried" not in words(signed_in(cast.rita).get("/attempts/"))
    Incident.objects.filter(pk=tried[0].pk).update(restricted=True)
    assert "Tried 3 times" in words(signed_in(cast.sam).get("/attempts/", {"q": "restarted"}))
    assert "Tried 5 times" in words(signed_in(cast.ana).get("/attempts/", {"q": "restarted"}))
    assert Client().get("/attempts/").status_code == 302


@pytest.mark.parametrize(
    "asked",
    [
        {"q": "<script>alert(1)</script>"},
        {"q": "%_\x00\\'\""},
        {"service": "9" * 30},
        {"service": "x", "outcome": "y", "page": "z"},
        {"q": " ".join(["w"] * 90), "page": "99999"},
    ],
)
def test_nonsense_is_answered_calmly(tried, cast, asked):
    page = signed_in(cast.ana).get("/attempts/", asked)
    assert page.status_code == 200
    assert "<script>alert" not in page.content.decode()


def test_the_queue_leads_there_with_the_same_words(tried, cast):
    page = main(signed_in(cast.ana).get("/queue/", {"q": "gate way"}))
    assert 'href="/attempts/?q=gate%20way"' in page
