"""The wall screen in a real browser: it follows by itself, fits its screen, and says when it is cut off."""

import pytest

from tests.browser.test_board import SEEN_WITHIN

pytestmark = pytest.mark.browser
WALL = {"viewport": {"width": 1920, "height": 1080}}


def test_the_wall_follows_and_says_when_it_is_cut_off(browse, asgi_server):
    number = asgi_server.scene.numbers[0]
    desk = browse("ana", "/board/")
    desk.get_by_role("link", name="Wall screen").click()
    desk.locator("body.wall").wait_for()
    wall = browse("jo", "/wall/", **WALL)
    wall.locator(f"#w{number}", has_text="calling Ana Ruiz, Jo Okafor").wait_for()
    read = wall.locator(".what a, .what p, .when p, .clock, .glance")
    sizes = read.evaluate_all("all => all.map((el) => parseFloat(getComputedStyle(el).fontSize))")
    assert min(sizes) >= 27  # px: what is read from four metres
    fits = "({ scrollWidth, scrollHeight }) => scrollWidth <= innerWidth && scrollHeight <= innerHeight"
    assert wall.locator("html").evaluate(fits)
    wall.wait_for_timeout(1500)  # the stream is open
    desk.goto(asgi_server.url + f"/incidents/{number}/acknowledgement/")
    desk.locator("main button.primary").click()
    wall.locator(f"#w{number}", has_text="L1 Service desk · Ana Ruiz").wait_for(timeout=SEEN_WITHIN)
    assert wall.locator(f"#w{number} .clock").text_content()
    asgi_server.process.terminate()
    wall.locator("html[data-cut-off] .cut-off-line .live .off").wait_for()
    line = wall.locator(f"#w{number} .clock").evaluate("el => getComputedStyle(el).textDecorationLine")
    assert line == "line-through"
    assert wall.wrong == []
