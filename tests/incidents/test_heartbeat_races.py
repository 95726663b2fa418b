"""Beats and the timer of their silence at the same instant, in threads with real commits: on both databases."""

from datetime import timedelta

import pytest

from escalation.engine import climb
from escalation.engine.models import Timer
from escalation.kit import clock as kit_clock
from escalation.trail.models import Entry
from escalation.trail.verifying import verify
from incidents.inbound import intake
from incidents.models import AlertKey, Heartbeat, Incident, Receipt, Source
from incidents.models.heartbeats import TIMER
from tests.threads import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def source(cast, clock):
    return Source.objects.create(name="Jobs", service=cast.service)


def beat(pk: int) -> None:
    Heartbeat.objects.select_related("source").get(pk=pk).beat()


def finish() -> None:
    while intake.process_waiting():
        pass


def test_first_beats_at_once_begin_one_watch(source):
    one = Heartbeat.objects.create(source=source, name="backup")
    together(*[lambda: beat(one.pk)] * 6)
    assert list(Entry.objects.filter(trail=one.trail).values_list("kind", flat=True)) == ["heartbeat_began"]
    assert Timer.objects.filter(trail=one.trail, kind=TIMER).count() == 1


def test_beats_and_drains_at_the_last_instant_agree_on_who_was_first(source):
    one = Heartbeat.objects.create(source=source, name="backup", every=60, grace=5)
    beat(one.pk)
    for _round in range(6):
        kit_clock.forward(timedelta(minutes=66))
        together(*[climb.drain] * 3, *[lambda: beat(one.pk)] * 3)
        finish()
        one.refresh_from_db()
        assert (one.silent_since, one.last_beat) == (None, kit_clock.now())
        armed = Timer.objects.filter(trail=one.trail, kind=TIMER, state="armed")
        assert [timer.due_at for timer in armed] == [one.due]
        assert not Incident.objects.open().exists(), "it is back"
    told = list(Entry.objects.filter(trail=one.trail).order_by("seq").values_list("kind", flat=True))[1:]
    silences = told.count("heartbeat_stopped")
    assert told == ["heartbeat_stopped", "heartbeat_back"] * silences
    assert (Receipt.objects.count(), Incident.objects.count()) == (2 * silences, silences)
    assert verify(one.trail, now=kit_clock.now()).fault is None


@pytest.mark.rehearsal("long")
def test_many_fall_silent_at_once_and_each_is_told_once_whoever_works_it_off(source):
    many = [Heartbeat.objects.create(source=source, name=f"job-{n}", every=60, grace=5) for n in range(20)]
    for one in many:
        beat(one.pk)
    kit_clock.forward(timedelta(minutes=66))
    together(*[climb.drain] * 3)
    together(*[finish] * 3)
    finish()
    assert Receipt.objects.count() == Incident.objects.open().count() == 20
    assert set(AlertKey.objects.values_list("count", flat=True)) == {1}
    together(*[lambda pk=one.pk: beat(pk) for one in many[:6]] * 2, finish)
    finish()
    assert Incident.objects.open().count() == 14
