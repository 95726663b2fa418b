"""Maintenance: a window that one has planned and that ends soon, what was still open after it, and a window that is
about to cover an incident one holds."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.core.cache import cache
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from escalation.oncall.templatetags.oncall import moment
from escalation.people.models import User
from incidents.models import Incident, MaintenanceWindow
from incidents.models.windows import Plan, Stretch

from ..asks import Ask
from ..versions import TURN, rules_of
from .cue import Act, Cue, When
from .rota import supervised

SOON = timedelta(hours=1)
LATELY = timedelta(hours=12)  # so long it is said what a window has left open
HOLDING = ("holding", "returned", "assigned", "wakes")
MOST = 200  # incidents looked at


@dataclass(frozen=True)
class Window:
    """One window as it was read. ``mine``: planned by this person, who may change it."""

    pk: int
    reason: str
    by: str
    mine: bool
    everything: bool
    services: dict[int, str]
    plan: Plan

    @property
    def covers(self) -> str:
        return _("everything") if self.everything else ", ".join(self.services.values())

    def hits(self, service: int | None) -> bool:
        return self.everything or service in self.services


def cues_of(user: User, asks: Sequence[Ask], now: datetime) -> list[Cue]:
    """No query, but one each for what a window has left open and for what one is about to cover."""
    windows = windows_of(user, now)
    mine = [window for window in windows if window.mine]
    ending = [(one, on) for one in mine if (on := one.plan.on(now)) and on.end - now <= SOON]
    over = [(one, last) for one in mine if (last := _ended(one.plan, now))]
    coming = [(one, start) for one in windows if (start := one.plan.next_start(now)) and start - now <= SOON]
    held = [ask.climb.trail_id for ask in asks if ask.kind in HOLDING]
    return [
        *(_ends(one, on.end, now) for one, on in ending),
        *(_left_open(user, over, now) if over else ()),
        *(_touched(user, coming, held, now) if coming and held else ()),
    ]


def windows_of(user: User, now: datetime) -> list[Window]:
    """Read once for each change of the installation's record: two queries."""
    key = f"windows:{rules_of(user, now)}"
    found: list[Window] | None = cache.get(key)
    if found is None:
        found = list(_read(user, now))
        cache.set(key, found, TURN)
    return found


def _read(user: User, now: datetime) -> Iterator[Window]:
    living = Q(over_at__isnull=True) | Q(over_at__gt=now)
    rows = MaintenanceWindow.objects.filter(living | Q(planned_by=user, over_at__gt=now - LATELY - SOON))
    teams = set(supervised(user))
    for row in rows.select_related("planned_by").prefetch_related("services"):
        services = list(row.services.all())
        theirs = not row.everything and not user.is_auditor and {one.team_id for one in services} <= teams
        yield Window(
            pk=row.pk,
            reason=row.reason,
            by=row.planned_by.name,
            mine=row.planned_by_id == user.pk and (user.is_staff or theirs),
            everything=row.everything,
            services={one.pk: one.name for one in services},
            plan=row.plan,
        )


def _ended(plan: Plan, now: datetime) -> Stretch | None:
    """The last time it was on, if that has ended lately and by itself: whoever ends it by hand knows what follows."""
    last = None
    for one in plan.stretches(now - LATELY):
        if one.start > now:
            break
        if one.end <= now and one.end not in (plan.ended_at, plan.cancelled_at):
            last = one
    return last


def _ends(window: Window, end: datetime, now: datetime) -> Cue:
    return Cue(
        kind="maintenance",
        id=f"cue-window-{window.pk}-ends",
        title=_("“%(reason)s” ends soon") % {"reason": window.reason},
        url=reverse("maintenance"),
        why=_("You planned this maintenance of %(covers)s.") % {"covers": window.covers},
        then=_("Then who is on call is called about what is still open."),
        when=When(end, since=window.pk),
        acts=(
            Act(_("Change it"), reverse("maintenance-change", args=[window.pk])),
            Act(_("End now"), reverse("maintenance-end", args=[window.pk])),
        ),
        at=moment(end, now),
        label=_("Maintenance"),
    )


def _left_open(user: User, over: Sequence[tuple[Window, Stretch]], now: datetime) -> Iterator[Cue]:
    first = min(stretch.start for _window, stretch in over)
    rows = Incident.objects.visible_to(user).open().filter(opened_at__gte=first)
    if not any(window.everything for window, _stretch in over):
        rows = rows.filter(service__in={pk for window, _stretch in over for pk in window.services})
    opened = list(rows.order_by("-opened_at").values_list("service", "opened_at")[:MOST])
    for window, stretch in over:
        left = sum(window.hits(service) and at in stretch for service, at in opened)
        if left:
            yield _after(window, stretch, left, now)


def _after(window: Window, stretch: Stretch, left: int, now: datetime) -> Cue:
    asked = {"scope": "all"} | ({"service": str(next(iter(window.services)))} if len(window.services) == 1 else {})
    still = ngettext("%(n)d incident that", "%(n)d incidents that", left) % {"n": left}
    words = {"at": moment(stretch.end, now), "still": still, "covers": window.covers}
    queue = f"{reverse('queue')}?{urlencode(asked)}"
    return Cue(
        kind="maintenance-over",
        id=f"cue-window-{window.pk}-over",
        title=_("See what is open after “%(reason)s”") % {"reason": window.reason},
        url=queue,
        why=_("Your maintenance of %(covers)s ended at %(at)s; %(still)s began in it: still open.") % words,
        then=_("Who is on call is called about it."),
        when=When(since=window.pk),
        acts=(Act(_("Look at it"), queue),),
        label=_("Maintenance"),
    )


def _touched(
    user: User, coming: Sequence[tuple[Window, datetime]], held: Collection[int], now: datetime
) -> Iterator[Cue]:
    rows = Incident.objects.visible_to(user).filter(trail__in=held).order_by("severity", "number")
    mine = list(rows.only("number", "service_id")[:MOST])
    for window, start in coming:
        hit = [incident for incident in mine if window.hits(incident.service_id)]
        if hit:
            yield _covers(window, start, hit, now)


def _covers(window: Window, start: datetime, hit: Sequence[Incident], now: datetime) -> Cue:
    first, rest = hit[0], len(hit) - 1
    refs = first.ref if not rest else _("%(ref)s and %(n)d more") % {"ref": first.ref, "n": rest}
    words = {"reason": window.reason, "by": window.by, "refs": refs}
    return Cue(
        kind="maintenance-begins",
        id=f"cue-window-{window.pk}-begins",
        title=_("Maintenance of %(covers)s begins soon") % {"covers": window.covers},
        url=reverse("maintenance"),
        why=_("“%(reason)s”, planned by %(by)s, covers %(refs)s, which you hold.") % words,
        then=_("While it is on, nobody is called automatically about it."),
        when=When(start, since=window.pk),
        acts=(Act(_("Open %(ref)s") % {"ref": first.ref}, first.get_absolute_url()),),
        at=moment(start, now),
        label=_("Maintenance"),
    )
