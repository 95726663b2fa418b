"""A runbook about one service: its steps by their words, and what was ticked of them on which incident."""

from dataclasses import dataclass, field

from .desk import Case
from .moment import Moment
from .organisation import No


@dataclass(eq=False)
class Tick:
    by: str
    worked: bool
    settled: str = ""  # "changed" or "right"


@dataclass(eq=False)
class Book:
    """``words``: of the steps that stand in it now; others were in it before."""

    service: str
    team: str
    words: tuple[str, ...] = ()
    ticks: dict[tuple[int, str], Tick] = field(default_factory=dict)  # by incident and step, not taken back

    def tick(self, case: Case, m: Moment, step: str, *, worked: bool) -> None:
        case.begin(m)
        about = case.service == self.service or any(number == case.number for number, _step in self.ticks)
        if step not in self.words or not about or (case.number, step) in self.ticks:
            raise No("stale")
        self.ticks[case.number, step] = Tick(m.actor, worked)
        case.run.say(m, "runbook_ticked", worked=worked)

    def untick(self, case: Case, m: Moment, step: str) -> None:
        """One's own; whoever holds the baton anybody's."""
        case.begin(m)
        tick = self.ticks.get((case.number, step))
        if tick is None:
            raise No("stale")
        if m.actor not in (tick.by, case.run.holder):
            raise No("not-allowed")
        if tick.settled:
            raise No
        del self.ticks[case.number, step]
        case.run.say(m, "runbook_unticked", worked=tick.worked)

    def settle(self, case: Case, m: Moment, step: str) -> None:
        """It is right as it is, although it did not work there."""
        tick = self.ticks.get((case.number, step))
        if tick is None or tick.settled:
            raise No("stale")
        if tick.worked or not case.may_see(m.actor) or not self._may_keep(case, m.actor):
            raise No("not-allowed")
        tick.settled = "right"
        case.say(m, "runbook_settled")

    def rewrite(self, words: tuple[str, ...]) -> None:
        """What did not work is settled by other words."""
        for (_number, step), tick in self.ticks.items():
            if step in self.words and step not in words and not tick.worked and not tick.settled:
                tick.settled = "changed"
        self.words = words

    def _may_keep(self, case: Case, person: str) -> bool:
        who = case.org.people[person]
        member = person in case.org.teams[self.team] and not who.auditor
        return who.active and (who.staff or member)
