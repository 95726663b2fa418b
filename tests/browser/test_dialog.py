"""The one shared dialog when answers come late, or in another order than they were asked for."""

from contextlib import suppress

import pytest
from playwright.sync_api import Error, expect

pytestmark = pytest.mark.browser
UPDATE = "document.body.dispatchEvent(new CustomEvent('baton:change', { detail: {}, bubbles: true }))"
# A browser tells of a closing at its next frame; a busy one much later.
WITHHOLD = (
    """() => addEventListener('close', (event) => event.stopImmediatePropagation(), { capture: true, once: true })"""
)
TELL_NOW = "() => document.getElementById('dialog').dispatchEvent(new Event('close'))"


class Held:
    """Requests that wait on their way until they are let go."""

    def __init__(self, page, where: str, method: str = "GET"):
        self.page, self.where, self.waiting = page, where, []
        page.route(
            where, lambda route: self.waiting.append(route) if route.request.method == method else route.continue_()
        )

    def let_go(self) -> None:
        for route in self.waiting:
            with suppress(Error):  # nobody waits for its answer any more
                route.continue_()
        self.page.unroute(self.where)


def update(page) -> None:
    """What a colleague does: every region of the page is fetched again."""
    with page.expect_response("**part=now*"), page.expect_response("**part=trail*"):
        page.evaluate(UPDATE)


@pytest.fixture
def page(asgi_server, browse):
    """Ana's, who holds it."""
    page = browse("ana", f"/incidents/{asgi_server.scene.numbers[0]}/", routed=True)
    page.keyboard.press("a")
    page.locator("#do-handover").wait_for()
    return page


def test_what_was_asked_for_last_is_what_opens_and_nothing_empties_it(page):
    dialog, hold = page.locator("#dialog[open]"), page.locator("#dialog[open] h2", has_text="Put on hold")
    late = Held(page, "**/handover/")
    with page.expect_request("**/handover/"):
        page.keyboard.press("h")
    with page.expect_request("**/handover/"):
        page.keyboard.press("h")
    page.keyboard.press("w")
    hold.wait_for()
    late.let_go()
    update(page)
    dialog.locator("textarea").fill("The supplier is asked")
    update(page)
    expect(dialog.locator("textarea")).to_have_value("The supplier is asked")
    expect(hold).to_be_visible()

    page.evaluate(WITHHOLD)
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    slow = Held(page, "**/handover/")
    with page.expect_request("**/handover/"):
        page.keyboard.press("h")
    page.evaluate(TELL_NOW)  # while it is asked for
    update(page)
    slow.let_go()
    person = dialog.locator(".pick", has_text="Jo Okafor").first
    person.wait_for()
    page.evaluate(TELL_NOW)  # and when it is open
    person.click()
    expect(dialog.locator("input[name=to]:checked")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("#dialog > *")).to_have_count(0)
    expect(page.locator("#do-handover")).to_be_focused()
    assert page.wrong == []


def test_whoever_closes_it_before_the_answer_is_told_all_the_same(page):
    dialog = page.locator("#dialog[open]")
    page.keyboard.press("r")
    dialog.locator("textarea").fill("Rolled back")
    late = Held(page, "**/resolution/", "POST")
    with page.expect_request("**/resolution/"):
        page.keyboard.press("Control+Enter")
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    page.locator("#do-hold").click()  # what is sent comes to its end first
    late.let_go()
    dialog.locator("[aria-invalid=true]").wait_for()  # without a cause it was not done
    expect(dialog.locator("textarea")).to_have_value("Rolled back")
    dialog.locator("select").select_option(index=1)
    late = Held(page, "**/resolution/", "POST")
    with page.expect_request("**/resolution/"):
        dialog.locator("button.primary").click()
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    late.let_go()
    page.locator("#toasts", has_text="is resolved").wait_for()
    page.get_by_role("link", name="Re-open").wait_for()
    expect(page.locator("#dialog > *")).to_have_count(0)
    assert page.wrong == []
