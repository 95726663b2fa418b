"""Where a search was found, when the title does not say it: in whose note, and when."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from escalation.trail.models import Entry
from incidents.models import Incident
from incidents.models.words import Wish, words_of

from .cards import Card

MOST = 200  # texts looked at for one page


def with_places(cards: Sequence[Card], incidents: Sequence[Incident], asked: Sequence[Wish]) -> list[Card]:
    """The cards of these incidents, each with its place: one query for all that need one."""
    unsaid = {
        one.trail_id: missing for one in incidents if (missing := [wish.said for wish in asked if not _said(wish, one)])
    }
    places = _places(unsaid) if unsaid else {}
    by_number = {one.number: one.trail_id for one in incidents}
    return [replace(card, place=places.get(by_number[card.number], "")) for card in cards]


def _said(wish: Wish, incident: Incident) -> bool:
    """Whether the row itself shows it: in the title, the service or the reference."""
    service = incident.service.name if incident.service else ""
    shown = [*words_of(incident.title), *words_of(service)]
    return wish.said in (f"inc-{incident.number}", str(incident.number)) or _begins(wish.said, shown)


def _begins(said: str, words: Iterable[str]) -> bool:
    return any(word.startswith(said) for word in words)


def _places(unsaid: dict[int, list[str]]) -> dict[int, str]:
    """trail → the newest text that has one of the words. Written with other accents than asked, it is not named."""
    any_word = Q(pk=None)
    for word in {word for missing in unsaid.values() for word in missing}:
        any_word |= Q(said__text__icontains=word)
    texts = Entry.objects.filter(any_word, trail__in=unsaid).order_by("-id")
    found: dict[int, str] = {}
    for entry in texts.select_related("said")[:MOST]:
        if entry.trail_id in found:
            continue
        words = words_of(entry.said.text)
        if any(_begins(word, words) or word in entry.said.text.casefold() for word in unsaid[entry.trail_id]):
            found[entry.trail_id] = _place(entry)
    return found


def _place(entry: Entry) -> str:
    said = {"name": entry.actor_name, "day": date_format(localtime(entry.at), "j M")}
    match entry.kind:
        case "opened":
            return _("in the first report, %(day)s") % said
        case "note":
            return _("in a note by %(name)s, %(day)s") % said
        case "attempt":
            return _("in an attempt by %(name)s, %(day)s") % said
        case "resolved":
            return _("in what fixed it, by %(name)s, %(day)s") % said
        case "called" | "offered" | "reassigned":
            return _("in a brief by %(name)s, %(day)s") % said
    return _("in what %(name)s wrote, %(day)s") % said
