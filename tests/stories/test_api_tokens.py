"""A program gets in by a token of somebody's, does no more than both may, and stays out once it is revoked."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from escalation.kit.logs import HidesKeys
from escalation.people.models import ApiToken
from escalation.trail.models import Entry
from incidents.api import failures
from tests.api_kit import Program

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana(cast, client):
    client.force_login(cast.ana)
    return client


def make(client, **fields):
    return client.post(
        reverse("tokens"), {"name": "The pipeline", "scopes": ["work"], "ends": "30", **fields}, follow=True
    )


def key_on(page) -> str:
    return page.context["new"]["key"]


def ask(key: str, path: str = "/me", **headers):
    return Client().get(f"/api/v1{path}", headers={"Authorization": f"Bearer {key}", **headers})


def test_a_token_is_shown_once_and_opens_the_api_for_its_person(cast, clock, ana):
    page = make(ana)
    key = key_on(page)
    assert key.startswith("baton_") and key in page.content.decode()
    again = ana.get(reverse("tokens")).content.decode()
    assert key not in again and key[:10] in again
    assert not ApiToken.objects.filter(key_hash=key).exists()
    me = ask(key).json()
    assert (me["name"], me["scopes"], me["auditor"]) == (cast.ana.name, ["read", "work"], False)
    assert ApiToken.objects.get().used_at == clock.now()


def test_making_and_revoking_are_on_record_and_a_revoked_one_opens_nothing(cast, clock, ana):
    key = key_on(make(ana))
    ana.post(reverse("token-revocation", args=[ApiToken.objects.get().pk]))
    answer = ask(key)
    assert answer.status_code == 401 and answer["WWW-Authenticate"].startswith("Bearer")
    assert answer["Content-Type"] == "application/problem+json" and answer.json()["code"] == "unauthenticated"
    entries = Entry.objects.filter(kind__in=("token_made", "token_revoked")).order_by("seq")
    assert [(one.kind, json.loads(one.data)["name"]) for one in entries] == [
        ("token_made", f"The pipeline ({key[:10]}…)"),
        ("token_revoked", f"The pipeline ({key[:10]}…)"),
    ]
    assert key not in "".join(one.data for one in entries)


def test_nobody_revokes_the_token_of_somebody_else_but_an_admin(cast, clock, ana, client):
    theirs = Program(cast.jo)
    assert ana.post(reverse("token-revocation", args=[theirs.token.pk])).status_code == 404
    assert theirs.get("/me").status_code == 200
    client.force_login(cast.ada)
    client.post(reverse("admin:people_apitoken_revocation", args=[theirs.token.pk]))
    assert theirs.get("/me").status_code == 401


def test_it_ends_in_time_and_with_its_persons_account(cast, clock):
    short, lasting = Program(cast.jo, ends_at=clock.now() + timedelta(days=1)), Program(cast.jo)
    clock.jump(days=1)
    assert [short.get("/me").status_code, lasting.get("/me").status_code] == [401, 200]
    cast.jo.is_active = False
    cast.jo.save()
    assert lasting.get("/me").status_code == 401


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer x", "Basic YTpi", "Bearer baton_\udcff".encode("utf-8", "replace").decode()]
)
def test_what_is_no_token_opens_nothing(db, header):
    answer = Client().get("/api/v1/me", headers={"Authorization": header} if header else {})
    assert answer.status_code == 401


def test_a_session_opens_nothing(ana):
    assert ana.get("/api/v1/me").status_code == 401


def test_too_many_wrong_tokens_are_refused_without_asking_the_database(cast, clock, django_assert_num_queries):
    working, new = Program(cast.jo), Program(cast.ana)
    assert working.get("/me").status_code == 200
    for _n in range(failures.A_MINUTE):
        assert ask("baton_wrong").status_code == 401
    with django_assert_num_queries(0):
        answer = ask(new.key)
    assert answer.status_code == 429 and answer["Retry-After"] == "60"
    assert working.get("/me").status_code == 200  # the same address, and not its mistake
    working.token.revoke(clock.now())
    assert working.get("/me").status_code == 401
    clock.jump(minutes=1)
    assert new.get("/me").status_code == 200


def test_what_a_token_may_is_named_whole(cast, clock, ana):
    page = ana.get(reverse("tokens")).content.decode()
    assert "Work on incidents, reviews and problems" in page
    assert "Plan: shifts, maintenance, runbooks, training, drills and my own settings" in page


def test_an_auditor_is_offered_nothing_but_reading(cast, clock, client):
    client.force_login(cast.otto)
    assert "scopes" not in client.get(reverse("tokens")).context["form"].fields
    make(client)
    assert ApiToken.objects.get().scopes == "read"


def test_whoever_becomes_an_auditor_changes_nothing_with_an_older_token(cast, clock, open_incident):
    older, here = Program(cast.otto, "work", "plan"), f"/incidents/{open_incident().number}"
    for answer in (older.post(f"{here}/follow"), older.post("/views", {"name": "Mine"}), older.post("/reach/tests")):
        assert (answer.status_code, answer.json()["code"]) == (403, "not-allowed")
    assert older.get(here).status_code == 200


def test_twenty_are_enough(cast, clock, ana):
    for _n in range(20):
        Program(cast.ana)
    page = make(ana)
    assert page.status_code == 422 and "You have 20 tokens" in page.content.decode()


def test_no_log_says_a_token(caplog):
    import logging

    record = logging.LogRecord("x", 20, "f", 1, "sent %s", ("baton_" + "a" * 43,), None)
    HidesKeys().filter(record)
    assert record.getMessage() == "sent baton_…"


def test_what_is_unknown_or_not_meant_is_a_problem_like_any_other(cast, clock):
    program = Program(cast.ana)
    nowhere, wrong = program.get("/nothing"), program.post("/me", {})
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "not-found")
    assert (wrong.status_code, wrong.json()["code"], wrong["Allow"]) == (405, "method", "GET")


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v1", "/api/v1/", "/api/v2/me", "/api/v1/me/"])
def test_under_the_api_nothing_is_a_page(path):
    answer = Client().get(path)
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_what_cannot_be_read_is_a_problem_too(cast):
    program = Program(cast.ana)
    crowded = program.get("/incidents?" + "q=1&" * 1500)
    assert (crowded.status_code, crowded["Content-Type"]) == (400, "application/problem+json")
    twice = program.client.post(
        "/api/v1/incidents",
        '{"title": "This", "title": "That"}',
        content_type="application/json",
        headers={"Authorization": f"Bearer {program.key}"},
    )
    assert (twice.status_code, twice.json()["code"]) == (400, "unreadable")


@pytest.mark.parametrize(
    ("noun", "body"),
    [
        ("", {"title": "Hm", "service": "Pay\x00ments"}),
        ("/{n}/handover", {"to": "jo@\x00example.com"}),
        ("/{n}/participants", {"to": "jo@\x00example.com"}),
    ],
)
def test_a_name_that_no_database_takes_is_not_valid(cast, open_incident, noun, body):
    answer = Program(cast.ana).post("/incidents" + noun.format(n=open_incident().number), body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


def test_where_no_version_is_judged_nobody_relies_on_one(cast):
    program = Program(cast.ana)
    read = program.get("/preferences")
    answer = program.post("/views", {"name": "Mine"}, if_match=read["ETag"])
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "header.If-Match")


def test_what_it_has_already_is_not_sent_again(cast, clock):
    program = Program(cast.ana)
    first = program.get("/me")
    again = program.get("/me", if_none_match=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert "Set-Cookie" not in first and "Cookie" not in first.get("Vary", "")


def test_anybody_may_read_what_the_api_can_do():
    described = Client().get("/api/v1/openapi.json").json()
    assert described["openapi"].startswith("3.1") and "/api/v1/me" in described["paths"]
    page = Client().get("/api/v1/docs")
    assert page.status_code == 200 and "<script" not in page.content.decode()
    assert "<code>/<wbr>api/<wbr>v1/<wbr>me</code>" in page.content.decode(), "a long address breaks after a slash"
    assert "default-src 'none'" in page["Content-Security-Policy"]
