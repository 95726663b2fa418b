"""What opens with a key and no account: doors of monitoring, and calendars. A key is its owner's, whoever has it."""

from typing import Any

from escalation.kit import clock
from escalation.notify import accounts
from escalation.oncall.calendars.feeds import Feed
from escalation.oncall.models import Schedule
from incidents.inbound import registry
from incidents.models import Heartbeat, Source, SourceKey

from .addresses import Address

KIND = {name: door.kind for door in registry.DOORS for name in door.addresses}
KINDS = ("webhook", "alertmanager", "grafana", "pagerduty", "opsgenie")
BEATS = {"n": "zqnorth-beat", "s": "zqsouth-beat"}
# One message that each kind of door understands; each leaves what is another's.
ALERT = {
    "status": "firing",
    "labels": {"alertname": "Disk full"},
    "annotations": {},
    "startsAt": "2026-03-02T09:00:00Z",
}
MESSAGE = {
    "title": "Disk full",
    "message": "Disk full",
    "description": "Disk full",
    "version": "4",
    "status": "firing",
    "groupKey": "disk",
    "alerts": [{**ALERT, "fingerprint": "f1"}],
    "event_action": "trigger",
    "event_type": "trigger",
    "payload": {"summary": "Disk full", "source": "db-1", "severity": "critical"},
}


def make(scene: Any) -> None:
    """A source of each kind for each team, with its key and a heartbeat; and the other two kinds of feed."""
    people, things = scene.people, scene.things
    things |= {"source": {}, "door_key": {}, "door_words": {kind: {} for kind in KINDS}}
    for slot, beat in BEATS.items():
        for kind in KINDS:
            source = Source.objects.create(name=f"{kind} {slot}", kind=kind, service=scene.services[slot])
            key, things["door_words"][kind][slot] = SourceKey.make(source, by=people.ada)
            if kind == "webhook":
                things["source"][slot], things["door_key"][slot] = source.pk, key.pk
            if kind in ("webhook", "opsgenie"):
                Heartbeat.objects.create(source=source, name=beat)
    things["feed_key"] |= {"feed-schedule": {}, "feed-team": {}}
    for slot, one, team, rota in (
        ("n", people.ann, "North", "n"),
        ("s", people.bea, "South", "s"),
        ("r", people.pat, "North", "n"),
    ):
        schedule = Schedule.objects.get(pk=things["schedule"][rota])
        things["feed_key"]["feed-schedule"][slot] = Feed.make(by=one, schedule=schedule)[1]
        things["feed_key"]["feed-team"][slot] = Feed.make(by=one, team=scene.teams[team])[1]
    things["invited_account"] = accounts.invitation("slack", "T1", "U9", "Somebody").split("/")[-2]


def is_one(address: Address) -> bool:
    return address.name in KIND


def words(scene: Any, address: Address) -> dict[str, str]:
    """The keys for this door, by slot."""
    return scene.things["door_words"].get(KIND.get(address.name, ""), scene.things["door_words"]["webhook"])


def headers(scene: Any, address: Address, slot: str) -> dict[str, str]:
    """The key, where it does not stand in the address."""
    key = words(scene, address)["s" if slot == "s" else "n"]
    scheme = "GenieKey" if address.name.startswith("opsgenie") else "Bearer"
    sent = {"X-Routing-Key": key} if KIND[address.name] == "pagerduty" else {"Authorization": f"{scheme} {key}"}
    return {"Content-Type": "application/json", **({} if "key" in address.words else sent)}


def body(scene: Any, address: Address, slot: str) -> dict[str, Any]:
    key = words(scene, address)["s" if slot == "s" else "n"]
    return MESSAGE | {"startsAt": clock.now().isoformat(), "routing_key": key, "service_key": key}
