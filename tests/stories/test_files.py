"""Files beside an incident: for who may see it, within quotas, and harmless to open."""

import hashlib
import json
import re
import threading
import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from escalation.kit.errors import Refused
from escalation.trail.models import Entry
from incidents.models import Attachment, AttachmentContent
from incidents.models.attachments import picture_type, plain_name
from tests.stories.test_incident_page import words
from tests.threads import together

pytestmark = pytest.mark.django_db

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40
HOSTILE = b"<html><script>alert(1)</script></html>"


@pytest.fixture
def at_desk(cast):
    def sit(name):
        client = Client()
        client.force_login(getattr(cast, name))
        return client

    return sit


@pytest.fixture
def incident(open_incident):
    return open_incident()


def send(client, incident, name="screen.png", body=PNG, kind="image/png"):
    return client.post(f"{incident.get_absolute_url()}files/", {"file": SimpleUploadedFile(name, body, kind)})


def opened(client, file):
    return client.get(f"{file.incident.get_absolute_url()}files/{file.pk}/")


def test_a_picture_is_attached_seen_and_on_record(incident, at_desk, cast):
    ana = at_desk("ana")
    assert send(ana, incident).status_code == 302
    file = Attachment.objects.get()
    assert (file.name, file.size, file.by, file.digest) == ("screen.png", 48, cast.ana, hashlib.sha256(PNG).hexdigest())
    entry = Entry.objects.filter(trail=incident.trail_id).latest("seq")
    assert (entry.kind, entry.said.text) == ("attached", "screen.png")
    assert json.loads(entry.data)["file"]["sha256"] == file.digest
    page = at_desk("jo").get(incident.get_absolute_url())
    assert "Ana Ruiz attached a file screen.png" in words(page)
    assert f'<img src="{incident.get_absolute_url()}files/{file.pk}/" alt="screen.png"' in page.content.decode()
    answer = opened(at_desk("jo"), file)
    assert (answer.content, answer["Content-Type"]) == (PNG, "image/png")
    assert answer["Content-Disposition"] == 'inline; filename="screen.png"'


@pytest.mark.parametrize(
    ("name", "body", "kind"),
    [
        ("page.html", HOSTILE, "text/html"),
        ("picture.png", HOSTILE, "image/png"),  # not what it claims
        ("drawing.svg", b"<svg onload='alert(1)'/>", "image/svg+xml"),
        ("notes.txt", b"plain", "text/plain"),
    ],
)
def test_what_is_no_picture_is_only_saved_and_nothing_in_it_runs(incident, at_desk, name, body, kind):
    assert send(at_desk("ana"), incident, name, body, kind).status_code == 302
    answer = opened(at_desk("ana"), Attachment.objects.get())
    assert answer["Content-Type"] == "application/octet-stream" and answer.content == body
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("sandbox;")
    assert "<img" not in re.sub(
        r".*<aside", "", at_desk("ana").get(incident.get_absolute_url()).content.decode(), flags=re.S
    )


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ana\\a.log", "a.log"),
        ('x"\r\nSet-Cookie: a=b', 'x" Set-Cookie: a=b'),
        ("...", "file"),
        ("", "file"),
        ("ü" * 400 + ".png", "ü" * 115 + "….png"),
        ("a." + "b" * 400, "a." + "b" * 117 + "…"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),  # it would be shown as invoiceexe.pdf
        (".bashrc", "bashrc"),
    ],
)
def test_a_name_is_one_plain_line(name, kept):
    found = plain_name(name)
    assert len(found) <= 120 and "\n" not in found
    assert kept is None or found == kept


@pytest.mark.parametrize(
    ("body", "kind"),
    [(PNG, "image/png"), (b"\xff\xd8\xff\xe0", "image/jpeg"), (b"GIF89a", "image/gif"),
     (b"RIFF0000WEBPVP8 ", "image/webp"), (b"RIFF0000WAVE", ""), (HOSTILE, ""), (b"", "")],
)  # fmt: skip
def test_a_picture_is_known_by_its_first_bytes(body, kind):
    assert picture_type(body) == kind


def test_a_hostile_name_breaks_no_header_and_no_page(incident, at_desk):
    name = 'a"; filename="b.html\r\nX-Evil: 1 <script>alert(1)</script>.txt'
    incident.attach(by=incident.opened_by, name=name, body=b"x")
    answer = opened(at_desk("ana"), Attachment.objects.get())
    assert "X-Evil" not in answer and "\n" not in answer["Content-Disposition"]
    assert "<script>alert" not in at_desk("ana").get(incident.get_absolute_url()).content.decode()


