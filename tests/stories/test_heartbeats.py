"""Silence is a signal: a job of the night beats, falls silent, and is back."""

import json
from datetime import time, timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from escalation.engine import beats, climb
from escalation.engine.audit import auditing
from escalation.engine.models import Beat, Timer
from escalation.kit import clock as kit_clock
from escalation.trail.models import Entry
from escalation.trail.verifying import verify
from incidents.inbound import intake
from incidents.models import AlertKey, Heartbeat, Incident, MaintenanceWindow, Receipt, Source
from incidents.models.heartbeats import TIMER
from tests.maintenance_kit import planner

pytestmark = pytest.mark.django_db


@pytest.fixture
def source(cast, clock):
    one = Source(name="Jobs", service=cast.service)
    one.save()
    return one


@pytest.fixture
def backup(source):
    """Beats every hour; five minutes of grace, and known to a minute: silent after 66."""
    return Heartbeat.objects.create(source=source, name="backup", every=60, grace=5, severity=2)


@pytest.fixture
def door(clock):
    """Lets time pass, and what is said meanwhile come in."""

    class Door:
        def forward(self, **span) -> None:
            clock.forward(**span)
            intake.process_waiting()

        def after_an_outage(self, **span) -> None:
            clock.jump(**span)
            climb.drain()
            intake.process_waiting()

    return Door()


def again(one: Heartbeat) -> Heartbeat:
    return Heartbeat.objects.select_related("source__service").get(pk=one.pk)


def beat(one: Heartbeat) -> None:
    again(one).beat()
    intake.process_waiting()


def record(one: Heartbeat) -> list[str]:
    return list(Entry.objects.filter(trail=one.trail).order_by("seq").values_list("kind", flat=True))


def armed(one: Heartbeat) -> list:
    return list(Timer.objects.filter(trail=one.trail, kind=TIMER, state="armed").values_list("due_at", flat=True))


def test_it_beats_stops_and_beats_again(backup, cast, door, phones):
    door.forward(hours=5)
    assert armed(backup) == [], "nothing is expected before its first beat"
    beat(backup)
    door.forward(minutes=50)
    beat(backup)
    door.forward(minutes=65)
    assert not Incident.objects.exists(), "it is late, and has its grace"
    door.forward(minutes=1)
    incident = Incident.objects.get()
    assert (incident.title, incident.service, incident.severity) == ("No heartbeat from backup", cast.service, 2)
    assert "every 60 minutes, with 5 minutes of grace" in incident.symptom
    assert phones.rang, "somebody is called"
    door.forward(hours=8)
    assert Incident.objects.count() == 1, "a silence is told once"
    beat(backup)
    assert Incident.objects.get().resolved_at == kit_clock.now()
    assert record(backup) == ["heartbeat_began", "heartbeat_stopped", "heartbeat_back"]
    door.forward(minutes=66)
    assert Incident.objects.count() == 2, "watched again from its return on"
    assert Incident.objects.latest("id").previous == incident
    assert verify(backup.trail, now=kit_clock.now()).fault is None
    assert auditing.audit().findings == []


def test_a_beat_a_second_is_written_now_and_then_and_a_silence_is_never_early(source, clock):
    one = Heartbeat.objects.create(source=source, name="watchdog", every=1, grace=0)
    written = set()
    for _second in range(60):
        if not again(one).covers(kit_clock.now()):
            beat(one)
        written.add(again(one).last_beat)
        clock.forward(seconds=1)
    assert len(written) == 20, "to three seconds, a twentieth of a minute"
    last = again(one).last_beat
    assert armed(one) == [last + timedelta(minutes=1, seconds=3)]
    assert Timer.objects.filter(trail=one.trail).count() == 1, "beats move the timer: none fires while all is well"


def test_what_is_covered_asks_the_database_nothing(backup):
    beat(backup)
    one = again(backup)
    with CaptureQueriesContext(connection) as queries:
        assert one.covers(kit_clock.now())
    assert not queries.captured_queries


def test_people_who_resolve_its_incident_know_and_are_not_told_again(backup, cast, door):
    beat(backup)
    door.forward(minutes=66)
    incident = Incident.objects.get()
    incident.resolve(by=cast.ana, cause="change", text="Switched off for good")
    door.forward(hours=10)
    beat(backup)
    assert Incident.objects.count() == 1
    assert Receipt.objects.latest("id").outcome["results"] == {"no match": 1}
    door.forward(minutes=66)
    assert Incident.objects.count() == 2


# --- when silence says nothing ------------------------------------------------------------------


