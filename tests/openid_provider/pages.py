"""The provider's own page, and its addresses."""

from django.contrib.auth import get_user_model, login
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.urls import include, path

PAGE = """<!doctype html><title>Provider</title><h1>Who are you?</h1>
<form method="post"><input type="hidden" name="csrfmiddlewaretoken" value="%s">
<label>Name <input name="who"></label><button>Go on</button></form>"""


def who(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        login(request, get_user_model().objects.get(username=request.POST["who"]))
        return redirect(request.GET["next"])
    return HttpResponse(PAGE % get_token(request))


urlpatterns = [path("who/", who), path("", include("oauth2_provider.urls"))]
