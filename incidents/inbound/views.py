"""The address monitoring posts to. Who may, take it in, say so: in JSON, whatever happens."""

import base64
import binascii
import functools
import hmac
import logging
import time
from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from incidents.models import Receipt, Source
from incidents.models.doors import hashed

from . import intake, quota, reading, tasks
from .alert import Invalid
from .quota import TooMuch

log = logging.getLogger(__name__)

RETRY_SECONDS = 5
REMEMBER_SECONDS = 5.0
REMEMBERED = 1_000

_remembered: dict[str, tuple[Source, float]] = {}  # by the key's hash


def keyed(view: Callable[..., JsonResponse]) -> Callable[..., JsonResponse]:
    """POST only, no login, no session, and trouble of ours told as 503: senders retry that, and nothing else.

    Whatever it is stays here: Django would log the address, and with it the key.
    """

    @functools.wraps(view)
    def answer(request: HttpRequest, key: str = "") -> JsonResponse:
        response = answered(request, key)
        response["Content-Length"] = str(len(response.content))  # no middleware does it for the door
        return response

    def answered(request: HttpRequest, key: str) -> JsonResponse:
        if request.method != "POST":
            refusal = _answer(405, "invalid", "Send a POST.")
            refusal["Allow"] = "POST"
            return refusal
        try:
            return view(request, key)
        except Invalid as error:
            return _answer(error.status, "invalid", str(error))
        except intake.Withdrawn:
            return _unknown()
        except TooMuch as error:
            return _later("busy", str(error), quota.RETRY_SECONDS)
        except Exception:
            log.exception("a message could not be kept; its sender was asked to try again")
            return _later("unavailable", "It could not be stored. Try again.", RETRY_SECONDS)

    return csrf_exempt(login_not_required(answer))


@keyed
def alertmanager(request: HttpRequest, key: str) -> JsonResponse:
    given = key or _key_in_header(request)
    if given is None:
        refusal = _answer(401, "unauthorized", "Send the key in the address, as Bearer token or as Basic password.")
        refusal["WWW-Authenticate"] = 'Bearer realm="integrations"'
        return refusal
    source = _source(given, Source.Kind.ALERTMANAGER)
    if source is None:
        return _unknown()
    body = reading.body_of(request)
    return _accepted(intake.take_in(source, body, ring=tasks.ring, at_once=not intake.pace.is_brisk()))


def _key_in_header(request: HttpRequest) -> str | None:
    """A Bearer token, or a Basic password whatever the user name; unreadable ones are wrong keys."""
    scheme, _space, value = request.headers.get("Authorization", "").strip().partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(value, validate=True).decode("utf-8", "replace").partition(":")[2]
    except (binascii.Error, ValueError):
        return ""


def _source(key: str, kind: str) -> Source | None:
    """The same hash, look-up and comparison for a right key, a wrong one and a disabled one.

    A right key is remembered for some seconds; what it opens is looked up again when the message is kept.
    """
    digest = hashed(key)
    source, until = _remembered.get(digest, (None, 0.0))
    if source is None or time.monotonic() > until:
        found = Source.objects.select_related("service").filter(key_hash=digest).first()
        same = hmac.compare_digest(found.key_hash if found else "0" * 64, digest)
        source = found if found and same and found.enabled else None
        if source is not None:
            if len(_remembered) >= REMEMBERED:
                _remembered.clear()
            _remembered[digest] = (source, time.monotonic() + REMEMBER_SECONDS)
    return source if source is not None and source.kind == kind else None


def _unknown() -> JsonResponse:
    return _answer(403, "unauthorized", "This key is unknown or disabled.")


def _later(status: str, message: str, seconds: int) -> JsonResponse:
    """503, because Alertmanager retries no 429."""
    refusal = _answer(503, status, message)
    refusal["Retry-After"] = str(seconds)
    refusal._has_been_logged = True  # type: ignore[attr-defined]  # Django would log the address, and the key in it
    return refusal


def _accepted(receipt: Receipt) -> JsonResponse:
    answer = {"status": "accepted", "incidents": receipt.outcome.get("incidents", [])}
    if receipt.state == Receipt.State.RECEIVED:
        answer["message"] = "Stored. It is worked off in a moment."
    if warnings := receipt.outcome.get("warnings"):
        answer["warnings"] = warnings
    return JsonResponse(answer, status=202)


def _answer(code: int, status: str, message: str) -> JsonResponse:
    return JsonResponse({"status": status, "message": message}, status=code)
