"""Findings in words: a heading and advice for each kind, a sentence and a link for each finding."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.text import capfirst, get_text_list
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from escalation.notify import judging, ways
from escalation.oncall.spans import Span
from escalation.people.models import User

from .checks import Finding, Kind, Subject
from .facts import Asked, Calendar, Channel, Ids, Informing, LastResort, Person, Policy, Rota, Service, Step
from .gathering import Report
from .holes import AHEAD, climbed
from .spellwords import instant, when

FILLED = (Kind.POLICY_GAPS, Kind.STEP_NOBODY, Kind.STEP_GAPS, Kind.SCHEDULE_GAPS)


@dataclass(frozen=True)
class Reader:
    """Who reads, and their teams as a supervisor."""

    person: User
    supervises: Ids = frozenset()

    @property
    def sees_all(self) -> bool:
        return self.person.is_staff or self.person.is_auditor

    def sees(self, rota: Rota) -> bool:
        return self.sees_all or bool(self.supervises & rota.teams)

    def changes(self, rota: Rota) -> bool:
        return not self.person.is_auditor and (self.person.is_staff or bool(self.supervises & rota.teams))

    def answers_for(self, person: Person) -> bool:
        if self.person.is_auditor or person.id == self.person.pk:
            return False
        return self.person.is_staff or bool(self.supervises & person.teams)


@dataclass(frozen=True)
class Line:
    """One finding: what it is about, what is wrong, and what whoever reads it can do.

    ``page``: that of what it is about; ``mend``: where it is put right; ``fill``: the form that covers the first gap;
    ``test``: where whoever reads it sends themselves a test; ``ask``: where its person is asked to see to it, by a test
    if ``by_test``, or ``asked``, by whom and when that was done; ``rotas``: the schedules it comes from, each by name
    and page.
    """

    name: str
    sentence: str
    page: str = ""
    mend: str = ""
    fill: str = ""
    test: str = ""
    ask: str = ""
    by_test: bool = False
    asked: Asked | None = None
    rotas: tuple[tuple[str, str], ...] = ()

    @property
    def first_name(self) -> str:
        return self.name.split()[0]


@dataclass(frozen=True)
class Group:
    """Findings of one kind."""

    title: str
    advice: str
    red: bool
    lines: list[Line]


def groups(report: Report, reader: Reader) -> list[Group]:
    """Worst first, as the findings are."""
    found = []
    for (red, kind), some in groupby(report.findings, key=lambda one: (one.red, one.kind)):
        lines = [_line(one, report, reader) for one in some]
        found.append(Group(_title(kind), _advice(kind, red), red, lines))
    return found


def _line(one: Finding, report: Report, reader: Reader) -> Line:
    subject, test, ask, asked = one.subject, "", "", None
    if isinstance(subject, Person) and one.flaw is not None and one.flaw.needs_them:
        if subject.id == reader.person.pk:
            test = reverse("reach-tests-due") if one.flaw.wants_test else ""
        elif reader.answers_for(subject):
            asked = subject.asked
            ask = "" if asked else reverse("test-request", args=[subject.id])
    rotas = [rota for rota in _rotas(one, report) if reader.sees(rota)]
    return Line(
        name=_name(subject),
        sentence=sentence(one, report.at),
        page=_page(subject) if isinstance(subject, Rota) and reader.sees(subject) else "",
        mend=_mend(subject, reader.person) or _calendars(subject, reader),
        fill=_fill(one, report, reader),
        test=test,
        ask=ask,
        by_test=one.flaw is not None and one.flaw.wants_test,
        asked=asked,
        rotas=tuple((rota.name, _page(rota)) for rota in rotas),
    )


def schedules(one: Finding, report: Report) -> list[Rota]:
    """Those that a finding about gaps comes from."""
    return [one.subject] if isinstance(one.subject, Rota) else _rotas(one, report)


def _rotas(one: Finding, report: Report) -> list[Rota]:
    """The schedules that leave a step, or all steps of a policy, without anybody."""
    steps: list[Step] = []
    if one.kind is Kind.POLICY_GAPS and isinstance(one.subject, Policy):
        steps = [step for step in climbed(report.facts, one.subject) if step.functional]
    elif one.kind in (Kind.STEP_NOBODY, Kind.STEP_GAPS) and isinstance(one.subject, Step):
        steps = [one.subject]
    known = report.facts.rotas
    return [known[pk] for pk in dict.fromkeys(pk for step in steps for pk in step.rotas) if pk in known]


def _page(rota: Rota) -> str:
    return reverse("schedule", args=[rota.id])


def _fill(one: Finding, report: Report, reader: Reader) -> str:
    """The form that covers the first gap, of the first schedule it comes from that this reader may change."""
    mine = next((rota for rota in schedules(one, report) if reader.changes(rota)), None)
    if one.kind not in FILLED or mine is None or not one.gaps:
        return ""
    first = one.gaps[0]
    span = urlencode({"from": first.start.isoformat(), "until": first.end.isoformat()})
    return f"{reverse('override', args=[mine.id])}?{span}"


def _calendars(subject: Subject, reader: Reader) -> str:
    """The page where those who keep a schedule's holidays see what is wrong with them."""
    if not isinstance(subject, Calendar) or subject.rota is None or reader.person.is_auditor:
        return ""
    return reverse("absences") if reader.person.is_staff or reader.supervises & subject.teams else ""


