"""What is known of one key, and what messages make of it. In memory: rows in, changed rows out, no query.

A ``Story`` is one key's part of what is heard in a transaction: ``Hearing`` loads it, lets it hear
signal after signal in the order they came in, and writes what it has become once. So a hundred
repeats cost one row's change, and one message is heard by the same rules.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from incidents import routing
from incidents.models import Alert, AlertKey, Receipt

from .alert import Action, Element, Signal

LATE_RETRY = timedelta(seconds=120)
NO_MATCH = "no match"


@dataclass
class Said:
    """One signal of one receipt, and what became of it."""

    receipt: Receipt
    signal: Signal
    what: str = ""
    about: AlertKey | None = None  # the row it was heard about


@dataclass
class Story:
    """One key of one source: ``past`` is its latest row, which is also ``row`` if it lives."""

    past: AlertKey | None
    row: AlertKey | None
    alerts: dict[str, Alert]  # of the living row, by fingerprint
    waiting: deque[Said]
    reported: int | None = None  # the worst that its source reported
    heard: list[Said] = field(default_factory=list)
    opened_by: Said | None = None  # the key did not live: this opens an incident
    ended_by: Said | None = None  # the key is over; what waits then is the next story
    done_outside: list[Said] = field(default_factory=list)  # since it lives; the verbs say what becomes of each
    late_for_past: int = 0  # retries of messages about a key that is over
    changed: dict[str, Alert] = field(default_factory=dict)
    joined: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    worse: bool = False

    @classmethod
    def of(cls, latest: AlertKey | None, alerts: dict[str, Alert], waiting: deque[Said]) -> "Story":
        if latest is None or not is_living(latest):
            return cls(latest, None, {}, waiting)
        return cls(latest, latest, alerts, waiting, latest.incident.reported_severity)

    @property
    def living(self) -> AlertKey:
        assert self.row is not None
        return self.row

    def listen(self, first_seen: Mapping[tuple[int, str], int]) -> None:
        """Hear what waits, up to the end of the key. ``first_seen``: (source, digest) → the first receipt's id."""
        while self.waiting and self.ended_by is None:
            said = self.waiting.popleft()
            said.what = self._hear(said, first_seen)
            said.about = None if said.what == NO_MATCH else self.row or self.past
            self.heard.append(said)

    def lose(self) -> None:
        """Somebody else has claimed the key first: hear it again, as news about theirs."""
        assert self.opened_by is not None
        place = self.heard.index(self.opened_by)
        self.waiting.extendleft(reversed(self.heard[place:]))
        del self.heard[place:]
        self.row = self.opened_by = self.ended_by = None
        self.done_outside = []
        self.changed, self.joined, self.ended, self.worse = {}, [], [], False

    def _hear(self, said: Said, first_seen: Mapping[tuple[int, str], int]) -> str:
        action = said.signal.action
        if action.is_done_outside and self.row is not None:
            self.done_outside.append(said)
            return action.value
        may_be_late = action in (Action.TRIGGER, Action.UPDATE) and not said.signal.stands_alone
        if may_be_late and self._is_late_retry(said.receipt, first_seen):
            return self._late()
        if self.row is not None:
            return self._goes_on(self.row, said)
        if action is not Action.TRIGGER:
            return NO_MATCH
        self._claim(said)
        return "opened"

    def _is_late_retry(self, receipt: Receipt, first_seen: Mapping[tuple[int, str], int]) -> bool:
        """The same bytes as before, overtaken meanwhile by a newer message about this key."""
        key = self.row or self.past
        if key is None or key.digest == receipt.digest or receipt.received_at - key.last_seen > LATE_RETRY:
            return False
        return first_seen.get((receipt.source_id, receipt.digest), receipt.pk) < receipt.pk

    def _late(self) -> str:
        if self.row is not None:
            self.row.count += 1
        else:
            self.late_for_past += 1
        return "late"

    def _claim(self, said: Said) -> None:
        receipt, signal = said.receipt, said.signal
        self.opened_by, self.reported = said, severity_of(receipt, signal.firing)
        self.row = AlertKey(
            source_id=receipt.source_id,
            key=signal.key,
            digest=receipt.digest,
            unlisted=signal.unlisted,
            first_seen=receipt.received_at,
            last_seen=receipt.received_at,
        )
        self._keep(signal.elements, receipt)

    def _goes_on(self, key: AlertKey, said: Said) -> str:
        receipt, signal = said.receipt, said.signal
        news = [e for e in signal.elements if not is_past(e, self.alerts.get(e.fingerprint))]
        if signal.elements and not news:
            return self._late()
        joined, ended = _changes(news, self.alerts)
        said_how_bad = [e for e in news if e.firing and not (e.partial and e.severity is None)]
        worse = self._gets_worse(severity_of(receipt, said_how_bad))
        self._keep(news, receipt)
        key.count += not any(element.partial for element in signal.elements)  # news about it are no repeat of it
        key.digest, key.unlisted, key.last_seen = receipt.digest, signal.unlisted, receipt.received_at
        self.joined += joined
        self.ended += ended
        if signal.action is Action.RESOLVE:
            self.ended_by = said
        return "changed" if joined or ended or worse else "repeated"

    def _gets_worse(self, severity: int | None) -> bool:
        if severity is None or severity >= (self.reported or 9):
            return False
        self.reported, self.worse = severity, True
        return True

    def _keep(self, elements: Iterable[Element], receipt: Receipt) -> None:
        for element in elements:
            row = row_of(element, self.alerts.get(element.fingerprint), receipt)
            self.alerts[element.fingerprint] = self.changed[element.fingerprint] = row


def severity_of(receipt: Receipt, firing: Iterable[Element]) -> int | None:
    return routing.severity_for(receipt.source, [element.severity for element in firing])


def is_living(row: AlertKey) -> bool:
    return row.ended_at is None and row.incident.resolved_at is None


def is_past(element: Element, row: Alert | None) -> bool:
    """An end that came before the beginning we know of belongs to an earlier occurrence."""
    if row is None or element.firing or row.state != Alert.State.FIRING:
        return False
    if element.ends_at is None:
        return False
    began = element.starts_at or element.ends_at  # some only say when it ended
    return began < row.starts_at and element.ends_at <= row.starts_at


def _changes(elements: Sequence[Element], known: Mapping[str, Alert]) -> tuple[list[str], list[str]]:
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


def row_of(element: Element, before: Alert | None, receipt: Receipt) -> Alert:
    began = element.starts_at or (before.starts_at if before else receipt.received_at)
    if element.first_stands and before is not None:
        element = replace(element, labels=before.labels, summary=before.summary, link=before.link)
    return Alert(
        fingerprint=element.fingerprint,
        state=Alert.State.FIRING if element.firing else Alert.State.RESOLVED,
        labels=_labels(element, before.labels if before else {}),
        summary=element.summary or (before.summary if before else ""),
        link=element.link or (before.link if before else ""),
        starts_at=began,
        ends_at=None if element.firing else element.ends_at or receipt.received_at,
        last_seen=receipt.received_at,
    )


def _labels(element: Element, before: Mapping[str, str]) -> dict[str, str]:
    """An end may say less than its beginning, and some news are only of what has changed."""
    if not element.partial:
        return dict(element.labels or before)
    return {name: text for name, text in {**before, **element.labels}.items() if name not in element.without}
