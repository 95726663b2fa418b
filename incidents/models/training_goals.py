"""How often a team wants its people to train. By when each of them does: ``incidents.training_due``."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from escalation.kit import clock
from escalation.people.models import Team

LEAST, MOST = 14, 730  # days


class TrainingGoal(models.Model):
    """``set_at``: nobody is late for what nobody had asked of them yet."""

    team = models.OneToOneField(Team, models.CASCADE, related_name="training_goal", verbose_name=_("team"))
    days = models.PositiveSmallIntegerField(
        _("days"),
        default=180,
        validators=[MinValueValidator(LEAST), MaxValueValidator(MOST)],
        help_text=_(
            "Everybody of the team has a play that counts at least so often. "
            "Whoever joins has a month, and so has everybody after a change."
        ),
    )
    set_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = _("training goal")
        verbose_name_plural = _("training goals")
        ordering = ["team__name"]

    def __str__(self):
        return f"{self.team}: {self.days}"
