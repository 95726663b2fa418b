"""One message in three lengths, made from a delivery's facts (several in one: ``bundle``).

Each says why this person, why now, until when and what happens if nothing is done: a text message in the short form,
with where to go; a notification in a title and a line under it (``pushed``); all else in the long form, under a
subject that says what is asked. The words are templates in ``templates/messages``: ``<kind>.short.txt``,
``<kind>.push.txt`` (its first line is the title), ``<kind>.txt`` and ``<kind>.subject.txt``. They see plain strings
only and decide nothing but whether one is there to be said: no comparisons, no lookups, no sums, no code of anybody's
but ours. What has to be compared is a fact, made here. (A language without "if" would need each of them twice, and
could read no better.)
Nothing here raises: a person who is called in plain words is better off than one who is not called.
"""

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template import Context
from django.template.engine import Engine
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from escalation.kit.text import TURNS, clean, one_line
from escalation.people.models import User
from escalation.trail.parts import QUESTION, parted

from . import codes, sms_parts
from .comparing import compared
from .so_far import so_far, span

log = logging.getLogger(__name__)

SUBJECT, SHORT, TEXT = 120, sms_parts.MOST, 4000  # code points
HEAD, LINE = 80, 180  # of a notification: telephones show no more
REPLY = 160  # of what answers a text message
_BRIEF, _BRIEF_WHY = 30, 60  # a name, and why somebody was not reached, in the short form
_ASKED = 80  # an open question, in the short form
_NAME = 80  # a tier's, a team's or a person's
_TITLE = 300
# Every fact a template may count on; what is not known is empty.
_NAMES = (
    "kind ref title severity tier from to by holder then reason mode acknowledge why until until_long text listed"
    " cause unreached late late_why jumped copy copy_long code answer reply button page tag loud so_far question"
    " decides covered_by settled_by decided_by themselves then_until listed_page links"
    " rotation holidays cancelled archived restored rule when promise promised for_it"
    " service stage staged update review due overdue doer"
    " role on_call has taken_by declined_by withdrawn asks_of_you drill"
)
_NOTHING = dict.fromkeys(_NAMES.split(), "")

# Kinds of message that ask somebody to act; the others only tell what happened.
ASKING = ("call", "offer", "assigned", "woken", "maintenance_over", "last_resort", "put_back")
# Kinds that stay true however it goes on: its end does not take them back.
LASTING = ("mentioned",)
# Kinds that bring an incident to somebody: they say what was done by now.
BRINGING = ("call", "also", "inform", "rule", "offer", "assigned", "last_resort")

WHY = {
    "opened": _("it was just opened"),
    "reopened": _("it was re-opened"),
    "begins": _("nobody has taken it in the time its policy waits"),
    "not_acknowledged": _("%(from)s did not acknowledge in time"),
    "work_limit": _("the time %(from)s had to work on it is over"),
    "severity": _("it is %(severity)s"),
    "open_so_long": _("it has been open for a long time"),
    "told_before": _("it goes on after the step before was told"),
    "unreachable": _("nobody at %(from)s could be reached: %(unreached)s"),
    "always_call": _("this step is called even when somebody is working on it"),
    "offer_unanswered": _("the offer was not answered"),
    "hold_ended": _("its hold has ended"),
    "maintenance_ended": _("the maintenance of %(about)s has ended"),
    "by_hand": _("%(by)s escalated it"),
    "next_shift": _("it waited for your shift to begin"),
    "put_back": _("it goes on from an older copy of the database"),
    "rule": _("the rule “%(rule)s” says so"),
    "step_failed": _("a step of the escalation path could not be carried out"),
}


@dataclass(frozen=True)
class Recipient:
    """Whom a message is for, as far as a sender has to know.

    ``address`` is theirs at the channel: a number, a chat id, a topic. Empty: the account's e-mail.
    """

    id: int
    name: str
    email: str
    time_zone: str = "UTC"
    active: bool = True
    address: str = ""

    @classmethod
    def person(cls, user: User) -> "Recipient":
        return cls(user.pk, user.name, user.email, user.time_zone, user.is_active)


