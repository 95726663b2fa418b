"""Alerts: which message opens, feeds or ends which incident, in whatever order they come."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from .desk import Case
from .moment import Moment
from .severity import Severity

CALM = 20  # as many may wait and a message is still heard at once
LATE_RETRY = timedelta(seconds=120)
WORDS = {"critical": 1, "error": 2, "warning": 3, "info": 4}


@dataclass(frozen=True)
class Alert:
    """One alert as a message tells it."""

    name: str
    firing: bool
    severity: str
    starts: datetime
    ends: datetime | None = None


@dataclass(frozen=True)
class Signal:
    """What a message says about one key. ``action``: trigger, resolve or update."""

    key: str
    action: str
    alerts: tuple[Alert, ...]


@dataclass(eq=False)
class Key:
    """An alert's key while it lives, and after."""

    source: str
    key: str
    case: Case
    body: bytes
    seen: datetime
    count: int = 1
    ended: bool = False
    alerts: dict[str, Alert] = field(default_factory=dict)

    @property
    def lives(self) -> bool:
        return not self.ended and not self.case.resolved_at


@dataclass(eq=False)
class Receipt:
    source: str
    line: str
    body: bytes
    at: datetime
    signals: list[Signal]
    done: bool = False
    tries: int = 0
    set_aside: bool = False  # given up, and an incident stands in its place
    did: list[str] = field(default_factory=list)


