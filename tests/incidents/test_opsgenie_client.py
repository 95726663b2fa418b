"""The official Python client of Opsgenie, with nothing changed but the host, talks to the real processes."""

import datetime
from collections.abc import Iterator

import opsgenie_sdk
import pytest

from tests.processes import Baton

pytestmark = [pytest.mark.processes, pytest.mark.rehearsal("processes"), pytest.mark.timeout(180)]

PREPARE = """
from tests.processes import begin_climbs
begin_climbs(0)
from incidents.models import Heartbeat, Service, Source
from escalation.policies.models import Policy
from escalation.people.models import Team, Tier
Tier.objects.update(work_minutes=60)
service = Service.objects.create(name="Belts", team=Team.objects.get(), policy=Policy.objects.get())
source = Source.objects.create(name="Depot", kind="opsgenie", service=service)
Heartbeat.objects.create(source=source, name="backup")
print(source.new_key())
"""


@pytest.fixture
def alerts(tmp_path) -> Iterator[opsgenie_sdk.AlertApi]:
    with Baton(tmp_path) as baton:
        configuration = opsgenie_sdk.Configuration()
        configuration.host = baton.url.rstrip("/")
        configuration.short_polling_max_retries = 1  # what has been heard is known at once
        configuration.api_key["Authorization"] = baton.manage("shell", "-v", "0", "-c", PREPARE).split()[-1]
        yield opsgenie_sdk.AlertApi(opsgenie_sdk.ApiClient(configuration))


@pytest.mark.sqlite_enough
def test_the_whole_life_of_an_alert(alerts):
    belt = {"identifier": "belts/7: 100% full?", "identifier_type": "alias"}

    def ask(call: str, **what):
        return getattr(alerts, call)(**belt, **what).retrieve_result().data

    def known():
        return alerts.get_alert(**belt).data

    note = {"user": "mei@example.com", "note": "on my way"}
    created = alerts.create_alert(
        {
            "message": "Belt 7 is full",
            "alias": belt["identifier"],
            "description": "Nothing leaves it.",
            "tags": ["hall-3", "wet"],
            "details": {"host": "b-7"},
            "responders": [{"type": "team", "name": "Warehouse"}],
            "entity": "belt 7",
            "priority": "P1",
        }
    )
    assert created.result == "Request will be processed"
    alert = created.retrieve_resulting_action().data
    assert (alert.id, alert.alias, alert.message) == (created.id, belt["identifier"], "Belt 7 is full")
    assert (alert.status, alert.priority, alert.entity, alert.count) == ("open", "P1", "belt 7", 1)
    assert (sorted(alert.tags), alert.details, alert.description) == (
        ["hall-3", "wet"],
        {"host": "b-7"},
        "Nothing leaves it.",
    )
    assert [one.id for one in alerts.list_alerts(query="status:open").data] == [alert.id]

    assert ask("acknowledge_alert", acknowledge_alert_payload=note).status == "Acknowledged alert"
    assert known().acknowledged is True
    assert ask("un_acknowledge_alert").is_success
    assert ask("add_note", add_note_to_alert_payload=note).is_success
    assert ask("add_tags", add_tags_to_alert_payload={"tags": ["loud"]}).is_success
    assert alerts.remove_tags(tags=["wet", "hall-3"], **belt).retrieve_result().data.is_success
    assert known().tags == ["loud"]
    assert ask("add_details", add_details_to_alert_payload={"details": {"floor": "2"}}).is_success
    assert ask("update_alert_message", update_alert_message_payload={"message": "Belt 7 burns"}).is_success
    assert ask("update_alert_description", update_alert_description_payload={"description": "Smoke."}).is_success
    assert ask("update_alert_priority", update_alert_priority_payload={"priority": "P2"}).is_success
    assert ask("execute_custom_alert_action", action_name="Restart").is_success
    until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)
    assert ask("snooze_alert", snooze_alert_payload={"endTime": until}).is_success
    changed = known()
    assert (changed.message, changed.description, changed.snoozed) == ("Belt 7 burns", "Smoke.", True)
    assert changed.details == {"host": "b-7", "floor": "2"}

    assert ask("close_alert").status == "Closed alert"
    assert known().status == "closed"
    assert alerts.list_alerts(query="status:open").data == []
    ping = opsgenie_sdk.HeartbeatApi(alerts.api_client).ping("backup")
    assert ping.result == "PONG - Heartbeat received"

    gone = alerts.close_alert(**belt)
    assert alerts.get_request_status(gone.request_id).data.status.startswith("There is no open alert")
    with pytest.raises(opsgenie_sdk.exceptions.ConfigurationException) as refused:
        alerts.create_alert({"message": ""})
    assert refused.value.status == 422
