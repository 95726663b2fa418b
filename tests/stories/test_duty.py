"""Nothing about who is on call is silent, late or undone behind somebody's back."""

import re
from datetime import UTC, datetime, time, timedelta

import pytest
from django.core import mail
from django.urls import reverse

from escalation.engine.audit import auditing
from escalation.engine.models import Delivery, Try
from escalation.kit import clock as kit_clock
from escalation.kit.errors import Refused
from escalation.notify.models import QuietHours
from escalation.oncall import cues, unanswered
from escalation.oncall.calendars import fetching
from escalation.oncall.calendars.outside import OutsideCalendar
from escalation.oncall.calendars.reading import Date, Read
from escalation.oncall.models import Override, Schedule, Seat, SwapRequest
from escalation.oncall.shifts import final, on_call
from escalation.oncall.spans import Span
from escalation.oncall.swaps import Wish
from incidents.desk import hints
from tests.escalation.test_schedules import last_entry, make_schedule, turn
from tests.reach_kit import Carriers, account, method, rules, work
from tests.stories.test_on_call_pages import as_, page

pytestmark = pytest.mark.django_db
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def forget() -> None:
    """What was told so far is not what the story is about."""
    Try.objects.all().delete()
    Delivery.objects.all().delete()


@pytest.fixture
def desk(cast, clock) -> Schedule:
    """Jo is on call today (Monday) and on Wednesday, Ana tomorrow and on Thursday; hand-off at nine."""
    return make_schedule(team=cast.teams["Service desk"], people=[cast.ana, cast.jo])


# --- the past, and what one may see ---------------------------------------------------------------


def test_nobody_covers_what_has_passed(cast, desk, clock):
    now = clock.now()
    before = final(desk.plan(), now - 60 * DAY, now)
    form = {"starts_at": "2026-01-01T00:00", "ends_at": f"{now + 5 * MINUTE:%Y-%m-%dT%H:%M}"}
    assert as_(cast.ana).post(reverse("override", args=[desk.pk]), form).status_code == 302
    desk.override(by=cast.sam, person=None, starts_at=now - 30 * DAY, ends_at=now + HOUR)
    assert [one.starts_at for one in Override.objects.all()] == [now, now]
    assert final(desk.plan(), now - 60 * DAY, now) == before


def test_who_left_a_rotation_long_ago_has_no_cue_that_leads_nowhere(cast, desk, clock):
    layer = desk.layers.get()
    Seat.objects.create(layer=layer, position=3, person=cast.tom, leaves_at=clock.now() - 60 * DAY)
    Seat.objects.create(layer=layer, position=4, person=cast.mei, leaves_at=clock.now() - 3 * DAY)
    swap = desk.ask_swap(Wish(turn(desk, clock, 2), text="A concert"), by=cast.jo)
    address = reverse("swap-acceptance", args=[desk.pk, swap.pk])
    for person, seen in ((cast.tom, False), (cast.mei, True)):
        assert ("A concert" in page(person, "cues")) is seen
        assert (as_(person).get(address).status_code == 200) is seen


def test_the_dialog_is_on_the_clock_of_the_page_it_came_from(cast, desk, clock):
    desk.time_zone = "America/New_York"
    desk.save()
    said = page(cast.jo, "schedule", desk.pk, zone="schedule")
    address = reverse("take-it-now", args=[desk.pk])
    assert f'href="{address}?zone=schedule"' in said and "on call until 09:00" in said
    dialog = page(cast.jo, "take-it-now", desk.pk, zone="schedule")
    assert "Ana Ruiz is on call until 09:00." in dialog
    assert "Times are on the clock of America/New_York." in dialog
    assert "until 14:00." in page(cast.jo, "take-it-now", desk.pk)
    taken = as_(cast.jo).post(f"{address}?zone=schedule", follow=True).content.decode()
    assert "You are on call for Desk until 09:00" in taken


# --- in time --------------------------------------------------------------------------------------

NIGHT = datetime(2026, 3, 3, 22, 5, tzinfo=UTC)  # a Tuesday


@pytest.fixture
def ways(cast, monkeypatch):
    """Ana and Jo are mailed when it is quiet and rung when it is loud, and not disturbed from ten to seven."""
    for person in (cast.ana, cast.jo):
        rules(person, "quiet", (account(person), 0))
        rules(person, "loud", (method(person, "voice", f"+49151000{person.pk:04}"), 0))
        QuietHours.objects.create(person=person, begins=time(22), ends=time(7))
    return Carriers().use(monkeypatch)