def _title(kind: Kind) -> str:
    return {
        Kind.SERVICE: _("Services that do not answer"),
        Kind.LAST_RESORT: _("The last resort cannot be reached"),
        Kind.POLICY_EMPTY: _("Policies without anybody who works on it"),
        Kind.POLICY_GAPS: _("A whole policy will call nobody"),
        Kind.STEP_NOBODY: _("Steps that call nobody now"),
        Kind.STEP_UNREACHABLE: _("Steps whose people cannot be reached"),
        Kind.UNREACHABLE: _("People who cannot be reached"),
        Kind.EMAIL_ONLY: _("People with nothing but e-mail"),
        Kind.NO_LOUD_RULE: _("People without a rule for SEV1 and SEV2"),
        Kind.LATE: _("People who are told late"),
        Kind.FAILING: _("Messages that did not leave"),
        Kind.CHANNEL: _("Channels that are not set up here"),
        Kind.STEP_GAPS: _("Steps without anybody at times"),
        Kind.SCHEDULE_GAPS: _("Schedules with gaps"),
        Kind.CALENDAR: _("Calendars that are not read any more"),
        Kind.AWAY: _("Away while on call"),
        Kind.SAME_PERSON: _("Policies that rest on one person"),
        Kind.REPEATED: _("Steps that call nobody new"),
        Kind.LAST_AGAIN: _("Paths that end with whom the last resort calls"),
        Kind.UNSENT: _("Steps that go on before people’s own rules have sent"),
        Kind.UNUSABLE: _("Ways that cannot be used"),
        Kind.RULE: _("Rules that inform nobody"),
        Kind.UNTESTED: _("Ways that were not tested lately"),
    }[kind]


def _advice(kind: Kind, red: bool) -> str:
    if red and kind in (Kind.STEP_GAPS, Kind.SCHEDULE_GAPS):
        return _(
            "A path begins or ends with them. Add a layer or an override, or say at the step what happens then: a"
            " fallback, waiting for the next shift, or the schedule of whoever is there."
        )
    own_page = _("On their page “How Baton reaches you”, each can")
    return {
        Kind.SERVICE: _("Look at the service, or at its settings here. It is tried again every few minutes."),
        Kind.LAST_RESORT: _("Choose somebody with a tested way: they are called when nobody else answers."),
        Kind.POLICY_EMPTY: _("Add a step with a “who works on it” tier. Until then only the last resort is called."),
        Kind.POLICY_GAPS: _("Only the last resort is called then. Fill a team or schedule, or give a step a fallback."),
        Kind.STEP_NOBODY: _("Fill the team or the schedule, or give the step a fallback. A call skips it."),
        Kind.STEP_UNREACHABLE: _("Ask one of them to add a way, or add somebody who has one."),
        Kind.UNREACHABLE: own_page + " " + _("add a way and send a test."),
        Kind.EMAIL_ONLY: own_page + " " + _("send a test, and add SMS, a chat or a browser."),
        Kind.NO_LOUD_RULE: own_page + " " + _("add a rule for SEV1 and SEV2."),
        Kind.LATE: own_page + " " + _("add a rule for SEV1 and SEV2 that tells them at once."),
        Kind.FAILING: own_page + " " + _("see why, mend it and send a test."),
        Kind.CHANNEL: _("Set the channel up, or ask these people for another way."),
        Kind.STEP_GAPS: _("Fill one of the schedules, or give the step a fallback."),
        Kind.SCHEDULE_GAPS: _("Add a layer or an override, or give the steps a fallback."),
        Kind.CALENDAR: _("See why on “Absences and holidays”, and give a new address if the old one leads nowhere."),
        Kind.AWAY: _("Ask for a swap, or add an override. An absence changes nobody's turn by itself."),
        Kind.SAME_PERSON: _("Name somebody else in one of the steps."),
        Kind.REPEATED: _("Whoever has not answered is called again. Name somebody else, or give the first more time."),
        Kind.LAST_AGAIN: _("Name somebody else in the step, or choose another last resort."),
        Kind.UNSENT: _("Give the step more minutes, or ask these people for rules that send sooner."),
        Kind.UNUSABLE: own_page + " " + _("verify it, or remove it."),
        Kind.RULE: _("Choose somebody who can be told, or switch the rule off. The path calls all the same."),
        Kind.UNTESTED: own_page + " " + _("send a test by it. An answer from a call that came by it counts too."),
    }[kind]


# --- one finding ----------------------------------------------------------------------------------


