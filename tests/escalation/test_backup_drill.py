"""The drill that an operator should have done once: a machine is lost, its copy goes on, nobody hears it twice."""

import re
import shutil
import sys

import pytest

from tests.processes import Baton

from .test_recovery_processes import go_on_for_a_step, held, nothing_moves_until_resumed, open_some, pace, post  # noqa: F401

pytestmark = [
    pytest.mark.processes,
    pytest.mark.rehearsal("processes"),
    pytest.mark.enable_socket,
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("processes"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds processes in /proc"),
]

RECORD = "SELECT trail_id, seq, hash FROM trail_entry ORDER BY id"
OPEN_LATER = """
from incidents.models import Incident, Service
from django.contrib.auth import get_user_model
Incident.open(title="After the copy", service=Service.objects.first(), by=get_user_model().objects.first())
"""


def test_a_machine_is_lost_and_its_copy_goes_on_elsewhere(tmp_path, post):  # noqa: F811
    copy, lost, new = tmp_path / "copy.zip", tmp_path / "lost", tmp_path / "new"
    lost.mkdir()
    new.mkdir()
    with Baton(lost, **pace(post)) as old:
        open_some(old)  # the first calls may be queued, on their way or sent
        assert "read again and whole" in old.manage("backup", str(copy))
        go_on_for_a_step(old, post)
        old.manage("shell", "-v", "0", "-c", OPEN_LATER)
        old.kill_all()
        record = old.database.rows(RECORD)
    shutil.rmtree(lost)

    elsewhere = Baton(new, **pace(post))
    try:
        said = elsewhere.manage("restore", str(copy))
        assert re.search(r"The copy of 20\d\d-\d\d-\d\d \d\d:\d\d UTC is the database now", said)
        assert "What happened after it is not in it, and is lost." in said
        kept = elsewhere.database.rows(RECORD)
        assert kept[:-1] == record[: len(kept) - 1]  # all up to the copy, and the entry that it is held
        elsewhere.start()
        assert held(elsewhere)
        nothing_moves_until_resumed(elsewhere, post)
        assert not elsewhere.database.rows("SELECT 1 FROM incidents_incident WHERE title = 'After the copy'")
    finally:
        elsewhere.end()
