"""Updates to those who must know and do not work on it: who is told, once each, and what they may read."""

import json

import pytest

from escalation.engine.models import Delivery
from escalation.kit import clock as kit_clock
from escalation.trail.models import Entry
from escalation.trail.verifying import verify
from incidents.models import Stakeholder

pytestmark = pytest.mark.django_db


@pytest.fixture
def stake(cast):
    """Somebody, or a team, must know."""

    def name(who, service=..., severity=5):
        about = cast.service if service is ... else service
        whom = {"team": cast.teams[who]} if who in cast.teams else {"person": getattr(cast, who)}
        return Stakeholder.objects.create(service=about, severity=severity, **whom)

    return name


def send(incident, by, stage="investigating", text="Cards are refused. We are on it.", **more):
    facts = {"epoch": None, "to_stakeholders": True, "on_status_page": False, **more}
    return incident.publish_update(by=by, stage=stage, text=text, **facts)


def told() -> list[str]:
    rows = Delivery.objects.filter(kind="update", channel="desk").order_by("person__name")
    return list(rows.values_list("person__name", flat=True))


def facts_for(person) -> dict:
    return Delivery.objects.filter(kind="update", person=person, channel="desk").latest("id").message


# --- who is told ------------------------------------------------------------------------------


def test_stakeholders_are_told_by_their_ways_in_the_transaction_of_the_update(open_incident, cast, stake):
    stake("rita")
    incident = open_incident()
    update = send(incident, cast.ana)
    assert (update.number, update.stage, update.text) == (1, "investigating", "Cards are refused. We are on it.")
    rows = Delivery.objects.filter(kind="update")
    assert sorted(rows.values_list("person__name", "channel", "run")) == [
        ("Rita Sol", "desk", None),
        ("Rita Sol", "email", None),
    ]
    entry = Entry.objects.get(pk=update.entry_id)
    assert (entry.kind, entry.said.text) == ("update_published", update.text)
    assert [one["name"] for one in json.loads(entry.data)["people"]] == ["Rita Sol"]
    assert verify(incident.trail, now=kit_clock.now()).fault is None
