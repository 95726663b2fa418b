"""Somebody is mentioned while writing, by keyboard alone."""

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket, pytest.mark.timeout(120)]


def test_a_name_is_offered_and_taken_without_leaving_the_text(browse):
    page = browse("ana", "/queue/?scope=all")
    page.locator("a.title").first.click()
    page.wait_for_load_state()
    text, offered = page.locator("#compose_text"), page.locator("#mentions [role=option]")
    text.click()
    page.keyboard.type("Yours, @ta")
    expect(offered).to_have_count(1)
    expect(offered).to_contain_text("Mei Tanaka")
    expect(text).to_have_attribute("aria-activedescendant", offered.get_attribute("id"))
    page.keyboard.press("Enter")
    expect(offered).to_have_count(0)
    page.keyboard.type("? Or @mei")
    expect(offered).to_have_count(1)
    page.keyboard.press("Escape")
    expect(offered).to_have_count(0)
    assert text.input_value() == "Yours, @Mei Tanaka ? Or @mei"
    assert page.wrong == []
