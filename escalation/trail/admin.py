"""The installation's trail, to read. Incidents' entries are on their own pages.

The ``admin`` modules of all rooms are a floor of their own, above every room of their storey:
they may import any of them and are imported by nobody but Django.
"""

import json
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from .models import Entry, Trail
from .recorded_admin import ReadOnlyAdmin

DID = {
    "config_added": _("added"),
    "config_changed": _("changed"),
    "config_archived": _("archived"),
    "config_restored": _("took back into use"),
    "config_deleted": _("deleted"),
    "config_key": _("made a new key for"),
    "config_key_brought": _("brought a key along for"),
    "config_key_ended": _("ended a key of"),
    "receipt_again": _("had read again a message from"),
    "config_replayed": _("replayed a message of"),
    "config_password": _("set the password of"),
    "sessions_ended": _("ended sessions of the"),
    "invitation_taken": _("took an invitation and became the"),
    "invitation_withdrawn": _("withdrew the"),
    "guessed": _("refused more tries, after too many wrong ones, at the"),
    "token_made": _("made the"),
    "token_revoked": _("revoked the"),
    "config_setup": _("set up"),
    "record_exported": _("exported the record of"),
    "runbook_reviewed": _("reviewed the"),
    "escalations_held": _("stopped all calls:"),
    "escalations_resumed": _("let calls go on:"),
    "clock_jumped": _("saw the clock jump"),
    "schedule_overridden": _("put an override on the"),
    "schedule_override_cancelled": _("cancelled an override of the"),
    "swap_asked": _("asked for a swap on the"),
    "swap_accepted": _("accepted a swap on the"),
    "swap_declined": _("declined a swap on the"),
    "swap_withdrawn": _("withdrew a swap on the"),
    "swap_unanswered": _("saw a swap end without an answer on the"),
    "calendar_added": _("added the"),
    "calendar_removed": _("removed the"),
    "holidays_read": _("read other holidays in the"),
    "delivery": _("had a message for"),
    "webhook_off": _("turned off, because it failed, the"),
    "room_off": _("turned off, because it failed, the"),
    "webhook_again": _("sent events again to the"),
}


def said(value: Any) -> str:
    """A recorded value in a word or two."""
    if isinstance(value, dict):
        return str(value.get("name", value))
    if isinstance(value, list):
        return ", ".join(said(one) for one in value) or "–"
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    return "–" if value in (None, "") else str(value)


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
        data = json.loads(entry.data)
        name = data.get("name") or (data.get("to") or {}).get("name", "")
        return f"{DID.get(entry.kind, entry.kind)} {data.get('what', '')} {name}".strip()

    @admin.display(description=_("fields"))
    def fields_changed(self, entry: Entry) -> str:
        data = json.loads(entry.data)
        names = list({**data.get("before", {}), **data.get("after", {})})
        return ", ".join(names[:6]) + (f" … {len(names) - 6}" if len(names) > 6 else "")

    @admin.display(description=_("before and after"))
    def changes(self, entry: Entry) -> str:
        data = json.loads(entry.data)
        before, after = data.get("before", {}), data.get("after", {})
        rows = [(name, said(before.get(name)), said(after.get(name))) for name in {**before, **after}]
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
