"""A ticket system elsewhere follows incidents by their events alone, whatever comes late, twice or out of order."""

import pytest

from escalation.trail.models import Entry
from incidents.models import Incident
from incidents.webhooks import claiming
from tests.api_kit import Program
from tests.webhook_kit import Came, Receiver, tell

pytestmark = [pytest.mark.django_db, pytest.mark.enable_socket]

_SHOWN = ("title", "severity", "status", "people_affected")


class TicketSystem:
    """The three rules of docs/webhooks-out.md, and the pair of an incident and its ticket."""

    def __init__(self, receiver: Receiver) -> None:
        self.tickets: dict[int, dict] = {}  # by the incident's id
        self.made, self._seen = 0, set[str]()
        receiver.answers(204, act=self.hear)

    def hear(self, came: Came) -> None:
        if came.id in self._seen:
            return
        self._seen.add(came.id)
        incident = came.data["data"]["incident"]
        ticket = self.tickets.get(incident["id"])
        if ticket is None:
            self.made += 1
        elif incident["version"] <= ticket["version"]:
            return
        self.tickets[incident["id"]] = incident

    def shows(self, incident: Incident) -> dict:
        return {name: self.tickets[incident.number][name] for name in _SHOWN}


def as_it_is(program: Program, incident: Incident) -> dict:
    """By the API, which says it of the same names."""
    found = program.get(f"/incidents/{incident.number}").json()
    return {name: found[name] for name in _SHOWN}


def tell_all(clock) -> None:
    while (due := claiming.next_due()) is not None:
        clock.jump(seconds=max(0.0, (due - clock.now()).total_seconds()))
        tell()


def test_tickets_end_as_the_incidents_do(cast, clock, receiver, tickets, open_incident):
    system, program = TicketSystem(receiver), Program(cast.ada)
    mail, pay = open_incident("Mail is late"), open_incident("Card payments fail", people_affected=40)
    tell()
    assert system.shows(mail) == as_it_is(program, mail)
    receiver.answers(500)  # it does not hear this, or not before what comes next
    pay.acknowledge(by=cast.ana)
    tell()
    receiver.answers(500, act=system.hear)  # it has heard this, and its answer is lost
    mail.note(by=cast.ana, text="The queue grows")
    tell()
    receiver.answers(204, act=system.hear)
    pay.set_severity(by=cast.sam, severity=1, text="Nobody can pay")
    mail.resolve(by=cast.sam, cause="change", text="Rolled back")
    tell_all(clock)
    mail.reopen(by=cast.sam, text="It is back")
    tell_all(clock)
    for incident in (mail, pay):
        assert system.shows(incident) == as_it_is(program, incident)
    assert system.made == 2
    assert len(receiver.came) > len({came.id for came in receiver.came}), "something came twice"


def test_a_comment_on_the_ticket_becomes_one_note_however_often_it_is_sent(
    cast, clock, receiver, tickets, open_incident
):
    system, program = TicketSystem(receiver), Program(cast.mei, "work")
    incident = open_incident("Card payments fail")
    tell()
    number = system.tickets[incident.number]["id"]
    for _sent in range(2):
        answer = program.post(
            f"/incidents/{number}/notes", {"text": "The acquirer calls back"}, idempotency_key="TICKET-7-1"
        )
        assert answer.status_code == 200
    assert Entry.objects.filter(trail=incident.trail_id, kind="note").count() == 1
