"""The world outside, and this installation with every channel set up."""

import shutil
import socket

import pytest

from tests.escalation.notify.world import World, certify
from tests.parts import missing_part

TOKEN = "tok-4f7c1e9a2b8d6035"


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    if not shutil.which("openssl"):
        missing_part("openssl", "apt-get install openssl")
    return certify(tmp_path_factory.mktemp("world"))


@pytest.fixture
def world(certificate, settings, monkeypatch, socket_enabled):
    world = World(certificate)
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    connect = socket.create_connection

    def getaddrinfo(host, port, *how, **named):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    def create_connection(address, *how, **named):
        assert address[0] == "127.0.0.1", "somebody talks to the real world"
        return connect((address[0], world.encrypted if address[1] == 443 else world.plain), *how, **named)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket, "create_connection", create_connection)
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", certificate.removesuffix("both") + "trusted")
    yield world
    world.close()


@pytest.fixture(autouse=True)
def installation(settings):
    """Every channel set up."""
    gateway = {"url": "https://gateway.example.com/send", "token": TOKEN, "shape": "json", "from": "+4930901820"}
    settings.SMS, settings.VOICE = dict(gateway), dict(gateway)
    settings.SLACK_TOKEN = f"xoxb-{TOKEN}"
    settings.MATTERMOST_WEBHOOK = "https://chat.example.com/hooks/x7k3q9w1e5r2t8y4u6i0o9p3ab"
    settings.TELEGRAM_TOKEN = f"110201543:{TOKEN}"
    settings.NTFY_URL, settings.NTFY_TOKEN = "https://ntfy.example.com", TOKEN
    settings.WEBHOOK_SECRET = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
    settings.APPRISE_SCHEMAS = ["discord", "gotify", "gotifys"]
