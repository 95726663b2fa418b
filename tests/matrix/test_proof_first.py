"""What gives others power is done for nobody who does not prove first that it is still them: they are led to prove it.

In the rest of the matrix everybody has just signed in.
"""

import pytest

from escalation.signin import proof

from .asking import Asked
from .bodies import Filling
from .signing import BY
from .table import addresses

pytestmark = [pytest.mark.rehearsal("roles"), pytest.mark.sqlite_enough]

OWN = ("/tokens/", "/calendars/", *(f"/signing-in/{end}/" for end in ("app", "passkeys", "codes", "<pk>")))
EXPORTS = ("/measures/incidents.csv", "/measures/people.csv", "/configuration.csv")
# In the admin pages: somebody leaves, or a script asks what would be.
ASKED_NOTHING = ("/login/", "/logout/", "/preview/", "/rules/", "/check/", "/what-if/")
ASKED_NOTHING += ("/passkeys/question/",)  # its script is told to lead there: test_second_step


def test_whoever_signed_in_long_ago_is_led_to_prove_that_it_is_them(table, settings):
    settings.PROOF_MINUTES = 15
    filling, done = Filling(table.scene), []
    for role, begins in (("ada", ("/admin/",)), ("ann", OWN), ("otto", EXPORTS)):
        session = table.asking.clients[role].session
        session[proof.PROVED_AT] -= 15 * 60
        session.save()
        for address, method in addresses(*begins):
            if (method == "POST") is (begins is EXPORTS):
                continue
            path = filling.path(address, "n", method)
            answer = table.asking.ask(role, Asked(method, path, filling.body(address, method, "n")))
            if not answer.location.startswith("/signing-in/again/") or answer.wrote:
                done.append(address.path)
    assert [path for path in done if not path.endswith(ASKED_NOTHING)] == []


def test_an_admin_who_has_passed_no_second_step_is_led_to_set_one_up(table):
    client = table.asking.clients["ada"]
    assert client.get("/admin/").status_code == 200
    session = client.session
    del session[BY]
    session.save()
    assert client.get("/admin/login/")["Location"] == "/signing-in/"
    for path in ("/admin/", "/admin/people/user/", "/admin/people/user/add/"):
        assert "/login/" in client.get(path)["Location"]
    assert client.post("/tokens/", {"name": "Hers", "ends": "90"})["Location"] == "/signing-in/"
    assert client.get("/queue/").status_code == 200  # no incident waits for it
