"""A program works an incident as its person would at the desk."""

import json
import subprocess
import sys
from datetime import timedelta
from io import BytesIO

import pytest
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.handlers.asgi import ASGIRequest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from escalation.people.models import User
from escalation.trail.models import Entry
from incidents.api import front, limits
from incidents.models import Incident
from tests.api_kit import Program
from tests.chat_kit import room
from tests.maintenance_kit import planner, to
from tests.many_kit import MOST, incidents

pytestmark = pytest.mark.django_db


@pytest.fixture
def programs(cast, clock):
    """By first name."""
    return {name: Program(getattr(cast, name)) for name in ("ana", "jo", "sam", "kim", "ada", "otto", "rita")}


def at(incident, noun: str = "") -> str:
    return f"/incidents/{incident.number}" + (f"/{noun}" if noun else "")


def code(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


# --- from the first call to the end -----------------------------------------------------------------


def test_an_incident_is_opened_taken_passed_on_and_resolved_and_every_answer_is_the_new_state(
    cast, clock, programs, phones
):
    ana, jo = programs["ana"], programs["jo"]
    opened = ana.post("/incidents", {"title": "Card payments fail", "service": "Payments", "impact": "high"})
    assert opened.status_code == 201
    new = opened.json()
    assert (new["status"], new["impact"], new["baton"]["holder"]) == ("triggered", "high", None)
    assert opened["Location"] == f"/api/v1/incidents/{new['number']}"
    assert phones.rang == ["ana", "jo"]
    here = f"/incidents/{new['number']}"
    taken = ana.post(f"{here}/acknowledgement").json()
    assert (taken["status"], taken["baton"]["holder"]["name"]) == ("acknowledged", cast.ana.name)
    offered = ana.post(f"{here}/handover", {"to": "JO@example.com", "brief": {"state": "Half of it works"}}).json()
    assert offered["baton"]["offered_to"]["name"] == cast.jo.name
    accepted = jo.post(f"{here}/acceptance").json()
    assert accepted["baton"]["holder"]["name"] == cast.jo.name
    over = jo.post(f"{here}/resolution", {"cause": "change", "text": "Rolled back"}).json()
    assert (over["status"], over["cause"], over["resolver"]["name"]) == ("resolved", "change", cast.jo.name)
    record = ana.get(f"{here}/record").json()["items"]
    assert [entry["kind"] for entry in record][-2:] == ["accepted", "resolved"]
    assert record[-1]["text"] == "Rolled back" and record[-1]["actor"]["name"] == cast.jo.name


def test_whatever_the_desk_refuses_is_refused_in_the_same_words(cast, clock, programs, open_incident):
    incident = open_incident()
    incident.acknowledge(by=cast.jo)
    answer = programs["ana"].post(at(incident, "acknowledgement"))
    assert code(answer) == (409, "state")
    assert answer.json()["detail"] == "Jo Okafor has already acknowledged this."
    assert code(programs["ana"].post(at(incident, "reassignment"), {"to": cast.ana.pk})) == (403, "not-allowed")
    assert code(programs["otto"].post(at(incident, "notes"), {"text": "Hm"})) == (403, "not-allowed")
    assert code(programs["ana"].post(at(incident, "notes"), {"text": " "})) == (422, "invalid")
    assert code(programs["rita"].get(at(incident))) == (404, "not-found")
    assert code(programs["rita"].post(at(incident, "notes"), {"text": "Hm"})) == (404, "not-found")
    assert code(programs["otto"].post("/incidents", {"title": "Hm"})) == (403, "not-allowed")
    assert Entry.objects.filter(trail=incident.trail_id, kind="note").count() == 0


def test_a_token_that_may_only_read_changes_nothing(cast, open_incident):
    incident, reader = open_incident(), Program(cast.ana, "read")
    assert reader.get(at(incident)).status_code == 200
    assert code(reader.post(at(incident, "acknowledgement"))) == (403, "scope")
    assert Incident.objects.get().status == "triggered"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body.text"),
        ({"text": "x" * 10_001}, "body.text"),
        ({"text": "a\x00b"}, "body.text"),
        ({"text": "x", "txt": "y"}, "body.txt"),
        ([], "body"),
    ],
)
def test_what_is_not_valid_says_where(cast, open_incident, programs, body, field):
    answer = programs["ana"].post(at(open_incident(), "notes"), body)
    assert code(answer) == (422, "invalid")
    assert field in [error["field"] for error in answer.json()["errors"]]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"[" * 500_000, "application/json", 400),
        (b" " * 1_000_001, "application/json", 413),
        (b"text=x", "application/x-www-form-urlencoded", 415),
    ],
    ids=["half", "no text", "deep", "large", "a form"],
)
def test_what_cannot_be_read_is_a_problem(cast, open_incident, programs, body, kind, status):
    ana = programs["ana"]
    answer = ana.client.post(
        "/api/v1" + at(open_incident(), "notes"), body, content_type=kind, headers=ana._headers({})
    )
    assert answer.status_code == status and answer["Content-Type"] == "application/problem+json"


