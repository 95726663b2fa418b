"""Which incidents a list shows, in words: what the heading of the number said that led there."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.people.models import User

from . import figures
from .asked import Asked

DID = {
    "worked": gettext_lazy("worked on by %(name)s"),
    "called": gettext_lazy("%(name)s was called"),
    "night": gettext_lazy("%(name)s was called at night"),
}


def about(asked: Asked, more: dict[str, str]) -> list[str]:
    """``more``: as the address has it, looked at before."""
    said = [f"{asked.since:%Y-%m-%d} – {asked.until:%Y-%m-%d}", *asked.chosen]
    if "only" in more:
        said.append(only(more["only"]))
    if "furthest" in more:
        said.append(_("furthest tier: %(tier)s") % {"tier": more["furthest"] or "—"})
    if "solver" in more:
        said.append(_("resolved by: %(tier)s") % {"tier": more["solver"] or _("no tier")})
    if "person" in more:
        known = User.objects.filter(pk=int(more["person"]), pk__in=asked.shares.values("person"))
        said += [DID[more["did"]] % {"name": name} for name in known.values_list("name", flat=True)]
    return said


def only(key: str) -> str:
    """``escalate.2``: *Time to escalate: 15 min to 1 h*; ``why.access`` and ``reopened`` as their rows say."""
    first, _dot, second = key.partition(".")
    if first == "why":
        return str(figures.WHYS[second])
    if second:
        return f"{figures.TIMES[first]}: {figures.BANDS[int(second)]}"
    return str(figures.OTHERS[first])
