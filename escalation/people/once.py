"""What somebody sends twice is done once: a double press, or a page that is loaded again after it was sent.

A script keeps a button from being pressed twice; without one the browser sends the form again, and shows only the
answer to the last. So a form is known by who sends it, to which address, and by all that it says, with the token
against forgery in it, which is another one on every page that is drawn. Whoever means it twice has a new page by then.
"""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import cast

from django.db import IntegrityError, transaction
from django.http import HttpRequest

from escalation.kit import clock
from escalation.kit.errors import Refused

from .models import Press, User

KEPT = timedelta(days=1)
_TOKEN = "csrfmiddlewaretoken"  # noqa: S105


def once(request: HttpRequest, do: Callable[[], str], *, part: str = "") -> str:
    """Carry it out and return what to say; or say again what was said when this very form was sent before.

    ``part``: which of several, if one form does many. What was refused was not done, and is asked anew.
    """
    key = _key(request, part)
    if key is None:
        return do()
    known = _said(key)
    if known is not None:
        return known
    now = clock.now()
    try:
        with transaction.atomic():
            said = do()
            Press.objects.create(key=key, said=said, at=now)
    except (Refused, IntegrityError):
        known = _said(key)  # the first one was still on its way
        if known is None:
            raise
        return known
    Press.objects.filter(at__lt=now - KEPT).delete()
    return said


def said_before(request: HttpRequest, *, part: str = "") -> str | None:
    """What was said when this very form was sent before; None if it was not.

    For a view that would not get as far as ``once``: what the form is about is gone, or full, since it was done.
    """
    key = _key(request, part)
    return _said(key) if key is not None else None


def _said(key: str) -> str | None:
    return Press.objects.filter(pk=key).values_list("said", flat=True).first()


def _key(request: HttpRequest, part: str) -> str | None:
    """None without a token: then it is no form of a page."""
    if not request.POST.get(_TOKEN):
        return None
    files = [(name, file.name, file.size) for name in sorted(request.FILES) for file in request.FILES.getlist(name)]
    whole = (cast(User, request.user).pk, request.get_full_path(), part, sorted(request.POST.lists()), files)
    return hashlib.sha256(repr(whole).encode()).hexdigest()
