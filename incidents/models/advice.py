"""What an installation wants to be warned of, and what people answered to the advice that came of it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from escalation.people.models import User
from escalation.trail.models import Entry


class SignSettings(models.Model):
    """The one row: how early the signs show, and which are switched off. Without it, as it is by default."""

    class Preset(models.TextChoices):
        CAREFUL = "careful", _("careful: warns early, and more often for nothing")
        BALANCED = "balanced", _("balanced")
        PATIENT = "patient", _("patient: warns late, and misses more")

    preset = models.CharField(_("how early"), max_length=8, choices=Preset, default=Preset.BALANCED)
    missing = models.BooleanField(_("something that is needed is missing"), default=True)
    growth = models.BooleanField(_("more people affected"), default=True)
    attempts = models.BooleanField(_("attempts that did not help"), default=True)
    hands_on = models.BooleanField(_("more hands-on time than similar ones took"), default=True)
    passes = models.BooleanField(_("from hand to hand"), default=True)
    reopened = models.BooleanField(_("re-opened"), default=True)
    again = models.BooleanField(_("the same trouble again"), default=True)
    limit = models.BooleanField(_("the time to work on it is nearly over"), default=True)
    silence = models.BooleanField(_("silence"), default=True)

    class Meta:
        verbose_name = _("warning signs")
        verbose_name_plural = _("warning signs")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_sign_settings")]

    def __str__(self):
        return str(_("Warning signs"))

    def save(self, *args, **kwargs):
        self.pk = 1
        super().save(*args, **kwargs)

    @classmethod
    def current(cls) -> "SignSettings":
        return cls.objects.first() or cls()

    @property
    def off(self) -> frozenset[str]:
        switches = (field for field in self._meta.concrete_fields if isinstance(field, models.BooleanField))
        return frozenset(field.name for field in switches if not getattr(self, field.name))


class AdviceAnswer(models.Model):
    """Somebody took the advice to escalate, or declined it. The row is there to be found; its entry says what the
    advice rested on, and why it was declined."""

    incident = models.ForeignKey("incidents.Incident", models.PROTECT, related_name="advice")
    entry = models.OneToOneField(Entry, models.PROTECT, related_name="+")
    person = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    taken = models.BooleanField()
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("answer to an advice")
        verbose_name_plural = _("answers to advice")
        indexes = [models.Index(fields=["-at"], name="advice_latest")]

    def __str__(self):
        return f"advice on incident {self.incident_id} ({'taken' if self.taken else 'declined'})"
