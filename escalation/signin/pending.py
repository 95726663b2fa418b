"""Between the first step and the second: with which password it was taken."""

from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from escalation.people.models import User

_KEY = "signin_begun_with"


def begun(request: HttpRequest, person: User) -> None:
    request.session[_KEY] = person.get_session_auth_hash()


def still_counts(request: HttpRequest, person: User) -> bool:
    """A new password ends the first step as it ends sessions: nobody is signed in there yet whose session could."""
    return constant_time_compare(request.session.get(_KEY, ""), person.get_session_auth_hash())
