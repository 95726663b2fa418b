"""The door of the Alert API: where the key is, what is only looked up, and the API's own words for every answer."""

import time
from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext_lazy as _

from escalation.kit.text import clean
from incidents import howto
from incidents.models import Receipt, Source

from ..alert import Invalid, Message
from ..door import ANYTHING, Answer, Asked, Door, Told
from . import answers, calls, decoding, fields, meant, outcomes
from .calls import By, Call
from .fields import Unprocessable

_ALERTS = r"v2/alerts"
_REST = rf"{_ALERTS}/(?P<rest>[\s\S]+)"  # an identifier holds anything
PATIENCE = (0.05, 0.1, 0.2, 0.4)  # seconds, between looks at a request that waits to be heard
PAGE, LARGEST_PAGE, FARTHEST = 20, 100, 20_000


class Opsgenie(Door):
    """The key is sent as ``Authorization: GenieKey …``; some scripts write ``Bearer``."""

    name = kind = "opsgenie"
    addresses: ClassVar = {
        "opsgenie": _ALERTS,
        "opsgenie-alert": _REST,
        "opsgenie-compat": rf"compat/opsgenie/{_ALERTS}",
        "opsgenie-alert-compat": rf"compat/opsgenie/{_REST}",
    }
    methods = calls.METHODS
    types = ANYTHING  # a shell's curl says that its JSON is a form

    # --- coming in ----------------------------------------------------------------------------

    def key(self, asked: Asked) -> str | None:
        scheme, value = asked.authorization
        return value if scheme in ("geniekey", "bearer") else None

    def envelope(self, asked: Asked) -> dict[str, Any]:
        call = _call(asked)
        if call.name == "create":
            return {"call": "create", "alias": _alias_of_new(asked)}
        found = meant.meant(asked.source, call.identifier, _by(asked))
        envelope: dict[str, Any] = {"call": call.name, "alias": found.alias, "identifier": call.identifier}
        if found.over:
            envelope["over"] = True
        if call.action:
            envelope["action"] = call.action
        if asked.request.method == "DELETE":
            given = asked.request.GET.get("tags") or asked.request.GET.get("keys")
            envelope |= {"method": "DELETE", "names": fields.names(given)}
        return envelope

    def decode(self, told: Told) -> Message:
        return decoding.decode(_payload(told), told.envelope, now=told.now)

    def how(self, key: str) -> howto.How:
        address = howto.address(name="opsgenie")
        given = f"{address}\nAuthorization: GenieKey {key}"
        return howto.How(address, given, _("For whatever sends to Opsgenie"), howto.opsgenie_curl(key))

    # --- answers ------------------------------------------------------------------------------

    def look(self, asked: Asked) -> Answer | None:
        """What is only asked, and leaves no receipt."""
        if asked.request.method != "GET":
            return None
        call = _call(asked)
        if call.name == "status":
            return _status(asked.source, call.identifier)
        if call.name == "list":
            return _list(asked)
        by, asks_for = _by(asked), dict.fromkeys((call.identifier, call.identifier.removesuffix("/")))
        row = next(filter(None, (meant.row_of(asked.source, one, by) for one in asks_for)), None)
        return Answer(200, {"data": meant.told(row)}) if row else _not_found(answers.NO_ALERT)

    def accepted(self, asked: Asked, receipt: Receipt) -> Answer:
        return Answer(202, {"result": answers.ACCEPTED, "requestId": answers.request_id(receipt.pk)})

    def finished(self, asked: Asked, answer: Answer) -> Answer:
        """Each answer says how long it took, and which it is."""
        took = round(time.perf_counter() - asked.began, 3)
        body = {**answer.body, "took": took, "requestId": answer.body.get("requestId") or answers.new_request_id()}
        headers = {"X-Request-Id": body["requestId"], "X-Response-Time": str(took)}
        return Answer(answer.status, body, {**answer.headers, **headers})

    def invalid(self, error: Invalid) -> Answer:
        errors = {"errors": error.errors} if isinstance(error, Unprocessable) else {}
        return Answer(error.status, {"message": str(error), **errors})

    def without_key(self) -> Answer:
        return self.unknown_key()

    def unknown_key(self) -> Answer:
        return Answer(401, {"message": answers.UNKNOWN_KEY})

    def not_allowed(self) -> Answer:
        return Answer(405, {"message": "Method not allowed"}, {"Allow": ", ".join(self.methods)})

    def too_much(self, words: str, seconds: int) -> Answer:
        """Every client of this API tries again after a 429."""
        return Answer(429, {"message": answers.TOO_MANY}, {**answers.THROTTLED, "Retry-After": str(seconds)})

    def unavailable(self) -> Answer:
        answer = super().unavailable()
        return Answer(answer.status, {"message": answer.body["message"]}, answer.headers)


