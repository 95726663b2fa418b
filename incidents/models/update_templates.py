"""Templates of updates, kept by admins: the words to begin with, by stage, severity and service.

Of those that fit the most specific is proposed: a service's own before one for all services, then a severity's own,
then a stage's own. Whoever sends an update corrects what it says before.
"""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from .catalogue import SEVERITIES, SEVERITY_RANGE, Service
from .informing import Update
from .update_text import Problem, problems

LONGEST = 2000  # characters


def validate_names(text: str) -> None:
    if found := validation_words(text):
        raise ValidationError(found)


def validation_words(text: str) -> list[str]:
    """What cannot be filled in, each in a sentence that says where."""
    return [_said(problem) for problem in problems(text)]


def _said(problem: Problem) -> str:
    words = {"line": problem.line, "found": problem.found, "twice": problem.found * 2, "near": f"{{{problem.near}}}"}
    if problem.alone:
        return _t("Line %(line)d: a brace stands alone. For one brace, write %(twice)s.") % words
    if problem.near:
        return _t("Line %(line)d: %(found)s is not known. Do you mean %(near)s?") % words
    return _t("Line %(line)d: %(found)s is not known.") % words


class UpdateTemplate(models.Model):
    name = models.CharField(_("name"), max_length=80, unique=True)
    stage = models.CharField(
        _("stage"), max_length=13, choices=Update.Stage, blank=True, default="", help_text=_("Empty: any stage.")
    )
    severity = models.PositiveSmallIntegerField(
        _("severity"),
        null=True,
        blank=True,
        choices=SEVERITIES,
        validators=SEVERITY_RANGE,
        help_text=_("Empty: any severity."),
    )
    service = models.ForeignKey(
        Service,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="update_templates",
        verbose_name=_("service"),
        help_text=_("Empty: any service."),
    )
    text = models.TextField(_("text"), max_length=LONGEST, validators=[validate_names])

    class Meta:
        verbose_name = _("template of updates")
        verbose_name_plural = _("templates of updates")
        ordering = ["name"]

    def __str__(self):
        return self.name

    @property
    def rank(self) -> tuple[bool, bool, bool]:
        """The more specific, the higher."""
        return self.service_id is not None, self.severity is not None, bool(self.stage)

    def covers(self, *, service: int | None, severity: int) -> bool:
        return self.service_id in (None, service) and self.severity in (None, severity)


def fitting(templates: Iterable[UpdateTemplate], *, service: int | None, severity: int) -> list[UpdateTemplate]:
    """Those for this service and severity, of any stage, the most specific first; among equals by name."""
    found = [one for one in templates if one.covers(service=service, severity=severity)]
    return sorted(sorted(found, key=lambda one: one.name.casefold()), key=lambda one: one.rank, reverse=True)


def best(templates: Iterable[UpdateTemplate], stage: str) -> UpdateTemplate | None:
    """Of those that fit, as ``fitting`` orders them, the most specific for this stage."""
    return next((one for one in templates if one.stage in ("", stage)), None)
