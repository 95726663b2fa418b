"""Schedules with their layers and overrides, and what an unsaved form would mean for the next two weeks."""

from typing import Any, cast
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Prefetch, Subquery
from django.forms.formsets import all_valid
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from escalation.kit import clock
from escalation.kit.chosen import KnownForm
from escalation.kit.zones import time_zones
from escalation.people.models import User
from escalation.policies.warning import warn_of_empty_steps
from escalation.trail.recorded_admin import ArchivableAdmin, Facts, own_facts

from . import as_seen, coverage, preview, seating, shifts, turnover
from .calendars import absences, wording
from .forms import LayerForm, LayerFormSet, OverrideForm, OverrideFormSet
from .models import Layer, Override, Schedule, Seat, holidays_of
from .roster import OnCall
from .wall import shown

SHOWN = 10  # gaps on the page


# --- layers ---------------------------------------------------------------------------------------


class LayerInline(admin.StackedInline):
    model = Layer
    form = LayerForm
    formset = LayerFormSet
    extra = 0
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("position", "name"),
                    ("every", "unit"),
                    ("starts_on", "hand_off"),
                    "people",
                    "hours",
                    "on_holidays",
                    "ends_at",
                ]
            },
        )
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        seats = Prefetch("seats", seating.along(Seat.objects.all()), to_attr="seats_along")
        return super().get_queryset(request).select_related("schedule").prefetch_related(seats)


# --- overrides ------------------------------------------------------------------------------------


class OverrideInline(admin.TabularInline):
    model = Override
    form = OverrideForm
    formset = OverrideFormSet
    extra = 0
    can_delete = False
    autocomplete_fields = ["person"]
    fields = ["person", "starts_at", "ends_at", "reason", "cancel"]
    verbose_name_plural = _("overrides (those that are or will be in force)")

    def get_queryset(self, request: HttpRequest) -> Any:
        coming: Any = super().get_queryset(request)
        there = coming.that_count(clock.now()).filter(cancelled_at__isnull=True)
        return there.select_related("person").order_by("starts_at", "id")

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset: Any = super().get_formset(request, obj, **kwargs)
        return type(formset.__name__, (formset,), {"by": request.user})


# --- schedules ------------------------------------------------------------------------------------