@pytest.fixture
def tonight(clock) -> dict[str, datetime]:
    """From eleven to six, seen from five past ten."""
    kit_clock.fix(NIGHT)
    return {"starts_at": NIGHT.replace(hour=23, minute=0), "ends_at": NIGHT.replace(hour=6, minute=0) + DAY}


def heard(person, clock) -> list[tuple[str, str, datetime]]:
    """How, what and when: what leaves for somebody, now or later."""
    found = Delivery.objects.filter(person=person).exclude(channel="desk").order_by("id")
    return [(one.channel, one.kind, one.not_before or one.queued_at) for one in found]


def test_who_is_on_call_again_tonight_is_rung_although_it_is_their_quiet_time(cast, desk, ways, tonight, clock):
    cover = desk.cover(by=cast.jo, **tonight)
    forget()
    desk.cancel_override(cover, by=cast.jo)
    assert heard(cast.ana, clock) == [("voice", "cover_ended", NIGHT)]
    work()
    assert "You are on call Tue 3 Mar 23:00 – Wed 4 Mar 06:00 UTC" in ways["voice"].carried[0][1].subject


def test_no_limit_keeps_it_until_it_is_too_late(cast, desk, ways, tonight, clock, settings):
    settings.LIMIT_PER_PERSON = {"voice": 1}
    for start, end in ((tonight["starts_at"], tonight["ends_at"]), (tonight["ends_at"], tonight["ends_at"] + HOUR)):
        desk.override(by=cast.sam, person=cast.jo, starts_at=start, ends_at=end)
        work()
        clock.jump(minutes=5)
    assert [message.kind for _number, message in ways["voice"].carried] == ["duty_on", "duty_on"]
    assert not Delivery.objects.filter(limited=True).exists()


def test_who_is_free_tonight_is_not_woken_to_read_it(cast, desk, ways, tonight, clock):
    desk.override(by=cast.sam, person=cast.jo, **tonight)
    assert heard(cast.jo, clock) == [("voice", "duty_on", NIGHT)]
    assert heard(cast.ana, clock) == [("email", "duty_off", NIGHT.replace(hour=7, minute=0) + DAY)]


@pytest.mark.parametrize(("begins", "loud"), [(59, True), (60, True), (119, True), (120, False), (600, False)])
def test_what_the_end_of_quiet_hours_leaves_an_hour_for_may_wait_for_it(cast, desk, ways, tonight, clock, begins, loud):
    """From six o'clock, in minutes."""
    start = tonight["ends_at"] + begins * MINUTE
    desk.override(by=cast.sam, person=cast.mei, starts_at=start, ends_at=start + DAY)
    forget()
    desk.cancel_override(Override.objects.get(), by=cast.sam)
    (first,) = [one for one in heard(cast.ana, clock) if one[1] == "cover_ended"]
    assert first[0] == ("voice" if loud else "email")
    assert (first[2] == NIGHT) is loud


def test_who_takes_a_swap_because_a_supervisor_said_so_is_rung(cast, desk, ways, tonight, clock):
    kit_clock.fix(NIGHT - 4 * HOUR)
    swap = desk.ask_swap(Wish(Span(tonight["starts_at"], tonight["ends_at"])), by=cast.ana)
    kit_clock.fix(NIGHT)
    forget()
    desk.accept_swap(swap, by=cast.sam, covers=cast.jo)
    assert heard(cast.jo, clock) == [("voice", "swap_accepted", NIGHT)]
    assert heard(cast.ana, clock) == [("email", "swap_accepted", NIGHT.replace(hour=7, minute=0) + DAY)]


def test_who_asked_hears_a_no_before_the_night_begins(cast, desk, ways, tonight, clock):
    kit_clock.fix(NIGHT - 4 * HOUR)
    swap = desk.ask_swap(Wish(Span(tonight["starts_at"], tonight["ends_at"]), cast.jo), by=cast.ana)
    kit_clock.fix(NIGHT)
    desk.decline_swap(swap, by=cast.jo)
    assert heard(cast.ana, clock) == [("voice", "swap_declined", NIGHT)]


# --- whoever it makes a difference to -------------------------------------------------------------


def words(person) -> str:
    """The last message to somebody."""
    work()
    return [one for one in mail.outbox if person.email in one.to][-1].body


