"""A push on its way: sent as in production, read by independent code, handed to the real service worker in Chromium.

Only the wire between a vendor's push service and the browser is ours (DevTools deliver what our push service got), and
the desktop that shows it and is clicked on.
"""

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import expect

from escalation.engine import answering
from escalation.engine.models import Delivery
from escalation.notify import codes, vapid
from escalation.notify.message import Message, Recipient
from escalation.notify.push import Push
from tests.browser.conftest import FLAGS, WITH_WINDOWS, executable, until
from tests.desktop import Desktop, Note
from tests.parts import missing_part
from tests.push_kit import Browser, PushService, signed_claims

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket, pytest.mark.timeout(300)]
ANA = Recipient(7, "Ana Ruiz", "ana@example.com", "Europe/Berlin")
SHOWN = """async () => (await (await navigator.serviceWorker.ready).getNotifications()).map((one) => ({
    title: one.title, body: one.body, tag: one.tag, link: one.data.link, stays: one.requireInteraction,
    actions: one.actions.map(({ action }) => action) }))"""
REGISTERED = "async () => { await navigator.serviceWorker.register('/sw.js'); await navigator.serviceWorker.ready; }"
# A vendor's push service is out of reach here: this is where the browser would have talked to it.
SUBSCRIBED = """(said) => {
    PushManager.prototype.subscribe = async () => ({ endpoint: said.endpoint, toJSON: () => said });
}"""


@pytest.fixture
def key(tmp_path, settings) -> str:
    """The installation's, of this process and of the server's."""
    settings.HOME, settings.VAPID_KEY = tmp_path, ""
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    vapid.make()
    return vapid.public()


@pytest.fixture
def service(key):
    service = PushService()
    yield service
    service.close()


@pytest.fixture
def phone(service) -> Browser:
    return Browser(f"{service.url}/push/ana")


