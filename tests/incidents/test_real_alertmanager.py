"""A real Alertmanager posts to a real server: the incident appears, grows and ends."""

import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from escalation.trail.models import Entry
from incidents.models import Alert, AlertKey, Incident, Source, SourceKey
from tests.parts import missing_part

pytestmark = [
    pytest.mark.rehearsal("processes"),
    pytest.mark.alertmanager,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(90),
]

CONFIG = """
route:
  receiver: baton
  group_by: [alertname]
  group_wait: 1s
  group_interval: 2s
  repeat_interval: 1h
receivers:
  - name: baton
    {receiver}_configs:
      - {settings}
"""


class Alertmanager:
    def __init__(self, port: int):
        self.url = f"http://127.0.0.1:{port}"
        self.since: dict[str, str] = {}

    def fires(self, *instances: str, severity: str = "error") -> None:
        for name in instances:
            self.since[name] = datetime.now(UTC).isoformat()
        self._post(instances, severity)

    def ends(self, *instances: str, severity: str = "error") -> None:
        self._post(instances, severity, endsAt=datetime.now(UTC).isoformat())

    def _post(self, instances: tuple[str, ...], severity: str, **times: str) -> None:
        alerts = [
            {
                "labels": {"alertname": "DiskFull", "instance": name, "severity": severity},
                "annotations": {"summary": f"Disk of {name} is full"},
                "startsAt": self.since[name],
                **times,
            }
            for name in instances
        ]
        request = urllib.request.Request(
            f"{self.url}/api/v2/alerts", json.dumps(alerts).encode(), {"Content-Type": "application/json"}
        )
        urllib.request.urlopen(request, timeout=5).close()


def eventually(what: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def start(tmp_path) -> Iterator[Callable[[str], Alertmanager]]:
    program = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    if program is None:
        missing_part("Alertmanager", "apt-get install prometheus-alertmanager")
    running: list[subprocess.Popen] = []

    def run(settings: str, receiver: str = "webhook") -> Alertmanager:
        config, port = tmp_path / "alertmanager.yml", free_port()
        config.write_text(CONFIG.format(receiver=receiver, settings=settings))
        log = (tmp_path / "alertmanager.log").open("w")
        flags = [f"--config.file={config}", f"--storage.path={tmp_path}", f"--web.listen-address=127.0.0.1:{port}"]
        running.append(subprocess.Popen([program, *flags, "--cluster.listen-address="], stdout=log, stderr=log))
        eventually(lambda: answers(port))
        return Alertmanager(port)

    yield run
    for process in running:
        process.terminate()
        process.wait(10)


def new_source(cast, **fields) -> tuple[Source, str]:
    source = Source.objects.create(name="Real", service=cast.service, **fields)
    return source, source.new_key()


@pytest.mark.sqlite_enough
def test_an_incident_appears_grows_and_ends(cast, live_server, start):
    _source, key = new_source(cast)
    monitoring = start(f'{{url: "{live_server.url}/integrations/alertmanager/{key}"}}')
    monitoring.fires("db-1")
    eventually(Incident.objects.exists)
    incident = Incident.objects.get()
    assert (incident.title, incident.service, incident.reported_severity) == ("Disk of db-1 is full", cast.service, 2)

    monitoring.fires("db-2", severity="critical")
    eventually(lambda: Alert.objects.filter(state="firing").count() == 2)
    eventually(lambda: Incident.objects.get().reported_severity == 1)

    monitoring.ends("db-1")
    eventually(lambda: Alert.objects.filter(state="resolved").count() == 1)
    assert Incident.objects.open().count() == 1

    monitoring.ends("db-2", severity="critical")
    eventually(Incident.objects.resolved().exists)

    monitoring.fires("db-1")
    eventually(Incident.objects.open().exists)
    assert Incident.objects.open().get().previous == incident


@pytest.mark.sqlite_enough
def test_its_receiver_for_pagerduty_with_another_address(cast, live_server, start):
    _source, key = new_source(cast, kind="pagerduty")
    monitoring = start(f'{{routing_key: "{key}", url: "{live_server.url}/v2/enqueue"}}', "pagerduty")
    monitoring.fires("db-1")
    eventually(Incident.objects.exists)
    incident = Incident.objects.get()
    assert incident.title.startswith("[FIRING:1] DiskFull")
    assert "Disk of db-1 is full" in incident.symptom
    monitoring.ends("db-1")
    eventually(Incident.objects.resolved().exists)
    assert Alert.objects.get().state == "resolved"


@pytest.mark.sqlite_enough
def test_its_receiver_for_opsgenie_with_another_host_and_the_old_key(cast, live_server, start):
    source, _key = new_source(cast, kind="opsgenie")
    SourceKey.bring(source, "6d1f0c9e-5b3a-4e8d-9a70-2f4c8b1e3d57")
    monitoring = start(
        f'{{api_url: "{live_server.url}/", api_key: "6d1f0c9e-5b3a-4e8d-9a70-2f4c8b1e3d57", priority: P2,'
        ' update_alerts: true, responders: [{name: Warehouse, type: team}], tags: "hall-3,wet"}',
        "opsgenie",
    )
    monitoring.fires("db-1")
    eventually(Incident.objects.exists)
    incident = Incident.objects.get()
    assert (incident.title.partition(" ")[0], incident.reported_severity) == ("[FIRING:1]", 2)
    monitoring.fires("db-2")
    eventually(lambda: Alert.objects.filter(summary__startswith="[FIRING:2]").exists())
    eventually(lambda: Entry.objects.filter(trail=incident.trail_id, kind="outside_note").count() >= 3)
    monitoring.ends("db-1", "db-2")
    eventually(Incident.objects.resolved().exists)
    assert Alert.objects.get().state == "resolved"
    assert "Warehouse" in incident.symptom


@pytest.mark.everybodys
def test_the_key_as_bearer_token_and_one_incident_per_alert(cast, live_server, start):
    _source, key = new_source(cast, grouping=Source.Grouping.ALERT)
    authorization = f'{{authorization: {{credentials: "{key}"}}}}'
    url = f"{live_server.url}/integrations/alertmanager"
    monitoring = start(f'{{url: "{url}", http_config: {authorization}}}')
    monitoring.fires("db-1", "db-2")
    eventually(lambda: Incident.objects.count() == 2)
    monitoring.ends("db-2")
    eventually(Incident.objects.resolved().exists)
    assert Incident.objects.resolved().get().title == "Disk of db-2 is full"
    assert AlertKey.objects.filter(ended_at=None).count() == 1
