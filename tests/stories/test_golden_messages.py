"""Every message of one story, in all three lengths, byte by byte the same on SQLite and on PostgreSQL.

What it says is kept in ``tests/golden/messages.txt``, and each database has to say it too. After a change of words:

    BATON_RENEW_GOLDEN=1 python -m pytest -n 0 tests/stories/test_golden_messages.py

and read what has changed before it is committed.
"""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from escalation.engine import climb, deliver, tasks
from escalation.kit import clock as kit_clock
from incidents.models import Incident
from tests.organisation import assemble
from tests.reach_kit import Carriers, account, method, rules

# Numbers begin anew, because links and keys are made of them.
pytestmark = pytest.mark.django_db(transaction=True, reset_sequences=True)
GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "messages.txt"
SECOND = timedelta(seconds=1)


class Ear:
    """Hears what leaves, in an order that does not depend on which talk was over first."""

    def __init__(self, carriers: Carriers):
        self._carriers = carriers
        self._heard = dict.fromkeys(("email", "sms", "voice"), 0)
        self.lines: list[str] = []

    def listen(self) -> None:
        new = []
        for name, before in self._heard.items():
            carried, keys = self._carriers[name].carried, self._carriers[name].keys
            assert len(keys) == len(carried), "a try that failed would shift the keys"
            new += [(to, name, key, said) for (to, said), key in zip(carried[before:], keys[before:], strict=True)]
            self._heard[name] = len(carried)
        for to, name, key, said in sorted(new, key=lambda one: one[:3]):
            self.lines.append(f"=== {kit_clock.now():%Y-%m-%d %H:%M:%S} {name} to {to}, {key}")
            lengths = {
                "push": f"{said.head}\n{said.line}",
                "subject": said.subject,
                "short": said.short,
                "full": said.full,
            }
            self.lines += [f"--- {length}\n{text}" for length, text in lengths.items()]


@pytest.fixture
def cast(db):
    """Made anew: what other tests kept of it has the keys of their day."""
    return assemble()


@pytest.fixture
def ear(monkeypatch, settings) -> Ear:
    settings.SECRET_KEY, settings.ADDRESS = "golden", "https://baton.example.com"
    settings.BUNDLE_SECONDS, settings.LIMIT_PER_PERSON, settings.LIMIT_PER_SECOND = 15, {"sms": 1, "email": 2}, {}
    carriers = Carriers().use(monkeypatch)
    for name in ("email", "sms", "voice"):
        carriers[name].is_own = lambda address: True  # so that messages carry a link to answer by
    return Ear(carriers)


def let(ear: Ear, **span: float) -> None:
    """Time passes; at each instant at which something is due it happens, and what is to leave leaves."""
    end = kit_clock.now() + timedelta(**span)
    while True:
        while climb.drain() + tasks.send():
            pass
        ear.listen()
        due = min(filter(None, [climb.next_due(), deliver.next_due()]), default=end)
        if due >= end:
            break
        kit_clock.fix(max(due, kit_clock.now() + SECOND))
    kit_clock.fix(end)


def story(ear: Ear, cast, open_incident) -> None:
    """It opens, with others in the same seconds; climbs; is answered, handed over, held, moved and resolved."""

    def now(incident: Incident) -> Incident:
        return Incident.objects.get(pk=incident.pk)

    phone = method(cast.ana, "sms", "+4915112345667")
    for urgency in ("loud", "quiet"):
        rules(cast.ana, urgency, (phone, 0), (account(cast.ana), 1))
        rules(cast.tom, urgency, (account(cast.tom), 0), (method(cast.tom, "voice", f"+4930{len(urgency)}"), 2))
    cast.mei.time_zone = "Europe/Berlin"
    cast.mei.save()
    cards = open_incident("Card payments fail", symptom="Probe checkout_card fails ☎", people_affected=150)
    let(ear, seconds=3)
    mails = open_incident("Mail is late <b>& more</b>", people_affected=2)
    search = open_incident("Search index is stale")
    let(ear, minutes=6)  # nobody answers: each climbs, and Ana's limit holds back what is more
    now(cards).acknowledge(by=cast.mei)
    now(mails).acknowledge(by=cast.mei)
    let(ear, minutes=1)
    now(cards).hand_over(by=cast.mei, to=cast.tom, text="You know the terminals.")
    let(ear, minutes=3)
    now(cards).accept(by=cast.tom)
    now(mails).hand_over(by=cast.mei, to=cast.jo, text="Yours?")
    let(ear, minutes=1)
    now(mails).decline(by=cast.jo, text="At lunch")
    let(ear, minutes=1)
    now(mails).escalate(by=cast.mei, reason="access", text="Only they can.")
    now(cards).state(by=cast.tom, people_affected=2500)  # SEV1: the duty manager must know
    let(ear, minutes=2)
    now(search).reassign(by=cast.sam, to=cast.jo, text="Please.")
    let(ear, minutes=2)
    now(cards).hold(by=cast.tom, until=kit_clock.now() + timedelta(minutes=10), text="Supplier")
    let(ear, minutes=11)
    let(ear, minutes=70)  # what the limits held back leaves, and the search climbs to its end
    assert now(search).run.finished == "exhausted"
    now(cards).resolve(by=cast.sam, cause="change", text="Rolled back")
    now(mails).resolve(by=cast.mei, cause="unknown", text="Gone")
    let(ear, minutes=70)  # nothing more is said of what is over


@pytest.mark.rehearsal("long")
def test_a_story_is_told_in_the_same_bytes_on_every_database(ear, cast, clock, open_incident):
    story(ear, cast, open_incident)
    said = "\n".join(ear.lines) + "\n"
    if os.environ.get("BATON_RENEW_GOLDEN") == "1":
        GOLDEN.write_text(said)
    kept = GOLDEN.read_bytes()
    assert said.encode() == kept, first_difference(said, kept.decode())


def first_difference(said: str, kept: str) -> str:
    for number, (one, other) in enumerate(zip(said.splitlines(), kept.splitlines(), strict=False), 1):
        if one != other:
            return f"line {number} is\n{one}\nand was\n{other}"
    return "one ends before the other"
