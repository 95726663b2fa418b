"""What the status page is made of: five queries, and only what was written for it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import F, Max, Q

from escalation.trail.models import Entry
from incidents.models import Component, MaintenanceWindow, StatusPage, Update

from .picture import PAST, End, Part, Picture, State, Word, Works, draw

MOST = 500  # updates read, the latest; more of what is open or fresh nobody writes
# An incident, what it was merged into, and so on: further than this nobody merges.
WAYS = ("incident", "incident__merged_into", "incident__merged_into__merged_into")


def read(now: datetime) -> tuple[StatusPage | None, Picture]:
    """The page's settings (None: it is off, or shows nothing) and what is to be seen."""
    components = list(Component.objects.shown())
    if not components:
        return None, draw([], [], {}, [], now)
    parts = [Part(one.pk, one.group, one.name) for one in components]
    words = _words(now)
    works = list(_works({one.service_id: one.pk for one in components}, now))
    return components[0].page, draw(parts, words, _ends({word.root for word in words}), works, now)


def _words(now: datetime) -> Sequence[Word]:
    """The updates chosen for the page, of what goes on or ended lately."""
    lately, secret = Q(), Q()
    for way in WAYS:
        secret |= Q(**{f"{way}__restricted": True})  # nothing is said of what it was merged into either
        ended = Q(**{f"{way}__resolved_at__isnull": True}) | Q(**{f"{way}__resolved_at__gt": now - PAST})
        lately |= Q(**{f"{way}__isnull": False}) & ended
    roots = {f"root_{n}": F(f"{way}_id") for n, way in enumerate(WAYS)}
    chosen = (
        Update.objects.on_status_page().filter(lately).exclude(secret).select_related("entry__said").annotate(**roots)
    )
    rows = list(chosen.order_by("-at", "-pk")[:MOST])
    touched = _touched(rows)
    return [_word(row, touched[row.pk]) for row in rows]


def _word(row: Update, parts: set[int]) -> Word:
    ways = [getattr(row, f"root_{n}") for n in reversed(range(len(WAYS)))]
    return Word(
        pk=row.pk,
        root=next(root for root in ways if root),
        at=row.at,
        stage=row.stage,
        title=row.public_title,
        text=row.text,
        effect=State(row.effect) if row.effect else None,
        parts=frozenset(parts),
    )


def _touched(rows: Sequence[Update]) -> dict[int, set[int]]:
    """The components that each names."""
    found = defaultdict(set)
    if rows:
        links = Update.components.through.objects.filter(update__in=[row.pk for row in rows])
        for update, part in links.values_list("update", "component"):
            found[update].add(part)
    return found


def _ends(roots: set[int]) -> dict[int, End]:
    """When each was resolved last, as its record says."""
    if not roots:
        return {}
    ended = Entry.objects.filter(trail__incident__in=roots, kind="resolved").order_by()
    rows = ended.values_list("trail__incident", "trail__incident__resolved_at").annotate(last=Max("at"))
    return {root: End(last, resolved_at is not None) for root, resolved_at, last in rows}


def _works(known: dict[int, int], now: datetime) -> Iterable[Works]:
    """Windows with words for the page. Of one that comes again, its next time."""
    windows = MaintenanceWindow.objects.living(now).exclude(public_text="").annotate(service=F("services"))
    covered: dict[int, tuple[MaintenanceWindow, set[int]]] = {}
    for window in windows:
        service: int = window.service
        _one, parts = covered.setdefault(window.pk, (window, set()))
        parts |= set(known.values()) if window.everything else {known[service]} if service in known else set()
    for window, parts in covered.values():
        stretch = next(window.plan.stretches(now), None)
        if stretch is not None and parts:
            yield Works(window.pk, window.public_text, frozenset(parts), stretch.start, stretch.end, window.planned_at)
