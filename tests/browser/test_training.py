"""A case played in a real browser: by keyboard alone, with scripts and without."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.parts import share

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket, pytest.mark.timeout(300)]


@pytest.mark.parametrize("script", share([True, False], 2))
def test_a_case_is_played_by_keyboard(browse, script):
    page = browse("ana", "/training/", java_script_enabled=script)
    page.get_by_role("button", name="Play Nobody opens their payslip").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Step 1 of 3")).to_be_visible()
    expect(page.get_by_role("group", name="To whom?")).to_be_hidden()
    for _step in range(2):
        page.get_by_role("radio", name="Not yet").focus()
        page.keyboard.press("Space")
        page.get_by_role("button", name="Answer").press("Enter")
    expect(page.get_by_text("Step 3 of 3")).to_be_visible()
    page.get_by_role("radio", name="Not yet").focus()
    for key in ("Space", "ArrowDown", "Tab"):  # the other answer asks for more
        page.keyboard.press(key)
    page.get_by_role("button", name="Answer").press("Enter")
    expect(page.get_by_text("Say to whom.")).to_be_visible()
    expect(page.get_by_role("radio", name="Escalate now")).to_be_checked()
    page.get_by_role("radio", name="The access desk").focus()
    page.keyboard.press("Space")
    page.get_by_role("radio", name="needs access I do not have").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Answer").press("Enter")
    expect(page.get_by_text("100 of 100 points.")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="How it ended")).to_be_visible()
    if script:
        assert page.wrong == []


@pytest.mark.parametrize("script", share([True, False], 2))
def test_a_case_of_our_own_is_read_part_by_part_and_published_by_keyboard(browse, furnished, script):
    page = browse("sam", f"/training/own/{furnished['written']}/", java_script_enabled=script)
    expect(page.get_by_role("button", name="Publish")).to_have_count(0)
    page.get_by_role("link", name="Title, end and lesson").focus()
    page.keyboard.press("Enter")
    for n in range(6):
        expect(page.get_by_role("heading", level=1)).to_contain_text(f"Step {n} of 5" if n else "Title, end and lesson")
        if n == 1:
            expect(page.get_by_role("region", name="Replaced here")).to_contain_text("the first responder")
        page.get_by_role("checkbox", name="I read it").focus()
        page.keyboard.press("Space")
        page.get_by_role("button", name="Save, and read the next" if n < 5 else "Save").press("Enter")
    page.get_by_role("link", name="Preview").press("Enter")
    expect(page.get_by_text("Told at the end")).to_be_visible()
    page.get_by_role("link", name="The next step").press("Enter")
    expect(page.get_by_text("Step 2 of 5")).to_be_visible()
    page.get_by_role("link", name="Back to the case").press("Enter")
    page.get_by_role("button", name="Publish").press("Enter")
    expect(page.get_by_role("button", name="Withdraw", exact=True)).to_be_visible()
    page.goto(page.url.partition("own/")[0])
    expect(page.get_by_text("from our own record")).to_be_visible()
    if script:
        assert page.wrong == []


@pytest.mark.parametrize(("width", "scheme"), share([(390, "dark"), (1360, "light")], 2))
def test_each_page_of_it_is_readable_everywhere(browse, width, scheme):
    page = browse("ana", "/training/", color_scheme=scheme, viewport={"width": width, "height": 900})
    _looks_good(page)
    page.get_by_role("button", name="Play Loud, and in hand").click()
    page.get_by_role("radio", name="Escalate now").check()
    _looks_good(page)
    for _step in range(4):
        page.get_by_role("radio", name="Not yet").check()
        page.get_by_role("button", name="Answer").click()
    expect(page.get_by_text("100 of 100 points.")).to_be_visible()
    _looks_good(page)


def _looks_good(page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "wider than the window"
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.wrong == []
