"""Ada writes runbooks: on record with before and after, with a preview, never deleted."""

import json
import re

import pytest
from django.urls import reverse

from escalation.trail.models import Entry, Trail
from incidents.models import Runbook, Tick
from tests.runbook_kit import RESTART, step, write
from tests.stories.test_admin import errors_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]


@pytest.fixture
def ada(cast, clock, client):
    client.force_login(cast.ada)
    return client


def form(cast, **fields) -> dict:
    team, service = cast.teams["Applications"], cast.service
    given = {
        "title": "Restart the queue",
        "body": RESTART,
        "team": team.pk,
        "services": [service.pk],
        "review_days": 90,
    }
    return given | fields


def change(runbook) -> str:
    return reverse("admin:incidents_runbook_change", args=[runbook.pk])


def on_record() -> list[tuple[str, dict]]:
    entries = Entry.objects.filter(trail__kind=Trail.Kind.INSTALLATION).order_by("seq")
    return [(entry.kind, json.loads(entry.data)) for entry in entries]


def test_a_runbook_is_written_with_its_steps_and_is_on_record(ada, cast, clock):
    body = RESTART.replace("\n", "\r\n")
    answer = ada.post(reverse("admin:incidents_runbook_add"), form(cast, body=body, owner=cast.kim.pk))
    assert errors_of(answer) == {} and answer.status_code == 302
    one = Runbook.objects.get()
    assert (one.body, one.owner, (one.review_at - clock.now()).days) == (RESTART, cast.kim, 90)
    assert [row.words for row in one.steps.all()] == ["Look at the queue", "Restart the worker", "Call the bank"]
    kind, data = on_record()[-1]
    size = f"{len(RESTART)} characters"
    assert (kind, data["what"], data["after"]["body"]) == ("config_added", "runbook", size)
    entry = Entry.objects.filter(trail__kind=Trail.Kind.INSTALLATION).latest("seq")
    assert entry.said.text == RESTART
    assert "- [ ] Restart the worker" in ada.get(f"/admin/trail/entry/{entry.pk}/change/").content.decode()
    assert data["after"]["services"] == [{"id": cast.service.pk, "name": "Payments"}]


def test_a_change_says_what_it_was_and_settles_what_it_changes(ada, cast, clock, open_incident):
    one = write(cast, services=[cast.service])
    open_incident().tick(by=cast.ana, step=step(one, 2), worked=False, text="No")
    open_incident().tick(by=cast.ana, step=step(one, 3), worked=False, text="No")
    new = RESTART.replace("Restart the worker", "Restart both")
    answer = ada.post(change(one), form(cast, body=new, review_days="", tiers=[cast.tiers["l1"].pk], services=[]))
    assert errors_of(answer) == {} and answer.status_code == 302
    assert [tick.step.words for tick in Tick.objects.tasks()] == ["Call the bank"]
    settled = Tick.objects.exclude(settled_at=None).get()
    assert (settled.settled_by, settled.settled_as) == (cast.ada, "changed")
    kind, data = on_record()[-1]
    assert kind == "config_changed"
    assert [data[side]["body"] for side in ("before", "after")] == [
        f"{len(text)} characters" for text in (RESTART, new)
    ]
    assert data["after"]["tiers"] == [{"id": cast.tiers["l1"].pk, "name": "L1 Service desk"}]
    one.refresh_from_db()
    assert one.review_at is None


def test_a_form_that_somebody_of_the_team_has_overtaken_is_refused_once(ada, cast, clock):
    one = write(cast)

    def as_of(page) -> str:
        return re.search('name="as_of" value="([0-9]+)"', page.content.decode()).group(1)

    seen = as_of(ada.get(change(one)))
    one.rewrite(by=cast.mei, body=RESTART + "\n- [ ] Wait\n")
    mine = form(cast, body="- [ ] Mine", title="Mine")
    late = ada.post(change(one), {**mine, "as_of": seen})
    said = late.content.decode()
    assert late.status_code == 200 and "Mei Tanaka has changed this since you opened it" in said
    assert "- [ ] Mine" in said and Runbook.objects.get().steps.count() == 4
    assert ada.post(change(one), {**mine, "as_of": as_of(late)}).status_code == 302
    assert Runbook.objects.get().title == "Mine"


def test_lines_are_counted_as_they_are_kept(ada, cast):
    body = "a\n" * 10_000
    assert (
        ada.post(reverse("admin:incidents_runbook_add"), form(cast, body=body.replace("\n", "\r\n"))).status_code == 302
    )
    assert len(Runbook.objects.get().body) <= 20_000


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"body": "- [ ] a\n" * 101}, "body"),
        ({"body": "a" * 20_001}, "body"),
        ({"body": ""}, "body"),
        ({"title": ""}, "title"),
        ({"review_days": 0}, "review_days"),
    ],
)
def test_an_error_stands_at_its_field(ada, cast, fields, field):
    answer = ada.post(reverse("admin:incidents_runbook_add"), form(cast, **fields))
    assert field in errors_of(answer) and not Runbook.objects.exists()


def test_the_preview_shows_what_is_safe_and_saves_nothing(ada, cast, clock, client):
    hostile = {"body": "- [ ] Restart <script>alert(1)</script>\n\n[x](javascript:alert(1))"}
    one = write(cast)
    for name, args in (("preview_new", []), ("preview", [one.pk])):
        address = reverse(f"admin:incidents_runbook_{name}", args=args)
        for headers in ({}, {"HX-Request": "true"}):
            page = ada.post(address, hostile, headers=headers).content.decode()
            assert "☐ Restart &lt;script&gt;" in page and "1 step that can be ticked" in page
            assert "<script>alert" not in page and 'href="javascript' not in page
        assert ada.get(address).status_code == 403
    assert Runbook.objects.get().body == RESTART
    client.force_login(cast.mei)
    assert client.post(reverse("admin:incidents_runbook_preview_new"), hostile).status_code == 302  # to the door


def test_an_archived_one_is_read_but_neither_found_nor_changed(ada, cast, clock, open_incident):
    one, incident = write(cast, services=[cast.service], review_days=1), open_incident()
    body = {"action": "archive", "_selected_action": [one.pk]}
    ada.post(reverse("admin:incidents_runbook_changelist"), body)
    clock.forward(days=2)
    page = ada.get(one.get_absolute_url()).content.decode()
    assert "archived" in page and "review due" not in page and "Reviewed, still right" not in page
    assert "Restart the queue" not in ada.get("/runbooks/").content.decode()
    assert "Restart the queue" not in ada.get(incident.get_absolute_url()).content.decode()
    assert ada.post(f"/runbooks/{one.pk}/change/", {"body": "x", "seen": one.version}).status_code == 409
