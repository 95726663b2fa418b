"""What somebody carries, in a real browser: the supervisor reads it of all, a colleague only of themselves."""

import pytest

from tests.browser.test_board import drag, lane

pytestmark = pytest.mark.browser


def test_the_supervisor_reads_what_each_carries_and_a_colleague_only_their_own(browse, asgi_server):
    number, people = asgi_server.scene.numbers[0], asgi_server.scene.people
    sam = browse("sam", "/board/?by=person")
    for name in ("ana", "jo", "sam"):
        lane(sam, people[name]).locator(".load", has_text="woken on 0 nights").wait_for()
    drag(sam, number, people["ana"])
    lane(sam, people["ana"]).locator(f"#i{number}").wait_for()
    ana = browse("ana", "/board/?by=person")
    lane(ana, people["ana"]).locator(".load").wait_for()
    assert ana.locator(".load").count() == 1
    assert sam.wrong == ana.wrong == []
