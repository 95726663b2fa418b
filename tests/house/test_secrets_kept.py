"""Whatever gives access is kept sealed or hashed, and whoever replaces a key finds it.

The columns are found in the models: one that is new and called like a secret is refused until it is sealed, or said
here to be none.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import models

from escalation.kit import rotation
from escalation.kit.sealed import Placed, SealedAddress, SealedText

ROOT = Path(__file__).resolve().parents[2]
TEXTS = (models.CharField, models.TextField, models.JSONField, models.BinaryField)
SOUNDS_SECRET = re.compile(
    r"secret|token|key|passw|passphrase|credential|authori[sz]|bearer|cookie|session|signature|seal|hash|digest|nonce"
    r"|salt|proof|code|otp|private|url|uri|address|link|hook|subscription",
    re.IGNORECASE,
)
KEPT = {
    "hashed: it is recognised, and cannot be read": (
        "people.User.password people.Session.session_key people.ApiToken.key_hash signin.Invitation.key_hash"
        " oncall.Feed.key_hash incidents.SourceKey.key_hash"
    ),
    "by chance: a code follows from it and SECRET_KEY": "notify.ContactMethod.code_proof notify.ChatAccount.nonce",
    "the digest of what is here, too, or was": (
        "trail.Entry.text_digest trail.Entry.hash oncall.FeedEvent.digest policies.FrozenPath.digest"
        " incidents.Attachment.digest incidents.Receipt.digest incidents.AlertKey.digest"
        " incidents.RefusedMessage.digest"
    ),
    "goes with a text that is kept beside it, and away with it": "trail.EntryText.salt",
    "by what the same thing is known again; it opens nothing": (
        "people.Press.key people.ApiAnswer.key engine.SentBefore.key incidents.AlertKey.key incidents.Heard.key"
    ),
    "of a chat's button: good only with the chat's own signature, or our seal": "incidents.ChatPost.key",
    "the open part of an address that has a key beside it": "incidents.Heartbeat.name",
    "who has a row at the moment": "engine.Delivery.lease incidents.WebhookMessage.lease",
    "where a browser was; of a session whose key is hashed": "people.Session.address people.Session.session_data",
    "of an alert or a change: to be followed by whoever sees it": "incidents.Alert.link incidents.Change.link",
    "no secret of ours: what a library calls its own": (
        "auth.Permission.codename django_q.Task.hook django_q.Schedule.hook django_q.Schedule.kwargs django_q.OrmQ.key"
    ),
    "a table of a library that stays empty": (
        "sessions.Session.session_key sessions.Session.session_data account.EmailAddress.email"
        " account.EmailConfirmation.key"
    ),
    "hashes of recovery codes, and what is public of a passkey": "mfa.Authenticator.data",
}
# Whoever seals what is in no column of its own. What it is bound to is said there.
SEALS_ELSEWHERE = {
    "escalation/signin/proof.py": "a form that waits, in its person's session",
    "escalation/signin/factors/forms.py": "a new app's secret, on its way through a form and back",
}


def texts() -> Iterator[tuple[str, Any]]:
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.local_concrete_fields:
            if isinstance(field, TEXTS):
                yield f"{model._meta.label}.{field.name}", field


def said() -> set[str]:
    named = [name for names in KEPT.values() for name in names.split()]
    assert len(named) == len(set(named))
    return set(named)


def strays(columns: dict[str, Any]) -> set[str]:
    """What is called like a secret, and neither sealed nor said to be none."""
    return {
        name
        for name, field in columns.items()
        if SOUNDS_SECRET.search(f"{field.name} {field.verbose_name} {field.help_text}")
        and not isinstance(field, Placed)
        and name not in said()
    }


def test_whatever_sounds_like_a_secret_is_sealed_or_says_why_not():
    columns = dict(texts())
    assert not strays(columns)
    assert not said() - columns.keys(), "it is gone: take its reason away"
    assert not [name for name in said() if isinstance(columns[name], Placed)]
    new = models.CharField(name="webhook_token", max_length=40)
    assert strays({"incidents.Source.webhook_token": new}), "or this would prove nothing"
    shown = models.TextField(name="place", help_text="The address, with its key.")
    assert strays({"incidents.Source.place": shown})


def test_rotation_knows_every_column_that_is_sealed():
    sealed = {name for name, field in texts() if isinstance(field, SealedText | SealedAddress)}
    assert {f"{model._meta.label}.{field.name}" for model, field in rotation.columns()} == sealed
    assert len(sealed) > 5


def test_every_sealed_column_is_in_the_list_of_secrets_by_the_name_it_is_bound_to():
    """A table or a column that is renamed shuts what is in it: its migration seals anew, and this list follows."""
    table = [line for line in (ROOT / "docs/secrets.md").read_text().splitlines() if line.startswith("|")]
    for model, field in rotation.columns():
        place = f"{model._meta.db_table}."
        rows = [row for row in table if place in row and f"{field.column}`" in row and "sealed" in row]
        assert rows, f"{place}{field.column}"


def calls(tree: ast.AST) -> set[str]:
    """The names of ``sealing``'s that make or open something."""
    names = {"sealed", "opened", "findable", "findables", "found"}
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            how = node.func
            if isinstance(how, ast.Attribute) and isinstance(how.value, ast.Name) and how.value.id == "sealing":
                found |= {how.attr} & names
            elif isinstance(how, ast.Name) and how.id in names:
                found |= {how.id} & names
    return found


def test_nothing_is_sealed_but_by_its_column():
    """Else rotation would not find it, and who reads this list not either."""
    users = set()
    for room in ("escalation", "incidents"):
        for file in (ROOT / room).rglob("*.py"):
            name, text = str(file.relative_to(ROOT)), file.read_text()
            if name.startswith("escalation/kit/") or "sealing" not in text:
                continue
            if calls(ast.parse(text)):
                users.add(name)
    assert users == SEALS_ELSEWHERE.keys()
