"""A program that asks what the warning signs advise, and takes or declines it for its person."""

import pytest

from incidents.models import AdviceAnswer, Incident
from tests.api_kit import Program, new_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def stuck(open_incident, cast, clock):
    """Ana has it, and three attempts did not help."""
    incident = open_incident("Card payments fail")
    incident.acknowledge(by=cast.ana)
    for _n in range(3):
        clock.forward(minutes=2)
        incident.attempt(by=cast.ana, text="Restarted the pool", outcome="no_effect")
    return Incident.objects.get(pk=incident.pk)


def at(incident: Incident, noun: str = "") -> str:
    return f"/incidents/{incident.number}/advice{noun}"


def kinds(incident: Incident) -> list[str]:
    return list(incident.trail.entries.order_by("seq").values_list("kind", flat=True))


def test_it_gives_signs_evidence_verdict_and_where_it_would_go(stuck, cast, client):
    answer = Program(cast.ana).get(at(stuck))
    said = answer.json()
    assert answer.status_code == 200 and said["verdict"] == "soon" and said["may_answer"]
    assert said["to"]["tier"] == "L2 Applications" and said["to"]["people"] and said["declined"] is None
    [sign] = [one for one in said["signs"] if one["key"] == "attempts"]
    assert sign["level"] == "strong" and sign["evidence"] == {"failed": 3, "worse": 0}
    client.force_login(cast.ana)
    assert sign["text"] in client.get(stuck.get_absolute_url()).content.decode()
    assert Program(cast.ana).get(at(stuck), if_none_match=answer["ETag"]).status_code == 304


def test_taking_it_escalates_once_with_the_signs_as_reason_and_text(stuck, cast):
    program, key = Program(cast.ana), new_key()
    to = program.get(at(stuck)).json()["to"]
    body = {"to": {"lap": to["lap"], "place": to["place"]}}
    first = program.post(at(stuck, "/taking"), body, idempotency_key=key)
    again = program.post(at(stuck, "/taking"), body, idempotency_key=key)
    assert first.status_code == 200 and first.json()["baton"]["tier"]["name"] == "L2 Applications"
    assert again.content == first.content
    assert AdviceAnswer.objects.get().taken and kinds(stuck).count("advice_taken") == 1
    program.post(at(stuck, "/taking"))
    assert AdviceAnswer.objects.count() == 1, "nothing advises it any more"


def test_declining_it_asks_why_and_says_who_did(stuck, cast):
    program = Program(cast.ana)
    assert program.post(at(stuck, "/refusal"), {}).status_code == 422
    assert program.post(at(stuck, "/refusal"), {"text": "The supplier calls back"}).status_code == 200
    said = program.get(at(stuck)).json()
    assert said["declined"]["by"] == cast.ana.name and not said["may_answer"] and said["verdict"] == "soon"
    assert not AdviceAnswer.objects.get().taken
    refused = program.post(at(stuck, "/taking"))
    assert (refused.status_code, refused.json()["code"]) == (409, "stale")


@pytest.mark.parametrize("noun", ["/taking", "/refusal"])
def test_what_leads_elsewhere_or_has_moved_is_refused_and_nothing_is_done(stuck, cast, noun):
    program, before = Program(cast.ana), kinds(stuck)
    body = {"text": "Wait"} if noun == "/refusal" else {}
    refused = program.post(at(stuck, noun), {**body, "to": {"lap": 0, "place": 9}})
    assert (refused.status_code, refused.json()["code"]) == (409, "stale")
    assert program.post(at(stuck, noun), body, if_match='"long-ago"').status_code == 412
    assert Program(cast.ana, "read").post(at(stuck, noun), body).status_code == 403
    assert kinds(stuck) == before and not AdviceAnswer.objects.exists()


def test_who_may_look_sees_it_and_may_not_answer_and_others_find_nothing(stuck, cast):
    looks = Program(cast.otto)
    assert looks.get(at(stuck)).json()["may_answer"] is False
    assert looks.post(at(stuck, "/taking")).status_code == 403
    stranger = Program(cast.rita)
    assert stranger.get(at(stuck)).status_code == stranger.post(at(stuck, "/taking")).status_code == 404
