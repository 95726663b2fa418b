"""Groups of alerts, as Prometheus Alertmanager tells them and Grafana's own alerting too. Pure."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from . import alert
from .alert import Action, Element, Invalid, Message, Signal

_TITLES = ("summary", "title", "message", "description")
_LINKS = {
    "runbook_url": "Runbook",
    "dashboard_url": "Dashboard",
    "panel_url": "Panel",
    "silence_url": "Silence in Grafana",
    "image_url": "Image",
}
_LISTED = 20  # alerts spelled out in an incident's symptom


def decode(payload: Mapping[str, Any], *, per_alert: bool, now: datetime) -> Message:
    """Raises Invalid for a body that is not Alertmanager's; one bad alert only costs a warning."""
    listed = payload.get("alerts")
    if not isinstance(listed, list):
        raise Invalid(_not_ours(payload))
    warnings: list[str] = []
    elements, unreadable = _elements(listed, now)
    warnings += unreadable[: alert.WARNINGS]
    if unlisted := alert.number(payload.get("truncatedAlerts")):
        warnings.append(f"{unlisted} alerts were left out by max_alerts: this message cannot resolve the group")
    scope = _scope(payload)
    line = alert.sha256(scope + _group_key(payload, warnings))
    if per_alert:
        signals = [_of_alert(element, annotations, scope) for element, annotations in elements]
        if not listed:
            warnings.append("the list of alerts is empty: nothing to do")
    else:
        signals = _of_group(payload, elements, line, unlisted, bool(unreadable), warnings)
    return Message(line=line, signals=signals, warnings=warnings)


def _not_ours(payload: Mapping[str, Any]) -> str:
    if "alerts" in payload:
        return '"alerts" must be a list.'
    version = payload.get("version")
    if isinstance(version, str) and version != "4":
        version = alert.title(version)[:20]
        return f'No "alerts", and version "{version}": this address takes Alertmanager\'s version "4".'
    return 'No "alerts" in the body. Remove a custom payload from the webhook: this address takes Alertmanager\'s own.'


def _scope(payload: Mapping[str, Any]) -> str:
    """Two Grafana organisations may use the same keys; Alertmanager has none."""
    org = payload.get("orgId")
    return f"org {org}/"[:80] if "state" in payload and isinstance(org, int | str) else ""


def _group_key(payload: Mapping[str, Any], warnings: list[str]) -> str:
    given = payload.get("groupKey")
    if isinstance(given, str) and given:
        return given
    warnings.append('"groupKey" is missing: the group was told by its labels')
    told = alert.labels(payload.get("groupLabels")) or alert.labels(payload.get("commonLabels"))
    return json.dumps(told, sort_keys=True)


# --- one alert --------------------------------------------------------------------------------


def _elements(listed: Sequence[Any], now: datetime) -> tuple[list[tuple[Element, dict]], list[str]]:
    """The readable ones, each fingerprint once, and a warning for each of the others."""
    found: dict[str, tuple[Element, dict]] = {}
    warnings = []
    for place, item in enumerate(listed):
        try:
            element, annotations = _element(item, now)
        except Invalid as error:
            warnings.append(f"alerts[{place}] was left out: {error}")
        else:
            found[element.fingerprint] = (element, annotations)
    return list(found.values()), warnings


def _element(item: Any, now: datetime) -> tuple[Element, dict]:
    if not isinstance(item, dict):
        raise Invalid("it is not an object")
    if item.get("status") not in ("firing", "resolved"):
        raise Invalid('its status is neither "firing" nor "resolved"')
    if not isinstance(item.get("labels"), dict):
        raise Invalid("it has no labels")
    labels, annotations = alert.labels(item["labels"]), alert.labels(item.get("annotations"))
    summary = _first(annotations, _TITLES)
    name = labels.get("instance") or labels.get("alertname") or summary or "an alert without a name"
    element = Element(
        fingerprint=_fingerprint(item, labels),
        firing=item["status"] == "firing",
        labels=labels,
        name=alert.title(name)[:120],
        summary=alert.title(summary),
        severity=alert.severity(labels.get("severity", "")),
        starts_at=alert.instant(item.get("startsAt"), now),
        ends_at=alert.instant(item.get("endsAt"), now),
        link=alert.link(item.get("generatorURL")),
    )
    return element, annotations


