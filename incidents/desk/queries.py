"""Which incidents a list shows: scope, filters and search, all of it kept in the address."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import ClassVar, NamedTuple, Self
from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, When
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from escalation.kit.text import one_line
from escalation.people.models import User
from incidents.finding import of_person, of_teams
from incidents.models import Incident, Service
from incidents.models.access import sees_all
from incidents.models.search import asked_for
from incidents.models.views import NAMES
from incidents.models.words import Wish

from . import cells, sorting, wider
from .columns import NONE
from .versions import memberships

RECENTLY = timedelta(days=7)  # how long "resolved recently" reaches back
STATUSES = ("triggered", "acknowledged", "on_hold", "resolved")
SCOPES = ("mine", "teams", "all")
BOARD = ("by", "rows", "fold")  # how a board looks
BOTH = ("severity", "service", "team", "q")
assert ("scope", "status", *BOTH, *wider.KINDS, "sort", "show") == NAMES, "a saved view keeps what the queue knows"


def team_ids(user: User) -> list[int]:
    return [team for team, _name, _role in memberships(user)]


def default_scope(user: User) -> str:
    return "teams" if team_ids(user) else "all"


class Known(NamedTuple):
    """A service, and whether this person may hear of it."""

    pk: int
    name: str
    team: int
    owner: str
    heard_of: bool


def _heard_of(user: User) -> Case:
    """Of those in use their teams' ones, and those of incidents they see."""
    if sees_all(user):
        return Case(When(archived_at=None, then=True), default=False)
    seen = Incident.objects.visible_to(user).open().filter(service=OuterRef("pk"))
    may = Q(team__in=team_ids(user)) | Q(Exists(seen))
    return Case(When(Q(archived_at=None) & may, then=True), default=False)


@dataclass
class Filters:
    """What the address of a list asks for: the queue's, unless a subclass says less.

    Anything that makes no sense is left out, never an error.
    """

    user: User
    asked: QueryDict
    default: str = "teams"
    NAMES: ClassVar[tuple[str, ...]] = NAMES

    @classmethod
    def of(cls, request: HttpRequest) -> Self:
        user = request.user
        assert isinstance(user, User)
        return cls(user, request.GET, default_scope(user))

    @cached_property
    def q(self) -> str:
        return one_line(self.asked.get("q", ""), limit=200)

    @cached_property
    def scope(self) -> str:
        asked = self.asked.get("scope", "")
        return asked if asked in SCOPES else "all" if self.q else self.default

    @cached_property
    def severity(self) -> int | None:
        asked = self.asked.get("severity", "")
        return int(asked) if asked in {"1", "2", "3", "4", "5"} else None

    @cached_property
    def status(self) -> str:
        asked = self.asked.get("status", "")
        return asked if asked in STATUSES else ""

    @cached_property
    def service(self) -> int | None:
        return self._number("service")

    @property
    def no_service(self) -> bool:
        """Those of no service are asked for."""
        return self.asked.get("service", "") == NONE

    @cached_property
    def team(self) -> int | None:
        return self._number("team")

    @cached_property
    def wider(self) -> dict[str, str]:
        return wider.wanted(self.asked)

    @cached_property
    def sort(self) -> str:
        asked = self.asked.get("sort", "")
        return asked if asked in sorting.ORDERS else ""

    @property
    def order(self) -> str:
        """The same, and what it is if none is asked for, where that has a name."""
        return self.sort or ("urgency" if self.shows_open and not self.shows_over else "")

    @cached_property
    def columns(self) -> list[str]:
        """What each row shows; empty: as usual. Ticked one by one in a form, or joined in an address."""
        asked = {name for part in self.asked.getlist("show") for name in part.split(",")}
        found = tuple(name for name in cells.COLUMNS if name in asked)
        return [] if found == cells.USUAL else list(found)

    def _number(self, name: str) -> int | None:
        asked = self.asked.get(name, "")
        return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 16 else None

    @cached_property
    def services(self) -> list["Known"]:
        """All, for what words may mean and for two chips. One query."""
        rows = Service.objects.annotate(heard_of=_heard_of(self.user))
        return [Known(*row) for row in rows.values_list("id", "name", "team", "team__name", "heard_of")]

    @property
    def any(self) -> bool:
        return bool(self.q or self.status or self.wider or self._narrows)

    @property
    def _narrows(self) -> bool:
        return bool(self.severity or self.service or self.no_service or self.team)

    @property
    def is_bare(self) -> bool:
        """What the number beside "Queue" counts."""
        return self.scope == self.default and not self.any

    def address(self, path: str, **changes: object) -> str:
        """The same list with something changed; ``None`` takes a part away. The page starts at 1 again."""
        now: dict[str, object] = {name: self.asked.get(name, "") for name in self.NAMES}
        if "show" in now:
            now["show"] = ",".join(self.columns)
        now |= changes
        parts = {name: value for name, value in now.items() if value not in (None, "")}
        return f"{path}?{urlencode(parts)}" if parts else path

    # --- sets ----------------------------------------------------------------------------

    def narrowed(self, incidents):
        """Severity, service and team: what queue and board have in common."""
        if self.severity:
            incidents = incidents.filter(severity=self.severity)
        if self.service or self.no_service:
            incidents = incidents.filter(service=self.service)
        if self.team:
            incidents = of_teams(incidents, [self.team])
        return incidents

    @cached_property
    def words(self) -> list[Wish]:
        return asked_for(self.q, {one.pk: one.name for one in self.services})

    def worded(self, incidents):
        """With the words that are searched for. Each incident is looked at: for what is open."""
        return incidents.search(self.words) if self.q else incidents

    def scoped(self, incidents, *, over: bool = False):
        match self.scope:
            case "mine":
                return of_person(incidents, self.user, over=over)
            case "teams":
                return of_teams(incidents, team_ids(self.user))
        return incidents

    def found(self, now: datetime) -> list[QuerySet]:
        """The queue: visible, in scope, narrowed, most urgent first. A search goes on with what is over."""
        found = [self.worded(self._still(self._whose(now)).most_urgent_first())] if self.shows_open else []
        if self.shows_over:
            found.append(self._over(self._whose(now, over=True), now))
        return [sorting.ordered(one, self.sort) for one in found]

    def _whose(self, now: datetime, *, over: bool = False):
        incidents = self.narrowed(self.scoped(Incident.objects.visible_to(self.user), over=over))
        return wider.narrowed(incidents, self.wider, self.user, now)

    @property
    def shows_open(self) -> bool:
        return self.status != "resolved" and not (self.status == "" and self.wider.keys() & {"within", "cause"})

    @property
    def shows_over(self) -> bool:
        return self.status in ("", "resolved") and (bool(self.q) or not self.shows_open)

    def _still(self, incidents):
        match self.status:
            case "triggered":
                return incidents.triggered()
            case "acknowledged":
                return incidents.acknowledged()
            case "on_hold":
                return incidents.on_hold()
        return incidents.open()

    def _over(self, incidents, now: datetime):
        over = incidents.search_over(self.words) if self.q else incidents.resolved()
        if self.status == "resolved" and "within" not in self.wider:
            over = over.filter(resolved_at__gt=now - RECENTLY)
        return over.order_by("-number") if self.shows_open else over.order_by("-resolved_at", "-id")


