"""How to reach a source's door: the address, what monitoring is given, and a line to try it."""

import json
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

OPENS = _("To try it: opens an incident")


@dataclass(frozen=True)
class How:
    """Shown with a new key. ``given``: what the sender's own configuration says, ``called`` what that is.

    ``curl`` is to ``tries``.
    """

    address: str
    given: str
    called: Any
    curl: str
    tries: Any = OPENS


def address(site: str = "", *, name: str = "alertmanager") -> str:
    return (site or settings.ADDRESS) + reverse(name)


def curl(key: str, *, site: str = "", summary: str = "Our first incident") -> str:
    """One line for a shell that opens an incident; posting it again changes nothing."""
    alert = {
        "status": "firing",
        "labels": {"alertname": "TryBaton", "severity": "warning"},
        "annotations": {"summary": summary},
    }
    group = {"version": "4", "status": "firing", "groupKey": "try-baton", "commonAnnotations": {"summary": summary}}
    body = json.dumps({**group, "alerts": [alert]})
    return (
        f"curl -X POST {address(site)} -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' -d '{body}'"
    )


def pagerduty_curl(key: str, *, site: str = "") -> str:
    """One line for a shell that opens an incident by PagerDuty's Events API; posting it again changes nothing."""
    said = {"summary": "Our first incident", "source": "a shell", "severity": "warning"}
    event = {"routing_key": key, "event_action": "trigger", "dedup_key": "try-baton", "payload": said}
    address_of_it = address(site, name="pagerduty")
    return f"curl -X POST {address_of_it} -H 'Content-Type: application/json' -d '{json.dumps(event)}'"


def opsgenie_curl(key: str, *, site: str = "") -> str:
    """The same by Opsgenie's Alert API."""
    said = json.dumps({"message": "Our first incident", "alias": "try-baton", "priority": "P3"})
    headers = f"-H 'Authorization: GenieKey {key}' -H 'Content-Type: application/json'"
    return f"curl -X POST {address(site, name='opsgenie')} {headers} -d '{said}'"


def receiver(key: str, *, site: str = "") -> str:
    """The receiver for ``alertmanager.yml``."""
    return (
        "receivers:\n"
        "  - name: baton\n"
        "    webhook_configs:\n"
        f"      - url: {address(site)}\n"
        "        http_config:\n"
        "          authorization:\n"
        f"            credentials: {key}\n"
    )
