"""Admin pages whose every change is an entry on the installation's trail, in the same transaction.

Before and after are read from the database, inlines and many-to-many included, so the entry
says what changed and not what a form sent. Passwords and keys are never among it.

Every form carries how long the record was when it was made. Has the same row been changed since, what is sent is
refused once, with all that was typed and what somebody else has changed: whoever sends it again knows what they undo.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.db import models, transaction
from django.db.models.query import QuerySet
from django.forms.models import _get_foreign_key
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from escalation.kit import clock
from escalation.kit.sealed import Placed

from . import stale
from .models import Entry
from .writing import Actor, record_configuration, take_turn

Facts = dict[str, Any]
SECRETS = {"password", "key_hash"}
ALSO_LEFT_OUT = {"last_login", "groups", "user_permissions"}  # Django's own, not configuration of ours


def plain(value: Any) -> Any:
    """A value as the record keeps it."""
    if isinstance(value, models.Model):
        return {"id": value.pk, "name": str(value)}
    if isinstance(value, date):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def own_facts(obj: models.Model, leave_out: frozenset[str] = frozenset()) -> Facts:
    """Every field of one row, many-to-many too. What is sealed is for its page to say, so that it can be told apart."""
    skipped = SECRETS | ALSO_LEFT_OUT | leave_out
    found = {
        field.name: plain(getattr(obj, field.name))
        for field in obj._meta.concrete_fields
        if field.name not in skipped and not field.primary_key and not isinstance(field, Placed)
    }
    for many in obj._meta.many_to_many:
        link: Any = many.remote_field.through
        if many.name not in skipped and link._meta.auto_created:
            found[many.name] = [plain(one) for one in getattr(obj, many.name).order_by("pk")]
    return found


def differing(before: Facts, after: Facts) -> tuple[Facts, Facts]:
    """Only what is not the same in both."""
    missing = object()
    changed = [name for name in {**before, **after} if before.get(name, missing) != after.get(name, missing)]
    return {n: before[n] for n in changed if n in before}, {n: after[n] for n in changed if n in after}


class RecordedAdmin(admin.ModelAdmin):
    """Base of every page that configures this installation."""

    save_on_top = False
    show_full_result_count = False

    # --- one change at a time ----------------------------------------------------------------

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        if request.method != "POST":  # before the row is read: what comes between the two is noticed, not lost
            as_of: dict[str, str | None] = {stale.FIELD: stale.as_of()} if object_id else {}
            return super().changeform_view(request, object_id, form_url, {**(extra_context or {}), **as_of})
        with transaction.atomic():
            self.take_turn()
            sent = request.POST.get(stale.FIELD)
            said = stale.since(sent, self.opts.model_name, object_id) if sent and object_id else []
            request.stale = said  # type: ignore[attr-defined]
            as_of = {stale.FIELD: stale.as_of() if said else sent}
            return super().changeform_view(request, object_id, form_url, {**(extra_context or {}), **as_of})

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """What it has been through is on the record, and not in a log beside it."""
        about = urlencode({"what": self.opts.model_name, "id": object_id})
        return redirect(f"{reverse('configuration')}?{about}")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        said = getattr(request, "stale", None)
        return stale.refusing(form, said) if said and change else form

    @staticmethod
    def take_turn() -> None:
        """Two admins at once could each save something right that together is wrong, such as a loop."""
        take_turn()

    # --- saving ------------------------------------------------------------------------------

    def facts(self, obj: models.Model) -> Facts:
        """What is on record of ``obj``: its own fields, and those of its inlines' rows."""
        fresh = type(obj)._base_manager.get(pk=obj.pk)
        found = own_facts(fresh)
        for inline in self.inlines:
            for name, row in self._rows(inline, fresh):
                found |= {f"{name}.{field}": value for field, value in row.items()}
        return found

    @staticmethod
    def _rows(inline: Any, parent: models.Model) -> Iterator[tuple[str, Facts]]:
        key = _get_foreign_key(type(parent), inline.model, fk_name=inline.fk_name)
        name = key.remote_field.get_accessor_name() or inline.model._meta.model_name
        for row in inline.model._base_manager.filter(**{key.name: parent}).order_by("pk"):
            yield f"{name}.{row.pk}", own_facts(row, frozenset({key.name}))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        form.facts_before = self.facts(obj) if change else {}
        super().save_model(request, obj, form, change)

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        kind = "config_changed" if change else "config_added"
        self.record(request, form.instance, kind, before=form.facts_before)

    def record(self, request: HttpRequest, obj: Any, kind: str, *, before: Facts) -> bool:
        """Write what differs now from ``before``. Nothing does: nothing is written."""
        if before and differing(before, self.facts(obj)) != ({}, {}):
            self.changed(obj)
        was, now_is = differing(before, self.facts(obj))
        if was or now_is:
            self.enter(request, obj, kind, {"before": was, "after": now_is})
        return bool(was or now_is)

    def changed(self, obj: Any) -> None:
        """For what follows from a change, such as a new version. Part of the same entry."""

    def enter(self, request: HttpRequest, obj: Any, kind: str, data: Facts | None = None) -> Entry:
        about = {"what": obj._meta.model_name, "id": obj.pk, "name": str(obj)}
        return record_configuration(Actor.person(request.user), kind, about | (data or {}), now=clock.now())

    # --- deleting, where that is possible at all ----------------------------------------------

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        if request.method == "POST":
            with transaction.atomic():
                self.take_turn()
                return super().delete_view(request, object_id, extra_context)
        return super().delete_view(request, object_id, extra_context)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        with transaction.atomic():
            self.enter(request, obj, "config_deleted", {"before": self.facts(obj), "after": {}})
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        with transaction.atomic():
            for obj in queryset:
                self.delete_model(request, obj)


