"""Who may post to the door for alerts, what it takes, and what it says to everything else."""

import base64
import json

import pytest
from django.test import Client

from incidents.inbound.alertmanager import Alertmanager
from incidents.models import AlertKey, Receipt, Source
from tests.incidents.inbound_kit import FIRES, Sender, sample

pytestmark = pytest.mark.django_db


@pytest.fixture
def north(cast, clock):
    return Sender(service=cast.service)


# --- who may ----------------------------------------------------------------------------------


def test_the_key_may_come_in_the_address_or_as_bearer_or_as_basic_password(north):
    basic = base64.b64encode(f"anybody:{north.key}".encode()).decode()
    body = json.dumps(sample(FIRES))
    tries = [
        (f"/integrations/alertmanager/{north.key}", {}),
        (f"/integrations/alertmanager/{north.key}/", {}),
        ("/integrations/alertmanager", {"authorization": f"Bearer {north.key}"}),
        ("/integrations/alertmanager/", {"authorization": f"bearer {north.key}"}),
        ("/integrations/alertmanager", {"authorization": f"Basic {basic}"}),
    ]
    for address, headers in tries:
        answer = north.client.post(address, body, content_type="application/json", headers=headers)
        assert answer.status_code == 202, (address, headers)
    assert AlertKey.objects.get().count == 5


def test_wrong_disabled_and_malformed_keys_get_one_answer_before_the_body_is_read(north, django_assert_num_queries):
    Source.objects.filter(pk=north.source.pk).update(enabled=False)
    odd = ["wrong", north.key, "%00", "%F0%9F%9A%80", "x" * 3000, "a/b", "..", "%ED%A0%80"]
    values = ["Basic !!!", "Basic " + base64.b64encode(b"\xff\xfe").decode(), "Bearer ", "Bearer \x7f", "Basic"]
    answers = set()
    for key in odd:
        with django_assert_num_queries(1):
            answers.add(_refusal(north.client.post(f"/integrations/alertmanager/{key}", b"{", content_type="x/y")))
    for value in values:
        with django_assert_num_queries(1):
            headers = {"authorization": value}
            answer = north.client.post("/integrations/alertmanager", b"{", content_type="x/y", headers=headers)
            answers.add(_refusal(answer))
    assert len(answers) == 1
    assert answers.pop()[0] == 403


def _refusal(answer):
    return answer.status_code, answer.content, tuple(sorted(answer.headers.items()))


def test_without_any_key_it_says_how_to_send_one(north):
    answer = north.client.post("/integrations/alertmanager", b"{}", content_type="application/json")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["status"] == "unauthorized"


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch", "head", "options"])
def test_only_post_is_taken(north, method):
    answer = getattr(north.client, method)(f"/integrations/alertmanager/{north.key}")
    assert (answer.status_code, answer["Allow"], answer["Content-Type"]) == (405, "POST", "application/json")


def test_no_cookie_no_session_no_csrf_no_redirect(north, django_assert_max_num_queries):
    north.client = Client(enforce_csrf_checks=True)
    with django_assert_max_num_queries(70) as queries:
        answer = north.post(sample(FIRES))
    assert answer.status_code == 202
    assert not answer.cookies
    assert not [query for query in queries if "session" in query["sql"]]


# --- bodies -----------------------------------------------------------------------------------


TAKEN = [
    "application/json",
    "application/json; charset=utf-8",
    "",
    "text/plain; charset=UTF-8",
    "APPLICATION/JSON",
    "application/vnd.alerts.v4+json",
]
REFUSED = ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/html", "é"]


@pytest.mark.parametrize("kind", TAKEN)
def test_content_types_that_are_taken(north, kind):
    assert north.post(sample(FIRES), content_type=kind).status_code == 202


@pytest.mark.parametrize("kind", REFUSED)
def test_content_types_that_are_not(north, kind):
    answer = north.post(sample(FIRES), content_type=kind)
    assert answer.status_code == 415
    assert "application/json" in answer.json()["message"]


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"alerts": 7}', b'{"alerts": NaN}', b"[" * 100_000, b"\xff", b""])
def test_bad_bodies_are_refused_in_words_and_leave_nothing(north, body):
    answer = north.post(body)
    assert answer.status_code == 400
    assert answer.json()["status"] == "invalid"
    assert not Receipt.objects.exists()


def test_too_large_is_told_without_reading_it(north, monkeypatch):
    monkeypatch.setattr(Alertmanager, "limit", 1000)
    assert north.post(b'"' + b"x" * 2000 + b'"').status_code == 413
    claimed = north.post(b"{}", CONTENT_LENGTH="9" * 5000)
    assert claimed.status_code == 413
