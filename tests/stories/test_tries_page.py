"""Every try of a message unfolds under it on the incident's page, and in Admin."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from escalation.engine import deliver, tasks
from escalation.engine.models import Delivery, Try
from escalation.notify import reaching
from escalation.notify.senders import SendFailed
from incidents.models import Incident
from tests.reach_kit import Carriers, method

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]
AWAY = SendFailed("the mail server cannot be reached", detail="10.0.0.7")


@pytest.fixture
def carriers(monkeypatch) -> Carriers:
    return Carriers().use(monkeypatch)


@pytest.fixture
def ana(cast) -> Client:
    client = Client()
    client.force_login(cast.ana)
    return client


def words(response) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def test_every_try_unfolds_under_its_message(carriers, open_incident, cast, clock, ana):
    carriers["email"].refuses = {cast.ana.email: AWAY}
    incident = open_incident()
    tasks.send()
    Try.objects.update(took_ms=1240)
    waits = words(ana.get(incident.get_absolute_url()))
    failed = "09:30:00 , 1.2 s: failed: the mail server cannot be reached"
    assert f"again at 09:30:05, after 1 try that failed 1 try {failed}" in waits
    carriers["email"].refuses = {}
    clock.jump(seconds=5)
    tasks.send()
    page = ana.get(incident.get_absolute_url())
    assert f"Ana Ruiz, e-mail 09:30:05 2 tries {failed} 09:30:05 , 0.0 s: sent" in words(page)
    html = page.content.decode()
    key = Delivery.objects.get(person=cast.ana, channel="email").pk
    assert re.findall(r"<details [^>]*tries[^>]*>", html) == [f'<details class="tries" id="tries-{key}">']  # shut
    assert "10.0.0.7" not in html  # and nobody is quoted


def test_a_try_whose_worker_died_can_be_seen(carriers, open_incident, cast, clock, ana):
    incident = open_incident()
    for _ in range(deliver.TRIES):
        while deliver.claim(8) or deliver.claim(8, lost=True):
            pass  # and the worker is dead
        clock.jump(seconds=31)
        deliver.sweep()
    shown = words(ana.get(incident.get_absolute_url()))
    lost = "no answer is known: its worker died before it could say whether this was sent"
    assert f"09:30:00 : {lost}" in shown and shown.count(lost) == 2 * deliver.TRIES
    assert "Ana Ruiz, e-mail 09:33:06 it is not known whether it arrived: its worker died" in shown


def test_what_is_tried_once_unfolds_nothing(carriers, open_incident, ana):
    incident = open_incident()
    tasks.send()
    assert 'class="tries"' not in ana.get(incident.get_absolute_url()).content.decode()


@pytest.mark.rehearsal("rows")
def test_what_waits_costs_the_page_one_query_and_its_tries_another(carriers, open_incident, clock, ana):
    def cost(incident: Incident) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert ana.get(incident.get_absolute_url()).status_code == 200
        return len(queries)

    well = open_incident("Well", people_affected=1900)
    tasks.send()
    carriers["email"].trouble = AWAY
    ill = open_incident("Ill", people_affected=1900)
    for seconds in (0, 5, 15):
        clock.jump(seconds=seconds)
        tasks.send()
    assert Try.objects.filter(delivery__trail=ill.trail_id, n=3).count() == 2
    for incident in (well, ill):
        cost(incident)  # what is learnt once, and what is kept of other incidents
    assert cost(ill) == cost(well) + 2


# --- in Admin ------------------------------------------------------------------------------------


def test_admin_shows_how_messages_went_and_not_what_they_say(carriers, open_incident, cast, clock, client):
    carriers["email"].refuses = {cast.ana.email: AWAY}
    incident = open_incident("Payroll of the board")
    tasks.send()
    client.force_login(cast.ada)
    listed = words(client.get(reverse("admin:engine_delivery_changelist")))
    assert incident.ref in listed and "Ana Ruiz" in listed and "Payroll" not in listed
    delivery = Delivery.objects.get(person=cast.ana, channel="email")
    page = words(client.get(reverse("admin:engine_delivery_change", args=[delivery.pk])))
    assert "the mail server cannot be reached" in page and "Payroll" not in page


def test_a_code_is_not_in_it(carriers, cast, clock, client):
    way = method(cast.ana, "sms", "+4915112345667", verified=False)
    reaching.send_code(cast.ana, way.pk)
    client.force_login(cast.ada)
    page = client.get(reverse("admin:engine_delivery_change", args=[Delivery.objects.get().pk])).content.decode()
    way.refresh_from_db()
    assert way.code_proof and way.code_proof not in page and "+4915112345667" not in page


def test_admin_knows_nothing_of_an_incident_that_the_admin_may_not_see(carriers, open_incident, cast, client, settings):
    incident = open_incident(restricted=True)
    for who, status in ((cast.ada, 200), (cast.rita, 302)):
        client.force_login(who)
        shown = client.get(reverse("admin:engine_delivery_changelist"))
        assert shown.status_code == status
        seen = Incident.objects.visible_to(who).filter(pk=incident.pk).exists()
        assert (incident.ref in shown.content.decode()) is seen
