"""An agent's day by keyboard alone, from signing in on."""

import pytest

from .conftest import until

pytestmark = pytest.mark.browser


def tab_to(page, where: str) -> None:
    """Tab until the focus is there, as somebody without a mouse gets there."""
    for _press in range(60):
        if page.evaluate("where => document.activeElement.matches(where)", where):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{where} cannot be reached")


def into_brief(page) -> None:
    """The question for the receiver: a part of the brief that may be folded."""
    if page.locator("#dialog details:not([open]):has(> * textarea[name=text])").count():
        tab_to(page, "#dialog details:has(textarea[name=text]) > summary")
        page.keyboard.press("Enter")
    tab_to(page, "#dialog textarea[name=text]")


def choose(page, row: str) -> None:
    page.locator(row).wait_for()
    for _press in range(20):
        if page.locator(f"{row}[aria-current]").count():
            return
        page.keyboard.press("j")
    raise AssertionError(f"{row} cannot be chosen")


def write(page, kind: str, text: str) -> None:
    page.keyboard.press("n")
    page.locator("#compose_text:focus").wait_for()
    page.keyboard.press("Shift+Tab")
    if not page.locator(f"#compose input[name=kind][value={kind}]").is_checked():
        page.keyboard.press("ArrowRight")
    page.locator(f"#compose input[name=kind][value={kind}]:checked").wait_for()
    tab_to(page, "#compose_text")
    page.keyboard.type(text)


def sign_in(page, email: str, password: str) -> None:
    """By keys alone: the first field has the focus already."""
    page.locator("input[name=username]:focus").wait_for()
    page.keyboard.type(email)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")
    page.locator("#cues").wait_for()


def test_an_agents_day_without_a_mouse(asgi_server, browse):
    scene = asgi_server.scene
    number, people = scene.numbers[0], scene.people
    page = browse("ana", "/healthz")
    page.context.clear_cookies()
    page.goto(asgi_server.url)
    sign_in(page, "ana@example.com", "pass-word-1234")
    choose(page, f"#cue-{number}")
    page.keyboard.press("a")
    page.wait_for_url(f"**/incidents/{number}/")
    write(page, "note", "Looking at the acquirer")
    page.keyboard.press("Control+Enter")
    page.locator("#trail .said", has_text="Looking at the acquirer").wait_for()
    page.keyboard.press("Escape")
    write(page, "attempt", "Restarted the gateway")
    tab_to(page, "#compose input[name=outcome]")
    page.keyboard.press("Space")
    tab_to(page, "#compose .acts > button")
    page.keyboard.press("Enter")
    page.locator("#trail .said", has_text="Restarted the gateway").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("w")
    page.locator("#dialog[open] textarea").wait_for()
    tab_to(page, "#dialog textarea")
    page.keyboard.type("Waiting for the supplier")
    page.keyboard.press("Control+Enter")
    page.locator("#do-resumption").wait_for()
    tab_to(page, "#do-resumption")
    page.keyboard.press("Enter")
    page.locator("#do-hold").wait_for()
    page.keyboard.press("e")
    page.locator("#dialog[open] select").wait_for()
    tab_to(page, "#dialog select")
    page.keyboard.press("ArrowDown")
    into_brief(page)
    page.keyboard.type("Needs the acquirer's people")
    page.keyboard.press("Control+Enter")
    page.get_by_text("Calling Mei Tanaka at L2 Applications.").wait_for()

    mei = browse("mei", f"/incidents/{number}/")
    mei.keyboard.press("a")
    mei.locator("#do-handover").wait_for()
    mei.keyboard.press("h")
    mei.locator("#dialog[open] input[name=to]").first.wait_for()
    tab_to(mei, "#dialog input[name=to]")
    mei.keyboard.press("Space")
    wanted = mei.locator(f"#dialog input[value='person:{people['ana']}']")
    until(lambda: wanted.is_checked() or mei.keyboard.press("ArrowDown"))
    into_brief(mei)
    mei.keyboard.type(" The acquirer is back.")
    mei.keyboard.press("Control+Enter")
    mei.locator("#do-withdrawal").wait_for()

    page.keyboard.press("g")
    page.keyboard.press("c")
    page.locator(f"#cue-{number}", has_text="Take or decline").wait_for()
    choose(page, f"#cue-{number}")
    page.keyboard.press("a")
    page.wait_for_url(f"**/incidents/{number}/")
    page.keyboard.press("r")
    page.locator("#dialog[open] textarea").wait_for()
    tab_to(page, "#dialog textarea")
    page.keyboard.type("The acquirer is back")
    tab_to(page, "#dialog select")
    page.keyboard.press("ArrowDown")
    tab_to(page, "#dialog .acts .primary")
    page.keyboard.press("Enter")
    page.locator("#next-cue").wait_for()
    page.keyboard.press("g")
    page.keyboard.press("n")
    page.wait_for_url(lambda url: not url.endswith(f"/incidents/{number}/"))
    page.keyboard.press("/")
    page.keyboard.type("card payments")
    page.keyboard.press("Enter")
    page.locator(f"#i{number}").wait_for()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/incidents/{number}/")
    page.keyboard.press("Control+k")
    page.keyboard.type(f"INC-{scene.numbers[1]}")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/incidents/{scene.numbers[1]}/")
    assert page.wrong == mei.wrong == []
