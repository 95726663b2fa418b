"""Grafana OnCall's addresses: whoever sent there changes the host, and nothing else."""

import pytest

from incidents.inbound import views
from incidents.models import Heartbeat, Incident, Source, SourceKey
from tests.incidents.inbound_kit import FIRES, sample

pytestmark = pytest.mark.django_db

KEY = "mReAoNwDm0eMwKo1mTeTwYo2"
FORMATTED = {"alert_uid": "db-07/disk", "title": "Disk of db-07 is full", "state": "alerting", "message": "98 %"}


@pytest.mark.parametrize(
    ("kind", "there", "message"),
    [
        ("alertmanager", "alertmanager", sample(FIRES)),
        ("grafana", "grafana_alerting", sample(FIRES, orgId=1, state="alerting")),
        ("grafana", "grafana", {"ruleId": 7, "ruleName": "Disk", "orgId": 1, "state": "alerting", "title": "Disk"}),
        ("webhook", "webhook", FORMATTED),
        ("webhook", "formatted_webhook", FORMATTED),
        ("webhook", "zabbix", FORMATTED),
    ],
)
def test_what_was_sent_there_opens_an_incident_and_its_heartbeat_beats(cast, clock, client, kind, there, message):
    views._remembered.clear()
    source = Source.objects.create(name="From OnCall", kind=kind, service=cast.service)
    SourceKey.bring(source, KEY)
    beats = Heartbeat.objects.create(source=source, name="it-lives")
    address = f"/integrations/v1/{there}/{KEY}/"
    assert client.post(address, message, content_type="application/json").status_code == 202
    assert client.post(address.rstrip("/"), message, content_type="application/json").status_code == 202
    assert Incident.objects.get().keys.get().source == source
    assert client.get(f"{address}heartbeat/").json() == {"status": "beating", "heartbeat": beats.name}
    wrong = f"/integrations/v1/{there}/{KEY[::-1]}/"
    assert client.post(wrong, message, content_type="application/json").status_code == 403
