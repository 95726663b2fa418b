"""A review by programs: begun from the record, written, shared and done, with the desk's rights and refusals."""

from datetime import timedelta

import pytest
from markdown_it import MarkdownIt

from escalation.trail.models import Entry
from incidents.models import Incident, Review
from tests.api_kit import Program

pytestmark = pytest.mark.django_db
WORDS = {"summary": "A release broke it", "helped": "Rolling back", "hindered": "", "factors": []}


@pytest.fixture
def over(open_incident, clock, cast):
    """Ana had it for four minutes, and rolled a release back."""
    incident = open_incident("Card payments fail")
    clock.forward(minutes=1)
    incident.acknowledge(by=cast.ana)
    clock.forward(minutes=3)
    incident.attempt(by=cast.ana, text="Rolled back 4.18.2", outcome="helped")
    incident.resolve(by=cast.ana, cause="change", text="Rolled back 4.18.2")
    return Incident.objects.get(pk=incident.pk)


@pytest.fixture
def sam(cast):
    return Program(cast.sam, "work")


def put(program: Program, path: str, body, **headers):
    return program._send("put", path, body, headers)


def begun(sam, over) -> str:
    made = sam.post("/reviews", {"incident": over.number})
    assert made.status_code == 201, made.json()
    return f"/reviews/{over.number}"


def test_from_the_record_to_the_last_action(cast, clock, over, sam):
    made = sam.post("/reviews", {"incident": over.number})
    path = f"/reviews/{over.number}"
    assert made.status_code == 201 and made["Location"] == f"/api/v1{path}"
    draft = made.json()
    assert draft["state"] == "draft" and draft["incident"]["ref"] == over.ref
    assert "open for 4 min. Somebody had it after 1 min." in draft["summary"]
    tried = next(one for one in draft["timeline"] if one["kind"] == "attempt")
    assert tried["words"].startswith("L1 Service desk made an attempt") and tried["text"] == "Rolled back 4.18.2"
    named = sam.get(f"{path}?names=true").json()["timeline"]
    assert any(one["words"].startswith("Ana Ruiz made an attempt") for one in named)
    factors = [{"kind": "change", "text": "4.18.2 went out untried"}]
    written = put(sam, f"{path}/words", WORDS | {"factors": factors}).json()
    assert written["factors"] == factors and written["summary"] == "A release broke it"
    remark = f"{path}/timeline/{tried['seq']}/remark"
    said = put(sam, remark, {"text": "Nobody knew yet."}).json()["timeline"]
    assert [one["remark"]["by"]["name"] for one in said if one["remark"]] == ["Sam Reyes"]
    assert not any(one["remark"] for one in sam.delete(remark).json()["timeline"])
    due = (clock.now() + timedelta(days=7)).date().isoformat()
    added = sam.post(f"{path}/actions", {"what": "Try releases first", "owner": "mei@example.com", "due": due}).json()
    assert [(one["owner"]["name"], one["due"], one["state"]) for one in added["actions"]] == [
        ("Mei Tanaka", due, "open")
    ]
    assert (
        put(sam, f"{path}/actions/1", {"owner": cast.ana.pk, "due": due}).json()["actions"][0]["owner"]["id"]
        == cast.ana.pk
    )
    assert sam.post(f"{path}/sharing").json()["state"] == "shared"
    ana = Program(cast.ana, "work")
    [mine] = ana.get("/reviews/actions?owner=me").json()["items"]
    assert (mine["what"], mine["incident"]["number"], mine["late"]) == ("Try releases first", over.number, False)
    assert ana.post(f"{path}/actions/1/completion").json()["state"] == "done"
    assert [one["state"] for one in sam.get("/reviews?state=done").json()["items"]] == ["done"]
    assert sam.get("/reviews?state=shared").json()["items"] == sam.get("/reviews?state=draft").json()["items"] == []
    kinds = Entry.objects.filter(trail=over.trail_id, kind__startswith="review").order_by("seq")
    assert list(kinds.values_list("kind", flat=True)) == [
        *("review_begun", "review_changed", "review_remark", "review_remark", "review_action"),
        *("review_action_moved", "review_shared", "review_action_done"),
    ]


def test_whoever_may_not_is_refused_as_at_the_desk(cast, open_incident, over, sam):
    still = sam.post("/reviews", {"incident": open_incident("Mail is late").number})
    assert still.status_code == 409 and "is open" in still.json()["detail"]
    path = begun(sam, over)
    again = sam.post("/reviews", {"incident": over.number})
    assert again.status_code == 409 and again.json()["detail"] == "Somebody has begun this review already."
    assert Program(cast.otto, "read").get(path).json()["may_write"] is False
    assert Program(cast.otto, "work").post(f"{path}/sharing").status_code == 403
    assert Program(cast.sam, "plan").post(f"{path}/sharing").json()["code"] == "scope"
    assert sam.get("/reviews/999999").status_code == 404
    over.reopen(by=cast.ana, text="It is back")
    Incident.objects.get(pk=over.pk).restrict(by=cast.ana, text="A customer's name is in it")
    hidden = Program(cast.rita)
    assert hidden.get(path).status_code == hidden.get(f"{path}/markdown").status_code == 404
    assert hidden.get("/reviews").json()["items"] == hidden.get("/reviews/actions").json()["items"] == []
    assert hidden.post("/reviews", {"incident": over.number}).status_code == 422
    assert sam.post(f"{path}/sharing").json()["detail"].startswith(f"{over.ref} was re-opened")


