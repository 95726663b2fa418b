"""What signing in has to remember."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Guess(models.Model):
    """A try that was wrong, or is being judged (see ``guessing``): for an hour, no part of the record."""

    subject = models.CharField(max_length=64)  # the digest of an account, an address or a browser
    at = models.DateTimeField()
    told = models.BooleanField(default=False)  # with this one it came on record that there were too many

    class Meta:
        verbose_name = _("wrong try")
        verbose_name_plural = _("wrong tries")
        indexes = [
            models.Index(fields=["subject", "at"], name="guess_subject_at"),
            models.Index(fields=["at"], name="guess_at"),
        ]

    def __str__(self):
        return f"{self.subject[:8]} {self.at}"
