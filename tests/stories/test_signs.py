"""Warning signs on the incident's page, and what people make of the advice."""

import json
from datetime import timedelta

import pytest
from django.core.cache import cache

from escalation.kit.errors import Refused
from escalation.people.models import Skill, Team
from escalation.trail.models import Entry
from incidents.models import AdviceAnswer, AlertKey, Incident, SignSettings, Source
from incidents.models.advising import Advice, Advised

pytestmark = pytest.mark.django_db


@pytest.fixture
def look(client):
    def at(incident: Incident, user, part: str = "signs") -> str:
        cache.clear()  # what is known of other incidents is kept for some minutes
        client.force_login(user)
        answer = client.get(f"{incident.get_absolute_url()}?part={part}", headers={"HX-Request": "true"})
        assert answer.status_code == 200
        return " ".join(answer.content.decode().split())

    return at


@pytest.fixture
def stuck(open_incident, cast, clock):
    """Ana has it, and three attempts did not help."""
    incident = open_incident("Card payments fail")
    incident.acknowledge(by=cast.ana)
    for _n in range(3):
        clock.forward(minutes=2)
        incident.attempt(by=cast.ana, text="Restarted the pool", outcome="no_effect")
    return incident


def send(client, incident: Incident, noun: str, **words):
    words.setdefault("seen", Incident.objects.get(pk=incident.pk).state_token)
    return client.post(f"{incident.get_absolute_url()}{noun}/", words)


def data_of(incident: Incident, kind: str) -> dict:
    return json.loads(Entry.objects.filter(trail=incident.trail_id, kind=kind).latest("seq").data)


def test_an_incident_without_signs_has_no_panel(open_incident, cast, look):
    incident = open_incident()
    assert "Warning signs" not in look(incident, cast.ana)
    incident.acknowledge(by=cast.ana)
    assert "Warning signs" not in look(incident, cast.ana)


def test_the_panel_says_escalate_to_whom_and_why(stuck, cast, look):
    page = look(stuck, cast.ana)
    assert "Escalate soon" in page
    assert "to L2 Applications" in page
    assert "(Mei Tanaka)" in page
    assert "3 attempts here did not help" in page
    assert 'data-key="t"' in page


def test_signs_of_the_clock_show_by_themselves(open_incident, cast, clock, look):
    incident = open_incident(impact=1, urgency=1)
    incident.acknowledge(by=cast.ana)
    clock.forward(minutes=12, seconds=30)
    page = look(incident, cast.ana)
    assert "The time to work on it is over in 2 min; then it goes on anyway" in page
    assert "too little history to say whether that is much: 0 similar incidents of 10" in page
    clock.forward(minutes=3)  # it has gone on, and begins with a clean sheet
    assert "Warning signs" not in look(incident, cast.ana)


def test_what_it_needs_and_its_holder_lacks_is_a_strong_sign(open_incident, cast, look):
    pci = Skill.objects.create(name="PCI access", kind="access")
    incident = open_incident("Card payments fail")
    incident.state_needs(by=cast.ana, skills=[pci])
    assert "Warning signs" not in look(incident, cast.ana)  # nobody has it yet
    incident.acknowledge(by=cast.ana)
    page = look(incident, cast.ana)
    assert "Escalate soon" in page
    assert "lacks what it needs: PCI access" in page
    cast.ana.skills.add(pci)
    assert "Warning signs" not in look(incident, cast.ana)


def test_one_press_takes_the_advice(stuck, cast, client, phones):
    client.force_login(cast.ana)
    assert send(client, stuck, "advice", to="step:0:1").status_code == 302
    incident = Incident.objects.get(pk=stuck.pk)
    assert incident.run.tier == cast.tiers["l2"]
    assert phones.rang[-1] == "mei"
    taken = data_of(incident, "advice_taken")
    assert taken["verdict"] == "soon"
    assert taken["signs"] == [{"key": "attempts", "level": 2, "amount": 3, "failed": 3, "worse": 0}]
    assert (taken["tier"], taken["to"], taken["preset"]) == ("L1 Service desk", "L2 Applications", "balanced")
    called = Entry.objects.filter(trail=incident.trail_id, kind="called").latest("seq")
    assert data_of(incident, "called")["reason"] == "expertise"
    assert called.said.text == "3 attempts here did not help."
    answer = AdviceAnswer.objects.get()
    assert (answer.taken, answer.person, answer.entry.kind) == (True, cast.ana, "advice_taken")


def test_who_has_just_got_it_is_not_told_to_pass_it_on(stuck, cast, client, look):
    client.force_login(cast.ana)
    send(client, stuck, "advice")
    assert "Warning signs" not in look(stuck, cast.mei)


