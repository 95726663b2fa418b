"""The status page as admins set it up: who may read it, and the services it shows, under names for those outside.

What it says of them is in the updates that people choose for it (``informing``), and nothing of an incident is public
by itself: neither its title, its service, its severity nor its number.
"""

import uuid

from django.db import models
from django.db.models import Exists, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from escalation.people.models import validate_timezone

from .catalogue import Service

DEGRADED, PARTLY_DOWN, DOWN = "degraded", "partly_down", "down"


class Effect(models.TextChoices):
    """How bad it is for those outside; the worst last."""

    DEGRADED = DEGRADED, _("degraded")
    PARTLY_DOWN = PARTLY_DOWN, _("partly down")
    DOWN = DOWN, _("down")

    @classmethod
    def of_severity(cls, severity: int) -> "Effect":
        """What a form proposes; whoever writes decides."""
        return {1: cls.DOWN, 2: cls.PARTLY_DOWN}.get(severity, cls.DEGRADED)


class StatusPage(models.Model):
    """The one row: who may read it, and what stands at its top. Without it there is none."""

    class Shown(models.TextChoices):
        OFF = "off", _("to nobody")
        SIGNED_IN = "signed_in", _("to whoever is signed in")
        PUBLIC = "public", _("to everybody, without signing in")

    shown = models.CharField(_("shown"), max_length=9, choices=Shown, default=Shown.OFF)
    name = models.CharField(_("name"), max_length=80, help_text=_("Such as “Status of Example Bank”."))
    introduction = models.TextField(
        _("introduction"), max_length=600, blank=True, default="", help_text=_("A sentence or two below the name.")
    )
    zone = models.CharField(
        _("time zone"),
        max_length=64,
        default="UTC",
        validators=[validate_timezone],
        help_text=_("The page says its times on these clocks; it does not know where its readers are."),
    )
    key = models.UUIDField(default=uuid.uuid4, editable=False)  # names in feeds are made of it, so that none counts

    class Meta:
        verbose_name = _("status page")
        verbose_name_plural = _("status page")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_status_page")]

    def __str__(self):
        return self.name or str(_("Status page"))

    def save(self, *args, **kwargs):
        self.pk = 1
        super().save(*args, **kwargs)


class ComponentQuerySet(models.QuerySet["Component"]):
    def shown(self) -> "QuerySet[Component]":
        """In their order, the page along. A service that is archived is not shown any more."""
        chosen = self.exclude(page__shown=StatusPage.Shown.OFF).filter(service__archived_at__isnull=True)
        return chosen.select_related("page").order_by("position", "pk")


class Component(models.Model):
    """A service under the name by which those outside know it."""

    page = models.ForeignKey(StatusPage, models.CASCADE, related_name="components")
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    group = models.CharField(_("group"), max_length=80, blank=True, default="")
    name = models.CharField(_("public name"), max_length=80)
    service = models.OneToOneField(Service, models.PROTECT, related_name="component", verbose_name=_("service"))

    objects = ComponentQuerySet.as_manager()

    class Meta:
        verbose_name = _("component")
        verbose_name_plural = _("components, as the page shows them: by position, those of a group together")
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["page", "name"], name="component_named_once")]

    def __str__(self):
        return self.name


def would_show(incident) -> bool:
    """Whether there is a page on which something could be said of an incident. No query if it came along."""
    known = getattr(incident, "page_is_shown", None)
    return Component.objects.shown().exists() if known is None else bool(known)


def flags() -> dict:
    """For the query that finds an incident."""
    return {"page_is_shown": Exists(Component.objects.shown())}