# --- what it was made from --------------------------------------------------------------------------


def test_whoever_read_before_the_baton_moved_is_refused_and_told_who_was_faster(cast, clock, open_incident, programs):
    incident = open_incident()
    seen = programs["ana"].get(at(incident))["ETag"]
    Incident.objects.get().note(by=cast.jo, text="Looking")  # a note moves nothing
    incident.refresh_from_db()
    assert programs["jo"].post(at(incident, "acknowledgement"), if_match=seen).status_code == 200
    clock.jump(minutes=2)
    for noun, body in (("acknowledgement", None), ("facts", {"impact": "low"}), ("notes", {"text": "Late"})):
        answer = programs["ana"].post(at(incident, noun), body, if_match=seen)
        assert code(answer) == (412, "stale")
        assert answer.json()["detail"].startswith("Jo Okafor was faster: Jo Okafor acknowledged it")
    assert programs["ana"].post(at(incident, "notes"), {"text": "Whatever it is"}, if_match="*").status_code == 200


def test_what_has_not_changed_is_not_sent_again(cast, open_incident, programs):
    incident, ana = open_incident(), programs["ana"]
    for path in (at(incident), "/incidents", at(incident, "record")):
        first = ana.get(path)
        assert ana.get(path, if_none_match=first["ETag"]).status_code == 304
    before = ana.get(at(incident))["ETag"]
    noted = ana.post(at(incident, "notes"), {"text": "More"})
    assert noted["ETag"] != before and ana.get(at(incident), if_none_match=noted["ETag"]).status_code == 304


# --- lists ------------------------------------------------------------------------------------------


def numbers(program, path: str) -> list[int]:
    return [one["number"] for one in program.get(path).json()["items"]]


def test_a_list_is_read_page_by_page_and_nothing_is_twice_or_missing(cast, open_incident, programs):
    incidents(cast, 7)
    ana, found, cursor = programs["ana"], [], ""
    while cursor is not None:
        page = ana.get(
            f"/incidents?limit=3&sort=newest&cursor={cursor}" if cursor else "/incidents?limit=3&sort=newest"
        )
        found += [one["number"] for one in page.json()["items"]]
        cursor = page.json()["next"]
        open_incident()  # what is opened meanwhile stands before the first page
    assert found == sorted(found, reverse=True) and len(found) == len(set(found)) == 7
    assert code(ana.get("/incidents?cursor=made-up")) == (422, "invalid")
    other = ana.get("/incidents?limit=3&sort=newest").json()["next"]
    assert code(ana.get(f"/incidents?limit=3&sort=oldest&cursor={other}")) == (422, "invalid")


