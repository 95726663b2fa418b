"""People, teams, skills and tiers. (What an admin module may import: see ``escalation.trail.admin``.)"""

from typing import Any, ClassVar, cast

from django.apps import apps
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from escalation.engine.models import EscalationRun
from escalation.kit import clock
from escalation.kit.chosen import KnownRows
from escalation.oncall.models import Override, Seat
from escalation.policies.models import Installation, Policy, PolicyStep
from escalation.policies.warning import warn_of_empty_steps
from escalation.signin import ending, passwords, tokens, views
from escalation.signin.factors import demand, telling
from escalation.signin.factors.of_persons import SecondStepOfPerson
from escalation.trail.recorded_admin import ArchivableAdmin, ReadOnlyAdmin, RecordedAdmin
from escalation.trail.writing import Actor, take_turn

from . import forms
from .models import ApiToken, Membership, Skill, Team, Tier, User
from .sessions import row_of

RIGHTS = {"is_staff", "is_auditor"}

admin.site.site_header = admin.site.site_title = "Baton"
admin.site.index_title = _("Configuration")
demand.guard(admin.site)  # its login, and who may come in
admin.site.logout = views.admin_logout  # type: ignore[method-assign,assignment]
admin.site.password_change = views.admin_password_change  # type: ignore[method-assign,assignment]
if admin.site.is_registered(Group):
    admin.site.unregister(Group)  # roles are kept in teams
for _label in ("account", "mfa"):  # what somebody signs in with is changed by nobody but them
    for _model in apps.get_app_config(_label).get_models():
        if admin.site.is_registered(_model):
            admin.site.unregister(_model)


class PersonForm(forms.PersonForm):
    def clean_is_active(self) -> bool:
        active: bool = self.cleaned_data["is_active"]
        if not active and Installation.objects.filter(last_resort=self.instance).exists():
            raise ValidationError(
                _t("%(name)s is the last-resort contact. Choose another one in Installation first.")
                % {"name": self.instance.name}
            )
        return active

    def clean_is_auditor(self) -> bool:
        auditor: bool = self.cleaned_data["is_auditor"]
        if auditor and Installation.objects.filter(last_resort=self.instance).exists():
            raise ValidationError(
                _t("%(name)s is the last-resort contact, and an auditor is never called. Choose another one first.")
                % {"name": self.instance.name}
            )
        return auditor

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not (data.get("is_active") and data.get("is_staff")):
            others = User.objects.filter(is_active=True, is_staff=True).exclude(pk=self.instance.pk)
            if self.instance.is_staff and self.instance.is_active and not others.exists():
                raise ValidationError(_t("This is the only admin left. Make somebody else an admin first."))
        return data


