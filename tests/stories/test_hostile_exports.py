"""What leaves as a table, a calendar, a mail or a header says the same as on the page, and nothing more."""

import csv
import email
import email.policy
import re
from datetime import timedelta
from io import StringIO
from urllib.parse import urljoin, urlsplit

import pytest
from django.core import mail
from django.test import Client
from icalendar import Calendar

from escalation.engine import deliver
from escalation.engine.models import Delivery
from escalation.notify.email import written
from escalation.notify.message import Recipient, compose
from escalation.oncall.calendars.feeds import Feed
from incidents.models import Incident, Summary
from tests.escalation.test_schedules import make_schedule

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]

# What a spreadsheet takes for a formula, a command or a link, however it is led in.
FORMULAS = (
    *("=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1", "\n=1+1", "x;=1+1", "x\n=1+1", "x\t=1+1", "x\r\n;@a"),
    *("=cmd|' /C calc'!A0", '=HYPERLINK("//canary.test","x")', '=IMPORTXML("//canary.test","//a")'),
    *('",=1+1,"', ';=1+1;"'),
    *("＝1+1", "＋1", "－1", "＠a", " =1+1", "'=1+1", "%0A=1+1", "﻿=1+1", "\u200b=1+1"),
)
BEGINS = re.compile("[\\s\\0\ufeff\u200b]*[=+\\-@＝＋－＠]")
# What would begin a line, or a header, of its own.
LINES = (
    "x\r\nBcc: evil@canary.test",
    "x\nBcc: evil@canary.test\n\nand a body",
    "x\rBcc: evil@canary.test",
    "x\u2028Bcc: evil@canary.test",
    "x\x85Bcc: evil@canary.test\x0b\x0c\x1c",
    "x\r\n\r\n<script>canary()</script>",
    "=?utf-8?q?x=0D=0ABcc:_evil@canary.test?=",
    "x\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:1\r\nATTENDEE:mailto:evil@canary.test",
    'x;ATTENDEE=1:y\\nX-EVIL:1,\\;"\r\n X-EVIL:2',
    "é" * 200 + "\r\nX-EVIL: 1",
)


# --- tables ---------------------------------------------------------------------------------------


@pytest.mark.rehearsal("long")
def test_no_cell_of_any_table_is_a_formula(open_incident, cast, clock):
    """Set in the rows: as if it had come by a way that cleans nothing."""
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    incident.resolve(by=cast.ana, cause="change", text="Gone")
    named = (cast.service, cast.service.team, cast.service.policy, cast.ana)
    client = Client()
    client.force_login(cast.ada)
    for formula in FORMULAS:
        Incident.objects.update(title=formula)
        Summary.objects.update(solver=formula, furthest=formula)
        for row in named:
            type(row).objects.filter(pk=row.pk).update(name=formula)
        for path in ("/measures/incidents.csv", "/measures/people.csv"):
            cells = _cells(client.get(path))
            assert formula.replace("'", "") in [cell.replace("'", "") for cell in cells], "it is not there at all"
            assert not [cell for cell in cells if _acts(cell)], formula


def _cells(answer) -> list[str]:
    assert answer["X-Content-Type-Options"] == "nosniff" and answer["Content-Disposition"].startswith("attachment")
    text = b"".join(answer).decode()
    return [cell for row in csv.reader(StringIO(text, newline="")) for cell in row]


def _acts(cell: str) -> bool:
    """Also if it is read with other separators, which see other cells."""
    parts = re.split(r"[;\t\r\n]", cell)
    return any(BEGINS.match(one) and not re.fullmatch(r"-?[\d.]+", one) for one in parts)


# --- calendars ------------------------------------------------------------------------------------


@pytest.mark.rehearsal("long")
def test_no_name_is_a_property_of_a_calendar(cast, clock):
    desk = make_schedule(team=cast.teams["Service desk"], people=[cast.ana, cast.jo])
    start = clock.now() + timedelta(days=1)
    desk.override(by=cast.ada, person=cast.ana, starts_at=start, ends_at=start + timedelta(hours=2), reason="x")
    feed, key = Feed.make(by=cast.ana, schedule=desk)
    address = f"/ical/{key}/{feed.kind}.ics?gaps=1&alarms=5&summary=email"
    plain = _calendar(address)
    for said in LINES:
        for row, limit in ((desk, 80), (cast.ana, 120), (desk.layers.get(), 80), (desk.team, 80)):
            type(row).objects.filter(pk=row.pk).update(name=said[:limit])
        desk.overrides.update(reason=said[:200])
        assert _calendar(address) == plain, repr(said)


