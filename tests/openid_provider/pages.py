"""The provider's own page, and its addresses."""

from collections import Counter
from collections.abc import Callable

from django.contrib.auth import get_user_model, login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from oauth2_provider.settings import oauth2_settings

from tests.openid_provider import new_key, saying

PAGE = """<!doctype html><title>Provider</title><h1>Who are you?</h1>
<form method="post"><input type="hidden" name="csrfmiddlewaretoken" value="%s">
<label>Name <input name="who"></label><button>Go on</button></form>"""


_asked: Counter[str] = Counter()


class Counting:
    """What it was asked, by address."""

    def __init__(self, get_response: Callable):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        _asked[request.path] += 1
        return self.get_response(request)


def asked(request: HttpRequest) -> HttpResponse:
    return JsonResponse(_asked)


@csrf_exempt
def other_key(request: HttpRequest) -> HttpResponse:
    """From now on it signs with another, and publishes that one alone."""
    oauth2_settings.OIDC_RSA_PRIVATE_KEY = new_key()
    return HttpResponse()


@csrf_exempt
def auth_time(request: HttpRequest) -> HttpResponse:
    saying.auth_time = request.POST["how"]
    return HttpResponse()


def who(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        login(request, get_user_model().objects.get(username=request.POST["who"]))
        return redirect(request.GET["next"])
    return HttpResponse(PAGE % get_token(request))


urlpatterns = [
    path("who/", who),
    path("asked/", asked),
    path("other-key/", other_key),
    path("auth-time/", auth_time),
    path("", include("oauth2_provider.urls")),
]
