"""Who asks: by the token in ``Authorization``, never by a session."""

from typing import cast

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security import HttpBearer

from escalation.kit import clock, doing
from escalation.kit.errors import Refused
from escalation.people.models import ApiToken, User
from escalation.people.tokens import BEGINS, Scope

from . import failures
from .problems import FieldProblem, Problem
from .walls import on_the_clock_of


class Bearer(HttpBearer):
    """Reading needs no scope beside that which every token has; what writes needs ``scope``."""

    openapi_description = "A token of yours, from the page *API tokens* of the preferences."

    def __init__(self, scope: Scope = Scope.WORK):
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        address = request.META.get("REMOTE_ADDR", "")
        if failures.too_many(address) and not failures.is_known(token):
            raise Problem(429, "Too many wrong tokens came from there. Wait a minute.", headers={"Retry-After": "60"})
        now = clock.now()
        found = ApiToken.objects.opened_by(token, now) if token.startswith(BEGINS) else None
        if found is None:
            failures.count(address)
            return None
        failures.has_opened(token)
        found.was_used(now)
        needed = Scope.READ if request.method == "GET" else self.scope
        if not found.may(needed):
            said = f"This token may not: it lacks the scope “{needed.value}”. Make another that has it."
            raise Problem(403, said, code="scope")
        if needed is not Scope.READ and found.person.is_auditor and not found.person.is_staff:
            raise Refused(_("An auditor looks at everything and changes nothing."), code="not-allowed")
        if unknown := getattr(request, "unknown_parameters", None):
            raise _no_such(min(unknown))
        request.user = found.person
        doing.add(person=found.person_id)
        on_the_clock_of(found.person)
        return found


def _no_such(name: str) -> Problem:
    """A filter that is mistyped must not find everything."""
    said = "There is no such parameter." if name.startswith("query.") else "This is not judged here: leave it out."
    return Problem(422, said, errors=[FieldProblem(field=name, message=said)])


def person(request: HttpRequest) -> User:
    """Whom the token acts for."""
    return cast("User", request.user)


def token_of(request: HttpRequest) -> ApiToken:
    return cast("ApiToken", request.auth)  # type: ignore[attr-defined]
