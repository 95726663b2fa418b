"""What somebody carries, in a real browser: the supervisor reads it of all, a colleague only of themselves."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from escalation.engine.models import Delivery
from tests.browser.test_board import drag, lane

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_supervisor_reads_what_each_carries_and_a_colleague_only_their_own(browse, asgi_server):
    number, people = asgi_server.scene.numbers[0], asgi_server.scene.people
    sam = browse("sam", "/board/?by=person")
    for name in ("ana", "jo", "sam"):
        lane(sam, people[name]).locator(".load", has_text="woken on 0 nights").wait_for()
    drag(sam, number, people["ana"])
    lane(sam, people["ana"]).locator(f"#i{number}").wait_for()
    ana = browse("ana", "/board/?by=person")
    lane(ana, people["ana"]).locator(".load").wait_for()
    assert ana.locator(".load").count() == 1
    assert sam.wrong == ana.wrong == []


def test_open_ones_hands_on_time_and_nights_stand_in_the_head(open_incident, cast, clock, at):
    at_night = clock.now() - timedelta(hours=8)
    incident = open_incident("Card payments fail")
    called = Delivery.objects.filter(person=cast.ana, kind="call", channel="email")
    called.update(state=Delivery.State.SENT, finished_at=at_night)
    incident.acknowledge(by=cast.ana)
    clock.forward(minutes=9)
    head = lane(at(cast.sam, "/board/?by=person"), cast.ana.pk).locator(".lane-head")
    expect(head.locator(".n")).to_have_text("1")
    expect(head.locator(".load")).to_have_text("9 min hands-on in 7 days · woken on 1 night")
