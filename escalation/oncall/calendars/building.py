"""A feed put together: its events, what is remembered of each, and the file. The same few queries for any number."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from escalation.people.models import User

from ..models import Layer, Override, Schedule
from ..roster import people_of
from . import segments, writing
from .feeds import Feed, FeedEvent

MOST = 1500  # events of one feed: about 700 kB
BACK, AHEAD, FURTHEST = 30, 180, 365  # days
_OLD = timedelta(days=500)  # what ended so long ago is told by no feed
_LOOK_BACK = timedelta(days=400)


@dataclass(frozen=True)
class Options:
    """What an address may ask for behind its question mark. What it asks wrongly is as if it were not asked."""

    days_back: int = BACK
    days_ahead: int = AHEAD
    alarms: tuple[int, ...] = ()  # minutes
    gaps: bool = False
    by_email: bool = False

    @classmethod
    def read(cls, asked: Mapping[str, str]) -> "Options":
        alarms = [_number(text, -1, 7 * 24 * 60) for text in asked.get("alarm", "")[:60].split(",")]
        return cls(
            days_back=_number(asked.get("days_back", ""), BACK, FURTHEST),
            days_ahead=_number(asked.get("days_ahead", ""), AHEAD, FURTHEST),
            alarms=tuple(dict.fromkeys(minutes for minutes in alarms if minutes >= 0))[:5],
            gaps=asked.get("gaps", "") == "1",
            by_email=asked.get("summary", "") == "email",
        )


class Made(NamedTuple):
    body: bytes
    etag: str
    changed: datetime | None  # when the newest of its events last changed


@dataclass(frozen=True)
class _Found:
    """An event before it has a number. ``facts`` are what makes it the same as before, or another."""

    schedule: Schedule
    uid: str
    start: datetime
    end: datetime
    person: User | None
    covering: tuple[str, ...] = ()
    source: str = ""

    @property
    def digest(self) -> str:
        who = [self.person.name, self.person.email] if self.person else []
        facts = [str(self.start), str(self.end), who, self.covering, self.source, self.schedule.name]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def build(feed: Feed, options: Options, now: datetime) -> Made:
    since, until = days(options, now)
    days_asked = f"{options.days_back}-{options.days_ahead}"
    events = _events(list(feed.schedules()), since, until, days_asked)
    found = [one for one in events if _wanted(one, feed, options)]
    if len(found) > MOST:  # those nearest to the present
        found = sorted(found, key=lambda one: max(one.start - now, now - one.end))[:MOST]
    found.sort(key=lambda one: (one.start, one.uid))
    told = remember(found, now)
    entries = [_entry(one, told[one.uid], feed, options) for one in found]
    zone = feed.schedule.time_zone if feed.schedule else feed.person.time_zone
    body = writing.write(writing.Sheet(_name(feed), zone, entries, options.alarms))
    return Made(body, writing.etag(body), max((entry.changed for entry in entries), default=None))


def days(options: Options, now: datetime) -> tuple[datetime, datetime]:
    """Whole days, so that a feed does not change by the hour."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=options.days_back), today + timedelta(days=options.days_ahead + 1)


def _wanted(one: _Found, feed: Feed, options: Options) -> bool:
    if feed.kind == Feed.Kind.USER:
        return one.person == feed.person
    return one.person is not None or options.gaps


def _events(schedules: Sequence[Schedule], since: datetime, until: datetime, asked: str) -> Iterator[_Found]:
    ids = [schedule.pk for schedule in schedules]
    plans = Schedule.objects.filter(pk__in=ids).plans(since=since - _LOOK_BACK)
    people = User.objects.in_bulk({person for plan in plans.values() for person in people_of(plan)})
    layers = dict(Layer.objects.filter(schedule__in=ids).values_list("pk", "name"))
    reasons = dict(Override.objects.filter(schedule__in=ids, ends_at__gt=since).values_list("pk", "reason"))
    for schedule in schedules:
        found = [_reachable(one, people) for one in segments.segments(plans[schedule.pk], since, until)]
        for one in found:
            shift = one.shift
            if shift.person is not None and _seconds(shift.start) < _seconds(shift.end):
                yield _Found(
                    schedule,
                    f"shift-{schedule.pk}-{one.key}",
                    _seconds(shift.start),
                    _seconds(shift.end),
                    people[shift.person],
                    tuple(people[who].name for who in one.covering),
                    reasons.get(shift.override, "") if shift.override else layers.get(shift.layer or 0, ""),
                )
        for gap in segments.gaps(found, since, until):
            start, end = _seconds(gap.start), _seconds(gap.end)
            if start < end:
                uid = f"gap-{schedule.pk}-{gap.key}" + (f"-{asked}" if gap.cut else "")
                yield _Found(schedule, uid, start, end, None)


