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
