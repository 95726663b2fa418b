"""``Idempotency-Key``: what a program sends twice is done once.

A program that has heard no answer cannot know whether it was done. It sends the same again under the same name, and is
told what it was told, or would have been. The name is taken first, and the answer is kept in the transaction of the
verb: of two that come at once the second waits, and there is no moment at which the one is on disk without the other.
What was refused has not been done, is not kept, and is asked anew.
"""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse

from escalation.kit import clock
from escalation.people.models import ApiAnswer
from escalation.people.tokens import ANSWERS_KEPT, KEY_LENGTH

from . import answers
from .answers import Made
from .bearer import token_of
from .matching import AsItIs, judge
from .problems import FieldProblem, Problem

Sees = Callable[[dict[str, Any]], object]
HEADER, REPLAYED = "Idempotency-Key", "Idempotency-Replayed"
_KEPT_HEADERS = ("ETag", "Location")


def once(
    request: HttpRequest, do: Callable[[], Made], *, was: AsItIs | None = None, sees: Sees | None = None
) -> HttpResponse:
    """Carry it out in one transaction, and answer with the new state; or answer as before.

    ``sees``: raises, given what was told, if whoever asks again may not see it any more.
    ``was``: the state that ``If-Match`` is about, for whatever is described as judging it (see ``matching``).
    """
    key = _key(request)
    if key is None:
        with transaction.atomic():
            return answers.given(_carried_out(request, do, was))
    asked, now = _digest(request), clock.now()
    mine = ApiAnswer.objects.filter(token=token_of(request), key=key)
    mine.filter(at__lte=now - ANSWERS_KEPT).delete()  # the name is good for another request, tidied up by now or not
    known = _known(request, key, asked, sees)
    if known is not None:
        return known
    try:
        with transaction.atomic():
            row = ApiAnswer.objects.create(token=token_of(request), key=key, asked=asked, at=now)
            response = answers.given(_carried_out(request, do, was))
            row.status, row.body = response.status_code, response.content.decode()
            row.headers = {name: response[name] for name in _KEPT_HEADERS if name in response}
            row.save()
    except IntegrityError:
        known = _known(request, key, asked, sees)  # the first one was still on its way
        if known is None:
            raise
        return known
    return response


def _carried_out(request: HttpRequest, do: Callable[[], Made], was: AsItIs | None) -> Made:
    if was is not None:
        judge(request, was)
    elif "If-Match" in request.headers:
        raise AssertionError("described as judging If-Match, and it does not")
    return do()


def _known(request: HttpRequest, key: str, asked: str, sees: Sees | None) -> HttpResponse | None:
    row = ApiAnswer.objects.filter(token=token_of(request), key=key).first()
    if row is None:
        return None
    if row.asked != asked:
        said = f"This {HEADER} was used before for another request. Choose a new one for each."
        raise Problem(422, said, code="key-reused", errors=[FieldProblem(field=f"header.{HEADER}", message=said)])
    if sees is not None and row.body:  # nothing is left of some from which a text was taken away
        sees(json.loads(row.body))
    response = HttpResponse(row.body, status=row.status, content_type=answers.JSON, headers=row.headers)
    response[REPLAYED] = "true"
    return response


def _key(request: HttpRequest) -> str | None:
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not 1 <= len(key) <= KEY_LENGTH or not key.isascii() or not key.isprintable():
        said = f"{HEADER} has 1 to {KEY_LENGTH} printable ASCII characters."
        raise Problem(422, said, errors=[FieldProblem(field=f"header.{HEADER}", message=said)])
    return key


def _digest(request: HttpRequest) -> str:
    """Of all that the request asks for, files included. What version it was made from is no part of that."""
    whole = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if request.content_type != "multipart/form-data":
        whole.update(request.body)
        return whole.hexdigest()
    for name in sorted(request.FILES):
        for file in request.FILES.getlist(name):
            whole.update(repr((name, file.name, file.size)).encode())
            for chunk in file.chunks():
                whole.update(chunk)
            file.seek(0)
    return whole.hexdigest()
