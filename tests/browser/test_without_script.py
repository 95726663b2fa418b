"""An agent's day without a script: each verb is a form, says what it did, and a double press is one."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


class Day:
    """A page without script, and what it says after each press."""

    def __init__(self, page):
        self.page = page

    def open(self, name: str) -> None:
        self.page.get_by_role("link", name=name, exact=True).first.click()

    def brief(self, text: str) -> None:
        """The words that go along are folded away: most have been drafted from the record."""
        self.page.locator("details:has(textarea[name=text]) > summary").click()
        self.page.locator("textarea[name=text]").fill(text)

    def press(self, name: str, said: str, *, twice: bool = False) -> None:
        button = self.page.locator("main, #toasts").get_by_role("button", name=name).last
        button.dblclick() if twice else button.click()
        expect(self.page.locator("#toasts .toast", has_text=said)).to_be_visible()


def test_an_agents_day_without_script(asgi_server, browse):
    scene = asgi_server.scene
    page = browse("ana", "/", java_script_enabled=False)
    day = Day(page)
    day.open("New incident")
    page.get_by_label("What happened?").fill("Nobody can pay by card")
    page.get_by_label("Which service?").select_option(label="Payments")
    day.press("Open and call", "Calling", twice=True)
    number = re.search(r"/incidents/(\d+)/", page.url)[1]
    assert int(number) > max(scene.numbers)

    day.press("Acknowledge", "You hold", twice=True)
    page.get_by_role("radio", name="no effect").check()
    page.locator("#compose textarea").fill("Restarted the gateway")
    day.press("Record", "The attempt is on record.", twice=True)
    expect(page.locator("#trail .said", has_text="Restarted the gateway")).to_have_count(1)
    page.get_by_role("radio", name="Note").check()
    page.locator("#compose textarea").fill("It is the supplier")
    day.press("Record", "Noted.", twice=True)
    day.press("Undo", "The note is taken back")
    expect(page.locator("#trail .taken-back", has_text="It is the supplier")).to_have_count(1)

    day.open("Attach a file")
    page.locator("input[type=file]").set_input_files(
        {"name": "gateway.log", "mimeType": "text/plain", "buffer": b"504"}
    )
    day.press("Attach", "“gateway.log” is attached.", twice=True)
    expect(page.locator(".files li")).to_have_count(1)

    day.open("Link with another")
    page.get_by_label("Another, by its number").fill(str(scene.numbers[1]))
    day.press("Link", "linked", twice=True)
    expect(page.locator("ul.connected li")).to_have_count(1)

    day.open("Hold")
    page.get_by_label("Why it has to wait").fill("The supplier is asked")
    day.press("Hold", "On hold.")
    day.press("Undo", "The hold is taken back")
    day.open("Hand over")
    page.locator(".pick", has_text="Jo Okafor").first.click()
    day.brief("Can you ask the supplier?")
    day.press("Hand over", "Jo Okafor")
    day.press("Take back", "you hold it")
    day.open("Escalate")
    page.get_by_label("Reason").select_option("expertise")
    day.brief("Needs the people of the acquirer")
    day.press("Escalate", "Calling Mei Tanaka at L2 Applications.", twice=True)
    expect(page.locator("#trail li", has_text="Ana Ruiz escalated")).to_have_count(1)

    day.open("Resolve")
    page.get_by_label("What fixed it").fill("The acquirer is back")
    page.get_by_label("Cause").select_option("change")
    day.press("Resolve", "is resolved", twice=True)
    page.goto(f"{asgi_server.url}/incidents/{scene.numbers[1]}/")
    day.open("Merge into another")
    page.get_by_label("Another, by its number").fill(str(scene.numbers[2]))
    page.locator("textarea").last.fill("The same outage")
    day.press("Merge", "is over: it goes on as", twice=True)
    assert page.wrong == []
