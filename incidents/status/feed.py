"""The same as Atom: an entry for each incident and each maintenance, anew when it has changed."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from escalation.kit.text import clean


class Feed(Atom1Feed):
    """One in which nothing stands yet is as old as the day: it would be new at every look."""

    def __init__(self, *, day: datetime, **facts: Any):
        super().__init__(**facts)
        self.day = day

    def latest_post_date(self) -> datetime:
        return super().latest_post_date() if self.items else self.day


def as_atom(content: dict[str, Any], name: str, now: datetime, zone: ZoneInfo) -> bytes:
    page = settings.ADDRESS + reverse("status")
    feed = Feed(
        day=now.replace(hour=0, minute=0, second=0, microsecond=0),
        title=clean(content["name"]),
        link=page,
        description=clean(content["introduction"]),
        author_name=clean(content["name"]),
        feed_url=settings.ADDRESS + reverse("status-feed"),
        feed_guid=f"urn:uuid:{name}",
    )
    for one in [*content["incidents"], *content["resolved"]]:
        feed.add_item(
            title=clean(one["title"]),
            link=f"{page}#{one['id']}",
            unique_id=f"urn:uuid:{one['id']}",
            description=clean(_story(one, zone)),
            pubdate=one["began_at"],
            updateddate=one["changed_at"],
        )
    for one in content["maintenance"]:
        feed.add_item(
            title=_("Maintenance: %(text)s") % {"text": clean(one["text"])},
            link=f"{page}#{one['id']}",
            unique_id=f"urn:uuid:{one['id']}",
            description=clean(_works(one, zone)),
            updateddate=one["announced_at"],
        )
    return feed.writeString("utf-8").encode()


def _story(one: dict[str, Any], zone: ZoneInfo) -> str:
    """The updates as HTML, all that people wrote escaped."""
    touched = format_html("<p>{}</p>", ", ".join(one["components"])) if one["components"] else ""
    lines = [(_said(word["at"], zone), word["stage_name"], _paragraphs(word["text"])) for word in one["updates"]]
    return touched + format_html_join("", "<h3>{}: {}</h3>{}", lines)


def _paragraphs(text: str) -> str:
    return format_html_join("", "<p>{}</p>", ((part,) for part in text.split("\n\n") if part.strip()))


def _works(one: dict[str, Any], zone: ZoneInfo) -> str:
    when = f"{_said(one['begins_at'], zone)} – {_said(one['ends_at'], zone)}"
    return format_html("<p>{}</p><p>{}</p>", when, ", ".join(one["components"]))


def _said(instant: datetime, zone: ZoneInfo) -> str:
    return date_format(instant.astimezone(zone), "j M Y, H:i T")