def kinds(*, but=()) -> list[tuple[str, str]]:
    found = Delivery.objects.filter(channel="email").exclude(kind__in=but).order_by("person__name", "id")
    return [(one.person.get_short_name(), one.kind) for one in found.select_related("person")]


def test_an_override_is_told_to_both_and_not_to_who_made_it(cast, desk, clock):
    night = {"starts_at": clock.now() + 10 * HOUR, "ends_at": clock.now() + 30 * HOUR}
    desk.override(by=cast.sam, person=cast.mei, reason="Jo is ill", **night)
    assert kinds() == [("Ana", "duty_off"), ("Jo", "duty_off"), ("Mei", "duty_on")]
    said = words(cast.mei)
    assert "Mon 2 Mar 19:30 – Tue 3 Mar 15:30 UTC" in said
    assert "You are on call at this time, instead of Jo Okafor: Sam Reyes put you there." in said
    assert "> Jo is ill" in said
    assert "Mei Tanaka is on call at this time instead of you: Sam Reyes settled it." in words(cast.ana)
    auditing.audit()


def test_who_takes_it_now_relieves_somebody_who_reads_it(cast, desk, clock):
    desk.take_now(by=cast.ana)
    assert kinds() == [("Jo", "duty_off")]
    assert "Ana Ruiz is on call at this time instead of you: they cover it themselves." in words(cast.jo)


def test_whose_cover_somebody_else_cancels_reads_it_too(cast, desk, clock):
    cover = desk.cover(by=cast.jo, starts_at=turn(desk, clock, 1).start, ends_at=turn(desk, clock, 1).end)
    forget()
    desk.cancel_override(cover, by=cast.sam)
    assert kinds() == [("Ana", "cover_ended"), ("Jo", "duty_off")]
    assert "instead of you: Sam Reyes cancelled your cover." in words(cast.jo)


def test_a_cover_that_is_moved_is_told_once_and_only_as_far_as_it_moved(cast, desk, clock):
    noon = clock.now().replace(hour=12, minute=0) + DAY  # Ana's
    old = desk.override(by=cast.sam, person=cast.jo, starts_at=noon, ends_at=noon + 4 * HOUR)
    forget()
    later = {"starts_at": noon + HOUR, "ends_at": noon + 5 * HOUR}
    desk.override(by=cast.sam, person=cast.jo, instead=old, **later)
    assert kinds() == [("Ana", "duty_on"), ("Jo", "duty_on")]
    assert "12:00 – 13:00 UTC" in words(cast.ana) and "You are no longer on call Tue 3 Mar 16:00 – 17:00" in words(
        cast.ana
    )
    assert "16:00 – 17:00 UTC" in words(cast.jo)


def test_nobody_is_told_what_makes_no_difference_to_them(cast, desk, clock):
    span = {"starts_at": turn(desk, clock, 1).start, "ends_at": turn(desk, clock, 1).end}
    desk.override(by=cast.sam, person=cast.ana, **span)  # it was hers anyway
    assert kinds() == []
    cast.jo.is_active = False
    cast.jo.save()
    desk.override(by=cast.sam, person=cast.ana, starts_at=turn(desk, clock, 2).start, ends_at=turn(desk, clock, 2).end)
    assert kinds() == [("Ana", "duty_on")]


@pytest.mark.parametrize("kind", ["duty_on", "cover_ended", "swap_waiting", "swap_unanswered"])
def test_an_open_page_says_it_aloud(kind):
    said = hints.spoken({"kind": kind, "title": "Desk", "shift": "Fri 18:00 – 23:00 UTC", "link": "/oncall/1/"})
    assert kind in hints.LOUD and "Fri 18:00 – 23:00 UTC" in said["title"] and "calls you" not in said["title"]


# --- two who fill one gap -------------------------------------------------------------------------


def seen_in(said: str) -> str:
    return re.search('name="seen" value="([^"]*)"', said).group(1)


@pytest.fixture
def gap(cast, desk, clock) -> dict[str, str]:
    nine = turn(desk, clock, 2).start
    desk.override(by=cast.sam, person=None, starts_at=nine, ends_at=nine + 8 * HOUR)
    forget()
    return {"starts_at": "2026-03-04T09:00", "ends_at": "2026-03-04T17:00"}


