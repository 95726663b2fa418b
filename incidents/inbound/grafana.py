"""Grafana's own alerting, as its webhook contact point sends it: a decoded body in, signals out.

The body is Alertmanager's and more, so it is made into that and read by the same rules; keys are the
same too, with the organisation as part of each. What is more: a title of its own, links to panel,
dashboard, silence and picture (never fetched: it may be inside somebody's network), values, and
reasons why a rule changed its state without the trouble having changed.

Decisions. Grafana's test button opens nothing: it is accepted and seen with the source, because nobody is to
be called by a button that says "test". Alerting as it was up to version 8 is read too. A contact
point with a custom payload belongs to a webhook source, whose mapping can read it; here it is refused
in words that say so, which Grafana shows whoever presses the test button.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from incidents import howto

from . import alert, groups
from .alert import Action, Element, Invalid, Message, Outside, Signal
from .door import Answer, Asked, Door, Told, bearer_or_password

_TAG = re.compile(r"\s*\[(FIRING|RESOLVED|Alerting|OK|No Data|Pending|Paused)[^\[\]]{0,80}\]\s*")
_OWN_TEXT = ("**Firing**", "**Resolved**")  # how Grafana's own template begins: it repeats the labels
_STATES = {"DatasourceNoData": "No data", "DatasourceError": "Error", "NoData": "No data", "Error": "Error"}
_NOT_BETTER = ("Paused", "RuleDeleted", "Updated", "MissingSeries")
_LINKS = {
    "panelURL": "panel_url",
    "dashboardURL": "dashboard_url",
    "silenceURL": "silence_url",
    "imageURL": "image_url",
}
_REASON = "grafana_state_reason"
_VALUES = 10


class Grafana(Door):
    """The key is in the address, or in the Authorization header under whatever scheme was typed in Grafana."""

    name = kind = "grafana"
    methods = ("POST", "PUT")
    addresses: ClassVar = {
        "grafana": r"integrations/grafana",
        "grafana-key": r"integrations/grafana/(?P<key>.+?)",
    }

    def key(self, asked: Asked) -> str | None:
        return asked.words.get("key") or bearer_or_password(asked) or asked.authorization[1] or None

    def decode(self, told: Told) -> Message:
        return decode(told.payload, per_alert=told.source.grouping == "alert", now=told.now)

    def how(self, key: str) -> howto.How:
        address = howto.address(name="grafana")
        given = f"URL: {address}\nHTTP Method: POST\nAuthorization Header - Scheme: Bearer\nCredentials: {key}\n"
        alert = {"status": "firing", "labels": {"alertname": "TryBaton", "severity": "warning"}}
        told = {
            "orgId": 1,
            "state": "alerting",
            "status": "firing",
            "groupKey": "try-baton",
            "title": "Our first incident",
        }
        body = json.dumps({**told, "alerts": [alert]})
        curl = (
            f"curl -X POST {address} -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' -d '{body}'"
        )
        return howto.How(address, given, _("For the contact point of type Webhook"), curl)

    def without_key(self) -> Answer:
        words = "Send the key in the address, as Authorization credentials or as Basic password."
        return Answer(401, {"status": "unauthorized", "message": words})


def is_grafanas(payload: Mapping[str, Any]) -> bool:
    return "orgId" in payload and "state" in payload


def decode(payload: Mapping[str, Any], *, per_alert: bool, now: datetime) -> Message:
    """Raises Invalid for a body that is not Grafana's."""
    if "ruleId" in payload and "alerts" not in payload:
        return _legacy(payload)
    if not isinstance(payload.get("alerts"), list):
        raise Invalid(
            'No list of "alerts" in the body. A contact point with a custom payload belongs to a source of the kind'
            " Webhook: its mapping can read it."
        )
    listed = [item for item in payload["alerts"] if not _is_test(item)]
    if not listed and payload["alerts"]:
        words = "Grafana's test has arrived. It opens no incident."
        return Message(line=alert.sha256("test"), warnings=[words])
    alerts = [_as_alertmanagers(item) for item in listed]
    message = groups.decode(_whole(payload, alerts), per_alert=per_alert, now=now)
    return replace(message, signals=[_with_reason(signal, alerts) for signal in message.signals])


def _is_test(item: Any) -> bool:
    labels = item.get("labels") if isinstance(item, dict) else None
    return isinstance(labels, dict) and labels.get("alertname") == "TestAlert" and labels.get("instance") == "Grafana"


# --- made into Alertmanager's -------------------------------------------------------------------


