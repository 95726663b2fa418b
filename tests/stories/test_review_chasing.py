"""Actions of reviews are chased until they are done: who hears of them, when, and that nobody is woken."""

from datetime import UTC, date, datetime, timedelta

import pytest

from escalation.engine import deliver
from escalation.engine.models import Delivery
from escalation.notify.models import QuietHours
from escalation.people.models import Membership
from escalation.trail.models import Entry
from escalation.trail.verifying import verify
from incidents.models import Access, Action, Incident, Review, chase_days, chasing
from incidents.models.reviews import Words

pytestmark = pytest.mark.django_db
DUE = date(2026, 3, 10)  # a Tuesday; it is Monday, 2 March


@pytest.fixture
def review(open_incident, cast, clock):
    incident = open_incident("Card payments fail")
    incident.resolve(by=cast.mei, cause="change", text="Rolled back")
    return Review.begin(Incident.objects.get(pk=incident.pk), by=cast.sam, words=Words("A release broke it"))


@pytest.fixture
def action(review, cast):
    return review.add_action(by=cast.sam, what="Try releases on a copy first", owner=cast.mei, due=DUE)


def told(since: datetime) -> list[str]:
    """Who got a mail since then, by first name, and whether it speaks of somebody else."""
    rows = Delivery.objects.filter(kind="action_due", channel="email", queued_at__gte=since).exclude(state="cancelled")
    rows = rows.order_by("person__name").values_list("person__name", "message__doer")
    return [name.split()[0] + (f" of {doer}" if doer else "") for name, doer in rows]


def morning(clock, day: date) -> datetime:
    """Go to nine o'clock of a day, with everything that was due on the way."""
    clock.jump(seconds=(datetime(day.year, day.month, day.day, 9, tzinfo=UTC) - clock.now()).total_seconds())
    chasing.chase()
    return clock.now()


def test_its_owner_hears_of_it_before_and_after_then_supervisors_too_until_it_is_done(action, review, cast, clock):
    heard = {}
    for day in range(1, 40):
        at = morning(clock, date(2026, 3, 2) + timedelta(days=day))
        chasing.chase()  # twice is once
        if names := told(at):
            heard[(at.date() - DUE).days] = names
        if len(heard) == 5:
            break
    both = ["Kim of Mei Tanaka", "Mei"]
    assert heard == {-1: ["Mei"], 1: ["Mei"], 4: both, 11: both, 18: both}
    entries = Entry.objects.filter(trail=review.incident.trail_id, kind="review_reminded")
    assert entries.count() == 5
    review.complete_action(1, by=cast.mei)
    assert chasing.next_due() is None
    assert not told(morning(clock, DUE + timedelta(days=25)))
    assert verify(review.incident.trail, now=clock.now()).fault is None


def test_the_message_says_what_from_where_and_what_comes_next(action, clock, mailoutbox, cast):
    morning(clock, DUE + timedelta(days=4))
    deliver.deliver_due()
    mei = next(mail for mail in mailoutbox if mail.to == [cast.mei.email])
    kim = next(mail for mail in mailoutbox if mail.to == [cast.kim.email])
    assert mei.subject == "Late by 4 days: Try releases on a copy first"
    assert "It was due on Tue 10 Mar 2026." in mei.body and "/reviews/" in mei.body and "#action-1" in mei.body
    assert kim.subject == "Mei Tanaka is late by 4 days: Try releases on a copy first"
    assert "It is neither done nor dropped." in kim.body


def test_who_has_quiet_hours_is_left_in_peace_and_what_is_done_meanwhile_is_not_said(action, review, cast, clock):
    QuietHours.objects.create(person=cast.mei, begins="08:00", ends="12:00")
    at = morning(clock, DUE - timedelta(days=1))
    mail = Delivery.objects.get(kind="action_due", channel="email")
    assert mail.next_at == at + timedelta(hours=3)
    review.complete_action(1, by=cast.mei)
    mail.refresh_from_db()
    assert mail.state == Delivery.State.CANCELLED


def test_after_an_outage_one_word_is_said_and_never_at_night(action, clock):
    night = datetime(2026, 3, 20, 23, tzinfo=UTC)  # late by ten days; three of them were missed
    clock.jump(seconds=(night - clock.now()).total_seconds())
    chasing.chase()
    assert not told(night) and chasing.next_due() == datetime(2026, 3, 21, 9, tzinfo=UTC)
    at = morning(clock, date(2026, 3, 21))
    assert told(at) == ["Kim of Mei Tanaka", "Mei"]
    assert Delivery.objects.filter(kind="action_due", person__name="Mei Tanaka", channel="desk").count() == 1


