"""Version 1: every resource has a line here."""

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from . import described, incident_around, incident_facts, incident_verbs, incidents, me, problems

PREFIX = "/api/v1/"
ABOUT = """What a person can do at the desk, for programs: the same nouns, the same refusals.

Send `Authorization: Bearer baton_…` with a token of yours. Every answer to something you did is the new state. See
docs/api.md for keys against doing things twice, versions, and pages of lists."""


class Api(NinjaAPI):
    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Short, and the same as long as the function is called the same: programs are generated from it."""
        return f"{(operation.tags or ['api'])[0].replace(' ', '_')}_{operation.view_func.__name__}"

    def describe(self) -> OpenAPISchema:
        return described.completed(self.get_openapi_schema(path_prefix=PREFIX))


api = Api(
    title="Baton",
    version="1",
    description=ABOUT,
    openapi_url=None,  # ours is not behind Django's table of addresses: see ``docs``
    docs_url=None,
    urls_namespace="api",
)
problems.handle(api)
for resource in (me, incidents, incident_verbs, incident_facts, incident_around):
    api.add_router("", resource.router)