def test_a_page_that_has_not_changed_has_the_same_version(cast, clock, programs, monkeypatch):
    incidents(cast, 2)
    read = programs["ana"].get("/incidents?limit=1")
    monkeypatch.setattr(signing.TimestampSigner, "timestamp", lambda _signer: "later")
    again = programs["ana"].get("/incidents?limit=1", if_none_match=read["ETag"])
    assert read.json()["next"] and again.status_code == 304


def test_a_list_is_narrowed_as_the_queue_is(cast, clock, open_incident, programs):
    ana = programs["ana"]
    card, mail = open_incident("Card payments fail", people_affected=1900), open_incident("Mail is late", service=None)
    over = open_incident("Search is slow")
    card.acknowledge(by=cast.ana)
    over.resolve(by=cast.jo, cause="change", text="Rolled back")
    asked = {
        "": [card, mail],
        "status=acknowledged": [card],
        "status=resolved": [over],
        "status=resolved&q=slow": [over],
        "q=mail": [mail],
        "holder=me": [card],
        "holder=nobody": [mail],
        "scope=mine": [card],
        "service=none": [mail],
        f"service={cast.service.pk}": [card],
        "people=1000": [card],
        "cause=change&status=resolved&within=1h": [over],
        "since=1h&severity=1": [one for one in (card, mail) if one.severity == 1],
        f"tier={cast.tiers['l1'].pk}": [card, mail],
    }
    assert {query: set(numbers(ana, f"/incidents?{query}")) for query in asked} == {
        query: {one.number for one in found} for query, found in asked.items()
    }
    assert code(ana.get("/incidents?severity=9")) == (422, "invalid")
    mistyped = ana.get("/incidents?sevrity=1")
    assert code(mistyped) == (422, "invalid") and mistyped.json()["errors"][0]["field"] == "query.sevrity"
    assert numbers(programs["rita"], "/incidents") == []


@pytest.mark.rehearsal("long")
def test_reading_costs_few_queries_and_the_same_for_many(cast, clock, open_incident, programs):
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    incidents(cast, 10)
    ana, paths = (
        programs["ana"],
        ("/incidents?limit=100", "/incidents?limit=100&q=a", at(incident), at(incident, "record")),
    )

    def costs() -> dict[str, int]:
        found = {}
        for path in paths:
            with CaptureQueriesContext(connection) as queries:
                assert ana.get(path).status_code == 200
            found[path] = len(queries)
        return found

    costs()
    few = costs()
    incidents(cast, 70)
    assert costs() == few
    assert max(few.values()) <= MOST, few


# --- around it --------------------------------------------------------------------------------------


def test_a_file_goes_up_and_down_and_away(cast, open_incident, programs):
    incident, ana = open_incident(), programs["ana"]
    file = SimpleUploadedFile("trace.log", b"one line")
    answer = ana.client.post("/api/v1" + at(incident, "files"), {"file": file}, headers=ana._headers({}))
    (row,) = answer.json()["files"]
    assert (row["name"], row["size"]) == ("trace.log", 8)
    content = ana.get(at(incident, f"files/{row['id']}"))
    assert content.content == b"one line" and content["Content-Disposition"].startswith("attachment")
    assert code(programs["rita"].get(at(incident, f"files/{row['id']}"))) == (404, "not-found")
    assert ana.post(at(incident, f"files/{row['id']}/removal"), {"text": "Has names in it"}).json()["files"] == []
    assert code(ana.get(at(incident, f"files/{row['id']}"))) == (404, "not-found")


def test_what_its_reader_may_not_see_is_not_named(cast, clock, open_incident, programs):
    incident, secret = open_incident(), Incident.open(title="Salaries", by=cast.ada, restricted=True)
    incident.link(secret, kind="related", by=cast.ada)
    assert [one["number"] for one in programs["ada"].get(at(incident)).json()["links"]] == [secret.number]
    assert programs["kim"].get(at(incident)).json()["links"] == []
    for name, known in (("ada", secret.ref), ("kim", None)):
        (entry,) = programs[name].get(at(incident, "record?kind=linked")).json()["items"]
        assert entry["data"]["ref"] == known
    answer = programs["kim"].post(at(incident, "links"), {"number": secret.number})
    assert code(answer) == (422, "invalid")