def test_of_two_who_fill_one_gap_the_slower_one_knows_before_they_overrule(cast, desk, gap, clock):
    address = reverse("override", args=[desk.pk])
    forms = {
        person: {**gap, "seen": seen_in(as_(person).get(address).content.decode())} for person in (cast.ana, cast.jo)
    }
    assert as_(cast.ana).post(address, forms[cast.ana]).status_code == 302
    late = as_(cast.jo).post(address, {**forms[cast.jo], "reason": "I am there anyway"})
    said = late.content.decode()
    assert late.status_code == 409 and "Meanwhile Ana Ruiz is on call Wed 4 Mar 09:00 – 17:00 UTC" in said
    assert "I am there anyway" in said and 'value="2026-03-04T17:00"' in said
    again = as_(cast.jo).post(address, {**gap, "seen": seen_in(said)})
    assert again.status_code == 302 and on_call(desk.plan(), turn(desk, clock, 2).start) == (cast.jo.pk,)
    assert kinds() == [("Ana", "duty_off")]
    twice = as_(cast.jo).post(address, {**gap, "seen": seen_in(said)})  # a second press of the same button
    assert twice.status_code == 409 and "Meanwhile you are on call" in twice.content.decode()


def test_a_change_of_another_time_is_in_nobodys_way(cast, desk, gap, clock):
    address = reverse("override", args=[desk.pk])
    seen = seen_in(as_(cast.jo).get(address).content.decode())
    desk.override(by=cast.sam, person=cast.sam, starts_at=clock.now() + 8 * DAY, ends_at=clock.now() + 9 * DAY)
    assert as_(cast.jo).post(address, {**gap, "seen": seen}).status_code == 302


def test_a_cover_that_was_cancelled_and_a_rotation_that_was_changed_are_seen_too(cast, desk, gap, clock):
    cover = desk.cover(by=cast.ana, starts_at=turn(desk, clock, 2).start, ends_at=turn(desk, clock, 2).end)
    address = reverse("override", args=[desk.pk])
    query = {"from": cover.starts_at.isoformat(), "until": cover.ends_at.isoformat()}
    opened = as_(cast.sam).get(address, query).content.decode()
    assert "So far on call then: Ana Ruiz." in opened
    clock.jump(minutes=1)
    desk.cancel_override(cover, by=cast.ana)
    form = {**gap, "person": cast.jo.pk, "seen": seen_in(opened)}
    said = as_(cast.sam).post(address, form).content.decode()
    assert "Meanwhile nobody is on call Wed 4 Mar 09:00" in said
    Seat.objects.filter(person=cast.jo).update(person=cast.sam)
    said = as_(cast.sam).post(address, {**form, "seen": seen_in(said)}).content.decode()
    assert "layers have changed" in said


NONSENSE = ["", "x", "1 2 3", "2026-03-02T09:30:00 1 x", "2026-03-02T09:30:00+00:00 ٣ \x00", "9" * 5000]


@pytest.mark.parametrize("seen", NONSENSE)
def test_whatever_is_sent_as_seen_is_refused_and_nothing_worse(cast, desk, gap, seen):
    answer = as_(cast.jo).post(reverse("override", args=[desk.pk]), {**gap, "seen": seen})
    assert answer.status_code == 409 and Override.objects.count() == 1


# --- a request that nobody answers ----------------------------------------------------------------


def test_nobody_is_told_of_a_swap_on_a_schedule_that_calls_nobody_any_more(cast, desk, clock):
    desk.ask_swap(Wish(turn(desk, clock, 4), cast.ana), by=cast.jo)
    type(desk).objects.filter(pk=desk.pk).update(archived_at=clock.now())
    for _time in ("a day before", "at the end"):
        kit_clock.fix(unanswered.next_due())
        unanswered.tell()
    assert kinds(but=["swap_asked"]) == [] and unanswered.next_due() is None


def test_an_unanswered_swap_is_told_a_day_ahead_and_when_it_is_over(cast, desk, clock):
    swap = desk.ask_swap(Wish(turn(desk, clock, 4), cast.ana), by=cast.jo)  # Friday
    assert unanswered.next_due() == turn(desk, clock, 3).start and unanswered.tell() == 0
    kit_clock.fix(unanswered.next_due())
    assert unanswered.tell() == 1 and unanswered.tell() == 0
    assert kinds(but=["swap_asked"]) == [("Jo", "swap_waiting")]
    assert "You asked Ana Ruiz to take this time on call, and there is no answer yet." in words(cast.jo)
    assert unanswered.next_due() == swap.starts_at
    kit_clock.fix(swap.starts_at)
    unanswered.tell()
    assert kinds(but=["swap_asked"]) == [("Jo", "swap_waiting"), ("Jo", "swap_unanswered")]
    assert last_entry()[0] == "swap_unanswered" and unanswered.next_due() is None
    assert "It has begun, and you are on call." in words(cast.jo)
    auditing.audit()