@dataclass(frozen=True)
class Message:
    """What a sender carries. ``at`` is when it was queued: the same at every try.

    ``head`` and ``line`` are what a notification shows.
    ``asks``: somebody is to act on it; else it only tells. ``code``: the one that it brings, if it does.
    ``answer``: where they can act without signing in; ``press``: what one press does there, if one is enough.
    ``page``: where whoever signs in can act, if several people read it.
    ``button``: what a button tells us when it comes back, where a chat has buttons; ``wordy``: what wants words, too.
    ``tag``: what it is about, if that is no incident; ``begins``: when what it tells of does; ``loud``: that is soon.
    """

    kind: str
    ref: str
    link: str
    at: datetime
    subject: str
    short: str
    full: str
    head: str = ""
    line: str = ""
    asks: bool = False
    code: str = ""
    answer: str = ""
    press: str = ""
    page: str = ""
    button: str = ""
    wordy: str = ""  # escalate, decline
    tag: str = ""
    begins: datetime | None = None
    loud: bool = False


def compose(facts: Mapping[str, Any], *, to: Recipient, at: datetime) -> Message:
    """The message that ``facts`` stand for, in ``to``'s time zone. Never raises."""
    return message_of(words_of(facts, to, at), at)


def message_of(words: dict[str, str], at: datetime, *, first: Mapping[str, str] | None = None) -> Message:
    """All its lengths, in the templates of ``words``' kind. ``first``: of several in one, the first that asks."""
    head, line = pushed(words)
    return Message(
        kind=words["kind"],
        ref=words["ref"],
        link=words["link"],
        at=at,
        subject=fitted(words, "subject", SUBJECT),
        short=_with_link(words, first),
        full=full_of(words),
        head=head,
        line=line,
        asks=words["kind"] in ASKING or bool(words.get("asking")),
        code=words["code"],
        answer=words["answer"],
        press=_press(words),
        page=words["page"],
        button=words["button"],
        wordy=_wordy(words),
        tag=words["tag"],
        begins=_instant(words.get("begins")),
        loud=bool(words["loud"]),
    )


def _press(words: Mapping[str, str]) -> str:
    """The button of an answer that needs no words."""
    kind = words["kind"]
    if not (words["answer"] or words["button"] or words["page"]):
        return ""
    if kind == "offer":
        return gettext("Accept")
    if kind in ("call", "maintenance_over") and words["decides"]:
        return gettext("Answer: I am on it")
    takes = kind in ("call", "last_resort") or (kind in ("assigned", "maintenance_over") and words["acknowledge"])
    return gettext("Acknowledge") if takes else ""


def _wordy(words: Mapping[str, str]) -> str:
    """What else can be answered, as long as nothing has changed; a decision, or the end of a path, goes nowhere."""
    if words["kind"] == "offer":
        return "decline"
    calls = words["kind"] in ("call", "assigned", "woken", "maintenance_over")
    onward = calls and words["then"] and not words["decides"]
    return "escalate" if onward else ""


# --- words ----------------------------------------------------------------------------------


def words_of(facts: Mapping[str, Any], to: Recipient, at: datetime) -> dict[str, str]:
    """What a template may say about ``facts``; the bare minimum if they cannot be read. Never raises."""
    try:
        return _words(facts, to, at)
    except Exception:
        log.exception("the facts of a message cannot be read; calling with what there is")
        return {**_NOTHING, "link": f"{settings.ADDRESS}/"}


def _words(facts: Mapping[str, Any], to: Recipient, at: datetime) -> dict[str, str]:
    """Every variable a template may use: a clean string, empty if there is nothing to say."""
    words = _NOTHING | {str(name): _said(value) for name, value in facts.items()}
    words["title"] = _said(facts.get("title"), _TITLE)
    words["severity"] = f"SEV{words['severity']}" if words["severity"] else ""
    words["reason"] = words["reason"].replace("_", " ")
    words["text"] = _quoted(facts.get("text"))
    words["question"] = _question(facts)
    words["cause"], words["why"] = words["why"], _why(words)
    words["link"] = _link(words.get("link", ""))
    for name in ("answer", "page"):
        words[name] = _link(words[name]) if words[name] else ""
    words["you"], words["listed"] = _said(to.name), ""
    words["until_long"], words["until"] = _until(facts.get("until"), to.time_zone, at)
    words["copy_long"], words["copy"] = _until(facts.get("copy_at"), to.time_zone, at)
    words["code"] = codes.code_of(str(facts.get("proof") or ""))
    words["so_far"] = so_far(facts) if words["kind"] in BRINGING else ""
    words["late"], words["jumped"] = span(facts.get("late_s")), span(facts.get("clock_jumped_s"))
    return words | compared(words)


