"""The pages of maintenance, and what every other page says while it is on. All of it without a script."""

import pytest
from django.test import Client

from escalation.engine import climb
from incidents.models import Incident, MaintenanceWindow, Service

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]
NEW = {
    "reason": "New database",
    "begins": "2026-03-02T10:00",
    "ends": "2026-03-02T12:00",
    "zone": "Europe/Berlin",
    "repeats": "",
}


@pytest.fixture
def signed_in(cast):
    def sign_in(name):
        client = Client()
        client.force_login(getattr(cast, name))
        return client

    return sign_in


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


def planned(client, cast, **changes) -> MaintenanceWindow:
    answer = client.post("/maintenance/new/", NEW | {"services": [cast.service.pk]} | changes)
    assert answer.status_code == 302, text_of(answer)
    return MaintenanceWindow.objects.latest("pk")


def test_a_supervisor_plans_a_window_and_everybody_reads_it(cast, clock, signed_in):
    window = planned(signed_in("kim"), cast)
    assert (str(window.at), window.minutes, window.zone) == ("10:00:00", 120, "Europe/Berlin")
    for name in ("kim", "ana", "rita", "otto", "ada"):
        page = text_of(signed_in(name).get("/maintenance/"))
        assert "New database" in page
        assert 'title="2 March 2026, 09:00 UTC – 2 March 2026, 11:00 UTC"' in page
        assert (f"/maintenance/{window.pk}/" in page) == (name in ("kim", "ada"))


def test_it_moves_from_coming_to_on_now_to_past(cast, clock, signed_in):
    client = signed_in("kim")
    planned(client, cast, zone="UTC")
    assert "On now" not in text_of(client.get("/maintenance/"))
    clock.forward(minutes=30)
    assert "On now" in text_of(client.get("/maintenance/"))
    clock.forward(hours=2)
    page = text_of(client.get("/maintenance/"))
    assert "On now" not in page and "Past" in page and "No maintenance is planned" in page


def test_one_that_comes_again_takes_its_day_and_length_from_its_first_time(cast, clock, signed_in):
    client = signed_in("ada")
    window = planned(client, cast, repeats="weekly", weekdays=["4", "0"], last_day="2026-06-01")
    assert (window.weekdays, window.month_day, str(window.last_day)) == ("04", None, "2026-06-01")
    assert "Mon, Fri at 10:00 for 2 h (Europe/Berlin), until 1 Jun 2026" in text_of(client.get("/maintenance/"))
    monthly = planned(client, cast, repeats="monthly", everything="on", services=[])
    assert (monthly.month_day, monthly.everything, monthly.over_at) == (2, True, None)
    bare = planned(client, cast, repeats="weekly")
    assert bare.weekdays == "0"


def test_every_service_of_a_team_is_what_the_team_has_at_that_moment(cast, clock, signed_in):
    kim = signed_in("kim")
    assert "Every service of" not in text_of(kim.get("/maintenance/new/"))  # a team of one service needs no such box
    mine = Service.objects.create(name="Refunds", team=cast.teams["Applications"], policy=cast.policy)
    Service.objects.create(name="Invoices", team=cast.teams["Applications"], archived_at=clock.now())
    theirs = Service.objects.create(name="Doors", team=cast.teams["Facilities"], policy=cast.policy)
    page = text_of(kim.get("/maintenance/new/"))
    assert "Every service of" in page and "One that comes later is not covered." in page and "Facilities" not in page
    window = planned(kim, cast, services=[], teams=[cast.teams["Applications"].pk])
    assert set(window.services.all()) == {cast.service, mine}
    Service.objects.create(name="Later", team=cast.teams["Applications"], policy=cast.policy)
    assert set(window.services.all()) == {cast.service, mine}
    assert "Payments, Refunds" in text_of(signed_in("ana").get("/maintenance/"))
    refused = kim.post("/maintenance/new/", NEW | {"teams": [cast.teams["Facilities"].pk]})
    assert refused.status_code == 422 and MaintenanceWindow.objects.count() == 1
    both = planned(signed_in("ada"), cast, services=[theirs.pk], teams=[cast.teams["Applications"].pk])
    assert {one.name for one in both.services.all()} == {"Payments", "Refunds", "Later", "Doors"}