def test_what_is_wrong_stands_at_its_field(cast, clock, over, sam):
    path, today = begun(sam, over), clock.now().date()
    blank = put(sam, f"{path}/words", WORDS | {"factors": [{"kind": "person", "text": " "}]})
    assert {one["field"] for one in blank.json()["errors"]} == {"body.factors.0.kind", "body.factors.0.text"}
    many = put(sam, f"{path}/words", WORDS | {"factors": [{"kind": "change", "text": "It"}] * 21})
    assert many.status_code == 422 and many.json()["errors"][0]["field"] == "body.factors"
    half = put(sam, f"{path}/words", {"summary": "Only this"})
    assert {one["field"] for one in half.json()["errors"]} == {"body.helped", "body.hindered", "body.factors"}
    action = {"what": "Alert sooner", "owner": cast.mei.pk, "due": (today - timedelta(days=1)).isoformat()}
    past = sam.post(f"{path}/actions", action)
    assert past.json()["errors"] == [{"field": "body.due", "message": "That day has passed."}]
    unknown = sam.post(f"{path}/actions", action | {"due": today.isoformat(), "owner": "nobody@example.com"})
    assert unknown.json()["errors"][0]["field"] == "body.owner"
    auditor = sam.post(f"{path}/actions", action | {"due": today.isoformat(), "owner": cast.otto.pk})
    assert auditor.status_code == 422 and "is an auditor" in auditor.json()["detail"]
    assert put(sam, f"{path}/timeline/999/remark", {"text": "Where?"}).status_code == 404
    assert put(sam, f"{path}/actions/7", {"owner": cast.mei.pk, "due": today.isoformat()}).status_code == 404
    assert sam.post(f"{path}/actions/7/completion").status_code == 404


def test_nobody_writes_over_what_they_did_not_see_and_sees_it_then(cast, clock, over, sam):
    path = begun(sam, over)
    seen = sam.get(path)["ETag"]
    clock.forward(minutes=5)
    theirs = put(Program(cast.mei, "work"), f"{path}/words", WORDS, if_match=seen)
    assert theirs.status_code == 200 and theirs["ETag"] != seen
    late = put(sam, f"{path}/words", WORDS | {"summary": "What I typed"}, if_match=seen)
    assert late.status_code == 412 and late.json()["code"] == "stale"
    assert late.json()["state"]["summary"] == "A release broke it" and late["ETag"] == theirs["ETag"]
    assert sam.post(f"{path}/sharing", if_match=seen).status_code == 412
    assert Review.objects.get().shared_at is None
    with_names = sam.get(f"{path}?names=true")["ETag"]
    assert sam.post(f"{path}/sharing", if_match=with_names).status_code == 200


def test_once_is_once_and_a_late_action_is_listed(cast, clock, over, sam):
    path, due = begun(sam, over), clock.now().date().isoformat()
    body = {"what": "Alert sooner", "owner": cast.mei.pk, "due": due}
    first = sam.post(f"{path}/actions", body, idempotency_key="one")
    again = sam.post(f"{path}/actions", body, idempotency_key="one")
    assert again.json() == first.json() and len(again.json()["actions"]) == 1
    assert sam.get("/reviews/actions?late=true").json()["items"] == []
    clock.forward(hours=48)
    [late] = sam.get("/reviews/actions?late=true").json()["items"]
    assert late["late"] and sam.get(path).json()["actions"][0]["late"]
    dropped = sam.post(f"{path}/actions/1/refusal", {"text": "The gateway goes away"}).json()["actions"][0]
    assert (dropped["state"], dropped["why_dropped"], dropped["late"]) == ("dropped", "The gateway goes away", False)
    assert sam.post(f"{path}/actions/1/completion").status_code == 409


def test_the_list_of_actions_has_pages(cast, clock, over, sam):
    path, today = begun(sam, over), clock.now().date()
    for day in (9, 8, 8):
        due = (today + timedelta(days=day)).isoformat()
        sam.post(f"{path}/actions", {"what": f"Due in {day} days", "owner": cast.mei.pk, "due": due})
    found, address = [], "/reviews/actions?limit=1"
    while address:
        page = sam.get(address).json()
        found += [one["number"] for one in page["items"]]
        address = page["next"] and f"/reviews/actions?limit=1&cursor={page['next']}"
    assert found == [2, 3, 1]


def test_as_a_file_it_is_the_desks(cast, clock, over, sam):
    path = begun(sam, over)
    put(sam, f"{path}/words", WORDS | {"summary": "<script>alert(1)</script> [x](javascript:alert(1))"})
    file = sam.get(f"{path}/markdown")
    assert file["Content-Type"] == "text/markdown; charset=utf-8"
    text = file.content.decode()
    html = MarkdownIt().render(text)
    assert f"<h1>Review of {over.ref}: Card payments fail</h1>" in html and "Ana Ruiz" not in html
    assert "<script>" not in html and "href" not in html and "javascript:alert" in html
    assert "Ana Ruiz" in sam.get(f"{path}/markdown?names=true").content.decode()
    assert sam.get(f"{path}/markdown", if_none_match=file["ETag"]).status_code == 304
