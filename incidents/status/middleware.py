"""A public status page is answered before anything looks at a cookie: no session, no person, no ``Vary``."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.http import HttpRequest
from django.urls import Resolver404, resolve
from django.utils.decorators import sync_and_async_middleware

from .views import public

PREFIX = "/status"


@sync_and_async_middleware
def public_first(get_response: Callable) -> Callable:
    """Stands before the sessions in ``MIDDLEWARE``. A page that is not public goes the way of all pages."""

    async def answer_async(request: HttpRequest) -> Any:
        name = _name(request)
        found = await sync_to_async(public, thread_sensitive=True)(request, name) if name else None
        return await get_response(request) if found is None else found

    def answer(request: HttpRequest) -> Any:
        name = _name(request)
        found = public(request, name) if name else None
        return get_response(request) if found is None else found

    return answer_async if iscoroutinefunction(get_response) else answer


def _name(request: HttpRequest) -> str | None:
    if not request.path_info.startswith(PREFIX):
        return None
    try:
        return resolve(request.path_info, "incidents.status.urls").url_name
    except Resolver404:
        return None