def test_whoever_is_reminded_late_hears_of_it_again_in_a_week_as_the_message_says(action, clock, mailoutbox):
    noon = datetime(2026, 3, 20, 12, tzinfo=UTC)  # late by ten days; the eleventh would have been a morning for it
    clock.jump(seconds=(noon - clock.now()).total_seconds())
    chasing.chase()
    deliver.deliver_due()
    assert [
        mail.body.count("you hear of it again in a week") for mail in mailoutbox if "Mei Tanaka is" in mail.subject
    ] == [1]
    assert [told(morning(clock, noon.date() + timedelta(days=days))) for days in range(1, 7)] == [[]] * 6
    assert told(morning(clock, noon.date() + timedelta(days=7))) == ["Kim of Mei Tanaka", "Mei"]


def test_what_somebody_is_given_early_on_the_day_before_is_said_that_morning(review, cast, clock):
    cast.mei.time_zone = "Asia/Tokyo"
    cast.mei.save()
    evening = datetime(2026, 3, 8, 23, 30, tzinfo=UTC)  # half past eight in the morning, where Mei lives
    clock.jump(seconds=(evening - clock.now()).total_seconds())
    review.add_action(by=cast.sam, what="Try releases on a copy first", owner=cast.mei, due=DUE)
    clock.jump(minutes=30)
    chasing.chase()
    assert told(clock.now()) == ["Mei"]


def test_whoever_gets_it_next_hears_of_it_and_whoever_had_it_does_not(action, review, cast, clock):
    morning(clock, DUE - timedelta(days=1))
    assert Delivery.objects.filter(kind="action_due", person=cast.mei, state="queued", channel="email").exists()
    review.change_action(1, by=cast.sam, owner=cast.jo, due=DUE + timedelta(days=3))
    assert not Delivery.objects.filter(kind="action_due", person=cast.mei, state="queued", channel="email").exists()
    assert told(morning(clock, DUE + timedelta(days=2))) == ["Jo"]


def test_of_a_restricted_incident_nobody_hears_who_may_not_see_it_and_who_left_is_not_written_to(
    action, review, cast, clock
):
    Incident.objects.update(restricted=True)
    at = morning(clock, DUE + timedelta(days=4))
    assert told(at) == ["Mei"]  # Kim sees it by her team alone, and Sam gave it, but sees it so too
    Access.objects.create(incident=review.incident, person=cast.kim)
    cast.mei.is_active = False
    cast.mei.save()
    assert told(morning(clock, DUE + timedelta(days=11))) == ["Kim of Mei Tanaka"]
    Membership.objects.filter(user=cast.kim).delete()
    assert told(morning(clock, DUE + timedelta(days=18))) == []


def test_one_that_cannot_be_said_silences_no_other(action, review, cast, clock, monkeypatch):
    review.add_action(by=cast.sam, what="Alert sooner", owner=cast.jo, due=DUE)
    real = chasing._remind
    monkeypatch.setattr(
        chasing, "_remind", lambda work, one, late: 1 / 0 if one.pk == action.pk else real(work, one, late)
    )
    assert told(morning(clock, DUE - timedelta(days=1))) == ["Jo"]
    assert Action.objects.get(pk=action.pk).remind_at == clock.now() + chasing.AGAIN


@pytest.mark.parametrize(
    ("now", "zone", "expected"),
    [
        ("2026-03-02T09:30", "UTC", "2026-03-09T09:00"),
        ("2026-03-08T23:30", "UTC", "2026-03-09T09:00"),
        ("2026-03-08T23:30", "Asia/Tokyo", "2026-03-09T00:00"),  # it is the day before there, and not nine yet
        ("2026-03-09T08:00", "UTC", "2026-03-09T09:00"),  # made on the day before: the last morning that is in time
        ("2026-03-09T09:00", "UTC", "2026-03-11T09:00"),
        ("2026-03-10T12:00", "America/New_York", "2026-03-11T13:00"),
        ("2026-03-11T09:00", "UTC", "2026-03-14T09:00"),
        ("2026-03-14T09:00", "UTC", "2026-03-21T09:00"),
        ("2026-03-20T12:00", "UTC", "2026-03-27T09:00"),  # said late, after an outage: a week from then
        ("2026-03-02T09:30", "Nowhere/Else", "2026-03-09T09:00"),
    ],
)
def test_the_next_morning_on_which_it_is_spoken_of(now, zone, expected):
    at = chase_days.next_after(DUE, datetime.fromisoformat(now).replace(tzinfo=UTC), zone)
    assert at == datetime.fromisoformat(expected).replace(tzinfo=UTC)
