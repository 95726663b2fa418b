"""What a rule will do by itself, and by when what is promised: on the page of an open incident, with running clocks."""

import re

import pytest
from playwright.sync_api import expect

from escalation.policies.ruling import PolicyRule
from incidents.models import Target

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_rules_and_promises_say_when_and_what_came_of_them(open_incident, cast, clock, at):
    rule = PolicyRule.objects.create(
        policy=cast.policy, name="Nobody there", does="inform", fact="unanswered", number=3
    )
    rule.people.set([cast.sam])
    Target.objects.create(kind="response", minutes=10)
    Target.objects.create(kind="resolve", minutes=240)
    incident = open_incident("Card payments fail")
    page = at(cast.jo, incident.get_absolute_url())
    rules, promises = page.get_by_label("Rules", exact=True), page.get_by_label("Promised", exact=True)
    expect(rules.locator("li")).to_contain_text("Nobody there")
    expect(rules.locator("li time")).to_have_text("09:33")
    expect(promises.locator("li")).to_have_count(2)
    expect(promises.locator("li time:not(.clock)")).to_have_text(["09:40", "13:30"])
    running = promises.locator("li .clock").first
    expect(running).to_have_text(re.compile(r"^0?9:5\d$"))
    first = running.inner_text()
    expect(running).not_to_have_text(first)  # it counts down

    clock.forward(minutes=4)
    page.reload()
    expect(rules.locator("li")).to_contain_text("Nobody there")
    expect(page.locator("#trail")).to_contain_text("Nobody there")
    page.keyboard.press("a")
    page.locator("#do-handover").wait_for()
    expect(promises.locator("li .clock")).to_have_count(1)  # the answer is given; the end is still promised
    for width in (390, 1360):
        page.set_viewport_size({"width": width, "height": 860})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
