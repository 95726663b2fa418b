"""Taking back what one has just done: on record, refused once anything else stands there, and nobody misled."""

import json
import re
from datetime import timedelta

import pytest
from django.test import Client

from escalation.engine.models import Delivery
from escalation.kit import clock as kit_clock
from escalation.kit.errors import Refused
from escalation.people.models import User
from escalation.trail.models import Entry
from escalation.trail.verifying import verify
from incidents.models import Incident
from incidents.models.undoing import SECONDS

pytestmark = pytest.mark.django_db


@pytest.fixture
def worked(open_incident, clock, cast):
    """Ana works on it."""
    incident = open_incident("Card payments fail")
    clock.forward(minutes=1)
    incident.acknowledge(by=cast.ana)
    return fresh(incident)


def fresh(incident) -> Incident:
    return Incident.objects.get(pk=incident.pk)


@pytest.fixture
def ana(cast) -> Client:
    return at_desk(cast.ana)


def at_desk(user: User) -> Client:
    client = Client(headers={"HX-Request": "true", "HX-Target": "dialog"})
    client.force_login(user)
    return client


def send(client, incident, noun, **data):
    data.setdefault("seen", fresh(incident).state_token)
    return client.post(f"{incident.get_absolute_url()}{noun}/", data)


def toast(answer) -> dict:
    return json.loads(answer["HX-Trigger"]).get("toast", {})


def last(incident) -> tuple[str, dict]:
    entry = Entry.objects.filter(trail=incident.trail_id).latest("seq")
    return entry.kind, json.loads(entry.data)


def trail(client, incident) -> str:
    return client.get(f"{incident.get_absolute_url()}?part=trail").content.decode()


def hand_over(client, incident, to):
    return send(client, incident, "handover", to=f"person:{to.pk}", text="Is it the acquirer?")


def hold(client, incident):
    return send(client, incident, "hold", wake="60", text="The supplier calls back")


# --- what can be taken back -------------------------------------------------------------------


def test_a_hand_over_is_taken_back_on_record_and_its_receiver_hears_of_it(worked, cast, ana, clock):
    undo = toast(hand_over(ana, worked, cast.tom))["undo"]
    Delivery.objects.filter(kind="offer", channel="email").update(state="sent", attempts=1)
    clock.forward(seconds=6)
    told = toast(ana.post(undo))
    assert told["text"] == "The offer is taken back; you hold it. Tom Adeyemi had the message already, and is told."
    assert "undo" not in told
    kind, data = last(worked)
    assert (kind, data["undoes"]["after_s"]) == ("taken_back", 6)
    run = fresh(worked).run
    assert (run.holder, run.offered_to) == (cast.ana, None)
    assert Delivery.objects.filter(kind="withdrawn", person=cast.tom).exists()
    assert "took back the hand-over to <b>Tom Adeyemi</b> after 6 s" in trail(ana, worked)
    assert verify(fresh(worked).trail, now=kit_clock.now()).fault is None


def test_what_has_not_left_does_not_leave_and_nobody_is_said_to_have_it(worked, cast, ana):
    undo = toast(hand_over(ana, worked, cast.tom))["undo"]
    assert toast(ana.post(undo))["text"] == "The offer is taken back; you hold it."
    states = set(Delivery.objects.filter(kind="offer", channel="email").values_list("state", flat=True))
    assert states == {"cancelled"}


def test_a_hold_is_taken_back_with_its_clock_and_everybodys_hands(worked, cast, ana, clock):
    worked.begin_work(by=cast.jo)
    left = fresh(worked).run.standing.deadline
    undo = toast(hold(ana, worked))["undo"]
    clock.forward(seconds=8)
    assert toast(ana.post(undo))["text"] == "The hold is taken back; the clocks go on."
    incident = fresh(worked)
    assert (incident.status, incident.run.standing.deadline) == ("acknowledged", left + timedelta(seconds=8))
    assert set(incident.effort().running) == {cast.ana.pk, cast.jo.pk}
    assert "took the hold back after 8 s" in trail(ana, worked)


def test_a_reassignment_goes_back_to_who_held_it_at_the_tier_they_held_it_at(worked, cast, clock):
    sam = at_desk(cast.sam)
    left = fresh(worked).run.standing.deadline
    undo = toast(send(sam, worked, "reassignment", to=f"person:{cast.mei.pk}"))["undo"]
    assert fresh(worked).run.tier == cast.tiers["l2"]
    clock.forward(seconds=3)
    assert sam.post(undo).status_code == 204
    run = fresh(worked).run
    assert (run.holder, run.tier, run.standing.deadline) == (cast.ana, cast.tiers["l1"], left)
    assert Delivery.objects.filter(kind="moved", person=cast.mei).exists()
    assert "took the reassignment back after 3 s" in trail(sam, worked)


def test_a_note_is_taken_back_and_both_stand_on_the_record(worked, ana):
    undo = toast(send(ana, worked, "notes", kind="note", text="It was node 7"))["undo"]
    assert toast(ana.post(undo))["text"] == "The note is taken back; the record keeps both."
    shown = trail(ana, worked)
    assert "It was node 7" in shown
    assert shown.count("taken-back") == 1
    assert "took the note back after 0 s" in shown


def test_several_at_once_come_back_together(open_incident, cast, ana):
    three = [open_incident(title) for title in ("One", "Two", "Three")]
    for one in three:
        one.acknowledge(by=cast.ana)
    picks = [f"{one.number}:{fresh(one).state_token}" for one in three]
    asked = {"verb": "hold", "pick": picks, "wake": "60", "text": "Waiting", "back": "/queue/"}
    undo = toast(ana.post("/queue/bulk/", asked))["undo"]
    fresh(three[1]).note(by=cast.jo, text="I am on the phone with them")
    answer = ana.post(undo)
    assert answer.status_code == 409
    told = toast(answer)["text"]
    assert told == f"2 taken back. Not these, on which something else stands by now: {three[1].ref}."
    assert [fresh(one).status for one in three] == ["acknowledged", "on_hold", "acknowledged"]


