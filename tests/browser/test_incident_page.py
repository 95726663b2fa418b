"""The incident's page in a real browser: keys, dialogs, live regions, and what is typed stays."""

import pytest
from playwright.sync_api import expect

from escalation.trail.models import Entry
from incidents.models import Attempt, Incident, UpdateTemplate
from tests.parts import share
from tests.status_kit import set_up

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def fresh(incident) -> Incident:
    return Incident.objects.get(pk=incident.pk)


def test_the_keyboard_alone_takes_an_incident_from_call_to_resolved(open_incident, cast, at):
    incident = open_incident("Card payments fail")
    page = at(cast.ana, incident.get_absolute_url())
    page.keyboard.press("a")
    page.get_by_text("Ana Ruiz holds the baton").wait_for()
    page.keyboard.press("r")
    page.locator("#dialog[open] textarea").wait_for()
    page.locator("#dialog textarea").fill("Rolled back 4.18.3")
    page.keyboard.press("Tab")
    page.keyboard.type("a change")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Re-open").wait_for()
    assert not page.locator("#dialog").evaluate("el => el.open")
    assert fresh(incident).resolver == cast.ana


def test_a_refused_dialog_keeps_what_was_typed(open_incident, cast, at):
    incident = open_incident()
    page = at(cast.ana, incident.get_absolute_url())
    page.keyboard.press("w")
    page.locator("#dialog textarea").fill("Waiting for the supplier")
    incident.acknowledge(by=cast.jo)
    page.locator("#dialog .btn.primary").click()
    page.locator("#dialog .errors").wait_for()
    assert "Jo Okafor was faster" in page.locator("#dialog .errors").inner_text()
    assert page.locator("#dialog textarea").input_value() == "Waiting for the supplier"
    page.locator("#dialog .btn.primary").click()
    page.get_by_role("button", name="Resume").wait_for()


def test_an_attempt_appears_and_the_words_of_others_never_overwrite_mine(open_incident, cast, at):
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    page = at(cast.ana, incident.get_absolute_url())
    page.locator("#compose textarea").fill("Half a thought")
    fresh(incident).note(by=cast.jo, text="From somebody else")
    detail = f"{{detail: {{ids: [{incident.number}]}}}}"
    page.evaluate(f"document.body.dispatchEvent(new CustomEvent('baton:change', {detail}))")
    page.get_by_text("From somebody else").wait_for()
    assert page.locator("#compose textarea").input_value() == "Half a thought"
    page.locator("#compose .acts > button").click()
    page.get_by_text("Say what it did").wait_for()
    assert page.locator("#compose textarea").input_value() == "Half a thought"
    page.get_by_role("radio", name="no effect").check()
    page.locator("#compose .acts > button").click()
    page.locator("#trail .said", has_text="Half a thought").wait_for()
    assert page.locator("#compose textarea").input_value() == ""
    assert Entry.objects.filter(trail=incident.trail_id, kind="attempt").count() == 1


def test_an_attempt_with_its_hypothesis_and_the_effort_clock_by_keyboard_alone(open_incident, cast, at):
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    page = at(cast.ana, incident.get_absolute_url())
    page.locator("#compose textarea").focus()
    for typed, key in [
        ("Drained the node", "Tab"),
        ("", "Enter"),
        ("", "Tab"),
        ("It is the node", "Tab"),
        ("5", "Tab"),
    ]:
        page.keyboard.type(typed)
        page.keyboard.press(key)
    for key in ("Space", "Tab", "Enter"):  # helped, and on to the button
        page.keyboard.press(key)
    page.locator("#tried", has_text="It is the node").wait_for()
    attempt = Attempt.objects.get()
    assert (attempt.outcome, attempt.minutes) == ("helped", 5)
    page.locator("#do-work-end").focus()
    page.keyboard.press("Enter")
    page.locator("#do-work").wait_for()
    assert not fresh(incident).effort().running
    assert fresh(incident).run.holder == cast.ana


def test_escalating_shows_the_reason_only_for_a_step(open_incident, cast, at):
    incident = open_incident()
    incident.acknowledge(by=cast.ana)
    page = at(cast.ana, incident.get_absolute_url())
    page.keyboard.press("e")
    page.locator("#dialog select").wait_for(state="visible")
    page.get_by_text("Or hand it to a person").click()
    page.locator("#dialog .pick", has_text="Tom Adeyemi").last.click()
    page.locator("#dialog select").wait_for(state="hidden")
    page.locator("#dialog .pick", has_text="L2 Applications").first.click()
    page.locator("#dialog select").select_option("expertise")
    page.locator("#dialog textarea[name=text]").fill("Needs the acquirer's people")
    page.locator("#dialog .btn.primary").click()
    page.get_by_text("Calling Mei Tanaka at L2 Applications.").wait_for()
    assert fresh(incident).run.tier == cast.tiers["l2"]


