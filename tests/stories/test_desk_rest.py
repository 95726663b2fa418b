"""What the desk does not offer, and what it judges at the last moment."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from escalation.kit.errors import Refused
from escalation.people.models import User
from incidents.demo import organisation
from incidents.demo.people import email
from incidents.desk import receivers
from incidents.desk.incident import Page
from incidents.models import Incident, Service
from tests.runbook_kit import step, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana(cast) -> Client:
    client = Client()
    client.force_login(cast.ana)
    return client


def fresh(incident) -> Incident:
    return Incident.objects.get(pk=incident.pk)


def queue(client, asked: str) -> str:
    return client.get(f"/queue/?scope=all&{asked}", headers={"HX-Request": "true"}).content.decode()


def test_hands_on_time_is_a_column_that_costs_one_query_for_all(open_incident, cast, ana, clock):
    ours = [open_incident(f"Fails {n}") for n in range(6)]
    for one in ours[:4]:
        one.acknowledge(by=cast.ana)
    clock.forward(minutes=12)
    fresh(ours[0]).stop_work(by=cast.ana)
    clock.forward(minutes=2)  # within the time to work on it
    with CaptureQueriesContext(connection) as without:
        queue(ana, "show=service")
    with CaptureQueriesContext(connection) as queries:
        page = queue(ana, "show=service,hands")
    assert len(queries) <= len(without) + 1
    assert len(queries) <= 15
    cells = re.findall(r'data-label="Hands-on"[^>]*>(.*?)</span>', page)
    assert sorted(re.sub(r"<[^>]+>", "", cell) for cell in cells) == ["12 min", *["14 min"] * 3, "–", "–"]
    assert page.count('data-hands="1"') == 3  # and these tick on


@pytest.mark.parametrize("taken", [False, True])
def test_who_does_not_hold_it_is_told_why_and_has_no_button_to_hand_it_over(taken, open_incident, cast, ana):
    incident = open_incident()
    if taken:
        incident.acknowledge(by=cast.jo)
    page = ana.get(f"{incident.get_absolute_url()}handover/").content.decode()
    assert ("Jo Okafor holds the baton" if taken else "Nobody holds it yet") in page
    assert 'name="do"' not in page
    assert f"{incident.get_absolute_url()}escalation/" in page


def test_a_step_of_a_runbook_about_something_else_is_not_ticked(open_incident, cast, ana):
    incident = open_incident()
    other = Service.objects.create(name="Orders", team=cast.teams["Applications"], policy=cast.policy)
    book = write(cast, services=[other])
    one = step(book, 1)
    for noun, data in (("success", {}), ("failure", {"text": "No such queue"})):
        answer = ana.post(f"{incident.get_absolute_url()}steps/{one}/{noun}/", data)
        assert answer.status_code == 409
        assert "is not about" in answer.content.decode()
    book.services.add(cast.service)
    fresh(incident).tick(by=cast.ana, step=one, worked=True)
    book.services.set([other])  # begun here, it may be finished here
    fresh(incident).tick(by=cast.ana, step=step(book, 2), worked=True)


def test_the_advice_is_judged_under_the_lock_by_what_stands_there_then(open_incident, cast):
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    seen = fresh(incident)

    def judge():
        assert seen.run.holder == cast.ana
        assert seen.attempts == 1  # by Jo, since this was read
        raise Refused("Nothing advises it any more.")

    fresh(incident).attempt(by=cast.jo, text="Failed over", outcome="helped")
    assert seen.attempts == 0
    with pytest.raises(Refused, match="Nothing advises"):
        seen.take_advice(by=cast.ana, judge=judge)
    assert fresh(incident).run.tier == cast.tiers["l1"]


def test_in_the_demonstration_the_picker_says_why_and_a_sign_what_is_missing(settings, tmp_path, clock):
    settings.DEMO, settings.HOME = True, tmp_path
    organisation.build()
    ana = User.objects.get(email=email("ana"))
    incident = Incident.open(title="Payouts fail", service=Service.objects.get(name="Payments"), by=ana)
    fresh(incident).acknowledge(by=ana)
    found = {one.title: one.said for one in receivers.offered(fresh(incident), ana)}
    assert "has PCI access" in found["Mei Tanaka"]
    assert "lacks PCI access" in found["Tom Adeyemi"]
    page = Page(fresh(incident), ana)
    assert [skill.name for skill in page.passed.missing] == ["PCI access"]
    assert sum("PCI access" in one.text for one in page.signs.signs) == 1
