"""Silence as a signal: the address where beats come in, and what is said when they stop.

A beat leaves no receipt: what it says is on its heartbeat's row, written now and then. The receipts of this door are
written by the heartbeat itself (``incidents.models.heartbeats``): when its timer found that it stopped, and by the beat
that ended its silence. Its incident may be of a source of any kind, so any key opens this door.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from escalation.kit import clock
from incidents.howto import How
from incidents.models import Heartbeat, Source
from incidents.models.heartbeats import DOOR, NAME, key_of

from . import alert
from .alert import Action, Element, Message, Signal
from .door import Answer, Asked, Door, Told, bearer_or_password


class Heartbeats(Door):
    """The key is in the address before the heartbeat's name, a Bearer token or a Basic password."""

    name = kind = DOOR
    methods = ("GET", "HEAD", "POST")
    addresses: ClassVar = {
        "heartbeat": r"heartbeats/(?P<name>[^/]+)",
        "heartbeat-key": r"heartbeats/(?P<key>[^/]+)/(?P<name>[^/]+)",
    }

    def opens(self, source: Source) -> bool:
        return True

    def key(self, asked: Asked) -> str | None:
        return asked.words.get("key") or bearer_or_password(asked)

    def look(self, asked: Asked) -> Answer:
        """A beat."""
        one = heard(asked.source, asked.words["name"])
        if one is None:
            return Answer(404, {"status": "unknown", "message": "This source has no heartbeat of that name."})
        return Answer(200, {"status": "beating" if one.enabled else "not watched", "heartbeat": one.name})

    def decode(self, told: Told) -> Message:
        return decode(told.payload, told.now)

    def how(self, key: str) -> How:
        address = f"{settings.ADDRESS}/heartbeats/{key}/NAME"
        curl = f"curl -fsS -m 10 --retry 5 {address}"
        crontab = f"0 3 * * *  backup && {curl}"
        tries = _("To try it, once there is a heartbeat of that name")
        return How(address=address, given=crontab, called=_("For a crontab"), curl=curl, tries=tries)

    def not_allowed(self) -> Answer:
        words = "Send a GET, a HEAD or a POST."
        return Answer(405, {"status": "invalid", "message": words}, {"Allow": ", ".join(self.methods)})


class OneHeartbeat(Heartbeats):
    """At an address that some other product gave a source: it names none, so the one that there is is meant."""

    def key(self, asked: Asked) -> str | None:
        return asked.words["key"]

    def look(self, asked: Asked) -> Answer:
        names = Heartbeat.objects.filter(source=asked.source.pk).values_list("name", flat=True)[:2]
        one = heard(asked.source, names[0]) if len(names) == 1 else None
        if one is None:
            words = "The source of this key has more than one heartbeat, or none: beat at /heartbeats/ with its name."
            return Answer(404, {"status": "unknown", "message": words})
        return Answer(200, {"status": "beating" if one.enabled else "not watched", "heartbeat": one.name})


def heard(source: Source, name: str) -> Heartbeat | None:
    """It beats: what is on disk may say as much already, else it does now. None: ``source`` has none of that name."""
    return beats(source=source.pk, name=name) if NAME.match(name) else None


def beats(**which: Any) -> Heartbeat | None:
    """The one heartbeat of these facts beats. None: there is none, or its source is turned off."""
    found = Heartbeat.objects.select_related("source").annotate(read_at=clock.reading())
    one = found.filter(source__enabled=True, **which).first()
    if one is not None and not one.covers(one.read_at):
        one.beat()
    return one


def decode(payload: Mapping[str, Any], now: datetime) -> Message:
    """One key, one alert: it stopped, or it is back."""
    stopped = payload["state"] == "stopped"
    key, name = key_of(payload["heartbeat"]), payload["name"]
    title = alert.title(payload["title"] or f"No heartbeat from {name}")
    labels = {"heartbeat": name}
    element = Element(
        fingerprint=key,
        firing=stopped,
        labels=labels,
        name=name,
        summary=title,
        severity=payload["severity"],
        starts_at=alert.instant(payload["silent_since"], now),
        ends_at=None if stopped else now,
        link="",
    )
    action = Action.TRIGGER if stopped else Action.RESOLVE
    return Message(key, [Signal(action, key, title, _body(payload, now), labels, [element])])


def _body(payload: Mapping[str, Any], now: datetime) -> str:
    last = alert.instant(payload["last_beat"], now)
    heard = f"It last beat at {last:%Y-%m-%d %H:%M:%S} UTC." if last else "It never beat."
    every, grace = _minutes(payload["every_min"]), _minutes(payload["grace_min"])
    return f"{payload['name']} has stopped beating. {heard}\nA beat is expected every {every}, with {grace} of grace."


def _minutes(number: int) -> str:
    return "1 minute" if number == 1 else f"{number} minutes"
