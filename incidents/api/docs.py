"""The description, for programs as OpenAPI and for people as a page that needs no script. Open to anybody: it says what
can be asked, and nothing of this installation."""

import json
import re
from functools import cache
from hashlib import blake2b
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag

from .v1 import PREFIX, api


@cache
def whole() -> str:
    return json.dumps(api.describe(), indent=1)


def description(request: HttpRequest) -> HttpResponse:
    return _answer(request, whole(), "application/json")


def page(request: HttpRequest) -> HttpResponse:
    text = render_to_string("api/docs.html", {"groups": groups(), "prefix": PREFIX.rstrip("/")})
    return _answer(request, text, "text/html; charset=utf-8")


def _answer(request: HttpRequest, text: str, kind: str) -> HttpResponse:
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET", "HEAD"])
    etag = quote_etag(blake2b(text.encode(), digest_size=9).hexdigest())
    response = get_conditional_response(request, etag=etag) or HttpResponse(text, content_type=kind)
    response["ETag"], response["Cache-Control"] = etag, "no-cache"
    return response


# --- as a page ----------------------------------------------------------------------------------


@cache
def groups() -> list[dict[str, Any]]:
    """The operations as the page shows them, by their tag."""
    schema = json.loads(whole())
    found: dict[str, list[dict[str, Any]]] = {}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            found.setdefault(operation["tags"][0], []).append(_operation(path, method, operation, schema))
    return [{"name": name, "operations": operations} for name, operations in found.items()]


def _operation(path: str, method: str, operation: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    body = next(iter(operation.get("requestBody", {}).get("content", {}).items()), None)
    done = {status: one for status, one in operation["responses"].items() if int(status) < 300}
    shape = next((next(iter(one["content"].values()))["schema"] for one in done.values() if "content" in one), {})
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": [part for part in re.split(r"(?<=/)", path) if part],  # it may break after each slash
        "summary": operation["summary"],
        "description": _plain(operation.get("description", "")),
        "parameters": [
            {"name": one["name"], "in": one["in"], "type": _type(one["schema"], schema), **_said(one)}
            for one in operation["parameters"]
        ],
        "media": body[0] if body else "",
        "fields": _fields(body[1]["schema"], schema) if body else [],
        "gives": _type(shape, schema),
        "status": ", ".join(done),
        "scope": operation["security"][0]["Bearer"][0],
        "example": _example(body[1]["schema"], schema) if body else "",
    }


def _said(one: dict[str, Any]) -> dict[str, Any]:
    return {"required": one.get("required", False), "description": _plain(one.get("description", ""))}


def _plain(text: str) -> str:
    """Without the marks that OpenAPI's readers make something of."""
    return text.replace("`", "")


def _resolved(shape: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = shape.get("$ref", "").rpartition("/")[2]
    return schema["components"]["schemas"][name] if name else shape


def _fields(shape: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    whole = _resolved(shape, schema)
    required = whole.get("required", [])
    return [
        {
            "name": name,
            "type": _type(one, schema),
            "required": name in required,
            "description": _plain(one.get("description", "")),
        }
        for name, one in whole.get("properties", {}).items()
    ]


def _example(shape: dict[str, Any], schema: dict[str, Any]) -> str:
    shown = _resolved(shape, schema).get("examples", [])
    return json.dumps(shown[0], indent=2, ensure_ascii=False) if shown else ""


def _type(shape: dict[str, Any], schema: dict[str, Any]) -> str:
    """In a few words: "integer", "list of Named", "text or null"."""
    if "$ref" in shape:
        known = _resolved(shape, schema)
        return " | ".join(map(str, known["enum"])) if "enum" in known else shape["$ref"].rpartition("/")[2]
    if len(shape.get("allOf", [])) == 1:  # a reference, and a default beside it
        return _type(shape["allOf"][0], schema)
    if "anyOf" in shape:
        return " or ".join(_type(one, schema) for one in shape["anyOf"])
    if "enum" in shape:
        return " | ".join(map(str, shape["enum"]))
    if shape.get("type") == "array":
        return f"list of {_type(shape.get('items', {}), schema)}"
    return str(shape.get("format") or shape.get("const") or shape.get("type", "anything"))
