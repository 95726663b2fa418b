"""How much a person carries, in the head of their column: hands-on time, and nights woken, of the last seven days.

Only the person and the supervisors of their teams read it: it is there to spread the load, not to compare people. A
night is 22 to 7 on the person's own clock, and counts once, however often they were called in it. A message on the
desk wakes nobody. It counts all calls, also those to incidents that the reader may not see: it says of none what it
was about. Hands-on time is of the incidents that the reader may see; an hour with two of them in hand is one hour.
The figures change slowly and are kept for up to ten minutes.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from django.core.cache import cache
from django.db.models import Count, Exists, OuterRef, Q

from escalation.engine.models import Delivery, EscalationRun
from escalation.people.models import Membership, User
from escalation.trail.models import Entry
from incidents.models import DrillRun, Incident, effort
from incidents.models.verb import told

from .cards import ASKING
from .columns import Lane, Load
from .versions import TURN, memberships, rules_of
from .words import spelt

EVENING, MORNING = time(22), time(7)
DAYS = 7
MOST_READ = 20_000  # entries; where more was done there is no figure rather than a wrong one


def set_on(lanes: Iterable[Lane], viewer: User, now: datetime) -> None:
    """On the columns of those of whom the viewer may know it."""
    key = f"load:{rules_of(viewer, now)}"
    loads: dict[int, Load] | None = cache.get(key)
    if loads is None:
        loads = of_people(may_know(viewer), viewer, now)
        cache.set(key, loads, TURN)
    for lane in lanes:
        if lane.people:
            lane.load = loads.get(lane.people[0].pk)


def may_know(viewer: User) -> list[User]:
    """The viewer, and the members of teams that the viewer supervises."""
    led = [team for team, _name, role in memberships(viewer) if role == Membership.Role.SUPERVISOR]
    if not led:
        return [viewer]
    return [viewer, *User.objects.filter(is_active=True, teams__in=led).exclude(pk=viewer.pk).distinct()]


def of_people(people: Collection[User], viewer: User, now: datetime) -> dict[int, Load]:
    woken, hands = nights_woken(people, now), hands_on(people, viewer, now)
    return {person.pk: Load(woken.get(person.pk, 0), _spelt(hands.get(person.pk))) for person in people}


def _spelt(spent: timedelta | None) -> str:
    whole = effort.minutes(spent or timedelta())
    return spelt(timedelta(minutes=whole)) if whole else ""


def hands_on(people: Collection[User], viewer: User, now: datetime) -> dict[int, timedelta]:
    """How long each of them had hands on something, as the records of what was done in these days say."""
    since, ids = now - timedelta(days=DAYS), [person.pk for person in people]
    done = Entry.objects.filter(trail=OuterRef("trail"), at__gte=since, kind__in=effort.KINDS)
    held = EscalationRun.objects.functional().running().filter(holder__in=ids)
    theirs = Incident.objects.real().visible_to(viewer).filter(access__person__in=ids)
    theirs = theirs.filter(Q(resolved_at=None) | Q(resolved_at__gte=since))  # nobody's hands are on what is over
    trails = theirs.filter(Exists(done) | Q(trail__in=held.values("trail"))).values("trail")
    entries = list(
        Entry.objects.filter(trail__in=trails, kind__in=effort.KINDS).order_by("trail", "seq")[: MOST_READ + 1]
    )
    if len(entries) > MOST_READ:
        return {}
    spans: dict[int, list[effort.Interval]] = {}
    for _trail, story in groupby(entries, key=lambda entry: entry.trail_id):
        for one in effort.clock_of(told(entry) for entry in story).intervals:
            spans.setdefault(one.person, []).append(replace(one, tier=""))  # at one tier or two, it is the same hands
    return {pk: effort.spent_by(pk, spans.get(pk, ()), now, since=since) for pk in ids}


def nights_woken(people: Collection[User], now: datetime) -> dict[int, int]:
    """On how many nights of the last seven days a call reached each of them."""
    if not people:
        return {}
    spans = {person.time_zone: _nights(person.time_zone, now) for person in people}
    counted = {}
    for night in range(DAYS + 1):
        when = Q(pk=None)
        for zone, nights in spans.items():
            begin, end = nights[night]
            when |= Q(person__time_zone=zone, finished_at__gte=begin, finished_at__lt=end)
        counted[f"night_{night}"] = Count("pk", filter=when)
    since = now - timedelta(days=DAYS)
    calls = Delivery.objects.filter(
        person__in=people,
        finished_at__gt=since,
        state=Delivery.State.SENT,
        kind__in=ASKING,
    ).exclude(channel="desk")
    drills = DrillRun.objects.held().filter(occurrence__gt=since - timedelta(days=1))
    calls = calls.exclude(trail__in=drills.values("incident__trail"))
    rows = calls.order_by().values("person").annotate(**counted).values_list("person", *counted)
    return {person: sum(bool(times) for times in nights) for person, *nights in rows}


def _nights(zone: str, now: datetime) -> list[tuple[datetime, datetime]]:
    """The nights that the last seven days touch, on this zone's clock."""
    here = ZoneInfo(zone)
    today = now.astimezone(here).date()
    evenings = (today - timedelta(days=n) for n in range(DAYS + 1))
    return [
        (
            datetime.combine(day, EVENING, here).astimezone(UTC),
            datetime.combine(day + timedelta(days=1), MORNING, here).astimezone(UTC),
        )
        for day in evenings
    ]
