"""A case by programs: the same steps, form and rights as on its pages, and nothing of what was right before the end."""

import pytest

from incidents.models import TrainingGoal
from tests.api_kit import Program, new_key

pytestmark = pytest.mark.django_db
KEY = "3-no-access"
PLAYS = f"/training/cases/{KEY}/plays"
WAIT = {"when": "not-yet"}
TO_ACCESS = {"when": "now", "to": "2", "why": "access"}


@pytest.fixture
def ana(cast, clock):
    return Program(cast.ana, "plan")


def test_a_case_from_its_beginning_to_its_end(cast, ana):
    [mine] = [one for one in ana.get("/training").json()["cases"] if one["key"] == KEY]
    assert (mine["steps"], mine["best"], mine["play"]) == (3, None, None)
    play = ana.post(PLAYS).json()
    path = f"/training/plays/{play['id']}/answers"
    assert ana.post(PLAYS).json() == play, "it goes on where it was"
    assert [one["number"] for one in play["steps"]] == [1] and play["steps"][0]["answer"] is None
    assert play["targets"][1] == {"key": "2", "name": "The access desk, who may change the directory"}
    ana.post(path, {"step": 1, **WAIT})
    named = {"idempotency_key": new_key()}
    midway = ana.post(path, {"step": 2, **TO_ACCESS}, **named).json()
    assert ana.post(path, {"step": 2, **TO_ACCESS}, **named).json() == midway, "sent again, it is done once"
    assert "The access desk" in midway["steps"][1]["answer"]
    kept_back = {one[name] for one in midway["steps"] for name in ("mark", "points", "right", "signs", "comment")}
    assert kept_back == {None} and (midway["lesson"], midway["outcome"], midway["score"]) == (None, None, None)
    ended = ana.post(path, {"step": 3, **WAIT}).json()
    assert [one["mark"] for one in ended["steps"]] == ["right", "right", "missed"]
    assert (ended["score"], ended["steps"][2]["points"]) == (66, 0)
    assert any("2 attempts here did not help" in sign["words"] for sign in ended["steps"][2]["signs"])
    assert ended["lesson"].startswith("What you may not do") and ended["steps"][2]["comment"]
    told = ana.get("/training").json()
    assert [(one["id"], one["score"]) for one in told["plays"]] == [(play["id"], 66)] and told["people"] is None


def test_an_answer_is_given_once_to_the_step_that_has_come(ana):
    path = f"/training/plays/{ana.post(PLAYS).json()['id']}/answers"
    ana.post(path, {"step": 1, **WAIT})
    assert ana.post(path, {"step": 1, **WAIT}).status_code == 200, "the same again changes nothing"
    for step, said in ((1, TO_ACCESS), (3, WAIT)):
        refused = ana.post(path, {"step": step, **said})
        assert (refused.status_code, refused.json()["code"]) == (409, "stale")


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"when": "perhaps"}, "body.when"),
        ({"when": "now", "why": "access"}, "body.to"),
        ({"when": "now", "to": "9", "why": "access"}, "body.to"),
        ({"when": "now", "to": "2", "why": "boredom"}, "body.why"),
        ({"step": 0, "when": "now"}, "body.step"),
    ],
)
def test_what_is_no_answer_is_said_at_its_field(ana, said, field):
    path = f"/training/plays/{ana.post(PLAYS).json()['id']}"
    wrong = ana.post(f"{path}/answers", {"step": 1, **said})
    assert wrong.status_code == 422
    assert field in [one["field"] for one in wrong.json()["errors"]]
    assert len(ana.get(path).json()["steps"]) == 1


def test_by_when_somebody_trains_is_said_to_them_and_to_who_answers_for_them(cast, clock, ana):
    assert ana.get("/training").json()["due"] is None
    team = cast.ana.memberships.first().team
    TrainingGoal.objects.create(team=team, days=90, set_at=clock.now())
    due = ana.get("/training").json()["due"]
    assert (due["team"], due["late"]) == (team.name, False)
    people = Program(cast.ada, "read").get("/training").json()["people"]
    assert next(one["due"] for one in people if one["person"]["id"] == cast.ana.pk) == due


def test_who_answers_for_somebody_reads_along_and_nobody_else_does(cast, ana):
    path = f"/training/plays/{ana.post(PLAYS).json()['id']}"
    sam = Program(cast.sam, "plan")
    assert sam.get(path).json()["person"]["name"] == "Ana Ruiz"
    assert sam.post(f"{path}/answers", {"step": 1, **WAIT}).status_code == 403
    assert cast.ana.pk in [one["person"]["id"] for one in sam.get("/training").json()["people"]]
    assert Program(cast.jo, "plan").get(path).status_code == 404
    assert ana.post("/training/cases/no-such-case/plays").status_code == 404
    assert Program(cast.ana, "read").post(PLAYS).status_code == 403
    assert Program(cast.otto, "plan").post(PLAYS).status_code == 403, "an auditor looks on"
