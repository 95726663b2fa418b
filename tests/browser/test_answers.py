"""The page of a link in a real browser: on a phone, in the dark, by keyboard, without script and without signing in."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from escalation.engine import answering
from tests.browser.test_push import answer_link, call_of_ana
from tests.parts import share

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket, pytest.mark.timeout(300)]


@pytest.fixture
def stranger(chromium):
    opened = []

    def go(url: str, **context):
        place = chromium.new_context(**context)
        opened.append(place)
        page = place.new_page()
        page.set_default_timeout(30_000)
        page.goto(url)
        return page

    yield go
    for place in opened:
        place.close()


def look_over(page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it is wider than the window"
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


NARROW = {"color_scheme": "dark", "viewport": {"width": 390, "height": 800}}


@pytest.mark.parametrize("context", share([NARROW, {}], 2), ids=share(["narrow", "wide"], 2))
def test_anybody_can_answer_wherever_they_are(context, asgi_server, stranger):
    page = stranger(answer_link(asgi_server, asgi_server.scene.numbers[0]), **{"color_scheme": "light", **context})
    page.get_by_text("Escalate …").click()
    look_over(page)
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Answered")
    expect(page.get_by_text("You have it now.")).to_be_visible()
    look_over(page)


def test_by_keyboard_alone_and_without_script(asgi_server, stranger):
    page = stranger(answer_link(asgi_server, asgi_server.scene.numbers[1]), java_script_enabled=False)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Acknowledge")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("needs other")
    page.keyboard.press("Tab")
    page.keyboard.type("Somebody who knows the acquirer")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Answered")
    expect(page.get_by_text("L2 Applications is called now.")).to_be_visible()


def test_whoever_reads_along_signs_in_and_answers_in_their_own_name(asgi_server, browse):
    call = call_of_ana(asgi_server, asgi_server.scene.numbers[0])
    page = browse("mei", f"/answers/{answering.button_of(call)}", viewport={"width": 390, "height": 800})
    expect(page.get_by_text("You answer as Mei Tanaka. The message was written to Ana Ruiz.")).to_be_visible()
    look_over(page)
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_text("You have it now.")).to_be_visible()
