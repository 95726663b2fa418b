"""Version 1: every resource has a line here."""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from django.http import HttpRequest
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation
from ninja.parser import Parser

from escalation.people.tokens import Scope

from . import (
    described,
    incident_advice,
    incident_around,
    incident_facts,
    incident_rooms,
    incident_verbs,
    incidents,
    me,
    problems,
)
from .bearer import Bearer
from .beside import BESIDE

PREFIX = "/api/v1/"
ABOUT = """What a person can do at the desk, for programs: the same nouns, the same refusals.

Send `Authorization: Bearer baton_…` with a token of yours. Every answer to something you did is the new state. See
docs/api.md for keys against doing things twice, versions, and pages of lists."""


class Api(NinjaAPI):
    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Short, and the same as long as the function is called the same: programs are generated from it."""
        return f"{(operation.tags or ['api'])[0].replace(' ', '_')}_{operation.view_func.__name__}"

    def describe(self) -> OpenAPISchema:
        return described.completed(self.get_openapi_schema(path_prefix=PREFIX), self._known())

    def _known(self) -> dict[str, dict[str, Any]]:
        """By an operation's name: the scope that a token needs, and the file here that has it, by which a program that
        is made of the description can be parted."""
        views = (view for router in self._get_bound_routers() for view in router.path_operations.values())
        return {
            self.get_openapi_operation_id(one): {
                "security": [{"Bearer": [Scope.READ.value if one.methods == ["GET"] else bearer.scope.value]}],
                "x-part": one.view_func.__module__.rpartition(".")[2],
            }
            for view in views
            for one in view.operations
            for bearer in one.auth_callbacks
            if isinstance(bearer, Bearer)
        }


@cache
def parameters() -> Mapping[tuple[str, str], frozenset[str]]:
    """What may be asked beside the body, such as ``query.limit``, by method and address as Django's table has it."""
    return {
        (method.upper(), re.sub(r"{(\w+)}", r"<\1>", path.lstrip("/"))): frozenset(
            f"{one['in']}.{one['name']}" for one in operation["parameters"] if one["in"] in ("query", "header")
        )
        for path, methods in api.describe()["paths"].items()
        for method, operation in methods.items()
    }


class Strictly(Parser):
    """A name that stands twice in an object says two things, and which of them was meant nobody knows."""

    def parse_body(self, request: HttpRequest) -> Any:
        return json.loads(request.body, object_pairs_hook=_each_once)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


api = Api(
    title="Baton",
    version="1",
    description=ABOUT,
    openapi_url=None,  # ours is not behind Django's table of addresses: see ``docs``
    docs_url=None,
    urls_namespace="api",
    parser=Strictly(),
)
problems.handle(api)
_INCIDENTS = (incidents, incident_verbs, incident_advice, incident_facts, incident_around, incident_rooms)
for resource in (me, *_INCIDENTS, *BESIDE):
    api.add_router("", resource.router)
