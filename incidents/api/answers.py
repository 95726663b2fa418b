"""States as they are given, each with its version.

``ETag`` changes with whatever the state shows. It begins, before a colon, with what the desk's forms go by (an
incident's ``state_token``): ``If-Match`` on a verb asks whether *that* is as it was, so that a note or an alert in
between is no conflict, and a step of somebody else is. What has no such version is compared as a whole.
"""

from dataclasses import dataclass
from hashlib import blake2b

from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_etags, quote_etag
from ninja import Schema

JSON = "application/json"


@dataclass(frozen=True)
class Made:
    """What a verb has led to: the new state, its version, and where it is if it is new.

    ``meanwhile``: what to tell somebody who saw another state, if more can be said than that.
    """

    body: Schema
    version: str = ""
    status: int = 200
    location: str = ""
    meanwhile: str = ""


def given(made: Made) -> HttpResponse:
    body = made.body.model_dump_json()
    response = HttpResponse(body, status=made.status, content_type=JSON)
    response["ETag"] = _etag(made.version, body)
    if made.location:
        response["Location"] = made.location
    return response


def read(request: HttpRequest, body: Schema, version: str = "") -> HttpResponse:
    """To be looked at: 304 and nothing more if it is what the program has."""
    return or_unchanged(request, given(Made(body, version)))


def or_unchanged(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    had = parse_etags(request.headers.get("If-None-Match", ""))
    if had == ["*"] or response["ETag"] in (one.removeprefix("W/") for one in had):
        unchanged = HttpResponse(status=304, headers={"ETag": response["ETag"]})
        del unchanged["Content-Type"]
        return unchanged
    return response


def had(request: HttpRequest) -> set[str] | None:
    """The states one of which the program's request was made from; None if it does not say, or would take any."""
    tags = parse_etags(request.headers.get("If-Match", ""))
    if not request.headers.get("If-Match") or tags == ["*"]:
        return None
    return {tag.removeprefix("W/") for tag in tags}


def etag(made: Made) -> str:
    return _etag(made.version, made.body.model_dump_json())


def is_of(made: Made, tags: set[str]) -> bool:
    """Whether a program that has one of these saw it: by its version, or, of what has none, as a whole."""
    if made.version:
        return made.version in {tag.strip('"').partition(":")[0] for tag in tags}
    return etag(made) in tags


def _etag(version: str, body: str) -> str:
    digest = blake2b(body.encode(), digest_size=9).hexdigest()
    return quote_etag(f"{version}:{digest}")
