"""A sender to look over the shoulder of, rows for the outbox, and a real mail server."""

import asyncio
import email
import email.policy
import json
import threading
from email.message import EmailMessage
from types import SimpleNamespace

from django.db import connections

from escalation.engine.models import Delivery
from escalation.kit import clock as kit_clock
from escalation.notify.message import Message
from escalation.trail.models import Entry, Trail
from escalation.trail.verifying import verify


class Post:
    """A sender in e-mail's place: keeps what it carried, fails as it is told to."""

    name, label, timeout, in_house = "email", "E-mail", 10.0, False

    def __init__(self):
        self.keys: list[str] = []
        self.to: list[str] = []
        self.messages: list[Message] = []
        self.trouble: dict[str, Exception] = {}  # by address
        self.meanwhile = None  # what happens while it talks

    def ready(self) -> str:
        return ""

    def clean(self, address: str) -> str:
        return address.strip()

    def send(self, to, message, key):
        self.keys.append(key)
        self.to.append(to.email)
        self.messages.append(message)
        if self.meanwhile:
            self.meanwhile()
        if to.email in self.trouble:
            raise self.trouble[to.email]
        return f"id-{len(self.keys)}"


def now_(delivery: Delivery) -> SimpleNamespace:
    return SimpleNamespace(**Delivery.objects.values().get(pk=delivery.pk))


def carried(bundles) -> set[int]:
    return {delivery.pk for bundle in bundles for delivery in bundle.deliveries}


def closing(work):
    def worked():
        try:
            work()
        finally:
            connections.close_all()

    return worked


def in_threads(many: int, work) -> None:
    workers = [threading.Thread(target=closing(work)) for _ in range(many)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def entries() -> list[dict]:
    return [json.loads(entry.data) for entry in Entry.objects.filter(kind="delivery").order_by("id")]


def intact(trail: Trail) -> bool:
    trail.refresh_from_db()
    return verify(trail, now=kit_clock.now()).fault is None


class Mailroom:
    """An SMTP server's handler that refuses whom it is told to."""

    def __init__(self):
        self.mails: list[tuple[list[str], EmailMessage]] = []
        self.answers: dict[str, str] = {}
        self.slow = 0.0

    async def handle_RCPT(self, server, session, envelope, address, options):
        await asyncio.sleep(self.slow)
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.mails.append((envelope.rcpt_tos, mail))
        return self.answers.get("DATA", "250 OK")
