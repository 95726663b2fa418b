"""What went wrong, in one shape (RFC 9457): ``status`` and ``code`` for programs, ``detail`` for people.

A verb's refusal has the same words as at the desk. What a person may not see is not found (404); what they may see and
not change is refused (403); what the state does not allow, or somebody else has changed meanwhile, is a conflict (409).
"""

import logging
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from itertools import islice
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from pydantic import Field

from escalation.kit import doing
from escalation.kit.errors import Refused

TYPE = "application/problem+json"
BUSY_SECONDS = 2
MOST_FIELDS = 100  # of which one answer says what is wrong with them
CODES = {  # of those that no verb has said
    400: "unreadable",
    401: "unauthenticated",
    403: "not-allowed",
    404: "not-found",
    405: "method",
    409: "state",
    412: "stale",
    413: "too-large",
    415: "media-type",
    422: "invalid",
    429: "too-many",
    500: "error",
    503: "busy",
}
REFUSED = {"not-allowed": 403, "invalid": 422}  # by the code of a ``Refused``; else 409

logger = logging.getLogger("django.request")


class FieldProblem(Schema):
    """What is wrong with one field."""

    field: str = Field(description="Where it is, from the outside in: body.text, query.limit.")
    message: str


class ProblemOut(Schema):
    """Why it was not done. Nothing has changed."""

    title: str = Field(description="What the status is called.")
    status: int
    code: str = Field(
        description="Stable, for programs: stale (somebody has changed it meanwhile), state (not possible as it is"
        " now), not-allowed, invalid, scope (the token may not), and others that follow from the status."
    )
    detail: str = Field(description="A sentence for people, as at the desk.")
    errors: list[FieldProblem] = Field(default=[], description="If fields are invalid, which.")
    state: dict[str, Any] | None = Field(
        default=None, description="With 412: how it is now, as reading it would say; its `ETag` is in the header."
    )


class Problem(Exception):
    """Raised by whatever cannot go on; ``front`` and the handlers below make the answer of it."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        code: str = "",
        errors: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
        state: Schema | None = None,
    ):
        super().__init__(detail)
        self.status, self.detail, self.errors, self.state = status, detail, list(errors), state
        self.code = code or CODES.get(status, "error")
        self.headers = dict(headers or {})


def told(problem: Problem) -> HttpResponse:
    body = ProblemOut(
        title=HTTPStatus(problem.status).phrase,
        status=problem.status,
        code=problem.code,
        detail=problem.detail,
        errors=problem.errors,
        state=problem.state.model_dump(mode="json") if problem.state is not None else None,
    )
    whole = body.model_dump_json(exclude_defaults=True)
    response = HttpResponse(whole, status=problem.status, content_type=TYPE, headers=problem.headers)
    response["Cache-Control"] = "no-store"
    return response


def of_refused(refused: Refused) -> Problem:
    return Problem(REFUSED.get(refused.code, 409), str(refused), code=refused.code)


def handle(api: NinjaAPI) -> None:
    """Whatever an operation raises becomes a problem."""

    @api.exception_handler(Problem)
    def _problem(request: HttpRequest, problem: Problem) -> HttpResponse:
        return told(problem)

    @api.exception_handler(Refused)
    def _refused(request: HttpRequest, refused: Refused) -> HttpResponse:
        return told(of_refused(refused))

    @api.exception_handler(Http404)
    def _not_found(request: HttpRequest, error: Http404) -> HttpResponse:
        return told(Problem(404, "There is nothing at this address that you may see."))

    @api.exception_handler(ValidationError)
    def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
        return told(Problem(422, "Some of it is not valid; see errors.", errors=_fields(error.errors)))

    @api.exception_handler(AuthenticationError)
    def _nobody(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        said = "Send a token of yours that has not ended: Authorization: Bearer baton_…"
        return told(Problem(401, said, headers={"WWW-Authenticate": 'Bearer realm="Baton"'}))

    @api.exception_handler(HttpError)
    def _unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
        return told(Problem(error.status_code, "The body is no JSON that can be read, or says something twice."))

    @api.exception_handler(MultiPartParserError)
    @api.exception_handler(SuspiciousOperation)
    def _suspicious(request: HttpRequest, error: Exception) -> HttpResponse:
        return told(Problem(400, "The body cannot be read."))

    @api.exception_handler(OperationalError)
    def _busy(request: HttpRequest, error: OperationalError) -> HttpResponse:
        logger.error("The database did not answer in time: %s", request.path, exc_info=error)
        said = "The database is busy. Nothing has changed; send it again."
        return told(Problem(503, said, headers={"Retry-After": str(BUSY_SECONDS)}))

    @api.exception_handler(Exception)
    def _broken(request: HttpRequest, error: Exception) -> HttpResponse:
        logger.error("Internal Server Error: %s", request.path, exc_info=error)
        number = doing.request_number()
        return told(Problem(500, f"Something is broken here. It is in the log{', as ' + number if number else ''}."))


# What pydantic adds to a place where several shapes are allowed; nobody has sent a field of that name.
_SHAPE = re.compile(r"constrained-\w+|int|str|(literal|str-enum|function-\w+)\[.*\]")


def _fields(errors: Sequence[Mapping[str, Any]]) -> list[FieldProblem]:
    """Each field once, and not thousands; where several shapes are allowed, with what each of them wants."""
    found: dict[str, list[str]] = {}
    for one in errors:
        found.setdefault(_where(one["loc"]), []).append(_said(one["msg"]))
    some = islice(found.items(), MOST_FIELDS)
    return [FieldProblem(field=field, message="; or: ".join(dict.fromkeys(said))) for field, said in some]


def _said(message: str) -> str:
    """Without what pydantic puts before words of ours."""
    said = message.removeprefix("Value error, ")
    return said[:1].upper() + said[1:]


def _where(loc: Sequence[str | int]) -> str:
    """``("body", "said", "text")`` without the name of our parameter, which is nobody's business."""
    place, *path = (str(part) for part in loc)
    path = [part for part in path if not _SHAPE.fullmatch(part)]
    return ".".join([place, *(path[1:] if place == "body" else path[-1:])])