def test_a_merge_moves_on_and_a_restriction_hides(cast, clock, open_incident, programs):
    one, same = open_incident(), open_incident("Cards do not work")
    merged = programs["ana"].post(at(same, "merging"), {"number": one.number, "text": "The same"}).json()
    assert (merged["status"], merged["links"][0]["kind"]) == ("resolved", "into")
    assert programs["ana"].post(at(one, "restriction"), {"text": "Names"}).json()["restricted"] is True
    assert code(programs["sam"].get(at(one))) == (404, "not-found")
    assert code(programs["ana"].post(at(one, "restriction/end"), {"text": "Gone"})) == (403, "not-allowed")
    programs["ana"].post(at(one, "participants"), {"to": cast.sam.pk})
    assert programs["sam"].post(at(one, "restriction/end"), {"text": "Gone"}).json()["restricted"] is False


def test_others_are_told_and_whoever_follows_says_so(cast, clock, open_incident, programs):
    incident, ana = open_incident(), programs["ana"]
    assert programs["jo"].post(at(incident, "follow")).json()["following"] is True
    before = ana.get(at(incident)).json()["update_version"]
    said = {"stage": "identified", "text": "A release broke it.", "version": before}
    sent = ana.post(at(incident, "updates"), said).json()
    assert (sent["last_update"]["number"], sent["last_update"]["told"]) == (1, 1)
    assert code(ana.post(at(incident, "updates"), said)) == (409, "stale")
    assert ana.post(at(incident, "updates/1/withdrawal"), {"text": "Not so"}).json()["last_update"]["withdrawn_at"]
    assert programs["jo"].delete(at(incident, "follow")).json()["following"] is False


def test_a_hold_is_taken_back_by_undo_or_ended(cast, clock, open_incident, programs):
    incident, ana = open_incident(), programs["ana"]
    ana.post(at(incident, "acknowledgement"))
    until = (clock.now() + timedelta(hours=1)).isoformat()
    held = ana.post(at(incident, "hold"), {"until": until, "text": "The supplier looks"}).json()
    assert held["status"] == "on_hold"
    assert ana.post(at(incident, f"undo/{held['last_entry']}")).json()["status"] == "acknowledged"
    ana.post(at(incident, "hold"), {"until": until, "text": "The supplier looks"})
    assert ana.delete(at(incident, "hold")).json()["status"] == "acknowledged"
    assert code(ana.post(at(incident, "hold"), {"until": "2026-03-02T12:00:00", "text": "No zone"})) == (422, "invalid")


def test_whoever_reports_the_worst_in_maintenance_says_whether_to_call(cast, clock, programs, phones):
    planner(cast, clock)()
    to(clock, 10, 30)
    worst = {"title": "Nobody can pay", "service": cast.service.pk, "impact": "high", "urgency": "high"}
    silent = programs["ana"].post("/incidents", worst)
    assert silent.status_code == 409 and silent.json()["code"] == "maintenance" and not Incident.objects.exists()
    assert "until Mon 2 Mar, 12:00 UTC." in silent.json()["detail"]
    User.objects.filter(pk=cast.ana.pk).update(time_zone="Asia/Tokyo")
    assert "until Mon 2 Mar, 21:00 JST." in programs["ana"].post("/incidents", worst).json()["detail"]
    assert timezone.get_current_timezone_name() == "UTC", "the next request begins anew"
    programs["ana"].post("/incidents", {**worst, "call_anyway": False})
    assert phones.rang == []
    programs["ana"].post("/incidents", {**worst, "call_anyway": True})
    assert phones.rang == ["ana", "jo"]


