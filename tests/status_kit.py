"""The status page for stories: shown, with the payments service on it, and what a reader finds."""

import re
from html import unescape

from django.test import Client

from incidents.models import Component, Service, StatusPage

PAGE, FEED, JSON = "/status/", "/status/feed.atom", "/status.json"
FORMS = (PAGE, FEED, JSON)


def set_up(cast, shown: str = "public", **facts) -> StatusPage:
    """With two components: Payments, which is called “Web shop” there, and Mail, “Order mails”."""
    page = StatusPage.objects.create(shown=shown, name="Status of Example Bank", **facts)
    mail = Service.objects.create(name="Mail-cluster-7", team=cast.teams["Applications"], policy=cast.policy)
    Component.objects.create(page=page, position=1, group="Shop", name="Web shop", service=cast.service)
    Component.objects.create(page=page, position=2, group="Shop", name="Order mails", service=mail)
    return page


def publish(incident, by, text: str = "We look into it.", stage: str = "investigating", **facts):
    chosen = {
        "to_stakeholders": False,
        "on_status_page": True,
        "public_title": "Cards are declined",
        "effect": "partly_down",
        "components": list(Component.objects.filter(name="Web shop")),
    }
    return incident.publish_update(by=by, epoch=None, stage=stage, text=text, **{**chosen, **facts})


def read(client: Client | None = None) -> dict:
    """What the JSON says."""
    answer = (client or Client()).get(JSON)
    assert answer.status_code == 200
    return answer.json()


def words(client: Client | None = None) -> str:
    """What the page says, in one line."""
    answer = (client or Client()).get(PAGE)
    assert answer.status_code == 200
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def states(found: dict) -> dict[str, str]:
    return {one["name"]: one["state"] for one in found["components"]}
