"""The audit in production: the real processes carry it out, and put right what is safe."""

import sys

import pytest

from tests.processes import Baton, wait_for

pytestmark = [
    pytest.mark.processes,
    pytest.mark.rehearsal("processes"),
    pytest.mark.enable_socket,
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("processes"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds processes in /proc"),
]


@pytest.mark.sqlite_enough
def test_a_lost_timer_is_back_with_the_next_audit(tmp_path):
    with Baton(tmp_path) as baton:
        rows = baton.database.rows
        baton.climb(2)
        baton.database.change("DELETE FROM engine_beat WHERE name = 'audit turn'", [()])  # its turn, now
        wait_for(lambda: rows("SELECT 1 FROM engine_beat WHERE name = 'audit'"), why=baton.output[-3000:])
        baton.database.change("DELETE FROM engine_timer WHERE state = 'armed'", [()])
        baton.database.change("DELETE FROM engine_beat WHERE name = 'audit turn'", [()])
        armed = "SELECT count(*) FROM engine_timer WHERE state = 'armed'"
        wait_for(lambda: rows(armed)[0][0] == 2, why=baton.output[-3000:])
        wait_for(lambda: "true" in _green(rows), why=str(rows("SELECT detail FROM engine_beat WHERE name = 'audit'")))
        assert rows("SELECT count(*) FROM trail_entry WHERE kind = 'repaired'") == [(2,)]


def _green(rows) -> str:
    """Whether the last audit that repaired something left all well, as JSON says it."""
    (detail,) = rows("SELECT detail FROM engine_beat WHERE name = 'audit'")[0]
    text = str(detail).lower().replace(" ", "").replace("'", '"')
    return text.partition('"green":')[2][:4] if '"repairs":2' in text else ""
