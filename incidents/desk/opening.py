"""Opening an incident by hand: two questions, the rest can wait."""

from typing import cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from escalation.people.models import User
from incidents.models import Incident

from .forms import OpenForm
from .verbs import calling


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    if user.is_auditor and not user.is_staff:
        raise PermissionDenied(_("An auditor looks at everything and changes nothing."))
    previous = _previous(user, request.GET.get("after", ""))
    form = OpenForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        stated = {name: value for name, value in form.cleaned_data.items() if value is not None}
        incident = Incident.open(by=user, previous=previous, **stated)
        messages.success(request, calling(incident))
        return redirect(incident)
    status = 422 if form.errors else 200
    return render(request, "desk/opening.html", {"form": form, "previous": previous}, status=status)


def _previous(user: User, number: str) -> Incident | None:
    """The closed incident this one follows, if the person may see it."""
    if not number.isdecimal() or len(number) > 15:
        return None
    return Incident.objects.visible_to(user).filter(number=int(number), closed_at__isnull=False).first()
