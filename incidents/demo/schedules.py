"""Who is on call in the sample organisation: two schedules, a cover, a day that nobody has, and a swap to answer."""

from datetime import date, datetime, time, timedelta

from escalation.kit import clock
from escalation.oncall import shifts
from escalation.oncall.models import Layer, Schedule, Seat
from escalation.oncall.spans import Span
from escalation.oncall.swaps import Wish
from escalation.oncall.wall import instant, shown
from escalation.people.models import Team, Tier, User

DESK, APPLICATIONS = "Service desk", "Applications"
BEGAN = 28 * 7  # days ago: before the half year of history, and a whole number of turns of each layer
SCHEDULES = {  # schedule: team, time zone, tier, layers from the highest: name, hand-off, hours, who takes turns
    DESK: (
        "Service desk",
        "Europe/Madrid",
        "L1 Service desk",
        [
            ("Days", time(8), "Mon-Fri 08:00-18:00", ["jo", "ana", "lena"]),
            ("Nights and weekends", time(18), "", ["lena", "jo", "ana"]),
        ],
    ),
    APPLICATIONS: (
        "Applications",
        "Europe/Oslo",
        "L2 Applications",
        [("Weeks", time(9), "", ["mei", "idris"])],
    ),
}


def build(people: dict[str, User], teams: dict[str, Team], tiers: dict[str, Tier]) -> None:
    now = clock.now()
    for name, (team, zone, tier, layers) in SCHEDULES.items():
        schedule, new = Schedule.objects.get_or_create(name=name, defaults={"team": teams[team], "time_zone": zone})
        if new:
            _layers(schedule, layers, people, now)
            schedule.tiers.add(tiers[tier])
            _covers(schedule, people, now)
            if name == DESK:
                _asks(schedule, people, now)


def _layers(schedule: Schedule, layers: list, people: dict[str, User], now: datetime) -> None:
    monday = _day(schedule, now, -shown(now, schedule.zone).weekday() - BEGAN)
    for position, (name, hand_off, hours, turns) in enumerate(layers, start=1):
        layer = Layer.objects.create(
            schedule=schedule, position=position, name=name, starts_on=monday, hand_off=hand_off, hours=hours
        )
        seats = [Seat(layer=layer, position=n, person=people[first]) for n, first in enumerate(turns, start=1)]
        Seat.objects.bulk_create(seats)


def _covers(schedule: Schedule, people: dict[str, User], now: datetime) -> None:
    """Sam covers an evening, and on one day in two weeks nobody looks after the applications yet."""
    day = _day(schedule, now, 2 if schedule.name == DESK else 12)
    if schedule.name == DESK:
        span = _at(schedule, day, 18), _at(schedule, day, 23)
        sam, reason = people["sam"], "A concert that evening"
        schedule.override(by=sam, person=sam, starts_at=span[0], ends_at=span[1], reason=reason)
    else:
        span = _at(schedule, day, 9), _at(schedule, day, 17)
        reason = "Off-site: nobody found yet"
        schedule.override(by=people["kim"], person=None, starts_at=span[0], ends_at=span[1], reason=reason)


def _asks(schedule: Schedule, people: dict[str, User], now: datetime) -> None:
    """Jo would rather not have one of the coming shifts: a cue for Ana."""
    ahead = shifts.final(schedule.plan(since=now), now + timedelta(days=1), now + timedelta(days=28))
    jo = [one for one in ahead if one.person == people["jo"].pk and one.start > now + timedelta(days=1)]
    wish = Wish(Span(jo[0].start, jo[0].end), asked=people["ana"], text="My sister moves house that day")
    schedule.ask_swap(wish, by=people["jo"])


def _day(schedule: Schedule, now: datetime, days: int) -> date:
    return (shown(now, schedule.zone) + timedelta(days=days)).date()


def _at(schedule: Schedule, day: date, hour: int) -> datetime:
    return instant(datetime.combine(day, time(hour)), schedule.zone)