def _said(value: Any, limit: int = _NAME) -> str:
    if isinstance(value, Mapping):  # somebody, as the record keeps them
        value = value.get("name")
    if isinstance(value, bool):
        return "yes" if value else ""
    return "" if value is None else one_line(str(value), limit=limit)


def _quoted(value: Any) -> str:
    """What somebody wrote, marked as theirs, so that it cannot pass for ours."""
    lines = clean(TURNS.sub("", str(value or "")), limit=TEXT).strip().splitlines()
    return "\n".join(f"> {line}".rstrip() for line in lines)


def _question(facts: Mapping[str, Any]) -> str:
    """What whoever passed it on wants to know: the one part of a brief that the short form has room for."""
    asked = parted(str(facts.get("text") or ""), facts.get("parts")).get(QUESTION, "")
    return one_line(asked, limit=_ASKED)


def _why(words: Mapping[str, str]) -> str:
    """Half a sentence, to follow "because"; empty for a cause we have no words for."""
    somebody = {"from": words["from"] or "the tier before", "by": words["by"] or "somebody"}
    somebody["about"] = words.get("service") or "its service"
    phrase = WHY.get(cause_of(words))
    return "" if phrase is None else str(phrase) % {**words, **somebody}


def cause_of(facts: Mapping[str, Any]) -> str:
    """The key of ``WHY`` that says most: who could not be reached at all has not merely been silent, or been told."""
    why = facts.get("why", "")
    return "unreachable" if facts.get("unreached") and why in ("not_acknowledged", "told_before") else why


def _link(path: str) -> str:
    return path if path.startswith(f"{settings.ADDRESS}/") else f"{settings.ADDRESS}/{path.lstrip('/')}"


def _instant(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(value or ""))
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _until(value: Any, zone: str, at: datetime) -> tuple[str, str]:
    """An instant on the receiver's own clock, long and short, always with the zone's name."""
    instant = _instant(value)
    if instant is None:
        return "", ""
    try:
        there = ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        there = ZoneInfo("UTC")
    then, today = instant.astimezone(there), at.astimezone(there)
    clock = f"{then:%H:%M} {then.tzname()}"
    long = f"{clock} ({there.key}) on {then:%A}, {then.day} {then:%B}"
    if then.date() == today.date():
        return long, clock
    if then.date() - today.date() < timedelta(days=7):
        return long, f"{then:%a} {clock}"
    return long, f"{then.day} {then:%b} {clock}"


# --- lengths --------------------------------------------------------------------------------


def full_of(words: dict[str, str]) -> str:
    text = clean(_rendered(words, "", _plainly_full))
    return marked(words, re.sub(r"\n{3,}", "\n\n", text).strip()) + "\n"


def pushed(words: dict[str, str]) -> tuple[str, str]:
    """A notification's title, which the incident's own leads, and the line under it. The title gives way first."""
    first, _newline, rest = clean(_rendered(_brief(words), ".push", _plainly)).partition("\n")
    head = marked(words, " ".join(first.split()) or _plainly(words))
    return one_line(head, limit=HEAD), one_line(" ".join(rest.split()), limit=LINE)


def _with_link(words: dict[str, str], first: Mapping[str, str] | None = None) -> str:
    """The short form ends in how to reply and in the link, which nobody could guess, as far as there is room."""
    if words["kind"] == "reply":  # the message that it answers has the link
        return fitted(words, "short", REPLY)
    brief = _brief(words)
    for end in filter(None, _ends(words) if first is None else _ends_of_several(words, first)):
        if SHORT - len(end) > SHORT // 4:
            return _short(brief, f" {end}")
    return _short(brief, "")


