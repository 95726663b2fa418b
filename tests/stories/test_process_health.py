"""Process health: a team's week in one picture, whose every figure is that of the page it leads to."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from escalation.kit import clock as kit_clock
from escalation.oncall.models import Schedule
from escalation.people.models import Membership, Team
from escalation.policies.models import Policy
from escalation.policies.readiness import badge
from incidents.models import DrillRun, Incident, Problem, Review, Service, Summary, TrainingGoal, drill_clock
from incidents.models.reviews import Words
from incidents.process import part as part_of
from incidents.process import parts
from incidents.process.part import Standing
from incidents.process.period import Period, compared
from tests.drill_kit import plan
from tests.escalation.test_schedules import make_schedule
from tests.many_kit import MOST, cost, something_happens
from tests.organisation import person

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]
PAGE = "/process/"
DESK = "Service desk"
READINESS = 8  # queries of a look at it, beside those of the page


def client_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def shown(user, team: Team | None = None, **asked):
    """The parts by their keys, as this person is told them."""
    response = client_of(user).get(PAGE, {**({"team": team.pk} if team else {}), **asked})
    assert response.status_code == 200
    return {part.key: part for part in response.context["parts"]}, response


def words(response) -> str:
    return " ".join(strip_tags(response.content.decode()).split())


@pytest.fixture
def team(cast) -> Team:
    return cast.teams[DESK]


@pytest.fixture
def busy(cast, team, open_incident, clock) -> SimpleNamespace:
    """A service desk with gaps, one who is late with training, trouble that comes back, late actions, hesitation."""
    TrainingGoal.objects.create(team=team, days=30)
    clock.jump(days=-70)
    TrainingGoal.objects.update(set_at=clock.now())
    Membership.objects.exclude(user=cast.jo).update(joined_at=clock.now() + timedelta(days=60))
    Membership.objects.filter(user=cast.jo).update(joined_at=clock.now())
    clock.jump(days=50)
    cast.service.team = team
    cast.service.save()
    found = []
    for title in ["Card payments fail"] * 4 + ["The nightly export is empty"] * 3:
        one = open_incident(title)
        one.resolve(by=cast.ana, cause="software", text="Restarted it")
        found.append(Incident.objects.get(pk=one.pk))
        clock.jump(days=1)
    problem = Problem.begin(
        found[3], by=cast.ana, also=found[1:3], title="The gateway runs full", owner=cast.jo, team=team
    )
    review = Review.begin(found[0], by=cast.ana, words=Words())
    due = clock.now().date() + timedelta(days=4)
    problem.add_action(by=cast.ana, what="Let the pool grow", owner=cast.jo, due=due)
    review.add_action(by=cast.ana, what="Alert sooner", owner=cast.mei, due=due + timedelta(days=7))
    clock.jump(days=13)
    Summary.objects.update(warned_s=60)
    Summary.objects.filter(resolved_on__gt=clock.now().date() - timedelta(days=17)).update(hesitated=True)
    schedule = make_schedule("Desk", team=team, people=[cast.ana, cast.jo])
    for days in (2, 20, 40):
        at = clock.now() + timedelta(days=days)
        schedule.override(by=cast.sam, person=None, starts_at=at, ends_at=at + timedelta(hours=8))
    return SimpleNamespace(schedule=schedule, problem=problem, review=review)


@pytest.fixture
def others(busy, cast, team, clock):
    """A second schedule of the desk, and another team with trouble and a late action of its own."""
    nights = make_schedule("Nights", team=team, people=[cast.jo])
    at = clock.now() + timedelta(days=3)
    nights.override(by=cast.sam, person=None, starts_at=at, ends_at=at + timedelta(hours=8))
    theirs = cast.teams["Applications"]
    service = Service.objects.create(name="Search", team=theirs, policy=cast.policy)
    clock.jump(days=-10)
    one = Incident.open(title="Search is stale", service=service, by=cast.mei)
    one.resolve(by=cast.mei, cause="software", text="Restarted it")
    problem = Problem.begin(Incident.objects.get(pk=one.pk), by=cast.mei, title="Stale", owner=cast.mei, team=theirs)
    problem.add_action(by=cast.mei, what="Index sooner", owner=cast.kim, due=clock.now().date())
    clock.jump(days=10)
    return theirs


@pytest.mark.rehearsal("long")
@pytest.mark.parametrize("reader", ["sam", "ada", "otto", "ana"])
def test_each_figure_is_that_of_the_page_it_leads_to(busy, others, cast, team, clock, reader):
    """Of this team, where that page tells of all."""
    user = getattr(cast, reader)
    found, _page = shown(user, team, weeks=4)
    client = client_of(user)
    kinds = {part.key: client.get(part.url).context for part in found.values() if part.url}
    ahead = clock.now() + timedelta(days=28)
    gaps = [client.get(f"/oncall/{one.pk}/").context["gaps"] for one in Schedule.objects.filter(team=team)]
    assert found["coverage"].number == sum(one.start < ahead for some in gaps for one in some) == 3
    page = kinds["problems"]
    rows = [around for _title, rows in page["groups"] for one, around in rows if one.team_id == team.pk]
    unowned = [one for one in page["proposals"] if one.first.team == team.pk]
    assert found["problems"].number == sum(one.lately for one in rows) + sum(one.count for one in unowned) == 7
    late = [*page["late"], *client.get("/reviews/").context["late"]]
    mine = [one for one in late if one.problem is None or one.problem.team_id == team.pk]
    assert found["actions"].number == len(mine) == 2 < len(late)
    assert {line.url for line in found["actions"].lines} == {one.get_absolute_url() for one in mine}
    lines = [line.url for part in found.values() for line in part.lines if line.url]
    assert lines and {client.get(url).status_code for url in lines} == {200}
    assert Standing.GOOD not in [one.standing for one in found.values()]
    if reader == "ana":
        return
    assert found["readiness"].number == kinds["readiness"]["report"].red > 0
    [trained] = [one for one in kinds["training"]["teams"] if one.team == DESK]
    assert found["training"].number == trained.late == 1 and f"of {trained.people} " in found["training"].unit
    assert found["hesitation"].number == kinds["hesitation"]["page"].paginator.count > 0


def test_what_to_do_first_stands_first(busy, cast, team):
    _found, page = shown(cast.sam, team)
    first = [part.key for part in page.context["first"]]
    assert first[0] in ("coverage", "readiness") and page.context["more"] == 1
    standings = [list(Standing).index(part.standing) for part in page.context["first"]]
    assert standings == sorted(standings)
    told = words(page)
    assert "Desk has nobody on 4 March 09:30–17:30" in told
    assert "came 3 times in 30 days, and nobody owns it: begin a problem." in told
    assert "Ask Jo Okafor first: “Let the pool grow” was due on" in told
    assert "1 of 3 is late with a play that counts" in told and "Jo Okafor is late" not in told


def test_a_gap_that_is_filled_is_told_no_more_and_what_is_kept_is_not_looked_for_anew(busy, cast, team, clock):
    assert shown(cast.sam, team)[0]["coverage"].number == 2
    client = client_of(cast.sam)
    with CaptureQueriesContext(connection) as again:
        client.get(PAGE)
    assert not [one for one in again.captured_queries if "notify_contactmethod" in one["sql"]]
    gap = clock.now() + timedelta(days=2)
    busy.schedule.override(by=cast.sam, person=cast.jo, starts_at=gap, ends_at=gap + timedelta(hours=8))
    assert shown(cast.sam, team)[0]["coverage"].number == 1
    clock.jump(minutes=11)
    with CaptureQueriesContext(connection) as later:
        client.get(PAGE)
    assert [one for one in later.captured_queries if "notify_contactmethod" in one["sql"]]


def test_hesitation_is_counted_over_the_period_and_compared_with_the_one_before(busy, cast, team, clock):
    today = clock.now().date()
    Summary.objects.update(hesitated=False)
    on = [today - timedelta(days=days) for days in (0, 6, 7, 13, 14)]
    for row, day in zip(Summary.objects.order_by("pk"), on, strict=False):
        Summary.objects.filter(pk=row.pk).update(resolved_on=day, hesitated=True)
    Summary.objects.filter(resolved_on=today).update(hesitated=False)
    one = shown(cast.sam, team)[0]["hesitation"]
    assert (one.number, one.change) == (1, "↓ fewer: it was 2 in the week before.")
    _parts, page = shown(cast.sam, team, until=today - timedelta(days=7))
    then = {part.key: part for part in page.context["parts"]}["hesitation"]
    assert (then.number, then.change) == (2, "↑ more: it was 1 in the week before.")
    asked = page.context["asked"]
    assert f"until={today - timedelta(days=14)}" in asked.earlier and f"until={today}" in asked.later
    columns = one.drawn["columns"]
    assert sum(column["warned"] for column in columns) == Summary.objects.count() and len(columns) == 12


@pytest.mark.rehearsal("long")
def test_agents_read_of_their_team_without_names_and_links_that_are_not_theirs(busy, cast, team, client):
    found, page = shown(cast.ana)
    assert page.context["look"].team == team.pk
    assert found["readiness"].number == shown(cast.sam, team)[0]["readiness"].number
    assert found["readiness"].url == found["hesitation"].url == found["training"].url == ""
    told = found["readiness"].sentence + "".join(line.note for line in found["readiness"].lines)
    assert "Jo" not in told and "Ana" not in told and "Jo Okafor" in shown(cast.sam, team)[0]["readiness"].sentence
    for url in {part.url for part in found.values() if part.url}:
        assert client_of(cast.ana).get(url).status_code == 200
    elsewhere = cast.teams["Applications"]
    assert client_of(cast.ana).get(PAGE, {"team": elsewhere.pk}).status_code == 404
    assert client_of(person("Nico Faro")).get(PAGE).status_code == 404  # who is in no team
    assert client_of(cast.ada).get(PAGE, {"team": elsewhere.pk}).status_code == 200
    elsewhere.archived_at = kit_clock.now()
    elsewhere.save()
    assert client_of(cast.ada).get(PAGE, {"team": elsewhere.pk}).status_code == 404
    Membership.objects.create(team=elsewhere, user=cast.ana, role="supervisor")
    assert shown(cast.ana)[1].context["look"].team == team.pk  # the one she leads is archived
    Membership.objects.filter(user=cast.ana).exclude(team=elsewhere).delete()
    assert client_of(cast.ana).get(PAGE).status_code == 404
    home = client_of(cast.ana).get("/queue/").content.decode()
    assert 'href="/readiness/"' in home and f'"{PAGE}"' not in home  # nothing leads there
    assert client.get(PAGE).status_code == 302
    assert client_of(cast.sam).get("/readiness/", {"team": elsewhere.pk}).status_code == 404


def test_a_restricted_incident_is_counted_for_those_who_take_part(busy, cast, team, clock):
    before = shown(cast.sam, team, weeks=4)[0]
    Incident.objects.filter(resolved_at__isnull=False).update(restricted=True)
    after, page = shown(cast.sam, team, weeks=4)
    assert before["hesitation"].number and not after["hesitation"].number
    assert "nightly export" not in words(page)
    assert [line.text for line in after["actions"].lines] == ["Let the pool grow"]  # a problem's words stay
    whole, page = shown(cast.ada, team, weeks=4)  # an admin takes part in none, and sees all
    assert whole["hesitation"].number == before["hesitation"].number and "Alert sooner" not in words(page)
    assert whole["actions"].lines[1].text == "An action of a restricted incident"
    busy.problem.actions.update(done_at=clock.now())
    assert "an action of a restricted incident was due on" in shown(cast.ada, team)[0]["actions"].sentence


def test_what_has_nothing_to_say_is_a_line_and_no_panel(cast, clock):
    found, page = shown(cast.ada, cast.teams["Facilities"])
    assert [part.key for part in page.context["panels"]] == []
    assert {key for key, part in found.items() if part.standing is Standing.GOOD} == {
        "problems",
        "actions",
        "hesitation",
    }
    told = words(page)
    for line in (
        "This team has no schedule.",
        "No training goal is set for this team.",
        "No action of this team is late.",
    ):
        assert line in told
    assert "There is nothing to judge yet: Coverage, Readiness, Drills, Training." in told
    assert "All is well" not in told and "Nothing asks for anything" not in told


def test_all_is_well_where_each_part_is_good(cast, clock, monkeypatch):
    good = [part_of.short("actions", "Overdue actions", Standing.GOOD, "No action of this team is late.")]
    monkeypatch.setattr(parts, "ALL", [lambda look, one=one: one for one in good])
    assert "All is well" in words(client_of(cast.sam).get(PAGE, {"weeks": 4}))


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"until": "2026-03-03"}, 200),  # to come
        ({"until": "1999-12-31"}, 200),
        ({"until": "nonsense\x00"}, 200),
        ({"weeks": "5"}, 200),
        ({"team": "x"}, 404),
        ({"team": "9" * 40}, 404),
        ({"team": "-1"}, 404),
    ],
)
def test_what_cannot_be_shown_is_said_at_its_place_or_is_not_there(cast, clock, asked, status):
    response = client_of(cast.sam).get(PAGE, asked)
    assert response.status_code == status
    if status == 200:
        assert "parts" not in response.context and response.context["asked"].form.errors.keys() == asked.keys()
    if asked.get("until", "")[:1].isdigit():
        assert "Choose a day from 1 January 2000 to 2 March 2026." in words(response)


def test_the_pages_of_the_past_end_and_say_what_is_as_of_today(busy, cast, team):
    _parts, page = shown(cast.sam, team, until="2000-01-05")
    assert page.context["asked"].earlier == "" and page.context["asked"].later
    assert "What to do first, as of today" in words(page)
    assert "as of today" not in words(shown(cast.sam, team)[1])


def test_what_cannot_be_looked_at_whole_is_at_least_so_much(busy, cast, team, monkeypatch):
    assert not shown(cast.sam, team)[0]["problems"].unit.endswith("at least")
    monkeypatch.setattr("incidents.recurring.MOST_PROBLEMS", 1)
    assert shown(cast.sam, team)[0]["problems"].unit == "incidents of the same trouble in 30 days, at least"
    elsewhere = shown(cast.ada, cast.teams["Facilities"])[0]["problems"]
    assert elsewhere.sentence == "Nothing of this team keeps coming back, as far as could be looked at."


def test_an_installation_without_a_team_says_what_to_do(cast, clock):
    Team.objects.update(archived_at=clock.now())
    assert "Make a team" in words(client_of(cast.ada).get(PAGE))


@pytest.mark.rehearsal("long")
def test_with_something_of_everything_it_costs_as_many_queries_as_a_page_may(busy, cast, team, monkeypatch):
    monkeypatch.setattr("incidents.desk.context.LATELY", 0)  # the numbers in the bar are counted each time
    run = plan(cast, by=cast.sam, day=date(2026, 3, 20)).start(by=cast.sam)
    run.incident.end_drill(by=cast.sam)
    for user in (cast.sam, cast.ada, cast.ana):
        address, client = f"{PAGE}?team={team.pk}&weeks=4", client_of(user)
        assert cost(user, address)[0] <= MOST, user
        something_happens()
        badge.forget()  # nobody has looked within ten minutes
        with CaptureQueriesContext(connection) as first:
            client.get(address)
        assert len(first) <= MOST + READINESS, user
        assert cost(user, address)[0] <= MOST, user  # it was looked at once


def test_periods_and_how_they_compare_in_words():
    week = Period(date(2026, 2, 24), date(2026, 3, 2))
    assert (str(week), str(week.before)) == ("24 February – 2 March 2026", "17 – 23 February 2026")
    assert str(Period(date(2025, 12, 28), date(2026, 1, 3))) == "28 December 2025 – 3 January 2026"
    assert date(2026, 3, 2) in week and date(2026, 2, 23) not in week
    assert compared(1, 1, week.said_before) == "The same as in the week before."
    month = Period(date(2026, 2, 3), date(2026, 3, 2))
    assert compared(3, 1, month.said_before) == "↑ more: it was 1 in the 4 weeks before."


def test_drills_are_told_as_their_page_tells_them_and_not_to_whoever_is_surprised(cast, clock):
    applications = cast.teams["Applications"]
    answered, silent = plan(cast, title="Card payments fail", limit=5), plan(cast, title="Search is stale", limit=5)
    first = answered.start(by=cast.kim)
    clock.forward(minutes=2)
    first.incident.acknowledge(by=cast.mei)
    clock.forward(minutes=5)
    drill_clock.look()
    one = shown(cast.kim, applications)[0]["drills"]
    assert (one.number, one.standing) == (0, Standing.GOOD)
    assert one.sentence == "Somebody answered each of them, at the latest after 2 min (“Card payments fail”)."
    silent.start(by=cast.kim)
    assert shown(cast.kim, applications)[0]["drills"].sentence == "A drill goes on."
    clock.forward(minutes=6)
    drill_clock.look()
    one = shown(cast.kim, applications)[0]["drills"]
    rows = client_of(cast.kim).get(one.url).context["rows"]
    assert one.number == sum(last.level == "bad" for _drill, last in rows) == 1
    assert one.standing is Standing.ACT and one.sentence.startswith("“Search is stale” on 2 March: Nobody answered")
    assert [client_of(cast.kim).get(line.url).status_code for line in one.lines] == [200, 200]
    found, page = shown(cast.mei, applications)
    assert "drills" not in found and "Search is stale" not in words(page)
    clock.jump(weeks=13)
    assert shown(cast.kim, applications)[0]["drills"].standing is Standing.NONE


def test_a_drill_that_was_not_held_is_looked_at(cast, clock):
    drill = plan(cast)
    DrillRun.objects.create(drill=drill, occurrence=clock.now(), why_not="severe")
    one = shown(cast.kim, cast.teams["Applications"])[0]["drills"]
    assert (one.number, one.standing) == (0, Standing.LOOK)
    assert "Not held: the team had a severe incident." in one.sentence


def test_a_drill_that_something_real_cut_short_was_not_unanswered(cast, clock):
    plan(cast).start(by=cast.kim)
    clock.forward(minutes=1)
    Incident.open(title="Real", service=cast.service, by=cast.ana, people_affected=500)
    drill_clock.look()
    one = shown(cast.kim, cast.teams["Applications"])[0]["drills"]
    assert (one.number, one.standing) == (0, Standing.LOOK) and "Cut short after 1 min" in one.sentence


def test_a_team_whose_policy_has_no_step_is_told_of_it(cast, clock):
    facilities = cast.teams["Facilities"]
    cast.service.policy = Policy.objects.create(name="To come")
    cast.service.team = facilities
    cast.service.save()
    one = shown(cast.ada, facilities)[0]["readiness"]
    page = client_of(cast.ada).get(one.url)
    assert one.number == page.context["report"].red == 1 and one.standing is Standing.ACT
    assert "Policies without anybody who works on it" in one.sentence


def test_readiness_of_one_team_costs_no_more_than_a_page_may_and_stays_with_it(cast, team, clock):
    address = f"/readiness/?team={team.pk}"
    for user in (cast.sam, cast.ada):
        client = client_of(user)
        client.get(address)  # the menu's numbers are counted
        with CaptureQueriesContext(connection) as asked:
            client.get(address)
        assert len(asked) <= MOST, user
    client = client_of(cast.sam)
    assert f'name="team" value="{team.pk}"' in client.get(address).content.decode()
    back = client.post(reverse("test-request", args=[cast.jo.pk]), {"team": team.pk})
    assert (back.status_code, back["Location"]) == (302, address)
    assert client.post(reverse("test-request", args=[cast.ana.pk]))["Location"] == "/readiness/"
