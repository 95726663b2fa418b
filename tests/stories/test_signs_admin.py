"""Ada sets how early the signs show, and sees beside each what it would have done last month."""

import json
import re
from datetime import timedelta
from html import unescape

import pytest
from django.core.cache import cache

from escalation.trail.models import Entry, Trail
from incidents.models import Incident, SignSettings

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]
ADD = "/admin/incidents/signsettings/add/"
CHANGE = "/admin/incidents/signsettings/1/change/"
ALL = dict.fromkeys(
    ("missing", "growth", "attempts", "hands_on", "passes", "reopened", "again", "limit", "silence"), "on"
)


@pytest.fixture
def ada(cast, client):
    client.force_login(cast.ada)
    return client


@pytest.fixture
def stuck(open_incident, cast):
    incident = open_incident("Card payments fail")
    incident.acknowledge(by=cast.ana)
    for _n in range(3):
        incident.attempt(by=cast.ana, text="Restarted the pool", outcome="no_effect")
    return incident


def page(client, address: str = ADD) -> str:
    cache.clear()
    answer = client.get(address)
    assert answer.status_code == 200
    return unescape(re.sub(r"<[^>]+>|\s+", " ", answer.content.decode()))


def beside(client, sign: str) -> str:
    """What stands beside a switch."""
    answer = client.get(ADD)
    return answer.context["adminform"].form.fields[sign].help_text


def test_each_sign_says_how_often_it_would_have_shown(ada, stuck, open_incident, cast, clock):
    open_incident("Search is slow")
    clock.forward(minutes=20)  # to the next tier, by the work limit
    assert beside(ada, "attempts") == "Would have shown 1 time last month."
    assert beside(ada, "limit") == "Would have shown 1 time last month."
    assert beside(ada, "reopened") == "Would have shown 0 times last month."
    said = "On the 2 incidents of the last 30 days it would have advised to escalate: careful: now 1, soon 0"
    assert said in page(ada)
    clock.jump(days=31)
    cache.clear()
    assert beside(ada, "attempts") == "Would have shown 0 times last month."


def test_what_showed_between_two_entries_is_found_and_what_waited_is_not(ada, open_incident, cast, clock):
    quiet = open_incident("Quiet", impact=1, urgency=1)
    quiet.acknowledge(by=cast.jo)
    clock.forward(minutes=14)
    quiet.hold(by=cast.jo, until=clock.now() + timedelta(hours=3), text="Waits for a part")
    clock.forward(minutes=60)
    quiet.resolve(by=cast.jo, cause="hardware", text="Changed the part")
    assert beside(ada, "silence") == "Would have shown 0 times last month."
    assert beside(ada, "limit") == "Would have shown 1 time last month."


def test_what_is_switched_off_is_counted_and_advises_nothing(ada, stuck):
    SignSettings.objects.create(attempts=False)
    words = page(ada, CHANGE)
    assert "Would have shown 1 time last month." in words
    assert "careful: now 0, soon 0; balanced: now 0, soon 0; patient: now 0, soon 0" in words


def test_a_change_is_on_record_and_takes_effect_at_once(ada, stuck, cast, client):
    address = f"{stuck.get_absolute_url()}?part=signs"
    client.force_login(cast.ana)
    assert "3 attempts here" in client.get(address, headers={"HX-Request": "true"}).content.decode()
    client.force_login(cast.ada)
    switched = {key: value for key, value in ALL.items() if key != "attempts"}
    assert ada.post(ADD, {"preset": "careful", **switched}).status_code == 302
    assert SignSettings.objects.get().off == {"attempts"}
    entry = Entry.objects.filter(trail__kind=Trail.Kind.INSTALLATION).latest("seq")
    assert json.loads(entry.data)["after"]["attempts"] is False
    client.force_login(cast.ana)
    assert "3 attempts here" not in client.get(address, headers={"HX-Request": "true"}).content.decode()


def test_two_admins_at_once_do_not_overwrite_each_other(ada):
    ada.post(ADD, {"preset": "careful", **ALL})
    seen = ada.get(CHANGE).context["as_of"]
    assert ada.post(CHANGE, {"preset": "patient", "as_of": seen, **ALL}).status_code == 302
    again = ada.post(CHANGE, {"preset": "balanced", "as_of": seen, **ALL})
    assert again.status_code == 200
    assert "has changed this since you opened it" in again.content.decode()
    assert SignSettings.objects.get().preset == "patient"


def test_there_is_one_row(ada):
    ada.post(ADD, {"preset": "careful", **ALL})
    assert ada.get(ADD).status_code == 403
    assert SignSettings().off == frozenset()


def test_the_tally_says_how_often_advice_was_right(ada, stuck, open_incident, cast, client, clock):
    client.force_login(cast.ana)
    client.post(f"{stuck.get_absolute_url()}advice/")
    client.force_login(cast.ada)
    assert beside(ada, "attempts") == "Would have shown 1 time last month."  # it cannot be told yet
    incident = Incident.objects.get(pk=stuck.pk)
    incident.acknowledge(by=cast.mei)
    incident.resolve(by=cast.mei, cause="change", text="Rolled back")
    other = open_incident("Card payments fail again")
    other.acknowledge(by=cast.ana)
    for _n in range(3):
        other.attempt(by=cast.ana, text="Restarted the pool", outcome="no_effect")
    client.force_login(cast.ana)
    client.post(f"{other.get_absolute_url()}advice/refusal/", {"text": "One more idea"})
    Incident.objects.get(pk=other.pk).resolve(by=cast.ana, cause="change", text="That was it")
    client.force_login(cast.ada)
    assert "Advice that rested on it was right 1 of 2 times." in beside(ada, "attempts")
