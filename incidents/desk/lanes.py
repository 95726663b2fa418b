"""The board's columns: a question about state each, by tier, by status, by person or by service.

A column is drawn in one piece, or in rows by severity that line up across the board, or folded to a strip that only
counts.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from escalation.people.models import Membership, User
from incidents.models import Incident, Service

from . import crowding, duty, filling
from .cards import cards, with_last_word
from .columns import NOBODY, NONE, Band, Lane, Look
from .filling import ALL, Part, Parts
from .queries import Filters, team_ids

MOST = 20  # cards in a column; the others are in the queue
MOST_IN_ALL = 100  # with many columns each shows fewer: no page is longer than somebody reads, nor slow
RESOLVED_SINCE = timedelta(hours=24)


def board(filters: Filters, look: Look, now: datetime) -> list[Lane]:
    """Every column with its cards: counted in the database, the full rows only for what is shown."""
    lanes = _placed(columns(look.by, filters.user, now), _parts(filters, look, now), filters.user, look.by)
    if filters.any:  # a part of them says nothing about the whole
        for lane in lanes:
            lane.limit = None
    _divide(lanes, look)
    shown = [pk for lane in lanes for band in lane.bands for pk in band.ids]
    rows = with_last_word(Incident.objects.filter(pk__in=shown).for_cards(), filters.user)
    by_id = {card.id: card for card in cards(rows, now)}
    for lane in lanes:
        lane.now = now
        for band in lane.bands:
            found = [by_id[pk] for pk in band.ids if pk in by_id]
            band.cards = sorted(found, key=lambda card: card.stale)  # what went quiet sinks
    return lanes


def columns(by: str, user: User, now: datetime) -> list[Lane]:
    """The columns that are there even if they are empty."""
    match by:
        case "status":
            words = {
                "triggered": _("Triggered"),
                "acknowledged": _("Acknowledged"),
                "on_hold": _("On hold"),
                "resolved": _("Resolved, last 24 h"),
            }
            return [Lane(key, label) for key, label in words.items()]
        case "person":
            ours = User.objects.filter(Q(pk=user.pk) | Q(is_active=True, pk__in=_agents(user).values("user")))
            people = sorted(crowding.with_limits(ours), key=lambda one: one[0].pk != user.pk)
            return [Lane(NOBODY, _("Nobody yet")), *(of_person(person, user, limit) for person, limit in people)]
        case "service":
            return [Lane(NONE, _("No service"))]
    crews = duty.of_tiers(user, now)
    found = [Lane(str(tier.pk), tier.name, crew, limit=tier.open_limit) for tier, crew in crews.items()]
    return [*found, Lane(NONE, _("No tier"))]


def _agents(user: User):
    return Membership.objects.filter(team__in=team_ids(user), role=Membership.Role.AGENT)


def of_person(person: User, me: User, limit: int | None) -> Lane:
    name = _("%(name)s (me)") % {"name": person.name} if person.pk == me.pk else person.name
    return Lane(str(person.pk), name, [person], limit=limit)


def _parts(filters: Filters, look: Look, now: datetime) -> Parts:
    visible = filters.worded(filters.narrowed(Incident.objects.visible_to(filters.user)))
    found = filling.open_parts(visible, look.by, banded=look.banded, most=MOST)
    if look.by == "status":
        found |= filling.resolved_parts(visible, now - RESOLVED_SINCE, banded=look.banded, most=MOST)
    return found


def _placed(lanes: list[Lane], parts: Parts, me: User, by: str) -> list[Lane]:
    """Each part in its column; who holds something, or what is broken, gets one."""
    by_key = {lane.key: lane for lane in lanes}
    nowhere = NOBODY if by == "person" else NONE
    unknown: dict[int, dict[int, Part]] = {}
    for (key, band), part in parts.items():
        lane = by_key.get(str(key) if key else nowhere) or (by_key[NONE] if by == "tier" else None)
        if lane is None:
            assert isinstance(key, int)
            unknown.setdefault(key, {})[band] = part
        else:
            lane.add(band, part)
    more = _named(by, unknown, me)
    for lane in more:
        lane.parts = unknown[int(lane.key)]
    if by == "service":
        lanes = [*more, *lanes]
    elif more:
        lanes = [*lanes[:-1], *more, lanes[-1]]
    return [lane for lane in lanes if lane.key != NONE or lane.parts]


def _named(by: str, unknown: Mapping[int, object], me: User) -> list[Lane]:
    if not unknown:
        return []
    if by == "person":
        holders = crowding.with_limits(User.objects.filter(pk__in=unknown))
        return [of_person(person, me, limit) for person, limit in holders]
    services = Service.objects.filter(pk__in=unknown).order_by("name", "id")
    return [Lane(str(one.pk), one.name, limit=one.open_limit) for one in services]


def _divide(lanes: list[Lane], look: Look) -> None:
    """Which rows there are, and how much of each column is shown: fewer where there are many columns."""
    for lane in lanes:
        lane.folded = lane.key in look.folded
    open_ones = [lane for lane in lanes if not lane.folded]
    room = min(MOST, MOST_IN_ALL // max(1, sum(bool(lane.parts) for lane in open_ones)))
    severities = sorted({band for lane in lanes for band in lane.parts}) if look.banded else [ALL]
    for lane in open_ones:
        here = [lane.parts.get(severity, Part([], 0, severity, None)) for severity in severities]
        given = filling.shares((part.count for part in here), room)
        lane.bands = [
            Band(severity, part.count, part.ids[:share])
            for severity, part, share in zip(severities, here, given, strict=True)
        ]
