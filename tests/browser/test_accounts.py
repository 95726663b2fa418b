"""Saying that an account of a chat is oneself, in a real browser: on a phone, in the dark, by keyboard alone."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import expect

from escalation.kit import clock as kit_clock
from escalation.notify import accounts
from tests.browser.test_answers import look_over
from tests.parts import share

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket, pytest.mark.timeout(300)]
WIDE = {"color_scheme": "light", "viewport": {"width": 1920, "height": 1080}}
PHONE = {"color_scheme": "dark", "viewport": {"width": 390, "height": 800}}


@pytest.fixture(autouse=True)
def _today():
    """The server's own clock runs; this process asks no database for the time."""
    kit_clock.fix(datetime.now(UTC))
    yield
    kit_clock.fix(None)


def pictured(page, name: str) -> None:
    """For whoever wants to look: BATON_PICTURES=/some/folder."""
    if folder := os.environ.get("BATON_PICTURES"):
        page.screenshot(path=str(Path(folder, f"{name}.png")), full_page=True)


@pytest.mark.parametrize("context", share([PHONE, WIDE], 2), ids=share(["phone", "wide"], 2))
def test_ana_says_that_an_account_is_her_and_takes_it_back(request, context, browse):
    name = request.node.callspec.id
    page = browse("ana", accounts.invitation("slack", "T0SHOP", "U024BE7LH", "ana.ruiz"), **context)
    expect(page.get_by_role("heading", level=1)).to_have_text("Is Slack ana.ruiz you?")
    look_over(page)
    pictured(page, f"account-{name}")
    page.get_by_role("button", name="Yes, this account is me").click()
    expect(page.get_by_role("heading", name="Accounts of chats that are you")).to_be_visible()
    look_over(page)
    pictured(page, f"reach-{name}")
    page.get_by_role("button", name="End: Slack ana.ruiz").click()
    expect(page.get_by_text("Slack ana.ruiz answers for you no more.")).to_be_visible()
    expect(page.get_by_role("heading", name="Accounts of chats that are you")).not_to_be_visible()


def test_by_keyboard_alone_and_without_script(browse):
    path = accounts.invitation("slack", "T0SHOP", "U024BE7LH", "ana.ruiz")
    page = browse("ana", path, java_script_enabled=False)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Yes, this account is me")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("How Baton reaches you")
    page.goto(page.url.rpartition("/reach/")[0] + path)
    expect(page.get_by_role("heading", level=1)).to_have_text("This link opens nothing")
