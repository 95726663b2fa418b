"""Two people with the same incident open see each other, and nothing moves."""

import pytest

pytestmark = pytest.mark.browser


def test_one_sees_that_the_other_came_and_writes(browse, asgi_server):
    path = f"/incidents/{asgi_server.scene.numbers[0]}/"
    ana = browse("ana", path)
    ana.wait_for_timeout(2500)  # the stream has looked once
    top = ana.locator("h1").bounding_box()["y"]
    jo = browse("jo", path, viewport={"width": 390, "height": 800})
    ana.locator("#presence .present-said", has_text="Jo is looking at this too").wait_for()
    assert ana.locator("h1").bounding_box()["y"] == top
    jo.locator("#presence .face[title^='Ana Ruiz']").wait_for()
    assert jo.evaluate("document.documentElement.scrollWidth") <= 390
    jo.keyboard.press("n")
    jo.keyboard.type("I try")
    ana.locator("#presence .present-said", has_text="Jo is writing").wait_for()
    assert ana.wrong == jo.wrong == []
