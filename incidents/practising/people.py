"""Whom a case may not name: everybody who is known here, and who of them had a part in an incident."""

from collections.abc import Iterable

from escalation.notify.models import ChatAccount
from escalation.people.models import User
from escalation.trail.models import Entry
from incidents.learning.anonymous import Names, Person
from incidents.models import Incident


def known(incident: Incident, called: Iterable[int] = ()) -> Names:
    """Also those who have left. Whoever did something on its record had a part in it, and so had who was ``called``.
    Three queries, and one for a service that is not read yet."""
    acted = Entry.objects.filter(trail=incident.trail_id, actor_kind=Entry.Actor.PERSON).order_by()
    took_part = {*acted.values_list("actor_id", flat=True).distinct(), *called}
    handles: dict[int, list[str]] = {}
    for person, name in ChatAccount.objects.exclude(name="").values_list("person", "name"):
        handles.setdefault(person, []).append(name)
    people = [
        Person(pk, name, email, pk in took_part, tuple(handles.get(pk, ())))
        for pk, name, email in User.objects.order_by("pk").values_list("pk", "name", "email")
    ]
    return Names(people, [incident.service.name] if incident.service else [])
