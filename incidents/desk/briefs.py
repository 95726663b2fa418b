"""The brief of a hand-over: drafted from the record, and read again by whoever gets the baton.

``drafted`` is pure: what is known goes in, the parts come out. The giver corrects them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from incidents.models.briefs import Brief

from .record import Line
from .words import names, people_affected

SEEN, ACTION, MOST = 300, 200, 5  # characters of the symptom and of an attempt; attempts that are told


@dataclass(frozen=True)
class Made:
    """An attempt, for the draft."""

    action: str
    outcome: str  # helped, no_effect, worse
    said: str  # the same in words
    hypothesis: str = ""

    @property
    def line(self) -> str:
        action, supposed = " ".join(self.action.split())[:ACTION], self.hypothesis.rstrip(".")
        return f"{supposed}: {action}" if supposed else action


@dataclass(frozen=True)
class Known:
    """What the record says by now. ``attempts``: the latest first."""

    severity: int
    service: str = ""
    tier: str = ""
    affected: int = 0
    open_for: str = ""
    firing: int = 0
    symptom: str = ""
    attempts: Sequence[Made] = ()
    tried: int = 0  # in all
    helped: int = 0
    missing: Sequence[str] = ()  # skills, authority or access that the giver does not have


def drafted(known: Known) -> Brief:
    """A brief to correct. What the record does not say stays empty."""
    return Brief(
        state=_state(known),
        symptoms=" ".join(known.symptom.split())[:SEEN],
        tried=_tried(known),
        question=_question(known),
        next=_next(known),
        risk=_risk(known),
    )


def _state(known: Known) -> str:
    firing = _("%(n)d alerts firing") % {"n": known.firing} if known.firing > 1 else ""
    age = _("open for %(time)s") % {"time": known.open_for} if known.open_for else ""
    affected = people_affected(known.affected)
    return ", ".join(filter(None, [f"SEV{known.severity}", known.service, known.tier, affected, age, firing]))


def _tried(known: Known) -> str:
    if not known.attempts:
        return _("nothing yet")
    told = known.attempts[:MOST]
    lines = [f"- {one.line} ({one.said})" for one in told]
    more = known.tried - len(told)
    return "\n".join([*lines, *([_("- and %(n)d before") % {"n": more}] if more > 0 else [])])


def _question(known: Known) -> str:
    if known.missing:
        return _("Who has %(what)s? I do not.") % {"what": names(known.missing)}
    if known.tried and not known.helped:
        return _("What else can it be? Nothing that was tried has helped.")
    return _("It helped, but it is not over: what is left?") if known.helped else ""


def _next(known: Known) -> str:
    """What was supposed last and not ruled out: something helped on the way there."""
    last = known.attempts[0] if known.attempts else None
    if last is None or last.outcome != "helped":
        return ""
    return _("Go on from what helped: %(action)s") % {"action": last.line}


def _risk(known: Known) -> str:
    worse = [one.line for one in known.attempts if one.outcome == "worse"]
    return _("Do not repeat what made it worse: %(what)s") % {"what": worse[0]} if worse else ""


# --- read again -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Given:
    """The brief of whoever passed the baton last, for the page."""

    line: Line
    offered: bool  # and not taken yet

    @property
    def giver(self) -> str:
        return self.line.actor


def given(story: Iterable[Line], run: int) -> Given | None:
    """What was said with the open offer; else with the last one that was taken, or the last escalation by hand."""
    open_offer: Line | None = None
    last: Line | None = None
    for line in story:
        if line.entry.run != run:
            continue
        match line.kind:
            case "offered":
                open_offer = line
            case "accepted":
                open_offer, last = None, open_offer or last
            case "declined" | "taken_back" | "offer_returned" | "acknowledged":
                open_offer = None
            case "called" | "reassigned":
                open_offer, last = None, line if line.said else last
    found = open_offer or last
    return Given(found, found is open_offer) if found is not None and found.said else None
