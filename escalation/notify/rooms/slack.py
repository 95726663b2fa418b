"""A channel of Slack. What people wrote stands in ``plain_text``, in which Slack reads neither mentions nor links."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from ..chat import cut
from ..senders import SendFailed
from ..slack import ACTION, PAUSE, Slack, escaped, plain
from ..web import Reply
from .said import Button, Lost, Said

_POST = "https://slack.com/api/chat.postMessage"
_UPDATE = "https://slack.com/api/chat.update"
_HEAD, _SECTION = 150, 2900  # characters; Slack takes 150 and 3000
_LOST = ("message_not_found", "cant_update_message", "edit_window_closed")
# As good as 401, 403, 404 and 410: it is the channel or our token, and not what was said.
_ERRORS = (
    "channel_not_found not_in_channel is_archived invalid_auth not_authed account_inactive token_expired token_revoked"
    " missing_scope no_permission restricted_action restricted_action_read_only_channel ekm_access_denied"
)
_SHUT = frozenset(_ERRORS.split())


class SlackRoom(Slack):
    def clean(self, address: str) -> str:
        address = super().clean(address)
        if self.is_own(address):
            raise ValidationError(gettext("That is a person. A channel is #name, C… or an incoming webhook's address."))
        return address

    def changes(self, address: str) -> bool:
        return "://" not in address

    def hears(self, address: str) -> bool:
        return self.has_buttons(address)

    def tell(self, address: str, said: Said, key: str) -> str:
        if "://" in address:
            reply = self.post(address, key, written(said))
            if reply.text.strip() != "ok":
                raise self.unreadable(reply)
            return ""
        metadata = {"event_type": "baton_room", "event_payload": {"key": key}}
        facts = self._call(_POST, key, {**written(said), "channel": address, "metadata": metadata})
        theirs = f"{facts.get('channel') or ''}/{facts.get('ts') or ''}"
        return theirs if self.can_amend(theirs) else ""

    def retell(self, address: str, theirs: str, said: Said, key: str) -> None:
        channel, _slash, ts = theirs.partition("/")
        now = written(said)
        try:
            self._call(_UPDATE, key, {"channel": channel, "ts": ts, "text": now["text"], "blocks": now["blocks"]})
        except SendFailed as failed:
            if any(f'"{one}"' in failed.detail for one in _LOST):
                raise Lost(failed.reason, detail=failed.detail, status=200) from None
            raise

    def _refused(self, reply: Reply) -> SendFailed:
        failed = super()._refused(reply)
        error = reply.facts.get("error")  # of an answer 200, as always
        failed.status, failed.shut = 429 if error in PAUSE else reply.status, error in _SHUT
        return failed


def written(said: Said) -> dict[str, Any]:
    blocks: list[dict[str, Any]] = [{"type": "header", "text": plain(cut(said.head, _HEAD))}]
    if said.lines:
        blocks.append({"type": "section", "text": plain(cut("\n".join(said.lines), _SECTION))})
    if said.key and said.buttons:
        blocks.append({"type": "actions", "elements": [_button(one, said.key) for one in said.buttons]})
    if said.link:
        links = [(said.link, gettext("Open it in Baton"))]
        if not said.key:
            links = [*((one.page, one.label) for one in said.buttons), *links]
        text = " · ".join(f"<{escaped(url).replace('|', '%7C')}|{escaped(label)}>" for url, label in links)
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}})
    return {"text": escaped(said.head), "blocks": blocks, "unfurl_links": False, "unfurl_media": False}


def _button(one: Button, key: str) -> dict[str, Any]:
    label = gettext("%(verb)s …") % {"verb": one.label} if one.wordy else one.label
    found: dict[str, Any] = {"type": "button", "action_id": f"{ACTION}{one.verb}", "text": plain(label), "value": key}
    return found if one.wordy else {**found, "style": "primary"}
