"""Around every operation: the address is looked up, the body is of a known kind and not too large, and what goes wrong
before an operation begins is a problem like any other."""

from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.urls import Resolver404, resolve
from django.utils import timezone

from . import limits, problems, v1
from .problems import Problem

JSON, PARTS = "application/json", "multipart/form-data"


def answer(request: HttpRequest) -> HttpResponse:
    head = request.method == "HEAD"
    if head:
        request.method = "GET"
    try:
        with timezone.override(None):  # whoever asks, on their own clock: see ``walls``
            response = _answer(request)
    except Problem as problem:
        response = problems.told(problem)
    except Http404:  # of the library's own root
        response = problems.told(Problem(404, "There is nothing at this address."))
    except SuspiciousOperation:  # such as thousands of parameters
        response = problems.told(Problem(400, "The request cannot be read."))
    response.setdefault("Cache-Control", "private, no-cache")
    if head:
        response["Content-Length"] = str(len(response.content))
        response.content = b""
    return response


def _answer(request: HttpRequest) -> HttpResponse:
    try:
        match = resolve(request.path_info, "incidents.api.addresses")
    except Resolver404 as error:
        raise Problem(404, "There is nothing at this address.") from error
    request.resolver_match = match
    known = v1.parameters().get((request.method or "", match.route))
    request.unknown_parameters = _unknown(request, known) if known is not None else set()  # type: ignore[attr-defined]
    _read(request)
    response: HttpResponse = match.func(request, *match.args, **match.kwargs)
    if response.status_code == 405:
        allowed = {"Allow": response["Allow"]} if "Allow" in response else {}
        raise Problem(405, "This cannot be done at this address.", headers=allowed)
    return response


def _unknown(request: HttpRequest, known: frozenset[str]) -> set[str]:
    """What was asked for that the operation does not know, by its place and name. Whoever sends ``If-Match`` relies on
    its being judged."""
    found = {f"query.{name}" for name in request.GET} - known
    if request.method != "GET" and "If-Match" in request.headers:
        found |= {"header.If-Match"} - known
    return found


def _read(request: HttpRequest) -> None:
    """The whole body, before anybody is let in to the database: whoever sends slowly holds nothing.

    Raises ``Problem``."""
    if request.method == "GET":
        return
    kind = PARTS if limits.takes_a_file(request.path_info) else JSON
    said, most = request.META.get("CONTENT_LENGTH") or "0", limits.most(request.path_info)
    if not (said.isascii() and said.isdigit()):  # a good server hands on digits only
        raise Problem(400, "The length of the body is no number.")
    if len(said) > 18 or int(said) > most:
        raise _too_large(most)
    if kind == PARTS:
        if int(said) and request.content_type != PARTS:
            raise Problem(415, f"Send a file as {PARTS}.")
        return  # Django puts it on disk as it comes
    try:
        body = request.read(most + 1)
    except UnreadablePostError as error:
        raise Problem(400, "The body broke off.") from error
    if len(body) > most:
        raise _too_large(most)
    if body and request.content_type != JSON:
        raise Problem(415, f"Send {JSON}.")
    request._body = body


def _too_large(most: int) -> Problem:
    return Problem(413, limits.words(most))
