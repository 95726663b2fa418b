"""The real processes: an event leaves by itself, and whoever dies between the talk and the record has it said again."""

import sys

import pytest
from standardwebhooks.webhooks import Webhook as Library

from tests.processes import Baton, wait_for
from tests.webhook_kit import Came, Receiver

pytestmark = [
    pytest.mark.processes,
    pytest.mark.rehearsal("processes"),
    pytest.mark.enable_socket,
    pytest.mark.timeout(180),
    pytest.mark.xdist_group("processes"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds processes in /proc"),
]

_MAKE = """
from incidents.models import Incident, Service
from tests.organisation import assemble
from tests.webhook_kit import webhook
cast = assemble()
_hook, secret = webhook(cast.ada, "{url}")
Incident.open(title="Card payments fail", service=cast.service, by=cast.ana)
print("secret=" + secret)
"""


@pytest.fixture
def receiver():
    one = Receiver()
    yield one
    one.close()


def test_a_worker_that_dies_between_the_talk_and_the_record_has_it_said_again(tmp_path, receiver):
    with Baton(tmp_path, BATON_WEBHOOK_SECONDS="1", BATON_OUTBOUND_ALLOW="127.0.0.1") as baton:

        def kill(_: Came) -> None:
            receiver.answers(204)
            baton.kill("general-worker")

        receiver.answers(204, act=kill)
        made = baton.manage("shell", "-v", "0", "-c", _MAKE.format(url=receiver.url))
        secret = made.strip().rpartition("secret=")[2]
        ask = "SELECT state, attempts, mid FROM incidents_webhookmessage"
        wait_for(lambda: [row[0] for row in baton.database.rows(ask)] == ["sent"], seconds=60, why=baton.output[-3000:])
        [(_state, attempts, mid)] = baton.database.rows(ask)
        first, *_others, last = receiver.came
        assert attempts == len(receiver.came) >= 2
        assert {came.id for came in receiver.came} == {mid} and first.body == last.body
        assert Library(secret).verify(last.body, last.headers)["type"] == "incident.triggered"
        tries = "SELECT n, reason FROM incidents_webhooktry ORDER BY n"
        assert baton.database.rows(tries)[0] == (1, "its worker died while it talked")