# --- what is asked --------------------------------------------------------------------------------


def _call(asked: Asked) -> Call:
    request = asked.request
    call = calls.understood(request.method or "", asked.words.get("rest", ""), typed="identifierType" in request.GET)
    if call is None:
        raise Invalid("There is no such thing to do here.", status=404)
    return call


def _by(asked: Asked) -> By:
    given = asked.request.GET.get("identifierType") or By.ID
    if given not in tuple(By):
        raise Unprocessable(identifierType="Identifier type must be one of id, alias and tiny.")
    return By(given)


def _payload(said: Asked | Told) -> Mapping[str, Any]:
    """No body says nothing, and is a whole call where nothing has to be said."""
    return said.payload if said.body.strip() else {}


def _alias_of_new(asked: Asked) -> str:
    return decoding.alias_in(_payload(asked)) or answers.new_request_id()


# --- what is only looked up -----------------------------------------------------------------------


def _not_found(message: str) -> Answer:
    return Answer(404, {"message": message})


def _status(source: Source, request: str) -> Answer:
    """What became of a request. One that waits to be heard is waited for, a moment: some ask without a pause."""
    pk = answers.receipt_of(request)
    for pause in (*PATIENCE, 0.0):
        receipt = Receipt.objects.filter(source=source, pk=pk).first() if pk else None
        if receipt is None or "call" not in receipt.envelope:
            break
        if receipt.state != Receipt.State.RECEIVED:
            return Answer(200, {"data": outcomes.status(receipt), "requestId": request})
        if not connection.in_atomic_block:
            connection.close()  # there are few of them, and whoever hears it needs one
        time.sleep(pause)
    return _not_found(answers.NOT_YET)


def _list(asked: Asked) -> Answer:
    given = asked.request.GET
    offset, limit = _number(given.get("offset"), 0, FARTHEST), _number(given.get("limit"), PAGE, LARGEST_PAGE)
    found = meant.matching(asked.source, clean(given.get("query", "")))
    if found is None:
        raise Unprocessable(query="Only status, alias and tinyId can be asked for, joined by AND.")
    sort = "last_seen" if given.get("sort") in ("updatedAt", "lastOccurredAt") else "first_seen"
    sign = "" if given.get("order") == "asc" else "-"
    rows = list(found.order_by(f"{sign}{sort}", f"{sign}id")[offset : offset + limit + 1])
    paging = {"first": 0, "prev": max(0, offset - limit) if offset else None}
    paging["next"] = offset + limit if len(rows) > limit else None
    pages = {name: _page(asked, at, limit) for name, at in paging.items() if at is not None}
    return Answer(200, {"data": [meant.briefly(row) for row in rows[:limit]], "paging": pages})


def _number(given: str | None, default: int, most: int) -> int:
    return min(int(given), most) if given and given.isascii() and given.isdecimal() and len(given) < 10 else default


def _page(asked: Asked, offset: int, limit: int) -> str:
    query = asked.request.GET.copy()
    query["offset"], query["limit"] = str(offset), str(limit)
    return f"{settings.ADDRESS}{asked.request.path}?{query.urlencode()}"
