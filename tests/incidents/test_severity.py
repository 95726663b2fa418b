"""How severe an incident is: one table of judgements."""

import pytest

from incidents.models.severity import LEAST, Judged, Table, judge

# The usual table: impact and urgency run from 1 (most) to 3; an admin fills it in.
CELLS = {(1, 1): 1, (1, 2): 2, (1, 3): 3, (2, 1): 2, (2, 2): 3, (2, 3): 4, (3, 1): 4, (3, 2): 4, (3, 3): 5}
BANDS = [(1000, 1), (100, 2), (10, 4)]
TABLE = Table(cells=CELLS, bands=BANDS)


def judged(table=TABLE, *, impact=2, urgency=2, people=0, **more):
    return judge(table, impact=impact, urgency=urgency, people=people, **more)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param({"impact": 1, "urgency": 1}, Judged(1, "table"), id="the table alone decides the worst"),
        pytest.param({"impact": 3, "urgency": 3}, Judged(5, "table"), id="the table alone decides the mildest"),
        pytest.param({"impact": 1, "urgency": 3}, Judged(3, "table"), id="impact comes first in the table"),
        pytest.param({"impact": 3, "urgency": 1}, Judged(4, "table"), id="urgency comes second in the table"),
        pytest.param({"impact": 9, "urgency": 9}, Judged(LEAST, "table"), id="a missing cell is the mildest"),
        pytest.param({"people": 9}, Judged(3, "table"), id="one person short of the first band changes nothing"),
        pytest.param({"people": 10}, Judged(3, "table"), id="a milder band does not soften the table"),
        pytest.param({"people": 99}, Judged(3, "table"), id="one person short of the second band"),
        pytest.param({"people": 100}, Judged(2, "people", 100), id="a band begins at its least number"),
        pytest.param({"people": 999}, Judged(2, "people", 100), id="the last person of a band"),
        pytest.param({"people": 1000}, Judged(1, "people", 1000), id="the worst band reached decides"),
        pytest.param({"people": 10**9}, Judged(1, "people", 1000), id="the last band has no end"),
        pytest.param({"reported": 1}, Judged(1, "source"), id="a source may report worse"),
        pytest.param({"reported": 5}, Judged(3, "table"), id="a source cannot soften"),
        pytest.param({"reported": 3}, Judged(3, "table"), id="table and source agree: the table is named"),
        pytest.param(
            {"impact": 1, "urgency": 2, "people": 100}, Judged(2, "table"), id="table and people agree: table is named"
        ),
        pytest.param(
            {"people": 100, "reported": 2}, Judged(2, "people", 100), id="people and source agree: people are named"
        ),
        pytest.param({"people": 100, "reported": 1}, Judged(1, "source"), id="a source may be worse than the people"),
        pytest.param({"people": 1000, "reported": 2}, Judged(1, "people", 1000), id="people may be worse than it"),
        pytest.param({"override": 5, "people": 10**6, "reported": 1}, Judged(5, "override"), id="an override softens"),
        pytest.param({"override": 1}, Judged(1, "override"), id="an override worsens"),
        pytest.param({"override": 3}, Judged(3, "override"), id="an override is named even if it changes nothing"),
    ],
)
def test_judging(facts, expected):
    assert judged(**facts) == expected


@pytest.mark.parametrize(
    ("bands", "people", "expected"),
    [
        pytest.param([], 10**6, Judged(5, "table"), id="no bands: people do not count"),
        pytest.param([(10, 4), (100, 2), (1000, 1)], 150, Judged(2, "people", 100), id="rising bands"),
        pytest.param([(100, 2), (1000, 1), (10, 4)], 150, Judged(2, "people", 100), id="bands in any order"),
        pytest.param([(10, 1), (100, 3)], 150, Judged(1, "people", 10), id="more people are never milder than fewer"),
        pytest.param([(10, 2), (100, 2)], 150, Judged(2, "people", 100), id="of equal bands the nearest is named"),
        pytest.param([(100, 2), (10, 2)], 150, Judged(2, "people", 100), id="of equal bands, in any order"),
        pytest.param([(0, 4)], 0, Judged(4, "people", 0), id="a band may begin at nobody"),
    ],
)
def test_bands(bands, people, expected):
    assert judged(Table(cells={}, bands=bands), people=people) == expected


def test_an_empty_table_is_the_mildest():
    assert judged(Table(cells={}, bands=[])) == Judged(LEAST, "table")


def test_more_people_are_never_milder():
    severities = [judged(people=people).severity for people in range(1100)]
    assert severities == sorted(severities, reverse=True)