@pytest.mark.rehearsal("long")
def test_not_now_asks_why_and_is_quiet_until_it_gets_worse(stuck, cast, client, look):
    client.force_login(cast.ana)
    empty = send(client, stuck, "advice/refusal", text=" ")
    assert empty.status_code == 422
    assert not AdviceAnswer.objects.exists()
    assert send(client, stuck, "advice/refusal", text="The vendor calls back at ten").status_code == 302
    page = look(stuck, cast.ana)
    assert "Ana Ruiz said not now at 09:36: The vendor calls back at ten" in page
    assert "do-advice" not in page
    assert AdviceAnswer.objects.get().taken is False
    for _n in range(2):
        stuck.attempt(by=cast.ana, text="Again", outcome="no_effect")
    assert "do-advice" in look(stuck, cast.ana)


def test_not_now_of_another_day_says_which(stuck, cast, client, look, clock):
    client.force_login(cast.ana)
    send(client, stuck, "advice/refusal", text="The vendor calls back on Tuesday")
    stuck.hold(by=cast.ana, until=clock.now() + timedelta(days=1), text="The vendor calls back")
    clock.jump(days=1)
    stuck.resume(by=cast.ana)
    assert "Ana Ruiz said not now at Mon 2 Mar, 09:36:" in look(stuck, cast.ana)
    stuck.resolve(by=cast.ana, cause="change", text="The vendor mended it")
    assert "The advice at Mon 2 Mar, 09:36, which Ana Ruiz declined:" in look(stuck, cast.ana)


def test_a_declined_advice_is_not_declined_for_the_next_tier(stuck, cast, client, look):
    client.force_login(cast.ana)
    send(client, stuck, "advice/refusal", text="I have one more idea")
    stuck.escalate(by=cast.ana, reason="expertise", text="It was no good")
    stuck.acknowledge(by=cast.mei)
    for _n in range(3):
        stuck.attempt(by=cast.mei, text="Rolled back", outcome="no_effect")
    assert "Escalate to L3 Platform" in look(stuck, cast.mei)


@pytest.mark.rehearsal("long")
def test_a_press_on_an_old_page_escalates_nothing(stuck, cast, client):
    client.force_login(cast.ana)
    seen = stuck.state_token
    stuck.hand_over(by=cast.ana, to=cast.jo, text="Yours?")
    assert send(client, stuck, "advice", seen=seen).status_code == 409
    stuck.take_back(by=cast.ana)
    assert send(client, stuck, "advice", seen=seen).status_code == 409
    assert send(client, stuck, "advice", to="step:0:2").status_code == 409  # it said L3 then
    stuck.attempt(by=cast.ana, text="Failed over", outcome="helped")
    assert send(client, stuck, "advice").status_code == 409  # nothing advises it any more
    assert Incident.objects.get(pk=stuck.pk).run.tier == cast.tiers["l1"]
    assert not AdviceAnswer.objects.exists()


def test_the_verb_itself_refuses_who_may_not_and_what_is_stale(stuck, cast, client):
    advised = Advised("soon", [], "L1 Service desk", "L2 Applications", "balanced")
    advice = Advice(advised, (0, 1), "time", "x")
    with pytest.raises(Refused):
        stuck.take_advice(by=cast.otto, judge=lambda: advice)
    with pytest.raises(Refused):
        stuck.decline_advice(by=cast.ana, judge=lambda: advice, text="x", seen="1.0")
    assert not AdviceAnswer.objects.exists()


def test_who_only_looks_sees_the_signs_and_no_button(stuck, cast, client, look):
    page = look(stuck, cast.otto)
    assert "3 attempts here did not help" in page
    assert "do-advice" not in page
    assert send(client, stuck, "advice").status_code == 403
    assert send(client, stuck, "advice/refusal", text="No").status_code == 403
    client.force_login(cast.rita)
    for noun in ("advice", "advice/refusal"):
        assert client.get(f"{stuck.get_absolute_url()}{noun}/").status_code == 404
        assert send(client, stuck, noun, text="No").status_code == 404


def test_without_script_the_address_asks_first(stuck, cast, client):
    client.force_login(cast.ana)
    page = client.get(f"{stuck.get_absolute_url()}advice/").content.decode()
    assert "To L2 Applications: Mei Tanaka. Why: 3 attempts here did not help." in page


