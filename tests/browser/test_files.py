"""A screenshot is attached in the dialog and seen beside the incident; what else is attached is never run."""

import base64

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket, pytest.mark.timeout(120)]
DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
EVIL = b"<script>document.title = 'taken over'</script>"


def test_files_are_attached_and_opened_safely(browse):
    page = browse("ana", "/queue/?scope=all")
    page.locator("a.title").first.click()
    for name, kind, body in (("screen.png", "image/png", DOT), ("evil.html", "text/html", EVIL)):
        page.locator("#do-attach").click()
        page.locator("#dialog input[type=file]").set_input_files({"name": name, "mimeType": kind, "buffer": body})
        page.locator("#dialog button[name=do]").click()
        expect(page.locator(".files")).to_contain_text(name)
    expect(page.locator(".files img")).to_have_js_property("naturalWidth", 1)
    with page.expect_download() as saved:
        page.locator(".files a", has_text="evil.html").click()
    assert saved.value.suggested_filename == "evil.html"
    assert "taken over" not in page.title() and page.wrong == []


DROP = """([where, kind, names]) => {
  const data = new DataTransfer();
  for (const [name, text, type] of names) data.items.add(new File([text], name, { type }));
  const more = kind === 'paste' ? { clipboardData: data } : { dataTransfer: data };
  const Kind = kind === 'paste' ? ClipboardEvent : DragEvent;
  return !document.querySelector(where).dispatchEvent(new Kind(kind, { bubbles: true, cancelable: true, ...more }));
}"""


def test_files_are_dropped_one_after_the_other_or_pasted_and_attached_when_one_says_so(browse):
    page = browse("ana", "/queue/?scope=all")
    page.locator("a.title").first.click()
    page.locator("#do-attach").wait_for()
    page.wait_for_load_state()  # its scripts have run
    two = [["first.log", "one", "text/plain"], ["second.log", "two", "text/plain"]]
    # What shows it is fetched only now, and it is shown as long as it is dragged.
    page.wait_for_function(
        f"(drag) => ({DROP})(drag) && document.documentElement.matches('[data-drop]')", arg=["#main", "dragover", two]
    )
    assert page.evaluate(DROP, ["#main", "drop", two])
    button, chosen = page.locator("#dialog button[name=do]"), page.locator("#dialog input[type=file]")
    for name in ("first.log", "second.log"):
        expect(chosen).to_have_js_property("value", f"C:\\fakepath\\{name}")
        expect(button).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator(".files")).to_contain_text(name)
    expect(page.locator("#dialog")).to_be_hidden()
    page.locator("#compose_text").fill("Looking.")
    assert page.evaluate(DROP, ["#compose_text", "paste", [["image.png", "x", "image/png"]]])
    expect(chosen).to_have_js_property("files.length", 1)
    assert page.evaluate("document.querySelector('#dialog input[type=file]').files[0].name").startswith("screenshot-")
    page.keyboard.press("Escape")
    expect(page.locator("#compose_text")).to_have_value("Looking.")
    table = "data => { data.items.add('a\\tb', 'text/plain'); return data; }"
    pasted = DROP.replace("const more", f"({table})(data); const more")
    assert not page.evaluate(pasted, ["#compose_text", "paste", [["image.png", "x", "image/png"]]])
    expect(page.locator("#dialog")).to_be_hidden()
    expect(page.locator(".files li")).to_have_count(2)
    assert page.wrong == []
