"""Two people have the same card in their hands: the slower one is told by whom, and it goes where it truly is."""

import pytest

from tests.browser.test_board import drag, lane

pytestmark = pytest.mark.browser


def test_both_drag_the_same_card_and_the_slower_sees_who_was_faster(browse, asgi_server):
    number, people = asgi_server.scene.numbers[0], asgi_server.scene.people
    slow, quick = browse("sam", "/board/?by=person&rows=severity"), browse("jo", "/board/?by=person")
    slow.wait_for_timeout(1000)  # the streams are open
    drag(slow, number, people["ana"], drop=False)
    slow.locator(f"#lane-{people['ana']} .slot", has_text="Hand to Ana Ruiz").wait_for()
    drag(quick, number, people["jo"])
    lane(quick, people["jo"]).locator(f"#i{number}").wait_for()
    slow.wait_for_timeout(1000)  # the news is there, and moves nothing out of a hand
    assert lane(slow, "nobody").locator(f"#i{number}.drag").count() == 1
    slow.mouse.up()
    slow.locator(".toast.error", has_text="Jo Okafor was faster: Jo Okafor acknowledged it").wait_for()
    lane(slow, people["jo"]).locator(f".lane-body[data-band='3'] #i{number} .face[title='Jo Okafor']").wait_for()
    assert slow.locator(f"#i{number}").count() == 1
    assert slow.locator(".slot, .card.drag, html[data-hold]").count() == 0
    assert slow.wrong == quick.wrong == []


@pytest.mark.thorough
def test_both_want_the_same_column_and_one_of_them_has_it(browse, asgi_server):
    number = asgi_server.scene.numbers[0]
    slow, quick = browse("ana", "/board/?by=status"), browse("jo", "/board/?by=status")
    slow.wait_for_timeout(1000)
    drag(slow, number, "acknowledged", drop=False)
    drag(quick, number, "acknowledged")
    lane(quick, "acknowledged").locator(f"#i{number} .face[title='Jo Okafor']").wait_for()
    slow.mouse.up()
    slow.locator(".toast.error", has_text="Jo Okafor was faster").wait_for()
    lane(slow, "acknowledged").locator(f"#i{number} .face[title='Jo Okafor']").wait_for()


def test_a_card_that_was_resolved_meanwhile_leaves_the_board(browse, asgi_server):
    number, people = asgi_server.scene.numbers[0], asgi_server.scene.people
    slow, quick = browse("sam", "/board/?by=person"), browse("ana", f"/incidents/{number}/resolution/")
    slow.wait_for_timeout(1000)
    drag(slow, number, people["ana"], drop=False)
    quick.locator("[name=cause]").first.evaluate(
        "el => el.tagName === 'SELECT' ? (el.selectedIndex = 1) : (el.checked = true)"
    )
    quick.locator("textarea[name=text]").fill("Switched on again.")
    quick.locator("main button.primary").click()
    quick.wait_for_url(f"**/incidents/{number}/")
    slow.mouse.up()
    slow.locator(".toast.error", has_text="Ana Ruiz was faster: Ana Ruiz resolved it").wait_for()
    slow.locator(f"#i{number}").wait_for(state="detached")
