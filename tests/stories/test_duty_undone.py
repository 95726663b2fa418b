"""What is undone before it was told is not told, and nobody is left believing what is not so."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from escalation.engine import aside
from escalation.engine.audit import auditing
from escalation.engine.models import Delivery
from escalation.kit import clock as kit_clock
from escalation.notify.models import QuietHours
from escalation.oncall.spans import Span, common
from escalation.oncall.swaps import Wish
from escalation.oncall.unsaid import MOST, Change, Unsaid, change_in, facts_of, settle, without
from tests.escalation.outbox_kit import in_threads
from tests.escalation.test_schedules import make_schedule
from tests.reach_kit import Carriers, account, method, rules, work

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
NIGHT = datetime(2026, 3, 3, 22, 5, tzinfo=UTC)  # a Tuesday
SEVEN = datetime(2026, 3, 4, 7, tzinfo=UTC)
TONIGHT = {"starts_at": NIGHT + 55 * MINUTE, "ends_at": SEVEN - HOUR}
NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)  # Ana's


@pytest.fixture
def desk(cast, clock):
    """Jo is on call on Monday and Wednesday, Ana on Tuesday and Thursday; hand-off at nine. It is Tuesday night."""
    made = make_schedule(team=cast.teams["Service desk"], people=[cast.ana, cast.jo])
    kit_clock.fix(NIGHT)
    return made


@pytest.fixture
def ways(cast, monkeypatch):
    """They are mailed when it is quiet and rung when it is loud, and not disturbed from ten to seven."""
    for person in (cast.ana, cast.jo):
        rules(person, "quiet", (account(person), 0))
        rules(person, "loud", (method(person, "voice", f"+49151000{person.pk:04}"), 0))
        QuietHours.objects.create(person=person, begins=time(22), ends=time(7))
    return Carriers().use(monkeypatch)


def waits(person) -> list[tuple[str, str]]:
    """What is to leave for somebody, and of which time it speaks."""
    rows = Delivery.objects.filter(person=person, state="queued").exclude(channel="desk").order_by("id")
    return [(row.kind, row.message["shift"]) for row in rows]


def on_desk(person) -> list[str]:
    rows = Delivery.objects.filter(person=person, channel="desk").exclude(state="cancelled").order_by("id")
    return [row.kind for row in rows]


def mails(ways, person) -> list[str]:
    """What they read in the morning."""
    kit_clock.fix(SEVEN + MINUTE)
    work()
    return [message.full for address, message in ways["email"].carried if address == person.email]


@pytest.mark.django_db
class TestAtNight:
    @pytest.fixture(autouse=True)
    def _ways(self, ways):
        pass

    @pytest.fixture
    def cover(self, cast, desk):
        return desk.override(by=cast.sam, person=cast.jo, starts_at=NOON, ends_at=NOON + 4 * HOUR)

    def test_who_never_heard_of_it_hears_nothing(self, cast, ways, desk, cover):
        work()
        assert waits(cast.jo) == [("duty_on", "Thu 5 Mar 12:00 – 16:00 UTC")]
        desk.cancel_override(cover, by=cast.sam)
        work()
        assert waits(cast.jo) == [] and on_desk(cast.jo) == ["duty_on", "duty_off"]
        assert mails(ways, cast.jo) == []
        auditing.audit()

    def test_who_is_on_call_again_may_have_seen_it_and_reads_that_alone(self, cast, ways, desk, cover):
        desk.cancel_override(cover, by=cast.sam)
        assert waits(cast.ana) == [("cover_ended", "Thu 5 Mar 12:00 – 16:00 UTC")]
        (said,) = mails(ways, cast.ana)
        assert "Jo Okafor covered this time, and Sam Reyes has cancelled it." in said

    def test_what_left_is_gainsaid_aloud(self, cast, ways, desk, cover):
        assert len(mails(ways, cast.jo)) == 1
        desk.cancel_override(cover, by=cast.sam)
        assert waits(cast.jo) == [("duty_off", "Thu 5 Mar 12:00 – 16:00 UTC")]

    def test_what_may_have_left_is_gainsaid_too(self, cast, desk, cover):
        Delivery.objects.filter(person=cast.jo, channel="email").update(attempts=1)
        desk.cancel_override(cover, by=cast.sam)
        assert waits(cast.jo) == [("duty_off", "Thu 5 Mar 12:00 – 16:00 UTC")]
        assert Delivery.objects.get(person=cast.jo, channel="email", kind="duty_on").overtaken

    def test_moved_twice_it_is_told_once_as_it_is_now(self, cast, ways, desk, cover):
        later = {"starts_at": NOON + HOUR, "ends_at": NOON + 5 * HOUR}
        desk.override(by=cast.sam, person=cast.jo, instead=cover, **later)
        assert waits(cast.jo) == [("duty_on", "Thu 5 Mar 13:00 – 17:00 UTC")]
        (said,) = mails(ways, cast.ana)
        assert "12:00 – 13:00 UTC" in said and "You are no longer on call Thu 5 Mar 13:00 – 17:00 UTC." in said

    def test_half_of_it_undone_the_other_half_is_told_as_it_was(self, cast, ways, desk, cover):
        """Ana takes two of the four hours back: what is left is still Sam's doing."""
        desk.cover(by=cast.ana, starts_at=NOON, ends_at=NOON + 2 * HOUR)
        assert waits(cast.jo) == [("duty_on", "Thu 5 Mar 14:00 – 16:00 UTC")]
        assert waits(cast.ana) == [("duty_off", "Thu 5 Mar 14:00 – 16:00 UTC")]
        (said,) = mails(ways, cast.jo)
        assert "Sam Reyes put you there" in said and "instead of Ana Ruiz" in said

    def test_who_undoes_it_is_not_told_what_they_undid(self, cast, desk, cover):
        desk.cancel_override(cover, by=cast.jo)
        assert waits(cast.jo) == [] and len(on_desk(cast.jo)) <= 1

    def test_another_change_of_another_time_is_none_of_its_business(self, cast, desk, cover):
        day = {"starts_at": NOON + 4 * DAY, "ends_at": NOON + 4 * DAY + HOUR}
        desk.override(by=cast.sam, person=cast.mei, **day)
        assert [kind for kind, _when in waits(cast.jo)] == ["duty_on"]

    def test_a_swap_that_is_cancelled_is_not_reported_as_settled_in_the_morning(self, cast, desk):
        swap = desk.ask_swap(Wish(Span(NOON, NOON + 4 * HOUR), cast.jo), by=cast.ana)
        desk.accept_swap(swap, by=cast.jo)
        assert waits(cast.ana) == [("swap_accepted", "Thu 5 Mar 12:00 – 16:00 UTC")]
        desk.cancel_override(desk.overrides.get(), by=cast.jo)
        assert waits(cast.ana) == [("cover_ended", "Thu 5 Mar 12:00 – 16:00 UTC")]

    def test_a_swap_takes_back_what_waits_to_say_the_opposite(self, cast, desk, cover):
        swap = desk.ask_swap(Wish(Span(NOON, NOON + 4 * HOUR), cast.ana), by=cast.jo)
        desk.accept_swap(swap, by=cast.ana)
        assert [kind for kind, _when in waits(cast.jo)] == ["swap_accepted"]
        assert [kind for kind, _when in waits(cast.ana) if kind != "swap_asked"] == []


