"""What a program sends twice is done once, whatever it heard the first time."""

from datetime import timedelta

import pytest
from django.utils.module_loading import import_string

from escalation.engine import registry
from escalation.people import keeping
from escalation.people.models import ApiAnswer
from escalation.people.tokens import ANSWERS_KEPT
from escalation.trail.models import Entry
from incidents.models import Access, Incident, Problem
from tests.api_kit import Program, new_key
from tests.threads import together

OPEN = {"title": "Card payments fail"}
NONE = {"cause": "", "also": [], "apart": []}


@pytest.mark.django_db
def test_the_same_request_under_the_same_name_is_done_once_and_told_the_same(cast, clock):
    ana, key = Program(cast.ana), new_key()
    first, again = (ana.post("/incidents", OPEN, idempotency_key=key) for _n in range(2))
    assert Incident.objects.count() == 1
    assert (again.status_code, again.content, again["ETag"], again["Location"]) == (
        201,
        first.content,
        first["ETag"],
        first["Location"],
    )
    assert again["Idempotency-Replayed"] == "true" and "Idempotency-Replayed" not in first


@pytest.mark.django_db
def test_who_may_not_see_it_any_more_is_not_told_again(cast, clock, open_incident):
    incident, ana = open_incident(by=cast.ada), Program(cast.ana)
    first, team = incident.number, cast.service.team_id
    problem = {"title": "The cards", "incident": first, "team": team, "owner": cast.ana.pk, **NONE}
    done = [(f"/incidents/{first}/notes", {"text": "Hm"}), ("/problems", problem), ("/incidents", OPEN)]
    named = [(path, body, new_key()) for path, body in done]

    def told() -> list[int]:
        return [ana.post(path, body, idempotency_key=key).status_code for path, body, key in named]

    assert told() == told() == [200, 201, 201]
    incident.resolve(by=cast.ada, cause="change", text="Done")
    review, key = {"incident": first}, new_key()
    assert ana.post("/reviews", review, idempotency_key=key).status_code == 201
    cast.ana.memberships.all().delete()
    Access.objects.filter(person=cast.ana).delete()
    Problem.people.through.objects.all().delete()  # else whoever had a hand in one sees it
    Problem.objects.update(owner=cast.ada)
    assert ana.post("/reviews", review, idempotency_key=key).status_code == 404
    assert told() == [404, 404, 404]


@pytest.mark.django_db
def test_another_request_under_the_same_name_is_refused(cast, clock, open_incident):
    incident, ana, key = open_incident(), Program(cast.ana), new_key()
    ana.post("/incidents", OPEN, idempotency_key=key)
    for path, body in (("/incidents", {"title": "Another"}), (f"/incidents/{incident.number}/notes", {"text": "Hm"})):
        answer = ana.post(path, body, idempotency_key=key)
        assert (answer.status_code, answer.json()["code"]) == (422, "key-reused")
    assert Program(cast.jo).post("/incidents", {"title": "Another"}, idempotency_key=key).status_code == 201
    assert ana.post("/incidents", OPEN, idempotency_key="x" * 256).status_code == 422


@pytest.mark.django_db
def test_what_was_refused_is_asked_anew(cast, clock, open_incident):
    incident, ana, key = open_incident(), Program(cast.ana), new_key()
    here = f"/incidents/{incident.number}"
    held = {"until": (clock.now() + timedelta(hours=1)).isoformat(), "text": "Wait"}
    ana.post(f"{here}/hold", held)
    assert ana.post(f"{here}/acknowledgement", idempotency_key=key).status_code == 409
    ana.delete(f"{here}/hold")
    assert ana.post(f"{here}/acknowledgement", idempotency_key=key).status_code == 200


@pytest.mark.django_db
def test_a_name_is_forgotten_after_a_day(cast, clock):
    ana, key = Program(cast.ana), new_key()
    ana.post("/incidents", OPEN, idempotency_key=key)
    clock.jump(seconds=ANSWERS_KEPT.total_seconds() + 1)
    assert ana.post("/incidents", {"title": "Another"}, idempotency_key=key).status_code == 201
    assert ApiAnswer.objects.count() == 1 and Incident.objects.count() == 2


@pytest.mark.django_db
def test_what_nobody_asks_for_again_is_forgotten_too(cast, clock):
    assert keeping.next_due() is None
    first, other = Program(cast.ana), Program(cast.sam)
    first.post("/incidents", OPEN, idempotency_key=new_key())
    due = keeping.next_due()
    assert due == clock.now() + ANSWERS_KEPT and keeping.tidy() == 0
    clock.jump(seconds=ANSWERS_KEPT.total_seconds())
    other.post("/incidents", OPEN, idempotency_key=new_key())
    [task] = [one.task for one in registry.watched() if one.next_due == keeping.next_due]
    assert due <= clock.now() and import_string(task)() == 1
    assert ApiAnswer.objects.get().token == other.token and keeping.tidy() == 0


@pytest.mark.django_db(transaction=True)
def test_of_two_that_come_at_once_one_is_done_and_both_are_told(cast, open_incident):
    incident, ana, key = open_incident(), Program(cast.ana), new_key()
    asked = [("/incidents", OPEN), (f"/incidents/{incident.number}/notes", {"text": "Only once"})]
    for path, body in asked:
        answers: list = []

        def send(path=path, body=body, answers=answers):
            answers.append(ana.post(path, body, idempotency_key=key + path[-5:]))

        together(send, send)
        assert {answer.status_code for answer in answers} <= {200, 201}
        assert answers[0].content == answers[1].content
    assert Incident.objects.count() == 2
    assert Entry.objects.filter(trail=incident.trail_id, kind="note").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_that_come_at_once_and_are_refused_neither_is_kept(cast, open_incident):
    incident, ana, key = open_incident(), Program(cast.ana), new_key()
    incident.acknowledge(by=cast.jo)
    answers: list = []

    def send():
        answers.append(ana.post(f"/incidents/{incident.number}/acknowledgement", idempotency_key=key))

    together(send, send)
    assert [answer.status_code for answer in answers] == [409, 409]
    assert not ApiAnswer.objects.exists()
