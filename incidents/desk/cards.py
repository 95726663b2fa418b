"""What a card or a row shows of an incident: plain values, made for many in a fixed number of queries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.db.models import OuterRef, Subquery
from django.utils.formats import date_format, get_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from escalation.engine.models import Delivery, EscalationRun
from escalation.people.models import User
from escalation.policies import freezing
from escalation.policies.path import Act, Idle
from escalation.trail.models import Entry
from incidents.models import Incident, visits
from incidents.models.incident import with_climbs

from . import promised

QUIET = timedelta(days=1)  # nothing recorded for so long: it sinks, and says so
ASKING = ("call", "also", "assigned", "woken", "maintenance_over", "last_resort", "put_back")
NAMES = 3  # so many people are named, the others are counted


@dataclass(frozen=True, slots=True)
class Badge:
    """A few words on a card. ``level``: bad, warn, ok or empty."""

    text: str
    level: str = ""
    title: str = ""  # more of it, for who points at it


@dataclass(frozen=True, slots=True)
class Card:
    id: int
    number: int
    ref: str
    title: str
    name: str  # the same beside a badge that says what is a drill
    url: str
    severity: int
    service: str
    tier: str
    tier_id: int | None
    status: str
    who: str
    holder: User | None
    due: datetime | None
    left: str
    then: str
    paused: bool
    rungs: list[str]
    opened_at: datetime
    attempts: int
    badges: list[Badge]
    seen: str
    hot: bool
    stale: bool
    line: str
    calling: list[int] = field(default_factory=list)
    people: int = 0  # affected
    place: str = ""  # where a search was found
    hands: Any = None  # hands-on time, where it is shown: see ``hands``
    now: datetime = datetime.min
    promise: promised.Shown | None = None  # what runs out first of what was promised
    changed: bool = False  # by others, since the viewer looked

    def __getitem__(self, name: str) -> Any:
        """A template asks so first; of hundreds of cards an answer takes less time than a refusal."""
        return getattr(self, name)

    # As text: a template would ask how each number is written here.

    @property
    def sev(self) -> str:
        return str(self.severity)

    @property
    def no(self) -> str:
        return str(self.number)

    @property
    def mark(self) -> str:
        """Its class among the components' status words."""
        return "held" if self.status == "on_hold" else self.status

    @property
    def opened(self) -> str:
        """On the viewer's clock."""
        return clock_time(self.opened_at, self.now)

    @property
    def step(self) -> str:
        """The rungs in words."""
        if "now" not in self.rungs:
            return ""
        return _("step %(n)d of %(of)d") % {"n": self.rungs.index("now") + 1, "of": len(self.rungs)}

    @property
    def due_iso(self) -> str:
        return f"{self.due:%Y-%m-%dT%H:%M:%SZ}" if self.due else ""

    @property
    def due_clock(self) -> str:
        return f"{localtime(self.due):%H:%M}" if self.due else ""

    @property
    def due_said(self) -> str:
        """What the countdown leads to, and the instant in full on the viewer's clock."""
        if self.due is None:
            return ""
        at = date_format(localtime(self.due), f"{get_format('DATE_FORMAT')} H:i:s T")
        return f"{self.then} · {at}" if self.then else at

    @property
    def picks(self) -> str:
        """What its box says to those who do not see the row."""
        return _("Select %(ref)s") % {"ref": self.ref}


def with_last_word(incidents, viewer: User | None = None):
    """Each incident with the instant of its last entry, what is promised of it, and whether it has changed since the
    viewer looked, in the same query."""
    last = Entry.objects.filter(trail=OuterRef("trail")).order_by("-seq").values("at")[:1]
    found = promised.along(incidents.annotate(last_at=Subquery(last)))
    return visits.changed_since(found, viewer) if viewer else found


def cards(incidents: Iterable[Incident], now: datetime) -> list[Card]:
    """``incidents`` from ``for_cards()`` as cards, in their order: two more queries in all."""
    found = list(incidents)
    with_climbs(found)
    every = [run for incident in found for run in (incident.run, incident.authority_run) if run]
    freezing.learn(run.frozen_path_id for run in every)
    runs = [incident.run for incident in found if incident.run and incident.run.ended_at is None]
    calls = called_now(runs)
    return [_card(incident, calls, now) for incident in found]


def called_now(runs: Sequence[EscalationRun]) -> dict[int, list[tuple[int, str]]]:
    """run → (id, name) of each person whose answer it waits for now."""
    waiting = {run.pk: run for run in runs if run.acknowledged_at is None and run.held_until is None}
    calls = Delivery.objects.filter(run__in=waiting, channel="desk", kind__in=ASKING)
    found: dict[int, list[tuple[int, str]]] = {}
    rows = calls.order_by("id").values_list("run_id", "cause", "epoch", "state", "person_id", "person__name")
    for run_id, cause, epoch, state, person, name in rows:
        people = found.setdefault(run_id, [])
        if is_current(waiting[run_id], cause, epoch, state) and (person, name) not in people:
            people.append((person, name))
    return found


