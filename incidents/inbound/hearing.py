"""Signals turned into incidents, inside the caller's transaction.

Locks: the heads of all incidents a message can touch are taken first, in id order; rows of
keys and alerts change only under them. A new key is claimed by inserting its row, in the order
of keys, so that two messages with the same new keys cannot wait for each other crosswise.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import IntegrityError, models, transaction
from django.db.models import F

from escalation.trail.models import Trail
from incidents import routing
from incidents.models import Alert, AlertKey, Incident, Receipt

from .alert import Action, Element, Signal

LATE_RETRY = timedelta(seconds=120)
_NAMED = 5  # alerts named in an entry
_NO_INCIDENT_YET = 0


@dataclass
class Hearing:
    """One receipt's signals, and what became of each."""

    receipt: Receipt
    refs: dict[str, None] = field(default_factory=dict)
    results: Counter[str] = field(default_factory=Counter)

    def hear(self, signals: Sequence[Signal]) -> None:
        self._lock(signals)
        for signal in sorted(signals, key=lambda signal: signal.key):
            if self._hear(signal) != "late":
                self._ended_elsewhere(signal)

    def _lock(self, signals: Sequence[Signal]) -> None:
        living = self._living().filter(key__in=[signal.key for signal in signals])
        trails = set(living.values_list("incident__trail", flat=True))
        ended = [e.fingerprint for signal in signals for e in signal.elements if not e.firing]
        if ended:
            trails |= set(self._firing(ended).values_list("key__incident__trail", flat=True))
        if trails:
            Trail.objects.lock(trails)

    def _living(self) -> models.QuerySet[AlertKey]:
        return AlertKey.objects.filter(source=self.receipt.source_id, ended_at__isnull=True)

    def _firing(self, fingerprints: Iterable[str]) -> models.QuerySet[Alert]:
        rows = Alert.objects.filter(state=Alert.State.FIRING, fingerprint__in=fingerprints)
        return rows.filter(key__source=self.receipt.source_id, key__ended_at__isnull=True)

    # --- one signal -----------------------------------------------------------------------

    def _hear(self, signal: Signal) -> str:
        for _attempt in range(3):
            rows = AlertKey.objects.filter(source=self.receipt.source_id, key=signal.key)
            last = rows.select_related("incident").order_by("-id").first()
            if last is not None and signal.action is not Action.RESOLVE and self._is_late_retry(last):
                AlertKey.objects.filter(pk=last.pk).update(count=F("count") + 1)
                return self._did("late", last.incident)
            if last is not None and last.ended_at is None and last.incident.resolved_at is None:
                return self._goes_on(last, signal)
            if signal.action is not Action.TRIGGER:
                return self._did("no match")
            opened = self._open(signal, last)
            if opened is not None:
                return self._did("opened", opened)
        raise RuntimeError("the key was claimed again and again by others")

    def _is_late_retry(self, key: AlertKey) -> bool:
        """The same bytes as before, overtaken meanwhile by a newer message about this key."""
        receipt = self.receipt
        if key.digest == receipt.digest or receipt.received_at - key.last_seen > LATE_RETRY:
            return False
        return Receipt.objects.filter(source=receipt.source_id, digest=receipt.digest, id__lt=receipt.pk).exists()

    def _open(self, signal: Signal, last: AlertKey | None) -> Incident | None:
        """A new incident, unless another message claims the key first."""
        receipt = self.receipt
        if last is not None and last.ended_at is None:  # its incident is over, whoever forgot to say so
            AlertKey.objects.filter(pk=last.pk).update(ended_at=receipt.received_at)
        try:
            with transaction.atomic():
                # The foreign key is checked at commit: no incident and no number for the loser of a race.
                key = AlertKey.objects.create(
                    source_id=receipt.source_id,
                    key=signal.key,
                    incident_id=_NO_INCIDENT_YET,
                    digest=receipt.digest,
                    unlisted=signal.unlisted,
                    first_seen=receipt.received_at,
                    last_seen=receipt.received_at,
                )
        except IntegrityError:
            return None
        source, firing = receipt.source, signal.firing
        incident = Incident.open(
            title=signal.title,
            symptom=signal.body,
            source=source,
            previous=last.incident if last else None,
            service=routing.service_for(source, [signal.labels, *(element.labels for element in firing)]),
            reported_severity=routing.severity_for(source, [element.severity for element in firing]),
        )
        AlertKey.objects.filter(pk=key.pk).update(incident=incident)
        self._keep(key, signal.elements, {})
        return incident

    def _goes_on(self, key: AlertKey, signal: Signal) -> str:
        incident = key.incident
        known = {row.fingerprint: row for row in key.alerts.all()}
        news = [e for e in signal.elements if not _is_past(e, known.get(e.fingerprint))]
        if signal.elements and not news:
            AlertKey.objects.filter(pk=key.pk).update(count=F("count") + 1)
            return self._did("late", incident)
        joined, ended = _changes(news, known)
        self._keep(key, news, known)
        AlertKey.objects.filter(pk=key.pk).update(
            count=F("count") + 1,
            digest=self.receipt.digest,
            unlisted=signal.unlisted,
            last_seen=self.receipt.received_at,
        )
        severity = routing.severity_for(self.receipt.source, [e.severity for e in news if e.firing])
        worse = severity is not None and severity < (incident.reported_severity or 9)
        if joined or ended or worse:
            self._tell(incident, key.count + 1, joined, ended, severity)
        if signal.action is Action.RESOLVE:
            return self._end(key)
        return self._did("changed" if joined or ended or worse else "repeated", incident)

    def _keep(self, key: AlertKey, elements: Iterable[Element], known: dict[str, Alert]) -> None:
        rows = [_row(key, element, known.get(element.fingerprint), self.receipt) for element in elements]
        Alert.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["key", "fingerprint"],
            update_fields=["state", "labels", "summary", "link", "starts_at", "ends_at", "last_seen"],
        )

    def _tell(
        self, incident: Incident, count: int, joined: Sequence[str], ended: Sequence[str], severity: int | None = None
    ) -> None:
        """An entry with the facts; the incident's severity may rise by it."""
        states = Counter(
            Alert.objects.filter(key__incident=incident, key__ended_at__isnull=True).values_list("state", flat=True)
        )
        summary = {
            "count": count,
            "firing": states[Alert.State.FIRING],
            "resolved": states[Alert.State.RESOLVED],
            "joined": list(joined[:_NAMED]),
            "ended": list(ended[:_NAMED]),
        }
        incident.hear(source=self.receipt.source, summary=summary, severity=severity)

    # --- ends -----------------------------------------------------------------------------

    def _end(self, key: AlertKey) -> str:
        """The key is over; its incident too, unless it lives on under another key."""
        AlertKey.objects.filter(pk=key.pk).update(ended_at=self.receipt.received_at)
        incident = key.incident
        if AlertKey.objects.filter(incident=incident, ended_at__isnull=True).exists():
            return self._did("changed", incident)
        incident.resolve_by_source(self.receipt.source, text="")
        return self._did("resolved", incident)

    def _ended_elsewhere(self, signal: Signal) -> None:
        """An alert that is over is over under every key of its source: routing trees get edited."""
        ended = {e.fingerprint: e for e in signal.elements if not e.firing}
        if not ended:
            return
        rows = self._firing(ended).exclude(key__key=signal.key).select_related("key__incident").order_by("key_id")
        by_key: dict[int, list[Alert]] = {}
        for row in rows:
            if not _is_past(ended[row.fingerprint], row):
                by_key.setdefault(row.key_id, []).append(row)
        for alerts in by_key.values():
            key = alerts[0].key
            elements = [ended[row.fingerprint] for row in alerts]
            self._keep(key, elements, {row.fingerprint: row for row in alerts})
            self._tell(key.incident, key.count, [], [element.name for element in elements])
            if not key.unlisted and not key.alerts.filter(state=Alert.State.FIRING).exists():
                self._end(key)

    def _did(self, what: str, incident: Incident | None = None) -> str:
        self.results[what] += 1
        if incident is not None:
            self.refs[incident.ref] = None
        return what


