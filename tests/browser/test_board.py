"""The board in a real browser: dragging, keys, two people at once, and a server that goes away."""

import time

import pytest

pytestmark = pytest.mark.browser
SEEN_WITHIN = 5_000  # ms; usually well below one second


def lane(page, key):
    return page.locator(f"#lane-{key}")


def drag(page, number, key, *, drop: bool = True):
    """By the mouse, in steps, as a hand does it."""
    page.locator(f"#i{number} a.title").hover()
    page.locator("html[data-moves]").wait_for()  # what moves cards comes when a mouse comes to one
    page.mouse.down()
    box = lane(page, key).bounding_box()
    for share in (0.2, 0.6, 1.0):
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 200 * share)
        page.wait_for_timeout(60)
    if drop:
        page.mouse.up()


def test_a_card_is_dragged_and_the_slot_names_the_verb(browse, asgi_server):
    number = asgi_server.scene.numbers[0]
    page = browse("ana", "/board/?by=status")
    drag(page, number, "acknowledged", drop=False)
    slot = page.locator(".slot")
    slot.get_by_text("Acknowledge", exact=True).wait_for()
    page.mouse.up()
    lane(page, "acknowledged").locator(f"#i{number}").wait_for()
    page.locator("#announce", has_text="Acknowledge").wait_for(state="attached")
    page.locator(f"#i{number} .face[title='Ana Ruiz']").wait_for()
    assert page.wrong == []


def test_a_drop_that_needs_a_reason_opens_the_dialog_and_then_the_column_changes(browse, asgi_server):
    number, l2 = asgi_server.scene.numbers[0], asgi_server.scene.tiers["l2"]
    page = browse("ana", "/board/")
    drag(page, number, l2)
    dialog = page.locator("#dialog[open]")
    dialog.locator("form").wait_for()
    assert "/escalation/" in dialog.locator("form").first.get_attribute("action")
    dialog.locator("select[name=reason]").select_option("expertise") if dialog.locator(
        "select[name=reason]"
    ).count() else dialog.locator("input[name=reason]").first.check()
    dialog.locator("textarea[name=text]").fill("Needs somebody who knows the acquirer.")
    dialog.locator("button.primary").click()
    lane(page, l2).locator(f"#i{number}").wait_for()
    assert page.locator("html[data-hold]").count() == 0


def test_escape_during_the_dialog_puts_the_card_back(browse, asgi_server):
    number, l1, l2 = asgi_server.scene.numbers[0], asgi_server.scene.tiers["l1"], asgi_server.scene.tiers["l2"]
    page = browse("ana", "/board/")
    drag(page, number, l2)
    page.locator("#dialog[open] form").first.wait_for()
    page.keyboard.press("Escape")
    lane(page, l1).locator(f"#i{number}").wait_for()


def test_a_card_is_moved_by_keys_alone(browse, asgi_server):
    number = asgi_server.scene.numbers[0]
    page = browse("ana", "/board/?by=status")
    page.keyboard.press("j")
    page.locator(f"#i{number}[aria-current]").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.locator(f"#i{number}[aria-current]").wait_for()
    page.keyboard.press("m")
    page.locator("#dialog[open] .ways").wait_for()
    page.locator("button[name=to]:focus", has_text="Acknowledge").wait_for()
    page.keyboard.press("Enter")
    lane(page, "acknowledged").locator(f"#i{number}").wait_for()
    assert not page.locator("#dialog").evaluate("el => el.open")


def test_what_one_does_the_other_sees(browse, asgi_server):
    number = asgi_server.scene.numbers[1]
    mine, theirs = browse("ana", "/board/?by=status"), browse("jo", "/board/?by=status")
    list_of_sam = browse("sam", "/queue/")
    theirs.wait_for_timeout(1500)  # the streams are open
    drag(mine, number, "acknowledged")
    started = time.monotonic()
    lane(theirs, "acknowledged").locator(f"#i{number}").wait_for(timeout=SEEN_WITHIN)
    list_of_sam.locator(f"#i{number} small", has_text="Ana Ruiz").wait_for(timeout=SEEN_WITHIN)
    assert time.monotonic() - started < SEEN_WITHIN / 1000


def test_another_team_sees_what_was_escalated_to_it_and_nothing_else(browse, asgi_server):
    first, second, _third = asgi_server.scene.numbers
    ana, tom = browse("ana", f"/incidents/{first}/"), browse("tom", "/board/")
    assert tom.locator(".card").count() == 0
    assert tom.request.get(f"{asgi_server.url}/incidents/{first}/").status == 404
    ana.keyboard.press("e")
    dialog = ana.locator("#dialog")
    dialog.get_by_text("L3 Platform").click()
    dialog.locator("[name=reason]").first.select_option("expertise")
    dialog.locator("textarea[name=text]").fill("Only the platform team can restart it.")
    dialog.locator("button.primary").click()
    tom.locator(f"#i{first}").wait_for()  # within a moment, without a reload
    tom.locator(".bar [data-count=cues]", has_text="1").wait_for()  # and the bar says that he is called
    assert tom.locator(".card").count() == 1
    assert tom.request.get(f"{asgi_server.url}/incidents/{first}/").status == 200
    assert tom.request.get(f"{asgi_server.url}/incidents/{second}/").status == 404
    assert browse("rita", "/board/").locator(".card").count() == 0
    assert ana.wrong == tom.wrong == []


def test_somebody_was_faster_and_it_is_said(browse, asgi_server):
    number = asgi_server.scene.numbers[2]
    late, quick = browse("sam", "/board/?by=status"), browse("jo", "/board/?by=status")
    late.wait_for_timeout(1000)
    late.evaluate("document.documentElement.setAttribute('data-hold', '')")  # a hand on another card
    drag(quick, number, "acknowledged")
    lane(quick, "acknowledged").locator(f"#i{number} .face[title='Jo Okafor']").wait_for()
    drag(late, number, "acknowledged")
    late.locator(".toast.error", has_text="Jo Okafor").wait_for()
    lane(late, "acknowledged").locator(f"#i{number} .face[title='Jo Okafor']").wait_for()


def test_a_refused_move_says_why_in_the_slot(browse, asgi_server):
    number = asgi_server.scene.numbers[0]
    page = browse("ana", "/board/?by=person")
    drag(page, number, asgi_server.scene.people["jo"], drop=False)
    page.locator(".slot.no", has_text="Acknowledge it first").wait_for()
    page.mouse.up()
    page.locator(".toast.error", has_text="Acknowledge it first").wait_for()
    lane(page, "nobody").locator(f"#i{number}").wait_for()


def test_without_script_a_card_is_moved_by_its_link(browse, asgi_server):
    number = asgi_server.scene.numbers[0]
    page = browse("ana", "/board/?by=status", java_script_enabled=False)
    page.locator(f"#m{number}").click()
    page.locator("button[name=to][value=acknowledged]").click()
    assert page.url.endswith("/board/?by=status")
    lane(page, "acknowledged").locator(f"#i{number}").wait_for()
    page.goto(asgi_server.url + "/")
    assert page.locator(f"#cue-{number}", has_text="Work on").count() == 1
