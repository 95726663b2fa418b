"""Writes the strings of ``tests/corpus/xss.txt`` into every text of every row of a furnished copy of the scene.

Run as a program, as ``furnish`` is. No form and no verb stands in the way: what a page does with a text is to hold
whoever let it in. A column that is new is filled by itself; one that holds no prose is in ``NO_PROSE``, and why.
Texts within JSON are filled where they are somebody's, that is, where they have a space or a capital letter.

A long text gets all strings. A short one, which is on many pages and many times, gets some of them, in each place and
row others: all of them go through every kind of field, and each field has tags, attributes, links and markup.
"""

import itertools
import json
import os
import re
from collections.abc import Iterator
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

NO_PROSE = {
    "a word of ours": (
        "people.ApiToken.scopes people.ApiToken.begins trail.Entry.kind trail.Entry.cause oncall.Feed.told"
        " notify.ContactMethod.channel notify.ChatAccount.channel notify.Breaker.channel engine.EscalationRun.finished"
        " engine.EscalationRun.idle engine.Timer.kind engine.Delivery.channel engine.Delivery.kind"
        " engine.Delivery.cause engine.Try.channel engine.Talk.channel engine.ReplyCode.step engine.Pace.channel"
        " incidents.SummaryDay.shape incidents.SummaryDay.stamp incidents.Attachment.picture"
        " incidents.WebhookMessage.type incidents.Receipt.state incidents.Heartbeat.since_why"
        " incidents.Origin.system incidents.Origin.kind"
        " incidents.TrainingPlay.case engine.Beat.name incidents.SourceKey.hint trail.Trail.subject"
        " incidents.Webhook.types"
    ),
    "of a time": (
        "people.User.time_zone oncall.Schedule.time_zone oncall.Layer.hours incidents.BusinessHours.time_zone"
        " incidents.BusinessHours.hours incidents.BusinessHours.holidays incidents.StatusPage.zone"
        " incidents.MaintenanceWindow.zone incidents.MaintenanceWindow.weekdays incidents.Drill.zone"
    ),
    "a key, a digest or a seal": (
        "people.User.password people.ApiToken.key_hash people.ApiAnswer.asked people.Press.key trail.Trail.head"
        " people.Session.session_key people.Session.session_data signin.Invitation.key_hash signin.Guess.subject"
        " signin.AppSecret.secret"
        " trail.Entry.text_digest trail.Entry.prev trail.Entry.hash trail.Entry.canonical trail.EntryText.salt"
        " oncall.Feed.key_hash oncall.FeedEvent.digest notify.ContactMethod.code_proof notify.ChatAccount.nonce"
        " policies.FrozenPath.digest policies.FrozenPath.body engine.Delivery.lease incidents.Attachment.digest"
        " incidents.Webhook.secret incidents.Webhook.old_secret incidents.Webhook.authorization"
        " incidents.ChatRoom.address incidents.WebhookMessage.mid incidents.WebhookMessage.lease"
        " incidents.ChatPost.key incidents.SourceKey.key_hash incidents.Receipt.digest incidents.AlertKey.digest"
        " incidents.RefusedMessage.digest incidents.Heard.key"
    ),
    "in a language of its own": "incidents.Source.mapping incidents.SavedView.asked",
}
NO_ROOMS = ("sessions", "contenttypes", "auth", "django_q", "account", "mfa")  # tables that are not ours
OF_OURS = re.compile(r"[a-z0-9_.:/+-]*|[A-Z]{3}-\d+|\d[\dTZ:.+-]*|baton_\S*|https?://\S*")
SOME, FEW = 16, 6  # strings at a time, in a line and within JSON


def main() -> None:
    django.setup()
    from django.db import connection, transaction
    from django.test.utils import setup_test_environment

    from escalation.trail import triggers

    setup_test_environment()  # who lifts the record's triggers says that this is a test
    with triggers.lifted(connection), transaction.atomic(), connection.cursor() as cursor:
        filled = sum(_fill(cursor, model, fields) for model, fields in texts())
    print(json.dumps({"filled": filled}))


def texts() -> Iterator[tuple[Any, list[Any]]]:
    """Every model with its columns that hold somebody's text."""
    from django.apps import apps
    from django.db import models

    excused = {name for names in NO_PROSE.values() for name in names.split()}
    for model in apps.get_models():
        if model._meta.app_label in NO_ROOMS or not model._meta.managed:
            continue
        kinds = (models.CharField, models.TextField, models.JSONField)
        found = [one for one in model._meta.local_concrete_fields if isinstance(one, kinds) and not one.primary_key]
        wanted = [one for one in found if not one.choices and not isinstance(one, models.EmailField)]
        yield model, [one for one in wanted if f"{model._meta.label}.{one.name}" not in excused]


def _fill(cursor: Any, model: Any, fields: list[Any]) -> int:
    if not fields:
        return 0
    names = ", ".join(f'"{one.column}"' for one in fields)
    table, key = model._meta.db_table, model._meta.pk.column
    rows = cursor.execute(f'SELECT "{key}", {names} FROM "{table}"').fetchall()
    filled = 0
    for pk, *values in rows:
        put = [_put(one, value, pk) for one, value in zip(fields, values, strict=True)]
        places = ", ".join(f'"{one.column}" = %s' for one in fields)
        cursor.execute(f'UPDATE "{table}" SET {places} WHERE "{key}" = %s', [*put, pk])
        filled += len(put)
    return filled


def _put(field: Any, value: Any, pk: Any) -> Any:
    from escalation.kit import sealing

    if value is None:
        return None
    if type(field).__name__ == "JSONField" or field.name == "data":
        return json.dumps(_within(json.loads(value)))
    many = len(_strings()) if type(field).__name__ == "TextField" else SOME
    if type(field).__name__ == "SealedAddress":  # what is plain there is not read
        return sealing.findable(said(many), field.place)
    return said(many) + (f" {pk}" if field.unique else "")


def _within(value: Any) -> Any:
    """The same shape with other texts."""
    if isinstance(value, dict):
        return {name: _within(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_within(one) for one in value]
    return said(FEW) if isinstance(value, str) and not OF_OURS.fullmatch(value) else value


_turn = itertools.count()


def said(many: int) -> str:
    """So many of the strings. The next text begins with the next one: where a text is cut, its beginning is seen."""
    strings, begin = _strings(), next(_turn)
    return "\n".join(strings[(begin + n * 13) % len(strings)] for n in range(many))  # no neighbours, which are alike


def _strings() -> tuple[str, ...]:
    from tests.corpus import xss

    return xss()


if __name__ == "__main__":
    main()
