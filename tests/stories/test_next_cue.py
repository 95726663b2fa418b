"""After one incident is done: the next that waits for the same person."""

import pytest

pytestmark = pytest.mark.django_db


def test_the_next_cue_is_the_first_but_for_the_one_that_is_left(open_incident, cast, client):
    first, second = open_incident("Card payments fail", people_affected=1900), open_incident("Export is empty")
    for one in (first, second):
        one.acknowledge(by=cast.ana)
    client.force_login(cast.ana)
    assert client.get("/next/").url == first.get_absolute_url()
    assert client.get("/next/", {"after": first.number}).url == second.get_absolute_url()
    assert client.get("/next/", {"after": second.number}).url == first.get_absolute_url()


def test_after_resolving_the_page_leads_there_and_with_nothing_left_to_my_cues(open_incident, cast, client):
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    client.force_login(cast.ana)
    incident.resolve(by=cast.ana, cause="change", text="Done")
    assert f'href="/next/?after={incident.number}"' in client.get(incident.get_absolute_url()).content.decode()
    page = client.get("/next/", follow=True)
    assert page.redirect_chain[-1][0] == "/" and "Nothing waits for you now." in page.content.decode()


def test_nobody_is_led_to_what_they_may_not_see(open_incident, cast, client):
    open_incident()
    client.force_login(cast.rita)
    assert client.get("/next/").url == "/"
    assert client.get("/next/", {"after": "x"}).status_code == 302
