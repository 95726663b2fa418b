"""Admins make webhooks, see what was sent, and send it again; their secrets are shown once and never recorded."""

import json
import re

import pytest
from django.urls import reverse
from standardwebhooks.webhooks import Webhook as Library

from escalation.kit.sealed import seal, unseal
from escalation.trail.models import Entry
from escalation.trail.writing import Actor
from incidents.models import Webhook, WebhookMessage
from tests.webhook_kit import tell, webhook

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough, pytest.mark.enable_socket]

QUEUED, SENDING, SENT, FAILED, CANCELLED = WebhookMessage.State.values


@pytest.fixture
def ada(cast, client, clock):
    client.force_login(cast.ada)
    return client


def page(name: str, *args) -> str:
    return reverse(f"admin:incidents_{name}", args=args)


def said(cast, url: str, **facts) -> dict:
    whole = {"name": "Tickets", "url": url, "owner": cast.ada.pk, "from_severity": 5, "on": "on"}
    return {**whole, "format": "plain", "patience": "long", **facts}


def ends(message: WebhookMessage, state: str = FAILED) -> None:
    WebhookMessage.objects.filter(pk=message.pk).update(state=state, next_at=None)


def recorded() -> str:
    return "".join(Entry.objects.filter(trail__kind="installation").order_by("seq").values_list("data", flat=True))


def test_from_the_form_to_the_first_signed_event(cast, ada, receiver, open_incident):
    url = f"{receiver.url}?token=s3cret-s3cret-s3cret"
    shown = ada.post(page("webhook_add"), said(cast, url, types=["incident.triggered"], header="Bearer 12-34"))
    [secret] = re.findall(r"whsec_[A-Za-z0-9+/=]+", shown.content.decode())
    hook = Webhook.objects.get()
    assert secret not in ada.get(page("webhook_change", hook.pk)).content.decode()
    assert "12-34" not in ada.get(page("webhook_change", hook.pk)).content.decode()
    for hidden in ("s3cret", "12-34", secret, hook.secret, hook.authorization):
        assert hidden not in recorded()
    open_incident()
    tell()
    [came] = receiver.came
    Library(secret).verify(came.body, came.headers)
    assert came.headers["authorization"] == "Bearer 12-34"
    assert came.headers["user-agent"] == "Baton-Webhooks/1"


def test_what_is_changed_is_on_record_without_what_is_secret(cast, ada, receiver):
    hook, _secret = webhook(cast.ada, f"{receiver.url}/one")
    seal(hook, "authorization", b"Bearer old")
    hook.save()
    there = page("webhook_change", hook.pk)
    assert ada.post(there, said(cast, f"{receiver.url}/two")).status_code == 302
    hook.refresh_from_db()
    assert unseal(hook, "authorization") == b"Bearer old", "left empty it stays"
    entry = json.loads(Entry.objects.filter(kind="config_changed").latest("id").data)
    assert list(entry["after"]) == ["url"] and entry["after"] != entry["before"] and "/two" not in str(entry)
    ada.post(there, said(cast, f"{receiver.url}/two", no_header="on"))
    hook.refresh_from_db()
    assert hook.authorization == ""


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://tickets.example.com/", "https://"),
        ("https://ada:secret@tickets.example.com/", "no web address"),
        ("ftp://tickets.example.com/", "no web address"),
        ("http://127.0.0.1:8000/integrations/", "this installation itself"),
    ],
)
def test_where_events_cannot_be_sent_is_said_at_the_field(cast, ada, url, why, settings):
    settings.OUTBOUND_ALLOW, settings.ADDRESS = ["127.0.0.1"], "http://127.0.0.1:8000"
    answer = ada.post(page("webhook_add"), said(cast, url))
    assert why in str(answer.context["adminform"].form.errors["url"])
    assert not Webhook.objects.exists()


@pytest.mark.parametrize("address", ["https://Desk.Example.com", "https://desk.example.com:443"])
def test_this_installation_is_known_however_its_address_is_written(cast, ada, settings, address):
    settings.ADDRESS = address
    answer = ada.post(page("webhook_add"), said(cast, "https://desk.example.com/integrations/webhook/key"))
    assert "this installation itself" in str(answer.context["adminform"].form.errors["url"])


def test_a_header_of_several_lines_is_refused(cast, ada):
    answer = ada.post(page("webhook_add"), said(cast, "https://x.example/", header="a\r\nX-Evil: 1"))
    assert "header" in answer.context["adminform"].form.errors


def test_off_and_on(cast, ada, receiver, open_incident):
    hook, _secret = webhook(cast.ada, receiver.url)
    there = page("webhook_change", hook.pk)
    open_incident()
    ada.post(there, {name: value for name, value in said(cast, receiver.url).items() if name != "on"})
    assert set(hook.messages.values_list("state", flat=True)) == {CANCELLED}
    open_incident("Mail is late")
    assert hook.messages.count() == 1
    ada.post(there, said(cast, receiver.url))
    open_incident("Search is slow")
    assert hook.messages.filter(state=QUEUED).count() == 1

    Webhook.objects.update(off_at=Entry.objects.latest("id").at, off_why="nothing was taken for five days", failures=9)
    assert "nothing was taken for five days" in ada.get(there).content.decode()
    ada.post(there, {name: value for name, value in said(cast, receiver.url).items() if name != "on"})
    hook.refresh_from_db()
    assert hook.off_at is not None and hook.off_why == "", "whoever leaves it off has seen why"
    assert not Webhook.objects.turned_off_for(cast.ada).exists()
    ada.post(there, said(cast, receiver.url))
    hook.refresh_from_db()
    assert (hook.off_at, hook.failures) == (None, 0)


