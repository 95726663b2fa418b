"""GoAlert's addresses: whoever sent there changes the host, and nothing else."""

import base64
from urllib.parse import urlencode

import pytest
from django.test.client import MULTIPART_CONTENT

from incidents.inbound import refusing, views
from incidents.inbound.bodies import FORM
from incidents.models import Heartbeat, Incident, Source, SourceKey
from tests.incidents.inbound_kit import sample

pytestmark = pytest.mark.django_db

TOKEN = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"
MAIN = "/api/v2/generic/incoming"


@pytest.fixture
def brought(cast, clock):
    def of(kind: str) -> Source:
        views._remembered.clear()
        refusing._rates.clear()
        source = Source.objects.create(name="From GoAlert", kind=kind, service=cast.service)
        SourceKey.bring(source, TOKEN)
        return source

    return of


@pytest.mark.parametrize("word", ["token", "integrationKey", "integration_key", "key"])
def test_a_form_as_its_scripts_send_it_opens_and_closes(brought, client, word):
    brought("webhook")
    form = {"summary": "Nightly backup did not finish", "details": "pg_dump exited 1", "dedup": "backup/db-07"}
    assert client.post(f"{MAIN}?{word}={TOKEN}", form).status_code == 202
    incident = Incident.objects.get()
    assert incident.title == "Nightly backup did not finish"
    close = {"summary": "", "dedup": "backup/db-07", "action": "close"}
    assert client.post(f"/v1/api/alerts/?{word}={TOKEN}", close, content_type="application/json").status_code == 202
    incident.refresh_from_db()
    assert incident.resolved_at is not None


@pytest.mark.parametrize("word", ["token", "integrationKey", "integration_key", "key"])
@pytest.mark.parametrize("content_type", [FORM, MULTIPART_CONTENT])
def test_the_token_may_be_among_a_forms_fields_and_is_not_kept_there(brought, client, word, content_type):
    source = brought("webhook")

    def send(said):
        body = urlencode(said) if content_type == FORM else said  # which Django's client makes parts of
        return client.post(MAIN, body, content_type=content_type)

    form = {"summary": "Nightly backup did not finish", word: TOKEN, "details": "100 % of pg_dump"}
    assert [send(form).status_code for _twice in range(2)] == [202, 202]
    assert send({**form, "summary": "Another"}).status_code == 202, "the token is no word for what belongs together"
    assert Incident.objects.count() == 2
    assert send({**form, word: "wrong-" * 4}).status_code == 403
    assert send({**form, "summary": ""}).status_code == 400
    kept = [bytes(one.body) for some in (source.receipts, source.refused_messages) for one in some.all()]
    assert len(kept) == 4
    assert not any(TOKEN.encode() in body for body in kept)


def test_the_token_may_be_in_a_header_and_a_wrong_one_opens_nothing(brought, client):
    brought("webhook")
    basic = base64.b64encode(f"user:{TOKEN}".encode()).decode()
    for words in (f"Bearer {TOKEN}", f"Basic {basic}"):
        assert client.post(MAIN, {"summary": "One"}, headers={"Authorization": words}).status_code == 202
    assert client.post(f"{MAIN}?token=wrong", {"summary": "One"}).status_code == 403
    assert client.post(MAIN, {"summary": "One"}).status_code == 401
    assert client.get(f"{MAIN}?token={TOKEN}").status_code == 405


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("alertmanager", "/api/v2/prometheusalertmanager/incoming"),
        ("grafana", "/api/v2/grafana/incoming"),
        ("grafana", "/v1/webhooks/grafana"),
    ],
)
def test_monitoring_is_read_as_at_our_own_address(brought, client, kind, path):
    source = brought(kind)
    told = sample("1-one-fires")
    answer = client.post(f"{path}?token={TOKEN}", told, content_type="application/json")
    assert answer.status_code == 202
    assert Incident.objects.get().keys.get().source == source
    assert client.post(f"{MAIN}?token={TOKEN}", {"summary": "One"}).status_code == 403, "it is of another kind"


def test_a_heartbeat_beats_by_its_id(brought, client):
    source = brought("heartbeat")
    address = f"/api/v2/heartbeat/{TOKEN}"
    assert client.post(address).status_code == 404
    one = Heartbeat.objects.create(source=source, name="nightly-backup")
    assert client.post(address).json() == {"status": "beating", "heartbeat": "nightly-backup"}
    one.refresh_from_db()
    assert one.last_beat is not None
    assert client.post(f"/v1/api/heartbeat/{TOKEN}").status_code == 200
    Heartbeat.objects.create(source=source, name="another")
    assert client.post(address).status_code == 404, "which of them is not said"
    assert client.post("/api/v2/heartbeat/wrong").status_code == 403
