"""Which incidents a list shows, in words: what the heading of the number said that led there."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.people.models import User

from . import figures
from .listed import Listed

DID = {
    "worked": gettext_lazy("worked on by %(name)s"),
    "called": gettext_lazy("%(name)s was called"),
    "night": gettext_lazy("%(name)s was called at night"),
}


def about(listed: Listed) -> list[str]:
    asked, more = listed.asked, listed.more
    said = [f"{asked.since:%Y-%m-%d} – {asked.until:%Y-%m-%d}", *asked.chosen]
    if "only" in more:
        said.append(only(more["only"]))
    if "furthest" in more:
        said.append(_("furthest tier: %(tier)s") % {"tier": more["furthest"] or "—"})
    if "solver" in more:
        said.append(_("resolved by: %(tier)s") % {"tier": more["solver"] or _("nobody of a tier")})
    if listed.somebody is not None:
        known = User.objects.filter(pk=listed.somebody)
        said += [DID[more["did"]] % {"name": name} for name in known.values_list("name", flat=True)]
    return said


def only(key: str) -> str:
    """``escalate.2``: *Time to escalate: 15 min to 1 h*; ``escalate``: *Time to escalate: any*; ``why.access`` and
    ``reopened`` as their rows say."""
    first, _dot, second = key.partition(".")
    if first == "why":
        return str(figures.WHYS[second])
    if first in figures.TIMES:
        return f"{figures.TIMES[first]}: {figures.BANDS[int(second)] if second else _('any')}"
    return str(figures.OTHERS[first])