def test_a_new_secret_asks_first(cast, ada, receiver):
    hook, old = webhook(cast.ada, receiver.url)
    there = page("webhook_secret", hook.pk)
    assert "24 hours" in ada.get(there).content.decode()
    [new] = re.findall(r"whsec_[A-Za-z0-9+/=]+", ada.post(there).content.decode())
    assert new != old and Entry.objects.filter(kind="config_key").exists()
    ada.post(page("webhook_test", hook.pk), follow=True)
    tell()
    [came] = receiver.came
    for secret in (new, old):
        assert Library(secret).verify(came.body, came.headers)["type"] == "ping"


def test_what_was_sent_is_there_to_read_and_to_send_again(cast, ada, receiver, open_incident, clock):
    hook, _secret = webhook(cast.ada, receiver.url)
    receiver.answers(503, "<b>Come back later</b>")
    incident = open_incident()
    tell()
    message = hook.messages.get()
    listed = ada.get(page("webhookmessage_changelist"), {"hook__id__exact": hook.pk}).content.decode()
    assert f'<a href="/incidents/{incident.number}/">{incident.ref}</a>' in listed and "it answered 503" in listed
    there = page("webhookmessage_change", message.pk)
    shown = ada.get(there).content.decode()
    assert message.mid in shown and "Card payments fail" in shown and "&lt;b&gt;Come back later" in shown
    again = page("webhookmessage_again", message.pk)
    assert message.mid in ada.get(again).content.decode()
    assert "waits to be sent already" in ada.post(again, follow=True).content.decode()
    ends(message)
    assert "It waits to be sent again" in ada.post(again, follow=True).content.decode()
    assert "waits to be sent already" in ada.post(again, follow=True).content.decode()
    assert Entry.objects.filter(kind="webhook_again").count() == 1
    receiver.answers(204)
    clock.jump(minutes=1)
    tell()
    assert [came.id for came in receiver.came] == [message.mid] * 2


def test_a_stretch_of_time_is_sent_again(cast, ada, receiver, open_incident, clock):
    hook, _secret = webhook(cast.ada, receiver.url)
    for n in range(3):
        open_incident(f"Disk {n}")
        clock.jump(hours=1)
    one, two, three = hook.messages.order_by("id")
    for message, state in ((one, FAILED), (two, FAILED), (three, SENT)):
        ends(message, state)
    there = page("webhook_again", hook.pk)
    wrong = ada.post(there, {"since": "2026-03-02T12:00", "until": "2026-03-02T09:00"})
    assert wrong.status_code == 422 and "not after the beginning" in wrong.content.decode()
    ada.post(there, {"since": "2026-03-02T10:00", "until": "2026-03-02T12:00"})
    assert list(hook.messages.order_by("id").values_list("state", flat=True)) == [FAILED, QUEUED, SENT]
    ada.post(there, {"since": "2026-03-02T00:00", "until": "2026-03-03T00:00", "sent_too": "on"})
    assert set(hook.messages.values_list("state", flat=True)) == {QUEUED}


def test_of_one_that_is_off_nothing_is_sent_again(cast, ada, receiver, open_incident):
    hook, _secret = webhook(cast.ada, receiver.url)
    open_incident()
    ends(hook.messages.get())
    Webhook.objects.update(off_at="2026-03-02T09:30:00Z")
    message = hook.messages.get()
    for there in (page("webhookmessage_again", message.pk), page("webhook_test", hook.pk)):
        assert "Turn it on first" in ada.post(there, follow=True).content.decode()
    span = {"since": "2026-03-02T00:00", "until": "2026-03-03T00:00"}
    assert "Turn it on first" in ada.post(page("webhook_again", hook.pk), span, follow=True).content.decode()
    assert list(hook.messages.values_list("state", flat=True)) == [FAILED]


def test_it_is_for_admins(cast, client, clock, receiver):
    hook, _secret = webhook(cast.ada, receiver.url)
    message = hook.ping(Actor.person(cast.ada), clock.now())
    client.force_login(cast.sam)
    for there in (
        page("webhook_changelist"),
        *(page(f"webhook_{name}", hook.pk) for name in ("change", "secret", "test", "again")),
        page("webhookmessage_change", message.pk),
        page("webhookmessage_again", message.pk),
    ):
        for answer in (client.get(there), client.post(there)):
            assert answer.status_code in (302, 403, 404) and message.mid not in answer.content.decode()
    assert "Go on as Sam" in client.get(page("webhook_changelist"), follow=True).content.decode()
    assert Webhook.objects.get().secret == hook.secret