def test_nothing_is_advised_while_it_waits(stuck, cast, clock, look):
    stuck.hold(by=cast.ana, until=clock.now() + timedelta(hours=1), text="The vendor calls back")
    assert "Warning signs" not in look(stuck, cast.ana)
    stuck.resume(by=cast.ana)
    assert "Warning signs" in look(stuck, cast.ana)
    stuck.hand_over(by=cast.ana, to=cast.jo, text="Yours?")
    assert "Warning signs" not in look(stuck, cast.ana)


def test_at_the_end_of_the_path_it_says_what_is_left(stuck, cast, look):
    stuck.escalate(by=cast.ana, reason="expertise", text="Theirs", to=(0, 2))
    stuck.acknowledge(by=cast.tom)
    for _n in range(3):
        stuck.attempt(by=cast.tom, text="Failed over", outcome="worse")
    page = look(stuck, cast.tom)
    assert "3 attempts here did not help, 3 made it worse" in page
    assert "Nobody is there on a later step of this path" in page
    assert "do-advice" not in page


def test_from_hand_to_hand_and_back(open_incident, cast, look):
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    for giver, to in ((cast.ana, cast.jo), (cast.jo, cast.ana)):
        incident.hand_over(by=giver, to=to, text="Yours?")
        incident.accept(by=to)
    assert "Handed on 2 times, 1 of them back to somebody who had had it" in look(incident, cast.ana)


def test_more_people_and_a_re_opening(open_incident, cast, clock, look):
    incident = open_incident(people_affected=40)
    incident.acknowledge(by=cast.ana)
    incident.resolve(by=cast.ana, cause="change", text="Rolled back")
    incident.reopen(by=cast.ana, text="It is back")
    clock.forward(minutes=4)
    incident.state(by=cast.ana, people_affected=1900)
    page = look(incident, cast.ana)
    assert "1,900 people affected, 47 times the 40 of 4 min ago" in page
    assert "Re-opened 1 time" in page
    assert "Escalate now" in page
    incident.escalate(by=cast.ana, reason="impact", text="It grows")
    assert "Warning signs" not in look(incident, cast.ana)


@pytest.mark.rehearsal("long")
def test_hands_on_time_is_compared_with_ten_similar_ones(open_incident, cast, clock, look):
    for n in range(9):
        solved(open_incident(f"Number {n}"), cast, clock, minutes=6)
    incident = open_incident("Card payments fail")
    incident.acknowledge(by=cast.ana)
    clock.forward(minutes=11)
    assert "9 similar incidents of 10" in look(incident, cast.ana)
    solved(open_incident("Number 9", by=cast.jo), cast, clock, minutes=1)
    page = look(incident, cast.ana)
    assert "12 min of hands-on time here; similar incidents took 6 min in all (the middle of 10)" in page


def solved(incident: Incident, cast, clock, *, minutes: int) -> None:
    incident.acknowledge(by=cast.jo)
    clock.forward(minutes=minutes)
    incident.resolve(by=cast.jo, cause="change", text="Rolled back")


def test_restricted_incidents_are_in_no_median(open_incident, cast, clock, look):
    for n in range(10):
        solved(open_incident(f"Number {n}", by=cast.jo, restricted=True), cast, clock, minutes=2)
    incident = open_incident("Card payments fail")
    incident.acknowledge(by=cast.ana)
    clock.forward(minutes=10)
    assert "0 similar incidents of 10" in look(incident, cast.ana)


def test_who_sees_only_this_one_is_told_nothing_of_how_long_others_took(open_incident, cast, clock, look):
    for n in range(10):
        solved(open_incident(f"Number {n}"), cast, clock, minutes=2)
    incident = open_incident("Card payments fail")
    incident.acknowledge(by=cast.ana)
    incident.hand_over(by=cast.ana, to=cast.rita, text="You know this one")
    incident.accept(by=cast.rita)
    clock.forward(minutes=10)
    assert "0 similar incidents of 10" in look(incident, cast.rita)
    assert "the middle of 10" in look(incident, cast.ana)


def test_the_same_trouble_before_counts_what_the_viewer_may_see(open_incident, cast, clock, look):
    for restricted in (False, False, True, True):
        solved(open_incident("Card payments fail", by=cast.jo, restricted=restricted), cast, clock, minutes=1)
    clock.jump(days=20)
    incident = open_incident("card payments FAIL")
    assert "The same trouble 2 times in 30 days before" in look(incident, cast.kim)
    # Neither for who may see the others: what they answer stands on a record that everybody here reads.
    assert "The same trouble 2 times in 30 days before" in look(incident, cast.ada)
    clock.jump(days=20)
    assert "The same trouble" not in look(open_incident("Something else"), cast.ana)


