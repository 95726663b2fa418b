"""Who is on call, on pages: now and next, a calendar, and who may change what."""

from datetime import date, datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from escalation.oncall.models import Override, Schedule, Seat
from escalation.oncall.shifts import on_call
from escalation.people.models import Membership
from tests.escalation.test_schedules import make_schedule

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]
DAY = timedelta(days=1)


@pytest.fixture
def desk(cast, clock) -> Schedule:
    """Ana has the even days and Jo, who is on call today, the odd ones; hand-off at nine."""
    return make_schedule(team=cast.teams["Service desk"], people=[cast.ana, cast.jo])


@pytest.fixture
def other(cast, clock) -> Schedule:
    return make_schedule("Applications", team=cast.teams["Applications"], people=[cast.mei])


def as_(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(user, name: str, *args, **query) -> str:
    answer = as_(user).get(reverse(name, args=args), query)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def at(clock, days: float) -> str:
    return f"{clock.now() + timedelta(days=days):%Y-%m-%dT%H:%M}"


# --- who is on call -------------------------------------------------------------------------------


def test_the_page_says_who_is_on_call_now_until_when_and_who_is_next(cast, desk):
    said = page(cast.sam, "oncall")
    assert "Jo Okafor</b><small>on call until Tue 09:00" in said
    assert "<small>next</small> Ana Ruiz <small>from Tue 09:00" in said
    assert "Gap" not in said and "Nobody" not in said


def test_ones_own_coming_shifts_stand_first(cast, desk, other):
    said = page(cast.ana, "oncall")
    assert said.index("My coming shifts") < said.index('id="oncall-who"')
    assert "Tue 09:00</time></b> – " in said and ">Wed 09:00</time>" in said
    assert "My coming shifts" not in page(cast.sam, "oncall")
    assert "until Tue 09:00" in page(cast.jo, "oncall").split("oncall-who")[0]  # under way


def test_a_gap_is_told_with_its_time(cast, desk, clock):
    nine = clock.now().replace(hour=9, minute=0)
    desk.override(by=cast.sam, person=None, starts_at=nine + 2 * DAY, ends_at=nine + 2.5 * DAY)
    said = page(cast.ana, "oncall")
    assert "<b>Gap</b>" in said and "Wed 09:00</time> – 21:00" in said
    desk.override(by=cast.sam, person=cast.sam, starts_at=nine + 2 * DAY, ends_at=nine + 2.5 * DAY)
    assert "<b>Gap</b>" not in page(cast.ana, "oncall")


def test_whose_account_has_ended_leaves_a_gap_that_names_them(cast, desk):
    cast.jo.is_active = False
    cast.jo.save()
    assert "Nobody is on call" in page(cast.ana, "oncall")
    said = page(cast.ana, "schedule", desk.pk)
    assert "Jo Okafor has no account any more" in said and "Nobody (Jo Okafor has left)" in said


def test_another_teams_schedule_is_neither_listed_nor_found(cast, desk, other):
    assert "Applications" not in page(cast.ana, "oncall").split("oncall-who")[-1]
    assert as_(cast.ana).get(reverse("schedule", args=[other.pk])).status_code == 404
    assert as_(cast.ana).get(reverse("schedule", args=[10**9])).status_code == 404
    for user in (cast.ada, cast.otto):
        assert "Applications" in page(user, "oncall").split("oncall-who")[-1]
        page(user, "schedule", other.pk)
    Seat.objects.create(layer=other.layers.get(), position=2, person=cast.ana)
    page(cast.ana, "schedule", other.pk)  # whoever takes turns on it sees it


def test_an_archived_schedule_is_gone_from_the_pages(cast, desk, clock):
    Schedule.objects.update(archived_at=clock.now())
    assert as_(cast.ana).get(reverse("schedule", args=[desk.pk])).status_code == 404
    assert "No schedule yet" in page(cast.ana, "oncall")


def test_twenty_schedules_cost_as_much_as_one(cast, desk):
    def cost() -> int:
        client = as_(cast.ana)
        client.get(reverse("oncall"))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse("oncall")).status_code == 200
        return len(queries)

    few = cost()
    for n in range(19):
        make_schedule(f"Desk {n}", team=cast.teams["Service desk"], people=[cast.jo, cast.ana])
    assert cost() == few
    assert few <= 25


def test_a_region_that_is_fresh_is_not_made_again(cast, desk):
    client = as_(cast.ana)
    first = client.get(reverse("oncall"), headers={"HX-Request": "true"})
    assert b"<html" not in first.content
    again = {"HX-Request": "true", "If-None-Match": first["ETag"]}
    assert client.get(reverse("oncall"), headers=again).status_code == 304
    desk.take_now(by=cast.sam)
    assert client.get(reverse("oncall"), headers=again).status_code == 200


# --- the calendar ---------------------------------------------------------------------------------


