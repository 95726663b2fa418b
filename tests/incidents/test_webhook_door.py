"""The door for webhooks: who may, what it takes, and the story of every tool through it."""

import base64
import json
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.inbound import intake, ready, tasks
from incidents.models import AlertKey, Incident, Receipt, Source
from tests.incidents.inbound_kit import Sender
from tests.incidents.test_inbound_fuzz import FUZZ, values, whole

pytestmark = pytest.mark.django_db

FORM = "application/x-www-form-urlencoded"


class Hook(Sender):
    def __init__(self, **fields):
        super().__init__(**{"kind": "webhook", "name": "Hook", **fields})

    def post(self, message, address=None, **extra):
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        extra.setdefault("content_type", "application/json")
        return self.client.post(address or f"/integrations/webhook/{self.key}", body, **extra)

    def says(self, **fields):
        answer = self.post(fields)
        assert answer.status_code == 202, answer.content
        return answer.json()


@pytest.fixture
def hook(cast, clock):
    intake.pace = intake.Pace()
    return Hook(service=cast.service)


# --- in our own words -------------------------------------------------------------------------


def test_a_message_opens_repeats_and_ends_and_each_answer_says_what_became_of_it(hook):
    opened = hook.says(title="Backup failed", dedup_key="backup", severity="critical", link="https://backup.example")
    incident = Incident.objects.get()
    assert opened["result"] == "created"
    assert opened["incident"]["number"] == incident.number
    assert opened["incident"]["url"].endswith(f"/incidents/{incident.number}/")
    assert (opened["dedup_key"], incident.reported_severity) == ("backup", 1)
    assert "https://backup.example" in incident.symptom
    assert hook.says(title="Backup failed", dedup_key="backup")["result"] == "updated"
    assert hook.says(dedup_key="backup", action="resolve")["result"] == "resolved"
    again = hook.says(dedup_key="backup", action="resolve")
    assert (again["result"], again["incident"]) == ("no_match", None)
    assert hook.says(title="x", action="frob")["warnings"] == ['action "frob" is not known: taken as trigger']


def test_if_our_own_code_cannot_read_it_the_sender_is_told_that_it_is_stored(hook, monkeypatch):
    monkeypatch.setattr(tasks, "ring", lambda _pk: None)
    with monkeypatch.context() as broken:
        broken.setattr("incidents.inbound.signals.hear", lambda *_args, **_how: 1 / 0)
        assert hook.says(title="Backup failed")["result"] == "stored"
    assert Receipt.objects.get().state == "received"
    assert intake.process_waiting() == 1
    assert Incident.objects.get().title == "Backup failed"


def test_an_address_with_too_much_in_it_is_the_senders_mistake(hook):
    many = "&".join(f"n{number}=1" for number in range(2_000))
    assert hook.post({"title": "x"}, f"/integrations/webhook?{many}").status_code == 400


def test_without_a_key_the_title_tells_what_belongs_together(hook):
    hook.says(title="Disk full")
    hook.says(title="Disk full")
    hook.says(title="Disk full", state="ok")
    assert Incident.objects.get().resolved_at
    assert AlertKey.objects.get().key.startswith("auto:")


def test_somebody_elsewhere_acknowledges_and_writes_a_note(hook):
    ref = hook.says(title="Slow", dedup_key=7)["incident"]["number"]
    assert hook.says(dedup_key="7", action="ack")["result"] == "acknowledged"
    assert hook.says(dedup_key=7, action="note", message="Looking at it.")["result"] == "noted"
    assert Incident.objects.get(number=ref).resolved_at is None


def test_the_key_may_come_in_five_ways_and_no_other_kind_of_source_is_opened_by_it(hook, cast):
    basic = base64.b64encode(f"anybody:{hook.key}".encode()).decode()
    bare = "/integrations/webhook"
    tries = [
        (f"{bare}/{hook.key}", {}),
        (f"{bare}/{hook.key}/", {}),
        (bare, {"authorization": f"Bearer {hook.key}"}),
        (f"{bare}/", {"authorization": f"Basic {basic}"}),
        (bare, {"x-api-key": hook.key}),
        (f"{bare}?token={hook.key}", {}),
    ]
    for address, headers in tries:
        assert hook.post({"title": "Same"}, address, headers=headers).status_code == 202, (address, headers)
    assert AlertKey.objects.get().count == len(tries)
    assert hook.client.put(f"{bare}/{hook.key}", {"title": "Put"}, content_type="application/json").status_code == 202
    assert hook.post({"title": "x"}, bare).status_code == 401
    assert hook.post({"title": "x"}, f"{bare}/nobodys").status_code == 403
    assert hook.post({"title": "x"}, f"/integrations/alertmanager/{hook.key}").status_code == 403
    assert hook.client.get(f"{bare}/{hook.key}").status_code == 405
    kept = json.dumps([[r.envelope, bytes(r.body).decode()] for r in Receipt.objects.all()])
    assert hook.key not in kept


