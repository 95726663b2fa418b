"""What is for programs is answered before anything looks at a cookie: no session, no page to protect."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware

from .limits import is_meant


@sync_and_async_middleware
def api_first(get_response: Callable) -> Callable:
    """Stands before the sessions in ``MIDDLEWARE``."""

    async def answer_async(request: HttpRequest) -> Any:
        if not is_meant(request.path_info):
            return await get_response(request)
        return await sync_to_async(_answer, thread_sensitive=True)(request)

    def answer(request: HttpRequest) -> Any:
        return _answer(request) if is_meant(request.path_info) else get_response(request)

    return answer_async if iscoroutinefunction(get_response) else answer


def _answer(request: HttpRequest) -> HttpResponse:
    from . import front  # with django-ninja: where nobody uses the API, nobody pays for it

    return front.answer(request)