def _brief(words: dict[str, str]) -> dict[str, str]:
    """With shorter names, so that long ones leave room for what matters more."""
    names = ("tier", "from", "to", "by", "holder", "then", "covered_by", "settled_by", "decided_by")
    brief = {name: one_line(words[name], limit=_BRIEF) for name in names}
    brief = {**words, **brief, "unreached": one_line(words["unreached"], limit=_BRIEF_WHY)}
    return brief | {"why": _why({**brief, "why": words["cause"]})} if words["why"] and words.get("cause") else brief


def _short(words: dict[str, str], end: str) -> str:
    """As long as telephones may count it, whatever alphabet it takes."""
    room = SHORT - len(end)
    line = sms_parts.plainer(fitted(words, "short", room)) + end
    while (over := sms_parts.over(line)) > 0 and room > over:
        room -= over
        line = sms_parts.plainer(fitted(words, "short", room)) + end
    return line


def _ends(words: Mapping[str, str]) -> list[str]:
    """What the short form may end in, the best first."""
    link, reply = words["answer"] or words["link"], _how_to_reply(words)
    return [f"{reply} {link}".strip(), link, reply]


def _ends_of_several(words: Mapping[str, str], first: Mapping[str, str]) -> list[str]:
    """The same for several in one: how to answer the first that asks, by its name, and how to read of the others."""
    reply = _how_to_reply(first)
    replies = gettext("%(reply)s for %(ref)s, HELP for all.") % {"reply": reply, "ref": first["ref"]} if reply else ""
    link = f"{first['ref']}: {first['answer']}" if first["answer"] else words["link"]
    return [f"{replies} {link}".strip(), replies, link]


def _how_to_reply(words: Mapping[str, str]) -> str:
    """``Reply 47 ACK``: what answers it in one word, where answers are read."""
    code = words["reply"]
    if not code or not _press(words):
        return ""
    if words["kind"] == "offer":
        return gettext("Reply %(code)s YES, or %(code)s NO and why") % {"code": code}
    return gettext("Reply %(code)s ACK") % {"code": code}


def fitted(words: dict[str, str], length: str, limit: int) -> str:
    """On one line and not longer than ``limit``; the title gives way first, since the page shows it."""
    line = _line(words, length)
    title = words["title"]
    if len(line) > limit and title:
        room = max(len(title) - (len(line) - limit), 0)
        line = _line({**words, "title": one_line(title, limit=room) if room > 1 else ""}, length)
    return one_line(line, limit=limit)


def _line(words: dict[str, str], length: str) -> str:
    return marked(words, " ".join(clean(_rendered(words, f".{length}", _plainly)).split()))


def marked(words: Mapping[str, Any], said: str) -> str:
    return gettext("DRILL: %(said)s") % {"said": said} if words.get("drill") else said


def _rendered(words: dict[str, str], length: str, otherwise: Callable[[dict[str, str]], str]) -> str:
    kind = words["kind"]
    try:
        template = Engine.get_default().get_template(f"messages/{_file(kind)}{length}.txt")
        said = template.render(Context(words, autoescape=False))
        if said.strip():
            return said
        log.error("the message template %s%s says nothing", kind, length)
    except Exception:
        log.exception("the message template %s%s failed; saying it plainly", kind, length)
    return otherwise(words)


def _file(kind: str) -> str:
    """A kind is a word of ours; anything else must not become a path."""
    return kind if re.fullmatch(r"[a-z_]{1,16}", kind) else "unknown"


def _plainly(words: dict[str, str]) -> str:
    parts = [words[name] for name in ("severity", "ref", "title")]
    until = f"(until {words['until']})" if words["until"] else ""
    return " ".join(filter(None, [*parts, until])) or "Baton needs you"


def _plainly_full(words: dict[str, str]) -> str:
    because = f"\n\nWhy: {words['why']}." if words["why"] else ""
    text = f"\n\n{words['text']}" if words["text"] else ""
    return f"{_plainly(words)}{because}{text}\n\n{words['link']}"
