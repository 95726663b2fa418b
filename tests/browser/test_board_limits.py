"""A limit in a real browser: the slot says that a drop goes over it, and the drop is done."""

import sqlite3
from contextlib import closing

import pytest

from tests.browser.test_board import drag, lane

pytestmark = pytest.mark.browser


def test_a_drop_over_the_limit_is_announced_and_the_head_says_so_calmly(browse, asgi_server):
    first, second, _third = asgi_server.scene.numbers
    with closing(sqlite3.connect(asgi_server.file, timeout=20)) as connection:
        connection.execute("UPDATE people_team SET holder_limit = 1")
        connection.commit()
    ana = asgi_server.scene.people["ana"]
    page = browse("sam", "/board/?by=person")
    drag(page, first, ana)
    lane(page, ana).locator(f"#i{first}").wait_for()
    lane(page, ana).locator(".n", has_text="1 of 1").wait_for()
    drag(page, second, ana, drop=False)
    page.locator(".slot", has_text="Hand to Ana Ruiz (2 of 1, over the limit)").wait_for()
    page.mouse.up()
    lane(page, ana).locator(".n.over", has_text="2 of 1").wait_for()
    page.locator(".toast", has_text="Ana Ruiz: 2 of 1, over the limit.").wait_for()
    assert page.wrong == []