def sentence(one: Finding, now: datetime) -> str:
    if one.flaw is not None:
        return judging.sentence(one.flaw)
    if isinstance(one.subject, Service):
        since, tried = localtime(one.subject.since), one.subject.tried
        if tried is not None:
            said = {"since": instant(since), "tried": instant(localtime(tried)), "why": one.subject.why}
            return _("Since %(since)s, last tried %(tried)s: %(why)s.") % said
        return _("Since %(since)s: %(why)s.") % {"since": instant(since), "why": one.subject.why}
    if isinstance(one.subject, Calendar):
        return _calendar(one.subject)
    names = get_text_list([person.name for person in one.people], _("and"))
    match one.kind:
        case Kind.LAST_RESORT if isinstance(one.subject, LastResort) and not one.subject.called:
            return _("Their account has ended, or is an auditor's.")
        case Kind.LAST_RESORT:
            return _("No way of theirs can be used.")
        case Kind.POLICY_EMPTY:
            return _("No step of its path has a “who works on it” tier.")
        case Kind.STEP_NOBODY if one.gaps:
            return _("Nobody is there %(when)s. There is no fallback.") % {"when": when(one, now)}
        case Kind.STEP_NOBODY:
            return _("Nobody is there now, and there is no fallback.")
        case Kind.RULE if not one.people:
            return _("Nobody is there whom it could inform.")
        case Kind.STEP_UNREACHABLE | Kind.RULE:
            return _("No way of %(names)s can be used.") % {"names": names}
        case Kind.CHANNEL:
            return _("Rules that count upon it: %(names)s.") % {"names": names}
        case Kind.SAME_PERSON:
            return _("Everybody it calls is %(name)s.") % {"name": names}
        case Kind.REPEATED:
            said = {"names": names, "before": one.steps[0].name, "when": _sometimes(one, now)}
            return _("%(when)s it calls only whom %(before)s has called: %(names)s.") % said
        case Kind.LAST_AGAIN:
            said = {"name": names, "when": _sometimes(one, now)}
            return _("%(when)s it calls only %(name)s, who is the last resort too.") % said
        case Kind.UNSENT:
            minutes = one.subject.ack_minutes if isinstance(one.subject, Step) else 0
            text = _("It goes on after %(minutes)d minutes: later messages by the rules of %(names)s are not sent.")
            if one.steps:
                text = _(
                    "The next round begins after %(minutes)d minutes: later messages by the rules of %(names)s are not"
                    " sent before the last round."
                )
            return text % {"names": names, "minutes": minutes}
        case Kind.AWAY:
            return _("%(name)s is on call and away: %(when)s.") % {"name": names, "when": when(one, now)}
        case Kind.SCHEDULE_GAPS:
            return " ".join([_nobody(one, now), _consequences(one.steps)]).strip()
        case _:
            return _nobody(one, now)


def _calendar(one: Calendar) -> str:
    since = {"since": instant(localtime(one.since)), "host": one.host}
    if one.rota is None:
        return _("Their calendar of absences cannot be read since %(since)s: new ones are not seen.") % since
    said = _("The holidays at %(host)s cannot be read since %(since)s.") % since
    if one.decides and one.read is None:
        return said + " " + _("They were never read, and layers go by them.")
    if one.decides:
        return said + " " + _("Layers go by those read on %(read)s.") % {"read": instant(localtime(one.read))}
    return said


def _nobody(one: Finding, now: datetime) -> str:
    return _("Nobody %(when)s.") % {"when": when(one, now)}


def _sometimes(one: Finding, now: datetime) -> str:
    """The times of a finding at the beginning of its sentence."""
    always = one.gaps == (Span(now, now + AHEAD),)
    return _("In the coming %d days") % AHEAD.days if always else capfirst(when(one, now)) + ":"


def _consequences(steps: Iterable[Step]) -> str:
    """What a gap means for the steps that call by this schedule alone."""
    skipped = [step.name for step in steps if step.fallback is None and not step.awaits]
    if not skipped:
        return ""
    shown = ngettext("Skipped then: %(steps)s.", "Skipped then: %(steps)s.", len(skipped))
    return shown % {"steps": "; ".join(skipped)}


# --- what it is about ---------------------------------------------------------------------------


def _name(subject: Subject) -> str:
    match subject:
        case Channel(name=name):
            return ways.label_of(name)
        case Policy(name=name):
            return _("“%(policy)s”") % {"policy": name}
        case _:
            return subject.name


def _mend(subject: Subject, reader: User) -> str:
    """Where this reader can mend it; empty if they cannot."""
    if isinstance(subject, Person | LastResort) and subject.id == reader.pk:
        return reverse("reach")
    if not reader.is_staff:
        return ""
    match subject:
        case Rota(id=pk):
            return reverse("admin:oncall_schedule_change", args=[pk])
        case Step(policy=pk) | Informing(policy=pk) | Policy(id=pk):
            return reverse("admin:policies_policy_change", args=[pk])
        case LastResort():
            return reverse("admin:policies_installation_change", args=[1])
        case _:
            return ""


def checked(report: Report) -> str:
    """What was looked at."""
    people, steps, schedules = report.checked
    return get_text_list(
        [
            ngettext("%d person", "%d people", people) % people,
            ngettext("%d step", "%d steps", steps) % steps,
            ngettext("%d schedule", "%d schedules", schedules) % schedules,
        ],
        _("and"),
    )
