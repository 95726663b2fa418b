"""The page of measures: its numbers are sums of what the record says, and each leads to exactly its incidents."""

import csv
import io
import re
from datetime import timedelta
from html import unescape
from itertools import pairwise

import pytest
from django.test import Client

from escalation.people.models import Team
from incidents.counting.days import packed
from incidents.counting.packed import Period, Rows
from incidents.insight import figures
from incidents.insight.asked import Asked
from incidents.models import Incident, Service, Summary
from tests.measured import all_figures
from tests.stories.test_measured import month  # noqa: F401

pytestmark = pytest.mark.django_db
NUMBER = re.compile(r'<a class="link" href="(/measures/incidents/[^"]*)">(\d+)(?: incidents?)?</a>')


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def everything() -> Rows:
    days = packed(set(Summary.objects.values_list("resolved_on", flat=True)))
    return Rows(period := Period.unpacked(days), period.every)


def lines(client: Client, url: str) -> list[dict[str, str]]:
    answer = client.get(url)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))


@pytest.mark.rehearsal("long")
def test_every_number_leads_to_as_many_incidents(month, cast):  # noqa: F811
    for who, by in ((cast.ada, "severity"), (cast.kim, "team"), (cast.ana, "service"), (cast.ada, "policy")):
        client = signed_in(who)
        page = client.get(f"/measures/?by={by}").content.decode()
        found = [(unescape(url), int(n)) for url, n in NUMBER.findall(page)]
        assert len(found) > 10, by
        for url, number in found:
            listed = client.get(url).context
            shares = [share for _row, share in listed["rows"] if share is not None]
            calls = [sum(one.calls for one in shares), sum(one.night_calls for one in shares)] if shares else []
            assert number in (listed["page"].paginator.count, *calls) and listed["about"], url
            if number % 5 == 1:
                assert len(lines(client, url.replace("/incidents/", "/incidents.csv"))) == len(listed["rows"]), url


def test_the_lines_sum_to_what_the_record_says(month, cast):  # noqa: F811
    rows = lines(signed_in(cast.ada), "/measures/incidents.csv")
    told = all_figures()
    assert {int(row["incident"].removeprefix("INC-")) for row in rows} == set(told)
    for name in ("acknowledge_s", "escalate_s", "expert_s", "resolve_s"):
        assert sum(int(row[name] or 0) for row in rows) == sum(one[name] or 0 for one in told.values()), name
    assert sum(int(row["expertise"]) for row in rows) == sum(
        one["reasons"].get("expertise", 0) for one in told.values()
    )
    spent = sum(share[0] for one in told.values() for share in one["people"].values())
    assert sum(int(row["hands_on_s"]) for row in rows) == spent
    sums = figures.sums(everything())
    assert (sums.all, sums.seconds["hands_on"]) == (len(rows), spent)


def test_the_lines_of_people_sum_to_what_the_record_says(month, cast):  # noqa: F811
    rows = lines(signed_in(cast.ada), "/measures/people.csv")
    shares = [share for one in all_figures().values() for share in one["people"].values()]
    for place, name in enumerate(("hands_on_s", "calls", "night_calls")):
        assert sum(int(row[name]) for row in rows) == sum(share[place] for share in shares) > 0


@pytest.mark.rehearsal("long")
def test_people_are_measured_by_themselves_and_their_supervisors(month, cast):  # noqa: F811
    who = {one: signed_in(getattr(cast, one)) for one in ("ada", "kim", "ana", "rita")}
    names = {one: {row["person"] for row in lines(client, "/measures/people.csv")} for one, client in who.items()}
    assert names["ana"] == {cast.ana.name}
    assert names["kim"] == {cast.kim.name, cast.mei.name}  # her team's
    assert names["ada"] > names["kim"] | names["ana"]
    assert names["rita"] == set()
    for did in ("worked", "called", "night"):
        assert lines(who["kim"], f"/measures/incidents.csv?person={cast.ana.pk}&did={did}") == []
        assert who["ana"].get(f"/measures/incidents/?person={cast.mei.pk}&did={did}").context["rows"] == []
    for query in ("person=%00&did=worked", "person=1", "person=9999999999999999999&did=worked", "person=1&did=%00"):
        assert who["ada"].get(f"/measures/incidents/?{query}").status_code == 404


def test_the_list_of_a_person_says_what_they_had_of_each(month, cast):  # noqa: F811
    ada = signed_in(cast.ada)
    [had] = [row for row in ada.get("/measures/").context["people"]["rows"] if row["person"] == cast.mei.pk]
    for did, names in {"worked": ["hands_on"], "called": ["rang", "rang_at_night"]}.items():
        answer = ada.get(had["urls"][did])
        shares = [share for _row, share in answer.context["rows"]]
        assert len(shares) == had[did]
        for name, column in (("hands_on", "hands_on_s"), ("rang", "calls"), ("rang_at_night", "night_calls")):
            assert name not in names or sum(getattr(one, column) for one in shares) == had[name] > 0
        assert "Of it, their time" in answer.content.decode()
    assert "Of it, their time" not in ada.get("/measures/incidents/").content.decode()


def test_an_agent_chooses_among_what_is_theirs(month, cast):  # noqa: F811
    theirs = Service.objects.create(name="Secret plan", team=Team.objects.create(name="Others"))
    page = signed_in(cast.ana).get(f"/measures/?service={theirs.pk}").content.decode()
    assert "Secret plan" not in page
    assert cast.service.name in page


