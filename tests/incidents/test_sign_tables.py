"""Each warning sign: from where on it shows, where it just does not, and where it must not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incidents.learning import advice, signs
from incidents.learning.signs import BALANCED, CAREFUL, PATIENT, PRESETS, SIGNS, Level
from incidents.learning.story import Facts, Usual, usual_of

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MILD, STRONG, UNKNOWN = Level.MILD, Level.STRONG, Level.UNKNOWN


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def people(*stated: tuple[float, int], here: float = 300) -> Facts:
    return Facts(people=tuple((ago(minutes), number) for minutes, number in stated), here_since=ago(here))


def minutes(spent: float, usual: int = 20, count: int = 10) -> Facts:
    return Facts(hands_on=timedelta(minutes=spent), usual=Usual(count, usual))


def left(seconds: float, of_minutes: float = 30) -> Facts:
    return Facts(taken=True, limit_at=NOW + timedelta(seconds=seconds), limit=timedelta(minutes=of_minutes))


def silent(spent: float, severity: int = 1, *, taken: bool = True) -> Facts:
    return Facts(taken=taken, heard_at=ago(spent), severity=severity)


TABLE = [
    ("growth", people((50, 40), (5, 80)), MILD),
    ("growth", people((50, 40), (5, 200)), STRONG),
    ("growth", people((50, 40), (5, 79)), None),  # not twice as many
    ("growth", people((50, 5), (5, 19)), None),  # few
    ("growth", people((200, 40), (90, 400)), None),  # long ago
    ("growth", people((50, 40), (30, 400), here=20), None),  # before it came here
    ("growth", people((50, 0), (5, 900)), None),  # nobody had said how many
    ("growth", people((50, 900), (5, 40)), None),  # it shrinks
    ("growth", Facts(), None),
    ("missing", Facts(missing=("PCI access",), missing_kind="access"), STRONG),
    ("missing", Facts(), None),
    ("hands_on", minutes(20), MILD),
    ("hands_on", minutes(40), STRONG),
    ("hands_on", minutes(19), None),
    ("hands_on", minutes(40, count=9), UNKNOWN),  # too little history
    ("hands_on", minutes(9, usual=3), None),  # next to nothing
    ("hands_on", minutes(9, count=0), None),
    ("attempts", Facts(failed=2), MILD),
    ("attempts", Facts(failed=3), STRONG),
    ("attempts", Facts(failed=2, worse=1), STRONG),
    ("attempts", Facts(failed=1, worse=1), MILD),
    ("attempts", Facts(failed=1), None),
    ("passes", Facts(passes=2), MILD),
    ("passes", Facts(passes=1, returns=1), MILD),
    ("passes", Facts(passes=4), STRONG),
    ("passes", Facts(passes=3, returns=1), STRONG),
    ("passes", Facts(passes=1), None),
    ("reopened", Facts(reopened=1), MILD),
    ("reopened", Facts(reopened=2), STRONG),
    ("reopened", Facts(reopened=2, climbed=True), None),  # somebody further up has seen it since
    ("reopened", Facts(), None),
    ("silence", silent(15), MILD),
    ("silence", silent(30), STRONG),
    ("silence", silent(14), None),
    ("silence", silent(59, severity=3), None),  # it may take longer
    ("silence", silent(60, severity=3), MILD),
    ("silence", silent(600, taken=False), None),  # nobody has it: the path calls on
    ("silence", Facts(taken=True), None),
    ("limit", left(6 * 60), MILD),
    ("limit", left(3 * 60), STRONG),
    ("limit", left(6 * 60 + 20), None),
    ("limit", left(0), None),  # the path goes on by itself
    ("limit", Facts(taken=True), None),  # no limit
    ("again", Facts(before=2), MILD),
    ("again", Facts(before=4), STRONG),
    ("again", Facts(before=1), None),
    ("again", Facts(before=4, climbed=True), None),
]


@pytest.mark.parametrize(("key", "facts", "level"), TABLE)
def test_a_sign_shows_from_its_threshold_on(key, facts, level):
    sign = SIGNS[key](facts, NOW, BALANCED)
    assert (sign.level if sign else None) == level
    assert sign is None or sign.key == key


def test_every_sign_is_in_the_table_with_a_case_where_it_must_not_show():
    for key in SIGNS:
        levels = {level for name, _facts, level in TABLE if name == key}
        assert None in levels, key
        assert STRONG in levels, key


def test_the_evidence_is_what_the_sentence_needs():
    sign = signs.growth(people((70, 40), (50, 60), (2, 1900)), NOW, BALANCED)
    assert sign is not None
    assert sign.evidence == {"people": 1900, "first": 40, "times": 47, "minutes": 60}
    sign = signs.hands_on(minutes(45, usual=20, count=24), NOW, BALANCED)
    assert sign is not None
    assert sign.evidence == {"minutes": 45, "usual": 20, "count": 24}


def test_what_is_usual_is_the_median_of_those_about_as_severe_if_they_are_enough():
    rows = [(1, 100)] * 4 + [(2, 30)] * 6 + [(4, 5)] * 9
    assert usual_of(rows, 2, 10) == Usual(10, 30)
    assert usual_of(rows, 4, 10) == Usual(19, 30)  # nine are too few
    assert usual_of(rows[:2], 4, 10) == Usual(2, 100)
    assert usual_of([], 4, 10) == Usual()


@pytest.mark.parametrize(
    ("facts", "verdicts"),
    [
        (Facts(), ("not_yet", "not_yet", "not_yet")),
        (Facts(reopened=1), ("soon", "not_yet", "not_yet")),
        (Facts(failed=3), ("now", "soon", "not_yet")),
        (Facts(failed=3, reopened=1), ("now", "now", "not_yet")),
        (Facts(failed=5, missing=("PCI",)), ("now", "now", "now")),
        (minutes(500, count=3), ("not_yet", "not_yet", "not_yet")),
    ],
)
def test_the_signs_come_to_a_verdict(facts, verdicts):
    presets = (CAREFUL, BALANCED, PATIENT)
    assert tuple(advice.verdict(signs.seen(facts, NOW, one), one).key for one in presets) == verdicts


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (Facts(missing=("PCI",), missing_kind="access", failed=9), "access"),
        (Facts(missing=("Sign-off",), missing_kind="authority"), "authority"),
        (Facts(missing=("Oracle",), missing_kind="ability"), "expertise"),
        (people((50, 40), (5, 400)), "impact"),
        (minutes(45), "time"),
        (Facts(failed=3), "expertise"),
    ],
)
def test_the_strongest_sign_gives_the_reason(facts, reason):
    assert advice.reason(signs.seen(facts, NOW, BALANCED)) == reason


def test_what_is_switched_off_neither_shows_nor_counts():
    facts = Facts(failed=3, reopened=2)
    assert [sign.key for sign in signs.seen(facts, NOW, BALANCED, off={"attempts"})] == ["reopened"]


def test_the_strongest_comes_first_and_what_is_not_known_last():
    facts = replace(minutes(30, count=2), failed=3, reopened=1)
    assert [sign.key for sign in signs.seen(facts, NOW, BALANCED)] == ["attempts", "reopened", "hands_on"]


# --- more trouble never lowers the verdict ------------------------------------------------------

calmly = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the machine may be busy
count = st.integers(0, 12)
span = st.integers(0, 2000).map(lambda minutes: timedelta(minutes=minutes))


@st.composite
def troubles(draw):
    stated = sorted(draw(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 5000)), max_size=4)), reverse=True)
    failed, passes = draw(count), draw(count)
    return Facts(
        severity=draw(st.integers(1, 5)),
        people=tuple((ago(minutes), number) for minutes, number in stated),
        here_since=ago(draw(st.integers(0, 300))),
        taken=draw(st.booleans()),
        hands_on=draw(span),
        failed=failed,
        worse=draw(st.integers(0, failed)),
        passes=passes,
        returns=draw(st.integers(0, passes)),
        reopened=draw(count),
        climbed=draw(st.booleans()),
        heard_at=NOW - draw(span),
        limit_at=NOW + draw(span),
        limit=timedelta(minutes=draw(st.integers(1, 600))),
        missing=draw(st.sampled_from([(), ("PCI access",)])),
        before=draw(count),
        usual=Usual(draw(st.integers(0, 20)), draw(st.integers(0, 90))),
    )


MORE = {
    "an attempt": lambda facts: replace(facts, failed=facts.failed + 1),
    "an attempt that made it worse": lambda facts: replace(facts, failed=facts.failed + 1, worse=facts.worse + 1),
    "a hand-over": lambda facts: replace(facts, passes=facts.passes + 1),
    "a return": lambda facts: replace(facts, passes=facts.passes + 1, returns=facts.returns + 1),
    "a re-opening": lambda facts: replace(facts, reopened=facts.reopened + 1),
    "an earlier one": lambda facts: replace(facts, before=facts.before + 1),
    "hands-on time": lambda facts: replace(facts, hands_on=facts.hands_on + timedelta(minutes=7)),
    "a missing skill": lambda facts: replace(facts, missing=(*facts.missing, "Sign-off")),
    "a longer silence": lambda facts: replace(facts, heard_at=facts.heard_at - timedelta(minutes=7)),
    "a worse severity": lambda facts: replace(facts, severity=max(1, facts.severity - 1)),
    "more people": lambda facts: replace(
        facts, people=(*facts.people, (NOW, 2 * facts.people[-1][1] if facts.people else 0))
    ),
}


@pytest.mark.parametrize("more", MORE)
@calmly
@given(facts=troubles(), preset=st.sampled_from(list(PRESETS.values())))
def test_more_trouble_never_lowers_the_verdict(more, facts, preset):
    before, after = signs.seen(facts, NOW, preset), signs.seen(MORE[more](facts), NOW, preset)
    assert advice.points(after) >= advice.points(before)
    assert advice.verdict(after, preset) >= advice.verdict(before, preset)


@calmly
@given(facts=troubles())
def test_who_is_more_careful_is_never_advised_later(facts):
    verdicts = [advice.verdict(signs.seen(facts, NOW, one), one) for one in (CAREFUL, BALANCED, PATIENT)]
    assert verdicts == sorted(verdicts, reverse=True)


# --- not now ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("then", "now", "worse"),
    [
        (Facts(failed=2), Facts(failed=2), False),
        (Facts(failed=2), Facts(failed=3), True),  # stronger
        (Facts(failed=4), Facts(failed=5), False),
        (Facts(failed=4), Facts(failed=6), True),  # half as many again
        (Facts(failed=4), Facts(failed=4, reopened=1), True),  # another sign
        (Facts(failed=4, reopened=1), Facts(failed=4), False),
        (minutes(45), minutes(60), False),
        (minutes(45), minutes(68), True),
        (Facts(failed=4), replace(minutes(60, count=2), failed=4), False),  # what is not known is no sign
    ],
)
def test_it_comes_up_again_only_when_it_got_worse(then, now, worse):
    assert advice.worse(signs.seen(now, NOW, BALANCED), advice.kept(signs.seen(then, NOW, BALANCED))) is worse
