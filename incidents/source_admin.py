"""Sources and their keys. What came in through them: see ``receipt_admin``; what was refused: ``refused_admin``.

A key is shown once, when it is made. It is exchanged without a gap: the new one is made and handed out while the
old ones go on until a time that is chosen with it. What a product of before was known by can be brought along, so
that whatever sends with it needs no change.
"""

from datetime import timedelta
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Max, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from escalation.kit import clock
from escalation.kit.errors import Refused
from escalation.people.models import User
from escalation.trail.recorded_admin import RecordedAdmin

from . import mapping_admin, refused_admin
from .inbound import registry as doors
from .models import Refusal, Source, SourceKey

OLD_KEYS = {  # when the others end
    "": (_("go on as they are"), None),
    "now": (_("end at once"), timedelta(0)),
    "1h": (_("end in an hour"), timedelta(hours=1)),
    "1d": (_("end in a day"), timedelta(days=1)),
    "7d": (_("end in a week"), timedelta(days=7)),
    "30d": (_("end in 30 days"), timedelta(days=30)),
}


class SourceForm(forms.ModelForm):
    def clean_kind(self) -> str:
        kind: str = self.cleaned_data["kind"]
        if "kind" in self.changed_data and self.instance.pk and self._has_heard():
            words = _t("What came in through it was sent as “%(kind)s”. Make another source for anything else.")
            raise forms.ValidationError(words % {"kind": Source.objects.get(pk=self.instance.pk).get_kind_display()})
        if "kind" in self.changed_data and (lacks := doors.first_of(kind).lacks()):
            raise forms.ValidationError(lacks)
        return kind

    def _has_heard(self) -> bool:
        """Receipts go after a while; the keys of its alerts stay."""
        return self.instance.receipts.exists() or self.instance.keys.exists()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        label, allowed = data.get("service_label"), data.get("allowed_services")
        if label and not allowed:
            self.add_error("allowed_services", _t("Choose at least one service that the label may name."))
        if allowed and not label:
            self.add_error("service_label", _t("Say which label names one of the allowed services."))
        if data.get("service") and data["service"].archived_at:
            self.add_error("service", _t("%(name)s is archived.") % {"name": data["service"]})
        return data


class NewKeyForm(forms.Form):
    old = forms.ChoiceField(
        label=_("The keys in use"),
        choices=[(word, label) for word, (label, _span) in OLD_KEYS.items()],
        required=False,
        initial="1d",
    )