def test_a_month_lists_every_shift_and_marks_who_covers_for_whom(cast, desk, clock):
    nine = clock.now().replace(hour=9, minute=0)
    desk.override(by=cast.sam, person=cast.ana, starts_at=nine + 2 * DAY, ends_at=nine + 2.5 * DAY, reason="A concert")
    said = page(cast.sam, "schedule", desk.pk)
    assert "March 2026" in said and said.count('class="agenda-day') == 31
    assert "Ana Ruiz covers for Jo" in said and "A concert" in said


def test_the_address_says_which_month_week_and_clock(cast, desk):
    said = page(cast.sam, "schedule", desk.pk, at="2026-07-15", view="week")
    assert "Week of 13 July 2026" in said and said.count('<svg class="time-row"') == 7
    cast.sam.time_zone = "Europe/Berlin"
    cast.sam.save()
    mine, theirs = page(cast.sam, "schedule", desk.pk), page(cast.sam, "schedule", desk.pk, zone="schedule")
    assert ">10:00</time> – " in mine and ">09:00</time> – " in theirs


def test_days_of_23_and_25_hours_say_so(cast, desk):
    cast.sam.time_zone = "Europe/Berlin"
    cast.sam.save()
    assert "Sun 29 · 23 h" in page(cast.sam, "schedule", desk.pk, at="2026-03-15")
    assert "Sun 25 Oct · 25 h" in page(cast.sam, "schedule", desk.pk, at="2026-10-25", view="week")


@pytest.mark.parametrize(
    "query", [{"at": "yesterday"}, {"at": "9999-12-31"}, {"view": "x", "zone": "x", "layers": "x"}]
)
def test_an_address_that_makes_no_sense_shows_today(cast, desk, query):
    assert "March 2026" in page(cast.sam, "schedule", desk.pk, **query)


def test_layers_are_shown_on_demand(cast, desk):
    assert "Turns" not in page(cast.sam, "schedule", desk.pk)
    said = page(cast.sam, "schedule", desk.pk, layers="1")
    assert "Turns" in said and "bar-of-time below" in said


# --- overriding -----------------------------------------------------------------------------------


def test_a_supervisor_puts_somebody_else_there(cast, desk, clock):
    url = reverse("override", args=[desk.pk])
    form = {"person": cast.sam.pk, "starts_at": at(clock, 1), "ends_at": at(clock, 2), "reason": "Dentist"}
    answer = as_(cast.sam).post(url, form)
    assert (answer.status_code, answer["Location"]) == (302, reverse("schedule", args=[desk.pk]))
    made = Override.objects.get()
    assert (made.person, made.by, made.reason) == (cast.sam, cast.sam, "Dentist")
    assert made.starts_at == clock.now() + DAY


def test_nobody_can_be_put_there_on_purpose(cast, desk, clock):
    form = {"person": "nobody", "starts_at": at(clock, 1), "ends_at": at(clock, 2)}
    as_(cast.sam).post(reverse("override", args=[desk.pk]), form)
    assert Override.objects.get().person is None


def test_the_form_is_filled_from_the_address_and_read_on_the_clock_it_names(cast, desk, clock):
    desk.time_zone = "America/New_York"
    desk.save()
    url = reverse("override", args=[desk.pk])
    client = as_(cast.sam)
    query = {"from": "2026-03-03T09:00:00+00:00", "until": "2026-03-03T10:00:00.000Z", "zone": "schedule"}
    said = client.get(url, query).content.decode()
    assert 'value="2026-03-03T04:00"' in said and "America/New_York" in said
    form = {"person": cast.sam.pk, "starts_at": "2026-03-03T04:00", "ends_at": "2026-03-03T05:00"}
    client.post(f"{url}?zone=schedule", form)
    assert Override.objects.get().starts_at.isoformat() == "2026-03-03T09:00:00+00:00"


@pytest.mark.parametrize("until", ["2026-10-25T01:30:00+00:00", "2026-10-25T05:00:00+00:00"])
def test_of_an_hour_that_is_shown_twice_the_one_that_was_drawn_is_meant(cast, desk, clock, until):
    """What was dragged over, or a gap that is filled, keeps its instants as long as nobody types others."""
    Schedule.objects.update(time_zone="Europe/Berlin")
    url, drawn = reverse("override", args=[desk.pk]), {"from": "2026-10-25T01:15:00+00:00", "until": until}
    query = f"{url}?{urlencode({'zone': 'schedule', **drawn})}"
    ends = {"2026-10-25T01:30:00+00:00": "2026-10-25T02:30"}.get(until, "2026-10-25T06:00")
    form = {"person": cast.sam.pk, "starts_at": "2026-10-25T02:15", "ends_at": ends}
    said = as_(cast.sam).get(query).content.decode()
    assert all(f'value="{form[name]}"' in said for name in ("starts_at", "ends_at"))
    assert as_(cast.sam).post(query, form).status_code == 302
    made = Override.objects.get()
    assert (made.starts_at.isoformat(), made.ends_at.isoformat()) == tuple(drawn.values())
    as_(cast.sam).post(query, {**form, "starts_at": "2026-10-25T02:10"})
    assert Override.objects.latest("id").starts_at.isoformat() == "2026-10-25T00:10:00+00:00"  # typed: the first