PARTS = b'--B\r\nContent-Disposition: form-data; name="title"\r\n\r\nHi\r\n--B--\r\n'
FILE = b'--B\r\nContent-Disposition: form-data; name="title"; filename="x"\r\n\r\nHi\r\n--B--\r\n'
WRAPPED = b'--B\r\nContent-Disposition: form-data; name="data"\r\n\r\n{"title": "Hi"}\r\n--B--\r\n'


def test_who_knocks_first_is_told_whether_the_key_is_right_and_nothing_is_kept(hook):
    address = f"/integrations/webhook/{hook.key}"
    assert (hook.client.head(address).status_code, hook.client.options(f"{address}x").status_code) == (200, 403)
    asks = hook.client.options(address, headers={"WebHook-Request-Origin": "events.example"})
    assert (asks.status_code, asks["WebHook-Allowed-Origin"], "POST" in asks["Allow"]) == (200, "events.example", True)
    assert "WebHook-Allowed-Origin" not in hook.client.options(address, headers={"WebHook-Request-Origin": "\xff"})
    assert "WebHook-Allowed-Origin" not in hook.client.options(address)
    assert hook.client.get(address).status_code == 405
    assert not Receipt.objects.exists()


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"title": "Hi"}', ""),
        (b'{"title": "Hi"}', "text/plain; charset=UTF-8"),
        (b'{"title": "Hi"}', "application/cloudevents+json"),
        (b'{"title": "Hi"}', FORM),  # curl's own mistake
        (b"title=Hi&status=1", FORM),
        (PARTS, "multipart/form-data; boundary=B"),
        (WRAPPED, "multipart/form-data; boundary=B"),
    ],
)
def test_json_and_forms_are_taken(hook, body, content_type):
    answer = hook.post(body, content_type=content_type)
    assert answer.status_code == 202, answer.content
    assert Incident.objects.get().title == "Hi"


@pytest.mark.parametrize(
    ("body", "content_type", "status", "word"),
    [
        (FILE, "multipart/form-data; boundary=B", 415, "files"),
        (b"title=Hi", "text/html", 415, "JSON"),
        (b"--B", "multipart/form-data", 400, "form"),
        (b"\xff=1", FORM, 400, "UTF-8"),
        (b"&".join(b"a=1" for _ in range(300)), FORM, 400, "fields"),
        (b"{", "application/json", 400, "JSON"),
        (b"7", "application/json", 400, "object"),
        (b"{}", "application/json", 400, "title"),
        (b'{"action": "resolve"}', "application/json", 400, "dedup_key"),
        (b"[]", "application/json", 400, "empty"),
        (b'[{}, 7, {"title": ""}]', "application/json", 400, "1."),
    ],
)
def test_what_cannot_be_taken_is_refused_in_words_and_leaves_nothing(hook, body, content_type, status, word):
    answer = hook.post(body, content_type=content_type)
    assert answer.status_code == status
    assert word in answer.json()["message"]
    assert answer["Content-Type"] == "application/json"
    assert not Receipt.objects.exists()


def test_fields_that_are_wrong_are_told_by_their_names(hook):
    answer = hook.post({"severity": "<script>"})
    assert answer.json()["errors"] == {"title": ["required"]}
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_of_a_list_what_is_good_is_taken_and_what_is_not_is_told(hook):
    answer = hook.post([{"title": "A", "key": "a"}, {"nothing": 1}, {"title": "B", "key": "b"}]).json()
    assert [item["dedup_key"] for item in answer["items"]] == ["a", "b"]
    assert answer["warnings"] == ["1.title: required"]
    assert Incident.objects.count() == 2


def test_the_same_key_twice_in_one_list_is_told_in_its_order(hook):
    hook.post([{"title": "A", "key": "a"}, {"key": "a", "action": "resolve"}])
    assert Incident.objects.get().resolved_at


# --- by a mapping -----------------------------------------------------------------------------


@pytest.mark.parametrize("tool", ready.TOOLS, ids=lambda tool: tool.slug)
def test_every_tools_story_opens_one_incident_and_ends_it(hook, tool):
    Source.objects.update(mapping=tool.mapping)
    form = tool.slug in ("nagios", "icinga")

    def send(name):
        sample = tool.samples[name]
        body = urlencode(sample).encode() if form else json.dumps(sample).encode()
        answer = hook.post(body, content_type=FORM if form else "text/plain; charset=UTF-8")
        assert answer.status_code == 202, answer.content
        return answer.json()

    opened = send("open")
    assert opened["result"] == "created"
    assert not opened.get("warnings")
    assert send("repeat")["result"] == "updated"
    if "acknowledge" in tool.samples:
        assert send("acknowledge")["result"] == "acknowledged"
    assert send("resolve")["result"] == "resolved"
    incident = Incident.objects.get()
    assert incident.resolved_at
    assert opened["incident"]["number"] == incident.number
    for name in tool.samples.keys() - {"open", "repeat", "acknowledge", "resolve"}:
        send(name)


