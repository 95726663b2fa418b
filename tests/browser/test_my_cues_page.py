"""My cues in two browsers: several kinds in one list, worked by keyboard, and changed by what colleagues do."""

import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from .test_day import choose, tab_to

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
MINE = "#cues section:first-child .cue"


def window_that_ends_soon(asgi_server) -> None:
    """Sam's, of nothing: it covers no service, and nobody's incident."""
    begins = datetime.now(UTC) - timedelta(minutes=10)
    row = {
        "reason": "New cables",
        "everything": False,
        "zone": "UTC",
        "day": begins.date().isoformat(),
        "at": f"{begins:%H:%M:00}",
        "minutes": 50,
        "repeats": "",
        "weekdays": "",
        "planned_by_id": asgi_server.scene.people["sam"],
        "planned_at": f"{begins:%Y-%m-%d %H:%M:%S}",
        "begins_at": f"{begins:%Y-%m-%d %H:%M:00}",
        "over_at": f"{begins + timedelta(minutes=50):%Y-%m-%d %H:%M:00}",
        "version": 1,
        "public_text": "",
    }
    names = ", ".join(row)
    values = ", ".join("?" for _name in row)
    with closing(sqlite3.connect(asgi_server.file, timeout=20)) as connection:
        connection.execute(f"INSERT INTO incidents_maintenancewindow ({names}) VALUES ({values})", [*row.values()])
        connection.commit()


def test_kinds_stand_by_when_and_change_by_what_colleagues_do(asgi_server, browse):
    first, second, third = (f"#cue-{number}" for number in asgi_server.scene.numbers)
    window_that_ends_soon(asgi_server)
    sam, jo = browse("sam", "/"), browse("jo", f"/oncall/{asgi_server.scene.schedule}/")
    expect(sam.locator(MINE)).to_have_count(1)
    expect(sam.locator(MINE)).to_contain_text("“New cables” ends soon")

    ask = jo.get_by_role("link", name="Ask somebody").last  # a shift of Jo's that is days away
    ask.press("Enter")
    jo.locator("#dialog [name=text]").fill("A concert")
    jo.locator("#dialog button.primary").press("Enter")
    swap = sam.locator(MINE, has_text="Jo Okafor asks you to take a shift")
    swap.wait_for()  # without a reload, and behind what is due within the hour
    expect(sam.locator(MINE).first).to_contain_text("“New cables” ends soon")
    expect(sam.locator(".bar [data-count=cues]").first).to_have_text("2")

    jo.goto(f"{asgi_server.url}/incidents/{asgi_server.scene.numbers[0]}/")
    jo.keyboard.press("a")
    jo.locator("#do-handover").wait_for()
    jo.keyboard.press("h")
    jo.locator("#dialog[open] input[name=to]").first.wait_for()
    jo.locator(f"#dialog input[value='person:{asgi_server.scene.people['sam']}']").check()
    if jo.locator("#dialog details:not([open]):has(textarea[name=text])").count():
        jo.locator("#dialog details:has(textarea[name=text]) > summary").press("Enter")
    jo.locator("#dialog textarea[name=text]").fill("Yours?")
    jo.keyboard.press("Control+Enter")
    sam.locator(first).wait_for()
    expect(sam.locator(MINE)).to_have_count(3)
    expect(sam.locator(MINE).first).to_have_attribute("id", first[1:])  # the offer ends first

    choose(sam, first)
    sam.keyboard.press("a")
    sam.wait_for_url("**/incidents/*/")
    sam.keyboard.press("g")
    sam.keyboard.press("c")
    sam.locator(first, has_text="Work on").wait_for()
    name = swap.get_attribute("id")
    choose(sam, f"#{name}")
    tab_to(sam, f"#{name} .acts a")
    sam.keyboard.press("Enter")
    sam.locator("#dialog[open] form").wait_for()
    tab_to(sam, "#dialog button.primary")
    sam.keyboard.press("Enter")
    swap.wait_for(state="detached")
    jo.goto(f"{asgi_server.url}/oncall/{asgi_server.scene.schedule}/")
    expect(jo.locator(".agenda-line", has_text=re.compile("Sam Reyes covers"))).not_to_have_count(0)
    assert not {second, third} & {f"#{one.get_attribute('id')}" for one in sam.locator(MINE).all()}  # nobody calls Sam
    assert sam.wrong == jo.wrong == []
