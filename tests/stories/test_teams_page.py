"""Answering from Microsoft Teams: a card's button opens a page, on which whoever signs in answers in their own name."""

import json
import re

import pytest
from django.test import Client

from escalation.engine import deliver
from escalation.kit import outbound
from escalation.trail.models import Entry
from incidents.answers import limits
from incidents.models import Incident
from tests.answers_kit import verbs, words
from tests.reach_kit import method, rules

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_enough]
FLOW = "https://prod-12.westeurope.logic.azure.com/workflows/0a1b/triggers/manual/paths/invoke?sig=s3cr3t"


@pytest.fixture
def cards(settings, monkeypatch) -> list[dict]:
    """What the flow was given."""
    settings.BUNDLE_SECONDS = 0
    taken: list[dict] = []

    def send(method_, url, *, body, headers, seconds):
        assert url == FLOW
        taken.append(json.loads(body)["attachments"][0]["content"])
        return outbound.Answer(202, b"", whole=True)

    monkeypatch.setattr(outbound, "send", send)
    return taken


@pytest.fixture
def called(cards, cast, open_incident):
    """Ana is called in a channel of Teams."""
    way = method(cast.ana, "teams", FLOW)
    rules(cast.ana, "loud", (way, 0))
    rules(cast.ana, "quiet", (way, 0))
    return open_incident("Card payments fail", people_affected=200)


def buttons(cards) -> dict[str, str]:
    while deliver.deliver_due():
        pass
    assert {action["type"] for action in cards[-1]["actions"]} == {"Action.OpenUrl"}, "no other comes back from a flow"
    return {action["title"]: action["url"].partition("//")[2].partition("/")[2] for action in cards[-1]["actions"]}


def page_of(cards) -> str:
    return "/" + buttons(cards)["Acknowledge …"]


def fresh(incident) -> Incident:
    return Incident.objects.get(pk=incident.pk)


def signed_in(person) -> Client:
    here = Client(enforce_csrf_checks=True)
    here.force_login(person)
    return here


def post(here: Client, path: str, **fields: str):
    anything = here.get("/reach/").content.decode()  # a page that was open before
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', anything)[1]
    return here.post(path, {"csrfmiddlewaretoken": token, **fields})


def test_the_card_leads_to_a_page_that_wants_to_know_who_you_are(called, cards):
    assert list(buttons(cards)) == ["Acknowledge …", "Open it in Baton"]
    assert "/a/" not in json.dumps(cards), "a link would answer for Ana, whoever reads it"
    answer = Client().get(page_of(cards))
    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/login/")


def test_ana_opens_it_and_acknowledges(called, cards, cast):
    here, path = signed_in(cast.ana), page_of(cards)
    page = here.get(path)
    assert verbs(page) == ["acknowledge", "escalate"]
    assert "You answer as Ana Ruiz." in words(page)
    assert fresh(called).run.holder is None, "looking changes nothing"
    assert "csrfmiddlewaretoken" in page.content.decode()
    assert post(here, path, verb="acknowledge").status_code == 303
    assert fresh(called).run.holder == cast.ana
    assert "You acknowledged it You have it now." in words(here.get(path))
    assert "By the link in a message (Microsoft Teams), signed in." in words(here.get(called.get_absolute_url()))


def test_jo_who_reads_along_answers_in_her_own_name(called, cards, cast):
    here, path = signed_in(cast.jo), page_of(cards)
    assert "You answer as Jo Okafor. The message was written to Ana Ruiz." in words(here.get(path))
    post(here, path, **{"verb": "escalate", "escalate-reason": "access", "escalate-text": "The vault"})
    entry = Entry.objects.filter(trail=called.trail_id, kind="called").last()
    assert (entry.actor_name, json.loads(entry.data)["via"]) == ("Jo Okafor", "teams:page")
    late = post(signed_in(cast.ana), path, verb="acknowledge")
    assert late.status_code == 409
    assert "Jo Okafor escalated it to L2 Applications" in words(late)


def test_who_may_not_see_it_or_only_look_answers_nothing(called, cards, cast):
    path = page_of(cards)
    assert signed_in(cast.rita).get(path).status_code == 404
    assert "Card payments" not in words(signed_in(cast.rita).get(path))
    assert verbs(signed_in(cast.otto).get(path)) == []
    assert post(signed_in(cast.otto), path, verb="acknowledge").status_code == 409
    assert fresh(called).run.holder is None


def test_a_form_from_elsewhere_is_refused(called, cards, cast):
    assert signed_in(cast.ana).post(page_of(cards), {"verb": "acknowledge"}).status_code == 403
    assert fresh(called).run.holder is None


def test_an_offer_in_a_channel_is_its_receivers(cards, cast, open_incident):
    way = method(cast.tom, "teams", FLOW)
    rules(cast.tom, "quiet", (way, 0))
    incident = open_incident("Card payments fail")
    incident.acknowledge(by=cast.ana)
    fresh(incident).hand_over(by=cast.ana, to=cast.tom, text="Yours?")
    path = "/" + buttons(cards)["Accept …"]
    assert verbs(signed_in(cast.jo).get(path)) == []
    post(signed_in(cast.tom), path, verb="accept")
    assert fresh(incident).run.holder == cast.tom


def test_no_other_text_opens_anything(called, cards, cast):
    path, here = page_of(cards), signed_in(cast.ana)
    token = path.split("/")[2]
    for text in (token[:-1], f"{token}0", f"0{token[1:]}x", "0" * 18, "a"):
        limits._rates.clear()
        assert here.get(f"/answers/{text}").status_code == 404
    assert Client().get(f"/a/{token}").status_code == 404, "nor is it a link without signing in"
    assert here.get(f"/answers/{token}/").status_code == 200


def test_many_in_one_card_lead_to_my_cues_alone(settings, called, cards, cast, open_incident):
    settings.BUNDLE_SECONDS = 15
    open_incident("The shop is slow", people_affected=200)
    assert list(buttons(cards)) == ["Open it in Baton"]
