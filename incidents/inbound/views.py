"""The addresses that programs post to. Who may, take it in, say so in the contract's words, whatever happens."""

import hmac
import logging
import time
from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from escalation.kit import clock
from incidents.models import SourceKey
from incidents.models.keys import hashed

from . import intake, quota, refusing, tasks
from .alert import Invalid
from .door import Answer, Asked, Door
from .quota import TooMuch

log = logging.getLogger(__name__)

REMEMBER_SECONDS = 5.0
REMEMBERED = 1_000

_remembered: dict[str, tuple[SourceKey, float]] = {}  # by the key's hash


def at(door: Door) -> Callable[..., JsonResponse]:
    """The view of a door: no login, no session, no cookie, no redirect.

    Whatever fails stays here, told as the contract tells it: Django would log the address, and a key may be in it.
    """

    def view(request: HttpRequest, **words: str) -> JsonResponse:
        asked = Asked(door, request, words)
        answer = door.finished(asked, _answered(asked))
        response = JsonResponse(answer.body, status=answer.status, headers=answer.headers)
        response["Content-Length"] = str(len(response.content))  # no middleware does it for the door
        response["X-Content-Type-Options"] = "nosniff"  # nor this: an answer may quote what was sent
        if answer.status >= 500:
            response._has_been_logged = True  # type: ignore[attr-defined]  # else Django logs the address
        return response

    return csrf_exempt(login_not_required(view))


def _answered(asked: Asked) -> Answer:
    door = asked.door
    if asked.request.method not in door.methods:
        return door.not_allowed()
    try:
        try:
            return _taken_in(asked)
        except intake.Withdrawn:  # a remembered key may open another source by now, or its own in another row
            _forget(asked)
            return _taken_in(asked)
    except Invalid as error:
        refusing.keep(asked, error)
        return door.invalid(error)
    except SuspiciousOperation:  # Django's word for more names in an address than it reads
        return door.invalid(Invalid("The address has too much in it."))
    except intake.Withdrawn:
        return door.unknown_key()
    except TooMuch as error:
        return door.too_much(str(error), quota.RETRY_SECONDS)
    except Exception:
        log.exception("a message could not be kept; its sender was asked to try again")
        return door.unavailable()


def _taken_in(asked: Asked) -> Answer:
    door = asked.door
    given = door.key(asked)
    if given is None:
        return door.without_key()
    key = _opened_by(given, door)
    if key is None:
        return door.unknown_key()
    asked.opened = key
    if (answer := door.look(asked)) is not None:
        if answer.status < 400:
            intake.note_use(key)
        return answer
    body, envelope = door.kept(asked, key.source), door.envelope(asked)
    if door.name != door.kind:
        envelope["door"] = door.name
    at_once = not intake.pace.is_brisk()
    receipt = intake.take_in(key.source, body, envelope=envelope, key=key, ring=tasks.ring, at_once=at_once)
    return door.accepted(asked, receipt)


def _forget(asked: Asked) -> None:
    """The key that opened nothing any more is looked up anew, also if another message has forgotten it already."""
    given = asked.door.key(asked)
    if given is not None:
        _remembered.pop(hashed(given), None)


def _opened_by(given: str, door: Door) -> SourceKey | None:
    """The same hash, look-up and comparison for a right key, a wrong one and a disabled one.

    A right key is remembered for some seconds; whether it still opens its source is asked again when a message is kept.
    """
    digest = hashed(given)
    key, until = _remembered.get(digest, (None, 0.0))
    if key is not None and time.monotonic() <= until and _opens(key, door):
        return key
    found = SourceKey.objects.select_related("source__service").filter(key_hash=digest).first()
    same = hmac.compare_digest(found.key_hash if found else "0" * 64, digest)
    if found is None or not same or not found.source.enabled:
        return None
    if len(_remembered) >= REMEMBERED:
        _remembered.clear()
    _remembered[digest] = (found, time.monotonic() + REMEMBER_SECONDS)
    return found if _opens(found, door) else None


def _opens(key: SourceKey, door: Door) -> bool:
    return door.opens(key.source) and not key.is_over(clock.nearly())