class Standing(Protocol):
    """Where a climb stands."""

    @property
    def pk(self) -> int: ...
    @property
    def epoch(self) -> int: ...
    @property
    def lap(self) -> int: ...
    @property
    def place(self) -> int: ...


def is_current(run: Standing, cause: str, epoch: int, state: str) -> bool:
    """Whether a message still asks for an answer: it is of the step the run stands on, or not sent yet."""
    if state == Delivery.State.CANCELLED:
        return False
    here = cause.startswith(f"run:{run.pk}:call:{run.lap}:{run.place}:")
    return here or epoch == run.epoch or state == Delivery.State.QUEUED


def _card(incident: Incident, calls: dict, now: datetime) -> Card:
    run, status, promise = incident.run, incident.status, promised.most_pressing(incident, now)
    due: datetime | None = run.timer_due if run and run.ended_at is None else None  # type: ignore[attr-defined]
    called = calls.get(run.pk, []) if run and status == "triggered" else []
    holder = incident.resolver if incident.resolved_at else run.holder if run else None
    last = getattr(incident, "last_at", None) or incident.opened_at
    stale = status in ("triggered", "acknowledged") and now - last > QUIET
    who = _who(incident, called)
    paused = bool(run and run.ended_at is None and run.held_at)
    late = bool(due and due < now and not paused)
    return Card(
        id=incident.pk,
        number=incident.number,
        ref=incident.ref,
        title=incident.title,
        name=incident.bare_title,
        url=incident.get_absolute_url(),
        severity=incident.severity,
        service=incident.service.name if incident.service else "",
        tier=run.tier.name if run and run.tier else "",
        tier_id=run.tier_id if run else None,
        status=status,
        who=who,
        holder=holder,
        due=due,
        left=spelled(due, now),
        then=until(run, run.timer_kind) if run and due else "",  # type: ignore[attr-defined]
        paused=paused,
        rungs=rungs(run) if run else [],
        opened_at=incident.opened_at,
        attempts=incident.attempts,
        badges=_badges(incident, promise, stale, last, now),
        seen=incident.state_token,
        hot=not incident.resolved_at and (incident.severity == 1 or late),
        stale=stale,
        line=_line(incident, who, now),
        calling=[person for person, _name in called],
        people=incident.people_affected,
        now=now,
        promise=promise,
        changed=getattr(incident, "changed", False),
    )


def spelled(due: datetime | None, now: datetime) -> str:
    """What the clock shows until the script ticks: the same words as the script's."""
    if due is None:
        return ""
    seconds = int((due - now).total_seconds())
    text = span(abs(seconds))
    return text if seconds >= 0 else _("late by %(span)s") % {"span": text}


