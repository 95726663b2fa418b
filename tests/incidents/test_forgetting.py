"""What came in is kept for a while and no longer, and holds no keys."""

from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection

from escalation.engine import bell
from escalation.trail.models import Entry
from incidents.inbound import forgetting, tasks
from incidents.models import Incident, Receipt, Source, SourceKey
from tests.incidents.inbound_kit import ALL_ENDED, FIRES, Sender, an_alert

pytestmark = pytest.mark.django_db


@pytest.fixture
def north(cast, clock, monkeypatch) -> Sender:
    monkeypatch.setattr(tasks, "ring", lambda _pk: None)
    return Sender(service=cast.service)


def test_what_is_old_goes_once_its_incident_is_closed_and_the_record_stays_whole(north, clock):
    north.posts(FIRES)
    north.posts(FIRES, groupKey="another", alerts=[an_alert()])
    north.posts(ALL_ENDED)
    assert forgetting.next_due() == clock.now() + timedelta(days=90)
    closed, still_open = Incident.objects.order_by("number")
    clock.jump(days=89)
    assert (tasks.forget(), Receipt.objects.count()) == (0, 3)
    clock.jump(days=2)
    assert tasks.forget() == 0, "it may be opened again as long as it is not closed"
    Incident.objects.filter(pk=closed.pk).update(closed_at=clock.now())
    entries = Entry.objects.count()
    assert (tasks.forget(), tasks.forget()) == (2, 0)
    assert Receipt.objects.get().outcome["incidents"] == [still_open.ref]
    assert Entry.objects.count() == entries


def test_what_waits_and_what_was_set_aside_is_never_deleted(north, clock):
    north.posts(ALL_ENDED)  # about nothing that is known
    done = Receipt.objects.get()
    for state in ("received", "quarantined"):
        Receipt.objects.create(source=north.source, received_at=done.received_at, body=b"{}", digest=state, state=state)
    clock.jump(days=365)
    assert tasks.forget() == 1
    assert set(Receipt.objects.values_list("state", flat=True)) == {"received", "quarantined"}


def test_many_go_in_portions_and_the_next_turn_goes_on_behind_what_stays(north, clock, monkeypatch):
    north.posts(FIRES)
    open_one = Receipt.objects.get()
    row = {
        "source": north.source,
        "received_at": open_one.received_at,
        "digest": "",
        "body": b"{}",
        "state": "processed",
    }
    Receipt.objects.bulk_create(Receipt(**row, outcome=open_one.outcome if n < 3 else {}) for n in range(9))
    clock.jump(days=91)
    north.posts(FIRES, groupKey="young")
    asked: list[tuple] = []
    monkeypatch.setattr(bell, "ask", lambda task, *args: asked.append(args))
    monkeypatch.setattr(forgetting, "PORTION", 4)
    monkeypatch.setattr(forgetting, "TURN", 0.0)
    assert (tasks.forget(), asked) == (0, [(open_one.pk + 3,)])
    assert (tasks.forget(*asked.pop()), len(asked)) == (4, 1)
    assert (tasks.forget(*asked.pop()), asked) == (2, [])
    assert Receipt.objects.count() == 5


def test_receipts_from_before_keys_were_hidden_lose_theirs(north):
    hide = import_module("incidents.migrations.0030_no_keys_in_receipts").hide
    watch, post = (Source.objects.create(name=kind, kind=kind) for kind in ("pagerduty", "email"))
    key, address, brought = watch.new_key(), post.new_key(), "ops/db=prod!north~1"
    SourceKey.bring(post, brought)
    escaped = f"\\u{ord(key[0]):04x}{key[1:]}"
    bodies = {  # (source, what was kept): what is left of it
        (
            watch,
            '{"routing_key" : "%s", "dedup_key": "k"}'.replace("%s", key),
        ): '{"routing_key" : "%s", "dedup_key": "k"}',
        (watch, '{"routing_key": "%s"}'.replace("%s", escaped)): '{"routing_key": "%s"}',
        (watch, '{"payload": {"routing_key": "eu-1"}}'): '{"payload": {"routing_key": "eu-1"}}',  # somebody's own word
        (watch, "[" * 9_000): "[" * 9_000,
    }
    for word in (address, address.upper(), brought, brought.upper()):
        said = "Delivered-To: %s@in.example\nTo: A <%s+disk@in.example>, for=%s@in.example, some-body-else@in.example"
        bodies[post, said.replace("%s", word)] = said.replace("%s", "*" * len(word))
    unbroken = "x" * 2**16  # as in an attachment whose lines are not wrapped: it is read once
    bodies[post, f"{unbroken} {unbroken}+{address}@in"] = f"{unbroken} {unbroken}+{'*' * len(address)}@in"
    rows = {}
    for (source, body), left in bodies.items():
        row = {"source": source, "received_at": "2026-03-02T09:00Z", "digest": "d"}
        rows[Receipt.objects.create(**row, body=body.encode()).pk] = left.replace("%s", "*" * 32)
    for _again in range(2):
        hide(apps, SimpleNamespace(connection=connection))
    assert {one.pk: bytes(one.body).decode() for one in Receipt.objects.filter(pk__in=rows)} == rows
