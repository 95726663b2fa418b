"""Saved views and columns: a name for an address, one's own or a team's."""

import re

import pytest
from django.test import Client

from escalation.people.models import Membership
from incidents.models import FirstView, SavedView

pytestmark = pytest.mark.django_db


@pytest.fixture
def at_desk():
    def login(user) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return login


def save(client, asked, **data):
    return client.post(f"/queue/views/new/?{asked}", {"name": "Night", "team": "", **data})


def read(client, path) -> str:
    response = client.get(path)
    assert response.status_code == 200, response
    return response.content.decode()


def test_a_name_for_an_address(cast, open_incident, at_desk):
    open_incident("Card payments fail", people_affected=400)
    open_incident("Export is empty")
    ana = at_desk(cast.ana)
    page = read(ana, "/queue/?scope=all&people=100&sort=oldest&nonsense=1")
    (link,) = re.findall(r'href="(/queue/views/new/[^"]*)"', page)
    answer = ana.post(link.replace("&amp;", "&"), {"name": "Many people", "team": ""})
    view = SavedView.objects.get()
    assert (view.asked, view.author, view.team) == ("scope=all&people=100&sort=oldest", cast.ana, None)
    page = read(ana, answer["Location"])
    assert "<summary>Many people</summary>" in page
    assert "Card payments fail" in page
    assert "Export is empty" not in page
    assert "Many people" not in read(at_desk(cast.jo), "/queue/?scope=all")


@pytest.mark.rehearsal("long")
def test_a_shared_view_shows_each_what_they_may_see_and_its_supervisor_keeps_it(cast, open_incident, at_desk):
    open_incident("Payroll", restricted=True)
    desk = cast.teams["Service desk"]
    save(at_desk(cast.ana), "scope=all", team=desk.pk)
    view = SavedView.objects.get()
    address = f"/queue/?scope=all&view={view.pk}"
    assert "<summary>Night</summary>" in read(at_desk(cast.sam), address)
    assert "Payroll" not in read(at_desk(cast.kim), "/queue/?scope=all")
    for name, status in {"ana": 200, "sam": 200, "jo": 404, "kim": 404, "rita": 404}.items():
        client = at_desk(getattr(cast, name))
        assert client.get(f"/queue/views/{view.pk}/").status_code == status, name
        if status == 404:
            assert client.post(f"/queue/views/{view.pk}/archive/").status_code == 404
    assert at_desk(cast.rita).post(f"/queue/views/{view.pk}/first/").status_code == 404
    assert "Night" not in read(at_desk(cast.rita), address)
    sam = at_desk(cast.sam)
    sam.post(f"/queue/views/{view.pk}/", {"name": "Night shift", "team": desk.pk})
    assert "Night shift" in read(at_desk(cast.jo), "/queue/views/")
    sam.post(f"/queue/views/{view.pk}/archive/")
    assert "Night shift" not in read(at_desk(cast.jo), "/queue/views/")
    assert SavedView.objects.get().archived_at


def test_nobody_shares_with_a_team_that_is_not_theirs(cast, at_desk):
    answer = save(at_desk(cast.ana), "scope=all", team=cast.teams["Platform"].pk)
    assert answer.status_code == 422
    assert not SavedView.objects.exists()


def test_my_queue_begins_with_a_view_until_i_no_longer_see_it(cast, at_desk):
    desk = cast.teams["Service desk"]
    save(at_desk(cast.sam), "holder=nobody&scope=all", team=desk.pk)
    view = SavedView.objects.get()
    jo = at_desk(cast.jo)
    jo.post(f"/queue/views/{view.pk}/first/")
    assert jo.get("/queue/")["Location"] == f"/queue/?scope=all&holder=nobody&view={view.pk}"
    assert jo.get("/queue/?scope=teams").status_code == 200
    assert at_desk(cast.ana).get("/queue/").status_code == 200
    Membership.objects.filter(user=cast.jo).delete()
    assert jo.get("/queue/").status_code == 200
    Membership.objects.create(team=desk, user=cast.jo, role="agent")
    jo.post(f"/queue/views/{view.pk}/first/", {"no": "1"})
    assert jo.get("/queue/").status_code == 200
    assert not FirstView.objects.exists()


def test_a_view_takes_what_is_shown_now_instead(cast, at_desk):
    ana = at_desk(cast.ana)
    save(ana, "scope=all")
    view = SavedView.objects.get()
    save(ana, "scope=mine&severity=1", name="", instead=view.pk)
    assert SavedView.objects.get().asked == "scope=mine&severity=1"
    assert save(ana, "scope=all", name="").status_code == 422
    assert save(at_desk(cast.jo), "scope=all", name="", instead=view.pk).status_code == 422


def test_a_view_whose_filter_names_something_gone_says_so(cast, at_desk):
    ana = at_desk(cast.ana)
    save(ana, f"scope=all&service={cast.service.pk}&tier={cast.tiers['l1'].pk}")
    view = SavedView.objects.get()
    cast.service.archived_at = cast.tiers["l1"].archived_at = view.author.joined_at
    cast.service.save()
    cast.tiers["l1"].save()
    page = read(ana, f"/queue/?{view.asked}&view={view.pk}")
    assert "Service: gone" in page
    assert "Tier: gone" in page


def test_columns_are_chosen_in_the_address_and_kept_in_a_view(cast, open_incident, at_desk):
    open_incident("Card payments fail", people_affected=4321)
    ana = at_desk(cast.ana)
    assert 'data-label="People affected"' not in read(ana, "/queue/?scope=all")
    page = read(ana, "/queue/?scope=all&show=people&show=tier&show=salary")
    assert re.findall(r'data-label="([^"]+)"', page) == ["Tier", "People affected"]
    assert "4321" in page
    save(ana, "scope=all&show=people&show=tier")
    assert SavedView.objects.get().asked == "scope=all&show=people%2Ctier"
    form = read(ana, "/queue/filters/?show=tier,people")
    assert len(re.findall(r'name="show" value="\w+"[^>]* checked', form)) == 2


def test_every_column_can_be_shown_at_once(cast, open_incident, at_desk):
    for one in (open_incident("Open"), open_incident("Held"), open_incident("Over")):
        if one.title == "Held":
            one.acknowledge(by=cast.ana)
        elif one.title == "Over":
            one.resolve(by=cast.ana, cause="human", text="Fixed")
    shown = "service,tier,path,holder,opened,people,attempts,call"
    page = read(at_desk(cast.ana), f"/queue/?scope=all&show={shown}")
    assert page.count('class="cell" data-label') == 16
    assert "Ana Ruiz" in read(at_desk(cast.ana), f"/queue/?scope=all&status=resolved&show={shown}")
