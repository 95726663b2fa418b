"""A person's rules in plain words: what happens when they are called."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from escalation.people.models import User

from .models import ContactMethod, NotificationRule
from .plan import LOUD, QUIET, URGENCIES


def severities(urgency: str) -> str:
    return {LOUD: _("SEV1 and SEV2"), QUIET: _("SEV3 to SEV5")}[urgency]


def way(method: ContactMethod) -> str:
    """``SMS …67``, or by the name its owner gave it: ``SMS, my phone``."""
    if method.is_account:
        return _("e-mail")
    return f"{method.sender_name}, {method.label}" if method.label else str(method)


def when(minutes: int) -> str:
    return _("at once") if minutes == 0 else ngettext("after %d minute", "after %d minutes", minutes) % minutes


@dataclass(frozen=True)
class Chain:
    """The rules of one urgency, and what they amount to."""

    urgency: str
    rules: Sequence[NotificationRule]

    @property
    def name(self) -> str:
        return severities(self.urgency)

    @property
    def usable(self) -> list["Said"]:
        return [rule for rule in self.said if not rule.broken]

    @property
    def said(self) -> list["Said"]:
        return [Said(rule) for rule in self.rules]

    @property
    def sentence(self) -> str:
        if not self.usable:
            return _("e-mail to your account's address, at once: no rule can be used")
        return _(", then ").join(rule.words for rule in self.usable)


@dataclass(frozen=True)
class Said:
    """One rule, in words."""

    rule: NotificationRule

    @property
    def pk(self) -> int:
        return self.rule.pk

    @property
    def words(self) -> str:
        return f"{way(self.rule.method)} {when(self.rule.delay_minutes)}"

    @property
    def broken(self) -> bool:
        return bool(self.rule.method.why_not) or self.rule.method.verified_at is None


def chains_of(person: User) -> list[Chain]:
    """Both urgencies', in one query."""
    rules = NotificationRule.objects.filter(person=person).select_related("method")
    found = list(rules.order_by("delay_minutes", "position", "id"))
    return [Chain(urgency, [rule for rule in found if rule.urgency == urgency]) for urgency in URGENCIES]


def chains(person: User) -> dict[str, list[str]]:
    """The same for the record, which is for good: addresses masked, no names that people gave."""
    return {chain.name: list(_recorded(chain.rules)) for chain in chains_of(person)}


def _recorded(rules: Iterable[NotificationRule]) -> Iterable[str]:
    return (f"{rule.method} +{rule.delay_minutes} min" for rule in rules)
