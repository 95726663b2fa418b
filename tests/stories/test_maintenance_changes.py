"""Windows that change while they are on, that overlap, that recur; who may plan them; and what the audit says."""

import json
from datetime import UTC, date, datetime, time, timedelta

import pytest

from escalation.engine import climb
from escalation.engine.audit import auditing
from escalation.engine.models import EscalationRun, Timer
from escalation.kit import clock as kit_clock
from escalation.kit.errors import Refused
from escalation.trail.models import Entry, Trail
from incidents.models import MaintenanceWindow, Service
from incidents.models.maintenance import LOOK
from tests.audit_kit import found, named, quiet
from tests.maintenance_kit import fresh, instant, kinds, planner, to, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(cast, clock):
    return planner(cast, clock)


# --- windows that change ----------------------------------------------------------------------


def test_ended_early_what_is_open_goes_on_at_once(cast, clock, phones, plan, open_incident):
    window = plan()
    to(clock, 10, 30)
    waiting, working = open_incident(), open_incident("Refunds fail")
    working.acknowledge(by=cast.mei)
    window.end(by=cast.kim)
    climb.drain()
    assert phones.rang == ["ana", "jo"]
    assert told() == ["mei"]
    assert (kinds(waiting)[-2:], kinds(working)[-1]) == (["maintenance_ended", "called"], "maintenance_ended")
    assert quiet()
    with pytest.raises(Refused):
        window.end(by=cast.kim)


def test_a_window_planned_for_now_silences_what_is_open(cast, clock, phones, plan, open_incident):
    incident = open_incident()
    plan(at=time(9, 30))
    climb.drain()
    assert fresh(incident).run.quiet_until == instant(11, 30)
    to(clock, 11, 30)
    assert phones.rang == ["ana", "jo"]


def test_a_longer_window_moves_the_end_and_a_second_one_too(cast, clock, phones, plan, open_incident):
    window = plan()
    to(clock, 10, 30)
    incident = open_incident()
    window.change(by=cast.kim, services=[cast.service], minutes=180)
    climb.drain()
    assert fresh(incident).run.quiet_until == instant(13)
    plan(at=time(13), minutes=60, reason="And its index")
    climb.drain()
    assert fresh(incident).run.quiet_until == instant(14)
    assert kinds(incident)[-2:] == ["maintenance_moved"] * 2
    window.cancel(by=cast.kim)
    climb.drain()
    assert fresh(incident).run.quiet_until is None
    assert phones.rang == ["ana", "jo"]
    to(clock, 13)
    assert fresh(incident).run.quiet_until == instant(14)
    assert quiet()


def test_of_two_that_overlap_the_silence_lasts_until_neither_is_on(cast, clock, phones, plan, open_incident):
    first = plan()
    second = plan(by=cast.ada, everything=True, services=[], at=time(11), reason="Moving house")
    to(clock, 10, 58)
    incident, elsewhere = open_incident(), open_incident(service=None)
    assert (incident.run.quiet_until, elsewhere.run.quiet_until) == (instant(13), None)
    assert phones.rang == ["ana", "jo"]  # about what is in no window yet
    to(clock, 11)
    assert fresh(elsewhere).run.quiet_until == instant(13)
    second.end(by=cast.ada)
    climb.drain()
    assert fresh(incident).run.quiet_until == instant(12)
    assert kinds(incident)[-1] == "maintenance_moved"
    assert fresh(elsewhere).run.quiet_until is None
    assert phones.rang == ["ana", "jo"]
    first.end(by=cast.kim)
    climb.drain()
    assert phones.rang == ["ana", "jo"] * 2
    assert quiet()


def test_the_first_of_two_ended_early_leaves_a_gap_in_which_people_are_called(cast, clock, phones, plan, open_incident):
    first = plan()
    plan(at=time(11), reason="And its index")
    to(clock, 10, 30)
    incident = open_incident()
    to(clock, 10, 58)
    first.end(by=cast.kim)
    climb.drain()
    assert (phones.rang, fresh(incident).run.quiet_until) == (["ana", "jo"], None)
    to(clock, 11)
    assert fresh(incident).run.quiet_until == instant(13)
    to(clock, 13)
    assert (phones.rang, told()) == (["ana", "jo"], ["ana", "jo"])
    to(clock, 13, 3)
    assert phones.rang == ["ana", "jo", "mei"]
    assert quiet()


