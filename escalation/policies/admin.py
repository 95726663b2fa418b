"""Policies with their steps, and the installation's one row."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, F
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from escalation.engine import recovery
from escalation.kit import clock
from escalation.kit.chosen import KnownForm, KnownRows
from escalation.trail.recorded_admin import RecordedAdmin
from escalation.trail.writing import Actor

from . import rules_admin, validation
from .models import Installation, Policy, PolicyStep
from .ruling import PolicyRule
from .whatif_admin import ReplayedAdmin


class StepFormSet(KnownRows):
    """The steps as they would be after saving, judged together."""

    def clean(self) -> None:
        super().clean()
        if any(self.errors) or self.instance is None:
            return
        kept = [form for form in self.forms if form.cleaned_data.get("tier") and not form.cleaned_data.get("DELETE")]
        rungs = [_rung(form.cleaned_data) for form in kept]
        for form, rung in zip(kept, rungs, strict=True):
            for problem in validation.step_problems(rung):
                form.add_error(problem.field, problem.message)
        wrong = [problem.message for problem in validation.path_problems(self.instance, rungs)]
        if wrong:
            raise ValidationError(wrong)


def _rung(data: dict[str, Any]) -> validation.Rung:
    return validation.Rung(
        position=data["position"],
        tier=data["tier"],
        people=list(data["people"]),
        teams=list(data["teams"]),
        schedules=list(data["schedules"]),
        when_empty=data["when_empty"],
        fallback=data["fallback"],
    )


class StepInline(admin.StackedInline):
    model = PolicyStep
    formset = StepFormSet
    extra = 0
    autocomplete_fields = ["tier", "people", "teams", "schedules", "fallback"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("position", "tier"),
                    "schedules",
                    ("people", "teams"),
                    ("ack_minutes", "work_minutes"),
                    ("when_empty", "fallback"),
                    ("always_call", "mode"),
                ]
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request).select_related("tier", "fallback")
        return rows.prefetch_related("people", "teams", "schedules")


class PolicyForm(KnownForm):
    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        for problem in validation.policy_problems(Policy(name="", then=(data or {}).get("then"))):
            self.add_error(problem.field, problem.message)
        return data


class PolicyList(ChangeList):
    def get_queryset(self, *args: Any, **kwargs: Any) -> Any:
        return super().get_queryset(*args, **kwargs).prefetch_related("steps__tier")


@admin.register(Policy)
class PolicyAdmin(ReplayedAdmin):
    form = PolicyForm
    inlines = [StepInline, rules_admin.RuleInline]
    change_form_template = "admin/policies/policy/change_form.html"
    list_display = ["name", "path", "rounds", "then", "managers", "services_count", "version"]
    list_select_related = ["then"]
    search_fields = ["name"]
    autocomplete_fields = ["then"]
    readonly_fields = ["version"]
    fieldsets = [
        (None, {"fields": ["name", "begins_after", ("rounds", "then"), "version"]}),
        (_("Who must know"), {"fields": [("hierarchical_severity", "hierarchical_minutes")]}),
    ]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return PolicyList

    def get_queryset(self, request: HttpRequest) -> Any:
        return (
            super()
            .get_queryset(request)
            .select_related("then")
            .annotate(services_total=Count("services", distinct=True))
        )

    def _create_formsets(self, request: HttpRequest, obj: Any, change: bool) -> Any:
        """Rules that name a tier are judged beside the steps as they will be."""
        made: Any = super()._create_formsets(request, obj, change)  # type: ignore[misc]
        by_model = {formset.model: formset for formset in made[0]}  # without those that this person may not see
        if PolicyRule in by_model:
            by_model[PolicyRule].steps = by_model.get(PolicyStep)
        return made

    def get_urls(self) -> Any:
        view = self.admin_site.admin_view(self.rules_view)
        return [
            path("rules/", view, name="policies_policy_rules_new"),
            path("<int:pk>/rules/", view, name="policies_policy_rules"),
            *super().get_urls(),
        ]

    def rules_view(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        """The form's rules in words, and what they would have done on an incident. Nothing is saved."""
        obj = get_object_or_404(Policy, pk=pk) if pk else None
        allowed = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        if request.method != "POST" or not allowed:
            raise PermissionDenied
        formsets = self._create_formsets(request, obj or Policy(), change=obj is not None)[0]
        rules = next((one for one in formsets if one.model is PolicyRule), None)
        if rules is None:
            raise PermissionDenied
        user: Any = request.user
        found, wrong = rules_admin.previews(rules, user, request.POST.get("try_on", "")[:80])
        context = {
            **self.admin_site.each_context(request),
            "title": _t("Rules"),
            "opts": self.opts,
            "rules": found,
            "reference_wrong": wrong,
        }
        part, whole = (f"admin/policies/policy/{name}.html" for name in ("rules", "preview"))
        return TemplateResponse(request, part if request.headers.get("HX-Request") else whole, context)

    def changed(self, obj: Policy) -> None:
        """Running incidents keep the version they were opened with; this tells the two apart."""
        Policy.objects.filter(pk=obj.pk).update(version=F("version") + 1)
        obj.refresh_from_db(fields=["version"])

    def why_not_archive(self, obj: Policy) -> str:
        name = {"name": obj.name}
        if Installation.objects.filter(catch_all=obj).exists():
            return _t("“%(name)s” catches what nothing else catches. Choose another catch-all policy first.") % name
        services = obj.services.filter(archived_at__isnull=True)
        if services.exists():
            which = ", ".join(service.name for service in services[:5])
            return _t("“%(name)s” is the policy of %(which)s. Give them another first.") % {**name, "which": which}
        before = Policy.objects.in_use().filter(then=obj)
        if before.exists():
            which = ", ".join(policy.name for policy in before[:5])
            return _t("“%(which)s” goes on with “%(name)s”. Change that first.") % {**name, "which": which}
        return ""

    @admin.display(description=_("path"))
    def path(self, obj: Policy) -> str:
        steps = " → ".join(str(step.tier) for step in obj.steps.all()) or "–"
        if obj.begins_after is None:
            return steps
        return _t("after %(minutes)d min: %(path)s") % {"minutes": obj.begins_after, "path": steps}

    @admin.display(description=_("managers"))
    def managers(self, obj: Policy) -> str:
        when = []
        if obj.hierarchical_severity is not None:
            when.append(_t("from SEV%(severity)d") % {"severity": obj.hierarchical_severity})
        if obj.hierarchical_minutes is not None:
            when.append(_t("after %(minutes)d min") % {"minutes": obj.hierarchical_minutes})
        return ", ".join(when) or "–"

    @admin.display(description=_("services"), ordering="services_total")
    def services_count(self, obj: Any) -> int:
        return obj.services_total