def test_the_same_alert_under_another_title_is_the_same_trouble(open_incident, cast, clock, look):
    source = Source.objects.create(name="Alertmanager", service=cast.service)
    for n in range(3):
        incident = open_incident(f"Error rate {n} %", source=source)
        now = clock.now()
        AlertKey.objects.create(
            source=source, key="err", incident=incident, first_seen=now, last_seen=now, ended_at=now
        )
        clock.forward(seconds=1)
    assert "The same trouble 2 times" in look(incident, cast.ana)


def test_an_agent_who_sees_it_by_name_counts_no_others(open_incident, cast, clock, look):
    cast.teams["Guests"] = Team.objects.create(name="Guests")
    for _n in range(2):
        solved(open_incident("Card payments fail", by=cast.jo), cast, clock, minutes=1)
    incident = open_incident("Card payments fail")
    incident.acknowledge(by=cast.ana)
    incident.hand_over(by=cast.ana, to=cast.rita, text="You know this one")
    incident.take_back(by=cast.ana)
    assert "The same trouble" in look(incident, cast.ana)
    assert "The same trouble" not in look(incident, cast.rita)


@pytest.mark.rehearsal("long")
def test_a_long_record_is_no_silence(stuck, cast, clock, look):
    for n in range(110):
        stuck.note(by=cast.ana, text=f"Note {n}")
    assert "3 attempts here did not help" in look(stuck, cast.ana)
    clock.forward(minutes=2)
    assert "Nothing was heard" not in look(stuck, cast.ana)


@pytest.mark.rehearsal("long")
def test_presets_and_switches(stuck, cast, look):
    SignSettings.objects.create(preset="careful")
    assert "Escalate now" in look(stuck, cast.ana)
    SignSettings.objects.update(preset="patient")
    assert "Not yet" in look(stuck, cast.ana)
    SignSettings.objects.update(preset="careful", attempts=False)
    assert "Warning signs" not in look(stuck, cast.ana)


# --- later --------------------------------------------------------------------------------------


def taken(incident, cast, client) -> None:
    client.force_login(cast.ana)
    assert send(client, incident, "advice").status_code == 302


def declined(incident, cast, client) -> None:
    client.force_login(cast.ana)
    assert send(client, incident, "advice/refusal", text="One more idea").status_code == 302


def done(incident, by) -> None:
    incident.resolve(by=by, cause="change", text="Rolled back")


@pytest.mark.rehearsal("long")
def test_taken_and_solved_where_it_went(stuck, cast, client, clock, look):
    taken(stuck, cast, client)
    stuck.acknowledge(by=cast.mei)
    clock.forward(minutes=12)
    done(stuck, cast.mei)
    page = look(stuck, cast.ana)
    assert "What became of the advice" in page
    said = "taken by Ana Ruiz: it was right: L2 Applications, where it went, resolved it after 12 min."
    assert f"The advice at 09:36, {said}" in page


def test_taken_and_not_needed(stuck, cast, client, clock, look):
    taken(stuck, cast, client)
    clock.forward(minutes=1)
    done(stuck, cast.ana)
    # Ana resolved it while it was with the second tier: she works at the first.
    assert "it was not needed: L1 Service desk resolved it after all, after 1 min." in look(stuck, cast.ana)


def test_declined_and_gone_on_anyway(stuck, cast, client, clock, look):
    declined(stuck, cast, client)
    assert "What became of the advice" not in look(stuck, cast.ana)
    clock.forward(minutes=10)  # the work limit
    stuck.acknowledge(by=cast.mei)
    done(stuck, cast.mei)
    assert "the advice was right: it went to L2 Applications anyway, 9 min later." in look(stuck, cast.ana)


def test_declined_and_resolved_here(stuck, cast, client, clock, look):
    declined(stuck, cast, client)
    clock.forward(minutes=3)
    done(stuck, cast.ana)
    page = look(stuck, cast.ana)
    assert "that was right: L1 Service desk resolved it after 3 min, without the escalation." in page


def test_ended_by_itself(cast, client, clock, look, open_incident):
    source = Source.objects.create(name="Alertmanager", service=cast.service)
    incident = open_incident("Card payments fail", source=source)
    incident.acknowledge(by=cast.mei)
    for _n in range(3):
        incident.attempt(by=cast.mei, text="Restarted", outcome="no_effect")
    client.force_login(cast.mei)
    assert send(client, incident, "advice").status_code == 302
    clock.forward(minutes=1)
    Incident.objects.get(pk=incident.pk).resolve_by_source(source)
    assert "it was not needed: it ended by itself, after 1 min." in look(incident, cast.mei)
