"""By which ways somebody is told, and when: tables for the pure plan, quiet hours, masks and codes."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.notify import codes
from escalation.notify.masking import masked
from escalation.notify.plan import Leg, Reach, Rule, plan, urgency_of
from escalation.notify.quiet import Quiet, is_quiet, later, zone_of

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
MAIL, SMS, SMS2, PHONE = (1, "email"), (2, "sms"), (3, "sms"), (4, "voice")


def rule(way, minutes=0, urgency="loud") -> Rule:
    return Rule(urgency, timedelta(minutes=minutes), *way)


def told(legs: list[Leg], now=NOW) -> list[tuple]:
    """(channel, method, n, minutes later)"""
    return [(leg.channel, leg.method, leg.n, leg.at and (leg.at - now) / timedelta(minutes=1)) for leg in legs]


DESK = ("desk", None, 0, None)
PLANS = {
    "one way at once": ([rule(MAIL)], True, [("email", 1, 0, None)]),
    "a chain, in the order of its delays": (
        [rule(PHONE, 10), rule(MAIL), rule(SMS, 3)],
        True,
        [("email", 1, 0, None), ("sms", 2, 0, 3), ("voice", 4, 0, 10)],
    ),
    "two ways of one channel": ([rule(SMS), rule(SMS2)], True, [("sms", 2, 0, None), ("sms", 3, 1, None)]),
    "the same way twice": (
        [rule(SMS), rule(MAIL, 2), rule(SMS, 5)],
        True,
        [("sms", 2, 0, None), ("email", 1, 0, 2), ("sms", 2, 1, 5)],
    ),
    "the same rule twice": ([rule(SMS, 2), rule(SMS, 2)], True, [("sms", 2, 0, 2)]),
    "rules of the other urgency": ([rule(SMS, 0, "quiet"), rule(MAIL)], True, [("email", 1, 0, None)]),
    "what informs goes by the first": ([rule(MAIL), rule(SMS, 3)], False, [("email", 1, 0, None)]),
    "and does not wait for it": ([rule(PHONE, 10), rule(SMS, 3)], False, [("sms", 2, 0, None)]),
    "and goes by all that come first": (
        [rule(MAIL, 1), rule(SMS, 1), rule(PHONE, 9)],
        False,
        [("email", 1, 0, None), ("sms", 2, 0, None)],
    ),
}


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_follows_the_rules_and_the_desk_always_knows(name):
    rules, asks, expected = PLANS[name]
    legs = plan(Reach(tuple(rules), account=1), urgency="loud", asks=asks, now=NOW)
    assert told(legs) == [DESK, *expected]
    assert not any(leg.fallback for leg in legs)


@pytest.mark.parametrize("asks", [True, False])
@pytest.mark.parametrize("rules", [[], [rule(SMS, 0, "quiet")]])
def test_without_a_usable_rule_the_accounts_email_is_the_fallback(rules, asks):
    legs = plan(Reach(tuple(rules), account=7), urgency="loud", asks=asks, now=NOW)
    assert legs == [Leg("desk"), Leg("email", 7, fallback=True)]


def test_who_has_no_way_at_all_is_written_to_all_the_same():
    assert plan(Reach(), urgency="quiet", asks=True, now=NOW)[1] == Leg("email", None, fallback=True)


@pytest.mark.parametrize(("severity", "urgency"), [(1, "loud"), (2, "loud"), (3, "quiet"), (4, "quiet"), (5, "quiet")])
def test_severity_decides_how_loud_it_is(severity, urgency):
    assert urgency_of(severity) == urgency


# --- quiet hours --------------------------------------------------------------------------------

NIGHT = Quiet(time(22), time(7))
BERLIN = "Europe/Berlin"
# zone, quiet, now (local), minutes of delay → when (local)
NIGHTS = [
    (BERLIN, NIGHT, "2026-03-02 12:00", 0, "2026-03-02 12:00"),
    (BERLIN, NIGHT, "2026-03-02 12:00", 30, "2026-03-02 12:30"),
    (BERLIN, NIGHT, "2026-03-02 23:30", 0, "2026-03-03 07:00"),  # before midnight
    (BERLIN, NIGHT, "2026-03-03 02:00", 0, "2026-03-03 07:00"),  # after it
    (BERLIN, NIGHT, "2026-03-03 02:00", 5, "2026-03-03 07:05"),  # the chain keeps its distances
    (BERLIN, NIGHT, "2026-03-02 21:58", 5, "2026-03-03 07:03"),
    (BERLIN, NIGHT, "2026-03-02 21:58", 2, "2026-03-03 07:00"),  # ends when they begin: they have begun
    (BERLIN, NIGHT, "2026-03-02 22:00", 0, "2026-03-03 07:00"),
    (BERLIN, NIGHT, "2026-03-03 07:00", 0, "2026-03-03 07:00"),  # half-open
    (BERLIN, NIGHT, "2026-03-02 21:00", 16 * 60, "2026-03-04 07:00"),  # over two nights: 1 h and 15 h of day
    (BERLIN, Quiet(time(12), time(13)), "2026-03-02 12:30", 0, "2026-03-02 13:00"),
    (BERLIN, Quiet(time(12), time(13)), "2026-03-02 13:30", 0, "2026-03-02 13:30"),
    ("Asia/Kathmandu", NIGHT, "2026-03-02 23:30", 0, "2026-03-03 07:00"),
    # The night of 29 March has 23 hours in Berlin, that of 25 October has 25.
    (BERLIN, NIGHT, "2026-03-28 23:00", 0, "2026-03-29 07:00"),
    (BERLIN, NIGHT, "2026-10-24 23:00", 0, "2026-10-25 07:00"),
    (BERLIN, Quiet(time(22), time(2, 30)), "2026-03-28 23:00", 0, "2026-03-29 03:00"),  # 02:30 never comes
    (BERLIN, Quiet(time(22), time(2, 30)), "2026-10-24 23:00", 0, "2026-10-25 02:30"),  # the first of two
    (BERLIN, Quiet(time(2, 30), time(4)), "2026-03-29 03:00", 0, "2026-03-29 04:00"),  # they begin after the gap
    ("Australia/Lord_Howe", Quiet(time(22), time(2, 15)), "2026-10-03 23:00", 0, "2026-10-04 02:30"),  # half an hour
    ("Pacific/Apia", Quiet(time(22), time(7)), "2011-12-29 23:00", 0, "2011-12-31 07:00"),  # a day that never was
]


def local(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(("zone", "quiet", "now", "minutes", "then"), NIGHTS)
def test_what_is_quiet_waits_for_the_end_of_the_night(zone, quiet, now, minutes, then):
    found = later(local(now, zone), timedelta(minutes=minutes), quiet, zone_of(zone))
    assert found == local(then, zone), found.astimezone(ZoneInfo(zone))


@given(
    begins=st.times(),
    ends=st.times(),
    now=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)).map(lambda one: one.replace(tzinfo=UTC)),
    minutes=st.integers(0, 24 * 60),
    zone=st.sampled_from([BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"]),
)
def test_nothing_quiet_falls_into_quiet_hours_or_comes_early(begins, ends, now, minutes, zone):
    quiet, delay = Quiet(begins, ends), timedelta(minutes=minutes)
    if begins == ends or (datetime.combine(now, begins) - datetime.combine(now, ends)) % timedelta(days=1) < timedelta(
        minutes=1
    ):
        return  # hardly a moment of the day is left
    then = later(now, delay, quiet, zone_of(zone))
    assert then >= now + delay
    assert not is_quiet(then, quiet, zone_of(zone))
    if not any(is_quiet(now + timedelta(minutes=n), quiet, zone_of(zone)) for n in range(0, minutes + 1, 15)):
        assert then - (now + delay) <= timedelta(days=1)


@pytest.mark.parametrize("ends", [time(23, 59, 59), time(23, 59, 59, 999_999)])
def test_quiet_hours_that_leave_hardly_a_moment_are_none(ends):
    """They are reckoned with within a call: it must neither fail nor keep its transaction waiting."""
    assert later(NOW, timedelta(hours=24), Quiet(time(), ends), zone_of(BERLIN)) == NOW + timedelta(hours=24)


def test_loud_knows_no_quiet_hours_and_quiet_says_that_it_waits():
    reach = Reach((rule(MAIL), rule(MAIL, 0, "quiet"), rule(SMS, 3, "quiet")), 1, Quiet(time(9), time(10)), "UTC")
    assert plan(reach, urgency="loud", asks=True, now=NOW)[1] == Leg("email", 1)
    desk, mail, sms = plan(reach, urgency="quiet", asks=True, now=NOW)
    assert (desk.at, desk.quiet) == (None, False)
    assert (mail.at, mail.quiet) == (NOW + timedelta(minutes=30), True)
    assert (sms.at, sms.quiet) == (NOW + timedelta(minutes=33), True)
    [_desk, informed] = plan(reach, urgency="quiet", asks=False, now=NOW)
    assert (informed.at, informed.quiet) == (NOW + timedelta(minutes=30), True)


def test_a_fallback_keeps_quiet_hours_too():
    [_desk, mail] = plan(Reach((), 1, Quiet(time(9), time(10))), urgency="quiet", asks=True, now=NOW)
    assert (mail.fallback, mail.quiet, mail.at) == (True, True, NOW + timedelta(minutes=30))


def test_a_zone_that_nobody_knows_is_utc():
    assert zone_of("Mars/Olympus") == zone_of("") == ZoneInfo("UTC")


# --- masks and codes ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("", ""),
        ("+4915112345667", "…67"),
        ("ana@example.org", "a…@example.org"),
        ("@ana_ruiz", "…iz"),
        ("https://hooks.example.com/services/T0/B0/secret", "hooks.example.com"),
        ("https://user:secret@hooks.example.com/x", "hooks.example.com"),
        ("https://[half", "…"),
        ("HTTPS://hooks.example.com/secret", "hooks.example.com"),
        ("tgram://123456:secret/42", "tgram://…"),
        ("mailtos://ana:secret@example.com", "mailtos://…"),
        ("secret token://x", "…"),
        ("1234", "…"),
        ("C0123456789", "…89"),
    ],
)
def test_an_address_is_shown_so_that_it_cannot_be_used(address, shown):
    assert masked(address) == shown


def test_a_code_is_six_digits_of_its_proof_and_of_the_installations_key(settings):
    proofs = [codes.new_proof() for _ in range(200)]
    found = {codes.code_of(proof) for proof in proofs}
    assert all(len(code) == 6 and code.isdecimal() for code in found)
    assert len(found) > 190
    before = codes.code_of(proofs[0])
    assert codes.fits(f" {before[:3]} {before[3:]} ", proofs[0])
    settings.SECRET_KEY = "another"
    assert codes.code_of(proofs[0]) != before


@pytest.mark.parametrize("typed", ["", "000000", "ünïcödé", "１２３４５６", "9" * 5000])
def test_nothing_else_fits_and_an_empty_proof_never_does(typed):
    assert not codes.fits(typed, "") and codes.code_of("") == ""
    assert not codes.fits(typed, "11" * 16)
