"""No receipt holds the key that it came with: those from before keys were hidden at the door lose theirs.

A migration, and not the daily look at old receipts: it happens once, and needs no mark of where it has been. Only two
doors have the key within what is kept: PagerDuty's events, and mail, whose address it is. Some rows at a
time, each time a transaction of its own, so that a stopped upgrade goes on. The digest stays that of what came in.
Back: nothing to do. A key that is gone is not missed, and must not come again.
"""

import hashlib
import json
import re
from collections.abc import Iterator

from django.db import migrations, transaction

PORTION = 50
SHORTEST, LONGEST = 16, 200  # characters of a key
HIDDEN = "*" * 32
_EVENT = re.compile(rb'("(?:routing|service)_key"\s*:\s*")[0-9A-Za-z]{32}(?=")')
_KEY = re.compile(r"[0-9A-Za-z]{32}")
_RUN = re.compile(rb"[!-~]+")  # all that may be of an address: keys that were brought along have any signs
_BEHIND = re.compile(rb"([+@])")  # what stands behind a key. Runs are split there: to look ahead from every sign is slow
_BEGINS = re.compile(rb"(?<![0-9A-Za-z])[!-~]")


def hide(apps, schema_editor):
    database = schema_editor.connection.alias
    Source, Receipt = apps.get_model("incidents", "Source"), apps.get_model("incidents", "Receipt")
    for source in Source.objects.using(database).filter(kind__in=("pagerduty", "email")):
        hashes = set(source.door_keys.values_list("key_hash", flat=True))
        of_source = Receipt.objects.using(database).filter(source=source)
        for pks in _portions(of_source):
            with transaction.atomic(using=database):
                for pk, was in of_source.filter(pk__in=pks).values_list("pk", "body"):
                    body = without_keys(bytes(was), source.kind, hashes)
                    if body != was:
                        of_source.filter(pk=pk).update(body=body)


def _portions(receipts) -> Iterator[list[int]]:
    after = 0
    while pks := list(receipts.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:PORTION]):
        yield pks
        after = pks[-1]


def without_keys(body: bytes, kind: str, hashes: set[str]) -> bytes:
    if kind == "pagerduty":
        return _escaped_ones(_EVENT.sub(rb"\g<1>" + HIDDEN.encode(), body))
    return _RUN.sub(lambda found: _address(found[0], hashes), body)


def _address(run: bytes, hashes: set[str]) -> bytes:
    *before, last = _BEHIND.split(run)
    return b"".join(_starred(one, hashes) for one in before) + last


def _escaped_ones(body: bytes) -> bytes:
    r"""JSON may say any letter as ``\u0061``."""
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        return body
    names = ("routing_key", "service_key")
    keys = [name for name in names if isinstance(event, dict) and _KEY.fullmatch(str(event.get(name)))]
    return json.dumps({**event, **dict.fromkeys(keys, HIDDEN)}).encode() if keys else body


def _starred(said: bytes, hashes: set[str]) -> bytes:
    """What an address begins with may itself stand behind a sign, as in ``for=KEY@``: it is looked for from each."""
    for begin in (found.start() for found in _BEGINS.finditer(said, max(0, len(said) - LONGEST))):
        if len(said) - begin >= SHORTEST and _is_key(said[begin:], hashes):
            return said[:begin] + b"*" * (len(said) - begin)
    return said


def _is_key(word: bytes, hashes: set[str]) -> bool:
    """Mail systems fold case, so it may be one in either."""
    return any(hashlib.sha256(one).hexdigest() in hashes for one in (word, word.lower()))


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("incidents", "0029_origin_marks")]

    operations = [migrations.RunPython(hide, migrations.RunPython.noop)]
