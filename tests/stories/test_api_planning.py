"""Programs plan maintenance, keep runbooks and save views, as the desk's forms would have it."""

import json

import pytest

from incidents.models import FirstView, MaintenanceWindow, SavedView
from tests.api_kit import Program
from tests.runbook_kit import write

pytestmark = pytest.mark.django_db
WINDOW = {"reason": "New database", "begins": "2026-03-02T14:00", "ends": "2026-03-02T16:00", "zone": "Europe/Berlin"}


def put(program, path: str, body=None, **headers):
    return program._send("put", path, body, headers)


@pytest.fixture
def kim(cast, clock):
    """Supervises the team that answers for Payments."""
    return Program(cast.kim)


def planned(cast, kim, **more) -> dict:
    answer = kim.post("/maintenance", {**WINDOW, "services": [cast.service.pk], **more})
    assert answer.status_code == 201, answer.json()
    return answer.json()


def test_a_window_is_planned_seen_by_all_and_ended(cast, clock, kim):
    made = planned(cast, kim)
    assert made["times"] == [{"starts_at": "2026-03-02T13:00:00Z", "ends_at": "2026-03-02T15:00:00Z"}]
    ana = Program(cast.ana)
    assert [one["reason"] for one in ana.get("/maintenance").json()["items"]] == ["New database"]
    path = f"/maintenance/{made['id']}"
    early = kim.post(f"{path}/end")
    assert early.status_code == 409 and early.json()["detail"] == "This window is not on now."
    clock.forward(hours=4)
    assert ana.get(path).json()["on"] is True
    assert kim.post(f"{path}/end").json()["on"] is False
    assert [one["id"] for one in ana.get("/maintenance?over=true").json()["items"]] == [made["id"]]


def test_only_who_may_plans_and_changes(cast, clock, kim):
    made = planned(cast, kim)
    body = {**WINDOW, "services": [cast.service.pk]}
    for person in (cast.ana, cast.sam, cast.otto):
        refused = Program(person, "plan").post("/maintenance", body)
        assert refused.status_code in (403, 422), person
    assert put(Program(cast.ana), f"/maintenance/{made['id']}", body).status_code == 403
    assert MaintenanceWindow.objects.count() == 1


def test_what_is_wrong_stands_at_its_field(cast, clock, kim):
    said = kim.post("/maintenance", {**WINDOW, "services": [], "ends": "tomorrow", "zone": "Europe/Atlantis"})
    fields = {one["field"] for one in said.json()["errors"]}
    assert said.status_code == 422 and fields == {"body.services", "body.ends", "body.zone"}
    whole = kim.post(
        "/maintenance", {**WINDOW, "services": [cast.service.pk], "everything": True, "public_text": "Soon"}
    )
    assert {one["field"] for one in whole.json()["errors"]} == {"body.everything", "body.public_text"}
    unknown = kim.post("/maintenance", {**WINDOW, "services": [cast.service.pk], "colour": "red"})
    assert unknown.status_code == 422 and unknown.json()["errors"][0]["field"] == "body.colour"


def test_a_list_names_each_once_and_an_answer_does_not_grow_with_the_mistakes(cast, clock, kim):
    twice = kim.post("/maintenance", {**WINDOW, "services": [cast.service.pk] * 3, "weekdays": [0, 0]})
    assert twice.json()["errors"] == [
        {"field": f"body.{name}", "message": "Something stands twice"} for name in ("services", "weekdays")
    ]
    many = kim.post("/maintenance", {**WINDOW, **{f"unknown_{n}": n for n in range(5000)}})
    assert many.status_code == 422 and len(many.json()["errors"]) == 100


