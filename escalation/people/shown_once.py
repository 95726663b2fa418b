"""A new key is shown on the next page, once: it travels with the browser, signed, and is kept nowhere here."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

_SHOWN = timedelta(minutes=2)  # whoever comes later has to make another


@dataclass(frozen=True)
class ShownOnce:
    """``cookie``: its name; ``page``: the name of the page that shows the key, and the only one that is sent it."""

    cookie: str
    page: str

    def redirect(self, pk: int, key: str) -> HttpResponse:
        """To the page that shows the key of the row that was just made."""
        response = redirect(self.page)
        response.set_signed_cookie(
            self.cookie,
            f"{pk}:{key}",
            max_age=int(_SHOWN.total_seconds()),
            path=reverse(self.page),
            secure=settings.SECURE,
            httponly=True,
            samesite="Strict",
        )
        return response

    def read(self, request: HttpRequest) -> tuple[int, str] | None:
        """The row and its key, if one was just made. Whose it is, is for the caller to ask."""
        said = request.get_signed_cookie(self.cookie, default="", max_age=_SHOWN)
        pk, _colon, key = (said or "").partition(":")
        return (int(pk), key) if pk else None

    def forget(self, response: HttpResponse) -> None:
        response.delete_cookie(self.cookie, path=reverse(self.page), samesite="Strict")
