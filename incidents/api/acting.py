"""How every operation on an incident goes: it is found among those its person may see, it is as the program saw it if
that matters, the verb is called, and the new state is the answer."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from django.db.models import Exists, Model, OuterRef, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from escalation.engine.models import EscalationRun
from escalation.kit.errors import Refused
from escalation.people.models import User
from incidents.models import Follow, Incident, access
from incidents.models.incident import PEOPLE_OF_RUN
from incidents.models.verb import meanwhile

from . import incident_state, repeats
from .answers import Made
from .bearer import person
from .problems import FieldProblem, Problem

Do = Callable[[Incident, User], object]
M = TypeVar("M", bound=Model)


def found(number: int, user: User) -> Incident:
    """The incident, if this person may see it; else it is not found."""
    runs = EscalationRun.objects.order_by("id").select_related("policy", "frozen_path", *PEOPLE_OF_RUN)
    rows = Incident.objects.visible_to(user).select_related(
        "service", "owner", "trail", "resolver", "source", "opened_by"
    )
    flags = {
        **access.flags(user),
        "followed": Exists(Follow.objects.filter(incident=OuterRef("pk"), person=user)),
    }
    return get_object_or_404(rows.annotate(**flags).prefetch_related(Prefetch("trail__runs", runs)), number=number)


def act(request: HttpRequest, number: int, do: Do, *, beside: int | None = None, looking: bool = False) -> HttpResponse:
    """Have it done, once, to an incident that this person may change; ``looking``: whoever may see it may do that.

    ``beside``: the number of another one that changes too.
    """
    me = person(request)

    def mine() -> Incident:
        incident = found(number, me)
        if not looking and not incident.rights_as_read(me).act:
            raise Refused(_("You may look at %(ref)s but not change it.") % {"ref": incident.ref}, code="not-allowed")
        return incident

    def once() -> Made:
        do(mine(), me)
        return incident_state.made(found(number, me), me)

    def was() -> Made:
        """As it is, and so it stays until the verb has looked."""
        incident = mine()
        far = Incident.objects.visible_to(me).filter(number=beside).first() if beside is not None else None
        incident.stand_still(by=me, beside=far)  # if there is none, the verb's own look says so
        return replace(incident_state.made(found(number, me), me), meanwhile=meanwhile(incident))

    return repeats.once(request, once, was=was, sees=sees(me))


def sees(me: User) -> repeats.Sees:
    """Whether the incident that was told is one that they may see."""
    return lambda told: get_object_or_404(Incident.objects.visible_to(me).only("pk"), number=told["number"])


def other(number: int, me: User, *, field: str = "body.number") -> Incident:
    """Another incident that somebody names. One they may not see is none."""
    seen = Incident.objects.visible_to(me).filter(number=number).first()
    if seen is None:
        raise _unknown(field, _("There is no INC-%(number)d that you may see.") % {"number": number})
    return seen


def someone(said: int | str, *, field: str = "body.to") -> User:
    """A person, by their number or by their e-mail address. Whether they may is for the verb to say."""
    by = {"pk": said} if isinstance(said, int) else {"email": said.strip().casefold()}
    return chosen(User.objects.all(), field=field, **by)


def chosen(rows: QuerySet[M], *, field: str, **by: Any) -> M:
    """The row that is meant. Raises ``Problem``: there is none, and where that was said."""
    row = rows.filter(**by).first()
    if row is None:
        raise _unknown(field, _("There is none such. Choose another."))
    return row


def _unknown(field: str, said: str) -> Problem:
    return Problem(422, said, errors=[FieldProblem(field=field, message=said)])