WRONG = [
    ({"ends": "2026-03-02T10:00"}, "ends", "after it begins"),
    ({"ends": "2026-04-20T10:00"}, "ends", "31 days"),
    ({"begins": "2026-03-01T10:00", "ends": "2026-03-01T12:00"}, "ends", "over already"),
    ({"begins": "tomorrow"}, "begins", "date and a time"),
    ({"begins": "2026-03-02T10:00+02:00"}, "begins", "date and a time"),
    ({"begins": "9999-12-31T23:59"}, "begins", "date and a time"),
    ({"services": []}, "services", "at least one"),
    ({"services": ["99999"]}, "services", "not one of the available choices"),
    ({"zone": "Middle/Earth"}, "zone", "not a time zone"),
    ({"repeats": "weekly", "ends": "2026-03-09T10:00"}, "ends", "never be over"),
    ({"repeats": "weekly", "weekdays": ["7"]}, "weekdays", "not one of the available choices"),
    ({"repeats": "weekly", "last_day": "2026-02-01"}, "last_day", "after its first"),
    ({"reason": ""}, "reason", "required"),
    ({"reason": "\x00"}, "reason", "Null characters"),
]


@pytest.mark.rehearsal("long")
def test_an_error_stands_at_its_field(cast, clock, signed_in):
    kim = signed_in("kim")
    for changes, field, says in WRONG:
        answer = kim.post("/maintenance/new/", NEW | {"services": [cast.service.pk]} | changes)
        assert answer.status_code == 422, changes
        assert says in str(answer.context["form"].errors[field]), changes
        assert not MaintenanceWindow.objects.exists(), changes


def test_a_supervisor_is_offered_the_services_of_their_teams_only(cast, clock, signed_in):
    other = Service.objects.create(name="Mail", team=cast.teams["Service desk"])
    kim = signed_in("kim")
    page = text_of(kim.get("/maintenance/new/"))
    assert "Payments" in page and "Mail" not in page and "Everything" not in page
    refused = kim.post("/maintenance/new/", NEW | {"services": [other.pk]})
    assert refused.status_code == 422
    assert kim.post("/maintenance/new/", NEW | {"everything": "on"}).status_code == 422
    assert not MaintenanceWindow.objects.exists()


@pytest.mark.parametrize(
    ("who", "status"), [("ana", 403), ("sam", 403), ("rita", 403), ("otto", 403), ("kim", 200), ("ada", 200)]
)
def test_who_may_change_end_and_cancel(cast, clock, signed_in, who, status):
    window = planned(signed_in("kim"), cast)
    client = signed_in(who)
    for address in ("", "end/", "cancellation/"):
        assert client.get(f"/maintenance/{window.pk}/{address}").status_code == status
    if status == 403:
        for address in ("", "end/", "cancellation/"):
            assert client.post(f"/maintenance/{window.pk}/{address}", NEW).status_code == 403
        window.refresh_from_db()
        assert (window.version, window.cancelled_at) == (1, None)


def test_agents_and_auditors_plan_nothing_nor_who_supervises_no_service(cast, clock, signed_in):
    planned(signed_in("kim"), cast)
    for who in ("ana", "otto", "rita", "sam"):
        said = text_of(signed_in(who).get("/maintenance/"))
        assert "Plan a window" not in said and "Supervisors plan windows" in said
        assert signed_in(who).get("/maintenance/new/").status_code == 403
        assert signed_in(who).post("/maintenance/new/", NEW).status_code == 403
    assert signed_in("kim").get("/maintenance/999999999999999999999/").status_code == 404


def test_changed_ended_and_cancelled_by_plain_forms(cast, clock, signed_in):
    kim = signed_in("kim")
    window = planned(kim, cast, zone="UTC", begins="2026-03-02T09:00")
    address = f"/maintenance/{window.pk}/"
    page = kim.get(address)
    assert 'value="2026-03-02T09:00"' in text_of(page)
    changed = NEW | {"zone": "UTC", "begins": "2026-03-02T09:00", "services": [cast.service.pk], "seen": "1"}
    assert kim.post(address, changed | {"ends": "2026-03-02T13:00"}).status_code == 302
    stale = kim.post(address, changed)
    assert stale.status_code == 409 and "Somebody has changed this window" in text_of(stale)
    assert kim.post(f"{address}end/", {"seen": "2"}).status_code == 302
    window.refresh_from_db()
    assert (window.minutes, window.ended_at) == (240, clock.now())
    again = kim.post(f"{address}end/", {"seen": "3"})
    assert again.status_code == 409 and "not on now" in text_of(again)
    other = planned(kim, cast)
    assert kim.post(f"/maintenance/{other.pk}/cancellation/", {"seen": "1"}).status_code == 302
    assert "cancelled" in text_of(kim.get("/maintenance/"))


