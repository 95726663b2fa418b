"""The keyboard on every page: rows, verbs, the palette; and what is off stays off."""

from contextlib import suppress

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error as PlaywrightError

from .conftest import until
from .test_dialog import UPDATE, Held

pytestmark = pytest.mark.browser


def test_a_row_is_acknowledged_and_shows_it_before_the_answer(browse, asgi_server):
    number = asgi_server.scene.numbers[0]
    page = browse("ana", "/queue/?scope=all", routed=True)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.locator(f"#i{asgi_server.scene.numbers[1]}[aria-current]").wait_for()
    page.keyboard.press("k")
    page.locator(f"#i{number}[aria-current]").wait_for()
    page.route(
        "**/acknowledgement/", lambda route: (page.locator(f"#i{number}[aria-busy]").wait_for(), route.continue_())
    )
    page.keyboard.press("a")
    page.locator(f"#i{number} .face[title='Ana Ruiz']").wait_for()
    assert page.url.endswith("/queue/?scope=all")
    page.keyboard.press("w")
    page.locator("#dialog[open] textarea").wait_for()
    page.keyboard.press("Escape")
    until(lambda: page.evaluate("document.activeElement.closest('[data-row]')?.id") == f"i{number}")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/incidents/{number}/")
    page.keyboard.press("n")
    page.keyboard.type("Only a note")
    page.locator("input[name=kind][value=note]").check(force=True)
    page.locator("#compose_text").focus()
    page.keyboard.press("Control+Enter")
    page.locator("#trail .said", has_text="Only a note").wait_for()
    assert page.wrong == []


def test_every_page_is_two_keys_away_unless_they_are_switched_off(browse, asgi_server):
    page = browse("sam", "/")
    page.keyboard.press("?")
    page.locator("#keys[open]", has_text="Next, previous").wait_for()
    page.keyboard.press("Escape")
    page.locator("#keys").wait_for(state="hidden")
    for key, path in [
        ("q", "queue"),
        ("t", "attempts"),
        ("m", "maintenance"),
        ("r", "readiness"),
        ("p", "preferences"),
    ]:
        page.keyboard.press("g")
        page.keyboard.press(key)
        page.wait_for_url(f"**/{path}/**")
    page.locator("input[name=keys_on]").uncheck()
    page.get_by_role("button", name="Save").click()
    page.locator("body[data-keys=off]").wait_for()
    page.locator("h1").first.click()
    for key in ("g", "q", "?", "c"):
        page.keyboard.press(key)
    page.wait_for_timeout(300)
    assert page.url.endswith("/preferences/") and page.locator("dialog[open]").count() == 0
    page.locator("#menu > summary").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Keyboard").click()
    page.locator("#keys[open]", has_text="switched off").wait_for()


def test_the_palette_finds_an_incident_and_does_a_verb(browse, asgi_server):
    first, second, _third = asgi_server.scene.numbers
    page = browse("ana", f"/incidents/{first}/")
    page.keyboard.press("Control+k")
    field = page.locator("#palette-q")
    page.locator("#palette-list [role=option]", has_text="Escalate").wait_for()
    active = page.locator(f"#{field.get_attribute('aria-activedescendant')}")
    assert active.get_attribute("aria-selected") == "true"
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
    page.keyboard.type("hold")
    page.keyboard.press("Enter")  # perhaps before the answer: it waits for it
    page.locator("#dialog[open] textarea").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type("index")
    option = page.locator("#palette-list [role=option]", has_text="Search index is stale")
    option.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/incidents/{second}/")
    assert page.wrong == []


def test_an_older_answer_never_overwrites_a_newer_one(browse, asgi_server):
    page = browse("ana", "/queue/", routed=True)
    page.keyboard.press("Control+k")
    page.locator("#palette-list [role=option]").first.wait_for()
    held = []
    page.route("**/go/?q=exp*", lambda route: held.append(route))
    page.keyboard.type("exp")
    until(lambda: page.wait_for_timeout(20) or held)
    page.locator("#palette-q").fill("stale")
    page.locator("#palette-list", has_text="Search index is stale").wait_for()
    with suppress(PlaywrightError):  # the browser may have given it up already
        held[0].continue_()
    page.wait_for_timeout(300)
    assert "Export" not in page.locator("#palette-list").inner_text()


def test_a_card_is_pushed_into_the_next_column_at_once(browse, asgi_server):
    number = asgi_server.scene.numbers[0]
    page = browse("ana", "/board/?by=status", routed=True)
    page.keyboard.press("j")
    page.locator(f"#i{number}[aria-current]").wait_for()
    held = []
    page.route("**/board/moves/**", lambda route: held.append(route))
    page.keyboard.press("Shift+ArrowRight")
    lane = f"document.getElementById('i{number}').closest('.lane').id"
    until(lambda: page.evaluate(lane) == "lane-acknowledged")  # and the server has not even been asked
    until(lambda: page.wait_for_timeout(20) or held)
    held[0].continue_()
    page.locator(f"#lane-acknowledged #i{number} .face[title='Ana Ruiz']").wait_for()
    until(lambda: page.evaluate("document.activeElement.closest('.card')?.id") == f"i{number}")


def test_a_card_that_is_pushed_while_the_board_is_fetched_anew_is_not_forgotten(browse, asgi_server):
    number = asgi_server.scene.numbers[0]
    page = browse("ana", "/board/?by=status", routed=True)
    page.keyboard.press("j")
    page.locator(f"#i{number}[aria-current]").wait_for()
    late = Held(page, "**/board/?by=status")
    with page.expect_request("**/board/?by=status"):
        page.evaluate(UPDATE)
    page.keyboard.press("Shift+ArrowRight")
    page.locator(f"#lane-acknowledged #i{number}").wait_for()
    page.evaluate("htmx.process(document.getElementById('board'))")  # as a busy browser does late for what came before
    late.let_go()
    page.locator(f"#lane-acknowledged #i{number} .face[title='Ana Ruiz']").wait_for()


def test_a_push_that_does_not_arrive_is_said(browse, asgi_server):
    number = asgi_server.scene.numbers[0]
    page = browse("ana", "/board/?by=status", routed=True)
    page.keyboard.press("j")
    page.locator(f"#i{number}[aria-current]").wait_for()
    page.route("**/board/moves/**", lambda route: route.abort())
    page.keyboard.press("Shift+ArrowRight")
    page.locator("#toasts .toast.error").wait_for()
    page.locator(f"#lane-acknowledged #i{number}").wait_for(state="detached")


def test_enter_takes_what_was_typed_and_not_what_was_asked_before(browse, asgi_server):
    second = asgi_server.scene.numbers[1]
    page = browse("ana", f"/incidents/{asgi_server.scene.numbers[0]}/", routed=True)
    held = []
    page.route("**/go/?q=&*", lambda route: held.append(route))
    page.keyboard.press("Control+k")
    until(lambda: page.wait_for_timeout(20) or held)
    page.keyboard.insert_text(f"INC-{second}")
    page.keyboard.press("Enter")
    with suppress(PlaywrightError):
        held[0].continue_()
    page.wait_for_url(f"**/incidents/{second}/")
    assert page.locator("dialog[open]").count() == 0
