"""What the mail server does with a mail: who it is for, and what it answers when it cannot be kept."""

from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage

import pytest
from django.db import OperationalError
from django.test import Client

from escalation.engine import registry
from escalation.engine.management.commands.up import mail_place
from escalation.engine.supervisor import CannotStart
from escalation.kit import clock as kit_clock
from incidents.inbound import imap, intake, letterbox, quota, smtp, tasks
from incidents.models import Incident, Receipt, Source, SourceKey
from tests.incidents.mail_kit import PROBLEM, RECOVERY, mail

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _stays_open(monkeypatch):
    """A test's own transaction has one connection."""
    for room in (letterbox, imap):
        monkeypatch.setattr(room, "close_old_connections", lambda: None)
    monkeypatch.setattr(tasks, "ring", lambda _pk: None)


@pytest.fixture
def source(cast, clock):
    return Source.objects.create(name="Post", kind="email", service=cast.service)


@pytest.fixture
def key(source):
    return source.new_key()


def send(local: str, raw: bytes) -> str:
    one = letterbox.recipient(local)
    assert one is not None
    return smtp.ANSWERS[letterbox.keep(raw, "nagios@mon.example", [one])]


def test_a_problem_opens_an_incident_and_its_recovery_ends_it(key, source):
    assert send(key.upper(), PROBLEM).startswith("250")
    incident = Incident.objects.get()
    assert (incident.service, incident.symptom) == (source.service, "Info: Socket timeout")
    assert SourceKey.objects.get().used_at == kit_clock.now()
    assert send(key, RECOVERY).startswith("250")
    assert Incident.objects.get().resolved_at is not None
    assert Receipt.objects.first().envelope == {"from": "nagios@mon.example"}


def test_no_mail_is_kept_with_the_key_that_is_its_address(key, source):
    other = source.new_key()
    raw = PROBLEM.replace(
        b"To: ", f"Delivered-To: {key}@in.example\nTo: Baton <{key.upper()}+disk@in.example>, ".encode()
    )
    whom = [letterbox.recipient(f"{key}+disk"), letterbox.recipient(other)]
    for _time in range(2):
        assert letterbox.keep(raw, "nagios@mon.example", [*whom, *whom]) is letterbox.Kept.YES
    for receipt in Receipt.objects.all():
        body = bytes(receipt.body).lower()
        assert key.encode() not in body
        assert b"<" + b"*" * len(key) + b"+disk@in.example>" in body
    assert Receipt.objects.count() == 2, "each is known when it comes again"


@pytest.mark.parametrize("coding", ["7bit", "quoted-printable", "base64"])
def test_nor_in_another_coding_nor_in_who_sent_it(key, source, coding):
    to = f"{key.upper()}@in.example"
    text = (
        f"{'é' if coding != '7bit' else ''} 91 % used. You are {to}: https://mon.example/?to={to.replace('@', '%40')}"
    )
    message = EmailMessage()
    message["Subject"] = f"Disk für {to} at {'some ' * 9} {to}"
    message["Return-Path"] = f"<bounces+1-{to.replace('@', '=')}@mon.example>"
    message.set_content(text, cte=coding)
    message.add_attachment(f"<p>{to}</p>".encode(), "text", "html", filename="more.html")
    one = letterbox.recipient(key)
    sender = f"bounces+1-{key}=in.example@mon.example"
    assert letterbox.keep(message.as_bytes(), sender, [one]) is letterbox.Kept.YES
    receipt, incident, hidden = Receipt.objects.get(), Incident.objects.get(), "*" * len(key)
    assert receipt.envelope == {"from": f"bounces+1-{hidden}=in.example@mon.example"}
    assert incident.title == f"Disk für {hidden}@in.example at {'some ' * 9}{hidden}@in.example"
    assert incident.symptom == text.replace(to[: len(key)], hidden).strip()
    kept = message_from_bytes(bytes(receipt.body))
    parts = [one.get_payload(decode=True) for one in kept.walk() if not one.is_multipart()]
    assert f"<p>{hidden}@in.example</p>".encode() in parts[1].strip()
    assert key.encode() not in b"".join([bytes(receipt.body), *parts]).lower()


def test_nor_with_that_of_another_source_which_is_brought_its_own(key, source, settings):
    settings.MAIL_DOMAIN, other = "in.example", source.new_key()
    raw = PROBLEM.replace(
        b"To: ", f"To: {key}@in.example, ops@in.example, Two <{other.upper()}+a@IN.example>, ".encode()
    )
    send(key, raw)
    body = bytes(Receipt.objects.get().body)
    assert other.encode() not in body.lower() and b"+a@IN.example" in body and b"ops@in.example" in body


def test_a_mail_that_comes_again_after_a_lost_answer_is_known(key, cast):
    assert send(key, PROBLEM).startswith("250")
    Incident.objects.get().resolve(by=cast.ana, cause="change", text="Done")
    assert send(key, PROBLEM).startswith("250")
    assert (Receipt.objects.count(), Incident.objects.count()) == (1, 1)
    kit_clock.forward(letterbox.KNOWN)
    send(key, PROBLEM)
    assert Incident.objects.count() == 2


def test_the_same_words_without_a_name_are_the_alert_anew(key, cast):
    send(key, b"Subject: Disk\r\n\r\nfull")
    Incident.objects.get().resolve(by=cast.ana, cause="change", text="Done")
    kit_clock.forward(timedelta(hours=1))
    send(key, b"Subject: Disk\r\n\r\nfull")
    assert Incident.objects.count() == 2


