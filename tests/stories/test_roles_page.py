"""Roles on the incident's page, in dialogs without script, in the palette, on the wall, in the queue and in Admin."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from incidents.models import Incident, RolePlan, RoleSource, Target
from tests.roles_kit import again, asked, last, who

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]


def url(noun: str, incident: Incident, role: str | None = None) -> str:
    return reverse(noun, args=[incident.number, *([role] if role else [])])


def test_the_page_says_who_has_which_role_and_what_each_asks(role_plan, severe, cast, client):
    incident = severe()
    client.force_login(cast.ana)
    page = client.get(incident.get_absolute_url()).content.decode()
    assert "whoever takes the baton" in page and "Ines Moreau" in page
    assert 'id="role-leave-scribe"' in page and 'id="role-pass-scribe"' in page  # her own
    assert 'id="role-pass-communicator"' not in page  # Ines's
    assert "is the communicator" in page and "on call on Comms" in page  # on the record
    listed = client.get(url("roles", incident)).content.decode()
    assert "Tells those outside how it stands, by the promised times." in listed
    assert "Take over" in listed
    client.force_login(cast.otto)
    looked = client.get(incident.get_absolute_url()).content.decode()
    assert "Ines Moreau" in looked and "role-leave" not in looked
    assert client.get(url("roles", incident)).status_code == 403
    client.force_login(cast.rita)
    assert client.get(url("roles", incident)).status_code == 404


def test_everything_works_without_script(role_plan, severe, cast, client):
    incident = severe()
    client.force_login(cast.mei)
    form = client.get(url("role", incident, "communicator"))
    assert "Ines Moreau has it now, and is told." in form.content.decode()
    assert client.post(form.context["action"]).status_code == 302
    assert who(incident)["communicator"] == "Mei"
    form = client.get(url("role-pass", incident, "communicator"))
    wrong = client.post(form.context["action"], {"to": "person:x"})
    assert wrong.status_code == 422 and asked(incident) is None
    assert client.post(form.context["action"], {"to": f"person:{cast.kim.pk}"}).status_code == 302
    assert asked(incident) == "Kim"
    client.force_login(cast.kim)
    assert f"Mei Tanaka asks you: “{incident.title}”." in client.get("/").content.decode()
    assert client.post(url("role-refusal", incident, "communicator"), {"text": "At lunch"}).status_code == 302
    client.force_login(cast.mei)
    assert client.post(url("role-leave", incident, "communicator")).status_code == 302
    assert who(incident)["communicator"] == "-"
    assert client.get(url("role", incident, "cook")).status_code == 404


def test_who_presses_too_late_reads_who_was_faster_and_decides_again(role_plan, severe, cast, client):
    incident = severe()
    client.force_login(cast.ana)
    action = client.get(url("role", incident, "communicator")).context["action"]
    again(incident).take_role("communicator", by=cast.mei)
    late = client.post(action)
    assert late.status_code == 409 and "the communicator is Mei Tanaka" in late.content.decode()
    assert client.post(str(late.context["action"])).status_code == 302  # as of what she has read by now
    assert who(incident)["communicator"] == "Ana"


def test_a_press_on_the_page_can_be_taken_back(role_plan, severe, cast, client):
    incident = severe()
    client.force_login(cast.mei)
    done = client.post(url("role", incident, "lead"), headers={"HX-Request": "true"})
    assert done.status_code == 204 and reverse("undo", args=[incident.number, last(incident)]) in done["HX-Trigger"]
    assert client.post(reverse("undo", args=[incident.number, last(incident)])).status_code == 302
    assert who(incident)["lead"] == "baton"
    assert "took that back after" in client.get(incident.get_absolute_url()).content.decode()


def test_cues_the_palette_the_queue_and_the_wall(role_plan, severe, open_incident, cast, comms, client):
    Target.objects.create(kind="update", minutes=60, counts="published")
    incident, other = severe(), open_incident("Mail is slow")
    client.force_login(cast.ines)
    page = client.get("/")
    assert f"You are the communicator of {incident.ref}: next update by 10:30" in page.content.decode()
    assert page.context["total"] == 1
    assert 'data-cues="1"' in page.content.decode() or page.context["nav"].cues == 1
    palette = client.get("/go/", {"incident": incident.number, "q": "communicator"}).content.decode()
    assert "Pass on: communicator" in palette and "Leave: communicator" in palette
    found = client.get("/queue/", {"scope": "all", "role": "mine"}).content.decode()
    assert incident.ref in found and other.ref not in found
    assert incident.ref not in client.get("/queue/", {"scope": "all", "role": "scribe"}).content.decode()
    client.force_login(cast.ana)
    again(incident).acknowledge(by=cast.ana)
    assert incident.ref in client.get("/queue/", {"scope": "all", "role": "lead"}).content.decode()  # with the baton
    assert incident.ref not in client.get("/queue/", {"scope": "all", "role": "open"}).content.decode()
    again(incident).leave_role("communicator", by=cast.ines)
    assert incident.ref in client.get("/queue/", {"scope": "all", "role": "open"}).content.decode()
    wall = client.get("/wall/").content.decode()
    assert "no communicator" in wall and "scribe Ana Ruiz" in wall


def test_what_is_over_says_who_had_which_role(role_plan, severe, cast, client):
    incident = severe()
    again(incident).resolve(by=cast.ana, cause="software", text="Restarted")
    client.force_login(cast.ines)
    page = client.get(incident.get_absolute_url()).content.decode()
    assert "Ines Moreau" in page and "role-leave" not in page
    assert client.get("/").context["total"] == 0


def test_ada_settles_it_in_admin(cast, comms, client):
    client.force_login(cast.ada)
    body = {"service": "", "team": cast.teams["Applications"].pk, "from_severity": 3}
    rows = [{"role": "lead"}, {"role": "communicator", "schedule": comms.pk}]
    body |= {"sources-TOTAL_FORMS": len(rows), "sources-INITIAL_FORMS": 0}
    for n, row in enumerate(rows):
        body |= {f"sources-{n}-{name}": value for name, value in row.items()}
    both = body | {"sources-1-tier": cast.tiers["l1"].pk}
    add = reverse("admin:incidents_roleplan_add")
    assert "Choose a schedule or a tier, not both." in client.post(add, both).content.decode()
    assert (
        "Choose a service or a team, not both."
        in client.post(add, body | {"service": cast.service.pk}).content.decode()
    )
    assert client.post(add, body).status_code == 302
    assert RolePlan.objects.get().sources.count() == RoleSource.objects.count() == 2
    listed = client.get(reverse("admin:incidents_roleplan_changelist")).content.decode()
    assert "lead: whoever has the baton; communicator: on call on Comms" in listed


def test_a_page_without_roles_asks_nothing_of_them_and_one_with_asks_once(
    role_plan, severe, open_incident, cast, client
):
    plain, full = open_incident(), severe()
    client.force_login(cast.ana)

    def asks(incident: Incident) -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(incident.get_absolute_url())
        return len([one for one in queries if one["sql"].startswith('SELECT "incidents_incidentrole"')])

    assert (asks(plain), asks(full)) == (0, 1)


def test_whom_nobody_hears_from_becomes_a_cue_of_those_who_can_ask_another(role_plan, severe, cast, clock, client):
    incident = severe()
    again(incident).pass_role("scribe", by=cast.ana, to=cast.mei)

    def cues(person) -> str:
        client.force_login(person)
        return client.get("/").content.decode()

    clock.forward(minutes=14)
    unanswered = f"Nobody has answered on {incident.ref}: scribe"
    assert unanswered not in cues(cast.kim)
    assert "Mei Tanaka is asked to take it." in cues(cast.ana)
    clock.jump(minutes=1)
    page = cues(cast.kim)  # supervises the team that owns it
    assert unanswered in page and "Mei Tanaka was asked at 09:30 and has not answered." in page
    assert "Ask somebody else" in page and 'class="n">1<' in page
    assert "has not answered" in cues(cast.ana)  # who has it and asked has one cue of it
    assert unanswered not in cues(cast.ana)
    assert unanswered not in cues(cast.sam)  # another team's
    assert f"Be the scribe of {incident.ref}" in cues(cast.mei)
    again(incident).pass_role("scribe", by=cast.kim, to=cast.tom)
    assert unanswered not in cues(cast.kim)  # it begins anew
    again(incident).refuse_role("scribe", by=cast.tom)
    clock.jump(minutes=16)
    assert unanswered not in cues(cast.kim)