def _reachable(one: segments.Segment, people: Mapping[int, User]) -> segments.Segment:
    """Somebody whose account has ended is nobody there, as everywhere."""
    person = people.get(one.shift.person or 0)
    if person is not None and person.is_active and not person.is_auditor:
        return one
    return segments.nobody(one)


def _seconds(at: datetime) -> datetime:
    """A calendar knows no smaller ones."""
    return at.astimezone(UTC).replace(microsecond=0)


# --- what was told before -------------------------------------------------------------------------


def remember(found: Sequence[_Found], now: datetime) -> dict[str, FeedEvent]:
    """Each event as it was last told; one that became another moves on. Two that do it at once do the same."""
    now = now.astimezone(UTC).replace(microsecond=0)
    known = {row.uid: row for row in FeedEvent.objects.filter(uid__in=[one.uid for one in found])}
    moved: list[FeedEvent] = []
    for one in found:
        row = known.get(one.uid)
        if row is None:
            row = FeedEvent(schedule=one.schedule, uid=one.uid, made_at=now, sequence=0)
        elif row.digest == one.digest:
            continue
        else:
            row.sequence += 1
        # Never back, whatever a clock does: clients drop what looks older than what they have.
        row.changed_at = max(now, row.changed_at + timedelta(seconds=1)) if row.changed_at else now
        row.digest, row.ends_at = one.digest, one.end
        known[one.uid] = row
        moved.append(row)
    if moved:
        for row in moved:
            row.pk = None  # an insert that becomes an update where the UID is there
        FeedEvent.objects.bulk_create(
            moved,
            update_conflicts=True,
            unique_fields=["uid"],
            update_fields=["digest", "sequence", "changed_at", "ends_at"],
        )
        FeedEvent.objects.filter(schedule__in={row.schedule_id for row in moved}, ends_at__lt=now - _OLD).delete()
    return known


# --- its words ------------------------------------------------------------------------------------


def _name(feed: Feed) -> str:
    if feed.kind == Feed.Kind.USER:
        return _("On call: %(name)s") % {"name": feed.person.name}
    return _("On call: %(name)s") % {"name": feed.about}


def _entry(one: _Found, told: FeedEvent, feed: Feed, options: Options) -> writing.Entry:
    return writing.Entry(
        uid=f"{one.uid}@{urlsplit(settings.ADDRESS).hostname}",
        start=one.start,
        end=one.end,
        summary=_summary(one, feed, options),
        text=_text(one),
        sequence=told.sequence,
        changed=told.changed_at.astimezone(UTC),
        made=told.made_at.astimezone(UTC),
        person=one.person.email if one.person else "",
    )


def _summary(one: _Found, feed: Feed, options: Options) -> str:
    words = {"schedule": one.schedule.name, "covered": ", ".join(one.covering)}
    if one.person is None:
        return _("Nobody on call (%(schedule)s)") % words
    if options.by_email:
        return one.person.email
    if feed.kind == Feed.Kind.USER:
        said = _("On call (%(schedule)s)") % words
    else:
        said = _("On call: %(name)s (%(schedule)s)") % {**words, "name": one.person.name}
    return f"{said} {_('(covering for %(covered)s)') % words}" if one.covering else said


def _text(one: _Found) -> str:
    return "\n".join(filter(None, [str(one.schedule), one.source]))


def _number(text: str, otherwise: int, most: int) -> int:
    """A whole number from 0 to ``most``."""
    text = text.strip()
    return min(int(text), most) if text.isascii() and text.isdigit() and len(text) <= 6 else otherwise
