"""A runbook on an incident in a real browser: ticked by keyboard, seen by others at once, readable anywhere."""

import re
import sqlite3
from contextlib import closing

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.parts import share

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket, pytest.mark.timeout(300)]


@pytest.fixture
def address(asgi_server) -> str:
    """An incident whose service has the scene's runbook."""
    scene = asgi_server.scene
    with closing(sqlite3.connect(asgi_server.file, timeout=20)) as connection:
        link = "INSERT INTO incidents_runbook_services (runbook_id, service_id) VALUES (?, ?)"
        connection.execute(link, [scene.runbook, scene.service])
        connection.commit()
    return f"/incidents/{scene.numbers[0]}/"


def test_a_step_is_ticked_by_keyboard_and_a_colleague_sees_it_at_once(address, browse):
    ana, jo = browse("ana", address), browse("jo", address)
    worked = ana.get_by_role("button", name=re.compile("Worked.*step 1"))
    worked.focus()
    ana.keyboard.press("Enter")
    for page in (ana, jo):
        expect(page.locator("#runbooks")).to_contain_text("1 of 3 steps ticked")
        expect(page.locator("#runbooks")).to_contain_text("Ana Ruiz,")
    jo.get_by_role("link", name=re.compile("Did not work here.*step 2")).click()
    jo.get_by_label("What happened instead?").fill("It stops again")
    jo.keyboard.press("Tab")
    jo.get_by_role("button", name="Record").last.press("Enter")
    expect(ana.locator("#runbooks")).to_contain_text("2 of 3 steps ticked")
    expect(ana.locator("#trail")).to_contain_text("It stops again")
    ana.get_by_role("button", name=re.compile("Take back.*step 1")).click()
    expect(jo.locator("#runbooks")).to_contain_text("1 of 3 steps ticked")
    mei = browse("mei", "/")
    mei.get_by_role("link", name="Right as it is").press("Enter")
    mei.get_by_label("Why it is right as it is").fill("The queue was full")
    mei.keyboard.press("Tab")
    mei.get_by_role("button", name="Settle").press("Enter")
    expect(mei.locator(".cue", has_text="Look at step 2")).to_have_count(0)
    expect(ana.locator("#trail")).to_contain_text("The queue was full")
    assert ana.wrong == jo.wrong == mei.wrong == []


@pytest.mark.parametrize(("width", "scheme"), share([(390, "dark"), (1360, "light")], 2))
def test_anybody_can_read_and_tick_wherever_they_are(address, width, scheme, browse, asgi_server):
    for who, path in (("ana", address), ("mei", f"/runbooks/{asgi_server.scene.runbook}/"), ("mei", "/runbooks/")):
        page = browse(who, path, color_scheme=scheme, viewport={"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is wider than the window"
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.wrong == []
