"""Who sees a schedule that is not their team's: Mei has a part in it, or had one until lately."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from escalation.kit import clock as kit_clock
from escalation.oncall import verbs
from escalation.oncall.calendars.feeds import Feed
from escalation.oncall.models import Layer, Schedule, Seat
from escalation.oncall.shifts import on_call
from escalation.oncall.swaps import Wish
from escalation.people.models import Membership
from tests.escalation.test_schedules import make_schedule, turn
from tests.stories.test_on_call_pages import as_

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def desk(cast, clock) -> Schedule:
    """The service desk's; Mei is of another team."""
    return make_schedule(team=cast.teams["Service desk"], people=[cast.ana, cast.jo])


def sees(user, schedule) -> bool:
    """On its page, on the list and in what calendars may be made of it alike."""
    answers = {
        as_(user).get(reverse("schedule", args=[schedule.pk])).status_code == 200,
        f'href="{reverse("schedule", args=[schedule.pk])}"' in as_(user).get(reverse("oncall")).content.decode(),
    }
    assert len(answers) == 1
    return answers.pop()


def seat(desk, person, **when) -> Seat:
    return Seat.objects.create(layer=desk.layers.get(), position=9, person=person, **when)


def test_whoever_left_a_rotation_sees_it_for_thirty_days_more(cast, desk, clock):
    assert not sees(cast.mei, desk)
    seat(desk, cast.mei, leaves_at=clock.now() + DAY)
    assert sees(cast.mei, desk) and verbs.may_cover(desk, cast.mei)
    clock.jump(days=31)
    assert sees(cast.mei, desk) and cast.mei in verbs.who_may_cover(desk)
    clock.jump(days=1, minutes=1)  # her last turn of a day may have begun just before she left
    assert not sees(cast.mei, desk) and not verbs.may_cover(desk, cast.mei)
    assert cast.mei not in verbs.who_may_cover(desk)


def test_a_seat_to_come_counts_and_one_without_an_end_too(cast, desk, clock):
    seat(desk, cast.mei, joins_at=clock.now() + 300 * DAY)
    seat(desk, cast.tom)
    clock.jump(days=200)
    assert sees(cast.mei, desk) and sees(cast.tom, desk)


@pytest.mark.rehearsal("long")
def test_a_layer_that_ended_long_ago_gives_no_sight(cast, desk, clock):
    seat(desk, cast.mei)
    Layer.objects.update(ends_at=clock.now())
    clock.jump(days=29)
    assert sees(cast.mei, desk)
    clock.jump(days=2)
    assert not sees(cast.mei, desk)
    assert sees(cast.ana, desk)  # of the team, as ever


def test_a_long_turn_that_outlasts_its_seat_is_seen_to_its_end(cast, clock):
    """A turn is never cut: Mei left in March, and her six months go on until September."""
    half_years = make_schedule(
        team=cast.teams["Service desk"], people=[cast.mei], unit="months", every=6, starts_on=date(2026, 3, 1)
    )
    Seat.objects.update(leaves_at=clock.now())
    clock.jump(days=170)
    assert on_call(half_years.plan(), clock.now()) == (cast.mei.pk,)
    assert sees(cast.mei, half_years)
    clock.jump(days=60)
    assert not sees(cast.mei, half_years)


@pytest.mark.rehearsal("long")
def test_a_cover_that_is_long_past_or_was_taken_back_gives_no_sight(cast, desk, clock):
    now = clock.now()
    desk.override(by=cast.ada, person=cast.mei, starts_at=now + DAY, ends_at=now + 2 * DAY)
    back = desk.override(by=cast.ada, person=cast.tom, starts_at=now + DAY, ends_at=now + 2 * DAY)
    assert sees(cast.mei, desk) and sees(cast.tom, desk)
    desk.cancel_override(back, by=cast.ada)
    assert not sees(cast.tom, desk)
    clock.jump(days=31)
    assert sees(cast.mei, desk)
    clock.jump(days=2)
    assert not sees(cast.mei, desk)


def test_who_is_asked_sees_what_they_are_asked_about(cast, desk, clock):
    place = Membership.objects.create(team=desk.team, user=cast.mei, role="agent")
    swap = desk.ask_swap(Wish(turn(desk, clock, 2), asked=cast.mei), by=cast.jo)
    place.delete()
    assert sees(cast.mei, desk)
    as_(cast.mei).post(reverse("swap-refusal", args=[desk.pk, swap.pk]))
    assert sees(cast.mei, desk)
    clock.jump(days=34)
    assert not sees(cast.mei, desk)


def test_a_feed_ends_with_the_sight_of_its_schedule(cast, desk, clock, client):
    seat(desk, cast.mei, leaves_at=clock.now())
    feed, key = Feed.make(by=cast.mei, schedule=desk)
    address = reverse(f"feed-{feed.kind}", kwargs={"key": key})
    assert client.get(address).status_code == 200
    kit_clock.forward(40 * DAY)
    assert client.get(address).status_code == 404
