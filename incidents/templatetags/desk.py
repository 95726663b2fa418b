"""Clocks as words, for pages whose scripts do not run."""

from datetime import datetime

from django import template

from escalation.kit.words import spelt
from incidents.advising import words
from incidents.desk import promised, roles
from incidents.desk.cards import clock_time, span, spelled
from incidents.desk.incident import Page
from incidents.models import Incident
from incidents.models.role_plans import Role

register = template.Library()
register.filter("spelt", spelt)


@register.filter
def time_left(due: datetime, now: datetime) -> str:
    """What a countdown shows until the script ticks: 04:12, or late by 00:03."""
    return spelled(due, now.replace())  # a page's "now" is lazy; a copy of it is not


@register.filter
def time_since(start: datetime, now: datetime) -> str:
    return span(max(0.0, (now.replace() - start).total_seconds()))


@register.filter
def on_clock(instant: datetime, now: datetime) -> str:
    """The time of day, and the day too unless it is this one."""
    return clock_time(instant, now.replace())


@register.filter
def sign_sentences(signs: object) -> list[str]:
    """The warning signs that an entry keeps, each as a sentence."""
    return words.of_entry(signs)


@register.filter
def promises(incident: Incident, now: datetime) -> list[promised.Shown]:
    """What was promised of an incident, as its page has read it."""
    return promised.of_incident(incident, now.replace())


@register.filter
def roles_of(page: Page) -> list[roles.Shown]:
    """Who has which role on the incident that the page shows."""
    return roles.of_incident(page.incident, page.user, may_change=page.may_change)


@register.filter
def role_name(role: str) -> str:
    return str(Role(role).label) if role in Role.values else role
