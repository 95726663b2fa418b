"""The command line against the real processes: an incident is opened, worked and resolved in a terminal."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.client_kit import CLIENT
from tests.processes import Baton

pytestmark = [
    pytest.mark.processes,
    pytest.mark.rehearsal("processes"),
    pytest.mark.enable_socket,
    pytest.mark.timeout(180),
    pytest.mark.xdist_group("processes"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds processes in /proc"),
]
_MAKE = """
from escalation.kit import clock
from escalation.people.models import ApiToken
from tests.organisation import assemble
cast = assemble()
for who in (cast.ana, cast.jo, cast.rita):
    print("key=" + ApiToken.make(who, name="A terminal", scopes=("work", "plan"), now=clock.now())[1])
"""


class Terminal:
    """Somebody's: their commands are processes of their own."""

    def __init__(self, url: str, token: str):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("BATON_", "DJANGO"))}
        self.env = {**kept, "BATON_URL": url, "BATON_TOKEN": token, "PYTHONPATH": str(CLIENT)}

    def types(self, *words: str) -> tuple[int, str, str]:
        command = [sys.executable, "-m", "baton_client.cli", *words]
        found = subprocess.run(command, env=self.env, capture_output=True, text=True, timeout=60)
        return found.returncode, found.stdout, found.stderr

    def does(self, *words: str) -> str:
        code, out, err = self.types(*words)
        assert code == 0, err
        return out


@pytest.mark.sqlite_enough
def test_an_incident_from_its_opening_to_its_end_and_two_who_want_it_at_once(tmp_path):
    with Baton(tmp_path) as baton:
        made = baton.manage("shell", "-v", "0", "-c", _MAKE)
        keys = [line.removeprefix("key=") for line in made.splitlines() if line.startswith("key=")]
        ana, jo, rita = (Terminal(baton.url, key) for key in keys)

        opened = json.loads(ana.does("open", "Card payments fail", "--service", "Payments", "--json"))
        number = str(opened["number"])
        assert "Card payments fail" in jo.does("incidents")

        with ThreadPoolExecutor() as pool:
            both = list(pool.map(lambda one: one.types("ack", number), (ana, jo)))
        assert sorted(code for code, _out, _err in both) == [0, 1], both
        loser = next(err for code, _out, err in both if code)
        assert "acknowledged" in loser and ("Ana Ruiz" in loser or "Jo Okafor" in loser)
        mine, theirs = (ana, jo) if both[0][0] == 0 else (jo, ana)

        mine.does("note", number, "Looking at the acquirer")
        assert theirs.types("show", "4711")[0] == rita.types("show", number)[0] == 4
        code, _out, err = mine.types("resolve", number, " ", "--cause", "change")
        assert code == 2 and err
        assert "resolved" in mine.does("resolve", number, "Rolled it back", "--cause", "change")
        kinds = [one["kind"] for one in json.loads(mine.does("incidents", "record", number, "--json"))["items"]]
        assert {"opened", "acknowledged", "note", "resolved"} <= set(kinds)
        assert mine.types("ack", number)[0] == 1
