"""The board's columns: a question about state each, by tier, by status or by person."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from escalation.people.models import Membership, Tier, User
from incidents.models import Incident

from . import duty
from .cards import Card, aged, cards, with_last_word
from .queries import Filters, team_ids

WAYS = ("tier", "status", "person")
MOST = 50  # cards in a column; the others are in the queue
MOST_IN_ALL = 400  # with many columns each shows fewer: the page stays below 300 kB
RESOLVED_SINCE = timedelta(hours=24)
FACES = 3
NOBODY = "nobody"


@dataclass(slots=True)
class Lane:
    key: str
    label: str
    people: list[User] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)
    oldest: datetime | None = None
    cards: list[Card] = field(default_factory=list)
    team: int | None = None  # of a tier
    more_url: str = ""
    now: datetime = datetime.min
    room: int = MOST

    @property
    def count(self) -> int:
        return len(self.ids)

    @property
    def hidden(self) -> int:
        return max(0, len(self.ids) - self.room)

    @property
    def age(self) -> str:
        return aged(self.oldest, self.now) if self.oldest else ""

    @property
    def faces(self) -> list[User]:
        return self.people[:FACES]

    @property
    def next_iso(self) -> str:
        return f"{self.next_call:%Y-%m-%dT%H:%M:%SZ}" if self.next_call else ""

    @property
    def next_call(self) -> datetime | None:
        """The earliest countdown here that still runs."""
        return min((card.due for card in self.cards if card.due and not card.paused), default=None)


def board(filters: Filters, by: str, now: datetime) -> list[Lane]:
    """Every column with its cards: a light look at all, the full rows only for what is shown."""
    lanes = columns(by, filters.user, now)
    _fill(lanes, filters, by, now)
    room = min(MOST, MOST_IN_ALL // max(1, sum(bool(lane.ids) for lane in lanes)))
    shown = [pk for lane in lanes for pk in lane.ids[:room]]
    rows = with_last_word(Incident.objects.filter(pk__in=shown).with_runs().defer("symptom"))
    by_id = {card.id: card for card in cards(rows, now)}
    for lane in lanes:
        lane.now, lane.room = now, room
        found = [by_id[pk] for pk in lane.ids[:room] if pk in by_id]
        lane.cards = sorted(found, key=lambda card: card.stale)  # what went quiet sinks
    return [lane for lane in lanes if lane.key != "none" or lane.ids]


def columns(by: str, user: User, now: datetime) -> list[Lane]:
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
            colleagues = User.objects.filter(is_active=True, memberships__in=_agents(user)).exclude(pk=user.pk)
            people = [user, *colleagues.distinct().order_by("name", "id")]
            return [Lane(NOBODY, _("Nobody yet")), *(_of(person, user) for person in people)]
    crews = duty.of_tiers(user, now)
    found = [Lane(str(tier.pk), tier.name, crew, team=tier.team_id) for tier, crew in crews.items()]
    return [*found, Lane("none", _("No tier"))]


def _agents(user: User):
    return Membership.objects.filter(team__in=team_ids(user), role=Membership.Role.AGENT)


def _of(person: User, me: User) -> Lane:
    name = _("%(name)s (me)") % {"name": person.name} if person.pk == me.pk else person.name
    return Lane(str(person.pk), name, [person])


COLUMNS = (
    "pk",
    "opened_at",
    "trail__runs__tier",
    "trail__runs__holder",
    "trail__runs__acknowledged_at",
    "trail__runs__held_until",
)


def _fill(lanes: list[Lane], filters: Filters, by: str, now: datetime) -> None:
    """Sort what is open into the columns, the most urgent first; a person who holds something gets one."""
    visible = filters.narrowed(Incident.objects.visible_to(filters.user))
    running = visible.open().filter(trail__runs__track=Tier.Track.FUNCTIONAL, trail__runs__ended_at__isnull=True)
    by_key = {lane.key: lane for lane in lanes}
    held_elsewhere: dict[int, list] = {}
    for pk, opened, tier, holder, acknowledged, held in running.most_urgent_first().values_list(*COLUMNS):
        key = _key(by, tier, holder, acknowledged, held)
        lane = by_key.get(key) or (by_key.get("none") if by == "tier" else None)
        if lane is None:
            held_elsewhere.setdefault(holder, []).append((pk, opened))
            continue
        _put(lane, pk, opened)
    _add_holders(lanes, held_elsewhere, filters.user)
    if by == "status":
        done = visible.filter(resolved_at__gt=now - RESOLVED_SINCE).order_by("-resolved_at", "-id")
        by_key["resolved"].ids = list(done.values_list("pk", flat=True))


def _key(by: str, tier: int | None, holder: int | None, acknowledged, held) -> str:
    if by == "tier":
        return str(tier or "none")
    if by == "person":
        return str(holder or NOBODY)
    return "on_hold" if held else "acknowledged" if acknowledged else "triggered"


def _put(lane: Lane, pk: int, opened: datetime) -> None:
    lane.ids.append(pk)
    lane.oldest = min(lane.oldest or opened, opened)


def _add_holders(lanes: list[Lane], held: dict[int, list], me: User) -> None:
    people = User.objects.filter(pk__in=held).order_by("name", "id") if held else []
    for person in people:
        lane = _of(person, me)
        for pk, opened in held[person.pk]:
            _put(lane, pk, opened)
        lanes.insert(len(lanes) - 1, lane)


def names(lanes: Sequence[Lane]) -> dict[str, str]:
    return {lane.key: lane.label for lane in lanes}
