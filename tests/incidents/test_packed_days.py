"""Days as they are packed: whatever is in them, what is counted of some of their rows is what plain loops count."""

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.counting.packed import SHARES, SUMMED, Period, Rows, Sheet

NUMBERS = st.sampled_from([0, 0, 0, 1, 2, 255, 256, 70_000, 5_000_000_000])  # on both sides of each width
PEOPLE = st.sampled_from([1, 2, 3, 255, 256, 300])
LINES = st.tuples(st.integers(0, 11), PEOPLE, NUMBERS, NUMBERS, NUMBERS)  # its row, then by the names of SHARES
DAYS = st.lists(
    st.tuples(st.lists(NUMBERS, max_size=12), st.lists(LINES, max_size=30, unique_by=lambda line: line[:2])), max_size=4
)


def plain_had(lines) -> dict[int, list[int]]:
    """By person, in the order of what is summed."""
    found: dict[int, list[int]] = {}
    for _row, person, *amounts in lines:
        sums = found.setdefault(person, [0] * 7)
        for at, amount in enumerate([1, *amounts, *(int(amount > 0) for amount in amounts)]):
            sums[at] += amount
    return found


def a_day(numbers, lines) -> bytes:
    sheet = Sheet(len(numbers), columns={"team": numbers})
    by_person = sorted(lines, key=lambda line: (line[1], line[0]))
    for name, column in zip(("row", *SHARES), list(zip(*by_person, strict=True)) or [()] * 5, strict=True):
        sheet.columns[f"shares.{name}"] = column
    had = [(person, *sums) for person, sums in sorted(plain_had(lines).items())]
    for name, column in zip(SUMMED, list(zip(*had, strict=True)) or [()] * 8, strict=True):
        sheet.columns[f"had.{name}"] = column
    return sheet.pack()


def some(draw, days) -> tuple[Rows, dict[int, tuple]]:
    """Some of the rows, and by their place in the period: the day, the row, its number."""
    period = Period.unpacked({date(2026, 3, 1) + timedelta(days=n): a_day(*one) for n, one in enumerate(days)})
    rows, begin = {}, 0
    for day, (numbers, _lines) in enumerate(days):
        rows |= {begin + at: (day, at, number) for at, number in enumerate(numbers)}
        begin += 8 * ((len(numbers) + 7) // 8)
    usual = st.one_of(st.just(set(rows)), st.sets(st.sampled_from(sorted(rows))) if rows else st.just(set()))
    kept = draw(usual)
    return Rows(period, sum(1 << place for place in kept)), {place: rows[place] for place in kept}


@given(st.data(), DAYS, st.none() | st.sets(PEOPLE))
def test_what_people_had_of_some_rows_is_what_their_lines_say(data, days, people):
    days = [(numbers, [line for line in lines if line[0] < len(numbers)]) for numbers, lines in days]
    rows, kept = some(data.draw, days)
    there = {(day, row) for day, row, _number in kept.values()}
    lines = [line for day, (_numbers, lines) in enumerate(days) for line in lines if (day, line[0]) in there]
    expected = plain_had(line for line in lines if people is None or line[1] in people)
    found = {person: [getattr(had, name) for name in had.__slots__] for person, had in rows.had(people).items()}
    assert found == expected


@given(st.data(), DAYS)
def test_columns_of_any_width_are_counted_alike(data, days):
    rows, kept = some(data.draw, [(numbers, []) for numbers, _lines in days])
    numbers = Counter(number for _day, _row, number in kept.values())
    assert Counter(rows.each("team")) == numbers
    assert rows.sums("team", by="team") == Counter({number: number * n for number, n in numbers.items()})
    for number in (0, 1, 2, 3, 255, 256, 70_000, 5_000_000_000):
        found = rows.of(rows.period.where("team", number)).among
        assert found == sum(1 << place for place, (_day, _row, one) in kept.items() if one == number)


@pytest.mark.parametrize("value", [0, 255, 256])
def test_a_period_without_days_has_nothing_anywhere(value):
    rows = Rows(Period({}), 0)
    assert (rows.period.where("team", value), rows.had(None), list(rows.each("team"))) == (0, {}, [])
