"""A problem's own record in sentences."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.trail.models import Entry
from incidents.models import Problem

LATEST = 50
SAID = {
    "problem_begun": gettext_lazy("%(name)s began it: %(owner)s owns it, with %(team)s"),
    "problem_changed": gettext_lazy("%(name)s changed the words; %(owner)s owns it, with %(team)s"),
    "problem_fixed": gettext_lazy("%(name)s said that it is fixed since %(on)s"),
    "problem_closed": gettext_lazy("%(name)s closed it"),
    "problem_reopened": gettext_lazy("%(name)s opened it again"),
    "problem_linked": gettext_lazy("%(name)s said that %(ref)s is one of it"),
    "problem_unlinked": gettext_lazy("%(name)s said that %(ref)s is none of it"),
    "problem_action": gettext_lazy("%(name)s gave %(owner)s something to do until %(due)s"),
    "problem_action_moved": gettext_lazy("%(name)s changed an action: %(owner)s does it until %(due)s"),
    "problem_action_done": gettext_lazy("%(name)s said that an action is done"),
    "problem_action_dropped": gettext_lazy("%(name)s dropped an action"),
    "text_taken": gettext_lazy("%(name)s took a text out of the record"),
    "problem_reminded": gettext_lazy("Baton reminded %(people)s of an action that is due on %(due)s"),
}


@dataclass(frozen=True)
class Line:
    seq: int
    at: datetime
    words: str
    text: str
    gone: bool  # it had a text, which was taken away
    took: int | None  # of which entry it took the text away


def history(problem: Problem, visible: Collection[str]) -> list[Line]:
    """The latest entries, the newest first. ``visible``: the references that their reader may know."""
    entries = Entry.objects.filter(trail=problem.trail_id, kind__in=SAID).select_related("said").order_by("-seq")
    return [_line(entry, visible) for entry in entries[:LATEST]]


def _line(entry: Entry, visible: Collection[str]) -> Line:
    data = json.loads(entry.data)
    on = parse_datetime(data.get("on") or "")
    said = {
        "name": entry.actor_name,
        "owner": (data.get("owner") or {}).get("name", ""),
        "team": data.get("team", ""),
        "ref": data["ref"] if data.get("ref") in visible else _("another incident"),
        "on": date_format(localtime(on), "j M Y") if on else "",
        "due": date_format(date.fromisoformat(data["due"]), "j M Y") if data.get("due") else "",
        "people": ", ".join(one["name"] for one in data.get("people") or ()),
    }
    text = entry.said.text if hasattr(entry, "said") else ""
    gone, took = bool(entry.text_digest) and not text, (data.get("taken") or {}).get("seq")
    return Line(entry.seq, entry.at, SAID[entry.kind] % said, text, gone, took)
