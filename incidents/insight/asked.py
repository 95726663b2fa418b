"""What is asked for, kept in the address: what a form of the page says, or what is usual."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property, reduce
from operator import or_
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from escalation.people.models import Membership, Team, User
from escalation.policies.models import Policy
from incidents.counting.days import read
from incidents.counting.packed import Period, Rows
from incidents.models import Service, Source, Summary, SummaryShare
from incidents.models.access import sees_all

USUAL = timedelta(days=29)  # and today
LONGEST = timedelta(days=366)
MODELS: dict[str, type[models.Model]] = {"team": Team, "service": Service, "policy": Policy, "source": Source}
THEIRS = {"team": "pk", "service": "team", "policy": "services__team", "source": "service__team"}
NAMES = (*MODELS, "severity")
NONE = "none"
YEARS = (2000, 2100)


def _offered(user: User, asked: dict[str, str], seen: Rows | None, found: Rows | None) -> dict[str, list]:
    """What somebody may choose: what is in use and belongs to their teams, or has figures here; and what is asked for,
    if they ever saw an incident of it. By the field's name; one query."""
    first, *others = (_choices(user, name, asked.get(name, ""), seen, found) for name in MODELS)
    offered: dict[str, list[tuple[int, str]]] = {name: [] for name in MODELS}
    for field, pk, name in sorted(first.union(*others), key=lambda row: row[2].casefold()):
        offered[field].append((pk, name))
    return offered


def _choices(user: User, name: str, asked: str, seen: Rows | None, found: Rows | None) -> Any:
    usual = Q() if name == "source" else Q(archived_at=None)
    if not sees_all(user):
        usual &= Q(**{f"{THEIRS[name]}__in": [team for team, _name, _role in user.belongs]})
    usual |= Q(pk__in=set(found.each(name)) if found else ())
    if asked.isascii() and asked.isdigit() and len(asked) < 16:
        usual |= _may_be_asked(user, name, int(asked), seen)
    rows = MODELS[name].objects.order_by().filter(usual)  # type: ignore[attr-defined]
    return rows.values_list(Value(name, models.CharField()), "pk", "name")


def _may_be_asked(user: User, name: str, pk: int, seen: Rows | None) -> Q:
    if sees_all(user) or (seen and seen.among & seen.period.where(name, pk)):
        return Q(pk=pk)
    return Q(Exists(Summary.objects.visible_to(user).filter(**{name: pk})), pk=pk)


def _key(said: str) -> int | str:
    return NONE if said == NONE else int(said)


def _day(label: Any) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))


def _one_of(label: Any) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(label=label, required=False, coerce=_key, empty_value=None)


class Days(forms.Form):
    """A period. Days are counted in UTC, both included."""

    use_required_attribute = False

    since = _day(gettext_lazy("From"))
    until = _day(gettext_lazy("To"))

    def __init__(self, data: Any, today: date):
        super().__init__({"since": today - USUAL, "until": today} | {name: data[name] for name in data if data[name]})

    def clean(self) -> dict:
        data = super().clean() or {}
        since, until = data.get("since"), data.get("until")
        for name in ("since", "until"):
            if data.get(name) and not YEARS[0] <= data[name].year < YEARS[1]:
                self.add_error(
                    name, _("Choose a year from %(first)d to %(last)d.") % {"first": YEARS[0], "last": YEARS[1] - 1}
                )
        if since and until and since > until:
            self.add_error("until", _("This is before the first day."))
        elif since and until and until - since > LONGEST:
            self.add_error("since", _("Choose a year at most."))
        return data


class Form(Days):
    """And what it is narrowed to."""

    team = _one_of(gettext_lazy("Team"))
    service = _one_of(gettext_lazy("Service"))
    policy = _one_of(gettext_lazy("Policy"))
    source = _one_of(gettext_lazy("Source"))
    severity = _one_of(gettext_lazy("Severity"))

    def __init__(self, data: Any, today: date, offered: dict[str, list]):
        super().__init__(data, today)
        for name, known in offered.items():
            self._choose(name, [*known, *([(NONE, _("none"))] if name != "team" else [])])
        self._choose("severity", [(n, f"SEV{n}") for n in range(1, 6)])

    def _choose(self, name: str, choices: list) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("any")), *choices]