class BroughtKeyForm(forms.Form):
    brought = forms.CharField(
        label=_("Key"),
        max_length=200,
        widget=forms.TextInput(attrs={"class": "vLargeTextField", "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("As it stands in whatever sends with it. Only its hash is kept."),
    )


def _who(request: HttpRequest) -> User:
    """Nobody else opens a page of the admin."""
    return cast("User", request.user)


@admin.register(Source)
class SourceAdmin(RecordedAdmin):
    form = SourceForm
    change_form_template = "admin/incidents/source/change_form.html"
    list_display = ["name", "kind", "about", "grouping", "default_severity", "enabled"]
    list_filter = ["enabled"]
    list_select_related = ["service"]
    search_fields = ["name"]
    autocomplete_fields = ["service", "allowed_services"]
    fieldsets = [
        (None, {"fields": ["name", "kind", "enabled", "grouping", "default_severity", "lenient"]}),
        (_("What its alerts are about"), {"fields": ["service", "service_label", "allowed_services"]}),
        (_("What it may send"), {"fields": ["quota", "refused", "wrong"]}),
        (_("What opens it"), {"fields": ["keys"]}),
    ]
    readonly_fields = ["refused", "wrong", "keys"]
    actions = ["new_key"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # what came in through it stays on record; untick "enabled"

    @admin.display(description=_("service"), ordering="service__name")
    def about(self, obj: Source) -> str:
        if obj.service:
            return obj.service.name
        return _t("label %(label)s") % {"label": obj.service_label} if obj.service_label else "–"

    @admin.display(description=_("refused for what it says"))
    def wrong(self, obj: Source) -> str:
        """The sender's mistakes, the last first."""
        return refused_admin.lately(obj) if obj.pk else _t("nothing")

    @admin.display(description=_("refused for the quota in the last day"))
    def refused(self, obj: Source) -> str:
        """What came in beyond the quota, and when last."""
        since = clock.now() - timedelta(days=1)
        found = Refusal.objects.filter(source=obj.pk, minute__gte=since).aggregate(sum=Sum("count"), last=Max("minute"))
        if not found["sum"]:
            return _t("nothing")
        last = localtime(found["last"])
        told = ngettext("%(count)d message, last at %(last)s", "%(count)d messages, last at %(last)s", found["sum"])
        return told % {"count": found["sum"], "last": f"{last:%Y-%m-%d %H:%M}"}

    @admin.display(description=_("keys"))
    def keys(self, obj: Source) -> str:
        """Those that open it first, then the last of those that have ended."""
        if not obj.pk:
            return _t("Save it: a key is made, and shown once.")
        now, found = clock.now(), list(obj.door_keys.select_related("made_by").order_by("-id"))
        living, ended = ([key for key in found if key.is_over(now) is over] for over in (False, True))
        context = {"living": living, "ended": ended[:10], "source": obj}
        return render_to_string("admin/incidents/source/keys.html", context)

    # --- keys: shown once, when they are made -------------------------------------------------

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if not change:
            _key, form.instance.key_once = SourceKey.make(form.instance, by=request.user)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        return self._key_page(request, obj, obj.key_once)

    def get_urls(self) -> Any:
        at = self.admin_site.admin_view
        own = [
            path("<int:pk>/key/", at(self.key_view), name="incidents_source_key"),
            path("<int:pk>/key/brought/", at(self.brought_view), name="incidents_source_brought_key"),
            path("<int:pk>/key/<int:key>/end/", at(self.end_view), name="incidents_source_key_end"),
        ]
        return [*own, *mapping_admin.urls(self), *super().get_urls()]

    @admin.action(description=_("Make a new key"))
    def new_key(self, request: HttpRequest, queryset: Any) -> HttpResponseBase | None:
        if queryset.count() != 1:
            self.message_user(request, _t("Select one source."), "error")
            return None
        return redirect("admin:incidents_source_key", queryset.get().pk)

    def source_to_change(self, request: HttpRequest, pk: int) -> Source:
        source = get_object_or_404(Source, pk=pk)
        if not self.has_change_permission(request, source):
            raise PermissionDenied
        return source

    def key_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Asks first when the old keys are to end."""
        source = self.source_to_change(request, pk)
        form = NewKeyForm(request.POST if request.method == "POST" else None)
        if not form.is_bound or not form.is_valid():
            return self._key_page(request, source, "", form=form)
        span = OLD_KEYS[form.cleaned_data["old"]][1]
        with transaction.atomic():
            self.take_turn()
            old_end = None if span is None else clock.now() + span
            key, words = SourceKey.make(source, by=_who(request), old_end=old_end)
            ends = {} if old_end is None else {"old_end": old_end.isoformat()}
            self.enter(request, source, "config_key", {"key": str(key), **ends})
        return self._key_page(request, source, words)

    def brought_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        source = self.source_to_change(request, pk)
        form = BroughtKeyForm(request.POST if request.method == "POST" else None)
        door = doors.first_of(source.kind)
        if form.is_bound and form.is_valid() and not door.key_shape.fullmatch(form.cleaned_data["brought"]):
            form.add_error("brought", door.key_shape_said)
        if form.is_bound and form.is_valid():
            try:
                with transaction.atomic():
                    self.take_turn()
                    key = SourceKey.bring(source, form.cleaned_data["brought"], by=_who(request))
                    self.enter(request, source, "config_key_brought", {"key": str(key)})
                self.message_user(request, _t("The key %(key)s opens %(source)s.") % {"key": key, "source": source})
                return self._back(source)
            except Refused as refused:
                form.add_error("brought", str(refused))
        title = _t("Bring a key along for %(name)s") % {"name": source}
        return self._page(request, source, "brought.html", {"title": title, "form": form})

    def end_view(self, request: HttpRequest, pk: int, key: int) -> HttpResponse:
        source = self.source_to_change(request, pk)
        found = get_object_or_404(SourceKey, pk=key, source=source)
        if request.method != "POST":
            title = _t("End the key %(key)s of %(name)s?") % {"key": found, "name": source}
            last = not source.door_keys.living(clock.now()).exclude(pk=found.pk).exists()
            return self._page(request, source, "end.html", {"title": title, "key": found, "last": last})
        with transaction.atomic():
            self.take_turn()
            if found.end(clock.now()):
                self.enter(request, source, "config_key_ended", {"key": str(found)})
        self.message_user(request, _t("The key %(key)s opens nothing any more.") % {"key": found})
        return self._back(source)

    def _back(self, source: Source) -> HttpResponseRedirect:
        return HttpResponseRedirect(reverse("admin:incidents_source_change", args=[source.pk]))

    def _key_page(self, request: HttpRequest, source: Source, key: str, *, form: Any = None) -> HttpResponse:
        title = _t("Key of %(name)s") if key else _t("A new key for %(name)s?")
        context = {
            "title": title % {"name": source},
            "key": key,
            "form": form,
            "how": doors.first_of(source.kind).how(key) if key else None,
            "here": reverse("admin:incidents_source_key", args=[source.pk]),
        }
        return self._page(request, source, "key.html", context)

    def _page(self, request: HttpRequest, source: Source, template: str, context: dict[str, Any]) -> HttpResponse:
        whole = {**self.admin_site.each_context(request), "opts": self.opts, "source": source, **context}
        return TemplateResponse(request, f"admin/incidents/source/{template}", whole)
