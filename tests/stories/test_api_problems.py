"""Problems by programs: begun, corrected, fixed and measured, with the desk's rights and refusals."""

from datetime import timedelta

import pytest

from escalation.trail.models import TrailQuerySet
from incidents.models import Incident, Problem
from tests.api_kit import Program

pytestmark = pytest.mark.django_db


@pytest.fixture
def came(open_incident, cast, clock):
    """Five of the like, a day apart, the newest first."""
    found = []
    for _ in range(5):
        one = open_incident("Card payments fail")
        one.resolve(by=cast.ana, cause="software", text="Restarted")
        found.insert(0, Incident.objects.get(pk=one.pk))
        clock.jump(days=1)
    return found


def put(program: Program, path: str, body=None, **headers):
    return program._send("put", path, body or {}, headers)


def asked(cast, came, **facts) -> dict:
    first, *more = (one.number for one in came)
    body = {"title": "The gateway runs full", "owner": "mei@example.com", "team": cast.teams["Applications"].pk}
    return body | {"cause": "", "incident": first, "also": more, "apart": []} | facts


@pytest.mark.rehearsal("long")
def test_from_a_proposal_to_whether_it_helped(cast, came, clock):
    ana, mei = Program(cast.ana, "work"), Program(cast.mei, "work")
    [proposal] = ana.get("/problems/proposals").json()["items"]
    assert [one["number"] for one in proposal["incidents"]] == [one.number for one in came]
    assert proposal["incidents"][1]["why"] == "the same title · the same cause"
    body = asked(cast, came, also=[one.number for one in came[1:4]], apart=[came[4].number])
    made = ana.post("/problems", body)
    assert made.status_code == 201, made.json()
    path = f"/problems/{made.json()['id']}"
    assert made["Location"] == f"/api/v1{path}" and made.json()["owner"]["name"] == "Mei Tanaka"
    assert [one["number"] for one in made.json()["apart"]] == [came[4].number]
    assert ana.get("/problems/proposals").json()["items"] == []
    back = put(mei, f"{path}/incidents/{came[4].number}").json()
    assert len(back["incidents"]) == 5 and back["apart"] == []
    assert len(mei.delete(f"{path}/incidents/{came[3].number}").json()["incidents"]) == 4
    due = (clock.now() + timedelta(days=3)).date().isoformat()
    action = {"what": "Let the pool grow", "owner": cast.jo.pk, "due": due}
    assert mei.post(f"{path}/actions", action).json()["actions"][0]["owner"]["name"] == "Jo Okafor"
    assert Program(cast.jo, "work").post(f"{path}/actions/1/completion").json()["actions"][0]["state"] == "done"
    fixed = put(mei, f"{path}/fix", {"at": clock.now().isoformat()}).json()
    assert fixed["state"] == "fixed" and fixed["measured"]["verdict"] == "early"
    clock.jump(days=10)
    [row] = mei.get("/problems").json()["items"]
    assert row["cut"] is False
    measured = {"verdict": "helped", "before": 4, "after": 0, "days": 10}
    assert row["measured"] == measured | {"words": "It helped: 4 before, 0 after, in 10 days each."}
    assert mei.post(f"{path}/closing", {"text": "It is gone"}).json()["state"] == "closed"
    assert mei.post(f"{path}/reopening").json()["fixed_at"] is None


def test_refusals_are_the_desks_and_what_is_wrong_stands_at_its_field(cast, came, clock):
    ana, rita = Program(cast.ana, "work"), Program(cast.rita, "work")
    wrong = ana.post("/problems", asked(cast, came, team=999, also=[]))
    assert wrong.status_code == 422 and wrong.json()["errors"][0]["field"] == "body.team"
    hidden = rita.post("/problems", asked(cast, came))
    assert hidden.status_code == 422 and hidden.json()["errors"][0]["field"] == "body.incident"
    unknown = ana.post("/problems", asked(cast, came, also=[999_999]))
    assert unknown.json()["errors"][0]["field"] == "body.also.0" and not Problem.objects.exists()
    path = f"/problems/{ana.post('/problems', asked(cast, came)).json()['id']}"
    again = ana.post("/problems", asked(cast, came))
    assert again.status_code == 409 and "of another problem already" in again.json()["detail"]
    assert rita.get(path).status_code == rita.post(f"{path}/reopening").status_code == 404
    assert Program(cast.otto, "read").get(path).json()["may_write"] is False
    for only_looks in (cast.otto, cast.jo):
        assert Program(only_looks, "work").post(f"{path}/closing", {"text": "No"}).status_code == 403
    assert ana.post(f"{path}/reopening").status_code == 409
    assert ana.delete(f"{path}/incidents/999999").status_code == 404
    later = put(ana, f"{path}/fix", {"at": (clock.now() + timedelta(hours=1)).isoformat()})
    assert later.status_code == 422
    for never in ("0001-01-01T00:00:00Z", "1999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"):
        assert put(ana, f"{path}/fix", {"at": never}).status_code == 422


@pytest.mark.rehearsal("long")
def test_nobody_writes_over_what_they_did_not_see_and_whoever_hands_it_over_sees_it_still(cast, came):
    ana, mei = Program(cast.ana, "work"), Program(cast.mei, "work")
    path = f"/problems/{ana.post('/problems', asked(cast, came)).json()['id']}"
    seen = mei.get(path)["ETag"]
    told = {"title": "Full", "owner": cast.tom.pk, "team": cast.teams["Applications"].pk, "cause": ""}
    assert put(ana, f"{path}/words", told, if_match=seen).status_code == 200
    late = mei.post(f"{path}/closing", {"text": "It is over"}, if_match=seen)
    assert late.status_code == 412 and late.json()["state"]["title"] == "Full"
    Incident.objects.filter(pk__in=[one.pk for one in came]).update(restricted=True)
    elsewhere = told | {"title": "Too full", "team": cast.teams["Platform"].pk}
    assert put(ana, f"{path}/words", elsewhere).json()["title"] == "Too full"
    assert mei.get(path).status_code == 404 and Program(cast.tom).get(path).json()["incidents"] == []


@pytest.mark.rehearsal("long")
def test_a_link_that_is_seen_before_takes_both_locks_at_once(cast, came, monkeypatch):
    ana, mei = Program(cast.ana, "work"), Program(cast.mei, "work")
    path = f"/problems/{ana.post('/problems', asked(cast, came[:4])).json()['id']}"
    both = {Problem.objects.get().trail_id, came[4].trail_id}
    taken, lock = [], TrailQuerySet.lock

    def told(rows, ids):
        taken.append(set(ids))
        return lock(rows, taken[-1])

    monkeypatch.setattr(TrailQuerySet, "lock", told)
    here = f"{path}/incidents/{came[4].number}"
    assert put(mei, here, if_match=mei.get(path)["ETag"]).status_code == 200
    assert mei.delete(here, if_match=mei.get(path)["ETag"]).status_code == 200
    assert all(one == both for one in taken) and len(taken) == 4
    assert put(mei, f"{path}/incidents/999999", if_match=mei.get(path)["ETag"]).status_code == 404
