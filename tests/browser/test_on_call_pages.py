"""The calendar in a real browser: dragging a time, and two people who take the same thing."""

from itertools import pairwise

import pytest

from tests.browser.conftest import until

pytestmark = pytest.mark.browser
SEEN_WITHIN = 10_000


@pytest.fixture
def calendar(asgi_server):
    return f"/oncall/{asgi_server.scene.schedule}/"


def test_a_time_is_dragged_and_somebody_covers_it_and_the_other_screen_shows_it(browse, calendar):
    sam, ana = browse("sam", calendar + "?view=week"), browse("ana", calendar + "?view=week")
    row = sam.locator(".time-row").last
    row.scroll_into_view_if_needed()
    box = row.bounding_box()
    sam.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 40)
    sam.mouse.down()
    sam.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 40)
    sam.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + 40)
    assert sam.locator(".chosen").count() == 1
    sam.mouse.up()
    dialog = sam.locator("#dialog[open]")
    dialog.locator("form").wait_for()
    assert dialog.locator("[name=starts_at]").input_value().endswith("T12:00")
    assert dialog.locator("[name=ends_at]").input_value().endswith("T18:00")
    dialog.locator("[name=person]").select_option(label="Sam Reyes")
    dialog.locator("[name=reason]").fill("A long weekend")
    dialog.locator("button.primary").click()
    ana.locator(".agenda-line", has_text="Sam Reyes covers for").first.wait_for(timeout=SEEN_WITHIN)
    sam.locator(".agenda-line", has_text="A long weekend").first.wait_for()
    assert sam.locator("#dialog[open]").count() == 0 and sam.locator("html[data-hold]").count() == 0
    assert sam.wrong == ana.wrong == []


def test_an_override_is_made_changed_and_cancelled_by_keys_alone(browse, calendar):
    page = browse("sam", calendar)
    page.locator("#override").focus()
    page.keyboard.press("Enter")
    dialog = page.locator("#dialog[open]")
    dialog.locator("select:focus").wait_for()
    page.keyboard.type("Sam")
    dialog.locator("[name=starts_at]").fill("2099-05-04T09:00")
    dialog.locator("[name=ends_at]").fill("2099-05-04T08:00")
    page.keyboard.press("Enter")
    dialog.locator("[aria-invalid=true]").first.wait_for()
    dialog.locator("[name=ends_at]").fill("2099-05-04T17:00")
    dialog.locator("[name=ends_at]").press("Enter")
    page.locator("#dialog:not([open])").wait_for(state="attached")
    page.goto(page.url.split("?")[0] + "?at=2099-05-04&view=week")
    line = page.locator(".agenda-line", has_text="Sam Reyes covers for")
    line.get_by_text("Cancel", exact=True).focus()
    page.keyboard.press("Enter")
    page.locator("#dialog[open] button.primary").focus()
    page.keyboard.press("Enter")
    line.wait_for(state="detached")
    assert page.wrong == []


@pytest.mark.thorough
def test_two_take_it_now_and_one_has_it(browse, calendar):
    ana, sam = browse("ana", calendar), browse("sam", calendar)
    for page in (ana, sam):
        page.locator("a", has_text="Take it now").click()
        page.locator("#dialog[open] form").wait_for()
    ana.locator("#dialog button.primary").click()
    ana.locator(".standing b", has_text="Ana Ruiz").wait_for()
    sam.locator("#dialog button.primary").click()
    sam.locator("#dialog .errors", has_text="Meanwhile Ana Ruiz has it").wait_for()
    assert ana.wrong == sam.wrong == []


def test_a_swap_is_asked_for_and_of_two_who_accept_one_has_it(browse, asgi_server, calendar):
    ana, sam = browse("ana", "/"), browse("sam", "/")
    jo = browse("jo", calendar)
    jo.get_by_role("link", name="Ask somebody").last.click()
    jo.locator("#dialog [name=text]").fill("A concert")
    jo.locator("#dialog button.primary").click()
    jo.locator(".swaps", has_text="Jo Okafor asks anybody who can").wait_for()
    for page in (ana, sam):  # without a reload
        page.locator(".cue", has_text="Jo Okafor asks you to take a shift").wait_for(timeout=SEEN_WITHIN)
        page.locator(".cue a", has_text="Accept").click()
        page.locator("#dialog[open] form").wait_for()
    ana.locator("#dialog button.primary").click()
    ana.locator(".cue", has_text="asks you to take").wait_for(state="detached")
    until(lambda: ana.evaluate("document.activeElement.matches('a[href], main')"))  # not lost with what was answered
    sam.locator("#dialog button.primary").click()
    sam.locator("#dialog .errors", has_text="Ana Ruiz was faster").wait_for()
    jo.locator(".swaps").wait_for(state="detached", timeout=SEEN_WITHIN)
    jo.locator(".agenda-line", has_text="Ana Ruiz covers for Jo").wait_for()
    assert ana.wrong == sam.wrong == jo.wrong == []


def press_at_once(*pages) -> tuple:
    """Both press before either has an answer; returns who has it and who reads why not."""
    for page in pages:
        page.evaluate("document.querySelector('#dialog button.primary').click()")
    until(lambda: [page for page in pages if page.locator("#dialog .errors").count()])
    until(lambda: [page for page in pages if page.locator("#dialog[open]").count() == 0])
    (lost,) = [page for page in pages if page.locator("#dialog .errors").count()]
    (won,) = [page for page in pages if page is not lost]
    return won, lost


