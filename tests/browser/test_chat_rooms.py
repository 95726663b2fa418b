"""A war room is told of an incident from its page, by keyboard; and it shows who did."""

import pytest
from playwright.sync_api import expect

from incidents.models import ChatPost, ChatRoom
from tests.browser.test_day import tab_to

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_ana_tells_the_war_room(open_incident, cast, at):
    room = ChatRoom(name="War room", kind="teams", owner=cast.ada, by_itself=False)
    room.leads_to("https://prod-1.westeurope.logic.azure.com/workflows/1/triggers/manual?sig=unknown")
    room.save()
    incident = open_incident("Card payments fail", people_affected=500)
    ana = at(cast.ana, incident.get_absolute_url(), width=390)
    ana.locator("#do-tell-room").focus()
    ana.keyboard.press("Enter")
    ana.locator("#dialog[open] input[name=to]").wait_for(state="attached")
    tab_to(ana, "#dialog input[name=to]")
    ana.keyboard.press("Space")
    tab_to(ana, "#dialog .btn.primary")
    ana.keyboard.press("Enter")
    expect(ana.locator("#toasts .toast")).to_contain_text(f"War room reads of {incident.ref} now.")
    expect(ana.locator("#channels li")).to_contain_text("War room")
    expect(ana.locator("#trail")).to_contain_text("told the channel War room of it")
    assert ana.evaluate("document.documentElement.scrollWidth") <= 390
    assert ChatPost.objects.get(incident=incident).by == cast.ana
