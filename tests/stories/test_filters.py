"""The queue's filters: all of them in the address, and nonsense among them is left out."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from incidents.models import Incident, Source

pytestmark = pytest.mark.django_db


@pytest.fixture
def titles(cast, open_incident, clock):
    """Five incidents at different places; returns which of them an address shows, in order."""
    source = Source.objects.create(name="Grafana", service=cast.service)
    old = open_incident("old")
    clock.jump(days=3)
    over = open_incident("over", people_affected=40)
    over.resolve(by=cast.ana, cause="network", text="Plugged in")
    clock.jump(hours=2)
    mine = open_incident("mine", people_affected=500)
    mine.acknowledge(by=cast.ana)
    open_incident("above").escalate(by=cast.ana, reason="expertise", text="Theirs.", to=(0, 1))
    held = open_incident("alert", source=source)
    held.acknowledge(by=cast.jo)
    Incident.objects.get(pk=held.pk).hold(by=cast.jo, until=clock.now() + timedelta(hours=3), text="Waiting")
    ids = {name: getattr(cast, name).pk for name in ("ana", "jo")} | {
        "l2": cast.tiers["l2"].pk,
        "source": source.pk,
        "old": old.pk,
    }

    def shown(asked: str, user=cast.ana) -> list[str]:
        client = Client()
        client.force_login(user)
        response = client.get("/queue/?scope=all&" + asked.format(**ids), headers={"HX-Request": "true"})
        assert response.status_code == 200
        return re.findall(r'class="title"[^>]*>([^<]+)<', response.content.decode())

    return shown


FILTERED = [
    ("", ["mine", "old", "above", "alert"]),
    ("tier={l2}", ["above"]),
    ("holder=me", ["mine"]),
    ("holder={jo}", ["alert"]),
    ("holder=nobody", ["old", "above"]),
    ("since=24h", ["mine", "above", "alert"]),
    ("since=24h&holder=nobody", ["above"]),
    ("within=24h", ["over"]),
    ("within=1h", []),
    ("within=24h&holder={ana}", ["over"]),
    ("people=40", ["mine"]),
    ("people=40&within=7d", ["over"]),
    ("cause=network", ["over"]),
    ("cause=human", []),
    ("source={source}", ["alert"]),
    ("sort=oldest", ["old", "mine", "above", "alert"]),
    ("sort=newest", ["alert", "above", "mine", "old"]),
    ("sort=urgency", ["mine", "old", "above", "alert"]),
    ("sort=call&since=24h", ["above", "mine", "alert"]),  # five minutes, fifteen, and on hold at last
    ("tier=9999", []),
    ("tier=none", []),
    ("service=none", []),
    ("sort=-urgency", ["old", "above", "alert", "mine"]),
    ("sort=people&since=24h", ["mine", "above", "alert"]),  # the others are alike: by urgency, by age
    ("sort=-people&since=24h", ["above", "alert", "mine"]),
    ("sort=holder", ["mine", "alert", "old", "above"]),  # Ana, Jo, and last nobody
    ("sort=-holder", ["alert", "mine", "old", "above"]),
    ("sort=tier", ["mine", "old", "alert", "above"]),
    ("sort=-tier", ["above", "mine", "old", "alert"]),
    (
        "tier=x&holder=%00&since=9y&within=&people=-1&cause=greed&source=1e9&sort=up",
        ["mine", "old", "above", "alert"],
    ),
    ("people=99999999999999999999&holder=²", ["mine", "old", "above", "alert"]),
]


@pytest.mark.rehearsal("long")
def test_each_filter_is_in_the_address(titles):
    for asked, names in FILTERED:
        assert titles(asked) == names, asked


def test_what_is_set_is_shown_and_taken_away_one_by_one(cast, titles):
    client = Client()
    client.force_login(cast.ana)
    page = client.get(f"/queue/?holder=me&tier={cast.tiers['l1'].pk}&source=4711&sort=oldest").content.decode()
    for words in ("Holder: me", "Tier: L1 Service desk", "Source: gone", "the oldest first"):
        assert words in page
    assert (
        f'href="/queue/?tier={cast.tiers["l1"].pk}&amp;source=4711&amp;sort=oldest" aria-label="Take away: Holder: me"'
        in page
    )


def test_a_source_of_which_one_hears_nothing_is_not_named_by_its_number(cast, titles):
    source = Source.objects.get(name="Grafana").pk
    client = Client()
    for viewer, named in ((cast.rita, False), (cast.ana, True)):
        client.force_login(viewer)
        for path in ("/queue/", "/queue/filters/"):
            assert ("Grafana" in client.get(f"{path}?source={source}").content.decode()) is named, path


def test_the_form_names_only_what_its_reader_may_hear_of(cast, titles):
    client = Client()
    client.force_login(cast.rita)
    form = client.get("/queue/filters/?status=resolved").content.decode()
    assert "Grafana" not in form
    assert "Ana Ruiz" not in form
    assert '<input type="hidden" name="status" value="resolved">' in form
    client.force_login(cast.ana)
    form = client.get("/queue/filters/?holder=nobody").content.decode()
    assert "Grafana" in form
    assert '<option value="nobody" selected>' in form
