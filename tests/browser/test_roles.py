"""Roles in two browsers: whoever leads asks a colleague, who takes it; by keyboard."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.test_day import tab_to
from tests.conftest import START
from tests.roles_kit import asked, comms_of, plan_of, who

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def severe(open_incident, cast, clock):
    """Ana leads it, and nobody is on call to be its communicator."""
    comms = comms_of(cast)
    comms.override(by=cast.ada, person=None, starts_at=START, ends_at=START + timedelta(hours=2), reason="Gap")
    plan_of(cast, comms)
    incident = open_incident("Card payments fail", people_affected=500)
    incident.acknowledge(by=cast.ana)
    return incident


def test_the_lead_asks_a_colleague_to_be_the_communicator_and_they_take_it(severe, cast, at):
    ana, jo = at(cast.ana, severe.get_absolute_url()), at(cast.jo, "/", width=390)
    ana.locator(".roles li.open", has_text="communicator").wait_for()
    ana.keyboard.press("o")
    ana.locator("#dialog[open] .roles-all").wait_for()
    tab_to(ana, "#in-role-pass-communicator")
    ana.keyboard.press("Enter")
    wanted = f"#dialog input[value='person:{cast.jo.pk}']"
    ana.locator(wanted).check(force=True)
    ana.locator("#dialog textarea[name=text]").fill("The bank calls at ten")
    ana.keyboard.press("Control+Enter")
    expect(ana.locator("#toasts .toast")).to_contain_text("Jo Okafor is asked to be the communicator.")
    expect(ana.locator(".roles li", has_text="communicator")).to_contain_text("Jo Okafor is asked")
    assert asked(severe) == "Jo"

    jo.reload()
    cue = jo.locator("#cues .cue", has_text="communicator")
    expect(cue).to_contain_text("Ana Ruiz asks you")
    assert jo.evaluate("document.documentElement.scrollWidth") <= 390
    cue.get_by_role("button", name="Take").press("Enter")
    jo.wait_for_url("**/incidents/*/")
    expect(jo.locator(".roles li.mine")).to_contain_text("you")
    assert who(severe)["communicator"] == "Jo"
    ana.reload()
    expect(ana.locator(".roles li", has_text="communicator")).to_contain_text("Jo Okafor")