@pytest.mark.parametrize("width", share([390, 360, 1360, 1920], 2))
def test_nothing_sticks_out_and_what_matters_is_above_the_fold(width, open_incident, cast, at):
    incident = open_incident("Card payments fail in every shop of the northern region " * 2, people_affected=1900)
    page = at(cast.ana, incident.get_absolute_url(), width=width, height=860)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    primary = page.locator("#acts .btn.primary")
    assert primary.count() == 1
    assert primary.bounding_box()["height"] >= (48 if width < 720 else 24)
    for one in ("h1", "#acts .btn.primary", ".path .stop.now"):
        box = page.locator(one).bounding_box()
        assert box["y"] + box["height"] <= 860


def test_titles_without_spaces_fit_into_a_dialog_on_a_phone(open_incident, cast, at):
    incident, _other = open_incident("W" * 120), open_incident("M" * 120)
    page = at(cast.ana, f"{incident.get_absolute_url()}merging/", width=360)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.locator(".picker").evaluate("one => one.scrollWidth <= one.clientWidth")


@pytest.mark.parametrize("script", [True, False])
def test_enter_in_a_line_of_an_update_takes_no_words_away(script, open_incident, cast, at):
    incident = open_incident()
    set_up(cast)
    UpdateTemplate.objects.create(name="First word", text="We look into it.")
    page = at(cast.ana, f"{incident.get_absolute_url()}updates/", java_script_enabled=script)
    page.locator("textarea[name=text]").fill("Cards are refused in the north")
    page.locator("input[name=public_title]").press("Enter")
    page.wait_for_timeout(300)  # for what is not to come
    assert page.locator("textarea[name=text]").input_value() == "Cards are refused in the north"
    page.get_by_role("button", name="Fill in").click()
    expect(page.locator("textarea[name=text]")).to_have_value("We look into it.")  # without script, of the next page


@pytest.mark.everybodys
@pytest.mark.both_databases
def test_everything_works_without_script(open_incident, cast, at):
    incident = open_incident()
    page = at(cast.ana, incident.get_absolute_url(), java_script_enabled=False)
    page.get_by_role("button", name="Acknowledge").click()
    page.get_by_role("link", name="Escalate").click()
    assert page.locator("h1").inner_text() == "Escalate"
    page.get_by_label("Reason").select_option("access")
    page.locator("textarea[name=text]").fill("Restart needs root")
    page.get_by_role("button", name="Escalate").click()
    page.get_by_text("Calling Mei Tanaka at L2 Applications.").wait_for()
    page.locator("#compose textarea").fill("It is getting worse")
    page.get_by_text("Note", exact=True).click()
    page.get_by_role("button", name="Record").click()
    page.locator("#trail .said", has_text="It is getting worse").wait_for()


def asked_whom(page, key):
    """Tom's line in the dialog that a key opens."""
    page.keyboard.press(key)
    return page.locator("#dialog[open] .pick", has_text="Tom Adeyemi").first


@pytest.mark.everybodys
@pytest.mark.both_databases
def test_two_people_pass_the_baton_from_the_brief_to_the_acceptance_with_a_no_between(open_incident, cast, at):
    incident = open_incident("Card payments fail", symptom="Cards are refused in all shops")
    incident.acknowledge(by=cast.ana)
    ana = at(cast.ana, incident.get_absolute_url())
    tom = at(cast.tom, incident.get_absolute_url(), width=390)
    for asked, told in (("Is it the acquirer?", "refusal"), ("Is it node 3?", "acknowledgement")):
        asked_whom(ana, "h").click()
        assert ana.locator("#dialog .part", has_text="Cards are refused in all shops").count() == 1  # from the record
        ana.locator("#dialog textarea[name=text]").fill(asked)
        ana.locator("#dialog .btn.primary").click()
        ana.locator("#dialog").wait_for(state="hidden")
        ana.get_by_text("stays accountable until Tom Adeyemi accepts").first.wait_for()
        tom.reload()
        tom.locator(".note.offer", has_text=asked).wait_for()
        assert tom.evaluate("document.documentElement.scrollWidth") <= 390
        tom.locator(f"#do-{told}").click()
        if told == "refusal":
            tom.locator("#dialog textarea").fill("I am on a train")
            tom.locator("#dialog .btn.primary").click()
            tom.locator(".note.offer").wait_for(state="hidden")
            ana.reload()
            ana.locator("#trail", has_text="I am on a train").wait_for()
            assert "declined at" in asked_whom(ana, "h").inner_text()
            ana.keyboard.press("Escape")
            ana.locator("#dialog").wait_for(state="hidden")
    tom.locator("#brief[open]", has_text="Is it node 3?").wait_for()
    assert fresh(incident).run.holder == cast.tom
