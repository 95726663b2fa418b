"""``python -m tests.matrix.write``: asks everything anew and writes ``matrix.txt``; or those that begin as is said:
``python -m tests.matrix.write /drills/ /api/v1/drills``. What is amiss is said, and is to be mended before the
table is believed."""

import os
import sys

import pytest

BEGINS = "MATRIX_BEGINS"


@pytest.mark.django_db
@pytest.mark.timeout(3600)
def test_write(clock):
    from . import kept, table  # by then Django is set up
    from .asking import prepared

    troubles: list[str] = []
    found = []
    with prepared():
        for row in table.rows(kept.scene(), table.addresses(*os.environ[BEGINS].split()), troubles):
            found.append(row)
            print(row.line, *troubles, sep="\n  AMISS ", flush=True)
            troubles.clear()
    table.write(found)


if __name__ == "__main__":
    os.environ[BEGINS] = " ".join(sys.argv[1:])
    sys.exit(pytest.main(["-q", "-s", "-n", "0", "-p", "no:cacheprovider", "-o", "python_files=write.py", __file__]))
