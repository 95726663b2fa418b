"""What somebody has unfolded to read stays unfolded while the page around it changes by itself."""

import pytest

from escalation.engine import tasks
from escalation.notify.senders import SendFailed
from incidents.models import Incident
from tests.reach_kit import Carriers

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
AWAY = SendFailed("the mail server cannot be reached")


@pytest.fixture
def carriers(monkeypatch) -> Carriers:
    return Carriers().use(monkeypatch)


def changed(page, incident) -> None:
    detail = f"{{detail: {{ids: [{incident.number}]}}}}"
    page.evaluate(f"document.body.dispatchEvent(new CustomEvent('baton:change', {detail}))")


def open_ones(page) -> list[str]:
    """Under which names tries are unfolded."""
    return page.locator("details.tries[open]").evaluate_all("all => all.map((one) => one.parentElement.innerText)")


def test_the_tries_of_a_message_stay_unfolded_while_the_record_grows(open_incident, cast, clock, carriers, at):
    carriers["email"].refuses = {cast.ana.email: AWAY}
    incident = open_incident()
    tasks.send()
    carriers["email"].refuses = {}
    clock.jump(seconds=5)
    tasks.send()
    page = at(cast.sam, incident.get_absolute_url())
    page.locator("#trail details.tries summary").click()
    Incident.objects.get(pk=incident.pk).note(by=cast.jo, text="From somebody else")
    changed(page, incident)
    page.get_by_text("From somebody else").wait_for()
    [words] = open_ones(page)
    assert "Ana Ruiz, e-mail" in words
    carriers["email"].refuses = {cast.mei.email: AWAY}  # and now another message unfolds too, above it
    clock.forward(minutes=5)
    tasks.send()
    carriers["email"].refuses = {}
    clock.jump(seconds=5)
    tasks.send()
    changed(page, incident)
    page.locator("#trail details.tries").nth(1).wait_for()
    [words] = open_ones(page)
    assert "Ana Ruiz, e-mail" in words and "Mei" not in words
    page.locator("details.tries[open] summary").click()
    Incident.objects.get(pk=incident.pk).note(by=cast.jo, text="Another one")
    changed(page, incident)
    page.get_by_text("Another one").wait_for()
    assert open_ones(page) == []  # what was folded again stays folded


def test_the_tries_of_a_message_that_still_waits_stay_unfolded(open_incident, cast, clock, carriers, at):
    carriers["email"].refuses = {cast.ana.email: AWAY}
    incident = open_incident()
    tasks.send()
    page = at(cast.sam, incident.get_absolute_url())
    page.locator("#waiting details.tries summary").click()
    clock.jump(seconds=5)
    tasks.send()
    changed(page, incident)
    page.locator("#waiting").get_by_text("2 tries", exact=True).wait_for()
    assert page.locator("#waiting details.tries[open] li").count() == 2


def test_of_two_that_wait_the_one_that_was_unfolded_stays_so_wherever_it_goes(open_incident, cast, clock, carriers, at):
    carriers["email"].refuses = {cast.ana.email: AWAY, cast.jo.email: AWAY}
    incident = open_incident()
    tasks.send()
    page = at(cast.sam, incident.get_absolute_url())
    page.locator("#waiting details.tries summary").nth(1).click()
    carriers["email"].refuses = {cast.jo.email: AWAY}
    clock.jump(seconds=5)
    tasks.send()  # Ana's leaves, Jo's fails again
    changed(page, incident)
    page.locator("#trail .tl details.tries").wait_for()
    assert page.locator("details.tries[open]").count() == 1
    assert page.locator("#waiting details.tries[open] li").count() == 2
    carriers["email"].refuses = {}
    clock.jump(seconds=30)
    tasks.send()  # Jo's leaves too, and is told under its call
    changed(page, incident)
    page.locator("#waiting").wait_for(state="detached")
    [words] = open_ones(page)
    assert "Jo Okafor, e-mail" in words
    assert page.locator("details.tries[open] li").count() == 3