# --- rung once --------------------------------------------------------------------------------------


@pytest.mark.django_db
class TestRings:
    def test_nobody_is_rung_again_within_an_hour_to_hear_what_they_know(self, cast, desk, ways, clock):
        """Jo covers and cancels, covers and cancels: Ana is rung once, and again when that is long ago."""

        def to_and_fro() -> int:
            desk.cancel_override(desk.cover(by=cast.jo, **TONIGHT), by=cast.jo)
            work()
            return len(ways["voice"].carried)

        assert [to_and_fro() for _time in range(3)] == [1, 1, 1]
        clock.jump(minutes=61)
        assert [to_and_fro() for _time in range(2)] == [2, 2]
        assert ways["email"].carried == []  # nor does the morning bring what is over
        auditing.audit()

    def test_who_has_read_the_opposite_is_rung_again(self, cast, desk, ways, clock):
        """She reads by mail at once that she is free; then her quiet hours begin, and no mail comes in time."""
        kit_clock.fix(NIGHT - 6 * MINUTE)  # one minute to ten
        begins = {"starts_at": NIGHT + 10 * MINUTE, "ends_at": TONIGHT["ends_at"]}
        rules(cast.ana, "quiet", (account(cast.ana), 5))  # so this waits, and is undone first
        rung = desk.cover(by=cast.jo, **begins)
        desk.cancel_override(rung, by=cast.jo)
        work()
        assert len(ways["voice"].carried) == 1
        rules(cast.ana, "quiet", (account(cast.ana), 0))
        again = desk.cover(by=cast.jo, **begins)
        work()
        assert [message.kind for _to, message in ways["email"].carried] == ["duty_off"]
        kit_clock.fix(NIGHT)
        desk.cancel_override(again, by=cast.jo)
        work()
        assert [message.kind for _to, message in ways["voice"].carried] == ["cover_ended", "cover_ended"]

    def test_who_reads_the_opposite_and_this_by_the_same_way_at_once_is_not_rung(self, cast, desk, ways, settings):
        QuietHours.objects.all().delete()
        settings.LIMIT_PER_PERSON, settings.BUNDLE_SECONDS = {"email": 3}, 0
        rules(cast.ana, "quiet", (account(cast.ana), 0))
        soon = {"starts_at": NIGHT + 30 * MINUTE, "ends_at": TONIGHT["ends_at"]}
        for _time in range(3):
            cover = desk.cover(by=cast.jo, **soon)  # the limit keeps nothing that is true from them
            work()
            desk.cancel_override(cover, by=cast.jo)
            work()
        assert len(ways["voice"].carried) == 1
        assert [message.kind for _to, message in ways["email"].carried][-1] == "cover_ended"

    def test_who_has_to_begin_earlier_than_they_heard_is_rung_again(self, cast, desk, ways, clock):
        desk.override(by=cast.sam, person=cast.jo, **TONIGHT)
        work()
        clock.jump(minutes=1)
        desk.override(by=cast.sam, person=cast.jo, starts_at=NIGHT + 20 * MINUTE, ends_at=TONIGHT["starts_at"])
        work()
        assert [message.kind for _to, message in ways["voice"].carried] == ["duty_on", "duty_on"]


