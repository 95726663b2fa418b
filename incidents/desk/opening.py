"""Opening an incident by hand: two questions, the rest can wait."""

from datetime import datetime
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from escalation.kit import clock
from escalation.people.models import User
from escalation.people.once import once
from incidents.models import Incident, Level, Service
from incidents.models.catalogue import severity_table
from incidents.models.maintenance import Calendar
from incidents.models.severity import judge

from .cards import clock_time
from .forms import OpenForm
from .verbs import calling


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    if user.is_auditor and not user.is_staff:
        raise PermissionDenied(_("An auditor looks at everything and changes nothing."))
    previous = _previous(user, request.GET.get("after", ""))
    form, calendar = OpenForm(request.POST if request.method == "POST" else None), Calendar(clock.now())
    told = "told" in request.POST
    if request.method == "POST" and form.is_valid():
        stated = {name: value for name, value in form.cleaned_data.items() if value is not None}
        service = stated.get("service")
        silence = calendar.silence(service.pk if service else None)
        stated["call_anyway"] = anyway = silence is not None and stated["call_anyway"]
        if silence is None or anyway or told or not _is_worst(stated):
            number = once(request, lambda: str(Incident.open(by=user, previous=previous, **stated).number))
            incident = Incident.objects.get(number=int(number))
            messages.success(request, calling(incident))
            return redirect(incident)
        told = True
        form.add_error("call_anyway", _as_bad_as_can_be(silence.until, calendar.now))
    context = {"form": form, "previous": previous, "told": told, "maintenance": _on_now(calendar)}
    return render(request, "desk/opening.html", context, status=422 if form.errors else 200)


# --- maintenance ------------------------------------------------------------------------------


def _on_now(calendar: Calendar) -> list[tuple[str, str]]:
    """What is in maintenance, and until when: nobody would be called about it."""
    covered = calendar.covered()
    if covered is None:
        everything = calendar.silence(None)
        return [(_("Everything"), clock_time(everything.until, calendar.now))] if everything else []
    names = Service.objects.in_use().filter(pk__in=covered).values_list("pk", "name") if covered else []
    found = [(name, calendar.silence(pk)) for pk, name in names]
    return [(name, clock_time(silence.until, calendar.now)) for name, silence in found if silence]


def _is_worst(stated: dict[str, Any]) -> bool:
    """Whoever reports a SEV1 must know that nobody would be called."""
    facts = {name: stated.get(name) or Level.MEDIUM for name in ("impact", "urgency")}
    return judge(severity_table(), people=stated.get("people_affected") or 0, reported=None, **facts).severity == 1


def _as_bad_as_can_be(until: datetime, now: datetime) -> str:
    at = clock_time(until, now)
    return _(
        "This is SEV1, and its service is in maintenance until %(at)s. Tick the box to have people called now,"
        " or press again to let it wait until then."
    ) % {"at": at}


def _previous(user: User, number: str) -> Incident | None:
    """The closed incident this one follows, if the person may see it. Nothing real follows a drill."""
    if not number.isdecimal() or len(number) > 15:
        return None
    return Incident.objects.real().visible_to(user).filter(number=int(number), closed_at__isnull=False).first()
