"""The door's shortcut past everything that is meant for people."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.http import HttpRequest
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils.decorators import sync_and_async_middleware

from . import registry

PREFIXES = registry.first_segments()


@sync_and_async_middleware
def door_first(get_response: Callable) -> Callable:
    """Answer what is for the door before all other middleware; stands first in ``MIDDLEWARE``.

    Monitoring has no session, no cookie, no form and no page to protect, and under load each of the
    others would cost it two changes of thread.
    """

    async def answer_async(request: HttpRequest) -> Any:
        match = _match(request)
        if match is None:
            return await get_response(request)
        return await sync_to_async(match.func, thread_sensitive=True)(request, *match.args, **match.kwargs)

    def answer(request: HttpRequest) -> Any:
        match = _match(request)
        return get_response(request) if match is None else match.func(request, *match.args, **match.kwargs)

    return answer_async if iscoroutinefunction(get_response) else answer


def _match(request: HttpRequest) -> ResolverMatch | None:
    if not request.path_info.startswith(PREFIXES):
        return None
    try:
        return resolve(request.path_info, "incidents.inbound.urls")
    except Resolver404:
        return None
