"""The page "How Baton reaches you" in a real browser: with a keyboard, on a phone, in the dark."""

import sqlite3
from contextlib import closing

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from escalation.notify.codes import code_of
from tests.parts import share

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket, pytest.mark.timeout(300)]


def row(server, column: str) -> str:
    with closing(sqlite3.connect(server.file, timeout=20)) as connection:
        sql = f"SELECT {column} FROM notify_contactmethod ORDER BY id DESC LIMIT 1"
        return connection.execute(sql).fetchone()[0]


def add_a_way(page) -> None:
    """By keyboard alone."""
    page.locator("#ways summary").focus()
    page.keyboard.press("Enter")
    page.locator("#way-address").focus()
    page.keyboard.type("ana@home.example")
    page.keyboard.press("Tab")
    page.keyboard.type("at home")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="E-mail, at home")).to_be_visible()


def test_a_way_is_added_verified_and_made_a_rule_by_keyboard(browse, asgi_server):
    page = browse("ana", "/reach/")
    add_a_way(page)
    way = f"#way-{row(asgi_server, 'id')}"
    expect(page.locator(f"{way}-state")).to_contain_text("A code is on its way.")
    page.locator(f"{way}-code").focus()
    page.keyboard.type("000000")
    page.keyboard.press("Enter")
    expect(page.locator(f"{way}-code_error")).to_contain_text("This is not the code.")
    expect(page.locator(f"{way}-code")).to_be_focused()
    page.locator(f"{way}-code").fill(code_of(row(asgi_server, "code_proof")))
    page.keyboard.press("Enter")
    expect(page.locator(way)).to_contain_text("verified")
    page.locator("#loud-method").select_option(label="E-mail, at home")
    page.locator("#loud-delay_minutes").fill("3")
    page.keyboard.press("Enter")
    expect(page.locator(".outcome dd").first).to_have_text("E-mail at once, then E-mail, at home after 3 minutes.")
    assert page.wrong == []


NARROW = {"color_scheme": "dark", "viewport": {"width": 390, "height": 800}}


@pytest.mark.parametrize("context", share([NARROW, {}], 2), ids=share(["narrow", "wide"], 2))
def test_anybody_can_use_it_wherever_they_are(context, browse):
    page = browse("ana", "/reach/", **{"color_scheme": "light", **context})
    add_a_way(page)
    page.locator("#quiet-ends").fill("07:00")
    page.locator("#quiet form").evaluate("form => { form.noValidate = true; form.submit() }")
    expect(page.locator("#quiet-begins_error")).to_be_visible()
    expect(page.locator("#quiet .errors")).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it is wider than the window"
    small = page.locator("main :is(button, input, select, summary):visible").evaluate_all(
        "all => all.filter(one => one.getBoundingClientRect().height < 24).map(one => one.outerHTML)"
    )
    assert small == []
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