@admin.register(User)
class PersonAdmin(SecondStepOfPerson, RecordedAdmin, UserAdmin):
    form = PersonForm
    add_form = forms.NewPersonForm
    list_display = ["name", "email", "in_teams", "is_active", "is_staff", "is_auditor", "last_login"]
    list_filter = ["is_active", "is_staff", "is_auditor", "teams", "skills"]
    search_fields = ["name", "email"]
    ordering = ["name"]
    filter_horizontal: ClassVar[Any] = []
    autocomplete_fields = ["skills"]
    readonly_fields = ["second_step", "at_the_provider", "last_login", "joined_at", "signed_in"]
    fieldsets = [
        (None, {"fields": ["name", "email", "password", "second_step", "at_the_provider", "time_zone", "skills"]}),
        (_("May"), {"fields": ["is_active", "is_staff", "is_auditor"]}),
        (_("Dates"), {"fields": ["last_login", "joined_at", "signed_in"]}),
    ]
    add_fieldsets = [
        (None, {"classes": ["wide"], "fields": ["name", "email", "time_zone", "password1", "password2"]}),
        (_("May"), {"classes": ["wide"], "fields": ["is_staff", "is_auditor"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("teams")

    def get_changeform_initial_data(self, request: HttpRequest) -> Any:
        """Most colleagues live by the same clock; the page says which, and they can change it."""
        return {"time_zone": request.user.time_zone, **super().get_changeform_initial_data(request)}  # type: ignore[union-attr]

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        if request.resolver_match and request.resolver_match.url_name == "autocomplete":
            queryset = queryset.filter(is_active=True)
        return super().get_search_results(request, queryset, search_term)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # untick "active": the record keeps people

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        obj.is_superuser = obj.is_staff  # an admin may configure everything; there are no half admins
        super().save_model(request, obj, form, change)
        if change and "email" in form.changed_data:
            telling.tell_of_move(obj, form.initial["email"])

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        self._end_sessions_of_before(request, form)
        if "is_active" in form.changed_data and not form.instance.is_active:
            self._warn_of_what_they_hold(request, form.instance)
            warn_of_empty_steps(request)

    def _end_sessions_of_before(self, request: HttpRequest, form: Any) -> None:
        """Of whoever is deactivated; and whoever may do more from now on signs in anew, so that no session that was
        somebody's before, open at another's desk maybe, comes to open more."""
        person, by, now = form.instance, Actor.person(request.user), clock.now()
        if "is_active" in form.changed_data and not person.is_active:
            ending.end_all(person, by=by, now=now)
        elif any(form.cleaned_data[name] for name in RIGHTS & set(form.changed_data)):
            ending.end_all(person, by=by, now=now, but=row_of(request))

    def _warn_of_what_they_hold(self, request: HttpRequest, person: User) -> None:
        held = EscalationRun.objects.running().functional().filter(holder=person)
        refs = ", ".join(run.brief.get("ref", "?") for run in held[:10])
        if refs:
            said = _t("%(name)s still holds %(refs)s: reassign them.")
            messages.warning(request, said % {"name": person, "refs": refs})
        now = clock.now()
        seated = Seat.objects.filter(person=person, layer__schedule__archived_at__isnull=True)
        seated = seated.filter(Q(leaves_at__isnull=True) | Q(leaves_at__gt=now))
        covers = Override.objects.that_count(now).filter(person=person, schedule__archived_at__isnull=True)
        turns = seated.values_list("layer__schedule__name", flat=True)
        names = sorted({*turns, *covers.values_list("schedule__name", flat=True)})
        if names:
            said = _t("%(name)s still has turns on %(schedules)s: nobody is on call then.")
            messages.warning(request, said % {"name": person, "schedules": ", ".join(names)})

    def get_urls(self) -> Any:
        view = self.admin_site.admin_view(self.sessions_view)
        return [path("<int:pk>/sessions/", view, name="people_user_sessions"), *super().get_urls()]

    @admin.display(description=_("signed in"))
    def signed_in(self, obj: User) -> str:
        """Where they are, and the way to end it."""
        if obj.pk is None:
            return "–"
        many = len(ending.sessions_of(obj, clock.now()))
        said = ngettext("in %(n)d browser", "in %(n)d browsers", many) % {"n": many} if many else _t("nowhere")
        return format_html('<a href="{}">{}</a>', reverse("admin:people_user_sessions", args=[obj.pk]), said)

    def sessions_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        person = get_object_or_404(User, pk=pk)
        now = clock.now()
        sessions = ending.sessions_of(person, now)
        if request.method == "POST":
            handle = request.POST.get("session", "")
            chosen = [one for one in sessions if handle in ("", one.handle) and one.pk != row_of(request)]
            ended = ending.end(person, chosen, by=Actor.person(request.user), now=now)
            said = ngettext("Ended %(n)d session of %(name)s.", "Ended %(n)d sessions of %(name)s.", ended)
            self.message_user(request, said % {"n": ended, "name": person.name})
            return redirect("admin:people_user_sessions", pk)
        title = _t("Where %(name)s is signed in") % {"name": person.name}
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": title, "person": person}
        context |= {"sessions": sessions, "this": row_of(request)}
        return TemplateResponse(request, "admin/people/user/sessions.html", context)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:
        with transaction.atomic():
            if request.method == "POST":
                take_turn()  # before the person's row, as all verbs of signing in
            before = User.objects.filter(pk=id).values_list("password", flat=True).first()
            answer = super().user_change_password(request, id, form_url)
            person = User.objects.filter(pk=id).first()
            if person is not None and person.password != before:
                by = Actor.person(request.user)
                passwords.was_chosen(person, by=by, now=clock.now(), but=row_of(request))
        return answer

    @admin.display(description=_("teams"))
    def in_teams(self, obj: User) -> str:
        return ", ".join(team.name for team in obj.teams.all()) or "–"


class MembershipInline(admin.TabularInline):
    model = Membership
    formset = KnownRows
    extra = 0
    autocomplete_fields = ["user"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("user", "team")


@admin.register(Team)
class TeamAdmin(ArchivableAdmin):
    inlines = [MembershipInline]
    list_display = ["name", "agents", "supervisors", "used_by"]
    search_fields = ["name"]

    def get_queryset(self, request: HttpRequest) -> Any:
        active = Q(memberships__user__is_active=True)
        return (
            super()
            .get_queryset(request)
            .prefetch_related("tiers")
            .annotate(
                agents_total=Count("memberships", active & Q(memberships__role="agent"), distinct=True),
                supervisors_total=Count("memberships", active & Q(memberships__role="supervisor"), distinct=True),
            )
        )

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if change and any(formset.has_changed() for formset in formsets):
            warn_of_empty_steps(request)

    def why_not_archive(self, obj: Team) -> str:
        name = {"name": obj.name}
        if Installation.objects.filter(owner=obj).exists():
            return _t("%(name)s is the installation's owning team. Choose another one first.") % name
        tiers = obj.tiers.filter(archived_at__isnull=True)
        if tiers.exists():
            which = ", ".join(tier.name for tier in tiers[:5])
            return _t("%(name)s is the team of the tier %(which)s. Give it another first.") % {**name, "which": which}
        services = obj.services.filter(archived_at__isnull=True)
        if services.exists():
            which = ", ".join(service.name for service in services[:5])
            return _t("%(name)s owns %(which)s. Give them another team first.") % {**name, "which": which}
        schedules = obj.schedules.filter(archived_at__isnull=True)
        if schedules.exists():
            which = ", ".join(schedule.name for schedule in schedules[:5])
            return _t("%(name)s is the team of the schedule %(which)s. Give it another first.") % {
                **name,
                "which": which,
            }
        steps = PolicyStep.objects.filter(teams=obj, policy__archived_at__isnull=True)
        if steps.exists():
            which = ", ".join(dict.fromkeys(step.policy.name for step in steps.select_related("policy")[:5]))
            return _t("%(name)s is called by “%(which)s”. Change that policy first.") % {**name, "which": which}
        return ""

    @admin.display(description=_("agents"), ordering="agents_total")
    def agents(self, obj: Any) -> int:
        return obj.agents_total

    @admin.display(description=_("supervisors"), ordering="supervisors_total")
    def supervisors(self, obj: Any) -> int:
        return obj.supervisors_total

    @admin.display(description=_("tiers"))
    def used_by(self, obj: Team) -> str:
        return ", ".join(tier.name for tier in obj.tiers.all() if tier.archived_at is None) or "–"


@admin.register(Skill)
class SkillAdmin(RecordedAdmin):
    list_display = ["name", "kind", "held_by"]
    list_filter = ["kind"]
    search_fields = ["name"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(holders_total=Count("holders"))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False if obj is None else not obj.holders.exists()

    @admin.display(description=_("people"), ordering="holders_total")
    def held_by(self, obj: Any) -> int:
        return obj.holders_total


@admin.register(Tier)
class TierAdmin(ArchivableAdmin):
    list_display = ["name", "track", "rank", "team", "ack_minutes", "work_minutes"]
    list_filter: ClassVar[Any] = [*ArchivableAdmin.list_filter, "track"]
    list_select_related = ["team"]
    search_fields = ["name"]
    autocomplete_fields = ["team"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """With its track, the tier would change what its policies do; a used one keeps it."""
        return ["track"] if obj is not None and obj.steps.exists() else []

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if change and "team" in form.changed_data:
            warn_of_empty_steps(request)

    def why_not_archive(self, obj: Tier) -> str:
        used = Policy.objects.in_use().filter(steps__tier=obj).distinct()
        if used.exists():
            which = ", ".join(policy.name for policy in used[:5])
            return _t("%(name)s is a step of “%(which)s”. Take it out there first.") % {"name": obj, "which": which}
        return ""


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    """Everybody's tokens, to look at and to revoke. Each makes their own, and nobody can read one again."""

    list_display = ["name", "begins", "person", "scopes", "made_at", "ends_at", "used_at", "revocation"]
    list_filter = ["person"]
    list_select_related = ["person"]
    search_fields = ["name", "begins", "person__name", "person__email"]
    fields = ["name", "begins", "person", "scopes", "made_at", "ends_at", "used_at", "revocation"]

    def get_urls(self) -> Any:
        view = self.admin_site.admin_view(self.revoke_view)
        return [path("<int:pk>/revocation/", view, name="people_apitoken_revocation"), *super().get_urls()]

    @admin.display(description=_("revoked"))
    def revocation(self, obj: ApiToken) -> str:
        if obj.revoked_at is not None:
            return f"{localtime(obj.revoked_at):%Y-%m-%d %H:%M}"
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:people_apitoken_revocation", args=[obj.pk]), _t("Revoke")
        )

    def revoke_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        token = get_object_or_404(ApiToken.objects.select_related("person"), pk=pk)
        if request.method != "POST":
            title = _t("Revoke the token %(token)s of %(person)s?") % {"token": token, "person": token.person}
            context = {**self.admin_site.each_context(request), "opts": self.opts, "title": title, "token": token}
            return TemplateResponse(request, "admin/people/apitoken/revoke.html", context)
        tokens.revoke(token, by=cast(User, request.user), now=clock.now())
        self.message_user(request, _t("The token %(token)s opens nothing any more.") % {"token": token})
        return redirect("admin:people_apitoken_changelist")