def test_who_has_an_old_form_sees_what_changed_and_decides(cast, clock, signed_in):
    """Ada extends to 16:00; Kim's form still says 14:00, and to press again is no accident."""
    kim, ada = signed_in("kim"), signed_in("ada")
    other = Service.objects.create(name="Ledger", team=cast.teams["Applications"], policy=cast.policy)
    window = planned(kim, cast, zone="UTC", begins="2026-03-02T09:00", ends="2026-03-02T14:00")
    address = f"/maintenance/{window.pk}/"
    old = NEW | {"zone": "UTC", "begins": "2026-03-02T09:00", "ends": "2026-03-02T14:00", "seen": "1"}
    old |= {"services": [cast.service.pk]}
    hers = old | {"ends": "2026-03-02T16:00", "services": [cast.service.pk, other.pk]}
    assert ada.post(address, hers).status_code == 302
    stale = kim.post(address, old)
    page = text_of(stale)
    assert stale.status_code == 409 and "Ada Lund changed it at 09:30." in page
    assert [(one.label, one.now, one.yours) for one in stale.context["differences"]] == [
        ("Services", "Ledger, Payments", "Payments"),
        ("Until", "2 March 2026, 16:00", "2 March 2026, 14:00"),
    ]
    assert "now: 2 March 2026, 16:00 · yours: 2 March 2026, 14:00" in page
    assert "Overwrite with mine" in page and f'href="{address}"' in page and 'name="seen" value="2"' in page
    window.refresh_from_db()
    assert window.minutes == 7 * 60
    assert 'value="2026-03-02T16:00"' in text_of(kim.get(address))
    assert kim.post(address, old | {"seen": "2"}).status_code == 302  # so she wants it
    window.refresh_from_db()
    assert window.minutes == 5 * 60


def test_who_says_what_it_is_already_reads_that(cast, clock, signed_in):
    kim, ada = signed_in("kim"), signed_in("ada")
    window = planned(kim, cast, zone="UTC", begins="2026-03-02T09:00", ends="2026-03-02T14:00")
    same = NEW | {"zone": "UTC", "begins": "2026-03-02T09:00", "ends": "2026-03-02T15:00", "seen": "1"}
    same |= {"services": [cast.service.pk]}
    assert ada.post(f"/maintenance/{window.pk}/", same).status_code == 302
    assert "It is now as your form says." in text_of(kim.post(f"/maintenance/{window.pk}/", same))


def test_who_ends_or_cancels_by_an_old_page_sees_who_changed_it_to_what(cast, clock, signed_in):
    kim, ada = signed_in("kim"), signed_in("ada")
    window = planned(kim, cast, zone="UTC", begins="2026-03-02T09:00", ends="2026-03-02T14:00")
    hers = NEW | {"zone": "UTC", "begins": "2026-03-02T09:00", "ends": "2026-03-02T16:00", "seen": "1"}
    assert ada.post(f"/maintenance/{window.pk}/", hers | {"services": [cast.service.pk]}).status_code == 302
    for what in ("end", "cancellation"):
        stale = kim.post(f"/maintenance/{window.pk}/{what}/", {"seen": "1"})
        page = text_of(stale)
        assert stale.status_code == 409 and "Ada Lund changed it at 09:30." in page
        assert "It is now: Payments, until 16:00." in page and 'name="seen" value="2"' in page


def test_a_first_time_at_an_hour_that_is_skipped_lasts_until_its_end_on_the_wall(cast, clock, signed_in):
    window = planned(signed_in("kim"), cast, begins="2026-03-29T02:30", ends="2026-03-29T05:00")
    assert window.minutes == 120  # from 03:00, when the clocks have moved


