"""Monitoring at work: messages through the real intake, in any order, repeated, late, interrupted."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from incidents.inbound import intake, tasks
from incidents.models import Receipt, Source

from .base import Base
from .monitoring import GROUPS, Monitoring, content
from .reference.doors import Alert
from .reference.doors import Receipt as PlainReceipt
from .rig import Died, Stumbled, interrupted

TROUBLE = st.sampled_from([None] * 8 + ["verb.written", "intake.kept", "intake.committed", "stumbles", "stumbles"])
SOURCE = st.sampled_from(["north", "north", "south"])


class Alerts(Base):
    def prepare(self) -> None:
        super().prepare()
        self.monitoring = Monitoring()
        self.sent: list[tuple[str, str, list[Alert], str]] = []

    @rule(
        source=SOURCE,
        group=st.sampled_from(["disk", "disk", "net"]),
        firing=st.sampled_from([(True, True), (True, None), (None, True), (True, False), (True, True)]),
        severity=st.sampled_from(["critical", "warning", ""]),
        trouble=TROUBLE,
    )
    def alert_fires(self, source, group, firing, severity, trouble) -> None:
        """``firing``: for each alert of the group whether it fires, or None if it is not in the message."""
        alerts = [
            self._alert(source, n, f, severity) for n, f in zip(GROUPS[group], firing, strict=False) if f is not None
        ]
        if alerts:
            self._send(source, group, alerts, "firing" if any(a.firing for a in alerts) else "resolved", trouble)

    @rule(source=SOURCE, group=st.sampled_from(["disk", "disk", "net"]), trouble=TROUBLE)
    def alert_ends(self, source, group, trouble) -> None:
        """Whether it was ever heard of or not."""
        self._send(source, group, [self._alert(source, name, False, "") for name in GROUPS[group]], "resolved", trouble)

    @precondition(lambda self: self.sent)
    @rule(back=st.integers(0, 3), trouble=TROUBLE)
    def message_comes_again(self, back, trouble) -> None:
        """The same bytes, whatever has happened meanwhile."""
        self._send(*self.sent[-1 - back % len(self.sent)], trouble)

    @precondition(lambda self: sum(not receipt.done for receipt in self.doors.receipts) == 1)
    @rule(times=st.integers(1, 2))
    def the_task_runs(self, times) -> None:
        """A single one: how many are worked off together, and in whose turn, is seen in ``storms``."""
        for _time in range(times):
            tasks.process_waiting()
            self.doors.process_waiting(self.now)

    # --- in both worlds ------------------------------------------------------------------------

    def _alert(self, source: str, name: str, firing: bool, severity: str) -> Alert:
        return self.monitoring.alert(source, name, firing, severity, self.now)

    def _send(self, source: str, group: str, alerts: list[Alert], status: str, trouble: str | None) -> None:
        self.sent.append((source, group, alerts, status))
        body = content(group, status, alerts)
        stumbles = trouble == "stumbles"
        rung: list[int] = []
        point, error = ("verb.written", Stumbled) if stumbles else (trouble, Died)
        with interrupted(point, error=error) as mishap:
            intake.take_in(Source.objects.get(name=source), body, ring=rung.append)
        if mishap.reached and trouble in ("verb.written", "intake.kept"):
            assert not rung
            return  # nothing was kept, and nobody was told that it was
        receipt = PlainReceipt(source, group, body, self.now, self.doors.signals(source, group, alerts, status))
        self.doors.keep(receipt, stumbles=stumbles and mishap.reached, now=self.now)
        waiting = Receipt.objects.filter(pk__in=rung, state=Receipt.State.RECEIVED).count()
        assert len(rung) == waiting == int(not receipt.done), "whoever waits is rung for"
