"""What the signs would have shown in the past: an incident's entries, played again. Pure.

Between two entries only time passes, and no sign fades by that except growth, which is strongest right after its entry.
So it is enough to look right after each entry and right before the next: nothing that showed in between is missed.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from incidents.models.effort import Told

from . import advice, signs
from .story import Story, Usual, compared

MOMENT = timedelta(microseconds=1)


@dataclass
class Shown:
    """Which signs showed at any time, and the most that they came to."""

    keys: set[str] = field(default_factory=set)
    verdict: advice.Verdict = advice.Verdict.NOT_YET


def play(
    entries: Sequence[Told],
    until: datetime,
    preset: signs.Preset,
    *,
    before: int,
    usual: Usual,
    off: Collection[str] = (),
) -> Shown:
    """Every sign is looked at; those that are switched off count for no verdict."""
    shown, story = Shown(), Story()
    for entry, following in zip(entries, [*entries[1:], None], strict=True):
        story.hear(entry)
        if not story.open:
            continue
        ahead = following.at if following is not None else until
        for at in dict.fromkeys([entry.at, max(entry.at, ahead - MOMENT)]):
            facts = compared(story.facts(at), before=before, usual=usual)
            found = [sign for sign in signs.seen(facts, at, preset) if sign.level > signs.Level.UNKNOWN]
            shown.keys |= {sign.key for sign in found}
            on = [sign for sign in found if sign.key not in off]
            shown.verdict = max(shown.verdict, advice.verdict(on, preset))
    return shown


def count(shown: Iterable[Shown]) -> dict[str, int]:
    """On how many incidents each sign showed."""
    counts = dict.fromkeys(signs.SIGNS, 0)
    for one in shown:
        for key in one.keys:
            counts[key] += 1
    return counts
