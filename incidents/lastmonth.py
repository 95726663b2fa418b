"""What the signs would have shown last month, and how often the advice was right: the record, played again.

What is replayed is what the record holds. Two things are taken as they are known today: how long similar incidents
took, and what the same trouble is (service and title). The latest ``MOST`` incidents; more would keep a page waiting.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache

from incidents.learning import judging, replay, signs, story
from incidents.learning.advice import Verdict
from incidents.models import AdviceAnswer, Incident, similar

SPAN = timedelta(days=30)
MOST = 500
KEPT = 900  # seconds


@dataclass(frozen=True)
class Month:
    """Of so many incidents: on how many each sign showed, and on how many the advice was *soon* or *now* at most."""

    incidents: int
    shown: dict[str, int]
    soon: int
    now: int


def of_preset(preset: str, off: Collection[str], now: datetime) -> Month:
    key = f"lastmonth:{preset}:{'-'.join(sorted(off))}:{int(now.timestamp()) // KEPT}"
    found: Month | None = cache.get(key)
    if found is None:
        found = _replayed(signs.PRESETS[preset], off, now)
        cache.set(key, found, KEPT)
    return found


def _replayed(preset: signs.Preset, off: Collection[str], now: datetime) -> Month:
    columns = ("trail", "service", "severity", "title", "opened_at")
    lately = Incident.objects.real().filter(opened_at__gt=now - SPAN)
    rows = list(lately.order_by("-opened_at").values_list(*columns)[:MOST])
    told = similar.told_of([row[0] for row in rows], story.KINDS)
    took = {service: similar.took(Incident.objects.all(), service, now) for service in {row[1] for row in rows}}
    earlier = _earlier(now)
    played = []
    for trail, service, severity, title, opened_at in rows:
        usual = story.usual_of(took[service], severity, signs.ENOUGH)
        same = earlier[service, title.casefold()] if service else []
        before = bisect_left(same, opened_at) - bisect_left(same, opened_at - similar.LATELY)
        played.append(replay.play(told.get(trail, []), now, preset, before=before, usual=usual, off=off))
    verdicts = [one.verdict for one in played]
    soon, at_once = (verdicts.count(one) for one in (Verdict.SOON, Verdict.NOW))
    return Month(len(rows), replay.count(played), soon, at_once)


def _earlier(now: datetime) -> dict[tuple[int, str], list[datetime]]:
    """When each trouble came, by service and title, in order."""
    since = now - SPAN - similar.LATELY
    rows = Incident.objects.real().filter(restricted=False, opened_at__gt=since, service__isnull=False)
    found: dict[tuple[int, str], list[datetime]] = defaultdict(list)
    for service, title, at in rows.order_by("opened_at").values_list("service", "title", "opened_at"):
        found[service, title.casefold()].append(at)
    return found


@dataclass
class Tally:
    right: int = 0
    judged: int = 0


def tallies(now: datetime) -> dict[str, Tally]:
    """How often the advice that rested on each sign was right, of the latest answers that can be judged."""
    latest = AdviceAnswer.objects.order_by("-id").values_list("pk", flat=True).first()
    key = f"tallies:{latest}:{int(now.timestamp()) // KEPT}"  # a form of the admin asks several times
    found: dict[str, Tally] | None = cache.get(key)
    if found is None:
        found = _judged()
        cache.set(key, found, KEPT)
    return found


def _judged() -> dict[str, Tally]:
    answers = AdviceAnswer.objects.filter(incident__drill=False).order_by("-at", "-id")
    answers = answers.select_related("entry", "incident")[:MOST]
    told = similar.told_of({answer.incident.trail_id for answer in answers}, story.KINDS)
    stories = {trail: story.story_of(entries) for trail, entries in told.items()}
    found: dict[str, Tally] = defaultdict(Tally)
    for answer in answers:
        entries, whole = told[answer.incident.trail_id], stories[answer.incident.trail_id]
        entry = next(one for one in entries if one.kind == answer.entry.kind and one.at == answer.at)
        judged = judging.judge(judging.answer_of(entry), whole.arrivals, whole.ends, whole.clock.intervals)
        if judged is None:
            continue
        for sign in entry.data.get("signs") or []:
            tally = found[sign["key"]]
            tally.judged += 1
            tally.right += judged.advice_was_right
    return dict(found)
