"""How the board is drawn, in a real browser: rows that line up, folded columns, and moves across both."""

import pytest

from tests.browser.test_board import drag, lane

pytestmark = pytest.mark.browser


def severe(page, number, severity):
    """Somebody says how bad it is."""
    page.goto(page.url.split("/board")[0] + f"/incidents/{number}/severity/")
    page.locator(f"input[name=severity][value='{severity}']").check()
    page.locator("textarea[name=text]").fill("Seen by many.")
    page.locator("main button.primary").click()
    page.locator(".sev.big, .sev").first.wait_for()


def test_a_card_is_dragged_across_rows_that_line_up_and_keeps_its_own(browse, asgi_server):
    first, second, _third = asgi_server.scene.numbers
    page = browse("ana", "/board/")
    severe(page, second, 1)
    page.goto(asgi_server.url + "/board/?by=status")
    page.get_by_role("link", name="Rows by severity").click()
    page.locator(".board.banded").wait_for()
    rows = page.locator(".lane-body[data-band='3']")
    assert rows.count() == 4
    tops = rows.evaluate_all("all => all.map((one) => Math.round(one.getBoundingClientRect().top))")
    assert len(set(tops)) == 1  # one line across the board
    drag(page, first, "acknowledged", drop=False)
    page.locator("#lane-acknowledged .lane-body[data-band='3'] .slot", has_text="Acknowledge").wait_for()
    page.mouse.up()
    page.locator(f"#lane-acknowledged .lane-body[data-band='3'] #i{first} .face[title='Ana Ruiz']").wait_for()
    assert page.wrong == []


def test_keys_walk_along_a_row(browse, asgi_server):
    first, second, third = asgi_server.scene.numbers
    page = browse("ana", "/board/")
    severe(page, second, 1)
    page.goto(asgi_server.url + f"/incidents/{third}/acknowledgement/")
    page.locator("main button.primary").click()
    page.goto(asgi_server.url + "/board/?by=status&rows=severity")
    page.keyboard.press("j")
    page.locator(f"#i{second}[aria-current]").wait_for()  # the worst comes first
    page.keyboard.press("ArrowDown")
    page.locator(f"#i{first}[aria-current]").wait_for()
    page.keyboard.press("ArrowRight")
    page.locator(f"#lane-acknowledged #i{third}[aria-current]").wait_for()
    page.keyboard.press("ArrowLeft")
    page.locator(f"#i{first}[aria-current]").wait_for()


def test_a_card_is_dropped_on_a_folded_column_and_counted_there(browse, asgi_server):
    number = asgi_server.scene.numbers[0]
    page = browse("ana", "/board/?by=status")
    fold = page.locator("#fold-acknowledged")
    fold.focus()
    page.keyboard.press("Enter")
    folded = page.locator("#lane-acknowledged.folded")
    folded.wait_for()
    assert folded.bounding_box()["width"] < 80
    assert lane(page, "triggered").bounding_box()["width"] >= 280
    drag(page, number, "acknowledged", drop=False)
    folded.locator(".slot", has_text="Acknowledge").wait_for()
    page.mouse.up()
    folded.locator(".n", has_text="1").wait_for()
    page.locator(f"#i{number}").wait_for(state="detached")
    page.get_by_role("link", name="Unfold Acknowledged").click()
    lane(page, "acknowledged").locator(f"#i{number}").wait_for()
    assert page.wrong == []


def test_a_move_by_the_menu_comes_back_to_rows_and_folds_without_script(browse, asgi_server):
    number = asgi_server.scene.numbers[0]
    page = browse("ana", "/board/?by=status&rows=severity", java_script_enabled=False)
    page.get_by_role("link", name="Fold On hold").click()
    page.locator("#lane-on_hold.folded").wait_for()
    page.locator(f"#m{number}").click()
    page.locator("button[name=to][value=acknowledged]").click()
    lane(page, "acknowledged").locator(f"#i{number}").wait_for()
    assert page.locator(".board.banded #lane-on_hold.folded").count() == 1


def test_by_service_cards_are_looked_at_and_stay(browse, asgi_server):
    number = asgi_server.scene.numbers[0]
    page = browse("ana", "/board/?by=service")
    column = page.locator(".lane", has_text="Payments")
    column.locator(f"#i{number}").wait_for()
    page.keyboard.press("j")
    page.keyboard.press("m")
    assert page.locator("#dialog[open]").count() == 0
    page.locator("#board-tools", has_text="A card keeps its service").wait_for()
    assert page.wrong == []