def _fingerprint(item: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    """As sent; else what Alertmanager would have computed from the labels (FNV-1a, 64 bits)."""
    given = item.get("fingerprint")
    if isinstance(given, str) and 0 < len(given) <= 64:
        return given
    value = 0xCBF29CE484222325
    for name in sorted(labels):
        for byte in name.encode() + b"\xff" + labels[name].encode() + b"\xff":
            value = (value ^ byte) * 0x100000001B3 % 2**64
    return f"{value:016x}"


def _of_alert(element: Element, annotations: Mapping[str, str], scope: str) -> Signal:
    title = element.summary or " ".join(filter(None, [element.labels.get("alertname"), element.labels.get("instance")]))
    return Signal(
        action=Action.TRIGGER if element.firing else Action.RESOLVE,
        key=alert.key(scope + element.fingerprint),
        title=title or "An alert without a name",
        body=_body(annotations, title, []),
        labels=element.labels,
        elements=[element],
    )


# --- a group ----------------------------------------------------------------------------------


def _of_group(
    payload: Mapping[str, Any],
    read: Sequence[tuple[Element, dict]],
    key: str,
    unlisted: int,
    incomplete: bool,
    warnings: list[str],
) -> list[Signal]:
    elements = [element for element, _annotations in read]
    action = _action(payload.get("status"), elements, unlisted, incomplete)
    if not elements and action is not Action.RESOLVE:
        warnings.append("no alert could be read from the list: nothing to do")
        return []
    annotations = alert.labels(payload.get("commonAnnotations"))
    labels = {**alert.labels(payload.get("groupLabels")), **alert.labels(payload.get("commonLabels"))}
    title = _group_title(payload, annotations, labels, elements, unlisted)
    kept = _kept(elements)
    left_out = len(elements) - len(kept)
    if left_out:
        warnings.append(f"{left_out} of {len(elements)} alerts are only counted")
    return [
        Signal(
            action=action,
            key=key,
            title=title,
            body=_body(annotations, title, elements),
            labels=labels,
            elements=kept,
            unlisted=alert.number(unlisted + left_out),
        )
    ]


def _kept(elements: Sequence[Element]) -> Sequence[Element]:
    """Each costs a row and a moment of everybody's time: of very many those that fire, the worst first."""
    if len(elements) <= alert.KEPT:
        return elements
    return sorted(elements, key=lambda element: (not element.firing, element.severity or 5))[: alert.KEPT]


def _action(status: Any, elements: Sequence[Element], unlisted: int, incomplete: bool) -> Action:
    """The status counts only listed alerts, so with some left out it cannot say that all is over."""
    if any(element.firing for element in elements):
        return Action.TRIGGER
    told = status == "resolved" or (status != "firing" and bool(elements) and not incomplete)
    return Action.RESOLVE if told and not unlisted else Action.UPDATE


def _group_title(
    payload: Mapping[str, Any],
    annotations: Mapping[str, str],
    labels: Mapping[str, str],
    elements: Sequence[Element],
    unlisted: int,
) -> str:
    if said := _first(annotations, _TITLES):
        return alert.title(said)
    names = {element.labels.get("alertname", "") for element in elements}
    name = labels.get("alertname") or (names.pop() if len(names) == 1 else "") or "Alerts"
    group = [value for key, value in alert.labels(payload.get("groupLabels")).items() if key != "alertname"]
    number = len(elements) + unlisted
    return alert.title(" ".join([name, *group, f"({number} alert{'s' if number != 1 else ''})"]))


def _first(texts: Mapping[str, str], names: Sequence[str]) -> str:
    return next((texts[name].strip() for name in names if texts.get(name, "").strip()), "")


def _body(annotations: Mapping[str, str], title: str, elements: Sequence[Element]) -> str:
    """What else is said, where to read on, and which alerts fire."""
    said = [annotations[name].strip() for name in _TITLES if annotations.get(name, "").strip()]
    parts = [text for text in dict.fromkeys(said) if alert.title(text) != title]
    parts += [f"{word}: {url}" for name, word in _LINKS.items() if (url := alert.link(annotations.get(name)))]
    firing = [element for element in elements if element.firing]
    parts += [f"• {e.name}: {e.summary}" if e.summary else f"• {e.name}" for e in firing[:_LISTED]]
    if len(firing) > _LISTED:
        parts.append(f"… and {len(firing) - _LISTED} more")
    return alert.body("\n".join(parts))
