"""No receipt holds the key that it came with: those from before keys were hidden at the door lose theirs.

A migration, and not the daily look at old receipts: it happens once, and needs no mark of where it has been. Only two
doors have the key within what is kept: PagerDuty's events, and mail, whose address it is. Some rows at a
time, each time a transaction of its own, so that a stopped upgrade goes on. The digest stays that of what came in.
Back: nothing to do. A key that is gone is not missed, and must not come again.
"""

import hashlib
import re
from collections.abc import Iterator

from django.db import migrations, transaction

PORTION = 50
_EVENT = re.compile(rb'("(?:routing|service)_key"\s*:\s*")([0-9A-Za-z]+)(?=")')
_ADDRESS = re.compile(rb"(?<![\w.-])[\w.-]{16,200}(?=[+@])")  # the beginning of an address, long enough for a key


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
        return _EVENT.sub(lambda found: found[1] + b"*" * len(found[2]), body)
    return _ADDRESS.sub(lambda found: b"*" * len(found[0]) if _is_key(found[0], hashes) else found[0], body)


def _is_key(word: bytes, hashes: set[str]) -> bool:
    """Mail systems fold case, so it may be one in either."""
    return any(hashlib.sha256(one).hexdigest() in hashes for one in (word, word.lower()))


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("incidents", "0029_origin_marks")]

    operations = [migrations.RunPython(hide, migrations.RunPython.noop)]