def _calendar(address: str) -> list[str]:
    """Its skeleton: the name of each line, in order."""
    answer = Client().get(address)
    assert answer.status_code == 200
    assert re.fullmatch(r'inline; filename="[a-z0-9_-]+\.ics"', answer["Content-Disposition"])
    lines = answer.content.split(b"\r\n")
    assert lines.pop() == b"" and all(len(line) <= 75 and not re.search(rb"[\r\n]", line) for line in lines)
    calendar = Calendar.from_ical(answer.content)
    assert not [one for one in calendar.walk() if "ATTENDEE" in one or "X-EVIL" in one]
    whole = re.sub(rb"\r\n[ \t]", b"", answer.content).decode()
    return [re.split("[:;]", line)[0] for line in whole.split("\r\n")]


# --- mails ----------------------------------------------------------------------------------------

HEADERS = {
    *("Content-Type", "MIME-Version", "Content-Transfer-Encoding", "Subject", "From", "To", "Date", "Message-ID"),
    *("References", "In-Reply-To", "X-Baton-Key", "Auto-Submitted", "X-Auto-Response-Suppress"),
}


def test_no_word_is_a_header_of_a_mail(open_incident, cast, clock):
    """A call as it is sent, one of each hostile text as it would be composed, and the way back in."""
    open_incident(LINES[0])
    while deliver.deliver_due():
        pass
    sent = list(mail.outbox)
    facts = Delivery.objects.filter(kind="call", channel="email").latest("pk").message
    for said in LINES:
        hostile = {name: said if isinstance(value, str) else value for name, value in facts.items()} | {"kind": "call"}
        to = Recipient(1, said, "ana@example.com")
        sent.append(written(to, compose({**hostile, "ref": said, "title": said}, to=to, at=clock.now()), said))
    type(cast.ana).objects.filter(pk=cast.ana.pk).update(name=LINES[0])
    Client().post("/password/forgotten/", {"email": "ana@example.com"})
    sent.append(mail.outbox[-1])
    assert len(sent) > len(LINES) + 1
    for raw in [one.message().as_bytes(linesep="\r\n") for one in sent]:
        read = email.message_from_bytes(raw, policy=email.policy.default)
        assert set(read.keys()) <= HEADERS, read.keys()
        assert len(read.keys()) == len(set(read.keys())), "twice"
        assert re.fullmatch(r"[a-z]+@example\.com", str(read["To"])), read["To"]
        assert "canary()" not in str(read["From"]) and read.get_content_type() == "text/plain"


# --- headers of answers ---------------------------------------------------------------------------

ELSEWHERE = (
    *("https://canary.test/", "//canary.test/", "///canary.test/", "/\\canary.test/", "\\\\canary.test/"),
    *("https:canary.test", "https:///canary.test/", "http:/\\canary.test", "https://testserver.canary.test/"),
    *("//testserver@canary.test/", " //canary.test/", "\t//canary.test/", "/\t/canary.test", "\0//canary.test"),
    *("javascript:canary()", "JaVaScRiPt:canary()", "data:text/html,x", "%2F%2Fcanary.test", "/%0d%0aSet-Cookie:x=1"),
    *("/x\r\nLocation: //canary.test/", "/x\r\nSet-Cookie: sessionid=1"),
)
NAMES = ("next", "back", "view", "q", "to")


@pytest.mark.parametrize("address", ELSEWHERE)
def test_no_address_of_ours_leads_elsewhere(address, cast, client):
    client.force_login(cast.ana)
    asked = dict.fromkeys(NAMES, address) | {"verb": "hold"}
    headers = {"referer": re.sub(r"[^ -~]", "", address)}
    read = ("/go/", "/login/", "/queue/bulk/", "/board/moves/")
    answers = [client.get(path, asked, headers=headers) for path in read]
    answers += [client.post(path, asked, headers=headers) for path in ("/queue/bulk/", "/board/moves/", "/logout/")]
    answers.append(client.post("/login/", {**asked, "username": "ana@example.com", "password": "x"}))
    for answer in answers:
        assert answer.status_code < 500
        to = answer.headers.get("Location", "/")
        led = urlsplit(urljoin("http://testserver/queue/bulk/", re.sub(r"[\t\r\n]", "", to.replace("\\", "/"))))
        assert (led.scheme, led.netloc) == ("http", "testserver") and "\n" not in to, to  # as a browser reads it
        assert "HX-Redirect" not in answer.headers and "canary" not in str(answer.cookies)