def _as_alertmanagers(item: Any) -> Any:
    """One alert, with what Grafana adds among its annotations."""
    if not _has_labels(item):
        return item
    labels, annotations = alert.labels(item["labels"]), alert.labels(item.get("annotations"))
    annotations |= {ours: address for theirs, ours in _LINKS.items() if (address := alert.link(item.get(theirs)))}
    state = _STATES.get(labels.get("alertname", "")) or _STATES.get(annotations.get(_REASON, ""))
    if state and item.get("status") != "resolved":
        labels.setdefault("severity", "warning")
        rule = labels.get("rulename") or labels.get("alertname", "")
        annotations["summary"] = f"{state}: {annotations.get('summary') or rule}"
    if values := _values(item.get("values")):
        annotations["description"] = f"{annotations.get('description', '')}\nValues: {values}".strip()
    return {**item, "labels": labels, "annotations": annotations}


def _has_labels(item: Any) -> bool:
    """Else it is no alert, and stays as it came: nothing in it is what it should be."""
    return isinstance(item, dict) and isinstance(item.get("labels"), dict)


def _values(values: Any) -> str:
    """``B=512.4, C=1``; null where there is no data."""
    found = values.items() if isinstance(values, dict) else ()
    plain = [f"{alert.title(name)[:40]}={value}" for name, value in found if isinstance(value, int | float)]
    return ", ".join(plain[:_VALUES])[:400]


def _whole(payload: Mapping[str, Any], alerts: list[Any]) -> dict[str, Any]:
    """The message, with the title that its users have written and the links of the first alert that fires."""
    common = alert.labels(payload.get("commonAnnotations"))
    read = [item for item in alerts if _has_labels(item)]
    first = next((item for item in read if item.get("status") == "firing"), read[0] if read else {})
    said = first.get("annotations", {})
    common |= {name: said[name] for name in _LINKS.values() if name in said}
    if len(read) == 1:
        common |= {name: said[name] for name in ("summary", "description") if name in said}
    title = _untagged(payload.get("title"))
    if title and not _is_about_state(common):
        parts = [common.get("summary", ""), common.get("message", ""), _own_text(payload.get("message"))]
        common |= {"summary": title, "message": "\n".join(filter(None, parts))}
    return {**payload, "version": "4", "alerts": alerts, "commonAnnotations": common}


def _is_about_state(annotations: Mapping[str, str]) -> bool:
    return annotations.get("summary", "").startswith(tuple(f"{state}: " for state in _STATES.values()))


def _own_text(message: Any) -> str:
    if not isinstance(message, str) or message.startswith(_OWN_TEXT):
        return ""
    return alert.body(message)


def _untagged(title: Any) -> str:
    """Without the tags in front, which tell a state that changes while the incident's title stays."""
    text = alert.title(title) if isinstance(title, str) else ""
    while found := _TAG.match(text):
        text = text[found.end() :]
    return text


def _with_reason(signal: Signal, alerts: list[Any]) -> Signal:
    """An end that only says that the rule is no longer asked is told as what it is."""
    if signal.action is not Action.RESOLVE:
        return signal
    ended = [element.fingerprint for element in signal.elements]  # what is sent may not be hashable
    reasons = [
        item["annotations"].get(_REASON, "")
        for item in alerts
        if _has_labels(item) and item.get("fingerprint") in ended
    ]
    told = [reason for reason in sorted(_NOT_BETTER) if reason in reasons]
    if not told:
        return signal
    return replace(signal, outside=Outside(text=f"Resolved by Grafana: {', '.join(told)}"))


# --- as it was up to version 8 ------------------------------------------------------------------


def _legacy(payload: Mapping[str, Any]) -> Message:
    state = str(payload.get("state"))[:40]
    key = alert.key(f"legacy/{str(payload.get('orgId'))[:40]}/{str(payload.get('ruleId'))[:40]}")
    line = alert.sha256(key)
    action = {"alerting": Action.TRIGGER, "no_data": Action.TRIGGER, "ok": Action.RESOLVE}.get(state)
    if action is None:
        return Message(line=line, warnings=[f'state "{alert.title(state)}" opens and ends nothing'])
    title = _legacy_title(payload, state)
    links = {"Rule": payload.get("ruleUrl"), "Image": payload.get("imageUrl")}
    said = payload.get("message")
    parts = [
        said if isinstance(said, str) else "",
        *(f"{w}: {url}" for w, to in links.items() if (url := alert.link(to))),
    ]
    labels = alert.labels(payload.get("tags"))
    element = Element(
        fingerprint=alert.sha256(key),
        firing=action is Action.TRIGGER,
        labels=labels,
        name=title[:120],
        summary="",
        severity=alert.severity(labels.get("severity", "")) or (3 if state == "no_data" else None),
        starts_at=None,
        ends_at=None,
        link=alert.link(payload.get("ruleUrl")),
    )
    body = alert.body("\n".join(filter(None, parts)))
    signal = Signal(action=action, key=key, title=title, body=body, labels=labels, elements=[element])
    return Message(line=line, signals=[signal])


def _legacy_title(payload: Mapping[str, Any], state: str) -> str:
    name = payload.get("ruleName")
    title = alert.title(name) if isinstance(name, str) else _untagged(payload.get("title"))
    return f"No data: {title}" if state == "no_data" else title or "An alert without a name"
