"""Ada writes a mapping, tries it on real messages, saves it, and has what came in before heard once more."""

import json
from html import unescape

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from escalation.kit.errors import Refused
from escalation.trail.models import Entry, Trail
from incidents.inbound import intake, ready, replaying
from incidents.inbound.mapping import language
from incidents.models import AlertKey, Incident, Receipt, Source
from tests.threads import together

pytestmark = pytest.mark.django_db

GOOD = "key = {id}\ntitle = {text}\naction = {state}\nseverity = {level}\nlink Docs = {url}"
MESSAGE = {"id": "q1", "text": "Queue too long", "state": "open", "level": "warning", "url": "https://d.example/q"}


@pytest.fixture
def hook(cast, clock):
    intake.pace = intake.Pace()
    source = Source.objects.create(name="Hook", kind="webhook", service=cast.service)
    source.key = source.new_key()
    return source


@pytest.fixture
def post(hook):
    def post(**message):
        answer = Client().post(f"/integrations/webhook/{hook.key}", message, content_type="application/json")
        assert answer.status_code == 202, answer.content
        return Receipt.objects.latest("id")

    return post


@pytest.fixture
def ada(cast, clock, client):
    client.force_login(cast.ada)
    return client


def page(hook) -> str:
    return reverse("admin:incidents_source_mapping", args=[hook.pk])


def mapped(hook, text=GOOD):
    Source.objects.filter(pk=hook.pk).update(mapping=text)
    hook.refresh_from_db()


def words(answer) -> str:
    return " ".join(answer.content.decode().split())


def test_trying_shows_the_incident_and_changes_nothing(ada, hook):
    answer = ada.post(page(hook), {"mapping": GOOD, "sample": json.dumps(MESSAGE), "before": "", "try": "1"})
    told = words(answer)
    for part in ("An incident is opened.", "Queue too long", "q1", "SEV3", "https://d.example/q", "Payments", "line 2"):
        assert part in told, part
    part = ada.post(page(hook), {"mapping": GOOD, "sample": "text=Hi&id=7", "try": "1"}, headers={"hx-request": "true"})
    assert "Hi" in words(part) and "<!doctype" not in words(part).lower()
    assert not Incident.objects.exists() and not Receipt.objects.exists()
    hook.refresh_from_db()
    assert hook.mapping == ""
    assert "Paste a message to try it on" in words(ada.post(page(hook), {"mapping": GOOD, "try": "1"}))


def test_every_line_that_the_page_teaches_can_be_read():
    shown = render_to_string("admin/incidents/source/mapping_words.html").partition("<pre>")[2].partition("</pre>")[0]
    assert language.read(unescape(shown)).each is not None  # raises where a line is wrong