@dataclass(frozen=True)
class Viewer:
    """Who looks, and what that means for packed rows: the same as ``visible`` and ``Asked.found`` say in SQL."""

    user: User

    @cached_property
    def own(self) -> bool:
        """They see their own figures only."""
        return not sees_all(self.user) and not self.supervised

    @cached_property
    def supervised(self) -> list[int]:
        return [team for team, _name, role in self.user.belongs if role == Membership.Role.SUPERVISOR]

    @cached_property
    def people(self) -> set[int] | None:
        """Whose figures they see; None: everybody's."""
        if sees_all(self.user):
            return None
        team = Membership.objects.filter(team__in=self.supervised)
        return {self.user.pk, *team.values_list("user", flat=True)}

    def sees(self, period: Period) -> int:
        if sees_all(self.user) or not self.user.is_active:
            return period.every if self.user.is_active else 0
        teams = (period.having(f"team:{team}") for team, _name, _role in self.user.belongs)
        return reduce(or_, teams, period.of("named", self.user.pk))

    def had(self, period: Period) -> int:
        """What their figures are made of, if they see it."""
        return period.of("own", self.user.pk) if self.own else period.every


def _number(value: int | str) -> int:
    return 0 if value == NONE else int(value)


@dataclass(frozen=True)
class Asked:
    """``broken``: the form says what is wrong with it, and nothing is counted."""

    viewer: Viewer
    form: Form
    since: date
    until: date
    narrowed: dict[str, int | str]
    broken: bool
    rows_seen: Rows  # of all that they may see
    rows_found: Rows  # what the figures are made of

    @classmethod
    def of(cls, data: Any, user: User, now: datetime) -> "Asked":
        viewer, today = Viewer(user), now.date()
        days = Days(data, today)
        period = read(days.cleaned_data["since"], days.cleaned_data["until"]) if days.is_valid() else Period({})
        seen = Rows(period, viewer.sees(period))
        found = seen.of(viewer.had(period))
        form = Form(data, today, _offered(user, data, seen, found))
        broken = not form.is_valid()
        said = form.cleaned_data
        narrowed = {name: said[name] for name in NAMES if said.get(name) is not None}
        since, until = (today - USUAL, today) if broken else (said["since"], said["until"])
        narrow = [0] if broken else [period.where(name, _number(value)) for name, value in narrowed.items()]
        return cls(viewer, form, since, until, narrowed, broken, seen.of(*narrow), found.of(*narrow))

    @property
    def user(self) -> User:
        return self.viewer.user

    @property
    def own(self) -> bool:
        return self.viewer.own

    @property
    def chosen(self) -> list[str]:
        """What it is narrowed to, in words."""
        found = []
        for name, value in self.narrowed.items():
            field = self.form.fields[name]
            assert isinstance(field, forms.ChoiceField)
            found.append(f"{field.label}: {dict(field.choices)[value]}")  # type: ignore[arg-type]
        return found

    @property
    def seen(self) -> "QuerySet[Summary]":
        """Of all that they may see."""
        if self.broken:
            return Summary.objects.none()
        rows = Summary.objects.filter(resolved_on__range=(self.since, self.until))
        for name, value in self.narrowed.items():
            rows = rows.filter(**({f"{name}__isnull": True} if value == NONE else {name: value}))
        return rows if sees_all(self.user) else rows.visible_to(self.user)

    @property
    def found(self) -> "QuerySet[Summary]":
        """What the figures are made of."""
        if not self.own:
            return self.seen
        mine = SummaryShare.objects.filter(summary=OuterRef("pk"), person=self.user, hands_on_s__gt=0)
        return self.seen.filter(Q(Exists(mine)) | Q(incident__resolver=self.user))

    def shares(self, first: date, last: date) -> "QuerySet[SummaryShare]":
        """What people had of what was resolved on some of the days. Of these only: SQLite looks through them first."""
        return self.shares_of_theirs.filter(summary__in=self.seen.filter(resolved_on__range=(first, last)))

    @property
    def shares_of_theirs(self) -> "QuerySet[SummaryShare]":
        """What people had of anything: everybody's for those who see all, their teams' for supervisors, or own."""
        rows = SummaryShare.objects.all()
        if sees_all(self.user):
            return rows
        team = Membership.objects.filter(team__in=self.viewer.supervised).values("user")
        return rows.filter(Q(person=self.user) | Q(person__in=team))

    def address(self, path: str, **more: Any) -> str:
        """The same with something changed; None: without it."""
        said = {"since": self.since, "until": self.until, **self.narrowed, **more}
        return f"{path}?{urlencode({name: value for name, value in said.items() if value is not None})}"
