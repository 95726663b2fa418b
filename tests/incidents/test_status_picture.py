"""What the status page makes of updates, endings and windows: a table for each question."""

from datetime import UTC, datetime, timedelta

import pytest

from incidents.status.picture import End, Part, State, Word, Works, draw

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SHOP, PAY, MAIL = Part(1, "Shop", "Web shop"), Part(2, "Back", "Payouts"), Part(3, "Shop", "Order mails")


def ago(**span: float) -> datetime:
    return NOON - timedelta(**span)


def word(minutes: float, stage: str = "investigating", root: int = 7, **facts) -> Word:
    facts.setdefault("pk", int(10_000 - minutes))
    return Word(root=root, at=ago(minutes=minutes), stage=stage, **facts)


def drawn(words=(), ends=None, works=()):
    return draw([SHOP, PAY, MAIL], words, ends or {}, works, NOON)


def test_those_of_a_group_stand_together_in_the_order_of_the_first():
    assert drawn().parts == [SHOP, MAIL, PAY]


DAY = 24 * 60
OVER = {  # the updates, how it ended by the record, and since when the page says it is over
    "it goes on": ([word(30)], None, None),
    "an update says it is over": ([word(30), word(5, "resolved")], None, 5),
    "it said so too early": ([word(30, "resolved"), word(5, "watching")], None, None),
    "resolved, and nobody wrote a word": ([word(30)], End(ago(minutes=10), lasts=True), 10),
    "resolved, and a word after it": ([word(30), word(5, "watching")], End(ago(minutes=10), lasts=True), 10),
    "re-opened, and nobody wrote again": ([word(30)], End(ago(minutes=10), lasts=False), 10),
    "re-opened, and somebody wrote again": ([word(30), word(5)], End(ago(minutes=10), lasts=False), None),
    "said to be over, then resolved": ([word(12, "resolved")], End(ago(minutes=10), lasts=True), 12),
}


@pytest.mark.parametrize("case", OVER)
def test_when_it_is_over(case):
    words, end, since = OVER[case]
    picture = drawn(words, {7: end} if end else {})
    [one] = [*picture.troubles, *picture.past]
    assert one.over_at == (None if since is None else ago(minutes=since))
    assert (one in picture.past) == (since is not None)


def test_an_end_without_words_is_a_line_of_its_own_that_claims_no_fix():
    [one] = drawn([word(30, title="Trouble", text="We look.")], {7: End(ago(minutes=10), lasts=True)}).past
    assert [(said.stage, said.text) for said in one.words] == [("resolved", ""), ("investigating", "We look.")]


def test_what_is_over_shows_for_14_days():
    since = {n: End(ago(days=n, minutes=-1 if n == 14 else 0), lasts=True) for n in (13, 14, 15)}
    words = [word(16 * DAY, root=n) for n in since]
    assert [one.pk for one in drawn(words, since).past] == [13, 14]


def test_the_latest_word_that_says_something_of_it_counts():
    shop, pay = frozenset({1}), frozenset({2})
    words = [
        word(30, title="Shop is down", effect=State.DOWN, parts=shop),
        word(20, title="Payouts are slow", effect=State.DEGRADED, parts=pay),
        word(10, text="Still so."),
    ]
    [one] = drawn(words).troubles
    assert (one.title, one.effect, one.parts) == ("Payouts are slow", State.DEGRADED, pay)
    [one] = drawn(words[:1]).troubles  # the others were withdrawn
    assert (one.title, one.effect, one.parts) == ("Shop is down", State.DOWN, shop)


def works(hours: float, *parts: int, lasts: float = 1) -> Works:
    start = NOON + timedelta(hours=hours)
    return Works(int(hours * 10), "New database", frozenset(parts), start, start + timedelta(hours=lasts), NOON)


STATES = {  # troubles as (effect, components), windows, and the states of the three
    "nothing": ((), (), "good good good"),
    "one": (((State.DEGRADED, {1}),), (), "degraded good good"),
    "the worst of two": (((State.DEGRADED, {1, 3}), (State.DOWN, {1})), (), "down degraded good"),
    "maintenance that is on": ((), (works(-0.5, 2),), "good good maintenance"),
    "maintenance that begins now": ((), (works(0, 2),), "good good maintenance"),
    "maintenance to come": ((), (works(1, 2),), "good good good"),
    "trouble hides maintenance": (((State.DEGRADED, {2}),), (works(-0.5, 2),), "good good degraded"),
}


@pytest.mark.parametrize("case", STATES)
def test_the_states_of_components(case):
    troubles, windows, expected = STATES[case]
    words = [
        word(n, root=n, effect=effect, parts=frozenset(parts)) for n, (effect, parts) in enumerate(troubles, start=1)
    ]
    picture = drawn(words, works=windows)
    assert " ".join(picture.state(part) for part in picture.parts) == expected


def test_maintenance_is_announced_two_weeks_ahead_the_next_one_first():
    windows = [works(24 * 13, 1), works(24 * 15, 1), works(-0.5, 2)]
    assert drawn(works=windows).works == [windows[2], windows[0]]