def test_a_service_taken_out_of_a_window_that_is_on_goes_on_at_once(cast, clock, phones, plan, open_incident):
    mail = Service.objects.create(name="Mail", team=cast.teams["Applications"], policy=cast.policy)
    window = plan(services=[cast.service, mail])
    to(clock, 10, 30)
    out, still = open_incident(), open_incident(service=mail)
    window.change(by=cast.kim, services=[mail])
    climb.drain()
    assert (fresh(out).run.quiet_until, fresh(still).run.quiet_until) == (None, instant(12))
    assert phones.rang == ["ana", "jo"]
    window.change(by=cast.kim, services=[cast.service, mail])
    climb.drain()
    assert fresh(out).run.quiet_until == instant(12)
    to(clock, 12)
    assert (phones.rang, told()) == (["ana", "jo"] * 2, ["ana", "jo"])
    assert quiet()


def test_a_window_put_off_while_it_is_on_lets_go_until_then(cast, clock, phones, plan, open_incident):
    window = plan()
    to(clock, 10, 30)
    incident = open_incident()
    window.change(by=cast.kim, services=[cast.service], at=time(10, 33))
    climb.drain()
    assert (phones.rang, fresh(incident).run.quiet_until) == (["ana", "jo"], None)
    to(clock, 10, 33)
    assert fresh(incident).run.quiet_until == instant(12, 33)
    assert quiet()


def test_a_window_for_the_services_of_a_team_is_one_for_each_of_them(cast, clock, phones, plan, open_incident):
    mail = Service.objects.create(name="Mail", team=cast.teams["Applications"], policy=cast.policy)
    desk = Service.objects.create(name="Desks", team=cast.teams["Service desk"], policy=cast.policy)
    plan(services=cast.teams["Applications"].services.all())
    to(clock, 10, 30)
    silent = [open_incident(), open_incident(service=mail)]
    open_incident(service=desk)
    assert {fresh(one).run.quiet_until for one in silent} == {instant(12)}
    assert phones.rang == ["ana", "jo"]


def test_every_change_is_on_record_with_before_and_after(cast, clock, plan):
    window = plan()
    window.change(by=cast.kim, services=[cast.service], minutes=60)
    window.cancel(by=cast.ada)
    trail = Trail.objects.installation()
    found = {e.kind: json.loads(e.data) for e in Entry.objects.filter(trail=trail, kind__startswith="maintenance_")}
    assert list(found) == ["maintenance_planned", "maintenance_changed", "maintenance_cancelled"]
    assert found["maintenance_planned"]["after"]["services"] == [{"id": cast.service.pk, "name": "Payments"}]
    changed = found["maintenance_changed"]
    assert (changed["before"], changed["after"]) == ({"minutes": 120}, {"minutes": 60})
    assert found["maintenance_cancelled"]["after"] == {"cancelled_at": clock.now().isoformat()}


def test_a_form_made_from_an_older_state_is_refused(cast, plan):
    window = plan()
    window.change(by=cast.kim, services=[cast.service], minutes=60, seen=1)
    with pytest.raises(Refused) as refused:
        window.cancel(by=cast.kim, seen=1)
    assert refused.value.code == "stale"


@pytest.mark.parametrize(
    ("who", "may"), [("kim", True), ("ada", True), ("sam", False), ("mei", False), ("rita", False), ("otto", False)]
)
def test_supervisors_of_the_services_team_and_admins_plan(cast, plan, who, may):
    if may:
        assert plan(by=getattr(cast, who)).pk
        return
    with pytest.raises(Refused) as refused:
        plan(by=getattr(cast, who))
    assert refused.value.code == "not-allowed"
    assert not MaintenanceWindow.objects.exists()


def test_only_admins_silence_everything(cast, plan):
    with pytest.raises(Refused):
        plan(by=cast.kim, everything=True, services=[])