@dataclass(eq=False)
class Doors:
    """``open(moment, …)`` makes a case."""

    open: Callable[..., Case]
    sources: dict[str, dict] = field(default_factory=dict)  # name → {"service", "per_alert", "default"}
    keys: list[Key] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)

    # --- what a body says ----------------------------------------------------------------------

    def signals(self, source: str, group: str, alerts: list[Alert], status: str) -> list[Signal]:
        if self.sources[source]["per_alert"]:
            each = [Signal(a.name, "trigger" if a.firing else "resolve", (a,)) for a in alerts]
            return sorted(each, key=lambda signal: signal.key)
        if any(alert.firing for alert in alerts):
            action = "trigger"
        else:
            action = "resolve" if status == "resolved" else "update"
        return [Signal(group, action, tuple(alerts))] if alerts or action == "resolve" else []

    # --- receipts ----------------------------------------------------------------------------------

    def keep(self, receipt: Receipt, *, stumbles: bool, now: datetime) -> None:
        """It is on record. Worked off at once, unless something went wrong, others wait before it, or many wait."""
        before = self.waiting_before(receipt) or sum(not one.done for one in self.receipts) > CALM
        self.receipts.append(receipt)
        if not stumbles and not before:
            self.work_off(receipt, now)

    def waiting_before(self, receipt: Receipt) -> list[Receipt]:
        mine = (receipt.source, receipt.line)
        return [r for r in self._before(receipt) if not r.done and (r.source, r.line) == mine]

    def _before(self, receipt: Receipt) -> list[Receipt]:
        return self.receipts[: self.receipts.index(receipt)] if receipt in self.receipts else self.receipts

    def process(self, receipt: Receipt, now: datetime) -> None:
        """And what waits before it in its line."""
        for each in [*self.waiting_before(receipt), receipt]:
            if not receipt.done:
                self.work_off(each, now)

    def process_waiting(self, now: datetime) -> None:
        for receipt in [r for r in self.receipts if not r.done]:
            if not receipt.done:
                self.process(receipt, now)

    def work_off(self, receipt: Receipt, now: datetime) -> None:
        receipt.done = True
        receipt.did = [self._hear(receipt, signal, now) for signal in receipt.signals]

    # --- hearing ---------------------------------------------------------------------------------

    def _hear(self, receipt: Receipt, signal: Signal, now: datetime) -> str:
        m = Moment(now, receipt.source)
        last = self._last(receipt.source, signal.key)
        if last is not None and self._late_retry(receipt, signal, last):
            last.count += 1
            return "late"
        if last is not None and last.lives:
            return self._goes_on(m, last, signal, receipt)
        if signal.action != "trigger":
            return "no match"  # a resolve before its trigger opens nothing
        severity = self._severity(receipt.source, [alert for alert in signal.alerts if alert.firing])
        case = self.open(
            m,
            service=self.sources[receipt.source]["service"],
            facts=Severity(reported=severity),
            previous=last.case.number if last else None,
        )
        case.by_hand = False
        alerts = {alert.name: alert for alert in signal.alerts}
        self.keys.append(Key(receipt.source, signal.key, case, receipt.body, receipt.at, alerts=alerts))
        return "opened"

    def opens(self, receipt: Receipt) -> list[str]:
        """The keys under which it would open an incident, if it were heard now."""
        found = []
        for signal in receipt.signals:
            last = self._last(receipt.source, signal.key)
            known = last is not None and (last.lives or self._late_retry(receipt, signal, last))
            if signal.action == "trigger" and not known:
                found.append(signal.key)
        return found

    def _last(self, source: str, key: str) -> Key | None:
        """The one that lives, though it be older: a re-opened incident has its key again. Else the latest."""
        mine = [k for k in reversed(self.keys) if (k.source, k.key) == (source, key)]
        return next((k for k in mine if not k.ended), mine[0] if mine else None)

    def _late_retry(self, receipt: Receipt, signal: Signal, key: Key) -> bool:
        """Bytes heard before, overtaken meanwhile by a newer message."""
        if signal.action == "resolve" or key.body == receipt.body or receipt.at - key.seen > LATE_RETRY:
            return False
        return any((r.source, r.body) == (receipt.source, receipt.body) for r in self._before(receipt))

    def _severity(self, source: str, firing: list[Alert]) -> int | None:
        default = self.sources[source]["default"]
        return min((WORDS.get(alert.severity, default) for alert in firing), default=None)

    def _goes_on(self, m: Moment, key: Key, signal: Signal, receipt: Receipt) -> str:
        news = [alert for alert in signal.alerts if not _of_an_earlier_time(alert, key.alerts.get(alert.name))]
        key.count += 1
        if signal.alerts and not news:
            return "late"
        before = {name for name, alert in key.alerts.items() if alert.firing}
        key.alerts |= {alert.name: alert for alert in news}
        after = {name for name, alert in key.alerts.items() if alert.firing}
        key.body, key.seen = receipt.body, receipt.at
        severity, case = self._severity(receipt.source, [alert for alert in news if alert.firing]), key.case
        reported = case.facts.reported
        worse = severity is not None and severity < (reported or 9)
        if before != after or worse:
            case.facts.reported = min(filter(None, [reported, severity]), default=None)
            if case.facts.reported != reported:
                case.judge_again(m)
            case.say(m, "alert", count=key.count, firing=self._firing(case))
        if signal.action == "resolve":
            key.ended = True
            if all(k.ended for k in self.keys if k.case is case) and not case.by_hand:
                case.end(m, resolver=None)
            return "resolved"
        return "changed" if before != after or worse else "repeated"

    def _firing(self, case: Case) -> int:
        """Of all its keys: it may have those of its duplicates too."""
        mine = [key for key in self.keys if key.case is case and not key.ended]
        return sum(alert.firing for key in mine for alert in key.alerts.values())

    # --- people --------------------------------------------------------------------------------------

    def ended_by_hand(self, case: Case) -> None:
        for key in self.keys:
            if key.case is case:
                key.ended = True

    def moved(self, case: Case, other: Case) -> None:
        """What lives of a duplicate lives on in the other."""
        for key in self.keys:
            if key.case is case and not key.ended:
                key.case = other

    def revived(self, case: Case) -> list[Key] | None:
        """The keys that a re-opened incident has again; None if one of them lives elsewhere."""
        mine = {(key.source, key.key): key for key in self.keys if key.case is case}
        elsewhere = any(not k.ended and k.case is not case and (k.source, k.key) in mine for k in self.keys)
        return None if elsewhere else list(mine.values())

    def seen(self) -> list[tuple[Any, ...]]:
        return [(k.source, k.key, k.case.number, k.count, k.ended) for k in self.keys]


def _of_an_earlier_time(alert: Alert, known: Alert | None) -> bool:
    """An end from before the beginning we know of."""
    if known is None or alert.firing or not known.firing or alert.ends is None:
        return False
    return alert.starts < known.starts and alert.ends <= known.starts
