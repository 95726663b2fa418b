"""The installation's trail, to read. Incidents' entries are on their own pages.

The ``admin`` modules of all rooms are a floor of their own, above every room of their storey:
they may import any of them and are imported by nobody but Django.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from .configuration import Change
from .models import Entry, Trail
from .recorded_admin import ReadOnlyAdmin
from .words import DID


@admin.register(Entry)
class InstallationTrailAdmin(ReadOnlyAdmin):
    list_display = ["seq", "at", "actor_name", "did", "fields_changed"]
    list_display_links = ["seq", "did"]
    list_filter = ["kind"]
    search_fields = ["actor_name", "data"]
    ordering = ["-seq"]
    list_per_page = 50
    fields = ["seq", "at", "actor_name", "did", "changes", "words", "hash", "prev"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(trail__kind=Trail.Kind.INSTALLATION)

    @admin.display(description=_("what"))
    def did(self, entry: Entry) -> str:
        change = Change(entry)
        return f"{DID.get(entry.kind, entry.kind)} {change.kind} {change.name}".strip()

    @admin.display(description=_("fields"))
    def fields_changed(self, entry: Entry) -> str:
        names = Change(entry).names
        return ", ".join(names[:6]) + (f" … {len(names) - 6}" if len(names) > 6 else "")

    @admin.display(description=_("before and after"))
    def changes(self, entry: Entry) -> str:
        change = Change(entry)
        rows = [(name, one.before, one.after) for name, one in zip(change.names, change.differences, strict=True)]
        if not rows:
            return "–"
        head = format_html(
            "<thead><tr><th>{}</th><th>{}</th><th>{}</th></tr></thead>", _("field"), _("before"), _("after")
        )
        body = format_html_join("", "<tr><td>{}</td><td>{}</td><td>{}</td></tr>", rows)
        return format_html("<table>{}<tbody>{}</tbody></table>", head, body)

    @admin.display(description=_("text"))
    def words(self, entry: Entry) -> str:
        return format_html("<pre>{}</pre>", entry.said.text) if hasattr(entry, "said") else "–"
