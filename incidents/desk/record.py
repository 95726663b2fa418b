"""The trail as people read it: entries become lines, and the page's templates make the sentences.

A ``Line`` gives the words that need computing (durations, names, reasons); the sentence itself
is ``templates/entries/<kind>.html``. Names are as recorded, never as they are today.
"""

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Q
from django.utils.dateparse import parse_datetime
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from escalation.engine.models import Try
from escalation.notify.message import cause_of
from escalation.policies import rulewords
from escalation.trail.models import Entry, Trail
from incidents.models import Cause, Level, Update, following, promise_words
from incidents.models.attempts import Outcome, parted
from incidents.models.passing import Reason
from incidents.models.status_page import Effect

from . import recordwords
from .links import linked
from .parts import Part, parts_of
from .words import channel_name, counted, names, people_affected, spelt, took

PAGE = 100

# --- lines ------------------------------------------------------------------------------------


@dataclass
class Line:
    """One entry, ready for its template."""

    entry: Entry
    said: SafeString | str = ""
    deliveries: list["Line"] = field(default_factory=list)
    tries: Sequence[Try] = ()  # of a message that took more than one
    tries_key: str = ""  # the same as while it waited, so that what is unfolded there stays so here
    starts_day: bool = False
    gone: bool = False  # its text was taken out of the record
    taken_back: bool = False  # a note whose author took it back
    hypothesis: str = ""  # of an attempt
    step: str = ""  # the words of a runbook's
    new: bool = False  # to the one who looks
    since: str = ""  # the first that is not: when they looked before
    viewer: int | None = None

    @property
    def kind(self) -> str:
        return self.entry.kind

    @property
    def seq(self) -> int:
        return self.entry.seq

    @property
    def at(self) -> datetime:
        return self.entry.at

    @property
    def actor(self) -> str:
        return self.entry.actor_name

    @property
    def by_person(self) -> bool:
        return self.entry.actor_kind == Entry.Actor.PERSON

    @cached_property
    def data(self) -> dict[str, Any]:
        found = json.loads(self.entry.data)
        return found if isinstance(found, dict) else {}

    @property
    def templates(self) -> list[str]:
        plain = ["entries/unknown.html"]
        return [f"entries/{self.kind}.html", *plain] if re.fullmatch(r"[a-z_]+", self.kind) else plain

    @property
    def tone(self) -> str:
        if self.kind == "attempt":
            return {"helped": "ok", "worse": "bad"}.get(self.data.get("outcome", ""), "")
        if self.kind == "runbook_ticked":
            return "ok" if self.data.get("worked") else "bad"
        if self.kind == "delivery":
            return "bad" if self.failed else ""
        if self.kind == "called" and self.data.get("track") != "functional":
            return ""
        return recordwords.TONES.get(self.kind, "")

    # What the templates say in words. Each is empty when the entry has nothing of the kind.

    @property
    def people(self) -> str:
        return names(person["name"] for person in self.data.get("people") or [])

    @property
    def mentioned(self) -> str:
        people = self.data.get("mentioned") or []
        return names((_("you") if one["id"] == self.viewer else one["name"] for one in people), most=20)

    def mentions(self, person: int) -> bool:
        return any(one["id"] == person for one in self.data.get("mentioned") or [])

    @property
    def why(self) -> str:
        if self.unreached and cause_of(self.data) == "unreachable":
            return self.unreached
        rule = self.data.get("rule")
        words = recordwords.WHY.get(self.data.get("why", ""), "")
        return str(words) % {"rule": rule} if words and isinstance(rule, str) else str(words)

    @property
    def unreached(self) -> str:
        """Whoever was asked before was not reached, and why not."""
        reason = self.data.get("unreached")
        if not reason:
            return ""
        words = {"tier": self.data.get("from") or _("the step before"), "why": reason}
        return _("nobody at %(tier)s could be reached: %(why)s") % words

    @property
    def rule_when(self) -> str:
        """When a rule acts that has acted here."""
        return rulewords.when_said(self.data.get("conditions") or [])

    @property
    def rule_facts(self) -> str:
        """And how it was then."""
        return ", ".join(rulewords.so_it_was(self.data.get("conditions") or []))

    @property
    def reason(self) -> str:
        known = dict(Reason.choices)
        return str(known.get(self.data.get("reason", ""), ""))

    @property
    def wished(self) -> str:
        """What a source said that somebody did elsewhere, and could not be done here."""
        return str(recordwords.WISHES.get(self.data.get("did", ""), ""))

    @property
    def why_not(self) -> str:
        return str(recordwords.WHY_NOT.get(self.data.get("why", ""), ""))

    @property
    def cause(self) -> str:
        return str(dict(Cause.choices).get(self.data.get("cause", ""), ""))

    @property
    def outcome(self) -> str:
        return str(dict(Outcome.choices).get(self.data.get("outcome", ""), ""))

    @property
    def took(self) -> str:
        return took(self.data.get("minutes"), by_clock=bool(self.data.get("by_clock")))

    @property
    def outcome_tone(self) -> str:
        return {"helped": "ok", "worse": "bad"}.get(self.data.get("outcome", ""), "")

    @property
    def failed(self) -> bool:
        return self.data.get("outcome") in ("failed", "expired", "unknown")

    @property
    def retried(self) -> int | None:
        """The message that this line is about, if it took more than one try."""
        found = re.fullmatch(r"delivery:([0-9]+):[a-z]+", self.entry.cause or "") if self.kind == "delivery" else None
        return int(found[1]) if found and (self.data.get("tries") or 0) > 1 else None

    @property
    def channel(self) -> str:
        return channel_name(self.data.get("channel", ""), self.data.get("way", ""))

    @property
    def via(self) -> str:
        """By which way somebody answered who was not at the desk, as a sentence."""
        channel, _colon, how = str(self.data.get("via") or "").partition(":")
        way = {"way": channel_name(channel)}
        if how == "reply":
            return _("By a reply to a message (%(way)s), without signing in.") % way
        if how == "page":
            return _("By the link in a message (%(way)s), signed in.") % way
        if how == "button":
            return _("By a button in a message (%(way)s), without signing in.") % way
        return _("By the link in a message (%(way)s), without signing in.") % way if channel else ""

    @property
    def limit(self) -> str:
        return spelt(self.data.get("limit_s"))

    @property
    def after(self) -> str:
        return spelt(self.data.get("after_s"))

    @property
    def left(self) -> str:
        return spelt(self.data.get("left_s"))

    @property
    def late(self) -> str:
        return spelt(self.data.get("late_s"))

    @property
    def jumped(self) -> str:
        return spelt(self.data["clock_jumped_s"]) if self.data.get("clock_jumped_s") else ""

    @property
    def copy_at(self) -> datetime | None:
        return parse_datetime(self.data.get("copy_at") or "")

    @property
    def not_sent(self) -> str:
        """Messages that waited in an older copy and were taken back."""
        count = len(self.data.get("not_sent") or [])
        words = ngettext(
            "%d message that waited in it is not sent: it may have left before.",
            "%d messages that waited in it are not sent: they may have left before.",
            count,
        )
        return words % count if count else ""

    @property
    def was_open(self) -> str:
        return spelt(self.data.get("open_s"))

    @property
    def until(self) -> datetime | None:
        return parse_datetime(self.data.get("until") or "")

    @property
    def still_held(self) -> datetime | None:
        return parse_datetime(self.data.get("held_until") or "")

    @property
    def windows(self) -> str:
        return names(window["name"] for window in self.data.get("windows") or [])

    @property
    def skipped(self) -> str:
        return names((skip["tier"] for skip in self.data.get("skipped") or []), most=6)

    @property
    def no_shift(self) -> str:
        """Steps that would have waited for a shift, and none is near."""
        passed = (skip for skip in self.data.get("skipped") or [] if skip.get("reason") == "no_shift_ahead")
        return names((skip["tier"] for skip in passed), most=6)

    @property
    def schedules(self) -> str:
        """By which schedules they were on call."""
        return names(schedule["name"] for schedule in self.data.get("schedules") or [])

    @property
    def joined(self) -> str:
        return names(self.data.get("joined") or [], most=5)

    @property
    def ended(self) -> str:
        return names(self.data.get("ended") or [], most=5)

    @property
    def stage(self) -> str:
        """Of an update."""
        return str(dict(Update.Stage.choices).get(self.data.get("stage", ""), ""))

    @property
    def effect(self) -> str:
        """Of an update on the status page, as those outside read it."""
        return str(dict(Effect.choices).get(self.data.get("effect", ""), ""))

    @property
    def touched(self) -> str:
        return names(self.data.get("components") or [])

    @property
    def repairs(self) -> list[str]:
        """What was put right, and which promises (I1 …) had not been kept."""
        done = self.data.get("repairs") or []
        return [f"{recordwords.REPAIRS.get(one['did'], one['did'])} ({', '.join(one['found'])})" for one in done]

    @property
    def brief(self) -> list[Part]:
        """What somebody said on passing it, if that has parts."""
        return parts_of(self.entry.said.text, self.data["parts"]) if self.said and "parts" in self.data else []

    @property
    def affected(self) -> str:
        return people_affected(self.data.get("people_affected") or 0)

    @property
    def changes(self) -> list[tuple[str, str, str]]:
        """What was stated anew: (what, from, to)."""
        words = {"people_affected": _("People affected"), "impact": _("Impact"), "urgency": _("Urgency")}
        levels = dict(Level.choices)
        found = []
        for name, label in words.items():
            pair = self.data.get(name)
            if isinstance(pair, list):
                old, new = (counted(n) if name == "people_affected" else str(levels.get(n, n)) for n in pair)
                found.append((label, old, new))
        return found

    @property
    def waits(self) -> str:
        """For how long its policy calls nobody, if it was opened under one that begins later."""
        return spelt(self.data.get("waits_s"))

    @property
    def promised(self) -> str:
        """What was promised when it was opened, or judged anew."""
        return promise_words.on_record(self.data.get("promised") or (self.severity or {}).get("promised") or ())

    @property
    def severity(self) -> dict | None:
        """How the severity changed: from, to, because and least."""
        changed = self.data.get("severity")
        return changed if isinstance(changed, dict) else None

    @property
    def because(self) -> str:
        severity = self.severity or self.data
        if severity.get("because") == "people" and severity.get("least"):
            return _("people affected ≥ %s") % counted(severity["least"])
        return str(recordwords.BECAUSE.get(severity.get("because", ""), ""))


