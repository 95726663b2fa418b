"""The words a draft begins with: what can be said from the record alone. Whoever writes the review corrects them."""

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from incidents.models import Incident
from incidents.models.reviews import Words

from . import words
from .reading import Read


def draft(incident: Incident, read: Read) -> Words:
    return Words(summary=_summary(incident, read), helped=_helped(read), hindered=_hindered(read))


def _summary(incident: Incident, read: Read) -> str:
    looked = read.looked
    said = {"n": incident.severity, "open": words.span(looked.open_for)}
    first = _("SEV%(n)d, open for %(open)s.") % said
    if incident.service:
        first = _("SEV%(n)d on %(service)s, open for %(open)s.") % {**said, "service": incident.service.name}
    title = incident.title.rstrip(". ")
    parts = [f"{title}.", first]
    if looked.answered_after is not None:
        after = {"after": words.span(looked.answered_after)}
        soon = looked.answered_after < timedelta(minutes=1)
        parts.append(_("Somebody had it within a minute.") if soon else _("Somebody had it after %(after)s.") % after)
    if looked.steps:
        parts.append(
            ngettext("It went on to %d more step.", "It went on to %d more steps.", looked.steps) % looked.steps
        )
    if incident.people_affected:
        people = incident.people_affected
        parts.append(ngettext("%s person was affected.", "%s people were affected.", people) % words.counted(people))
    end = next((one for one in reversed(looked.timeline) if one.kind == "resolved"), None)
    text = end.text.strip() if end else ""
    return " ".join(parts) + (f"\n\n{_('How it was resolved:')} {text}" if text else "")


def _helped(read: Read) -> str:
    return "\n".join(f"- {one.text.strip()}" for one in read.looked.helped if one.text.strip())


def _hindered(read: Read) -> str:
    """Signs that nobody followed: it went on by the clock, or not at all."""
    late = [one for one in read.looked.signs if one.how in ("", "by_clock")]
    return "\n".join(
        f"- {_('A sign showed: %(sign)s; %(then)s.') % {'sign': words.of_sign(one), 'then': words.heeded(one)}}"
        for one in late
    )
