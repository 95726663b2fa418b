"""Times as messages and pages say them: in the night when the clocks are changed, and over the turn of a year."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from escalation.oncall.telling import span_for
from escalation.oncall.templatetags.oncall import hour, moment, upto
from escalation.people.models import User

BERLIN = User(name="Lena Fischer", time_zone="Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


SPANS = {
    ("2026-03-02T09:00", "2026-03-02T17:00"): "Mon 2 Mar 10:00 – 18:00 CET",
    ("2026-03-02T17:00", "2026-03-03T07:00"): "Mon 2 Mar 18:00 – Tue 3 Mar 08:00 CET",
    ("2026-10-25T00:30", "2026-10-25T01:30"): "Sun 25 Oct 02:30 CEST – 02:30 CET",
    ("2026-10-25T01:10", "2026-10-25T01:30"): "Sun 25 Oct 02:10 – 02:30 CET",
    ("2026-03-28T17:00", "2026-03-29T06:00"): "Sat 28 Mar 18:00 CET – Sun 29 Mar 08:00 CEST",
    ("2026-12-24T09:00", "2027-12-24T09:00"): "Thu 24 Dec 10:00 – Fri 24 Dec 2027 10:00 CET",
    ("2026-12-31T17:00", "2027-01-01T07:00"): "Thu 31 Dec 18:00 – Fri 1 Jan 2027 08:00 CET",
    ("2027-01-04T09:00", "2027-01-05T09:00"): "Mon 4 Jan 2027 10:00 – Tue 5 Jan 10:00 CET",
}


@pytest.mark.parametrize("span", SPANS)
def test_a_message_says_a_span_so_that_it_cannot_be_misread(span, clock):
    assert span_for(BERLIN, *map(at, span)) == SPANS[span]


PAGES = {  # start, end: what a page of 24 October says
    ("2026-10-24T17:00", "2026-10-24T20:00"): "19:00 – 22:00",
    ("2026-10-24T17:00", "2026-10-25T07:00"): "19:00 – Sun 08:00 CET",
    ("2026-10-25T00:30", "2026-10-25T01:30"): "Sun 02:30 CEST – 02:30 CET",
    ("2026-10-25T00:30", "2026-10-25T00:45"): "Sun 02:30 CEST – 02:45 CEST",
    ("2026-10-26T07:00", "2026-10-27T07:00"): "Mon 08:00 – Tue 08:00",
    ("2026-12-24T09:00", "2027-12-24T09:00"): "Thu 24 Dec 10:00 – Fri 24 Dec 2027 10:00",
    ("2027-01-04T09:00", "2027-01-14T09:00"): "Mon 4 Jan 2027 10:00 – Thu 14 Jan 10:00",
}


@pytest.mark.parametrize("span", PAGES)
def test_so_does_a_page(span):
    start, end = map(at, span)
    with timezone.override("Europe/Berlin"):
        assert f"{moment(start, at('2026-10-24T10:00'))} – {upto(end, start)}" == PAGES[span]


def test_an_hour_that_the_clock_shows_twice_has_its_zone():
    with timezone.override("Europe/Berlin"):
        assert [hour(at(f"2026-10-25T0{n}:00")) for n in range(3)] == ["02:00 CEST", "02:00 CET", "03:00"]
