"""Jo gives Wednesday to Ana and takes Ana's Thursday: one agreement, which ends as it began, both halves at once."""

import importlib
from datetime import timedelta

import pytest
from django.apps import apps
from django.core import mail
from django.urls import reverse

from escalation.engine import deliver
from escalation.oncall.models import Layer, Override, Schedule
from escalation.oncall.shifts import on_call
from escalation.oncall.swaps import Wish
from escalation.trail.models import Entry
from tests.escalation.test_schedules import make_schedule, turn
from tests.stories.test_on_call_pages import as_, page
from tests.stories.test_schedules_admin import form, layer, split
from tests.stories.test_swap_pages import told

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(cast, clock) -> Schedule:
    """Jo is on call today (Monday) and on Wednesday, Ana tomorrow and on Thursday; hand-off at nine."""
    return make_schedule(team=cast.teams["Service desk"], people=[cast.ana, cast.jo])


@pytest.fixture
def halves(cast, desk, clock) -> dict[str, Override]:
    """Ana's half is Jo's Wednesday, Jo's half is Ana's Thursday."""
    swap = desk.ask_swap(Wish(turn(desk, clock, 2), cast.ana, turn(desk, clock, 3), "A concert"), by=cast.jo)
    desk.accept_swap(swap, by=cast.ana)
    return {one.person.get_short_name(): one for one in Override.objects.select_related("person")}


def cancellation(half: Override) -> str:
    return reverse("override-cancellation", args=[half.schedule_id, half.pk])


def change(half: Override) -> str:
    return reverse("override", args=[half.schedule_id]) + f"?instead={half.pk}"


def on(desk: Schedule, half: Override) -> tuple[int, ...]:
    return on_call(desk.plan(), half.starts_at)


def test_who_cancels_one_half_reads_that_both_end_and_both_do(cast, desk, halves):
    asked = as_(cast.ana).get(cancellation(halves["Ana"])).content.decode()
    assert "Cancel this swap" in asked and "Cancel both" in asked
    assert "Ana Ruiz, Wed 09:00 – Thu 09:00; Jo Okafor, Thu 09:00 – Fri 09:00" in asked
    said = as_(cast.ana).post(cancellation(halves["Ana"]), follow=True).content.decode()
    assert "Cancelled, both halves" in said
    assert on(desk, halves["Ana"]) == (cast.jo.pk,) and on(desk, halves["Jo"]) == (cast.ana.pk,)
    kinds = Entry.objects.filter(kind="schedule_override_cancelled")
    assert kinds.count() == 2


def test_the_other_one_is_told_of_both_halves(cast, desk, halves, clock):
    deliver.deliver_due()
    clock.jump(hours=1)
    as_(cast.ana).post(cancellation(halves["Ana"]))
    assert told(":cancelled") == [("Jo", "queued")]
    deliver.deliver_due()
    letter = [one for one in mail.outbox if "jo@example.com" in one.to][-1]
    assert "You are on call Wed 4 Mar 09:00 – Thu 5 Mar 09:00 UTC: the cover was cancelled" in letter.subject
    assert "the other half ends with it: you no longer cover Thu 5 Mar 09:00 – Fri 6 Mar 09:00 UTC" in letter.body


def test_a_supervisor_who_cancels_it_has_both_told(cast, desk, halves):
    as_(cast.sam).post(cancellation(halves["Jo"]))
    assert told(":cancelled") == [("Ana", "queued"), ("Jo", "queued")]


def test_a_half_that_is_over_stays_as_it_was_and_the_page_says_so(cast, desk, halves, clock):
    clock.jump(days=3)  # Thursday, 09:30: Ana has done her part, and Jo's is under way
    asked = as_(cast.jo).get(cancellation(halves["Jo"])).content.decode()
    assert "Cancel this override" in asked and "Cancel both" not in asked
    assert "The other half is over and stays as it was: Ana Ruiz, Wed 4 Mar 09:00" in asked
    as_(cast.jo).post(cancellation(halves["Jo"]))
    assert on_call(desk.plan(), clock.now()) == (cast.ana.pk,)
    assert Override.objects.get(pk=halves["Ana"].pk).cancelled_at is None


def test_a_half_under_way_ends_now_and_the_one_to_come_with_it(cast, desk, halves, clock):
    clock.jump(days=2)  # Wednesday, 09:30
    as_(cast.sam).post(cancellation(halves["Jo"]))
    assert on_call(desk.plan(), clock.now()) == (cast.jo.pk,)
    assert on_call(desk.plan(), clock.now() - timedelta(minutes=1)) == (cast.ana.pk,)  # what it did stays true
    assert on(desk, halves["Jo"]) == (cast.ana.pk,)


def test_one_half_is_changed_by_a_supervisor_alone_and_the_other_stays(cast, desk, halves):
    hour = {"starts_at": "2026-03-05T09:00", "ends_at": "2026-03-05T10:00"}
    assert f"instead={halves['Jo'].pk}" not in page(cast.jo, "schedule", desk.pk)
    by_jo = as_(cast.jo).post(change(halves["Jo"]), hour)
    assert by_jo.status_code == 409 and "This is half of a swap" in by_jo.content.decode()
    assert on(desk, halves["Jo"]) == (cast.jo.pk,) and Override.objects.count() == 2
    assert f"instead={halves['Jo'].pk}" in page(cast.sam, "schedule", desk.pk)
    assert "The other half stays: Ana Ruiz, Wed 09:00" in as_(cast.sam).get(change(halves["Jo"])).content.decode()
    assert as_(cast.sam).post(change(halves["Jo"]), {**hour, "person": cast.sam.pk}).status_code == 302
    assert on(desk, halves["Jo"]) == (cast.sam.pk,) and on(desk, halves["Ana"]) == (cast.ana.pk,)


def test_both_halves_ticked_in_admin_are_cancelled_once(cast, desk, halves):
    ticked = [
        {"id": one.pk, "cancel": "on", **split("starts_at", one.starts_at), **split("ends_at", one.ends_at)}
        for one in sorted(halves.values(), key=lambda one: one.starts_at)
    ]
    sent = form(cast, [layer(id=Layer.objects.get().pk)], ticked)
    answer = as_(cast.ada).post(reverse("admin:oncall_schedule_change", args=[desk.pk]), sent, follow=True)
    assert "its other half is cancelled too" in answer.content.decode()
    assert Override.objects.filter(cancelled_by=cast.ada).count() == 2


def test_a_cover_without_a_return_ends_alone(cast, desk, clock):
    swap = desk.ask_swap(Wish(turn(desk, clock, 2), cast.ana), by=cast.jo)
    desk.accept_swap(swap, by=cast.ana)
    later = desk.ask_swap(Wish(turn(desk, clock, 4), cast.ana), by=cast.jo)
    desk.accept_swap(later, by=cast.ana)
    as_(cast.ana).post(cancellation(Override.objects.get(starts_at=swap.starts_at)))
    assert on_call(desk.plan(), later.starts_at) == (cast.ana.pk,)


def test_swaps_of_before_are_known_by_their_halves_too(cast, desk, halves, clock):
    lone = desk.override(by=cast.sam, person=cast.sam, starts_at=halves["Ana"].starts_at, ends_at=halves["Ana"].ends_at)
    Override.objects.update(half_of=None)
    migration = importlib.import_module("escalation.oncall.migrations.0004_halves_of_a_swap")
    migration.find_halves(apps, None)
    assert set(Override.objects.filter(half_of__isnull=False)) == set(halves.values())
    assert Override.objects.get(pk=lone.pk).half_of is None
