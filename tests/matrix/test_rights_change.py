"""Rights that change count from the next request on, at every kind of door.

Nora is who loses them: she leads North, was called to none of its incidents and takes part in none by name.
"""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from escalation.kit import clock
from escalation.oncall.calendars.feeds import Feed
from escalation.people.models import ApiToken, Membership
from incidents.desk.hints import AGAIN, Look
from incidents.models import Access, Incident

from .asking import undone
from .scene import WORD
from .sight import marks_in

pytestmark = [pytest.mark.rehearsal("roles"), pytest.mark.sqlite_enough]


class Doors:
    """Nora at all of them: what each shows of North's, and what it lets her do."""

    def __init__(self, table):
        self.people, self.incident = table.scene.people, table.scene.incidents["taken"]["n"]
        Access.objects.filter(person=self.people.nora).delete()  # of those that were handed to her
        self.client, self.number = table.asking.clients["nora"], self.incident.number
        self.feed = Feed.make(by=self.people.nora, team=table.scene.teams["North"])[1]
        made = {"name": "Hers", "scopes": ["work", "plan"], "now": clock.now()}
        self.token, self.key = ApiToken.make(self.people.nora, **made)

    def api(self, path: str, method: str = "get", **data):
        send = getattr(Client(raise_request_exception=False), method)
        headers = {"Authorization": f"Bearer {self.key}"}
        return send(f"/api/v1{path}", **data, headers=headers)

    def statuses(self) -> dict[str, int]:
        here = f"/incidents/{self.number}/"
        return {
            "page": self.client.get(here).status_code,
            "record": self.client.get(f"{here}record/", headers={"HX-Request": "true"}).status_code,
            "fragment": self.client.get(here, headers={"HX-Request": "true"}).status_code,
            "file": self.client.get(f"{here}files/{self.incident.files.get().pk}/").status_code,
            "dialog": self.client.get(f"{here}hold/").status_code,
            "verb": self.client.get(f"{here}reassignment/").status_code,
            "api": self.api(f"/incidents/{self.number}").status_code,
            "api record": self.api(f"/incidents/{self.number}/record").status_code,
        }

    def lists(self) -> dict[str, set[str]]:
        paths = (f"/queue/?scope=all&q={WORD}", "/queue/?scope=all", "/board/?scope=all", f"/go/?q={WORD}")
        paths = (*paths, f"/attempts/?q={WORD}", "/measures/incidents.csv", "/reviews/", "/problems/")
        found = {path: marks_in(self.client.get(path).getvalue().decode()) for path in paths}
        return found | {"api": marks_in(self.api(f"/incidents?scope=all&q={WORD}").content.decode())}


@pytest.fixture
def doors(table):
    found = Doors(table)
    assert set(found.statuses().values()) == {200}
    assert "zqnorth" in set().union(*found.lists().values())
    assert Client().get(f"/ical/{found.feed}/team.ics").status_code == 200
    return found


def test_who_leaves_a_team_sees_nothing_of_it_any_more(table, doors):
    Membership.objects.get(user=doors.people.nora).delete()
    assert set(doors.statuses().values()) == {404}
    assert {path: marks for path, marks in doors.lists().items() if marks} == {}
    feed = Client().get(f"/ical/{doors.feed}/team.ics")
    assert feed.status_code == 404 and not marks_in(feed.content.decode())


def test_who_leads_no_more_does_what_agents_do(doors):
    assert doors.client.get("/drills/").status_code == doors.client.get("/readiness/").status_code == 200
    Membership.objects.filter(user=doors.people.nora).update(role="agent")
    said = doors.statuses()
    assert said.pop("verb") == 403
    assert set(said.values()) == {200}
    body = {"data": '{"to": "ann@example.com"}', "content_type": "application/json"}
    assert doors.api(f"/incidents/{doors.number}/reassignment", "post", **body).status_code == 403
    assert doors.client.post(f"/incidents/{doors.number}/reassignment/", {"to": "person:1"}).status_code == 403
    assert doors.client.get("/readiness/").status_code == 404
    assert "zqplan" not in doors.client.get("/drills/").content.decode()


def test_what_is_restricted_is_gone_at_once_for_who_takes_no_part(doors):
    Incident.objects.get(number=doors.number).restrict(by=doors.people.ada, text="Names of customers.")
    assert set(doors.statuses().values()) == {404}
    assert f"INC-{doors.number}" not in doors.client.get("/queue/?scope=all").content.decode()
    assert f'"number":{doors.number},' not in doors.api("/incidents?scope=all").content.decode().replace(" ", "")


def test_whose_account_ends_is_out_at_every_door(doors):
    doors.people.nora.is_active = False
    doors.people.nora.save()
    said = doors.statuses()
    assert {said.pop("api"), said.pop("api record")} == {401}
    assert set(said.values()) == {302}
    assert set().union(*doors.lists().values()) == set()
    assert Client().get(f"/ical/{doors.feed}/team.ics").status_code == 404


def test_a_token_and_a_feed_that_are_revoked_open_nothing(doors):
    doors.client.post(f"/tokens/{doors.token.pk}/revocation/")
    assert doors.api("/me").status_code == 401
    Feed.objects.latest("pk").revoke(by=doors.people.nora)
    assert Client().get(f"/ical/{doors.feed}/team.ics").status_code == 404
    assert doors.client.get("/queue/").status_code == 200


def test_who_is_no_admin_or_auditor_any_more_sees_what_their_teams_see(table):
    for role, field in (("ada", "is_staff"), ("otto", "is_auditor")):
        client, one = table.asking.clients[role], getattr(table.scene.people, role)
        shut, told = f"/incidents/{table.number('r')}/", f"/api/v1/incidents/{table.number('s')}"
        program, shows = table.asking.programs[role], {"Authorization": f"Bearer {table.asking.keys[role]}"}
        assert client.get(shut).status_code == program.get(told, headers=shows).status_code == 200
        with undone():
            type(one).objects.filter(pk=one.pk).update(**{field: False, "is_superuser": False})
            assert client.get(shut).status_code == (200 if role == "ada" and _takes_part(one, shut) else 404)
            assert client.get("/admin/").status_code == 302
            assert program.get(told, headers=shows).status_code == 404


def _takes_part(one, path: str) -> bool:
    return Incident.objects.get(number=int(path.split("/")[2])).access.filter(person=one).exists()


def test_an_open_page_hears_within_seconds_that_its_reader_may_no_more(table, doors):
    """What one look of the live stream tells each listener; the next is due long before five seconds are over."""
    assert AGAIN < 5
    nora, day = doors.people.nora, timezone.now() + timedelta(days=1)
    Session.objects.create(session_key="hers", session_data="", expire_date=day)
    look, me = Look(), {(nora.pk, "hers")}
    look(me, 0.0)
    doors.incident.note(by=doors.people.ann, text="Seen")
    assert doors.number in look(me, 0.5).changes[nora.pk]
    Membership.objects.filter(user=nora).delete()
    look(me, 0.5 + AGAIN)
    doors.incident.note(by=doors.people.ann, text="Not seen")
    assert doors.number not in look(me, 1 + AGAIN).changes.get(nora.pk, set())
    type(nora).objects.filter(pk=nora.pk).update(is_active=False)
    assert look(me, 2 + 2 * AGAIN).gone == me
