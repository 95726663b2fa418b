"""Lead, communicator and scribe fill themselves from the roster; everybody knows their role, and where to pass it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from escalation.engine import deliver
from escalation.engine.audit import auditing
from escalation.engine.models import Delivery, Timer
from escalation.kit.errors import Refused
from escalation.notify.message import Recipient, compose
from escalation.trail.models import Entry
from incidents.models import Incident, IncidentRole, MaintenanceWindow, RolePlan, RoleSource, role_filling
from tests.audit_kit import found, quiet
from tests.conftest import START
from tests.roles_kit import again, asked, last, record, told, who

pytestmark = pytest.mark.django_db


def looks(incident: Incident) -> list:
    armed = Timer.objects.filter(trail=incident.trail_id, kind=role_filling.TIMER, state=Timer.State.ARMED)
    return list(armed.values_list("due_at", flat=True))


# --- filling ----------------------------------------------------------------------------------


def test_nothing_happens_where_nothing_is_settled_or_it_is_not_severe_enough(open_incident, severe, cast, client):
    quiet_one = severe()
    assert who(quiet_one) == {} and looks(quiet_one) == []
    client.force_login(cast.ana)
    assert 'id="do-roles"' not in client.get(quiet_one.get_absolute_url()).content.decode()


def test_roles_fill_themselves_with_access_an_entry_and_one_message_each(role_plan, severe, cast):
    incident = severe()
    assert who(incident) == {"lead": "baton", "communicator": "Ines", "scribe": "Ana"}
    assert told(incident) == ["role communicator Ines", "role scribe Ana"]
    assert record(incident) == ["role_filled lead", "role_filled communicator", "role_filled scribe"]
    assert Incident.objects.visible_to(cast.ines).filter(pk=incident.pk).exists()
    row = Delivery.objects.get(kind="role", person=cast.ines, channel="email")
    said = compose(row.message, to=Recipient.person(cast.ines), at=row.queued_at)
    assert "You are the communicator of this incident, because you are on call on Comms." in said.full
    assert "tell those outside how it stands" in said.full
    assert "Your shift lasts until 09:00 UTC" in said.full
    assert "If you cannot, pass it on or leave it" in said.full
    assert len(said.short) <= 320 and "(on call on Comms) until Tue 09:00 UTC" in said.short
    assert quiet()


def test_a_storm_of_little_things_asks_once_and_writes_nothing(role_plan, cast, open_incident):
    from incidents.models.opening import Report

    reports = [Report(title=f"Disk {n} is slow", service=cast.service) for n in range(20)]
    with CaptureQueriesContext(connection) as queries:
        incidents = Incident.open_many(reports, by=cast.ana)
    about = [one["sql"] for one in queries if "incidentrole" in one["sql"] or "rolesource" in one["sql"]]
    assert len(about) == 1  # whether any is severe enough
    assert not IncidentRole.objects.exists() and not Timer.objects.filter(kind=role_filling.TIMER).exists()
    assert len(incidents) == 20


def test_a_service_s_own_plan_counts_before_its_team_s_and_that_before_everything(role_plan, cast, severe):
    RoleSource.objects.create(plan=RolePlan.objects.create(team=cast.service.team, from_severity=5), role="scribe")
    RoleSource.objects.create(plan=RolePlan.objects.create(from_severity=5), role="communicator")
    assert who(severe()).keys() == {"lead", "communicator", "scribe"}
    assert who(severe(service=None)) == {"communicator": "baton"}
    role_plan.sources.all().delete()
    assert who(severe()) == {"scribe": "baton"}


def test_raised_lowered_and_reopened(role_plan, cast, severe, open_incident, clock):
    incident = open_incident()
    assert who(incident) == {}
    again(incident).acknowledge(by=cast.ana)
    again(incident).state(by=cast.ana, people_affected=500)
    assert who(incident) == {"lead": "baton", "communicator": "Ines", "scribe": "Jo"}  # Ana has the baton
    assert record(incident)[-1] == "role_filled scribe"
    last = Entry.objects.filter(trail=incident.trail_id).order_by("seq").values_list("kind", flat=True)
    assert list(last).index("facts") < list(last).index("role_filled")
    again(incident).set_severity(by=cast.ana, severity=4, text="Only a test shop")
    assert who(incident)["communicator"] == "Ines"  # people leave, severities do not take away
    again(incident).set_severity(by=cast.ana, severity=1, text="No")
    assert len(record(incident)) == 3
    again(incident).resolve(by=cast.ana, cause="software", text="Restarted")
    assert looks(incident) == [] and not IncidentRole.objects.living().exists()
    clock.forward(days=1)
    again(incident).reopen(by=cast.ana, text="Again")
    assert who(incident) == {"lead": "baton", "communicator": "Rita", "scribe": "Ana"}
    assert len(looks(incident)) == 1
    assert quiet()


def test_nobody_on_call_is_an_open_role_said_aloud_with_a_cue_for_the_supervisor(
    role_plan, cast, comms, severe, client
):
    comms.override(by=cast.ada, person=None, starts_at=START, ends_at=START + timedelta(hours=2), reason="Gap")
    incident = severe()
    assert who(incident)["communicator"] == "-"
    assert "role_open communicator" in record(incident)
    client.force_login(cast.kim)  # supervises the team that owns it
    cues = client.get("/").content.decode()
    assert f"{incident.ref} has no communicator" in cues
    client.force_login(cast.sam)  # another team's
    assert "has no communicator" not in client.get("/").content.decode()
    again(incident).acknowledge(by=cast.mei)
    client.force_login(cast.mei)  # who has the baton sees it too
    assert "has no communicator" in client.get("/").content.decode()


def test_an_open_role_is_offered_to_whoever_comes_on_call(role_plan, cast, comms, severe, clock):
    comms.override(by=cast.ada, person=None, starts_at=START, ends_at=START + timedelta(hours=2), reason="Gap")
    incident = severe()
    clock.forward(minutes=119)
    assert asked(incident) is None
    clock.forward(minutes=2)
    assert asked(incident) == "Ines" and who(incident)["communicator"] == "-"
    assert "role_offer communicator Ines" in told(incident)
    again(incident).take_role("communicator", by=cast.ines)
    assert who(incident)["communicator"] == "Ines"


def test_a_restricted_incident_lets_nobody_in_by_a_roster(role_plan, cast, severe, clock):
    incident = severe(restricted=True)
    assert who(incident) == {"lead": "baton", "communicator": "-", "scribe": "-"}
    assert told(incident) == [] and not Incident.objects.visible_to(cast.ines).filter(pk=incident.pk).exists()
    clock.forward(days=2)
    assert told(incident) == []
    again(incident).pass_role("communicator", by=cast.ana, to=cast.ines)  # a person may
    assert Incident.objects.visible_to(cast.ines).filter(pk=incident.pk).exists()
    again(incident).lift_restriction(by=cast.ada, text="Public by now")
    clock.forward(seconds=1)
    assert asked(incident, "scribe") is not None
    assert quiet()


def test_in_maintenance_nobody_is_told_until_it_ends(role_plan, cast, severe, clock):
    day, at = START.date(), (START + timedelta(minutes=1)).time()
    MaintenanceWindow.schedule(by=cast.ada, services=[cast.service], reason="Pipes", day=day, at=at, minutes=60)
    clock.forward(minutes=2)
    incident = severe()
    assert who(incident) == {} and told(incident) == []
    clock.forward(minutes=58)
    assert told(incident) == []
    clock.forward(minutes=2)
    assert who(incident)["communicator"] == "Ines" and "role communicator Ines" in told(incident)
    assert len(looks(incident)) == 1
    assert quiet()


def test_merging_keeps_the_roles_of_the_one_that_goes_on(role_plan, cast, severe, open_incident):
    other, duplicate = severe(), severe("The same")
    again(duplicate).take_role("communicator", by=cast.mei)
    again(duplicate).merge_into(again(other), by=cast.ana, text="The same trouble")
    assert who(other)["communicator"] == "Ines"
    assert not IncidentRole.objects.living().filter(incident=duplicate).exists()
    mild, worse = open_incident(), open_incident("Worse", reported_severity=1)
    assert who(mild) == {}
    again(worse).merge_into(again(mild), by=cast.ana, text="The same trouble")
    assert who(mild)["communicator"] == "Ines"  # it became so severe


# --- shifts -----------------------------------------------------------------------------------


def test_a_change_of_shift_moves_nothing_and_offers_it_to_the_next(role_plan, cast, severe, clock, client):
    incident = severe()
    clock.forward(hours=23, minutes=29)
    assert asked(incident) is None
    clock.forward(minutes=2)  # 09:00 has passed
    assert (who(incident)["communicator"], asked(incident)) == ("Ines", "Rita")
    client.force_login(cast.rita)
    cues = client.get("/").content.decode()
    assert f"Be the communicator of {incident.ref}" in cues and "Without an answer Ines Moreau keeps it." in cues
    clock.forward(hours=3)
    assert told(incident, "role_offer") == ["role_offer communicator Rita"]  # once
    again(incident).take_role("communicator", by=cast.rita)
    assert (who(incident)["communicator"], asked(incident)) == ("Rita", None)
    assert told(incident)[-1] == "role_news communicator Ines"
    assert quiet()


def test_who_declines_is_not_asked_again_by_the_roster(role_plan, cast, severe, clock):
    incident = severe()
    clock.forward(hours=24)
    again(incident).refuse_role("communicator", by=cast.rita, text="On a train")
    assert asked(incident) is None and told(incident)[-1] == "role_news communicator Ines"
    clock.forward(hours=5)
    assert asked(incident) is None
    again(incident).pass_role("communicator", by=cast.ines, to=cast.rita)  # a colleague can ask
    assert asked(incident) == "Rita"


@pytest.mark.rehearsal("long")
def test_an_offer_ends_when_it_is_somebody_else_s_turn(role_plan, cast, comms, severe, clock):
    incident = severe()
    clock.forward(hours=24)
    assert asked(incident) == "Rita"
    deliver.deliver_due()
    comms.override(
        by=cast.ada, person=cast.tom, starts_at=clock.now(), ends_at=clock.now() + timedelta(hours=9), reason="Ill"
    )
    clock.forward(minutes=31)
    assert asked(incident) == "Tom"
    assert "role_news communicator Rita" in told(incident)
    clock.forward(days=1)  # Ines has her turn again, and has it still
    assert asked(incident) is None and record(incident)[-1] == "role_kept communicator"


def test_on_hold_nobody_is_asked_and_when_it_goes_on_they_are(role_plan, cast, severe, clock):
    incident = severe()
    again(incident).acknowledge(by=cast.ana)
    again(incident).hold(by=cast.ana, until=START + timedelta(hours=30), text="The supplier looks")
    clock.forward(hours=29)
    assert asked(incident) is None
    again(incident).resume(by=cast.ana)
    clock.forward(seconds=1)
    assert asked(incident) == "Rita"


# --- by hand ----------------------------------------------------------------------------------


def test_take_pass_on_keep_and_leave(role_plan, cast, severe, clock):
    incident = severe()
    again(incident).pass_role("communicator", by=cast.ines, to=cast.rita, text="My train leaves")
    assert (who(incident)["communicator"], asked(incident)) == ("Ines", "Rita")
    deliver.deliver_due()
    again(incident).refuse_role("communicator", by=cast.ines)
    assert asked(incident) is None and told(incident)[-1] == "role_news communicator Rita"
    with pytest.raises(Refused):
        again(incident).pass_role("communicator", by=cast.mei, to=cast.rita)  # not hers to pass on
    again(incident).take_role("communicator", by=cast.mei)  # but she may take it over
    assert told(incident)[-1] == "role_news communicator Ines"
    again(incident).leave_role("communicator", by=cast.mei, text="Ines is back")
    assert who(incident)["communicator"] == "-"
    clock.forward(seconds=61)
    assert asked(incident) == "Ines"  # the roster asks as soon as it cannot be taken back
    with pytest.raises(Refused):
        again(incident).leave_role("communicator", by=cast.mei)
    assert quiet()


def test_the_lead_goes_with_the_baton_unless_somebody_takes_it(role_plan, cast, severe):
    incident = severe()
    again(incident).acknowledge(by=cast.ana)
    one = again(incident)
    assert one.has_role(one.role("lead")) == cast.ana
    one.take_role("lead", by=cast.mei)
    one = again(incident)
    assert one.has_role(one.role("lead")) == cast.mei
    assert told(incident)[-1] == "role_news lead Ana"
    one.leave_role("lead", by=cast.mei)
    one = again(incident)
    assert one.has_role(one.role("lead")) == cast.ana


def test_of_two_who_take_it_the_slower_reads_who_was_faster(role_plan, cast, severe):
    incident = severe()
    was = again(incident).role("communicator").token
    again(incident).take_role("communicator", by=cast.mei, was=was)
    with pytest.raises(Refused, match="the communicator is Mei Tanaka") as refusal:
        again(incident).take_role("communicator", by=cast.ana, was=was)
    assert refusal.value.code == "stale"
    assert who(incident)["communicator"] == "Mei"


def test_what_is_taken_back_at_once_is_as_it_was(role_plan, cast, severe, comms):
    incident = severe()
    again(incident).leave_role("communicator", by=cast.ines)
    again(incident).undo(by=cast.ines, seq=last(incident))
    assert who(incident)["communicator"] == "Ines"
    again(incident).pass_role("communicator", by=cast.ines, to=cast.rita)
    deliver.deliver_due()
    again(incident).undo(by=cast.ines, seq=last(incident))
    assert asked(incident) is None and told(incident)[-1] == "role_news communicator Rita"
    again(incident).take_role("lead", by=cast.mei)  # of nobody yet
    again(incident).undo(by=cast.mei, seq=last(incident))
    assert who(incident)["lead"] == "baton"
    again(incident).take_role("communicator", by=cast.mei)  # Ines was told: she is asked, not overruled
    with pytest.raises(Refused):
        again(incident).undo(by=cast.mei, seq=last(incident))


def test_a_lost_timer_is_found_and_armed_anew(role_plan, severe, clock):
    incident = severe()
    Timer.objects.filter(kind=role_filling.TIMER).update(state=Timer.State.CANCELLED, next_at=None)
    assert [words for words in found() if words.startswith("I16 ") and "roster" in words]
    auditing.audit()
    assert quiet()
    clock.forward(seconds=1)
    assert len(looks(incident)) == 1
