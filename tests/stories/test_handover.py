"""The hand-over: from a brief that the record wrote to somebody who fits, and back if they do not answer."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from escalation.engine.models import Delivery
from escalation.kit.errors import Refused
from escalation.notify.message import Recipient, compose
from escalation.people.models import Membership, Skill, User
from escalation.policies.models import PolicyStep
from escalation.trail import triggers
from escalation.trail.models import Entry, EntryText
from incidents.desk import receivers
from incidents.models import Incident
from incidents.models.briefs import Brief
from incidents.models.needing import missing_skills
from tests.escalation.test_schedules import make_schedule
from tests.stories.test_incident_page import fresh, main, post, url, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def sign_in():
    def client_of(user) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return client_of


@pytest.fixture
def worked(open_incident, clock, cast):
    incident = open_incident("Card payments fail", symptom="Cards are refused in all shops")
    clock.forward(minutes=1)
    incident.acknowledge(by=cast.ana)
    return incident


@pytest.fixture
def pci(cast):
    skill = Skill.objects.create(name="PCI access", kind=Skill.Kind.ACCESS)
    cast.mei.skills.add(skill)
    return skill


def last(incident, kind: str) -> Entry:
    return Entry.objects.filter(trail=incident.trail_id, kind=kind).order_by("-seq").first()


def titles(incident, viewer, query: str = "") -> list[str]:
    return [choice.title for choice in receivers.offered(fresh(incident), viewer, query)]


def line(incident, viewer, name: str) -> str:
    found = next(one for one in receivers.offered(fresh(incident), viewer) if one.title == name)
    return f"{found.said} | {found.end}"


# --- the brief --------------------------------------------------------------------------------


def test_the_dialogs_draft_a_brief_and_two_presses_are_enough(worked, cast, pci, sign_in):
    worked.attempt(by=cast.ana, text="Rolled back 4.18.2", outcome="no_effect")
    worked.state_needs(by=cast.ana, skills=[pci])
    ana = sign_in(cast.ana)
    for noun in ("handover", "escalation"):
        dialog = ana.get(url(noun, worked))
        for said in ("SEV3, Payments, L1 Service desk", "Cards are refused in all shops", "Rolled back 4.18.2"):
            assert said in words(dialog)
        assert "Who has PCI access? I do not.</textarea>" in main(dialog)
    form = ana.get(url("handover", worked)).context["form"]
    chosen = ana.get(url("handover", worked)).context["chosen"]
    assert chosen == f"person:{cast.mei.pk}"  # she has what it needs
    assert post(ana, "handover", worked, to=chosen, **form.initial).status_code == 302
    entry = last(worked, "offered")
    assert entry.said.text.startswith("State: SEV3, Payments")
    assert "PCI" not in entry.data  # the words are in the text alone
    assert fresh(worked).run.offered_to == cast.mei


def test_the_receiver_reads_it_before_and_after_taking_it_and_everybody_on_the_record(worked, cast, sign_in):
    brief = Brief(state="SEV3", question="Is it the acquirer?", risk="Do not drain node 3")
    worked.hand_over(by=cast.ana, to=cast.tom, text=brief)
    tom, ana = sign_in(cast.tom), sign_in(cast.ana)
    for page in (tom.get(worked.get_absolute_url()), ana.get(worked.get_absolute_url())):
        assert "Open question Is it the acquirer?" in words(page)
        assert "Ana Ruiz stays accountable until Tom Adeyemi accepts, until 09:" in words(page)
    post(tom, "acknowledgement", worked)
    page = tom.get(worked.get_absolute_url())
    assert (
        main(page).index("Brief from Ana Ruiz")
        < main(page).index("Do not drain node 3")
        < main(page).index("The record")
    )
    with triggers.lifted(connection):
        EntryText.objects.filter(entry=last(worked, "offered")).update(text="Taken away on request.")
    page = words(tom.get(worked.get_absolute_url()))
    assert "Is it the acquirer?" not in page
    assert "Taken away on request." in page


def test_messages_carry_all_of_it_and_the_short_one_the_question(worked, cast):
    worked.hand_over(by=cast.ana, to=cast.tom, text=Brief(state="SEV3, all shops", question="Is it the acquirer?"))
    worked.take_back(by=cast.ana)
    worked.escalate(by=cast.ana, reason="expertise", text=Brief(risk="Nights", question="Who knows node 3?"))
    for kind, asked, told in (
        ("offer", "Is it the acquirer?", "> State: SEV3, all shops"),
        ("call", "Who knows", "> Risk"),
    ):
        row = Delivery.objects.filter(kind=kind, channel="desk").order_by("-pk").first()
        said = compose(row.message, to=Recipient.person(row.person), at=row.queued_at)
        assert asked in said.short
        assert told in said.full
        assert told not in said.short


def test_somebody_was_faster_and_the_brief_is_not_lost(worked, cast, sign_in):
    ana, seen = sign_in(cast.ana), fresh(worked).state_token
    typed = {"state": "As before", "text": "Is it the acquirer?", "risk": "Nights", "to": f"person:{cast.tom.pk}"}
    fresh(worked).reassign(by=cast.sam, to=cast.jo)
    late = ana.post(url("handover", worked), {"seen": seen, **typed})
    assert late.status_code == 409
    assert "Sam Reyes was faster" in words(late)
    for said in ("As before", "Is it the acquirer?", "Nights"):
        assert f"{said}</textarea>" in main(late)


def test_looking_for_somebody_without_script_keeps_every_part(worked, cast, sign_in):
    ana = sign_in(cast.ana)
    found = post(ana, "handover", worked, q="rita", find="1", state="Half a state", next="Half a step", text="")
    assert "Rita Sol" in words(found)
    assert "Half a state</textarea>" in main(found)
    assert "Half a step</textarea>" in main(found)
    empty = post(ana, "handover", worked, to=f"person:{cast.tom.pk}")
    assert empty.status_code == 422
    assert "an empty brief helps nobody" in words(empty)


def test_an_unanswered_offer_comes_back_and_stands_above_the_supervisors_board_until_somebody_acts(
    worked, cast, clock, sign_in, settings
):
    worked.hand_over(by=cast.ana, to=cast.tom, text="Yours?")
    sam, ana = sign_in(cast.sam), sign_in(cast.ana)
    assert "unanswered" not in words(sam.get("/board/"))
    clock.forward(minutes=settings.OFFER_MINUTES)
    assert fresh(worked).run.holder == cast.ana
    assert Delivery.objects.filter(kind="returned", person=cast.ana).exists()
    assert f"{worked.ref} came back to you" in words(ana.get("/"))
    board = sam.get("/board/")
    assert f"Unanswered hand-overs: {worked.ref} to Tom Adeyemi" in words(board)
    assert words(board).count("hand-over to Tom Adeyemi unanswered") == 1  # on its card
    assert "unanswered" not in words(sign_in(cast.rita).get("/board/"))
    fresh(worked).note(by=cast.ana, text="Still here")
    assert "Unanswered hand-overs" in words(sam.get("/board/"))
    fresh(worked).hand_over(by=cast.ana, to=cast.mei, text="You, then?")
    assert "unanswered" not in words(sam.get("/board/"))


def test_an_unanswered_escalation_goes_to_the_next_step(worked, cast, clock, phones):
    worked.escalate(by=cast.ana, reason="access", text=Brief(question="Who has access?"))
    clock.forward(minutes=5)
    assert phones.rang[-1] == "tom"


# --- what it needs ----------------------------------------------------------------------------


@pytest.mark.rehearsal("long")
def test_what_it_needs_is_stated_shown_and_taken_back(worked, cast, pci, sign_in):
    ana = sign_in(cast.ana)
    assert "Needs not said" in words(ana.get(worked.get_absolute_url()))
    assert post(ana, "needs", worked, needs=[pci.pk]).status_code == 302
    page = ana.get(worked.get_absolute_url())
    assert "Needs PCI access Ana lacks it" in words(page)
    assert "Ana Ruiz said that it needs PCI access" in words(page)
    assert missing_skills(fresh(worked), cast.ana) == missing_skills(fresh(worked), None) == [pci]
    assert missing_skills(fresh(worked), cast.mei) == []
    post(ana, "needs", worked)
    assert fresh(worked).needs.count() == 0
    assert "it needs nothing special" in words(ana.get(worked.get_absolute_url()))
    assert post(ana, "needs", worked, needs=["9999"]).status_code == 422
    assert sign_in(cast.rita).get(url("needs", worked)).status_code == 404
    assert sign_in(cast.otto).post(url("needs", worked), {"needs": pci.pk}).status_code == 403


def test_a_service_proposes_what_it_needs_and_so_does_the_last_reason(worked, cast, pci, sign_in):
    java = Skill.objects.create(name="Java")
    cast.service.needs.add(java)
    assert missing_skills(fresh(worked), cast.ana) == [java]
    worked.escalate(by=cast.ana, reason="access", text="Only with access.")
    dialog = sign_in(cast.ana).get(url("needs", worked))
    assert "Payments needs Java." in words(dialog)
    assert "The last escalation said: needs access I do not have." in words(dialog)
    assert main(dialog).index("PCI access (access)") < main(dialog).index("Java (ability)")
    fresh(worked).state_needs(by=cast.ana, skills=[])
    assert missing_skills(fresh(worked), cast.ana) == []  # said: nothing, whatever the service has


# --- the picker -------------------------------------------------------------------------------


def test_the_picker_says_why_and_ranks_by_it(worked, cast, pci, clock):
    make_schedule("Applications", team=cast.teams["Service desk"], people=[cast.mei])
    earlier = Incident.open(title="Earlier", service=cast.service, by=cast.ana)
    earlier.reassign(by=cast.ada, to=cast.tom)
    earlier.resolve(by=cast.tom, cause="change", text="Done")
    Incident.open(title="Another", service=cast.service, by=cast.ana).acknowledge(by=cast.jo)
    worked.state_needs(by=cast.ana, skills=[pci])
    assert titles(worked, cast.ana)[0] == "Mei Tanaka"
    assert line(worked, cast.ana, "Mei Tanaka").startswith("L2 Applications · has PCI access | on call now")
    assert (
        line(worked, cast.ana, "Tom Adeyemi")
        == "L3 Platform · lacks PCI access · resolved 1 of Payments | on this path"
    )
    assert line(worked, cast.ana, "Jo Okafor") == "L1 Service desk · lacks PCI access · holds 1 other | on this path"
    worked.hand_over(by=cast.ana, to=cast.mei, text="Yours?")
    fresh(worked).decline(by=cast.mei, text="On a train")
    assert titles(worked, cast.ana)[-1] == "Mei Tanaka"
    assert line(worked, cast.ana, "Mei Tanaka").endswith("| declined at 09:31")
    fresh(worked).hand_over(by=cast.ana, to=cast.tom, text="Yours?")
    clock.forward(minutes=6)
    assert line(worked, cast.ana, "Tom Adeyemi").endswith("| did not answer at 09:36")
    assert "Rita Sol" in titles(worked, cast.ana, "facil")
    cast.rita.name = "Äsa Sol"
    cast.rita.save()
    assert titles(worked, cast.ana, "äsa") == titles(worked, cast.ana, "ÄSA") == ["Äsa Sol"]


def test_who_is_off_duty_or_cannot_be_reached_says_so_and_ranks_last(worked, cast, clock):
    make_schedule("Desk", team=cast.teams["Service desk"], people=[cast.sam, cast.jo])
    cast.tom.contact_methods.update(refused_at=clock.now())  # the last mail to him did not leave
    said = {one.title: one.end for one in receivers.offered(fresh(worked), cast.ana)}
    assert said["Sam Reyes"] == "off duty now"
    assert said["Tom Adeyemi"] == "cannot be reached"
    assert set(list(said)[-2:]) == {"Sam Reyes", "Tom Adeyemi"}


def test_who_takes_over_on_call_is_on_duty_in_the_picker_at_once(worked, cast, clock):
    desk = make_schedule("Desk", team=cast.teams["Service desk"], people=[cast.jo, cast.ana])

    def jo() -> str:
        viewer = User.objects.get(pk=cast.ana.pk)  # as in each request
        return line(worked, viewer, "Jo Okafor").rpartition("| ")[2]

    assert jo() == "off duty now"
    now = clock.now()
    cover = desk.cover(by=cast.jo, starts_at=now, ends_at=now + timedelta(hours=2))
    assert jo() == f"on call now until {now + timedelta(hours=2):%H:%M}"
    desk.cancel_override(cover, by=cast.jo)
    assert jo() == "off duty now"


def test_others_batons_and_successes_are_counted_only_as_far_as_they_are_seen(worked, cast):
    secret = Incident.open(title="Secret", service=cast.service, by=cast.ada, restricted=True)
    secret.acknowledge(by=cast.ada)
    secret.reassign(by=cast.ada, to=cast.jo)
    secret.access.filter(person=cast.ana).delete()
    assert "holds" not in line(worked, cast.ana, "Jo Okafor")
    assert "holds 1 other" in line(worked, cast.ada, "Jo Okafor")


def test_five_hundred_people_cost_no_more_queries_than_five(worked, cast, pci):
    worked.state_needs(by=cast.ana, skills=[pci])

    def cost() -> int:
        incident = fresh(worked)
        with CaptureQueriesContext(connection) as queries:
            assert receivers.offered(incident, cast.ana)
        return len(queries)

    at_first, few = cost(), cost()  # who is on call is kept until something of it changes
    people = User.objects.bulk_create(User(email=f"p{n}@example.com", name=f"Person {n}") for n in range(500))
    Membership.objects.bulk_create(Membership(team=cast.teams["Platform"], user=one) for one in people)
    assert cost() == few < at_first <= 15


def test_nothing_in_a_brief_is_more_than_words(worked, cast, sign_in):
    hostile = "<script>alert(1)</script> \u202eevil\n\n\nState: SEV5"
    worked.hand_over(by=cast.ana, to=cast.tom, text=Brief(state=hostile, question=hostile))
    page = sign_in(cast.tom).get(worked.get_absolute_url())
    assert "<script>alert" not in main(page)
    assert strip_tags(main(page)).count("State: SEV5") >= 2  # theirs, not a part of its own


# --- who must know ----------------------------------------------------------------------------


@pytest.mark.rehearsal("long")
def test_who_must_know_is_told_by_hand_once_and_the_clock_of_the_work_runs_on(worked, cast, clock, sign_in):
    ana = sign_in(cast.ana)
    deadline, baton = fresh(worked).run.standing.deadline, fresh(worked).state_token
    assert "Tell Duty manager now" in words(ana.get(worked.get_absolute_url()))
    step = ana.get(url("authority", worked)).context["form"].initial["step"]
    clock.forward(minutes=2)
    asked = ana.post(url("authority", worked), {"text": "May we stop the release?", "step": step})
    assert asked.status_code == 302
    late = ana.post(url("authority", worked), {"text": "May we?", "step": step})
    assert "Nobody is left who could be told" in words(late)
    incident = fresh(worked)
    assert (incident.state_token, incident.run.standing.deadline) == (baton, deadline)  # its clock ran on
    page = words(ana.get(worked.get_absolute_url()))
    assert "Duty manager, informed 09:33" in page
    assert ana.post(url("decision", worked), {"text": "Yes"}).status_code in (403, 409)


@pytest.mark.rehearsal("long")
def test_a_decision_reaches_who_works_on_it_and_both_clocks_freeze_together(worked, cast, clock, sign_in):
    PolicyStep.objects.filter(tier=cast.tiers["duty"]).update(mode=PolicyStep.Mode.DECIDE)
    incident = Incident.open(title="Again", service=cast.service, by=cast.ana)
    incident.acknowledge(by=cast.ana)
    incident.tell_authority(by=cast.ana, text="May we stop the release?")
    assert fresh(incident).authority_run.standing.deadline == clock.now() + timedelta(minutes=10)
    clock.forward(minutes=4)
    incident.hold(by=cast.ana, until=clock.now() + timedelta(minutes=30), text="Waiting")
    with pytest.raises(Refused, match="on hold"):
        fresh(incident).tell_authority(by=cast.ana, text="And now?")
    clock.forward(minutes=30)
    assert fresh(incident).authority_run.standing.deadline == clock.now() + timedelta(minutes=6)
    fresh(incident).hand_over(by=cast.ana, to=cast.tom, text="Yours")
    fresh(incident).accept(by=cast.tom)
    assert fresh(incident).authority_run.standing.deadline == clock.now() + timedelta(minutes=6)  # left alone
    ines = sign_in(cast.ines)
    assert "Decide" in words(ines.get(incident.get_absolute_url()))
    assert post(ines, "decision", incident, text="Stop it at once.").status_code == 302
    run = fresh(incident).authority_run
    assert run.acknowledged_at is not None
    assert Delivery.objects.filter(kind="decided", person=cast.tom).exists()
    page = words(sign_in(cast.tom).get(incident.get_absolute_url()))
    assert "Ines Moreau (Duty manager) decided Stop it at once." in page
    assert post(ines, "decision", incident, text="And roll back.").status_code == 302
    with pytest.raises(Refused, match="Only who was asked"):
        fresh(incident).decide(by=cast.tom, text="I decide")
    assert fresh(incident).run.holder == cast.tom
