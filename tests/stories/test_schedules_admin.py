"""Ada keeps the schedules: people as text, a preview before saving, and every change on record."""

import json
from datetime import date, timedelta

import pytest
from django.urls import reverse

from escalation.kit import clock as kit_clock
from escalation.oncall.models import Layer, Override, Schedule, Seat
from escalation.oncall.shifts import on_call
from escalation.policies.models import PolicyStep
from escalation.trail.models import Entry, Trail
from tests.escalation.test_schedules import make_schedule
from tests.stories.test_admin import errors_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]

ADD = "admin:oncall_schedule_add"
HOURS = timedelta(hours=1)


@pytest.fixture
def ada(cast, clock, client):
    client.force_login(cast.ada)
    return client


def rows(prefix: str, forms: list[dict], *, initial: int = 0) -> dict:
    fields = {f"{prefix}-TOTAL_FORMS": len(forms), f"{prefix}-INITIAL_FORMS": initial}
    for n, form in enumerate(forms):
        fields |= {f"{prefix}-{n}-{name}": value for name, value in form.items()}
    return fields


def layer(**fields) -> dict:
    given = {"position": 1, "name": "Turns", "every": 1, "unit": "days", "starts_on": "2026-03-01", "hand_off": "09:00"}
    return {**given, "people": "Ana Ruiz\njo@example.com", "hours": "", **fields}


def form(cast, layers: list[dict], overrides: list[dict] = (), **fields) -> dict:
    given = {"name": "Desk", "team": cast.teams["Service desk"].pk, "time_zone": "UTC", "past": "on", **fields}
    initial = {name: sum("id" in one for one in some) for name, some in (("layers", layers), ("overrides", overrides))}
    return {
        **given,
        **rows("layers", layers, initial=initial["layers"]),
        **rows("overrides", list(overrides), initial=initial["overrides"]),
    }


def change(schedule) -> str:
    return reverse("admin:oncall_schedule_change", args=[schedule.pk])


def on_record() -> list[tuple[str, dict]]:
    entries = Entry.objects.filter(trail__kind=Trail.Kind.INSTALLATION).order_by("seq")
    return [(entry.kind, json.loads(entry.data)) for entry in entries]


def split(name: str, at) -> dict:
    return {name: f"{at:%Y-%m-%dT%H:%M}"}


def test_a_schedule_is_made_with_its_people_and_is_on_record(ada, cast):
    people = "Ana Ruiz\n\n  jo@example.com from 2026-03-02 until 2026-09-30 09:00\nnobody"
    answer = ada.post(reverse(ADD), form(cast, [layer(people=people)], time_zone="Europe/Berlin"))
    assert errors_of(answer) == {} and answer.status_code == 302
    first, second, third = Seat.objects.order_by("position")
    assert (first.person, first.joins_at, third.person) == (cast.ana, None, None)
    assert second.person == cast.jo
    assert f"{second.joins_at:%Y-%m-%d %H:%M} {second.leaves_at:%Y-%m-%d %H:%M}" == "2026-03-01 23:00 2026-09-30 07:00"
    kind, data = on_record()[-1]
    assert kind == "config_added"
    number = Layer.objects.get().pk
    said = "Ana Ruiz\nJo Okafor from 2026-03-02 until 2026-09-30 09:00\nnobody"
    assert data["after"][f"layers.{number}.people"] == said
    assert said.replace("\n", "\r\n") in ada.get(change(Schedule.objects.get())).content.decode().replace("\n", "\r\n")


def test_a_change_of_people_is_on_record_before_and_after(ada, cast):
    schedule = make_schedule(team=cast.teams["Service desk"], people=[cast.ana, cast.jo])
    number = Layer.objects.get().pk
    same = form(cast, [layer(id=number)])
    ada.post(change(schedule), same)
    assert on_record() == []
    ada.post(change(schedule), form(cast, [layer(id=number, people="Jo Okafor\nSam Reyes")]))
    kind, data = on_record()[-1]
    field = f"layers.{number}.people"
    assert (kind, data["before"], data["after"]) == (
        "config_changed",
        {field: "Ana Ruiz\nJo Okafor"},
        {field: "Jo Okafor\nSam Reyes"},
    )


