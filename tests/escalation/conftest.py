"""The outbox's fixtures: a sender in e-mail's place, rows that wait, a real mail server."""

import contextlib
import socket

import pytest
from aiosmtpd.controller import Controller

from escalation.engine.models import Delivery
from escalation.kit import clock as kit_clock
from escalation.notify import senders
from escalation.notify.desk import Desk
from escalation.trail.models import Trail
from tests.escalation.outbox_kit import Mailroom, Post


@pytest.fixture
def post(monkeypatch) -> Post:
    post = Post()
    monkeypatch.setattr(senders, "by_name", lambda: {"email": post, "desk": Desk()})
    return post


@pytest.fixture
def trail(db) -> Trail:
    return Trail.objects.create(subject="INC-1")


@pytest.fixture
def queue(trail, cast, clock):
    numbers = iter(range(10_000))

    def put(person=None, channel="email", **fields) -> Delivery:
        now = kit_clock.now()
        message = {"kind": "call", "ref": "INC-1", "title": "Fire", "link": "/incidents/1/"}
        return Delivery.objects.create(
            **{
                "trail": trail,
                "person": person or cast.ana,
                "channel": channel,
                "cause": f"test:{next(numbers)}",
                "kind": "call",
                "message": message,
                "queued_at": now,
                "next_at": now,
                **fields,
            }
        )

    return put


@pytest.fixture
def mailroom(settings, socket_enabled):
    handler = Mailroom()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    handler.stop = controller.stop
    yield handler
    with contextlib.suppress(Exception):
        controller.stop()
