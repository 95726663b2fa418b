"""What waits on schedules: swaps, gaps, a shift that begins soon, and calendars that are not read."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.core.cache import cache
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from escalation.oncall import cues as oncall
from escalation.oncall.models import Schedule, SwapRequest
from escalation.oncall.templatetags.oncall import moment, upto
from escalation.people.models import Membership, User

from ..versions import TURN, memberships, rules_of
from .cue import Act, Cue, When

SOON = timedelta(hours=2)  # a shift that begins within this is a cue
LAST_CHANCE = timedelta(days=1)  # so long before its shift a swap that nobody has answered is a cue of who asks


def cues_of(user: User, now: datetime) -> list[Cue]:
    """No query if nothing of the schedules has changed since they were read."""
    rota = rota_of(user, now)
    mine = [swap for swap in rota.mine if now < swap.closes_at <= now + LAST_CHANCE]
    return [
        *(_asked(swap, user, now) for swap in rota.asked if swap.closes_at > now),
        *(_unanswered(swap, now) for swap in mine),
        *(_gap(gap, now) for gap in rota.gaps if gap.gap.end > now),
        *(_shift(one, rota.mine, now) for one in rota.shifts if now < one.start <= now + SOON),
    ]


def rota_of(user: User, now: datetime) -> oncall.Rota:
    if user.is_auditor:
        return oncall.Rota()
    key, teams = f"rota:{rules_of(user, now)}", [team for team, _name, _role in memberships(user)]
    ahead = SOON + timedelta(seconds=TURN)
    found: oncall.Rota | None = cache.get(key)
    if found is None:
        found = oncall.read(user, teams, supervised(user), now, ahead=ahead)
        cache.set(key, found, TURN)
    return found


def supervised(user: User) -> list[int]:
    return [team for team, _name, role in memberships(user) if role == Membership.Role.SUPERVISOR]


def calendars_of(user: User, now: datetime) -> Iterator[Cue]:
    """One query."""
    if user.is_auditor:
        return
    for calendar in oncall.calendars_of(user, supervised(user), now):
        since = calendar.failing_since or now
        words = {"host": calendar.host, "at": moment(since, now), "error": calendar.error}
        names = {"schedule": calendar.schedule.name if calendar.schedule else ""}
        yield Cue(
            kind="calendar",
            id=f"cue-calendar-{calendar.pk}",
            title=_("Holidays of %(schedule)s are not read") % names
            if calendar.schedule
            else _("Your calendar of absences is not read"),
            url=reverse("absences"),
            why=_("%(host)s, since %(at)s: %(error)s") % words,
            then=_("What was read before still counts; what is new in it does not.")
            if calendar.read_at
            else _("It was never read."),
            when=When(since=calendar.pk),
            acts=(Act(_("Read again"), reverse("calendar-reading", args=[calendar.pk]), post=True),),
            label=_("Calendar"),
        )


# --- swaps ------------------------------------------------------------------------------------


def _swap(swap: SwapRequest, now: datetime, *, kind: str, title: str, why: str, then: str, acts: list[Act]) -> Cue:
    return Cue(
        kind=kind,
        id=f"cue-swap-{swap.pk}",
        title=title,
        url=f"{reverse('schedule', args=[swap.schedule_id])}#swap-{swap.pk}",
        why=why,
        then=then,
        when=When(swap.closes_at, waits=True, since=swap.pk),
        acts=tuple(acts),
        at=moment(swap.closes_at, now),
        label=_("Swap"),
    )


def _noun(swap: SwapRequest, noun: str) -> str:
    return reverse(noun, args=[swap.schedule_id, swap.pk])


def _asked(swap: SwapRequest, user: User, now: datetime) -> Cue:
    why = f"{swap.schedule.name}, {_span(swap.starts_at, swap.ends_at, now)}."
    if swap.return_starts_at and swap.return_ends_at:
        why += f" {_('In return for')} {_span(swap.return_starts_at, swap.return_ends_at, now)}."
    if swap.text:
        why += f" “{swap.text}”"
    acts = [Act(_("Accept"), _noun(swap, "swap-acceptance"), dialog=True, primary=True)]
    if swap.asked_id == user.pk:
        acts.append(Act(_("Decline"), _noun(swap, "swap-refusal"), dialog=True))
    title = _("%(giver)s asks you to take a shift") % {"giver": swap.giver.name}
    then = _("Without an answer it stays with %(giver)s.") % {"giver": swap.giver.get_short_name()}
    return _swap(swap, now, kind="swap", title=title, why=why, then=then, acts=acts)


def _unanswered(swap: SwapRequest, now: datetime) -> Cue:
    words = {"schedule": swap.schedule.name, "span": _span(swap.starts_at, swap.ends_at, now)}
    words["who"] = swap.asked.name if swap.asked else _("everybody who can take it")
    return _swap(
        swap,
        now,
        kind="unanswered-swap",
        title=_("Nobody has taken your shift yet"),
        why=_("%(schedule)s, %(span)s. You asked %(who)s.") % words,
        then=_("Without an answer it stays yours; withdraw it to ask somebody else."),
        acts=[Act(_("Withdraw"), _noun(swap, "swap-withdrawal"), dialog=True)],
    )


# --- gaps and shifts --------------------------------------------------------------------------


def _gap(found: oncall.ComingGap, now: datetime) -> Cue:
    schedule, gap = found.schedule, found.gap
    why = f"{_span(gap.start, gap.end, now)}."
    if gap.gone:
        why += " " + _("%(name)s has no account any more.") % {"name": gap.gone.name}
    if found.more:
        more = ngettext("%(n)d more gap on its page.", "%(n)d more gaps on its page.", found.more)
        why += " " + more % {"n": found.more}
    return Cue(
        kind="gap",
        id=f"cue-gap-{schedule.pk}-{int(gap.start.timestamp())}",
        title=_("Nobody is on call: %(schedule)s") % {"schedule": schedule.name},
        url=reverse("schedule", args=[schedule.pk]),
        why=why,
        then=_("Steps that call by it find nobody then."),
        when=When(gap.start, since=schedule.pk),
        acts=(Act(_("Fill it"), _form("override", schedule, gap.start, gap.end), dialog=True),),
        at=_("now") if gap.start <= now else moment(gap.start, now),
        label=_("Gap"),
        alarm=True,
    )


def _shift(shift: oncall.ComingShift, asked: list[SwapRequest], now: datetime) -> Cue:
    schedule, address = shift.schedule, reverse("schedule", args=[shift.schedule.pk])
    ask = Act(_("Ask somebody to take it"), _form("swap-request", schedule, shift.start, shift.end), dialog=True)
    look = Act(_("See the schedule"), address)
    offered = any(one.schedule_id == schedule.pk and shift.meets(one.starts_at, one.ends_at) for one in asked)
    words = {"schedule": schedule.name, "span": _span(shift.start, shift.end, now)}
    return Cue(
        kind="shift",
        id=f"cue-shift-{schedule.pk}-{int(shift.start.timestamp())}",
        title=_("You are on call soon: %(schedule)s") % words,
        url=address,
        why=_("It is your shift, %(span)s.") % words,
        then=_("From then on you are called by it."),
        when=When(shift.start, since=schedule.pk),
        acts=(look,) if offered else (ask,),
        at=moment(shift.start, now),
        label=_("On call"),
    )


def _form(noun: str, schedule: Schedule, start: datetime, end: datetime) -> str:
    query = urlencode({"from": start.isoformat(), "until": end.isoformat()})
    return f"{reverse(noun, args=[schedule.pk])}?{query}"


def _span(start: datetime, end: datetime, now: datetime) -> str:
    return f"{moment(start, now)} – {upto(end, start)}"