def test_files_are_for_who_may_see_the_incident(open_incident, at_desk, cast):
    secret = open_incident(restricted=True)
    other = open_incident()
    file = secret.attach(by=cast.ana, name="names.csv", body=b"x")
    assert opened(at_desk("ana"), file).status_code == 200
    assert opened(at_desk("sam"), file).status_code == 404
    assert opened(Client(), file).status_code == 302
    assert at_desk("sam").get(f"{other.get_absolute_url()}files/{file.pk}/").status_code == 404
    assert send(at_desk("sam"), secret).status_code == 404
    assert send(at_desk("otto"), other).status_code == 403
    assert opened(at_desk("otto"), file).status_code == 200  # an auditor sees everything


def test_a_file_is_taken_away_for_good_and_its_entry_stays(incident, at_desk, cast):
    file = incident.attach(by=cast.ana, name="names.csv", body=b"x")
    address = f"{incident.get_absolute_url()}files/{file.pk}/removal/"
    assert at_desk("jo").post(address, {"text": "Names of customers."}).status_code == 403
    assert at_desk("ana").post(address, {"text": ""}).status_code == 422
    assert at_desk("sam").post(address, {"text": "Names of customers."}).status_code == 302  # a supervisor
    assert at_desk("ana").post(address, {"text": "Again."}).status_code == 409
    assert not AttachmentContent.objects.exists()
    assert opened(at_desk("ana"), file).status_code == 404
    page = words(at_desk("ana").get(incident.get_absolute_url()))
    assert "Sam Reyes took a file away" in page and "Ana Ruiz attached a file names.csv" in page
    assert incident.attach(by=cast.ana, name="again.csv", body=b"x").pk != file.pk


def test_a_browser_asks_each_time_whether_it_may_still_show_a_file(incident, at_desk, cast):
    file = incident.attach(by=cast.ana, name="screen.png", body=PNG)
    address = f"{incident.get_absolute_url()}files/{file.pk}/"
    first = opened(at_desk("jo"), file)
    assert first["Cache-Control"] == "private, no-cache"
    known = {"If-None-Match": first["ETag"]}
    again = at_desk("jo").get(address, headers=known)
    assert (again.status_code, again.content) == (304, b"")
    assert at_desk("rita").get(address, headers=known).status_code == 404
    incident.take_file_away(by=cast.ana, file=file.pk, text="Names of customers.")
    assert at_desk("jo").get(address, headers=known).status_code == 404


def test_quotas_are_said_where_they_are_met(incident, open_incident, at_desk, cast, settings):
    settings.FILE_MB = settings.FILES_MB = 1
    settings.ALL_FILES_MB = 2
    most, ana = b"x" * (1024 * 1024), at_desk("ana")
    answer = send(ana, incident, "big.log", most + b"x", "text/plain")
    assert answer.status_code == 422 and "A file can have 1 MB at the most." in words(answer)
    assert send(ana, incident, "empty.log", b"", "text/plain").status_code == 422
    assert ana.post(f"{incident.get_absolute_url()}files/").status_code == 422
    assert send(ana, incident, "first.log", most, "text/plain").status_code == 302
    again = send(ana, incident, "same.log", most, "text/plain")
    assert again.status_code == 409 and "It is here already, as “first.log”." in words(again)
    assert "1 MB together" in words(send(ana, incident, "more.log", b"x", "text/plain"))
    open_incident().attach(by=cast.ana, name="second.log", body=most)
    with pytest.raises(Refused, match="no room for more files"):
        open_incident().attach(by=cast.ana, name="third.log", body=b"x")


@pytest.mark.django_db(transaction=True)
def test_two_who_attach_at_once_do_not_pass_the_quota_of_all_together(open_incident, cast, settings):
    settings.ALL_FILES_MB = 1
    body, one, other = b"x" * 600_000, open_incident("One"), open_incident("The other")
    kept, refused = threading.Event(), []

    def first() -> None:
        with transaction.atomic():
            one.attach(by=cast.ana, name="first.log", body=body)
            kept.set()
            time.sleep(0.5)  # it is not committed yet, and the other one asks

    def second() -> None:
        kept.wait(10)
        with pytest.raises(Refused, match="no room for more files") as no:
            other.attach(by=cast.jo, name="second.log", body=body)
        refused.append(no)

    together(first, second)
    assert (len(refused), Attachment.objects.count()) == (1, 1)


def test_no_more_than_fifty(incident, cast):
    for number in range(50):
        incident.attach(by=cast.ana, name=f"{number}.log", body=b"%d" % number)
    with pytest.raises(Refused, match="50 files"):
        incident.attach(by=cast.ana, name="51.log", body=b"51")
