"""What people see of promises is what anybody counts from the record by hand, to the minute."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from incidents.models import BusinessHours, Incident, Promise, Target
from tests.conftest import START

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]


@pytest.fixture
def promised(cast):
    Target.objects.create(kind="response", minutes=10)
    Target.objects.create(kind="update", minutes=60)
    Target.objects.create(kind="resolve", minutes=240)


@pytest.fixture
def page(cast):
    client = Client()
    client.force_login(cast.ana)

    def look(address: str) -> str:
        answer = client.get(address)
        assert answer.status_code == 200
        return answer.content.decode()

    return look


def again(incident: Incident) -> Incident:
    return Incident.objects.get(pk=incident.pk)


def plain(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def strip(page, incident: Incident) -> str:
    """What stands in the strip of promises."""
    found = re.search(r'<ul class="promises".*?</ul>', page(incident.get_absolute_url()), re.DOTALL)
    return plain(found[0]) if found else ""


def instants(page, incident: Incident) -> list[datetime]:
    """When the page says that each running promise is due."""
    found = re.search(r'<ul class="promises".*?</ul>', page(incident.get_absolute_url()), re.DOTALL)
    assert found
    return [datetime.fromisoformat(at).astimezone(UTC) for at in re.findall(r'<time datetime="([^"]+)"', found[0])]


def by_hand(incident: Incident) -> str:
    out = StringIO()
    call_command("promises", incident.ref, stdout=out)
    return out.getvalue()


def due_by_hand(incident: Incident) -> list[datetime]:
    """When the command says that each promise is due that runs."""
    told = by_hand(incident).split("\n\n")[1:]
    running = [one for one in told if ", running" in one]
    found = [re.search(r"due     (.+) UTC", one) for one in running]
    return [datetime.fromisoformat(one[1]).replace(tzinfo=UTC) for one in found if one]


@pytest.mark.rehearsal("long")
def test_the_page_says_by_when_whether_it_stands_still_and_how_it_went(promised, page, open_incident, cast, clock):
    incident = open_incident()
    clock.forward(minutes=3)
    assert strip(page, incident).startswith("Answer by 09:40 07:00 Update by 10:30 57:00 Resolve by 13:30 3:57:00")
    clock.forward(minutes=1)
    again(incident).acknowledge(by=cast.ana)
    assert strip(page, incident).startswith("Answer: kept, after 4 min of 10 min Update by 10:30")
    again(incident).hold(by=cast.ana, until=START + timedelta(minutes=30), text="Waiting")
    assert "Update: stands still, 1 h left Resolve: stands still, 3 h 56 min left" in strip(page, incident)
    again(incident).resume(by=cast.ana)
    again(incident).resolve(by=cast.ana, cause="software", text="Fixed")
    assert strip(page, incident) == "Answer: kept, after 4 min of 10 min Resolve: kept, after 4 min of 4 h"


@pytest.mark.rehearsal("long")
def test_a_broken_promise_says_how_late(promised, page, open_incident, cast, clock):
    incident = open_incident()
    clock.forward(minutes=9)
    assert "Answer by 09:40 01:00" in strip(page, incident)
    clock.forward(minutes=5)
    assert "Answer was due 09:40 late by 04:00" in strip(page, incident)
    again(incident).acknowledge(by=cast.ana)
    assert "Answer: 4 min late, after 14 min" in strip(page, incident)
    record = plain(page(incident.get_absolute_url()))
    assert "Promise at risk: to be answered, due by 2 Mar 09:38" not in record
    assert "Promise at risk: to be answered, due by 2 Mar 09:40" in record
    assert "Promise broken: to be answered, due 2 Mar 09:40" in record
    assert "promised: answered within 10 min, an update every 60 min, resolved within 4 h, round the clock" in record


def test_where_nothing_is_promised_nothing_is_shown(page, open_incident):
    incident = open_incident()
    assert strip(page, incident) == ""
    assert "Nothing is promised." in by_hand(incident)


@pytest.mark.rehearsal("long")
def test_by_hand_and_on_the_page_it_is_the_same_minute(cast, page, open_incident, clock):
    """From Monday into the second week after: a hold, a weekend, a holiday, a new severity, a re-opening."""
    office = BusinessHours.objects.create(
        name="Office", time_zone="Europe/Berlin", hours="Mon-Fri 08:00-18:00", holidays="2026-03-09 A holiday"
    )
    for kind, minutes in (("response", 30), ("update", 240), ("resolve", 3600)):
        Target.objects.create(kind=kind, minutes=minutes, hours=office)
    Target.objects.create(kind="resolve", minutes=4200, hours=office, severity=4)
    Target.objects.create(kind="update", minutes=600, severity=4)
    incident = open_incident()

    def same() -> list[datetime]:
        found = due_by_hand(incident)
        assert instants(page, incident) == found
        return found

    def berlin(day: int, hour: int, minute: int = 0) -> datetime:
        return datetime(2026, 3, day, hour - 1, minute, tzinfo=UTC)  # before summer time

    assert same() == [berlin(2, 11), berlin(2, 14, 30), berlin(11, 10, 30)]  # opened at 10:30; Monday the 9th is off
    clock.forward(minutes=15)
    again(incident).acknowledge(by=cast.ana)
    assert same() == [berlin(2, 14, 30), berlin(11, 10, 30)]
    again(incident).hold(by=cast.ana, until=berlin(3, 10, 45), text="A part is on its way")  # ten business hours
    assert same() == []
    clock.forward(hours=24)
    assert same() == [berlin(3, 14, 45), berlin(12, 10, 30)]
    again(incident).set_severity(by=cast.ana, severity=4, text="A workaround holds")
    assert same() == [berlin(3, 20, 45), berlin(13, 10, 30)]  # updates are round the clock now
    clock.forward(hours=1)
    again(incident).resolve(by=cast.ana, cause="hardware", text="The part is in")
    assert same() == []
    clock.jump(days=1)
    again(incident).reopen(by=cast.ana, text="It broke again")
    assert same() == [berlin(4, 12, 15), berlin(4, 21, 45), berlin(16, 10, 30)]
    clock.forward(days=3)
    again(incident).acknowledge(by=cast.ana)
    assert same()[-1] == berlin(16, 10, 30)
    told = by_hand(incident)
    assert "response: answered within 30 min, by entry" in told
    assert "counts  Monday to Friday 08:00–18:00 Europe/Berlin, 1 holidays ahead" in told


def test_the_command_says_so_if_the_desk_shows_something_else(promised, open_incident):
    incident = open_incident()
    Promise.objects.filter(kind="resolve").update(due_at=START)
    with pytest.raises(CommandError, match="resolve running, due 2026-03-02 09:30"):
        by_hand(incident)
    with pytest.raises(CommandError, match="There is no incident INC-9999999"):
        call_command("promises", "INC-9999999", stdout=StringIO())
    with pytest.raises(CommandError, match="There is no incident x"):
        call_command("promises", "x", stdout=StringIO())


# --- the queue, cards and cues ------------------------------------------------------------------


def rows(html: str) -> list[str]:
    return re.findall(r'class="title"[^>]*>([^<]+)<', html)


@pytest.fixture
def several(cast, open_incident, clock):
    """Late, at risk, on time, and one of which nothing is promised."""
    open_incident("nothing", reported_severity=5)
    for severity, title in ((1, "late"), (2, "risky"), (3, "fine")):
        Target.objects.create(kind="resolve", minutes={1: 20, 2: 24, 3: 60}[severity], severity=severity)
        open_incident(title, reported_severity=severity)
    clock.forward(minutes=20)


@pytest.mark.parametrize(
    ("asked", "titles"),
    [
        ("promise=at-risk", ["risky"]),
        ("promise=breached", ["late"]),
        ("promise=nonsense", ["late", "risky", "nothing", "fine"]),
        ("sort=promise", ["late", "risky", "fine", "nothing"]),
    ],
)
def test_the_queue_asks_by_promise(several, page, asked, titles):
    html = page(f"/queue/?scope=all&{asked}")
    assert sorted(rows(html)) == sorted(titles)
    if "nonsense" not in asked:
        assert rows(html) == titles


def test_a_column_and_badges_say_it(several, page):
    html = plain(page("/queue/?scope=all&show=promise"))
    assert "Resolve was due 09:50" in html
    assert "Resolve by 10:30" in html
    assert "resolution late" in html
    assert "resolution at risk" in html
    assert "resolution late" in plain(page("/board/"))


def test_who_holds_it_reads_it_on_their_cue(page, open_incident, cast, clock):
    Target.objects.create(kind="update", minutes=12)
    open_incident().acknowledge(by=cast.ana)
    clock.forward(minutes=9)
    assert "Update by" not in plain(page("/"))
    clock.forward(minutes=1)
    assert "Update by 09:42" in plain(page("/"))
