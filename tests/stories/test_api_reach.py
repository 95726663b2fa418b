"""Somebody's program sets how they are reached, and nobody else's."""

import json

import pytest

from escalation.notify import codes
from escalation.notify.models import ContactMethod
from tests.api_kit import Program
from tests.reach_kit import Carriers, account, method, work

pytestmark = pytest.mark.django_db


@pytest.fixture
def carriers(monkeypatch) -> Carriers:
    return Carriers().use(monkeypatch)


@pytest.fixture
def ana(cast, clock, carriers):
    return Program(cast.ana)


def way_of(answer, channel: str) -> dict:
    return next(one for one in answer.json()["ways"] if one["channel"] == channel)


def test_a_way_is_added_verified_tested_and_removed(cast, clock, carriers, ana):
    added = ana.post("/reach/ways", {"channel": "sms", "address": "+49 151 2345678", "label": "mine"})
    assert added.status_code == 201 and way_of(added, "sms")["verified_at"] is None
    path = f"/reach/ways/{way_of(added, 'sms')['id']}"
    refused = ana.post(f"{path}/tests")
    assert refused.status_code == 409 and refused.json()["detail"] == "Verify it first."
    wrong = ana.post(f"{path}/verification", {"code": "000"})
    assert wrong.status_code == 422 and wrong.json()["errors"][0]["field"] == "body.code"
    assert ContactMethod.objects.get(channel="sms").code_tries == 1
    code = codes.code_of(ContactMethod.objects.get(channel="sms").code_proof)
    assert way_of(ana.post(f"{path}/verification", {"code": code}), "sms")["verified_at"]
    clock.forward(minutes=5)
    assert way_of(ana.post(f"{path}/tests"), "sms")["last"] == "waiting"
    work()
    assert way_of(ana.get("/reach"), "sms")["last"] == "ok"
    assert [one["channel"] for one in ana.delete(path).json()["ways"]] == ["email"]
    assert ana.delete(path).status_code == 404


@pytest.mark.rehearsal("long")
def test_rules_and_quiet_hours(cast, clock, carriers, ana):
    phone = method(cast.ana, "sms", "+491512345678")
    added = ana.post("/reach/rules", {"urgency": "loud", "way": phone.pk, "delay_minutes": 5})
    assert added.status_code == 201
    loud = next(one for one in added.json()["chains"] if one["urgency"] == "loud")
    assert "after 5 minutes" in loud["sentence"]
    rule = next(one["id"] for one in loud["rules"] if one["way"] == phone.pk)
    again = ana.post("/reach/rules", {"urgency": "loud", "way": phone.pk, "delay_minutes": 5})
    assert again.status_code == 422 and "You have this rule already." in json.dumps(again.json())
    assert ana.delete(f"/reach/rules/{rule}").status_code == 200
    assert ana.delete(f"/reach/rules/{rule}").status_code == 404
    quiet = ana._send("put", "/reach/quiet", {"begins": "22:00", "ends": "07:00"}, {})
    assert quiet.json()["quiet"] == {"begins": "22:00", "ends": "07:00"}
    assert ana._send("put", "/reach/quiet", {"begins": "22:00", "ends": "late"}, {}).status_code == 422
    assert ana.delete("/reach/quiet").json()["quiet"] is None


def test_what_is_somebody_elses_is_not_there(cast, clock, carriers, ana):
    theirs = method(cast.jo, "sms", "+491519999999")
    for path in (f"/reach/ways/{theirs.pk}/tests", f"/reach/ways/{theirs.pk}/codes"):
        assert ana.post(path).status_code == 404
    assert ana.delete(f"/reach/ways/{theirs.pk}").status_code == 404
    rule = ana.post("/reach/rules", {"urgency": "loud", "way": theirs.pk})
    assert rule.status_code == 422 and rule.json()["errors"][0]["field"] == "body.way"
    assert "9999999" not in ana.get("/reach").content.decode()
    assert "@" not in ana.get("/people").content.decode()
    assert ana.delete(f"/reach/ways/{account(cast.ana).pk}").status_code == 409
