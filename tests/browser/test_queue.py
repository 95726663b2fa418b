"""The queue in a real browser: search, filters, and many at once."""

from tests.browser.conftest import until
from tests.browser.scene import TITLES


def shown(page) -> list[str]:
    return page.locator("#queue-rows .title").all_inner_texts()


def test_a_word_of_a_note_finds_its_incident_and_filters_narrow_by_the_form(browse, asgi_server):
    first = asgi_server.scene.numbers[0]
    page = browse("ana", f"/incidents/{first}/")
    page.locator("#compose label", has_text="Note").click()
    page.locator("#compose_text").fill("The heliotrope cable was loose")
    page.locator("#compose").get_by_role("button", name="Record").click()
    until(lambda: page.locator("#compose_text").input_value() == "")
    page.goto(f"{asgi_server.url}/queue/")
    page.keyboard.press("/")
    page.keyboard.type("heliotro")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=heliotro")
    assert shown(page) == [TITLES[0]]
    assert "in a note by Ana Ruiz" in page.locator("#queue-rows").inner_text()

    page.goto(f"{asgi_server.url}/queue/?scope=all")
    page.get_by_role("link", name="More filters").click()
    page.locator("#wider_holder").select_option("nobody")
    page.get_by_label("Order").select_option("oldest")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**holder=nobody**")
    assert page.get_by_role("link", name="Take away: Holder: nobody yet").is_visible()
    assert shown(page)[: len(TITLES)] == list(TITLES)
    assert page.wrong == []


def test_rows_are_selected_by_key_and_range_and_told_one_by_one(browse, asgi_server):
    page = browse("ana", "/queue/?scope=all&sort=oldest")
    bar = page.locator("#bulk")
    assert not bar.is_visible()
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.locator("[data-pick]").nth(2).click(modifiers=["Shift"])
    until(lambda: bar.inner_text().startswith("3 selected"))

    other = browse("jo", f"/incidents/{asgi_server.scene.numbers[1]}/")
    other.get_by_role("button", name="Acknowledge").first.click()
    until(lambda: other.get_by_text("You hold").count())

    bar.get_by_role("button", name="Acknowledge").click()
    dialog = page.locator("#dialog")
    dialog.get_by_role("button", name="Acknowledge").click()
    until(lambda: "2 incidents acknowledged; 1 refused." in dialog.inner_text())
    assert "Jo Okafor was faster" in dialog.inner_text()
    dialog.get_by_role("button", name="Close").click()
    until(lambda: bar.inner_text().startswith("1 selected"))
    bar.get_by_role("button", name="Note").click()
    dialog.get_by_label("Note").fill("Jo has it")
    dialog.get_by_role("button", name="Note").click()
    until(lambda: page.get_by_text("1 incident noted.").count())
    assert not bar.is_visible()
    assert page.wrong == []


def test_without_script_many_are_done_by_forms(browse, asgi_server):
    page = browse("ana", "/queue/?scope=all", java_script_enabled=False)
    page.locator("[data-pick-all]").click()
    page.locator("#bulk").get_by_role("button", name="Note").click()
    page.get_by_label("Note").fill("Seen, all of them")
    page.get_by_role("button", name="Note").click()
    page.get_by_text("incidents noted.").wait_for()


def test_a_view_is_saved_with_its_columns_shared_and_found_by_a_colleague(browse, asgi_server):
    page = browse("ana", "/queue/?scope=all")
    page.get_by_role("link", name="More filters").click()
    dialog = page.locator("#dialog")
    for name in ("Path", "Holder"):
        dialog.get_by_label(name, exact=True).last.uncheck(force=True)
    dialog.get_by_label("People affected", exact=True).check(force=True)
    dialog.get_by_role("button", name="Show").click()
    page.wait_for_url("**show=**")
    heads = page.locator(".heads .cell").all_inner_texts()
    assert heads == ["Service", "People affected", "Next call"]

    page.locator("#chip-views summary").click()
    page.get_by_role("link", name="Save this view").click()
    page.get_by_label("Name").fill("How many people")
    page.get_by_label("shared with").select_option(label="Service desk")
    page.get_by_role("button", name="Save").click()
    until(lambda: page.locator("#chip-views summary").inner_text().startswith("How many people"))

    jo = browse("jo", "/queue/?scope=mine")
    jo.locator("#chip-views summary").click()
    jo.get_by_role("link", name="How many people").click()
    jo.wait_for_url("**view=**")
    assert jo.locator(".heads .cell").all_inner_texts() == heads, jo.url + jo.locator("main").inner_text()
    assert len(shown(jo)) >= len(TITLES)

    jo.set_viewport_size({"width": 390, "height": 800})
    assert not jo.locator(".heads").is_visible()
    assert jo.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert jo.wrong == page.wrong == []
