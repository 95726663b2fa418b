"""What others were told of an incident before, as far as the next update begins with it. One query, or none."""

from dataclasses import dataclass

from django.db.models import Q

from incidents.models import Incident, Update


@dataclass(frozen=True)
class SaidBefore:
    number: int | None = None  # of its last one, though it be withdrawn
    last: Update | None = None  # that stands
    titled: Update | None = None  # on the status page, of it or of what was merged into it
    weighed: Update | None = None  # there too: that says how bad it is


def read(incident: Incident) -> SaidBefore:
    """``incident``: as its page reads it."""
    if not (incident.was_updated or incident.may_be_linked):  # type: ignore[attr-defined]
        return SaidBefore()
    whole = Q(incident=incident) | Q(incident__merged_into=incident)
    mine = incident.updates.order_by("-number")
    shown = Update.objects.on_status_page().filter(whole).order_by("-at", "-pk")
    firsts = (mine, mine.standing(), shown.filter(titled=True), shown.exclude(effect=""))
    wanted = Q()
    for rows in firsts:
        wanted |= Q(pk__in=rows.values("pk")[:1])
    found = sorted(Update.objects.filter(wanted).with_words().select_related("incident"), key=_age, reverse=True)
    own = sorted((one for one in found if one.incident_id == incident.pk), key=lambda one: one.number, reverse=True)
    there = [one for one in found if one.on_status_page and not one.withdrawn_at and not one.incident.restricted]
    return SaidBefore(
        number=next((one.number for one in own), None),
        last=next((one for one in own if not one.withdrawn_at), None),
        titled=next((one for one in there if one.titled), None),
        weighed=next((one for one in there if one.effect), None),
    )


def _age(one: Update) -> tuple:
    return one.at, one.pk
