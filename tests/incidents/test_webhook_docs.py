"""What docs/webhooks.md gives to copy works as it stands there."""

import json
import os
import re
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from django.test import Client

from incidents.inbound import ready
from incidents.inbound.mapping import language
from incidents.models import Incident, Source
from tests.parts import missing_part

ROOT = Path(__file__).resolve().parents[2]
DOCS = (ROOT / "docs/webhooks.md").read_text()


def block(begins: str) -> str:
    """The first fenced block with these words in it."""
    found = re.findall(r"^```\w*\n(.*?)^```", DOCS, re.MULTILINE | re.DOTALL)
    return next(text for text in found if begins in text)


def test_the_mapping_can_be_read_and_each_ready_one_has_its_line_and_what_it_needs():
    assert language.read(block("What a mapping can say")).of("key")
    for tool in ready.TOOLS:
        assert f'<a id="{tool.slug}"></a>' in DOCS
    assert json.loads(block("$ALERT_CYCLE_KEY")).keys() == ready.by_slug()["datadog"].samples["open"].keys()
    zabbix = DOCS.partition("### Zabbix media type")[2].partition("```js")[0]
    for name in ready.by_slug()["zabbix"].samples["open"]:
        assert f"`{name}`" in zabbix, name


class Kept(BaseHTTPRequestHandler):
    """Answers as the door does, and keeps what curl sent."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.kept = (self.path, dict(self.headers), body)
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args): ...


@pytest.fixture
def listener(socket_enabled):
    server = HTTPServer(("127.0.0.1", 0), Kept)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    yield server
    thread.join(timeout=20)
    server.server_close()


@pytest.mark.django_db
def test_nagios_command_sends_what_no_shell_may_read(cast, clock, listener, tmp_path):
    if not shutil.which("curl"):
        missing_part("curl", "apt-get install curl")
    hook = Source.objects.create(name="Nagios", kind="webhook", mapping=ready.by_slug()["nagios"].mapping)
    key = hook.new_key()
    header, script = tmp_path / "baton.header", tmp_path / "notify-baton"
    header.write_text(f"Authorization: Bearer {key}\n")
    here = f"http://127.0.0.1:{listener.server_port}"
    given = block("#!/bin/sh").replace("/etc/baton.header", str(header)).replace("https://baton.example.com", here)
    script.write_text(given)
    script.chmod(0o700)
    hostile = "DISK $(touch /tmp/x) `id` \"'; & é | /var=3%"
    told = {
        "NAGIOS_NOTIFICATIONTYPE": "PROBLEM",
        "NAGIOS_HOSTNAME": "db-1",
        "NAGIOS_SERVICEDESC": "Disk",
        "NAGIOS_SERVICESTATE": "CRITICAL",
        "NAGIOS_SERVICESTATETYPE": "HARD",
        "NAGIOS_SERVICEOUTPUT": hostile,
    }
    subprocess.run([script], env={"PATH": os.environ["PATH"], **told}, check=True, timeout=30)
    path, headers, body = listener.kept
    answer = Client().post(
        path, body, content_type=headers["Content-Type"], headers={"authorization": headers["Authorization"]}
    )
    assert answer.status_code == 202, answer.content
    assert Incident.objects.get().title == "Disk on db-1 is CRITICAL: DISK $(touch /tmp/x) `id` \"'; & é"
