"""A drill planned, started and ended in a real browser: by keyboard alone, without scripts, on a telephone."""

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket, pytest.mark.timeout(300)]


@pytest.mark.rehearsal("browser")
def test_a_drill_is_planned_started_and_ended_by_keyboard(browse):
    page = browse("kim", "/drills/", java_script_enabled=False, viewport={"width": 390, "height": 844})
    page.get_by_role("link", name="Plan a drill").press("Enter")
    page.get_by_label("What fails").fill("Card payments fail")
    page.get_by_label("Service", exact=True).select_option("Payments")
    page.get_by_label("For the first time at").fill("2099-03-02T10:00")
    page.get_by_role("button", name="Plan", exact=True).press("Enter")
    expect(page.get_by_text("It has not been held yet.")).to_be_visible()
    page.get_by_role("link", name="Start now").press("Enter")
    page.get_by_role("button", name="Start", exact=True).press("Enter")
    expect(page.get_by_text("Goes on: 1 call was made, and nobody has answered yet.")).to_be_visible()
    page.get_by_role("link", name="INC-").press("Enter")
    expect(page.get_by_text("This is a drill.")).to_be_visible()
    page.get_by_role("link", name="Its report").press("Enter")
    page.get_by_role("button", name="End drill").press("Enter")
    expect(page.get_by_text("It was ended by hand.")).to_be_visible()
    expect(page.get_by_text("no answer").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "wider than the window"
