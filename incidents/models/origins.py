"""Where what is here came from, if it was brought along from another product."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Origin(models.Model):
    """One thing there is one row here: so a second import knows it again, by whatever name it goes by now."""

    system = models.CharField(_("system"), max_length=16)
    kind = models.CharField(_("kind"), max_length=16)  # a word of the importers
    external = models.CharField(_("known there as"), max_length=200)
    row = models.PositiveBigIntegerField()  # its key here; rows that can have an origin are never deleted
    made = models.BooleanField(_("made by the import"))  # or found here
    half = models.BooleanField(default=False)  # out of use, because something it refers to did not come over
    marks = models.JSONField(default=dict)  # of each fact, as the last import left it: see ``importers.sparing``
    at = models.DateTimeField(_("brought along"))

    class Meta:
        verbose_name = _("origin")
        verbose_name_plural = _("origins")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["system", "kind", "external"], name="origin_once")]
        indexes = [models.Index(fields=["kind", "row"], name="origin_of_row")]

    def __str__(self):
        return f"{self.system} {self.kind} {self.external}"
