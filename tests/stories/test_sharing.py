"""Who may see an incident: those it is restricted to, who is let in, and who is mentioned."""

import json

import pytest
from django.core.management import call_command
from django.test import Client

from escalation.engine.models import Delivery
from escalation.kit.errors import Refused
from escalation.people.models import User
from escalation.trail.models import Entry
from incidents.models import Access, Incident
from tests.stories.test_incident_page import fresh, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def at_desk(cast):
    def sit(name):
        client = Client()
        client.force_login(getattr(cast, name))
        return client

    return sit


def seen_by(person, incident) -> bool:
    return Incident.objects.visible_to(person).filter(pk=incident.pk).exists()


def told(kind="mentioned") -> set[str]:
    return set(Delivery.objects.filter(kind=kind).values_list("person__name", flat=True))


# --- restricted -------------------------------------------------------------------------------


def test_restricted_from_the_beginning_it_is_for_who_takes_part(cast, at_desk):
    answer = at_desk("ana").post(
        "/incidents/new/", {"title": "Payroll is public", "service": cast.service.pk, "restricted": "on"}
    )
    incident = Incident.objects.get()
    assert answer.status_code == 302 and incident.restricted
    assert seen_by(cast.ana, incident) and seen_by(cast.jo, incident)  # Jo was called
    assert not seen_by(cast.sam, incident)


def test_restricted_later_who_did_anything_on_it_still_takes_part(open_incident, cast, at_desk):
    incident = open_incident()
    incident.note(by=cast.sam, text="Looking.")
    assert seen_by(cast.mei, incident) and seen_by(cast.kim, incident)
    answer = at_desk("ana").post(f"{incident.get_absolute_url()}restriction/", {"text": "Names of customers."})
    assert answer.status_code == 302
    for person, sees in ((cast.ana, True), (cast.jo, True), (cast.sam, True), (cast.mei, False), (cast.kim, False)):
        assert seen_by(person, incident) == sees, person
    entry = Entry.objects.filter(trail=incident.trail_id).latest("seq")
    assert (entry.kind, entry.said.text) == ("restricted", "Names of customers.")
    assert at_desk("mei").get(incident.get_absolute_url()).status_code == 404
    assert "Only who takes part: it is restricted." in words(at_desk("ana").get(incident.get_absolute_url()))
    call_command("audit_engine")


def test_a_supervisor_who_takes_part_lifts_it(open_incident, cast, at_desk):
    incident = open_incident(restricted=True)
    address = f"{incident.get_absolute_url()}restriction/end/"
    assert at_desk("sam").post(address, {"text": "Over."}).status_code == 404
    assert at_desk("ana").post(address, {"text": "Over."}).status_code == 403
    incident.let_in(by=cast.ana, person=cast.sam)
    assert at_desk("sam").post(address, {"text": " "}).status_code == 422
    assert at_desk("sam").post(address, {"text": "Over."}).status_code == 302
    assert at_desk("sam").post(address, {"text": "Over."}).status_code == 409
    assert seen_by(cast.mei, incident)


@pytest.mark.rehearsal("long")
def test_who_is_let_in_sees_it_and_is_told(open_incident, cast, at_desk):
    incident = open_incident(restricted=True)
    address = f"{incident.get_absolute_url()}participants/"
    found = at_desk("ana").post(address, {"find": "1", "q": "rita"})
    assert "Rita" in words(found) and "Sam Reyes" not in words(found)
    assert "May see it: Ana Ruiz and Jo Okafor." in words(found)
    assert at_desk("ana").post(address, {"text": "Look."}).status_code == 422
    assert at_desk("ana").post(address, {"to": cast.rita.pk, "text": "Look."}).status_code == 302
    assert seen_by(cast.rita, incident) and told() == {cast.rita.name}
    assert at_desk("rita").get(incident.get_absolute_url()).status_code == 200
    assert at_desk("ana").post(address, {"to": cast.rita.pk}).status_code == 409
    assert at_desk("kim").post(address, {"to": cast.kim.pk}).status_code == 404