def test_a_request_is_over_when_the_time_in_return_begins(cast, desk, clock):
    """Half of a bargain is none: nobody is shown, or waits for, what can no longer be accepted."""
    gives, back = turn(desk, clock, 4), turn(desk, clock, 3)
    swap = desk.ask_swap(Wish(gives, cast.ana, takes=back), by=cast.jo)
    kit_clock.fix(unanswered.next_due())
    unanswered.tell()
    assert "when the time in return begins, you are on call then" in words(cast.jo)
    assert unanswered.next_due() == back.start
    kit_clock.fix(back.start)
    unanswered.tell()
    assert kinds(but=["swap_asked"]) == [("Jo", "swap_waiting"), ("Jo", "swap_unanswered")]
    assert "The time in return has begun, so nobody can accept any more" in words(cast.jo)
    assert not SwapRequest.objects.open(clock.now()).exists()
    assert cues.read(cast.ana, [desk.team_id], [], clock.now(), ahead=timedelta(hours=2)).asked == []
    with pytest.raises(Refused, match="The time asked for in return has begun"):
        desk.accept_swap(swap, by=cast.ana)
    desk.ask_swap(Wish(gives, cast.ana), by=cast.jo)  # and it keeps no place
    auditing.audit()


def test_asked_late_the_giver_is_told_half_way_and_at_night_aloud(cast, desk, ways, tonight, clock):
    kit_clock.fix(NIGHT - 3 * HOUR)
    desk.ask_swap(Wish(Span(tonight["starts_at"], tonight["ends_at"])), by=cast.ana)
    half = NIGHT - 3 * HOUR + (tonight["starts_at"] - NIGHT + 3 * HOUR) / 2
    kit_clock.fix(half)
    unanswered.tell()
    assert heard(cast.ana, clock) == [("email", "swap_waiting", half)]
    kit_clock.fix(tonight["starts_at"])
    unanswered.tell()
    assert heard(cast.ana, clock)[1:] == [("voice", "swap_unanswered", tonight["starts_at"])]


@pytest.mark.parametrize("answer", ["accept_swap", "decline_swap", "withdraw_swap"])
def test_what_is_answered_is_over(cast, desk, clock, answer):
    swap = desk.ask_swap(Wish(turn(desk, clock, 4), cast.ana), by=cast.jo)
    kit_clock.fix(unanswered.next_due())
    unanswered.tell()
    getattr(desk, answer)(swap, by=cast.jo if answer == "withdraw_swap" else cast.ana)
    assert set(Delivery.objects.filter(kind="swap_waiting").values_list("state", flat=True)) == {"cancelled"}
    assert unanswered.next_due() is None
    kit_clock.fix(swap.starts_at)
    assert unanswered.tell() == 0


def test_whose_shift_it_no_longer_is_hears_nothing_of_it(cast, desk, clock):
    swap = desk.ask_swap(Wish(turn(desk, clock, 4), cast.ana), by=cast.jo)
    desk.override(by=cast.sam, person=cast.mei, starts_at=swap.starts_at, ends_at=swap.ends_at)
    forget()
    for _time in range(2):
        kit_clock.fix(unanswered.next_due())
        unanswered.tell()
    assert kinds() == [] and last_entry()[0] == "swap_unanswered"


# --- holidays -----------------------------------------------------------------------


def test_holidays_that_change_who_is_on_call_soon_are_told_when_read_and_when_removed(cast, desk, clock, monkeypatch):
    desk.layers.update(on_holidays="not")
    known = OutsideCalendar.add("https://x.example/a.ics", by=cast.ada, schedule=desk)
    day = turn(desk, clock, 2).start.replace(hour=0)  # Ana's until nine, then Jo's
    dates = [Date(day, day + DAY, "Founding Day"), Date(day + 60 * DAY, day + 61 * DAY, "Far away")]
    monkeypatch.setattr(fetching, "_dates", lambda _calendar, _now: Read(dates, 0))
    fetching.fetch()
    assert kinds() == [("Ana", "duty_off"), ("Jo", "duty_off")]
    assert "Nobody is on call at this time instead of you: its holidays are others now." in words(cast.jo)
    forget()
    known.remove(by=cast.ada)
    assert kinds() == [("Ana", "duty_on"), ("Jo", "duty_on")]
