"""Roles on an incident as admins keep them: from which severity on there are some, and by whom each is filled.

A service's own plan counts before its team's, and that before one for everything; where there is none, there are no
roles. Read when an incident is opened, judged anew or re-opened: one query, and no more where no plan reaches so far.
"""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from escalation.oncall.models import Schedule
from escalation.people.models import Team, Tier

from .catalogue import SEVERITIES, SEVERITY_RANGE, Service


class Role(models.TextChoices):
    """In the order in which they are filled, and shown."""

    LEAD = "lead", _("lead")
    COMMUNICATOR = "communicator", _("communicator")
    SCRIBE = "scribe", _("scribe")


ORDER = {role.value: place for place, role in enumerate(Role)}


class RolePlan(models.Model):
    """From this severity on, incidents of this service or team have roles."""

    service = models.ForeignKey(
        Service,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="role_plans",
        verbose_name=_("service"),
        help_text=_("A service's own plan counts before its team's."),
    )
    team = models.ForeignKey(
        Team,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="role_plans",
        verbose_name=_("team"),
        help_text=_("The team that owns the incident. Neither: everything that has no plan of its own."),
    )
    from_severity = models.PositiveSmallIntegerField(
        _("from severity"),
        default=2,
        choices=SEVERITIES,
        validators=SEVERITY_RANGE,
        help_text=_("This severe, or more."),
    )

    class Meta:
        verbose_name = _("roles on an incident")
        verbose_name_plural = _("roles on incidents")
        ordering = ["service__name", "team__name"]
        constraints = [
            models.UniqueConstraint(
                Coalesce("service", 0),
                Coalesce("team", 0),
                name="one_role_plan_each",
                violation_error_message=_("There is such a plan already."),
            ),
            models.CheckConstraint(
                condition=Q(service=None) | Q(team=None),
                name="role_plan_of_one",
                violation_error_message=_("Choose a service or a team, not both."),
            ),
        ]

    def __str__(self):
        whose = self.service or self.team
        return f"{whose or _('everything')}, SEV{self.from_severity}"


class RoleSource(models.Model):
    """By whom one role is filled: by a schedule's on-call person, by a tier, or by whoever has the baton."""

    plan = models.ForeignKey(RolePlan, models.CASCADE, related_name="sources", verbose_name=_("roles on an incident"))
    role = models.CharField(_("role"), max_length=12, choices=Role)
    schedule = models.ForeignKey(
        Schedule,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("who is on call on"),
        help_text=_("Neither a schedule nor a tier: whoever has the baton."),
    )
    tier = models.ForeignKey(
        Tier, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("or somebody of the tier")
    )

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "role"],
                name="each_role_once",
                violation_error_message=_("Each role can be there once."),
            ),
            models.CheckConstraint(
                condition=Q(schedule=None) | Q(tier=None),
                name="role_from_one",
                violation_error_message=_("Choose a schedule or a tier, not both."),
            ),
        ]

    def __str__(self):
        return f"{self.get_role_display()}: {self.said}"

    @property
    def said(self) -> str:
        if self.schedule:
            return str(_("on call on %(name)s") % {"name": self.schedule})
        return str(_("somebody of %(name)s") % {"name": self.tier}) if self.tier else str(_("whoever has the baton"))

    def clean(self):
        super().clean()
        for name, chosen in (("schedule", self.schedule), ("tier", self.tier)):
            if chosen is not None and chosen.archived_at:
                raise ValidationError({name: _("%(name)s is archived.") % {"name": chosen}})


class RolePlans:
    """All there are: one query."""

    def __init__(self) -> None:
        found = RoleSource.objects.select_related("plan", "schedule", "tier").order_by("pk")
        self._by_whose: dict[tuple[int | None, int | None], list[RoleSource]] = {}
        for source in found:
            self._by_whose.setdefault((source.plan.service_id, source.plan.team_id), []).append(source)

    def of(self, *, service: int | None, team: int, severity: int) -> list[RoleSource]:
        """The roles of an incident, in their order; none, where it is not severe enough."""
        mine = [(service, None)] if service else []
        for whose in (*mine, (None, team), (None, None)):
            sources = self._by_whose.get(whose)
            if sources:
                reached = severity <= sources[0].plan.from_severity
                return sorted(sources, key=lambda one: ORDER[one.role]) if reached else []
        return []