@pytest.mark.rehearsal("long")
def test_after_an_outage_of_ours_it_has_a_whole_interval_to_be_heard(backup, door):
    beats.beat("timers", now=kit_clock.now())
    beat(backup)
    door.after_an_outage(minutes=90)
    assert not Incident.objects.exists()
    assert record(backup)[-1] == "heartbeat_spared"
    assert armed(backup) == [kit_clock.now() + timedelta(minutes=66)]
    beats._beaten.clear()
    beats.keep("timers")
    for _half_minute in range(2 * 66):
        beats._beaten.clear()
        door.forward(seconds=20)
        beats.keep("timers")
        beats._beaten.clear()
        door.forward(seconds=10)
        beats.keep("timers")
    assert Incident.objects.count() == 1, "and then it is silent"


def test_an_outage_that_is_over_before_it_is_due_counts_too(backup, clock):
    """The hour in which it was to beat is the one in which nobody could hear it."""
    beats.beat("general", now=kit_clock.now())
    beat(backup)
    clock.jump(minutes=60)
    beats._beaten.clear()
    beats.keep("general")
    back = kit_clock.now()
    clock.jump(minutes=6)
    Beat.objects.update(at=kit_clock.now())  # it has beaten ever since
    climb.drain()
    intake.process_waiting()
    assert not Incident.objects.exists()
    assert armed(backup) == [back + timedelta(minutes=66)]


def test_another_host_that_was_there_all_the_time_heard_its_silence(backup, clock):
    began = kit_clock.now()
    beat(backup)
    clock.jump(minutes=66)
    now = kit_clock.now()
    Beat.objects.create(name="timers", host="back", at=now, detail={"since": now.isoformat()})
    Beat.objects.create(name="timers", host="there", at=now, detail={"since": began.isoformat()})
    Beat.objects.create(name="general", host="gone", at=began, detail={"since": began.isoformat()})
    climb.drain()
    intake.process_waiting()
    assert Incident.objects.count() == 1


@pytest.mark.parametrize(
    ("at", "minutes", "silent_at"),
    [
        pytest.param(time(10), 300, (16, 6), id="it is on when it is due"),
        pytest.param(time(10), 30, (11, 36), id="it was on meanwhile"),
        pytest.param(time(8), 30, (10, 36), id="it was before the last beat"),
        pytest.param(time(11), 30, (10, 36), id="it comes later"),
    ],
)
def test_maintenance_of_its_service_is_no_silence(backup, cast, clock, door, at, minutes, silent_at):
    planner(cast, clock)(at=at, minutes=minutes)
    beat(backup)  # at half past nine
    before = kit_clock.now().replace(hour=silent_at[0], minute=silent_at[1]) - timedelta(seconds=1)
    door.forward(seconds=(before - kit_clock.now()).total_seconds())
    assert not Incident.objects.exists()
    door.forward(seconds=1)
    assert Incident.objects.count() == 1


def test_maintenance_of_another_service_does_not_count(backup, cast, door):
    MaintenanceWindow.schedule(
        by=cast.ada, services=[], everything=False, day=kit_clock.now().date(), at=time(9), minutes=600, reason="Else"
    )
    beat(backup)
    door.forward(minutes=66)
    assert Incident.objects.count() == 1


# --- what admins agree on ---------------------------------------------------------------------------


@pytest.fixture
def ada(client, cast):
    client.force_login(cast.ada)
    return client


def form(one: Heartbeat, **changes) -> dict:
    agreed = {"name": one.name, "enabled": "on", "every": one.every, "grace": one.grace, "severity": one.severity}
    return {name: value for name, value in {**agreed, "title": one.title, **changes}.items() if value is not None}


def change(client, one: Heartbeat, **changes):
    answer = client.post(reverse("admin:incidents_heartbeat_change", args=[one.pk]), form(one, **changes))
    assert answer.status_code == 302, answer.context["errors"]


def test_an_admin_adds_one_and_its_change_counts_from_now(ada, source, door):
    fields = {"source": source.pk, "name": "backup", "enabled": "on", "every": 600, "grace": 5, "severity": 3}
    assert ada.post(reverse("admin:incidents_heartbeat_add"), fields).status_code == 302
    one = Heartbeat.objects.get()
    assert one.trail.subject == f"heartbeat {one.pk}"
    beat(one)
    door.forward(hours=2)
    change(ada, one, every=60)
    assert armed(one) == [kit_clock.now() + timedelta(minutes=66)], "not silent because others agreed otherwise"
    entry = Entry.objects.filter(trail__subject="installation").latest("seq")
    data = json.loads(entry.data)
    assert (entry.kind, data["before"], data["after"]) == ("config_changed", {"every": 600}, {"every": 60})
    page = ada.get(reverse("admin:incidents_heartbeat_change", args=[one.pk])).content.decode()
    assert "its watch began" in page
    assert f"/heartbeats/KEY/{one.name}" in page


