"""What became of an advice, told from what happened after it was answered. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from incidents.models import effort
from incidents.models.effort import Interval, Told

Moment = tuple[datetime, str]  # an instant, and a tier; no tier: it ended by itself


class Fate(StrEnum):
    # of one that was taken
    SOLVED = "solved"  # where it went
    WENT_ON = "went_on"  # it had to go further
    NOT_NEEDED = "not_needed"  # the tier it came from resolved it after all
    # of one that was declined
    STAYED = "stayed"  # resolved here, in the usual time if that is known
    SLOW = "slow"  # resolved here, but with more work than is usual
    LATE = "late"  # it went on anyway, later
    # of either
    BY_ITSELF = "by_itself"


ADVICE_WAS_RIGHT = {Fate.SOLVED, Fate.WENT_ON, Fate.SLOW, Fate.LATE}


@dataclass(frozen=True)
class Answer:
    at: datetime
    taken: bool
    tier: str  # whose it was,
    to: str  # and whose it was to be
    usual: int | None = None  # hands-on minutes that similar ones took, as it was known then


@dataclass(frozen=True)
class Judged:
    fate: Fate
    minutes: int  # after the answer
    tier: str = ""  # where it went, or who resolved it
    hands_on: int = 0  # minutes of work after the answer; nights and holds are none

    @property
    def advice_was_right(self) -> bool:
        return self.fate in ADVICE_WAS_RIGHT


def answer_of(entry: Told) -> Answer:
    """What the entry of an answer says of it."""
    data, taken = entry.data, entry.kind == "advice_taken"
    return Answer(entry.at, taken, data.get("tier") or "", data.get("to") or "", data.get("usual"))


def judge(
    answer: Answer, arrivals: Iterable[Moment], ends: Sequence[Moment], worked: Iterable[Interval] = ()
) -> Judged | None:
    """None while it cannot be told. ``arrivals``: each tier that got the baton, and when; ``ends``: each resolution;
    ``worked``: whose hands were on it, and when."""
    end = next((one for one in ends if one[0] >= answer.at), None)
    if not answer.taken:
        later = (one for one in arrivals if one[0] > answer.at and one[1] != answer.tier)
        moved = next((one for one in later if end is None or one[0] <= end[0]), None)
        if moved is not None:
            return Judged(Fate.LATE, _minutes(answer, moved[0]), moved[1])
    if end is None:
        return None
    at, tier = end
    hands_on = effort.minutes(effort.total(effort.later(worked, answer.at), at)) or 0
    return Judged(_fate(answer, hands_on, tier), _minutes(answer, at), tier, hands_on)


def _fate(answer: Answer, hands_on: int, tier: str) -> Fate:
    if not tier:
        return Fate.BY_ITSELF
    if not answer.taken:
        return Fate.SLOW if answer.usual is not None and hands_on > answer.usual else Fate.STAYED
    if tier == answer.to:
        return Fate.SOLVED
    return Fate.NOT_NEEDED if tier == answer.tier else Fate.WENT_ON


def _minutes(answer: Answer, at: datetime) -> int:
    return int((at - answer.at).total_seconds()) // 60