class ScheduleList(ChangeList):
    """With who is on call and what is not covered: the same few queries however many are shown."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        now = clock.now()
        shown_ones = list(self.result_list)
        ids = [schedule.pk for schedule in shown_ones]
        on_call = OnCall(ids, now)
        gaps = coverage.coming_gaps(shown_ones, now, on=on_call)
        for schedule in shown_ones:
            schedule.gaps_ahead, schedule.there = gaps[schedule.pk], on_call.at(schedule.pk, now)
        self.result_list = shown_ones


@admin.register(Schedule)
class ScheduleAdmin(ArchivableAdmin):
    form = KnownForm
    inlines = [LayerInline, OverrideInline]
    change_form_template = "admin/oncall/schedule/change_form.html"
    list_display = ["name", "team", "on_call_now", "not_covered", "serves"]
    list_select_related = ["team"]
    search_fields = ["name"]
    autocomplete_fields = ["team", "tiers"]
    readonly_fields = ["coming_gaps", "coming_absences"]
    fieldsets = [(None, {"fields": ["name", "team", "time_zone", "tiers", "coming_gaps", "coming_absences"]})]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return ScheduleList

    def get_queryset(self, request: HttpRequest) -> Any:
        overrides = Override.objects.filter(schedule=OuterRef("pk")).order_by("-pk").values("pk")
        found = super().get_queryset(request).annotate(last_override=Subquery(overrides[:1]))
        return found.select_related("team").prefetch_related("tiers")

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        kwargs: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        if isinstance(inline, OverrideInline) and obj.pk and obj.archived_at is None:
            kwargs["seen_now"] = lambda: as_seen.word(clock.now(), obj.last_override, self._there(obj).plan(obj))
        return kwargs

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = ["name", "team", "time_zone", "tiers", *(["coming_gaps", "coming_absences"] if obj else [])]
        return [(None, {"fields": fields})]

    # --- on record -----------------------------------------------------------------------------

    def facts(self, obj: Any) -> Facts:
        """Its own fields, and its layers with their people. Overrides have entries of their own."""
        fresh = Schedule.objects.get(pk=obj.pk)
        found = own_facts(fresh)
        for layer in fresh.layers.order_by("pk"):
            facts = own_facts(layer, frozenset({"schedule"}))
            facts["people"] = seating.written(seating.along(layer.seats.all()), fresh.zone)
            found |= {f"layers.{layer.pk}.{field}": value for field, value in facts.items()}
        return found

    def save_model(self, request: HttpRequest, obj: Schedule, form: Any, change: bool) -> None:
        now = clock.now()
        form.plan_before = obj.plan(since=now) if change else shifts.Plan(obj.time_zone)
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        if formset.model is not Override:  # the layers, which come first; each override tells of its own time
            super().save_formset(request, form, formset, change)
            self._tell(form.instance, form.plan_before, by=request.user)
            return
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        ended: set[int] = set()
        for row in formset.forms:
            data = row.cleaned_data
            if row.instance.pk and data.get("cancel") and row.instance.pk not in ended:
                gone = form.instance.cancel_override(row.instance, by=request.user)
                ended |= {one.pk for one in gone}
                if len(gone) > 1:
                    self.message_user(request, _t("That was half of a swap: its other half is cancelled too."))
            elif not row.instance.pk and row.has_changed():
                given = {name: data[name] for name in ("person", "starts_at", "ends_at", "reason")}
                form.instance.override(by=request.user, **given)

    def _archived(self, request: HttpRequest, obj: Any, kind: str) -> None:
        super()._archived(request, obj, kind)
        turnover.tell_of_archiving(obj, clock.now(), by=cast("User", request.user))

    @staticmethod
    def _tell(obj: Schedule, before: shifts.Plan, *, by: Any) -> None:
        cause = turnover.new_cause(f"schedule:{obj.pk}")
        turnover.tell_of(obj, before, clock.now(), cause=cause, why=turnover.ROTATION, by=by)

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        self._warn_of_no_holidays(request, form.instance)
        warn_of_empty_steps(request)

    def _warn_of_no_holidays(self, request: HttpRequest, obj: Schedule) -> None:
        """A layer that goes by holidays is never on, or always, while none are known."""
        by_them = obj.layers.exclude(on_holidays=Layer.OnHolidays.TOO).values_list("name", flat=True)
        if by_them and not holidays_of([obj.pk]):
            said = _t(
                "No holidays of %(name)s are known, and %(layers)s goes by them. "
                "Choose a calendar of holidays: Preferences, Absences and holidays."
            )
            self.message_user(request, said % {"name": obj.name, "layers": ", ".join(by_them)}, messages.WARNING)

    def why_not_archive(self, obj: Schedule) -> str:
        name = {"name": obj.name}
        steps = obj.steps.filter(policy__archived_at__isnull=True).select_related("policy")
        if steps.exists():
            which = ", ".join(dict.fromkeys(step.policy.name for step in steps[:5]))
            return _t("“%(which)s” calls who is on call by %(name)s. Change that policy first.") % {
                **name,
                "which": which,
            }
        tiers = obj.tiers.in_use()
        if tiers.exists():
            which = ", ".join(tier.name for tier in tiers[:5])
            return _t("%(name)s says who is called for %(which)s. Take it off there first.") % {**name, "which": which}
        return ""

    # --- what is shown --------------------------------------------------------------------------

    @staticmethod
    def _kept(obj: Schedule) -> Schedule:
        """As it is kept, where its zone was mistyped and the form comes back."""
        return obj if obj.time_zone in time_zones() else Schedule.objects.get(pk=obj.pk)

    @staticmethod
    def _there(obj: Any) -> OnCall:
        """Read once for a page."""
        if not hasattr(obj, "on_call"):
            obj.on_call = OnCall([obj.pk], clock.now())
        return obj.on_call

    @admin.display(description=_("on call now"))
    def on_call_now(self, obj: Any) -> str:
        return ", ".join(person.name for person in obj.there) or _t("nobody")

    @admin.display(description=_("next 60 days"))
    def not_covered(self, obj: Any) -> str:
        count = len(obj.gaps_ahead)
        if not count:
            return _t("covered")
        first = f"{shown(obj.gaps_ahead[0].start, obj.zone):%Y-%m-%d %H:%M}"
        return ngettext("%(n)d gap, from %(first)s", "%(n)d gaps, the first from %(first)s", count) % {
            "n": count,
            "first": first,
        }

    @admin.display(description=_("tiers"))
    def serves(self, obj: Schedule) -> str:
        return ", ".join(tier.name for tier in obj.tiers.all()) or "–"

    @admin.display(description=_("not covered, next 60 days"))
    def coming_gaps(self, obj: Schedule) -> Any:
        obj = self._kept(obj)
        gaps = coverage.coming_gaps([obj], clock.now(), on=self._there(obj))[obj.pk]
        if not gaps:
            return _t("Somebody is on call all the time.")
        fill = _t("Fill it")
        lines = format_html_join(
            "",
            '<li>{} <a href="{}">{}</a></li>',
            ((_gap(gap, obj.zone), _cover(obj, gap), fill) for gap in gaps[:SHOWN]),
        )
        more = len(gaps) - SHOWN
        rest = ngettext("and %d more", "and %d more", more) % more if more > 0 else ""
        return format_html("<ul>{}</ul>{}", lines, rest)

    @admin.display(description=_("away while on call, next 60 days"))
    def coming_absences(self, obj: Schedule) -> Any:
        obj = self._kept(obj)
        now = clock.now()
        there = self._there(obj)
        away = absences.coming({obj.pk: there.plan(obj)}, there.people, now)[obj.pk]
        with timezone.override(obj.zone):
            found = [wording.sentence(one) for one in away]
        if not found:
            return _t("Nobody whose calendar of absences is known.")
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", ((one,) for one in found[:SHOWN])))

    # --- the preview ----------------------------------------------------------------------------

    def get_urls(self) -> Any:
        view = self.admin_site.admin_view(self.preview_view)
        return [
            path("preview/", view, name="oncall_schedule_preview_new"),
            path("<int:pk>/preview/", view, name="oncall_schedule_preview"),
            *super().get_urls(),
        ]

    def preview_view(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        """The next two weeks as the form's values would have them. Nothing is saved."""
        obj = get_object_or_404(Schedule, pk=pk) if pk else None
        if request.method != "POST" or not self.has_change_permission(request, obj):
            raise PermissionDenied
        form_class: Any = self.get_form(request, obj, change=obj is not None)
        form = form_class(request.POST, instance=obj or Schedule())
        fine = form.is_valid()
        formsets = [
            formset(
                request.POST,
                instance=form.instance,
                prefix=formset.get_default_prefix(),
                queryset=inline.get_queryset(request),
            )
            for formset, inline in self.get_formsets_with_inlines(request, obj)
        ]
        for formset in formsets:
            formset.asks = False  # it shows what would change of the past, and saves nothing
        fine = all_valid(formsets) and fine
        context = {
            **self.admin_site.each_context(request),
            "title": _t("The next 14 days"),
            "opts": self.opts,
            "pk": pk,
        }
        if fine:
            now, zone = clock.now(), form.instance.zone
            plan = preview.planned(form.instance, formsets)
            context |= {"rows": preview.rows(plan, now, zone), "zone": form.instance.time_zone}
            context["holidays"] = preview.holidays(form.instance, now, zone)
            past = [one for formset in formsets if isinstance(formset, LayerFormSet) for one in formset.past]
            context |= {"past": [preview.said(one) for one in past[:SHOWN]], "past_more": max(0, len(past) - SHOWN)}
        context["wrong"] = not fine
        part = "admin/oncall/schedule/shifts.html"
        whole = "admin/oncall/schedule/preview.html"
        return TemplateResponse(request, part if request.headers.get("HX-Request") else whole, context)


def _cover(obj: Schedule, gap: coverage.Gap) -> str:
    """The form that covers it."""
    span = urlencode({"zone": "schedule", "from": gap.start.isoformat(), "until": gap.end.isoformat()})
    return f"{reverse('override', args=[obj.pk])}?{span}"


def _gap(gap: coverage.Gap, zone: ZoneInfo) -> str:
    span = f"{shown(gap.start, zone):%a %Y-%m-%d %H:%M} – {shown(gap.end, zone):%a %Y-%m-%d %H:%M}"
    if gap.gone is None:
        return span
    return _t("%(span)s: %(name)s has a turn and cannot be called") % {"span": span, "name": gap.gone.name}
