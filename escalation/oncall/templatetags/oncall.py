"""Times as they are said on the pages of who is on call: no longer than they need to be."""

from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

register = template.Library()
NEAR = timedelta(days=6)


@register.filter
def moment(at: datetime, now: datetime) -> str:
    """17:00 today, Fri 17:00 in the coming days, else with its date; on the clock that is active."""
    there, here = timezone.localtime(at), timezone.localtime(now.replace())  # a page's "now" is lazy; a copy is not
    days = (there.date() - here.date()).days
    if days == 0:
        said = "H:i"
    elif 0 < days <= NEAR.days:
        said = "D H:i"
    else:
        said = "D j M H:i" if there.year == here.year else "D j M Y H:i"
    return date_format(there, said) + _zone(there)


@register.filter
def upto(end: datetime, start: datetime) -> str:
    """The end of a span: without its day if that is the day it began, with its zone if the clock is changed within."""
    there, first = timezone.localtime(end), timezone.localtime(start)
    days = (there.date() - first.date()).days
    if days == 0:
        said = "H:i"
    elif days <= NEAR.days:
        said = "D H:i"
    else:
        said = "D j M H:i" if there.year == first.year else "D j M Y H:i"
    return date_format(there, said) + _zone(there, changed=there.utcoffset() != first.utcoffset())


@register.filter
def hour(at: datetime) -> str:
    """17:00; of an hour that the clock shows twice, with its zone."""
    there = timezone.localtime(at)
    return date_format(there, "H:i") + _zone(there)


def _zone(there: datetime, *, changed: bool = False) -> str:
    """The zone's short name where it is needed: the wall shows this time twice, as in the night when summer time ends.

    Not by Django's own format, which leaves it out just then.
    """
    twice = there.replace(fold=0).utcoffset() != there.replace(fold=1).utcoffset()
    return f" {there.tzname()}" if twice or changed else ""


@register.filter
def first_names(people) -> str:
    """Jo, or Jo and Lena: short enough for a bar."""
    return get_text_list([person.get_short_name() for person in people], _("and"))
