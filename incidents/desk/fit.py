"""Whom to hand it to: why each person is offered, in which order, and what speaks against them.

Pure: what is known of a person goes in, a rank and a few words come out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .cards import clock_time
from .words import names

MANY = 9  # resolved so many before: more say nothing more


@dataclass(frozen=True)
class Candidate:
    """One person, as seen by who hands over. ``on_duty`` is None where no schedule knows them."""

    name: str
    where: str = ""  # their tier, or team
    skills: tuple[str, ...] = ()
    has: tuple[str, ...] = ()  # of what is needed
    lacks: tuple[str, ...] = ()
    on_duty: bool | None = None
    until: datetime | None = None
    on_path: bool = False
    mine: bool = False  # a team of who hands over
    resolved: int = 0  # incidents of this service
    holds: int = 0  # other batons, now
    has_it: bool = False  # of several: this very one
    declined_at: datetime | None = None  # this very hand-over
    silent_at: datetime | None = None  # did not answer it
    unreachable: bool = False


def rank(one: Candidate) -> tuple:
    """Who fits best comes first; whoever could not take it now comes last."""
    duty = {True: 0, None: 1, False: 2}[one.on_duty]
    near = 0 if one.on_path else 1 if one.mine else 2
    return (bool(against(one)), len(one.lacks), duty, near, -min(one.resolved, MANY), one.holds, one.name)


def fits(one: Candidate) -> bool:
    """Sure enough to be chosen beforehand."""
    return not against(one) and not one.lacks and bool(one.on_duty or one.has or one.resolved)


def against(one: Candidate, now: datetime | None = None) -> str:
    """What speaks against them, the worst first."""
    if one.declined_at is not None:
        return _("declined at %(at)s") % {"at": clock_time(one.declined_at, now or one.declined_at)}
    if one.silent_at is not None:
        return _("did not answer at %(at)s") % {"at": clock_time(one.silent_at, now or one.silent_at)}
    if one.unreachable:
        return _("cannot be reached")
    return _("off duty now") if one.on_duty is False else ""


def why(one: Candidate, service: str) -> str:
    """Why they are offered, in one line."""
    skills = [_("has %(what)s") % {"what": names(one.has)}] if one.has else []
    skills += [_("lacks %(what)s") % {"what": names(one.lacks)}] if one.lacks else []
    if not skills and one.skills:
        skills = [names(one.skills)]
    before = ngettext("resolved %(n)d of %(service)s", "resolved %(n)d of %(service)s", one.resolved)
    done = [before % {"n": one.resolved, "service": service}] if one.resolved else []
    load = [ngettext("holds %(n)d other", "holds %(n)d others", one.holds) % {"n": one.holds}] if one.holds else []
    return " · ".join([one.where or _("no team"), *skills, *done, *load])


def standing(one: Candidate, now: datetime) -> str:
    """At the end of the line: whether they are there, and where they stand."""
    barred = against(one, now)
    if barred:
        return barred
    if one.on_duty and one.until is not None:
        return _("on call now until %(at)s") % {"at": clock_time(one.until, now)}
    if one.on_duty:
        return _("on call now")
    return _("on this path") if one.on_path else _("your team") if one.mine else ""


# --- several at once ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Among:
    """One person, as seen for several incidents. ``best``: for those that they fit best; ``but``: why not for which."""

    best: Candidate
    fits: int
    of: int
    but: tuple[tuple[str, tuple[str, ...]], ...] = ()


def among(parts: Sequence[tuple[Candidate, Sequence[str]]]) -> Among:
    """``parts``: what is known of the person for some of the incidents, by their references. What speaks against the
    person as a whole, such as that they are off duty, says nothing of a single one."""
    but: dict[str, list[str]] = {}
    for one, refs in parts:
        if barred := _barred(one):
            but.setdefault(barred, []).extend(refs)
    every, lost = sum(len(refs) for _one, refs in parts), sum(map(len, but.values()))
    best = min((one for one, _refs in parts), key=lambda one: (bool(_barred(one)), rank(one)))
    return Among(best, every - lost, every, tuple((why, tuple(refs)) for why, refs in but.items()))


def _barred(one: Candidate) -> str:
    """Why not for this one."""
    if one.has_it:
        return _("has it")
    if one.declined_at is not None or one.silent_at is not None:
        return against(one)
    return _("lacks %(what)s") % {"what": names(one.lacks)} if one.lacks else ""


def alone(one: Candidate) -> Candidate:
    """The person by themselves, without what is said of single incidents."""
    return replace(one, declined_at=None, silent_at=None, on_path=False)


def rank_among(one: Among) -> tuple:
    """Who can take most of them comes first; whoever could not take any now comes last."""
    return (bool(against(alone(one.best))), one.of - one.fits, *rank(one.best)[1:])


def why_among(one: Among) -> str:
    """How many of them they fit, and for which not, in one line."""
    load = ngettext("holds %(n)d other", "holds %(n)d others", one.best.holds) % {"n": one.best.holds}
    fits = _("fits all of them") if one.fits == one.of else _("fits %(n)d of %(of)d") % {"n": one.fits, "of": one.of}
    but = [_("not %(refs)s: %(why)s") % {"refs": names(refs), "why": why} for why, refs in one.but]
    return " · ".join([one.best.where or _("no team"), fits, *but, *([load] if one.best.holds else [])])
