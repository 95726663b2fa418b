"""A draft of a training case from the record of an incident: its words, with roles for people and nothing for places.

What happened is said by tiers, as in a review. What people wrote goes through ``learning.anonymous``; each thing that
was replaced is kept beside the draft with the part that it was in, for whoever reads it. Beyond that nothing is known:
what is meant by a case, and what to take along, its author writes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from escalation.kit.errors import Refused
from escalation.kit.text import one_line
from escalation.people.models import Skill, User
from incidents.learning import casemaking, signs, story
from incidents.learning.anonymous import Hit, Kind, Names, hidden
from incidents.learning.casemaking import Around
from incidents.learning.reviewing import Line, Moment
from incidents.learning.training import Way
from incidents.models import Incident, similar
from incidents.models.training_cases import Told
from incidents.reviewing import reading, words

from . import people
from .bounds import TEXT, TITLE

QUOTED = 400  # letters of what somebody wrote
_BY_ITSELF = {"opened", "called"}  # kinds whose words do not say who


@dataclass(frozen=True)
class Draft:
    told: Told
    replaced: list[dict]
    cut: bool = False  # the record is longer than what was read


def draft(incident: Incident, now: datetime) -> Draft:
    """Raises ``Refused``: nobody could have escalated it at any minute."""
    record = reading.record_of(incident, now)
    made = casemaking.steps(record.lines, record.until, _around(incident, record.lines, now))
    if not made:
        raise Refused(_("%(ref)s was over before anybody could have escalated it.") % {"ref": incident.ref})
    hand = _Hand(incident, record.lines)
    title = hand.hide(0, incident.title)  # before it is cut: half a name is still one
    steps: list[dict] = []
    for n, step in enumerate(made, start=1):
        facts = {**step.facts, "missing": [hand.hide(n, one) for one in step.facts["missing"]]}
        told_before = steps[-1]["facts"] if steps else {}
        said = [*hand.told(n, step.moments), *_beside(facts, told_before)]
        said = said or [_("Nothing new is known.")]  # only time has passed
        quotes = _quoted(step.moments)
        if n == 1:
            said = [hand.quoted(n, incident.title), hand.quoted(n, incident.symptom), *said]
            quotes = sorted({record.lines[0].seq, *quotes}) if incident.symptom else quotes
        steps.append({"minute": step.minute, "text": _whole(said), "facts": facts, "comment": "", "quotes": quotes})
    rest = casemaking.at_the_end(record.lines, made)
    over = incident.resolved_at or record.until
    ended = _("It was open for %(time)s.") % {"time": words.span(over - record.lines[0].told.at)}
    told: Told = {
        "title": one_line(title, limit=TITLE),
        "service": _("A service that people rely on."),
        "role": _("You have the incident, or look after whoever has it."),
        "outcome": _whole([*hand.told(0, rest), ended]),
        "lesson": "",
        "quotes": _quoted(rest),
        "targets": [{"name": name, "way": way.value} for name, way in _targets()],
        "steps": steps,
    }
    return Draft(told, hand.replaced, record.cut)


def _beside(facts: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[str]:
    """What signs are read from beside what happened, when it is new: nobody is asked about what they were not told."""
    if facts["missing"] and facts["missing"] != before.get("missing"):
        yield _("Whoever has it lacks what it needs: %(what)s.") % {"what": ", ".join(facts["missing"])}
    if (times := facts["before"]) and times != before.get("before"):
        yield ngettext("The same came %(n)d time before.", "The same came %(n)d times before.", times) % {"n": times}
    usual = facts["usual"]
    if usual["count"] >= signs.ENOUGH and usual != before.get("usual"):
        minutes = usual["minutes"]
        said = ngettext(
            "Others like it took %(n)d minute of work.", "Others like it took %(n)d minutes of work.", minutes
        )
        yield said % {"n": minutes}


def _targets() -> list[tuple[str, Way]]:
    return [
        (_("The next tier, who know more about it"), Way.EXPERTISE),
        (_("A manager, who may decide"), Way.AUTHORITY),
        (_("Whoever can open systems to people"), Way.ACCESS),
        (_("Those who had it before, and know as little"), Way.NONE),
    ]


def _quoted(moments: Iterable[Moment]) -> list[int]:
    """Whose words are among what is told, by the numbers of their entries."""
    return [moment.seq for moment in moments if moment.text.strip()]


def _whole(sentences: Iterable[str]) -> str:
    return Truncator("\n".join(one for one in sentences if one)).chars(TEXT)


def _around(incident: Incident, lines: Sequence[Line], now: datetime) -> Around:
    """What similar incidents took, the same trouble before, and who lacks what, as it is known today."""
    took = similar.took(Incident.objects.exclude(pk=incident.pk), incident.service_id, now)
    needed = list(incident.needed())
    acted = {line.told.actor_id for line in lines} - {None}
    has: dict[int, set[int]] = {pk: set() for pk in acted if pk is not None}
    for person, skill in User.skills.through.objects.filter(user__in=has).values_list("user", "skill"):
        has[person].add(skill)
    return Around(
        before=similar.times_before(incident, None),
        usual=story.usual_of(took, incident.severity, signs.ENOUGH),
        lacks={person: _lack([one for one in needed if one.pk not in skills]) for person, skills in has.items()},
        needed_at=incident.needs_stated_at,
    )


def _lack(missing: Sequence[Skill]) -> tuple[tuple[str, ...], str]:
    return tuple(one.name for one in missing), missing[0].kind if missing else ""


# --- words without names ------------------------------------------------------------------------


@dataclass
class _Hand:
    """Writes down what happened, and what it has replaced on the way."""

    incident: Incident
    lines: Sequence[Line]
    replaced: list[dict] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.roles = _roles(self.lines)
        self.names: Names = people.known(self.incident, self.roles)

    def told(self, part: int, moments: Iterable[Moment]) -> list[str]:
        return [self._said(part, moment) for moment in moments]

    def _said(self, part: int, moment: Moment) -> str:
        if moment.machine and moment.kind not in _BY_ITSELF:
            moment = replace(moment, machine=_("Monitoring"))
        if moment.kind in ("note", "outside_note"):
            said = _("%(who)s noted") % {"who": moment.tier or _("Somebody")}
        else:
            said = words.sentence(moment, names=False)
        if moment.kind == "rule_acted":
            said = self.hide(part, said)
        quote = self.quoted(part, moment.text)
        return f"{said}: {quote}" if quote else f"{said}."

    def quoted(self, part: int, text: str) -> str:
        text = text.strip()
        return f"“{Truncator(self.hide(part, text)).chars(QUOTED)}”" if text else ""

    def hide(self, part: int, text: str) -> str:
        text, done = hidden(text, self.names, self._instead)
        known = {(one["part"], one["was"]) for one in self.replaced}
        new = {was: now for was, now in done if (part, was) not in known}
        self.replaced += [{"part": part, "was": was[:200], "now": now} for was, now in new.items()]
        return text

    def _instead(self, hit: Hit) -> str:
        if hit.person is not None and hit.kind is not Kind.LINK:
            return self.roles.get(hit.person) or _("a colleague")
        return {
            Kind.EMAIL: _("an e-mail address"),
            Kind.HANDLE: _("somebody"),
            Kind.LINK: _("a link"),
            Kind.MACHINE: _("a machine"),
            Kind.RECORD: _("another record"),
            Kind.NUMBER: _("a number"),
            Kind.SERVICE: _("the service"),
            Kind.PERSON: _("a colleague"),
        }[hit.kind]


def _roles(lines: Sequence[Line]) -> dict[int, str]:
    """Whoever is on the record, by what they were in it."""
    found: dict[int, str] = {}
    heard = story.Story()
    for line in lines:
        heard.hear(line.told)
        person = line.told.actor_id
        if person is not None and person not in found and line.told.kind in ("acknowledged", "accepted"):
            tier = {"tier": heard.stated.tier}
            of_tier = _("somebody of %(tier)s") % tier if tier["tier"] else _("a colleague")
            found[person] = of_tier if found else _("the first responder")
    for line in lines:
        asked = [one.get("id") for one in line.told.data.get("people") or [] if isinstance(one, dict)]
        for one in (line.told.actor_id, *asked):
            if isinstance(one, int):
                found.setdefault(one, _("a colleague"))
    return found
