"""Who is offered first when the baton is handed over, and why."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from incidents.desk.fit import Candidate, against, among, fits, rank, rank_among, standing, why, why_among

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
BEFORE = NOW - timedelta(minutes=10)

BEST_FIRST = [
    Candidate("holds what is needed, on duty", has=("PCI",), on_duty=True),
    Candidate("holds what is needed, on no schedule", has=("PCI",), on_path=True, resolved=3),
    Candidate("holds what is needed, on no path", has=("PCI",)),
    Candidate("on duty without it, resolved many", lacks=("PCI",), on_duty=True, on_path=True, resolved=4),
    Candidate("on duty without it", lacks=("PCI",), on_duty=True, on_path=True, resolved=1),
    Candidate("on duty without it, with much to do", lacks=("PCI",), on_duty=True, on_path=True, resolved=1, holds=2),
    Candidate("a colleague", lacks=("PCI",), mine=True),
    Candidate("off duty", has=("PCI",), on_duty=False, on_path=True, resolved=9),
    Candidate("who declined", lacks=("PCI",), on_duty=True, declined_at=BEFORE),
]


def test_the_best_fit_comes_first_and_who_cannot_take_it_last():
    somehow = sorted(BEST_FIRST, key=lambda one: one.name)
    assert sorted(somehow, key=rank) == BEST_FIRST
    assert somehow != BEST_FIRST


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (Candidate("Mei", declined_at=BEFORE, on_duty=True), "declined at 09:20"),
        (Candidate("Mei", silent_at=BEFORE, unreachable=True), "did not answer at 09:20"),
        (Candidate("Mei", unreachable=True, on_duty=False), "cannot be reached"),
        (Candidate("Mei", on_duty=False), "off duty now"),
        (Candidate("Mei", on_duty=True, until=NOW + timedelta(hours=2)), "on call now until 11:30"),
        (Candidate("Mei", on_duty=True), "on call now"),
        (Candidate("Mei", on_path=True, mine=True), "on this path"),
        (Candidate("Mei", mine=True), "your team"),
        (Candidate("Mei"), ""),
    ],
)
def test_how_somebody_stands_is_said_at_the_end_of_the_line(one, said):
    assert standing(one, NOW) == said
    assert bool(against(one)) == any([one.declined_at, one.silent_at, one.unreachable, one.on_duty is False])


def test_why_somebody_is_offered_is_one_line():
    mei = Candidate("Mei", "L2 Applications", ("PCI", "Java"), has=("PCI",), lacks=("DNS",), resolved=3, holds=1)
    assert why(mei, "Payments") == "L2 Applications · has PCI · lacks DNS · resolved 3 of Payments · holds 1 other"
    assert why(Candidate("Tom", skills=("Java", "Go")), "") == "no team · Java and Go"


@pytest.mark.parametrize(
    ("one", "sure"),
    [
        (Candidate("Mei", on_duty=True), True),
        (Candidate("Mei", has=("PCI",)), True),
        (Candidate("Mei", resolved=1), True),
        (Candidate("Mei", on_path=True, mine=True), False),  # nothing says that they can
        (Candidate("Mei", lacks=("PCI",), on_duty=True), False),
        (Candidate("Mei", has=("PCI",), on_duty=False), False),
    ],
)
def test_only_who_surely_fits_is_chosen_beforehand(one, sure):
    assert fits(one) is sure


# --- several at once --------------------------------------------------------------------------

MEI = Candidate("Mei", where="L2", on_path=True)


@pytest.mark.parametrize(
    ("parts", "fitting", "said"),
    [
        ([(MEI, ["INC-1", "INC-2"])], 2, "L2 · fits all of them"),
        ([(MEI, ["INC-1"]), (replace(MEI, lacks=("PCI",)), ["INC-2"])], 1, "L2 · fits 1 of 2 · not INC-2: lacks PCI"),
        (
            [(MEI, ["INC-1"]), (replace(MEI, declined_at=BEFORE), ["INC-2"]), (replace(MEI, has_it=True), ["INC-3"])],
            1,
            "L2 · fits 1 of 3 · not INC-2: declined at 09:20 · not INC-3: has it",
        ),
        ([(replace(MEI, lacks=("PCI",), holds=2), ["INC-1", "INC-2"])], 0,
         "L2 · fits 0 of 2 · not INC-1 and INC-2: lacks PCI · holds 2 others"),
        ([(replace(MEI, on_duty=False), ["INC-1", "INC-2"])], 2, "L2 · fits all of them"),  # said at the end
    ],
)  # fmt: skip
def test_of_several_it_is_said_how_many_somebody_fits_and_for_which_not(parts, fitting, said):
    one = among(parts)
    assert (one.fits, one.of) == (fitting, sum(len(refs) for _one, refs in parts))
    assert why_among(one) == said


def test_who_can_take_most_comes_first_and_who_is_away_last():
    other = replace(MEI, lacks=("PCI",))
    best_first = [
        among([(replace(MEI, name="both"), ["1", "2"])]),
        among([(replace(MEI, name="one, on duty", on_duty=True), ["1"]), (replace(other, on_duty=True), ["2"])]),
        among([(replace(MEI, name="one"), ["1"]), (other, ["2"])]),
        among([(replace(other, name="none"), ["1", "2"])]),
        among([(replace(MEI, name="away", on_duty=False), ["1", "2"])]),
    ]
    somehow = best_first[::-1]
    assert sorted(somehow, key=rank_among) == best_first
