"""A fresh proof that it is still the same person, before what gives others power: secrets, people, policies, exports,
and whatever else is changed in the admin pages.

Signing in is a proof; it counts for ``PROOF_MINUTES``. After that ``ProofMiddleware`` leads whoever sends such a form
to prove it again, and keeps the form meanwhile: sealed, in their session, so that nothing typed is lost. The addresses
are known by name, for they belong to rooms above.
"""

import json
import time
from typing import Any

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django_htmx.http import HttpResponseClientRedirect

from escalation.kit.sealing import Place, Unreadable, opened, sealed

from .factors import demand

PROVED_AT = "proved_at"  # seconds since 1970, by the host's clock
KEPT = "kept_form"
KEPT_MOST = 500_000  # characters; what is longer was no form that somebody typed
SKEW = 60.0  # seconds that the clocks of two hosts may differ

ASKED = "factor-passkey-question"  # by a script: it is told where to go, and sent no form
FACTORS = {"factor-app", "factor-passkeys", ASKED, "factor-codes", "factor-removal"}
SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")
TAKEN = {"text-removal", "problem-text-removal", "incident-evidence"}  # out of the record for good, or along
SENT = {"tokens", "token-revocation", "calendars", "feed-revocation", *TAKEN, *FACTORS}  # forms on the desk
EXPORTS = {"measured-csv", "measured-people-csv", "configuration-csv", "admin:incidents_receipt_body"}
READ = {*EXPORTS, "admin:incidents_webhook_change"}  # an address with a token in it may stand in its form
# In the admin pages every form, but these: somebody leaves, or a script asks what would be.
PREVIEWS = ("_preview", "_preview_new", "_rules", "_rules_new", "_check", "_check_new", "_what_if")
NOT_CHANGED = ("login", "logout", *PREVIEWS)


def proved(request: HttpRequest) -> None:
    """Called where somebody has just shown all that is asked of them."""
    request.session[PROVED_AT] = time.time()


def is_fresh(request: HttpRequest) -> bool:
    age = time.time() - float(request.session.get(PROVED_AT, 0))
    return -SKEW <= age < settings.PROOF_MINUTES * 60


class ProofMiddleware:
    def __init__(self, get_response: Any):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if not _wants_one(request) or not request.user.is_authenticated:
            return None
        if demand.is_lacking(request) and request.resolver_match.view_name not in FACTORS:  # type: ignore[union-attr]
            return demand.lead(request, request.get_full_path() if request.method in SAFE else "")
        if is_fresh(request):
            if request.method not in SAFE:
                forget(request)
            return None
        if request.resolver_match.view_name == ASKED:  # type: ignore[union-attr]
            return JsonResponse({"address": _again(reverse("signing-in"))}, status=401)
        if request.method not in SAFE:
            _keep(request)
        address = _again(request.get_full_path())
        return HttpResponseClientRedirect(address) if request.headers.get("HX-Request") else redirect(address)


def _again(onward: str) -> str:
    return f"{reverse('account_reauthenticate')}?{urlencode({REDIRECT_FIELD_NAME: onward})}"


def _wants_one(request: HttpRequest) -> bool:
    match = request.resolver_match
    if match is None:
        return False
    name = match.view_name or ""
    if request.method in SAFE:
        return name in READ
    if match.app_names == ["admin"]:
        return not name.removeprefix("admin:").endswith(NOT_CHANGED)
    return name in SENT


# --- what was sent is kept ----------------------------------------------------------------------


def _keep(request: HttpRequest) -> None:
    request.session.pop(KEPT, None)
    try:
        fields = [(name, value) for name, values in request.POST.lists() for value in values]
    except MultiPartParserError:
        return
    whole = json.dumps(
        {
            "path": request.get_full_path(),
            "page": _stood_on(request),
            "fields": [one for one in fields if one[0] != "csrfmiddlewaretoken"],
            "files": sorted({str(file.name) for _name, files in request.FILES.lists() for file in files}),
            "at": time.time(),
        }
    )
    if len(whole) <= KEPT_MOST:
        request.session[KEPT] = sealed(whole.encode(), _place(request))


def _stood_on(request: HttpRequest) -> str:
    """The page with the form, to begin anew on: where it is sent to may be no page."""
    page = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    return page if url_has_allowed_host_and_scheme(page, {request.get_host()}) else reverse("cues")


def kept(request: HttpRequest) -> dict[str, Any] | None:
    """The form that waits: its ``path``, the ``page`` it stood on, ``fields`` as pairs, and the
    names of ``files`` that have to be chosen again."""
    try:
        found: dict[str, Any] = json.loads(opened(request.session.get(KEPT, ""), _place(request)))
    except (Unreadable, ValueError):
        return None
    return found if time.time() - found["at"] < settings.PROOF_MINUTES * 60 else None


def _place(request: HttpRequest) -> Place:
    return (KEPT, str(request.user.pk))


def forget(request: HttpRequest) -> None:
    request.session.pop(KEPT, None)
