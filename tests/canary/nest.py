"""Run inside an installation: makes one of everything that is a secret, and prints what the day needs to know.

``python manage.py shell -c "from tests.canary.nest import furnish; furnish('http://127.0.0.1:1234', {...})"``
"""

import json
from datetime import timedelta
from typing import Any

from tests.canary.singing import canary
from tests.organisation import assemble


def furnish(provider: str, own: dict[str, str]) -> None:
    """``own``: canaries of this installation's people and rows, by their names."""
    from django.test import Client
    from django.utils.encoding import force_bytes
    from django.utils.http import urlsafe_base64_encode

    from escalation.kit import clock
    from escalation.kit.sealed import seal
    from escalation.oncall.calendars.feeds import Feed
    from escalation.oncall.calendars.outside import OutsideCalendar
    from escalation.people.models import ApiToken
    from incidents.models import ChatRoom, Source, SourceKey, Webhook

    cast, now = assemble(), clock.now()
    cast.ana.set_password(own["password"])
    cast.ana.save()
    ways(cast.ana, provider, own, now)
    made: dict[str, str] = {}
    for kind in ("alertmanager", "pagerduty", "opsgenie", "webhook", "heartbeat", "email"):
        source = Source.objects.create(name=kind, kind=kind, service=cast.service)
        _row, made[f"key of {kind}"] = SourceKey.make(source, by=cast.ada)
    _token, made["token"] = ApiToken.make(cast.ada, name="A program", scopes=["work", "plan"], now=now)
    _feed, made["feed"] = Feed.make(by=cast.ana)
    OutsideCalendar.objects.create(
        person=cast.ana, address=f"{provider}/{own['calendar']}.ics", by=cast.ana, made_at=now, next_at=now
    )
    hook = Webhook(name="Tickets", url=f"{provider}/{own['webhook']}", owner=cast.ada)
    made |= signing(cast, own, now)
    made["webhook's secret"] = hook.new_secret(now)
    seal(hook, "authorization", f"Bearer {own['header']}".encode())
    hook.save()
    room = ChatRoom(name="War room", kind="teams", owner=cast.ada, from_severity=5)
    seal(room, "address", f"{provider}/{own['room']}".encode())
    room.save()
    client = Client()
    client.force_login(cast.ada)
    cookie = client.cookies["sessionid"].value
    made["session"] = cookie
    whose = urlsafe_base64_encode(force_bytes(cast.sam.pk))
    print("made=" + json.dumps({"secrets": made, "session": cookie, "whose": whose}))


def signing(cast: Any, own: dict[str, str], now: Any) -> dict[str, str]:
    """What people sign in with, and links that let them in."""
    from django.contrib.auth.tokens import default_token_generator

    from escalation.signin.factors import codes, verbs
    from tests.inviting_kit import invited

    app = codes.new_secret()
    code = codes.code_at(app, int(now.timestamp()) // codes.PERIOD)
    _factor, recovery = verbs.add_app(cast.ana, secret=app, code=code, now=now)
    _invitation, key = invited(cast.ada)
    made = {"app": app, "recovery": recovery[0], "another recovery": recovery[1], "invitation": key}
    return made | {"link": default_token_generator.make_token(cast.sam)}


def ways(person: Any, provider: str, own: dict[str, str], now: Any) -> None:
    from escalation.notify.models import ContactMethod, NotificationRule

    addresses = {"webhook": f"{provider}/{own['way']}", "ntfy": own["topic"], "sms": "+4915112345678"}
    addresses |= {"voice": "+4915112345678", "apprise": f"discord://123456/{own['apprise']}", "slack": "D0123ABCD"}
    addresses |= {"telegram": "123456789", "mattermost": "@ana"}
    for channel, address in addresses.items():
        verified = now - timedelta(days=1)
        way = ContactMethod.objects.create(
            person=person, channel=channel, address=address, added_at=verified, verified_at=verified
        )
        for urgency in ("loud", "quiet"):
            NotificationRule.objects.create(person=person, urgency=urgency, method=way)


def names() -> dict[str, str]:
    """Canaries for what ``furnish`` makes, and for what people type later."""
    made = ("password", "way", "topic", "apprise", "calendar", "webhook", "header", "room")
    return {name: canary(name) for name in (*made, "chosen", "anew", "code")}