def test_an_answer_is_a_note_on_what_it_answers(key, source, client, cast):
    source.grouping = Source.Grouping.ALERT
    source.save()
    send(key, mail("Disk of db-07 is full"))
    reply = mail(
        "Re: Disk of db-07 is full", "The vendor comes at four", In_Reply_To="<n1@mon.example>", Message_ID="<r@x>"
    )
    send(key, reply)
    incident = Incident.objects.get()
    client.force_login(cast.ana)
    assert "The vendor comes at four" in client.get(incident.get_absolute_url()).content.decode()


def test_what_nobody_wrote_is_kept_and_said(key):
    send(key, mail("Out of office", Auto_Submitted="auto-replied"))
    receipt = Receipt.objects.get()
    assert receipt.outcome["warnings"] == ["Kept, and nothing was done: it is an automatic reply."]
    assert not Incident.objects.exists()


@pytest.mark.parametrize("what", ["another kind", "disabled", "ended", "wrong"])
def test_an_address_that_opens_nothing_is_none(key, source, what):
    if what == "another kind":
        Source.objects.update(kind="alertmanager")
    elif what == "disabled":
        Source.objects.update(enabled=False)
    elif what == "ended":
        SourceKey.objects.update(ends_at=kit_clock.now())
    assert letterbox.recipient(key if what != "wrong" else "k" * 32) is None


@pytest.mark.parametrize(
    ("trouble", "code"), [(OperationalError("the disk is full"), "451 4.3.0"), (quota.TooMuch("more"), "451 4.7.1")]
)
def test_what_cannot_be_kept_is_to_be_sent_again(key, monkeypatch, trouble, code, caplog):
    def away(*args, **kwargs):
        raise trouble

    monkeypatch.setattr(intake, "take_in", away)
    assert send(key, PROBLEM).startswith(code)
    assert key not in caplog.text


def test_a_source_that_is_closed_between_two_words_is_no_250(key):
    one = letterbox.recipient(key)
    Source.objects.update(enabled=False)
    assert smtp.ANSWERS[letterbox.keep(PROBLEM, "", [one])].startswith("550")


def test_no_key_of_a_mail_source_opens_an_address_of_the_web(key):
    answer = Client().post(f"/integrations/alertmanager/{key}", b"{}", content_type="application/json")
    assert answer.status_code == 403


def test_a_source_of_mails_needs_a_place_where_they_come_in(client, cast, settings):
    client.force_login(cast.ada)
    fields = {
        "name": "Post",
        "kind": "email",
        "grouping": "group",
        "default_severity": 2,
        "quota": 600,
        "enabled": "on",
    }
    answer = client.post("/admin/incidents/source/add/", fields)
    assert "BATON_MAIL_LISTEN" in str(answer.context["adminform"].form.errors["kind"])
    settings.MAIL_LISTEN = "127.0.0.1:2525"
    settings.MAIL_DOMAIN = "in.example"
    page = client.post("/admin/incidents/source/add/", fields, follow=True).content.decode()
    assert "@in.example" in page
    assert Source.objects.get().kind == "email"


@pytest.mark.parametrize(
    ("listen", "found"),
    [
        ("", []),
        ("0.0.0.0:25", [("runmail", "0.0.0.0", 25)]),
        ("2525", [("runmail", "127.0.0.1", 2525)]),
        ("[::1]:25", [("runmail", "::1", 25)]),
    ],
)
def test_where_it_listens(settings, listen, found):
    settings.MAIL_LISTEN = listen
    assert mail_place() == found


def test_a_place_that_is_none_is_said_before_anything_starts(settings):
    settings.MAIL_LISTEN = "mail.example"
    with pytest.raises(CannotStart, match=r"mail\.example"):
        mail_place()


# --- the mailbox ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "box"),
    [
        ("imaps://baton:secret@mail.example", ("mail.example", 993, "baton", "secret", "INBOX", True)),
        (
            "imap://a%40b.example:p%2Fw@127.0.0.1:1143/Alerts",
            ("127.0.0.1", 1143, "a@b.example", "p/w", "Alerts", False),
        ),
        ("https://baton:secret@mail.example", None),
        ("imaps://mail.example", None),
    ],
)
def test_where_a_mailbox_is(url, box):
    if box is None:
        with pytest.raises(ValueError, match="imaps://"):
            imap.Mailbox.at(url)
        return
    found = imap.Mailbox.at(url)
    assert (found.host, found.port, found.user, found.password, found.folder, found.safe) == box
    assert found.password not in repr(found).split()


@pytest.mark.enable_socket
def test_a_mailbox_that_is_not_read_is_said_above_every_page(clock, settings, db, caplog):
    def said() -> list[str]:
        return [one.in_utc() for one in registry.notices(kit_clock.now()) if one.code == "mailbox"]

    settings.IMAP_URL = "imap://baton:secret@127.0.0.1:1/INBOX"
    box = imap.Mailbox.at(settings.IMAP_URL)
    imap.look(box)
    assert "secret" not in caplog.text
    clock.jump(minutes=4)
    assert said() == []
    clock.jump(minutes=1)
    imap.look(box)
    assert said() == ["The mailbox of alerts has not been read since 02 Mar 09:30 UTC."]
    settings.IMAP_URL = ""
    assert said() == []


def test_whom_a_mail_in_a_mailbox_is_for(key, settings):
    settings.MAIL_DOMAIN = "in.example"
    delivered = f"Delivered-To: {key.upper()}+db-07@in.example\r\n".encode() + PROBLEM
    [one] = imap.recipients(delivered)
    assert one.suffix == "db-07"
    asked = f"To: Ops <{key}@IN.example>, x@y.example\r\nCc: {key}@in.example\r\nSubject: Disk\r\n\r\nfull".encode()
    assert len(imap.recipients(asked)) == 1
    assert imap.recipients(PROBLEM) == []
    assert imap.recipients(asked.replace(b"IN.example", b"b.example").replace(b"in.example", b"b.example")) == []
