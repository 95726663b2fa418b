"""The configuration record: admins and auditors read who changed what, when, before and after."""

import csv
import io
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import call_command
from django.urls import reverse

from escalation.kit import clock as kit_clock
from escalation.people.models import Session, Skill, User
from escalation.signin import ending
from escalation.signin.factors import verbs
from escalation.trail import words
from escalation.trail.writing import ENGINE, Actor, record_configuration
from tests.api_kit import Program

pytestmark = pytest.mark.django_db
PAGE = "/configuration/"


@pytest.fixture
def record(cast, clock):
    """Three changes, an hour between each; the last one's name would be a formula in a table."""

    def enter(by, kind, what, id, name, **more):
        data = {"what": what, "id": id, "name": name, **more}
        record_configuration(Actor.person(by) if by else ENGINE, kind, data, now=clock.now())
        clock.jump(hours=1)

    enter(
        cast.ada, "config_changed", "tier", 7, "L1 Service desk", before={"ack_minutes": 15}, after={"ack_minutes": 5}
    )
    enter(cast.ana, "config_added", "contact method", 17, "SMS …67", person={"id": cast.ana.pk, "name": "Ana Ruiz"})
    enter(None, "config_changed", "tier", 77, '=cmd|"/c calc"', before={}, after={"team": {"id": 7, "name": "Desk"}})


def told(client, **asked):
    return [change.entry.seq for change, _place in client.get(PAGE, asked).context["rows"]]


def test_who_when_before_and_after_stand_side_by_side(cast, client, record):
    client.force_login(cast.otto)
    said = client.get(PAGE, {"what": "tier", "id": "7"}).content.decode()
    assert "Ada" in said and "L1 Service desk" in said and "Ack minutes" in said
    assert "<del>15</del>" in said and "<ins>5</ins>" in said
    assert "77" not in said.partition("<ol")[2].partition("</ol>")[0], "another's number that begins with its own"
    assert "/admin/" not in said.partition("<ol")[2], "an auditor changes nothing"


def test_it_is_narrowed_by_what_who_when_and_words(cast, client, record, clock):
    client.force_login(cast.ada)
    everything = told(client)
    last, middle, first = everything[:3]
    assert told(client, what="tier") == [last, first]
    assert told(client, what="tier", id="7") == [first], "and not the tier of which a team has that number"
    assert told(client, who="Ana Ruiz") == [middle]
    page = client.get(PAGE, {"q": "Desk"}).content.decode()
    assert page.count('value="Desk"') == 1, "the words stand in the form of this page, and not among the incidents"
    assert told(client, q="l1 15") == [first]
    assert told(client, q='"/c') == [last]
    today = f"{clock.now():%Y-%m-%d}"
    assert told(client, since=today, until=today) == everything
    assert told(client, until=f"{clock.now() - timedelta(days=1):%Y-%m-%d}") == []
    for nonsense in ({"since": "soon"}, {"until": "9999-12-31"}, {"since": "0001-01-01"}, {"id": "x"}, {"page": "x"}):
        assert client.get(PAGE, {"what": "\0"} | nonsense).status_code == 200
    User.objects.filter(pk=cast.ada.pk).update(time_zone="Asia/Tokyo")
    assert told(client, since="0001-01-01") == everything, "in UTC that begins before there are days"


def test_as_a_table_each_field_is_a_line_and_no_value_a_formula(cast, client, record):
    client.force_login(cast.otto)
    answer = client.get("/configuration.csv", {"what": "tier"})
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    told = [(row["who"], row["id"], row["field"], row["before"], row["after"]) for row in rows]
    assert told[:2] == [
        ("Baton", "77", "Team", "–", "Desk"),
        (cast.ada.name, "7", "Ack minutes", "15", "5"),
    ]
    assert rows[0]["name"].startswith("'=")


def test_a_program_of_an_auditor_reads_it_page_by_page_and_nobody_elses_does(cast, record):
    program = Program(cast.otto)
    answer = program.get("/configuration?limit=2")
    assert answer.status_code == 200, answer.content
    first = answer.json()
    rest = program.get("/configuration?" + urlencode({"limit": 100, "cursor": first["next"]})).json()
    numbers = [one["number"] for one in first["items"] + rest["items"]]
    assert numbers == sorted(numbers, reverse=True) and len(set(numbers)) == len(numbers) >= 3
    (tier,) = program.get("/configuration?what=tier&id=7").json()["items"]
    assert tier["differences"] == [{"field": "Ack minutes", "before": "15", "after": "5"}]
    assert Program(cast.sam).get("/configuration").status_code == 403