def test_bands_tell_whatever_has_a_time_once(month):  # noqa: F811
    sums = figures.sums(everything())
    for name in figures.TIMES:
        known = Summary.objects.filter(**{f"{name}_s__isnull": False}).count()
        assert sum(sums.counts[f"{name}.{band}"] for band in range(len(figures.BANDS))) == known


@pytest.mark.parametrize(
    ("bands", "share", "said"),
    [
        ([1, 0, 0, 0, 0, 0], 0.5, "5 min"),
        ([1, 1, 0, 0, 0, 0], 0.5, "5 min"),
        ([1, 1, 1, 0, 0, 0], 0.5, "15 min"),
        ([0, 0, 0, 0, 0, 3], 0.5, ""),
        ([9, 0, 0, 1, 0, 0], 0.9, "5 min"),
        ([8, 0, 0, 2, 0, 0], 0.9, "4 h"),
    ],
)
def test_within_which_time_a_share_of_them_was_there(bands, share, said):
    assert figures.within(bands, share) == said


def test_an_agent_sees_what_they_worked_on_and_nobody_what_they_may_not_see(month, cast, clock):  # noqa: F811
    assert {row["title"] for row in lines(signed_in(cast.jo), "/measures/incidents.csv")} == {"Card payments fail"}
    assert len(lines(signed_in(cast.kim), "/measures/incidents.csv")) == 4
    assert lines(signed_in(cast.rita), "/measures/incidents.csv") == []
    Incident.objects.get(pk=month.easy.pk).restrict(by=cast.ana, text="A person is named in it")
    assert len(lines(signed_in(cast.kim), "/measures/incidents.csv")) == 3  # did not take part
    assert len(lines(signed_in(cast.ana), "/measures/incidents.csv")) == 2
    assert len(lines(signed_in(cast.ada), "/measures/incidents.csv")) == 4
    assert Client().get("/measures/").status_code == 302


def test_a_list_says_which_incidents_it_shows(month, cast):  # noqa: F811
    client = signed_in(cast.ada)
    for query, said in {
        "only=escalate.2": "Time to escalate: 15 min to 1 h",
        "only=escalate": "Time to escalate: any",
        "only=why.access": "needs access I do not have",
        "only=hesitated&severity=3": "Severity: SEV3",
        f"person={cast.mei.pk}&did=night": "Mei Tanaka was called at night",
        "furthest=L2&solver=": "resolved by: nobody of a tier",
    }.items():
        assert said in client.get(f"/measures/incidents/?{query}").content.decode(), query
    words = client.get(f"/measures/incidents/?service={cast.service.pk}").context["about"]
    assert words[1] == "Service: Payments"


def test_filters_narrow_and_add_up(month, cast, clock):  # noqa: F811
    client, day = signed_in(cast.ada), clock.now().date()
    whole = len(lines(client, "/measures/incidents.csv"))
    assert sum(len(lines(client, f"/measures/incidents.csv?severity={n}")) for n in range(1, 6)) == whole
    assert len(lines(client, f"/measures/incidents.csv?service={cast.service.pk}")) == whole
    assert lines(client, "/measures/incidents.csv?service=none") == []
    before = day - timedelta(days=1)
    assert lines(client, f"/measures/incidents.csv?since=2026-01-01&until={before}") == []


NONSENSE = ("since=2026-03-02&until=2026-03-01", "since=never", "since=1999-01-01&until=9999-12-31", "until=9999-12-31")
NONSENSE += (
    "team=0",
    "severity=9",
    "service=%00",
    "policy=none",
    "by=%00",
    "source=%C2%B2",
    "team=123456789012345",
    "since=2020-01-01",
    "severity=none",
)


@pytest.mark.rehearsal("long")
def test_nonsense_in_the_address_is_no_error(cast, clock):
    client = signed_in(cast.ada)
    for query in NONSENSE:
        assert client.get(f"/measures/?{query}").status_code == 200, query
        there = client.get(f"/measures/incidents/?{query}&furthest=%00&solver=%ff&page=x", follow=True)
        assert there.status_code == 200, query
    assert client.get("/measures/incidents/?only=%00").status_code == 404


@pytest.mark.parametrize("path", ["/measures/incidents/", "/measures/incidents.csv", "/measures/people.csv"])
def test_a_period_that_is_none_is_not_answered_as_if_nothing_had_been(cast, path):
    """The list and the tables have no form to say it: the page has."""
    answer = signed_in(cast.ada).get(f"{path}?since=2020-01-01&until=2026-01-01", follow=True)
    page = answer.content.decode()
    assert "Choose a year at most." in page and "Nothing was resolved then" not in page


def test_no_title_is_a_formula_in_a_spreadsheet(open_incident, cast, clock):
    one = open_incident("=HYPERLINK(1);=1+1")
    Incident.objects.get(pk=one.pk).resolve(by=cast.ana, cause="change", text="Gone")
    [row] = lines(signed_in(cast.ada), "/measures/incidents.csv")
    assert row["title"] == "'=HYPERLINK(1);'=1+1"


def test_a_long_period_is_counted_by_weeks_that_cover_it(cast, clock):
    asked = Asked.of({"since": "2025-06-01", "until": "2026-03-02"}, cast.ada, clock.now())
    spans = figures.spans(asked.since, asked.until)
    assert spans[0][0] == asked.since
    assert spans[-1][1] == asked.until
    assert all(later[0] - earlier[1] == timedelta(days=1) for earlier, later in pairwise(spans))
