"""People's ways and rules as rows, judged by ``fitness``, and what is said of it: to themselves or to others.

No sentence names an address, so anybody who answers for people may read them.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from functools import cache

from django.conf import settings
from django.db.models import Exists, OuterRef, Subquery
from django.utils.text import capfirst, get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from escalation.kit.sealed import Locked
from escalation.people.models import User

from . import fitness, ways
from .fitness import Fault, Flaw, Settled, Way
from .models import ContactMethod, NotificationRule, QuietHours
from .plan import EMAIL, LOUD, QUIET


def settled(people: Collection[User]) -> dict[int, Settled]:
    """What each of these people has settled, in one query."""

    def first(urgency: str) -> Subquery:
        rules = NotificationRule.objects.filter(method=OuterRef("pk"), urgency=urgency)
        return Subquery(rules.order_by("delay_minutes").values("delay_minutes")[:1])

    rows = ContactMethod.objects.kept().filter(person__in=[person.pk for person in people])
    nights = Exists(QuietHours.objects.filter(person=OuterRef("person")))
    works = cache(lambda channel: not ways.why_not(channel))
    found: dict[int, list[Way]] = {person.pk: [] for person in people}
    quiet: dict[int, bool] = {}
    for row in rows.annotate(loud=first(LOUD), soft=first(QUIET), nights=nights).order_by("pk"):
        found[row.person_id].append(_way(row, works(row.channel)))
        quiet[row.person_id] = row.nights
    for person in people:
        if not any(way.account for way in found[person.pk]):  # the fallback writes to the account all the same
            found[person.pk].append(Way(EMAIL, person.joined_at, account=True, channel_works=works(EMAIL)))
    return {pk: Settled(tuple(theirs), quiet.get(pk, False)) for pk, theirs in found.items()}


def _way(row: ContactMethod, works: bool) -> Way:
    return Way(
        channel=row.channel,
        since=row.verified_at or row.added_at,
        account=row.is_account,
        verified=row.verified_at is not None,
        gone=row.gone_at is not None,
        channel_works=works,
        readable=not isinstance(row.address, Locked),
        proved_at=row.proved_at,
        asked_at=row.asked_at,
        refused_at=row.refused_at,
        loud=row.loud is not None,  # type: ignore[attr-defined]
        loud_after=row.loud or 0,  # type: ignore[attr-defined]
        quiet=row.soft is not None,  # type: ignore[attr-defined]
        id=row.pk,
    )


def judge(one: Settled, now: datetime) -> list[Flaw]:
    """By how long a proof lasts on this installation."""
    return fitness.judge(one, now, _lasts())


def due(person: User, now: datetime) -> list[Way]:
    """The ways that it is time for the person to test. One query."""
    return due_of(settled([person])[person.pk], now)


def due_of(one: Settled, now: datetime) -> list[Way]:
    return [way for way in fitness.due(one, now, _lasts()) if way.id]


def worth_testing_of(one: Settled, now: datetime) -> list[Way]:
    """Those that a test now would show something of."""
    return [way for way in fitness.worth_testing(one, now, _lasts()) if way.id]


def due_since(now: datetime) -> datetime:
    """What was proved before this is soon too old."""
    return now - fitness.told_after(_lasts())


def _lasts() -> timedelta:
    """How long a proof lasts on this installation."""
    return timedelta(days=settings.TEST_DAYS)


def own_sentences(one: Settled, now: datetime) -> list[tuple[bool, str]]:
    """What the person's own page says about how ready they are: red or not, and a sentence."""
    return [(flaw.red, sentence(flaw)) for flaw in judge(one, now)]


# --- in words ---------------------------------------------------------------------------------


def sentence(flaw: Flaw) -> str:
    match flaw.fault:
        case Fault.UNREACHABLE:
            return _join(_("No way can be used: a call reaches nobody but the open desk."), _why(flaw.ways))
        case Fault.EMAIL_ONLY if flaw.tested:
            return _join(_("A call goes by the account's e-mail alone."), _why(flaw.ways))
        case Fault.EMAIL_ONLY:
            return _join(_("A call goes by the account's e-mail alone, which was never tested."), _why(flaw.ways))
        case Fault.NO_LOUD_RULE:
            return _no_loud_rule(flaw)
        case Fault.LATE:
            said = _("The first message about SEV1 and SEV2 leaves %(minutes)d minutes after the call.")
            return said % {"minutes": flaw.minutes}
        case Fault.FAILING:
            return _("The last message by %(ways)s did not leave.") % {"ways": listed(flaw.ways)}
        case Fault.UNTESTED:
            return _untested(flaw)
        case Fault.UNUSABLE:
            return _why(flaw.ways)


def _untested(flaw: Flaw) -> str:
    never = [way for way, days in zip(flaw.ways, flaw.days, strict=True) if days < 0]
    old = [
        ngettext("%(way)s (%(days)d day ago)", "%(way)s (%(days)d days ago)", days) % {"way": _name(way), "days": days}
        for way, days in zip(flaw.ways, flaw.days, strict=True)
        if days >= 0
    ]
    return _join(
        _("Never tested: %(ways)s.") % {"ways": listed(never)} if never else "",
        _("Not tested lately: %(ways)s.") % {"ways": get_text_list(list(dict.fromkeys(old)), _("and"))} if old else "",
    )


def _no_loud_rule(flaw: Flaw) -> str:
    said = _("SEV1 and SEV2 go by the account's e-mail alone: no rule for them uses %(ways)s.")
    said = said % {"ways": listed(flaw.ways)}
    untested = "" if flaw.tested else _("The e-mail was never tested.")
    quiet = _("At quiet hours nothing else is left.") if flaw.quiet_hours else ""
    return _join(said, untested, quiet)


def _why(broken: Iterable[Way]) -> str:
    """Why the other ways cannot be used."""
    there = [way for way in broken if not way.gone and way.channel_works]
    because = {
        _("takes no messages any more"): [way for way in broken if way.gone],
        _("is not set up on this installation"): [way for way in broken if not way.gone and not way.channel_works],
        _("cannot be read, because the key that opens it is missing here"): [way for way in there if not way.readable],
        _("is not verified"): [way for way in there if way.readable and not way.verified],
    }
    said = (_("%(way)s %(why)s.") % {"way": listed(some), "why": why} for why, some in because.items() if some)
    return _join(*map(capfirst, said))


def listed(some: Iterable[Way]) -> str:
    return get_text_list(list(dict.fromkeys(map(_name, some))), _("and"))


def _name(way: Way) -> str:
    if way.channel == EMAIL:
        return _("the account's e-mail") if way.account else _("another e-mail")
    return ways.label_of(way.channel)


def _join(*parts: str) -> str:
    return " ".join(part for part in parts if part)
