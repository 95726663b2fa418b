"""More of what people do at the desk: decisions, advice, links, files, second thoughts."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .desk import Case
from .moment import Moment
from .organisation import No

UNDO = timedelta(seconds=60)


@dataclass(frozen=True)
class Before:
    """What is to be taken back: how it was, and when somebody did it."""

    what: str
    at: datetime
    holder: str | None
    tier: str | None
    offered: bool  # and nobody had answered
    update: object  # the clock of updates, which begins anew with every word

    @property
    def can_be_taken_back(self) -> bool:
        """Not what has ended an open offer, or was nobody's before."""
        if self.what == "hand_over":
            return not self.offered
        return self.what != "reassign" or (self.holder is not None and not self.offered)


@dataclass(eq=False)
class Desk:
    """What stands between incidents and beside them."""

    linked: set[frozenset[int]] = field(default_factory=set)
    wholes: dict[int, int] = field(default_factory=dict)  # a part's whole
    needs: dict[int, frozenset[str]] = field(default_factory=dict)

    # --- decisions and advice ------------------------------------------------------------------

    def decide(self, case: Case, m: Moment) -> None:
        """A manager who was asked decides: that is an answer too, and whoever holds it is told."""
        case.begin(m)
        climb = case.authority
        if climb is None or climb.ended or climb.stop < 0:
            raise No
        if all(climb.plan.rung(stop).mode == "inform" for stop in range(climb.stop + 1)) or climb.held_until:
            raise No
        if not case.was_asked_to_decide(climb, m.actor):
            raise No("not-allowed")
        if not climb.working_since:
            climb.acknowledge(m, m.actor)
        climb.say(m, "decided")
        if case.run.holder is not None:
            case.run.tell(m, [case.run.holder], "decided")

    def take_advice(self, case: Case, m: Moment, to: int, seen=None) -> None:
        case.begin(m, seen)
        case.take_step(m, to, after_saying="advice_taken")

    def decline_advice(self, case: Case, m: Moment, seen=None) -> None:
        case.begin(m, seen)
        case.run.say(m, "advice_declined")

    def state_needs(self, case: Case, m: Moment, skills: frozenset[str]) -> None:
        case.begin(m)
        if self.needs.get(case.number, frozenset()) != skills:
            self.needs[case.number] = skills
            case.run.say(m, "needs")

    # --- links and files -----------------------------------------------------------------------

    def link(self, case: Case, other: Case, m: Moment, *, part: bool) -> None:
        self._both(case, other, m)
        if frozenset((case.number, other.number)) in self.linked:
            raise No
        if part:
            above = {case.number, other.number} & self.wholes.keys()
            if above or case.number in self.wholes.values():
                raise No
            self.wholes[case.number] = other.number
        self.linked.add(frozenset((case.number, other.number)))
        case.say(m, "linked")
        other.say(m, "linked")

    def unlink(self, case: Case, other: Case, m: Moment) -> None:
        if not (case.may_act(m.actor) and other.may_act(m.actor)):
            raise No("not-allowed")
        pair = frozenset((case.number, other.number))
        if pair not in self.linked:
            raise No("stale")
        self.linked.discard(pair)
        for part, whole in list(self.wholes.items()):
            if {part, whole} == pair:
                del self.wholes[part]
        case.say(m, "unlinked")
        other.say(m, "unlinked")

    def _both(self, case: Case, other: Case, m: Moment) -> None:
        if case is other:
            raise No("invalid")
        if not (case.may_act(m.actor) and other.may_act(m.actor)):
            raise No("not-allowed")

    def take_file_away(self, case: Case, m: Moment, body: bytes) -> None:
        case.begin(m, needs_open=False)
        if body not in case.files:
            raise No("stale")
        if case.files[body] != m.actor and not case.may_reassign(m.actor):
            raise No("not-allowed")
        del case.files[body]
        case.say(m, "detached")

    # --- second thoughts -----------------------------------------------------------------------

    def undo(self, case: Case, m: Moment, before: "Before") -> None:
        """By the same person, soon, and nothing else stands on the record yet."""
        case.begin(m, needs_open=False)
        if m.now - before.at > UNDO or not before.can_be_taken_back:
            raise No("stale")
        match before.what:
            case "note":
                case.say(m, "note_taken_back")
            case "hold":
                case.resume(m)
                for person in case.hands.interrupted:
                    case.hands.begin(person, m.now)
            case "hand_over":
                case.take_back(m)
            case "reassign":
                assert before.holder is not None
                case.give_back(m, before.holder, before.tier)
        case.promised.looked_at(m.now)
        if (update := case.promised.clocks["update"]) is not before.update:
            case.promised.unsay(m.now, update)
            case.withdraw_what_is_moot()
