"""Programs ask who is on call, cover, swap and are told the same as people at the desk."""

from datetime import timedelta

import pytest

from escalation.oncall.models import Override
from tests.api_kit import Program, new_key
from tests.escalation.test_schedules import make_schedule

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def desk(cast, clock):
    """Ana has the first day and Jo has today, until nine tomorrow."""
    return make_schedule(team=cast.teams["Service desk"], people=[cast.ana, cast.jo])


def nine(clock, days: int) -> str:
    return (clock.now().replace(hour=9, minute=0) + days * DAY).isoformat()


def span(clock, first: int, last: int) -> dict:
    return {"starts_at": nine(clock, first), "ends_at": nine(clock, last)}


def test_who_is_on_call_now_and_at_another_instant(cast, clock, desk):
    ana = Program(cast.ana)
    [there] = ana.get("/oncall").json()["items"]
    assert (there["person"]["name"], there["next"]["name"]) == (cast.jo.name, cast.ana.name)
    assert there["until"] == "2026-03-03T09:00:00Z"
    [then] = ana.get("/oncall?at=2026-03-03T12:00:00Z").json()["items"]
    assert then["person"]["name"] == cast.ana.name
    shifts = ana.get(f"/schedules/{desk.pk}/shifts?until=2026-03-05T09:00:00Z").json()["items"]
    assert [one["person"]["name"].split()[0] for one in shifts] == ["Jo", "Ana", "Jo"]
    assert Program(cast.rita).get("/oncall").json()["items"] == []
    assert Program(cast.rita).get(f"/schedules/{desk.pk}").status_code == 404


def test_a_supervisor_says_who_covers_and_others_cover_themselves(cast, clock, desk):
    path = f"/schedules/{desk.pk}/overrides"
    made = Program(cast.sam).post(path, {**span(clock, 1, 2), "person": cast.jo.pk, "reason": "Ana is ill"})
    assert made.status_code == 201 and made.json()["person"]["name"] == cast.jo.name
    ana = Program(cast.ana)
    assert ana.post(path, span(clock, 2, 3)).json()["person"]["name"] == cast.ana.name
    refused = ana.post(path, {**span(clock, 4, 5), "person": cast.jo.pk})
    assert refused.status_code == 403 and "Only a supervisor of Service desk" in refused.json()["detail"]
    unknown = Program(cast.sam).post(path, {**span(clock, 4, 5), "person": cast.rita.pk})
    assert unknown.status_code == 422 and unknown.json()["errors"][0]["field"] == "body.person"
    nobody = Program(cast.sam).post(path, {**span(clock, 6, 7), "person": None})
    assert nobody.json()["person"] is None
    assert len(ana.get(path).json()["items"]) == 3


def test_what_is_sent_twice_covers_once(cast, clock, desk):
    sam, key = Program(cast.sam), new_key()
    body = {**span(clock, 1, 2), "person": cast.jo.pk}
    first, again = (sam.post(f"/schedules/{desk.pk}/overrides", body, idempotency_key=key) for _ in range(2))
    assert first.json() == again.json() and again["Idempotency-Replayed"] == "true"
    assert Override.objects.count() == 1


def test_nobody_overrules_what_they_did_not_know_of(cast, clock, desk):
    sam, path = Program(cast.sam), f"/schedules/{desk.pk}"
    seen = sam.get(path).json()["seen"]
    Program(cast.ana).post(f"{path}/overrides", span(clock, 2, 3))
    body = {**span(clock, 2, 3), "person": cast.jo.pk}
    refused = sam.post(f"{path}/overrides", {**body, "seen": seen})
    assert refused.status_code == 409 and "Meanwhile Ana Ruiz is on call" in refused.json()["detail"]
    assert sam.post(f"{path}/overrides", body).status_code == 201


def test_take_it_now_and_give_it_back(cast, clock, desk):
    ana, path = Program(cast.ana), f"/schedules/{desk.pk}"
    made = ana.post(f"{path}/cover", {}).json()
    assert made["ends_at"] == "2026-03-03T09:00:00Z"
    assert ana.post(f"{path}/cover", {}).json()["detail"] == "You are on call already."
    clock.forward(minutes=10)
    ended = ana.post(f"{path}/overrides/{made['id']}/cancellation")
    assert ended.status_code == 200 and ended.json()["cancelled_at"]
    assert ana.get("/oncall").json()["items"][0]["person"]["name"] == cast.jo.name


def test_a_swap_is_asked_for_accepted_once_and_seen_by_both(cast, clock, desk):
    ana, jo, path = Program(cast.ana), Program(cast.jo), f"/schedules/{desk.pk}/swaps"
    made = ana.post(path, {**span(clock, 1, 2), "asked": cast.jo.pk, "text": "A wedding"})
    assert made.status_code == 201 and made.json()["state"] == "open"
    one = f"{path}/{made.json()['id']}"
    assert [swap["text"] for swap in jo.get(path).json()["items"]] == ["A wedding"]
    assert Program(cast.rita).post(f"{one}/acceptance", {}).status_code == 404
    assert jo.post(f"{one}/acceptance", {}).json()["accepted_by"]["name"] == cast.jo.name
    again = jo.post(f"{one}/acceptance", {})
    assert again.status_code == 409 and again.json()["code"] == "stale"
    assert ana.post(f"{one}/withdrawal").status_code == 409
    assert jo.get(path).json()["items"] == []


def test_a_swap_is_declined_or_withdrawn(cast, clock, desk):
    ana, jo, path = Program(cast.ana), Program(cast.jo), f"/schedules/{desk.pk}/swaps"
    first = ana.post(path, {**span(clock, 1, 2), "asked": cast.jo.pk}).json()["id"]
    assert jo.post(f"{path}/{first}/refusal").json()["state"] == "declined"
    second = ana.post(path, span(clock, 1, 2)).json()["id"]
    assert jo.post(f"{path}/{second}/withdrawal").status_code == 403
    assert ana.post(f"{path}/{second}/withdrawal").json()["state"] == "withdrawn"
    half = ana.post(path, {**span(clock, 1, 2), "return_starts_at": nine(clock, 2)})
    assert half.status_code == 422 and half.json()["errors"][0]["field"] == "body.return_ends_at"


def test_a_token_that_only_reads_changes_nothing_and_an_auditors_neither(cast, clock, desk):
    path = f"/schedules/{desk.pk}/overrides"
    reads = Program(cast.sam, "read").post(path, {**span(clock, 1, 2), "person": cast.jo.pk})
    assert reads.status_code == 403 and reads.json()["code"] == "scope"
    assert Program(cast.otto, "plan").post(f"/schedules/{desk.pk}/cover", {}).status_code == 403
    assert not Override.objects.exists()
