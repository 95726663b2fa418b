"""The database of each released version is brought to the present: whole, sound, and its pages open."""

import os
from pathlib import Path

import pytest

from escalation.kit.release import VERSION

FOLDER = Path(__file__).parent
KINDS = ("sqlite", "postgresql")
VERSIONS = sorted({file.name.rsplit("-", 1)[0] for file in FOLDER.glob("*.zip")})
PAGES = ("/", "/queue/", "/board/", "/problems/", "/measures/", "/admin/", "/incidents/{number}/")
LOOK = """
from django.test import Client
from django.contrib.auth import get_user_model
from incidents.models import Incident
client = Client(headers={{"host": "localhost"}})
client.force_login(get_user_model().objects.filter(is_superuser=True).first())
number = Incident.objects.order_by("id").values_list("number", flat=True).first()
for page in {pages}:
    answer = client.get(page.format(number=number), follow=True)
    assert answer.status_code == 200, (page, answer.status_code)
print(Incident.objects.count())
"""


@pytest.mark.processes
@pytest.mark.rehearsal("past")
@pytest.mark.enable_socket
@pytest.mark.timeout(600)
@pytest.mark.parametrize("version", VERSIONS)
def test_the_database_of_a_released_version_is_brought_to_the_present(machines, version):
    machine = machines("upgraded")
    kind = KINDS[bool(machine.database.server)]
    assert "is the database now" in machine.says("restore", FOLDER / f"{version}-{kind}.zip")
    assert "all intact" in machine.says("verifytrails")
    machine.says("audit_engine")  # ends with 1 if anything is wrong; what is due is not, while all is held
    assert int(machine.plays(LOOK.format(pages=PAGES))) > 10
    machine.says("resume", "--yes")
    machine.says("migrate", "--check")


def test_the_present_version_is_kept_for_every_kind_of_database():
    """See ``scripts/keep_release.py``: what is not kept today cannot be proved tomorrow."""
    kept = {file.name for file in FOLDER.glob("*.zip")}
    assert {f"{version}-{kind}.zip" for version in {*VERSIONS, VERSION} for kind in KINDS} <= kept
    assert all(os.path.getsize(FOLDER / name) < 1_000_000 for name in kept)
