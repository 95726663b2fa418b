"""Whether the like was seen before, on an incident's page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from incidents.models.similar import LATELY
from incidents.recognising import Seen, last_help

SHOWN = 3  # the others unfold


@dataclass(frozen=True)
class Panel:
    seen: Sequence[Seen]
    cut: bool = False  # there may be more
    of: Mapping[str, Any] | None = None  # the problem that this incident is one of
    may_say: bool = False  # of which it is one

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
    def proposed(self) -> Mapping[str, Any] | None:
        """The problem that the latest of them is one of, while nobody has said anything of this incident."""
        return None if self.of else next((one.problem for one in self.seen if one.problem), None)

    @property
    def may_link(self) -> bool:
        """Whoever works on the incident and on that problem says whether it is one of it."""
        return bool(self.may_say and self.proposed and self.proposed["may_act"])

    @property
    def first(self) -> Sequence[Seen]:
        return self.seen[:SHOWN]

    @property
    def others(self) -> Sequence[Seen]:
        return self.seen[SHOWN:]
