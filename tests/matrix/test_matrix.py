"""Every address, asked about everybody's things: answered as in ``matrix.txt``, and nothing hidden is shown."""

import pytest

from tests.parts import everything_is_required, time_is_short

from . import kept, table
from .asking import prepared

FEWER = 75  # where not everything is asked, one of so many addresses
PARTS = 4  # for workers to share


def test_every_address_has_a_row_and_every_row_an_address():
    """A new address: `python -m tests.matrix.write`, and read what it says of it."""
    there = {(method, address.path) for address, method in table.addresses()}
    assert len(there) == len(table.addresses()), "two addresses look alike"
    written = table.read().keys()
    assert there - written == set(), "no row"
    assert written - there == set(), "no such address any more"


@pytest.mark.django_db
@pytest.mark.timeout(600)
def test_at_a_sample_of_addresses_people_get_the_answers_of_the_table_and_see_nothing_else(clock):
    _as_written(table.addresses()[::FEWER])


@pytest.mark.rehearsal("roles")
@pytest.mark.sqlite_enough
@pytest.mark.django_db
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("part", range(PARTS))
def test_people_get_the_answers_of_the_table_and_see_nothing_else(clock, part):
    """Every address by all roles; where time is short, by agents and a quarter of the others."""
    _as_written(table.part(part, PARTS))


def _as_written(asked):
    troubles: list[str] = []
    with prepared():
        thin = time_is_short() or not everything_is_required()
        found = list(table.rows(kept.scene(), asked, troubles, thin=thin))
    assert troubles == []
    written = table.read()
    unlike = [(row.line, written.get(row.key, "")) for row in found if table.differs(row, written.get(row.key, ""))]
    assert unlike == [], "\n".join(["now, and as it is written:", *(line for pair in unlike for line in pair)])
