"""Being signed in, before a real server: is it still you, where one is signed in, and being out at once."""

import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from escalation.kit import clock as kit_clock
from escalation.people.sessions import kept
from tests.browser.test_accounts import PHONE, WIDE, pictured

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket, pytest.mark.timeout(300)]
PASSWORD = "pass-word-1234"


@pytest.fixture(autouse=True)
def _today():
    """The server's own clock runs; this process asks no database for the time."""
    kit_clock.fix(datetime.now(UTC))
    yield
    kit_clock.fix(None)


def test_ada_proves_that_it_is_her_by_keyboard_and_loses_nothing(browse):
    page = browse("ada long ago", "/admin/people/skill/add/", **PHONE)
    page.get_by_label("Name").fill("Knots & loops")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Is it still you?")).to_be_visible()
    pictured(page, "again-dark-390")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Send it now")).to_be_focused()
    pictured(page, "kept-dark-390")
    page.keyboard.press("Enter")
    expect(page.get_by_text("was added successfully")).to_be_visible()
    assert page.wrong == []


def test_who_is_invited_makes_an_account_and_sees_where_they_are_signed_in(browse, furnished, chromium, asgi_server):
    place = chromium.new_context(**WIDE)
    page = place.new_page()
    page.goto(f"{asgi_server.url}/invitation/{furnished['invited']}/")
    pictured(page, "invited-light-1920")
    page.get_by_label("Password", exact=True).fill("another-good-one-7")
    page.get_by_label("Password confirmation").fill("another-good-one-7")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your account is there")).to_be_visible()
    page.get_by_label("E-mail").fill("nia@example.com")
    page.get_by_label("Password").fill("another-good-one-7")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{asgi_server.url}/")  # signed in, and among their cues
    page.goto(f"{asgi_server.url}/signing-in/")
    expect(page.get_by_text("this browser")).to_be_visible()
    pictured(page, "signing-in-light-1920")
    page.set_viewport_size(PHONE["viewport"])
    page.emulate_media(color_scheme="dark")
    pictured(page, "signing-in-dark-390")
    place.close()
    admin = browse("ada", "/admin/people/user/2/sessions/", **WIDE)
    pictured(admin, "admin-sessions-1920")
    admin.goto(f"{asgi_server.url}/admin/signin/invitation/")
    pictured(admin, "admin-invitations-1920")


def test_who_is_deactivated_or_signed_out_stops_hearing_within_seconds(asgi_server):
    sessions = asgi_server.scene.sessions
    streams = {who: stream(asgi_server.url, sessions[who]) for who in ("ana", "jo", "sam")}
    with closing(sqlite3.connect(asgi_server.file, timeout=20)) as database:
        database.execute("UPDATE people_user SET is_active = 0 WHERE email = 'ana@example.com'")
        database.execute("DELETE FROM people_session WHERE session_key = ?", [kept(sessions["jo"])])
        database.commit()
    at = time.monotonic()
    for who in ("ana", "jo"):
        while streams[who].readline():
            pass
        print(f"{who} heard nothing any more after {time.monotonic() - at:.1f} s")
    assert streams["sam"].readline()


def stream(url: str, session: str):
    """The live stream of somebody's page; whoever reads it waits at most 30 seconds."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
    connection.request("GET", "/live/", headers={"Cookie": f"sessionid={session}"})
    answer = connection.getresponse()
    assert answer.status == 200
    assert answer.readline().startswith(b"event: hello")
    return answer
