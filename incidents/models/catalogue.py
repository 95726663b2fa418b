"""What admins keep: services, and the table that severity comes from."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from escalation.people.models import AT_LEAST_ONE, ArchivedQuerySet, Skill, Team
from escalation.policies.models import Policy

from . import severity


class Level(models.IntegerChoices):
    """Impact and urgency share one scale; 1 is the most."""

    HIGH = 1, _("high")
    MEDIUM = 2, _("medium")
    LOW = 3, _("low")


class Cause(models.TextChoices):
    """What was at the bottom of it, in one word."""

    CHANGE = "change", _("a change or release")
    CAPACITY = "capacity", _("load or capacity")
    HARDWARE = "hardware", _("hardware")
    SOFTWARE = "software", _("a software fault")
    SUPPLIER = "supplier", _("a supplier")
    NETWORK = "network", _("the network")
    HUMAN = "human", _("a slip of the hand")
    SECURITY = "security", _("security")
    FALSE_ALARM = "false_alarm", _("a false alarm")
    UNKNOWN = "unknown", _("not known")
    DUPLICATE = "duplicate", _("a duplicate")  # of another incident, into which it was merged

    @classmethod
    def found(cls) -> list:
        """The choices of somebody who found what it was; a duplicate is merged."""
        return [choice for choice in cls.choices if choice[0] != cls.DUPLICATE]


SEVERITY_RANGE = [MinValueValidator(1), MaxValueValidator(5)]
SEVERITIES = [(number, f"SEV{number}") for number in range(1, 6)]  # as choices


class Service(models.Model):
    """What can break. Its team owns the incident; its policy says who is called."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    team = models.ForeignKey(Team, models.PROTECT, related_name="services", verbose_name=_("owning team"))
    policy = models.ForeignKey(
        Policy,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="services",
        verbose_name=_("policy"),
        help_text=_("Empty: the installation's catch-all policy."),
    )
    open_limit = models.PositiveSmallIntegerField(
        _("open at once, at most"),
        null=True,
        blank=True,
        validators=AT_LEAST_ONE,
        help_text=_("The board says when there are more; nothing is kept from being opened. Leave empty for no limit."),
    )
    needs = models.ManyToManyField(
        Skill,
        blank=True,
        related_name="+",
        verbose_name=_("skills needed"),
        help_text=_("Whoever works on its incidents needs these, until somebody says otherwise of one."),
    )
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)

    objects = ArchivedQuerySet.as_manager()

    class Meta:
        verbose_name = _("service")
        verbose_name_plural = _("services")
        ordering = ["name"]

    def __str__(self):
        return self.name


class SeverityCell(models.Model):
    """One cell of the impact × urgency table."""

    impact = models.PositiveSmallIntegerField(_("impact"), choices=Level)
    urgency = models.PositiveSmallIntegerField(_("urgency"), choices=Level)
    severity = models.PositiveSmallIntegerField(_("severity"), validators=SEVERITY_RANGE)

    class Meta:
        verbose_name = _("severity by impact and urgency")
        verbose_name_plural = _("severity by impact and urgency")
        ordering = ["impact", "urgency"]
        constraints = [models.UniqueConstraint(fields=["impact", "urgency"], name="one_severity_per_cell")]

    def __str__(self):
        return f"{self.get_impact_display()} × {self.get_urgency_display()}: SEV{self.severity}"


class PeopleBand(models.Model):
    """So many people affected, or more, make it this severe."""

    least = models.PositiveIntegerField(_("people affected, at least"), unique=True)
    severity = models.PositiveSmallIntegerField(_("severity"), validators=SEVERITY_RANGE)

    class Meta:
        verbose_name = _("severity by people affected")
        verbose_name_plural = _("severity by people affected")
        ordering = ["least"]

    def __str__(self):
        return f"{self.least}+: SEV{self.severity}"


def severity_table() -> severity.Table:
    """The admin's table as plain values (two queries)."""
    return severity.Table(
        cells={(c.impact, c.urgency): c.severity for c in SeverityCell.objects.all()},
        bands=list(PeopleBand.objects.values_list("least", "severity")),
    )
