"""A review as one Markdown file. What people or machines wrote is escaped: it is text there, never markup."""

import re
from collections.abc import Iterable, Iterator

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from escalation.kit.text import TURNS, clean
from incidents.models import Action, Incident, Review

from . import words
from .reading import Read

_MARKS = re.compile(r"([!-/:-@\[-`{-~])")  # every ASCII mark; CommonMark lets each of them be escaped
_PLAIN = set("'\",.:;?/%$&(){}^-")  # which mean nothing within a line, and read better as they are
_STARTS = re.compile(r"^(?:\d+(?=[.)])|(?=-))")  # but a number and a stop begin a list, and so does a hyphen


def escaped(text: str) -> str:
    """One line of text as itself."""
    flat = " ".join(clean(TURNS.sub("", text)).split())
    found = _MARKS.sub(lambda mark: mark[0] if mark[0] in _PLAIN else f"\\{mark[0]}", flat)
    return _STARTS.sub(lambda begin: f"{begin[0]}\\", found).replace("&", "&amp;")


def block(text: str) -> list[str]:
    """Lines stay lines, empty ones part paragraphs, and those with a hyphen, as a draft has them, are a list."""
    found: list[str] = []
    for line in clean(text).split("\n"):
        item = line.startswith("- ") and line[2:].strip()
        said = f"- {escaped(line[2:])}" if item else escaped(line)
        before = found[-1] if found else ""
        if said and before and not item:
            found[-1:] = [before, ""] if before.startswith("- ") else [f"{before}\\"]
        found.append(said)
    return found


def written(review: Review, read: Read, remarks: dict[int, str], actions: Iterable[Action], *, names: bool) -> str:
    """``remarks``: by the entry's number."""
    incident = review.incident
    lines = [f"# {escaped(_('Review of %(ref)s: %(title)s') % {'ref': incident.ref, 'title': incident.title})}", ""]
    if review.state == "draft":
        lines += [f"*{escaped(_('Draft'))}*", ""]
    lines += [*_facts(incident, read), ""]
    for title, text in (
        (_("What happened"), review.summary),
        (_("What helped"), review.helped),
        (_("What made it harder"), review.hindered),
    ):
        if text.strip():
            lines += [f"## {escaped(title)}", "", *block(text.strip()), ""]
    factors = [f"- **{escaped(str(one.get_kind_display()))}**: {escaped(one.text)}" for one in review.factors.all()]
    lines += _section(_("What contributed"), factors)
    lines += _section(_("Actions"), (_action(one, names) for one in actions))
    lines += _section(_("Warning signs"), (_sign(one) for one in read.looked.signs))
    lines += _section(_("Timeline"), _timeline(read, remarks, names))
    return "\n".join(lines).rstrip("\n") + "\n"


def _section(title: str, rows: Iterable[str]) -> list[str]:
    found = list(rows)
    return [f"## {escaped(title)}", "", *found, ""] if found else []


def _facts(incident: Incident, read: Read) -> Iterator[str]:
    for label, said in facts(incident, read):
        yield f"- {escaped(label)}: {escaped(said)}"


def facts(incident: Incident, read: Read) -> list[tuple[str, str]]:
    """The numbers of it, for the page too."""
    looked = read.looked
    found = [(_("Severity"), f"SEV{incident.severity}"), (_("Was open for"), words.span(looked.open_for))]
    if looked.answered_after is not None:
        found.append((_("Somebody had it after"), words.span(looked.answered_after)))
    found += words.of_spent(looked.spent)
    if read.woken:
        found.append((_("Called in their night"), words.people(read.woken)))
    return found


def _action(action: Action, names: bool) -> str:
    mark = "x" if action.done_at else " "
    who = f", {escaped(action.owner.name)}" if names else ""
    said = f"- [{mark}] {escaped(action.what)}{who}, {escaped(_('until'))} {action.due.isoformat()}"
    return f"{said} ({escaped(_('dropped'))}: {escaped(action.why_dropped)})" if action.dropped_at else said


def _sign(shown) -> str:
    at = f"{localtime(shown.at):%Y-%m-%d %H:%M}"
    return f"- {at} {escaped(words.of_sign(shown))}: {escaped(words.heeded(shown))}"


def _timeline(read: Read, remarks: dict[int, str], names: bool) -> Iterator[str]:
    for moment in read.looked.timeline:
        text = f" “{escaped(moment.text)}”" if moment.text.strip() else ""
        at = f"{localtime(moment.at):%Y-%m-%d %H:%M %Z}"
        yield f"- {escaped(at)} {escaped(words.sentence(moment, names=names))}{text}"
        if moment.seq in remarks:
            yield f"  - {escaped(remarks[moment.seq])}"
    if read.cut:
        yield f"- {escaped(_('The record goes on; a review shows its beginning.'))}"
