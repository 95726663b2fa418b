"""Ada moves in from a file: she plans, applies, looks at what came over, has a first alert sent, and compares."""

import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests.importers_kit import dump, sample

from .conftest import ROOT, _environment

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket, pytest.mark.timeout(300)]


@pytest.fixture
def terminal(asgi_server, tmp_path):
    export = dump(tmp_path / "export.zip", sample("opsgenie"), "opsgenie")

    def says(*flags: str) -> str:
        words = [
            sys.executable,
            "manage.py",
            "import_from",
            "opsgenie",
            "--file",
            str(export),
            "--create-people",
            *flags,
        ]
        env = _environment(asgi_server.file)
        done = subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return says


def made(report: str) -> list[str]:
    return [line for line in report.splitlines() if line[0] in "+~"]


def test_what_was_planned_is_there_and_calls_by_what_came_over(asgi_server, browse, terminal):
    plan = terminal()
    assert "+ policy Network first" in plan and "Nothing was written" in plan
    page = browse("ada", "/admin/incidents/source/")
    expect(page.get_by_role("link", name="Prometheus")).to_have_count(0)
    assert made(terminal("--apply")) == made(plan)
    page.goto(f"{asgi_server.url}/oncall/")
    page.get_by_role("link", name="Network on call (Week)", exact=True).first.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Network on call (Week)")
    page.goto(f"{asgi_server.url}/admin/incidents/source/")
    page.get_by_role("link", name="Prometheus").press("Enter")
    page.get_by_role("link", name="New key").press("Enter")
    page.get_by_role("button", name="Make a new key").press("Enter")
    key = page.get_by_label("Key", exact=True).input_value()
    sent = {"message": "The uplink is down", "alias": "uplink"}
    answer = page.request.post(f"{asgi_server.url}/v2/alerts", data=sent, headers={"Authorization": f"GenieKey {key}"})
    assert answer.status == 202
    page.goto(f"{asgi_server.url}/queue/?scope=all")
    page.get_by_role("link", name="The uplink is down").first.press("Enter")
    expect(page.locator("ol.path")).to_contain_text("Network L")
    assert "no difference" in terminal("--compare")
    assert page.wrong == []