def _is_past(element: Element, row: Alert | None) -> bool:
    """An end that came before the beginning we know of belongs to an earlier occurrence."""
    if row is None or element.firing or row.state != Alert.State.FIRING:
        return False
    if element.starts_at is None or element.ends_at is None:
        return False
    return element.starts_at < row.starts_at and element.ends_at <= row.starts_at


def _changes(elements: Iterable[Element], known: dict[str, Alert]) -> tuple[list[str], list[str]]:
    """The names of the alerts that joined, and of those that ended."""
    joined, ended = [], []
    for element in elements:
        row = known.get(element.fingerprint)
        was_firing = row is not None and row.state == Alert.State.FIRING
        if element.firing and not was_firing:
            joined.append(element.name)
        elif was_firing and not element.firing:
            ended.append(element.name)
    return joined, ended


def _row(key: AlertKey, element: Element, before: Alert | None, receipt: Receipt) -> Alert:
    began = element.starts_at or (before.starts_at if before else receipt.received_at)
    return Alert(
        key_id=key.pk,
        fingerprint=element.fingerprint,
        state=Alert.State.FIRING if element.firing else Alert.State.RESOLVED,
        labels=dict(element.labels),
        summary=element.summary,
        link=element.link,
        starts_at=began,
        ends_at=None if element.firing else element.ends_at or receipt.received_at,
        last_seen=receipt.received_at,
    )
