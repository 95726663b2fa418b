"""The status page in the browser of somebody who has no account: what was chosen for it, and nothing else."""

import pytest
from playwright.sync_api import expect

from tests.status_kit import publish, set_up

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_outsiders_read_what_was_chosen_under_its_public_name(open_incident, cast, at, monkeypatch):
    monkeypatch.setattr("incidents.status.kept.SECONDS", 0)
    set_up(cast)
    incident, other = open_incident("Acquirer node 7 is away"), open_incident("Somebody copies cards")
    incident.acknowledge(by=cast.ana)
    publish(other, cast.ana, "We look for the one who does it.", public_title="Cards are copied")
    stranger = at(None, "/status/", width=390)
    expect(stranger.locator("main")).to_contain_text("Cards are copied")
    other.restrict(by=cast.ana, text="The police asks for it")

    ana = at(cast.ana, incident.get_absolute_url())
    ana.locator("#compose textarea").wait_for()
    ana.keyboard.press("i")
    dialog = ana.locator("#dialog[open]")
    dialog.get_by_label("What they read").fill("Some cards are declined. We are on it.")
    dialog.get_by_label("On the status page").check()
    dialog.get_by_label("What it is called there").fill("Paying by card")
    dialog.get_by_role("button", name="Send").click()
    expect(ana.locator("#informed li")).to_contain_text("On the status page.")

    stranger.reload()
    page = stranger.locator("main")
    expect(stranger.locator("article h3")).to_have_text(["Paying by card"])
    expect(page).to_contain_text("Some cards are declined. We are on it.")
    expect(stranger.locator(".parts li", has_text="Web shop").locator(".state")).not_to_contain_text("No known trouble")
    for hidden in (incident.title, incident.ref, "Payments", "Ana", "Cards are copied"):
        expect(page).not_to_contain_text(hidden)
    assert stranger.evaluate("document.documentElement.scrollWidth") <= 390
    assert stranger.context.cookies() == []
