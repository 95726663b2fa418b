"""What the installation's entries say, in words. Pure but for the names of models."""

import re
from functools import cache
from typing import Any

from django.apps import apps
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

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
    "second_step_guessed": _("refused more tries, after too many wrong second steps, at the"),
    "token_made": _("made the"),
    "token_revoked": _("revoked the"),
    "factor_added": _("set up, to sign in with, the"),
    "factor_removed": _("signs in no more with the"),
    "factor_codes_renewed": _("made new"),
    "factor_code_used": _("signed in with one of the"),
    "password_link": _("made a link for a new password of"),
    "factors_taken": _("took away the"),
    "openid_person": _("let in, by another system's word, the"),
    "openid_bound": _("saw the first arrival, by another system's word, of the"),
    "openid_released": _("lets another of the provider's people come as the"),
    "config_setup": _("set up"),
    "record_exported": _("exported the record of"),
    "runbook_reviewed": _("reviewed the"),
    "escalations_held": _("stopped all calls:"),
    "escalations_resumed": _("let calls go on:"),
    "clock_jumped": _("saw the clock jump"),
    "drill_planned": _("planned the"),
    "drill_changed": _("changed the plan of the"),
    "drill_switched": _("turned on or off the"),
    "maintenance_planned": _("planned the"),
    "maintenance_changed": _("changed the"),
    "maintenance_cut": _("ended early the"),
    "maintenance_cancelled": _("cancelled the"),
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
    "feed_made": _("made the"),
    "feed_revoked": _("revoked the"),
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
    return "–" if value in (None, "") else _INSTANT.sub(_in_short, str(value))


_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d)?(?:\.\d+)?(?:\+00:00|Z)")


def _in_short(found: re.Match[str]) -> str:
    day, minute, seconds = found.groups()
    return f"{day} {minute}{seconds if seconds not in (None, ':00') else ''} UTC"


@cache
def kinds() -> dict[str, str]:
    """What models are called, by the name that entries know them by."""
    return {model._meta.model_name or "": str(model._meta.verbose_name) for model in apps.get_models()}


def what(word: str) -> str:
    """What a change is about, as people call it: ``contact method``, ``person``, ``escalation policy``."""
    return kinds().get(word, word)


def field(name: str) -> str:
    """``steps.12.ack_minutes`` as ``steps 12 › ack minutes``."""
    row, _dot, last = name.rpartition(".")
    words = last.replace("_", " ")
    return f"{row.replace('.', ' ')} › {words}" if row else capfirst(words)
