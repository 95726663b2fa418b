"""Codes of apps and codes on paper: pure."""

from datetime import UTC, datetime, timedelta

import pytest

from escalation.signin.factors import codes

RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # RFC 6238, appendix B: "12345678901234567890"
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
STEP = int(NOW.timestamp()) // codes.PERIOD


@pytest.mark.parametrize(
    ("seconds", "code"),  # the last six of the eight digits there
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_codes_are_those_of_the_standard(seconds, code):
    now = datetime.fromtimestamp(seconds, UTC)
    assert codes.code_at(RFC_SECRET, seconds // codes.PERIOD) == code
    assert codes.step_of(RFC_SECRET, code, now=now, after=0) == seconds // codes.PERIOD


@pytest.mark.parametrize(
    ("steps", "after", "opens"),
    [
        (0, 0, True),
        (-1, 0, True),  # its owner is slow
        (1, 0, True),  # its clock is fast
        (-2, 0, False),
        (2, 0, False),
        (0, STEP, False),  # used already
        (-1, STEP, False),  # older than the one that was used
        (1, STEP, True),
    ],
)
def test_a_code_opens_about_now_and_only_after_the_last_one_used(steps, after, opens):
    code = codes.code_at(RFC_SECRET, STEP + steps)
    assert (codes.step_of(RFC_SECRET, code, now=NOW, after=after) is not None) == opens


@pytest.mark.parametrize("said", ["", "12345", "1234567", "١٢٣٤٥٦", "²²²²²²", "abcdef", "-12345", "12345\0"])
def test_what_is_no_code_opens_nothing(said):
    assert codes.step_of(RFC_SECRET, said, now=NOW, after=0) is None


def test_an_app_shows_a_code_in_groups_and_it_may_be_typed_so():
    code = codes.code_at(RFC_SECRET, STEP)
    assert codes.step_of(RFC_SECRET, f" {code[:3]} {code[3:]} ", now=NOW, after=0) == STEP


def test_recovery_codes_are_kept_as_hashes_and_each_opens_once():
    made = codes.new_recovery_codes()
    hashes = codes.kept(made)
    assert len(set(made)) == codes.RECOVERY and not set(made) & set(hashes)
    left = codes.without(hashes, made[3].upper().replace("-", " "))
    assert left == hashes[:3] + hashes[4:]
    assert codes.without(left, made[3]) is None
    assert codes.without(hashes, "") is None and codes.without(hashes, "x" * 10_000) is None


def test_the_square_says_the_address_with_the_names_of_both():
    said = codes.address(RFC_SECRET, "ana+x@example.com")
    assert said == f"otpauth://totp/Baton:ana%2Bx%40example.com?secret={RFC_SECRET}&issuer=Baton"
    side, path = codes.square(said)
    assert side > 40 and path.startswith("M4 4h1v1h-1z")


def test_new_secrets_are_long_and_never_the_same():
    assert len({codes.new_secret() for _ in range(20)}) == 20
    later = NOW + timedelta(days=1)
    assert codes.step_of(codes.new_secret(), codes.code_at(RFC_SECRET, STEP), now=later, after=0) is None
