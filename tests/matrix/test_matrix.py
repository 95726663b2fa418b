"""Every address, asked by every role about everybody's things: as in ``matrix.txt``, and nothing hidden is shown."""

import pytest
from django.db import connection

from tests.parts import everything_is_required

from . import scene, table
from .asking import prepared

FEWER = 45  # where not everything is asked, one of so many addresses


def test_every_address_has_a_row_and_every_row_an_address():
    """A new address: `python -m tests.matrix.write`, and read what it says of it."""
    there = {(method, address.path) for address, method in table.addresses()}
    assert len(there) == len(table.addresses()), "two addresses look alike"
    written = table.read().keys()
    assert there - written == set(), "no row"
    assert written - there == set(), "no such address any more"


@pytest.mark.django_db
@pytest.mark.timeout(1200)  # thousands of requests
def test_everybody_gets_the_answers_of_the_table_and_sees_nothing_else(clock):
    """Every address; of every role about everything when the table is written."""
    all_of_them = everything_is_required() and connection.vendor == "sqlite"
    asked = table.addresses()[:: 1 if all_of_them else FEWER]
    troubles: list[str] = []
    with prepared():
        found = list(table.rows(scene.make(), asked, troubles, thin=True))
    assert troubles == []
    written = table.read()
    unlike = [(row.line, written.get(row.key, "")) for row in found if table.differs(row, written.get(row.key, ""))]
    assert unlike == [], "\n".join(["now, and as it is written:", *(line for pair in unlike for line in pair)])
