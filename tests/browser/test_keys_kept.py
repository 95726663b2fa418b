"""No key press is lost to a refresh, or to an answer that is on its way; and `u` takes back."""

import pytest
from playwright.sync_api import expect

from .conftest import until

pytestmark = pytest.mark.browser

REFRESHES = """() => setInterval(
  () => document.body.dispatchEvent(new CustomEvent('baton:change', { detail: {}, bubbles: true })), 15)"""


def slow(page, part: str, seconds: float):
    """The server takes so long for an address."""
    page.route(part, lambda route: (page.wait_for_timeout(seconds * 1000), route.continue_()))


def test_keys_are_kept_while_the_page_is_refreshed_all_the_time(browse, asgi_server):
    number = asgi_server.scene.numbers[0]
    page = browse("ana", f"/incidents/{number}/", routed=True)
    dialog = page.locator("#dialog")
    slow(page, "**/acknowledgement/", 0.3)
    page.evaluate(REFRESHES)
    # Hand over has no button before the answer, and none before the refresh after it: the key waits for both.
    page.keyboard.press("a")
    page.keyboard.press("h")
    page.locator("#dialog[open] .pick").first.wait_for()
    page.keyboard.press("Escape")
    for key, field in (("h", ".pick"), ("r", "select[name=cause]"), ("w", "[name=wake]"), ("h", ".pick")):
        dialog.wait_for(state="hidden")
        page.keyboard.press(key)
        page.locator(f"#dialog[open] {field}").first.wait_for()
        page.keyboard.press("Escape")
    # The newest question wins, in place: an older one on its way is no reason to leave the page.
    dialog.wait_for(state="hidden")
    page.keyboard.press("h")
    page.keyboard.press("r")
    page.locator("#dialog[open] select[name=cause]").wait_for()
    assert page.url.endswith(f"/incidents/{number}/")
    assert page.wrong == []


def test_a_button_that_is_gone_before_its_answer_comes_keeps_no_key(browse, asgi_server):
    """Under load, everybody's news of a verb may come before the answer to whoever pressed it."""
    page, answered = browse("ana", f"/incidents/{asgi_server.scene.numbers[0]}/", routed=True), []
    page.route("**/acknowledgement/", lambda route: answered.append((route, route.fetch())))
    page.keyboard.press("a")
    page.locator("#do-handover").wait_for()
    expect(page.locator("#do-acknowledgement")).to_have_count(0)
    [(route, answer)] = answered
    route.fulfill(response=answer)
    page.keyboard.press("h")
    page.locator("#dialog[open] .pick").first.wait_for()
    assert page.wrong == []


def test_an_answer_closes_only_its_own_dialog_and_u_takes_back(browse, asgi_server):
    number = asgi_server.scene.numbers[1]
    page = browse("ana", f"/incidents/{number}/", routed=True)
    slow(page, "**/acknowledgement/", 0.6)
    page.locator("#do-hold").evaluate("el => el.click()")  # by the mouse, just before
    page.locator("#dialog[open] textarea").wait_for()
    page.evaluate("document.querySelector('#do-acknowledgement').form.requestSubmit()")
    page.get_by_text("Ana Ruiz holds the baton").wait_for()  # the answer has come meanwhile, and is not the dialog's
    assert page.locator("#dialog").evaluate("el => el.open")
    page.keyboard.press("Escape")
    page.locator("#dialog").wait_for(state="hidden")
    page.keyboard.press("w")
    page.locator("#dialog[open] textarea").wait_for()
    page.locator("#dialog textarea").fill("The supplier calls back")
    page.locator("#dialog [name=wake]:checked").focus()
    page.keyboard.press("Enter")  # on a choice: the dialog's main button
    page.locator(".toast [data-undo]").wait_for()
    page.locator("#do-resumption").wait_for()
    page.keyboard.press("u")
    page.locator("#trail", has_text="took the hold back after").wait_for()
    page.keyboard.press("h")
    page.locator("#dialog .pick", has_text="Tom Adeyemi").first.click()
    page.locator("#dialog textarea[name=text]").fill("Is it the acquirer?")
    page.locator("#dialog input[type=radio]:checked").focus()
    page.keyboard.press("Enter")  # not "Find", which stands before it
    page.locator(".toast [data-undo]").wait_for()
    page.locator("h1").click()
    page.keyboard.press("Control+z")
    page.locator("#trail", has_text="took back the hand-over to Tom Adeyemi after").wait_for()
    until(lambda: page.locator(".toast [data-undo]:visible").count() == 0)
    assert page.wrong == []
