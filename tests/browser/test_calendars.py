"""The pages about calendars before a real browser: with the keyboard alone, and to everybody's eyes."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket, pytest.mark.timeout(300)]


def test_a_feed_is_made_copied_and_revoked_by_keyboard(browse):
    page = browse("ana", "/calendars/", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_label("What it shows").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    address = page.get_by_label("Address, for Google")
    expect(address).to_be_visible()
    shown = address.input_value()
    page.get_by_role("button", name="Copy the address").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == shown
    assert Axe().run(page).violations_count == 0
    page.get_by_role("button", name="Revoke the feed My shifts").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Revoked: the address leads nowhere now.")).to_be_visible()
    expect(page.get_by_text("Your feeds")).to_have_count(0)
    assert page.wrong == []


def test_a_mistake_in_an_address_is_said_and_has_the_focus(browse):
    page = browse("sam", "/absences/")
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_label("Address of the calendar").fill("my calendar")
    page.get_by_role("button", name="Read it").click()
    expect(page.get_by_text("This is not an http, https or webcal address.")).to_be_visible()
    assert page.evaluate("document.activeElement.matches('.errors, [name=address]')")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert Axe().run(page).violations_count == 0
    assert page.wrong == []
