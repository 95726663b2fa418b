"""Updates in two browsers: sent by keyboard from a template, read by whoever must know, and withdrawn."""

import pytest
from playwright.sync_api import expect

from escalation.engine.models import Delivery
from escalation.notify.message import Recipient, compose
from incidents.models import Stakeholder, Update, UpdateTemplate

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def told(open_incident, cast):
    """Mei and Rita must know of it; only Mei may see it."""
    for person in (cast.mei, cast.rita):
        Stakeholder.objects.create(person=person, service=cast.service)
    UpdateTemplate.objects.create(name="First words", text="{service} is in trouble since {since}.")
    incident = open_incident("Card payments fail")
    incident.acknowledge(by=cast.ana)
    return incident


def test_an_update_from_a_template_is_sent_by_key_read_and_withdrawn(told, cast, at):
    ana, mei = at(cast.ana, told.get_absolute_url()), at(cast.mei, told.get_absolute_url(), width=390)
    ana.locator("#compose textarea").wait_for()
    ana.keyboard.press("i")
    dialog = ana.locator("#dialog[open]")
    text = dialog.get_by_label("What they read")
    expect(text).to_be_focused()
    expect(text).to_have_value("Payments is in trouble since 09:30 UTC.")
    expect(dialog.locator(".audience")).to_contain_text("A message to 2 people")
    expect(dialog.locator(".people li", has_text="Mei Tanaka")).not_to_contain_text("may not see it")
    expect(dialog.locator(".people li", has_text="Rita Sol")).to_contain_text("may not see it")
    ana.keyboard.press("Control+End")
    ana.keyboard.type(" Cards are refused.")
    ana.keyboard.press("Control+Enter")
    expect(ana.locator("#toasts .toast")).to_contain_text("Update 1 goes to 2 people.")
    said = "Payments is in trouble since 09:30 UTC. Cards are refused."
    expect(ana.locator("#informed li")).to_contain_text(said)

    mei.reload()
    expect(mei.locator("#informed li")).to_contain_text(said)
    assert mei.evaluate("document.documentElement.scrollWidth") <= 390
    letter = Delivery.objects.get(kind="update", person=cast.rita, channel="email")
    words = compose(letter.message, to=Recipient.person(cast.rita), at=letter.queued_at).full
    assert said in words and told.title not in words and told.ref not in words
    rita = at(cast.rita, told.get_absolute_url())
    expect(rita.locator("#informed")).to_have_count(0)  # to be told gives no right to see it

    ana.get_by_role("link", name="Withdraw update 1").press("Enter")
    ana.locator("#dialog textarea").fill("It is another service")
    ana.keyboard.press("Control+Enter")
    expect(ana.locator("#informed li.withdrawn")).to_contain_text("Withdrawn by Ana Ruiz.")
    mei.reload()
    expect(mei.locator("#informed li.withdrawn .as-said")).to_have_css("text-decoration-line", "line-through")
    assert Update.objects.get().withdrawn_by == cast.ana
