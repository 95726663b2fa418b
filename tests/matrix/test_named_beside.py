"""What a request names beside its address: others' things in forms and filters, many at once, fields nobody offers.

What somebody may not see is to them as if it were not: the same answer as for a number that there never was, and
nothing changes.
"""

from difflib import unified_diff
from urllib.parse import urlencode

import pytest

from incidents.models import Incident

from .asking import plain, undone
from .scene import WORD
from .sight import marks_in

pytestmark = [pytest.mark.rehearsal("roles"), pytest.mark.sqlite_enough]

HIDDEN = "srx"  # from Ann: South's, what is restricted, and what there never was
LISTS = {
    "/queue/?scope=all&": ("q", "service", "team", "holder", "person", "tier", "status", "role"),
    "/board/?scope=all&": ("q", "service", "team", "holder", "by"),
    "/wall/?": ("team",),
    "/attempts/?": ("q", "service"),
    "/go/?": ("q",),
    "/measures/?": ("service", "team", "by"),
    "/measures/incidents/?": ("service", "team", "person"),
    "/measures/incidents.csv?": ("service", "team", "person"),
    "/measures/people.csv?": ("service", "team", "person"),
    "/process/?": ("team",),
    "/readiness/?": ("team",),
    "/oncall/?": ("team",),
    "/reviews/?": ("team", "state"),
    "/problems/?": ("team",),
    "/training/?": ("team", "person"),
    "/api/v1/incidents?scope=all&": ("q", "service", "team", "holder"),
    "/api/v1/attempts?": ("q", "service"),
    "/api/v1/oncall?": ("team",),
    "/api/v1/people?": ("q", "team"),
    "/api/v1/runbooks?": ("q",),
}


def values(table, name: str) -> list[object]:
    scene = table.scene
    return {
        "q": [WORD, "symptom", f"INC-{table.number('s')}", f"INC-{table.number('r')}"],
        "service": [one.pk for one in scene.services.values()],
        "team": [one.pk for one in scene.teams.values()],
        "tier": [one.pk for one in scene.tiers.values()],
        "holder": [scene.people.bea.pk, scene.people.pat.pk],
        "person": [scene.people.bea.pk, scene.people.pat.pk],
        "by": ["service", "person", "team"],
        "status": ["acknowledged", "resolved"],
        "state": ["draft", "shared"],
        "role": ["lead"],
    }[name]


def test_no_filter_and_no_search_finds_what_is_not_for_whoever_asks(table):
    """Each value of each by one of the two teams, in turn."""
    asked = [
        begins + urlencode({name: value})
        for begins, names in LISTS.items()
        for name in names
        for value in values(table, name)
    ]
    for n, path in enumerate(asked):
        table.get(("ann", "sue")[n % 2], path)


def test_a_search_finds_what_is_theirs(table):
    """Else the test above could find nothing at all."""
    for path in (f"/queue/?scope=all&q={WORD}", f"/attempts/?q={WORD}", f"/api/v1/incidents?scope=all&q={WORD}"):
        assert marks_in(table.get("ann", path).text) >= {"zqnorth"}
        assert marks_in(table.get("sue", path).text) >= {"zqsouth"}
        assert marks_in(table.get("ivy", path).text) == {"zqshut"}
        assert marks_in(table.get("otto", path).text) >= {"zqnorth", "zqsouth", "zqshut", "zqhush"}


def told_alike(table, role: str, ask) -> None:
    """``ask(slot)``: what is hidden is answered like what is not there, and neither changes anything."""
    answers = {slot: ask(slot) for slot in HIDDEN}
    for slot, answer in answers.items():
        assert not answer.changed, (slot, answer.status)
    assert len({answer.status for answer in answers.values()}) == 1
    first, *others = [plain(answer.text) for answer in answers.values()]
    for other in others:
        assert list(unified_diff(first.splitlines(), other.splitlines(), lineterm="", n=0)) == []