@pytest.fixture(scope="module")
def chromium(playing):
    """The one without windows takes no calls."""
    browser = playing.chromium.launch(executable_path=executable(*WITH_WINDOWS), args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture
def desk(key, asgi_server, settings):
    settings.ADDRESS = asgi_server.url
    return asgi_server


@pytest.fixture
def opened(desk, browse):
    """Ana's browser on the page, with permission."""

    def go(path: str = "/reach/", **context):
        page = browse("ana", path, permissions=["notifications"], **context)
        page.evaluate(REGISTERED)
        return page

    return go


@pytest.fixture
def desktop():
    if not shutil.which("dbus-daemon"):
        missing_part("dbus-daemon", "apt-get install dbus")
    folder = Path(tempfile.mkdtemp(prefix="baton-bus-"))  # a socket's path must be short
    desktop = Desktop(folder)
    yield desktop
    desktop.close()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def seat(desktop, desk, chromium, tmp_path):
    """Ana at a desktop: a browser with a profile of its own, since others hear of no clicks."""
    env = {**os.environ, "DBUS_SESSION_BUS_ADDRESS": desktop.address}
    kind, folder = chromium.browser_type, tmp_path / "profile"
    seat = kind.launch_persistent_context(folder, executable_path=executable(*WITH_WINDOWS), args=FLAGS, env=env)
    seat.set_default_timeout(60_000)
    seat.grant_permissions(["notifications"], origin=desk.url)
    seat.add_cookies([{"name": "sessionid", "value": desk.scene.sessions["ana"], "url": desk.url}])
    seat.pages[0].goto(f"{desk.url}/queue/")
    seat.pages[0].evaluate(REGISTERED)
    yield seat
    seat.close()


def noted(page, desktop: Desktop, count: int) -> Note:
    until(lambda: page.wait_for_timeout(50) or len(desktop.notes) == count)
    return desktop.notes[-1]


def carry(service: PushService, phone: Browser, message: Message) -> None:
    Push().send(replace(ANA, address=phone.subscription), message, "run:1:1:1:0|7|push|0")


def deliver(page, desk, phone: Browser, service: PushService) -> None:
    """What the push service got last, as the vendor would hand it to the browser: decrypted."""
    assert signed_claims(service.heard[-1], vapid.public())["aud"] == service.url
    hand(page, desk, phone.plain(service.heard[-1].body).decode())


def hand(page, desk, plain: str) -> None:
    """And wait until the worker is done with it, however long it asks the desk; what it shows is there then."""
    talk = page.context.new_cdp_session(page)
    found: list[dict] = []
    told: list[str] = []
    talk.on("ServiceWorker.workerRegistrationUpdated", lambda said: found.extend(said["registrations"]))
    talk.on(
        "BackgroundService.backgroundServiceEventReceived",
        lambda said: told.append(said["backgroundServiceEvent"]["eventName"]),
    )
    talk.send("ServiceWorker.enable")
    talk.send("BackgroundService.setRecording", {"shouldRecord": True, "service": "pushMessaging"})
    talk.send("BackgroundService.startObserving", {"service": "pushMessaging"})
    until(lambda: page.wait_for_timeout(50) or found)
    worker = {"origin": f"{desk.url}/", "registrationId": found[-1]["registrationId"]}
    talk.send("ServiceWorker.deliverPushMessage", worker | {"data": plain})
    until(lambda: page.wait_for_timeout(50) or "Push event completed" in told)
    talk.send("BackgroundService.clearEvents", {"service": "pushMessaging"})
    talk.detach()


def message(desk, number: int, **facts) -> Message:
    link = f"{desk.url}/incidents/{number}/"
    full = f"SEV1 INC-{number}\nCard payments fail\n\nYou are called for L1.\n\n{link}\n\n--\nBaton wrote this.\n"
    base = {"kind": "call", "ref": f"INC-{number}", "link": link, "at": datetime(2026, 3, 2, tzinfo=UTC), "full": full}
    words = {"subject": f"SEV1 INC-{number}: acknowledge – Card payments fail", "short": "", "asks": True}
    words |= {"head": "SEV1 Card payments fail", "line": f"INC-{number}: you are called for L1."}
    return Message(**(base | words | facts))


def verifying(desk, code: str) -> Message:
    said = {"kind": "verify", "ref": "", "link": f"{desk.url}/reach/", "asks": False, "code": code, "full": code}
    return message(desk, 7, **said, head=f"{code} is your code for Baton")


def shown_titles(page) -> set[str]:
    return {one["title"] for one in page.evaluate(SHOWN)}


def test_a_call_appears_on_the_desktop_and_a_click_opens_its_incident(seat, desktop, desk, service, phone):
    page, number = seat.pages[0], desk.scene.numbers[0]
    carry(service, phone, message(desk, number))
    deliver(page, desk, phone, service)
    note = noted(page, desktop, 1)
    assert note.title == "SEV1 Card payments fail"
    assert note.body.endswith(f"INC-{number}: you are called for L1.")  # under the host, which the browser says
    link = f"{desk.url}/incidents/{number}/"
    [shown] = page.evaluate(SHOWN)
    assert (shown["tag"], shown["link"], shown["stays"]) == (f"/incidents/{number}/", link, True)

    with seat.expect_page() as opened:
        desktop.click(note)
    expect(opened.value.locator("h1")).to_contain_text("Card payments fail")
    assert opened.value.url == link
    until(lambda: page.evaluate(SHOWN) == [])

    # Again, with the page open: it comes to the front, and no second one is opened. Then the other button.
    for count, button in ((2, "Open the incident"), (3, "My cues")):
        deliver(page, desk, phone, service)
        note = noted(page, desktop, count)
        if button == "My cues":
            with seat.expect_page() as opened:
                desktop.click(note, button)
            expect(opened.value).to_have_url(f"{desk.url}/")
        else:
            desktop.click(note, button)
        until(lambda: page.evaluate(SHOWN) == [])
    assert sorted(one.url for one in seat.pages) == sorted([f"{desk.url}/", link, f"{desk.url}/queue/"])


def answer_link(desk, number: int) -> str:
    """Ana's link to the call about this incident, as a message to her would have it."""
    return f"{desk.url}/a/{answering.token_of(call_of_ana(desk, number))}"


def call_of_ana(desk, number: int) -> Delivery:
    sql = (
        "SELECT d.id, d.cause, d.person_id, d.channel, d.n, d.queued_at FROM engine_delivery d"
        " JOIN incidents_incident i ON i.trail_id = d.trail_id"
        " WHERE i.number = ? AND d.person_id = ? AND d.channel = 'email'"
    )
    with closing(sqlite3.connect(desk.file, timeout=20)) as connection:
        *row, queued_at = connection.execute(sql, [number, desk.scene.people["ana"]]).fetchone()
    at = datetime.fromisoformat(queued_at).replace(tzinfo=UTC)
    names = ("pk", "cause", "person_id", "channel", "n")
    return Delivery(**dict(zip(names, row, strict=True)), queued_at=at)


def test_a_press_on_the_notification_answers_and_the_second_reads_that_it_was(seat, desktop, desk, service, phone):
    page, number = seat.pages[0], desk.scene.numbers[0]
    call = message(desk, number, answer=answer_link(desk, number), press="Acknowledge")
    carry(service, phone, call)
    deliver(page, desk, phone, service)
    with seat.expect_page() as opened:
        desktop.click(noted(page, desktop, 1), "Other answers …")
    expect(opened.value.get_by_text("Escalate …")).to_be_visible()
    assert opened.value.url == call.answer
    opened.value.close()
    for count, says in ((2, "You acknowledged it."), (4, "You acknowledged it. You have it now.")):
        carry(service, phone, call)
        deliver(page, desk, phone, service)
        desktop.click(noted(page, desktop, count), "Acknowledge")
        told = noted(page, desktop, count + 1)
        assert told.title == f"INC-{number}"
        assert says in told.body
    assert [one.url for one in seat.pages] == [f"{desk.url}/queue/"], "no page was opened for it"


def test_a_newer_message_about_an_incident_takes_the_place_of_the_older(opened, desk, service, phone):
    page = opened()
    first, second = desk.scene.numbers[:2]
    for said in (message(desk, first), message(desk, second)):
        carry(service, phone, said)
        deliver(page, desk, phone, service)
    until(lambda: len(page.evaluate(SHOWN)) == 2)
    carry(service, phone, message(desk, first, kind="taken", head="INC: Jo has it", asks=False))
    deliver(page, desk, phone, service)
    until(lambda: "INC: Jo has it" in shown_titles(page))
    assert len(shown_titles(page)) == 2


FOREIGN = ("https://evil.example/", "//evil.example/x", "javascript:alert(1)", "http://[", "")
UNREADABLE = ("", "no JSON", "null", "[]", '{"actions": 7}', '{"title": {}, "tag": 1, "link": []}')


def test_no_message_leads_to_another_site_and_what_cannot_be_read_is_shown_all_the_same(opened, desk, service, phone):
    """Each takes the place of the one before: one that was closed may take its successor of the same tag with it."""
    page = opened()
    for link in FOREIGN:
        carry(service, phone, message(desk, 7, link=link, head=(title := f"To {link}")))
        deliver(page, desk, phone, service)
        until(lambda title=title: title in shown_titles(page))
        [shown] = [one for one in page.evaluate(SHOWN) if one["title"] == title]
        assert shown["link"].startswith(f"{desk.url}/"), link
    for data in UNREADABLE:
        hand(page, desk, '{"title": "The one before"}')
        until(lambda: "The one before" in shown_titles(page))
        count = len(page.evaluate(SHOWN))
        hand(page, desk, data)
        until(lambda: shown_titles(page) & {"Baton", "[object Object]"})
        assert len(page.evaluate(SHOWN)) == count + ('"tag"' in data), data


def methods(desk) -> list[dict]:
    with closing(sqlite3.connect(desk.file, timeout=20)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute("SELECT * FROM notify_contactmethod WHERE channel = 'push'")]


def test_use_this_browser(opened, desk, service, phone, key):
    """From the click to a verified way; the outbox does not run here, so its message is sent by hand."""
    page = opened()
    button = page.get_by_role("button", name="Use this browser")
    page.evaluate(SUBSCRIBED, phone.said)
    with page.expect_navigation():
        button.click()
    expect(page.get_by_text("not verified", exact=True)).to_be_visible()
    [way] = until(lambda: methods(desk))
    assert way["label"] == "Chrome on Linux" and way["verified_at"] is None

    code = codes.code_of(way["code_proof"])  # the server signs with the same key as this process
    said = {"kind": "verify", "ref": "", "link": f"{desk.url}/reach/", "asks": False, "code": code, "full": code}
    carry(service, phone, message(desk, 7, **said, head=f"{code} is your code for Baton"))
    deliver(page, desk, phone, service)
    until(lambda: methods(desk)[0]["verified_at"])
    expect(page.get_by_text("not verified", exact=True)).to_have_count(0)  # the page hears of it by itself
    [shown] = until(lambda: page.evaluate(SHOWN))
    assert shown["title"] == "Baton reaches you in this browser" and shown["link"] == f"{desk.url}/reach/"
    assert page.wrong == []


def test_a_code_that_is_not_taken_is_shown_to_be_typed(opened, desk, service, phone):
    page = opened()
    said = {
        "kind": "verify",
        "ref": "",
        "link": f"{desk.url}/reach/",
        "asks": False,
        "code": "000000",
        "full": "000000",
    }
    carry(service, phone, message(desk, 7, **said, head="000000 is your code for Baton"))
    deliver(page, desk, phone, service)
    [shown] = until(lambda: page.evaluate(SHOWN))
    assert shown["title"] == "000000 is your code for Baton"


REFUSALS = (
    (
        "Object.defineProperty(window, 'isSecureContext', { value: false })",
        "This page came over plain http. Browsers take calls only from pages that came over https.",
    ),
    ("delete window.PushManager", "This browser cannot take calls"),
    (
        "Object.defineProperty(Notification, 'permission', { value: 'denied' })",
        "You do not let Baton show notifications in this browser.",
    ),
)


def test_a_browser_that_cannot_says_so(desk, browse):
    for script, says in REFUSALS:
        page = browse("ana", "/sw.js")
        page.add_init_script(script)
        page.goto(f"{desk.url}/reach/")
        expect(page.locator("[data-push-says]")).to_contain_text(says)
        expect(page.get_by_role("button", name="Use this browser")).to_have_count(0)


def test_nothing_is_asked_before_the_click_and_no_is_an_answer(desk, browse):
    page = browse("ana", "/preferences/")
    page.add_init_script(
        "window.asked = 0; Notification.requestPermission = async () => { window.asked++; return 'default'; };"
        "Object.defineProperty(Notification, 'permission', { value: 'default' })"
    )
    page.goto(f"{desk.url}/reach/")
    button = page.get_by_role("button", name="Use this browser")
    expect(button).to_be_visible()
    assert page.evaluate("window.asked") == 0
    assert page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0
    button.click()
    expect(page.locator("[data-push-says]")).to_contain_text("needs your permission")
    assert page.evaluate("window.asked") == 1 and methods(desk) == []
    expect(button).to_be_enabled()


def test_a_push_service_out_of_reach_is_said(opened, desk):
    """Here it really is: Chromium without its vendor."""
    page = opened()
    page.get_by_role("button", name="Use this browser").click()
    expect(page.locator("[data-push-says]")).to_contain_text("could not be reached by its push service")
    assert methods(desk) == []


def test_without_javascript_the_page_says_what_is_missing(desk, browse):
    page = browse("ana", "/reach/", java_script_enabled=False)
    expect(page.get_by_text("This needs JavaScript.")).to_be_visible()