def test_amazons_topic_asks_to_be_confirmed_and_nobody_but_an_admin_does_it(hook):
    tool = ready.by_slug()["cloudwatch"]
    answer = hook.post(tool.samples["confirmation"]).json()
    (told,) = answer["warnings"]
    assert "open https://sns.eu-central-1.amazonaws.com/" in told
    forged = {**tool.samples["confirmation"], "SubscribeURL": "https://sns.eu-central-1.amazonaws.com.evil.example/"}
    assert "do not open it" in hook.post(forged).json()["warnings"][0]
    assert not Incident.objects.exists()


def test_what_uptime_kuma_says_of_its_passwords_is_never_on_disk(hook):
    tool = ready.by_slug()["uptime-kuma"]
    Source.objects.update(mapping=tool.mapping)
    sample = json.dumps(tool.samples["open"])
    assert "s3cret-of-the-probe" in sample
    hook.post(sample.encode())
    hook.post(urlencode({"data": sample}).encode(), content_type=FORM)
    bodies = [bytes(receipt.body) for receipt in Receipt.objects.all()]
    assert len(bodies) == 2
    assert not [body for body in bodies if b"s3cret" in body]
    assert AlertKey.objects.get().count == 2


def test_a_message_the_mapping_does_not_fit_is_an_incident_that_says_so(hook):
    Source.objects.update(mapping="title = {alert.title}")
    answer = hook.post({"other": "<b>shape</b>"}).json()
    assert answer["result"] == "created"
    assert answer["warnings"][0].startswith("unmapped: ")
    incident = Incident.objects.get()
    assert "Hook" in incident.title
    hook.post({"other": "<b>shape</b>"})
    hook.post({"other": "another"})
    assert Incident.objects.count() == 2


def test_a_mapping_sees_chosen_headers_and_the_query_but_no_key(hook):
    Source.objects.update(mapping="title = {@header.x-github-event} for {@query.team}")
    address = f"/integrations/webhook?token={hook.key}&team=web"
    hook.post({}, address, headers={"x-github-event": "deployment", "cookie": "a=b"})
    assert Incident.objects.get().title == "deployment for web"
    assert Receipt.objects.get().envelope == {"header": {"x-github-event": "deployment"}, "query": {"team": "web"}}


def test_an_end_from_before_the_trouble_began_ends_nothing(hook):
    Source.objects.update(mapping="key = k\ntitle = t\naction = {state}\ntime = {at}")
    hook.post({"state": "alarm", "at": "2026-03-02T09:00:00Z"})
    hook.post({"state": "ok", "at": "2026-03-02T08:59:00Z"})
    assert Incident.objects.get().resolved_at is None
    hook.post({"state": "ok", "at": "2026-03-02T09:01:00Z"})
    assert Incident.objects.get().resolved_at


# --- whatever is posted -------------------------------------------------------------------------

MAPPINGS = ["", "each a\nkey = {@item.k}\ntitle = {@item or title}\naction = {@item.s}", ready.TOOLS[0].mapping]
fields = st.fixed_dictionaries(
    {},
    optional={
        name: st.sampled_from(["T", "ok", "ack", "note", "1"]) | values
        for name in ("title", "key", "action", "severity", "details", "meta", "link", "time", "a", "Type", "Message")
    },
)
bodies = st.binary(max_size=200) | (values | fields | st.lists(fields, max_size=3)).map(
    lambda v: json.dumps(v).encode()
)
types = st.sampled_from(["application/json", FORM, "multipart/form-data; boundary=B", "multipart/form-data", ""])


@pytest.mark.rehearsal("long")
@pytest.mark.parametrize("mapping", MAPPINGS, ids=["own", "each", "ready"])
def test_whatever_is_posted_gets_an_answer_and_leaves_whole_incidents(hook, mapping):
    Source.objects.update(mapping=mapping)

    @FUZZ
    @given(bodies, types, st.booleans())
    def run(body, content_type, alone):
        if alone:
            intake.pace = intake.Pace()
        answer = hook.post(body, content_type=content_type)
        assert answer.status_code in (202, 400, 415)
        assert answer.json()["status"] in ("accepted", "invalid")
        tasks.process_waiting()
        whole()

    run()