def test_another_incident_is_named_and_is_not_theirs(table):
    mine, web = table.number("n"), f"/incidents/{table.number('n')}"
    api, problem = f"/api/v1/incidents/{mine}", table.key("problem", "n")
    why = {"text": "The same"}
    for ask in (
        lambda slot: table.post("ann", f"{web}/merging/", {"to": table.number(slot), **why}),
        lambda slot: table.post("ann", f"{web}/merging/", {"ref": f"INC-{table.number(slot)}", **why}),
        lambda slot: table.post("ann", f"{web}/links/", {"to": table.number(slot), "kind": "related"}),
        lambda slot: table.post("ann", f"{web}/links/{table.number(slot)}/removal/"),
        lambda slot: table.post("ann", f"/problems/{problem}/incidents/", {"incident": f"INC-{table.number(slot)}"}),
        lambda slot: table.post("ann", f"/problems/{problem}/incidents/{table.number(slot)}/"),
        lambda slot: table.post(
            "ann", "/board/moves/", {"incident": table.number(slot), "by": "status", "to": "resolved"}
        ),
        lambda slot: table.get("ann", f"/board/moves/?incident={table.number(slot)}&by=status"),
        lambda slot: table.post("ann", f"{api}/merging", {"number": table.number(slot), **why}),
        lambda slot: table.post("ann", f"{api}/links", {"number": table.number(slot), "kind": "related"}),
        lambda slot: table.post("ann", f"{api}/links/{table.number(slot)}", method="DELETE"),
        lambda slot: table.post("ann", f"/api/v1/problems/{problem}/incidents/{table.number(slot)}", method="PUT"),
        lambda slot: table.post("ann", "/api/v1/incidents", {"title": "After it", "previous": table.number(slot)}),
        lambda slot: table.post("ann", "/api/v1/reviews", {"number": table.number(slot, "done")}),
    ):
        told_alike(table, "ann", ask)


def test_what_belongs_to_another_incident_is_not_reached_by_ones_own(table):
    """A file, a step or an action by its own number, under an address that one may see."""
    mine, scene = f"/incidents/{table.number('n')}", table.scene
    for slot in "sr":
        file = scene.incidents["taken"][slot].files.get().pk
        assert table.get("ann", f"{mine}/files/{file}/").status == 404
        assert table.post("ann", f"{mine}/files/{file}/removal/", {"text": "Away"}).status in (404, 409)
    for path in (
        f"{mine}/steps/{table.key('step', 's')}/success/",
        f"/oncall/{table.key('schedule', 'n')}/overrides/{table.key('override', 's')}/cancellation/",
        f"/oncall/{table.key('schedule', 'n')}/swaps/{table.key('swap', 's')}/refusal/",
        f"/drills/{table.key('drill', 'n')}/runs/{table.key('run', 's')}/end/",
        f"/reviews/{table.number('n', 'reviewed')}/actions/2/completion/",
    ):
        answer = table.post("nora", path)
        assert answer.status in (404, 409) and not answer.changed, (path, answer.status)


def test_what_another_team_owns_cannot_be_chosen(table):
    """By whoever leads North: South's service, team and schedule."""
    scene = table.scene
    south, team = scene.services["s"].pk, scene.teams["South"].pk
    day = {"day": "2026-03-09", "at": "10:30", "zone": "UTC", "weeks": "4", "limit": "60", "severity": "3"}
    window = {"services": south, "reason": "Disks", "day": "2026-03-09", "at": "10:30", "minutes": "30", "zone": "UTC"}
    for path, body in (
        ("/drills/new/", {"title": "A drill", "service": south, "text": "Told", **day}),
        ("/maintenance/new/", {**window, "repeats": ""}),
        ("/queue/views/new/", {"name": "Ours", "team": team}),
        ("/calendars/", {"what": f"schedule-{table.key('schedule', 's')}"}),
        ("/calendars/", {"what": f"team-{team}"}),
        ("/absences/", {"what": f"schedule-{table.key('schedule', 's')}", "address": "https://a.example.com/a.ics"}),
        ("/api/v1/maintenance", {"services": [south], "reason": "Disks", "at": "2026-03-09T10:30", "minutes": 30}),
        ("/api/v1/views", {"name": "Ours", "asked": "", "team": team}),
    ):
        answer = table.post("nora", path, body)
        assert answer.status in (403, 404, 409, 422) and not answer.changed, (path, answer.status)


