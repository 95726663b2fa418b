"""A public status page over some of the services, and what its readers have been told."""

from functools import partial
from typing import Any

from incidents.models import Component, Service, StatusPage, Update
from incidents.models.status_page import Effect

COMPONENTS = {  # public name: group, service. The network and the workplace are nobody's business outside
    "Card payments": ("Shop", "Payments"),
    "Orders and delivery": ("Shop", "Orders"),
    "Product search": ("Shop", "Catalogue"),
    "Sign-in": ("Your account", "Identity"),
}
INTRODUCTION = "How our services are. We write here as soon as we know of trouble that you may notice."


def build(zone: str) -> None:
    page = StatusPage.objects.create(
        shown=StatusPage.Shown.PUBLIC, name="Status of Example Shop", introduction=INTRODUCTION, zone=zone
    )
    services = {service.name: service for service in Service.objects.all()}
    for position, (name, (group, service)) in enumerate(COMPONENTS.items(), start=1):
        Component.objects.create(page=page, position=position, group=group, name=name, service=services[service])


def said(stage: Update.Stage, text: str, *, title: str = "", effect: Effect | None = None, what: str = "") -> dict:
    """An update for the page alone, as its verb wants it."""
    touched: Any = partial(_named, what) if what else []
    words = {"public_title": title, "effect": effect.value if effect else "", "components": touched}
    only = {"epoch": None, "to_stakeholders": False, "on_status_page": True}
    return {"stage": stage.value, "text": text, **words, **only}


def _named(name: str) -> list[Component]:
    return [Component.objects.get(name=name)]
