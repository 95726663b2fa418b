"""Where services post what people answered: keyed or signed, POST only, and no page for anybody."""

import hmac
import json
import logging
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from escalation.notify import heard

from . import limits, mattermost, slack, telegram, texts

log = logging.getLogger(__name__)

MOST = 64 * 1024  # bytes of a text message, with all that a gateway says about it
MOST_OF_A_CHAT = 512 * 1024  # a press repeats the whole message


class Closed(Exception):
    """``status`` and a line for the log of whoever posts."""

    def __init__(self, status: int, said: str = ""):
        super().__init__(said)
        self.status = status


def door(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
    """No session, no cookie, no form. What is wrong with us is 503, so that it is posted again."""

    @wraps(view)
    def answer(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        if request.method != "POST":
            refusal = _plain(405, "Send a POST.")
            refusal["Allow"] = "POST"
            return refusal
        try:
            if not limits.admits(request):
                raise Closed(429, "Too many at once.")
            return view(request, *args, **kwargs)
        except Closed as closed:
            if closed.status in (401, 404):
                limits.admits(request, limits.UNKNOWN)
            return _plain(closed.status, str(closed))
        except Exception:
            log.exception("an answer could not be taken in; its sender was asked to try again")
            return _plain(503, "It could not be taken in. Try again.")

    return csrf_exempt(login_not_required(answer))


def _plain(status: int, said: str) -> HttpResponse:
    response = HttpResponse(f"{said}\n" if said else "", status=status, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "no-store"
    response._has_been_logged = True  # type: ignore[attr-defined]  # Django would log the address, which may be a key
    return response


def body_of(request: HttpRequest, most: int) -> bytes:
    """The body, read no further than allowed."""
    try:
        body = request.read(most + 1)
    except UnreadablePostError:
        raise Closed(400, "The body broke off.") from None
    if len(body) > most:
        raise Closed(413, f"The body is larger than {most // 1024} KiB.")
    return body


@door
def sms(request: HttpRequest, key: str) -> HttpResponse:
    """An empty answer: some gateways would send any other to whoever wrote."""
    if not settings.SMS_REPLY_KEY or not hmac.compare_digest(key.encode(), settings.SMS_REPLY_KEY.encode()):
        raise Closed(404, "There is nothing here.")
    try:
        text = heard.read(request.META.get("CONTENT_TYPE", ""), body_of(request, MOST))
    except heard.Unreadable as error:
        log.warning("a text message from the gateway cannot be read: %s", error)
        raise Closed(422, str(error)) from None
    texts.hear(text)
    return _plain(204, "")


@door
def slack_actions(request: HttpRequest) -> HttpResponse:
    if not settings.SLACK_SIGNING_SECRET:
        raise Closed(404, "There is nothing here.")
    body = body_of(request, MOST_OF_A_CHAT)
    if not slack.is_signed(request, body):
        raise Closed(401, "This is not signed by Slack, or not now.")
    return slack.hear(body)


@door
def mattermost_actions(request: HttpRequest) -> HttpResponse:
    if not settings.MATTERMOST_BUTTONS:
        raise Closed(404, "There is nothing here.")
    answer = mattermost.hear(_object(request))
    if answer is None:
        raise Closed(401, "This is no button of ours.")
    return answer


@door
def telegram_actions(request: HttpRequest) -> HttpResponse:
    if not settings.TELEGRAM_SECRET:
        raise Closed(404, "There is nothing here.")
    shown = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
    if not hmac.compare_digest(shown.encode("utf-8", "replace"), settings.TELEGRAM_SECRET.encode()):
        raise Closed(401, "This is not from Telegram.")
    telegram.hear(_object(request))
    return HttpResponse(status=200)


def _object(request: HttpRequest) -> Mapping[str, Any]:
    try:
        found = json.loads(body_of(request, MOST_OF_A_CHAT))
    except (ValueError, RecursionError):
        raise Closed(400, "The body is not JSON.") from None
    if not isinstance(found, dict):
        raise Closed(400, "The body must be a JSON object.")
    return found