def test_somebody_of_the_team_covers_themselves_and_nobody_else(cast, desk, clock):
    url = reverse("override", args=[desk.pk])
    client = as_(cast.ana)
    assert 'name="person"' not in client.get(url).content.decode()
    form = {"person": cast.sam.pk, "starts_at": at(clock, 0.1), "ends_at": at(clock, 0.2)}
    client.post(url, form)
    assert Override.objects.get().person == cast.ana


@pytest.mark.parametrize(
    ("who", "status"), [("ana", 302), ("sam", 302), ("ada", 302), ("mei", 404), ("rita", 404), ("otto", 403)]
)
@pytest.mark.parametrize("noun", ["override", "take-it-now"])
def test_who_may_cover(cast, desk, clock, who, status, noun):
    form = {"person": cast.sam.pk, "starts_at": at(clock, 0.1), "ends_at": at(clock, 0.2)}
    client = as_(getattr(cast, who))
    assert client.post(reverse(noun, args=[desk.pk]), form).status_code == status
    assert client.get(reverse(noun, args=[desk.pk])).status_code == (200 if status == 302 else status)
    assert Override.objects.count() == (status == 302)


@pytest.mark.parametrize(
    "wrong",
    [
        {"starts_at": "soon"},
        {"starts_at": "0001-01-01T00:00"},
        {"ends_at": "9999-12-31T23:59"},
        {"ends_at": "2026-03-02T00:00"},
        {"person": "0"},
        {"person": ""},
        {"reason": "x" * 300},
    ],
)
def test_what_is_wrong_is_said_at_its_field(cast, desk, clock, wrong):
    form = {"person": cast.sam.pk, "starts_at": at(clock, 1), "ends_at": at(clock, 2), **wrong}
    answer = as_(cast.sam).post(reverse("override", args=[desk.pk]), form)
    assert answer.status_code == 422 and "aria-invalid" in answer.content.decode()


def test_what_the_verb_refuses_comes_back_with_what_was_typed(cast, desk, clock):
    form = {"person": cast.sam.pk, "starts_at": at(clock, -3), "ends_at": at(clock, -2), "reason": "Too late"}
    answer = as_(cast.sam).post(reverse("override", args=[desk.pk]), form)
    assert answer.status_code == 409
    assert "That time has passed" in answer.content.decode() and "Too late" in answer.content.decode()


def test_a_dialog_is_answered_with_a_word_and_a_hint(cast, desk, clock):
    form = {"person": cast.sam.pk, "starts_at": at(clock, 1), "ends_at": at(clock, 2)}
    answer = as_(cast.sam).post(reverse("override", args=[desk.pk]), form, headers={"HX-Request": "true"})
    assert answer.status_code == 204 and '"ids": [-1]' in answer["HX-Trigger"]


def test_an_override_is_changed_by_a_new_one_in_its_place(cast, desk, clock):
    old = desk.override(by=cast.sam, person=cast.sam, starts_at=clock.now() + DAY, ends_at=clock.now() + 2 * DAY)
    url = reverse("override", args=[desk.pk]) + f"?instead={old.pk}"
    assert f'value="{cast.sam.pk}" selected' in as_(cast.sam).get(url).content.decode()
    form = {"person": cast.ana.pk, "starts_at": at(clock, 1), "ends_at": at(clock, 2)}
    as_(cast.sam).post(url, form)
    old.refresh_from_db()
    assert old.cancelled_by == cast.sam
    assert Override.objects.that_count().get().person == cast.ana


def test_a_change_that_fails_leaves_the_old_one_as_it_was(cast, desk, clock):
    old = desk.override(by=cast.sam, person=cast.sam, starts_at=clock.now() + DAY, ends_at=clock.now() + 2 * DAY)
    form = {"person": cast.ana.pk, "starts_at": at(clock, -3), "ends_at": at(clock, -2)}
    assert as_(cast.sam).post(reverse("override", args=[desk.pk]) + f"?instead={old.pk}", form).status_code == 409
    old.refresh_from_db()
    assert old.cancelled_at is None