class ReadOnlyAdmin(admin.ModelAdmin):
    """To look at. The record and the engine's rows are nobody's to edit."""

    actions: Any = None
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


# --- archiving ------------------------------------------------------------------------------------


class InUseFilter(admin.SimpleListFilter):
    """What is in use, unless somebody asks for the rest."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("archived", _("archived")), ("all", _("all"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        first["display"] = _("in use")
        yield first
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "all":
            return queryset
        return queryset.filter(archived_at__isnull=self.value() != "archived")


class ArchivableAdmin(RecordedAdmin):
    """Rows that others point to for good: archived, never deleted."""

    list_filter: ClassVar[Any] = [InUseFilter]
    exclude: ClassVar[Any] = ["archived_at"]
    actions: Any = ["archive", "restore"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        """What is archived is not offered where something is chosen."""
        if request.resolver_match and request.resolver_match.url_name == "autocomplete":
            queryset = queryset.filter(archived_at__isnull=True)
        return super().get_search_results(request, queryset, search_term)

    def why_not_archive(self, obj: Any) -> str:
        """A sentence that says why ``obj`` is still needed; empty if it is not."""
        return ""

    @admin.action(description=_("Archive the selected ones"))
    def archive(self, request: HttpRequest, queryset: QuerySet) -> HttpResponseBase | None:
        with transaction.atomic():
            self.take_turn()
            for obj in queryset.filter(archived_at__isnull=True):
                reason = self.why_not_archive(obj)
                if reason:
                    self.message_user(request, reason, messages.ERROR)
                else:
                    self._archived(request, obj, "config_archived")
        return None

    @admin.action(description=_("Take the selected ones back into use"))
    def restore(self, request: HttpRequest, queryset: QuerySet) -> HttpResponseBase | None:
        with transaction.atomic():
            self.take_turn()
            for obj in queryset.filter(archived_at__isnull=False):
                self._archived(request, obj, "config_restored")
        return None

    def _archived(self, request: HttpRequest, obj: Any, kind: str) -> None:
        before = self.facts(obj)
        obj.archived_at = clock.now() if kind == "config_archived" else None
        obj.save(update_fields=["archived_at"])
        self.record(request, obj, kind, before=before)
        said = _("%(name)s is archived.") if obj.archived_at else _("%(name)s is in use again.")
        self.message_user(request, said % {"name": obj}, messages.SUCCESS)


class ReadOnlyInline(admin.TabularInline):
    """Rows below another, to read."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
