"""From SQLite to PostgreSQL and back: every row of every table is the same, byte for byte, and nobody is called."""

import json
import os
import zipfile

import pytest

from tests.upgrades.sample import PLAY

pytestmark = [
    pytest.mark.processes,
    pytest.mark.rehearsal("processes"),
    pytest.mark.enable_socket,
    pytest.mark.timeout(600),
    pytest.mark.xdist_group("processes"),
]

FILL = (
    PLAY
    + """
from django.contrib.auth import get_user_model
from escalation.kit.sealed import seal
from incidents.models import Incident, Webhook
ada = get_user_model().objects.filter(is_superuser=True).first()
one = Incident.objects.first()
one.title = "Zürich 😀"
one.save()
one.attach(by=ada, name="log.bin", body=bytes(range(256)))
url = "https://example.com/canary"
hook = Webhook(name="Elsewhere", url=url, owner=ada)
seal(hook, "secret", b"a secret")
hook.save()
"""
)
POUR = """
from pathlib import Path
from escalation.engine.copies import pouring
print(dict(pouring.pour(pouring.look(Path("{file}")))))
"""


def digests(file):
    with zipfile.ZipFile(file) as opened:
        return json.loads(opened.read("manifest.json"))["members"]


def lines(file, name):
    with zipfile.ZipFile(file) as opened:
        return opened.read(f"rows/{name}").splitlines()


def different(file, other):
    """What is not the same in two exports, byte by byte. Rows that are poured in come with the brake; all else of
    that row is the same."""
    one, two = digests(file), digests(other)
    names = sorted(name for name in one.keys() | two.keys() if one.get(name) != two.get(name))
    if names == ["rows/policies.Installation"]:
        rows = [[json.loads(line) for line in lines(each, "policies.Installation")] for each in (file, other)]
        free = {rows[0][0].index(column) for column in ("held_at", "held_why")}
        if len({json.dumps([[v for i, v in enumerate(row) if i not in free] for row in each]) for each in rows}) == 1:
            return []
    return names


@pytest.mark.postgresql_only
def test_every_row_is_the_same_after_there_and_back(machines, tmp_path):
    here = os.environ.get("DATABASE_URL", "")  # without a server: a file
    first = machines("first", "", migrated=True)
    first.plays(FILL)
    files = [tmp_path / f"{name}.zip" for name in "abc"]
    first.says("exportall", files[0])
    assert len(lines(files[0], "incidents.Incident")) > 10
    assert b"canary" not in b"".join(lines(files[0], "incidents.Webhook")), "what is sealed stays sealed"
    first.says("exportall", tmp_path / "locked.zip", key="quite-another-" * 5)
    assert different(files[0], tmp_path / "locked.zip") == [], "and is not lost where no key opens it"
    for file, onward, place in zip(files, files[1:], (here, ""), strict=False):
        new = machines(onward.stem, place, migrated=True)
        assert new.plays(POUR.format(file=file)).strip() == "{}"
        new.says("exportall", onward)
        assert different(file, onward) == []
        assert "all intact" in new.says("verifytrails")
    assert different(files[0], files[2]) == []

    # As a person says it: held, on record, and what cannot be opened is named.
    last = machines("last", "", migrated=bool(here))  # a server was filled above; without one, made from nothing
    told = last.says("importall", files[2], key="quite-another-" * 5)
    assert "webhook: secret (1)" in told
    assert "webhook: url (1)" in told
    last.plays(
        "from incidents.models import Webhook; assert Webhook.objects.filter(url='https://example.com/canary').exists()"
    )
    assert "`manage.py resume`" in told
    assert "is an older copy" in last.held()[1]
    brought_up = ("call", "django.core.management.commands.migrate.handle")
    assert "nothing was changed" in last.says("importall", files[2], code=1, dies=brought_up)
    assert "Incidents that go on: " in last.says("resume", "--yes")
    assert "Say `manage.py importall" in last.says("restore", files[2], code=1)
