"""What a mail says: tables of mails from monitors, people, machines and nobody, and bytes of any kind."""

import time
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.inbound import mailtext, unkeyed
from incidents.inbound.alert import Action
from incidents.inbound.door import Told
from incidents.inbound.mail import Mail, subject_of
from tests.incidents.mail_kit import PROBLEM, RECOVERY, mail

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
patient = settings(deadline=None)  # the machine may be busy


def said(raw: bytes, *, grouping: str = "group", **envelope):
    return Mail().decode(Told(SimpleNamespace(grouping=grouping), raw, envelope, NOW))


def signal(raw: bytes, **how):
    [one] = said(raw, **how).signals
    return one


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("** PROBLEM Service Alert: web-01/HTTP is CRITICAL **", "** RECOVERY Service Alert: web-01/HTTP is OK **"),
        ("PROBLEM: Disk on db-07", "RESOLVED: Disk on db-07"),
        ("[FIRING] Queue too long", "[OK] Queue too long"),
        ("web-01 is DOWN", "Re: web-01 is now UP!"),
        ("Backup of db-07 failed", "AW: [EXT] Fwd: backup of  DB-07 failed"),
    ],
)
def test_subjects_that_speak_of_the_same(one, other):
    assert said(mail(one)).signals[-1].key == said(mail(other)).signals[-1].key


def test_subjects_that_speak_of_something_else():
    subjects = ["web-01 is DOWN", "web-02 is DOWN", "Disk of web-01", "Disk of web-01 (2)"]
    assert len({signal(mail(one)).key for one in subjects}) == 4
    assert subject_of("CRITICAL") == ""
    assert signal(mail("CRITICAL", Message_ID="<a@b>")).key != signal(mail("CRITICAL", Message_ID="<c@d>")).key


TROUBLES = (
    "Disaster recovery backup failed",
    "Disaster recovery of orders",
    "Recovery of database orders FAILED",
    "RECOVERY OF DATABASE ORDERS FAILED",
    "CRITICAL: mail.example.com could not be resolved",
    "Load on web-01 is up 40 %",
    "PROBLEM: recovery point objective missed",
    "The alert is not RESOLVED",
    "OK then, let us see",
)
ENDS = (
    "RECOVERY Host Alert: web-01 is UP",
    "[RESOLVED] No data on orders",
    "Resolved: checkout errors",
    "[Recovered] HTTP error rate is critical",
    "OK: disk",
    "OK - load average: 0.4",
    "OK Disk on db-07",
    "Monitor is UP: web",
    "web-01 is up again",
    "web-01 is now ok.",
    "Disk: back to normal",
)


@pytest.mark.parametrize(
    ("subject", "text", "over"),
    [
        ("** RECOVERY Service Alert: web-01 **", "", True),
        ("Disk on db-07", "RESOLVED\nIt has room again", True),
        ("Disk on db-07", "It is full\nLast time it was RESOLVED by hand", False),
        ("web-01 is UP", "", True),
        ("Backup of orders failed", "", False),
        ("Okay, is the backup broken?", "", False),
        *((trouble, "", False) for trouble in TROUBLES),
        *((end, "", True) for end in ENDS),
    ],
)
def test_whether_it_is_over(subject, text, over):
    assert signal(mail(subject, text)).action is (Action.RESOLVE if over else Action.TRIGGER)


def test_an_answer_that_quotes_the_end_is_no_end_and_its_text_is_a_note():
    reply = mail("Re: Disk on db-07", "RESOLVED? I still see it", In_Reply_To="<n1@mon.example>", Message_ID="<r@x>")
    note, trigger = said(reply).signals
    assert (note.action, note.outside.text) == (Action.NOTE, "RESOLVED? I still see it")
    assert trigger.action is Action.TRIGGER


def test_by_thread_an_answer_belongs_to_what_it_answers():
    first = signal(mail(), grouping="alert")
    answers = [
        mail("Re: Disk", "Mine", References="<n1@mon.example> <r1@x>", In_Reply_To="<r1@x>", Message_ID="<r2@x>"),
        mail("Something", "Mine", In_Reply_To="<n1@mon.example>", Message_ID="<r3@x>"),
    ]
    assert {one.key for raw in answers for one in said(raw, grouping="alert").signals} == {first.key}
    assert signal(mail(Message_ID="<n9@mon.example>"), grouping="alert").key != first.key


def test_what_stands_behind_the_plus_names_it():
    one, other = signal(PROBLEM, suffix="web-01"), signal(mail("Else"), suffix="web-01")
    assert one.key == other.key == "named/web-01"
    assert said(PROBLEM, suffix="web-01").line == said(RECOVERY, suffix="web-01").line


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({"Auto_Submitted": "auto-replied"}, "an automatic reply"),
        ({"Auto_Submitted": "auto-replied; owner-email=x"}, "an automatic reply"),
        ({"X_Autoreply": "yes"}, "an automatic reply"),
        ({"X_Baton_Key": "run:1:call:0:0:1/1/email/0"}, "our own"),
    ],
)
def test_machines_that_answer_open_nothing_and_it_is_said(headers, why):
    message = said(mail(**headers))
    assert not message.signals
    assert why in message.warnings[0]