def as_line(entry: Entry) -> Line:
    said = entry.said.text if entry.text_digest and hasattr(entry, "said") else ""
    line = Line(entry, gone=bool(entry.text_digest) and not hasattr(entry, "said"))
    if entry.kind == "attempt":
        line.hypothesis, said = parted(said, has_hypothesis=bool(line.data.get("hypothesis")))
    elif entry.kind in following.KINDS:
        line.step, said = following.parted(said)
    line.said = linked(said) if said else ""
    return line


class Read(NamedTuple):
    """A page of the trail, newest first; from where the older ones go on (or None); and ``along``, oldest first."""

    lines: list[Line]
    older: int | None
    along: list[Line]


def read(trail: Trail, *, before: int | None = None, along: Collection[str] = ()) -> Read:
    """A page, and all entries of these kinds, on whichever page they are. One query: entries are without gaps."""
    end = trail.length + 1 if before is None else before
    here = Q(seq__gte=end - PAGE) if before is None else Q(seq__gte=end - PAGE, seq__lt=end)
    entries = Entry.objects.filter(here | Q(kind__in=along), trail=trail).select_related("said")
    found = [as_line(entry) for entry in entries.order_by("-seq")]
    lines = [line for line in found if line.seq >= end - PAGE and (before is None or line.seq < end)]
    older = lines[-1].seq if lines and lines[-1].seq > 1 else None
    return Read(lines, older, [line for line in reversed(found) if line.kind in along])