def test_nobody_changes_a_window_that_they_did_not_see(cast, clock, kim):
    path = f"/maintenance/{planned(cast, kim)['id']}"
    seen = kim.get(path)["ETag"]
    body = {**WINDOW, "services": [cast.service.pk], "reason": "Newer database"}
    assert put(kim, path, body, if_match=seen).json()["reason"] == "Newer database"
    stale = put(kim, path, {**body, "reason": "Newest"}, if_match=seen)
    assert stale.status_code == 412 and stale.json()["code"] == "stale"
    assert kim.post(f"{path}/cancellation", if_match=seen).status_code == 412
    assert kim.post(f"{path}/cancellation").json()["cancelled_at"]


def test_a_runbook_is_found_read_written_and_reviewed(cast, clock):
    book = write(cast, services=[cast.service])
    mei, ana, path = Program(cast.mei), Program(cast.ana), f"/runbooks/{book.pk}"
    [row] = ana.get("/runbooks?q=queue+payments").json()["items"]
    assert row["title"] == book.title and ana.get("/runbooks?q=nothing").json()["items"] == []
    whole = mei.get(path)
    assert whole.json()["steps"][0]["words"] == "Look at the queue" and whole.json()["may_keep"]
    assert not ana.get(path).json()["may_keep"]
    assert put(ana, f"{path}/procedure", {"body": "- [ ] Mine"}).status_code == 403
    written = put(mei, f"{path}/procedure", {"body": "- [ ] Drain it"}, if_match=whole["ETag"])
    assert [one["words"] for one in written.json()["steps"]] == ["Drain it"]
    assert put(mei, f"{path}/procedure", {"body": "- [ ] Late"}, if_match=whole["ETag"]).status_code == 412
    assert put(mei, f"{path}/procedure", {"body": " "}).status_code == 422
    assert mei.post(f"{path}/review").json()["reviewed_by"]["name"] == cast.mei.name


def test_views_are_saved_shared_and_archived(cast, clock):
    ana, jo, rita = Program(cast.ana), Program(cast.jo), Program(cast.rita)
    desk = cast.teams["Service desk"].pk
    made = ana.post("/views", {"name": "Worst", "asked": "?severity=1&evil=1", "team": desk, "first": True})
    assert made.status_code == 201 and made.json()["asked"] == "severity=1" and made.json()["first"]
    path = f"/views/{made.json()['id']}"
    [seen] = jo.get("/views").json()["items"]
    assert (seen["name"], seen["may_change"], seen["first"]) == ("Worst", False, False)
    assert rita.get("/views").json()["items"] == []
    assert put(jo, path, {"name": "Mine now"}).status_code == 404
    assert put(jo, f"{path}/first").json()["first"] is True
    assert jo.delete(f"{path}/first").json()["first"] is False
    theirs = ana.post("/views", {"name": "Theirs", "team": cast.teams["Platform"].pk})
    assert theirs.status_code == 422 and theirs.json()["errors"][0]["field"] == "body.team"
    assert put(Program(cast.sam), path, {"name": "The worst", "team": desk}).json()["name"] == "The worst"
    assert ana.delete(path).json()["items"] == [] and SavedView.objects.get().archived_at
    assert FirstView.objects.count() == 1  # Ana's; an archived one leads nowhere


def test_preferences_and_calendars_are_ones_own(cast, clock):
    ana = Program(cast.ana)
    changed = ana._send("patch", "/preferences", {"time_zone": "Europe/Berlin", "keys_on": False}, {})
    assert changed.json() == {"time_zone": "Europe/Berlin", "theme": "system", "keys_on": False, "presence_on": True}
    wrong = ana._send("patch", "/preferences", {"time_zone": "Mars"}, {})
    assert wrong.status_code == 422 and wrong.json()["errors"][0]["field"] == "body.time_zone"
    added = ana.post("/absences", {"address": "webcal://calendar.example.com/secret/ana.ics"})
    assert added.status_code == 201 and "secret" not in json.dumps(added.json())
    [one] = added.json()["items"]
    assert Program(cast.jo).delete(f"/absences/{one['id']}").status_code == 404
    assert ana.post(f"/absences/{one['id']}/reading").status_code == 200
    assert ana.delete(f"/absences/{one['id']}").json()["items"] == []