class InstallationForm(forms.ModelForm):
    def clean_catch_all(self) -> Policy:
        return _in_use(self.cleaned_data["catch_all"])

    def clean_owner(self) -> Any:
        return _in_use(self.cleaned_data["owner"])

    def clean_last_resort(self) -> Any:
        person = self.cleaned_data["last_resort"]
        if not person.is_active:
            raise ValidationError(_t("%(name)s's account has ended. Choose somebody else.") % {"name": person})
        if person.is_auditor:
            raise ValidationError(_t("%(name)s is an auditor, who is never called.") % {"name": person})
        return person


def _in_use(chosen: Any) -> Any:
    if chosen.archived_at:
        raise ValidationError(_t("“%(name)s” is archived. Choose one that is in use.") % {"name": chosen})
    return chosen


@admin.register(Installation)
class InstallationAdmin(RecordedAdmin):
    form = InstallationForm
    list_display = ["name", "catch_all", "owner", "last_resort"]
    autocomplete_fields = ["catch_all", "owner", "last_resort"]
    actions: Any = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return not Installation.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    # --- after an older copy was put back ------------------------------------------------------

    def get_urls(self) -> Any:
        resume = self.admin_site.admin_view(self.resume_view)
        return [path("resume/", resume, name="policies_installation_resume"), *super().get_urls()]

    def resume_view(self, request: HttpRequest) -> HttpResponse:
        """Says what resuming will do; when that is sent back, does it."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        found = recovery.prospect(clock.now())
        back = reverse("admin:policies_installation_changelist")
        if found is not None and request.method == "POST":
            done = recovery.resume(actor=Actor.person(request.user))
            self.message_user(request, _("Resumed. Incidents that go on: %d.") % done, messages.SUCCESS)
            return HttpResponseRedirect(back)
        context = {
            **self.admin_site.each_context(request),
            "title": _t("Resume?") if found else _t("Nothing is held"),
            "opts": self.opts,
            "told": recovery.told(found) if found else [],
            "back": back,
        }
        return TemplateResponse(request, "admin/policies/installation/resume.html", context)