@pytest.mark.parametrize(
    ("mapping", "sample", "told"),
    [
        ("title = {a", MESSAGE, "Line 1: A &quot;}&quot; is missing. (title = {a)"),
        ("title = x\nseverity = awful", MESSAGE, "Line 2"),
        (GOOD, "{", "cannot be read"),
        (GOOD, {"other": "<script>alert(1)</script>"}, "does not fit"),
        ("", {"severity": "x"}, "title"),
        ("title = {a}", {"a": "<script>alert(1)</script>"}, "&lt;script&gt;"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_that_was_typed_is_lost(ada, hook, mapping, sample, told):
    sample = sample if isinstance(sample, str) else json.dumps(sample)
    answer = ada.post(page(hook), {"mapping": mapping, "sample": sample, "before": "", "try": "1"})
    assert answer.status_code == 200
    assert told in words(answer)
    assert b"<script>alert" not in answer.content
    assert answer.context["form"]["mapping"].value() == mapping


def test_a_mapping_is_saved_on_record_and_not_over_what_somebody_else_has_saved(ada, hook, post):
    typed = {"mapping": GOOD.replace("\n", "\r\n"), "before": "", "save": "1"}
    assert ada.post(page(hook), typed).status_code == 302
    hook.refresh_from_db()
    assert hook.mapping == GOOD
    entry = Entry.objects.filter(trail__kind=Trail.Kind.INSTALLATION).latest("seq")
    data = json.loads(entry.data)
    assert (entry.kind, data["before"], data["after"]) == ("config_changed", {"mapping": ""}, {"mapping": GOOD})
    refused = ada.post(page(hook), {"mapping": "title = mine", "before": "", "save": "1"})
    assert "Somebody has changed it meanwhile" in words(refused)
    again = {"mapping": "title = mine", "before": refused.context["form"]["before"].value(), "save": "1"}
    assert ada.post(page(hook), again).status_code == 302
    assert ada.post(page(hook), {"mapping": "title = {", "before": "title = mine", "save": "1"}).status_code == 200
    hook.refresh_from_db()
    assert hook.mapping == "title = mine"


def test_ready_mappings_and_what_came_in_can_be_tried(ada, hook, post):
    receipt = post(title="Disk full")
    for tool in ready.TOOLS:
        answer = ada.get(page(hook), {"tool": tool.slug, "message": "resolve"})
        assert answer.context["form"]["mapping"].value() == tool.mapping
        assert json.loads(answer.context["form"]["sample"].value()) == tool.samples["resolve"]
    answer = ada.get(page(hook), {"receipt": receipt.pk})
    assert json.loads(answer.context["form"]["sample"].value()) == {"title": "Disk full"}
    for odd in ("x", "999999", "9" * 40):
        assert ada.get(page(hook), {"receipt": odd, "tool": odd, "message": odd}).status_code == 200


def test_amazons_wish_to_be_confirmed_is_shown_to_the_admin(ada, hook, post):
    post(**ready.by_slug()["cloudwatch"].samples["confirmation"])
    answer = words(ada.get(page(hook)))
    assert 'href="https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription' in answer


def test_only_admins_come_in_and_only_for_webhooks(client, cast, clock, hook, ada):
    other = Source.objects.create(name="North")
    assert ada.get(page(other)).status_code == 404
    receipt = Receipt.objects.create(source=other, received_at=clock.now(), body=b"{}", digest="x")
    assert ada.get(reverse("admin:incidents_source_replay", args=[hook.pk, receipt.pk])).status_code == 404
    client.force_login(cast.sam)
    assert client.get(page(hook)).status_code == 302


# --- replaying -----------------------------------------------------------------------------------


def replay(receipt):
    return [verdict.says for verdict in replaying.replay(receipt)]


def test_a_message_that_did_not_fit_gives_its_incident_the_key_so_that_its_end_is_heard(ada, hook, post, clock):
    mapped(hook, "title = {headline}")
    receipt = post(**MESSAGE)
    incident = Incident.objects.get()
    mapped(hook)
    address = reverse("admin:incidents_source_replay", args=[hook.pk, receipt.pk])
    asked = ada.get(address)
    assert f"{incident.ref}, which this message was about, is given the key." in words(asked)
    assert AlertKey.objects.get().key.startswith("unmapped:")
    assert ada.post(address, follow=True).status_code == 200
    assert [key.key for key in AlertKey.objects.filter(ended_at=None)] == ["q1"]
    assert f"{incident.ref} is open with this key" in words(ada.post(address, follow=True))
    post(**{**MESSAGE, "state": "ok"})
    assert Incident.objects.get().resolved_at
    entry = Entry.objects.filter(trail__kind=Trail.Kind.INSTALLATION).latest("seq")
    assert entry.kind == "config_replayed"


def test_what_people_have_ended_is_never_opened_again_whatever_its_key_is_now(cast, hook, post, clock):
    mapped(hook, "title = {headline}")
    unmapped = post(**MESSAGE)
    mapped(hook)
    known = post(**{**MESSAGE, "id": "q2"})
    for incident in Incident.objects.all():
        incident.acknowledge(by=cast.ana)
        incident.resolve(by=cast.ana, cause="change", text="Rolled back")
    clock.forward(minutes=10)
    for receipt in (unmapped, known):
        (told,) = replay(receipt)
        assert "has ended since: nothing is opened" in told
    assert Incident.objects.count() == 2 and not Incident.objects.open().exists()


def test_an_end_ends_what_was_there_before_it_and_nothing_that_began_later(hook, post, clock):
    mapped(hook, "key = {id}\ntitle = {text}")
    ended = post(**{**MESSAGE, "id": "old", "state": "ok"})
    Incident.objects.get()
    mapped(hook)
    assert replay(ended) == [f"{Incident.objects.get().ref} is resolved."]
    clock.forward(minutes=5)
    post(**{**MESSAGE, "id": "old"})
    (told,) = replay(ended)
    assert "began after this message" in told
    assert Incident.objects.open().count() == 1


def test_an_end_that_was_not_understood_does_not_end_what_was_reported_again_since(hook, post, clock):
    mapped(hook, "key = {id}\ntitle = {text}\naction = ignore if {state} is ok")
    post(**MESSAGE)
    clock.forward(minutes=1)
    ended = post(**{**MESSAGE, "state": "ok"})
    clock.forward(minutes=1)
    post(**{**MESSAGE, "text": "Queue too long again"})
    mapped(hook)
    assert "reported again after this message" in replay(ended)[0]
    assert Incident.objects.open().count() == 1


def test_what_was_ignored_is_opened_once_and_a_note_is_not_written_twice(hook, post):
    mapped(hook, "title = {text}\naction = ignore")
    receipt = post(**MESSAGE)
    assert not Incident.objects.exists()
    mapped(hook)
    assert replay(receipt) == ["An incident is opened."]
    assert "nothing happens" in replay(receipt)[0]
    note = post(**{**MESSAGE, "state": "ack"})
    assert "nothing happens" in replay(note)[0]
    incident = Incident.objects.get()
    assert incident.keys.get().count == 1
    assert incident.trail.entries.filter(kind="outside_acknowledged").count() == 1


def test_what_still_waits_or_cannot_be_read_is_refused_in_words(hook, post):
    receipt = post(title="Own words")
    Receipt.objects.filter(pk=receipt.pk).update(state="received")
    with pytest.raises(Refused, match="still waits"):
        replaying.replay(receipt)
    Receipt.objects.filter(pk=receipt.pk).update(state="quarantined", body=b"{}")
    with pytest.raises(Refused, match="title"):
        replaying.replay(receipt)


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_press_at_once_open_one_incident(cast):
    intake.pace = intake.Pace()
    source = Source.objects.create(
        name="Hook", kind="webhook", service=cast.service, mapping="title = {a}\naction = ignore"
    )
    key = source.new_key()
    assert Client().post(f"/integrations/webhook/{key}", {"a": "x"}, content_type="application/json").status_code == 202
    mapped(source, "key = k\ntitle = {a}")
    receipt = Receipt.objects.get()
    told = []
    together(*[lambda: told.extend(replay(receipt))] * 4)
    assert Incident.objects.count() == 1
    assert sorted("nothing happens" in one for one in told) == [False, True, True, True]
    assert AlertKey.objects.get().count == 1
