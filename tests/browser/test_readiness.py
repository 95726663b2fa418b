"""The readiness report in a real browser: on a phone, on a wide screen, in the dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.parts import share

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket, pytest.mark.timeout(300)]

WIDTHS = (390, 1360, 1920)


@pytest.mark.parametrize("scheme", share(["dark", "light"], 2))
@pytest.mark.parametrize("width", WIDTHS)
def test_anybody_can_read_it_wherever_they_are(width, scheme, browse):
    page = browse("sam", "/readiness/", color_scheme=scheme, viewport={"width": width, "height": 900})
    expect(page.get_by_role("heading", name="People with nothing but e-mail")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it is wider than the window"
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.wrong == []


def test_the_menu_leads_there_by_keyboard(browse):
    page = browse("sam", "/")
    page.locator("#menu > summary").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Readiness").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Readiness")).to_be_visible()
