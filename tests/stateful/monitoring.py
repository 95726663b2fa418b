"""What monitoring has seen, and how it tells it: the bytes of its messages."""

import hashlib
import json
from datetime import datetime

from .reference.doors import Alert

GROUPS = {"disk": ("disk-1", "disk-2"), "net": ("net-1",), "power": ("power-1", "power-2")}
HASHES = {hashlib.sha256(group.encode()).hexdigest(): group for group in GROUPS}


class Monitoring:
    def __init__(self) -> None:
        self.since: dict[tuple[str, str], Alert] = {}  # as last told, by source and alert

    def alert(self, source: str, name: str, firing: bool, severity: str, now: datetime) -> Alert:
        known = self.since.get((source, name))
        goes_on = known is not None and (known.firing or not firing)
        starts = known.starts if known is not None and goes_on else now
        alert = Alert(name, firing, severity, starts, None if firing else now)
        self.since[source, name] = alert
        return alert


def content(group: str, status: str, alerts: list[Alert]) -> bytes:
    said = {"version": "4", "groupKey": group, "status": status, "alerts": [_told(alert) for alert in alerts]}
    return json.dumps(said, sort_keys=True).encode()


def _told(alert: Alert) -> dict:
    return {
        "status": "firing" if alert.firing else "resolved",
        "labels": {"alertname": "Trouble", "instance": alert.name, "severity": alert.severity},
        "annotations": {},
        "startsAt": alert.starts.isoformat(),
        "endsAt": alert.ends.isoformat() if alert.ends else "",
        "fingerprint": alert.name,
    }