class BoardFilters(Filters):
    """What the board and the wall have of it: no status and nothing wider, since that is not narrowed there."""

    NAMES: ClassVar[tuple[str, ...]] = (*BOARD, *BOTH)

    @property
    def any(self) -> bool:
        return bool(self.q or self._narrows)


def open_in_queue(user: User):
    """What the number beside "Queue" counts, and its first page."""
    filters = Filters(user, QueryDict(), default_scope(user))
    return filters.scoped(Incident.objects.visible_to(user)).open()


# --- chips ----------------------------------------------------------------------------------


def chip(filters: Filters, path: str, name: str, label: str, current: object, choices) -> dict:
    """A filter as a small menu of links. ``choices``: (value, words) pairs."""
    chosen = next((words for value, words in choices if value == current and value is not None), None)
    links = [{"label": _("any"), "url": filters.address(path, **{name: None}), "on": chosen is None, "value": None}]
    links += [
        {"label": words, "url": filters.address(path, **{name: value}), "on": value == current, "value": value}
        for value, words in choices
    ]
    gone = chosen is None and current is not None  # archived since, or another team's
    value = _("gone") if gone else chosen or _("any")
    return {"name": name, "label": label, "value": value, "on": gone or chosen is not None, "links": links}


def severity_chip(filters: Filters, path: str) -> dict:
    return chip(filters, path, "severity", _("Severity"), filters.severity, [(n, f"SEV{n}") for n in range(1, 6)])


def service_chip(filters: Filters, path: str) -> dict:
    choices: list[tuple[object, str]] = [(one.pk, one.name) for one in filters.services if one.heard_of]
    choices.append((NONE, _("no service")))
    chosen = NONE if filters.no_service else filters.service
    return chip(filters, path, "service", _("Service"), chosen, choices)


def team_chip(filters: Filters, path: str) -> dict:
    """My teams, and those that own a service I may hear of."""
    teams = {team: name for team, name, _role in memberships(filters.user)}
    teams |= {one.team: one.owner for one in filters.services if one.heard_of}
    return chip(filters, path, "team", _("Team"), filters.team, sorted(teams.items(), key=lambda one: one[1]))


def status_chip(filters: Filters, path: str) -> dict:
    words = {
        "triggered": _("triggered"),
        "acknowledged": _("acknowledged"),
        "on_hold": _("on hold"),
        "resolved": _("resolved in the last 7 days"),
    }
    return chip(filters, path, "status", _("Status"), filters.status or None, list(words.items()))


def named_incident(user: User | AnonymousUser, words: str) -> Incident | None:
    """The one incident that a search for a whole reference means, such as INC-1042, if this person may see it."""
    number = words.strip().upper().removeprefix("INC-")
    if number == words.strip() or not number.isdecimal() or len(number) > 15:
        return None
    return Incident.objects.visible_to(user).filter(number=int(number)).first()
