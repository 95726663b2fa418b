"""Two people with the same incident open see each other, and nothing moves."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_one_sees_that_the_other_came_and_writes(browse, asgi_server):
    path = f"/incidents/{asgi_server.scene.numbers[0]}/"
    ana = browse("ana", path)
    ana.wait_for_timeout(2500)  # the stream has looked once
    top = ana.locator("h1").bounding_box()["y"]
    jo = browse("jo", path, viewport={"width": 390, "height": 800})
    ana.locator("#presence .present-said", has_text="Jo is looking at this too").wait_for()
    assert abs(ana.locator("h1").bounding_box()["y"] - top) < 1  # nothing moves that could be seen
    jo.locator("#presence .face[title^='Ana Ruiz']").wait_for()
    assert jo.evaluate("document.documentElement.scrollWidth") <= 390
    jo.keyboard.press("n")
    jo.keyboard.type("I try")
    ana.locator("#presence .present-said", has_text="Jo is writing").wait_for()
    assert ana.wrong == jo.wrong == []


def test_what_a_colleague_adds_is_marked_until_one_looks(browse, asgi_server):
    number = asgi_server.scene.numbers[1]
    ana = browse("ana", f"/incidents/{number}/")
    ana.goto(asgi_server.url + "/board/")
    mark = ana.locator(f"#i{number} .changed")
    expect(ana.locator(f"#i{number}")).to_be_visible()
    expect(mark).to_have_count(0)
    jo = browse("jo", f"/incidents/{number}/", viewport={"width": 390, "height": 800})
    jo.locator("label", has=jo.locator("input[name=kind][value=note]")).click()
    jo.locator("#compose_text").fill("@Ana Ruiz it is the index.")
    jo.keyboard.press("Control+Enter")
    expect(mark).to_have_text("changed since you looked")  # without loading the page again
    ana.locator(f"#i{number} a.title").click()
    expect(ana.locator("#mention")).to_contain_text("Jo Okafor mentioned you")
    expect(ana.locator("#since")).to_contain_text("new since you looked")
    expect(ana.locator(".tl > .new")).to_have_count(1)
    ana.go_back()
    expect(ana.locator(f"#i{number}")).to_be_visible()
    expect(mark).to_have_count(0)
    assert jo.evaluate("document.documentElement.scrollWidth") <= 390
    assert ana.wrong == jo.wrong == []
