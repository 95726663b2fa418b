"""What a door refused for what it says is shown with its source, with the reason; and no stranger fills anything."""

import json

import pytest
from django.urls import reverse

from incidents.inbound import refusing
from incidents.models import Receipt, RefusedMessage, Source, refused
from tests.incidents.inbound_kit import FIRES, Sender, sample
from tests.incidents.pagerduty_kit import PagerDutySender
from tests.incidents.test_webhook_door import FORM, Hook

pytestmark = pytest.mark.django_db

HOSTILE = "</pre><script>alert(1)</script>"


@pytest.fixture(autouse=True)
def _nobody_has_been_refused_yet(clock):
    refusing._rates.clear()


@pytest.fixture
def hook(cast):
    return Hook(service=cast.service)


@pytest.fixture
def ada(cast, client):
    client.force_login(cast.ada)
    return client


def page(name: str, *args) -> str:
    return reverse(f"admin:incidents_{name}", args=args)


def test_ada_sees_why_it_was_refused_and_tries_a_mapping_on_it(ada, hook):
    body = json.dumps({"grade": "bad", "said": HOSTILE})
    assert hook.post(body.encode()).status_code == 400
    one = RefusedMessage.objects.get()
    assert (bytes(one.body).decode(), one.size, one.content_type) == (body, len(body), "application/json")
    assert hook.source.door_keys.get().used_at, "it is seen that the sender has the right key"
    source = ada.get(page("source_change", hook.source.pk)).content.decode()
    assert "400, title: required." in source
    assert page("refusedmessage_change", one.pk) in source
    shown = ada.get(page("refusedmessage_change", one.pk)).content.decode()
    assert "&lt;/pre&gt;" in shown and HOSTILE not in shown
    there = f"{page('source_mapping', hook.source.pk)}?refused={one.pk}"
    assert there in shown
    assert "&quot;grade&quot;: &quot;bad&quot;" in ada.get(there).content.decode()
    assert "Refused lately" in ada.get(page("source_mapping", hook.source.pk)).content.decode()


def test_each_is_kept_once_to_a_limit_and_the_last_of_them(hook, monkeypatch, clock):
    monkeypatch.setattr(refusing, "A_MINUTE", 1_000)
    for number in (1, 2, 1, *range(3, refused.MOST + 5), 1):
        hook.post({"number": number})
        clock.forward(seconds=1)
    kept = [json.loads(bytes(one.body))["number"] for one in RefusedMessage.objects.all()]
    assert kept == [1, *range(refused.MOST + 4, 5, -1)]
    hook.post(b"[" + b" " * 2 * refused.LONGEST)
    large = RefusedMessage.objects.first()
    assert (len(large.body), large.size, large.is_whole) == (refused.LONGEST, 2 * refused.LONGEST + 1, False)


def test_a_sender_that_makes_one_mistake_after_the_other_costs_little(hook):
    for number in range(3 * refusing.A_MINUTE):
        assert hook.post({"number": number}).status_code == 400
    assert RefusedMessage.objects.count() == refusing.A_MINUTE


def test_nothing_is_kept_of_a_stranger_or_of_what_was_not_read(cast, hook):
    for key in ("wrong", ""):
        hook.post({}, f"/integrations/webhook/{key}")
    PagerDutySender(service=cast.service, name="Watch").post(b'{"routing_key": "' + b"0" * 32 + b'"}')
    assert not RefusedMessage.objects.exists()
    assert Sender(name="Two").post(sample(FIRES), content_type=FORM).status_code == 415
    one = RefusedMessage.objects.get()
    assert (one.status, one.content_type, bytes(one.body)) == (415, FORM, b"")


def test_what_a_mapping_hides_is_hidden_here_too(hook):
    Source.objects.filter(pk=hook.source.pk).update(mapping="only login = user\ntitle = {title}")
    hook.post(b'{"login": {"user": "ana", "password": "s3cret"}, "x": ')
    one = RefusedMessage.objects.get()
    assert (one.status, bytes(one.body)) == (400, b"")


def test_no_message_of_pagerdutys_has_its_key_whether_it_is_taken_or_refused(cast):
    watch = PagerDutySender(service=cast.service)
    watch.says("trigger")
    watch.says("trigger", event_action="frob")
    escaped = watch.key.replace(watch.key[0], f"\\u{ord(watch.key[0]):04x}")
    spoken = json.dumps(sample_of(watch, "k2")).replace(watch.key, escaped).encode()
    assert watch.post(spoken).status_code == 202
    bodies = [bytes(row.body) for row in (*Receipt.objects.all(), *RefusedMessage.objects.all())]
    assert len(bodies) == 3
    for body in bodies:
        assert json.loads(body)["routing_key"] == "*" * 32
        assert watch.key.encode() not in body


def sample_of(watch: PagerDutySender, key: str) -> dict:
    said = {"summary": "Queue too long", "source": "mq-1", "severity": "error"}
    return {"routing_key": watch.key, "event_action": "trigger", "dedup_key": key, "payload": said}


def test_if_it_cannot_be_kept_the_sender_is_told_the_same(hook, monkeypatch):
    monkeypatch.setattr(RefusedMessage, "keep", lambda *_args, **_how: 1 / 0)
    assert hook.post({}).json()["errors"] == {"title": ["required"]}


def test_only_admins_see_it(cast, client, hook):
    hook.post({})
    client.force_login(cast.sam)
    for address in (
        page("refusedmessage_changelist"),
        page("refusedmessage_change", RefusedMessage.objects.get().pk),
    ):
        assert client.get(address).status_code in (302, 403)
