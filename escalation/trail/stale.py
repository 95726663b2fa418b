"""Whether a row that the record keeps the changes of was changed since somebody opened its form, by whom, and what."""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.forms import ModelForm
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from escalation.kit.text import one_line

from .models import Entry, Trail

FIELD = "as_of"  # of the form, and in the page's context
KINDS = "config_"  # what admins' pages write; what people do on others has its own kinds and its own rules
MOST = 2000  # entries that are looked at
SHOWN = 6  # fields of one change
_LENGTH = 60  # of a value


def as_of() -> str:
    """What a form that is made now carries."""
    return str(Trail.objects.installation().length)


def since(sent: str, what: str | None, pk: str) -> list[str]:
    """A sentence for each change of this row since, if there was one. What cannot be read is from the beginning."""
    seq = int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 16 else 0
    entries = Entry.objects.filter(trail__kind=Trail.Kind.INSTALLATION, seq__gt=seq, kind__startswith=KINDS)
    found = [(entry, json.loads(entry.data)) for entry in entries.order_by("-seq")[:MOST]]
    its = [(entry, data) for entry, data in found if data.get("what") == what and str(data.get("id")) == pk]
    return [_said(entry, data) for entry, data in reversed(its)]


def refusing(form: type[ModelForm], said: list[str]) -> Any:
    """The same form, which takes nothing this once."""
    last = _("Nothing is saved yet, and below is what you typed. If you save it again, it takes the place of theirs.")

    def clean(self: Any) -> Any:
        data = form.clean(self)
        self.add_error(None, ValidationError([*said, last]))
        return data

    kind: Any = type(form)
    return kind(form.__name__, (form,), {"clean": clean, "__module__": form.__module__})


def _said(entry: Entry, data: dict[str, Any]) -> str:
    before, after = data.get("before") or {}, data.get("after") or {}
    changed = list({**before, **after})
    parts = [_("%(field)s: %(was)s → %(now)s") % _words(name, before, after) for name in changed[:SHOWN]]
    if len(changed) > SHOWN:
        more = len(changed) - SHOWN
        parts.append(ngettext("and %d field more", "and %d fields more", more) % more)
    at = date_format(timezone.localtime(entry.at), "D j M H:i")
    words = {"who": entry.actor_name, "at": at, "what": "; ".join(parts)}
    return _("%(who)s has changed this since you opened it (%(at)s). %(what)s") % words


def _words(name: str, before: dict[str, Any], after: dict[str, Any]) -> dict[str, str]:
    field = name.rpartition(".")[2].replace("_", " ")
    return {"field": field, "was": _value(before.get(name)), "now": _value(after.get(name))}


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return _value(value.get("name"))
    if isinstance(value, list):
        return _value(", ".join(_value(one) for one in value))
    text = "" if value is None else str(value)
    return one_line(text.replace("\n", ", "), limit=_LENGTH) or "–"