# --- what cannot ------------------------------------------------------------------------------


@pytest.mark.parametrize("since", ["note", "answer", "time"])
def test_it_is_refused_with_a_reason_once_anything_else_stands_there(since, worked, cast, ana, clock):
    undo = toast(hand_over(ana, worked, cast.tom))["undo"]
    if since == "note":
        fresh(worked).note(by=cast.jo, text="The acquirer says no")
    elif since == "answer":
        fresh(worked).accept(by=cast.tom)
    else:
        clock.forward(seconds=SECONDS + 1)
    before = fresh(worked).trail.length
    answer = ana.post(undo)
    assert answer.status_code == 409
    why = {"note": "Jo Okafor has added", "answer": "Tom Adeyemi has added", "time": "too long ago"}[since]
    assert why in toast(answer)["text"]
    assert fresh(worked).trail.length == before


def test_nobody_takes_back_what_somebody_else_did(worked, cast, ana):
    undo = toast(hand_over(ana, worked, cast.tom))["undo"]
    assert at_desk(cast.jo).post(undo).status_code == 409
    assert at_desk(cast.otto).post(undo).status_code == 403
    assert at_desk(cast.rita).post(undo).status_code == 404
    assert ana.get(undo).status_code == 405
    assert fresh(worked).run.offered_to == cast.tom


def test_who_may_no_longer_hold_it_does_not_get_it_back(worked, cast):
    sam = at_desk(cast.sam)
    undo = toast(send(sam, worked, "reassignment", to=f"person:{cast.mei.pk}"))["undo"]
    User.objects.filter(pk=cast.ana.pk).update(is_active=False)
    answer = sam.post(undo)
    assert (answer.status_code, fresh(worked).run.holder) == (409, cast.mei)


def test_what_calls_somebody_has_no_undo_and_what_is_gone_says_what_would_call(open_incident, cast, ana):
    incident = open_incident()
    assert "undo" not in toast(send(ana, incident, "acknowledgement"))
    answer = send(ana, incident, "escalation", to="step:0:1", reason="expertise", text="Needs the acquirer's people")
    assert "undo" not in toast(answer)
    sam = at_desk(cast.sam)
    assert "undo" not in toast(send(sam, incident, "reassignment", to=f"tier:{cast.tiers['l1'].pk}"))
    told = toast(send(ana, incident, "resolution", text="Rolled back", cause="change"))
    assert "undo" not in told
    assert told["text"] == f"{incident.ref} is resolved. To re-open it would call L1 Service desk again."


def test_a_note_that_called_somebody_in_stays(worked, cast, ana):
    assert "undo" not in toast(send(ana, worked, "notes", kind="note", text="@Rita could you look?"))
    assert Incident.objects.visible_to(cast.rita).filter(pk=worked.pk).exists()


@pytest.mark.rehearsal("long")
def test_an_offer_that_took_the_place_of_another_has_none(worked, cast, ana):
    hand_over(ana, worked, cast.tom)
    assert "undo" not in toast(hand_over(ana, worked, cast.jo))
    sam = at_desk(cast.sam)
    assert "undo" not in toast(send(sam, worked, "reassignment", to=f"person:{cast.mei.pk}"))


def test_the_verb_itself_refuses_what_is_no_deed(worked, cast):
    with pytest.raises(Refused, match="cannot be taken back"):
        worked.undo(by=cast.ana, seq=fresh(worked).trail.length)


def test_without_script_it_is_said_above_the_page(worked, cast):
    client = Client()
    client.force_login(cast.ana)
    worked.hold(by=cast.ana, until=worked.opened_at + timedelta(hours=2), text="Waiting")
    seq = fresh(worked).trail.length
    page = client.post(f"{worked.get_absolute_url()}undo/{seq}/", follow=True).content.decode()
    assert "The hold is taken back" in page
    page = client.post(f"{worked.get_absolute_url()}undo/{seq}/", follow=True).content.decode()
    assert "Nothing was changed." in page


@pytest.mark.rehearsal("long")
def test_without_script_the_message_has_a_button_that_takes_it_back(worked, open_incident, cast):
    client, path = Client(), worked.get_absolute_url()
    client.force_login(cast.ana)

    def undone(page) -> str:
        (undo,) = re.findall(r'<form id="undo-1" method="post" action="([^"]+)"', page.content.decode())
        assert 'form="undo-1"' in page.content.decode()
        return client.post(undo.replace("&amp;", "&"), follow=True).content.decode()

    sent = {"to": f"person:{cast.tom.pk}", "text": "Is it the acquirer?", "seen": fresh(worked).state_token}
    assert "The offer is taken back; you hold it." in undone(client.post(f"{path}handover/", sent, follow=True))
    page = undone(client.post(f"{path}notes/", {"kind": "note", "text": "It was node 7"}, follow=True))
    assert "The note is taken back" in page and "undo-1" not in page
    picks = [f"{one.number}:{one.state_token}" for one in (fresh(worked), open_incident("Two"))]
    asked = {"verb": "hold", "pick": picks, "wake": "60", "text": "Waiting", "back": "/queue/"}
    assert "2 taken back." in undone(client.post("/queue/bulk/", asked, follow=True))
    assert fresh(worked).status == "acknowledged"