def test_of_many_at_once_only_what_is_theirs_is_done_and_of_the_others_nothing_is_said(table):
    numbers = {slot: table.number(slot) for slot in "nsrx"}
    body = {"verb": "notes", "pick": [f"{number}:0.0" for number in numbers.values()], "text": "To all"}
    with undone():
        table.asking.clients["ann"].post("/queue/bulk/", body)
        noted = {slot for slot, one in table.scene.incidents["taken"].items() if _noted(one)}
        assert noted == {"n"}
    for only in "srx":
        answer = table.post("ann", "/queue/bulk/", {**body, "pick": [f"{numbers[only]}:0.0"]})
        assert not answer.changed and "no longer there" not in answer.location
    picks = ",".join(f"{numbers[slot]}:3" for slot in "srx")
    assert not table.post("ann", f"/queue/undo/?picks={picks}").changed


def _noted(incident: Incident) -> bool:
    return incident.trail.entries.filter(kind="note").count() == 2  # the scene's, and the one that was sent


EXTRA = {  # what no form offers
    "is_staff": "on",
    "is_auditor": "on",
    "is_superuser": "on",
    "is_active": "",
    "email": "new@example.com",
    "name": "Another",
    "password": "x",
    "person": "1",
    "author": "1",
    "owner": "1",
    "opened_by": "1",
    "number": "7",
    "resolved_at": "2026-03-02",
    "drill": "on",
    "severity": "1",
    "scopes": ["work", "plan"],
}


def test_what_a_form_does_not_offer_is_not_written(table):
    """Somebody makes themselves an admin, or another the author."""
    people, before = table.scene.people, _standing(table)
    client = table.asking.clients["ann"]
    with undone():
        said = client.post("/preferences/", {**EXTRA, "time_zone": "Europe/Berlin", "theme": "dark", "keys_on": "on"})
        assert said.status_code == 302
        people.ann.refresh_from_db()
        assert people.ann.time_zone == "Europe/Berlin"
        assert _standing(table) == before
    with undone():
        client.post(f"/incidents/{table.number('n')}/notes/", {**EXTRA, "kind": "note", "text": "To all"})
        assert _noted(table.scene.incidents["taken"]["n"])
        assert _standing(table) == before
    with undone():
        client.post("/incidents/new/", {**EXTRA, "title": "New", "service": "", "impact": "2", "urgency": "2"})
        one = Incident.objects.latest("pk")
        assert (one.title, one.opened_by, one.drill, one.resolved_at) == ("New", people.ann, False, None)
        assert one.number != 7 and one.owner == table.scene.teams["North"]


def _standing(table) -> list[tuple]:
    """Who everybody is and may be, and how each incident stands."""
    people = type(table.scene.people.ann).objects.order_by("pk")
    incidents = Incident.objects.order_by("pk").values_list("pk", "number", "owner", "severity", "resolved_at", "drill")
    mine = ("pk", "email", "name", "is_staff", "is_auditor", "is_superuser", "is_active", "password")
    return [*people.values_list(*mine), *incidents]


def test_programs_are_told_of_a_field_that_nobody_knows(table):
    at = f"/api/v1/incidents/{table.number('n')}"
    for method, path, body in (
        ("POST", f"{at}/notes", {"text": "Words", "by": 1}),
        ("POST", "/api/v1/incidents", {"title": "New", "owner": 1}),
        ("PATCH", "/api/v1/preferences", {"is_staff": True}),
        ("POST", "/api/v1/views", {"name": "Ours", "author": 1}),
    ):
        answer = table.post("ann", path, body, method)
        assert answer.status == 422 and not answer.changed, (path, answer.status)


def test_how_others_sign_in_is_neither_seen_nor_ended(table):
    """Their browsers and second steps, by whoever is signed in."""
    for slot, changes in (("n", True), ("s", False), ("r", False)):
        for path in (f"sessions/{table.key('handle', slot)}/end", f"{table.key('factor', slot)}/removal"):
            assert table.post("ann", f"/signing-in/{path}/").changed is changes, path