# --- mentions ---------------------------------------------------------------------------------


def test_who_is_mentioned_in_a_note_is_told_once_and_may_see_it(open_incident, cast, at_desk):
    incident = open_incident(restricted=True)
    name = cast.rita.name
    answer = at_desk("ana").post(
        f"{incident.get_absolute_url()}notes/", {"kind": "note", "text": f"@{name}: yours? @{name}"}
    )
    assert answer.status_code == 302
    entry = Entry.objects.filter(trail=incident.trail_id).latest("seq")
    assert [one["name"] for one in json.loads(entry.data)["mentioned"]] == [name]
    assert seen_by(cast.rita, incident) and told() == {name}
    assert set(Delivery.objects.filter(kind="mentioned").values_list("run", flat=True)) == {incident.run.pk}
    assert f"Told: {name}." in words(at_desk("ana").get(incident.get_absolute_url()))


def test_an_attempt_mentions_too_nobody_is_told_of_themselves_and_the_gone_are_not_meant(open_incident, cast):
    incident = open_incident()
    cast.kim.is_active = False
    cast.kim.save()
    before = Access.objects.count()
    incident.attempt(by=cast.ana, outcome="no_effect", text=f"@ana, @{cast.jo.name} and @{cast.kim.name}: restarted.")
    assert told() == {cast.jo.name}
    assert not Access.objects.filter(person=cast.kim).exists()
    assert Access.objects.count() == before  # they took part already


def test_somebody_who_has_left_is_not_taken_for_one_whose_name_is_shorter(open_incident, cast):
    User.objects.create(email="kovac@example.com", name="Rita Kovac", is_active=False)
    incident = open_incident(restricted=True)
    incident.note(by=cast.ana, text="@Rita Kovac knew the payroll; @rita.kovac too.")
    assert not told() and not seen_by(cast.rita, incident)


def test_a_note_on_what_is_resolved_still_tells(open_incident, cast):
    incident = open_incident()
    incident.resolve(by=cast.ana, cause="change", text="Rolled back.")
    fresh(incident).note(by=cast.ana, text=f"For the review, @{cast.rita.name}.")
    assert told() == {cast.rita.name}
    call_command("audit_engine")
    assert Delivery.objects.filter(kind="mentioned", state="cancelled").count() == 0


def test_who_is_mentioned_at_night_is_told_in_the_morning_though_it_is_over_by_then(open_incident, cast):
    incident = open_incident()
    incident.note(by=cast.ana, text="@Rita, the invoice has to be sent again.")
    incident.resolve(by=cast.ana, cause="change", text="Rolled back.")
    states = Delivery.objects.filter(kind="mentioned").values_list("state", flat=True)
    assert set(states) == {"queued"}
    assert not Delivery.objects.filter(trail=incident.trail_id, kind="call", state="queued").exists()
    call_command("audit_engine")


def test_a_crowd_is_not_mentioned_by_accident(open_incident, cast):
    User.objects.bulk_create([User(email=f"p{n}@example.com", name=f"Person {n}") for n in range(21)])
    incident = open_incident()
    with pytest.raises(Refused, match="20 people"):
        incident.note(by=cast.ana, text=" ".join(f"@p{n}" for n in range(21)))
    assert not told()


def test_names_are_offered_to_who_may_write(open_incident, cast, at_desk):
    incident = open_incident(restricted=True)
    address = f"{incident.get_absolute_url()}mentions/"
    found = at_desk("ana").get(address, {"q": "re"})
    assert "Sam Reyes" in words(found) and "rita" not in words(found).lower()
    assert 'role="option"' not in at_desk("ana").get(address, {"q": ""}).content.decode()
    assert at_desk("sam").get(address, {"q": "re"}).status_code == 404
    assert at_desk("otto").get(address, {"q": "re"}).status_code == 403