def test_only_admins_and_auditors_read_it(cast, client, record):
    for person, status in ((cast.sam, 403), (cast.ana, 403), (cast.otto, 200), (cast.ada, 200)):
        client.force_login(person)
        assert client.get(PAGE).status_code == client.get("/configuration.csv").status_code == status
        assert (PAGE in client.get(reverse("palette")).content.decode()) is (status == 200)


def test_the_history_of_what_is_configured_leads_there(cast, client):
    client.force_login(cast.ada)
    skill = Skill.objects.create(name="Linux", kind="ability")
    client.post(f"/admin/people/skill/{skill.pk}/change/", {"name": "Unix", "kind": "ability", "as_of": "0"})
    answer = client.get(f"/admin/people/skill/{skill.pk}/history/", follow=True)
    assert answer.redirect_chain == [(f"{PAGE}?what=skill&id={skill.pk}", 302)]
    ((change, _place),) = answer.context["rows"]
    assert change.differences == [("Name", "Linux", "Unix")]


def test_an_admin_who_is_made_on_the_command_line_is_on_record(cast, client):
    call_command("createsuperuser", "--no-input", email="eve@example.com", name="Eve Adams", stdout=io.StringIO())
    client.force_login(cast.ada)
    ((change, _place),) = client.get(PAGE, {"what": "user", "who": "Command line"}).context["rows"]
    assert change.name == "Eve Adams"
    assert ("Is staff", "–", "yes") in change.differences


def test_to_another_time_zone_is_on_record_and_to_another_theme_is_not(cast, client):
    client.force_login(cast.ana)
    body = {"time_zone": cast.ana.time_zone, "theme": "dark", "keys_on": "on", "presence_on": "on"}
    assert client.post("/preferences/", body).status_code == 302
    assert client.post("/preferences/", {**body, "time_zone": "Asia/Tokyo"}).status_code == 302
    client.force_login(cast.otto)
    ((change, _place),) = client.get(PAGE, {"what": "user", "id": cast.ana.pk}).context["rows"]
    assert change.differences == [("Time zone", cast.ana.time_zone, "Asia/Tokyo")]


def test_instants_and_plans_read_as_people_say_them():
    assert words.said("2026-12-09T08:00:00+00:00") == "2026-12-09 08:00 UTC"
    assert words.said("2026-12-09T08:00:07.120000Z") == "2026-12-09 08:00:07 UTC"
    assert str(words.DID["drill_planned"]) == "planned the"


def test_what_is_somebodys_own_is_in_their_history_with_what_was_done_to_them(cast, client, record):
    client.force_login(cast.ada)
    end_all_of(cast.ana, cast.ada)
    rows = client.get(PAGE, {"what": "user", "id": cast.ana.pk}).context["rows"]
    assert [change.entry.kind for change, _place in rows] == ["factors_taken", "sessions_ended", "config_added"]


def end_all_of(person, admin):
    now = kit_clock.now()
    Session.objects.create(session_key="k" * 40, person=person, expire_date=now + timedelta(days=1), seen_at=now)
    ending.end_all(person, by=Actor.person(admin), now=now)
    Authenticator.objects.create(user=person, type="totp", data={})
    verbs.take_away(person, by=Actor.person(admin), now=now)


def test_narrowed_to_one_thing_a_search_stays_with_it(cast, client, record):
    client.force_login(cast.ada)
    assert 'name="id" value="7"' in client.get(PAGE, {"what": "tier", "id": "7"}).content.decode()


def test_the_table_has_what_was_written_with_a_change(cast, client):
    data, now = {"what": "tier"}, kit_clock.now()
    record_configuration(Actor.person(cast.ada), "config_changed", data, text="Of May.", now=now)
    client.force_login(cast.ada)
    rows = csv.DictReader(io.StringIO(b"".join(client.get("/configuration.csv").streaming_content).decode()))
    assert next(rows)["text"] == "Of May."


def test_an_entry_whose_sides_are_words_is_shown(cast, client):
    record_configuration(ENGINE, "config_changed", {"what": "tier", "before": "a", "after": "b"}, now=kit_clock.now())
    client.force_login(cast.ada)
    assert client.get("/admin/trail/entry/").status_code == 200