def span(seconds: float) -> str:
    whole = int(seconds)
    if whole >= 86_400:
        return _("%(days)d d") % {"days": whole // 86_400}
    if whole >= 3_600:
        return f"{whole // 3_600}:{whole // 60 % 60:02}:{whole % 60:02}"
    return f"{whole // 60:02}:{whole % 60:02}"


def aged(since: datetime, now: datetime) -> str:
    """How long ago, in one figure: 12 min, 5 h, 3 d."""
    minutes = max(0, int((now - since).total_seconds())) // 60
    if minutes < 60:
        return _("%(n)d min") % {"n": minutes}
    return _("%(n)d h") % {"n": minutes // 60} if minutes < 48 * 60 else _("%(n)d d") % {"n": minutes // 1440}


def clock_time(instant: datetime, now: datetime) -> str:
    """On the viewer's clock: the time today, with the day otherwise."""
    there, today = localtime(instant), localtime(now).date()
    return date_format(there, "H:i") if there.date() == today else date_format(there, "D j M, H:i")


# --- what happens next ----------------------------------------------------------------------


def next_tier(run: EscalationRun) -> str | None:
    """The tier of the step after this one, on the frozen path; None at its end."""
    laps, steps = run.frozen["laps"], run.frozen["steps"]
    ahead = [number for lap in laps[run.lap : run.lap + 1] for number in lap[run.place + 1 :]]
    ahead += [number for lap in laps[run.lap + 1 :] for number in lap]
    return steps[ahead[0]]["tier"]["name"] if ahead else None


def also_tier(run: EscalationRun) -> str | None:
    """The next tier of this lap that is called even though somebody is working."""
    steps = run.frozen["steps"]
    coming = (steps[number] for number in run.frozen["laps"][run.lap][run.reach + 1 :])
    return next((step["tier"]["name"] for step in coming if step["always_call"]), None)


def until(run: EscalationRun, kind: str) -> str:
    """What the countdown to a timer of this kind leads to, as half a sentence."""
    match kind:
        case Act.WAKE:
            return _("until the hold ends")
        case Act.SPEAK:
            return _("until the maintenance ends")
        case Act.RETURN:
            return _("until it goes back to %(name)s") % {"name": run.offered_by.name if run.offered_by else ""}
        case Act.ALSO:
            return _("until %(tier)s is called too") % {"tier": also_tier(run) or ""}
    tier = next_tier(run)
    return _("until %(tier)s is called") % {"tier": tier} if tier else _("until the last-resort contact is called")


def otherwise(run: EscalationRun) -> str:
    """The same as a sentence of its own: what happens if nobody does anything."""
    tier = next_tier(run)
    return _("%(tier)s is called") % {"tier": tier} if tier else _("the last-resort contact is called")


def rungs(run: EscalationRun) -> list[str]:
    """The distinct tiers of the whole path, as past, now and next."""
    laps, steps = run.frozen["laps"], run.frozen["steps"]
    tiers = list(dict.fromkeys(steps[number]["tier"]["id"] for lap in laps for number in lap))
    if run.ended_at is not None:
        return ["past"] * len(tiers)
    here = run.tier_id
    if here not in tiers and run.place >= 0:  # moved sideways: where the path goes on from
        here = steps[laps[run.lap][run.place]]["tier"]["id"]
    at = tiers.index(here) if here in tiers else -1
    return ["past" if n < at else "now" if n == at else "next" for n in range(len(tiers))]


# --- words ----------------------------------------------------------------------------------


def named(people: Sequence[str]) -> str:
    """Two or three names, then how many more."""
    if len(people) <= NAMES:
        return ", ".join(people)
    rest = len(people) - NAMES + 1
    more = ngettext("%(n)d more", "%(n)d more", rest) % {"n": rest}
    return f"{', '.join(people[: NAMES - 1])}, {more}"


def _who(incident: Incident, called: Sequence[tuple[int, str]]) -> str:
    run = incident.run
    if incident.resolved_at:
        return incident.resolver.name if incident.resolver else ""
    if run is None:
        return ""
    if run.offered_to:
        return _("%(giver)s, offered to %(receiver)s") % {
            "giver": run.holder.name if run.holder else "",
            "receiver": run.offered_to.name,
        }
    if run.holder:
        return run.holder.name
    if called:
        return _("calling %(people)s") % {"people": named([name for _pk, name in called])}
    return _("nobody is called yet") if run.standing.waits_to_begin and run.standing.deadline else _("nobody yet")


def _line(incident: Incident, who: str, now: datetime) -> str:
    """The second line of a row: where it is, who has it, how it stands."""
    run = incident.run
    parts = [run.tier.name if run and run.tier else "", who]
    if incident.resolved_at:
        parts.append(_("resolved %(at)s") % {"at": clock_time(incident.resolved_at, now)})
    elif run and run.held_until and run.sleeps_until:
        parts.append(_("on hold until %(at)s") % {"at": clock_time(run.sleeps_until, now)})
    if incident.attempts:
        parts.append(ngettext("%(n)d attempt", "%(n)d attempts", incident.attempts) % {"n": incident.attempts})
    return " · ".join(filter(None, parts))


def _badges(
    incident: Incident, promise: promised.Shown | None, stale: bool, last: datetime, now: datetime
) -> list[Badge]:
    run, found = incident.run, [Badge(_("Drill"), "drill", title=_("A practice: nothing is broken."))] * incident.drill
    if incident.resolved_at or run is None:
        return found
    if run.quiet_until:
        found.append(maintenance_badge(run.quiet_until, now))
    if run.finished == Idle.EXHAUSTED:
        found.append(Badge(_("nobody answered"), "bad"))
    if promise is not None and promise.due is not None and promise.badge:
        found.append(Badge(promise.badge, promise.level, title=f"{promise.lead} {clock_time(promise.due, now)}"))
    if run.offer_returned_at:
        found.append(Badge(unanswered(run), "warn"))
    if authority := _authority(incident.authority_run):
        found.append(authority)
    if incident.restricted:
        found.append(Badge(_("restricted")))
    if stale:
        days = (now - last).days
        found.append(Badge(ngettext("quiet for %(n)d day", "quiet for %(n)d days", days) % {"n": days}))
    return found


def unanswered(run: EscalationRun) -> str:
    """Until somebody acts: the giver holds it, and nobody has it in hand."""
    if run.unanswered_by is None:
        return _("hand-over unanswered")
    return _("hand-over to %(name)s unanswered") % {"name": run.unanswered_by.name}


def maintenance_badge(until: datetime, now: datetime) -> Badge:
    """On the viewer's clock, with the whole instant behind it."""
    whole = date_format(localtime(until), "j F Y, H:i:s T")
    return Badge(_("Maintenance until %(at)s") % {"at": clock_time(until, now)}, title=whole)


def _authority(run: EscalationRun | None) -> Badge | None:
    """Who must know: whether they were told, asked, or have answered."""
    if run is None or run.ended_at or run.place < 0:
        return None
    if run.finished == Idle.EXHAUSTED:
        return Badge(_("no decision yet"), "bad")
    step = run.step_frozen
    assert step is not None
    tier = {"tier": step["tier"]["name"]}
    if run.acknowledged_at:
        return Badge(_("%(tier)s is on it") % tier, "ok")
    if step["mode"] == "inform":
        return Badge(_("%(tier)s informed") % tier)
    return Badge(_("%(tier)s asked") % tier, "warn")