def test_two_take_it_now_in_the_same_instant(browse, calendar):
    names = {browse("ana", calendar): "Ana Ruiz", browse("sam", calendar): "Sam Reyes"}
    for page in names:
        page.locator("a", has_text="Take it now").click()
        page.locator("#dialog[open] form").wait_for()
    won, lost = press_at_once(*names)
    assert f"Meanwhile {names[won]} has it" in lost.locator("#dialog .errors").inner_text()
    for page in names:
        page.locator(".standing b", has_text=names[won]).wait_for(timeout=SEEN_WITHIN)
        assert page.wrong == []


def test_two_accept_one_swap_in_the_same_instant(browse, calendar):
    names = {browse("ana", "/"): "Ana Ruiz", browse("sam", "/"): "Sam Reyes"}
    jo = browse("jo", calendar)
    jo.get_by_role("link", name="Ask somebody").last.click()
    jo.locator("#dialog button.primary").click()
    for page in names:
        page.locator(".cue a", has_text="Accept").click(timeout=SEEN_WITHIN)
        page.locator("#dialog[open] form").wait_for()
    won, lost = press_at_once(*names)
    assert f"{names[won]} was faster" in lost.locator("#dialog .errors").inner_text()
    jo.locator(".agenda-line", has_text=f"{names[won]} covers for Jo").wait_for(timeout=SEEN_WITHIN)
    assert jo.wrong == won.wrong == lost.wrong == []


# --- with a finger --------------------------------------------------------------------------------

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
TABLET = {"viewport": {"width": 1024, "height": 640}, "has_touch": True, "is_mobile": True}


class Finger:
    """One finger, as Chromium gets it from a screen."""

    def __init__(self, page):
        self._page, self._talk = page, page.context.new_cdp_session(page)

    def _touch(self, kind: str, *points) -> None:
        points = [{"x": x, "y": y} for x, y in points]
        self._talk.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def goes(self, *places, rests: int = 0) -> None:
        """Down at the first place, over the others, and up."""
        self._touch("touchStart", places[0])
        self._page.wait_for_timeout(rests)
        for (x, y), (to_x, to_y) in pairwise(places):
            for step in range(1, 9):
                self._touch("touchMove", (x + (to_x - x) * step / 8, y + (to_y - y) * step / 8))
                self._page.wait_for_timeout(16)
        self._touch("touchEnd")


@pytest.fixture
def on_a_tablet(browse, calendar):
    """Sam's week on a tablet: the page, a finger, and places on Thursday's row as shares of its width."""
    page = browse("sam", calendar + "?view=week", **TABLET)
    row = page.locator(".time-row").nth(3)
    row.scroll_into_view_if_needed()
    box = row.bounding_box()
    return page, Finger(page), lambda x, down=0: (box["x"] + box["width"] * x, box["y"] + 40 + down)


def test_a_finger_that_rests_takes_hold_and_chooses_a_time(on_a_tablet):
    page, finger, at = on_a_tablet
    before = page.evaluate("scrollY")
    finger.goes(at(0.5), at(0.6, 30), at(0.75), rests=600)
    dialog = page.locator("#dialog[open]")
    dialog.locator("form").wait_for()
    assert dialog.locator("[name=starts_at]").input_value().endswith("T12:00")
    assert dialog.locator("[name=ends_at]").input_value().endswith("T18:00")
    assert page.evaluate("scrollY") == before  # the page kept still under the finger
    dialog.locator("[data-close]").first.tap()  # and the next tap is a tap
    page.locator("#dialog:not([open])").wait_for(state="attached")
    assert page.locator(".chosen, html[data-hold]").count() == 0
    assert page.wrong == []


def test_a_finger_that_moves_at_once_scrolls_and_chooses_nothing(on_a_tablet):
    page, finger, at = on_a_tablet
    before = page.evaluate("scrollY")
    finger.goes(at(0.3), at(0.7))  # sideways there is nothing to scroll, and nothing is chosen
    x, y = at(0.5)
    finger.goes((x, y), (x, y - 100), (x, y - 200))
    until(lambda: page.evaluate("scrollY") > before + 100)
    page.wait_for_timeout(300)
    assert page.locator("#dialog[open]").count() == 0
    assert page.locator(".chosen, html[data-hold]").count() == 0
    assert page.wrong == []


def test_on_a_phone_a_cover_is_made_and_taken_back_by_taps_in_the_list(browse, calendar):
    page = browse("sam", calendar, **PHONE)
    line = page.locator(".agenda-line", has_text="Jo Okafor").last
    line.scroll_into_view_if_needed()
    line.get_by_role("link", name="Override").tap()
    dialog = page.locator("#dialog[open]")
    dialog.locator("form").wait_for()
    dialog.locator("[name=person]").select_option(label="Sam Reyes")
    dialog.locator("button.primary").tap()
    cover = page.locator(".agenda-line", has_text="Sam Reyes covers for Jo")
    cover.wait_for()
    cover.get_by_role("link", name="Cancel").tap()
    page.locator("#dialog[open] button.primary").tap()
    cover.wait_for(state="detached")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.wrong == []


def test_on_a_phone_the_list_stands_for_the_drawing(browse, calendar):
    page = browse("sam", calendar)
    page.set_viewport_size({"width": 390, "height": 844})
    assert not page.locator(".grid-of-time").is_visible()
    assert page.locator(".agenda-day.today ~ .agenda-day .agenda-line").first.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator(".tabs a[aria-current]").inner_text() == "On call"
