"""What admins save: on one clock, knowing of each other, and leaving what was as it was."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from escalation.oncall import verbs
from escalation.oncall.models import Override, Schedule
from escalation.oncall.shifts import final, on_call
from escalation.trail.writing import Actor, record_configuration
from tests.escalation.test_schedules import make_schedule
from tests.stories.test_duty import forget, kinds, seen_in, words
from tests.stories.test_on_call_pages import as_
from tests.stories.test_schedules_admin import form, layer

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def desk(cast, clock) -> Schedule:
    """Jo is on call today (Monday) and on Wednesday, Ana tomorrow and on Thursday; hand-off at nine."""
    return make_schedule(team=cast.teams["Service desk"], people=[cast.ana, cast.jo])


def save(cast, desk, layers: list[dict], *, as_of: str = "", **fields):
    sent = form(cast, layers, **fields) | ({"as_of": as_of} if as_of else {})
    return as_(cast.ada).post(reverse("admin:oncall_schedule_change", args=[desk.pk]), sent)


def opened(cast, desk) -> str:
    """The form of a schedule, as the admin has it before them."""
    return as_(cast.ada).get(reverse("admin:oncall_schedule_change", args=[desk.pk])).content.decode()


# --- who is told ------------------------------------------------------------------------------------


def test_an_edited_rotation_is_told_once_to_each_and_only_what_is_near(cast, desk, clock):
    number = desk.layers.get().pk
    save(cast, desk, [layer(id=number, people="Ana Ruiz\nJo Okafor\nSam Reyes from 2026-03-02")])
    assert kinds() == [("Ana", "duty_on"), ("Jo", "duty_on"), ("Sam", "duty_on")]
    said = words(cast.sam)
    assert "You are on call at this time, and at 4 more times, instead of Ana Ruiz" in said
    assert ": Ada Lund changed the schedule." in said
    forget()
    far = f"Ana Ruiz\nJo Okafor\nSam Reyes from 2026-03-02\nMei Tanaka from {clock.now() + 15 * DAY:%Y-%m-%d}"
    save(cast, desk, [layer(id=number, people=far)])
    assert kinds() == []
    save(cast, desk, [layer(id=number, people=far)])
    assert kinds() == []


def test_a_new_schedule_tells_its_people(cast, clock):
    as_(cast.ada).post(reverse("admin:oncall_schedule_add"), form(cast, [layer()]))
    assert kinds() == [("Ana", "duty_on"), ("Jo", "duty_on")]


# --- two admins, one form -------------------------------------------------------------------------


def as_of(said: str) -> str:
    return re.search('name="as_of" value="([0-9]+)"', said).group(1)


def test_of_two_admins_the_later_knows_what_they_would_undo(cast, desk, clock):
    number = desk.layers.get().pk
    mine, theirs = opened(cast, desk), opened(cast, desk)
    joined = "Ana Ruiz\nJo Okafor\nMei Tanaka from 2026-03-10"
    assert save(cast, desk, [layer(id=number, people=joined)], as_of=as_of(theirs)).status_code == 302
    late = save(cast, desk, [layer(id=number, name="Days")], as_of=as_of(mine), name="Front desk")
    said = late.content.decode()
    assert late.status_code == 200
    assert "Ada Lund has changed this since you opened it" in said
    assert "people: Ana Ruiz, Jo Okafor → Ana Ruiz, Jo Okafor, Mei Tanaka from 2026-03-10" in said
    assert 'value="Front desk"' in said and 'value="Days"' in said
    assert desk.seats.count() == 3
    assert save(cast, desk, [layer(id=number, people=joined, name="Nights")], as_of=as_of(said)).status_code == 302
    said = save(cast, desk, [layer(id=number, name="Days")], as_of=as_of(said), name="Front desk").content.decode()
    assert "name: Turns → Nights" in said and desk.seats.count() == 3, "what is sent again asks again, if there is news"
    again = save(cast, desk, [layer(id=number, name="Days", people=joined)], as_of=as_of(said), name="Front desk")
    assert again.status_code == 302
    desk.refresh_from_db()
    assert desk.name == "Front desk" and desk.seats.count() == 3


@pytest.mark.parametrize("noun", ["policies_policy", "people_tier", "people_team", "incidents_service"])
def test_every_form_of_the_record_knows_its_time(cast, clock, noun):
    row = {"policy": cast.policy, "tier": cast.tiers["l1"], "team": cast.teams["Platform"], "service": cast.service}
    one = row[noun.split("_")[1]]
    address = reverse(f"admin:{noun}_change", args=[one.pk])
    seen = as_of(as_(cast.ada).get(address).content.decode())
    with verbs.turn() as now:
        data = {"what": noun.split("_")[1], "id": one.pk, "name": "x", "before": {"name": "A"}, "after": {"name": "B"}}
        record_configuration(Actor.person(cast.sam), "config_changed", data, now=now)
    answer = as_(cast.ada).post(address, {"as_of": seen, "name": "C"})
    assert answer.status_code == 200 and "Sam Reyes has changed this since you opened it" in answer.content.decode()
    assert "name: A → B" in answer.content.decode()
    one.refresh_from_db()
    assert one.name != "C"


def test_what_happens_to_others_or_by_other_verbs_makes_no_form_stale(cast, desk, clock):
    seen = as_of(opened(cast, desk))
    make_schedule("Other", team=cast.teams["Platform"], people=[cast.tom])
    desk.override(by=cast.sam, person=cast.sam, starts_at=clock.now() + HOUR, ends_at=clock.now() + 2 * HOUR)
    assert save(cast, desk, [layer(id=desk.layers.get().pk)], as_of=seen).status_code == 302


@pytest.mark.parametrize("seen", ["x", "-1", "٣", "9" * 400, "\x00"])
def test_whatever_is_sent_as_its_time_is_no_error(cast, desk, seen):
    assert save(cast, desk, [layer(id=desk.layers.get().pk)], as_of=seen).status_code == 302


def test_an_admin_knows_of_who_filled_the_gap_before_they_overrule(cast, desk, clock):
    number, start = desk.layers.get().pk, clock.now() + HOUR
    desk.override(by=cast.sam, person=None, starts_at=start, ends_at=start + HOUR)
    seen = seen_in(opened(cast, desk))
    mine = {"person": cast.mei.pk, "starts_at": f"{start:%Y-%m-%dT%H:%M}", "reason": "Jo is ill"}
    mine["ends_at"] = f"{start + HOUR:%Y-%m-%dT%H:%M}"
    desk.cover(by=cast.ana, starts_at=start, ends_at=start + HOUR)
    said = save(cast, desk, [layer(id=number)], overrides=[mine], seen=seen).content.decode()
    assert "Meanwhile Ana Ruiz is on call Mon 2 Mar 10:30 – 11:30 UTC" in said and "Jo is ill" in said
    assert on_call(desk.plan(), start) == (cast.ana.pk,)
    assert save(cast, desk, [layer(id=number)], overrides=[mine], seen=seen_in(said)).status_code == 302
    assert on_call(desk.plan(), start) == (cast.mei.pk,)


def test_what_else_is_wrong_makes_nobody_think_that_they_have_read_it(cast, desk, clock):
    seen = seen_in(opened(cast, desk))
    clock.jump(minutes=1)
    said = save(cast, desk, [layer(id=desk.layers.get().pk, people="nobody there")], seen=seen).content.decode()
    assert seen_in(said) == seen


def test_who_was_on_call_by_a_schedule_that_is_archived_is_told_and_so_if_it_is_back(cast, desk, clock):
    address = reverse("admin:oncall_schedule_changelist")
    as_(cast.ada).post(address, {"action": "archive", "_selected_action": [desk.pk]})
    assert kinds() == [("Ana", "duty_off"), ("Jo", "duty_off")]
    assert "Nobody is on call at this time instead of you" in words(cast.jo)
    assert "Ada Lund archived the schedule, and nobody is called by it any more." in words(cast.jo)
    forget()
    clock.jump(minutes=1)
    as_(cast.ada).post(address + "?state=archived", {"action": "restore", "_selected_action": [desk.pk]})
    assert kinds() == [("Ana", "duty_on"), ("Jo", "duty_on")]
    assert "Ada Lund took the schedule back into use." in words(cast.jo)


# --- one clock ------------------------------------------------------------------------------------


def test_every_time_of_an_admins_form_is_on_the_schedules_clock_and_says_so(cast, desk, clock):
    cast.ada.time_zone = "Europe/Berlin"
    cast.ada.save()
    desk.time_zone = "America/New_York"
    desk.save()
    number = desk.layers.get().pk
    times = {"starts_at": "2026-03-03T09:00", "ends_at": "2026-03-03T18:00"}
    ends = "2026-04-30T09:00"
    new = [{"person": cast.mei.pk, **times}]
    sent = form(cast, [layer(id=number, ends_at=ends)], new, time_zone="America/New_York")
    address = reverse("admin:oncall_schedule_change", args=[desk.pk])
    assert as_(cast.ada).post(address, sent).status_code == 302
    made = Override.objects.get()
    assert f"{made.starts_at:%H:%M} {made.ends_at:%H:%M}" == "14:00 23:00"
    assert f"{desk.layers.get().ends_at:%Y-%m-%d %H:%M}" == "2026-04-30 13:00"
    said = opened(cast, desk)
    assert all(f'value="{one}"' in said for one in (*times.values(), ends))
    assert "From (America/New_York time)" in said and "wall clock (America/New_York)" in said
    preview = reverse("admin:oncall_schedule_preview", args=[desk.pk])
    kept = [{"id": made.pk}]
    shown = as_(cast.ada).post(preview, form(cast, [layer(id=number)], kept, time_zone="America/New_York"))
    row = "<td>Tue 2026-03-03 09:00</td><td>Tue 2026-03-03 18:00</td><td>Mei Tanaka"
    assert row in shown.content.decode()


# --- what was, stays ------------------------------------------------------------------------------


def test_taking_a_line_away_is_refused_until_the_past_is_meant(cast, desk, clock):
    number = desk.layers.get().pk
    gone = [layer(id=number, people="Jo Okafor")]
    before = final(desk.plan(), clock.now() - 30 * DAY, clock.now())
    answer = save(cast, desk, gone, past="")
    said = answer.content.decode()
    assert answer.status_code == 200 and "This would change who was on call:" in said
    assert "Sun 2026-03-01 09:00 – Mon 2026-03-02 09:00: Jo Okafor instead of Ana Ruiz" in said
    assert 'name="past"' in said and "Jo Okafor</textarea>" in said
    assert final(desk.plan(), clock.now() - 30 * DAY, clock.now()) == before
    assert 'name="past"' not in opened(cast, desk)
    until = [layer(id=number, people=f"Ana Ruiz until {clock.now() + HOUR:%Y-%m-%d %H:%M}\nJo Okafor")]
    assert save(cast, desk, until, past="").status_code == 302
    assert final(desk.plan(), clock.now() - 30 * DAY, clock.now()) == before
    assert save(cast, desk, gone).status_code == 302  # ticked


def test_a_layer_that_is_taken_away_changes_the_past_too(cast, desk, clock):
    number = desk.layers.get().pk
    said = save(cast, desk, [layer(id=number, DELETE="on")], past="").content.decode()
    assert "Mon 2026-03-02 09:00 – Mon 2026-03-02 09:30: nobody instead of Jo Okafor" in said
    added = [layer(id=number), layer(position=2, name="Nights", starts_on=f"{clock.now():%Y-%m-%d}")]
    assert save(cast, desk, added, past="").status_code == 302
