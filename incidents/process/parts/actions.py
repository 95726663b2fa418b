"""Actions that are late: of the team's reviews and problems, or its people's; those that their reader may see."""

from collections.abc import Sequence
from datetime import date

from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from incidents.models.chase_days import TOLD  # days after which supervisors hear of it

from ..part import Line, Look, Part, Standing, cut, day, short
from ..period import compared
from ..rows import Late

WHAT = 70


def part(look: Look) -> Part:
    title = _("Overdue actions")
    late, was = [one for one in look.rows.actions if one.now], sum(one.then for one in look.rows.actions)
    url, link = _where(late)
    if not late and not was:
        return short("actions", title, Standing.GOOD, _("No action of this team is late."), url, link)
    return Part(
        "actions",
        title,
        _standing(late, look.today),
        _sentence(late),
        number=len(late),
        unit=ngettext("action is late", "actions are late", len(late)),
        change=compared(len(late), was, look.period.beginning),
        url=url,
        link=link,
        **cut([Line(_what(one), _note(one), _address(one)) for one in late]),
    )


def _standing(late: Sequence[Late], today: date) -> Standing:
    if not late:
        return Standing.GOOD
    return Standing.ACT if (today - late[0].due).days >= TOLD else Standing.LOOK


def _sentence(late: Sequence[Late]) -> str:
    if not late:
        return _("No action is late any more.")
    first = late[0]
    said = {"what": _what(first), "owner": first.owner, "day": day(first.due)}
    if first.restricted:
        return _("Ask %(owner)s first: an action of a restricted incident was due on %(day)s.") % said
    return _("Ask %(owner)s first: “%(what)s” was due on %(day)s.") % said


def _what(one: Late) -> str:
    """The page is printed and goes round: nothing of a restricted incident stands there in words."""
    return _("An action of a restricted incident") if one.restricted else Truncator(one.what).chars(WHAT)


def _note(one: Late) -> str:
    return _("%(owner)s, was due on %(day)s") % {"owner": one.owner, "day": day(one.due)}


def _address(one: Late) -> str:
    home = reverse("review", args=[one.incident]) if one.problem is None else reverse("problem", args=[one.problem])
    return f"{home}#action-{one.number}"


def _where(late: Sequence[Late]) -> tuple[str, str]:
    """The page that lists them, or most of them."""
    of_problems = sum(one.problem is not None for one in late)
    return (reverse("problems"), _("Problems")) if 2 * of_problems > len(late) else (reverse("reviews"), _("Reviews"))
