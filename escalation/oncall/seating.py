"""A layer's seats as admins write them: one a line, in the order of their turns.

``Ana Ruiz`` or ``ana@example.com``; ``nobody`` leaves the turn to the layers below. Who joins or leaves
later: ``Jo Okafor from 2026-05-01 until 2026-09-30 09:00``, on the schedule's wall (a day alone is its midnight).
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, time
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from escalation.people.models import User

from .models import Layer, Seat
from .wall import instant, shown

NOBODY = "nobody"
MOST = 100
_WHEN = r"\d{4}-\d{2}-\d{2}(?:[ T]\d{1,2}:\d{2})?"
_LINE = re.compile(rf"(.+?)(?:\s+from\s+({_WHEN}))?(?:\s+until\s+({_WHEN}))?", re.IGNORECASE)


def read(text: str, zone: ZoneInfo) -> list[Seat]:
    """Seats that are not saved yet; raises ValidationError with a sentence for each line that is wrong."""
    lines = [line for line in (" ".join(raw.split()) for raw in text.splitlines()) if line]
    if len(lines) > MOST:
        raise ValidationError(_("At most %d lines, please.") % MOST)
    parts = [found.groups() for line in lines if (found := _LINE.fullmatch(line))]
    people = _people([who for who, _since, _until in parts])
    seats: list[Seat] = []
    wrong: list[str] = []
    for position, (who, since, until) in enumerate(parts, start=1):
        try:
            person = _one(who, people)
            seat = Seat(position=position, person=person, joins_at=_at(since, zone), leaves_at=_at(until, zone))
            if seat.joins_at and seat.leaves_at and seat.leaves_at <= seat.joins_at:
                raise ValueError(_("%(who)s leaves before joining.") % {"who": who})
            seats.append(seat)
        except ValueError as error:
            wrong.append(str(error))
    if wrong:
        raise ValidationError(wrong)
    return seats


def written(seats: Iterable[Seat], zone: ZoneInfo) -> str:
    """The same as text; of seats that are read ``along``."""
    return "\n".join(_line(seat, zone) for seat in seats)


def along(seats: QuerySet[Seat]) -> QuerySet[Seat]:
    """In their order, each with its person, and whether somebody else has the same name."""
    others = User.objects.filter(name__iexact=OuterRef("person__name")).exclude(pk=OuterRef("person"))
    return seats.select_related("person").annotate(namesakes=Exists(others)).order_by("position", "id")


def keep(layer: Layer, seats: list[Seat]) -> None:
    """These seats, in place of those it had."""
    if [seat.plain() for seat in layer.seats.order_by("position", "id")] == [seat.plain() for seat in seats]:
        return
    layer.seats.all().delete()
    for seat in seats:
        seat.layer = layer
    Seat.objects.bulk_create(seats)


def _people(words: Iterable[str]) -> dict[str, list[User]]:
    """Who is meant by an address or a name. One query."""
    asked = {word.casefold() for word in words}
    wanted = Q()
    for word in asked:
        wanted |= Q(email=word) | Q(name__iexact=word)
    found: dict[str, list[User]] = defaultdict(list)
    for person in User.objects.filter(wanted) if asked else ():
        for word in {person.email, person.name.casefold()} & asked:
            found[word].append(person)
    return found


def _one(who: str, people: dict[str, list[User]]) -> User | None:
    if who.casefold() == NOBODY:
        return None
    found = people.get(who.casefold(), [])
    if not found:
        raise ValueError(_("“%(who)s” is nobody here. Write a name or an e-mail address.") % {"who": who})
    active = [person for person in found if person.is_active] or found
    if len(active) > 1:
        raise ValueError(_("More than one person is called %(who)s. Write the e-mail address.") % {"who": who})
    if active[0].is_auditor:
        raise ValueError(_("%(who)s is an auditor, who is never called.") % {"who": who})
    return active[0]


def _at(text: str | None, zone: ZoneInfo) -> datetime | None:
    if text is None:
        return None
    try:
        local = datetime.fromisoformat(text.replace(" ", "T") if len(text) != 15 else f"{text[:10]}T0{text[11:]}")
        if not 1970 < local.year < 2200:
            raise ValueError(text)
        return instant(local, zone)
    except ValueError:
        raise ValueError(_("“%(text)s” is no day or time.") % {"text": text}) from None


def _line(seat: Seat, zone: ZoneInfo) -> str:
    words = [_name(seat.person, others=seat.namesakes)]  # type: ignore[attr-defined]
    for word, at in (("from", seat.joins_at), ("until", seat.leaves_at)):
        if at is not None:
            there = shown(at, zone)
            words.append(f"{word} {there:%Y-%m-%d}" + ("" if there.time() == time() else f" {there:%H:%M}"))
    return " ".join(words)


def _name(person: User | None, *, others: bool) -> str:
    """The name, unless it would be read as something else. ``others`` are called the same."""
    if person is None:
        return NOBODY
    odd = re.search(r"\s(from|until)\s", f" {person.name} ", re.IGNORECASE) or person.name.casefold() == NOBODY
    return person.email if odd or others else person.name
