"""Updates to those who must know: who is told, what is stale, what a withdrawal stops, and what outsiders read."""

from dataclasses import dataclass, field
from datetime import datetime

from .desk import Case
from .message import NO_CLIMB, Message
from .moment import Moment
from .organisation import No


@dataclass(eq=False)
class Sent:
    call: int  # which of all calls of the outbox: its rows may be others by now
    at: datetime
    on_page: bool
    withdrawn: bool = False


@dataclass(eq=False)
class News:
    """``stakes``: (person, service or none, least severe) · ``follows``: incident by number → who follows it."""

    cases: list[Case]
    stakes: list[tuple[str, str | None, int]] = field(default_factory=list)
    follows: dict[int, set[str]] = field(default_factory=dict)
    sent: dict[int, list[Sent]] = field(default_factory=dict)

    def epoch(self, case: Case) -> tuple:
        return (case.run.number, bool(case.resolved_at), len(self.sent.get(case.number, [])))

    def publish(self, case: Case, m: Moment, *, stage: str, page: bool, epoch: tuple | None) -> None:
        case.begin(m, needs_open=False)
        if epoch is not None and epoch != self.epoch(case):
            raise No("stale")
        if case.merged_into is not None:
            raise No
        if page and case.restricted:
            raise No("invalid")
        told = [person for person in self.audience(case) if person != m.actor]
        sent = self.sent.setdefault(case.number, [])
        case.say(m, "update_published", number=len(sent) + 1, stage=stage, people=told, on_status_page=page)
        box = case.outbox
        box.add((case.number, NO_CLIMB), told, "update", m.now, severity=5, asked=0)  # however severe, it is quiet
        sent.append(Sent(box.calls, m.now, page))
        for message in self._of(case, sent[-1]):
            message.severity = case.severity

    def _of(self, case: Case, sent: Sent) -> list[Message]:
        return [message for message in case.outbox.messages if message.call == sent.call and message.kind == "update"]

    def audience(self, case: Case) -> list[str]:
        whole = self._whole(case)
        services = {one.service for one in whole}
        homes = {(one.number, NO_CLIMB) for one in whole}
        before = {message.person for message in case.outbox.messages if message.home in homes}
        stakes = {
            person
            for person, service, severity in self.stakes
            if (service is None or service in services) and (case.severity <= severity or person in before)
        }
        follow = {person for one in whole for person in self.follows.get(one.number, ())}
        inside = {person for person in stakes | follow if case.may_see(person)}
        outside = {person for person in stakes - inside if case.org.people[person].active and not case.restricted}
        return sorted(inside | outside)

    def _whole(self, case: Case) -> list[Case]:
        """It, and all that was merged into it."""
        found = [case]
        for one in found:
            found += [other for other in self.cases if other.merged_into is one]
        return found

    def withdraw(self, case: Case, m: Moment, number: int) -> None:
        case.begin(m, needs_open=False)
        sent = self.sent.get(case.number, [])
        if not 0 < number <= len(sent) or sent[number - 1].withdrawn:
            raise No("stale")
        sent[number - 1].withdrawn = True
        case.say(m, "update_withdrawn", number=number)
        for message in self._of(case, sent[number - 1]):
            message.stop()

    def on_page(self, case: Case, since: datetime | None = None) -> set[tuple[int, int]]:
        """Which of its updates outsiders may read; those sent after ``since``."""
        sent = enumerate(self.sent.get(case.number, []) if not case.restricted else [], start=1)
        shown = [(number, one) for number, one in sent if one.on_page and not one.withdrawn]
        return {(case.number, number) for number, one in shown if since is None or one.at > since}
