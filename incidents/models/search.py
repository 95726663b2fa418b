"""Full-text search over what people and sources wrote: title, first report, service and the record's free texts.

Each incident has one row with all its words (``SearchText``), written in the transaction of the change, under the
incident's lock. When a text leaves the record the row is made anew from what is still there (``changed``), in that
transaction too.

Words are found in two ways, which agree. ``among`` looks into the row of each of some incidents: for what is open,
which is little. ``over`` asks the index (see ``search_tables``) for what is resolved, which may be all that ever was:
there a common word is in half of it, so only the newest of them count, and who asks is told when that is not all.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection, models, transaction
from django.db.models import F, Q, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Concat, StrIndex
from django.db.models.lookups import GreaterThan

from escalation.trail.models import EntryText, Trail

from .catalogue import Service
from .search_tables import expression, newest
from .words import Wish, kept, numbered, of_service, wishes, words_of

SLICE = 200
LOOK = 5_000  # of what is resolved and has the words, so many of the newest are looked at


_SPACE = Value(" ", output_field=models.TextField())


class SearchText(models.Model):
    """All words of one incident, each once, folded."""

    incident = models.OneToOneField("incidents.Incident", models.CASCADE, primary_key=True, related_name="search_text")
    words = models.TextField()

    def __str__(self):
        return self.words[:60]


# --- finding ----------------------------------------------------------------------------------


def asked_for(text: str, services: Mapping[int, str] | None = None) -> list[Wish]:
    """What somebody asks for; nothing if there are only signs. ``services``: the names of all, where they are known."""
    if services is None:
        services = dict(Service.objects.values_list("pk", "name")) if text.strip() else {}
    return wishes(text, services)


def among(incidents: models.QuerySet, asked: Sequence[Wish]) -> models.QuerySet:
    """Those in which every word is found, each as the beginning of a word. Each row is looked at: right for few."""
    if not asked:
        return incidents.none()
    found = incidents.alias(said=Concat(_SPACE, "search_text__words", _SPACE))
    return found.filter(*(_in_row(wish) for wish in asked))


def _in_row(wish: Wish) -> Q:
    found = Q(service__in=wish.services) if wish.services else Q()
    for way in wish.ways:
        terms = (f" {term.word}{'' if term.open else ' '}" for term in way)
        found |= Q(*(GreaterThan(StrIndex(F("said"), Value(term)), 0) for term in terms))
    return found


def over(incidents: models.QuerySet, asked: Sequence[Wish]) -> models.QuerySet:
    """The same of what is resolved, by the index: among the newest that have all the words."""
    return incidents.filter(pk__in=_newest(asked, LOOK)) if asked else incidents.none()


def is_more(asked: Sequence[Wish]) -> bool:
    """Whether older ones have the words too, which ``over`` leaves out."""
    if not asked:
        return False
    ids: Any = _newest(asked, LOOK + 1)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({ids.sql}) one", ids.params)  # noqa: S608
        return bool(cursor.fetchone()[0] > LOOK)


def _newest(asked: Sequence[Wish], most: int) -> RawSQL:
    return RawSQL(newest(connection.vendor), [expression(connection.vendor, asked), most])  # noqa: S611


# --- keeping ----------------------------------------------------------------------------------


def opened(incidents: Sequence[Any]) -> None:
    """New incidents: their first words."""
    SearchText.objects.bulk_create(
        [SearchText(incident=one, words=" ".join(kept([], _first(one)))) for one in incidents]
    )


def heard(texts: Sequence[EntryText]) -> None:
    """New texts on the record; the caller holds the locks of their trails."""
    said: dict[int, list[str]] = {}
    for text in texts:
        if text.entry.kind != "opened":  # its text is the incident's own
            said.setdefault(text.entry.trail_id, []).extend(words_of(text.text))
    if not said:
        return
    rows = SearchText.objects.filter(incident__trail__in=said).annotate(trail=models.F("incident__trail"))
    changed, there = [], set()
    for row in rows:
        there.add(row.trail)
        before = row.words.split(" ")
        after = kept(before, said[row.trail])
        if len(after) != len(before):
            row.words = " ".join(after)
            changed.append(row)
    SearchText.objects.bulk_update(changed, ["words"])
    absent = said.keys() - there
    if absent:
        refresh(_incidents().filter(trail__in=absent))


def changed(instance: EntryText, created: bool = False, **kwargs: Any) -> None:
    """A text was taken from the record, or written over: a signal of its row."""
    if not created:
        refresh(_incidents().filter(trail__entries=instance.entry_id))


def refresh(incidents: models.QuerySet) -> int:
    """Make the rows of these anew from what is on record now, a slice at a time. Returns how many."""
    ids = list(incidents.order_by("trail").values_list("trail", flat=True))
    for at in range(0, len(ids), SLICE):
        with transaction.atomic():
            Trail.objects.lock(ids[at : at + SLICE])
            _made_anew(ids[at : at + SLICE])
    return len(ids)


def _made_anew(trails: list[int]) -> None:
    said: dict[int, list[str]] = {}
    texts = EntryText.objects.filter(entry__trail__in=trails).exclude(entry__kind="opened").order_by("entry")
    for trail, text in texts.values_list("entry__trail", "text").iterator():
        said.setdefault(trail, []).extend(words_of(text))
    rows = [
        SearchText(incident=one, words=" ".join(kept(_first(one), said.get(one.trail_id, []))))
        for one in _incidents().filter(trail__in=trails)
    ]
    SearchText.objects.bulk_create(rows, update_conflicts=True, unique_fields=["incident"], update_fields=["words"])


def _first(incident: Any) -> Iterable[str]:
    """What it had from the beginning: its number and service as marks, its title, and what was first seen."""
    yield numbered(incident.number)
    if incident.service_id:
        yield of_service(incident.service_id)
    yield from words_of(incident.title)
    yield from words_of(incident.symptom)


def _incidents() -> models.QuerySet:
    model: Any = SearchText._meta.get_field("incident").related_model
    found: models.QuerySet = model.objects.all()
    return found