def test_a_return_and_a_circle_open_nothing():
    bounce = (
        b"From: MAILER-DAEMON@x\r\nSubject: Undelivered\r\nContent-Type: multipart/report; report-type=delivery-status;"
        b' boundary="b"\r\n\r\n--b\r\n\r\nIt came back\r\n--b--\r\n'
    )
    circle = b"Received: by x\r\n" * 40 + mail()
    assert [len(said(raw).signals) for raw in (bounce, circle)] == [0, 0]


@pytest.mark.parametrize("headers", [{"Precedence": "bulk"}, {"Auto_Submitted": "auto-generated"}, {}])
def test_monitors_write_in_bulk_and_by_themselves(headers):
    assert signal(mail(**headers)).action is Action.TRIGGER


def test_html_is_read_for_its_words_and_links():
    html = (
        b"From: Azure <a@microsoft.example>\r\nSubject: Fired:Sev1 checkout-cpu\r\nContent-Type: text/html\r\n\r\n"
        b"<html><head><title>No</title><style>p{}</style></head><body><h1>checkout-cpu</h1><p>CPU &gt; 90&nbsp;%</p>"
        b'<a href="https://portal.example/x?a=1&amp;b=2">View</a><a href="javascript:x()">Run</a><script>x()</script>'
    )
    one = signal(html)
    assert one.body == "checkout-cpu\nCPU > 90 %\nView (https://portal.example/x?a=1&b=2)Run"
    assert one.elements[0].link == "https://portal.example/x?a=1&b=2"


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        (b"Subject: =?ISO-2022-JP?B?GyRCJUclIyU5JS8bKEI=?=\r\n\r\nx", "ディスク"),
        (b"Subject: =?utf-8?B?broken!!!\r\n\r\nx", "=?utf-8?B?broken!!!"),
        ("Subject: Après 10 s\r\n\r\nx".encode(), "Après 10 s"),
        ("Subject: Après 10 s\r\n\r\nx".encode("latin-1"), "Après 10 s"),
        (b"From: a@b\r\n\r\nno subject", "(no subject) from a@b"),
        (b"this is no mail at all", "(no subject) from nobody"),
        (b"", "(no subject) from nobody"),
    ],
)
def test_titles_in_any_form(raw, title):
    assert signal(raw).title == title


def test_what_is_no_mail_is_a_text():
    assert signal(b"disk full on db-07\x00\xff").body == "disk full on db-07ÿ"


def nested(head: bytes, depth: int) -> bytes:
    return b"Subject: Disk full\r\n" + b"".join(head.replace(b"N", b"%d" % n) for n in range(depth)) + b"91 % used"


HOSTILE = {  # each of them failed the standard library, or kept it busy for half a minute and more
    "half a byte of base64": b"Subject: Disk full =?utf-8?b?A?=\r\n\r\n91 % used",
    "brackets without end": b"From: " + b"(" * 900 + b"\r\nSubject: Disk full\r\n\r\n91 % used",
    "a charset with a NUL": b"Subject: Disk full\r\nContent-Type: text/plain; charset*=u%00f'en'x\r\n\r\n91 % used",
    "a boundary with a NUL": b"Subject: Disk full\r\nContent-Type: multipart/mixed; boundary*=u\0'e'x\r\n\r\n91 % used",
    "a number of 5000 digits": b"Subject: Disk full\r\nContent-Type: multipart/mixed; boundary*"
    + b"9" * 5000
    + b"*=x\r\n\r\n91 % used",
    "parts in parts": nested(b"Content-Type: multipart/mixed; boundary=bN\r\n\r\n--bN\r\n", 1_000),
    "mails in mails": nested(b"Content-Type: message/rfc822\r\n\r\nSubject: Disk full\r\n", 1_000),
    "words that are decoded": b"Subject: Disk full " + b"=?a?b?a?=\n " * 400_000 + b"\r\n\r\n91 % used",
    "semicolons": b'Subject: Disk full\r\nContent-Type: text/plain; a="' + b";" * 1_000_000 + b"\r\n\r\n91 % used",
    **{
        f"HTML of nothing but {bit.decode()}": b"Subject: Disk full\r\nContent-Type: text/html\r\n\r\n" + bit * 20_000
        for bit in (b"<a ", b'<a a="', b"<!--", b"<![", b"<div>", b"</")
    },
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE)
def test_what_is_written_to_do_harm_is_read_soon_and_opens_an_incident_all_the_same(raw):
    began = time.process_time()
    mailtext.addressed(raw.replace(b"From:", b"To:"))
    assert unkeyed.without(raw, ["k3y" * 10]) == raw
    one = signal(raw)
    assert one.title.startswith("Disk full")
    assert "91 % used" in one.body or b"text/html" in raw or raw.count(b"Content-Type:") > 1
    assert time.process_time() - began < 10, "half a second, where nobody else is at work"


@patient
@given(st.one_of(st.binary(max_size=400), st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace"))))
def test_bytes_of_any_kind_are_read(raw):
    before = (b"", b"Subject: ", b"Message-ID: <", b"Content-Type: text/html\r\n\r\n", b"Content-Type: ")
    for part in (one + raw for one in before):
        message = said(part)
        assert message.line
        assert mailtext.read(part).text is not None
        assert unkeyed.without(part, ["k3y" * 10]) == part
        for one in message.signals:
            assert one.title
            (one.title + one.body + one.key).encode()
            assert "\0" not in one.title + one.body + one.key
