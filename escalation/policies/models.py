"""Policies, their steps, and the installation's own catch-all and last resort."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from escalation.oncall.models import Schedule
from escalation.people.models import MINUTES, ArchivedQuerySet, Team, Tier, User

from . import asking, ruling  # noqa: F401  models too: Django looks for them here


class Policy(models.Model):
    """An escalation policy: an ordered path of steps, and what happens at its end."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    rounds = models.PositiveSmallIntegerField(
        _("rounds"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(25)],
        help_text=_("How often the path is climbed while nobody acknowledges."),
    )
    begins_after = models.PositiveIntegerField(
        _("begins after (minutes)"),
        null=True,
        blank=True,
        validators=MINUTES,
        help_text=_(
            "Nobody is called before; what is over by then calls nobody. Empty: the first step at once. "
            "It does not count where another policy goes on with this one."
        ),
    )
    then = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("then"),
        help_text=_("The policy to go on with after the last round. Empty: the last-resort contact is called."),
    )
    hierarchical_severity = models.PositiveSmallIntegerField(
        _("managers from severity"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(5)],
        help_text=_("Call the “who must know” steps at once at this severity or worse (1 is the worst)."),
    )
    hierarchical_minutes = models.PositiveIntegerField(
        _("managers after minutes"),
        null=True,
        blank=True,
        help_text=_("Call the “who must know” steps when the incident has been open for so long."),
    )
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)

    objects = ArchivedQuerySet.as_manager()

    class Meta:
        verbose_name = _("policy")
        verbose_name_plural = _("policies")
        ordering = ["name"]

    def __str__(self):
        return self.name

    def clean(self):
        super().clean()
        seen, policy = {self.pk}, self.then
        while policy is not None:
            if policy.pk in seen:
                text = _("This would be a loop: the path comes back to a policy it has been in.")
                raise ValidationError({"then": text})
            seen.add(policy.pk)
            policy = policy.then


class PolicyStep(models.Model):
    """One rung of the path. Empty limits are the tier's. Without people, teams or schedules of its own it
    calls who is on call by the tier's schedules; if the tier has none, the tier's team.
    """

    class WhenEmpty(models.TextChoices):
        SKIP = "skip", _("skip the step at once")
        FALLBACK = "fallback", _("call the fallback person")
        HOLD = "hold", _("hold until the next shift begins")

    class Mode(models.TextChoices):
        INFORM = "inform", _("inform, and go on")
        DECIDE = "decide", _("ask for an answer")

    policy = models.ForeignKey(Policy, models.CASCADE, related_name="steps", verbose_name=_("policy"))
    position = models.PositiveSmallIntegerField(_("position"))
    tier = models.ForeignKey(Tier, models.PROTECT, related_name="steps", verbose_name=_("tier"))
    people = models.ManyToManyField(User, blank=True, related_name="+", verbose_name=_("people"))
    teams = models.ManyToManyField(Team, blank=True, related_name="+", verbose_name=_("teams"))
    schedules = models.ManyToManyField(
        Schedule,
        blank=True,
        related_name="steps",
        verbose_name=_("schedules"),
        help_text=_("Calls who is on call by these."),
    )
    ack_minutes = models.PositiveIntegerField(_("minutes to acknowledge"), null=True, blank=True, validators=MINUTES)
    work_minutes = models.PositiveIntegerField(_("minutes to work on it"), null=True, blank=True, validators=MINUTES)
    when_empty = models.CharField(_("if nobody is there"), max_length=8, choices=WhenEmpty, default=WhenEmpty.SKIP)
    fallback = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("fallback person")
    )
    always_call = models.BooleanField(
        _("call even if acknowledged"),
        default=False,
        help_text=_("Call these people when their turn comes although somebody is working on it; the baton stays."),
    )
    mode = models.CharField(
        _("who must know"),
        max_length=8,
        choices=Mode,
        default=Mode.INFORM,
        help_text=_("For tiers of the “who must know” track only."),
    )

    class Meta:
        verbose_name = _("policy step")
        verbose_name_plural = _("policy steps")
        ordering = ["policy", "position", "id"]

    def __str__(self):
        return f"{self.position}. {self.tier}"


class FrozenPath(models.Model):
    """What a policy's path was on one track, for good. Runs that climb the same path share one row.

    The key is the content's own digest, so what was read once under it never has to be read again.
    """

    digest = models.CharField(max_length=64, primary_key=True)
    body = models.TextField()  # JSON, as ``freezing.freeze`` made it

    def __str__(self):
        return self.digest[:12]


class Installation(models.Model):
    """The one row of this installation: what catches what nothing else catches."""

    name = models.CharField(_("name"), max_length=80, default="Baton")
    catch_all = models.ForeignKey(
        Policy,
        models.PROTECT,
        related_name="+",
        verbose_name=_("catch-all policy"),
        help_text=_("Runs for incidents without a service or whose service has no policy."),
    )
    owner = models.ForeignKey(
        Team,
        models.PROTECT,
        related_name="+",
        verbose_name=_("owning team"),
        help_text=_("Accountable from start to end for incidents without a service."),
    )
    last_resort = models.ForeignKey(
        User,
        models.PROTECT,
        related_name="+",
        verbose_name=_("last-resort contact"),
        help_text=_("Called when a path ends without an answer, or a step cannot be run."),
    )
    # While set, no timer fires and no message leaves: the database was put back from an older copy.
    held_at = models.DateTimeField(null=True, editable=False)
    held_why = models.CharField(max_length=200, default="", editable=False)

    class Meta:
        verbose_name = _("installation")
        verbose_name_plural = _("installation")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_installation")]

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        self.pk = 1
        super().save(*args, **kwargs)
