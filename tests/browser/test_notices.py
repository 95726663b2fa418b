"""Open pages say by themselves that escalations are late or not running, and whom to call instead."""

import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import until
from tests.parts import share

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket, pytest.mark.timeout(300)]
SOON = 90_000  # ms; on a calm machine a tenth of it


def change(server, sql: str, *values: datetime) -> None:
    texts = [value.astimezone(UTC).replace(tzinfo=None).isoformat(" ") for value in values]
    with closing(sqlite3.connect(server.file, timeout=20)) as connection:
        connection.execute(sql, texts)
        connection.commit()


def due_in(server, span: timedelta) -> datetime:
    """When every armed step is due from now on."""
    due = datetime.now(UTC) + span
    change(server, "UPDATE engine_timer SET due_at = ?, next_at = ? WHERE state = 'armed'", due, due)
    return due


def beat(server, ago: float) -> datetime:
    """The last one there is: from now on nobody beats."""
    at = datetime.now(UTC) - timedelta(seconds=ago)
    server.heart.stop()
    server.heart.beat(at)
    return at


@pytest.fixture
def silent(asgi_server):
    """Nobody has beaten for an hour."""
    return beat(asgi_server, ago=3600)


def test_an_open_page_says_that_steps_are_late_and_that_they_are_no_longer(browse, asgi_server):
    due_in(asgi_server, timedelta(hours=1))  # the scene may be older than its first limits
    page = browse("ana", "/queue/?scope=all")
    expect(page.locator("html:not([data-cut-off]) [data-notice]")).to_have_count(0)
    due = due_in(asgi_server, -timedelta(minutes=2))
    banner = page.locator('[data-notice="late"]')
    expect(banner).to_have_text(
        re.compile(rf"Escalations are late: the oldest step was due at .*{due:%H:%M}\."), timeout=SOON
    )
    expect(banner).to_have_attribute("role", "alert")
    expect(page.locator("#notices > .whom")).to_contain_text("ana@example.com")
    due_in(asgi_server, timedelta(hours=1))
    expect(banner).to_have_count(0, timeout=SOON)
    assert page.wrong == []


def test_an_open_page_says_that_nothing_runs_and_moves_nothing_under_the_pointer(browse, asgi_server):
    page = browse("ana", "/board/")
    page.set_viewport_size({"width": 1360, "height": 420})
    # The process forgives the first seconds of its own life; a fresh page must not be needed for what comes after.
    top = page.locator("main").evaluate("el => el.firstElementChild.getBoundingClientRect().top")
    at = beat(asgi_server, ago=3600)
    expect(page.locator('[data-notice="stopped"]')).to_contain_text(f"{at:%H:%M}", timeout=SOON)
    expect(page.locator("#notices > .whom li")).to_have_count(3)
    moved = page.locator("main").evaluate("el => el.firstElementChild.getBoundingClientRect().top") - top
    assert abs(moved) < 2
    assert page.wrong == []


def test_a_page_that_is_cut_off_for_long_says_that_it_cannot_know(browse, asgi_server):
    page = browse("ana", "/")
    page.clock.install()
    page.reload()
    expect(page.locator("html:not([data-cut-off])")).to_have_count(1)
    until(lambda: page.locator("#cannot-know li").count() == 3 or page.reload())
    asgi_server.process.kill()
    cannot_know = page.locator("#cannot-know")
    page.clock.fast_forward(8_000)
    expect(page.locator("html[data-cut-off]")).to_have_count(1)
    expect(cannot_know).to_be_hidden()
    page.clock.fast_forward(31_000)
    expect(cannot_know).to_be_visible()
    expect(cannot_know).to_contain_text("this page cannot know whether escalations run")
    expect(cannot_know.locator("li").first).to_contain_text("ana@example.com")
    assert page.wrong == []
    found = Axe().run(page, context="#notices")
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.thorough
def test_auditors_are_not_told_whom_to_call(browse, asgi_server, silent):
    page = browse("otto", "/queue/")
    expect(page.locator('[data-notice="stopped"]')).to_be_visible(timeout=SOON)
    assert "example.com" not in page.locator("#notices").inner_html()


@pytest.mark.parametrize(("width", "theme"), share([(390, "dark"), (1360, "light")], 2))
def test_it_fits_and_can_be_read(browse, asgi_server, silent, width, theme):
    page = browse("sam", "/", color_scheme=theme)
    page.set_viewport_size({"width": width, "height": 844})
    expect(page.locator('[data-notice="stopped"]')).to_be_visible(timeout=SOON)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page, context="#notices")
    assert found.violations_count == 0, found.generate_report()
