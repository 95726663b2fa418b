"""The queue's further filters. Each is one word in the address; what makes no sense is left out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.people.models import Membership, Tier, User
from incidents import finding
from incidents.finding import NOBODY, NONE
from incidents.models import Cause, Incident, Source
from incidents.models.access import sees_all

from . import promised, roles
from .versions import memberships

SPANS = {
    "1h": gettext_lazy("the last hour"),
    "24h": gettext_lazy("the last 24 hours"),
    "7d": gettext_lazy("the last 7 days"),
    "30d": gettext_lazy("the last 30 days"),
    "365d": gettext_lazy("the last year"),
}
ME = "me"
Choices = list[tuple[str, str]]


@dataclass(frozen=True)
class Kind:
    """One filter: what is allowed in the address, whom it leaves, and what it is called."""

    label: Any
    allowed: Callable[[str], bool]
    narrow: Callable[[QuerySet, str, User, datetime], QuerySet]
    choices: Callable[[User], Choices] | None = None  # none: a number is typed
    word: Callable[[str, User], str] | None = None  # how one value is called, where it need not be among the choices


def number(asked: str) -> bool:
    return asked.isascii() and asked.isdigit() and len(asked) < 10


def _by_holder(incidents: QuerySet, asked: str, user: User, now: datetime) -> QuerySet:
    return finding.by_holder(incidents, user.pk if asked == ME else asked)


def _tiers(user: User) -> Choices:
    tiers = Tier.objects.in_use().filter(track=Tier.Track.FUNCTIONAL).order_by("rank", "name")
    return [*((str(pk), name) for pk, name in tiers.values_list("pk", "name")), (NONE, _("no tier"))]


def _tier(asked: str, user: User) -> str:
    return _("no tier") if asked == NONE else _name(Tier.objects.in_use(), asked)


def _people(user: User) -> Choices:
    """Me, nobody, and those I work with; for who sees everything, everybody of a team."""
    people = User.objects.filter(is_active=True, memberships__role=Membership.Role.AGENT).exclude(pk=user.pk)
    if not sees_all(user):
        people = people.filter(teams__in=[team for team, _name, _role in memberships(user)])
    named = [(str(pk), name) for pk, name in people.distinct().order_by("name", "id").values_list("pk", "name")[:500]]
    return [(ME, _("me")), (NOBODY, _("nobody yet")), *named]


def _sources(user: User) -> Choices:
    sources = Source.objects.all()
    if not sees_all(user):
        seen = Incident.objects.visible_to(user).open().filter(source=OuterRef("pk"))
        sources = sources.filter(Exists(seen))
    return [(str(pk), name) for pk, name in sources.order_by("name").values_list("pk", "name")]


def _causes(user: User) -> Choices:
    return [(value, str(words)) for value, words in Cause.choices]


def _spans(user: User) -> Choices:
    return [(key, str(words)) for key, words in SPANS.items()]


def _name(rows: QuerySet, asked: str) -> str:
    return str(rows.filter(pk=asked).values_list("name", flat=True).first() or "")


def _person(asked: str, user: User) -> str:
    return {ME: _("me"), NOBODY: _("nobody yet")}.get(asked) or _name(User.objects.all(), asked)


def _source(asked: str, user: User) -> str:
    """Only of whom one hears something."""
    seen = Incident.objects.visible_to(user).filter(source=OuterRef("pk"))
    return _name(Source.objects.all() if sees_all(user) else Source.objects.filter(Exists(seen)), asked)


KINDS: Mapping[str, Kind] = {
    "tier": Kind(
        gettext_lazy("Tier"),
        lambda asked: asked == NONE or number(asked),
        lambda found, asked, user, now: finding.by_tier(found, asked),
        _tiers,
        _tier,
    ),
    "holder": Kind(
        gettext_lazy("Holder"), lambda asked: asked in (ME, NOBODY) or number(asked), _by_holder, _people, _person
    ),
    "since": Kind(
        gettext_lazy("Opened in"),
        SPANS.__contains__,
        lambda found, asked, user, now: found.filter(opened_at__gt=now - finding.SPANS[asked]),
        _spans,
        lambda asked, user: str(SPANS[asked]),
    ),
    "within": Kind(
        gettext_lazy("Resolved in"),
        SPANS.__contains__,
        lambda found, asked, user, now: found.filter(resolved_at__gt=now - finding.SPANS[asked]),
        _spans,
        lambda asked, user: str(SPANS[asked]),
    ),
    "people": Kind(
        gettext_lazy("People affected, at least"),
        lambda asked: number(asked) and int(asked) > 0,
        lambda found, asked, user, now: found.filter(people_affected__gte=int(asked)),
        word=lambda asked, user: asked,
    ),
    "cause": Kind(
        gettext_lazy("Cause"),
        lambda asked: asked in Cause.values,
        lambda found, asked, user, now: found.filter(cause=asked),
        _causes,
        lambda asked, user: str(Cause(asked).label),
    ),
    "promise": Kind(
        gettext_lazy("Promise"),
        promised.CHOICES.__contains__,
        lambda found, asked, user, now: finding.by_promise(found, asked, now),
        promised.choices,
        lambda asked, user: str(promised.CHOICES[asked]),
    ),
    "role": Kind(
        gettext_lazy("Role"),
        roles.CHOICES.__contains__,
        lambda found, asked, user, now: finding.by_role(found, asked, user),
        roles.choices,
        roles.choice,
    ),
    "source": Kind(
        gettext_lazy("Source"),
        number,
        lambda found, asked, user, now: found.filter(source=asked),
        _sources,
        _source,
    ),
}


def wanted(asked: Mapping[str, str]) -> dict[str, str]:
    """The further filters of an address, without what makes no sense."""
    return {name: value for name, kind in KINDS.items() if (value := asked.get(name, "")) and kind.allowed(value)}


def narrowed(incidents: QuerySet, wanted: Mapping[str, str], user: User, now: datetime) -> QuerySet:
    for name, value in wanted.items():
        incidents = KINDS[name].narrow(incidents, value, user, now)
    return incidents
