"""The floor under the intake: an address that does nothing but insert a row and answer, on the same stack.

``uvicorn scripts.bench_floor:application`` with Baton's own settings and database, and like the door without any
middleware. A measuring instrument; no part of the product.
"""

import django
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.handlers.asgi import ASGIHandler
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt


@csrf_exempt
@login_not_required
def floor(request: HttpRequest) -> JsonResponse:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_floor (body) VALUES (%s)", [request.body])
    response = JsonResponse({"status": "accepted"}, status=202)
    response["Content-Length"] = str(len(response.content))  # no middleware does it
    return response


urlpatterns = [path("floor", floor)]
django.setup()  # first: some apps look for their middleware as they begin
settings.ROOT_URLCONF, settings.MIDDLEWARE = __name__, []
application = ASGIHandler()