def test_the_record_keeps_the_facts_and_the_words(cast, clock, open_incident, programs):
    incident, ana = open_incident(), programs["ana"]
    ana.post(at(incident, "attempts"), {"text": "Restarted it", "outcome": "no_effect", "hypothesis": "A leak"})
    (entry,) = ana.get(at(incident, "record?kind=attempt")).json()["items"]
    assert (entry["hypothesis"], entry["text"], entry["data"]["outcome"]) == ("A leak", "Restarted it", "no_effect")
    newest = ana.get(at(incident, "record?sort=newest&limit=1")).json()
    assert newest["items"][0]["seq"] == entry["seq"] and newest["next"]
    assert json.dumps(newest)


# --- as the real server hands it on -----------------------------------------------------------------


def test_a_body_that_does_not_say_how_long_it_is_is_cut_off_all_the_same(cast, open_incident):
    program, path = Program(cast.ana), "/api/v1" + at(open_incident(), "notes")
    sent = [(b"authorization", f"Bearer {program.key}".encode()), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": sent}

    def status(body: bytes) -> int:
        return front.answer(ASGIRequest(scope, BytesIO(body))).status_code

    assert status(b'{"text": "In two pieces"}') == 200
    assert status(b" " * 1_000_001) == 413


ENDLESS = """
import asyncio
from escalation.asgi import application

taken, said = 0, []

async def receive():
    global taken
    taken += 100_000
    return {"type": "http.request", "body": b" " * 100_000, "more_body": True}

async def send(message):
    said.append(message)

headers = [(b"content-type", b"application/json")]
scope = {"type": "http", "method": "POST", "path": "/api/v1/incidents", "query_string": b"", "headers": headers}
asyncio.run(application(scope, receive, send))
print(taken, said[0]["status"], dict(said[0]["headers"])[b"content-type"].decode(), said[1]["body"].decode())
"""


@pytest.mark.rehearsal("long")
def test_the_server_takes_no_more_of_a_body_than_may_be():
    done = subprocess.run([sys.executable, "-c", ENDLESS], capture_output=True, text=True, check=True)
    taken, status, kind, problem = done.stdout.split(maxsplit=3)
    assert (int(taken), status, kind) == (1_100_000, "413", "application/problem+json")
    assert json.loads(problem)["code"] == "too-large"


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/api/v1/incidents", 1_000_000),
        ("/api", 1_000_000),
        ("/api/v1/incidents/1/files", 10 * 1024 * 1024 + 10_000),
        ("/apiary/", None),
        ("/incidents/1/files/", None),
    ],
)
def test_each_address_of_programs_has_its_bound(path, most):
    found = limits.bound(path)
    assert (found and found.most) == most


# --- chat channels ----------------------------------------------------------------------------------


def test_a_channel_is_told_of_an_incident_and_told_no_more(cast, programs, open_incident, settings):
    settings.SLACK_TOKEN = "xoxb-1"
    war, theirs = (
        room(cast.ada, name="War room", by_itself=False),
        room(cast.ada, name="Others", teams=[cast.teams["Facilities"]]),
    )
    here = at(open_incident(), "rooms")
    ana, otto = programs["ana"], programs["otto"]
    assert [(one["name"], one["told"]) for one in ana.get(here).json()["items"]] == [("War room", False)]
    assert otto.get(here).json()["items"] == []
    assert code(ana.post(here, {"room": theirs.pk})) == (422, "invalid")
    assert ana.post(here, {"room": war.pk}).status_code == 200
    assert code(ana.post(here, {"room": war.pk})) == (409, "state")
    assert [one["told"] for one in otto.get(here).json()["items"]] == [True]
    assert code(programs["rita"].get(here)) == (404, "not-found")
    assert ana.delete(f"{here}/{war.pk}").status_code == 200
    assert code(ana.delete(f"{here}/{war.pk}")) == (409, "stale")