@pytest.mark.parametrize(
    ("fields", "layers", "where", "said"),
    [
        ({"time_zone": "Mars/Base"}, [{}], "time_zone", "is not a time zone"),
        ({}, [{"hours": "nine to five"}], "0.hours", "is not understood"),
        ({}, [{"people": "Nemo"}], "0.people", "“Nemo” is nobody here"),
        ({}, [{"people": "Otto Falk"}], "0.people", "auditor"),
        ({}, [{"people": "Ana Ruiz from 2026-13-01"}], "0.people", "is no day or time"),
        ({}, [{"people": "Ana Ruiz from 2026-05-01 until 2026-04-01"}], "0.people", "leaves before joining"),
        ({}, [{"people": ""}], "0.people", "required"),
        ({}, [{"every": 0}], "0.every", "greater than or equal to 1"),
        ({}, [{"starts_on": "1026-03-01"}], "0.starts_on", "between the years"),
        ({}, [{}, {"name": "Second"}], "1.position", "which one wins"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(ada, cast, fields, layers, where, said):
    sent = form(cast, [layer(**one) for one in layers], **fields)
    found = errors_of(ada.post(reverse(ADD), sent))
    assert said in " ".join(found[where])
    assert not Schedule.objects.exists()
    preview = ada.post(reverse("admin:oncall_schedule_preview_new"), sent)
    assert preview.status_code == 200 and "Something is not right yet" in preview.content.decode()


def test_two_people_of_one_name_are_told_apart_by_their_addresses(ada, cast):
    cast.tom.name = "Ana Ruiz"
    cast.tom.save()
    assert "More than one" in str(errors_of(ada.post(reverse(ADD), form(cast, [layer()]))))
    ada.post(reverse(ADD), form(cast, [layer(people="tom@example.com\nana@example.com")]))
    assert [seat.person for seat in Seat.objects.order_by("position")] == [cast.tom, cast.ana]
    assert "tom@example.com\nana@example.com" in ada.get(change(Schedule.objects.get())).content.decode()


def test_the_preview_shows_what_is_not_saved_and_saves_nothing(ada, cast):
    schedule = make_schedule(team=cast.teams["Service desk"], people=[cast.ana])
    sent = form(cast, [layer(id=Layer.objects.get().pk, people="Sam Reyes", hours="Mon-Fri 09:00-17:00")])
    before = [list(model.objects.values()) for model in (Schedule, Layer, Seat, Override, Entry)]
    address = reverse("admin:oncall_schedule_preview", args=[schedule.pk])
    whole = ada.post(address, sent).content.decode()
    coming, past = whole.split("This would change who was on call")
    assert "Sam Reyes" in coming and "<strong>nobody</strong>" in coming and "Ana Ruiz" not in coming
    assert "Sun 2026-03-01 09:00 – Mon 2026-03-02 09:00: nobody instead of Ana Ruiz" in past
    part = ada.post(address, sent, headers={"HX-Request": "true"}).content.decode()
    assert "Sam Reyes" in part and "<html" not in part
    assert [list(model.objects.values()) for model in (Schedule, Layer, Seat, Override, Entry)] == before
    new = ada.post(reverse("admin:oncall_schedule_preview_new"), form(cast, [layer()], name="New")).content.decode()
    assert "Jo Okafor" in new
    assert ada.get(address).status_code == 403


def test_in_the_preview_too_the_override_that_was_made_later_wins(ada, cast):
    schedule = make_schedule(team=cast.teams["Service desk"], people=[cast.ana])
    now = kit_clock.now()
    later = schedule.override(by=cast.ada, person=cast.tom, starts_at=now + HOURS, ends_at=now + 3 * HOURS)
    last = schedule.override(by=cast.ada, person=cast.mei, starts_at=now, ends_at=now + 4 * HOURS)
    kept = [
        {"id": one.pk, **split("starts_at", one.starts_at), **split("ends_at", one.ends_at)} for one in (last, later)
    ]
    sent = form(cast, [layer(id=Layer.objects.get().pk, people="Ana Ruiz")], kept)
    address = reverse("admin:oncall_schedule_preview", args=[schedule.pk])
    assert list(on_call(schedule.plan(), now + 2 * HOURS)) == [cast.mei.pk]
    said = ada.post(address, sent, headers={"HX-Request": "true"}).content.decode()
    assert "Mei Tanaka" in said and "Tom" not in said and "Ana Ruiz" in said


def test_nobody_but_an_admin_sees_a_preview(client, cast, clock):
    client.force_login(cast.sam)
    assert client.post(reverse("admin:oncall_schedule_preview_new"), form(cast, [layer()])).status_code in (302, 403)


def test_overrides_are_put_and_cancelled_by_the_schedules_own_verbs(ada, cast):
    schedule = make_schedule(team=cast.teams["Service desk"], people=[cast.ana])
    number, now = Layer.objects.get().pk, kit_clock.now()
    times = split("starts_at", now) | split("ends_at", now + timedelta(hours=2))
    answer = ada.post(
        change(schedule),
        form(cast, [layer(id=number, people="Ana Ruiz")], [{"person": cast.mei.pk, "reason": "Dentist", **times}]),
    )
    assert errors_of(answer) == {}
    made = Override.objects.get()
    assert (made.person, made.by, list(on_call(schedule.plan(), now))) == (cast.mei, cast.ada, [cast.mei.pk])
    assert [kind for kind, _data in on_record()] == ["schedule_overridden"]
    ada.post(
        change(schedule), form(cast, [layer(id=number, people="Ana Ruiz")], [{"id": made.pk, "cancel": "on", **times}])
    )
    made.refresh_from_db()
    assert made.cancelled_by == cast.ada
    assert [kind for kind, _data in on_record()][-1] == "schedule_override_cancelled"


def test_an_override_that_makes_no_sense_is_refused_at_its_field(ada, cast):
    schedule = make_schedule(team=cast.teams["Service desk"], people=[cast.ana])
    now = kit_clock.now()
    wrong = split("starts_at", now) | split("ends_at", now - timedelta(hours=2))
    sent = form(cast, [layer(id=Layer.objects.get().pk, people="Ana Ruiz")], [{"person": cast.mei.pk, **wrong}])
    assert "after it begins" in str(errors_of(ada.post(change(schedule), sent))["0.ends_at"])
    assert not Override.objects.exists()


def test_the_list_says_who_is_on_call_and_what_is_not_covered(ada, cast, django_assert_max_num_queries):
    make_schedule("Whole", team=cast.teams["Service desk"], people=[cast.ana])
    make_schedule("Later", team=cast.teams["Platform"], people=[cast.tom], starts_on=date(2026, 3, 9))
    with django_assert_max_num_queries(16):
        page = ada.get(reverse("admin:oncall_schedule_changelist")).content.decode()
    assert "Ana Ruiz" in page and "covered" in page
    assert "1 gap, from 2026-03-02 09:30" in page
    own = ada.get(change(Schedule.objects.get(name="Later"))).content.decode()
    assert "Mon 2026-03-02 09:30 – Mon 2026-03-09 09:00" in own


def test_what_calls_by_it_keeps_it_from_being_archived(ada, cast):
    schedule = make_schedule(team=cast.teams["Service desk"], people=[cast.ana])
    body = {"action": "archive", "_selected_action": [schedule.pk]}
    step = PolicyStep.objects.get(position=1)
    step.schedules.add(schedule)
    assert "Change that policy first" in ada.post(reverse(CHANGELIST), body, follow=True).content.decode()
    step.schedules.clear()
    schedule.tiers.add(cast.tiers["l1"])
    assert "Take it off there first" in ada.post(reverse(CHANGELIST), body, follow=True).content.decode()
    schedule.tiers.clear()
    ada.post(reverse(CHANGELIST), body)
    schedule.refresh_from_db()
    assert schedule.archived_at is not None


CHANGELIST = "admin:oncall_schedule_changelist"


def test_ending_an_account_says_which_turns_nobody_has(ada, cast):
    make_schedule(team=cast.teams["Service desk"], people=[cast.tom])
    address = reverse("admin:people_user_change", args=[cast.tom.pk])
    body = {"name": "Tom Adeyemi", "email": "tom@example.com", "time_zone": "UTC"}
    page = ada.post(address, body, follow=True).content.decode()
    assert "Tom Adeyemi still has turns on Desk" in page


def test_ending_an_account_names_covers_to_come_and_no_seat_that_was_left(ada, cast):
    make_schedule(team=cast.teams["Service desk"], people=[cast.tom])
    Seat.objects.update(leaves_at=kit_clock.now() - HOURS)
    other = make_schedule("Nights", team=cast.teams["Service desk"], people=[cast.jo])
    now = kit_clock.now()
    other.override(by=cast.ada, person=cast.tom, starts_at=now + HOURS, ends_at=now + 2 * HOURS)
    address = reverse("admin:people_user_change", args=[cast.tom.pk])
    body = {"name": "Tom Adeyemi", "email": "tom@example.com", "time_zone": "UTC"}
    page = ada.post(address, body, follow=True).content.decode()
    assert "Tom Adeyemi still has turns on Nights:" in page


def test_a_step_that_waits_for_a_shift_needs_a_schedule(ada, cast):
    def policy(**step) -> dict:
        whole = {"position": 1, "tier": cast.tiers["l1"].pk, "when_empty": "hold", "mode": "inform", **step}
        return {"name": "New path", "rounds": 1, **rows("steps", [whole]), **rows("rules", [])}

    address = reverse("admin:policies_policy_add")
    assert "no shift to wait for" in str(errors_of(ada.post(address, policy()))["0.when_empty"])
    empty = make_schedule("Empty", team=cast.teams["Service desk"], people=[])
    said = errors_of(ada.post(address, policy(schedules=[empty.pk])))
    assert "nobody is on call by its schedules" in str(said["0.schedules"])
    full = make_schedule(team=cast.teams["Service desk"], people=[cast.ana])
    assert ada.post(address, policy(schedules=[full.pk])).status_code == 302
    kind, data = on_record()[-1]
    assert kind == "config_added" and "Desk" in json.dumps(data["after"])