# --- other pages ------------------------------------------------------------------------------


@pytest.fixture
def maintenance(cast, clock):
    """Payments are worked on from now, 09:30, until 14:00."""
    window = MaintenanceWindow.schedule(
        by=cast.kim,
        services=[cast.service],
        reason="New database",
        day=clock.now().date(),
        at=clock.now().time(),
        minutes=270,
    )
    climb.drain()
    return window


def test_queue_board_and_incident_say_until_when(cast, clock, signed_in, maintenance, open_incident):
    incident = open_incident()
    badge = 'title="2 March 2026, 14:00:00 UTC">Maintenance until 14:00</span>'
    for name, address in (
        ("ana", "/queue/?scope=all"),
        ("kim", "/board/?scope=all"),
        ("ana", incident.get_absolute_url()),
    ):
        assert badge in text_of(signed_in(name).get(address)), address
    page = text_of(signed_in("ana").get(incident.get_absolute_url()))
    assert "Nothing until" in page and "(maintenance): nobody is called automatically." in page
    assert "at once then" in page
    assert "Maintenance: nobody is called until" in page
    clock.forward(hours=5)
    assert "Maintenance until" not in text_of(signed_in("ana").get(incident.get_absolute_url()))


def test_the_cues_say_that_nothing_happens_before_its_end(cast, clock, signed_in, maintenance, open_incident):
    incident = open_incident()
    incident.escalate(by=cast.ana, reason="expertise", text="Theirs.", to=(0, 1))
    assert "Nothing happens before 14:00 (maintenance)." in text_of(signed_in("mei").get("/"))
    incident.acknowledge(by=cast.mei)
    assert "Nothing happens before 14:00 (maintenance)." in text_of(signed_in("mei").get("/"))


def test_whoever_opens_an_incident_is_told_that_nobody_is_called(cast, clock, signed_in, maintenance):
    ana = signed_in("ana")
    assert "Payments until 14:00" in text_of(ana.get("/incidents/new/"))
    answer = ana.post("/incidents/new/", {"title": "Slow", "service": cast.service.pk}, follow=True)
    assert "Maintenance until 14:00: nobody is called until then." in text_of(answer)


def test_whoever_opens_an_incident_may_have_people_called_anyway(cast, clock, signed_in, maintenance, phones):
    facts = {"title": "Slow", "service": cast.service.pk, "call_anyway": "on"}
    answer = signed_in("ana").post("/incidents/new/", facts, follow=True)
    assert "Calling Ana Ruiz and Jo Okafor" in text_of(answer)
    assert phones.rang == ["ana", "jo"]
    assert "to be called about although in maintenance" in text_of(answer)
    facts["service"] = ""  # in no maintenance, so the box means nothing
    signed_in("ana").post("/incidents/new/", facts)
    assert list(Incident.objects.order_by("pk").values_list("call_anyway", flat=True)) == [True, False]


def test_a_sev1_is_not_silenced_before_its_reporter_was_told(cast, clock, signed_in, maintenance, phones):
    ana = signed_in("ana")
    facts = {"title": "Nobody can pay", "service": cast.service.pk, "people_affected": "5000"}
    first = ana.post("/incidents/new/", facts)
    assert first.status_code == 422
    assert "This is SEV1, and its service is in maintenance until 14:00." in text_of(first)
    assert not Incident.objects.exists()
    assert 'name="told"' in text_of(first)
    assert ana.post("/incidents/new/", facts | {"told": "1"}).status_code == 302
    assert ana.post("/incidents/new/", facts | {"call_anyway": "on"}).status_code == 302
    assert phones.rang == ["ana", "jo"]


def test_one_that_becomes_sev1_in_a_window_says_that_nobody_is_called(
    cast, clock, signed_in, maintenance, open_incident
):
    incident = open_incident()
    ana = signed_in("ana")
    answer = ana.post(f"{incident.get_absolute_url()}severity/", {"severity": "1", "text": "All of it"}, follow=True)
    assert "Severity is SEV1. Maintenance until 14:00: nobody is called until then." in text_of(answer)


def test_without_maintenance_the_form_does_not_speak_of_it(cast, clock, signed_in):
    assert "Call anyway" not in text_of(signed_in("ana").get("/incidents/new/"))