@pytest.mark.postgresql_only
@pytest.mark.django_db(transaction=True)
def test_what_is_being_claimed_at_this_moment_counts_as_said_and_nobody_waits(cast, desk, ways):
    cover = desk.override(by=cast.sam, person=cast.jo, starts_at=NOON, ends_at=NOON + 4 * HOUR)
    found = []
    with transaction.atomic():
        list(Delivery.objects.filter(person=cast.jo, channel="email").select_for_update())
        in_threads(1, lambda: found.extend(_reads(desk.pk, [cast.jo.pk])))
    assert found == []
    with transaction.atomic():
        assert [one.kind for one in aside.unsaid(desk.pk, [cast.jo.pk])] == ["duty_on"]
    desk.cancel_override(cover, by=cast.sam)
    assert waits(cast.jo) == []


def _reads(schedule: int, people: list[int]) -> list[Unsaid]:
    with transaction.atomic():
        return aside.unsaid(schedule, people)


# --- the rule, instant by instant -----------------------------------------------------------------

POINTS = st.lists(st.integers(0, 12), unique=True, max_size=6).map(sorted)


def spans(points: list[int]) -> list[Span]:
    return [Span(NOON + start * HOUR, NOON + end * HOUR) for start, end in zip(points[::2], points[1::2], strict=False)]


def covers(some, hour: int) -> bool:
    return any(one.start <= NOON + hour * HOUR < one.end for one in some)


@given(POINTS, POINTS, POINTS, st.booleans())
def test_whoever_reads_what_is_left_knows_what_is_so(old, gains, loses, knows):
    """One message waits that gives or takes ``old``; then a change gives and takes what it can."""
    for waiting in (Change(spans(old), []), Change([], spans(old))):
        new_gains = without(spans(gains), waiting.gains)
        new = Change(new_gains, without(without(spans(loses), waiting.loses), new_gains))
        unsaid = Unsaid("x", 1, "duty_on", facts_of(1, Span(NOON, NOON + HOUR), waiting))
        settled = settle(new, [unsaid], NOON, knows=knows)
        if not settled.gainsaid:
            assert not common(waiting.gains, new.loses) and not common(waiting.loses, new.gains)
            continue
        for hour in range(12):
            said = covers(settled.change.gains, hour), covers(settled.change.loses, hour)
            told = not knows
            if covers(new.gains, hour):
                assert said == (told, False)
            elif covers(new.loses, hour):
                assert said == (False, told and not covers(waiting.gains, hour))
            else:
                assert said == (covers(waiting.gains, hour), covers(waiting.loses, hour))


def test_a_change_of_more_times_than_a_message_holds_is_told_in_turn():
    many = [Span(NOON + n * HOUR, NOON + n * HOUR + MINUTE) for n in range(MOST + 1)]
    assert not change_in(facts_of(1, many[0], Change(many, [])))
    assert change_in(facts_of(1, many[0], Change(many[1:], []))) == Change(many[1:], [])
