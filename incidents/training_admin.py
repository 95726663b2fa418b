"""How often each team's people train, with how many of them have."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from escalation.kit import clock
from escalation.trail.recorded_admin import RecordedAdmin

from .models import TrainingGoal


@admin.register(TrainingGoal)
class TrainingGoalAdmin(RecordedAdmin):
    list_display = ["team", "in_words"]
    list_select_related = ["team"]
    autocomplete_fields = ["team"]
    search_fields = ["team__name"]
    fields = ["team", "days"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[TrainingGoal]:
        return super().get_queryset(request).order_by("team__name")

    def changed(self, obj: TrainingGoal) -> None:
        """What is asked now was not asked before: nobody is late for it at once."""
        obj.set_at = clock.now()
        obj.save(update_fields=["set_at"])

    @admin.display(description=_("wanted"), ordering="days")
    def in_words(self, obj: TrainingGoal) -> str:
        return _t("a play that counts every %(days)d days") % {"days": obj.days}