def test_it_recurs(cast, clock, phones, plan, open_incident):
    plan(repeats="weekly", weekdays="02")
    to(clock, 12)
    clock.forward(hours=48 - 1.5)  # Wednesday 10:30
    incident = open_incident()
    assert incident.run.quiet_until == instant(12) + timedelta(days=2)
    clock.forward(hours=2)
    assert phones.rang[:2] == ["ana", "jo"]
    assert Timer.objects.filter(kind=LOOK, state="armed").count() == 1


@pytest.mark.parametrize(
    ("night", "on", "ends", "next_on"),
    [  # 01:30 to 03:30 in Berlin; the clocks go from 02:00 to 03:00, and from 03:00 to 02:00
        ("2026-03-29", "2026-03-29T00:30", "2026-03-29T02:30", "2026-04-04T23:30"),
        ("2026-10-25", "2026-10-24T23:30", "2026-10-25T01:30", "2026-11-01T00:30"),
    ],
)
def test_it_recurs_over_the_nights_when_the_clocks_change(
    cast, clock, phones, plan, open_incident, night, on, ends, next_on
):
    start, end, following = (datetime.fromisoformat(one).replace(tzinfo=UTC) for one in (on, ends, next_on))
    kit_clock.fix(start - timedelta(days=3))
    day = date.fromisoformat(night) - timedelta(days=7)
    plan(day=day, at=time(1, 30), zone="Europe/Berlin", repeats="weekly", weekdays="6")
    clock.forward(seconds=(start - clock.now()).total_seconds() - 120)
    before = open_incident()
    clock.forward(minutes=62)
    inside = open_incident()
    assert {fresh(one).run.quiet_until for one in (before, inside)} == {end}
    assert phones.rang == ["ana", "jo"]
    clock.forward(minutes=60)
    assert (phones.rang, told()) == (["ana", "jo"] * 2, ["ana", "jo"])
    assert clock.now() == end
    for one in (before, inside):
        fresh(one).resolve(by=cast.ana, cause="change", text="Done.")
    assert Timer.objects.get(kind=LOOK, state="armed").due_at == following
    clock.forward(seconds=(following - clock.now()).total_seconds())
    assert open_incident().run.quiet_until == following + timedelta(hours=2)
    assert quiet()


@pytest.mark.rehearsal("long")
def test_the_audit_names_who_is_silent_without_a_window_and_who_should_be(cast, clock, plan, open_incident):
    incident = open_incident()
    assert quiet()
    EscalationRun.objects.filter(pk=incident.run.pk).update(quiet_until=instant(12))
    wrong = "whether it is in maintenance is not as the windows say"
    assert any(wrong in words and incident.ref in words for words in found())
    auditing.audit(repair=True)
    EscalationRun.objects.filter(pk=incident.run.pk).update(quiet_until=None)
    climb.drain()
    plan(at=time(9, 30))
    climb.drain()
    assert quiet()
    EscalationRun.objects.filter(pk=incident.run.pk).update(quiet_until=None)
    assert any(wrong in words and incident.ref in words for words in found())
    auditing.audit(repair=True)
    climb.drain()
    assert fresh(incident).run.quiet_until == instant(11, 30)


def test_the_audit_lets_those_be_who_are_called_anyway(cast, clock, plan, open_incident):
    plan(at=time(9, 30))
    climb.drain()
    anyway, silent = open_incident(call_anyway=True), open_incident()
    assert (anyway.run.quiet_until, silent.run.quiet_until) == (None, instant(11, 30))
    assert quiet()


def test_a_window_nobody_waits_for_is_named_and_put_right(cast, clock, plan, open_incident):
    incident = open_incident()
    plan(at=time(9, 30))
    Timer.objects.filter(kind=LOOK).delete()
    assert "I16" in named()
    auditing.audit(repair=True)
    climb.drain()
    assert fresh(incident).run.quiet_until == instant(11, 30)
    plan(at=time(15))
    climb.drain()
    Timer.objects.filter(kind=LOOK, state="armed").delete()
    assert "I16" in named()
    auditing.audit(repair=True)
    climb.drain()
    assert quiet()
