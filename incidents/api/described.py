"""What every operation has in common, said once in the description: refusals, versions, and keys against repeats."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from ninja.openapi.schema import REF_TEMPLATE, OpenAPISchema
from ninja.schema import NinjaGenerateJsonSchema

from .problems import CODES, TYPE, ProblemOut
from .repeats import HEADER, KEY_LENGTH, REPLAYED

# What several people change, each at the address at which it is read, and when ``If-Match`` refuses.
JUDGED = {
    "/incidents/{number}": "the baton or its clocks have moved since; a note, a fact or an alert is no conflict",
    "/reviews/{number}": "anybody has written, remarked, shared or changed an action since",
    "/problems/{problem}": "anybody has changed it since, or said what is one of it, or changed an action",
    "/maintenance/{window}": "it was planned anew since",
    "/runbooks/{runbook}": "it was written anew since",
    "/schedules/{schedule}/overrides/{override}": "it is not exactly as you read it",
    "/schedules/{schedule}/swaps/{swap}": "it is not exactly as you read it",
    "/views/{view}": "it is not exactly as you read it",
}
READS, WRITES = ("get",), ("post", "put", "patch", "delete")
_SAID = {
    304: "It is what you have: the same `ETag` as in `If-None-Match`.",
    400: "The body cannot be read.",
    401: "No token, or one that has ended.",
    403: "The token may not, or its person may look and not change.",
    404: "There is nothing here that its person may see.",
    409: "It cannot be done as it is now, or somebody was faster; `detail` says so in the words of the desk.",
    412: "It is not as it was when you read it (`If-Match`); `state` is how it is now.",
    413: "Too large.",
    415: "Another media type is wanted.",
    422: "Some of it is not valid; `errors` says what.",
    429: "Too many wrong tokens came from your address.",
    500: "Something is broken here.",
    503: "The database is busy: send it again, with the same key.",
}
_OF_READS = (401, 403, 404, 422, 429, 500, 503)
_OF_WRITES = (400, 401, 403, 404, 409, 412, 413, 415, 422, 429, 500, 503)
_EXAMPLES = {
    403: "You may look at INC-1042 but not change it.",
    409: "Mei Tanaka has already acknowledged this.",
    412: "Mei Tanaka was faster: Mei Tanaka acknowledged it 2 minutes ago. Nothing was changed by you.",
    422: "Write a few words; an empty line helps nobody.",
}
_ETAG = {"description": "The version of this state.", "schema": {"type": "string"}}


def completed(schema: OpenAPISchema, known: Mapping[str, Mapping[str, Any]]) -> OpenAPISchema:
    """``known``: what else is said of an operation, by its name."""
    problem = ProblemOut.model_json_schema(
        ref_template=REF_TEMPLATE, schema_generator=NinjaGenerateJsonSchema, mode="serialization"
    )
    schemas = schema["components"]["schemas"]
    schemas |= problem.pop("$defs", {})
    schemas["ProblemOut"] = problem | {"required": ["title", "status", "code", "detail"]}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            _complete(operation, reads=method in READS, judged=next((one for one in JUDGED if one in path), ""))
            operation |= known[operation["operationId"]]
    return schema


def _complete(operation: dict[str, Any], *, reads: bool, judged: str) -> None:
    answers: dict[Any, Any] = operation["responses"]
    for status, answer in answers.items():
        if int(status) < 300:
            answer["description"] = answer.get("description") or "Done."
            answer["headers"] = {**answer.get("headers", {}), **_headers(int(status), reads)}
    parameters = operation["parameters"]
    if reads:
        answers[304] = {"description": _SAID[304], "headers": {"ETag": _ETAG}}
        parameters.append(_header("If-None-Match", "The `ETag` of what you have: 304 if it is still that."))
    else:
        if judged:
            said = f"The `ETag` that you read at {judged}: 412 if {JUDGED[judged]}."
            parameters.append(_header("If-Match", said))
        key = _header(HEADER, "Your name for this request: sent again under the same name it is not done again.")
        key["schema"] |= {"minLength": 1, "maxLength": KEY_LENGTH}
        parameters.append(key)
    for status in _OF_READS if reads else _OF_WRITES:
        answers[status] = _problem(status)


def _headers(status: int, reads: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"ETag": _ETAG}
    if not reads:
        found[REPLAYED] = {"description": "`true`: this was done before.", "schema": {"type": "string"}}
    if status == 201:
        found["Location"] = {"description": "Where it is.", "schema": {"type": "string"}}
    return found


def _header(name: str, said: str) -> dict[str, Any]:
    return {"in": "header", "name": name, "required": False, "description": said, "schema": {"type": "string"}}


def _problem(status: int) -> dict[str, Any]:
    example = {
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": CODES[status],
        "detail": _EXAMPLES.get(status, _SAID[status]),
    }
    content = {"schema": {"$ref": REF_TEMPLATE.format(model="ProblemOut")}, "example": example}
    return {"description": _SAID[status], "content": {TYPE: content}}
