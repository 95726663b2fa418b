"""Whether the like was seen before, on an incident's page."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from incidents.models.similar import LATELY
from incidents.recognising import Seen, last_help

SHOWN = 3  # the others unfold


@dataclass(frozen=True)
class Panel:
    seen: Sequence[Seen]
    cut: bool = False  # there may be more

    @property
    def title(self) -> str:
        n, days = len(self.seen), LATELY.days
        if self.cut:
            return _("Seen %(n)d times or more in %(days)d days") % {"n": n, "days": days}
        said = ngettext("Seen once in %(days)d days", "Seen %(n)d times in %(days)d days", n)
        return said % {"n": n, "days": days}

    @property
    def help(self) -> Seen | None:
        return last_help(self.seen)

    @property
    def first(self) -> Sequence[Seen]:
        return self.seen[:SHOWN]

    @property
    def others(self) -> Sequence[Seen]:
        return self.seen[SHOWN:]
