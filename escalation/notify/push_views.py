"""This browser as a way: its service worker, its subscription, and the code that comes back by itself."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from escalation.kit.errors import Refused
from escalation.kit.sealed import Locked
from escalation.people.models import User
from escalation.people.once import once

from . import browsers, reaching, vapid, ways
from .models import ContactMethod
from .push import Push
from .subscription import Subscription

CHANNEL = Push.name


def shown(methods: Iterable[ContactMethod]) -> dict[str, Any]:
    """What "Use this browser" has to know: the key, and the endpoints the person has already."""
    ours = (one for one in methods if one.channel == CHANNEL and not isinstance(one.address, Locked))
    mine = [(json.loads(method.address)["endpoint"], method) for method in ours]
    return {
        "why_not": ways.why_not(CHANNEL),
        "key": vapid.public(),
        "used": " ".join(endpoint for endpoint, method in mine if method.verified_at is not None),
        "gone": " ".join(endpoint for endpoint, method in mine if method.gone_at is not None),
    }


@login_not_required  # a browser asks for a newer one also when nobody is signed in
@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """At the root, because a service worker acts for the folder it comes from."""
    file = Path(settings.BASE_DIR, "static", "js", "sw.js")
    response = HttpResponse(file.read_bytes(), content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


@require_POST
def subscribe(request: HttpRequest) -> HttpResponse:
    """The subscription of the browser that sends this, as a new way; or its code once more."""
    person = cast(User, request.user)

    def do() -> str:
        if why := ways.why_not(CHANNEL):
            raise Refused(why)
        address = Subscription.read(request.POST.get("subscription", "")).address
        known = ContactMethod.objects.kept().filter(person=person, channel=CHANNEL, address=address).first()
        if known is None:
            label = browsers.called(request.headers.get("User-Agent", ""))
            reaching.add(person, channel=CHANNEL, address=address, label=label)
        elif known.verified_at is None:
            reaching.send_code(person, known.pk)
        return _("A first message is on its way to this browser. When it arrives, it is verified.")

    try:
        messages.success(request, once(request, do))
    except (ValidationError, Refused) as error:
        said = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
        messages.error(request, said)
    response = redirect("reach")
    response["Location"] += "#ways"
    return response


@csrf_exempt  # a service worker has no form to take a token from; the code, which nobody else knows, is one
@require_POST
def confirmation(request: HttpRequest) -> HttpResponse:
    taken = reaching.confirm(cast(User, request.user), channel=CHANNEL, typed=request.POST.get("code", ""))
    return HttpResponse(status=204 if taken else 422)
