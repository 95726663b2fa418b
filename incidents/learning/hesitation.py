"""Whether the facts said that it is time to escalate, and nobody did. Pure.

The signs are played again by ``BALANCED``, whatever an installation has chosen, and by what this one incident's record
knows: so that the figure is the same for all, and the same when it is made again. What compares with other incidents
(the usual hands-on time, the same trouble before) says nothing here.

An advice is answered by whoever escalates by hand, passes it to another tier, or says why not now. It is not if the
clock escalates, or if it is over, before anybody did. At the last tier of the path nobody can escalate: whatever the
signs say there, nobody hesitates.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from incidents.models.effort import Told

from . import advice, signs
from .advice import Verdict
from .climbs import by_hand, climbs
from .story import Story

MINUTE = timedelta(minutes=1)
MOMENT = timedelta(microseconds=1)
_ANSWERS = ("advice_taken", "advice_declined")


@dataclass(frozen=True)
class Hesitation:
    warned_at: datetime | None = None  # to the minute, for the first time
    hesitated: bool = False


def of(entries: Sequence[Told], last_tier: str = "") -> Hesitation:
    """``entries``: of an incident that is over, of ``story.KINDS``; ``last_tier``: the end of its path, if known."""
    story, warned_at, waiting, hesitated = Story(), None, False, False
    for told, following in zip(entries, [*entries[1:], None], strict=True):
        here = _tier(story)
        story.hear(told)
        if waiting and _ends(told):
            hesitated, waiting = True, False
        waiting = waiting and not _answered(told, moved=_tier(story) != here)
        if waiting or following is None:
            continue
        at = _says(story, told.at, following.at)
        if at is not None:
            warned_at, waiting = warned_at or at, not last_tier or _tier(story) != last_tier
    return Hesitation(warned_at, hesitated)


def _tier(story: Story) -> str:
    return story.arrivals[-1][1] if story.arrivals else ""


def _ends(told: Told) -> bool:
    return told.kind == "resolved" or (climbs(told) and not by_hand(told))


def _answered(told: Told, *, moved: bool) -> bool:
    return moved or told.kind in _ANSWERS


def _says(story: Story, begin: datetime, end: datetime) -> datetime | None:
    """Since when, from one entry to the next: in between only time passes. What was declined is not said again here."""
    if not story.open or story.declined:
        return None
    if _now(story, begin):
        return begin
    last = end - MOMENT
    if last - begin < MINUTE or not _now(story, last):
        return None
    while last - begin > MINUTE:
        middle = begin + (last - begin) / 2
        if _now(story, middle):
            last = middle
        else:
            begin = middle
    return last


def _now(story: Story, at: datetime) -> bool:
    found = (one for one in signs.seen(story.facts(at), at, signs.BALANCED) if one.level > signs.Level.UNKNOWN)
    return advice.verdict(found, signs.BALANCED) is Verdict.NOW