def test_who_may_cancel_and_that_another_schedules_override_is_not_found(cast, desk, other, clock):
    span = {"starts_at": clock.now() + DAY, "ends_at": clock.now() + 2 * DAY}
    one = desk.override(by=cast.sam, person=cast.ana, **span)
    url = reverse("override-cancellation", args=[desk.pk, one.pk])
    assert as_(cast.mei).post(url).status_code == 404
    assert as_(cast.jo).post(url).status_code == as_(cast.jo).get(url).status_code == 403
    assert as_(cast.ada).post(reverse("override-cancellation", args=[other.pk, one.pk])).status_code == 404
    assert as_(cast.ana).get(url).status_code == 200  # asks first
    assert as_(cast.ana).post(url).status_code == 302
    assert as_(cast.ana).post(url).status_code == 409  # was cancelled before


@pytest.mark.parametrize("number", ["x", "9" * 30, "999999999"])
def test_an_override_that_is_not_there_cannot_be_changed(cast, desk, number):
    url = reverse("override", args=[desk.pk]) + f"?instead={number}"
    assert as_(cast.sam).get(url).status_code == 404


def test_a_shift_over_the_edge_of_what_is_drawn_keeps_its_beginning_and_its_end(cast, desk):
    said = page(cast.ana, "schedule", desk.pk, view="week")
    assert '<time datetime="2026-03-01T09:00:00+00:00">Sun 1 Mar 09:00</time> – ' in said
    assert '<time datetime="2026-03-09T09:00:00+00:00">Mon 09:00</time>' in said
    asked = {"from": "2026-03-08T09:00:00+00:00", "until": "2026-03-09T09:00:00+00:00"}
    assert urlencode(asked).replace("&", "&amp;") in page(cast.ana, "schedule", desk.pk, view="week")
    april = page(cast.ana, "schedule", desk.pk, at="2026-04-20").split('class="agenda-day')[1]
    assert "Wed 1 Apr" in april and ">Tue 31 Mar 09:00</time> – " in april


def test_a_gap_without_an_end_is_as_long_as_what_is_drawn(cast, clock):
    made = make_schedule("Late", team=cast.teams["Service desk"], people=[cast.ana], starts_on=date(2027, 3, 4))
    said = page(cast.sam, "schedule", made.pk, view="week")
    assert '<time datetime="2026-03-02T00:00:00+00:00">00:00</time> – ' in said
    assert '<time datetime="2026-03-09T00:00:00+00:00">Mon 9 Mar 00:00</time>' in said


# --- taking it now --------------------------------------------------------------------------------


def seen_in(answer) -> str:
    return answer.content.decode().split('name="seen" value="')[1].split('"')[0]


def test_taking_it_now_covers_the_rest_of_the_shift(cast, desk, clock):
    client = as_(cast.ana)
    asked = client.get(reverse("take-it-now", args=[desk.pk]))
    assert "Jo Okafor is on call until Tue 09:00" in asked.content.decode()
    client.post(reverse("take-it-now", args=[desk.pk]), {"seen": seen_in(asked)})
    assert on_call(desk.plan(), clock.now()) == (cast.ana.pk,)
    assert Override.objects.get().ends_at == datetime(2026, 3, 3, 9, tzinfo=clock.now().tzinfo)


def test_of_two_who_take_it_one_has_it_and_the_other_reads_who(cast, desk, clock):
    url = reverse("take-it-now", args=[desk.pk])
    ana, sam = as_(cast.ana), as_(cast.sam)
    seen = {"seen": seen_in(ana.get(url))}
    assert ana.post(url, seen).status_code == 302
    late = sam.post(url, seen)
    assert late.status_code == 409 and "Meanwhile Ana Ruiz has it" in late.content.decode()
    assert on_call(desk.plan(), clock.now()) == (cast.ana.pk,)
    assert "You are on call already" in ana.post(url, seen).content.decode()  # pressed twice
    assert sam.post(url, {"seen": seen_in(late)}).status_code == 302  # knowing who has it, Sam still may


def test_a_team_without_schedule_is_told_what_one_is_for(cast, clock):
    assert "Make a schedule" in page(cast.ada, "oncall")
    assert "Make a schedule" not in page(cast.ana, "oncall")
    Membership.objects.filter(user=cast.ana).delete()
    assert "No schedule yet" in page(cast.ana, "oncall")


def test_the_first_day_of_a_schedule_is_a_gap_before_it(cast, clock):
    late = make_schedule("Late", team=cast.teams["Service desk"], people=[cast.ana], starts_on=date(2026, 3, 4))
    said = page(cast.ana, "oncall")
    assert "Nobody is on call</b><small>until Wed 09:00" in said
    assert "agenda-line gap running" in page(cast.ana, "schedule", late.pk)


# --- where it matters -----------------------------------------------------------------------------


def test_whoever_hands_over_reads_who_is_on_call_now(cast, desk, open_incident):
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    said = page(cast.ana, "handover", incident.number)
    assert "on call now until" in said.split("Jo Okafor")[1].split("</label>")[0]
    assert "on call now" not in said.split("Sam Reyes")[1].split("</label>")[0]
