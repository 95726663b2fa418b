"""Taking back in a browser: by key and by button, and what colleagues see of it."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_a_note_and_a_hold_are_taken_back_and_a_colleague_sees_both(asgi_server, browse):
    path = f"/incidents/{asgi_server.scene.numbers[0]}/"
    ana, jo = browse("ana", path), browse("jo", path)
    ana.keyboard.press("a")
    ana.locator("#do-hold").wait_for()
    toast = ana.locator("#toasts .toast")

    ana.get_by_role("radio", name="Note").check()
    ana.locator("#compose textarea").fill("It was node 7")
    ana.keyboard.press("Control+Enter")
    expect(toast).to_contain_text("Noted.")
    note = jo.locator("#trail li", has_text="It was node 7")
    note.wait_for()
    expect(ana.locator("#compose textarea")).to_be_focused()
    ana.keyboard.press("u")  # is typed
    expect(ana.locator("#compose textarea")).to_have_value("u")
    ana.keyboard.press("Backspace")
    ana.keyboard.press("Escape")
    ana.keyboard.press("u")
    expect(toast).to_contain_text("The note is taken back; the record keeps both.")
    expect(toast.get_by_role("button", name="Undo")).to_be_hidden()  # taking back is not taken back
    for page in (ana, jo):
        struck = page.locator("#trail li.taken-back", has_text="It was node 7")
        expect(struck.locator(".said")).to_have_css("text-decoration-line", "line-through")
        page.locator("#trail li", has_text="Ana Ruiz took the note back after").wait_for()

    ana.keyboard.press("w")
    ana.locator("#dialog textarea").fill("The supplier is asked")
    ana.keyboard.press("Control+Enter")
    undo = toast.get_by_role("button", name="Undo")
    undo.wait_for()
    jo.get_by_role("button", name="Resume").wait_for()
    jo.get_by_role("radio", name="Note").check()
    jo.locator("#compose textarea").fill("They will call back")
    jo.keyboard.press("Control+Enter")
    ana.locator("#trail li", has_text="They will call back").wait_for()
    undo.click()  # too late: something else stands on the record by now
    expect(ana.locator("#toasts .error")).to_contain_text("Jo Okafor has added to the record since.")
    expect(ana.get_by_role("button", name="Resume")).to_be_visible()
    assert ana.wrong == jo.wrong == []