def test_what_is_not_watched_opens_nothing_and_is_watched_again_from_its_next_beat(ada, backup, door):
    beat(backup)
    change(ada, backup, enabled=None)
    assert armed(backup) == []
    beat(backup)
    door.forward(hours=5)
    change(ada, backup)
    door.forward(hours=5)
    assert (armed(backup), Incident.objects.count()) == ([], 0)
    beat(backup)
    door.forward(minutes=66)
    assert Incident.objects.count() == 1


def test_it_may_be_back_while_it_is_not_watched(ada, backup, door):
    beat(backup)
    door.forward(minutes=66)
    change(ada, backup, enabled=None)
    beat(backup)
    assert Incident.objects.get().resolved_at is not None
    assert armed(backup) == []


def test_of_a_disabled_source_nothing_is_expected(backup, source, door):
    beat(backup)
    Source.objects.update(enabled=False)
    door.forward(hours=5)
    assert not Incident.objects.exists()
    Source.objects.update(enabled=True)
    door.forward(hours=5)
    assert not Incident.objects.exists(), "from its next beat on"
    beat(backup)
    door.forward(minutes=66)
    assert Incident.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": "two words"}, "Letters, digits"),
        ({"every": 0}, "greater than or equal to 1"),
        ({"severity": 9}, "not one of the available choices"),
    ],
)
def test_what_cannot_be_agreed_is_said_at_its_place(ada, backup, wrong, said):
    answer = ada.post(reverse("admin:incidents_heartbeat_change", args=[backup.pk]), form(backup, **wrong))
    assert answer.status_code == 200
    assert said in str(answer.context["adminform"].form.errors[next(iter(wrong))])


def test_a_form_that_is_sent_while_it_beats_takes_no_beat_back(ada, backup, monkeypatch):
    """The row was read before the beat."""
    beat(backup)
    stale = again(backup)
    kit_clock.forward(timedelta(minutes=30))
    beat(backup)
    from incidents.heartbeat_admin import HeartbeatAdmin

    monkeypatch.setattr(HeartbeatAdmin, "get_object", lambda *_: stale)
    change(ada, stale, title="The backup has stopped")
    assert again(backup).last_beat == kit_clock.now()
    assert armed(backup) == [kit_clock.now() + timedelta(minutes=66)]


# --- the audit ----------------------------------------------------------------------------------


@pytest.mark.parametrize("lost", ["gone", "too late"])
def test_the_audit_finds_a_lost_timer_and_arms_it_again(backup, lost, capsys):
    beat(backup)
    due = armed(backup)
    timer = Timer.objects.filter(trail=backup.trail)
    timer.update(**({"state": "dead", "next_at": None} if lost == "gone" else {"due_at": due[0] + timedelta(hours=1)}))
    [found] = [one for one in auditing.audit(repair=False).findings if one.trail == backup.trail_id]
    assert found.invariant == "I16"
    assert found.subject == f"heartbeat {backup.pk}"
    call_command("audit_engine")
    assert "all as promised" in capsys.readouterr().out
    assert armed(backup) == due
    assert record(backup)[-1] == "repaired"


# --- the page -------------------------------------------------------------------------------------


def test_the_page_says_how_each_is_to_whom_it_concerns(backup, source, cast, client, door):
    late = Heartbeat.objects.create(source=source, name="late", every=60, grace=30)
    Heartbeat.objects.create(source=source, name="fresh", every=60)
    Heartbeat.objects.create(source=source, name="unwatched", enabled=False)
    well = Heartbeat.objects.create(source=source, name="well", every=600)
    elsewhere = Source.objects.create(name="Elsewhere")
    Heartbeat.objects.create(source=elsewhere, name="of-nobodys-service")
    for one in (backup, late, well):
        beat(one)
    door.forward(minutes=66)
    client.force_login(cast.kim)
    answer = client.get(reverse("heartbeats"))
    told = {row.heartbeat.name: (row.state, row.look) for row in answer.context["watched"] + answer.context["stopped"]}
    assert told == {
        "backup": ("silent since 10:36", "bad"),
        "late": ("late", "warn"),
        "fresh": ("waits for its first beat", ""),
        "well": ("beats", "ok"),
        "unwatched": ("not watched", ""),
    }
    assert Incident.objects.get().ref in answer.content.decode()
    client.force_login(cast.rita)
    assert client.get(reverse("heartbeats")).context["watched"] == []
    assert AlertKey.objects.count() == 1
