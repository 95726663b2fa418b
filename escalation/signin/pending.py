"""Before somebody is signed in: whether the provider is the only way in, and what the first step was taken with."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from escalation.people.models import User

from . import guessing

_KEY = "signin_begun_with"


def begun(request: HttpRequest, person: User) -> None:
    request.session.cycle_key()  # whoever planted the cookie of before in this browser has taken no step with it
    request.session[_KEY] = person.get_session_auth_hash()


def still_counts(request: HttpRequest, person: User) -> bool:
    """A new password ends the first step as it ends sessions: nobody is signed in there yet whose session could."""
    return constant_time_compare(request.session.get(_KEY, ""), person.get_session_auth_hash())


def is_provider_only() -> bool:
    return bool(settings.OPENID_ONLY and settings.OPENID is not None)


def waiting(request: HttpRequest, wait: guessing.TooMany) -> HttpResponse:
    response = render(request, "registration/waiting.html", {"sentence": wait.words})
    response["Cache-Control"] = "no-store"
    wait.tell(response)
    return response


def by_the_provider_only(request: HttpRequest) -> HttpResponse:
    name = settings.OPENID["name"] if settings.OPENID else ""
    said = _("Everybody signs in with %(name)s here.") % {"name": name}
    return render(request, "registration/refused.html", {"sentence": said}, status=403)
